"""A toy market in which everything that moves money has happened at least once, chapter by chapter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.sdk.toy_market import KEY, TERMS, ToyMarket, make_toy_market
from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.bids import CYCLE_SECONDS, cycle_of
from zkpool_sdk.clients import (
    Accelerator,
    AssignedTask,
    Delegator,
    DueKind,
    PoolOperator,
    ProofRefused,
    Prover,
)
from zkpool_sdk.models import QueueId, SignalRule, TaskStatus
from zkpool_sdk.units import DAY, HOUR, zk


@dataclass
class Life:
    """The market, and who else takes part: a second prover, one with lent stake, software, a delegator."""

    toy: ToyMarket
    second: Prover
    borrower: Prover
    maker: Accelerator
    delegator: Delegator

    @property
    def contracts(self) -> Contracts:
        return self.toy.contracts

    def bid(self, *fees: int, life_seconds: int = 30 * DAY) -> None:
        """Bids of the requester, and the round's end."""
        for fee in fees:
            self.toy.requester.place(self.toy.queue, [fee], zk(fee), life_seconds=life_seconds)
        self.toy.end_round()

    def submit(self, prover: Prover, task: AssignedTask | None = None, wrong: bool = False) -> None:
        """A prover's proof of the only task that it has, or of another."""
        if task is None:
            (task,) = prover.assignments()
        try:
            prover.submit(task.task, *self.toy.proof(task, wrong, prover))
        except ProofRefused:
            assert wrong


def live(contracts: Contracts) -> Life:
    """The whole life, from a deployment as its deployer sees it; it begins at midnight.

    Whoever earns can claim on the next day: begun in the evening, part of it would be claimed too early.
    """
    connection = contracts.connection
    connection.wait_until((connection.timestamp() // DAY + 1) * DAY)
    toy = make_toy_market(contracts)
    life = Life(
        toy,
        toy.another_prover(),
        Prover(toy.someone(zk(5))),
        Accelerator(toy.someone(zk(0))),
        Delegator(toy.someone(zk(1000))),
    )
    _gather(life)
    _prove_and_rescue(life)
    _be_late_and_miss(life)
    _seal(life)
    _earn(life)
    _go_to_jail(life)
    _part(life)
    life.bid(3, 2)  # one in flight, the other in the book if there is no slot for it
    toy.rival.place(toy.queue, [9], zk(1))
    return life


def _gather(life: Life) -> None:
    """Pooled stake is lent to who works in a queue that it backs, software published and chosen."""
    life.delegator.deposit(zk(300))
    PoolOperator(life.contracts).back(life.toy.queue)
    life.borrower.register()
    life.borrower.borrow_stake()
    life.borrower.contracts.provers.join(life.toy.queue, 2)
    release = life.maker.register(Path(__file__), 1_000, "https://toy.example/release")
    life.toy.prover.set_accelerator(life.toy.queue, release)


def _prove_and_rescue(life: Life) -> None:
    """Two tasks are proved; the third is declined, claimed, proved wrong, claimed again and proved."""
    toy = life.toy
    survivor = toy.rival.place(toy.queue, [1], zk(1), life_seconds=30 * DAY)
    life.bid(6, 5, 4)
    life.submit(toy.prover)
    life.submit(life.borrower)
    (declined,) = life.second.assignments()
    assert life.second.decline(declined.task) == 1
    life.submit(toy.prover, toy.prover.claim_open(declined.task), wrong=True)
    life.submit(life.borrower, life.borrower.claim_open(declined.task))
    toy.rival.cancel(survivor.task)
    toy.requester.claim_credit()


def _be_late_and_miss(life: Life) -> None:
    """One proof comes in its grace, at the pool's cost; one window passes, and nobody rescues the task."""
    connection = life.contracts.connection
    life.bid(3, 2)
    (late,) = life.borrower.assignments()
    connection.wait_until(late.prove_by + 1)
    life.submit(life.borrower, late)
    connection.wait_until(late.grace_until + 60)
    kinds = {due.kind for due, _ in life.toy.keeper.do_due()}
    assert {DueKind.FINALIZE, DueKind.RECALL} <= kinds
    connection.wait_until(late.prove_by + TERMS.liability_window_seconds + 60)
    assert DueKind.FINALIZE in {due.kind for due, _ in life.toy.keeper.do_due()}


def _seal(life: Life) -> None:
    """Of two sealed bids one is revealed; it expires without a prover."""
    toy, contracts, connection = life.toy, life.contracts, life.contracts.connection
    verifier, projects = contracts.verifier, contracts.projects
    key, rules, sample = verifier.key_of(KEY.public.abi), [SignalRule.FIXED, SignalRule.PROVER], [5, 6]
    proof = KEY.prove(sample).calldata
    projects.create_sealed_queue(1, verifier.address, key, rules, TERMS, sample, proof)
    queue = QueueId(projects.queue_count())
    start = (cycle_of(connection.timestamp()) + 1) * CYCLE_SECONDS
    connection.wait_until(start)
    sealed = toy.requester.commit(queue, [1], zk(2))
    toy.rival.commit(queue, [2], zk(3))
    connection.wait_until(start + CYCLE_SECONDS // 2)
    placed = toy.requester.reveal(sealed)
    assert placed is not None
    connection.wait_until(start + 2 * HOUR)
    kinds = {due.kind for due, _ in toy.keeper.do_due()}
    assert {DueKind.FORFEIT, DueKind.CLEAR} <= kinds
    assert contracts.market.task_of(placed.task).status is TaskStatus.EXPIRED
    toy.requester.claim_deposit()


def _earn(life: Life) -> None:
    """Everybody takes what it has earned, each in its own way."""
    life.toy.wait(DAY)
    life.toy.prover.claim()
    life.borrower.restake()
    life.maker.claim()
    life.contracts.splitter.claim_treasury()
    life.delegator.collect()
    life.toy.keeper.claim_credit()


def _go_to_jail(life: Life) -> None:
    """The second prover fails until it is jailed, and pays its way out."""
    life.toy.prover.set_capacity(life.toy.queue, 0)
    life.borrower.set_capacity(life.toy.queue, 0)
    while not life.second.record().jailed:
        life.contracts.connection.wait_until(life.second.record().banned_until + 1)
        life.bid(1)
        life.submit(life.second, wrong=True)
    life.second.leave_jail()


def _part(life: Life) -> None:
    """A loan ends without a loss; pooled shares are redeemed; stake decays and leaves."""
    toy, pool = life.toy, life.contracts.delegation
    honest = Prover(toy.someone(zk(5)))
    honest.register()
    honest.borrow_stake()
    honest.return_stake()
    honest.contracts.delegation.claim_credit()
    other = Delegator(toy.someone(zk(20)))
    other.deposit(zk(20))
    other.request_redeem()
    life.delegator.request_redeem(pool.balance_of(life.delegator.address) // 3)
    toy.wait(8 * DAY)
    assert DueKind.SETTLE in {due.kind for due in toy.keeper.due()}
    life.delegator.redeem()
    other.contracts.delegation.claim_credit()
    toy.keeper.do_due()
    toy.prover.set_capacity(toy.queue, 2)
    toy.prover.settle()
    life.second.unstake()
    toy.wait(7 * DAY)
    life.second.finish_unstake()
