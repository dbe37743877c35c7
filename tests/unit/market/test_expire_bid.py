"""`expireBid`: anybody takes a dead bid out of the book; its requester gets all of it back."""

from __future__ import annotations

from tests.support.reverts import reverts
from tests.support.scene import EXPIRED, QUEUED, ROUND, ZK

LIFE = 2 * ROUND + 50


def test_expire__in_its_last_second__reverts(scene, market, requester, outsider):
    expires_at = scene.chain.now + LIFE
    task = scene.place(requester, 5 * ZK, expires_at=expires_at)
    for now in (expires_at - 1, expires_at):
        scene.chain.next_at(now)
        with reverts(market.NotYetExpired, task=task, nowAt=now, expiresAt=expires_at):
            market.expireBid(task, sender=outsider)


def test_expire__a_second_later__credits_all(scene, market, queue, requester, outsider):
    expires_at = scene.chain.now + LIFE
    task = scene.place(requester, 5 * ZK, expires_at=expires_at)
    scene.chain.next_at(expires_at + 1)
    receipt = market.expireBid(task, sender=outsider)
    [expired] = receipt.decode_logs(market.BidExpired)
    assert (bytes(expired.task), expired.refundWei) == (task, 5 * ZK)
    assert scene.status(task) == EXPIRED
    assert scene.credit(requester) == 5 * ZK
    assert (scene.credit(outsider), market.roundOf(queue).bidCount) == (0, 0)


def test_expire__twice__reverts(scene, market, requester, outsider):
    task = scene.place(requester, 5 * ZK, expires_at=scene.chain.now + LIFE)
    scene.chain.warp(LIFE + 50)
    scene.chain.send(market.expireBid, task, sender=outsider)
    with reverts(market.WrongStatus, task=task, got=EXPIRED, expected=QUEUED):
        market.expireBid(task, sender=outsider)


def test_expire__task_that_does_not_exist__reverts(market, outsider):
    with reverts(market.WrongStatus, task=b"\x01" * 32, got=0, expected=QUEUED):
        market.expireBid(b"\x01" * 32, sender=outsider)


def test_expire__while_paused__credits(scene, market, requester, guardian, outsider):
    task = scene.place(requester, 5 * ZK, expires_at=scene.chain.now + LIFE)
    scene.chain.send(market.pause, sender=guardian)
    scene.chain.warp(LIFE + 50)
    market.expireBid(task, sender=outsider)
    assert scene.credit(requester) == 5 * ZK


def test_expire__raised_bid__keeps_its_expiry(scene, market, requester, outsider):
    expires_at = scene.chain.now + LIFE
    task = scene.place(requester, 5 * ZK, expires_at=expires_at)
    scene.chain.send(market.raiseBid, task, 6 * ZK, sender=requester)
    scene.chain.next_at(expires_at + 1)
    market.expireBid(task, sender=outsider)
    assert scene.credit(requester) == 6 * ZK


def test_expire__last_bid__holds_the_excess_of_rounds_that_had_bids(
    scene, market, queue, requester, outsider
):
    task = scene.place(requester, 5 * ZK)
    scene.clear()
    started_at = market.roundOf(queue).startedAt
    dead = scene.place(requester, 5 * ZK, expires_at=started_at + 4 * ROUND)
    scene.chain.send(market.cancelBid, task, sender=requester)
    scene.chain.next_at(started_at + 4 * ROUND + 299)
    market.expireBid(dead, sender=outsider)
    stored = market.roundOf(queue)
    assert (stored.startedAt, stored.excess) == (started_at + 4 * ROUND, 1_000_000)


def test_expire__full_book__makes_room(scene, market, queue, requester, rival, outsider):
    expires_at = scene.chain.now + 1000
    tasks = [scene.place(requester, 10 * ZK, expires_at=expires_at) for _ in range(64)]
    scene.chain.next_at(expires_at + 1)
    market.expireBid(tasks[40], sender=outsider)
    task = scene.place(rival, ZK)
    assert market.taskOf(task).place == 40
    assert scene.book() == [*([10 * ZK] * 63), ZK]
