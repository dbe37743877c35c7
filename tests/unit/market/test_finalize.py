"""`finalize`: whatever is due for a task, by anybody."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import (
    ASSIGNED,
    EXPIRED,
    FAILED,
    GRACE,
    HOUR,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    PROVEN,
    QUEUED,
    ROUND,
    ZK,
    terms,
)


@pytest.fixture
def task(scene, requester, rival, prover):
    """A task assigned to `prover` at a price of 3 ZK."""
    scene.seat(prover)
    scene.place(rival, 3 * ZK)
    return scene.assigned(requester, 5 * ZK)


@pytest.fixture
def prove_by(market, task) -> int:
    return market.taskOf(task).proveBy


@pytest.mark.parametrize("early", [1, 0])
def test_finalize__until_the_grace_is_over__reverts(scene, market, task, prove_by, keeper, early):
    end = prove_by + GRACE
    scene.chain.next_at(end - early)
    with reverts(market.NothingDue, task=task, nowAt=end - early, dueAt=end + 1):
        market.finalize(task, sender=keeper)


def test_finalize__window_missed__slashes_the_bond_and_opens_the_task(
    scene, market, vault, provers, insurance, task, prove_by, requester, prover, keeper
):
    """S = 0.5 ZK: requester half, rescuer 18 % (its bounty), keeper 2 %, insurance the rest."""
    before = scene.credit(requester)
    now = prove_by + GRACE + 1
    scene.chain.next_at(now)
    receipt = market.finalize(task, sender=keeper)

    [missed] = receipt.decode_logs(market.WindowMissed)
    assert (bytes(missed.task), missed.prover, missed.keeper) == (task, prover.address, keeper.address)
    [slashed] = receipt.decode_logs(vault.Slashed)
    assert (bytes(slashed.task), slashed.fault) == (task, 1)
    # all, tier 1, requester, rescuer, keeper, insurance
    assert list(slashed.parts) == [MIN_BOND, 0, ZK // 4, 9 * ZK // 100, ZK // 100, 15 * ZK // 100]
    remembered = market.rescueOf(task)
    assert (remembered.bountyWei, remembered.openUntil) == (9 * ZK // 100, prove_by + LIABILITY)
    assert (remembered.declineCount, remembered.firstDecliner, remembered.secondDecliner) == (0, 0, 0)
    stored = market.taskOf(task)
    assert (stored.status, stored.amountWei, stored.bondWei) == (OPEN, 3 * ZK, 0)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.lockedWei, stake.active) == (395 * ZK // 10, 0, True)
    assert scene.credit(requester) == before + ZK // 4
    assert scene.credit(keeper) == ZK // 100
    assert scene.balance(insurance) == 15 * ZK // 100
    record = provers.proverOf(1)
    assert (record.ratingPpm, record.failureCount, record.successCount) == (281_250, 1, 0)
    assert record.bannedUntil == now + HOUR
    assert scene.seats()[0].in_flight == 0


def test_finalize__miss_of_a_cheap_task__compensates_at_most_the_price(
    scene, market, requester, prover, keeper
):
    scene.seat(prover)
    task = scene.assigned(requester, MIN_BASE_FEE)
    scene.chain.next_at(market.taskOf(task).proveBy + GRACE + 1)
    market.finalize(task, sender=keeper)
    assert (scene.credit(requester), scene.credit(keeper)) == (MIN_BASE_FEE, ZK // 100)
    assert scene.balance(scene.pool.insurance) == 39 * ZK // 100


@pytest.mark.parametrize("early", [1, 0])
def test_finalize__open_task_in_the_liability_window__reverts(
    scene, market, task, prove_by, prover, keeper, early
):
    scene.fumble(task, prover)
    until = prove_by + LIABILITY
    scene.chain.next_at(until - early)
    with reverts(market.NothingDue, task=task, nowAt=until - early, dueAt=until + 1):
        market.finalize(task, sender=keeper)


def test_finalize__liability_window_over__returns_the_price(
    scene, market, task, prove_by, requester, prover, keeper
):
    scene.fumble(task, prover)
    before = scene.credit(requester)
    scene.chain.next_at(prove_by + LIABILITY + 1)
    receipt = market.finalize(task, sender=keeper)
    [failed] = receipt.decode_logs(market.TaskFailed)
    assert (bytes(failed.task), failed.refundWei) == (task, 3 * ZK)
    assert scene.status(task) == FAILED
    assert scene.credit(requester) == before + 3 * ZK
    assert scene.credit(keeper) == 0
    assert not receipt.decode_logs(scene.pool.vault.Slashed)


def test_finalize__both_due__does_both_at_once(
    scene, market, vault, task, prove_by, requester, prover, keeper
):
    before = scene.credit(requester)
    scene.chain.next_at(prove_by + LIABILITY + 1)
    receipt = market.finalize(task, sender=keeper)
    assert len(receipt.decode_logs(market.WindowMissed)) == len(receipt.decode_logs(market.TaskFailed)) == 1
    assert scene.status(task) == FAILED
    assert scene.credit(requester) == before + 3 * ZK + ZK // 4
    assert scene.credit(keeper) == ZK // 100
    assert vault.stakeOf(prover).lockedWei == 0


def test_finalize__one_second_before_both__misses_only(scene, market, task, prove_by, keeper):
    scene.chain.next_at(prove_by + LIABILITY)
    market.finalize(task, sender=keeper)
    assert scene.status(task) == OPEN


@pytest.mark.parametrize("ending", ["queued", "proven", "failed", "expired", "none"])
def test_finalize__nothing_in_flight__reverts(
    scene, market, task, prove_by, requester, prover, keeper, ending
):
    expected = {"queued": QUEUED, "proven": PROVEN, "failed": FAILED, "expired": EXPIRED, "none": 0}[ending]
    subject = task
    if ending == "queued":
        subject = scene.place(requester, ZK)
    elif ending == "proven":
        scene.prove(task, prover)
    elif ending == "failed":
        scene.chain.next_at(prove_by + LIABILITY + 1)
        scene.chain.send(market.finalize, task, sender=keeper)
    elif ending == "expired":
        subject = scene.place(requester, ZK, expires_at=scene.chain.now + 2 * ROUND + 5)
        scene.chain.warp(2 * ROUND + 10)
        scene.chain.send(market.expireBid, subject, sender=keeper)
    else:
        subject = b"\x09" * 32
    scene.chain.warp(10 * LIABILITY)
    with reverts(market.WrongStatus, task=subject, got=expected, expected=ASSIGNED):
        market.finalize(subject, sender=keeper)


def test_finalize__while_paused__works(scene, market, task, prove_by, keeper, guardian):
    """A pause keeps nobody from its refund."""
    scene.chain.send(market.pause, sender=guardian)
    scene.chain.next_at(prove_by + LIABILITY + 1)
    market.finalize(task, sender=keeper)
    assert scene.status(task) == FAILED


def test_finalize__by_the_requester__earns_it_both_parts(scene, market, task, prove_by, requester):
    before = scene.credit(requester)
    scene.chain.next_at(prove_by + GRACE + 1)
    market.finalize(task, sender=requester)
    assert scene.credit(requester) == before + ZK // 4 + ZK // 100


def test_finalize__prover_that_is_requester_and_keeper__still_loses(scene, market, prover, vault):
    """Slashing oneself: at least 30 % of the slash reaches nobody of one's own."""
    scene.seat(prover)
    scene.place(prover, 3 * ZK)
    task = scene.assigned(prover, 5 * ZK)
    credited = scene.credit(prover)
    scene.chain.next_at(market.taskOf(task).proveBy + GRACE + 1)
    market.finalize(task, sender=prover)
    lost = 40 * ZK - vault.stakeOf(prover).ownWei
    back = scene.credit(prover) - credited
    assert (lost, back) == (MIN_BOND, 26 * ZK // 100)
    assert lost - back >= lost * 30 // 100


def test_finalize__stake_left_for_unbonding__is_slashed_there(
    scene, market, vault, task, prove_by, prover, keeper
):
    """Leaving does not outrun a slash."""
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    scene.chain.next_at(prove_by + GRACE + 1)
    market.finalize(task, sender=keeper)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.unbondingWei, stake.lockedWei) == (0, 395 * ZK // 10, 0)


def test_finalize__slash_below_the_staying_stake__deactivates(
    scene, market, vault, provers, requester, prover, keeper
):
    other = scene.open_queue(penalty=16 * ZK)
    scene.seat(prover, queue=other)
    task = scene.assigned(requester, ZK, queue=other)
    scene.chain.next_at(market.taskOf(task).proveBy + GRACE + 1)
    market.finalize(task, sender=keeper)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.active) == (40 * ZK - 16 * ZK - MIN_BOND, False)
    assert market.slotCountOf(other) == 0
    scene.chain.send(vault.stake, 32 * ZK - stake.ownWei - 1, sender=prover)
    assert not vault.isActive(prover), "coming back takes the whole entry stake"
    scene.chain.send(vault.stake, 1, sender=prover)
    assert vault.isActive(prover)


