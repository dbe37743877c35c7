"""How the reserve price of a slot follows demand: an exponential of the excess E, in ppm-rounds."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.fixed_point import fake_exponential
from zkpool_sdk.units import PPM, WEI_PER_ZK, Ppm, Wei

MIN_BASE_FEE_WEI: Final = WEI_PER_ZK // 100
DENOMINATOR: Final = 8_500_000
"""D: one round moves the base fee by at most e^(1e6 / D), that is 12.5 %."""
EXCESS_MAX: Final = 116_000_000
TARGET_PPM: Final = PPM
"""Pressure of a round in balance: as many bids as slots."""
ROUND_SECONDS: Final = 300
"""Least time between two clearings."""


def base_fee(excess: int) -> Wei:
    """B of a round: ``fake_exponential(MIN_BASE_FEE, E, D)``.

    Args:
        excess: E in ppm-rounds, 0 to ``EXCESS_MAX``.
    Source:
        PROTOCOL.md, "BaseFee"; twin of ``BaseFeeMath.baseFee``.
    """
    return Wei(fake_exponential(MIN_BASE_FEE_WEI, excess, DENOMINATOR))


def pressure(bid_count: int, slot_count: int, first_loser_wei: int, base_fee_wei: int) -> Ppm:
    """q of a round: bids per slot; beyond that, the first loser's calculating fee against the base fee.

    Without bids and without slots nothing is known and q is the target, which holds E.

    Args:
        bid_count: n, live bids at or above the base fee.
        slot_count: K.
        first_loser_wei: the bid of rank K + 1, base fee included; read only when n > K > 0.
        base_fee_wei: B, positive.
    Returns:
        0 to 2e6.
    Source:
        PROTOCOL.md, "BaseFee"; twin of ``BaseFeeMath.pressure``.
    """
    if slot_count == 0:
        return Ppm(2 * PPM if bid_count else TARGET_PPM)
    if bid_count <= slot_count:
        return Ppm(PPM * bid_count // slot_count)
    calculating_fee_wei = first_loser_wei - base_fee_wei
    return Ppm(PPM + min(PPM, PPM * calculating_fee_wei // base_fee_wei))


def next_excess(excess: int, pressure_ppm: int) -> int:
    """E after a round: ``clamp(E + q - TARGET, 0, EXCESS_MAX)``.

    Source:
        PROTOCOL.md, "BaseFee"; twin of ``BaseFeeMath.next``.
    """
    return min(max(excess + pressure_ppm - TARGET_PPM, 0), EXCESS_MAX)


def after_empty(excess: int, round_count: int) -> int:
    """E after ``round_count`` rounds with an empty book, exactly that many single steps.

    Source:
        PROTOCOL.md, "BaseFee"; twin of ``BaseFeeMath.afterEmpty``.
    """
    return max(excess - round_count * TARGET_PPM, 0)
