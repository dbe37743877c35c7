"""The heap of Solidity, operation by operation, equals its twin; and what a heap must be."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from tests.property.harness import Arguments, Harness
from zkpool_sdk.economics import book_heap


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Arguments, list[int]]]:
    """Operations on an empty heap as the market does them, each with the words that it must leave."""
    words: list[int] = []
    done: list[tuple[str, Arguments, list[int]]] = []
    ascending = draw(st.booleans())  # as a clearing leaves the book
    for sequence in range(draw(st.integers(1, 90))):
        fee = draw(st.integers(0, 12)) + (sequence if ascending else 0)
        kind = draw(st.sampled_from(("insert", "insert", "insert", "remove", "raise")))
        if kind == "insert" or not words:
            if len(words) == book_heap.LIMIT:
                word = book_heap.pack(book_heap.max_fee_of(words[0]) + fee, sequence, 9, 9)
                if word <= words[0]:
                    continue
                place = book_heap.place_of(words[0])
                word = book_heap.pack(book_heap.max_fee_of(word), sequence, 9, place)
                book_heap.replace_worst(words, word)
                done.append(("heapReplaceWorst", (word,), list(words)))
                continue
            taken = {book_heap.place_of(word) for word in words}
            place = next(place for place in range(book_heap.LIMIT) if place not in taken)
            word = book_heap.pack(fee, sequence, 9, place)
            book_heap.insert(words, word)
            done.append(("heapInsert", (word,), list(words)))
            continue
        index = draw(st.integers(0, len(words) - 1))
        if kind == "remove":
            book_heap.remove_at(words, index)
            done.append(("heapRemoveAt", (index,), list(words)))
        else:
            raised = book_heap.max_fee_of(words[index]) + fee + 1
            word = book_heap.pack(raised, sequence, 9, book_heap.place_of(words[index]))
            book_heap.raise_at(words, index, word)
            done.append(("heapRaiseAt", (index, word), list(words)))
    return done


@given(histories())
def test_heap__any_history__equals_its_twin_after_every_step(
    harness: Harness, history: list[tuple[str, Arguments, list[int]]]
) -> None:
    calls: list[tuple[str, Arguments]] = []
    for function, arguments, _ in history:
        calls += [(function, arguments), ("heapWords", ()), ("heapSorted", ())]
    for (function, _, _), (_, _, words) in zip(history, history, strict=True):
        event(function)
        assert book_heap.is_heap(words)
    results = harness.run(calls)
    for step, (_, _, words) in enumerate(history):
        assert results[3 * step] == ()
        assert results[3 * step + 1] == tuple(words)
        assert results[3 * step + 2] == tuple(sorted(words))


@given(histories())
def test_heap__every_place__is_found(
    harness: Harness, history: list[tuple[str, Arguments, list[int]]]
) -> None:
    words: list[int] = history[-1][2]
    calls: list[tuple[str, Any]] = [(function, arguments) for function, arguments, _ in history]
    places = [book_heap.place_of(word) for word in words]
    found = harness.run([*calls, *(("heapFind", (place,)) for place in places)])[len(calls) :]
    assert found == list(range(len(words)))


def test_heap__more_than_64_different_bids__keeps_the_best_64(harness: Harness) -> None:
    """Invariant 9, without a market around it: what enters is better than what leaves."""
    fees = [(7 * number) % 101 for number in range(1, 101)]
    words: list[int] = []
    calls: list[tuple[str, Arguments]] = []
    for sequence, fee in enumerate(fees):
        if len(words) < book_heap.LIMIT:
            word = book_heap.pack(fee, sequence, 9, len(words))
            book_heap.insert(words, word)
            calls.append(("heapInsert", (word,)))
        elif fee > book_heap.max_fee_of(words[0]):
            word = book_heap.pack(fee, sequence, 9, book_heap.place_of(words[0]))
            book_heap.replace_worst(words, word)
            calls.append(("heapReplaceWorst", (word,)))
    [*_, last] = harness.run([*calls, ("heapSorted", ())])
    assert [book_heap.max_fee_of(word) for word in last] == sorted(fees)[-book_heap.LIMIT :]
