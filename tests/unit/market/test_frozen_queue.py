"""A frozen queue: nothing is proven, nobody is slashed, every task ends in a full refund."""

from __future__ import annotations

import pytest

from tests.support.stage import (
    ASSIGNED,
    CANCELLED,
    DAY,
    FAILED,
    MIN_BOND,
    OPEN,
    QUEUED,
    ROUND,
    ZK,
    Stage,
    refusal_of,
)


@pytest.fixture
def frozen(stage: Stage) -> dict[int, bytes]:
    """Tasks in each state of a queue that is then frozen."""
    stage.seat(stage.prover)
    stage.seat(stage.second)
    opened = stage.assigned(stage.rival, 9 * ZK)
    stage.miss(opened)
    tasks = {OPEN: opened, ASSIGNED: stage.assigned(stage.requester, 5 * ZK)}
    tasks[QUEUED] = stage.place(stage.requester, 2 * ZK)
    assert all(stage.task(task).status == status for status, task in tasks.items())
    receipt = stage.act(stage.admin, stage.pool.projects, "freezeQueue", stage.queue)
    assert stage.events(receipt, stage.pool.projects, "QueueFrozen") == [(stage.queue, stage.admin)]
    return tasks


@pytest.mark.parametrize("status", [QUEUED, ASSIGNED, OPEN])
def test_finalize__frozen__gives_all_of_it_back_at_once(
    stage: Stage, frozen: dict[int, bytes], status: int
) -> None:
    task = frozen[status]
    stored, bounty = stage.task(task), stage.rescue(task).bounty_wei
    owed, insured = stage.credit(stored.requester), stage.balance(stage.pool.insurance)
    receipt = stage.act(stage.outsider, stage.pool.market, "finalize", task)
    assert stage.events(receipt, stage.pool.market, "TaskFailed") == [(task, stored.amount_wei, bounty)]
    assert stage.task(task).status == FAILED
    assert stage.credit(stored.requester) == owed + stored.amount_wei
    assert stage.balance(stage.pool.insurance) == insured + bounty
    assert not stage.events(receipt, stage.pool.vault, "Slashed")
    assert stage.credit(stage.outsider) == 0
    assert stage.refusal(stage.outsider, stage.pool.market, "finalize", task) == "WrongStatus"
    stage.check_solvency()


def test_finalize__frozen_and_assigned__lets_the_prover_go_without_a_mark(
    stage: Stage, frozen: dict[int, bytes]
) -> None:
    task = frozen[ASSIGNED]
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    record, stake = stage.record(holder), stage.stake_of(holder)
    assert stake.locked_wei == MIN_BOND
    stage.act(stage.outsider, stage.pool.market, "finalize", task)
    assert stage.record(holder) == record
    after = stage.stake_of(holder)
    assert (after.own_wei, after.locked_wei, after.decays_from) == (stake.own_wei, 0, stake.decays_from)
    assert {seat.in_flight for seat in stage.seats()} == {0}


def test_finalize__frozen_and_queued__leaves_the_book_in_order(
    stage: Stage, frozen: dict[int, bytes]
) -> None:
    assert stage.pool.market.read("roundOf", stage.queue)[4] == 1
    stage.act(stage.outsider, stage.pool.market, "finalize", frozen[QUEUED])
    assert stage.pool.market.read("roundOf", stage.queue)[4] == 0
    assert stage.pool.market.read("bookWords", stage.queue) == ()


def test_cancel__frozen__still_works(stage: Stage, frozen: dict[int, bytes]) -> None:
    """A way out that asks for no service."""
    stage.act(stage.guardian, stage.pool.market, "pause")
    stage.act(stage.requester, stage.pool.market, "cancelBid", frozen[QUEUED])
    assert stage.task(frozen[QUEUED]).status == CANCELLED


def test_everything_else__frozen__is_refused(stage: Stage, frozen: dict[int, bytes]) -> None:
    market, task = stage.pool.market, frozen[ASSIGNED]
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    bid = (stage.queue, [11, 22], ZK, stage.chain.now + DAY, b"")
    seat = stage.task(task).place
    calls = [
        (stage.requester, "placeBid", bid, None),
        (holder, "submitProof", (task, *stage.proof(task, holder)), None),
        (holder, "submitProof", (task, stage.signals(task, holder), b"junk"), None),
        (holder, "claimOpen", (frozen[OPEN], seat), None),
        (stage.keeper, "clear", (stage.queue,), stage.chain.now + ROUND),
    ]
    for who, function, arguments, at in calls:
        outcome = market.try_send(who, function, *arguments, at=at)
        assert refusal_of(outcome)[0] == "QueueIsFrozen", function


def test_finalize__queued_and_not_frozen__reverts(stage: Stage) -> None:
    task = stage.place(stage.requester, ZK)
    name, fields = stage.refused(stage.keeper, stage.pool.market, "finalize", task)
    assert name == "WrongStatus"
    assert (fields["got"], fields["expected"]) == (QUEUED, ASSIGNED)
