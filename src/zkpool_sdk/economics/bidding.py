"""What to bid: reads the open book and finds the least bid that wins a position.

A truthful bid overpays when capacity is idle, so a requester looks first. The answer holds for the book as it
stands; whoever bids later can still outbid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zkpool_sdk.economics import base_fee, book_heap
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Bid
from zkpool_sdk.units import Ppm, Wei


class NoSuchPosition(ZKPoolError):
    """The round sells positions 1 to ``slot_count``, and another was wanted."""

    def __init__(self, position: int, slot_count: int) -> None:
        super().__init__(f"position {position} of {slot_count} slots")
        self.position = position
        self.slot_count = slot_count


@dataclass(frozen=True, slots=True)
class Quote:
    """The least bid that takes a position, and the price it would pay if the round ended with it."""

    position: int
    bid_wei: Wei
    price_wei: Wei


def suggest_bid(
    book: Iterable[int | Bid],
    slot_count: int,
    base_fee_wei: int,
    wanted_position: int,
    clears_at: int | None = None,
) -> Wei:
    """The least bid that wins the wanted position or a better one.

    Args:
        book: the queue's open bids in any order, as raw words or as ``Bid``.
        slot_count: K. base_fee_wei: B of the round.
        wanted_position: 1 is the best rated prover.
        clears_at: when the round will be cleared, so that bids that expire before do not count.
    Returns:
        wei, base fee included; at least the base fee.
    Raises:
        NoSuchPosition: ``wanted_position`` is not among the slots.
    Source:
        PROTOCOL.md, "Clearing". A new bid is the latest, so it must be above what it displaces.
    """
    return quote_for(book, slot_count, base_fee_wei, wanted_position, clears_at).bid_wei


def quote_for(
    book: Iterable[int | Bid],
    slot_count: int,
    base_fee_wei: int,
    wanted_position: int,
    clears_at: int | None = None,
) -> Quote:
    """The bid of ``suggest_bid`` with the price it would pay; arguments and errors are the same."""
    return _quote(_Book(book, base_fee_wei, clears_at), slot_count, wanted_position)


def quote(
    book: Iterable[int | Bid], slot_count: int, base_fee_wei: int, clears_at: int | None = None
) -> list[Quote]:
    """What each position costs one more bidder, best position first.

    Args:
        book, slot_count, base_fee_wei, clears_at: as for ``suggest_bid``.
    Returns:
        ``slot_count`` quotes; bids and prices do not increase down the list. Where bids are equal, several
        positions have one quote: the bid takes the best of them.
    """
    read = _Book(book, base_fee_wei, clears_at)
    return [_quote(read, slot_count, position) for position in range(1, slot_count + 1)]


def outcome(
    book: Iterable[int | Bid],
    slot_count: int,
    base_fee_wei: int,
    bid_wei: int,
    clears_at: int | None = None,
) -> Quote | None:
    """What a bid wins and pays if the round ends with it; ``None`` if the book refuses it or it wins nothing.

    Args:
        book, slot_count, base_fee_wei, clears_at: as for ``suggest_bid``.
        bid_wei: base fee included.
    """
    read = _Book(book, base_fee_wei, clears_at)
    position = 1 + sum(fee >= bid_wei for fee in read.fees_wei)
    if bid_wei < read.entry_wei or position > slot_count:
        return None
    return Quote(position, Wei(bid_wei), read.below(bid_wei))


def pressure(
    book: Iterable[int | Bid], slot_count: int, base_fee_wei: int, clears_at: int | None = None
) -> Ppm:
    """q of the round if it ended with the book as it is; arguments as for ``suggest_bid``."""
    fees = _live(sorted(map(_read, book), reverse=True), base_fee_wei, clears_at)
    first_loser_wei = fees[slot_count] if slot_count < len(fees) else base_fee_wei
    return base_fee.pressure(len(fees), slot_count, first_loser_wei, base_fee_wei)


class _Book:
    """A book as a new bidder sees it: fees that compete, best first, and what it takes to enter."""

    def __init__(self, book: Iterable[int | Bid], base_fee_wei: int, clears_at: int | None) -> None:
        bids = sorted((_read(bid) for bid in book), reverse=True)
        self.base_fee_wei = base_fee_wei
        self.entry_wei = base_fee_wei
        if len(bids) >= book_heap.LIMIT:  # a new bid takes the place of the worst
            worst_wei, _, _ = bids.pop()
            self.entry_wei = max(base_fee_wei, worst_wei + 1)
        self.fees_wei = _live(bids, base_fee_wei, clears_at)

    def below(self, bid_wei: int) -> Wei:
        """What a bid pays: the next one down, at least the base fee."""
        return Wei(next((fee for fee in self.fees_wei if fee < bid_wei), self.base_fee_wei))


def _read(bid: int | Bid) -> tuple[int, int, int]:
    """Fee, rank among equals, expiry."""
    if isinstance(bid, Bid):
        return *bid.rank_key, bid.expires_at
    return book_heap.max_fee_of(bid), -book_heap.sequence_of(bid), book_heap.expiry_of(bid)


def _live(bids: Iterable[tuple[int, int, int]], base_fee_wei: int, clears_at: int | None) -> list[int]:
    return [
        fee
        for fee, _, expires_at in bids
        if fee >= base_fee_wei and (clears_at is None or expires_at >= clears_at)
    ]


def _quote(book: _Book, slot_count: int, position: int) -> Quote:
    if not 1 <= position <= slot_count:
        raise NoSuchPosition(position, slot_count)
    displaced = book.fees_wei[position - 1 : position]
    bid_wei = max(book.entry_wei, *(fee + 1 for fee in displaced), 0)
    return Quote(position, Wei(bid_wei), book.below(bid_wei))
