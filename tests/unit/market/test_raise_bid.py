"""`raiseBid`: more money for a bid, at the price of its turn among equals."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import ASSIGNED, DAY, QUEUED, ZK, ordinary


def test_raise__own_bid__adds_the_difference_and_moves_up(scene, market, queue, requester, rival):
    low, high = scene.place(requester, 2 * ZK), scene.place(rival, 3 * ZK)
    before = scene.balance(requester)
    receipt = market.raiseBid(low, 5 * ZK, sender=requester)

    [raised] = receipt.decode_logs(market.BidRaised)
    assert (bytes(raised.task), raised.maxFeeWei, raised.sequence) == (low, 5 * ZK, 2)
    assert scene.balance(requester) == before - 3 * ZK
    assert market.taskOf(low).amountWei == 5 * ZK
    assert [bytes(task) for task in market.bookOf(queue).tasks] == [low, high]
    assert market.taskOf(low).nonce == 0, "the task keeps its id"


def test_raise__keeps_expiry_and_place(scene, market, queue, requester):
    expires_at = scene.chain.now + 1234
    scene.place(requester, ZK)
    task = scene.place(requester, ZK, expires_at=expires_at)
    market.raiseBid(task, 2 * ZK, sender=requester)
    assert market.taskOf(task).place == 1
    assert market.bookOf(queue).expiries[0] == expires_at


def test_raise__up_to_a_rivals_bid__stands_behind_it(scene, market, queue, requester, rival):
    """The raise is later, so of equal bids the rival's wins."""
    mine, other = scene.place(requester, 2 * ZK), scene.place(rival, 3 * ZK)
    market.raiseBid(mine, 3 * ZK, sender=requester)
    assert [bytes(task) for task in market.bookOf(queue).tasks] == [other, mine]


def test_raise__every_bid_of_a_full_book__keeps_the_order(scene, market, queue, requester):
    tasks = [scene.place(requester, ZK + i) for i in range(64)]
    for i in (0, 63, 31, 1, 17):
        scene.chain.send(market.raiseBid, tasks[i], 2 * ZK + i, sender=requester)
    words = market.bookWords(queue)
    assert all(words[(i - 1) // 2] < words[i] for i in range(1, 64)), "a min-heap"
    expected = sorted([2 * ZK + i if i in (0, 63, 31, 1, 17) else ZK + i for i in range(64)], reverse=True)
    assert scene.book() == expected


@pytest.mark.parametrize("offer", [2 * ZK, 2 * ZK - 1, 0])
def test_raise__to_no_more_than_it_is__reverts(scene, market, requester, offer):
    task = scene.place(requester, 2 * ZK)
    with reverts(market.RaiseTooLow, gotWei=offer, currentWei=2 * ZK):
        market.raiseBid(task, offer, sender=requester)


def test_raise__by_one_wei__is_accepted(scene, market, requester):
    task = scene.place(requester, 2 * ZK)
    market.raiseBid(task, 2 * ZK + 1, sender=requester)
    assert scene.book() == [2 * ZK + 1]


def test_raise__bid_of_somebody_else__reverts(scene, market, requester, rival):
    task = scene.place(requester, 2 * ZK)
    with reverts(market.NotRequester, task=task, caller=rival):
        market.raiseBid(task, 3 * ZK, sender=rival)


def test_raise__task_that_does_not_exist__reverts(market, requester):
    with reverts(market.WrongStatus, task=b"\x07" * 32, got=0, expected=QUEUED):
        market.raiseBid(b"\x07" * 32, ZK, sender=requester)


def test_raise__assigned_task__reverts(scene, market, requester, prover):
    scene.seat(prover)
    task = scene.assigned(requester)
    with reverts(market.WrongStatus, task=task, got=ASSIGNED, expected=QUEUED):
        market.raiseBid(task, 9 * ZK, sender=requester)


def test_raise__while_paused__reverts(scene, market, requester, guardian):
    task = scene.place(requester, 2 * ZK)
    scene.chain.send(market.pause, sender=guardian)
    with reverts(market.EnforcedPause):
        market.raiseBid(task, 3 * ZK, sender=requester)


def test_raise__in_a_closed_queue__is_accepted(scene, market, projects, queue, requester, deployer):
    task = scene.place(requester, 2 * ZK)
    scene.chain.send(projects.closeQueue, queue, sender=deployer)
    market.raiseBid(task, 3 * ZK, sender=requester)
    assert scene.book() == [3 * ZK]


def test_raise__beyond_the_allowance__reverts(scene, market, token, requester):
    task = scene.place(requester, 2 * ZK)
    scene.chain.send(token.approve, market, 0, sender=requester)
    with reverts(token.ERC20InsufficientAllowance, spender=market, allowance=0, needed=ZK):
        market.raiseBid(task, 3 * ZK, sender=requester)


def test_raise__in_the_last_second_of_a_round__wins_at_the_price_it_set(
    scene, market, requester, rival, prover
):
    """A last-second raise buys the slot for the rival's bid, which is what the rival would have paid it."""
    scene.seat(prover)
    mine, other = scene.place(requester, 2 * ZK), scene.place(rival, 3 * ZK)
    over_at = scene.round_over_at()
    scene.chain.next_at(over_at - 1)
    market.raiseBid(mine, 4 * ZK, sender=requester)
    scene.chain.next_at(over_at)
    scene.chain.send(market.clear, scene.queue, sender=ordinary(1))
    assert (scene.status(mine), market.taskOf(mine).amountWei) == (ASSIGNED, 3 * ZK)
    assert scene.status(other) == QUEUED
    assert scene.credit(requester) == ZK


def test_raise__of_the_worst_of_a_full_book__saves_it_from_eviction(scene, market, queue, requester, rival):
    tasks = [scene.place(requester, ZK + i) for i in range(64)]
    market.raiseBid(tasks[0], 2 * ZK, sender=requester)
    with reverts(market.BookFull, gotWei=ZK + 1, worstWei=ZK + 1):
        market.placeBid(queue, [11, 22], ZK + 1, scene.chain.now + DAY, b"", sender=rival)
    scene.place(rival, ZK + 2)
    assert scene.status(tasks[0]) == QUEUED
    assert scene.status(tasks[1]) != QUEUED
