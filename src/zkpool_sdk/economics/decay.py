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


def hours_due(clock_seconds: int, decays_from: int) -> int:
    """Whole idle hours that are due and not charged yet.

    Args:
        clock_seconds: the decay clock, wall time or market time.
        decays_from: on that clock, the last accepted proof plus the day of grace plus the hours charged.
    Source:
        PROTOCOL.md, "Balance decay", with ``decays_from = lastProof + 86400 + 3600 * hoursCharged``; twin of
        ``DecayMath.hoursDue``.
    """
    return max(clock_seconds - decays_from, 0) // HOUR


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
