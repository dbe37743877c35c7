"""`lockBonds`, `releaseBond`, `slash`, `advanceClock`: what the market does to stake."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, ZK

TASK = b"\x07" * 32
MISSED, INVALID, LATE = 1, 2, 3


@pytest.fixture
def staked(scene, prover):
    scene.stake(prover)
    return prover


def lock(vault, market_account, prover, amount):
    vault.lockBonds([prover], [amount], sender=market_account)


def test_lock__all_free_stake__is_accepted(vault, market_account, staked):
    lock(vault, market_account, staked, 40 * ZK)
    assert vault.stakeOf(staked).lockedWei == 40 * ZK
    assert list(vault.freeCoverOf(1, [staked])) == [0]


def test_lock__one_wei_more_than_free__reverts(vault, market_account, staked):
    lock(vault, market_account, staked, 10 * ZK)
    with reverts(vault.BondExceedsFreeStake, prover=staked, bondWei=30 * ZK + 1, freeWei=30 * ZK):
        lock(vault, market_account, staked, 30 * ZK + 1)


def test_lock__stake_that_is_leaving__is_no_cover(vault, market_account, staked):
    vault.requestUnstake(8 * ZK, sender=staked)
    with reverts(vault.BondExceedsFreeStake, bondWei=33 * ZK, freeWei=32 * ZK):
        lock(vault, market_account, staked, 33 * ZK)


def test_lock__several_provers__locks_each(scene, vault, market_account, staked, second_prover):
    scene.stake(second_prover, 50 * ZK)
    vault.lockBonds([staked, second_prover], [ZK, 2 * ZK], sender=market_account)
    assert [vault.stakeOf(p).lockedWei for p in (staked, second_prover)] == [ZK, 2 * ZK]


def test_lock__idle_prover__settles_first(scene, vault, insurance, market_account, staked):
    scene.chain.next_at(vault.stakeOf(staked).decaysFrom + DAY)
    lock(vault, market_account, staked, ZK)
    assert scene.balance(insurance) == 40 * ZK - 39599999999999999999
    assert vault.stakeOf(staked).ownWei == 39599999999999999999


def test_release__bond__frees_it_and_restarts_the_idle_clock(scene, vault, market_account, staked):
    lock(vault, market_account, staked, 3 * ZK)
    now = scene.chain.now + 500
    scene.chain.next_at(now)
    vault.releaseBond(staked, 3 * ZK, True, sender=market_account)
    stake = vault.stakeOf(staked)
    assert (stake.lockedWei, stake.decaysFrom) == (0, now + DAY)


def test_release__task_that_was_not_worked_on__leaves_the_idle_clock(scene, vault, market_account, staked):
    """A declined task is no work: decay would be dodged by declining once a day."""
    decays_from = vault.stakeOf(staked).decaysFrom
    lock(vault, market_account, staked, 3 * ZK)
    scene.chain.warp(500)
    vault.releaseBond(staked, 3 * ZK, False, sender=market_account)
    stake = vault.stakeOf(staked)
    assert (stake.lockedWei, stake.decaysFrom) == (0, decays_from)


def slash(vault, market_account, prover, bond, fault, price, keeper=False, *, tier1=0, rescuer=False):
    order = (TASK, prover, bond, fault, price, tier1, rescuer, keeper)
    receipt = vault.slash(order, sender=market_account)
    [slashed] = receipt.decode_logs(vault.Slashed)
    return list(slashed.parts)


@pytest.mark.parametrize(
    ("fault", "bond", "price", "keeper", "parts"),
    [
        # all, tier 1, requester, rescuer, keeper, insurance
        (MISSED, ZK, 10 * ZK, True, [ZK, 0, ZK // 2, 0, ZK // 50, 48 * ZK // 100]),
        (MISSED, ZK, 10 * ZK, False, [ZK, 0, ZK // 2, 0, 0, ZK // 2]),
        (MISSED, ZK, ZK // 10, True, [ZK, 0, ZK // 10, 0, ZK // 50, 88 * ZK // 100]),
        (MISSED, ZK, 0, True, [ZK, 0, 0, 0, ZK // 50, 98 * ZK // 100]),
        (INVALID, ZK, 10 * ZK, False, [2 * ZK, 0, ZK, 0, 0, ZK]),
        (INVALID, 2 * ZK + 2, 10 * ZK, False, [2 * ZK + 2, 0, ZK + 1, 0, 0, ZK + 1]),
        (MISSED, 99, 10 * ZK, True, [99, 0, 49, 0, 1, 49]),
        (LATE, ZK, 10 * ZK, False, [ZK // 2, 0, ZK // 4, 0, 0, ZK // 4]),
        (LATE, 99, 10 * ZK, False, [49, 0, 24, 0, 0, 25]),
    ],
)
def test_slash__fault__splits_to_the_wei(
    scene, vault, market, insurance, market_account, staked, fault, bond, price, keeper, parts
):
    lock(vault, market_account, staked, bond)
    assert slash(vault, market_account, staked, bond, fault, price, keeper) == parts
    assert parts[0] == sum(parts[1:])
    stake = vault.stakeOf(staked)
    assert (stake.ownWei, stake.lockedWei) == (40 * ZK - parts[0], 0)
    assert scene.balance(market) == sum(parts[1:5])
    assert scene.balance(insurance) == parts[5]
    assert scene.balance(vault) == stake.ownWei


@pytest.mark.parametrize(
    ("tier1", "parts"),
    [
        # all, tier 1, requester, rescuer, keeper, insurance; r is what tier 1 leaves
        (0, [1000, 0, 500, 180, 20, 300]),
        (400, [1000, 400, 300, 108, 12, 180]),
        (1000, [1000, 1000, 0, 0, 0, 0]),
        (5000, [1000, 1000, 0, 0, 0, 0]),
    ],
)
def test_slash__carriers_loss__comes_first(vault, market_account, staked, tier1, parts):
    lock(vault, market_account, staked, 1000)
    got = slash(vault, market_account, staked, 1000, MISSED, ZK, True, tier1=tier1, rescuer=True)
    assert got == parts
    assert sum(parts[1:]) == parts[0]


def test_slash__late__restarts_the_idle_clock(scene, vault, market_account, staked):
    """A proof was accepted, if late."""
    lock(vault, market_account, staked, ZK)
    now = scene.chain.now + 500
    scene.chain.next_at(now)
    slash(vault, market_account, staked, ZK, LATE, 0)
    assert vault.stakeOf(staked).decaysFrom == now + DAY


def test_slash__invalid_with_other_bonds_open__leaves_them_covered(vault, market_account, staked):
    """5 % of 40 ZK would be 2 ZK, but 39 ZK of other bonds leave 1."""
    lock(vault, market_account, staked, 39 * ZK + ZK // 2)
    assert slash(vault, market_account, staked, ZK // 2, INVALID, 10 * ZK)[0] == ZK
    stake = vault.stakeOf(staked)
    assert (stake.ownWei, stake.lockedWei) == (39 * ZK, 39 * ZK)


def test_slash__own_stake_too_small__takes_unbonding_next(vault, market_account, staked):
    lock(vault, market_account, staked, 35 * ZK)
    vault.requestUnstake(8 * ZK, sender=staked)
    assert slash(vault, market_account, staked, 35 * ZK, MISSED, 0)[0] == 35 * ZK
    stake = vault.stakeOf(staked)
    assert (stake.ownWei, stake.unbondingWei, stake.lockedWei) == (0, 5 * ZK, 0)
    assert not stake.active


def test_slash__invalid_while_all_is_leaving__costs_the_bond(vault, market_account, staked):
    """5 % of own is 5 % of nothing; the bond is taken from what is leaving."""
    lock(vault, market_account, staked, ZK)
    vault.requestUnstake(40 * ZK, sender=staked)
    assert slash(vault, market_account, staked, ZK, INVALID, 10 * ZK)[0] == ZK
    assert vault.stakeOf(staked).unbondingWei == 39 * ZK


@pytest.mark.parametrize(("bond", "active"), [(16 * ZK, True), (16 * ZK + 1, False)])
def test_slash__down_to_the_staying_stake__stays_active_a_wei_below_not(
    vault, market_account, staked, bond, active
):
    lock(vault, market_account, staked, bond)
    slash(vault, market_account, staked, bond, MISSED, 0)
    assert vault.isActive(staked) is active


def test_slash__everything__leaves_nothing_and_lets_the_prover_come_back(
    scene, vault, market_account, staked
):
    lock(vault, market_account, staked, 40 * ZK)
    slash(vault, market_account, staked, 40 * ZK, MISSED, 0)
    stake = vault.stakeOf(staked)
    assert (stake.ownWei, stake.lockedWei, stake.active) == (0, 0, False)
    scene.stake(staked, 32 * ZK)
    assert vault.isActive(staked)


def test_slash__idle_prover__counts_five_percent_of_the_decayed_stake(scene, vault, market_account, staked):
    lock(vault, market_account, staked, 1)
    scene.chain.next_at(vault.stakeOf(staked).decaysFrom + DAY)
    parts = slash(vault, market_account, staked, 1, INVALID, 0)
    assert parts[0] == 39599999999999999999 * 500 // 10_000
    assert vault.stakeOf(staked).ownWei == 39599999999999999999 - parts[0]


def test_advance_clock__wall_time_deployment__is_read_by_nobody(scene, vault, market_account):
    vault.advanceClock(scene.chain.now - 100, sender=market_account)
    assert vault.clock() == scene.chain.now


def test_advance_clock__nothing_to_add__stays_silent(scene, vault, market_account):
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    assert vault.advanceClock(now, sender=market_account).events == []


def test_constants__are_those_of_the_protocol(vault, token, insurance):
    assert vault.ENTRY_STAKE_WEI() == 32 * ZK
    assert vault.STAYING_STAKE_WEI() == 24 * ZK
    assert vault.UNBONDING_SECONDS() == 7 * DAY
    assert (vault.token(), vault.insurance(), vault.usesMarketTime()) == (token, insurance, False)
