"""What the strategies expect, against markets that are played out at random."""

from __future__ import annotations

import heapq
from dataclasses import replace
from random import Random

import pytest

from tests.sdk.test_economics_strategy import MARKET, POOL
from zkpool_sdk.economics import base_fee, bidding, book_heap
from zkpool_sdk.economics.auction import prices
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.strategy import (
    BidAction,
    EndedRound,
    choose_bid,
    choose_tier1_offer,
    past_rounds,
    tier1_offers,
)
from zkpool_sdk.economics.tier1 import OfferForecast, PoolState, Tier1Market
from zkpool_sdk.units import HOUR, PPM, Ppm, Wei, zk

# --- tier 1


def played(market: Tier1Market, pool: PoolState, offer: OfferForecast, hours: int, seed: int) -> float:
    """Profit per second: jobs drawn one by one, cleared at round ends, proven first in, first out."""
    random, now, profit = Random(seed), 0.0, 0.0
    in_hand: list[float] = []
    slots = [0.0] * pool.free_count
    gross = (20_000 + market.job_gas) * offer.reward_per_gas
    while (now := now + random.expovariate(market.jobs_per_hour / HOUR)) < hours * HOUR:
        in_hand = [ends for ends in in_hand if ends > now]
        if random.random() * PPM >= offer.share_ppm or len(in_hand) >= offer.capacity:
            continue
        cleared = (now // ROUND_SECONDS + 1) * ROUND_SECONDS
        ends = max(cleared, heapq.heappop(slots)) + pool.proof_seconds
        heapq.heappush(slots, ends)
        in_hand.append(ends)
        delay = ends - now
        profit -= pool.cost_wei
        if delay <= market.window_seconds and random.random() * PPM < pool.on_time_ppm:
            profit += gross * (1 - 0.025 * delay / market.window_seconds) * market.wei_per_unit
        else:
            profit -= offer.loss_wei
    return profit / (hours * HOUR)


@pytest.mark.parametrize(
    ("market", "pool"),
    [
        (MARKET, POOL),
        (MARKET, replace(POOL, slot_count=1)),
        (replace(MARKET, jobs_per_hour=20), replace(POOL, slot_count=8, cover_wei=zk(100_000))),
        (replace(MARKET, jobs_per_hour=60), replace(POOL, slot_count=2, proof_seconds=600)),
        (
            replace(MARKET, jobs_per_hour=100),
            replace(POOL, slot_count=3, bond_penalty_wei=zk(40), on_time_ppm=Ppm(900_000)),
        ),
    ],
    ids=["busy", "one slot", "idle", "slow proofs", "late, but bonded"],
)
def test_tier1_offer__played_out__earns_what_was_expected(market: Tier1Market, pool: PoolState) -> None:
    chosen = choose_tier1_offer(market, pool)
    earned = played(market, pool, chosen, 60_000 // market.jobs_per_hour, 1)
    assert 0.88 * earned < chosen.profit_per_second_wei < 1.04 * earned
    # No other offer would have done much better, played out on the same draws.
    tried = [(reward, capacity) for reward in range(75, 126, 10) for capacity in (1, 2, 3, 5, 8, 12)]
    others = [
        offer for offer in tier1_offers(market, pool) if (offer.reward_per_gas, offer.capacity) in tried
    ]
    assert len(others) > 20
    hours = 12_000 // market.jobs_per_hour
    best = max(played(market, pool, offer, hours, 2) for offer in others)
    assert played(market, pool, chosen, hours, 2) > 0.92 * best


# --- the requester's bid

VALUES = [zk(1) // 2 + zk(1) * part // 10 for part in range(26)]


class Rivals:
    """A queue that others bid in at random: each what it is worth to them, for up to three rounds."""

    def __init__(self, slot_count: int, demand: int, seed: int) -> None:
        self.random, self.slot_count, self.demand = Random(seed), slot_count, demand
        self.excess, self.count = 30_000_000, 0
        self.book: dict[int, tuple[int, int]] = {}
        self.ended: list[EndedRound] = []
        for _ in range(30):
            self.come(8)
            self.clear()

    @property
    def base_fee_wei(self) -> Wei:
        return base_fee.base_fee(self.excess)

    @property
    def words(self) -> list[int]:
        return [book_heap.pack(fee, number % 64, 1, number) for number, (fee, _) in self.book.items()]

    def place(self, fee_wei: int, rounds: int) -> int:
        """Number of a bid; -1 if it is refused."""
        if fee_wei < self.base_fee_wei or len(self.book) >= book_heap.LIMIT:
            return -1
        self.count += 1
        self.book[self.count] = (fee_wei, rounds)
        return self.count

    def come(self, eighths: int) -> None:
        """A part of a round's bids arrives."""
        for _ in range(self.demand):
            if self.random.random() * 8 < eighths:
                self.place(int(zk(1) * self.random.lognormvariate(-0.5, 0.8)), self.random.randint(1, 3))

    def clear(self) -> dict[int, int]:
        """Ends the round: what each winner pays."""
        floor_wei, k = self.base_fee_wei, self.slot_count
        ranked = sorted(self.book, key=lambda number: (-self.book[number][0], number))
        fees = [self.book[number][0] for number in ranked if self.book[number][0] >= floor_wei]
        paid = prices(fees, min(len(fees), k), floor_wei)
        won = dict(zip(ranked, paid, strict=False))
        first_loser_wei = fees[k] if k < len(fees) else floor_wei
        pressure_ppm = base_fee.pressure(len(fees), k, first_loser_wei, floor_wei)
        self.excess = base_fee.next_excess(self.excess, pressure_ppm)
        self.ended.append(EndedRound(floor_wei, k, tuple(map(Wei, fees[: len(paid)])), self.excess))
        self.book = {
            number: (fee, rounds - 1)
            for number, (fee, rounds) in self.book.items()
            if number not in won and rounds > 1
        }
        return won


def surplus(way: str, slot_count: int, demand: int, rounds_left: int) -> float:
    """Mean of what requesters keep of their proofs' values, in ZK, bidding in one of three ways."""
    total = 0
    for seed in range(len(VALUES) * 5):
        value = VALUES[seed % len(VALUES)]
        others, mine = Rivals(slot_count, demand, seed), -1
        for left in range(rounds_left, -1, -1):
            others.come(5)
            if mine not in others.book:
                mine = others.place(bid_of(way, others, value, left), left + 1 if way == "truthful" else 1)
            others.come(3)  # too late to be looked at
            won = others.clear()
            if mine in won:
                total += value - won[mine]
                break
    return total / (len(VALUES) * 5) / zk(1)


def bid_of(way: str, others: Rivals, value: int, left: int) -> int:
    """The bid of a requester; 0 for none."""
    if way == "truthful":
        return value
    book, k, floor_wei = others.words, others.slot_count, others.base_fee_wei
    if way == "least":
        least = bidding.suggest_bid(book, k, floor_wei, k)
        return least if least <= value else 0
    choice = choose_bid(book, k, floor_wei, value, rounds_left=left, history=past_rounds(others.ended[-24:]))
    return choice.bid_wei if choice.action is BidAction.BID else 0


@pytest.mark.parametrize(("slot_count", "demand"), [(2, 2), (2, 4), (4, 4), (4, 7)])
@pytest.mark.parametrize("rounds_left", [0, 2])
def test_choose_bid__played_out__keeps_more_than_plain_bidders(
    slot_count: int, demand: int, rounds_left: int
) -> None:
    chosen = surplus("chosen", slot_count, demand, rounds_left)
    assert chosen > surplus("truthful", slot_count, demand, rounds_left)
    # The book alone does not show who is still to come.
    assert chosen > surplus("least", slot_count, demand, rounds_left)
