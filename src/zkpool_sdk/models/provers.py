"""Provers, their seats, their keys, and the software they run."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.models.ids import (
    JAILED_UNTIL,
    NEVER,
    NO_ACCELERATOR,
    NO_BPS,
    NOBODY,
    AcceleratorId,
    Address,
    ProverId,
)
from zkpool_sdk.models.kinds import Scope
from zkpool_sdk.units import Bps, Ppm, Timestamp


@dataclass(frozen=True, slots=True)
class Prover:
    """Who a prover is and how it has done.

    ``failure_count`` counts faults in a row, ``decline_count`` declined tasks in a row (three are a fault);
    until ``banned_until``, that second included, it gets no task.
    """

    account: Address
    rating_ppm: Ppm
    success_count: int = 0
    failure_count: int = 0
    decline_count: int = 0
    banned_until: Timestamp = NEVER

    @property
    def jailed(self) -> bool:
        """Whether it gets no task until it asks to leave jail."""
        return self.banned_until == JAILED_UNTIL


@dataclass(frozen=True, slots=True)
class Seat:
    """A prover's place in one queue; ``prover`` 0: it is free. The least ``pass_`` is served next.

    ``accelerator``: whose software it runs here, and that software's share of the prover's side.
    """

    prover: ProverId = NOBODY
    capacity: int = 0
    in_flight: int = 0
    pass_: int = 0
    accelerator: AcceleratorId = NO_ACCELERATOR
    accelerator_bps: Bps = NO_BPS


@dataclass(frozen=True, slots=True)
class HotKey:
    """What a prover lets a hot key do for it, once the key has agreed."""

    scopes: int = 0
    expires_at: Timestamp = NEVER
    accepted: bool = False

    @property
    def allows(self) -> Scope:
        """The scopes by name."""
        return Scope(self.scopes)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One release of prover software: who is paid which share by its users, and what it proves.

    ``content_hash`` is of what users download; ``keys`` are the verifying keys of the circuits it proves,
    none for every circuit of the proving system.
    """

    owner: Address
    payout: Address
    share_bps: Bps
    retired: bool
    content_hash: bytes
    system: str
    uri: str
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seated prover with free capacity, as the market sees it at clearing."""

    prover: ProverId
    account: Address
    seat: int
    free_capacity: int
    pass_: int
    rating_ppm: Ppm


@dataclass(frozen=True, slots=True)
class SeatAward:
    """Tasks given to one seat by one clearing, and its pass after them."""

    seat: int
    task_count: int
    pass_: int
