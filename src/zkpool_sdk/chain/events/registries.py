"""Events of the registries and of the verifier."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import AcceleratorId, Address, ProjectId, ProverId, QueueId, SignalRule, Terms
from zkpool_sdk.units import Bps, Ppm, Timestamp


@dataclass(frozen=True, slots=True)
class ProjectRegistered(Event):
    """A project was registered."""

    project: ProjectId
    admin: Address
    uri: str


@dataclass(frozen=True, slots=True)
class QueueClosed(Event):
    """A queue takes no new bids."""

    queue: QueueId


@dataclass(frozen=True, slots=True)
class QueueCreated(Event):
    """A queue was opened for one circuit."""

    queue: QueueId
    project: ProjectId
    verifier: Address
    key: bytes
    rules: tuple[SignalRule, ...]
    is_sealed: bool
    min_rating_ppm: Ppm


@dataclass(frozen=True, slots=True)
class QueueFrozen(Event):
    """No proof of a queue is trusted any more; its tasks end in a full refund."""

    queue: QueueId
    by: Address


@dataclass(frozen=True, slots=True)
class CarrierSet(Event):
    """Somebody was named, or nobody, to carry tier 1's penalty in a queue."""

    queue: QueueId
    carrier: Address


@dataclass(frozen=True, slots=True)
class TermsSet(Event):
    """A queue's terms got a new version."""

    queue: QueueId
    version: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class VerifierAllowed(Event):
    """A verifier was allowed or disallowed for new queues."""

    verifier: Address
    allowed: bool


@dataclass(frozen=True, slots=True)
class CapacitySet(Event):
    """A prover changed how many jobs at once it offers."""

    queue: QueueId
    prover: ProverId
    capacity: int


@dataclass(frozen=True, slots=True)
class ProverRegistered(Event):
    """An account became a prover."""

    prover: ProverId
    account: Address
    uri: str


@dataclass(frozen=True, slots=True)
class SeatLeft(Event):
    """A prover gave up its seat, or lost it while idle."""

    queue: QueueId
    prover: ProverId
    seat: int


@dataclass(frozen=True, slots=True)
class SeatTaken(Event):
    """A prover took a seat in a queue."""

    queue: QueueId
    prover: ProverId
    seat: int
    capacity: int
    pass_: int


@dataclass(frozen=True, slots=True)
class AcceleratorChosen(Event):
    """A prover chose whose software it runs in a queue."""

    queue: QueueId
    prover: ProverId
    accelerator: AcceleratorId
    share_bps: Bps


@dataclass(frozen=True, slots=True)
class KeyProposed(Event):
    """A prover proposed a hot key; the key has to agree."""

    prover: ProverId
    key: Address
    scopes: int
    expires_at: Timestamp


@dataclass(frozen=True, slots=True)
class KeyAccepted(Event):
    """A hot key agreed to act for a prover."""

    prover: ProverId
    key: Address


@dataclass(frozen=True, slots=True)
class KeyRevoked(Event):
    """A hot key may no longer act for a prover."""

    prover: ProverId
    key: Address


@dataclass(frozen=True, slots=True)
class Heartbeat(Event):
    """A prover's machine said how many jobs at once it takes now."""

    prover: ProverId
    queue: QueueId
    key: Address
    capacity: int


@dataclass(frozen=True, slots=True)
class ProverBanned(Event):
    """A fault banned a prover; that second included."""

    prover: ProverId
    banned_until: Timestamp


@dataclass(frozen=True, slots=True)
class ProverJailed(Event):
    """Too many faults in a row jailed a prover until it asks to leave."""

    prover: ProverId


@dataclass(frozen=True, slots=True)
class JailLeft(Event):
    """A prover paid to leave jail; it is banned a last time."""

    prover: ProverId
    banned_until: Timestamp


@dataclass(frozen=True, slots=True)
class AcceleratorRegistered(Event):
    """A release of prover software was published."""

    accelerator: AcceleratorId
    owner: Address
    content_hash: bytes
    system: str
    share_bps: Bps
    keys: tuple[bytes, ...]
    uri: str


@dataclass(frozen=True, slots=True)
class PayoutSet(Event):
    """An accelerator is paid elsewhere from now on."""

    accelerator: AcceleratorId
    payout: Address


@dataclass(frozen=True, slots=True)
class AcceleratorRetiredBy(Event):
    """An accelerator takes no new users."""

    accelerator: AcceleratorId
    owner: Address


@dataclass(frozen=True, slots=True)
class KeyRegistered(Event):
    """A verifying key was checked and stored."""

    key: bytes
    signal_count: int
