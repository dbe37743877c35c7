"""The lens: what it says a round would cost is what a clearing then charges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rawchain import Call, Outcome
from tests.unit.bids.bench import (
    BOOK,
    MIN_BASE_FEE,
    PROVERS,
    ROUND,
    ZK,
    Bench,
    events_of,
    reverts,
    task_of,
)
from zkpool_sdk import errors
from zkpool_sdk.economics.base_fee import base_fee as base_fee_at
from zkpool_sdk.models import TaskStatus
from zkpool_sdk.units import DAY

BID = st.tuples(st.integers(MIN_BASE_FEE, 4 * MIN_BASE_FEE), st.sampled_from([-1, 0, DAY]))
"""A bid, and how long after the clearing it expires."""


def script(bench: Bench, fees: list[tuple[int, int]], hot: bool) -> tuple[list[Call], int]:
    """Calls that fill the book, and when the round can then be cleared.

    ``hot``: a round before, with more bids than slots, has raised the base fee and left its losers behind.
    """
    market, at = bench.market, bench.chain.now + 10
    calls = []

    def place(number: int, fee: int, expires_at: int, when: int) -> None:
        bidder = bench.bidders[number % 8]
        calls.append(market.call(bidder, "placeBid", bench.queue, [11], fee, expires_at, b"", at=when))

    if hot:
        for i in range(12):
            place(i, (20 - i) * MIN_BASE_FEE, at + DAY, at + i)
        calls.append(market.call(bench.outsider, "clear", bench.queue, at=at + ROUND + 20))
        at += ROUND + 21
    clear_at = at + 2 * ROUND + 20
    for i, (fee, life) in enumerate(fees):
        place(i, fee + 12 * MIN_BASE_FEE * hot, clear_at + life, at + i)
    return calls, clear_at


def assigned(done: Outcome) -> list[Any]:
    return [e for e in events_of(done) if type(e).__name__ == "TaskAssigned"]


@given(fees=st.lists(BID, min_size=1, max_size=10), hot=st.booleans(), slots=st.integers(0, len(PROVERS)))
def test_quote__any_book__is_what_the_clearing_charges(
    furnished: Bench, fees: list[tuple[int, int]], hot: bool, slots: int
) -> None:
    calls, clear_at = script(furnished, fees, hot)
    at = (calls[-1].at or 0) + 1
    for i, prover in enumerate(furnished.provers[slots:]):
        calls.append(furnished.raw.provers.call(prover, "setCapacity", furnished.queue, 0, at=at + i))
    calls.append(furnished.lens.call(furnished.outsider, "quote", furnished.queue, at=clear_at))
    calls.append(furnished.market.call(furnished.outsider, "clear", furnished.queue))
    *before, quoted, cleared = furnished.run(calls)
    assert all(done.ok for done in (*before, quoted, cleared))

    base_fee, slot_count, max_fees, prices = furnished.lens.decode("quote", quoted.data)
    [told] = [e for e in events_of(cleared) if type(e).__name__ == "RoundCleared"]
    assert (base_fee, len(max_fees)) == (told.base_fee_wei, told.bid_count)  # type: ignore[attr-defined]
    # A round without bids counts no slots; the lens does.
    if max_fees:
        assert slot_count == told.slot_count  # type: ignore[attr-defined]
    assert [e.price_wei for e in assigned(cleared)] == list(prices)
    assert [e.price_wei + e.refund_wei for e in assigned(cleared)] == list(max_fees[: len(prices)])
    assert list(max_fees) == sorted(max_fees, reverse=True)


@given(
    fees=st.lists(BID, max_size=10), hot=st.booleans(), fee=st.integers(MIN_BASE_FEE // 2, 34 * MIN_BASE_FEE)
)
def test_quote_for__one_more_bid__stands_and_pays_as_told(
    furnished: Bench, fees: list[tuple[int, int]], hot: bool, fee: int
) -> None:
    calls, clear_at = script(furnished, fees, hot)
    market, queue = furnished.market, furnished.queue
    arguments = (queue, [11], fee, clear_at + DAY, b"")
    calls.append(furnished.lens.call(furnished.outsider, "quoteFor", queue, fee, at=clear_at))
    calls.append(market.call(furnished.requester, "placeBid", *arguments))
    calls.append(market.call(furnished.outsider, "clear", queue))
    # An empty book's round starts with the bid and cannot end in the same second.
    calls.append(market.call(furnished.outsider, "clear", queue, at=clear_at + ROUND))
    *_, quoted, placed, cleared, again = furnished.run(calls)

    rank, price, base_fee = furnished.lens.decode("quoteFor", quoted.data)
    assert placed.ok == (rank > 0)
    if not placed.ok:
        assert placed.error() == errors.BidBelowBaseFee(got_wei=fee, base_fee_wei=base_fee)
        assert price == 0
        return
    won = assigned(cleared if cleared.ok else again)
    mine = [e for e in won if e.task == task_of(placed)]
    assert [(e.position, e.price_wei) for e in mine] == ([(rank, price)] if price else [])
    assert price <= fee


def fill(bench: Bench, fee: int, expires_at: int) -> list[bytes]:
    """A full book of equal bids."""
    return [bench.place(bench.bidders[i % 8], fee, expires_at=expires_at) for i in range(BOOK)]


def test_quote_for__full_book__a_better_bid_drives_the_worst_out(bench: Bench) -> None:
    base = bench.market.read("baseFeeOf", bench.queue)
    fill(bench, 2 * ZK, bench.chain.now + DAY)
    assert bench.lens.read("quoteFor", bench.queue, 2 * ZK) == (0, 0, base)
    assert bench.lens.read("quoteFor", bench.queue, 2 * ZK + 1) == (1, 2 * ZK, base)


def test_quote_for__full_book_of_expired_bids__the_worst_does_not_price(bench: Bench) -> None:
    """The one live bid is the worst of the book: the new bid takes its place and pays the base fee alone."""
    bench.place(bench.rival, ZK)
    expires_at = bench.chain.now + 2 * ROUND + 200
    for i in range(BOOK - 1):
        bench.place(bench.bidders[i % 8], 2 * ZK, expires_at=expires_at)
    clear_at = expires_at + ROUND
    arguments = (bench.queue, [11], 3 * ZK, clear_at + DAY, b"")
    quoted, placed, cleared = bench.run(
        [
            bench.lens.call(bench.outsider, "quoteFor", bench.queue, 3 * ZK, at=clear_at),
            bench.market.call(bench.requester, "placeBid", *arguments),
            bench.market.call(bench.outsider, "clear", bench.queue),
        ]
    )
    rank, price, base = bench.lens.decode("quoteFor", quoted.data)
    [won] = assigned(cleared)
    assert (rank, price) == (1, base) == (won.position, won.price_wei)
    assert won.task == task_of(placed)


def test_quote__bid_that_the_base_fee_has_outgrown__is_no_rival(bench: Bench) -> None:
    """It stays in the book, in hope of a lower base fee; this round it neither wins nor prices."""
    base = bench.market.read("baseFeeOf", bench.queue)
    slots = bench.market.read("slotCountOf", bench.queue)
    outgrown = bench.place(bench.rival, base)
    for i in range(2 * slots):
        bench.place(bench.bidders[i % 8], 2 * ZK)
    started_at = bench.market.read("roundOf", bench.queue)[2]
    bench.market.send(bench.outsider, "clear", bench.queue, at=max(started_at + ROUND, bench.chain.now + 1))
    higher = bench.market.read("baseFeeOf", bench.queue)
    assert higher > base
    _, fees, _ = bench.market.read("bookOf", bench.queue)
    assert base in fees
    assert bench.market.read("taskOf", outgrown)[2] == TaskStatus.QUEUED
    assert list(bench.lens.read("quote", bench.queue)[2]) == [fee for fee in fees if fee >= higher]
    assert bench.lens.read("quoteFor", bench.queue, higher)[0] == 1 + sum(fee >= higher for fee in fees)


def test_quote_for__equal_bid__stands_behind_the_earlier(bench: Bench) -> None:
    bench.place(bench.rival, 2 * ZK)
    bench.place(bench.rival, ZK)
    assert bench.lens.read("quoteFor", bench.queue, 2 * ZK)[:2] == (2, ZK)


def test_quote_for__more_rivals_than_slots__tells_the_rank_of_a_loser(bench: Bench) -> None:
    slots = bench.market.read("slotCountOf", bench.queue)
    for i in range(slots):
        bench.place(bench.bidders[i], 2 * ZK)
    assert bench.lens.read("quoteFor", bench.queue, ZK)[:2] == (slots + 1, 0)


def test_quote__empty_book_that_cooled__has_the_lower_base_fee(bench: Bench) -> None:
    expires_at = bench.chain.now + 3 * ROUND
    for i in range(12):
        bench.place(bench.bidders[i % 8], 2 * ZK, expires_at=expires_at)
    bench.clear()
    excess = bench.market.read("roundOf", bench.queue)[3]
    assert excess > 0
    for task in bench.market.read("bookOf", bench.queue)[0]:
        bench.market.send(bench.outsider, "expireBid", task, at=max(bench.chain.now, expires_at) + 1)
    started_at = bench.market.read("roundOf", bench.queue)[2]
    asked_at = started_at + 20 * ROUND
    [quoted] = bench.run([bench.lens.call(bench.outsider, "quote", bench.queue, at=asked_at)])
    assert bench.lens.decode("quote", quoted.data)[0] == base_fee_at(max(0, excess - 20 * 10**6))


def test_quote__closed_queue__still_sells_what_is_in_the_book(bench: Bench) -> None:
    bench.place(bench.rival, 2 * ZK)
    bench.raw.projects.send(bench.deployer, "closeQueue", bench.queue)
    base, _, fees, prices = bench.lens.read("quote", bench.queue)
    assert (fees, prices) == ((2 * ZK,), (base,))
    assert bench.lens.read("quoteFor", bench.queue, 3 * ZK) == (0, 0, base)


def test_quote__frozen_queue__is_never_cleared_again(bench: Bench) -> None:
    bench.raw.projects.send(bench.deployer, "freezeQueue", bench.queue)
    for function, more in (("quote", ()), ("quoteFor", (ZK,))):
        with reverts(errors.QueueIsFrozen, queue=bench.queue):
            bench.lens.send(bench.outsider, function, bench.queue, *more)


def test_quote__unknown_queue__is_refused(bench: Bench) -> None:
    for function, more in (("quote", ()), ("quoteFor", (ZK,))):
        with reverts(errors.UnknownQueue, queue=99):
            bench.lens.send(bench.outsider, function, 99, *more)


@pytest.mark.parametrize("queue", ["queue", "sealed"])
def test_quote__no_bids__tells_base_fee_and_slots(bench: Bench, queue: str) -> None:
    number = getattr(bench, queue)
    assert bench.lens.read("quote", number) == (MIN_BASE_FEE, len(PROVERS), (), ())
