"""Who gains from shills, self-bids and phantom capacity, by the share of capacity in one hand.

Each attack is played beside the same seats without it, on the same draws. What is gained by withholding is a
study of its own, ``cartel_study``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final

from zkpool_sdk.simulation.attackers import Attack, Honest, Phantom, SelfBid, Shill
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.scene import SEATS, Outcome, Scene, play, seats_of
from zkpool_sdk.simulation.study import Scale, Study

OWNED: Final = (1, 2, 4, 8, 12, 16)
FEW_OWNED: Final = (1, 4, 8)
LOOKED_AT: Final = 4
"""Seats of the attacker, a quarter, for which the figures say who else gains and loses."""
SMALL: Final = (1, 2, 3, 4, 6, 8, 16)
FEW_SMALL: Final = (1, 4)
"""Queues of so many seats, one of them the attacker's."""
SCENES: Final = tuple(
    Scene(load, careful) for load in ("idle", "balanced", "busy") for careful in (False, True)
)
FEW_SCENES: Final = (SCENES[0], SCENES[3], SCENES[4])
MARGINS: Final = (0, 25)
CUT_PERCENT: Final = -120.0
Make = Callable[[frozenset[int]], Attack]


def _shill(margin_percent: int) -> Make:
    return lambda mine: Shill(mine, margin_percent=margin_percent)


ATTACKS: Final[Mapping[str, tuple[Make, ...]]] = {
    "shill": tuple(_shill(margin) for margin in MARGINS),
    "self-bid": (lambda mine: SelfBid(mine, count=max(1, len(mine) // 4)),),
    "phantom": (lambda mine: Phantom(mine),),
}
"""By name, ways to carry it out; the best counts."""
TITLES: Final = {
    "shill": "A shill where it pays best",
    "self-bid": "Own bids for a quarter of the own slots",
    "phantom": "Twice the own capacity promised",
}


def study(seed: int, scale: Scale) -> Study:
    """Answers: who gains from shills, self-bids and phantom capacity?"""
    runs, rounds = scale.rounds(4, 2), scale.rounds(400, 80)
    figures: dict[str, Any] = {"runs": runs, "rounds": rounds, "honest": {}}
    lines: dict[str, list[Series]] = {name: [] for name in ATTACKS}
    bids = 0
    for number, scene in enumerate(SCENES):
        if scene not in scale.some(SCENES, FEW_SCENES):
            continue
        for owned in scale.some(OWNED, FEW_OWNED):
            mine = seats_of(owned)
            fair = _runs(scene, Honest, mine, seed, runs, rounds)
            bids += _bids(fair)
            if owned == LOOKED_AT:
                figures["honest"][scene.name] = {
                    "price_zk": round(fmean(o.price for o in fair), 4),
                    "base_fee_zk": round(fmean(o.base_fee for o in fair), 4),
                    "served": round(fmean(o.served for o in fair), 2),
                }
            for name, ways in ATTACKS.items():
                best, played = _best(scene, ways, mine, seed, runs, rounds)
                bids += played
                percent, error = gain_percent(best, fair)
                entry = {"gain_percent": round(percent, 2), "error_percent": round(error, 2)}
                if owned == LOOKED_AT:
                    entry |= sides(best, fair)
                figures.setdefault(name, {}).setdefault(scene.name, {})[f"{owned}/{SEATS}"] = entry
                if not lines[name] or lines[name][-1].name != scene.name:
                    lines[name].append(Series(scene.name, [], colour=number))
                lines[name][-1] = Series(
                    scene.name, [*lines[name][-1].points, (owned / SEATS, percent)], colour=number
                )
    panels = [
        Panel(
            TITLES[name],
            "share of the capacity in one hand",
            "gain, % of honest profit",
            series,
            y_from=_cut(series),
        )
        for name, series in lines.items()
    ]
    lone, lone_figures, played = _lone_shill(seed, scale, runs, rounds)
    figures["lone_shill"] = lone_figures
    panels.insert(1, lone)
    return Study("attacks", "Who gains from attacks on the price", seed, figures, panels, bids + played)


def _lone_shill(seed: int, scale: Scale, runs: int, rounds: int) -> tuple[Panel, dict[str, Any], int]:
    """A prover of one slot that shills, in queues of few seats."""
    series, figures, bids = [], dict[str, Any](), 0
    few = scale.some(SCENES, FEW_SCENES)
    for number, shape in enumerate(SCENES):
        if shape not in few:
            continue
        points = []
        for seats in scale.some(SMALL, FEW_SMALL):
            scene = Scene(shape.load, shape.careful, seats)
            mine = seats_of(1, seats)
            fair = _runs(scene, Honest, mine, seed, runs, rounds)
            best, played = _best(scene, ATTACKS["shill"], mine, seed, runs, rounds)
            bids += played + _bids(fair)
            percent, error = gain_percent(best, fair)
            points.append((seats, percent))
            figures.setdefault(shape.name, {})[str(seats)] = {
                "gain_percent": round(percent, 2),
                "error_percent": round(error, 2),
            }
        series.append(Series(shape.name, points, colour=number))
    ticks = [(seats, str(seats)) for seats in scale.some(SMALL, FEW_SMALL)]
    title, x_label = "A lone prover of one slot that shills", "slots of the queue"
    panel = Panel(
        title, x_label, "gain, % of honest profit", series, x_log=True, x_ticks=ticks, y_from=_cut(series)
    )
    return panel, figures, bids


def _runs(scene: Scene, make: Make, mine: frozenset[int], seed: int, runs: int, rounds: int) -> list[Outcome]:
    return [play(scene, make(mine), mine, seed + run, rounds) for run in range(runs)]


def _best(
    scene: Scene, ways: Sequence[Make], mine: frozenset[int], seed: int, runs: int, rounds: int
) -> tuple[list[Outcome], int]:
    tried = [_runs(scene, make, mine, seed, runs, rounds) for make in ways]
    best = max(tried, key=lambda outcomes: fmean(o.own for o in outcomes))
    return best, sum(map(_bids, tried))


def _bids(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.bid_count for outcome in outcomes)


def _cut(series: Sequence[Series]) -> float:
    return max(min(y for line in series for _, y in line.points), CUT_PERCENT)


def gain_percent(attacked: Sequence[Outcome], honest: Sequence[Outcome]) -> tuple[float, float]:
    """What an attack brings, in per cent of what the same seats earn honestly, and the error of that mean."""
    base = fmean(o.own for o in honest)
    gains = [100 * (a.own - h.own) / base for a, h in zip(attacked, honest, strict=True)]
    return fmean(gains), stdev(gains) / len(gains) ** 0.5


def sides(attacked: Sequence[Outcome], honest: Sequence[Outcome]) -> dict[str, float]:
    """What it does to the others, in per cent: other provers' profit, requesters' surplus, the price."""

    def change(of: Callable[[Outcome], float]) -> float:
        return round(100 * (fmean(map(of, attacked)) / fmean(map(of, honest)) - 1), 2)

    return {
        "others_percent": change(lambda o: o.others),
        "requesters_percent": change(lambda o: o.requesters),
        "price_percent": change(lambda o: o.price),
    }
