"""How the base fee follows demand: a step, a ramp, a burst, a day's cycle.

Sixteen slots a round, whose provers never fail. Who bids truthfully is put beside who reads the open book.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, pstdev
from typing import Any, Final

from zkpool_sdk.economics import base_fee
from zkpool_sdk.simulation import demand
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.demand import ROUNDS_A_DAY, Careful, Requesters, Shape, Truthful, Values
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.simulation.study import Scale, Study
from zkpool_sdk.units import WEI_PER_ZK

SLOTS: Final = 16
NEAR: Final = 0.1
"""The base fee has arrived when it is as near as this to the price that clears the market."""
CHANGE_AT: Final = 40
STEP_ENDS_AT: Final = 160


@dataclass(slots=True)
class Trace:
    """What rounds looked like, one entry each; money in ZK.

    Attributes:
        idle_slots: slots left unsold while requesters were refused for bidding less than the base fee.
    """

    base_fee: list[float] = field(default_factory=list)
    price: list[float] = field(default_factory=list)
    idle_slots: list[int] = field(default_factory=list)
    bid_count: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A shape of demand, and the rounds that are looked at."""

    name: str
    title: str
    shape: Shape
    rounds: int
    change_at: int = 0
    ends_at: int | None = None


CASES: Final = (
    Case(
        "step",
        "Step: half the capacity, twice, half",
        lambda number: 32.0 if CHANGE_AT <= number < STEP_ENDS_AT else 8.0,
        280,
        CHANGE_AT,
        STEP_ENDS_AT,
    ),
    Case("ramp", "Ramp: half to twice within 100 rounds", demand.ramp(8, 32, CHANGE_AT, 100), 240, CHANGE_AT),
    Case(
        "burst",
        "Burst: four times for six rounds",
        demand.burst(12, 64, CHANGE_AT, 6),
        140,
        CHANGE_AT,
        CHANGE_AT + 6,
    ),
    Case("day_cycle", "Day: 1.1 times ± 0.9, three days", demand.day_cycle(17.6, 14.4), 3 * ROUNDS_A_DAY),
)


def provers(slot_count: int = SLOTS) -> list[SimulatedProver]:
    """Provers of two slots each that never fail."""
    return [SimulatedProver(capacity=2) for _ in range(slot_count // 2)]


def run(
    requesters: Requesters,
    shape: Shape,
    rounds: int,
    seed: int,
    *,
    denominator: int = base_fee.DENOMINATOR,
    warm_up: int = 100,
    excess: int = 0,
) -> Trace:
    """Plays a queue under a shape of demand, after ``warm_up`` rounds of its first mean."""
    random = Random(seed)
    queue = Queue(provers(), random, denominator=denominator, excess=excess)
    trace = Trace()
    for number in range(-warm_up, rounds):
        refused = queue.refused_count
        requesters.come(queue, random, shape(max(number, 0)))
        sale, seats = queue.clear()
        if number >= 0:
            trace.base_fee.append(sale.base_fee_wei / WEI_PER_ZK)
            paid = sum(sale.prices_wei) / len(seats) if seats else sale.base_fee_wei
            trace.price.append(paid / WEI_PER_ZK)
            missing = max(sale.slot_count - len(seats), 0)
            trace.idle_slots.append(min(missing, queue.refused_count - refused))
    trace.bid_count = queue.placed_count + queue.refused_count
    return trace


def targets(shape: Shape, rounds: int, values: Values) -> list[float]:
    """The price in ZK at which mean demand fills the slots, round by round; at least the least base fee."""
    least = base_fee.MIN_BASE_FEE_WEI
    return [max(values.clearing_price(shape(i), SLOTS), least) / WEI_PER_ZK for i in range(rounds)]


def rounds_to(trace: Sequence[float], target: float, start: int) -> int | None:
    """Rounds after ``start`` until the base fee has come near a target; ``None`` if it never does."""
    for number in range(start, len(trace)):
        if abs(trace[number] / target - 1) <= NEAR:
            return number - start
    return None


def figures_of(case: Case, traces: Sequence[Trace], target: Sequence[float]) -> dict[str, Any]:
    """What a case comes to, as means over its runs.

    Returns:
        ``rise_rounds`` until within a tenth of the highest clearing price; ``overshoot`` of the highest base
        fee over that price, as a part of it, negative if it never came so far; ``fall_rounds`` back to the
        least base fee; ``spread`` of the base fee around its own mean once it has arrived;
        ``idle_while_refusing`` part of slots unsold while requesters were refused.
    """
    highest = max(target)
    rises = [rounds_to(t.base_fee, highest, case.change_at) for t in traces]
    rounds = len(target)
    figures: dict[str, Any] = {
        "clearing_price_zk": round(highest, 4),
        "highest_base_fee_zk": round(fmean(max(t.base_fee) for t in traces), 4),
        "overshoot": round(fmean(max(t.base_fee) for t in traces) / highest - 1, 4),
        "idle_while_refusing": round(fmean(sum(t.idle_slots) for t in traces) / (rounds * SLOTS), 4),
        "arrived": sum(rise is not None for rise in rises),
        "runs": len(traces),
    }
    arrived = [rise for rise in rises if rise is not None]
    figures["rise_rounds"] = round(fmean(arrived), 1) if arrived else None
    if case.name == "step":
        steady = [t.base_fee[CHANGE_AT + 70 : STEP_ENDS_AT] for t in traces]
        figures["steady_base_fee_zk"] = round(fmean(map(fmean, steady)), 4)
        figures["spread"] = round(fmean(pstdev(part) / fmean(part) for part in steady), 4)
    if case.ends_at is not None:
        least = base_fee.MIN_BASE_FEE_WEI / WEI_PER_ZK
        falls = [rounds_to(t.base_fee, least, case.ends_at) for t in traces]
        found = [fall for fall in falls if fall is not None]
        figures["fall_rounds"] = round(fmean(found), 1) if found else None
    return figures


def study(seed: int, scale: Scale) -> Study:
    """Answers: how does the base fee follow demand?"""
    values = Values()
    figures: dict[str, Any] = {}
    panels = []
    bids = 0
    for case in CASES:
        target = targets(case.shape, case.rounds, values)
        traces = {}
        for careful in (False, True):
            runs = []
            for i in range(scale.rounds(12, 2)):
                requesters = Careful(values, SLOTS) if careful else Truthful(values)
                runs.append(run(requesters, case.shape, case.rounds, seed + i))
            traces[careful] = runs
            bids += sum(t.bid_count for t in runs)
            figures[f"{case.name}_{'careful' if careful else 'truthful'}"] = figures_of(case, runs, target)
        every = -(-case.rounds // 150)
        rounds = range(0, case.rounds, every)
        truthful, careful_one = traces[False][0], traces[True][0]
        panels.append(
            Panel(
                case.title,
                "round (300 s)",
                "ZK",
                [
                    Series("clearing price", [(i, target[i]) for i in rounds], dashed=True, colour=5),
                    Series("base fee, truthful", [(i, truthful.base_fee[i]) for i in rounds], colour=0),
                    Series("base fee, careful", [(i, careful_one.base_fee[i]) for i in rounds], colour=1),
                    Series("mean price, careful", [(i, careful_one.price[i]) for i in rounds], colour=2),
                ],
                y_log=True,
            )
        )
    return Study("demand", "How the base fee follows demand", seed, figures, panels, bids)
