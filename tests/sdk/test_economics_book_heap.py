"""Laws of the book: a bounded heap of the best live bids, in a strict order."""

from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics import book_heap as heap
from zkpool_sdk.units import UINT96_MAX

fees = st.integers(0, UINT96_MAX)
sequences = st.integers(0, heap.SEQUENCE_MAX)
times = st.integers(0, 2**40 - 1)
places = st.integers(0, 255)


@given(fees, sequences, times, places)
def test_pack__any_bid__unpacks_to_its_parts(fee: int, sequence: int, expires_at: int, place: int) -> None:
    word = heap.pack(fee, sequence, expires_at, place)
    assert 0 <= word < 2**192
    parts = heap.max_fee_of(word), heap.sequence_of(word), heap.expiry_of(word), heap.place_of(word)
    assert parts == (fee, sequence, expires_at, place)


@given(fees, fees, sequences, sequences, times, times, places, places)
def test_pack__two_bids__order_by_fee_then_earlier(  # invariant 10
    f: int, g: int, s: int, r: int, x: int, y: int, p: int, q: int
) -> None:
    if s == r:
        r = (r + 1) % heap.SEQUENCE_MAX
    first_wins = (f, -s) > (g, -r)
    assert (heap.pack(f, s, x, p) > heap.pack(g, r, y, q)) is first_wins


# An action is a kind, a fee and a number that picks one of the bids in the book.
actions = st.lists(st.tuples(st.sampled_from("iiiirx"), st.integers(0, 40), st.integers(0, 63)), max_size=220)


@given(actions)
def test_heap__any_life_of_a_book__holds_the_best_live_keys(taken: list[tuple[str, int, int]]) -> None:
    """Invariant 9, on the words alone: the heap equals a sorted list kept beside it."""
    words: list[int] = []
    expected: list[int] = []
    left = 0
    for sequence, (kind, fee, pick) in enumerate(taken):
        if kind == "i" and len(words) < heap.LIMIT:
            place = next(p for p in range(heap.LIMIT) if p not in map(heap.place_of, words))
            word = heap.pack(fee, sequence, 1_000, place)
            heap.insert(words, word)
            expected.append(word)
        elif kind == "i":
            worst = words[0]
            assert worst == min(expected)
            if fee <= heap.max_fee_of(worst):
                continue
            word = heap.pack(fee, sequence, 1_000, heap.place_of(worst))
            heap.replace_worst(words, word)
            expected.remove(worst)
            expected.append(word)
            left += 1
        elif words:
            old = words[pick % len(words)]
            index = heap.find(words, heap.place_of(old))
            assert words[index] == old
            expected.remove(old)
            if kind == "r":
                word = heap.pack(heap.max_fee_of(old) + 1, sequence, 1_000, heap.place_of(old))
                heap.raise_at(words, index, word)
                expected.append(word)
            else:
                heap.remove_at(words, index)
                left += 1
        assert heap.is_heap(words)
        assert sorted(words) == sorted(expected)
        assert len(words) <= heap.LIMIT
    assert heap.best_first(words) == sorted(expected, reverse=True)
    assert heap.is_heap(sorted(words))  # what a clearing writes back


@given(st.lists(st.integers(0, 1_000), min_size=65, max_size=150))
def test_full_book__better_bids__survivors_are_the_best_64(all_fees: list[int]) -> None:
    words: list[int] = []
    for sequence, fee in enumerate(all_fees):
        if len(words) < heap.LIMIT:
            heap.insert(words, heap.pack(fee, sequence, 0, len(words)))
        elif fee > heap.max_fee_of(words[0]):
            heap.replace_worst(words, heap.pack(fee, sequence, 0, heap.place_of(words[0])))
    ranked = sorted(((fee, -sequence) for sequence, fee in enumerate(all_fees)), reverse=True)
    kept = [(heap.max_fee_of(word), -heap.sequence_of(word)) for word in heap.best_first(words)]
    assert kept == ranked[: heap.LIMIT]
    assert sorted(map(heap.place_of, words)) == list(range(heap.LIMIT))
