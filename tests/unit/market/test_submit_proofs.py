"""`submitProofs`: several proofs of one prover in one queue, each with a result of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stage import (
    ASSIGNED,
    DAY,
    GRACE,
    MIN_BOND,
    OPEN,
    PROVEN,
    WINDOW,
    ZK,
    Stage,
)

SKIPPED, IN_TIME, LATE, INVALID = range(4)
Items = list[tuple[bytes, list[int], bytes]]


@pytest.fixture
def tasks(stage: Stage) -> list[bytes]:
    """Three tasks of one experienced prover, at 8, 7 and the base fee."""
    stage.seat(stage.prover)
    stage.experience(stage.prover, 8)
    placed = [stage.place(stage.requester, (9 - i) * ZK, statement=(i, i)) for i in range(3)]
    stage.clear()
    assert {stage.task(task).status for task in placed} == {ASSIGNED}
    return placed


def items_of(stage: Stage, tasks: list[bytes]) -> Items:
    """Each task with a good proof."""
    return [(task, *stage.proof(task, stage.prover)) for task in tasks]


def batch(stage: Stage, items: Items, *, sender: str | None = None, at: int | None = None) -> Any:
    """Hands them in; results and receipt."""
    tasks, signals, proofs = ([item[i] for item in items] for i in range(3))
    args = (stage.queue, stage.prover, tasks, signals, proofs)
    who = sender or stage.prover
    outcome = stage.pool.market.try_send(who, "submitProofs", *args, at=at)
    assert outcome.ok
    results = list(stage.pool.market.decode("submitProofs", outcome.data))
    return results, stage.pool.submit_proofs(stage.queue, stage.prover, items, sender=who, at=at)


def test_batch__all_good__is_paid_at_once(stage: Stage, tasks: list[bytes]) -> None:
    prices = [stage.task(task).amount_wei for task in tasks]
    before, held = stage.earned(stage.prover), stage.balance(stage.pool.splitter)
    record = stage.record(stage.prover)
    results, receipt = batch(stage, items_of(stage, tasks))
    assert results == [IN_TIME] * 3
    accepted = stage.events(receipt, stage.pool.market, "ProofAccepted")
    assert [(event[0], event[2]) for event in accepted] == list(zip(tasks, prices, strict=True))
    [credited] = stage.events(receipt, stage.pool.splitter, "Credited")
    assert credited[0] == stage.prover
    assert sum(credited[2:]) == sum(prices)
    assert stage.earned(stage.prover) - before == sum(price - price * 2 // 10 for price in prices)
    assert stage.balance(stage.pool.splitter) - held == sum(prices)
    assert {stage.task(task).status for task in tasks} == {PROVEN}
    assert stage.stake_of(stage.prover).locked_wei == 0
    assert stage.record(stage.prover).success_count == record.success_count + 3
    assert stage.seats()[0].in_flight == 0
    stage.check_solvency()


def test_batch__one_bad__slashes_it_and_pays_the_others(stage: Stage, tasks: list[bytes]) -> None:
    items = items_of(stage, tasks)
    items[1] = (items[1][0], items[1][1], b"junk")
    own = stage.stake_of(stage.prover).own_wei
    results, receipt = batch(stage, items)
    assert results == [IN_TIME, INVALID, IN_TIME]
    [slashed] = stage.events(receipt, stage.pool.vault, "Slashed")
    assert slashed[0] == tasks[1]
    assert [stage.task(task).status for task in tasks] == [PROVEN, OPEN, PROVEN]
    assert stage.stake_of(stage.prover).own_wei == own - max(MIN_BOND, own * 5 // 100)
    stage.check_solvency()


def test_batch__item_of_another_prover_queue_or_statement__is_skipped(
    stage: Stage, tasks: list[bytes]
) -> None:
    stage.act(stage.prover, stage.pool.provers, "setCapacity", stage.queue, 0)
    stage.seat(stage.second)
    others = stage.place(stage.requester, ZK)
    stage.clear()
    queue = stage.open_queue()
    stage.act(stage.prover, stage.pool.provers, "join", queue, 8)
    elsewhere = stage.assigned(stage.requester, ZK, queue=queue)
    signals, proof = stage.proof(tasks[1], stage.prover)
    items = [
        (others, *stage.proof(others, stage.prover)),
        (elsewhere, *stage.proof(elsewhere, stage.prover)),
        (tasks[0], signals, proof),
        (tasks[1], signals, proof),
        (b"\x09" * 32, signals, proof),
    ]
    results, receipt = batch(stage, items)
    assert results == [SKIPPED, SKIPPED, SKIPPED, LATE, SKIPPED], "two rounds later"
    skipped = stage.events(receipt, stage.pool.market, "ProofSkipped")
    assert skipped == [(item[0], stage.prover) for i, item in enumerate(items) if i != 3]
    untouched = [stage.task(task).status for task in (others, elsewhere, tasks[0])]
    assert untouched == [ASSIGNED] * 3


def test_batch__task_named_twice__is_paid_once(stage: Stage, tasks: list[bytes]) -> None:
    items = items_of(stage, tasks)
    results, _ = batch(stage, [items[0], items[0], items[1], items[0]])
    assert results == [IN_TIME, SKIPPED, IN_TIME, SKIPPED]


@pytest.mark.parametrize(
    ("after", "result"),
    [(-1, IN_TIME), (0, IN_TIME), (1, LATE), (GRACE - 1, LATE), (GRACE, LATE), (GRACE + 1, SKIPPED)],
)
def test_batch__around_the_window__knows_each_second(
    stage: Stage, tasks: list[bytes], after: int, result: int
) -> None:
    at = stage.task(tasks[0]).prove_by + after
    results, _ = batch(stage, items_of(stage, tasks), at=at)
    assert results == [result] * 3
    assert {stage.task(task).status for task in tasks} == {PROVEN if result else ASSIGNED}
    stage.check_solvency()


def test_batch__rescued_task__has_its_own_window_and_bounty(stage: Stage, tasks: list[bytes]) -> None:
    """One of three was rescued: its half window is over while the others' is not."""
    stage.seat(stage.second)
    lost = stage.place(stage.requester, 9 * ZK, statement=(8, 8))
    stage.act(stage.prover, stage.pool.provers, "setCapacity", stage.queue, 0)
    stage.clear()
    assert stage.task(lost).prover == stage.id_of(stage.second)
    stage.fumble(lost, stage.second)
    stage.act(stage.prover, stage.pool.provers, "setCapacity", stage.queue, 8)
    for task in tasks[1:]:
        stage.prove(task, stage.prover)
    stage.pool.claim_open(lost, stage.prover)
    end = stage.task(lost).prove_by
    assert end == stage.chain.now + WINDOW // 2
    bounty = stage.rescue(lost).bounty_wei
    mine = stage.place(stage.requester, 9 * ZK, statement=(6, 6))
    stage.act(stage.second, stage.pool.provers, "setCapacity", stage.queue, 0)
    stage.clear()
    results, receipt = batch(stage, items_of(stage, [lost, mine]), at=end + 1)
    assert results == [LATE, IN_TIME]
    assert stage.events(receipt, stage.pool.market, "BountyPaid") == [(lost, stage.prover, bounty)]
    stage.check_solvency()


