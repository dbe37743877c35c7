"""Attackers of a queue: what a prover, or a cartel of provers, can try to be paid more.

Each knows the whole open book and acts last in the round, after everybody else has bid: the strongest place
there is. It also knows which of its seats will serve which position, as anybody can.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
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
        floor_wei = queue.base_fee_wei
        book: list[tuple[int, bool]] = []
        for word in reversed(queue.words[bisect_left(queue.words, floor_wei << FEE_SHIFT) :]):
            book.append((word >> FEE_SHIFT, word in self.fakes))
        seats: dict[int, list[int]] = {}
        for count in {min(len(book) + extra, slot_count) for extra in range(-len(self.fakes), 2)}:
            seats[count] = queue.positions(slots, count) if count > 0 else []
        cancelled_wei = sum(max(1, (word >> FEE_SHIFT) // CANCEL_FEE_DIVISOR) for word in self.fakes)
        fee_wei = 0
        best_wei, target_wei = self.best_bid(book, floor_wei, slot_count, seats)
        if self.fakes:
            others = [(fee, False) for fee, own in book if not own]
            cleared_wei, other_wei = self.best_bid(others, floor_wei, slot_count, seats)
            if cleared_wei - cancelled_wei > best_wei:
                fee_wei, target_wei = cancelled_wei, other_wei
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

    def best_bid(
        self,
        book: Sequence[tuple[int, bool]],
        floor_wei: int,
        slot_count: int,
        seats: Mapping[int, Sequence[int]],
    ) -> tuple[int, int]:
        """The one more bid, just below another or at the base fee, that makes a round's profit greatest.

        Args:
            book: bids at or above the base fee, best first, and whether they are own.
            seats: by how many slots are sold, the seat of each position.
        Returns:
            the profit, less the margin it has to bring, and the bid; 0 for none.
        """
        mine, count = self.mine, len(book)
        fees = [fee for fee, _ in book]
        below = [*fees[1:], floor_wei]
        served = [seat in mine for seat in seats[min(count, slot_count)]]
        best_wei = sum(
            _brings(is_mine, price_wei, own)
            for is_mine, price_wei, (_, own) in zip(served, below, book, strict=False)
        )
        best = best_wei, 0
        # With a bid more: positions before it stay, the one above pays it, those after it move down by one.
        sold = min(count + 1, slot_count)
        served = [seat in mine for seat in seats[sold]]
        ahead, behind = [0], [0] * (sold + 1)
        for i in range(min(sold, count)):
            ahead.append(ahead[-1] + _brings(served[i], below[i], book[i][1]))
        for i in range(sold - 1, 0, -1):
            behind[i] = behind[i + 1] + _brings(served[i], below[i - 1], book[i - 1][1])
        for target_wei in sorted({max(fee - 1, floor_wei) for fee in fees[:slot_count]}):
            rank = bisect_right(fees, -target_wei, key=lambda fee: -fee)
            if rank > slot_count or rank == 0:
                continue
            profit_wei = ahead[rank - 1] + _brings(served[rank - 1], target_wei, book[rank - 1][1])
            if rank < sold:
                profit_wei += _brings(served[rank], fees[rank] if rank < count else floor_wei, True)
                profit_wei += behind[rank + 1]
            profit_wei -= target_wei * self.margin_percent // 100
            if profit_wei > best[0]:
                best = profit_wei, target_wei
        return best


def _brings(is_mine: bool, price_wei: int, own_bid: bool) -> int:
    """What a position brings: the prover's part if the seat is own, less the price if the bid is own."""
    profit_wei = prover_part(price_wei) - COST_WEI if is_mine else 0
    return profit_wei - price_wei if own_bid else profit_wei
