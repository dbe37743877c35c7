"""Events of the registries and of the verifier."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address, ProjectId, ProverId, QueueId, SignalRule, Terms


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
class KeyRegistered(Event):
    """A verifying key was checked and stored."""

    key: bytes
    signal_count: int
