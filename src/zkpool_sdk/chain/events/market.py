"""Events of the market: bids, rounds, tasks, proofs."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address, QueueId, TaskId
from zkpool_sdk.units import Timestamp, Wei


@dataclass(frozen=True, slots=True)
class BidCancelled(Event):
    """A bid that had survived a clearing was withdrawn, for a fee."""

    task: TaskId
    refund_wei: Wei
    fee_wei: Wei


@dataclass(frozen=True, slots=True)
class BidEvicted(Event):
    """A full book gave up its worst bid."""

    task: TaskId
    refund_wei: Wei


@dataclass(frozen=True, slots=True)
class BidExpired(Event):
    """A bid expired and was refunded."""

    task: TaskId
    refund_wei: Wei


@dataclass(frozen=True, slots=True)
class BidPlaced(Event):
    """A bid was placed and escrowed."""

    task: TaskId
    queue: QueueId
    requester: Address
    max_fee_wei: Wei
    expires_at: Timestamp
    sequence: int
    statement: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class BidRaised(Event):
    """A bid was raised; it got a new sequence number."""

    task: TaskId
    max_fee_wei: Wei
    sequence: int


@dataclass(frozen=True, slots=True)
class CreditClaimed(Event):
    """Refunds, compensation and keeper's parts were paid out."""

    account: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class GuardianSet(Event):
    """The guardian was set."""

    guardian: Address


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """New bids, raises and clearing stopped."""

    account: Address


@dataclass(frozen=True, slots=True)
class Unpaused(Event):
    """A pause ended."""

    account: Address


@dataclass(frozen=True, slots=True)
class ProofAccepted(Event):
    """A proof was accepted and its price split."""

    task: TaskId
    prover: Address
    price_wei: Wei
    signals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProofInvalid(Event):
    """A proof was refused by the verifier."""

    task: TaskId
    prover: Address


@dataclass(frozen=True, slots=True)
class RoundCleared(Event):
    """A round ended: n bids, K slots, F assigned; ``excess`` is E after it."""

    queue: QueueId
    base_fee_wei: Wei
    bid_count: int
    slot_count: int
    assigned_count: int
    excess: int


@dataclass(frozen=True, slots=True)
class TaskAssigned(Event):
    """A bid won and became a task of a prover."""

    task: TaskId
    prover: Address
    position: int
    price_wei: Wei
    refund_wei: Wei
    bond_wei: Wei
    prove_by: Timestamp
    terms_version: int


@dataclass(frozen=True, slots=True)
class ProofLate(Event):
    """A proof came in its grace: half the price was paid, the rest went back, half the bond was slashed."""

    task: TaskId
    prover: Address
    paid_wei: Wei
    refund_wei: Wei
    signals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProofSkipped(Event):
    """One proof of several was passed over; nothing happened to it."""

    task: TaskId
    prover: Address


@dataclass(frozen=True, slots=True)
class TaskDeclined(Event):
    """The assigned prover gave a task back; ``decline_count`` have by now."""

    task: TaskId
    prover: Address
    decline_count: int


@dataclass(frozen=True, slots=True)
class TaskClaimed(Event):
    """A rescuer took an open task."""

    task: TaskId
    prover: Address
    bond_wei: Wei
    prove_by: Timestamp


@dataclass(frozen=True, slots=True)
class BountyPaid(Event):
    """A rescuer got the rescuers' parts of the slashes before it."""

    task: TaskId
    rescuer: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class DeclinePaid(Event):
    """A decliner got its part of the price of a task that nobody would prove."""

    task: TaskId
    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class TaskFailed(Event):
    """A task ended without a proof: its price went back, a bounty that nobody earned went to insurance."""

    task: TaskId
    refund_wei: Wei
    bounty_wei: Wei


@dataclass(frozen=True, slots=True)
class DeskBoundTo(Event):
    """The market learned who brings it signed and sealed bids."""

    desk: Address


@dataclass(frozen=True, slots=True)
class WindowMissed(Event):
    """A proof window passed without a proof."""

    task: TaskId
    prover: Address
    keeper: Address
