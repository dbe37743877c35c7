"""The suggested bid is the least that wins, tried out on the market itself."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics import book_heap
from zkpool_sdk.economics.auction import prices
from zkpool_sdk.economics.bidding import NoSuchPosition, quote, suggest_bid
from zkpool_sdk.models import Bid, TaskId
from zkpool_sdk.units import Timestamp, Wei

B = 100
SOON, LATE = 1_000, 9_000
books = st.lists(st.tuples(st.integers(B - 20, B + 60), st.sampled_from([SOON, LATE])), max_size=64).map(
    lambda bids: [book_heap.pack(fee, i, expires_at, i) for i, (fee, expires_at) in enumerate(bids)]
)
slot_counts = st.integers(1, 32)


def sold(words: list[int], slot_count: int, clears_at: int) -> list[tuple[int, int]]:
    """Sequence and price of each winner, by position."""
    live = [word for word in book_heap.best_first(words) if book_heap.expiry_of(word) >= clears_at]
    ranked = [word for word in live if book_heap.max_fee_of(word) >= B]
    fees = [book_heap.max_fee_of(word) for word in ranked]
    paid = prices(fees, min(len(fees), slot_count), B)
    return [(book_heap.sequence_of(word), price) for word, price in zip(ranked, paid, strict=False)]


def place(words: list[int], fee: int) -> list[int]:
    """The book after a late bid of ``fee``; unchanged when the book refuses it."""
    if len(words) < book_heap.LIMIT:
        return [*words, book_heap.pack(fee, 999, LATE, 64)]
    worst = min(words)
    if fee <= book_heap.max_fee_of(worst):
        return words
    return [*(word for word in words if word != worst), book_heap.pack(fee, 999, LATE, 64)]


def position_of(words: list[int], fee: int, slot_count: int, clears_at: int) -> int | None:
    winners = [sequence for sequence, _ in sold(place(words, fee), slot_count, clears_at)]
    return winners.index(999) + 1 if 999 in winners else None


@given(books, slot_counts, st.sampled_from([SOON, SOON + 1]), st.data())
def test_suggest_bid__any_book__is_the_least_that_wins(
    words: list[int], k: int, clears_at: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(1, k))
    bid = suggest_bid(words, k, B, wanted, clears_at)
    assert bid >= B
    won = position_of(words, bid, k, clears_at)
    assert won is not None
    assert won <= wanted
    less = position_of(words, bid - 1, k, clears_at)
    assert bid == B or less is None or less > wanted


@given(books, slot_counts, st.sampled_from([SOON, SOON + 1]))
def test_quote__each_position__says_what_the_clearing_charges(
    words: list[int], k: int, clears_at: int
) -> None:
    quotes = quote(words, k, B, clears_at)
    assert [q.position for q in quotes] == list(range(1, k + 1))
    for better, worse in itertools.pairwise(quotes):
        assert better.bid_wei >= worse.bid_wei
        assert better.price_wei >= worse.price_wei
    for q in quotes:
        charged = dict(sold(place(words, q.bid_wei), k, clears_at))
        assert charged[999] == q.price_wei <= q.bid_wei


def test_suggest_bid__idle_capacity__is_the_base_fee() -> None:
    assert suggest_bid([], 4, B, 1) == B
    assert suggest_bid([book_heap.pack(500, 0, LATE, 0)], 4, B, 2) == B


def test_suggest_bid__models_and_words__read_alike() -> None:
    bids = [Bid(TaskId(b"t" * 32), Wei(fee), Timestamp(LATE), i) for i, fee in enumerate((300, 200, 150))]
    words = [book_heap.pack(b.max_fee_wei, b.sequence, b.expires_at, b.sequence) for b in bids]
    for wanted, expected in ((1, 301), (2, 201), (3, 151), (4, B)):
        assert suggest_bid(bids, 4, B, wanted) == suggest_bid(words, 4, B, wanted) == expected


@pytest.mark.parametrize("wanted", [-1, 0, 5])
def test_suggest_bid__no_such_position__is_refused(wanted: int) -> None:
    with pytest.raises(NoSuchPosition) as caught:
        suggest_bid([], 4, B, wanted)
    assert (caught.value.position, caught.value.slot_count) == (wanted, 4)
