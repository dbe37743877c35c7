"""`pause`, `unpause`, `setGuardian`, ownership: who stops what."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, STATEMENT, ZK

ZERO = "0x" + "00" * 20


@pytest.mark.parametrize("role", ["guardian", "owner"])
def test_pause__by_guardian_or_owner__stops_and_goes_on(request, scene, market, queue, requester, role):
    actor = request.getfixturevalue(role)
    receipt = market.pause(sender=actor)
    [paused] = receipt.decode_logs(market.Paused)
    assert (paused.account, market.paused()) == (actor.address, True)
    with reverts(market.EnforcedPause):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)
    receipt = market.unpause(sender=actor)
    [unpaused] = receipt.decode_logs(market.Unpaused)
    assert (unpaused.account, market.paused()) == (actor.address, False)
    scene.place(requester, ZK)


@pytest.mark.parametrize("method", ["pause", "unpause"])
@pytest.mark.parametrize("role", ["deployer", "treasury", "requester", "prover", "keeper", "outsider"])
def test_pause__by_anybody_else__reverts(request, market, method, role):
    actor = request.getfixturevalue(role)
    with reverts(market.NotGuardian, caller=actor):
        getattr(market, method)(sender=actor)


def test_pause__twice__reverts(scene, market, guardian):
    scene.chain.send(market.pause, sender=guardian)
    with reverts(market.EnforcedPause):
        market.pause(sender=guardian)


def test_unpause__running_market__reverts(market, guardian):
    with reverts(market.ExpectedPause):
        market.unpause(sender=guardian)


def test_pause__whole_life_of_a_task__only_bids_and_clearing_stop(
    scene, market, vault, splitter, provers, queue, requester, prover, keeper, guardian
):
    """Proofs, slashes, refunds, stake and claims go on under a pause."""
    scene.seat(prover)
    task = scene.assigned(requester, 5 * ZK)
    waiting = scene.place(requester, ZK)
    scene.chain.send(market.pause, sender=guardian)
    with reverts(market.EnforcedPause):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)
    with reverts(market.EnforcedPause):
        market.raiseBid(waiting, 2 * ZK, sender=requester)
    scene.end_round()
    with reverts(market.EnforcedPause):
        market.clear(queue, sender=keeper)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    scene.chain.warp(DAY)
    splitter.claim(sender=prover)
    splitter.claimTreasury(sender=keeper)
    vault.stake(ZK, sender=prover)
    vault.settle(prover, sender=keeper)
    vault.requestUnstake(ZK, sender=prover)
    provers.leave(queue, sender=prover)
    market.expireBid(waiting, sender=keeper)
    market.claimCredit(sender=requester)
    scene.chain.warp(7 * DAY)
    vault.finishUnstake(sender=prover)


def test_set_guardian__by_the_owner__replaces_it(scene, market, owner, guardian, keeper):
    receipt = market.setGuardian(keeper, sender=owner)
    [named] = receipt.decode_logs(market.GuardianSet)
    assert named.guardian == market.guardian() == keeper.address
    with reverts(market.NotGuardian, caller=guardian):
        market.pause(sender=guardian)
    market.pause(sender=keeper)


def test_set_guardian__zero__reverts(market, owner):
    with reverts(market.ZeroAddress):
        market.setGuardian(ZERO, sender=owner)


@pytest.mark.parametrize("role", ["guardian", "deployer", "outsider"])
def test_set_guardian__by_anybody_but_the_owner__reverts(request, market, role):
    actor = request.getfixturevalue(role)
    with reverts(market.OwnableUnauthorizedAccount, account=actor):
        market.setGuardian(actor, sender=actor)
