"""`decline`: an assigned task given back, soon; three different provers end it."""

from __future__ import annotations

import pytest

from tests.support.stage import (
    ASSIGNED,
    DAY,
    FAILED,
    LIABILITY,
    OPEN,
    PROVEN,
    QUEUED,
    WINDOW,
    ZK,
    Stage,
)


@pytest.fixture
def task(stage: Stage) -> bytes:
    """A task of the prover at a price of 3 ZK."""
    stage.seat(stage.prover)
    stage.place(stage.rival, 3 * ZK)
    return stage.assigned(stage.requester, 5 * ZK)


def test_decline__soon__opens_the_task_and_slashes_nothing(stage: Stage, task: bytes) -> None:
    before = stage.stake_of(stage.prover)
    receipt = stage.pool.decline(task, stage.prover)
    assert stage.events(receipt, stage.pool.market, "TaskDeclined") == [(task, stage.prover, 1)]
    assert not stage.events(receipt, stage.pool.vault, "Slashed")
    stored = stage.task(task)
    assert (stored.status, stored.amount_wei, stored.bond_wei) == (OPEN, 3 * ZK, 0)
    after = stage.stake_of(stage.prover)
    assert (after.own_wei, after.locked_wei, after.decays_from) == (40 * ZK, 0, before.decays_from)
    rescue = stage.rescue(task)
    assert rescue == (0, stored.prove_by + LIABILITY, 1, stage.id_of(stage.prover), 0)
    record = stage.record(stage.prover)
    assert (record.rating_ppm, record.decline_count, record.failure_count) == (300_000 - 300_000 // 64, 1, 0)
    assert stage.seats()[0].in_flight == 0
    stage.check_solvency()


@pytest.mark.parametrize(("window", "allowed"), [(60, 6), (600, 60), (6_000, 600), (60_000, 600)])
def test_decline__window__is_a_tenth_and_ten_minutes_at_most(stage: Stage, window: int, allowed: int) -> None:
    queue = stage.open_queue(window=window)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    last = stage.chain.now + allowed
    market = stage.pool.market
    for at in (last - 1, last):
        assert market.try_send(stage.prover, "decline", task, at=at).ok
    name, fields = stage.refused(stage.prover, market, "decline", task, at=last + 1)
    assert name == "DeclineWindowOver"
    assert (fields["nowAt"], fields["declineBy"]) == (last + 1, last)


@pytest.mark.parametrize("role", ["requester", "second", "keeper", "owner", "guardian", "outsider"])
def test_decline__by_anybody_else__reverts(stage: Stage, task: bytes, role: str) -> None:
    assert stage.refusal(stage.people[role], stage.pool.market, "decline", task) == "NotAssignedProver"


@pytest.mark.parametrize("status", [QUEUED, OPEN, PROVEN, 0])
def test_decline__task_that_is_not_assigned__reverts(stage: Stage, task: bytes, status: int) -> None:
    if status == QUEUED:
        task = stage.place(stage.requester, ZK)
    elif status == OPEN:
        stage.pool.decline(task, stage.prover)
    elif status == PROVEN:
        stage.prove(task, stage.prover)
    else:
        task = b"\x09" * 32
    name, fields = stage.refused(stage.prover, stage.pool.market, "decline", task)
    assert name == "WrongStatus"
    assert (fields["got"], fields["expected"]) == (status, ASSIGNED)


def test_decline__by_three__fails_the_task_and_pays_who_looked(stage: Stage, task: bytes) -> None:
    for who in (stage.second, stage.third):
        stage.seat(who)
    owed = stage.credit(stage.requester)
    part = stage.base_fee() // 10
    stage.pool.decline(task, stage.prover)
    for count, who in ((2, stage.second), (3, stage.third)):
        stage.pool.claim_open(task, who)
        receipt = stage.pool.decline(task, who)
        assert stage.events(receipt, stage.pool.market, "TaskDeclined") == [(task, who, count)]
    paid = stage.events(receipt, stage.pool.market, "DeclinePaid")
    assert paid == [(task, who, part) for who in (stage.prover, stage.second, stage.third)]
    assert stage.events(receipt, stage.pool.market, "TaskFailed") == [(task, 3 * ZK - 3 * part, 0)]
    assert stage.task(task).status == FAILED
    assert stage.credit(stage.requester) == owed + 3 * ZK - 3 * part
    assert [stage.credit(who) for who in (stage.prover, stage.second, stage.third)] == [part] * 3
    stage.check_solvency()


def test_decline__third_of_a_task_with_a_bounty__gives_it_to_insurance(stage: Stage, task: bytes) -> None:
    """One missed it, three found it unprovable: nobody earned the bounty."""
    helpers = [stage.seat(stage.fund(who, 100 * ZK)) for who in (stage.second, stage.third, stage.attacker)]
    stage.miss(task)
    bounty = stage.rescue(task).bounty_wei
    insured = stage.balance(stage.pool.insurance)
    for who in helpers:
        stage.pool.claim_open(task, who)
        receipt = stage.pool.decline(task, who)
    [failed] = stage.events(receipt, stage.pool.market, "TaskFailed")
    assert failed[2] == bounty > 0
    assert stage.balance(stage.pool.insurance) == insured + bounty
    stage.check_solvency()


def test_decline__of_a_frozen_queue__is_refused(stage: Stage, task: bytes) -> None:
    """Nobody is paid for declining what a freeze has ended; `finalize` gives all back."""
    stage.act(stage.admin, stage.pool.projects, "freezeQueue", stage.queue)
    refused = stage.refused(stage.prover, stage.pool.market, "decline", task)
    assert refused == ("QueueIsFrozen", {"queue": stage.queue})
    price = stage.task(task).amount_wei
    before = stage.credit(stage.requester)
    stage.act(stage.keeper, stage.pool.market, "finalize", task)
    assert stage.credit(stage.requester) == before + price
    assert stage.stake_of(stage.prover).locked_wei == 0


def test_decline__by_a_hot_key_with_that_scope__is_the_provers(stage: Stage, task: bytes) -> None:
    prover, until = stage.id_of(stage.prover), stage.chain.now + DAY
    provers, market = stage.pool.provers, stage.pool.market
    for scopes, allowed in ((1, False), (4, False), (5, False), (2, True)):
        stage.act(stage.prover, provers, "proposeKey", stage.hot_key, scopes, until)
        stage.act(stage.hot_key, provers, "acceptKey", prover)
        outcome = market.try_send(stage.hot_key, "decline", task)
        assert outcome.ok == allowed
    assert stage.chain.now < stage.task(task).prove_by - WINDOW + WINDOW // 10
