"""How a prover's share of the tasks comes to follow its rating, and what a rating is worth in money.

Eight provers of two slots each, of different speed and reliability, at half and at twice the demand they can
serve. Bans after misses are part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from zkpool_sdk.economics import rating, stride
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.demand import Careful, Truthful, Values
from zkpool_sdk.simulation.queue import RECORD, WINDOW_SECONDS, Queue, SimulatedProver
from zkpool_sdk.simulation.study import Scale, Study
from zkpool_sdk.units import PPM

SLOTS: Final = 16
LOADS: Final = {"idle": 0.5, "busy": 2.0}
SHOWN: Final = (0, 2, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Kind:
    """A prover's habits."""

    name: str
    delay_seconds: int = 60
    reliability_ppm: int = PPM
    newcomer: bool = False

    def prover(self) -> SimulatedProver:
        """One of this kind, at the rating that all start with."""
        return SimulatedProver(
            capacity=2,
            delay_seconds=self.delay_seconds,
            reliability_ppm=self.reliability_ppm,
            success_count=0 if self.newcomer else RECORD,
            rating_ppm=rating.START_PPM if self.newcomer else self.settled_ppm,
        )

    @property
    def settled_ppm(self) -> int:
        """Where its rating tends to in the mean: its mark times its reliability."""
        mark = PPM - rating.DELAY_PPM * self.delay_seconds // WINDOW_SECONDS
        return mark * self.reliability_ppm // PPM


KINDS: Final = (
    Kind("1 minute, never fails"),
    Kind("5 minutes, never fails", 280),
    Kind("10 minutes, never fails", 600),
    Kind("fails 1 %", reliability_ppm=990_000),
    Kind("fails 5 %", reliability_ppm=950_000),
    Kind("fails 20 %", reliability_ppm=800_000),
    Kind("newcomer, never fails", newcomer=True),
    Kind("1 minute, never fails, last seat"),
)


@dataclass(frozen=True, slots=True)
class Shares:
    """What each prover got: tasks and ratings round by round, and its parts of all in the end.

    Attributes:
        tasks: by prover, tasks assigned up to each round. ratings: by prover, in ppm, after each round.
        task_part, rating_part, paid_part: of all provers' tasks, mean ratings, and money paid.
    """

    tasks: list[list[int]]
    ratings: list[list[int]]
    task_part: list[float]
    rating_part: list[float]
    paid_part: list[float]
    position: list[float]
    bid_count: int


def live(load: float, careful: bool, rounds: int, seed: int) -> Shares:
    """Plays the eight provers."""
    random = Random(seed)
    queue = Queue([kind.prover() for kind in KINDS], random)
    values = Values()
    requesters = Careful(values, SLOTS) if careful else Truthful(values)
    tasks: list[list[int]] = [[] for _ in KINDS]
    ratings: list[list[int]] = [[] for _ in KINDS]
    for _ in range(rounds):
        requesters.come(queue, random, load * SLOTS)
        queue.clear()
        for number, prover in enumerate(queue.provers):
            tasks[number].append(prover.task_count)
            ratings[number].append(prover.rating_ppm)
    weights = [sum(map(stride.weight, one)) for one in ratings]
    paid = [prover.earned_wei for prover in queue.provers]
    given = [prover.task_count for prover in queue.provers]
    return Shares(
        tasks,
        ratings,
        [count / sum(given) for count in given],
        [weight / sum(weights) for weight in weights],
        [wei / sum(paid) for wei in paid],
        [prover.position_sum / max(prover.task_count, 1) for prover in queue.provers],
        queue.placed_count + queue.refused_count,
    )


def stray(draws: int, capacity: int) -> list[tuple[int, float]]:
    """How far shares are from rating shares after so many draws, at the most of all provers: pure stride.

    Returns:
        (tasks, greatest distance as a part of all tasks), at growing counts.
    """
    provers = [SimulatedProver(capacity=capacity, rating_ppm=kind.settled_ppm) for kind in KINDS]
    queue = Queue(provers, Random(0))
    weights = [stride.weight(prover.rating_ppm) for prover in provers]
    counts = [0] * len(provers)
    points, wanted = [], 8.0
    for number in range(1, draws + 1):
        # One at a time, as if everybody were free again: convergence without bans and capacities.
        seats, passes = queue.draw([1] * len(provers), 1)
        counts[seats[0]] += 1
        for seat, pass_ in passes.items():
            provers[seat].pass_ = pass_
        if number >= wanted:
            worst = max(
                abs(count / number - weight / sum(weights))
                for count, weight in zip(counts, weights, strict=True)
            )
            points.append((number, worst))
            wanted *= 1.25
    return points


