"""Events of the delegation vault; a redeemer's ``Withdraw`` and a share's ``Transfer`` are ERC-4626's own."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address
from zkpool_sdk.units import Timestamp, Wei


@dataclass(frozen=True, slots=True)
class Deposit(Event):
    """A delegator deposited and got shares."""

    sender: Address
    owner: Address
    assets: Wei
    shares: int


@dataclass(frozen=True, slots=True)
class Withdraw(Event):
    """Matured requests were paid out."""

    sender: Address
    receiver: Address
    owner: Address
    assets: Wei
    shares: int


@dataclass(frozen=True, slots=True)
class RedeemRequested(Event):
    """A delegator asked to redeem shares; the vault holds them until they are paid."""

    request: int
    owner: Address
    shares: int
    matures_at: Timestamp


@dataclass(frozen=True, slots=True)
class RequestRedeemed(Event):
    """A part or all of a request was spent by its owner; what it paid is in ``Withdraw``."""

    request: int
    owner: Address
    shares: int


@dataclass(frozen=True, slots=True)
class RequestSettled(Event):
    """A part or all of a request was paid as credit of its owner."""

    request: int
    owner: Address
    shares: int
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class ProfitCollected(Event):
    """The delegators' part of the rewards came in."""

    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class ProfitLocked(Event):
    """What of the profit is locked now, and until when it unlocks evenly."""

    locked_wei: Wei
    unlocks_at: Timestamp


@dataclass(frozen=True, slots=True)
class StakeLent(Event):
    """The pool lent a prover stake, against a fee that may be zero."""

    prover: Address
    amount_wei: Wei
    fee_wei: Wei


@dataclass(frozen=True, slots=True)
class StakeReturned(Event):
    """Lent stake came back, by the prover itself or by whoever recalled it."""

    prover: Address
    by: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class LoanClosed(Event):
    """A loan ended; the fee is the prover's credit if nothing was lost, and profit otherwise."""

    prover: Address
    lost_wei: Wei
    fee_wei: Wei


@dataclass(frozen=True, slots=True)
class ProverAllowed(Event):
    """A prover may borrow without a fee, or no longer."""

    prover: Address
    allowed: bool


@dataclass(frozen=True, slots=True)
class OperatorSet(Event):
    """The operator of the delegation vault was set."""

    operator: Address


@dataclass(frozen=True, slots=True)
class AdapterAllowed(Event):
    """An adapter may be funded up to a worth."""

    adapter: Address
    cap_wei: Wei


@dataclass(frozen=True, slots=True)
class AdapterFunded(Event):
    """Pooled money went to an adapter."""

    adapter: Address
    amount_wei: Wei


@dataclass(frozen=True, slots=True)
class AdapterRepaid(Event):
    """An adapter gave money back; what exceeds its value is profit."""

    adapter: Address
    amount_wei: Wei
    profit_wei: Wei


@dataclass(frozen=True, slots=True)
class AdapterMarked(Event):
    """An adapter is worth another amount than before."""

    adapter: Address
    old_wei: Wei
    new_wei: Wei


@dataclass(frozen=True, slots=True)
class AdapterUnreadable(Event):
    """An adapter did not say what it is worth; its value stays."""

    adapter: Address
