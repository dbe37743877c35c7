"""The price paid, against Vickrey-Clarke-Groves and against first price.

Sixteen slots. Requesters are truthful, or read the open book and bid as little as wins. Payments under the
other two rules are worked out for the very same truthful bids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import fmean
from typing import Any, Final

from zkpool_sdk.economics.auction import prices, vcg_payment
from zkpool_sdk.economics.base_fee import MIN_BASE_FEE_WEI
from zkpool_sdk.simulation.book import FEE_SHIFT, Book
from zkpool_sdk.simulation.chart import Panel, Series
from zkpool_sdk.simulation.demand import Careful, Truthful, Values
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.simulation.study import Scale, Study
from zkpool_sdk.units import WEI_PER_ZK

SLOTS: Final = 16
LOADS: Final = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0)
FEW_LOADS: Final = (0.5, 1.0, 2.0)
BEST_RATING, WORST_RATING = 0.98, 0.80
"""Of the provers behind the first and the last position, where positions differ."""
DEPARTURES: Final = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
FEW_DEPARTURES: Final = (0.5, 1.0, 2.0)


@dataclass(slots=True)
class Paid:
    """Mean prices of a load, in ZK."""

    load: float
    first_price: list[float] = field(default_factory=list)
    second_price: list[float] = field(default_factory=list)
    vcg: list[float] = field(default_factory=list)


def one_round(load: float, rounds: int, seed: int) -> tuple[Paid, int]:
    """Rounds that stand alone, at the least base fee: prices by rule, for the same values."""
    random, values, paid = Random(seed), Values(), Paid(load)
    bids = 0
    for _ in range(rounds):
        drawn = values.draw(random, round(load * SLOTS))
        book = Book()
        book.place(drawn, 2)
        fees = book.eligible()
        sold = min(len(fees), SLOTS)
        paid.first_price.append(fmean(fees[:sold]) / WEI_PER_ZK)
        paid.second_price.append(fmean(prices(fees, sold, MIN_BASE_FEE_WEI)) / WEI_PER_ZK)
        paid.vcg.append(vcg_payment(fees, SLOTS, MIN_BASE_FEE_WEI) / WEI_PER_ZK)
        bids += len(drawn)
    return paid, bids


@dataclass(frozen=True, slots=True)
class Running:
    """Mean prices of a market whose base fee moves, in ZK."""

    price: float
    vcg: float
    first_price: float
    base_fee: float
    bid_count: int


def running(load: float, careful: bool, rounds: int, seed: int) -> Running:
    """Many rounds, one after the other, with the base fee they lead to."""
    random, values = Random(seed), Values()
    queue = Queue([SimulatedProver(capacity=2) for _ in range(SLOTS // 2)], random, excess=20_000_000)
    requesters = Careful(values, SLOTS) if careful else Truthful(values)
    sums = [0, 0, 0, 0]
    sold = 0
    for number in range(-150, rounds):
        requesters.come(queue, random, load * SLOTS)
        sale, seats = queue.clear()
        if number < 0:
            continue
        sold += len(seats)
        sums[0] += sum(sale.prices_wei)
        sums[1] += sale.vcg_wei * len(seats)
        sums[2] += sum(word >> FEE_SHIFT for word in sale.winners)
        sums[3] += sale.base_fee_wei * len(seats)
    price, vcg, first_price, floor = (total / max(sold, 1) / WEI_PER_ZK for total in sums)
    return Running(price, vcg, first_price, floor, queue.placed_count + queue.refused_count)


def by_position(rounds: int, seed: int) -> list[tuple[float, float, float]]:
    """Mean price in ZK by position at load 2: second price, VCG with like positions, and with unequal."""
    random, values = Random(seed), Values()
    ratings = [BEST_RATING + (WORST_RATING - BEST_RATING) * i / (SLOTS - 1) for i in range(SLOTS)]
    sums = [[0.0, 0.0, 0.0] for _ in range(SLOTS)]
    for _ in range(rounds):
        fees = sorted(values.draw(random, 2 * SLOTS), reverse=True)
        second = prices(fees, SLOTS, MIN_BASE_FEE_WEI)
        equal = vcg_payment(fees, SLOTS, MIN_BASE_FEE_WEI)
        unequal = vcg_by_position(fees, ratings)
        for position in range(SLOTS):
            for rule, price in enumerate((second[position], equal, unequal[position])):
                sums[position][rule] += price / WEI_PER_ZK / rounds
    return [(a, b, c) for a, b, c in sums]


def vcg_by_position(fees_wei: Sequence[int], ratings: Sequence[float]) -> list[float]:
    """What each winner would pay for a proof under VCG if positions differ by the chance of a proof.

    Args:
        fees_wei: values of a proof, best first, at least one more than positions.
        ratings: chance of a proof by position, best first.
    Returns:
        payment for a proof delivered, by position: what the winner costs the others, over its chance.
    """
    below = [*ratings[1:], 0.0]
    payments, harm = [0.0] * len(ratings), 0.0
    for i in reversed(range(len(ratings))):
        harm += (ratings[i] - below[i]) * fees_wei[i + 1]
        payments[i] = harm / ratings[i]
    return payments


def left_behind(worth: float, rounds: int, seed: int) -> tuple[float, float]:
    """What one requester keeps among truthful others at load 2: truthful, and bidding last and least."""
    random, values = Random(seed), Values()
    value_wei = round(worth * WEI_PER_ZK)
    truthful = least = 0.0
    for _ in range(rounds):
        others = sorted(values.draw(random, 2 * SLOTS), reverse=True)
        if value_wei > others[SLOTS - 1]:
            position = sum(fee >= value_wei for fee in others)
            truthful += (value_wei - others[position]) / WEI_PER_ZK
            # A wei above the last winner, which is displaced and sets the price.
            least += (value_wei - others[SLOTS - 1]) / WEI_PER_ZK
    return truthful / rounds, least / rounds


def study(seed: int, scale: Scale) -> Study:
    """Answers: what is paid, against VCG and first price?"""
    rounds = scale.rounds(400, 40)
    loads = scale.some(LOADS, FEW_LOADS)
    alone, bids = [], 0
    for load in loads:
        paid, placed = one_round(load, rounds, seed)
        alone.append(paid)
        bids += placed
    runs = {
        (load, careful): running(load, careful, scale.rounds(800, 80), seed)
        for load in loads
        for careful in (False, True)
    }
    bids += sum(one.bid_count for one in runs.values())
    positions = by_position(scale.rounds(2_000, 100), seed)
    departures = [
        (worth, *left_behind(worth, scale.rounds(2_000, 100), seed))
        for worth in scale.some(DEPARTURES, FEW_DEPARTURES)
    ]
    figures: dict[str, Any] = {
        "alone": {
            f"{one.load:g}": {
                "first_price": round(fmean(one.first_price), 4),
                "second_price": round(fmean(one.second_price), 4),
                "vcg": round(fmean(one.vcg), 4),
            }
            for one in alone
        },
        "running": {
            f"{load:g}, {'careful' if careful else 'truthful'}": {
                "price": round(one.price, 4),
                "vcg": round(one.vcg, 4),
                "first_price": round(one.first_price, 4),
                "base_fee": round(one.base_fee, 4),
                "price_over_vcg": round(one.price / one.vcg, 3),
            }
            for (load, careful), one in runs.items()
        },
        "positions": {
            str(i + 1): {"second_price": round(a, 4), "vcg": round(b, 4), "vcg_by_rating": round(c, 4)}
            for i, (a, b, c) in enumerate(positions)
        },
        "surplus": {
            f"{worth:g}": {"truthful": round(a, 4), "least": round(b, 4)} for worth, a, b in departures
        },
    }
    numbers = range(1, SLOTS + 1)
    panels = [
        Panel(
            "Rounds that stand alone, base fee 0.01 ZK",
            "load: bids for each slot",
            "mean price, ZK",
            [
                Series("first price", [(one.load, fmean(one.first_price)) for one in alone]),
                Series("second price, truthful", [(one.load, fmean(one.second_price)) for one in alone]),
                Series("VCG", [(one.load, fmean(one.vcg)) for one in alone], dashed=True, colour=5),
            ],
            y_log=True,
        ),
        Panel(
            "A running market, over VCG of its bids",
            "load: arrivals for each slot",
            "mean price / VCG",
            [
                Series(
                    "truthful", [(load, runs[load, False].price / runs[load, False].vcg) for load in loads]
                ),
                Series("careful", [(load, runs[load, True].price / runs[load, True].vcg) for load in loads]),
                Series("VCG", [(load, 1.0) for load in loads], dashed=True, colour=5),
            ],
            y_log=True,
        ),
        Panel(
            "By position, load 2, truthful",
            "position",
            "mean price, ZK",
            [
                Series("second price", [(i, positions[i - 1][0]) for i in numbers]),
                Series("VCG, alike", [(i, positions[i - 1][1]) for i in numbers], dashed=True, colour=5),
                Series(
                    f"VCG, rated {BEST_RATING} to {WORST_RATING}", [(i, positions[i - 1][2]) for i in numbers]
                ),
            ],
            y_from=0,
        ),
        Panel(
            "One requester among truthful ones, load 2",
            "what its proof is worth, ZK",
            "what it keeps, ZK",
            [
                Series("bids truthfully", [(worth, a) for worth, a, _ in departures]),
                Series("bids last, and the least that wins", [(worth, b) for worth, _, b in departures]),
            ],
            y_from=0,
        ),
    ]
    return Study("price", "The price paid, against VCG and first price", seed, figures, panels, bids)
