"""Stories of the pool on a real chain with real proofs, each told from one role's view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.stories import CIRCUIT, PRICE, Scene
from zkpool_sdk import _native
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment
from zkpool_sdk.clients import (
    Accelerator,
    Delegator,
    Keeper,
    NothingPayable,
    PoolOperator,
    Prover,
    ReleaseDiffers,
    check_release,
)
from zkpool_sdk.economics.slash import waterfall
from zkpool_sdk.errors import (
    AcceleratorUnfit,
    LoanCoversBonds,
    NotActive,
    ProofWindowOver,
    ProverIsBanned,
)
from zkpool_sdk.models import TaskStatus
from zkpool_sdk.proving import Ump, rollup
from zkpool_sdk.units import DAY, zk

DUST = 2
"""Wei that rounding may keep from a delegator, and leaves to the others."""


@pytest.fixture
def scene(
    node: Connection,
    pool: Deployment,
    someone: Callable[..., Contracts],
    treasurer: Account,
    queue: int,
    batches: list[rollup.Batch],
    ump: Ump,
) -> Scene:
    operator = PoolOperator(Contracts(node, pool, treasurer))
    return Scene(node, pool, someone, queue, batches, ump, operator)


def test_delegator__deposits_waits_and_redeems__gains_its_part_of_what_provers_earned(scene: Scene) -> None:
    delegator = scene.delegator(zk(1_000))
    prover = scene.prover()
    prover.join(scene.queue, CIRCUIT)

    first = scene.parts(scene.work(prover).price_wei).delegators_wei
    scene.next_day()
    assert delegator.collect() == first == PRICE // 10  # half of the pool's fifth
    assert delegator.position().worth_wei == pytest.approx(zk(1_000), abs=first // 1_000)  # locked yet
    scene.pass_time(DAY)
    worth = delegator.position().worth_wei
    assert zk(1_000) + first - DUST <= worth <= zk(1_000) + first

    latecomer = scene.delegator(zk(500))
    assert zk(500) - DUST <= latecomer.position().worth_wei <= zk(500)  # buys in at the price of now
    redemption = delegator.request_redeem()
    assert redemption.worth_wei == worth
    with pytest.raises(NothingPayable):
        delegator.redeem()

    # Until it is paid it shares in gains, by its two thirds of the pool.
    second = scene.parts(scene.work(prover, 1).price_wei).delegators_wei
    scene.next_day()
    assert latecomer.collect() == second
    paid = delegator.redeem(wait=True)
    gain = first + second * worth // (worth + zk(500))
    assert scene.node.timestamp() >= redemption.matures_at
    assert zk(1_000) + gain - DUST <= paid <= zk(1_000) + gain
    assert delegator.balance_wei == paid
    assert delegator.position().total_wei == 0
    assert zk(500) + second - second * 2 // 3 - zk(1) // 10**4 < latecomer.position().worth_wei
    scene.assert_balanced()


def test_sponsored_prover__without_stake__borrows_proves_shares_and_returns(scene: Scene) -> None:
    delegator = scene.delegator(zk(100))
    prover = Prover(scene.someone(zk(1)), scene.ump)  # enough for the fee that comes back
    prover.register("https://new.example")
    with pytest.raises(NotActive):
        prover.join(scene.queue, CIRCUIT)
    lent = prover.borrow_stake()
    assert (lent.own_wei, lent.sponsored_wei, lent.active) == (0, zk(32), True)
    assert prover.balance_wei == 0
    assert scene.operator.status().lent_wei == zk(32)
    prover.join(scene.queue, CIRCUIT)
    cover = prover.contracts.vault.free_cover_of
    assert cover(scene.queue, [prover.address]) == (0,)  # until the pool trusts the queue
    scene.operator.back(scene.queue)
    assert cover(scene.queue, [prover.address]) == (zk(32),)

    _, task = scene.sell()
    with pytest.raises(LoanCoversBonds):
        prover.return_stake()
    price = prover.prove_and_submit(task).price_wei
    parts = scene.parts(price, sponsored=True)
    assert (parts.prover_wei, parts.delegators_wei) == (price * 64 // 100, price * 26 // 100)
    assert prover.earnings().pending_wei == parts.prover_wei

    assert prover.return_stake() == zk(32)
    assert not prover.stake_state().active
    assert (scene.operator.status().lent_wei, scene.operator.loans()) == (0, ())
    prover.contracts.delegation.claim_credit()
    assert prover.balance_wei == zk(1)
    assert prover.claim(wait=True) == parts.prover_wei
    assert prover.balance_wei == zk(1) + parts.prover_wei

    assert delegator.collect() == parts.delegators_wei
    scene.pass_time(DAY)
    worth = delegator.position().worth_wei
    assert zk(100) + parts.delegators_wei - DUST <= worth <= zk(100) + parts.delegators_wei
    scene.assert_balanced()


def test_sponsored_prover__misses_its_window__costs_its_own_money_before_the_pools(scene: Scene) -> None:
    delegator = scene.delegator(zk(100))
    prover = Prover(scene.someone(zk(1) + zk("0.2")), scene.ump)
    prover.register()
    prover.borrow_stake()
    prover.stake(zk("0.2"))
    scene.operator.back(scene.queue)
    prover.join(scene.queue, CIRCUIT)
    _, task = scene.sell()
    scene.node.wait_until(task.grace_until + 1)
    keeper = Keeper(scene.someone())
    keeper.finalize(task.task)
    assert task.bond_wei == zk("0.5")
    stake = prover.stake_state()
    assert (stake.own_wei, stake.sponsored_wei) == (0, zk("31.7"))
    assert zk("99.7") - DUST <= delegator.position().worth_wei <= zk("99.7")
    # What is lost of a loan lets anybody recall the rest; the fee stays with the pool.
    assert PoolOperator(keeper.contracts).recall_idle() == {prover.address: zk("31.7")}
    scene.pass_time(DAY)
    assert zk("100.7") - DUST <= delegator.position().worth_wei <= zk("100.7")
    assert prover.contracts.delegation.credit_of(prover.address) == 0
    scene.assert_balanced()


def test_accelerator__publishes_software__is_paid_by_who_proves_with_it(scene: Scene, tmp_path: Path) -> None:
    software = Path(str(_native.__file__))  # what the prover of this story really runs
    maker = Accelerator(scene.someone())
    release = maker.register(software, 1_500, "https://fast.example/prover-1.0", circuits=[CIRCUIT])
    elsewhere = maker.register(software, 500, "https://fast.example/other", circuits=["semaphore"])

    prover = scene.prover()
    prover.join(scene.queue, CIRCUIT)
    changed = tmp_path / "prover"
    changed.write_bytes(software.read_bytes()[:-1])
    with pytest.raises(ReleaseDiffers):
        check_release(prover.contracts, release, changed)
    assert check_release(prover.contracts, release, software).share_bps == 1_500
    with pytest.raises(AcceleratorUnfit):
        prover.set_accelerator(scene.queue, elsewhere)
    prover.set_accelerator(scene.queue, release)

    price = scene.work(prover).price_wei
    parts = scene.parts(price, accelerator_bps=1_500)
    assert (parts.accelerator_wei, parts.prover_wei) == (price * 12 // 100, price * 68 // 100)
    assert maker.earnings().pending_wei == parts.accelerator_wei
    assert maker.claim(wait=True) == parts.accelerator_wei == maker.balance_wei
    assert prover.claim() == parts.prover_wei

    # The next release replaces it: its users stay, and the money goes where the maker says.
    maker.retire(release)
    savings = Accelerator(scene.someone())
    maker.set_payout(release, savings.address)
    scene.work(prover, 1)
    assert (savings.earnings().pending_wei, maker.earnings().pending_wei) == (parts.accelerator_wei, 0)
    assert savings.claim(wait=True) == parts.accelerator_wei
    scene.assert_balanced()


def test_rescuer__a_prover_misses__claims_the_open_task_and_gets_price_and_bounty(scene: Scene) -> None:
    sleeper = scene.prover()
    sleeper.join(scene.queue, CIRCUIT)
    requester, task = scene.sell()
    rescuer = scene.prover()
    rescuer.join(scene.queue, CIRCUIT)
    keeper = Keeper(scene.someone())

    scene.node.wait_until(task.grace_until + 1)
    late = sleeper.prove(task)
    with pytest.raises(ProofWindowOver):
        sleeper.submit(task.task, late.signals, late.proof_bytes)
    keeper.finalize(task.task)
    slash = waterfall(task.bond_wei, 0, task.price_wei, True, True)
    assert requester.task(task.task).status is TaskStatus.OPEN
    assert sleeper.stake_state().own_wei == zk(64) - task.bond_wei
    assert keeper.claim_credit() == slash.keeper_wei

    with pytest.raises(ProverIsBanned):
        sleeper.claim_open(task.task)
    assert sleeper.open_tasks() == ()  # nor after its ban: nobody rescues its own task
    (found,) = rescuer.open_tasks(scene.queue)
    assert (found.task, found.price_wei, found.bounty_wei) == (task.task, PRICE, slash.rescuer_wei)
    assert slash.rescuer_wei == task.bond_wei * 18 // 100
    claimed = rescuer.claim_open(found.task)
    assert claimed.prove_by == scene.node.timestamp() + found.window_seconds
    accepted = rescuer.prove_and_submit(claimed)
    assert (accepted.price_wei, accepted.bounty_wei) == (PRICE, slash.rescuer_wei)

    proven = requester.proof_of(task.task)
    registered = requester.contracts.projects.queue_of(scene.queue)
    assert proven.prover == rescuer.address
    assert requester.contracts.verifier.verify(registered.key, proven.signals, proven.proof)
    # It bid 4 and paid 3; the wait was worth half the bond to it.
    assert requester.claim_credit() == zk(1) + slash.requester_wei
    assert rescuer.claim_credit() == slash.rescuer_wei
    assert rescuer.claim(wait=True) == scene.parts(PRICE).prover_wei
    assert rescuer.record().success_count == 1
    assert sleeper.record().failure_count == 1
    assert Delegator(scene.someone()).position().total_wei == 0
    scene.assert_balanced()
