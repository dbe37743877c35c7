"""Attacks that an audit carried out on the pool: lent stake, adapters, and what tier 1 takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rawchain import Chain, Contract, compiled
from tests.support.rawmarket import mock_proof
from tests.support.rawpool import RawPool, deploy_pool, kept
from tests.support.stage import (
    DAY,
    HOUR,
    KEY,
    MIN_BASE_FEE,
    QUEUED,
    ROUND,
    RULES,
    WINDOW,
    ZK,
    Stage,
    terms,
)
from tests.unit.tier1 import world as tier1

HONEST = 0
POOLED = 200 * ZK


@pytest.fixture(scope="module")
def built_pool() -> Iterator[RawPool]:
    with Chain() as chain:
        yield deploy_pool(chain, compiled())


@pytest.fixture
def pool(built_pool: RawPool) -> Iterator[RawPool]:
    with kept(built_pool.chain):
        yield built_pool


@pytest.fixture(scope="module")
def built_world() -> Iterator[tier1.World]:
    with Chain(account_count=20) as chain:
        yield tier1.build(chain)


@pytest.fixture
def world(built_world: tier1.World) -> Iterator[tier1.World]:
    with built_world.aside():
        yield built_world


# --- lent stake


def lending(stage: Stage) -> Contract:
    """The delegation vault with 200 ZK; the attacker is registered."""
    delegation = stage.pool.delegation
    assert delegation is not None
    stage.fund(stage.delegator, POOLED)
    stage.act(stage.delegator, delegation, "deposit", POOLED, stage.delegator)
    stage.act(stage.owner, delegation, "setOperator", stage.operator)
    stage.act(stage.attacker, stage.pool.provers, "register", "")
    return delegation


def queue_of(stage: Stage, owner: str, *, window: int = WINDOW, penalty: int = 0) -> int:
    """A queue in a project of somebody's own, with the terms that suit it."""
    projects = stage.pool.projects
    stage.act(owner, projects, "registerProject", "https://attack.example")
    signals = list(range(1, len(RULES) + 1))
    circuit = (stage.pool.verifier.address, KEY, list(RULES))
    chosen = terms(window, penalty=penalty)
    project = projects.read("projectCount")
    stage.act(owner, projects, "createQueue", project, *circuit, chosen, (signals, mock_proof(signals)))
    return int(projects.read("queueCount"))


