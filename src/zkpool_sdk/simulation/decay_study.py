"""What decay does in an idle market, counted by wall clock and by market time.

The queue is played for months at low demand; each prover's stake is kept on both clocks with the formulas of
``economics.decay``. What it costs to cheat either clock is played in the market of ``economics`` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from zkpool_sdk.economics import decay
from zkpool_sdk.economics.base_fee import MIN_BASE_FEE_WEI, ROUND_SECONDS
from zkpool_sdk.economics.market import Market
from zkpool_sdk.models import Address, SignalRule, Terms, Verdict
from zkpool_sdk.simulation.book import START
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.demand import ROUNDS_A_DAY, Values, poisson
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.simulation.study import Scale, Study
from zkpool_sdk.units import DAY, HOUR, WEI_PER_ZK, Seconds, Wei, zk

PROVERS: Final = 8
STAKE: Final = zk(64)
TASKS_A_DAY: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
FEW_TASKS: Final = (0.1, 0.5, 2.0)
DAYS: Final = 90
PAUSE: Final = (20, 50)
"""Days between which the played market has no demand at all."""


@dataclass(slots=True)
class Clocked:
    """A prover's stake on one clock."""

    own_wei: int
    decays_from: int

    def settle(self, clock: int) -> None:
        """Charges the whole idle hours that are due."""
        hours = decay.hours_due(clock, self.decays_from)
        if hours:
            self.own_wei = decay.decayed(self.own_wei, decay.FLOOR_WEI, hours)
            self.decays_from += hours * HOUR

    def worked(self, clock: int) -> None:
        """A proof was accepted."""
        self.settle(clock)
        self.decays_from = clock + decay.GRACE_SECONDS


@dataclass(frozen=True, slots=True)
class Life:
    """Mean stake in ZK at the end of each day, on both clocks, and the part of rounds that had bids."""

    wall: list[float]
    market: list[float]
    busy_part: float
    bid_count: int


def live(mean: Callable[[int], float], days: int, seed: int) -> Life:
    """Plays provers through days of demand.

    Args:
        mean: arrivals a round, by the day's number.
    """
    random = Random(seed)
    queue = Queue([SimulatedProver(own_wei=STAKE) for _ in range(PROVERS)], random)
    values = Values()
    wall = [Clocked(STAKE, START + decay.GRACE_SECONDS) for _ in range(PROVERS)]
    market = [Clocked(STAKE, decay.GRACE_SECONDS) for _ in range(PROVERS)]
    clock = busy = 0
    by_wall, by_market = [], []
    for day in range(days):
        arrivals = mean(day)
        for _ in range(ROUNDS_A_DAY):
            count = poisson(random, arrivals)
            if count:
                queue.place(values.draw(random, count), 2)
            sale, _ = queue.clear()
            if sale.bid_count:
                clock += ROUND_SECONDS
                busy += 1
            for ended in queue.ended:
                wall[ended.seat].worked(ended.at)
                market[ended.seat].worked(clock)
        for one in wall:
            one.settle(queue.now)
        for one in market:
            one.settle(clock)
        by_wall.append(sum(one.own_wei for one in wall) / PROVERS / WEI_PER_ZK)
        by_market.append(sum(one.own_wei for one in market) / PROVERS / WEI_PER_ZK)
    count = queue.placed_count + queue.refused_count
    return Life(by_wall, by_market, busy / (days * ROUNDS_A_DAY), count)


@dataclass(frozen=True, slots=True)
class Cheat:
    """A day's bill of who cheats a clock, and what an idle prover's stake loses that day, in wei."""

    paid_wei: int
    victim_loses_wei: int
    self_loses_wei: int


def cheat(uses_market_time: bool, days: int) -> Cheat:
    """Plays a prover that bids for its own task in a queue of its own once a day, and one that has no work.

    By wall clock that keeps its own stake; by market time it also makes the clock run for everybody.
    """
    market = Market(uses_market_time=uses_market_time)
    owner, cheater, victim = (Address(f"0x{n:040x}") for n in (1, 2, 3))
    for account in (cheater, victim):
        market.token.transfer(market.addresses.token_holder, account, zk(1_000))
        market.vault.stake(account, STAKE, START)
    market.provers.register(cheater)
    project = market.projects.register_project(owner)
    market.projects.allow_verifier(owner, True)
    rules = [SignalRule.FIXED, SignalRule.PROVER]
    terms = Terms(Seconds(600), Seconds(600), Wei(0), 1)
    queue = market.projects.create_queue(owner, project, owner, bytes(32), rules, terms)
    market.provers.join(cheater, queue, 1, START)
    for day in range(days):
        now = START + day * DAY
        task = market.place_bid(cheater, queue, [day], MIN_BASE_FEE_WEI, now + 2 * DAY, now)
        market.clear(queue, now + DAY - HOUR)
        market.submit_proof(cheater, task, [day, int(cheater, 16)], Verdict.ACCEPTED, now + DAY - HOUR + 60)
    end = START + days * DAY
    pool = market.splitter.pool_earning(end)
    paid_wei = (
        pool.treasury_pending_wei
        + pool.treasury_claimable_wei
        + pool.delegators_pending_wei
        + pool.delegators_claimable_wei
    )
    return Cheat(
        paid_wei // days,
        (STAKE - market.vault.stake_of(victim, end).own_wei) // days,
        (STAKE - market.vault.stake_of(cheater, end).own_wei) // days,
    )


