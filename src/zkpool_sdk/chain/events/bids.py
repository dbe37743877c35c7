"""Events of the bid desk: signed bids and sealed rounds."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.events.base import Event
from zkpool_sdk.models import Address, QueueId, TaskId
from zkpool_sdk.units import Wei


@dataclass(frozen=True, slots=True)
class SignedBidPlaced(Event):
    """A signed bid was brought on chain."""

    digest: bytes
    task: TaskId
    requester: Address
    brought_by: Address


@dataclass(frozen=True, slots=True)
class DigestRevoked(Event):
    """A requester took a signature back."""

    requester: Address
    digest: bytes


@dataclass(frozen=True, slots=True)
class RaiseAllowed(Event):
    """``raiser`` (the zero address: anybody) may raise a bid up to ``cap_wei`` (0: nobody may)."""

    task: TaskId
    raiser: Address
    cap_wei: Wei


@dataclass(frozen=True, slots=True)
class RaisedFor(Event):
    """A bid was raised for its requester."""

    task: TaskId
    raiser: Address
    max_fee_wei: Wei


@dataclass(frozen=True, slots=True)
class BidCommitted(Event):
    """A sealed bid was committed to, against the deposit."""

    commitment: bytes
    queue: QueueId
    requester: Address
    bid_hash: bytes
    cycle: int


@dataclass(frozen=True, slots=True)
class BidRevealed(Event):
    """A sealed bid was opened and placed; its deposit can be claimed."""

    commitment: bytes
    task: TaskId


@dataclass(frozen=True, slots=True)
class RevealRefused(Event):
    """A sealed bid was opened and the market refused it; its deposit can be claimed.

    ``reason`` is the selector of the market's error.
    """

    commitment: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class CommitForfeited(Event):
    """A sealed bid was not opened in its cycle; the deposit went to insurance."""

    commitment: bytes
    requester: Address
    deposit_wei: Wei


@dataclass(frozen=True, slots=True)
class DepositClaimed(Event):
    """Deposits of opened bids were paid out."""

    account: Address
    amount_wei: Wei
