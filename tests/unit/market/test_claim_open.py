"""`claimOpen`: rescuing an open task; `finalize` of what nobody rescued."""

from __future__ import annotations

import pytest

from tests.support.rawmarket import mock_proof
from tests.support.stage import (
    ASSIGNED,
    FAILED,
    GRACE,
    HOUR,
    KEY,
    LIABILITY,
    MIN_BOND,
    OPEN,
    PROVEN,
    QUEUED,
    ROUND,
    RULES,
    WINDOW,
    ZK,
    Stage,
    terms,
)


@pytest.fixture
def missed(stage: Stage) -> bytes:
    """A task at 3 ZK that the prover missed; the second prover could take it."""
    stage.seat(stage.prover)
    stage.place(stage.rival, 3 * ZK)
    task = stage.assigned(stage.requester, 5 * ZK)
    stage.seat(stage.second)
    stage.miss(task)
    return task


def test_claim__open_task__is_bonded_and_has_half_a_window(stage: Stage, missed: bytes) -> None:
    receipt = stage.pool.claim_open(missed, stage.second)
    now = stage.chain.now
    claimed = stage.events(receipt, stage.pool.market, "TaskClaimed")
    assert claimed == [(missed, stage.second, MIN_BOND, now + WINDOW // 2)]
    stored = stage.task(missed)
    assert (stored.status, stored.rescued, stored.prove_by) == (ASSIGNED, True, now + WINDOW // 2)
    assert (stored.prover, stored.place, stored.bond_wei) == (stage.id_of(stage.second), 1, MIN_BOND)
    assert stored.amount_wei == 3 * ZK
    assert stage.stake_of(stage.second).locked_wei == MIN_BOND
    assert stage.seats()[1].in_flight == 1
    stage.check_solvency()


def test_claim__proven_in_time__pays_price_and_bounty(stage: Stage, missed: bytes) -> None:
    stage.pool.claim_open(missed, stage.second)
    receipt = stage.prove(missed, stage.second)
    bounty = MIN_BOND * 18 // 100
    assert stage.events(receipt, stage.pool.market, "BountyPaid") == [(missed, stage.second, bounty)]
    assert (stage.task(missed).status, stage.rescue(missed).bounty_wei) == (PROVEN, 0)
    assert stage.credit(stage.second) == bounty
    assert stage.earned(stage.second) == 3 * ZK * 8 // 10
    delay_marks = 1_000_000 - 200_000 * 1 // (WINDOW // 2)
    assert stage.record(stage.second).rating_ppm == (15 * 300_000 + delay_marks) // 16
    stage.check_solvency()


def test_claim__refused_twice__adds_both_bounties(stage: Stage, missed: bytes) -> None:
    """The rescuer's parts of all slashes wait for who proves it in the end."""
    stage.seat(stage.third)
    first = stage.rescue(missed).bounty_wei
    until = stage.rescue(missed).open_until
    stage.pool.claim_open(missed, stage.second)
    receipt = stage.fumble(missed, stage.second)
    [slashed] = stage.events(receipt, stage.pool.vault, "Slashed")
    assert stage.rescue(missed).bounty_wei == first + slashed[3][3]
    assert stage.rescue(missed).open_until == until, "the first opening fixed it"
    stage.pool.claim_open(missed, stage.third)
    stage.prove(missed, stage.third)
    assert stage.credit(stage.third) == first + 2 * ZK * 18 // 100
    stage.check_solvency()


@pytest.mark.parametrize("status", [QUEUED, ASSIGNED, PROVEN, 0])
def test_claim__task_that_is_not_open__reverts(stage: Stage, status: int) -> None:
    stage.seat(stage.prover)
    stage.seat(stage.second)
    task = stage.assigned(stage.requester)
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    if status == QUEUED:
        task = stage.place(stage.requester, ZK)
    elif status == PROVEN:
        stage.prove(task, holder)
    elif status == 0:
        task = b"\x09" * 32
    name, fields = stage.refused(stage.second, stage.pool.market, "claimOpen", task, 1)
    assert name == "WrongStatus"
    assert (fields["got"], fields["expected"]) == (status, OPEN)


def test_claim__queue_frozen__reverts(stage: Stage, missed: bytes) -> None:
    stage.act(stage.owner, stage.pool.projects, "freezeQueue", stage.queue)
    assert stage.refusal(stage.second, stage.pool.market, "claimOpen", missed, 1) == "QueueIsFrozen"


def test_claim__while_paused__works(stage: Stage, missed: bytes) -> None:
    stage.act(stage.guardian, stage.pool.market, "pause")
    stage.pool.claim_open(missed, stage.second)
    assert stage.task(missed).status == ASSIGNED


def test_claim__stake_that_covers_no_bond__reverts(stage: Stage) -> None:
    queue = stage.open_queue(penalty=35 * ZK)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, ZK, queue=queue)
    stage.seat(stage.second, stake_wei=32 * ZK, queue=queue)
    stage.pool.decline(task, stage.prover)
    name = stage.refusal(stage.second, stage.pool.market, "claimOpen", task, 1)
    assert name == "BondExceedsFreeStake"


def test_claim__in_a_queue_with_a_tier__asks_for_the_rating(stage: Stage) -> None:
    """The tier of a sealed queue holds for rescuers too."""
    pool = stage.pool
    signals = [1, 2, 3, 4]
    sample = (signals, mock_proof(signals))
    circuit = (1, pool.verifier.address, KEY, list(RULES), terms(), sample)
    stage.act(stage.admin, pool.projects, "createSealedQueue", *circuit, 298_000)
    queue = int(pool.projects.read("queueCount"))
    stage.seat(stage.prover, queue=queue)
    stage.seat(stage.second, queue=queue)
    assert pool.desk is not None
    task = _sealed_task(stage, queue)
    holder = pool.provers.read("accountOf", stage.task(task).prover)
    other = stage.second if holder == stage.prover else stage.prover
    stage.pool.decline(task, holder)
    # The other one's rating falls below the tier elsewhere.
    stage.act(other, pool.provers, "join", stage.queue, 8)
    lost = stage.assigned(stage.requester)
    stage.pool.decline(lost, other)
    assert stage.record(other).rating_ppm < 298_000
    seat = pool.seat_of(queue, other)
    assert stage.refusal(other, pool.market, "claimOpen", task, seat) == "RatingTooLow"


def _sealed_task(stage: Stage, queue: int) -> bytes:
    """A task of the requester that came in by commit and reveal, assigned."""
    desk = stage.pool.desk
    assert desk is not None
    fee, salt = ZK, 7
    commit_at = (stage.chain.now // 600 + 1) * 600
    until = commit_at + 20_000
    bid = (queue, [11, 22], fee, until, b"", salt)
    bid_hash = desk.read("hashOf", stage.requester, *bid)
    stage.act(stage.requester, desk, "commit", queue, bid_hash, at=commit_at)
    receipt = stage.act(stage.requester, desk, "reveal", *bid, at=commit_at + 300)
    [revealed] = stage.events(receipt, desk, "BidRevealed")
    task = bytes(revealed[1])
    stage.statements[task] = (11, 22)
    stage.act(stage.keeper, stage.pool.market, "clear", queue, at=commit_at + 600 + ROUND - 1)
    return task


# --- what nobody rescued


@pytest.mark.parametrize("late", [0, 1])
def test_finalize__open_task__fails_after_its_liability_window(
    stage: Stage, missed: bytes, late: int
) -> None:
    until = stage.rescue(missed).open_until
    market = stage.pool.market
    if not late:
        name, fields = stage.refused(stage.keeper, market, "finalize", missed, at=until)
        assert name == "NothingDue"
        assert (fields["nowAt"], fields["dueAt"]) == (until, until + 1)
        return
    bounty, insured = stage.rescue(missed).bounty_wei, stage.balance(stage.pool.insurance)
    owed = stage.credit(stage.requester)
    receipt = stage.act(stage.keeper, market, "finalize", missed, at=until + 1)
    assert stage.events(receipt, market, "TaskFailed") == [(missed, 3 * ZK, bounty)]
    assert stage.task(missed).status == FAILED
    assert stage.credit(stage.requester) == owed + 3 * ZK
    assert stage.balance(stage.pool.insurance) == insured + bounty
    stage.check_solvency()


def test_finalize__rescued_task_missed_in_the_liability_window__opens_again(stage: Stage) -> None:
    queue = stage.open_queue(liability=3 * HOUR)
    for who in (stage.prover, stage.second):
        stage.seat(who, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    rescuer = stage.second if holder == stage.prover else stage.prover
    stage.pool.decline(task, holder)
    stage.pool.claim_open(task, rescuer)
    end = stage.task(task).prove_by + WINDOW // 2 // 4
    market = stage.pool.market
    assert stage.refusal(stage.keeper, market, "finalize", task, at=end) == "NothingDue"
    stage.act(stage.keeper, market, "finalize", task, at=end + 1)
    assert stage.task(task).status == OPEN
    assert stage.rescue(task).bounty_wei == MIN_BOND * 18 // 100
    assert stage.credit(stage.keeper) == MIN_BOND * 2 // 100


def test_finalize__carriers_task__pays_tier_1s_loss_first(stage: Stage) -> None:
    """The carrier is a requester too; its part of a slash comes before all others."""
    queue = stage.open_queue(penalty=4 * ZK)
    stage.act(stage.owner, stage.pool.projects, "setCarrier", queue, stage.requester)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, 5 * ZK, queue=queue)
    owed = stage.credit(stage.requester)
    receipt = stage.miss(task)
    [slashed] = stage.events(receipt, stage.pool.vault, "Slashed")
    parts = slashed[3]
    requester_part = min(MIN_BOND // 2, stage.task(task).amount_wei)
    assert parts[:3] == (4 * ZK + MIN_BOND, 4 * ZK, requester_part)
    assert stage.credit(stage.requester) == owed + 4 * ZK + requester_part
    other = stage.place(stage.rival, 5 * ZK, queue=queue)
    stage.skip_to(stage.record(stage.prover).banned_until)
    stage.clear(queue)
    stage.miss(other)
    assert stage.credit(stage.rival) == 5 * ZK, "who carries nothing is made good up to the price"
    stage.check_solvency()


def test_finalize__at_every_boundary__is_due_a_second_later(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    prove_by = stage.task(task).prove_by
    market = stage.pool.market
    for at in (prove_by - 1, prove_by, prove_by + 1, prove_by + GRACE - 1, prove_by + GRACE):
        assert stage.refusal(stage.keeper, market, "finalize", task, at=at) == "NothingDue"
    assert market.try_send(stage.keeper, "finalize", task, at=prove_by + GRACE + 1).ok
    for at, status in (
        (prove_by + LIABILITY - 1, OPEN),
        (prove_by + LIABILITY, OPEN),
        (prove_by + LIABILITY + 1, FAILED),
    ):
        calls = [
            market.call(stage.keeper, "finalize", task, at=at),
            market.call(stage.keeper, "taskOf", task),
        ]
        outcomes = stage.chain.simulate(calls)
        assert outcomes[0].ok
        assert market.decode("taskOf", outcomes[1].data)[2] == status


def test_claim__active_stake_without_registration__reverts(stage: Stage, missed: bytes) -> None:
    stage.act(stage.fund(stage.outsider, 40 * ZK), stage.pool.vault, "stake", 40 * ZK)
    name, fields = stage.refused(stage.outsider, stage.pool.market, "claimOpen", missed, 1)
    assert (name, fields["account"]) == ("NotRegistered", stage.outsider)


@pytest.mark.parametrize("seat", [32, 255])
def test_claim__seat_beyond_the_last__reverts(stage: Stage, missed: bytes, seat: int) -> None:
    assert stage.refusal(stage.second, stage.pool.market, "claimOpen", missed, seat) == "WrongSeat"


def test_claim__who_declined_it_before__reverts(stage: Stage) -> None:
    """Neither who declined first nor who declined second gets it back after another rescuer has missed it."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester, 5 * ZK)
    stage.seat(stage.second)
    stage.seat(stage.third)
    stage.pool.decline(task, stage.prover)
    stage.pool.claim_open(task, stage.second)
    assert stage.refusal(stage.prover, stage.pool.market, "claimOpen", task, 0) == "WrongStatus"
    stage.pool.decline(task, stage.second)
    assert stage.refusal(stage.prover, stage.pool.market, "claimOpen", task, 0) == "NotRescuer"
    stage.pool.claim_open(task, stage.third)
    stage.miss(task)
    assert stage.task(task).prover == stage.id_of(stage.third)
    for decliner, seat in ((stage.prover, 0), (stage.second, 1)):
        assert stage.refusal(decliner, stage.pool.market, "claimOpen", task, seat) == "NotRescuer"


def test_claim__declined_task_that_nobody_was_slashed_for__earns_the_price_alone(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester, 5 * ZK)
    stage.seat(stage.second)
    stage.pool.decline(task, stage.prover)
    stage.pool.claim_open(task, stage.second)
    receipt = stage.prove(task, stage.second)
    assert stage.task(task).status == PROVEN
    assert not stage.events(receipt, stage.pool.market, "BountyPaid")
    assert stage.credit(stage.second) == 0
    stage.check_solvency()
