"""Tier 1's work, as its adapters keep it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

from zkpool_sdk.models.ids import Address, QueueId, TaskId
from zkpool_sdk.units import Timestamp, Wei


@unique
class WorkStatus(IntEnum):
    """Where a piece of tier 1's work stands with an adapter.

    Push: NONE -> POSTED -> BOUND -> REWARDED | FORFEITED, POSTED -> FORFEITED. Pull: NONE -> BOUND ->
    DELIVERED -> REWARDED, NONE | BOUND -> FORFEITED. REWARDED and FORFEITED are final.
    """

    NONE = 0
    POSTED = 1
    BOUND = 2
    DELIVERED = 3
    REWARDED = 4
    FORFEITED = 5


@dataclass(frozen=True, slots=True)
class WorkSpec:
    """What tier 1 wants proved, in which queue, and until when it takes the proof in time."""

    queue: QueueId
    prove_by: Timestamp
    statement: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PushWork:
    """A reward that a sponsor has promised on top of a proof's price."""

    sponsor: Address
    reward_wei: Wei
    penalty_wei: Wei
    prove_by: Timestamp
    queue: QueueId
    status: WorkStatus
    task: TaskId
    statement_hash: bytes


@dataclass(frozen=True, slots=True)
class TaikoWork:
    """A block that tier 1 assigned to the pool; rewards and penalties in units of tier 1's token."""

    task: TaskId
    status: WorkStatus
    prove_by: Timestamp
    reward_units: int
    penalty_units: int
    price_wei: Wei
    assigned: bool
    recovered_wei: Wei


@dataclass(frozen=True, slots=True)
class Tier1Stake:
    """What the pool has at stake in tier 1, in units of its token."""

    staked_units: int
    exiting_units: int
    exit_at: Timestamp
    reward_units: int


@dataclass(frozen=True, slots=True)
class Tier1Offer:
    """What the pool asks and offers in tier 1, and the most it bids here for one block."""

    reward_per_gas: int
    capacity: int
    max_bid_wei: Wei


@dataclass(frozen=True, slots=True)
class UnitOrders:
    """What the pool still buys and sells of tier 1's token."""

    buy_units: int
    sell_units: int
