"""A market to attack: equal provers of one slot, some in one hand, and what a round brings whom."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from random import Random
from typing import Final

from zkpool_sdk.economics import base_fee
from zkpool_sdk.simulation.attackers import COST_WEI, Attack
from zkpool_sdk.simulation.book import FEE_SHIFT
from zkpool_sdk.simulation.demand import Careful, Truthful, Values
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.units import WEI_PER_ZK

SEATS: Final = 16
"""Seats of a queue unless told."""
RATING_PPM: Final = 960_000
"""Where the rating of who proves within two minutes of ten ends up."""
LOADS: Final = {"idle": 0.5, "balanced": 1.0, "tight": 1.25, "busy": 2.0}
"""Mean arrivals a round for each slot."""
WARM_UP: Final = 120


@dataclass(frozen=True, slots=True)
class Scene:
    """How much demand there is, and whether requesters read the open book before they bid."""

    load: str
    careful: bool
    seats: int = SEATS

    @property
    def name(self) -> str:
        """Both in a word."""
        return f"{self.load}, {'careful' if self.careful else 'truthful'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Means of a round, in ZK.

    Attributes:
        own: profit of the seats that belong together. others: of the other seats.
        requesters: what a proof is worth to those who got one, less what they paid.
        price: mean price that these paid. served: their tasks.
    """

    own: float
    others: float
    requesters: float
    price: float
    served: float
    base_fee: float
    bid_count: int


def seats_of(count: int, seats: int = SEATS) -> frozenset[int]:
    """So many of all seats, spread evenly over all positions."""
    return frozenset(int((i + 0.5) * seats / count) for i in range(count))


def play(scene: Scene, attack: Attack, mine: frozenset[int], seed: int, rounds: int) -> Outcome:
    """Plays an attack; what its warm-up brought is left out."""
    values = Values()
    arrivals = LOADS[scene.load] * scene.seats
    fee_wei = max(values.clearing_price(arrivals, scene.seats), base_fee.MIN_BASE_FEE_WEI)
    excess = round(log(fee_wei / base_fee.MIN_BASE_FEE_WEI) * base_fee.DENOMINATOR)
    provers = [SimulatedProver(rating_ppm=RATING_PPM) for _ in range(scene.seats)]
    # Two sources of chance, so that an attack does not change who comes.
    queue, demand = Queue(provers, Random(seed), excess=excess), Random(seed + 1_000_000)
    careful = Careful(values, scene.seats) if scene.careful else None
    requesters = careful or Truthful(values)
    attack.prepare(queue)
    before = 0, 0
    requesters_wei = paid_wei = served = fees_wei = 0
    for number in range(-WARM_UP, rounds):
        if number == 0:
            before = _profits(queue, attack, mine)
        requesters.come(queue, demand, arrivals)
        attack.act(queue)
        fakes = set(attack.fakes)
        sale, _ = queue.clear()
        attack.settle(sale)
        if number < 0:
            continue
        fees_wei += sale.base_fee_wei
        for word, price_wei in zip(sale.winners, sale.prices_wei, strict=True):
            if word not in fakes:
                worth_wei = careful.limits[word] if careful else word >> FEE_SHIFT
                requesters_wei += worth_wei - price_wei
                paid_wei += price_wei
                served += 1
    after = _profits(queue, attack, mine)
    unit = rounds * WEI_PER_ZK
    return Outcome(
        own=(after[0] - before[0]) / unit,
        others=(after[1] - before[1]) / unit,
        requesters=requesters_wei / unit,
        price=paid_wei / max(served, 1) / WEI_PER_ZK,
        served=served / rounds,
        base_fee=fees_wei / unit,
        bid_count=queue.placed_count + queue.refused_count,
    )


def _profits(queue: Queue, attack: Attack, mine: frozenset[int]) -> tuple[int, int]:
    own, others = -attack.spent_wei, 0
    for seat, prover in enumerate(queue.provers):
        profit_wei = prover.earned_wei - prover.slashed_wei - COST_WEI * prover.proven_count
        if seat in mine:
            own += profit_wei
        else:
            others += profit_wei
    return own, others
