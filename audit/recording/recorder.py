"""An engine that writes down what is done to it, and which probes each test reaches."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from audit._evm import Evm, Result, Scenario
from audit.recording.board import BUILD_VARIABLE, NOBODY, Board, active_here, folder_here
from audit.recording.builds import COMPILED, Build, Builds
from audit.recording.steps import Answer, Request, Step

Call = tuple[Any, ...]
_lives: Final = count()
AMPLE_GAS: Final = 5_000_000
"""From here on a limit means "enough"; below it a test wants to see what too little does."""
ROOM: Final = 1_000_000_000


@cache
def builds_here() -> Builds:
    """The builds that this process works with, from its environment."""
    known = [Build.project()] if COMPILED.exists() else []
    path = os.environ.get(BUILD_VARIABLE)
    if not path:
        return Builds(tuple(known))
    rewritten = Build.read(Path(path))
    return Builds((rewritten, *known), rewritten)


def engine(chain_id: int = 31_337, genesis_at: int = 1_800_000_000) -> Evm:
    """An engine; one that records if this process is told to."""
    folder = folder_here()
    evm = Evm(chain_id, genesis_at)
    if folder is None and BUILD_VARIABLE not in os.environ:
        return evm
    return RecordedEvm(evm, builds_here(), folder)  # type: ignore[return-value]


class RecordedEvm:
    """An ``Evm`` that runs rewritten contracts in place of the project's, and notes its steps.

    What is not named here is the engine's own.
    """

    def __init__(self, evm: Evm, builds: Builds, folder: Path | None) -> None:
        self.evm = evm
        self._builds = builds
        self.unlimited_code = False
        self._board = Board(folder) if folder else None
        self._chosen = active_here()
        self._label = NOBODY
        self._done = 0
        self._head = 0  # the state is that after so many steps
        self._at_snapshot: dict[int, int] = {}
        self._file = None
        if folder:
            path = folder / f"{os.getpid()}-{next(_lives)}.jsonl"
            self._file = path.open("w", buffering=1 << 16)
            self._write(["begin", evm.chain_id, evm.now])
            atexit.register(self.finish)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.evm, name)

    # What changes the chain

    def transact(
        self,
        sender: bytes | str,
        to: bytes | str | None,
        data: bytes,
        value: int = 0,
        gas: int = 30_000_000,
        at: int | None = None,
    ) -> Result:
        """As the engine does it."""
        self._turn()
        request, data = self._request(sender, to, data, value, gas, at)
        result = self.evm.transact(sender, to, data, value, self._room(gas), at)
        self._note(Step("transact", (request,), (answer_of(result, request),)))
        return result

    def mine(self, at: int | None = None) -> None:
        """As the engine does it."""
        self._turn()
        self.evm.mine(at)
        self._note(Step("mine", value=self.evm.now.to_bytes(8, "big")))

    def set_balance(self, address: bytes | str, wei: int) -> None:
        """As the engine does it."""
        self._turn()
        self.evm.set_balance(address, wei)
        self._note(Step("balance", address=raw(address), value=wei.to_bytes(32, "big")))

    def set_nonce(self, address: bytes | str, nonce: int) -> None:
        """As the engine does it."""
        self._turn()
        self.evm.set_nonce(address, nonce)
        self._note(Step("nonce", address=raw(address), value=nonce.to_bytes(8, "big")))

    def set_code(self, address: bytes | str, code: bytes) -> None:
        """As the engine does it."""
        self._turn()
        self.evm.set_code(address, code)
        self._note(Step("code", address=raw(address), value=code))

    def set_storage(self, address: bytes | str, key: int, value: int) -> None:
        """As the engine does it."""
        self._turn()
        self.evm.set_storage(address, key, value)
        self._note(Step("storage", address=raw(address), key=key, value=value.to_bytes(32, "big")))

    @property
    def chain_id(self) -> int:
        """As the engine has it."""
        return self.evm.chain_id

    @chain_id.setter
    def chain_id(self, chain_id: int) -> None:
        self._turn()
        self.evm.chain_id = chain_id
        self._note(Step("chain", value=chain_id.to_bytes(8, "big")))

    @property
    def active(self) -> int:
        """As the engine has it."""
        return self.evm.active

    @active.setter
    def active(self, place: int) -> None:
        self.evm.active = place

    @property
    def unlimited_code(self) -> bool:
        """As the engine has it."""
        return self.evm.unlimited_code

    @unlimited_code.setter
    def unlimited_code(self, unlimited: bool) -> None:
        # Rewritten contracts are larger than they would be.
        self.evm.unlimited_code = unlimited or self._builds.run is not None

    def snapshot(self) -> int:
        """As the engine does it."""
        made = self.evm.snapshot()
        self._at_snapshot[made] = self._head
        return made

    def revert(self, snapshot: int) -> None:
        """As the engine does it."""
        self.evm.revert(snapshot)
        self._head = self._at_snapshot[snapshot]
        self._write(["back", self._head])

    # What asks

    def call(
        self,
        sender: bytes | str,
        to: bytes | str | None,
        data: bytes,
        value: int = 0,
        gas: int = 30_000_000,
        at: int | None = None,
    ) -> Result:
        """As the engine does it."""
        self._turn()
        request, data = self._request(sender, to, data, value, gas, at)
        result = self.evm.call(sender, to, data, value, self._room(gas), at)
        self._note(Step("call", (request,), (answer_of(result, request),)))
        return result

    def replay(self, scenario: Scenario, gas: int = 30_000_000) -> tuple[int, str, Result] | None:
        """As the engine does it. What a scenario does is not noted, but the probes it reaches are."""
        self._turn()
        return self.evm.replay(scenario, gas)

    def simulate(self, calls: Sequence[Call], gas: int = 30_000_000) -> list[Result]:
        """As the engine does it."""
        self._turn()
        results = self.evm.simulate(list(calls), self._room(gas))
        if self._file:
            requests = tuple(
                Request(
                    raw(c[0]), None if c[1] is None else raw(c[1]), c[2], c[4] if len(c) > 4 else 0, gas, c[3]
                )
                for c in calls
            )
            self._note(Step("simulate", requests, tuple(map(answer_of, results, requests))))
        return results

    # The recording

    def finish(self) -> None:
        """Ends the recording of this chain; what is done from here on is not noted."""
        if self._file:
            self._flush_hits()
            self._file.close()
            self._file = None
            atexit.unregister(self.finish)

    def _request(
        self, sender: bytes | str, to: bytes | str | None, data: bytes, value: int, gas: int, at: int | None
    ) -> tuple[Request, bytes]:
        """A request as it is noted, and the data that is run."""
        if to is not None:
            return Request(raw(sender), raw(to), data, value, gas, at), data
        named = self._builds.named(data)
        if not named:
            return Request(raw(sender), None, data, value, gas, at), data
        name, arguments = named
        run = self._builds.creation(name, arguments)
        return Request(raw(sender), None, arguments, value, gas, at, name), data if run is None else run

    def _room(self, gas: int) -> int:
        """The gas that a limit stands for: rewritten contracts take several times as much."""
        return ROOM if self._builds.run is not None and gas >= AMPLE_GAS else gas

    def _turn(self) -> None:
        """Closes a stretch of steps when somebody else's begins; asks which mutant is active."""
        if self._chosen:
            self.evm.active = self._chosen.number
        if not self._board or not self._file:
            return
        label = self._board.label
        if label != self._label:
            self._flush_hits()
            self._label = label
            self._write(["label", label])

    def _flush_hits(self) -> None:
        counts = self.evm.counts()
        if counts:
            self._write(["hits", self._label, counts])
            self.evm.clear_hits()

    def _note(self, step: Step) -> None:
        if self._file:
            self._file.write(step.line() + "\n")
            self._done += 1
            if step.lasting:
                self._head = self._done

    def _write(self, line: list[Any]) -> None:
        if self._file:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")


def answer_of(result: Result, request: Request) -> Answer:
    """What a result says, as it is noted; of a creation the code is left out, which is the build's own."""
    made = request.to is None and result.ok
    return Answer(result.ok, b"" if made else result.data, result.log_bytes)


def raw(address: bytes | str) -> bytes:
    """The twenty bytes of an address."""
    return address if isinstance(address, bytes) else bytes.fromhex(address.removeprefix("0x"))
