"""A queue's book and its clearing, fast: whole rounds of bids at once, nothing but integers.

Every number is the one ``economics.market.Market`` has for the same bids; a test plays both. What makes it
fast is what is left out: accounts, tasks and tokens.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from zkpool_sdk.economics import auction, base_fee
from zkpool_sdk.economics.book_heap import LIMIT, SEQUENCE_MAX, expiry_of
from zkpool_sdk.economics.fixed_point import fake_exponential
from zkpool_sdk.units import PPM, Wei

START: Final = 1_700_000_000
"""When a simulated queue's first round begins; any moment does."""
FEE_SHIFT: Final = 96
SEQUENCE_STEP: Final = 1 << 48
EXPIRY_SHIFT: Final = 8


@dataclass(frozen=True, slots=True)
class Sale:
    """What a clearing sold.

    Attributes:
        bid_count: n, live bids at or above the base fee.
        slot_count: K; 0 for an empty book, which is not asked for slots.
        fees_wei: these bids, best first.
        prices_wei: what the first of them pay, one for each slot sold.
        winners: the words of the bids sold, best first.
        pressure_ppm: q of the round.
        excess: E after it.
    """

    base_fee_wei: int
    bid_count: int
    slot_count: int
    fees_wei: list[int]
    prices_wei: list[Wei]
    winners: list[int]
    pressure_ppm: int
    excess: int

    @property
    def vcg_wei(self) -> int:
        """What each winner would pay under Vickrey-Clarke-Groves: the first losing bid, or the base fee."""
        return auction.vcg_payment(self.fees_wei, self.slot_count, self.base_fee_wei)


class Book:
    """The bids of one queue, cleared every 300 seconds.

    Attributes:
        words: as ``economics.book_heap`` packs them, place 0, worst first.
        excess: E, in ppm-rounds.
        denominator: D; one round multiplies the base fee by e^(1e6 / D) at most.
        now: when the current round began.
    """

    def __init__(self, *, excess: int = 0, denominator: int = base_fee.DENOMINATOR) -> None:
        self.words: list[int] = []
        self.denominator = denominator
        self.excess_max = base_fee.EXCESS_MAX * denominator // base_fee.DENOMINATOR
        self.excess = excess
        self.now = START
        self.next_sequence = 0
        self.placed_count = 0
        self.refused_count = 0

    @property
    def base_fee_wei(self) -> int:
        """B of the current round."""
        return fee_at(self.excess, self.denominator)

    @property
    def ends_at(self) -> int:
        """When the current round is cleared."""
        return self.now + base_fee.ROUND_SECONDS

    def place(self, fees_wei: Iterable[int], life_rounds: int) -> None:
        """Places bids in this order; those below the base fee are refused, the worst give way in a full book.

        Args:
            life_rounds: clearings the bids are there for, at least 2, as the market demands.
        """
        floor_wei, words = self.base_fee_wei, self.words
        word = self._tail(life_rounds)
        before = len(words)
        offered = 0
        for fee_wei in fees_wei:
            offered += 1
            if fee_wei >= floor_wei:
                words.append((fee_wei << FEE_SHIFT) + word)
                word -= SEQUENCE_STEP
        placed = len(words) - before
        self.next_sequence += placed
        self.placed_count += placed
        self.refused_count += offered - placed
        words.sort()
        if len(words) > LIMIT:  # of equal bids the later is the lesser word, as the market has it
            del words[: len(words) - LIMIT]

    def place_one(self, fee_wei: int, life_rounds: int) -> int:
        """Places one bid and returns its word; 0 if it is refused."""
        words = self.words
        if fee_wei < self.base_fee_wei or (len(words) == LIMIT and fee_wei <= words[0] >> FEE_SHIFT):
            self.refused_count += 1
            return 0
        if len(words) == LIMIT:
            del words[0]
        word = (fee_wei << FEE_SHIFT) + self._tail(life_rounds)
        insort(words, word)
        self.next_sequence += 1
        self.placed_count += 1
        return word

    def raise_one(self, word: int, fee_wei: int) -> int:
        """Raises a bid that is in the book; returns its new word."""
        self.take_back(word)
        tail = (SEQUENCE_MAX - self.next_sequence) * SEQUENCE_STEP | expiry_of(word) << EXPIRY_SHIFT
        raised = (fee_wei << FEE_SHIFT) + tail
        insort(self.words, raised)
        self.next_sequence += 1
        return raised

    def take_back(self, word: int) -> None:
        """Takes a bid out of the book, as a cancellation does."""
        del self.words[bisect_left(self.words, word)]

    def eligible(self) -> list[int]:
        """The bids at or above the base fee that live through this round's end, best first, in wei."""
        ends_at, first = self.ends_at, bisect_left(self.words, self.base_fee_wei << FEE_SHIFT)
        fees = [w >> FEE_SHIFT for w in self.words[first:] if expiry_of(w) >= ends_at]
        fees.reverse()
        return fees

    def sell(self, slot_count: int) -> Sale:
        """Ends the round with ``slot_count`` slots on offer: prices, base fee, and what stays in the book."""
        self.now = now = self.ends_at
        if not self.words:  # an empty round has passed before the clearing
            self.excess = base_fee.after_empty(self.excess, 1)
            return Sale(self.base_fee_wei, 0, 0, [], [], [], 0, self.excess)
        floor_wei = self.base_fee_wei
        live = [word for word in self.words if word >> EXPIRY_SHIFT & 0xFFFFFFFFFF >= now]
        first = bisect_left(live, floor_wei << FEE_SHIFT)
        fees = [word >> FEE_SHIFT for word in live[first:]]
        fees.reverse()
        bid_count = len(fees)
        sold = min(bid_count, slot_count)
        first_loser_wei = fees[slot_count] if slot_count < bid_count else 0
        pressure_ppm = base_fee.pressure(bid_count, slot_count, first_loser_wei, floor_wei)
        prices = auction.prices(fees, sold, floor_wei)
        left = len(live) - sold
        winners = live[left:]
        winners.reverse()
        self.words = live[:left]
        self.excess = min(max(self.excess + pressure_ppm - PPM, 0), self.excess_max)
        return Sale(floor_wei, bid_count, slot_count, fees, prices, winners, pressure_ppm, self.excess)

    def _tail(self, life_rounds: int) -> int:
        expires_at = self.ends_at + (life_rounds - 1) * base_fee.ROUND_SECONDS
        return (SEQUENCE_MAX - self.next_sequence) * SEQUENCE_STEP | expires_at << EXPIRY_SHIFT


@lru_cache(maxsize=4096)
def fee_at(excess: int, denominator: int) -> int:
    """The base fee of an excess, for any D; with the protocol's D it is ``economics.base_fee.base_fee``."""
    return fake_exponential(base_fee.MIN_BASE_FEE_WEI, excess, denominator)
