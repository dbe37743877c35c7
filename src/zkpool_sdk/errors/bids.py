"""Errors of the bid desk: signed bids and sealed rounds."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class DigestUsed(ContractError):
    """The digest has its task; one signature is good for one."""

    digest: bytes
    task: bytes


class DigestIsRevoked(ContractError):
    """The requester took the signature back."""

    digest: bytes


class DeadlineOver(ContractError):
    """The signed bid came on chain too late."""

    now_at: int
    deadline: int


class WrongSigner(ContractError):
    """The bid is not signed by its requester, or not as it is now."""

    got: str
    expected: str


class WalletRefused(ContractError):
    """The wallet does not answer for the signature: no, no clear answer, or not within `gasLimit`."""

    wallet: str
    gas_limit: int


class NotRaiser(ContractError):
    """Only whom the requester named may raise its bid."""

    task: bytes
    caller: str


class RaiseAboveCap(ContractError):
    """The requester allows raises up to `capWei`; 0 allows none."""

    task: bytes
    got_wei: int
    cap_wei: int


class QueueNotSealed(ContractError):
    """Bids of this queue are open; place them directly."""

    queue: int


class CommitWindowOver(ContractError):
    """Sealed bids are committed in the first half of a cycle; the next one starts at `nextAt`."""

    now_at: int
    next_at: int


class RevealWindowNotOpen(ContractError):
    """Sealed bids are revealed in the second half of their cycle, which starts at `nextAt`."""

    now_at: int
    next_at: int


class WrongCommitStatus(ContractError):
    """The commitment is in another state, or of another cycle (values of `models.CommitStatus`)."""

    commitment: bytes
    got: int
    expected: int


class CycleNotOver(ContractError):
    """A sealed bid can be revealed until the end of its cycle."""

    commitment: bytes
    now_at: int
    ends_at: int


class NoDeposit(ContractError):
    """The account has no deposit to claim."""

    account: str
