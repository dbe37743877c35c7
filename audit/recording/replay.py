"""Does a recorded life again, in process, on the project's contracts or on rewritten ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from audit._evm import Evm, Refusal, Result
from audit.recording.builds import Builds
from audit.recording.reading import START, Life
from audit.recording.recorder import answer_of
from audit.recording.steps import Answer, Request, Step

ROOM: Final = 300_000_000
"""Gas in plenty."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that answered something else than when it was recorded.

    Attributes:
        index: the step in its life.
        place: the call in the step.
        was, now: the two answers; ``None`` if the engine refused to run it.
    """

    index: int
    place: int
    was: Answer
    now: Answer | None


class Replay:
    """A life on an engine of its own.

    Args:
        builds: where creation code comes from; contracts are noted by name.
        roomy: for contracts that take more gas than the project's: what went through has gas in plenty, and
            what was refused is asked again with it before it counts as another answer.
        wanted: indices of the steps to do; what they need is done too. All of them by default.
    """

    def __init__(
        self, life: Life, builds: Builds, wanted: Iterable[int] | None = None, *, roomy: bool = False
    ) -> None:
        self.life = life
        self.builds = builds
        self.roomy = roomy
        self.evm = Evm(life.chain_id, life.genesis_at)
        self.evm.unlimited_code = True
        self.order = list(range(len(life.done))) if wanted is None else life.needed(wanted)
        self._returns = _returns(life, self.order)
        self._snapshots: dict[int, int] = {}
        self._head = START

    def differences(self) -> Iterator[Difference]:
        """Does the steps one after the other; what answers otherwise than it did, as it comes."""
        self.begin()
        for index in self.order:
            yield from self.step(index)

    def begin(self) -> None:
        """To be called before the first step."""
        self._keep(START)

    def step(self, index: int) -> Iterator[Difference]:
        """Does the next step of the order."""
        done = self.life.done[index]
        if done.on != self._head:
            self._go_back(done.on)
        step = done.step
        for place, (was, result) in enumerate(zip(step.answers, self._do(step), strict=True)):
            now = None if result is None else answer_of(result, step.requests[place])
            if now != was:
                yield Difference(index, place, was, now)
        if done.step.lasting:
            self._head = index
            self._keep(index)

    def _keep(self, index: int) -> None:
        if index in self._returns:
            self._snapshots[index] = self.evm.snapshot()

    def _go_back(self, index: int) -> None:
        self.evm.revert(self._snapshots[index])
        self._snapshots[index] = self.evm.snapshot()
        self._head = index

    def _do(self, step: Step) -> list[Result | None]:
        evm = self.evm
        match step.kind:
            case "transact":
                return [self._run(step.requests[0], step.answers[0], keep=True)]
            case "call":
                return [self._run(step.requests[0], step.answers[0], keep=False)]
            case "simulate" if self.roomy and len(step.requests) == 1:
                request = step.requests[0]
                at = self.evm.now + 1 if request.at is None else request.at
                return [self._run(replace(request, at=at), step.answers[0], keep=False)]
            case "simulate":
                calls = [(r.sender, r.to, r.data, r.at, r.value) for r in step.requests]
                gas = ROOM if self.roomy else max((r.gas for r in step.requests), default=0)
                return list(evm.simulate(cast(Any, calls), gas)) if calls else []
            case "mine":
                evm.mine(int.from_bytes(step.value, "big"))
            case "balance":
                evm.set_balance(step.address, int.from_bytes(step.value, "big"))
            case "nonce":
                evm.set_nonce(step.address, int.from_bytes(step.value, "big"))
            case "code":
                evm.set_code(step.address, step.value)
            case "storage":
                evm.set_storage(step.address, step.key, int.from_bytes(step.value, "big"))
            case "chain":
                evm.chain_id = int.from_bytes(step.value, "big")
        return []

    def _run(self, request: Request, was: Answer, keep: bool) -> Result | None:
        if not self.roomy:
            return self._send(request, request.gas, keep)
        if was.ok:
            return self._send(request, ROOM, keep)
        result = self._send(request, request.gas, keep)
        gas = request.gas
        while was.data and result is not None and not result.data and gas < ROOM:
            # It ended before it came to refuse. A little more each time: how much is left can be the reason.
            gas += gas // 8
            result = self._send(request, gas, keep=False)
        return result

    def _send(self, request: Request, gas: int, keep: bool) -> Result | None:
        data = request.data
        if request.creates:
            made = self.builds.creation(request.creates, request.data)
            if made is None:
                return None
            data = made
        run = self.evm.transact if keep else self.evm.call
        try:
            return run(request.sender, request.to, data, request.value, gas, request.at)
        except Refusal:
            return None


def _returns(life: Life, order: Iterable[int]) -> set[int]:
    """The states that are come back to."""
    found: set[int] = set()
    head = START
    for index in order:
        done = life.done[index]
        if done.on != head:
            found.add(done.on)
        head = index if done.step.lasting else done.on
    return found
