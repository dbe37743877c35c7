"""The market's views."""

from __future__ import annotations

from tests.support.reverts import reverts
from tests.support.scene import MIN_BASE_FEE, MIN_BOND, ZK


def test_views__queue_without_history__show_the_start(market, queue):
    stored = market.roundOf(queue)
    assert (stored.nextSequence, stored.startedAt, stored.excess, stored.bidCount) == (0, 0, 0, 0)
    assert market.baseFeeOf(queue) == MIN_BASE_FEE
    assert market.bondOf(queue) == MIN_BOND
    assert market.slotCountOf(queue) == 0
    assert market.bookWords(queue) == []
    assert market.taskOf(b"\x01" * 32).status == 0


def test_book__bids_in_any_order__are_shown_best_first(scene, market, queue, requester):
    first = scene.chain.now
    placed = [
        (scene.place(requester, fee, expires_at=first + 1000 + i), fee, first + 1000 + i)
        for i, fee in enumerate([3 * ZK, 9 * ZK, ZK, 9 * ZK, 2 * ZK])
    ]
    shown = market.bookOf(queue)
    best_first = [placed[i] for i in (1, 3, 0, 4, 2)]
    assert [bytes(task) for task in shown.tasks] == [task for task, _, _ in best_first]
    assert list(shown.maxFeesWei) == [fee for _, fee, _ in best_first]
    assert list(shown.expiries) == [expiry for _, _, expiry in best_first]


def test_words__book__are_packed_as_the_protocol_says(scene, market, queue, requester):
    expires_at = scene.chain.now + 1000
    scene.place(requester, 3 * ZK, expires_at=expires_at)
    scene.place(requester, 2 * ZK, expires_at=expires_at)
    low = (2 * ZK << 96) | ((2**48 - 1 - 1) << 48) | (expires_at << 8) | 1
    high = (3 * ZK << 96) | ((2**48 - 1) << 48) | (expires_at << 8)
    assert list(market.bookWords(queue)) == [low, high]


def test_bond_and_slots__unknown_queue__revert(node, market, projects):
    with reverts(projects.UnknownQueue, queue=9):
        node.call(market.bondOf, 9)
    with reverts(projects.UnknownQueue, queue=9):
        node.call(market.slotCountOf, 9)


def test_constants__are_those_of_the_protocol(market):
    assert market.MAX_BID_SECONDS() == 30 * 86_400
    assert market.MAX_DATA_BYTES() == 16_384
    assert market.TIER1_COOLDOWN_SECONDS() == 2 * 86_400
