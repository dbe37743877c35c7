"""The keeper: does whatever is due in the market and in the pool. Anyone can be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from zkpool_sdk.chain import Contracts, Receipt
from zkpool_sdk.chain.bids import CYCLE_SECONDS, cycle_of, reveal_window
from zkpool_sdk.chain.events import BidCommitted, BidPlaced
from zkpool_sdk.chain.history import Watch
from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.pool_operator import WALK_LIMIT, PoolOperator
from zkpool_sdk.clients.windows import grace_until
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.errors import (
    CycleNotOver,
    LoanCoversBonds,
    NoLoan,
    NothingDue,
    NothingToClaim,
    NothingToRecall,
    NotRecallable,
    NotYetExpired,
    QueueIsFrozen,
    RevealWindow,
    RoundNotOver,
    TooFewShares,
    WrongCommitStatus,
    WrongStatus,
)
from zkpool_sdk.models import NEVER, Address, CommitStatus, Queue, QueueId, Task, TaskId, TaskStatus, Terms
from zkpool_sdk.units import DAY, Timestamp

NO_QUEUE: Final = QueueId(0)
NO_TASK_ID: Final = TaskId(b"")


@unique
class DueKind(Enum):
    """What can be done: for the market, for sealed bids, for the pool and its delegators."""

    CLEAR = "clear"
    EXPIRE = "expire"
    FINALIZE = "finalize"
    FORFEIT = "forfeit"
    COLLECT = "collect"
    SETTLE = "settle"
    RECALL = "recall"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due.

    Attributes:
        kind: what to do.
        queue: whose round to end, or whose task it is; 0 where there is none.
        task: bid to drop or task to finalize; empty where there is none.
        since: since when, 0 if that is not known.
        account: prover to recall from, adapter to mark.
        commitment: sealed bid whose deposit is forfeited.
    """

    kind: DueKind
    queue: QueueId = NO_QUEUE
    task: TaskId = NO_TASK_ID
    since: Timestamp = NEVER
    account: Address | None = None
    commitment: bytes = b""


OVERTAKEN: Final = (
    NothingDue,
    NotYetExpired,
    RoundNotOver,
    RevealWindow,
    QueueIsFrozen,
    WrongStatus,
    WrongCommitStatus,
    CycleNotOver,
    NothingToClaim,
    TooFewShares,
    NoLoan,
    NotRecallable,
    NothingToRecall,
    LoanCoversBonds,
)
"""What the contracts say when somebody else was first, or when it is not due after all."""


