"""Populations of requesters, provers and attackers over the model's formulas: small runs of every question.

figures:
    ``bids_per_second``: ``truthful`` and ``careful`` requesters with provers behind them, on one core.
    ``rounds_checked``: rounds worked out again with ``economics`` step by step, all equal.
    ``questions``: by name ``title``, ``seconds``, ``bids``, ``figures`` (the study's own), ``panels`` (title,
    axis labels, ``x_log``, ``y_log``, series of points) and ``svg``, the finished plot.
    ``claims``: what docs/MECHANISM.md says and these runs were asked again: ``claim``, ``holds``, ``shown``.

It passes if every claim holds, every round is equal and 100,000 bids a second are reached. The plots of
docs/MECHANISM.md come from longer runs of the same studies: ``python -m zkpool_sdk.simulation all``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final

from audit.result import Finding, Options, PartResult, Status
from zkpool_sdk.economics import auction, base_fee, book_heap, stride
from zkpool_sdk.simulation.book import FEE_SHIFT
from zkpool_sdk.simulation.demand import Careful, Requesters, Truthful, Values
from zkpool_sdk.simulation.questions import QUESTIONS
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.simulation.study import Scale

GOAL: Final = 100_000
"""Bids a second on one core."""
SLOTS: Final = 16
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something docs/MECHANISM.md says, asked of this run."""

    claim: str
    holds: bool
    shown: str


def run(options: Options) -> PartResult:
    """Answers every question at the profile's scale."""
    checked = check_rounds(options.seed, options.choose(300, 3_000, 30_000))
    print(f"{checked:,} rounds equal economics, round by round", flush=True)
    speeds = {
        "truthful": speed(lambda values: Truthful(values), options.seed),
        "careful": speed(lambda values: Careful(values, SLOTS), options.seed),
    }
    print("bids/s on one core: " + ", ".join(f"{n} {s:,}" for n, s in speeds.items()), flush=True)
    scale = Scale(options.choose(0.02, 0.25, 1.0))
    questions: dict[str, Any] = {}
    for name, ask in QUESTIONS.items():
        started = time.process_time()
        study = ask(options.seed, scale)
        answer = study.to_json()
        seconds = round(time.process_time() - started, 2)
        questions[name] = {
            "title": study.title,
            "seconds": seconds,
            "bids": study.bid_count,
            "figures": answer["figures"],
            "panels": answer["panels"],
            "svg": study.svg(),
        }
        print(f"{name}: {study.bid_count:,} bids, {seconds} CPU seconds", flush=True)
    claims = claims_of({name: one["figures"] for name, one in questions.items()}, speeds)
    findings = tuple(
        Finding(f"does not hold: {one.claim}; {one.shown}", "docs/MECHANISM.md", Status.OPEN)
        for one in claims
        if not one.holds
    )
    bids = sum(one["bids"] for one in questions.values())
    held = sum(one.holds for one in claims)
    return PartResult(
        "simulation",
        options.profile,
        options.seed,
        passed=held == len(claims),
        summary=f"{bids:,} bids, {speeds['truthful']:,} a second; {held} of {len(claims)} claims hold",
        figures={
            "bids_per_second": speeds,
            "rounds_checked": checked,
            "questions": questions,
            "claims": [asdict(one) for one in claims],
        },
        findings=findings,
    )


def check_rounds(seed: int, rounds: int) -> int:
    """Plays rounds and works each out again with the functions of ``economics`` alone; returns how many.

    Raises:
        AssertionError: a round differs.
    """
    random = Random(seed)
    provers = [
        SimulatedProver(
            capacity=random.randint(1, 4),
            delay_seconds=random.randint(20, 600),
            reliability_ppm=random.choice([1_000_000, 900_000]),
        )
        for _ in range(8)
    ]
    queue = Queue(provers, random)
    values = Values()
    for number in range(rounds):
        heap: list[int] = []
        for word in queue.words:
            book_heap.insert(heap, word)
        floor_wei, excess, first = queue.base_fee_wei, queue.excess, queue.next_sequence
        assert floor_wei == base_fee.base_fee(excess)
        fees = values.draw(random, random.choice([0, 4, 20, 90]))
        expires_at = queue.ends_at + base_fee.ROUND_SECONDS
        for fee in fees:
            if fee < floor_wei:
                continue
            word = book_heap.pack(fee, first, expires_at, 0)
            first += 1
            if len(heap) < book_heap.LIMIT:
                book_heap.insert(heap, word)
            elif word > heap[0]:
                book_heap.replace_worst(heap, word)
        queue.place(fees, 2)
        assert sorted(heap) == queue.words, number
        queue.work()
        slots = queue.slots()
        passes = [max(prover.pass_, queue.drawn_pass) for prover in provers]
        ratings = [prover.rating_ppm for prover in provers]
        sale, seats = queue.clear()
        if not heap:
            assert sale.excess == base_fee.after_empty(excess, 1)
            continue
        eligible = [
            word >> FEE_SHIFT
            for word in book_heap.best_first(heap)
            if book_heap.expiry_of(word) >= queue.now and word >> FEE_SHIFT >= floor_wei
        ]
        slot_count = min(sum(slots), auction.SLOT_LIMIT)
        sold = min(len(eligible), slot_count)
        loser_wei = eligible[slot_count] if slot_count < len(eligible) else 0
        pressure_ppm = base_fee.pressure(len(eligible), slot_count, loser_wei, floor_wei)
        picks, _ = stride.draw(passes, ratings, slots, sold)
        assert sale.fees_wei == eligible, number
        assert sale.prices_wei == auction.prices(eligible, sold, floor_wei), number
        assert sale.excess == base_fee.next_excess(excess, pressure_ppm), number
        assert seats == stride.by_rating(picks, ratings), number
    return rounds


