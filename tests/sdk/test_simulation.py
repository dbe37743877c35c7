"""The simulated queue against the model of the whole market: the same bids, the same integers."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdk.market_world import KEEPER, REQUESTERS, new_market, role, signals_for
from zkpool_sdk.economics import base_fee, stride
from zkpool_sdk.economics.book_heap import expiry_of, max_fee_of, sequence_of
from zkpool_sdk.errors import BidBelowBaseFee, BookFull, NotYetCleared
from zkpool_sdk.models import ClearingResult, TaskId, Verdict
from zkpool_sdk.simulation.book import START, Sale, fee_at
from zkpool_sdk.simulation.demand import Truthful, Values, poisson
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.units import PPM, Ppm, zk

SEATS = [role(0x40 + seat) for seat in range(6)]


def some_provers(random: Random) -> list[SimulatedProver]:
    """Provers of every kind: poor, new, slow, careless, overcommitted."""
    return [
        SimulatedProver(
            capacity=random.randint(1, 6),
            own_wei=random.choice([zk(32), zk(40), zk(1_000)]),
            reliability_ppm=random.choice([PPM, PPM, 900_000, 300_000]),
            delay_seconds=random.choice([20, 120, 450, 600]),
            machines=random.choice([None, None, 1, 2]),
            success_count=random.choice([0, 4, 124]),
            rating_ppm=random.choice([300_000, 300_000, 700_000, 990_000]),
        )
        for _ in SEATS
    ]


class Played:
    """The market in memory, played as the simulated queue was."""

    def __init__(self, provers: list[SimulatedProver]) -> None:
        self.market, (self.queue,) = new_market()
        self.tasks: dict[int, tuple[TaskId, int]] = {}  # by the simulated bid's sequence
        market = self.market
        for account, prover in zip(SEATS, provers, strict=True):
            market.token.transfer(market.addresses.token_holder, account, prover.own_wei)
            market.vault.stake(account, prover.own_wei, START)
            market.provers.register(account)
            market.provers.join(account, self.queue, prover.capacity, START)
            number = market.provers.ids[account]
            market.provers.provers[number] = replace(
                market.provers.provers[number],
                rating_ppm=Ppm(prover.rating_ppm),
                success_count=prover.success_count,
            )

    def place(self, number: int, fee_wei: int, expires_at: int, now: int) -> bool:
        """Places a bid that the simulation numbers so; whether it was taken."""
        statement = [len(self.tasks)]
        try:
            task = self.market.place_bid(REQUESTERS[0], self.queue, statement, fee_wei, expires_at, now)
        except (BidBelowBaseFee, BookFull):
            return False
        self.tasks[number] = task, statement[0]
        return True

    def task_of(self, word: int) -> TaskId:
        """The task of a simulated bid."""
        return self.tasks[sequence_of(word)][0]

    def end(self, queue: Queue) -> None:
        """Proves and misses what the simulation did since the last clearing."""
        for ended in queue.ended:
            task, statement = self.tasks[sequence_of(ended.word)]
            account = SEATS[ended.seat]
            before_wei = self.market.credit_of(REQUESTERS[0])
            if ended.proven:
                signals = signals_for(statement, account)
                self.market.submit_proof(account, task, signals, Verdict.ACCEPTED, ended.at)
            else:
                self.market.finalize(KEEPER, task, ended.at)
            assert self.market.credit_of(REQUESTERS[0]) - before_wei == ended.compensation_wei

    def check(self, result: ClearingResult, sale: Sale, seats: list[int]) -> None:
        """All that a clearing says."""
        assert (result.base_fee_wei, result.bid_count, result.slot_count, result.excess) == (
            sale.base_fee_wei,
            sale.bid_count,
            sale.slot_count,
            sale.excess,
        )
        assert [
            (one.task, one.price_wei, one.price_wei + one.refund_wei, one.account, one.position)
            for one in result.assignments
        ] == [
            (self.task_of(word), price, max_fee_of(word), SEATS[seat], rank)
            for rank, (word, price, seat) in enumerate(
                zip(sale.winners, sale.prices_wei, seats, strict=True), 1
            )
        ]

    def check_provers(self, queue: Queue) -> None:
        """Every record and every stake."""
        now, market = queue.now, self.market
        for account, seat, prover in zip(
            SEATS, market.provers.seats_of(self.queue), queue.provers, strict=True
        ):
            record = market.provers.prover_of(market.provers.ids[account])
            stake = market.vault.stake_of(account, now)
            earned = market.splitter.earning_of(account, now)
            assert (
                (record.rating_ppm, record.success_count, record.failure_count, record.banned_until),
                (seat.in_flight, seat.pass_),
                (stake.own_wei, stake.locked_wei, stake.active),
                earned.claimable_wei + earned.pending_wei,
            ) == (
                (prover.rating_ppm, prover.success_count, prover.failure_count, prover.banned_until),
                (prover.in_flight, prover.pass_),
                (prover.own_wei, prover.locked_wei, prover.active),
                prover.earned_wei,
            )


@pytest.mark.parametrize("seed", range(6))
def test_queue__any_life__is_the_markets_to_the_wei(seed: int) -> None:
    random = Random(seed)
    provers = some_provers(random)
    played, queue = Played(provers), Queue(provers, random)
    values = Values(sigma=random.choice([0.05, 0.8, 2.0]))
    refused = missed = sold = 0
    for number in range(120):
        fees = values.draw(random, max(poisson(random, random.choice([0, 1, 5, 12, 60])), number == 0))
        life = random.randint(2, 6)
        expires_at = queue.ends_at + (life - 1) * base_fee.ROUND_SECONDS
        name = queue.next_sequence
        for fee in fees:
            refused += not played.place(name, fee, expires_at, queue.now)
            name += fee >= queue.base_fee_wei
        queue.place(fees, life)
        meddle(queue, played, random)
        sale, seats = queue.clear()
        played.end(queue)
        played.check(played.market.clear(played.queue, queue.now), sale, seats)
        played.check_provers(queue)
        assert [(max_fee_of(word), expiry_of(word)) for word in queue.words] == [
            (max_fee_of(word), expiry_of(word)) for word in sorted(played.market.book_words(played.queue))
        ]
        missed += sum(not ended.proven for ended in queue.ended)
        sold += len(seats)
    assert refused
    assert missed
    assert sold > 60


def meddle(queue: Queue, played: Played, random: Random) -> None:
    """Single bids come, others are raised and cancelled."""
    market, now = played.market, queue.now
    for fee in Values().draw(random, random.randint(0, 3)):
        expires_at = queue.ends_at + base_fee.ROUND_SECONDS
        name = queue.next_sequence
        assert bool(queue.place_one(fee, 2)) == played.place(name, fee, expires_at, now)
    for word in random.sample(queue.words, min(2, len(queue.words))):
        fee = max_fee_of(word) * random.randint(101, 300) // 100
        market.raise_bid(REQUESTERS[0], played.task_of(word), fee)
        raised = queue.raise_one(word, fee)
        played.tasks[sequence_of(raised)] = played.tasks[sequence_of(word)]
    for word in random.sample(queue.words, min(1, len(queue.words))):
        try:
            market.cancel_bid(REQUESTERS[0], played.task_of(word), now)
        except NotYetCleared:
            continue
        queue.take_back(word)


@given(data=st.data(), count=st.integers(0, 40))
def test_positions__any_passes_and_slots__are_the_stride_draw(data: st.DataObject, count: int) -> None:
    seats = data.draw(st.integers(1, 32))
    passes = data.draw(st.lists(st.integers(0, 10**9), min_size=seats, max_size=seats))
    ratings = data.draw(st.lists(st.integers(0, PPM), min_size=seats, max_size=seats))
    slots = data.draw(st.lists(st.integers(0, 4), min_size=seats, max_size=seats))
    count = min(count, sum(slots))
    queue = Queue(
        [SimulatedProver(pass_=p, rating_ppm=r) for p, r in zip(passes, ratings, strict=True)], Random(0)
    )
    picks, _ = stride.draw(passes, ratings, slots, count)
    assert queue.positions(slots, count) == stride.by_rating(picks, ratings)


@pytest.mark.parametrize("excess", [0, 1, 999_999, 8_500_000, 30_000_001, base_fee.EXCESS_MAX])
def test_fee_at__the_protocols_denominator__is_the_base_fee(excess: int) -> None:
    assert fee_at(excess, base_fee.DENOMINATOR) == base_fee.base_fee(excess)


def test_speed__whole_rounds_with_provers__hundred_thousand_bids_a_second() -> None:
    def bids_per_second(seed: int) -> float:
        random = Random(seed)
        queue = Queue([SimulatedProver(capacity=2) for _ in range(8)], random)
        requesters = Truthful(Values())
        started = time.process_time()
        for _ in range(250):
            requesters.come(queue, random, 40)
            queue.clear()
        seconds = time.process_time() - started
        assert queue.placed_count > 3_000
        return (queue.placed_count + queue.refused_count) / seconds

    assert max(map(bids_per_second, range(5))) >= 100_000
