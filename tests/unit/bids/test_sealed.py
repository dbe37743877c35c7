"""Sealed rounds: committed by hash, opened once in the same cycle, forfeited by silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rawmarket import STANDARD_TERMS
from tests.unit.bids.bench import (
    BOOK,
    COMMITTED,
    CYCLE,
    DEPOSIT,
    FIELD,
    FORFEITED,
    MIN_BASE_FEE,
    NEWCOMER_PPM,
    NONE,
    QUEUED,
    REVEALED,
    ROUND,
    RULES,
    TIER_KEY,
    TIER_PPM,
    ZK,
    Bench,
    event,
    events_of,
    opening,
    reverts,
    task_of,
)
from zkpool_sdk import errors
from zkpool_sdk.chain import bids
from zkpool_sdk.chain.abi import all_errors
from zkpool_sdk.models import Address, QueueId
from zkpool_sdk.units import DAY, Timestamp, Wei


def selector(error: type[errors.ContractError]) -> bytes:
    [found] = [key for key, item in all_errors().items() if item.name == error.__name__]
    return found


def commitment(bench: Bench, bid: bids.SealedBid, at: int) -> bytes:
    return bids.commitment_id_of(bid.requester, bid.queue, at // CYCLE, bench.hash_of(bid))


def shut(bench: Bench, function: str) -> None:
    """Closes or freezes the sealed queue."""
    bench.raw.projects.send(bench.deployer, function, bench.sealed)


# --- commit


def test_commit__in_its_window__takes_the_deposit_and_tells_nothing(bench: Bench) -> None:
    bid, before = bench.sealed_bid(), bench.balance(bench.requester)
    at = bench.commit_at()
    done = bench.desk.send(bench.requester, "commit", bid.queue, bench.hash_of(bid), at=at)
    told = event(done, "BidCommitted")
    assert (told.requester, told.queue, told.bid_hash) == (bench.requester, bench.sealed, bench.hash_of(bid))
    assert told.cycle == at // CYCLE
    assert told.commitment == commitment(bench, bid, at)
    assert told.commitment == bench.desk.read(
        "commitmentIdOf", bench.requester, bench.sealed, at // CYCLE, bench.hash_of(bid)
    )
    assert bench.desk.read("commitmentOf", told.commitment) == (bench.requester, at // CYCLE, COMMITTED)
    assert bench.balance(bench.requester) == before - DEPOSIT
    assert bench.balance(bench.desk.address) == DEPOSIT
    assert bench.balance(bench.market.address) == 0


def test_commit__first_and_last_second__count(bench: Bench) -> None:
    start = bench.commit_at() // CYCLE * CYCLE + CYCLE
    for at in (start, start + ROUND - 1):
        bench.commit(bench.sealed_bid(), at)
    arguments = (bench.sealed, bench.hash_of(bench.sealed_bid()))
    with reverts(errors.CommitWindowOver, now_at=start + ROUND, next_at=start + CYCLE):
        bench.attempt(bench.desk, bench.requester, "commit", *arguments, at=start + ROUND)


def test_commit__open_queue__is_refused(bench: Bench) -> None:
    with reverts(errors.QueueNotSealed, queue=bench.queue):
        bench.commit(bench.sealed_bid(queue=QueueId(bench.queue)))
    with reverts(errors.UnknownQueue, queue=99):
        bench.commit(bench.sealed_bid(queue=QueueId(99)))


@pytest.mark.parametrize(
    ("function", "kind"),
    [("closeQueue", errors.QueueIsClosed), ("freezeQueue", errors.QueueIsFrozen)],
)
def test_commit__queue_shut__is_refused(bench: Bench, function: str, kind: type[Any]) -> None:
    shut(bench, function)
    with reverts(kind, queue=bench.sealed):
        bench.commit(bench.sealed_bid())


def test_commit__same_hash_in_one_cycle__is_refused(bench: Bench) -> None:
    bid = bench.sealed_bid()
    found = bench.commit(bid)
    with reverts(errors.WrongCommitStatus, commitment=found, got=COMMITTED, expected=NONE):
        bench.desk.send(bench.requester, "commit", bid.queue, bench.hash_of(bid))


def test_commit__same_hash_in_the_next_cycle__is_another(bench: Bench) -> None:
    bid = bench.sealed_bid()
    first = bench.commit(bid)
    second = bench.commit(bid, (bench.chain.now // CYCLE + 1) * CYCLE)
    assert first != second
    bench.reveal(bid)
    assert [bench.desk.read("commitmentOf", c)[2] for c in (first, second)] == [COMMITTED, REVEALED]


def test_commit__without_the_deposit__is_refused(bench: Bench) -> None:
    bid = bench.sealed_bid(bench.relayer)
    bench.raw.fund(bench.relayer, 0, bench.desk)
    with reverts(errors.ERC20InsufficientBalance, sender=bench.relayer, balance=0, needed=DEPOSIT):
        bench.commit(bid)


# --- reveal


def test_reveal__in_its_window__places_the_bid_and_frees_the_deposit(bench: Bench) -> None:
    bid, before = bench.sealed_bid(data=b"witness"), bench.balance(bench.requester)
    found = bench.commit(bid)
    done = bench.reveal(bid)
    placed = event(done, "BidPlaced")
    assert (placed.requester, placed.queue) == (bench.requester, bench.sealed)
    assert (placed.statement, placed.max_fee_wei) == (bid.statement, 2 * ZK)
    assert (placed.data, placed.expires_at) == (b"witness", bid.expires_at)
    assert event(done, "BidRevealed").task == placed.task
    assert bench.status(placed.task) == QUEUED
    assert bench.desk.read("commitmentOf", found)[2] == REVEALED
    assert bench.desk.read("depositOf", bench.requester) == DEPOSIT
    paid = event(bench.desk.send(bench.requester, "claimDeposit"), "DepositClaimed")
    assert (paid.account, paid.amount_wei) == (bench.requester, DEPOSIT)
    assert bench.balance(bench.requester) == before - 2 * ZK
    assert bench.balance(bench.desk.address) == 0


def test_reveal__several_bids_of_one__each_brings_its_deposit(bench: Bench) -> None:
    first, second = bench.sealed_bid(), bench.sealed_bid()
    bench.commit(first)
    bench.commit(second, bench.chain.now + 1)
    bench.reveal(first)
    bench.reveal(second)
    assert bench.desk.read("depositOf", bench.requester) == 2 * DEPOSIT
    assert event(bench.desk.send(bench.requester, "claimDeposit"), "DepositClaimed").amount_wei == 2 * DEPOSIT


def test_reveal__first_and_last_second__count(bench: Bench) -> None:
    first, last = bench.sealed_bid(), bench.sealed_bid()
    bench.commit(first)
    bench.commit(last)
    start = bench.chain.now // CYCLE * CYCLE
    for at, next_at in ((start + ROUND - 1, start + ROUND), (start + CYCLE, start + CYCLE + ROUND)):
        with reverts(errors.RevealWindowNotOpen, now_at=at, next_at=next_at):
            bench.attempt(bench.desk, bench.requester, "reveal", *opening(first), at=at)
    bench.reveal(first, at=start + ROUND)
    bench.reveal(last, at=start + CYCLE - 1)


def test_reveal__a_cycle_late__finds_nothing(bench: Bench) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    at = (bench.chain.now // CYCLE + 1) * CYCLE + ROUND
    with reverts(errors.WrongCommitStatus, got=NONE, expected=COMMITTED):
        bench.reveal(bid, at=at)


def test_reveal__twice__is_one_bid_and_one_deposit(bench: Bench) -> None:
    bid = bench.sealed_bid()
    found = bench.commit(bid)
    bench.reveal(bid)
    with reverts(errors.WrongCommitStatus, commitment=found, got=REVEALED, expected=COMMITTED):
        bench.reveal(bid)
    assert bench.desk.read("depositOf", bench.requester) == DEPOSIT


def test_reveal__by_another__finds_nothing(bench: Bench) -> None:
    """Who copies the opening from the mempool opens nothing: the commitment is of its sender."""
    bid = bench.sealed_bid()
    bench.commit(bid)
    with reverts(errors.WrongCommitStatus, got=NONE):
        bench.reveal(bid, bench.rival)


def test_reveal__a_copied_hash__opens_nothing_for_the_copier(bench: Bench) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    bench.desk.send(bench.rival, "commit", bid.queue, bench.hash_of(bid))
    with reverts(errors.WrongCommitStatus, got=NONE):
        bench.reveal(bid, bench.rival)


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": 5},
        {"max_fee_wei": Wei(3 * ZK)},
        {"statement": (12,)},
        {"expires_at": Timestamp(1_900_000_000)},
        {"data": b"x"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_reveal__anything_else_than_committed__finds_nothing(bench: Bench, changes: dict[str, Any]) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    with reverts(errors.WrongCommitStatus, got=NONE):
        bench.reveal(replace(bid, **changes))


def test_reveal__into_another_sealed_queue__finds_nothing(bench: Bench) -> None:
    other = bench.raw.create_mock_queue(RULES, STANDARD_TERMS, TIER_KEY, min_rating_ppm=0)
    bid = bench.sealed_bid()
    bench.commit(bid)
    with reverts(errors.WrongCommitStatus, got=NONE):
        bench.reveal(replace(bid, queue=QueueId(other)))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"statement": ()}, errors.WrongStatementLength),
        ({"statement": (FIELD,)}, errors.SignalNotCanonical),
        ({"data": bytes(16_385)}, errors.DataTooLong),
    ],
)
def test_reveal__a_bid_that_was_never_good__keeps_the_deposit_at_stake(
    bench: Bench, changes: dict[str, Any], kind: type[Any]
) -> None:
    bid = bench.sealed_bid(**changes)
    bench.commit(bid)
    with reverts(kind):
        bench.reveal(bid)
    assert bench.desk.read("depositOf", bench.requester) == 0


def test_reveal__an_expiry_in_the_window__is_no_way_out(bench: Bench) -> None:
    """A bid that dies while others show theirs could be withdrawn for nothing."""
    at = bench.commit_at()
    bid = bench.sealed_bid(expires_at=Timestamp(at // CYCLE * CYCLE + ROUND + 10))
    bench.commit(bid, at)
    with reverts(errors.ExpiryOutOfBounds):
        bench.reveal(bid, at=at // CYCLE * CYCLE + ROUND + 11)
    assert bench.desk.read("depositOf", bench.requester) == 0


def test_reveal__shortest_life_in_the_last_second_of_an_unused_queue__is_placed(bench: Bench) -> None:
    """The desk asks for all that the market can: nobody loses a deposit between the two."""
    start = bench.commit_at() // CYCLE * CYCLE
    bid = bench.sealed_bid(expires_at=Timestamp(start + 2 * CYCLE))
    bench.commit(bid, bench.commit_at())
    before = len(bench.market.read("bookWords", bench.sealed))
    bench.reveal(bid, at=start + CYCLE - 1)
    assert len(bench.market.read("bookWords", bench.sealed)) == before + 1


def test_reveal__without_the_money__is_no_way_out(bench: Bench) -> None:
    bid = bench.sealed_bid()
    found = bench.commit(bid)
    bench.raw.token.send(bench.requester, "approve", bench.market.address, 0)
    with reverts(errors.ERC20InsufficientAllowance):
        bench.reveal(bid)
    assert bench.desk.read("commitmentOf", found)[2] == COMMITTED


def test_hash__any_bid__is_the_chains(bench: Bench) -> None:
    for bid in (bench.sealed_bid(), bench.sealed_bid(statement=(), data=b"abc", salt=0)):
        assert bench.desk.read("hashOf", bid.requester, *opening(bid)) == bench.hash_of(bid)


# --- refused by the market without the requester's fault


def test_reveal__base_fee_rose_above_it__brings_the_deposit_back(bench: Bench) -> None:
    """Committed before the clearing that raised the base fee, revealed after it."""
    crowd = [bench.sealed_bid(bidder, max_fee_wei=Wei(50 * ZK)) for bidder in bench.bidders]
    for bid in crowd:
        bench.commit(bid)
    for bid in crowd:
        bench.reveal(bid)
    bid = bench.sealed_bid(max_fee_wei=Wei(MIN_BASE_FEE))
    at = (bench.chain.now // CYCLE + 1) * CYCLE
    found = bench.commit(bid, at)
    bench.clear(bench.sealed)
    assert bench.chain.now // CYCLE == at // CYCLE
    base_fee = bench.market.read("baseFeeOf", bench.sealed)
    assert base_fee > MIN_BASE_FEE
    before = bench.balance(bench.requester)
    done = bench.reveal(bid)
    refused = event(done, "RevealRefused")
    assert (refused.commitment, refused.reason) == (found, selector(errors.BidBelowBaseFee))
    assert not [e for e in events_of(done) if type(e).__name__ == "BidPlaced"]
    assert bench.desk.read("commitmentOf", found)[2] == REVEALED
    bench.desk.send(bench.requester, "claimDeposit")
    assert bench.balance(bench.requester) == before + DEPOSIT


def test_reveal__better_bids_fill_the_book__brings_the_deposit_back(bench: Bench) -> None:
    high = [bench.sealed_bid(bench.bidders[i % 8], max_fee_wei=Wei(3 * ZK)) for i in range(BOOK)]
    bid = bench.sealed_bid(max_fee_wei=Wei(3 * ZK))
    found = bench.commit(bid)
    for other in high:
        bench.commit(other, bench.chain.now + 1)
    for other in high:
        bench.reveal(other)
    done = bench.reveal(bid)
    refused = event(done, "RevealRefused")
    assert (refused.commitment, refused.reason) == (found, selector(errors.BookFull))
    assert bench.desk.read("depositOf", bench.requester) == DEPOSIT


@pytest.mark.parametrize(
    ("function", "kind"),
    [("closeQueue", errors.QueueIsClosed), ("freezeQueue", errors.QueueIsFrozen)],
)
def test_reveal__queue_shut_in_between__brings_the_deposit_back(
    bench: Bench, function: str, kind: type[Any]
) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    shut(bench, function)
    assert event(bench.reveal(bid), "RevealRefused").reason == selector(kind)
    assert bench.desk.read("depositOf", bench.requester) == DEPOSIT


def test_reveal__market_paused__brings_the_deposit_back(bench: Bench) -> None:
    """A pause stops bids and must not take their deposits."""
    bid = bench.sealed_bid()
    bench.commit(bid)
    bench.market.send(bench.deployer, "pause")
    assert event(bench.reveal(bid), "RevealRefused").reason == selector(errors.EnforcedPause)
    bench.desk.send(bench.requester, "claimDeposit")
    assert bench.balance(bench.requester) == 1_000_000 * ZK


def test_claim_deposit__none_or_again__is_refused(bench: Bench) -> None:
    with reverts(errors.NoDeposit, account=bench.requester):
        bench.desk.send(bench.requester, "claimDeposit")
    bid = bench.sealed_bid()
    bench.commit(bid)
    with reverts(errors.NoDeposit, account=bench.requester):
        bench.desk.send(bench.requester, "claimDeposit")
    bench.reveal(bid)
    bench.desk.send(bench.requester, "claimDeposit")
    with reverts(errors.NoDeposit, account=bench.requester):
        bench.desk.send(bench.requester, "claimDeposit")


# --- silence


def test_forfeit__after_its_cycle__goes_to_insurance(bench: Bench) -> None:
    found = bench.commit(bench.sealed_bid())
    insured = bench.balance(bench.raw.insurance.address)
    ends_at = (bench.chain.now // CYCLE + 1) * CYCLE
    with reverts(errors.CycleNotOver, commitment=found, ends_at=ends_at):
        bench.desk.send(bench.outsider, "forfeit", found)
    with reverts(errors.CycleNotOver, commitment=found, now_at=ends_at - 1, ends_at=ends_at):
        bench.attempt(bench.desk, bench.outsider, "forfeit", found, at=ends_at - 1)
    done = event(bench.desk.send(bench.outsider, "forfeit", found, at=ends_at), "CommitForfeited")
    assert (done.commitment, done.requester, done.deposit_wei) == (found, bench.requester, DEPOSIT)
    assert bench.desk.read("commitmentOf", found)[2] == FORFEITED
    assert bench.balance(bench.raw.insurance.address) == insured + DEPOSIT
    assert bench.balance(bench.desk.address) == 0
    assert bench.balance(bench.outsider) == 0


def test_forfeit__twice_or_revealed_or_unknown__is_refused(bench: Bench) -> None:
    silent, open_ = bench.sealed_bid(), bench.sealed_bid()
    lost, kept = bench.commit(silent), bench.commit(open_, bench.chain.now + 1)
    bench.reveal(open_)
    after = (bench.chain.now // CYCLE + 1) * CYCLE
    bench.desk.send(bench.outsider, "forfeit", lost, at=after)
    for found, got in ((lost, FORFEITED), (kept, REVEALED), (bytes(32), NONE)):
        with reverts(errors.WrongCommitStatus, commitment=found, got=got, expected=COMMITTED):
            bench.desk.send(bench.outsider, "forfeit", found)


# --- a sealed queue in the market


def test_sealed_queue__placed_openly__is_refused(bench: Bench) -> None:
    with reverts(errors.QueueIsSealed, queue=bench.sealed):
        bench.place(bench.requester, 2 * ZK, queue=bench.sealed)


def test_sealed_queue__raised__is_refused(bench: Bench) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    task = task_of(bench.reveal(bid))
    with reverts(errors.QueueIsSealed, queue=bench.sealed):
        bench.market.send(bench.requester, "raiseBid", task, 3 * ZK)
    bench.desk.send(bench.requester, "allowRaise", task, bench.rival, 5 * ZK)
    with reverts(errors.QueueIsSealed, queue=bench.sealed):
        bench.desk.send(bench.rival, "raiseFor", task, 3 * ZK)


def test_sealed_queue__clear_in_a_reveal_window__is_refused(bench: Bench) -> None:
    bid = bench.sealed_bid()
    bench.commit(bid)
    bench.reveal(bid)
    start = bench.chain.now // CYCLE * CYCLE + CYCLE
    for at in (start + ROUND, start + CYCLE - 1):
        with reverts(errors.RevealWindow, queue=bench.sealed, now_at=at, ends_at=start + CYCLE):
            bench.attempt(bench.market, bench.outsider, "clear", bench.sealed, at=at)
    assert bench.attempt(bench.market, bench.outsider, "clear", bench.sealed, at=start + ROUND - 1).ok


def test_tier__provers_below_the_rating__get_nothing(bench: Bench) -> None:
    """A quality tier sells the work of those who have reached its rating, and of nobody else."""
    tier = bench.raw.create_mock_queue(RULES, STANDARD_TERMS, TIER_KEY, min_rating_ppm=TIER_PPM)
    assert TIER_PPM > NEWCOMER_PPM
    for prover in bench.provers:
        bench.raw.provers.send(prover, "join", tier, 4)
    assert bench.market.read("slotCountOf", tier) == 0
    assert bench.raw.provers.read("candidates", tier, TIER_PPM) == ()
    assert len(bench.raw.provers.read("candidates", tier, NEWCOMER_PPM)) == len(bench.provers)
    bid = bench.sealed_bid(queue=QueueId(tier))
    bench.commit(bid)
    task = task_of(bench.reveal(bid))
    clear_at = (bench.chain.now // CYCLE + 1) * CYCLE
    bench.market.send(bench.outsider, "clear", tier, at=clear_at)
    assert bench.status(task) == QUEUED
    assert bench.lens.read("quoteFor", tier, 3 * ZK)[:2] == (1, 0)


# --- order

FEES = st.lists(st.integers(MIN_BASE_FEE, 20 * MIN_BASE_FEE), min_size=2, max_size=8)


@given(fees=FEES, data=st.data())
def test_reveal__in_any_order__prices_are_the_same(furnished: Bench, fees: list[int], data: Any) -> None:
    """Who is revealed last has seen the others' bids, and cannot use them: no bid can be changed any more."""
    order = data.draw(st.permutations(range(len(fees))))

    def prices(turns: list[int]) -> dict[int, int]:
        """Price by bid, of those that won."""
        sealed = [
            bids.SealedBid(
                Address(furnished.bidders[i]), QueueId(furnished.sealed), (11,), Wei(fee),
                Timestamp(furnished.chain.now + DAY), b"", i,
            )
            for i, fee in enumerate(fees)
        ]  # fmt: skip
        start = (furnished.chain.now // CYCLE + 1) * CYCLE
        desk, market = furnished.desk, furnished.market
        calls = [
            desk.call(bid.requester, "commit", bid.queue, furnished.hash_of(bid), at=start + i)
            for i, bid in enumerate(sealed)
        ]
        calls += [
            desk.call(sealed[turn].requester, "reveal", *opening(sealed[turn]), at=start + ROUND + i)
            for i, turn in enumerate(turns)
        ]
        clear_at = start + CYCLE + ROUND - 1
        calls.append(market.call(furnished.outsider, "clear", furnished.sealed, at=clear_at))
        done = furnished.run(calls)
        assert all(each.ok for each in done)
        of_task = {task_of(done[len(fees) + i]): turn for i, turn in enumerate(turns)}
        won = [e for e in events_of(done[-1]) if type(e).__name__ == "TaskAssigned"]
        assert len(won) == min(len(fees), furnished.market.read("slotCountOf", furnished.sealed))
        return {of_task[e.task]: e.price_wei for e in won}  # type: ignore[attr-defined]

    plain, shuffled = prices(list(range(len(fees)))), prices(order)
    assert sorted(plain.values()) == sorted(shuffled.values())
    # Equal bids are told apart by their order; all others win or lose and pay whatever the order.
    alone = [i for i, fee in enumerate(fees) if fees.count(fee) == 1]
    assert {i: plain.get(i) for i in alone} == {i: shuffled.get(i) for i in alone}
