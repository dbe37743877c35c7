"""Does a recorded life again, in process, on the project's contracts or on rewritten ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from audit._evm import Evm, Refusal, Result
from audit.recording.builds import Builds
from audit.recording.reading import START, Life
from audit.recording.recorder import answer_of
from audit.recording.steps import Answer, Request, Step


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
        wanted: indices of the steps to do; what they need is done too. All of them by default.
    """

    def __init__(self, life: Life, builds: Builds, wanted: Iterable[int] | None = None) -> None:
        self.life = life
        self.builds = builds
        self.evm = Evm(life.chain_id, life.genesis_at)
        self.evm.unlimited_code = True
        self.order = list(range(len(life.done))) if wanted is None else life.needed(wanted)
        self._returns = _returns(life, self.order)
        self._snapshots: dict[int, int] = {}
        self._head = START

    def differences(self) -> Iterator[Difference]:
        """Does the steps one after the other; what answers otherwise than it did, as it comes."""
        self._keep(START)
        for index in self.order:
            yield from self.step(index)

    def step(self, index: int) -> Iterator[Difference]:
        """Does the next step of the order."""
        done = self.life.done[index]
        if done.on != self._head:
            self._go_back(done.on)
        for place, (was, result) in enumerate(zip(done.step.answers, self._do(done.step), strict=True)):
            now = None if result is None else answer_of(result)
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
                return [self._run(step.requests[0], keep=True)]
            case "call":
                return [self._run(step.requests[0], keep=False)]
            case "simulate":
                calls = [(r.sender, r.to, r.data, r.at, r.value) for r in step.requests]
                gas = step.requests[0].gas if step.requests else 0
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

    def _run(self, request: Request, keep: bool) -> Result | None:
        data = request.data
        if request.creates:
            made = self.builds.creation(request.creates, request.data)
            if made is None:
                return None
            data = made
        run = self.evm.transact if keep else self.evm.call
        try:
            return run(request.sender, request.to, data, request.value, request.gas, request.at)
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
