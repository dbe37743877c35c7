"""A whole market in memory: oracle of the tests, forecast of the bidding strategy.

Written from the formulas of PROTOCOL.md. Time is the argument ``now``, and so is a verifier's verdict.
Whatever the contracts refuse raises the exception of the same name and leaves everything as it was. Owner and
guardian are not told apart from others here: who calls their actions has their power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from zkpool_sdk.economics import base_fee, book_heap
from zkpool_sdk.economics.clearing import Addresses, Clearing
from zkpool_sdk.economics.task_id import task_id
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    BookFull,
    DataTooLong,
    ExpectedPause,
    ExpiryOutOfBounds,
    NotAssignedProver,
    NothingDue,
    NothingToClaim,
    NotRequester,
    NotYetCleared,
    NotYetExpired,
    ProofWindowOver,
    ProverMismatch,
    QueueIsClosed,
    RaiseTooLow,
    SignalNotCanonical,
    StatementMismatch,
    VerifierFailed,
    WrongSignalCount,
    WrongStatementLength,
    WrongStatus,
)
from zkpool_sdk.models import Address, Fault, QueueId, SignalRule, Task, TaskId, TaskStatus, Terms, Verdict
from zkpool_sdk.units import DAY, SCALAR_FIELD, Timestamp, Wei

__all__ = ["Addresses", "Holding", "Market"]

MAX_BID_SECONDS: Final = 30 * DAY
MAX_DATA_BYTES: Final = 16_384
CANCEL_FEE_DIVISOR: Final = 100
"""A cancelled bid pays 1 %, at least one wei."""
ESCROWED: Final = (TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.OPEN)


@dataclass(frozen=True, slots=True)
class Holding:
    """A place that holds money: its balance, and what it owes."""

    balance_wei: Wei
    owed_wei: Wei


class Market(Clearing):
    """The market with everything around it: token, registries, stake vault, splitter, insurance fund.

    Each part is an attribute and has its own actions (``market.vault.stake``, ``market.provers.join`` ...).
    """

    # --- bids

    def place_bid(
        self,
        requester: Address,
        queue: QueueId,
        statement: Sequence[int],
        max_fee_wei: int,
        expires_at: int,
        now: int,
        data: bytes = b"",
    ) -> TaskId:
        """Bids for one proof and escrows ``max_fee_wei``, base fee included.

        Args:
            statement: the signals that the queue fixes, in order. expires_at: last second of life.
        Raises:
            EnforcedPause, UnknownQueue, QueueIsClosed, WrongStatementLength, SignalNotCanonical,
            ExpiryOutOfBounds, DataTooLong, BidBelowBaseFee, BookFull, ERC20InsufficientBalance.
        """
        self._when_open()
        self._check_statement(queue, statement)
        if not now <= expires_at <= now + MAX_BID_SECONDS:
            raise ExpiryOutOfBounds(expires_at, now, now + MAX_BID_SECONDS)
        if len(data) > MAX_DATA_BYTES:
            raise DataTooLong(len(data), MAX_DATA_BYTES)
        state = self._current_round(queue, now)
        floor_wei = base_fee.base_fee(state.excess)
        if max_fee_wei < floor_wei:
            raise BidBelowBaseFee(max_fee_wei, floor_wei)
        book = self.books.get(queue, [])
        full = len(book) == book_heap.LIMIT
        if full and max_fee_wei <= book_heap.max_fee_of(book[0]):
            raise BookFull(max_fee_wei, book_heap.max_fee_of(book[0]))
        if full:  # who drives another out stays for the clearing
            least = max(now, state.started_at + base_fee.ROUND_SECONDS) + base_fee.ROUND_SECONDS
            if expires_at < least:
                raise ExpiryOutOfBounds(expires_at, least, now + MAX_BID_SECONDS)
        self.token.check(requester, max_fee_wei)

        self.books[queue] = book
        sequence = state.next_sequence
        state = replace(state, next_sequence=sequence + 1)
        if full:
            place = book_heap.place_of(book[0])
            self._refund(self._places[queue, place], TaskStatus.EVICTED)
            book_heap.replace_worst(book, book_heap.pack(max_fee_wei, sequence, expires_at, place))
        else:
            place = next(i for i in range(book_heap.LIMIT) if not state.places >> i & 1)
            book_heap.insert(book, book_heap.pack(max_fee_wei, sequence, expires_at, place))
            state = replace(state, places=state.places | 1 << place, bid_count=state.bid_count + 1)
        self.rounds[queue] = state
        task = task_id(self.chain_id, self.addresses.market, queue, requester, statement, sequence)
        self._places[queue, place] = task
        self.tasks[task] = Task(requester, Wei(max_fee_wei), TaskStatus.QUEUED, queue, place, sequence)
        self.token.transfer(requester, self.addresses.market, max_fee_wei)
        return task

    def raise_bid(self, caller: Address, task: TaskId, max_fee_wei: int) -> None:
        """Raises a bid; it gets a new sequence number.

        Raises:
            EnforcedPause, WrongStatus, NotRequester, RaiseTooLow, ERC20InsufficientBalance.
        """
        self._when_open()
        t = self._queued_by(caller, task)
        if max_fee_wei <= t.amount_wei:
            raise RaiseTooLow(max_fee_wei, t.amount_wei)
        self.token.check(caller, max_fee_wei - t.amount_wei)
        book, state = self.books[t.queue], self.rounds[t.queue]
        index = book_heap.find(book, t.place)
        expires_at = book_heap.expiry_of(book[index])
        word = book_heap.pack(max_fee_wei, state.next_sequence, expires_at, t.place)
        book_heap.raise_at(book, index, word)
        self.rounds[t.queue] = replace(state, next_sequence=state.next_sequence + 1)
        self.tasks[task] = replace(t, amount_wei=Wei(max_fee_wei))
        self.token.transfer(caller, self.addresses.market, max_fee_wei - t.amount_wei)

    def cancel_bid(self, caller: Address, task: TaskId, now: int) -> Wei:
        """Withdraws a bid that has survived a clearing, or any while paused; returns the fee for insurance.

        Raises:
            WrongStatus, NotRequester, NotYetCleared.
        """
        t = self._queued_by(caller, task)
        survived = book_heap.sequence_of(self._word_of(t)) < self.rounds[t.queue].cleared_sequence
        if not survived and not self.paused:
            raise NotYetCleared(task)
        self._leave_book(t, now)
        fee_wei = Wei(max(1, t.amount_wei // CANCEL_FEE_DIVISOR))
        self.tasks[task] = replace(t, status=TaskStatus.CANCELLED)
        self._credit(caller, t.amount_wei - fee_wei)
        self.token.transfer(self.addresses.market, self.addresses.insurance, fee_wei)
        return fee_wei

    def expire_bid(self, task: TaskId, now: int) -> None:
        """Drops an expired bid and credits it; anybody may, even while paused.

        Raises:
            WrongStatus, NotYetExpired.
        """
        t = self._queued(task)
        expires_at = book_heap.expiry_of(self._word_of(t))
        if now <= expires_at:
            raise NotYetExpired(task, now, expires_at)
        self._leave_book(t, now)
        self._refund(task, TaskStatus.EXPIRED)

    # --- tasks

    def submit_proof(
        self, caller: Address, task: TaskId, signals: Sequence[int], verdict: Verdict, now: int
    ) -> None:
        """Hands in a proof: paid when the verifier accepts, slashed when it refuses.

        Args:
            signals: all public signals. verdict: what the verifier says of the proof.
        Raises:
            WrongStatus, ProofWindowOver, NotAssignedProver, SignalNotCanonical, ProverMismatch,
            WrongSignalCount, StatementMismatch, VerifierFailed.
        """
        t = self.task_of(task)
        if t.status != TaskStatus.ASSIGNED:
            raise WrongStatus(task, t.status, TaskStatus.ASSIGNED)
        if now > t.prove_by:
            raise ProofWindowOver(task, now, t.prove_by)
        prover = self.provers.prover_of(t.prover).account
        if caller != prover:
            raise NotAssignedProver(task, caller)
        terms = self.projects.terms_of(t.queue, t.terms_version)
        self._check_signals(task, t, prover, signals, terms)
        if verdict == Verdict.BROKEN:
            raise VerifierFailed(t.queue)
        window = terms.proof_window_seconds
        assigned_at = t.prove_by - window
        if verdict == Verdict.ACCEPTED:
            self.tasks[task] = replace(t, status=TaskStatus.PROVEN, bond_wei=Wei(0))
            self.provers.record_proven(t.queue, t.place, t.prover, now - assigned_at, window)
            self.vault.release_bond(prover, t.bond_wei, now)
            self.token.transfer(self.addresses.market, self.addresses.splitter, t.amount_wei)
            self.splitter.credit(prover, t.amount_wei, assigned_at, now)
        else:
            self.tasks[task] = replace(t, status=TaskStatus.OPEN, bond_wei=Wei(0))
            self.provers.record_invalid(t.queue, t.place, t.prover)
            parts = self.vault.slash(
                prover, t.bond_wei, Fault.INVALID, t.amount_wei, False, self.addresses.market, now
            )
            self._credit(t.requester, parts.requester_wei)

    def finalize(self, keeper: Address, task: TaskId, now: int) -> None:
        """Does whatever is due: a missed window is slashed, an open task whose liability is over is refunded.

        Raises:
            WrongStatus, NothingDue.
        """
        t = self.task_of(task)
        if t.status not in (TaskStatus.ASSIGNED, TaskStatus.OPEN):
            raise WrongStatus(task, t.status, TaskStatus.ASSIGNED)
        terms = self.projects.terms_of(t.queue, t.terms_version)
        liability_until = t.prove_by + terms.liability_window_seconds
        missed = t.status == TaskStatus.ASSIGNED
        due_at = (t.prove_by if missed else liability_until) + 1
        if now < due_at:
            raise NothingDue(task, now, due_at)
        failed = now > liability_until
        status = TaskStatus.FAILED if failed else TaskStatus.OPEN
        self.tasks[task] = replace(t, status=status, bond_wei=Wei(0))
        if missed:
            prover = self.provers.prover_of(t.prover).account
            self.provers.record_missed(t.queue, t.place, t.prover)
            parts = self.vault.slash(
                prover, t.bond_wei, Fault.MISSED, t.amount_wei, True, self.addresses.market, now
            )
            self._credit(t.requester, parts.requester_wei)
            self._credit(keeper, parts.keeper_wei)
        if failed:
            self._credit(t.requester, t.amount_wei)

    def claim_credit(self, account: Address) -> Wei:
        """Pays an account its credit: refunds, compensation, keeper's parts; returns how much.

        Raises:
            NothingToClaim: it has none.
        """
        paid_wei = self.credit_of(account)
        if paid_wei == 0:
            raise NothingToClaim(account)
        del self.credits[account]
        self.token.transfer(self.addresses.market, account, paid_wei)
        return paid_wei

    def pause(self) -> None:
        """Stops new bids, raises and clearing; guardian's and owner's power.

        Raises:
            EnforcedPause: it is paused.
        """
        self._when_open()
        self.paused = True

    def unpause(self) -> None:
        """Ends a pause; guardian's and owner's power.

        Raises:
            ExpectedPause: it is not paused.
        """
        if not self.paused:
            raise ExpectedPause()
        self.paused = False

    # --- books of account

    @property
    def escrow_wei(self) -> Wei:
        """Bids of QUEUED tasks and prices of ASSIGNED and OPEN ones."""
        return Wei(sum(t.amount_wei for t in self.tasks.values() if t.status in ESCROWED))

    def holders(self) -> dict[str, Holding]:
        """Each place that holds money, with its balance and what it owes; equal without donations."""
        at, balance = self.addresses, self.token.balance_of
        owed = {
            "market": (at.market, self.escrow_wei + sum(self.credits.values())),
            "vault": (at.vault, self.vault.owed_wei),
            "splitter": (at.splitter, self.splitter.owed_wei),
            "insurance": (at.insurance, balance(at.insurance)),
        }
        return {name: Holding(balance(address), Wei(wei)) for name, (address, wei) in owed.items()}

    def supply_wei(self) -> Wei:
        """All tokens there are or were: every balance and what was burned."""
        return Wei(sum(self.token.balances.values()) + self.token.burned_wei)

    def snapshot(self, now: int) -> dict[str, dict[Any, Any]]:
        """The whole state as the contracts' getters show it now, for comparison bit for bit.

        Returns:
            ``tasks, rounds, books`` (raw words), ``credits, queues, terms, provers, seats, stakes`` (decayed
            to now), ``earnings, pool, balances, market``; each keyed by what its getter takes.
        """
        return {
            "tasks": dict(self.tasks),
            "rounds": dict(self.rounds),
            "books": {queue: list(words) for queue, words in self.books.items()},
            "credits": dict(self.credits),
            "queues": dict(self.projects.queues),
            "terms": dict(self.projects.terms),
            "provers": dict(self.provers.provers),
            "seats": {queue: list(seats) for queue, seats in self.provers.seats.items()},
            "stakes": {prover: self.vault.stake_of(prover, now) for prover in self.vault.stakes},
            "earnings": {who: self.splitter.earning_of(who, now) for who in self.splitter.earnings},
            "pool": {"earning": self.splitter.pool_earning(now), "rates": self.splitter.rates},
            "balances": {who: wei for who, wei in self.token.balances.items() if wei},
            "market": {"paused": self.paused, "clock": self.vault.clock(now)},
        }

    # --- checks

    def _queued(self, task: TaskId) -> Task:
        t = self.task_of(task)
        if t.status != TaskStatus.QUEUED:
            raise WrongStatus(task, t.status, TaskStatus.QUEUED)
        return t

    def _queued_by(self, caller: Address, task: TaskId) -> Task:
        t = self._queued(task)
        if caller != t.requester:
            raise NotRequester(task, caller)
        return t

    def _word_of(self, t: Task) -> int:
        book = self.books[t.queue]
        return book[book_heap.find(book, t.place)]

    def _leave_book(self, t: Task, now: int) -> None:
        book, state = self.books[t.queue], self.rounds[t.queue]
        book_heap.remove_at(book, book_heap.find(book, t.place))
        state = replace(state, bid_count=state.bid_count - 1, places=state.places & ~(1 << t.place))
        if not book:
            # Rounds that passed with bids in the book are held; only those from here on are empty.
            passed = (now - state.started_at) // base_fee.ROUND_SECONDS
            state = replace(state, started_at=Timestamp(state.started_at + passed * base_fee.ROUND_SECONDS))
        self.rounds[t.queue] = state

    def _check_statement(self, queue: QueueId, statement: Sequence[int]) -> None:
        q, terms = self.projects.current(queue)
        if q.closed:
            raise QueueIsClosed(queue)
        expected = terms.rules.count(SignalRule.FIXED)
        if len(statement) != expected:
            raise WrongStatementLength(len(statement), expected)
        for index, signal in enumerate(statement):
            if signal >= SCALAR_FIELD:
                raise SignalNotCanonical(index, signal)

    def _check_signals(
        self, task: TaskId, t: Task, prover: Address, signals: Sequence[int], terms: Terms
    ) -> None:
        rules = terms.rules
        for index, signal in enumerate(signals):
            if signal >= SCALAR_FIELD:
                raise SignalNotCanonical(index, signal)
            if rules[index : index + 1] == (SignalRule.PROVER,) and signal != int(prover, 16):
                raise ProverMismatch(index, signal, prover)
        if len(signals) != len(rules):
            raise WrongSignalCount(len(signals), len(rules))
        statement = [s for s, rule in zip(signals, rules, strict=True) if rule == SignalRule.FIXED]
        given = task_id(self.chain_id, self.addresses.market, t.queue, t.requester, statement, t.nonce)
        if given != task:
            raise StatementMismatch(task)
