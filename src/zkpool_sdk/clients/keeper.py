"""The keeper: ends rounds, marks missed windows, drops expired bids. Anyone can be one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from zkpool_sdk.chain import Contracts, Receipt
from zkpool_sdk.chain.events import BidPlaced
from zkpool_sdk.chain.history import Watch
from zkpool_sdk.clients.base import Client
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.errors import NothingDue, NotYetExpired, RoundNotOver, WrongStatus
from zkpool_sdk.models import QueueId, TaskId, TaskStatus
from zkpool_sdk.units import Timestamp


@unique
class DueKind(Enum):
    """What can be done for the market."""

    CLEAR = "clear"
    EXPIRE = "expire"
    FINALIZE = "finalize"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: a round to end (then ``task`` is empty), a bid to drop, a task to finalize."""

    kind: DueKind
    queue: QueueId
    task: TaskId
    since: Timestamp


OVERTAKEN: Final = (NothingDue, NotYetExpired, RoundNotOver, WrongStatus)
"""What the market says when somebody else was first."""


class Keeper(Client):
    """An account that does what is due and collects the keeper's part."""

    def __init__(self, contracts: Contracts) -> None:
        super().__init__(contracts)
        self._placed = Watch(self.connection, contracts.market.address, [BidPlaced], self.deployment.block)
        self._live: dict[TaskId, BidPlaced] = {}

    def due(self) -> list[Due]:
        """Everything that is due now: rounds with bids first, then tasks by how long they have been due."""
        now = self.connection.timestamp()
        return [*self._rounds(now), *sorted(self._tasks(now), key=lambda due: due.since)]

    def clear(self, queue: int) -> Receipt:
        """Ends a queue's round; the receipt has ``TaskAssigned`` for each task, and ``RoundCleared``.

        Raises:
            RoundNotOver, EnforcedPause.
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
        if due.kind is DueKind.CLEAR:
            return self.clear(due.queue)
        return self.finalize(due.task) if due.kind is DueKind.FINALIZE else self.expire(due.task)

    def _rounds(self, now: int) -> list[Due]:
        market = self.contracts.market
        if market.paused():
            return []
        found = []
        for number in range(1, self.contracts.projects.queue_count() + 1):
            round_ = market.round_of(number)
            ends_at = round_.started_at + ROUND_SECONDS
            if round_.bid_count and now >= ends_at:
                found.append(Due(DueKind.CLEAR, QueueId(number), TaskId(b""), Timestamp(ends_at)))
        return found

    def _tasks(self, now: int) -> list[Due]:
        for event in self._placed.new():
            if isinstance(event, BidPlaced):
                self._live[event.task] = event
        found = []
        for task, placed in list(self._live.items()):
            state = self.contracts.market.task_of(task)
            if state.status.ended or state.status is TaskStatus.NONE:
                del self._live[task]
            elif state.status is TaskStatus.QUEUED and now > placed.expires_at:
                found.append(Due(DueKind.EXPIRE, placed.queue, task, placed.expires_at))
            elif state.status is TaskStatus.ASSIGNED and now > state.prove_by:
                found.append(Due(DueKind.FINALIZE, placed.queue, task, state.prove_by))
            elif state.status is TaskStatus.OPEN:
                terms = self.contracts.projects.terms_of(placed.queue, state.terms_version)
                until = Timestamp(state.prove_by + terms.liability_window_seconds)
                if now > until:
                    found.append(Due(DueKind.FINALIZE, placed.queue, task, until))
        return found
