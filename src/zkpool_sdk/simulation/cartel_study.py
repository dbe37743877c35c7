"""What a cartel of a given size gains by offering less than it could.

Withholding is the one attack that costs nothing but the tasks given up. For each size the cartel tries every
number of seats to leave out and keeps the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from zkpool_sdk.simulation.attack_study import gain_percent, sides
from zkpool_sdk.simulation.attackers import Withhold
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.scene import SEATS, Outcome, Scene, play, seats_of
from zkpool_sdk.simulation.study import Scale, Study

SIZES: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16)
FEW_SIZES: Final = (1, 2, 4, 8)
LEFT_OUT: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14)
FEW_LEFT_OUT: Final = (0, 1, 2)
SCENES: Final = (
    Scene("idle", True),
    Scene("balanced", True),
    Scene("tight", True),
    Scene("busy", True),
    Scene("tight", False),
    Scene("busy", False),
)
FEW_SCENES: Final = (SCENES[1], SCENES[3])
CUT_PERCENT: Final = 160
"""Where the plots end; the figures do not."""
SURE: Final = 2.0
"""Standard errors by which a gain has to exceed zero before it counts as one."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best a cartel could do: seats left out, gain, and what it does to the others, in per cent."""

    left_out: int
    percent: float
    error: float
    sides: dict[str, float]


def best_of(scene: Scene, size: int, seed: int, runs: int, rounds: int, few: bool) -> tuple[Best, int]:
    """The best number of seats to leave out, and how many bids it took to find."""
    mine = seats_of(size)
    tried: dict[int, list[Outcome]] = {
        count: [play(scene, Withhold(mine, count=count), mine, seed + run, rounds) for run in range(runs)]
        for count in (FEW_LEFT_OUT if few else LEFT_OUT)
        if count < size
    }
    bids = sum(outcome.bid_count for outcomes in tried.values() for outcome in outcomes)
    count = max(tried, key=lambda count: fmean(o.own for o in tried[count]))
    percent, error = gain_percent(tried[count], tried[0]) if count else (0.0, 0.0)
    changes = sides(tried[count], tried[0]) if size < SEATS else {}
    return Best(count, percent, error, changes), bids


def study(seed: int, scale: Scale) -> Study:
    """Answers: what does a cartel of a given size gain?"""
    few = scale.part < 1
    sizes, scenes = scale.some(SIZES, FEW_SIZES), scale.some(SCENES, FEW_SCENES)
    runs, rounds = scale.rounds(4, 2), scale.rounds(600, 80)
    figures: dict[str, Any] = {"runs": runs, "rounds": rounds, "least_size_that_gains": {}}
    gains, left_out, prices, losses = [], [], [], []
    bids = 0
    for scene in scenes:
        found: dict[int, Best] = {}
        for size in sizes:
            found[size], played = best_of(scene, size, seed, runs, rounds, few)
            bids += played
        colour = SCENES.index(scene)
        shares = {size: size / SEATS for size in sizes}
        gains.append(Series(scene.name, [(shares[s], b.percent) for s, b in found.items()], colour=colour))
        left_out.append(
            Series(scene.name, [(shares[s], 100 * b.left_out / s) for s, b in found.items()], colour=colour)
        )
        partial = {s: b for s, b in found.items() if b.sides}
        prices.append(
            Series(
                scene.name,
                [(shares[s], b.sides["price_percent"]) for s, b in partial.items()],
                colour=colour,
            )
        )
        losses.append(
            Series(
                scene.name,
                [(shares[s], b.sides["requesters_percent"]) for s, b in partial.items()],
                colour=colour,
            )
        )
        gaining = [s for s, b in found.items() if b.percent > max(SURE * b.error, 1.0)]
        figures["least_size_that_gains"][scene.name] = f"{min(gaining)}/{SEATS}" if gaining else None
        figures[scene.name] = {
            f"{s}/{SEATS}": {
                "left_out": b.left_out,
                "gain_percent": round(b.percent, 1),
                "error_percent": round(b.error, 1),
                **b.sides,
            }
            for s, b in found.items()
        }
    x_label = "share of the capacity in the cartel"
    panels = [
        Panel(
            f"What the cartel gains, cut at {CUT_PERCENT} %",
            x_label,
            "gain, % of honest profit",
            gains,
            y_from=0,
            y_to=CUT_PERCENT,
        ),
        Panel("What it leaves out", x_label, "% of its own slots", left_out, y_from=0),
        Panel(
            f"What requesters pay more, cut at {CUT_PERCENT} %",
            x_label,
            "change of the mean price, %",
            prices,
            y_from=0,
            y_to=CUT_PERCENT,
        ),
        Panel("What requesters lose", x_label, "change of their surplus, %", losses),
    ]
    return Study("cartel", "What a cartel gains by withholding capacity", seed, figures, panels, bids)
