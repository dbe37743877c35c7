"""Queues, rounds, bids and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk.models.ids import (
    NEVER,
    NO_WEI,
    NOBODY,
    ZERO_ADDRESS,
    Address,
    ProjectId,
    ProverId,
    QueueId,
    TaskId,
)
from zkpool_sdk.models.kinds import SignalRule, TaskStatus
from zkpool_sdk.units import Ppm, Seconds, Timestamp, Wei


@dataclass(frozen=True, slots=True)
class Queue:
    """What never changes in a queue: its circuit. Verifying keys are named by 32 bytes.

    ``closed``: no new bids. ``is_sealed``: bids come in by commit and reveal alone. ``frozen``: no proof is
    accepted, nobody is slashed, every task ends in a full refund. ``min_rating_ppm``: least rating of its
    provers; 0 unless sealed.
    """

    verifier: Address
    project: ProjectId
    terms_version: int
    closed: bool
    is_sealed: bool
    frozen: bool
    min_rating_ppm: Ppm
    key: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project may change for future tasks; a task keeps the version it was assigned under."""

    proof_window_seconds: Seconds
    liability_window_seconds: Seconds
    tier1_penalty_wei: Wei
    max_units: int
    packed_rules: int = 0

    @property
    def rules(self) -> tuple[SignalRule, ...]:
        """The rules of the circuit's signals, in order."""
        return unpack_rules(self.packed_rules)


@dataclass(frozen=True, slots=True)
class Round:
    """A queue's auction between two clearings."""

    next_sequence: int = 0
    cleared_sequence: int = 0
    started_at: Timestamp = NEVER
    excess: int = 0
    bid_count: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One bid and what became of it.

    ``amount_wei`` is the bid while QUEUED and the price once assigned; ``place`` is its place in the book,
    then the prover's seat; ``rescued``: assigned by a rescuer's claim, with half the proof window;
    ``prove_by`` ends the proof window (0 while QUEUED); ``bond_wei`` is 0 once released or slashed.
    """

    requester: Address
    amount_wei: Wei
    status: TaskStatus
    queue: QueueId
    place: int
    nonce: int
    rescued: bool = False
    prove_by: Timestamp = NEVER
    terms_version: int = 0
    prover: ProverId = NOBODY
    bond_wei: Wei = NO_WEI


NO_TASK: Final = Task(ZERO_ADDRESS, Wei(0), TaskStatus.NONE, QueueId(0), 0, 0)


@dataclass(frozen=True, slots=True)
class Rescue:
    """What a task that was open has to remember; all zero for others.

    ``bounty_wei``: rescuers' parts of the slashes so far; ``open_until`` ends the liability window.
    """

    bounty_wei: Wei = NO_WEI
    open_until: Timestamp = NEVER
    decline_count: int = 0
    first_decliner: ProverId = NOBODY
    second_decliner: ProverId = NOBODY


@dataclass(frozen=True, slots=True)
class Bid:
    """One line of an open book; the lower ``sequence`` is the earlier bid."""

    task: TaskId
    max_fee_wei: Wei
    expires_at: Timestamp
    sequence: int

    @property
    def rank_key(self) -> tuple[int, int]:
        """Greater is better: the higher bid, of equal bids the earlier."""
        return self.max_fee_wei, -self.sequence


@dataclass(frozen=True, slots=True)
class Assignment:
    """One winner of a clearing: what it pays and who proves it."""

    task: TaskId
    prover: ProverId
    account: Address
    position: int
    price_wei: Wei
    refund_wei: Wei
    bond_wei: Wei
    prove_by: Timestamp
    terms_version: int


@dataclass(frozen=True, slots=True)
class ClearingResult:
    """What ending a round did: B, n, K, the winners by position, who was dropped, and E afterwards."""

    queue: QueueId
    base_fee_wei: Wei
    bid_count: int
    slot_count: int
    assignments: tuple[Assignment, ...]
    expired: tuple[TaskId, ...]
    excess: int

    @property
    def assigned_count(self) -> int:
        """F, tasks assigned."""
        return len(self.assignments)


def pack_rules(rules: tuple[SignalRule, ...] | list[SignalRule]) -> int:
    """The rules of a circuit's signals in one word: two bits a signal, signal 0 lowest."""
    return sum(rule << 2 * index for index, rule in enumerate(rules))


def unpack_rules(packed: int) -> tuple[SignalRule, ...]:
    """The rules packed by ``pack_rules``; NONE ends them."""
    rules = []
    while packed & 3:
        rules.append(SignalRule(packed & 3))
        packed >>= 2
    return tuple(rules)
