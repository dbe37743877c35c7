"""Enums, with the values of their Solidity twins."""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique
from typing import Final


@unique
class TaskStatus(IntEnum):
    """Where a task stands in its life.

    NONE -> QUEUED -> ASSIGNED -> PROVEN; QUEUED -> CANCELLED | EXPIRED | EVICTED; ASSIGNED -> OPEN (missed,
    invalid, declined) -> ASSIGNED (claimed by a rescuer) | FAILED. A frozen queue ends QUEUED, ASSIGNED and
    OPEN tasks as FAILED. Ended states are final.
    """

    NONE = 0
    QUEUED = 1
    ASSIGNED = 2
    OPEN = 3
    PROVEN = 4
    FAILED = 5
    CANCELLED = 6
    EXPIRED = 7
    EVICTED = 8

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to the task."""
        return self >= TaskStatus.PROVEN


@unique
class SignalRule(IntEnum):
    """What a public signal is: fixed by the statement, the assigned prover's address, or a free output."""

    NONE = 0
    FIXED = 1
    PROVER = 2
    FREE = 3


@unique
class Fault(IntEnum):
    """Why a bond is slashed."""

    NONE = 0
    MISSED = 1
    INVALID = 2
    LATE = 3


@unique
class Verdict(IntEnum):
    """What is thought of a proof. MALFORMED: its signals could not be judged, and nobody is to blame.

    BROKEN is never seen on chain: the verifier itself failed, and the call reverts.
    """

    MALFORMED = 0
    REFUSED = 1
    ACCEPTED = 2
    BROKEN = 3


@unique
class ProofResult(IntEnum):
    """What became of one proof of several; SKIPPED: nothing happened to it."""

    SKIPPED = 0
    PROVEN = 1
    LATE = 2
    INVALID = 3


@unique
class Scope(IntFlag):
    """What a hot key may do for its prover."""

    SUBMIT = 1
    DECLINE = 2
    HEARTBEAT = 4


ALL_SCOPES: Final = Scope.SUBMIT | Scope.DECLINE | Scope.HEARTBEAT
