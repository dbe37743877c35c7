"""`setRates`, `setTreasury`, `setDelegators`: inside their bounds, for future tasks."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, MIN_BASE_FEE, ZK

ZERO = "0x" + "00" * 20
WEEK = 7 * DAY


def test_rates__at_deployment__are_those_of_the_protocol(zkpool, splitter, token, treasury):
    rates = splitter.rates()
    assert (rates.poolBps, rates.delegatorsBps, rates.sponsorBps, rates.changedAt) == (2000, 5000, 2000, 0)
    previous = (rates.previousPoolBps, rates.previousDelegatorsBps, rates.previousSponsorBps)
    assert previous == (2000, 5000, 2000)
    assert (splitter.token(), splitter.treasury()) == (token, treasury)
    assert splitter.delegators() == zkpool.delegation
    assert (splitter.vault(), splitter.accelerators()) == (zkpool.vault, zkpool.accelerators)


@pytest.mark.parametrize(
    ("pool", "delegators", "sponsor"), [(0, 0, 0), (2000, 10_000, 5000), (1500, 2500, 100)]
)
def test_set_rates__inside_their_bounds__keeps_the_previous_ones(
    scene, splitter, owner, pool, delegators, sponsor
):
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    receipt = splitter.setRates(pool, delegators, sponsor, sender=owner)
    [event] = receipt.decode_logs(splitter.RatesSet)
    assert (event.poolBps, event.delegatorsBps, event.sponsorBps) == (pool, delegators, sponsor)
    rates = splitter.rates()
    assert (rates.poolBps, rates.delegatorsBps, rates.sponsorBps) == (pool, delegators, sponsor)
    previous = (rates.previousPoolBps, rates.previousDelegatorsBps, rates.previousSponsorBps)
    assert (previous, rates.changedAt) == ((2000, 5000, 2000), now)


def test_set_rates__pool_above_a_fifth__reverts(splitter, owner):
    with reverts(splitter.PoolRateTooHigh, gotBps=2001, limitBps=2000):
        splitter.setRates(2001, 5000, 2000, sender=owner)


def test_set_rates__delegators_above_all__reverts(splitter, owner):
    with reverts(splitter.DelegatorsRateTooHigh, gotBps=10_001, limitBps=10_000):
        splitter.setRates(2000, 10_001, 2000, sender=owner)


def test_set_rates__sponsor_above_half__reverts(splitter, owner):
    with reverts(splitter.SponsorRateTooHigh, gotBps=5001, limitBps=5000):
        splitter.setRates(2000, 5000, 5001, sender=owner)


def test_set_rates__again_within_a_week__reverts(scene, splitter, owner):
    splitter.setRates(1000, 5000, 2000, sender=owner)
    allowed_at = splitter.rates().changedAt + WEEK
    scene.chain.next_at(allowed_at - 1)
    with reverts(splitter.RatesChangedRecently, nowAt=allowed_at - 1, allowedAt=allowed_at):
        splitter.setRates(1500, 5000, 2000, sender=owner)
    scene.chain.next_at(allowed_at)
    splitter.setRates(1500, 5000, 2000, sender=owner)
    assert splitter.rates().previousPoolBps == 1000


def test_set_rates__task_assigned_before__keeps_the_old_ones(scene, splitter, requester, prover, owner):
    scene.seat(prover)
    task = scene.assigned(requester, ZK)
    splitter.setRates(0, 0, 0, sender=owner)
    scene.prove(task, prover)
    assert splitter.earningOf(prover).pendingWei == MIN_BASE_FEE * 8 // 10


def test_set_rates__task_assigned_after__gets_the_new_ones(scene, splitter, requester, prover, owner):
    scene.seat(prover)
    splitter.setRates(0, 0, 0, sender=owner)
    scene.prove(scene.assigned(requester, ZK), prover)
    assert splitter.earningOf(prover).pendingWei == MIN_BASE_FEE


@pytest.mark.parametrize(("offset", "part"), [(-1, 8 * ZK), (0, 8 * ZK), (1, 9 * ZK)])
def test_set_rates__second_of_the_change__counts_as_before(
    scene, splitter, token, prover, owner, market_account, offset, part
):
    splitter.setRates(1000, 5000, 2000, sender=owner)
    assigned_at = splitter.rates().changedAt + offset
    scene.chain.send(token.transfer, splitter, 10 * ZK, sender=scene.pool.deployer)
    splitter.credit(prover, [10 * ZK], [assigned_at], False, 0, 0, sender=market_account)
    assert splitter.earningOf(prover).pendingWei == part


@pytest.mark.parametrize(
    ("delegators", "parts"), [(0, (0, ZK)), (10_000, (ZK, 0)), (2500, (ZK // 4, 3 * ZK // 4))]
)
def test_set_rates__delegators_part__is_cut_from_the_pools(
    scene, splitter, token, prover, owner, market_account, delegators, parts
):
    splitter.setRates(1000, delegators, 2000, sender=owner)
    scene.chain.send(token.transfer, splitter, 10 * ZK, sender=scene.pool.deployer)
    splitter.credit(prover, [10 * ZK], [scene.chain.now], False, 0, 0, sender=market_account)
    pool = splitter.poolEarning()
    assert (pool.delegatorsPendingWei, pool.treasuryPendingWei) == parts


@pytest.mark.parametrize(("offset", "part"), [(0, 64 * ZK // 10), (1, 4 * ZK)])
def test_set_rates__sponsors_part__moves_for_later_tasks_only(
    scene, splitter, token, prover, owner, market_account, offset, part
):
    splitter.setRates(2000, 5000, 5000, sender=owner)
    assigned_at = splitter.rates().changedAt + offset
    scene.chain.send(token.transfer, splitter, 10 * ZK, sender=scene.pool.deployer)
    splitter.credit(prover, [10 * ZK], [assigned_at], True, 0, 0, sender=market_account)
    assert splitter.earningOf(prover).pendingWei == part


def test_set_rates__prices_of_both_times_in_one_credit__each_its_own(
    scene, splitter, token, prover, owner, market_account
):
    splitter.setRates(0, 0, 0, sender=owner)
    changed_at = splitter.rates().changedAt
    scene.chain.send(token.transfer, splitter, 20 * ZK, sender=scene.pool.deployer)
    times = [changed_at, changed_at + 1]
    splitter.credit(prover, [10 * ZK, 10 * ZK], times, False, 0, 0, sender=market_account)
    assert splitter.earningOf(prover).pendingWei == 18 * ZK


def test_set_treasury__by_the_owner__pays_the_new_one(splitter, owner, keeper):
    receipt = splitter.setTreasury(keeper, sender=owner)
    [event] = receipt.decode_logs(splitter.TreasurySet)
    assert event.treasury == splitter.treasury() == keeper.address


def test_set_treasury__zero__reverts(splitter, owner):
    with reverts(splitter.ZeroAddress):
        splitter.setTreasury(ZERO, sender=owner)


def test_deploy__without_treasury__reverts(project, zkpool, splitter, token, deployer, owner):
    with reverts(splitter.ZeroAddress):
        deployer.deploy(project.RewardSplitter, token, owner, ZERO, zkpool.vault, zkpool.accelerators)


@pytest.fixture
def fresh(project, zkpool, token, deployer, owner, treasury):
    """A splitter that knows no delegators yet."""
    parts = (token, owner, treasury, zkpool.vault, zkpool.accelerators)
    return deployer.deploy(project.RewardSplitter, *parts)


def test_set_delegators__once__is_final(fresh, owner, keeper, outsider):
    receipt = fresh.setDelegators(keeper, sender=owner)
    [event] = receipt.decode_logs(fresh.DelegatorsSet)
    assert event.delegators == fresh.delegators() == keeper.address
    with reverts(fresh.DelegatorsAlreadySet, delegators=keeper):
        fresh.setDelegators(outsider, sender=owner)


def test_set_delegators__zero__reverts(splitter, owner):
    with reverts(splitter.ZeroAddress):
        splitter.setDelegators(ZERO, sender=owner)


def test_constants__are_those_of_the_protocol(splitter):
    assert splitter.MAX_POOL_BPS() == 2000
    assert splitter.MAX_DELEGATORS_BPS() == 10_000
    assert splitter.MAX_SPONSOR_BPS() == 5000
    assert splitter.RATES_INTERVAL_SECONDS() == WEEK
