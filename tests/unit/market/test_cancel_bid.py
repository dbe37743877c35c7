"""`cancelBid`: out of the book for one percent, once the bid has lost a round."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import ASSIGNED, CANCELLED, MIN_BASE_FEE, QUEUED, ROUND, ZK, ordinary


def test_cancel__before_any_clearing__reverts(scene, market, requester):
    task = scene.place(requester, 5 * ZK)
    with reverts(market.NotYetCleared, task=task):
        market.cancelBid(task, sender=requester)
    assert scene.book() == [5 * ZK], "a refused cancel leaves the book as it was"


def test_cancel__after_a_clearing__pays_one_percent_to_insurance(scene, market, queue, insurance, requester):
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    receipt = market.cancelBid(task, sender=requester)

    [cancelled] = receipt.decode_logs(market.BidCancelled)
    assert (bytes(cancelled.task), cancelled.refundWei, cancelled.feeWei) == (task, 495 * ZK // 100, ZK // 20)
    assert scene.status(task) == CANCELLED
    assert scene.credit(requester) == 495 * ZK // 100
    assert scene.balance(insurance) == ZK // 20
    assert scene.balance(market) == 495 * ZK // 100
    assert (market.roundOf(queue).bidCount, market.roundOf(queue).places) == (0, 0)


@pytest.mark.parametrize(
    ("bid", "fee"), [(MIN_BASE_FEE + 99, MIN_BASE_FEE // 100), (ZK + 100, ZK // 100 + 1)]
)
def test_cancel__odd_amount__rounds_the_fee_down(scene, market, requester, insurance, bid, fee):
    task = scene.place(requester, bid)
    scene.clear()
    market.cancelBid(task, sender=requester)
    assert scene.balance(insurance) == fee
    assert scene.credit(requester) == bid - fee


def test_cancel__raised_since_the_clearing__reverts(scene, market, requester):
    """A raise makes the bid new: it has to stand a round again."""
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    scene.chain.send(market.raiseBid, task, 6 * ZK, sender=requester)
    with reverts(market.NotYetCleared, task=task):
        market.cancelBid(task, sender=requester)
    scene.clear()
    market.cancelBid(task, sender=requester)
    assert scene.status(task) == CANCELLED


def test_cancel__placed_after_the_clearing__reverts(scene, market, requester, rival):
    scene.place(rival, 5 * ZK)
    scene.clear()
    task = scene.place(requester, 5 * ZK)
    with reverts(market.NotYetCleared, task=task):
        market.cancelBid(task, sender=requester)


def test_cancel__bid_of_somebody_else__reverts(scene, market, requester, rival):
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    with reverts(market.NotRequester, task=task, caller=rival):
        market.cancelBid(task, sender=rival)


def test_cancel__twice__reverts(scene, market, requester):
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    scene.chain.send(market.cancelBid, task, sender=requester)
    with reverts(market.WrongStatus, task=task, got=CANCELLED, expected=QUEUED):
        market.cancelBid(task, sender=requester)


def test_cancel__assigned_task__reverts(scene, market, requester, prover):
    scene.seat(prover)
    task = scene.assigned(requester)
    with reverts(market.WrongStatus, task=task, got=ASSIGNED, expected=QUEUED):
        market.cancelBid(task, sender=requester)


def test_cancel__while_paused__pays(scene, market, requester, guardian):
    """A pause never traps money."""
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    scene.chain.send(market.pause, sender=guardian)
    market.cancelBid(task, sender=requester)
    assert scene.status(task) == CANCELLED


@pytest.mark.parametrize("index", range(7))
def test_cancel__any_of_several__leaves_a_heap(scene, market, queue, requester, index):
    fees = [7 * ZK, 3 * ZK, 9 * ZK, ZK, 5 * ZK, 2 * ZK, 8 * ZK]
    tasks = [scene.place(requester, fee) for fee in fees]
    scene.clear()
    market.cancelBid(tasks[index], sender=requester)
    words = market.bookWords(queue)
    assert all(words[(i - 1) // 2] < words[i] for i in range(1, 6))
    assert scene.book() == sorted(fees[:index] + fees[index + 1 :], reverse=True)


def test_cancel__last_bid_in_mid_round__holds_the_excess_of_rounds_that_had_bids(
    scene, market, queue, requester
):
    """Five rounds pass uncleared with a bid in the book; emptying it must not count them as empty rounds."""
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    started_at = market.roundOf(queue).startedAt
    assert market.roundOf(queue).excess == 1_000_000
    scene.chain.next_at(started_at + 5 * ROUND + 120)
    market.cancelBid(task, sender=requester)
    stored = market.roundOf(queue)
    assert (stored.startedAt, stored.excess) == (started_at + 5 * ROUND, 1_000_000)
    assert market.baseFeeOf(queue) == 11248470364630235

    scene.chain.warp_to(started_at + 6 * ROUND - 1)
    assert market.baseFeeOf(queue) == 11248470364630235
    scene.chain.warp_to(started_at + 6 * ROUND)
    assert market.baseFeeOf(queue) == MIN_BASE_FEE, "the first empty round lowers E"


def test_cancel__not_the_last_bid__leaves_the_round_alone(scene, market, queue, requester, rival):
    task = scene.place(requester, 5 * ZK)
    scene.place(rival, 4 * ZK)
    scene.clear()
    started_at = market.roundOf(queue).startedAt
    scene.chain.next_at(started_at + 3 * ROUND)
    market.cancelBid(task, sender=requester)
    assert market.roundOf(queue).startedAt == started_at
    scene.chain.send(market.clear, queue, sender=ordinary(1))
    assert market.roundOf(queue).excess == 2_000_000