def test_finalize__two_tasks_missed__slashes_each_bond_once(scene, market, vault, requester, prover, keeper):
    scene.seat(prover)
    scene.experience(prover, 4, requester=requester)
    tasks = [scene.place(requester, ZK) for _ in range(2)]
    scene.clear()
    assert vault.stakeOf(prover).lockedWei == 2 * MIN_BOND
    scene.chain.warp_to(market.taskOf(tasks[0]).proveBy + GRACE)
    for i, task in enumerate(tasks):
        scene.chain.send(market.finalize, task, sender=keeper)
        stake = vault.stakeOf(prover)
        assert (stake.ownWei, stake.lockedWei) == (40 * ZK - (i + 1) * MIN_BOND, (1 - i) * MIN_BOND)
    for task in tasks:
        with reverts(market.NothingDue, task=task):
            market.finalize(task, sender=keeper)


def test_finalize__terms_changed_under_the_task__keeps_its_own_windows(
    scene, market, projects, queue, task, prove_by, keeper, deployer
):
    changed = terms(window=100_000, liability=100_000)
    scene.chain.send(projects.setTerms, queue, changed, sender=deployer)
    scene.chain.next_at(prove_by + LIABILITY + 1)
    market.finalize(task, sender=keeper)
    assert scene.status(task) == FAILED


def test_finalize__nobody_around_for_a_year__still_pays_back(scene, market, vault, task, requester, keeper):
    """Anybody can end every task, however late, and the credit is all there."""
    scene.chain.warp(365 * 86_400)
    scene.chain.send(market.finalize, task, sender=keeper)
    owed = scene.credit(requester)
    assert owed == 2 * ZK + 3 * ZK + ZK // 4
    before = scene.balance(requester)
    scene.chain.send(market.claimCredit, sender=requester)
    assert scene.balance(requester) == before + owed
