"""What the bid desk keeps: commitments to sealed bids, and who may raise whose bid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

from zkpool_sdk.models.ids import Address
from zkpool_sdk.units import Wei


@unique
class CommitStatus(IntEnum):
    """Where a commitment stands. NONE -> COMMITTED -> REVEALED | FORFEITED."""

    NONE = 0
    COMMITTED = 1
    REVEALED = 2
    FORFEITED = 3


@dataclass(frozen=True, slots=True)
class Commitment:
    """A sealed bid as the chain knows it before it is opened."""

    requester: Address
    cycle: int
    status: CommitStatus


@dataclass(frozen=True, slots=True)
class RaiseRight:
    """Who may raise a bid for its requester (the zero address: anybody), up to where (0: nobody)."""

    raiser: Address
    cap_wei: Wei
