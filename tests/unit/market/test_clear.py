"""`clear`: when a round ends, and what a clearing does with the book."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import (
    ASSIGNED,
    EXPIRED,
    GRACE,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    QUEUED,
    ROUND,
    WINDOW,
    ZK,
    terms,
)


@pytest.mark.parametrize("early", [299, 1])
def test_clear__round_not_over__reverts(scene, market, queue, requester, outsider, early):
    scene.place(requester, ZK)
    over_at = scene.round_over_at()
    scene.chain.next_at(over_at - early)
    with reverts(market.RoundNotOver, queue=queue, nowAt=over_at - early, endsAt=over_at):
        market.clear(queue, sender=outsider)


@pytest.mark.parametrize("late", [0, 1])
def test_clear__round_over__starts_the_next_one(scene, market, queue, requester, outsider, late):
    scene.place(requester, ZK)
    over_at = scene.round_over_at() + late
    scene.chain.next_at(over_at)
    market.clear(queue, sender=outsider)
    stored = market.roundOf(queue)
    assert (stored.startedAt, stored.nextSequence, stored.clearedSequence) == (over_at, 1, 1)
    with reverts(market.RoundNotOver, queue=queue, endsAt=over_at + ROUND):
        market.clear(queue, sender=outsider)


def test_clear__queue_without_a_bid_ever__reverts(scene, market, queue, outsider):
    """The first round starts with the first bid."""
    now = scene.chain.now + 100 * ROUND
    scene.chain.next_at(now)
    with reverts(market.RoundNotOver, queue=queue, nowAt=now, endsAt=now + ROUND):
        market.clear(queue, sender=outsider)


def test_clear__unknown_queue__reverts(market, outsider):
    with reverts(market.RoundNotOver, queue=9):
        market.clear(9, sender=outsider)


def test_clear__while_paused__reverts(scene, market, queue, requester, guardian, outsider):
    scene.place(requester, ZK)
    scene.chain.send(market.pause, sender=guardian)
    scene.end_round()
    with reverts(market.EnforcedPause):
        market.clear(queue, sender=outsider)


def test_clear__one_bid_one_slot__assigns_at_the_base_fee(
    scene, market, vault, provers, queue, requester, prover, outsider
):
    seat_id = scene.seat(prover)
    task = scene.place(requester, 5 * ZK)
    now = scene.end_round()
    receipt = market.clear(queue, sender=outsider)

    assert receipt.return_value == 1
    [assigned] = receipt.decode_logs(market.TaskAssigned)
    assert (bytes(assigned.task), assigned.prover, assigned.position) == (task, prover.address, 1)
    assert (assigned.priceWei, assigned.refundWei) == (MIN_BASE_FEE, 5 * ZK - MIN_BASE_FEE)
    assert (assigned.bondWei, assigned.proveBy, assigned.termsVersion) == (MIN_BOND, now + WINDOW, 1)
    [cleared] = receipt.decode_logs(market.RoundCleared)
    assert (cleared.queue, cleared.baseFeeWei, cleared.bidCount) == (queue, MIN_BASE_FEE, 1)
    assert (cleared.slotCount, cleared.assignedCount, cleared.excess) == (1, 1, 0)

    stored = market.taskOf(task)
    assert (stored.requester, stored.amountWei, stored.status) == (requester, MIN_BASE_FEE, ASSIGNED)
    assert (stored.queue, stored.place, stored.nonce) == (queue, 0, 0)
    assert (stored.proveBy, stored.termsVersion) == (now + WINDOW, 1)
    assert (stored.prover, stored.bondWei) == (seat_id, MIN_BOND)
    assert vault.stakeOf(prover).lockedWei == MIN_BOND
    [seat] = scene.seats()
    assert (seat.prover, seat.capacity, seat.in_flight, seat.pass_) == (seat_id, 8, 1, 10**12 // 300_000)
    assert (scene.book(), market.roundOf(queue).places) == ([], 0)
    assert scene.credit(requester) == 5 * ZK - MIN_BASE_FEE
    assert scene.balance(market) == 5 * ZK


def test_clear__no_provers__keeps_every_bid(scene, market, queue, requester, outsider):
    tasks = [scene.place(requester, fee * ZK) for fee in (1, 3, 2)]
    scene.end_round()
    receipt = market.clear(queue, sender=outsider)
    [cleared] = receipt.decode_logs(market.RoundCleared)
    assert (cleared.bidCount, cleared.slotCount, cleared.assignedCount) == (3, 0, 0)
    assert receipt.return_value == 0
    assert scene.book() == [3 * ZK, 2 * ZK, ZK]
    assert {scene.status(task) for task in tasks} == {QUEUED}
    assert scene.credit(requester) == 0


def test_clear__expired_bids__are_dropped_and_refunded(scene, market, queue, requester, rival, prover):
    scene.seat(prover)
    late_at = scene.chain.now + 2 + 2 * ROUND
    dead = scene.place(requester, 9 * ZK, expires_at=late_at - 1)
    alive = scene.place(rival, 2 * ZK, expires_at=late_at)
    scene.chain.next_at(late_at)
    receipt = market.clear(queue, sender=prover)
    [expired] = receipt.decode_logs(market.BidExpired)
    assert (bytes(expired.task), expired.refundWei) == (dead, 9 * ZK)
    assert (scene.status(dead), scene.credit(requester)) == (EXPIRED, 9 * ZK)
    assert (scene.status(alive), market.taskOf(alive).amountWei) == (ASSIGNED, MIN_BASE_FEE)
    assert (market.roundOf(queue).bidCount, market.roundOf(queue).places) == (0, 0)


def test_clear__only_expired_bids_and_slots__lowers_the_excess(scene, market, queue, requester, prover):
    """n = 0 and K > 0: capacity lay idle."""
    scene.place(requester, ZK, expires_at=scene.chain.now + 2 * ROUND + 1)
    scene.clear()
    assert market.roundOf(queue).excess == 1_000_000
    scene.seat(prover)
    scene.chain.warp(2 * ROUND)
    scene.clear()
    stored = market.roundOf(queue)
    assert (stored.excess, stored.bidCount) == (0, 0)


def test_clear__only_expired_bids_and_no_slots__holds_the_excess(scene, market, queue, requester):
    """n = 0 and K = 0: nothing is known."""
    scene.place(requester, ZK, expires_at=scene.chain.now + 2 * ROUND + 1)
    scene.clear()
    scene.chain.warp(2 * ROUND)
    scene.clear()
    stored = market.roundOf(queue)
    assert (stored.excess, stored.bidCount) == (1_000_000, 0)


def test_clear__bids_below_a_risen_base_fee__stay_and_do_not_count(
    scene, market, queue, requester, rival, prover
):
    low = scene.place(requester, MIN_BASE_FEE)
    scene.place(rival, ZK, expires_at=scene.chain.now + 2 * ROUND + 30)
    scene.clear()  # n = 2, K = 0: B = 0.01125 ZK
    scene.seat(prover)
    scene.chain.warp(ROUND + 60)
    scene.end_round()
    receipt = market.clear(queue, sender=prover)
    [cleared] = receipt.decode_logs(market.RoundCleared)
    assert (cleared.baseFeeWei, cleared.bidCount, cleared.slotCount) == (11248470364630235, 0, 1)
    assert (cleared.assignedCount, cleared.excess) == (0, 0)
    assert scene.status(low) == QUEUED
    scene.clear()  # B is back at its minimum
    assert scene.status(low) == ASSIGNED


def test_clear__tie__the_earlier_bid_wins_and_pays_the_later_one(scene, market, requester, rival, prover):
    scene.seat(prover)
    first, second = scene.place(requester, 3 * ZK), scene.place(rival, 3 * ZK)
    scene.clear()
    assert (scene.status(first), market.taskOf(first).amountWei) == (ASSIGNED, 3 * ZK)
    assert scene.status(second) == QUEUED
    assert scene.credit(requester) == 0


def test_clear__full_book__writes_the_rest_back_ascending(scene, market, queue, requester):
    scene.crowd(5)
    fees = [ZK + (i * 37 % 64) * ZK // 100 for i in range(64)]
    tasks = [scene.place(requester, fee) for fee in fees]
    scene.clear()
    words = list(market.bookWords(queue))
    assert len(words) == 59
    assert words == sorted(words)
    assert scene.book() == sorted(fees, reverse=True)[5:]
    won = [task for task in tasks if scene.status(task) == ASSIGNED]
    assert {fees[tasks.index(task)] for task in won} == set(sorted(fees)[-5:])
    stored = market.roundOf(queue)
    assert stored.bidCount == stored.places.bit_count() == 59
    assert scene.balance(market) == sum(fees)


def test_clear__long_after_the_round__counts_as_one_round(scene, market, queue, requester, outsider):
    """k rounds with bids in the book: one clearing now, the others held."""
    scene.place(requester, ZK)
    now = scene.round_over_at() + 7 * ROUND + 11
    scene.chain.next_at(now)
    market.clear(queue, sender=outsider)
    stored = market.roundOf(queue)
    assert (stored.excess, stored.startedAt) == (1_000_000, now)


def test_clear__by_anybody__has_the_same_outcome(scene, market, queue, requester, prover, outsider, owner):
    scene.seat(prover)
    task = scene.place(requester, ZK)
    scene.end_round()
    ends_at = scene.round_over_at()
    outcomes = []
    for caller in (requester, prover, outsider, owner):
        snapshot = scene.chain.request("evm_snapshot")
        scene.chain.next_at(ends_at)
        market.clear(queue, sender=caller)
        outcomes.append((market.taskOf(task), market.roundOf(queue)))
        scene.chain.request("evm_revert", snapshot)
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_clear__terms_changed_while_the_bid_waited__assigns_under_the_new_ones(
    scene, market, projects, requester, prover, deployer
):
    queue = scene.open_queue(window=100, penalty=5 * ZK)
    scene.seat(prover, queue=queue)
    task = scene.place(requester, ZK, queue=queue)
    changed = terms(window=150, liability=200, penalty=3 * ZK)
    scene.chain.send(projects.setTerms, queue, changed, sender=deployer)
    now = scene.end_round(queue)
    market.clear(queue, sender=prover)
    stored = market.taskOf(task)
    assert (stored.termsVersion, stored.proveBy, stored.bondWei) == (2, now + 150, MIN_BOND + 3 * ZK)


def test_clear__terms_changed_after_the_assignment__leave_the_task_alone(
    scene, market, vault, projects, queue, requester, prover, keeper, deployer
):
    scene.seat(prover)
    task = scene.assigned(requester)
    before = market.taskOf(task)
    changed = terms(window=2 * WINDOW, liability=60)
    scene.chain.send(projects.setTerms, queue, changed, sender=deployer)
    assert market.taskOf(task) == before
    assert vault.stakeOf(prover).lockedWei == MIN_BOND
    scene.chain.next_at(before.proveBy + GRACE + 1)
    scene.chain.send(market.finalize, task, sender=keeper)
    with reverts(market.NothingDue, task=task, dueAt=before.proveBy + LIABILITY + 1):
        market.finalize(task, sender=keeper)


def test_clear__closed_queue__still_serves_its_book(
    scene, market, projects, queue, requester, prover, deployer
):
    scene.seat(prover)
    task = scene.place(requester, ZK)
    scene.chain.send(projects.closeQueue, queue, sender=deployer)
    scene.clear()
    assert scene.status(task) == ASSIGNED


def test_clear__two_queues__do_not_touch_each_other(scene, market, queue, requester, prover, second_prover):
    other = scene.open_queue()
    scene.seat(prover)
    scene.seat(second_prover, queue=other)
    here, there = scene.place(requester, ZK), scene.place(requester, 2 * ZK, queue=other)
    scene.clear()
    assert (scene.status(here), scene.status(there)) == (ASSIGNED, QUEUED)
    scene.clear(other)
    assert scene.status(there) == ASSIGNED
    assert market.taskOf(there).prover != market.taskOf(here).prover
    assert market.roundOf(queue).nextSequence == market.roundOf(other).nextSequence == 1


def test_clear__at_the_highest_base_fee__still_assigns(scene, market, vault, queue, requester, prover):
    """E stops at E_MAX, where B is 8449.7 ZK and a bond twice that."""
    highest = 8449720454880446837631
    task = scene.place(requester, 9_000 * ZK)
    for _ in range(118):
        scene.clear()
    assert market.roundOf(queue).excess == 116_000_000
    assert market.baseFeeOf(queue) == highest
    assert market.bondOf(queue) == 2 * highest
    scene.seat(prover, stake_wei=20_000 * ZK)
    scene.clear()
    assert market.taskOf(task).amountWei == highest
    assert vault.stakeOf(prover).lockedWei == 2 * highest
    assert scene.credit(requester) == 9_000 * ZK - highest


def test_clear__empty_book_before_the_round_ends__reverts(scene, market, queue, requester, prover, outsider):
    scene.seat(prover)
    scene.assigned(requester)
    started_at = market.roundOf(queue).startedAt
    scene.chain.next_at(started_at + ROUND - 1)
    with reverts(market.RoundNotOver, queue=queue, endsAt=started_at + ROUND):
        market.clear(queue, sender=outsider)


def test_clear__empty_book__steps_down_round_by_round(scene, market, queue, requester, outsider):
    started_at = scene.heat(3)
    assert market.roundOf(queue).excess == 3_000_000
    scene.chain.next_at(started_at + 2 * ROUND + 100)
    receipt = market.clear(queue, sender=outsider)
    [cleared] = receipt.decode_logs(market.RoundCleared)
    assert (cleared.baseFeeWei, cleared.bidCount, cleared.slotCount) == (11248470364630235, 0, 0)
    assert (cleared.assignedCount, cleared.excess) == (0, 1_000_000)
    assert market.roundOf(queue).startedAt == started_at + 2 * ROUND, "the round in progress goes on"


def test_clear__all_survivors_of_a_clearing__may_cancel(scene, market, queue, requester):
    task = scene.place(requester, ZK)
    scene.place(requester, 2 * ZK)
    scene.clear()
    assert market.roundOf(queue).clearedSequence == 2
    scene.chain.send(market.cancelBid, task, sender=requester)
    assert scene.book() == [2 * ZK]


def test_clear__thirty_two_of_sixty_four__fits_the_block(scene, market, queue, requester):
    scene.crowd(32)
    for i in range(64):
        scene.place(requester, ZK + i * ZK // 100)
    receipt = scene.clear()
    assert int(receipt["gasUsed"], 16) < 10_000_000
    assert market.roundOf(queue).bidCount == 32
