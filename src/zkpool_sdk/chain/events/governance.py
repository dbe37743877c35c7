"""Events of owners, of the timelock, and of binding contracts to the market."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address
from zkpool_sdk.units import Seconds


@dataclass(frozen=True, slots=True)
class OwnershipTransferStarted(Event):
    """A new owner was named; it has to accept."""

    previous_owner: Address
    new_owner: Address


@dataclass(frozen=True, slots=True)
class OwnershipTransferred(Event):
    """A contract has a new owner."""

    previous_owner: Address
    new_owner: Address


@dataclass(frozen=True, slots=True)
class MarketBoundTo(Event):
    """A contract learned which market may act on it."""

    market: Address


@dataclass(frozen=True, slots=True)
class CallExecuted(Event):
    """The timelock made a call."""

    id: bytes
    index: int
    target: Address
    value: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CallSalt(Event):
    """A scheduled operation has a salt."""

    id: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class CallScheduled(Event):
    """The timelock will make a call."""

    id: bytes
    index: int
    target: Address
    value: int
    data: bytes
    predecessor: bytes
    delay: Seconds


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """A scheduled operation was dropped."""

    id: bytes


@dataclass(frozen=True, slots=True)
class MinDelayChange(Event):
    """The timelock's delay changed."""

    old_duration: Seconds
    new_duration: Seconds


@dataclass(frozen=True, slots=True)
class RoleAdminChanged(Event):
    """A role has a new admin role."""

    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """An account got a role."""

    role: bytes
    account: Address
    sender: Address


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """An account lost a role."""

    role: bytes
    account: Address
    sender: Address
