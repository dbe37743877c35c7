"""How a paid price is split. The last part of each cut is what the others leave, so parts always sum."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.units import BPS, Wei


@dataclass(frozen=True, slots=True)
class Split:
    """Parts of one price, in wei; they sum to it."""

    prover_wei: Wei
    accelerator_wei: Wei
    delegators_wei: Wei
    treasury_wei: Wei


def split(
    price_wei: int, pool_bps: int, accelerator_bps: int, sponsor_bps: int, delegators_bps: int
) -> Split:
    """The parts of a price; the prover gets what pool, accelerator and sponsor leave.

    Args:
        pool_bps: of the price. accelerator_bps, sponsor_bps: of the rest; sponsor 0 for a prover with its own
            stake. delegators_bps: of the pool's part; the treasury gets what they leave of it.
    Source:
        PROTOCOL.md, "Rewards"; twin of ``SplitMath.split``.
    """
    pool = price_wei * pool_bps // BPS
    rest = price_wei - pool
    accelerator = rest * accelerator_bps // BPS
    sponsor = rest * sponsor_bps // BPS
    pool_delegators = pool * delegators_bps // BPS
    return Split(
        prover_wei=Wei(rest - accelerator - sponsor),
        accelerator_wei=Wei(accelerator),
        delegators_wei=Wei(pool_delegators + sponsor),
        treasury_wei=Wei(pool - pool_delegators),
    )