def test_batch__by_a_hot_key__is_the_provers(stage: Stage, tasks: list[bytes]) -> None:
    provers, prover = stage.pool.provers, stage.id_of(stage.prover)
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 1, stage.chain.now + DAY)
    stage.act(stage.hot_key, provers, "acceptKey", prover)
    results, _ = batch(stage, items_of(stage, tasks), sender=stage.hot_key)
    assert results == [IN_TIME] * 3
    assert stage.wealth(stage.hot_key) == 0


@pytest.mark.parametrize("behaviour", [b"revert", b"burn"])
def test_batch__verifier_fails_for_one__reverts_and_blames_nobody(
    stage: Stage, tasks: list[bytes], behaviour: bytes
) -> None:
    items = items_of(stage, tasks)
    items[2] = (items[2][0], items[2][1], behaviour)
    args = (
        stage.queue,
        stage.prover,
        [item[0] for item in items],
        [item[1] for item in items],
        [item[2] for item in items],
    )
    assert stage.refusal(stage.prover, stage.pool.market, "submitProofs", *args) == "VerifierFailed"
    assert {stage.task(task).status for task in tasks} == {ASSIGNED}


def test_batch__queue_frozen__reverts(stage: Stage, tasks: list[bytes]) -> None:
    stage.act(stage.admin, stage.pool.projects, "freezeQueue", stage.queue)
    [item] = items_of(stage, tasks[:1])
    args = (stage.queue, stage.prover, [item[0]], [item[1]], [item[2]])
    assert stage.refusal(stage.prover, stage.pool.market, "submitProofs", *args) == "QueueIsFrozen"


def test_batch__count_out_of_bounds__reverts(stage: Stage, tasks: list[bytes]) -> None:
    market = stage.pool.market
    for count in (0, 33):
        args = (stage.queue, stage.prover, [tasks[0]] * count, [[]] * count, [b""] * count)
        name, fields = stage.refused(stage.prover, market, "submitProofs", *args)
        assert name == "BatchOutOfBounds"
        assert (fields["got"], fields["limit"]) == (count, 32)
    for lengths in ((1, 2, 1), (1, 1, 0), (2, 1, 1)):
        args = (
            stage.queue,
            stage.prover,
            [tasks[0]] * lengths[0],
            [[]] * lengths[1],
            [b""] * lengths[2],
        )
        assert stage.refusal(stage.prover, market, "submitProofs", *args) == "BatchLengthsDiffer"