class Keeper(Client):
    """An account that does what is due and collects the keeper's part.

    Args:
        contracts: a deployment as the account sees it.
    """

    def __init__(self, contracts: Contracts) -> None:
        super().__init__(contracts)
        start = self.deployment.block
        self._placed = Watch(self.connection, contracts.market.address, [BidPlaced], start)
        self._committed = Watch(self.connection, contracts.desk.address, [BidCommitted], start)
        self._live: dict[TaskId, BidPlaced] = {}
        self._sealed: dict[bytes, BidCommitted] = {}
        self._terms: dict[tuple[int, int], Terms] = {}
        self._pool = PoolOperator(contracts)

    def due(self) -> list[Due]:
        """Everything that is due now: rounds with bids first, then tasks by how long, then the rest."""
        now = self.connection.timestamp()
        queues = self._queues()
        tasks = sorted(self._tasks(now, queues), key=lambda due: due.since)
        return [*self._rounds(now, queues), *tasks, *self._forfeits(now), *self._of_pool(now)]

    def clear(self, queue: int) -> Receipt:
        """Ends a queue's round; the receipt has ``TaskAssigned`` for each task, and ``RoundCleared``.

        Raises:
            RoundNotOver, RevealWindow, QueueIsFrozen, EnforcedPause.
        """
        return self.contracts.market.clear(queue)

    def finalize(self, task: bytes) -> Receipt:
        """Does what is due for a task: marks a missed window, or gives the price back.

        Raises:
            NothingDue, WrongStatus.
        """
        return self.contracts.market.finalize(task)

    def expire(self, task: bytes) -> Receipt:
        """Drops an expired bid, which is credited in full.

        Raises:
            NotYetExpired, WrongStatus.
        """
        return self.contracts.market.expire_bid(task)

    def do_due(self) -> list[tuple[Due, Receipt]]:
        """Does everything that is due; what somebody else did first is left out."""
        done = []
        for due in self.due():
            try:
                done.append((due, self.do(due)))
            except OVERTAKEN:
                continue
        return done

    def do(self, due: Due) -> Receipt:
        """Does one thing that is due."""
        contracts, account = self.contracts, str(due.account)
        match due.kind:
            case DueKind.CLEAR:
                return self.clear(due.queue)
            case DueKind.EXPIRE:
                return self.expire(due.task)
            case DueKind.FINALIZE:
                return self.finalize(due.task)
            case DueKind.FORFEIT:
                return contracts.desk.forfeit(due.commitment)
            case DueKind.COLLECT:
                return contracts.delegation.collect()
            case DueKind.SETTLE:
                return contracts.delegation.settle_requests(WALK_LIMIT)
            case DueKind.RECALL:
                return contracts.delegation.recall(account)
            case DueKind.MARK:
                return contracts.delegation.mark(account)

    def _queues(self) -> dict[QueueId, Queue]:
        projects = self.contracts.projects
        numbers = range(1, projects.queue_count() + 1)
        return {QueueId(number): projects.queue_of(number) for number in numbers}

    def _rounds(self, now: int, queues: dict[QueueId, Queue]) -> Iterator[Due]:
        market = self.contracts.market
        if market.paused():
            return
        reveals_from, reveals_until = reveal_window(cycle_of(now))
        for number, queue in queues.items():
            if queue.frozen or (queue.is_sealed and reveals_from <= now <= reveals_until):
                continue
            round_ = market.round_of(number)
            ends_at = Timestamp(round_.started_at + ROUND_SECONDS)
            if round_.bid_count and now >= ends_at:
                yield Due(DueKind.CLEAR, number, since=ends_at)

    def _tasks(self, now: int, queues: dict[QueueId, Queue]) -> Iterator[Due]:
        for event in self._placed.new():
            if isinstance(event, BidPlaced):
                self._live[event.task] = event
        for task, placed in list(self._live.items()):
            state = self.contracts.market.task_of(task)
            if state.status.ended or state.status is TaskStatus.NONE:
                del self._live[task]
                continue
            frozen = placed.queue in queues and queues[placed.queue].frozen
            if state.status is TaskStatus.QUEUED and not frozen:
                if now > placed.expires_at:
                    yield Due(DueKind.EXPIRE, placed.queue, task, placed.expires_at)
                continue
            until = NEVER if frozen else self._until(task, state)
            if now > until:
                yield Due(DueKind.FINALIZE, placed.queue, task, until)

    def _until(self, task: TaskId, state: Task) -> Timestamp:
        """Last second before an assigned or open task is due."""
        if state.status is TaskStatus.OPEN:
            return self.contracts.market.rescue_of(task).open_until
        version = state.queue, state.terms_version
        if version not in self._terms:
            self._terms[version] = self.contracts.projects.terms_of(*version)
        return grace_until(state, self._terms[version])

    def _forfeits(self, now: int) -> Iterator[Due]:
        """Deposits of bids that stayed sealed."""
        for event in self._committed.new():
            if isinstance(event, BidCommitted):
                self._sealed[event.commitment] = event
        for commitment, event in list(self._sealed.items()):
            ended_at = Timestamp((event.cycle + 1) * CYCLE_SECONDS)
            if now < ended_at:
                continue
            if self.contracts.desk.commitment_of(commitment).status is CommitStatus.COMMITTED:
                yield Due(DueKind.FORFEIT, event.queue, since=ended_at, commitment=commitment)
            else:
                del self._sealed[commitment]

    def _of_pool(self, now: int) -> Iterator[Due]:
        """What pays delegators, and keeps the pool's money at work or at hand."""
        pool = self.contracts.delegation
        claimable_wei = self.contracts.splitter.pool_earning().delegators_claimable_wei
        if claimable_wei and self._would("collect"):
            yield Due(DueKind.COLLECT, since=Timestamp(now - now % DAY))
        first, next_ = pool.request_range()
        if first < next_:
            matures_at = pool.request_of(first).matures_at
            if now >= matures_at and self._would("settleRequests", WALK_LIMIT):
                yield Due(DueKind.SETTLE, since=matures_at)
        for loan in self._pool.loans():
            if self._would("recall", loan.prover):
                yield Due(DueKind.RECALL, account=loan.prover)
        for known in self._pool.adapters():
            worth_wei, most_wei = pool.worth_of(known.adapter), max(known.cap_wei, known.value_wei)
            if worth_wei is not None and min(worth_wei, most_wei) != known.value_wei:
                yield Due(DueKind.MARK, account=known.adapter)

    def _would(self, function: str, *arguments: object) -> bool:
        """Whether a call to the pool would move anything now."""
        try:
            return bool(self.contracts.delegation.try_call(function, *arguments))
        except OVERTAKEN:
            return False
