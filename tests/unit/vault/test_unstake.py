"""`requestUnstake`, `finishUnstake`: leaving, slowly enough for every slash."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, MIN_BOND, ZK

UNBONDING = 7 * DAY


def test_request__part_that_leaves_the_entry_stake__keeps_the_prover_active(scene, vault, prover):
    scene.stake(prover, 50 * ZK)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    receipt = vault.requestUnstake(18 * ZK, sender=prover)
    [requested] = receipt.decode_logs(vault.UnstakeRequested)
    assert (requested.prover, requested.amountWei) == (prover.address, 18 * ZK)
    assert requested.unbondAt == now + UNBONDING
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.unbondingWei, stake.unbondAt) == (32 * ZK, 18 * ZK, now + UNBONDING)
    assert stake.active
    assert list(vault.freeCoverOf(1, [prover])) == [32 * ZK]


@pytest.mark.parametrize("amount", [18 * ZK + 1, 50 * ZK - 1])
def test_request__part_that_leaves_less__reverts(scene, vault, prover, amount):
    scene.stake(prover, 50 * ZK)
    left = 50 * ZK - amount
    with reverts(vault.PartialExitTooDeep, prover=prover, leftWei=left, entryStakeWei=32 * ZK):
        vault.requestUnstake(amount, sender=prover)


def test_request__all__deactivates_at_once(scene, vault, prover):
    scene.stake(prover, 50 * ZK)
    vault.requestUnstake(50 * ZK, sender=prover)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.unbondingWei, stake.active) == (0, 50 * ZK, False)
    assert not vault.isActive(prover)
    assert list(vault.freeCoverOf(1, [prover])) == [0]


def test_request__all_of_a_stake_below_entry__is_accepted(scene, vault, prover):
    scene.stake(prover, ZK)
    vault.requestUnstake(ZK, sender=prover)
    assert vault.stakeOf(prover).unbondingWei == ZK


def test_request__nothing__reverts(scene, vault, prover):
    scene.stake(prover)
    with reverts(vault.AmountZero):
        vault.requestUnstake(0, sender=prover)


def test_request__more_than_own__reverts(scene, vault, prover):
    scene.stake(prover)
    with reverts(vault.UnstakeExceedsStake, prover=prover, gotWei=40 * ZK + 1, ownWei=40 * ZK):
        vault.requestUnstake(40 * ZK + 1, sender=prover)


def test_request__without_stake__reverts(vault, outsider):
    with reverts(vault.UnstakeExceedsStake, prover=outsider, gotWei=1, ownWei=0):
        vault.requestUnstake(1, sender=outsider)


def test_request__idle_prover__leaves_with_the_decayed_balance(scene, vault, insurance, prover):
    """Decay is charged first, so the full stake is no longer there to ask for."""
    scene.stake(prover)
    scene.chain.next_at(vault.stakeOf(prover).decaysFrom + DAY)
    left = 39599999999999999999
    with reverts(vault.UnstakeExceedsStake, prover=prover, gotWei=40 * ZK, ownWei=left):
        vault.requestUnstake(40 * ZK, sender=prover)
    vault.requestUnstake(left, sender=prover)
    assert vault.stakeOf(prover).unbondingWei == left
    assert scene.balance(insurance) == 40 * ZK - left


def test_request__more_later__starts_the_clock_anew_for_all(scene, vault, prover):
    scene.stake(prover, 100 * ZK)
    scene.chain.send(vault.requestUnstake, 10 * ZK, sender=prover)
    scene.chain.warp(6 * DAY)
    vault.settle(prover, sender=prover)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    vault.requestUnstake(5 * ZK, sender=prover)
    stake = vault.stakeOf(prover)
    assert (stake.unbondingWei, stake.unbondAt) == (15 * ZK, now + UNBONDING)


@pytest.mark.parametrize("early", [1, UNBONDING - 1])
def test_finish__before_its_time__reverts(scene, vault, prover, early):
    scene.stake(prover)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    unbond_at = vault.stakeOf(prover).unbondAt
    scene.chain.next_at(unbond_at - early)
    with reverts(vault.StillUnbonding, prover=prover, nowAt=unbond_at - early, unbondAt=unbond_at):
        vault.finishUnstake(sender=prover)


@pytest.mark.parametrize("late", [0, 1])
def test_finish__in_its_time__pays(scene, vault, prover, late):
    before = scene.balance(prover)
    scene.stake(prover)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.next_at(vault.stakeOf(prover).unbondAt + late)
    receipt = vault.finishUnstake(sender=prover)
    [finished] = receipt.decode_logs(vault.UnstakeFinished)
    assert (finished.prover, finished.amountWei) == (prover.address, 40 * ZK)
    assert receipt.return_value == 40 * ZK
    assert scene.balance(prover) == before
    assert (scene.balance(vault), vault.stakeOf(prover).unbondingWei) == (0, 0)


def test_finish__twice__reverts(scene, vault, prover):
    scene.stake(prover)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.next_at(vault.stakeOf(prover).unbondAt)
    scene.chain.send(vault.finishUnstake, sender=prover)
    with reverts(vault.NothingUnbonding, prover=prover):
        vault.finishUnstake(sender=prover)


def test_finish__nothing_asked__reverts(scene, vault, prover):
    scene.stake(prover)
    with reverts(vault.NothingUnbonding, prover=prover):
        vault.finishUnstake(sender=prover)


def test_finish__unbonding_stake__does_not_decay(scene, vault, prover):
    scene.stake(prover)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.warp(100 * DAY)
    vault.settle(prover, sender=prover)
    assert vault.stakeOf(prover).unbondingWei == 40 * ZK


def test_finish__all_of_it_covers_bonds__reverts(scene, vault, market_account, prover):
    """40 ZK leave with 40 ZK locked: nothing can be paid while the bonds are open."""
    scene.stake(prover)
    vault.lockBonds([prover], [40 * ZK], sender=market_account)
    vault.requestUnstake(40 * ZK, sender=prover)
    scene.chain.next_at(vault.stakeOf(prover).unbondAt)
    with reverts(vault.CoversBonds, prover=prover, lockedWei=40 * ZK):
        vault.finishUnstake(sender=prover)


def test_finish__part_of_it_covers_bonds__pays_the_rest(scene, vault, market_account, prover):
    """min(unbonding, own + unbonding + sponsored - locked)."""
    scene.stake(prover)
    vault.lockBonds([prover], [30 * ZK], sender=market_account)
    vault.requestUnstake(40 * ZK, sender=prover)
    scene.chain.next_at(vault.stakeOf(prover).unbondAt)
    before = scene.balance(prover)
    vault.finishUnstake(sender=prover)
    assert scene.balance(prover) == before + 10 * ZK
    stake = vault.stakeOf(prover)
    assert (stake.unbondingWei, stake.lockedWei) == (30 * ZK, 30 * ZK)
    vault.releaseBond(prover, 30 * ZK, False, sender=market_account)
    vault.finishUnstake(sender=prover)
    assert scene.balance(vault) == 0


def test_finish__exit_with_a_task_in_flight__pays_after_the_slash(
    scene, market, vault, requester, prover, keeper
):
    """The longest way out of a fault: ask for all at once, miss the window, come a week later."""
    scene.seat(prover)
    task = scene.assigned(requester, 5 * ZK)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.next_at(scene.grace_until(task) + 1)
    scene.chain.send(market.finalize, task, sender=keeper)
    scene.chain.warp(UNBONDING)
    before = scene.balance(prover)
    scene.chain.send(vault.finishUnstake, sender=prover)
    assert scene.balance(prover) == before + 40 * ZK - MIN_BOND


def test_finish__task_left_unfinalized__still_covers_its_bond(
    scene, market, vault, requester, prover, keeper
):
    """Nobody marked the miss for a week: the bond is still there to be slashed."""
    scene.seat(prover)
    task = scene.assigned(requester, 5 * ZK)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.next_at(vault.stakeOf(prover).unbondAt)
    scene.chain.send(vault.finishUnstake, sender=prover)
    assert vault.stakeOf(prover).unbondingWei == MIN_BOND
    scene.chain.send(market.finalize, task, sender=keeper)
    assert vault.stakeOf(prover).unbondingWei == 0
    with reverts(vault.NothingUnbonding, prover=prover):
        vault.finishUnstake(sender=prover)
