"""Proofs in the grace: half the price, half the bond, no fault."""

from __future__ import annotations

import pytest

from tests.support.stage import (
    ASSIGNED,
    DAY,
    GRACE,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    PROVEN,
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


@pytest.mark.parametrize(
    ("after", "late"), [(-1, False), (0, False), (1, True), (GRACE - 1, True), (GRACE, True)]
)
def test_proof__around_the_end_of_the_window__is_in_time_or_late(
    stage: Stage, task: bytes, after: int, late: bool
) -> None:
    receipt = stage.prove(task, stage.prover, at=stage.task(task).prove_by + after)
    market = stage.pool.market
    assert stage.task(task).status == PROVEN
    assert len(stage.events(receipt, market, "ProofLate")) == late
    assert len(stage.events(receipt, market, "ProofAccepted")) == (not late)


def test_proof__a_second_after_the_grace__reverts(stage: Stage, task: bytes) -> None:
    end = stage.task(task).prove_by + GRACE
    name, fields = stage.refused(
        stage.prover, stage.pool.market, "submitProof", task, *stage.proof(task, stage.prover), at=end + 1
    )
    assert name == "ProofWindowOver"
    assert (fields["nowAt"], fields["proveBy"]) == (end + 1, end)


def test_late_proof__good__pays_half_and_slashes_half(stage: Stage, task: bytes) -> None:
    """Price 3: half to the splitter, half back. S = bond / 2 = 0.25: half of it to the requester."""
    before, insured = stage.credit(stage.requester), stage.balance(stage.pool.insurance)
    signals, proof = stage.proof(task, stage.prover)
    at = stage.task(task).prove_by + 1
    receipt = stage.act(stage.prover, stage.pool.market, "submitProof", task, signals, proof, at=at)
    [event] = stage.events(receipt, stage.pool.market, "ProofLate")
    assert event == (task, stage.prover, 3 * ZK // 2, 3 * ZK // 2, tuple(signals))
    [slashed] = stage.events(receipt, stage.pool.vault, "Slashed")
    assert slashed[2:] == (3, (MIN_BOND // 2, 0, MIN_BOND // 4, 0, 0, MIN_BOND // 4))
    assert stage.credit(stage.requester) == before + 3 * ZK // 2 + MIN_BOND // 4
    assert stage.balance(stage.pool.insurance) == insured + MIN_BOND // 4
    assert stage.earned(stage.prover) == 3 * ZK // 2 * 8 // 10
    stake = stage.stake_of(stage.prover)
    assert (stake.own_wei, stake.locked_wei, stake.decays_from) == (40 * ZK - MIN_BOND // 2, 0, at + DAY)
    record = stage.record(stage.prover)
    assert record.rating_ppm == (15 * 300_000 + 200_000) // 16
    assert (record.success_count, record.failure_count, record.banned_until) == (0, 0, 0)
    assert stage.seats()[0].in_flight == 0
    stage.check_solvency()


def test_late_proof__of_an_odd_price__gives_the_wei_back(stage: Stage) -> None:
    stage.seat(stage.prover)
    stage.place(stage.rival, ZK + 1)
    task = stage.assigned(stage.requester, 5 * ZK)
    before = stage.credit(stage.requester)
    stage.prove(task, stage.prover, at=stage.task(task).prove_by + 1)
    assert stage.credit(stage.requester) - before - MIN_BOND // 4 == ZK // 2 + 1
    stage.check_solvency()


def test_late_proof__bad__is_an_invalid_proof(stage: Stage, task: bytes) -> None:
    receipt = stage.fumble(task, stage.prover, at=stage.task(task).prove_by + GRACE)
    [slashed] = stage.events(receipt, stage.pool.vault, "Slashed")
    assert slashed[2] == 2
    assert stage.rescue(task).open_until == stage.task(task).prove_by + LIABILITY


def test_late_proof__of_a_rescued_task__has_a_quarter_of_half_the_window(stage: Stage, task: bytes) -> None:
    stage.seat(stage.second)
    stage.miss(task)
    stage.pool.claim_open(task, stage.second)
    stored = stage.task(task)
    assert stored.prove_by == stage.chain.now + WINDOW // 2
    end = stored.prove_by + WINDOW // 2 // 4
    market = stage.pool.market
    proof = stage.proof(task, stage.second)
    name = stage.refusal(stage.second, market, "submitProof", task, *proof, at=end + 1)
    assert name == "ProofWindowOver"
    bounty = stage.rescue(task).bounty_wei
    receipt = stage.prove(task, stage.second, at=end)
    assert len(stage.events(receipt, market, "ProofLate")) == 1
    assert stage.events(receipt, market, "BountyPaid") == [(task, stage.second, bounty)]
    assert stage.credit(stage.second) == bounty == MIN_BOND * 18 // 100
    assert stage.rescue(task).bounty_wei == 0
    stage.check_solvency()


def test_late_proof__after_misses__leaves_the_row_of_faults(stage: Stage) -> None:
    """Neither a success nor a fault: bans do not double for it, nor are they forgiven."""
    stage.seat(stage.prover)
    stage.miss(stage.assigned(stage.requester))
    stage.skip_to(stage.record(stage.prover).banned_until)
    task = stage.assigned(stage.requester)
    assert stage.task(task).status == ASSIGNED
    stage.prove(task, stage.prover, at=stage.task(task).prove_by + 1)
    assert stage.record(stage.prover).failure_count == 1
    assert stage.task(task).amount_wei == MIN_BASE_FEE
