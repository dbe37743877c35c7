"""Faults that were found by attacking the contracts, each as the attack that must fail."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import CANCELLED, DAY, QUEUED, ROUND, STATEMENT, UNLIMITED, WINDOW, ZK, terms


def test_seats__held_by_provers_that_offer_nothing__yield_to_a_newcomer(scene, provers, queue, prover):
    """32 stakes, one for all queues, must not shut every queue for good: at 24 ZK they stop to decay."""
    squatters = scene.crowd(32, capacity=0)
    assert scene.seat(prover, capacity=2) == 33
    assert (scene.seats()[0].prover, scene.seats()[0].capacity) == (33, 2)
    with reverts(provers.NotSeated, queue=queue, prover=1):
        scene.chain.call(provers.setCapacity, queue, 1, sender=squatters[0])


def test_book__bids_about_to_expire__drive_nobody_out(scene, market, queue, requester, rival):
    """64 better bids that live one block must not empty a book for the price of their gas."""
    honest = [scene.place(requester, ZK) for _ in range(64)]
    over_at = scene.round_over_at()
    now = scene.chain.now
    for expires_at in (now + 5, over_at + ROUND - 1):
        with reverts(market.ExpiryOutOfBounds, gotAt=expires_at, minAt=over_at + ROUND):
            market.placeBid(queue, STATEMENT, 2 * ZK, expires_at, b"", sender=rival)
    assert {scene.status(task) for task in honest} == {QUEUED}
    scene.place(rival, 2 * ZK, expires_at=over_at + ROUND)
    assert scene.book() == [2 * ZK, *[ZK] * 63]


def test_book__long_after_its_round__evicting_bid_still_stays_a_round(scene, market, queue, requester, rival):
    for _ in range(64):
        scene.place(requester, ZK)
    later = scene.round_over_at() + 7 * ROUND
    scene.chain.next_at(later)
    with reverts(market.ExpiryOutOfBounds, gotAt=later + ROUND - 1, minAt=later + ROUND):
        market.placeBid(queue, STATEMENT, 2 * ZK, later + ROUND - 1, b"", sender=rival)


@pytest.fixture
def worked(scene, requester, prover):
    """The first seat offers nothing, the second has done four tasks: the idler, the pass before the last."""
    [idler] = scene.crowd(1, capacity=0)
    scene.seat(prover)
    scene.experience(prover, 3, requester=requester)
    before = scene.seats()[1].pass_
    scene.experience(prover, 1, requester=requester)
    return idler, before


def test_pass__newcomer_beside_an_idle_seat__does_not_win_all_turns(scene, worked, second_prover):
    """A seat that is never drawn keeps its first pass; who joins must not inherit it and be served alone."""
    _, before = worked
    scene.seat(second_prover)
    assert before > 0
    assert scene.seats()[2].pass_ == before


def test_pass__seat_that_offered_nothing__has_saved_up_no_turns(scene, provers, queue, requester, worked):
    idler, before = worked
    assert scene.seats()[0].pass_ == 0
    scene.chain.send(provers.setCapacity, queue, 8, sender=idler)
    scene.assigned(requester, ZK)
    step = 10**12 // 300_000
    assert scene.seats()[0].pass_ == before + step


def test_terms__under_seated_provers__never_get_harsher(
    scene, projects, market, queue, requester, prover, deployer
):
    """A project that raises the penalty to a prover's stake and bids twice would gain half of that stake."""
    scene.seat(prover, stake_wei=40_000 * ZK)
    with reverts(projects.Tier1PenaltyTooHigh, gotWei=39_000 * ZK, limitWei=0):
        projects.setTerms(queue, terms(penalty=39_000 * ZK), sender=deployer)
    with reverts(projects.ProofWindowOutOfBounds, gotSeconds=WINDOW - 1, minSeconds=WINDOW):
        projects.setTerms(queue, terms(window=WINDOW - 1), sender=deployer)
    projects.setTerms(queue, terms(window=WINDOW + 1), sender=deployer)
    with reverts(projects.ProofWindowOutOfBounds, gotSeconds=WINDOW, minSeconds=WINDOW + 1):
        projects.setTerms(queue, terms(window=WINDOW), sender=deployer)
    task = scene.assigned(requester)
    assert market.taskOf(task).bondWei == ZK // 2


def test_seats__held_by_stakes_below_the_bond__yield_to_a_newcomer(scene, provers, prover):
    """Who can never be given a task is never slashed either, and would hold its seat for good."""
    queue = scene.open_queue(penalty=39 * ZK + ZK // 2 + 1)
    for squatter in scene.crowd(32):
        scene.chain.send(provers.join, queue, 1, sender=squatter)
    scene.seat(prover, stake_wei=100 * ZK, queue=queue)
    assert [seat.prover for seat in scene.seats(queue)] == [33, *range(2, 33)]


def test_seats__held_by_stakes_of_just_the_bond__are_kept(scene, provers, prover):
    queue = scene.open_queue(penalty=39 * ZK + ZK // 2)
    for holder in scene.crowd(32):
        scene.chain.send(provers.join, queue, 1, sender=holder)
    scene.chain.send(provers.register, "", sender=prover)
    scene.stake(prover, 100 * ZK)
    with reverts(provers.QueueFull, queue=queue, seatLimit=32):
        provers.join(queue, 1, sender=prover)


def test_pause__bid_that_no_clearing_has_seen__can_be_cancelled(scene, market, requester, guardian):
    """Nothing is cleared under a pause: without this a guardian could hold bids until they expire."""
    task = scene.place(requester, 100 * ZK, expires_at=scene.chain.now + 30 * DAY)
    with reverts(market.NotYetCleared, task=task):
        market.cancelBid(task, sender=requester)
    scene.chain.send(market.pause, sender=guardian)
    market.cancelBid(task, sender=requester)
    assert (scene.status(task), scene.credit(requester)) == (CANCELLED, 99 * ZK)


def test_unstake__of_everything__needs_no_knowledge_of_the_hour(scene, vault, prover):
    """A whole that decays each hour cannot be named by whoever signs slower than that."""
    scene.stake(prover, 40 * ZK)
    scene.chain.warp(2 * DAY + 5)
    with reverts(vault.UnstakeExceedsStake, prover=prover, gotWei=40 * ZK):
        vault.requestUnstake(40 * ZK, sender=prover)
    vault.requestUnstake(UNLIMITED, sender=prover)
    left = vault.stakeOf(prover)
    assert (left.ownWei, left.active) == (0, False)
    assert 39 * ZK < left.unbondingWei < 40 * ZK
    with reverts(vault.AmountZero):
        vault.requestUnstake(UNLIMITED, sender=prover)
