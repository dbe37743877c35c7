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
from zkpool_sdk.economics.clearing import Addresses
from zkpool_sdk.economics.rescue import Rescues
from zkpool_sdk.economics.task_id import task_id
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    BookFull,
    DataTooLong,
    ExpectedPause,
    ExpiryOutOfBounds,
    NotDesk,
    NothingToClaim,
    NotRequester,
    NotYetCleared,
    NotYetExpired,
    QueueIsSealed,
    RaiseTooLow,
    WrongStatus,
)
from zkpool_sdk.models import Address, QueueId, Task, TaskId, TaskStatus
from zkpool_sdk.units import DAY, Wei

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


class Market(Rescues):
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
            EnforcedPause, UnknownQueue, QueueIsFrozen, QueueIsClosed, WrongStatementLength,
            SignalNotCanonical, QueueIsSealed, DataTooLong, ExpiryOutOfBounds, BidBelowBaseFee, BookFull,
            ERC20InsufficientBalance.
        """
        bid = requester, queue, statement, max_fee_wei, expires_at, now, data
        return self._place_bid(requester, *bid)

    def place_bid_for(
        self,
        caller: Address,
        requester: Address,
        queue: QueueId,
        statement: Sequence[int],
        max_fee_wei: int,
        expires_at: int,
        now: int,
        data: bytes = b"",
    ) -> TaskId:
        """``place_bid`` of a requester, who pays; the bid desk only, which has seen the requester's will.

        Raises:
            NotDesk, and what ``place_bid`` raises but for ``QueueIsSealed``.
        """
        self._only_desk(caller)
        bid = requester, queue, statement, max_fee_wei, expires_at, now, data
        return self._place_bid(caller, *bid)

    def _place_bid(
        self,
        caller: Address,
        requester: Address,
        queue: QueueId,
        statement: Sequence[int],
        max_fee_wei: int,
        expires_at: int,
        now: int,
        data: bytes,
    ) -> TaskId:
        self._when_open()
        if self.projects.check_statement(queue, statement) and caller != self.desk:
            raise QueueIsSealed(queue)
        if len(data) > MAX_DATA_BYTES:
            raise DataTooLong(len(data), MAX_DATA_BYTES)
        state = self._current_round(queue, now)
        # Who takes a place stays for the clearing, and a round more.
        least = max(now, state.started_at + base_fee.ROUND_SECONDS) + base_fee.ROUND_SECONDS
        if not least <= expires_at <= now + MAX_BID_SECONDS:
            raise ExpiryOutOfBounds(expires_at, least, now + MAX_BID_SECONDS)
        floor_wei = base_fee.base_fee(state.excess)
        if max_fee_wei < floor_wei:
            raise BidBelowBaseFee(max_fee_wei, floor_wei)
        book = self.books.get(queue, [])
        full = len(book) == book_heap.LIMIT
        if full and max_fee_wei <= book_heap.max_fee_of(book[0]):
            raise BookFull(max_fee_wei, book_heap.max_fee_of(book[0]))
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
            EnforcedPause, WrongStatus, NotRequester, QueueIsSealed, RaiseTooLow, ERC20InsufficientBalance.
        """
        self._when_open()
        self._raise_to(self._queued_by(caller, task), task, max_fee_wei)

    def raise_bid_for(self, caller: Address, task: TaskId, max_fee_wei: int) -> None:
        """``raise_bid``, paid by the bid's requester; the bid desk only.

        Raises:
            NotDesk, EnforcedPause, WrongStatus, QueueIsSealed, RaiseTooLow, ERC20InsufficientBalance.
        """
        self._only_desk(caller)
        self._when_open()
        self._raise_to(self._queued(task), task, max_fee_wei)

    def _raise_to(self, t: Task, task: TaskId, max_fee_wei: int) -> None:
        if self.projects.queue_of(t.queue).is_sealed:
            raise QueueIsSealed(t.queue)
        if max_fee_wei <= t.amount_wei:
            raise RaiseTooLow(max_fee_wei, t.amount_wei)
        self.token.check(t.requester, max_fee_wei - t.amount_wei)
        book, state = self.books[t.queue], self.rounds[t.queue]
        index = book_heap.find(book, t.place)
        expires_at = book_heap.expiry_of(book[index])
        word = book_heap.pack(max_fee_wei, state.next_sequence, expires_at, t.place)
        book_heap.raise_at(book, index, word)
        self.rounds[t.queue] = replace(state, next_sequence=state.next_sequence + 1)
        self.tasks[task] = replace(t, amount_wei=Wei(max_fee_wei))
        self.token.transfer(t.requester, self.addresses.market, max_fee_wei - t.amount_wei)

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

    # --- money and control

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
        """Bids of QUEUED tasks, prices of ASSIGNED and OPEN ones, and the bounties of tasks to be rescued."""
        amounts = (t.amount_wei for t in self.tasks.values() if t.status in ESCROWED)
        return Wei(sum(amounts) + sum(r.bounty_wei for r in self.rescues.values()))

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
            ``tasks, rescues, rounds, books`` (raw words), ``credits, queues, terms, provers, keys, seats,
            accelerators, stakes`` (decayed to now), ``earnings, pool, balances, market``; each keyed by what
            its getter takes.
        """
        return {
            "tasks": dict(self.tasks),
            "rescues": dict(self.rescues),
            "rounds": dict(self.rounds),
            "books": {queue: list(words) for queue, words in self.books.items()},
            "credits": dict(self.credits),
            "queues": dict(self.projects.queues),
            "terms": dict(self.projects.terms),
            "provers": dict(self.provers.provers),
            "keys": dict(self.provers.keys),
            "accelerators": dict(self.accelerators.accelerators),
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

    def _only_desk(self, caller: Address) -> None:
        if caller != self.desk:
            raise NotDesk(caller)
