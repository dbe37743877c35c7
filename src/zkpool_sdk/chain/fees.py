"""What a transaction pays for gas (EIP-1559), and by how much a stuck one is raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.errors import RpcRefused
from zkpool_sdk.units import PPM

DEFAULT_PRIORITY_WEI: Final = 1_500_000_000
"""Tip a gas where the node suggests none: 1.5 gwei."""
MIN_BUMP_PPM: Final = 100_000
"""Nodes replace a transaction only if both fees grow by 10 %."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees a gas, in wei of ether: the most that is paid, and the tip inside it."""

    max_fee_wei: int
    priority_fee_wei: int

    def bumped(self, ppm: int) -> Fees:
        """Both fees raised by ``ppm`` parts per million, rounded up, and by one wei at least."""
        return Fees(_raised(self.max_fee_wei, ppm), _raised(self.priority_fee_wei, ppm))


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How transactions are sent and waited for.

    Attributes:
        bump_after_seconds: a transaction not mined by then is replaced with higher fees.
        bump_ppm: by how much the fees grow; at least 100 000 (10 %).
        max_fee_wei: fees a gas never go above this; ``None`` for no limit.
        timeout_seconds: when to give up waiting.
        gas_margin_ppm: added to the node's estimate of gas.
        confirmations: blocks on top of the transaction's own that are waited for.
    """

    bump_after_seconds: float = 30.0
    bump_ppm: int = 125_000
    max_fee_wei: int | None = None
    timeout_seconds: float = 300.0
    gas_margin_ppm: int = 250_000
    confirmations: int = 0

    def __post_init__(self) -> None:
        if self.bump_ppm < MIN_BUMP_PPM:
            raise ValueError(
                f"fees must grow by at least {MIN_BUMP_PPM} ppm, or nodes refuse the replacement"
            )

    def with_margin(self, gas: int) -> int:
        """An estimate of gas with the margin."""
        return gas + gas * self.gas_margin_ppm // PPM

    def first(self, connection: Connection) -> Fees:
        """The fees to begin with: room for the base fee to double, plus the node's suggested tip."""
        base_wei = int(connection.block("latest").get("baseFeePerGas", "0x0"), 16)
        try:
            tip_wei = int(connection.request("eth_maxPriorityFeePerGas"), 16)
        except RpcRefused:
            tip_wei = DEFAULT_PRIORITY_WEI
        return self.limited(Fees(2 * base_wei + tip_wei, tip_wei))

    def next(self, fees: Fees, connection: Connection) -> Fees | None:
        """The fees of a replacement; ``None`` when the limit does not allow one."""
        bumped, fresh = fees.bumped(self.bump_ppm), self.first(connection)
        chosen = Fees(
            max(bumped.max_fee_wei, fresh.max_fee_wei), max(bumped.priority_fee_wei, fresh.priority_fee_wei)
        )
        if self.max_fee_wei is not None and chosen.max_fee_wei > self.max_fee_wei:
            chosen = Fees(self.max_fee_wei, min(chosen.priority_fee_wei, self.max_fee_wei))
            if chosen.max_fee_wei < _raised(fees.max_fee_wei, MIN_BUMP_PPM):
                return None
        return chosen

    def limited(self, fees: Fees) -> Fees:
        """Fees within the limit."""
        if self.max_fee_wei is None or fees.max_fee_wei <= self.max_fee_wei:
            return fees
        return Fees(self.max_fee_wei, min(fees.priority_fee_wei, self.max_fee_wei))


def _raised(amount_wei: int, ppm: int) -> int:
    return max(amount_wei + 1, -(-amount_wei * (PPM + ppm) // PPM))