def study(seed: int, scale: Scale) -> Study:
    """Answers: how does the rating share converge?"""
    rounds = scale.rounds(2_000, 150)
    lives = {
        (load, careful): live(part, careful, rounds, seed)
        for load, part in LOADS.items()
        for careful in (False, True)
    }
    idle = lives["idle", False]
    figures: dict[str, Any] = {"rounds": rounds}
    for (load, careful), one in lives.items():
        figures[f"{load}, {'careful' if careful else 'truthful'}"] = {
            kind.name: {
                "rating": round(one.ratings[i][-1] / PPM, 3),
                "rating_part": round(one.rating_part[i], 4),
                "task_part": round(one.task_part[i], 4),
                "paid_part": round(one.paid_part[i], 4),
                "position": round(one.position[i], 1),
            }
            for i, kind in enumerate(KINDS)
        }
    strayed = stray(scale.rounds(20_000, 2_000), 1)
    newcomer = next(i for i, kind in enumerate(KINDS) if kind.newcomer)
    figures["newcomer_tasks_to_900000"] = _tasks_to(idle, newcomer, 900_000)
    figures["stray_after_100_tasks"] = round(next(y for x, y in strayed if x >= 100), 5)
    shown = range(0, min(rounds, 300), 2)
    panels = [
        Panel(
            "Rating",
            "round (300 s), load 0.5",
            "rating, of 1",
            [
                Series(KINDS[i].name, [(r, idle.ratings[i][r] / PPM) for r in shown], colour=n)
                for n, i in enumerate(SHOWN)
            ],
            y_from=0,
            y_to=1,
        ),
        Panel(
            "Share of the tasks, over the share of ratings",
            "round (300 s), load 0.5",
            "tasks / rating (1: in proportion)",
            [
                Series(KINDS[i].name, [(r, _relative(idle, i, r)) for r in shown if r >= 10], colour=n)
                for n, i in enumerate(SHOWN)
            ],
            y_from=0,
            y_to=1.6,
        ),
        Panel(
            "How far the draw is from proportion",
            "tasks drawn",
            "greatest distance, part of all",
            [
                Series("stride scheduling", strayed),
                Series("1 / tasks", [(x, 1 / x) for x, _ in strayed], dashed=True, colour=5),
                Series("a lottery (1 / √tasks)", [(x, x**-0.5) for x, _ in strayed], dashed=True, colour=6),
            ],
            x_log=True,
            y_log=True,
        ),
        Panel(
            "Money, over the share of tasks",
            "rating, of 1",
            "paid / tasks (1: in proportion)",
            [
                Series(f"{load}, {'careful' if careful else 'truthful'}", _paid(one), colour=n)
                for n, ((load, careful), one) in enumerate(lives.items())
            ],
        ),
    ]
    bids = sum(one.bid_count for one in lives.values())
    return Study("rating", "How shares follow ratings", seed, figures, panels, bids)


def _relative(one: Shares, prover: int, number: int) -> float:
    """Share of the tasks up to a round over the share of the mean ratings up to it."""
    tasks = sum(tasks[number] for tasks in one.tasks)
    weights = [sum(map(stride.weight, ratings[: number + 1])) for ratings in one.ratings]
    return one.tasks[prover][number] / max(tasks, 1) / (weights[prover] / sum(weights))


def _paid(one: Shares) -> list[tuple[float, float]]:
    mean = [sum(ratings) / len(ratings) / PPM for ratings in one.ratings]
    return sorted((mean[i], one.paid_part[i] / one.task_part[i]) for i in range(len(KINDS)))


def _tasks_to(one: Shares, prover: int, rating_ppm: int) -> int | None:
    """Tasks after which a rating was reached first."""
    for tasks, ppm in zip(one.tasks[prover], one.ratings[prover], strict=True):
        if ppm >= rating_ppm:
            return tasks
    return None