def study(seed: int, scale: Scale) -> Study:
    """Answers: what does decay do in an idle market, by wall clock and by market time?"""
    days = scale.rounds(DAYS, 20)
    tasks = scale.some(TASKS_A_DAY, FEW_TASKS)
    lives = [live(lambda _, t=t: t * PROVERS / ROUNDS_A_DAY, days, seed) for t in tasks]  # type: ignore[misc]
    busy = 2.0 * PROVERS / ROUNDS_A_DAY
    paused = live(lambda day: 0.0 if PAUSE[0] <= day < PAUSE[1] else busy, DAYS, seed)
    bids = sum(one.bid_count for one in lives) + paused.bid_count
    stakes = {
        start: [
            (day, decay.decayed(zk(start), decay.FLOOR_WEI, max(day - 1, 0) * 24) / WEI_PER_ZK)
            for day in range(0, 121, 2)
        ]
        for start in (32, 64, 128)
    }
    dodge, grief = cheat(False, 30), cheat(True, 30)
    figures: dict[str, Any] = {
        "days": days,
        "stake_zk": STAKE // WEI_PER_ZK,
        "left_by_tasks_a_day": {
            f"{t:g}": {
                "wall_zk": round(one.wall[-1], 2),
                "market_zk": round(one.market[-1], 2),
                "rounds_with_bids": round(one.busy_part, 4),
            }
            for t, one in zip(tasks, lives, strict=True)
        },
        "after_pause": {"wall_zk": round(paused.wall[-1], 2), "market_zk": round(paused.market[-1], 2)},
        "dodging_wall_clock_zk_a_day": {
            "pays": dodge.paid_wei / WEI_PER_ZK,
            "keeps": round((dodge.victim_loses_wei - dodge.self_loses_wei) / WEI_PER_ZK, 4),
        },
        "running_market_clock_zk_a_day": {
            "pays": grief.paid_wei / WEI_PER_ZK,
            "each_idle_prover_loses": round(grief.victim_loses_wei / WEI_PER_ZK, 4),
        },
    }
    panels = [
        Panel(
            f"{STAKE // WEI_PER_ZK} ZK after {days} days",
            "tasks a day for each prover",
            "stake, ZK",
            [
                Series("wall clock", [(t, one.wall[-1]) for t, one in zip(tasks, lives, strict=True)]),
                Series("market time", [(t, one.market[-1]) for t, one in zip(tasks, lives, strict=True)]),
            ],
            x_log=True,
            y_from=20,
            y_to=66,
        ),
        Panel(
            f"No demand from day {PAUSE[0]} to {PAUSE[1]}",
            "day",
            "stake, ZK",
            [
                Series("wall clock", list(enumerate(paused.wall, 1))),
                Series("market time", list(enumerate(paused.market, 1))),
            ],
            y_from=20,
            y_to=66,
        ),
        Panel(
            "A prover that never works, by wall clock",
            "idle days",
            "stake, ZK",
            [Series(f"{start} ZK", points) for start, points in stakes.items()],
            y_from=0,
        ),
        Panel(
            f"{STAKE // WEI_PER_ZK} ZK that never work, after {DAYS} days",
            "rounds that end with bids, %",
            "stake, ZK",
            [
                Series("wall clock", [(percent, _unused(100)) for percent in (0, 100)]),
                Series("market time", [(percent, _unused(percent)) for percent in range(0, 101, 4)]),
            ],
            y_from=20,
            y_to=66,
        ),
    ]
    return Study("decay", "Decay by wall clock and by market time", seed, figures, panels, bids)


def _unused(percent: int) -> float:
    """What is left after ``DAYS`` of a stake that never works, if so much of the time counts."""
    hours = decay.hours_due(DAYS * DAY * percent // 100, decay.GRACE_SECONDS)
    return decay.decayed(STAKE, decay.FLOOR_WEI, hours) / WEI_PER_ZK
