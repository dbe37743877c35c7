"""Which update fraction is stable: how far one round may move the base fee.

The protocol's D = 8,500,000 lets a round move it by an eighth: f = e^(1e6 / D) - 1. Analysis first. Let x be
the logarithm of B over the price p that clears the market, d = D / 1e6, and ε how elastic demand is at p.

* Above p fewer bids than slots are left: x' = x - ε x / d, and at worst x' = x - 1 / d. So one step leads at
  most 1 / d below p, however elastic demand is.
* Below p the first loser bids p: x' = x + min(1, e^-x - 1) / d. Coming from no deeper than 1 / d this stays
  below p if e^(1 / d) - 1 ≤ 1: the function is convex, so its ends decide.

Hence no cycle, whatever the elasticity, as long as one round at most doubles the fee: f ≤ 1, D ≥ 1,442,695.
That holds for demand that answers at once. With requesters who decide by the base fee of τ rounds ago the
upper branch is a delayed feedback, x' = x - ε x(t - τ) / d, stable for ε / d < 2 sin(π / (4 τ + 2)) alone.
The lower branch has no delay: what is bid shows at once. It ends each swing; a small cycle is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, pi, sin
from statistics import pstdev
from typing import Any, Final

from zkpool_sdk.economics import base_fee
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.demand import Late, Requesters, Truthful, Values, constant
from zkpool_sdk.simulation.demand_study import NEAR, SLOTS, Trace, run
from zkpool_sdk.simulation.study import Scale, Study
from zkpool_sdk.units import PPM, WEI_PER_ZK

FRACTIONS: Final = (2.0, 1.5, 1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64)
LAGGED: Final = (1 / 4, 1 / 8, 1 / 16, 1 / 32)
LAGS: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
SIGMAS: Final = (0.8, 0.2, 0.05)
ARRIVALS: Final = 2.0 * SLOTS
STABLE_FRACTION: Final = 1.0
"""The largest fraction without a cycle, by the analysis above."""


def denominator(fraction: float) -> int:
    """D with which a round raises the base fee by at most this part."""
    return round(PPM / log(1 + fraction))


def name(fraction: float) -> str:
    """A fraction as people write it."""
    return f"{fraction:g}" if fraction >= 1 else f"1/{1 / fraction:g}"


def stable_delay_rounds(fraction: float, elasticity: float) -> int:
    """The longest delay of demand, in rounds, under which the analysis calls a fraction stable."""
    gain = elasticity * PPM / denominator(fraction)
    delay = 0
    while gain < 2 * sin(pi / (4 * (delay + 1) + 2)):
        delay += 1
    return delay


def settled(
    requesters: Requesters, values: Values, fraction: float, rounds: int, seed: int, warm_up: int = 300
) -> Trace:
    """A queue that starts at the price which clears it and has had time to leave it."""
    d = denominator(fraction)
    price_wei = values.clearing_price(ARRIVALS, SLOTS)
    excess = round(log(price_wei / base_fee.MIN_BASE_FEE_WEI) * d)
    shape = constant(ARRIVALS)
    return run(requesters, shape, rounds, seed, denominator=d, warm_up=warm_up, excess=excess)


def spread(trace: Trace) -> float:
    """How far the base fee strays: the standard deviation of its logarithm."""
    return pstdev(map(log, trace.base_fee))


def idle(trace: Trace) -> float:
    """The part of slots left unsold while requesters were refused."""
    return sum(trace.idle_slots) / (SLOTS * len(trace.idle_slots))


def study(seed: int, scale: Scale) -> Study:
    """Answers: which update fraction is stable?"""
    figures: dict[str, Any] = {"denominators": {name(f): denominator(f) for f in FRACTIONS}}
    rounds = scale.rounds(1_500, 200)
    bids = 0
    strays, wastes = [], []
    for sigma in SIGMAS:
        values = Values(sigma=sigma)
        elasticity = values.elasticity(values.clearing_price(ARRIVALS, SLOTS))
        traces = [settled(Truthful(values), values, f, rounds, seed) for f in FRACTIONS]
        bids += sum(t.bid_count for t in traces)
        spreads, wasted = [spread(t) for t in traces], [idle(t) for t in traces]
        label = f"elasticity {elasticity:.0f}"
        strays.append(Series(label, _against(FRACTIONS, spreads)))
        wastes.append(Series(label, _against(FRACTIONS, wasted)))
        figures[f"spread_{label.replace(' ', '_')}"] = _named(FRACTIONS, spreads)
        figures[f"idle_{label.replace(' ', '_')}"] = _named(FRACTIONS, wasted)
    edge = [(STABLE_FRACTION, 0.003), (STABLE_FRACTION, 0.6)]
    strays.append(Series("analysis: no cycle left of this", edge, dashed=True, colour=5))
    rises, rise_bids = _rises(seed)
    figures["rise_rounds"] = _named(FRACTIONS[2:], rises)
    lag_spreads, lag_figures, lag_bids = _late(seed, scale)
    figures.update(lag_figures)
    x_label = "largest move of a round, as a part of the base fee"
    ticks = [(f, name(f)) for f in FRACTIONS if f != 1.5]
    panels = [
        Panel(
            "How far the base fee strays",
            x_label,
            "spread (std of ln B)",
            strays,
            x_log=True,
            y_log=True,
            x_ticks=ticks,
        ),
        Panel(
            "Slots unsold while bids are refused",
            x_label,
            "part of all slots",
            wastes,
            x_log=True,
            y_from=0,
            x_ticks=ticks,
        ),
        Panel(
            "A rise from 0.01 to 0.9 ZK takes",
            x_label,
            "rounds (300 s)",
            [
                Series("simulated", _against(FRACTIONS[2:], rises)),
                Series(
                    "at the largest move",
                    _against(FRACTIONS[2:], [log(90) * denominator(f) / PPM for f in FRACTIONS[2:]]),
                    dashed=True,
                    colour=5,
                ),
            ],
            x_log=True,
            y_log=True,
            x_ticks=ticks[1:],
        ),
        Panel(
            "Demand that answers late, elasticity 4",
            "delay of demand, rounds (300 s)",
            "spread (std of ln B)",
            lag_spreads,
            y_log=True,
        ),
    ]
    return Study(
        "fraction", "Which update fraction is stable", seed, figures, panels, bids + rise_bids + lag_bids
    )


def _rises(seed: int) -> tuple[list[float], int]:
    values = Values()
    target = values.clearing_price(ARRIVALS, SLOTS) / WEI_PER_ZK * (1 - NEAR)
    rises, bids = [], 0
    for fraction in FRACTIONS[2:]:
        d = denominator(fraction)
        needed = round(log(100) * d / PPM * 2) + 60
        trace = run(Truthful(values), constant(ARRIVALS), needed, seed, denominator=d, warm_up=0)
        arrived = (number for number, fee in enumerate(trace.base_fee) if fee >= target)
        rises.append(float(next(arrived, needed)))
        bids += trace.bid_count
    return rises, bids


def _late(seed: int, scale: Scale) -> tuple[list[Series], dict[str, Any], int]:
    values = Values(sigma=SIGMAS[1])
    elasticity = values.elasticity(values.clearing_price(ARRIVALS, SLOTS))
    rounds = scale.rounds(1_500, 200)
    series, bids = [], 0
    figures: dict[str, Any] = {
        "stable_delay_rounds": {name(f): stable_delay_rounds(f, elasticity) for f in LAGGED}
    }
    for fraction in LAGGED:
        traces = [settled(Late(values, lag), values, fraction, rounds, seed) for lag in LAGS]
        bids += sum(t.bid_count for t in traces)
        spreads = [spread(t) for t in traces]
        series.append(Series(f"move {name(fraction)}", list(zip(LAGS, spreads, strict=True))))
        figures[f"late_spread_{name(fraction)}"] = {
            str(lag): round(s, 4) for lag, s in zip(LAGS, spreads, strict=True)
        }
        figures[f"late_idle_{name(fraction)}"] = {
            str(lag): round(idle(t), 4) for lag, t in zip(LAGS, traces, strict=True)
        }
    return series, figures, bids


def _against(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    return sorted(zip(xs, ys, strict=True))


def _named(fractions: Sequence[float], values: Sequence[float]) -> dict[str, float]:
    return {name(f): round(value, 4) for f, value in zip(fractions, values, strict=True)}
