"""Generalised second price: how many win a round, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zkpool_sdk.economics.fixed_point import DIVISION_BY_ZERO
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import WEI_PER_ZK, Wei

SLOT_LIMIT: Final = 32
"""Most tasks one clearing assigns."""
BOND_MULTIPLE: Final = 2
"""A bond is at least this many base fees,"""
MIN_BOND_WEI: Final = WEI_PER_ZK // 2
"""and at least half a ZK."""


def prices(fees_wei: Sequence[int], count: int, base_fee_wei: int) -> list[Wei]:
    """What the first ``count`` bids pay: the next bid down, or the base fee with nobody below.

    Args:
        fees_wei: live bids at or above the base fee, base fee included, best first.
        count: winners, at most ``len(fees_wei)``.
    Returns:
        ``count`` prices, non-increasing, each between the base fee and its own bid.
    Source:
        PROTOCOL.md, "Clearing"; twin of ``AuctionMath.prices``.
    """
    below = [*fees_wei[1:], base_fee_wei]
    return [Wei(max(base_fee_wei, below[i])) for i in range(count)]


def bond(base_fee_wei: int, tier1_penalty_wei: int) -> Wei:
    """What a prover locks for one task: ``max(MIN_BOND, 2 B) +`` tier 1's penalty.

    Source:
        PROTOCOL.md, "Queues, slots, rounds"; twin of ``AuctionMath.bond``.
    """
    return Wei(max(MIN_BOND_WEI, BOND_MULTIPLE * base_fee_wei) + tier1_penalty_wei)


def slots(free_capacity: int, free_wei: int, bond_wei: int) -> int:
    """Slots a prover offers: what its capacity leaves, as far as its free stake covers the bonds.

    Raises:
        Panic: ``bond_wei`` is zero.
    Source:
        PROTOCOL.md, "Queues, slots, rounds"; twin of ``AuctionMath.slots``.
    """
    if bond_wei == 0:
        raise Panic(DIVISION_BY_ZERO)
    return min(free_capacity, free_wei // bond_wei)


def vcg_payment(fees_wei: Sequence[int], slot_count: int, base_fee_wei: int) -> Wei:
    """What every winner would pay under Vickrey-Clarke-Groves, all slots being alike.

    Args:
        fees_wei: as for ``prices``.
    Returns:
        the first losing bid, at least the base fee; never above any price of ``prices`` for the same bids.
    """
    first_loser = fees_wei[slot_count] if slot_count < len(fees_wei) else base_fee_wei
    return Wei(max(base_fee_wei, first_loser))
