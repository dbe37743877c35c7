"""Attackers of a queue: what a prover, or a cartel of provers, can try to be paid more.

Each knows the whole open book and acts last in the round, after everybody else has bid: the strongest place
there is. It also knows which of its seats will serve which position, as anybody can.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from zkpool_sdk.economics import auction
from zkpool_sdk.economics.market import CANCEL_FEE_DIVISOR
from zkpool_sdk.simulation.book import FEE_SHIFT, Sale
from zkpool_sdk.simulation.queue import Queue, prover_part
from zkpool_sdk.units import WEI_PER_ZK

COST_WEI: Final = WEI_PER_ZK // 200
"""What making a proof costs a prover: half the least base fee."""
LIFE_ROUNDS: Final = 2
"""The shortest life of a bid: two clearings, then it expires and comes back whole."""


class Attack(Protocol):
    """Something that its owner does besides proving.

    Attributes:
        fakes: words of its own bids in the book.
        spent_wei: what it has paid for its own bids, prices and cancellations.
    """

    fakes: set[int]
    spent_wei: int

    def prepare(self, queue: Queue) -> None:
        """Done once, before the first round."""

    def act(self, queue: Queue) -> None:
        """Done in each round, as the last before the clearing."""

    def settle(self, sale: Sale) -> None:
        """Done after each clearing."""


@dataclass
class Honest:
    """Seats that only prove; base of the others.

    Attributes:
        mine: seats that belong together.
    """

    mine: frozenset[int]
    fakes: set[int] = field(default_factory=set)
    spent_wei: int = 0

    def prepare(self, queue: Queue) -> None:
        """Nothing."""

    def act(self, queue: Queue) -> None:
        """Nothing."""

    def settle(self, sale: Sale) -> None:
        """Pays for own bids that have won."""
        for word, price_wei in zip(sale.winners, sale.prices_wei, strict=True):
            if word in self.fakes:
                self.fakes.discard(word)
                self.spent_wei += price_wei


@dataclass
class Withhold(Honest):
    """Some of the own seats offer nothing."""

    count: int = 0

    def prepare(self, queue: Queue) -> None:
        """Takes the last of its seats out."""
        for seat in sorted(self.mine)[len(self.mine) - self.count :]:
            queue.provers[seat].capacity = 0


@dataclass
class Phantom(Honest):
    """Each of the own seats offers more jobs at once than it can do; what is beyond is missed and slashed."""

    excess: int = 1

    def prepare(self, queue: Queue) -> None:
        """Promises more."""
        for seat in self.mine:
            prover = queue.provers[seat]
            prover.machines = prover.capacity
            prover.capacity += self.excess


@dataclass
class SelfBid(Honest):
    """In each round some own bids just above everybody's: they win, are paid for and are proven.

    They take slots from requesters, so that the next bids down set the prices and the base fee.
    """

    count: int = 1

    def act(self, queue: Queue) -> None:
        """Bids."""
        words = queue.words
        self.fakes &= set(words)
        top_wei = max(queue.base_fee_wei, words[-1] >> FEE_SHIFT if words else 0) + 1
        for _ in range(self.count):
            word = queue.place_one(top_wei, LIFE_ROUNDS)
            if word:
                self.fakes.add(word)


@dataclass
class Shill(Honest):
    """One own bid a round wherever it pays best at once: just below a rival's, or nowhere.

    What an earlier round has left in the book is kept, or cancelled for a hundredth; a bid may also win, and
    is then paid for and proven like any other.

    Attributes:
        margin_percent: of a bid, what it has to bring at least; caution about what it does later.
    """

    margin_percent: int = 0
    shill_count: int = 0

    def act(self, queue: Queue) -> None:
        """Chooses among all it could do with one more bid, by what this round brings."""
        queue.work()
        self.fakes &= set(queue.words)
        slots = queue.slots()
        slot_count = min(sum(slots), auction.SLOT_LIMIT)
        if not slot_count:
            return
        positions: dict[int, list[int]] = {}

        def served(count: int) -> list[int]:
            if count not in positions:
                positions[count] = queue.positions(slots, count)
            return positions[count]

        floor_wei = queue.base_fee_wei
        others: list[int] = []
        kept: list[int] = []
        for word in reversed(queue.words[bisect_left(queue.words, floor_wei << FEE_SHIFT) :]):
            (kept if word in self.fakes else others).append(word >> FEE_SHIFT)
        targets = [0, *{max(fee - 1, floor_wei) for fee in others[:slot_count]}]
        cancelled_wei = sum(max(1, (word >> FEE_SHIFT) // CANCEL_FEE_DIVISOR) for word in self.fakes)
        ways = [(0, kept, target) for target in targets]
        if self.fakes:
            ways += [(cancelled_wei, [], target) for target in targets]

        def worth(way: tuple[int, list[int], int]) -> tuple[int, int, int]:
            fee_wei, stay, target_wei = way
            book = [*others, *stay]
            profit_wei = self.round_profit(book, target_wei, floor_wei, slot_count, served, len(others))
            shunned_wei = target_wei * self.margin_percent // 100
            return profit_wei - fee_wei - shunned_wei, -fee_wei, -target_wei

        fee_wei, _, target_wei = max(ways, key=worth)
        if fee_wei:
            for word in self.fakes:
                queue.take_back(word)
            self.fakes.clear()
            self.spent_wei += fee_wei
        if target_wei:
            word = queue.place_one(target_wei, LIFE_ROUNDS)
            if word:
                self.fakes.add(word)
                self.shill_count += 1

    def round_profit(
        self,
        fees_wei: Sequence[int],
        target_wei: int,
        floor_wei: int,
        slot_count: int,
        served: Callable[[int], Sequence[int]],
        other_count: int,
    ) -> int:
        """What a round brings with one more own bid of ``target_wei`` (none if 0).

        Args:
            fees_wei: the book; the first ``other_count`` are others', the rest own.
            served: the seat of each position, by how many are sold.
        """
        bids = [(fee, True) for fee in fees_wei[:other_count]]
        bids += [(fee, False) for fee in fees_wei[other_count:]]
        if target_wei:
            bids.append((target_wei, False))
        bids.sort(reverse=True)  # of equal bids the others' were first
        sold = min(len(bids), slot_count)
        prices = auction.prices([fee for fee, _ in bids], sold, floor_wei)
        profit_wei = 0
        for (_, real), price_wei, seat in zip(bids, prices, served(sold), strict=False):
            if seat in self.mine:
                profit_wei += prover_part(price_wei) - COST_WEI
            if not real:
                profit_wei -= price_wei
        return profit_wei
