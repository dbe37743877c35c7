"""Rounds of a driven market: bids, clearing, real proofs, misses and wrong proofs, claims, and the books."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from drive.population import Batches, Keys, Population, Worker
from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.books import Books, check_books
from zkpool_sdk.chain.events import BidExpired, Event, RoundCleared, TaskAssigned, TaskFailed, WindowMissed
from zkpool_sdk.clients import AssignedTask, Keeper, ProofRefused, Prover, Requester
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    BondExceedsFreeStake,
    BookFull,
    DeclineWindowOver,
    ERC20InsufficientBalance,
    LiabilityOver,
    NoFreeCapacity,
    NothingToClaim,
    NotYetCleared,
    ProofWindowOver,
    ProverIsBanned,
    ProverNotActive,
    WrongStatus,
)
from zkpool_sdk.models import TaskId, TaskStatus
from zkpool_sdk.units import DAY, Wei, format_zk, zk

Report = Callable[[str], None]

MAX_BIDS: Final = 3
"""Most bids a requester places in a round."""
IDLE_DAYS: Final = 2
"""Time that passes without work in the middle of a run on a development chain, so that stake decays."""

LIVES: Final = (2 * ROUND_SECONDS + 60, 4 * ROUND_SECONDS, 40 * ROUND_SECONDS)
"""How long bids live: hardly more than the two rounds that they have to, or longer, in seconds."""

CANNOT_CLAIM: Final = (
    BondExceedsFreeStake,
    LiabilityOver,
    NoFreeCapacity,
    ProverIsBanned,
    ProverNotActive,
    WrongStatus,
)
"""Why a rescuer may have to leave an open task to others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is driven.

    Attributes:
        rounds: rounds to play.
        seed: of every choice; the same seed makes the same choices.
        provers, requesters: how many.
        ether_wei: ether each account is given for gas.
        key_file: keeps the population's keys; must be given on a live chain.
    """

    rounds: int = 6
    seed: int = 1
    provers: int = 6
    requesters: int = 4
    ether_wei: int = 10**18
    key_file: Path | None = None


@dataclass(slots=True)
class Row:
    """What happened in one round."""

    round: str
    base_fee_wei: int = 0
    placed: int = 0
    raised: int = 0
    cancelled: int = 0
    bids: int = 0
    slots: int = 0
    assigned: int = 0
    paid_wei: int = 0
    proven: int = 0
    late: int = 0
    wrong: int = 0
    declined: int = 0
    rescued: int = 0
    missed: int = 0
    expired: int = 0
    failed: int = 0
    book: int = 0


COLUMNS: Final = {
    "round": "round",
    "base_fee_wei": "base fee",
    "placed": "placed",
    "raised": "raised",
    "cancelled": "cancelled",
    "bids": "n",
    "slots": "K",
    "assigned": "F",
    "paid_wei": "prices",
    "proven": "proven",
    "late": "late",
    "wrong": "wrong",
    "declined": "declined",
    "rescued": "rescued",
    "missed": "missed",
    "expired": "expired",
    "failed": "failed",
    "book": "in book",
}
"""Headings of a row's fields."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    rows: tuple[Row, ...]
    claimed_wei: Wei
    books: Books

    def total(self, name: str) -> int:
        """The sum of a column."""
        return sum(getattr(row, name) for row in self.rows)


def drive(treasurer: Contracts, plan: Plan, report: Report) -> Outcome:
    """Plays ``plan.rounds`` rounds of a deployment's market with real proofs, and checks the books.

    On a development chain the clock is moved; on a live one the rounds are waited for.

    Args:
        treasurer: the deployment as an account with tokens and ether sees it.
        plan: who and how long.
        report: told set-up, a line for each round, and the books.
    """
    if plan.key_file is None and not treasurer.connection.is_development:
        raise ValueError("on a live chain the population's keys must be kept: give a key file")
    return _Drive(treasurer, plan, report).run()