def speed(population: Callable[[Values], Requesters], seed: int) -> int:
    """Bids a second of CPU time, at its best of five runs."""
    best = 0.0
    for attempt in range(5):
        random = Random(seed + attempt)
        queue = Queue([SimulatedProver(capacity=2) for _ in range(SLOTS // 2)], random)
        requesters = population(Values())
        started = time.process_time()
        for _ in range(250):
            requesters.come(queue, random, 2.5 * SLOTS)
            queue.clear()
        seconds = time.process_time() - started
        best = max(best, (queue.placed_count + queue.refused_count) / seconds)
    return round(best)


def claims_of(figures: Mapping[str, Figures], speeds: Mapping[str, int]) -> list[Claim]:
    """What MECHANISM.md says that a short run can show as well as a long one."""
    step = figures["demand"]["step_truthful"]
    fraction, rating, price = figures["fraction"], figures["rating"], figures["price"]
    attacks, decay = figures["attacks"], figures["decay"]
    elastic = fraction["spread_elasticity_16"]
    phantom = [
        entry["gain_percent"]
        for name, scene in attacks["phantom"].items()
        if name != "idle, careful"
        for entry in scene.values()
    ]
    lone = attacks["lone_shill"]["idle, truthful"]["4"]["gain_percent"]
    cheap = decay["dodging_wall_clock_zk_a_day"]
    clock = decay["running_market_clock_zk_a_day"]
    busy = price["running"]["2, careful"]["price_over_vcg"]
    truthful = price["running"]["2, truthful"]["price_over_vcg"]
    return [
        Claim(
            f"{GOAL:,} bids a second on one core",
            speeds["truthful"] >= GOAL,
            ", ".join(f"{name} {one:,}" for name, one in speeds.items()),
        ),
        Claim(
            "after a step the base fee reaches the clearing price, and overshoots it by less than 30 %",
            step["arrived"] == step["runs"] and step["overshoot"] < 0.3,
            f"{step['rise_rounds']} rounds, {100 * step['overshoot']:.0f} % over",
        ),
        Claim(
            "an eighth a round is stable and a round that may triple the fee is not",
            elastic["1/8"] < 0.05 and elastic["2"] > 0.3,
            f"spread {elastic['1/8']} and {elastic['2']} at elasticity 16",
        ),
        Claim(
            "promising more than one can do never pays",
            max(phantom) <= 0,
            f"at best {max(phantom):.0f} %",
        ),
        Claim(
            "a lone shill pays in a small idle queue whose requesters bid truthfully",
            lone > 20,
            f"{lone:.0f} % with one of four slots",
        ),
        Claim(
            "stride scheduling is within 1 % of rating shares after 100 tasks",
            rating["stray_after_100_tasks"] < 0.01,
            f"{100 * rating['stray_after_100_tasks']:.2f} %",
        ),
        Claim(
            "requesters that read the book pay VCG's price, truthful ones more",
            busy < 1.06 < truthful,
            f"{busy} and {truthful} times VCG at twice the capacity",
        ),
        Claim(
            "either decay clock is cheated for less than 1 % of what it moves",
            cheap["pays"] < 0.01 * cheap["keeps"] and clock["pays"] < 0.01 * clock["each_idle_prover_loses"],
            f"{cheap['pays']} ZK a day for {cheap['keeps']} and {clock['each_idle_prover_loses']}",
        ),
    ]
