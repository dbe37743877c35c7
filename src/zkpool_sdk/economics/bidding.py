"""What to bid: reads the open book and finds the least bid that wins a position.

A truthful bid overpays when capacity is idle, so a requester looks first. The answer holds for the book as it
stands; whoever bids later can still outbid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zkpool_sdk.economics import book_heap
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Bid
from zkpool_sdk.units import Wei


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
    return _quote(_Book(book, base_fee_wei, clears_at), slot_count, wanted_position).bid_wei


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


class _Book:
    """A book as a new bidder sees it: fees that compete, best first, and what it takes to enter."""

    def __init__(self, book: Iterable[int | Bid], base_fee_wei: int, clears_at: int | None) -> None:
        bids = [
            (b.max_fee_wei, b.expires_at)
            if isinstance(b, Bid)
            else (book_heap.max_fee_of(b), book_heap.expiry_of(b))
            for b in book
        ]
        self.base_fee_wei = base_fee_wei
        self.fees_wei = sorted(
            (
                fee
                for fee, expires_at in bids
                if fee >= base_fee_wei and (clears_at is None or expires_at >= clears_at)
            ),
            reverse=True,
        )
        full = len(bids) >= book_heap.LIMIT
        self.entry_wei = max(base_fee_wei, min(fee for fee, _ in bids) + 1 if full else 0)


def _quote(book: _Book, slot_count: int, position: int) -> Quote:
    if not 1 <= position <= slot_count:
        raise NoSuchPosition(position, slot_count)
    displaced = book.fees_wei[position - 1 : position]
    bid_wei = max(book.entry_wei, *(fee + 1 for fee in displaced), 0)
    below = next((fee for fee in book.fees_wei if fee < bid_wei), book.base_fee_wei)
    return Quote(position, Wei(bid_wei), Wei(max(below, book.base_fee_wei)))