class _Drive:
    """One run."""

    def __init__(self, treasurer: Contracts, plan: Plan, report: Report) -> None:
        self.plan = plan
        self.report = report
        self.contracts = treasurer
        self.connection = treasurer.connection
        self.rng = random.Random(plan.seed)
        self.batches = Batches(plan.seed)
        self.people = Population(
            treasurer,
            Keys(plan.seed, plan.key_file),
            self.rng,
            prover_count=plan.provers,
            requester_count=plan.requesters,
            ether_wei=plan.ether_wei,
            report=report,
        )
        self.queue = self.people.queue
        self.bids: list[tuple[Requester, TaskId, int]] = []
        self.copied: bytes = b""

    def run(self) -> Outcome:
        """Every round, the end, the books."""
        rows = []
        self.report("")
        self.report("  ".join(f"{heading:>9}" for heading in COLUMNS.values()))
        for number in range(1, self.plan.rounds + 1):
            rows.append(self._round(number))
            self.report(_line(rows[-1]))
            if self.connection.is_development and number == self.plan.rounds // 2:
                self.connection.wait_until(self.connection.timestamp() + IDLE_DAYS * DAY)
        if self.connection.is_development:
            rows.append(self._end())
            self.report(_line(rows[-1]))
        claimed = self._claim()
        books = check_books(self.connection, self.contracts.deployment)
        self.report("")
        self.report(f"claimed {format_zk(claimed)} ZK")
        for entry in books.differences:
            self.report(
                f"DIFFERS: {entry.what} of {entry.account}: {entry.from_events_wei} by events, "
                f"{entry.on_chain_wei} on chain"
            )
        for place, amount in books.donations:
            self.report(f"{format_zk(amount)} ZK came to {place} outside of the protocol")
        verdict = "balance to the wei" if books.balanced else f"DIFFER in {len(books.differences)} figures"
        self.report(f"books at block {books.block}: {len(books.entries)} figures {verdict}")
        return Outcome(tuple(rows), claimed, books)

    def _round(self, number: int) -> Row:
        row = Row(str(number))
        market = self.contracts.market
        for requester in self.people.requesters:
            self._bid(requester, row)
        self._change(row)
        row.base_fee_wei = market.base_fee_of(self.queue)
        self.connection.wait_until(market.round_of(self.queue).started_at + ROUND_SECONDS)
        self._keep(row)
        self._work_all(row)
        row.book = market.round_of(self.queue).bid_count
        return row

    def _end(self) -> Row:
        """Plays on without new bids until every task has ended."""
        row = Row("end")
        market = self.contracts.market
        row.base_fee_wei = market.base_fee_of(self.queue)
        for _ in range(40):
            open_tasks = [task for _, task, _ in self.bids if not market.task_of(task).status.ended]
            if not open_tasks:
                break
            self.connection.wait_until(self.connection.timestamp() + ROUND_SECONDS)
            self._keep(row)
            self._work_all(row)
        row.book = market.round_of(self.queue).bid_count
        self.connection.wait_until((self.connection.timestamp() // DAY + 1) * DAY)
        return row

    def _bid(self, requester: Requester, row: Row) -> None:
        """Some bids of one requester: as suggested, or what it feels like."""
        for _ in range(self.rng.randint(0, MAX_BIDS)):
            batch = self.batches.next(self.rng.randint(1, 100))
            statement = self.people.circuit.statement(batch.statement)
            life = self.rng.choice(LIVES)
            feeling = zk(self.rng.randint(1, 8)) // 4
            fee = requester.suggest(self.queue) if self.rng.random() < 0.3 else feeling
            try:
                placed = requester.place(self.queue, statement, fee, inputs=batch.inputs, life_seconds=life)
            except (BidBelowBaseFee, BookFull, ERC20InsufficientBalance):
                continue
            self.bids.append((requester, placed.task, placed.max_fee_wei))
            row.placed += 1

    def _change(self, row: Row) -> None:
        """Raises some bids, and withdraws some that have survived a clearing."""
        for index, (requester, task, fee) in enumerate(self.bids):
            if self.contracts.market.task_of(task).status is not TaskStatus.QUEUED:
                continue
            chance = self.rng.random()
            try:
                if chance < 0.15:
                    raised = fee + zk(1) // 2
                    requester.raise_bid(task, raised)
                    self.bids[index] = (requester, task, raised)
                    row.raised += 1
                elif chance < 0.45:
                    requester.cancel(task)
                    row.cancelled += 1
            except (NotYetCleared, ERC20InsufficientBalance, WrongStatus):
                continue

    def _keep(self, row: Row) -> None:
        for due, receipt in self.people.keeper.do_due():
            if due.queue == self.queue:
                self._count(receipt.events, row)

    def _count(self, events: tuple[Event, ...], row: Row) -> None:
        for event in events:
            if isinstance(event, RoundCleared):
                row.bids, row.slots = row.bids + event.bid_count, max(row.slots, event.slot_count)
                row.assigned += event.assigned_count
            elif isinstance(event, TaskAssigned):
                row.paid_wei += event.price_wei
            elif isinstance(event, BidExpired):
                row.expired += 1
            elif isinstance(event, WindowMissed):
                row.missed += 1
            elif isinstance(event, TaskFailed):
                row.failed += 1

    def _work_all(self, row: Row) -> None:
        """Every prover does something about its tasks; then who rescues looks for open ones."""
        for worker in self.people.workers:
            for assigned in worker.client.assignments():
                self._work(worker, assigned, row)
        for worker in self.people.workers:
            if worker.character.rescues_every:
                self._rescue(worker, row)

    def _work(self, worker: Worker, assigned: AssignedTask, row: Row) -> None:
        """One task of one prover: proved, missed, given back, or answered with somebody else's proof."""
        what = worker.takes_up(assigned, self.connection.timestamp())
        try:
            if what == "decline":
                worker.client.decline(assigned.task)
                row.declined += 1
            elif what:
                self._prove(worker, assigned, what, row)
        except ProofRefused:
            row.wrong += 1
        except (ProofWindowOver, DeclineWindowOver):
            return

    def _prove(self, worker: Worker, assigned: AssignedTask, what: str, row: Row) -> None:
        result = worker.client.prove(assigned)
        if what == "cheat" and self.copied:
            worker.client.submit(assigned.task, result.signals, self.copied)
            return
        proof = worker.client.submit(assigned.task, result.signals, result.proof_bytes, result.seconds)
        self.copied = result.proof_bytes
        row.proven += not proof.late
        row.late += proof.late

    def _rescue(self, worker: Worker, row: Row) -> None:
        """Takes open tasks that it likes, the best paid first, and proves them."""
        for found in worker.owner.open_tasks(self.queue):
            if not worker.rescues(found.task):
                continue
            try:
                assigned = worker.owner.claim_open(found.task)
            except CANNOT_CLAIM:
                continue
            row.rescued += 1
            self._work(worker, assigned, row)

    def _claim(self) -> Wei:
        """Everybody takes what it has earned; who has lent stake puts it to its own instead."""
        claimed = 0
        everybody: list[Requester | Keeper | Prover] = [*self.people.requesters, self.people.keeper]
        for client in (*everybody, *(worker.owner for worker in self.people.workers)):
            if client.credit():
                claimed += client.claim_credit()
        for worker in self.people.workers:
            take = worker.owner.restake if worker.character.borrows else worker.owner.claim
            with suppress(NothingToClaim):
                claimed += take()
        with suppress(NothingToClaim):
            claimed += self.people.accelerator.claim()
        with suppress(NothingToClaim):
            self.contracts.splitter.claim_treasury()
        if self.connection.is_development:
            self._part()
        return Wei(claimed)

    def _part(self) -> None:
        """Loans are given back and a part of the pooled stake is redeemed, a week later."""
        for worker in self.people.workers:
            if worker.owner.stake_state().sponsored:
                worker.owner.return_stake()
        delegator = self.people.delegator
        delegator.request_redeem(delegator.position().shares // 2)
        delegator.redeem(wait=True)


def _line(row: Row) -> str:
    """A row as text under the headings."""
    cells = []
    for part in fields(row):
        value = getattr(row, part.name)
        cells.append(format_zk(value, 4) if part.name.endswith("_wei") else str(value))
    return "  ".join(f"{cell:>9}" for cell in cells)
