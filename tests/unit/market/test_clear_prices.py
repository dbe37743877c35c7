"""Clearing: the generalised second price, by hand-computed numbers."""

from __future__ import annotations

import pytest

from tests.support.scene import ASSIGNED, MIN_BASE_FEE, QUEUED, ZK

B1 = 11248470364630235  # base fee after one round of full pressure, 0.01 * e^(1/8.5) ZK


def wei(*amounts_zk: float) -> list[int]:
    return [round(amount * 1000) * ZK // 1000 for amount in amounts_zk]


def test_clear__four_bids_for_three_slots__each_pays_the_next_bid(scene, market, queue, requester):
    """Bids 9, 7.5, 6.1, 2 for three slots: prices 7.5, 6.1, 2, and 2 stays in the book."""
    provers = scene.crowd(3)
    tasks = {fee: scene.place(requester, fee) for fee in wei(6.1, 9, 2, 7.5)}
    scene.end_round()
    receipt = market.clear(queue, sender=requester)

    assigned = receipt.decode_logs(market.TaskAssigned)
    assert [bytes(event.task) for event in assigned] == [tasks[fee] for fee in wei(9, 7.5, 6.1)]
    assert [event.position for event in assigned] == [1, 2, 3]
    assert [event.priceWei for event in assigned] == wei(7.5, 6.1, 2)
    assert [event.refundWei for event in assigned] == wei(1.5, 1.4, 4.1)
    assert {event.prover.lower() for event in assigned} == set(provers)
    assert scene.status(tasks[wei(2)[0]]) == QUEUED
    assert scene.credit(requester) == sum(wei(1.5, 1.4, 4.1))
    assert scene.balance(market) == sum(wei(9, 7.5, 6.1, 2))
    assert market.roundOf(queue).excess == 1_000_000


@pytest.mark.parametrize(
    ("slots", "bids", "prices"),
    [
        (1, [9], [0.01]),
        (1, [9, 7.5], [7.5]),
        (2, [9, 7.5], [7.5, 0.01]),
        (3, [9, 7.5], [7.5, 0.01]),
        (3, [9, 7.5, 6.1], [7.5, 6.1, 0.01]),
        (2, [5, 5, 5], [5, 5]),
        (2, [0.01, 0.01, 0.01], [0.01, 0.01]),
    ],
)
def test_clear__n_bids_k_slots__last_winner_pays_the_first_loser_or_the_base_fee(
    scene, market, requester, slots, bids, prices
):
    scene.crowd(slots)
    tasks = [scene.place(requester, fee) for fee in wei(*bids)]
    scene.clear()
    won = [task for task in tasks if scene.status(task) == ASSIGNED]
    assert [market.taskOf(task).amountWei for task in won] == wei(*prices)
    assert won == tasks[: len(prices)]


def test_clear__first_loser_below_the_base_fee__does_not_price(scene, market, requester, rival):
    """B rose above a bid that stayed: the last winner pays B, not the dead bid."""
    scene.place(rival, MIN_BASE_FEE)
    task = scene.place(requester, ZK)
    scene.clear()
    scene.crowd(1)
    scene.clear()
    assert market.taskOf(task).amountWei == B1
    assert scene.credit(requester) == ZK - B1


def test_clear__own_bid_raised_at_fixed_rank__pays_the_same(scene, market, requester, rival):
    """The price of a rank does not depend on the bid that takes it."""
    scene.crowd(1)
    scene.place(rival, 2 * ZK)
    prices = []
    for fee in (3 * ZK, 50 * ZK):
        snapshot = scene.chain.request("evm_snapshot")
        task = scene.place(requester, fee)
        scene.clear()
        prices.append(market.taskOf(task).amountWei)
        scene.chain.request("evm_revert", snapshot)
    assert prices == [2 * ZK, 2 * ZK]


def test_clear__shill_just_below_a_rival__raises_the_rivals_price_up_to_it(scene, market, requester, rival):
    """Known and bounded: a losing bid moves the winner's price, never above the winner's own bid."""
    scene.crowd(1)
    task = scene.place(requester, 5 * ZK)
    shill = scene.place(rival, 5 * ZK - 1)
    scene.clear()
    assert market.taskOf(task).amountWei == 5 * ZK - 1
    assert scene.status(shill) == QUEUED
