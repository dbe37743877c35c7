"""Events of the adapters to tier 1. Units are those of tier 1's token."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address, ProverId, QueueId, TaskId, WorkStatus
from zkpool_sdk.units import Timestamp, Wei


@dataclass(frozen=True, slots=True)
class WorkBound(Event):
    """A task of the market stands for a piece of tier 1's work."""

    ext: int
    task: TaskId
    reward_wei: Wei
    penalty_wei: Wei


@dataclass(frozen=True, slots=True)
class WorkAssigned(Event):
    """The market gave a bound task to a prover at this price."""

    ext: int
    task: TaskId
    prover: ProverId
    price_wei: Wei


@dataclass(frozen=True, slots=True)
class WorkDelivered(Event):
    """Tier 1 took a proof and paid for it."""

    ext: int
    reward_units: int


@dataclass(frozen=True, slots=True)
class WorkSettled(Event):
    """A piece of work has ended."""

    ext: int
    task: TaskId
    status: WorkStatus
    reward_wei: Wei
    penalty_wei: Wei


@dataclass(frozen=True, slots=True)
class WorkPosted(Event):
    """A sponsor promised a reward for a proof of a statement."""

    ext: int
    sponsor: Address
    queue: QueueId
    statement: tuple[int, ...]
    reward_wei: Wei
    penalty_wei: Wei
    prove_by: Timestamp


@dataclass(frozen=True, slots=True)
class SurplusOwed(Event):
    """Provers paid more for a missed block than tier 1 took; insurance gets it."""

    ext: int
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class SurplusPaid(Event):
    """Insurance got surplus."""

    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class CreditCollected(Event):
    """An adapter took refunds and compensation out of the market."""

    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class OfferSet(Event):
    """What the pool asks and offers in tier 1, and the most it bids here for one block."""

    reward_per_gas: int
    capacity: int
    max_bid_wei: Wei


@dataclass(frozen=True, slots=True)
class UnitsStaked(Event):
    """The pool added to its stake in tier 1."""

    units: int


@dataclass(frozen=True, slots=True)
class ExitRequested(Event):
    """The pool starts to take its stake out of tier 1."""


@dataclass(frozen=True, slots=True)
class UnitsWithdrawn(Event):
    """Stake came back from tier 1."""

    units: int


@dataclass(frozen=True, slots=True)
class UnitPriceSet(Event):
    """A whole token of tier 1 is worth this much ZK."""

    price_wei: Wei


@dataclass(frozen=True, slots=True)
class OrdersSet(Event):
    """What the pool still buys and sells of tier 1's token."""

    buy_units: int
    sell_units: int


@dataclass(frozen=True, slots=True)
class UnitsBought(Event):
    """The pool bought units."""

    seller: Address
    units: int
    paid_wei: Wei


@dataclass(frozen=True, slots=True)
class UnitsSold(Event):
    """The pool sold units."""

    buyer: Address
    units: int
    paid_wei: Wei
