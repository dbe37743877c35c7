"""The rest of a task's life, through clients: late, declined, rescued, in batches, by hot keys, frozen."""

from __future__ import annotations

import pytest

from tests.sdk.toy_market import KEY, TERMS, ToyMarket, make_toy_market
from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.bids import CYCLE_SECONDS, cycle_of
from zkpool_sdk.chain.events import CapacitySet, Heartbeat, QueueFrozen
from zkpool_sdk.clients import (
    AssignedTask,
    DueKind,
    NotAssigned,
    ProofRefused,
    Prover,
    Submission,
)
from zkpool_sdk.errors import (
    DeclineWindowOver,
    KeyNotAllowed,
    KeyNotProposed,
    NotAssignedProver,
    NothingToClaim,
    NotJailed,
    NotRescuer,
    NotSeated,
    ProofWindowOver,
    QueueIsFrozen,
    RevealWindow,
    UnknownAccelerator,
)
from zkpool_sdk.models import ALL_SCOPES, ProofResult, QueueId, Scope, SignalRule, TaskStatus
from zkpool_sdk.units import DAY, zk

WINDOW = TERMS.proof_window_seconds
GRACE = WINDOW // 4


@pytest.fixture
def toy(contracts: Contracts) -> ToyMarket:
    return make_toy_market(contracts)


def assigned(toy: ToyMarket, fee: int = 4, prover: Prover | None = None) -> AssignedTask:
    """A task given to the market's prover, or to another."""
    toy.requester.place(toy.queue, [fee], zk(fee), life_seconds=DAY)
    toy.end_round()
    (task,) = (prover or toy.prover).assignments()
    return task


def hot_key(toy: ToyMarket, scopes: int = ALL_SCOPES) -> Prover:
    """A key that the market's prover has proposed and that has agreed."""
    key = Prover(toy.someone(0)).acting_for(toy.prover.address)
    toy.prover.propose_key(key.address, scopes)
    key.accept_key()
    return key


# --- late


