"""Attacks with what belongs to others: lent stake, allowances, hot keys, accelerators, batches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.access import MATRIX
from tests.support.rawchain import Contract
from tests.support.rawmarket import mock_proof
from tests.support.stage import (
    ASSIGNED,
    DAY,
    GRACE,
    HOUR,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    PROVEN,
    ZK,
    Stage,
    settle_city,
)

SKIPPED, BATCH_PROVEN, LATE, INVALID = range(4)
LOAN = 32 * ZK


def pool_of(stage: Stage) -> Contract:
    """The delegation vault."""
    assert stage.pool.delegation is not None
    return stage.pool.delegation


@pytest.fixture
def lent(stage: Stage) -> str:
    """A prover seated in a backed queue that works with lent stake alone, of a pool of 200 ZK."""
    delegation = pool_of(stage)
    stage.fund(stage.delegator, 200 * ZK)
    stage.act(stage.delegator, delegation, "deposit", 200 * ZK, stage.delegator)
    stage.act(stage.owner, delegation, "setOperator", stage.operator)
    stage.act(stage.operator, delegation, "backQueue", stage.queue, True)
    stage.act(stage.attacker, stage.pool.provers, "register", "")
    stage.act(stage.attacker, delegation, "borrowStake")
    return stage.seat(stage.attacker, stake_wei=0)


@pytest.mark.parametrize("fault", ["missed", "invalid"])
def test_sponsored_prover__that_gambles_the_pools_money__wins_none_of_it(
    stage: Stage, lent: str, fault: str
) -> None:
    """Borrower, requester, keeper and rescuer conspire: what lent stake loses pays insurance alone."""
    gang = (lent, stage.accomplice, stage.third)
    stage.seat(stage.third)
    stage.act(stage.third, stage.pool.provers, "setCapacity", stage.queue, 0)
    before = stage.wealth(*gang)
    stage.place(stage.rival, 9 * ZK)
    task = stage.assigned(stage.accomplice, 10 * ZK)
    insured = stage.balance(stage.pool.insurance)
    if fault == "missed":
        stage.miss(task, keeper=stage.third)
    else:
        stage.fumble(task, lent)
    stake = stage.stake_of(lent)
    assert (stake.own_wei, stake.sponsored_wei) == (0, LOAN - MIN_BOND)
    assert stage.balance(stage.pool.insurance) - insured == MIN_BOND
    assert stage.rescue(task).bounty_wei == 0
    stage.skip_to(stage.rescue(task).open_until + 1)
    stage.act(stage.third, stage.pool.market, "finalize", task)
    assert stage.wealth(*gang) == before
    stage.check_solvency()


def test_sponsored_prover__with_money_of_its_own__loses_that_first(stage: Stage, lent: str) -> None:
    """An operator cannot shrink its own loss by the pool's stake beside it."""
    stage.act(lent, stage.pool.vault, "stake", MIN_BOND // 2)
    stage.miss(stage.assigned(stage.requester))
    stake = stage.stake_of(lent)
    assert (stake.own_wei, stake.sponsored_wei) == (0, LOAN - MIN_BOND // 2)


def test_sponsored_prover__cannot_take_the_loan_for_itself(stage: Stage, lent: str) -> None:
    vault = stage.pool.vault
    for amount in (1, LOAN):
        assert stage.refusal(lent, vault, "requestUnstake", amount) == "UnstakeExceedsStake"
    assert stage.refusal(lent, vault, "finishUnstake") == "NothingUnbonding"
    assert stage.refusal(lent, vault, "recall", lent) == "NotSponsor"
    assert stage.refusal(lent, vault, "lend", stage.accomplice, ZK) == "NotSponsor"
    before = stage.balance(lent)
    stage.act(lent, pool_of(stage), "returnStake")
    assert stage.balance(lent) - before <= ZK, "the fee at most"


def test_sponsored_prover__shares_what_it_earns(stage: Stage, lent: str) -> None:
    stage.place(stage.rival, 9 * ZK)
    task = stage.assigned(stage.requester, 10 * ZK)
    stage.prove(task, lent)
    assert stage.earned(lent) == 9 * ZK * 8 // 10 * 8 // 10


def test_allowance__of_a_requester__moves_for_nobody_else(built: Stage) -> None:
    """Everybody tries every function: the requester, who has approved without limit, loses not a wei."""
    snapshot = built.chain.snapshot()
    city = settle_city(built)
    token, owner = city.stage.pool.token, city.stage.requester
    before = city.stage.balance(owner)
    for name, rows in MATRIX.items():
        for function, row in rows.items():
            call = city.contracts[name].call(built.attacker, function, *row.arguments(city))
            outcomes = built.chain.simulate([call, token.call(owner, "balanceOf", owner)])
            assert token.decode("balanceOf", outcomes[1].data) >= before, f"{name}.{function}"
    built.chain.revert(snapshot)


# --- hot keys


@pytest.fixture
def keyed(stage: Stage) -> Stage:
    """The prover's hot key may submit, for a day."""
    stage.seat(stage.prover)
    until = stage.chain.now + DAY
    stage.act(stage.prover, stage.pool.provers, "proposeKey", stage.hot_key, 1, until)
    stage.act(stage.hot_key, stage.pool.provers, "acceptKey", stage.id_of(stage.prover))
    return stage


def test_hot_key__stolen__reaches_no_money(keyed: Stage) -> None:
    """A key on a machine may hand in proofs; pay goes to the prover, stake stays where it is."""
    task = keyed.assigned(keyed.requester)
    for function, contract in (("claim", keyed.pool.splitter), ("finishUnstake", keyed.pool.vault)):
        assert keyed.refusal(keyed.hot_key, contract, function) in {"NothingToClaim", "NothingUnbonding"}
    assert keyed.refusal(keyed.hot_key, keyed.pool.vault, "requestUnstake", 1) == "UnstakeExceedsStake"
    assert keyed.refusal(keyed.hot_key, keyed.pool.market, "decline", task) == "NotAssignedProver"
    prover = keyed.id_of(keyed.prover)
    beat = (prover, keyed.queue, 0, 0)
    assert keyed.refusal(keyed.hot_key, keyed.pool.provers, "heartbeat", *beat) == "KeyNotAllowed"
    renewal = (keyed.attacker, 7, keyed.chain.now + DAY)
    assert keyed.refusal(keyed.hot_key, keyed.pool.provers, "proposeKey", *renewal) == "NotRegistered"
    keyed.act(keyed.hot_key, keyed.pool.market, "submitProof", task, *keyed.proof(task, keyed.prover))
    assert keyed.task(task).status == PROVEN
    assert keyed.earned(keyed.prover) == MIN_BASE_FEE * 8 // 10
    assert keyed.wealth(keyed.hot_key) == 0


def test_hot_key__revoked_or_expired__acts_no_more(keyed: Stage) -> None:
    task = keyed.assigned(keyed.requester)
    proof = keyed.proof(task, keyed.prover)
    prover = keyed.id_of(keyed.prover)
    market, provers = keyed.pool.market, keyed.pool.provers
    expires_at = provers.read("keyOf", prover, keyed.hot_key)[1]
    submit = (keyed.hot_key, market, "submitProof", task, *proof)
    assert keyed.refusal(*submit, at=expires_at + 1) == "NotAssignedProver"
    keyed.act(keyed.prover, provers, "revokeKey", prover, keyed.hot_key)
    assert keyed.refusal(*submit) == "NotAssignedProver"
    assert keyed.refusal(keyed.hot_key, provers, "acceptKey", prover) == "KeyNotProposed"


def test_hot_key__that_never_agreed__is_none(stage: Stage) -> None:
    """Two steps: nobody is made the key of a prover it does not know."""
    stage.seat(stage.attacker)
    stage.act(stage.attacker, stage.pool.provers, "proposeKey", stage.hot_key, 7, stage.chain.now + DAY)
    task = stage.assigned(stage.requester)
    proof = stage.proof(task, stage.attacker)
    name = stage.refusal(stage.hot_key, stage.pool.market, "submitProof", task, *proof)
    assert name == "NotAssignedProver"


def test_hot_key__and_account_hand_in_the_same_proof__one_is_paid(keyed: Stage) -> None:
    """A change of who signs is no second payment."""
    task = keyed.assigned(keyed.requester)
    proof = keyed.proof(task, keyed.prover)
    keyed.act(keyed.hot_key, keyed.pool.market, "submitProof", task, *proof)
    for who in (keyed.prover, keyed.hot_key):
        assert keyed.refusal(who, keyed.pool.market, "submitProof", task, *proof) == "WrongStatus"
    assert keyed.earned(keyed.prover) == MIN_BASE_FEE * 8 // 10


def test_hot_key__of_one_prover__is_none_of_another(keyed: Stage) -> None:
    keyed.seat(keyed.second)
    tasks = [keyed.place(keyed.requester, ZK) for _ in range(2)]
    keyed.clear()
    [task] = [task for task in tasks if keyed.task(task).prover == keyed.id_of(keyed.second)]
    proof = keyed.proof(task, keyed.second)
    name = keyed.refusal(keyed.hot_key, keyed.pool.market, "submitProof", task, *proof)
    assert name == "NotAssignedProver"
    batch = (keyed.queue, keyed.second, [task], [proof[0]], [proof[1]])
    assert keyed.refusal(keyed.hot_key, keyed.pool.market, "submitProofs", *batch) == "NotAssignedProver"


# --- accelerators


def test_accelerator__raising_its_share__does_not_reach_who_uses_it(stage: Stage) -> None:
    """A share was once raised just before a payment; here a release has one share for ever."""
    registry = stage.pool.accelerators
    stage.act(stage.accomplice, registry, "register", b"\x01" * 32, "mock", [], 500, "")
    stage.seat(stage.prover)
    stage.act(stage.prover, stage.pool.provers, "setAccelerator", stage.queue, 1)
    task = stage.assigned(stage.requester)
    stage.act(stage.accomplice, registry, "register", b"\x01" * 32, "mock", [], 2000, "")
    stage.act(stage.accomplice, registry, "retire", 1)
    stage.prove(task, stage.prover)
    side = MIN_BASE_FEE * 8 // 10
    assert (stage.earned(stage.prover), stage.earned(stage.accomplice)) == (side * 95 // 100, side * 5 // 100)
    functions = {name for name, item in registry.abi.functions.items() if not item.reads_only}
    assert functions == {"register", "setPayout", "retire"}


def test_accelerator__changed_with_a_task_in_flight__is_refused(stage: Stage) -> None:
    stage.act(stage.accomplice, stage.pool.accelerators, "register", b"\x01" * 32, "mock", [], 500, "")
    stage.seat(stage.prover)
    stage.assigned(stage.requester)
    choose = (stage.pool.provers, "setAccelerator", stage.queue, 1)
    assert stage.refusal(stage.prover, *choose) == "TasksInFlight"


def test_accelerator__with_the_greatest_share_beside_a_sponsor__still_splits(stage: Stage, lent: str) -> None:
    """Parts that sum to more than all once made every payment and every slash revert."""
    stage.act(stage.owner, stage.pool.splitter, "setRates", 2000, 10_000, 5000)
    stage.act(stage.accomplice, stage.pool.accelerators, "register", b"\x01" * 32, "mock", [], 2000, "")
    stage.act(lent, stage.pool.provers, "setAccelerator", stage.queue, 1)
    task = stage.assigned(stage.requester)
    splitter = stage.pool.splitter
    before = stage.balance(splitter)
    stage.prove(task, lent)
    side = MIN_BASE_FEE * 8 // 10
    assert stage.earned(lent) == side * 3 // 10
    assert stage.earned(stage.accomplice) == side * 2 // 10
    pool = splitter.read("poolEarning")
    assert stage.balance(splitter) - before == MIN_BASE_FEE
    assert stage.earned(lent) + stage.earned(stage.accomplice) + pool[0] + pool[1] == MIN_BASE_FEE


def test_accelerator__asking_for_more_than_a_fifth__is_refused(stage: Stage) -> None:
    release = (b"\x01" * 32, "mock", [], 2001, "")
    assert stage.refusal(stage.attacker, stage.pool.accelerators, "register", *release) == "ShareTooHigh"


# --- batches


@pytest.fixture
def busy(stage: Stage) -> list[bytes]:
    """Three tasks of one experienced prover."""
    stage.seat(stage.prover)
    stage.experience(stage.prover, 8)
    tasks = [stage.place(stage.requester, (9 - i) * ZK, statement=(i, i)) for i in range(3)]
    stage.clear()
    assert {stage.task(task).status for task in tasks} == {ASSIGNED}
    return tasks


def results(stage: Stage, items: Sequence[tuple[bytes, Sequence[int], bytes]], at: int) -> list[int]:
    """What a batch would do, item by item."""
    tasks, signals, proofs = ([item[i] for item in items] for i in range(3))
    args = (stage.queue, stage.prover, tasks, [list(s) for s in signals], proofs)
    outcome = stage.pool.market.try_send(stage.prover, "submitProofs", *args, at=at)
    assert outcome.ok
    return list(stage.pool.market.decode("submitProofs", outcome.data))


def test_batch__with_foreign_double_and_bad_items__spoils_no_other(stage: Stage, busy: list[bytes]) -> None:
    """A batch proof once was not bound to its ids; one bad item once reverted all."""
    stage.seat(stage.second)
    foreign = stage.place(stage.requester, 9 * ZK, statement=(7, 7))
    stage.clear()
    good = [(task, *stage.proof(task, stage.prover)) for task in busy]
    swapped = (busy[1], *good[2][1:])
    malformed = (busy[2], [*good[2][1][:3], 2**256 - 1], good[2][2])
    stolen = (foreign, *stage.proof(foreign, stage.prover))
    unknown = (b"\x09" * 32, *good[0][1:])
    items = [good[0], good[0], swapped, malformed, stolen, unknown]
    now = stage.chain.now + 1
    got = results(stage, items, now)
    expected_foreign = BATCH_PROVEN if stage.task(foreign).prover == stage.id_of(stage.prover) else SKIPPED
    assert got == [BATCH_PROVEN, SKIPPED, SKIPPED, SKIPPED, expected_foreign, SKIPPED]
    for item in (swapped, malformed, unknown):
        assert results(stage, [item], now) == [SKIPPED]
    before = stage.earned(stage.prover)
    price = stage.task(busy[0]).amount_wei
    stage.pool.submit_proofs(stage.queue, stage.prover, [good[0], good[0], swapped])
    assert stage.earned(stage.prover) - before == price * 8 // 10
    assert [stage.task(task).status for task in busy] == [PROVEN, ASSIGNED, ASSIGNED]
    stage.check_solvency()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_batch__in_any_order__does_what_single_calls_do(
    stage: Stage, busy: list[bytes], order: tuple[int, ...]
) -> None:
    """One good, one bad, one good: the same balances as three calls, whatever the order."""
    items = [(task, *stage.proof(task, stage.prover)) for task in busy]
    items[1] = (items[1][0], items[1][1], b"junk")
    market = stage.pool.market
    now = stage.chain.now + 1
    reads = [
        stage.pool.splitter.call(stage.prover, "earningOf", stage.prover),
        stage.pool.vault.call(stage.prover, "stakeOf", stage.prover),
        market.call(stage.prover, "creditOf", stage.requester),
        *(market.call(stage.prover, "taskOf", task) for task in busy),
    ]
    chosen = [items[i] for i in order]
    singles = [
        market.call(stage.prover, "submitProof", *item, at=now if i == 0 else None)
        for i, item in enumerate(chosen)
    ]
    tasks, signals, proofs = ([item[i] for item in chosen] for i in range(3))
    batch = market.call(
        stage.prover, "submitProofs", stage.queue, stage.prover, tasks, signals, proofs, at=now
    )
    one_by_one = stage.chain.simulate([*singles, *reads])
    together = stage.chain.simulate([batch, *reads])
    assert all(outcome.ok for outcome in (*one_by_one, *together))
    assert [o.data for o in one_by_one[len(singles) :]] == [o.data for o in together[1:]]


def test_batch__one_item_settled_by_somebody_first__pays_the_others(stage: Stage, busy: list[bytes]) -> None:
    """Front-running one item makes that item a skip and nothing else."""
    items = [(task, *stage.proof(task, stage.prover)) for task in busy]
    stage.prove(busy[1], stage.prover)
    got = results(stage, items, stage.chain.now + 1)
    assert got == [BATCH_PROVEN, SKIPPED, BATCH_PROVEN]


def test_batch__late_and_missed_items__are_each_their_own(stage: Stage, busy: list[bytes]) -> None:
    items = [(task, *stage.proof(task, stage.prover)) for task in busy]
    prove_by = stage.task(busy[0]).prove_by
    assert results(stage, items, prove_by) == [BATCH_PROVEN] * 3
    assert results(stage, items, prove_by + 1) == [LATE] * 3
    assert results(stage, items, prove_by + GRACE) == [LATE] * 3
    assert results(stage, items, prove_by + GRACE + 1) == [SKIPPED] * 3


def test_batch__of_thirty_two__fits_a_block_and_no_more_are_taken(stage: Stage) -> None:
    """The greatest batch the market takes, all of it proven; below 10 M gas."""
    stage.seat(stage.prover, stake_wei=400 * ZK, capacity=32)
    while (free := stage.pool.market.read("slotCountOf", stage.queue)) < 32:
        tasks = [stage.place(stage.patron, ZK) for _ in range(free)]
        stage.clear()
        items = [(task, *stage.proof(task, stage.prover)) for task in tasks]
        stage.pool.submit_proofs(stage.queue, stage.prover, items)
    held = [stage.place(stage.requester, ZK, statement=(i, 1)) for i in range(32)]
    stage.clear()
    items = [(task, *stage.proof(task, stage.prover)) for task in held]
    receipt = stage.pool.submit_proofs(stage.queue, stage.prover, items)
    assert {stage.task(task).status for task in held} == {PROVEN}
    assert receipt.gas_used < 10_000_000
    args = (stage.queue, stage.prover, [b"\x09" * 32] * 33, [[]] * 33, [b""] * 33)
    assert stage.refusal(stage.prover, stage.pool.market, "submitProofs", *args) == "BatchOutOfBounds"


def test_batch__empty_or_ragged__is_refused(stage: Stage) -> None:
    stage.seat(stage.prover)
    market = stage.pool.market
    empty = (stage.queue, stage.prover, [], [], [])
    assert stage.refusal(stage.prover, market, "submitProofs", *empty) == "BatchOutOfBounds"
    ragged = (stage.queue, stage.prover, [b"\x09" * 32], [], [b""])
    assert stage.refusal(stage.prover, market, "submitProofs", *ragged) == "BatchLengthsDiffer"


def test_batch__of_bad_proofs__slashes_each_once_and_bans(stage: Stage, busy: list[bytes]) -> None:
    items = [(task, stage.signals(task, stage.prover), b"junk") for task in busy]
    own = stage.stake_of(stage.prover).own_wei
    stage.pool.submit_proofs(stage.queue, stage.prover, items)
    assert {stage.task(task).status for task in busy} == {OPEN}
    expected = own
    for _ in busy:
        expected -= max(MIN_BOND, expected * 5 // 100)
    assert stage.stake_of(stage.prover).own_wei == expected
    assert stage.record(stage.prover).banned_until == stage.chain.now + 4 * HOUR


def test_batch__proof_of_another_key__is_slashed_alone(stage: Stage, busy: list[bytes]) -> None:
    """Nobody pays for a neighbour: the batch is judged again, one by one."""
    items = [(task, *stage.proof(task, stage.prover)) for task in busy]
    items[0] = (items[0][0], items[0][1], mock_proof(items[0][1], b"\x05" * 32))
    assert results(stage, items, stage.chain.now + 1) == [INVALID, BATCH_PROVEN, BATCH_PROVEN]
