"""Clearing and empty rounds: how E, and with it the base fee, follows demand."""

from __future__ import annotations

import pytest

from tests.support.scene import MIN_BASE_FEE, ROUND, ZK, ordinary

B1 = 11248470364630235  # 0.01 * e^(1/8.5) ZK: E = 1e6
B2 = 12652808554396466  # E = 2e6
B3 = 14232474205346857  # E = 3e6


def test_base_fee__full_pressure__rises_by_an_eighth_each_round(scene, market, queue, requester):
    scene.place(requester, ZK)
    seen = [market.baseFeeOf(queue)]
    for _ in range(3):
        scene.clear()
        seen.append(market.baseFeeOf(queue))
    assert seen == [MIN_BASE_FEE, B1, B2, B3]


@pytest.mark.parametrize(
    ("slots", "bids", "after"),
    [
        (3, [ZK], 333_333),  # q = 1e6 / 3
        (3, [ZK, ZK], 666_666),
        (3, [ZK, ZK, ZK], 1_000_000),  # balance
        (1, [ZK, B1], 1_000_000),  # the loser stands at B: q = 1e6
        (1, [ZK, B1 * 3 // 2], 1_499_999),  # half a base fee above it
        (1, [ZK, 2 * B1], 2_000_000),
        (1, [ZK, ZK], 2_000_000),  # q is at most 2e6
    ],
)
def test_base_fee__n_bids_k_slots__moves_by_the_pressure(scene, market, queue, requester, slots, bids, after):
    """E stands at 1e6, so that a step down shows too."""
    scene.heat(1)
    scene.crowd(slots)
    for fee in bids:
        scene.place(requester, fee)
    scene.clear()
    assert market.roundOf(queue).excess == after


def test_base_fee__balanced_rounds__stays(scene, market, queue, requester, prover):
    scene.heat(2)
    scene.seat(prover)
    scene.experience(prover, 3, requester=requester)
    assert market.baseFeeOf(queue) == B2


def test_base_fee__during_a_round__does_not_depend_on_bids_or_callers(scene, market, queue, requester, rival):
    scene.place(requester, ZK)
    scene.clear()
    for fee in (5 * ZK, 50 * ZK):
        scene.place(rival, fee)
        assert market.baseFeeOf(queue) == B1
    scene.chain.warp(10 * ROUND)
    assert market.baseFeeOf(queue) == B1, "rounds with bids in the book are held"


@pytest.mark.parametrize("rounds", [0, 1, 2, 3, 4, 1_000_000])
def test_base_fee__empty_rounds__decay_lazily(scene, market, queue, requester, rounds):
    """E = max(0, 3e6 - k * 1e6), applied by whoever comes next."""
    started_at = scene.heat(3)
    at = started_at + rounds * ROUND + 299
    scene.chain.warp_to(at - 1)
    expected = [B3, B2, B1, MIN_BASE_FEE][min(rounds, 3)]
    assert market.baseFeeOf(queue) == expected
    assert market.roundOf(queue).excess == 3_000_000, "storage is untouched by looking"
    scene.chain.next_at(at)
    scene.place(requester, ZK, expires_at=at + 1000)
    stored = market.roundOf(queue)
    assert stored.excess == max(0, 3_000_000 - rounds * 1_000_000)
    assert stored.startedAt == started_at + rounds * ROUND


def test_base_fee__empty_rounds_at_once_or_one_by_one__are_the_same(scene, market, queue, requester):
    started_at = scene.heat(3)
    at = started_at + 2 * ROUND + 200
    outcomes = []
    for calls in ([], [1], [2], [1, 2]):
        snapshot = scene.chain.request("evm_snapshot")
        for k in calls:
            scene.chain.next_at(started_at + k * ROUND)
            scene.chain.send(market.clear, queue, sender=ordinary(1))
        scene.chain.next_at(at)
        scene.place(requester, ZK, expires_at=at + 1000)
        stored = market.roundOf(queue)
        outcomes.append((stored.excess, stored.startedAt, stored.bidCount))
        scene.chain.request("evm_revert", snapshot)
    assert outcomes == [(1_000_000, started_at + 2 * ROUND, 1)] * 4


def test_base_fee__bid_placed_late_in_an_empty_round__does_not_restart_it(scene, market, queue, requester):
    started_at = scene.heat(1)
    scene.chain.next_at(started_at + ROUND + 250)
    scene.place(requester, ZK)
    assert scene.round_over_at() == started_at + 2 * ROUND
    scene.clear()
    assert market.roundOf(queue).startedAt == started_at + 2 * ROUND


def test_base_fee__first_bid_ever__starts_the_round(scene, market, queue, requester):
    at = scene.chain.now + 12_345
    scene.chain.next_at(at)
    scene.place(requester, ZK, expires_at=at + 2 * ROUND)
    assert market.roundOf(queue).startedAt == at


def test_base_fee__bids_by_their_own_prover__cost_more_than_they_move(scene, market, queue, prover):
    """Whoever pumps the base fee alone pays the pool's part of every price and locks every bid."""
    scene.seat(prover)
    before = scene.balance(prover)
    for _ in range(3):
        scene.place(prover, ZK)
        task = scene.place(prover, 2 * ZK)
        scene.clear()
        scene.prove(task, prover)
    assert market.baseFeeOf(queue) == B3
    scene.chain.warp(86_400)
    scene.chain.send(scene.pool.splitter.claim, sender=prover)
    scene.chain.send(market.claimCredit, sender=prover)
    locked = sum(scene.book())
    assert before - scene.balance(prover) - locked == 3 * ZK * 20 // 100