def test_borrower__in_a_queue_of_its_own__cannot_have_lent_stake_slashed(stage: Stage) -> None:
    """A bond of 32 ZK in an own queue once cost the pool the whole loan, and the borrower nothing.

    Now lent stake covers bonds in backed queues alone, bought or rescued, whatever own stake lies beside it.
    """
    delegation, market = lending(stage), stage.pool.market
    own = queue_of(stage, stage.attacker, penalty=31 * ZK + ZK // 2)
    stage.act(stage.attacker, delegation, "borrowStake")
    stage.act(stage.attacker, stage.pool.provers, "join", own, 32)
    task = stage.place(stage.attacker, ZK, queue=own)
    stage.clear(own)
    assert stage.task(task).status == QUEUED, "no slot: the loan covers nothing here"
    assert stage.refusal(stage.attacker, stage.pool.vault, "setBacked", own, True) == "NotSponsor"
    assert stage.refusal(stage.attacker, delegation, "backQueue", own, True) == "NotOperator"

    # An accomplice with stake of its own takes the task and hands it on.
    stage.seat(stage.accomplice, stake_wei=40 * ZK, queue=own)
    stage.clear(own)
    stage.pool.decline(task, stage.accomplice)
    seat = stage.pool.seat_of(own, stage.attacker)
    refused = stage.refused(stage.attacker, market, "claimOpen", task, seat)
    assert (refused[0], refused[1]["freeWei"]) == ("BondExceedsFreeStake", 0)
    assert delegation.read("totalAssets") == POOLED
    assert stage.stake_of(stage.attacker).sponsored_wei == 32 * ZK


def test_borrower__with_lent_stake_bonded_in_a_backed_queue__bonds_no_more_elsewhere(stage: Stage) -> None:
    """Own stake counts once: bonds of a backed queue take it first from what is free in an own queue."""
    delegation = lending(stage)
    stage.act(stage.operator, delegation, "backQueue", stage.queue, True)
    own = queue_of(stage, stage.attacker)
    stage.act(stage.attacker, stage.pool.vault, "stake", ZK // 2)
    stage.act(stage.attacker, delegation, "borrowStake")
    for queue in (stage.queue, own):
        stage.act(stage.attacker, stage.pool.provers, "join", queue, 8)
    free = [stage.pool.vault.read("freeCoverOf", q, [stage.attacker])[0] for q in (stage.queue, own)]
    assert free == [32 * ZK + ZK // 2, ZK // 2]
    stage.assigned(stage.requester)
    task = stage.place(stage.attacker, ZK, queue=own)
    stage.clear(own)
    assert stage.task(task).status == QUEUED


@pytest.mark.parametrize("by", ["accomplice", "operator", "nobody"])
def test_recall__before_the_proof__still_shares_the_reward(stage: Stage, by: str) -> None:
    """Recalled by an accomplice in mid-task, the loan once took its share of the pay along."""
    delegation = lending(stage)
    queue = queue_of(stage, stage.admin, window=DAY + 2 * HOUR)
    stage.act(stage.operator, delegation, "backQueue", queue, True)
    stage.act(stage.attacker, stage.pool.vault, "stake", 23 * ZK)
    stage.act(stage.attacker, delegation, "borrowStake")
    stage.act(stage.attacker, stage.pool.provers, "join", queue, 1)
    stage.place(stage.rival, 90 * ZK, queue=queue)
    task = stage.assigned(stage.requester, 100 * ZK, queue=queue)
    stage.skip(DAY + HOUR)
    if by != "nobody":
        stage.act(stage.people[by], delegation, "recall", stage.attacker)
        assert stage.stake_of(stage.attacker).sponsored_wei == 0
    stage.prove(task, stage.attacker)
    assert stage.earned(stage.attacker) == 90 * ZK * 8 // 10 * 8 // 10
    assert stage.stake_of(stage.attacker).sponsored == (by == "nobody")


def test_loan__returned_at_once__leaves_nobody_active_with_24(stage: Stage) -> None:
    """Borrowing for a second once made 24 ZK enough, where everybody else needs 32 to enter."""
    delegation = lending(stage)
    stage.act(stage.attacker, stage.pool.vault, "stake", 24 * ZK)
    assert not stage.stake_of(stage.attacker).active
    stage.act(stage.attacker, delegation, "borrowStake")
    assert stage.stake_of(stage.attacker).active
    stage.act(stage.attacker, delegation, "returnStake")
    assert not stage.stake_of(stage.attacker).active
    assert stage.pool.vault.read("freeCoverOf", stage.queue, [stage.attacker]) == (0,)
    stage.act(stage.attacker, stage.pool.vault, "stake", 8 * ZK)
    assert stage.stake_of(stage.attacker).active


# --- adapters


def swing(pool: RawPool, adapter: Contract, *values: int) -> None:
    """The adapter says these values, and a stranger has each written down."""
    for value in values:
        adapter.send(pool.owner, "say", HONEST, value)
        pool.send(pool.outsider, "mark", adapter.address)


def test_adapter__whose_value_swings__never_lets_new_money_take_the_old(pool: RawPool) -> None:
    """Never funded, with a cap of a twentieth: each swing once locked 50 ZK of the pool's as profit.

    After 21 of them a deposit of 1 ZK took all 1,000.
    """
    pool.deposit(pool.delegator, 1_000 * ZK)
    adapter = pool.adapter(compiled(), cap_wei=50 * ZK)
    for _ in range(25):
        swing(pool, adapter, 50 * ZK, 0)
        assert (pool.read("totalAssets"), pool.read("lockedProfitWei")) == (1_000 * ZK, 0)
    shares = pool.deposit(pool.outsider, ZK)
    pool.pass_time(2 * DAY)
    assert pool.read("convertToAssets", shares) <= ZK
    assert pool.read("convertToAssets", pool.shares(pool.delegator)) >= 1_000 * ZK


def test_adapter__funded_that_dips_and_recovers__moves_nothing_from_old_to_new(pool: RawPool) -> None:
    """Nothing was lost: whoever deposits between the swings gains no part of what was there before."""
    pool.deposit(pool.delegator, 1_000 * ZK)
    adapter = pool.adapter(compiled(), cap_wei=300 * ZK)
    pool.send(pool.operator, "fund", adapter.address, 300 * ZK)
    swing(pool, adapter, *(value * ZK for value in (300, 200, 300, 200, 300)))
    # The one real fall was counted at once; the recovery unlocks over a day, once.
    locked = pool.read("lockedProfitWei")
    assert 99 * ZK < locked <= 100 * ZK
    assert pool.read("totalAssets") == 1_000 * ZK - locked
    pool.pass_time(2 * DAY)
    assert pool.read("totalAssets") == 1_000 * ZK
    assert pool.read("convertToAssets", pool.shares(pool.delegator)) in (1_000 * ZK - 1, 1_000 * ZK)


# --- what tier 1 takes


def test_late_proof__of_a_carried_task__pays_tier_1s_loss_first(world: tier1.World) -> None:
    """Late instead of missing once saved a prover the part of its bond that is held for tier 1.

    Half a bond is slashed for a late proof; of it the pool's loss in tier 1 is paid before anything else.
    """
    before = world.value
    number = world.propose()
    deadline = world.block(number)["prove_by"]
    sold_by = deadline - tier1.WINDOW
    task = world.enter(number, at=sold_by - 2 * ROUND)
    world.skip_to(sold_by - 1)
    world.clear()
    stored = world.pool.market.read("taskOf", task)
    bond, late_at = stored[10], max(stored[7], deadline) + 5
    receipt = world.act(
        "prover", world.pool.market, "submitProof", task, *world.proof(number, world.prover), at=late_at
    )
    [slashed] = world.events(receipt, world.pool.vault, "Slashed")
    parts = tuple(slashed["parts"])
    assert parts[0] == bond // 2
    assert parts[1] == min(bond // 2, tier1.PENALTY) == bond // 2, "all of it, before requester and insurance"
    paid = world.events(receipt, world.pool.market, "ProofLate")[0]["paidWei"]
    _, _, penalty = world.settle(number)
    assert penalty == tier1.worth(4 * tier1.REWARD) < parts[1]
    assert before - world.value == paid < MIN_BASE_FEE, "half the price: the bond has paid tier 1"
