"""What an idle prover loses: 1 % a day in whole hours, after a day without an accepted proof."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.fixed_point import rpow
from zkpool_sdk.units import DAY, HOUR, RAY, WEI_PER_ZK, Wei

DECAY_RAY: Final = 999_581_323_675_507_374_908_758_583
"""The part of the balance that an hour leaves: floor(RAY * 0.99^(1/24))."""
GRACE_SECONDS: Final = DAY
FLOOR_WEI: Final = 24 * WEI_PER_ZK
"""Decay never takes a prover below what it needs to stay."""


def hours_due(idle_seconds: int, hours_charged: int) -> int:
    """Whole idle hours beyond the grace that are not charged yet.

    Source:
        PROTOCOL.md, "Balance decay"; twin of ``DecayMath.hoursDue``.
    """
    if idle_seconds <= GRACE_SECONDS:
        return 0
    return max((idle_seconds - GRACE_SECONDS) // HOUR - hours_charged, 0)


def floor_wei(locked_wei: int, unbonding_wei: int, sponsored_wei: int) -> Wei:
    """What decay leaves in any case: 24 ZK, and whatever own stake the bonds need.

    Source:
        PROTOCOL.md, "Balance decay"; twin of ``DecayMath.floorWei``.
    """
    return Wei(max(FLOOR_WEI, locked_wei - unbonding_wei - sponsored_wei))


def decayed(own_wei: int, floor: int, hour_count: int) -> Wei:
    """Own stake after ``hour_count`` more idle hours, never below ``floor`` by decay.

    Source:
        PROTOCOL.md, "Balance decay"; twin of ``DecayMath.decayed``.
    """
    if own_wei <= floor:
        return Wei(own_wei)
    return Wei(max(own_wei * rpow(DECAY_RAY, hour_count) // RAY, floor))
