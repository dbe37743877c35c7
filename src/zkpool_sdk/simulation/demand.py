"""Demand: how many requesters come in a round, what a proof is worth to them, and how they bid."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import exp, log, pi, sin
from random import Random
from statistics import NormalDist
from typing import Final, Protocol

from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.simulation.book import FEE_SHIFT, Book
from zkpool_sdk.units import DAY, WEI_PER_ZK

ROUNDS_A_DAY: Final = DAY // ROUND_SECONDS
QUANTILES: Final = 4_096

Shape = Callable[[int], float]
"""Mean arrivals in a round, by the round's number."""


class Requesters(Protocol):
    """A population that bids."""

    def come(self, book: Book, random: Random, mean: float) -> None:
        """A round's bids, ``mean`` in the mean."""


class Values:
    """What proofs are worth: lognormal around a median, in wei; drawn from equally likely quantiles."""

    def __init__(self, median_wei: int = WEI_PER_ZK, sigma: float = 0.8) -> None:
        self.median_wei = median_wei
        self.sigma = sigma
        inverse = NormalDist().inv_cdf
        self.table = [
            round(median_wei * exp(sigma * inverse((i + 0.5) / QUANTILES))) for i in range(QUANTILES)
        ]

    def draw(self, random: Random, count: int) -> list[int]:
        """So many values."""
        return random.choices(self.table, k=count)

    def above(self, price_wei: float) -> float:
        """The part of requesters to whom a proof is worth a price or more."""
        if price_wei <= 0:
            return 1.0
        return 1.0 - NormalDist().cdf(log(price_wei / self.median_wei) / self.sigma)

    def clearing_price(self, arrivals: float, slot_count: float) -> float:
        """Price in wei at which demand equals supply in the mean; 0 if supply is never exhausted."""
        if arrivals <= slot_count:
            return 0.0
        return self.median_wei * exp(self.sigma * NormalDist().inv_cdf(1 - slot_count / arrivals))

    def elasticity(self, price_wei: float) -> float:
        """By how many per cent demand falls when the price rises by one."""
        z = log(price_wei / self.median_wei) / self.sigma
        return NormalDist().pdf(z) / (self.sigma * self.above(price_wei))


def constant(mean: float) -> Shape:
    """The same mean in every round."""
    return lambda number: mean


def step(before: float, after: float, at: int) -> Shape:
    """One mean until a round, another from it on."""
    return lambda number: before if number < at else after


def ramp(before: float, after: float, at: int, rounds: int) -> Shape:
    """A mean that grows evenly from one to another within so many rounds."""
    return lambda number: before + (after - before) * min(max((number - at) / rounds, 0.0), 1.0)


def burst(mean: float, peak: float, at: int, rounds: int) -> Shape:
    """A mean with a few rounds of much more."""
    return lambda number: peak if at <= number < at + rounds else mean


def day_cycle(mean: float, swing: float) -> Shape:
    """A mean that swings by so much, once a day."""
    return lambda number: mean + swing * sin(2 * pi * number / ROUNDS_A_DAY)


def poisson(random: Random, mean: float) -> int:
    """A count with this mean and as much variance."""
    count = 0
    while mean > 0:
        part = min(mean, 32.0)
        mean -= part
        left = exp(-part)
        product = random.random()
        while product > left:
            count += 1
            product *= random.random()
    return count


@dataclass(slots=True)
class Truthful:
    """Requesters that bid what a proof is worth to them, once."""

    values: Values
    life_rounds: int = 2

    def come(self, book: Book, random: Random, mean: float) -> None:
        """A round's bids."""
        book.place(self.values.draw(random, poisson(random, mean)), self.life_rounds)


class Late:
    """Requesters that decide by an old base fee: who found it too dear does not come, whatever it is now."""

    def __init__(self, values: Values, lag_rounds: int, life_rounds: int = 2) -> None:
        self.values = values
        self.life_rounds = life_rounds
        self.seen: deque[int] = deque(maxlen=lag_rounds + 1)

    def come(self, book: Book, random: Random, mean: float) -> None:
        """A round's bids."""
        self.seen.append(book.base_fee_wei)
        known_wei = self.seen[0]
        worth = self.values.draw(random, poisson(random, mean))
        book.place([value for value in worth if value >= known_wei], self.life_rounds)


class Careful:
    """Requesters that read the open book, bid little more than what wins now, and raise when they are outbid.

    Attributes:
        step_percent: by how much they go above the bid that they displace.
        looks: how often in a round they look again; a round of 300 seconds has 25 blocks of 12.
        slot_count: how many slots they expect to be sold.
    """

    def __init__(
        self,
        values: Values,
        slot_count: int,
        life_rounds: int = 2,
        *,
        looks: int = 8,
        step_percent: int = 5,
    ) -> None:
        self.values = values
        self.slot_count = slot_count
        self.life_rounds = life_rounds
        self.looks = looks
        self.step_percent = step_percent
        self.limits: dict[int, int] = {}  # by a bid's word: what its proof is worth

    def come(self, book: Book, random: Random, mean: float) -> None:
        """A round's bids."""
        self.bid(book, random, self.values.draw(random, poisson(random, mean)))

    def bid(self, book: Book, random: Random, worth_wei: Iterable[int]) -> None:
        """Who comes bids what wins at that moment; then the outbid raise, in random order."""
        here = set(book.words)
        limits = self.limits = {word: limit for word, limit in self.limits.items() if word in here}
        for value_wei in worth_wei:
            word = book.place_one(min(self._least_winning(book), value_wei), self.life_rounds)
            if word:
                limits[word] = value_wei
        for _ in range(self.looks):
            if not self._raise_the_outbid(book, random):
                break

    def _raise_the_outbid(self, book: Book, random: Random) -> bool:
        limits, moved = self.limits, False
        outbid = [word for word in book.words[: -self.slot_count] if word in limits]
        random.shuffle(outbid)
        for word in outbid:
            words = book.words
            at = bisect_left(words, word)
            if at == len(words) or words[at] != word:
                del limits[word]  # evicted meanwhile
                continue
            if at >= len(words) - self.slot_count:
                continue
            bid_wei, limit = self._least_winning(book), limits[word]
            if word >> FEE_SHIFT < bid_wei <= limit:
                limits[book.raise_one(word, bid_wei)] = limits.pop(word)
                moved = True
        return moved

    def _least_winning(self, book: Book) -> int:
        floor_wei = book.base_fee_wei
        if len(book.words) < self.slot_count:
            return floor_wei
        return max(floor_wei, (book.words[-self.slot_count] >> FEE_SHIFT) * (100 + self.step_percent) // 100)
