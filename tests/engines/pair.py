"""Both engines doing the same, and code small enough to be written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.support.evm_chain import EvmChain
from tests.support.rawchain import Call, Outcome, Receipt, raw_log
from tests.support.rpc_chain import AnvilChain

RETURN_MEMORY: Final = "60206000f3"
"""Returns the first word of memory."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An anvil and a chain in this process that are asked the same."""

    anvil: AnvilChain
    evm: EvmChain

    @property
    def both(self) -> tuple[AnvilChain, EvmChain]:
        return self.anvil, self.evm

    def simulated(self, calls: Sequence[Call], gas: int = 10**7) -> list[Outcome]:
        """What calls do, which is the same on both: result, gas and logs."""
        ours, theirs = self.evm.simulate(calls, gas), self.anvil.simulate(calls, gas)
        for number, (own, other) in enumerate(zip(ours, theirs, strict=True)):
            assert plain(own) == plain(other), f"call {number} of {len(calls)}: {calls[number]}"
        return ours

    def sent(self, sender: str, to: str | None, data: bytes, **given: Any) -> Receipt:
        """What a transaction does, which is the same on both."""
        ours, theirs = (chain.send(sender, to, data, **given) for chain in (self.evm, self.anvil))
        assert (ours.ok, ours.gas_used, ours.contract) == (theirs.ok, theirs.gas_used, theirs.contract)
        assert [raw_log(log) for log in ours.logs] == [raw_log(log) for log in theirs.logs]
        return ours

    def put(self, number: int, code: str) -> str:
        """Puts code at an address of its own on both."""
        place = f"0x{0xC0DE0000 + number:040x}"
        for chain in self.both:
            chain.set_code(place, bytes.fromhex(code))
        return place


def plain(outcome: Outcome) -> tuple[Any, ...]:
    """All that an outcome says, without the form of its logs."""
    return outcome.ok, outcome.data.hex(), outcome.gas_used, [raw_log(log) for log in outcome.logs]


def creation(code: str) -> bytes:
    """Code that puts code on the chain."""
    size = len(code) // 2
    return bytes.fromhex(f"61{size:04x}600e60003961{size:04x}6000f3") + bytes.fromhex(code)
