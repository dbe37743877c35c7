"""Events of the places that hold money: stake vault, reward splitter, insurance fund, token."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import AcceleratorId, Address, Fault, QueueId, SlashParts, TaskId
from zkpool_sdk.units import Bps, Seconds, Timestamp, Wei


@dataclass(frozen=True, slots=True)
class ClockAdvanced(Event):
    """The decay clock of a market-time deployment moved on."""

    clock_seconds: Seconds


@dataclass(frozen=True, slots=True)
class Decayed(Event):
    """An idle prover's stake decayed, into the insurance fund."""

    prover: Address
    amount_wei: Wei
    idle_hours: int


@dataclass(frozen=True, slots=True)
class Slashed(Event):
    """A bond was slashed; the parts say where the money went."""

    task: TaskId
    prover: Address
    fault: Fault
    parts: SlashParts


@dataclass(frozen=True, slots=True)
class Sponsored(Event):
    """The pool lent a prover stake."""

    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class Recalled(Event):
    """The pool took lent stake back."""

    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class QueueBacked(Event):
    """Whether lent stake may cover bonds of a queue from now on."""

    queue: QueueId
    backed: bool


@dataclass(frozen=True, slots=True)
class SponsorBoundTo(Event):
    """The stake vault learned who lends stake."""

    sponsor: Address


@dataclass(frozen=True, slots=True)
class Staked(Event):
    """A prover's stake grew, by its own or somebody else's tokens."""

    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class UnstakeFinished(Event):
    """Unbonded stake was paid out."""

    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class UnstakeRequested(Event):
    """Stake started to leave; it stays slashable until paid."""

    prover: Address
    amount_wei: Wei
    unbond_at: Timestamp


@dataclass(frozen=True, slots=True)
class Claimed(Event):
    """Earnings were paid out."""

    account: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class Credited(Event):
    """A price was split."""

    prover: Address
    epoch: int
    prover_wei: Wei
    delegators_wei: Wei
    treasury_wei: Wei


@dataclass(frozen=True, slots=True)
class AcceleratorCredited(Event):
    """The makers of a prover's software got their share."""

    accelerator: AcceleratorId
    payout: Address
    prover: Address
    epoch: int
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class Restaked(Event):
    """A prover turned what it could claim into stake."""

    prover: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class DelegatorsSet(Event):
    """The delegators' account was set."""

    delegators: Address


@dataclass(frozen=True, slots=True)
class RatesSet(Event):
    """The rates of the split were set."""

    pool_bps: Bps
    delegators_bps: Bps
    sponsor_bps: Bps


@dataclass(frozen=True, slots=True)
class TreasurySet(Event):
    """The treasury was set."""

    treasury: Address


@dataclass(frozen=True, slots=True)
class Burned(Event):
    """The fund burned what stood above its cap."""

    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class CapSet(Event):
    """The fund's cap was set."""

    cap_wei: Wei


@dataclass(frozen=True, slots=True)
class Transfer(Event):
    """Tokens moved; from the zero address when made, to it when burned."""

    from_: Address
    to: Address
    value: Wei


@dataclass(frozen=True, slots=True)
class Approval(Event):
    """An allowance was set."""

    owner: Address
    spender: Address
    value: Wei


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(Event):
    """The domain of signed messages changed."""
