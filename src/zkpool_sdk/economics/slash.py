"""How much a fault costs, from which stake it is taken, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk.economics.fixed_point import OVERFLOW
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import BPS, Wei

INVALID_OWN_BPS: Final = 500
"""An invalid proof costs at least this part of the own stake."""
REQUESTER_BPS: Final = 5_000
RESCUER_BPS: Final = 1_800
KEEPER_BPS: Final = 200


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where a slash goes, in wei; the parts sum to what was slashed."""

    tier1_wei: Wei
    requester_wei: Wei
    rescuer_wei: Wei
    keeper_wei: Wei
    insurance_wei: Wei


def invalid(bond_wei: int, own_wei: int) -> Wei:
    """What an invalid proof costs: the bond, at least 5 % of the own stake.

    Source:
        PROTOCOL.md, "Slashing"; twin of ``SlashMath.invalid``.
    """
    return Wei(max(bond_wei, own_wei * INVALID_OWN_BPS // BPS))


def late(bond_wei: int) -> Wei:
    """What a late proof costs: half the bond.

    Source:
        PROTOCOL.md, "Slashing"; twin of ``SlashMath.late``.
    """
    return Wei(bond_wei // 2)


def capped(demanded_wei: int, slashable_wei: int, locked_wei: int, bond_wei: int) -> Wei:
    """What is slashed of a demand, so that the bonds of other tasks stay covered.

    Args:
        slashable_wei: own + unbonding + sponsored. locked_wei: all bonds, ``bond_wei`` of this task included.
    Raises:
        Panic: the other bonds are not covered to begin with.
    Source:
        PROTOCOL.md, "Slashing"; twin of ``SlashMath.capped``.
    """
    others_wei = locked_wei - bond_wei
    if others_wei < 0 or others_wei > slashable_wei:
        raise Panic(OVERFLOW)
    return Wei(min(demanded_wei, slashable_wei - others_wei))


def take(slashed_wei: int, own_wei: int, unbonding_wei: int) -> tuple[Wei, Wei, Wei]:
    """A slash taken from own stake, then from what is unbonding, then from sponsored stake.

    Returns:
        the three parts; they sum to ``slashed_wei``.
    Source:
        PROTOCOL.md, "Slashing"; twin of ``SlashMath.take``.
    """
    from_own = min(slashed_wei, own_wei)
    from_unbonding = min(slashed_wei - from_own, unbonding_wei)
    return Wei(from_own), Wei(from_unbonding), Wei(slashed_wei - from_own - from_unbonding)


def waterfall(
    slashed_wei: int, tier1_loss_wei: int, price_wei: int, has_rescuer: bool, has_keeper: bool
) -> Waterfall:
    """Where a slash goes: tier 1's loss first, then requester, rescuer and keeper, the rest to insurance.

    Args:
        price_wei: upper bound of the requester's compensation.
        has_rescuer, has_keeper: whether anybody is owed these parts.
    Source:
        PROTOCOL.md, "Slashing"; twin of ``SlashMath.waterfall``.
    """
    tier1 = min(slashed_wei, tier1_loss_wei)
    rest = slashed_wei - tier1
    requester = min(rest * REQUESTER_BPS // BPS, price_wei)
    rescuer = rest * RESCUER_BPS // BPS if has_rescuer else 0
    keeper = rest * KEEPER_BPS // BPS if has_keeper else 0
    insurance = rest - requester - rescuer - keeper
    return Waterfall(Wei(tier1), Wei(requester), Wei(rescuer), Wei(keeper), Wei(insurance))