def test_submit__in_the_grace__is_late_for_half_the_price(toy: ToyMarket) -> None:
    task = assigned(toy)
    toy.contracts.connection.wait_until(task.prove_by + 1)
    assert toy.prover.assignments() == (task,)
    late = toy.prover.submit(task.task, *toy.proof(task))
    assert (late.late, late.price_wei) == (True, task.price_wei // 2)
    assert late.slashed_wei == task.bond_wei // 2
    assert toy.prover.stake_state().own_wei == zk(64) - task.bond_wei // 2
    delivered = toy.requester.proof_of(task.task)
    assert (delivered.price_wei, delivered.proof) == (late.price_wei, toy.proof(task)[1])
    assert toy.prover.assignments() == ()


def test_submit__after_the_grace__is_refused(toy: ToyMarket) -> None:
    task = assigned(toy)
    assert task.grace_until == task.prove_by + GRACE
    toy.contracts.connection.wait_until(task.grace_until + 1)
    assert toy.prover.assignments() == ()
    with pytest.raises(ProofWindowOver):
        toy.prover.submit(task.task, *toy.proof(task))


# --- declined, claimed


def test_decline__soon__opens_the_task_to_others(toy: ToyMarket) -> None:
    second = toy.another_prover()
    second.set_capacity(toy.queue, 0)
    task = assigned(toy)
    assert task.decline_by == task.prove_by - WINDOW + WINDOW // 10
    assert toy.prover.decline(task.task) == 1
    assert toy.prover.open_tasks() == ()  # not for who declined it
    second.set_capacity(toy.queue, 1)
    (found,) = second.open_tasks(toy.queue)
    assert second.open_tasks(toy.queue + 1) == ()
    assert (found.task, found.price_wei, found.bounty_wei) == (task.task, task.price_wei, 0)
    assert found.window_seconds == WINDOW // 2
    with pytest.raises(NotRescuer):
        toy.prover.claim_open(task.task)
    claimed = second.claim_open(task.task)
    assert second.assignments() == (claimed,)
    assert second.open_tasks() == ()
    proof = second.submit(task.task, *toy.proof(claimed, prover=second))
    assert (proof.late, proof.price_wei, proof.bounty_wei) == (False, task.price_wei, 0)
    assert toy.requester.task(task.task).status is TaskStatus.PROVEN


def test_decline__too_late__is_refused(toy: ToyMarket) -> None:
    task = assigned(toy)
    toy.contracts.connection.wait_until(task.decline_by + 1)
    with pytest.raises(DeclineWindowOver):
        toy.prover.decline(task.task)


def test_claim_open__after_a_wrong_proof__earns_the_bounty(toy: ToyMarket) -> None:
    second = toy.another_prover()
    second.set_capacity(toy.queue, 0)
    task = assigned(toy)
    with pytest.raises(ProofRefused) as caught:
        toy.prover.submit(task.task, *toy.proof(task, wrong=True))
    second.set_capacity(toy.queue, 1)
    (found,) = second.open_tasks()
    assert found.bounty_wei == caught.value.slashed_wei * 1_800 // 10_000
    claimed = second.claim_open(found.task)
    assert claimed.bounty_wei == found.bounty_wei
    assert Prover(toy.prover.contracts).assignments() == toy.prover.assignments() == ()  # it was theirs
    assert claimed.grace_until == claimed.prove_by + WINDOW // 2 // 4
    proof = second.submit(found.task, *toy.proof(claimed, prover=second))
    assert (proof.price_wei, proof.bounty_wei) == (task.price_wei, found.bounty_wei)
    assert second.credit() == found.bounty_wei


def test_claim_open__without_a_seat__says_so(toy: ToyMarket) -> None:
    task = assigned(toy)
    toy.prover.decline(task.task)
    stranger = Prover(toy.someone())
    with pytest.raises(NotSeated):
        stranger.claim_open(task.task)


# --- batches


def test_submit_many__good_wrong_and_foreign__each_by_itself(toy: ToyMarket) -> None:
    for fee in (1, 2, 3, 4):
        task = assigned(toy, fee)
        toy.prover.submit(task.task, *toy.proof(task))
    for fee in (5, 6):
        toy.requester.place(toy.queue, [fee], zk(fee))
    toy.end_round()
    good, wrong = toy.prover.assignments()
    batch = [
        Submission(good.task, *_flat(toy.proof(good))),
        Submission(bytes(32), *_flat(toy.proof(good))),
        Submission(wrong.task, *_flat(toy.proof(wrong, wrong=True))),
        Submission(good.task, *_flat(toy.proof(good))),
    ]
    done = toy.prover.submit_many(toy.queue, batch)
    assert [(one.task, one.outcome) for one in done] == [
        (good.task, ProofResult.PROVEN),
        (bytes(32), ProofResult.SKIPPED),
        (wrong.task, ProofResult.INVALID),
        (good.task, ProofResult.SKIPPED),
    ]
    assert [one.price_wei for one in done] == [good.price_wei, 0, 0, 0]
    assert toy.requester.proof_of(good.task).proof == toy.proof(good)[1]
    assert [one.slashed_wei > 0 for one in done] == [False, False, True, False]


def _flat(proof: tuple[list[int], bytes]) -> tuple[tuple[int, ...], bytes]:
    return tuple(proof[0]), proof[1]


# --- hot keys


def test_hot_key__accepted__submits_for_its_prover(toy: ToyMarket) -> None:
    key = hot_key(toy)
    state = toy.prover.key(key.address)
    assert (state.accepted, state.allows) == (True, ALL_SCOPES)
    assert (key.id, key.prover, key.address) != (0, key.address, toy.prover.address)
    task = assigned(toy, prover=key)
    signals, proof = toy.proof(task)
    assert key.submit(task.task, signals, proof).price_wei == task.price_wei
    assert toy.prover.earnings().pending_wei == task.price_wei * 8 // 10
    assert key.earnings().pending_wei == 0
    task = assigned(toy, 3, prover=key)
    assert key.decline(task.task) == 1
    task = assigned(toy, 2, prover=key)
    (done,) = key.submit_many(toy.queue, [Submission(task.task, *_flat(toy.proof(task)))])
    assert done.outcome is ProofResult.PROVEN


def test_hot_key__without_the_scope_or_revoked__may_not(toy: ToyMarket) -> None:
    key = hot_key(toy, Scope.DECLINE)
    task = assigned(toy)
    with pytest.raises(NotAssignedProver):
        key.submit(task.task, *toy.proof(task))
    with pytest.raises(KeyNotAllowed):
        key.heartbeat(toy.queue, 0)
    toy.prover.revoke_key(key.address)
    with pytest.raises(NotAssignedProver):
        key.decline(task.task)
    with pytest.raises(KeyNotProposed):
        key.accept_key()


def test_hot_key__leaves__by_itself(toy: ToyMarket) -> None:
    key = hot_key(toy)
    key.revoke_key()
    assert not toy.prover.key(key.address).accepted


def test_heartbeat__machine_goes_down__gets_no_tasks(toy: ToyMarket) -> None:
    key = hot_key(toy, Scope.HEARTBEAT)
    key.heartbeat(toy.queue, 0)
    assert toy.contracts.market.slot_count_of(toy.queue) == 0
    key.heartbeat(toy.queue, 2)
    assert toy.contracts.market.slot_count_of(toy.queue) == 1
    kinds = {type(event) for event in _history(toy)}
    assert Heartbeat in kinds
    assert CapacitySet not in kinds


def _history(toy: ToyMarket) -> list[object]:
    from zkpool_sdk.chain.history import read_history

    return list(read_history(toy.contracts.connection, toy.contracts.deployment))


# --- stake and record


def test_restake__what_was_earned__is_stake(toy: ToyMarket) -> None:
    task = assigned(toy)
    toy.prover.submit(task.task, *toy.proof(task))
    with pytest.raises(NothingToClaim):
        toy.prover.restake()
    assert toy.prover.restake(wait=True) == task.price_wei * 8 // 10
    assert toy.prover.stake_state().own_wei == zk(64) + task.price_wei * 8 // 10


def test_borrow_and_return__nothing_lost__costs_nothing(toy: ToyMarket) -> None:
    toy.contracts.token.approve(toy.contracts.delegation.address, zk(100))
    toy.contracts.delegation.deposit(zk(100), toy.contracts.deployment.deployer)
    prover = Prover(toy.someone(zk(1)))
    prover.register()
    stake = prover.borrow_stake()
    assert (stake.active, stake.sponsored, stake.sponsored_wei, prover.balance_wei) == (True, True, zk(32), 0)
    assert prover.return_stake() == zk(32)
    assert toy.contracts.delegation.credit_of(prover.address) == zk(1)


def test_leave_jail__not_jailed__is_refused(toy: ToyMarket) -> None:
    with pytest.raises(NotJailed):
        toy.prover.leave_jail()


def test_set_accelerator__unknown__is_refused(toy: ToyMarket) -> None:
    with pytest.raises(UnknownAccelerator):
        toy.prover.set_accelerator(toy.queue, 7)


# --- sealed and frozen


def test_keeper__frozen_queue__ends_every_task_in_a_refund(toy: ToyMarket) -> None:
    task = assigned(toy)
    waiting = toy.rival.place(toy.queue, [2], zk(2), life_seconds=DAY)
    toy.project.freeze_queue(toy.queue)
    assert toy.contracts.projects.queue_of(toy.queue).frozen
    with pytest.raises(QueueIsFrozen):
        toy.prover.submit(task.task, *toy.proof(task))
    toy.contracts.connection.wait_until(toy.contracts.connection.timestamp() + 301)
    done = toy.keeper.do_due()
    assert sorted((due.kind, due.task) for due, _ in done) == sorted(
        (DueKind.FINALIZE, one) for one in (task.task, waiting.task)
    )
    assert toy.rival.credit() == zk(2)
    assert toy.requester.credit() == zk(4)
    assert toy.prover.stake_state().locked_wei == 0
    assert toy.keeper.due() == []
    assert any(isinstance(event, QueueFrozen) for event in _history(toy))


def test_keeper__sealed_queue__is_cleared_outside_of_reveals(toy: ToyMarket) -> None:
    connection = toy.contracts.connection
    queue = sealed_queue(toy)
    start = (cycle_of(connection.timestamp()) + 1) * CYCLE_SECONDS
    connection.wait_until(start)
    sealed = toy.requester.commit(queue, [1], zk(2), life_seconds=DAY)
    forgotten = toy.rival.commit(queue, [2], zk(3))
    connection.wait_until(start + CYCLE_SECONDS // 2)
    assert toy.requester.reveal(sealed) is not None
    connection.wait_until(start + CYCLE_SECONDS - 2)
    assert toy.keeper.due() == []
    connection.wait_until(start + CYCLE_SECONDS * 3 // 2)
    assert [due.kind for due in toy.keeper.due()] == [DueKind.FORFEIT]
    with pytest.raises(RevealWindow):
        toy.keeper.clear(queue)
    connection.wait_until(start + 2 * CYCLE_SECONDS - 1)
    assert DueKind.CLEAR not in {due.kind for due in toy.keeper.due()}
    connection.wait_until(start + 2 * CYCLE_SECONDS)
    assert [due.kind for due in toy.keeper.due()] == [DueKind.CLEAR, DueKind.FORFEIT]
    assert len(toy.keeper.do_due()) == 2
    assert toy.keeper.due() == []
    assert forgotten.requester == toy.rival.address


def sealed_queue(toy: ToyMarket) -> QueueId:
    """A sealed queue for the same key, in which the market's prover has a seat."""
    verifier, projects = toy.contracts.verifier, toy.contracts.projects
    key, rules, sample = verifier.key_of(KEY.public.abi), [SignalRule.FIXED, SignalRule.PROVER], [5, 6]
    proof = KEY.prove(sample).calldata
    projects.create_sealed_queue(1, verifier.address, key, rules, TERMS, sample, proof, 300_000)
    queue = QueueId(projects.queue_count())
    assert projects.queue_of(queue).is_sealed
    toy.prover.contracts.provers.join(queue, 1)
    return queue


def test_claim_open__gone_before_it_was_read__is_told(
    toy: ToyMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = toy.another_prover()
    second.set_capacity(toy.queue, 0)
    task = assigned(toy)
    toy.prover.decline(task.task)
    second.set_capacity(toy.queue, 1)
    monkeypatch.setattr(second, "_assignment", lambda task: None)
    with pytest.raises(NotAssigned):
        second.claim_open(task.task)
