"""Errors of the language and of OpenZeppelin's parts, as the contracts let them through."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class Panic(ContractError):
    """Solidity's own check failed: 0x11 overflow, 0x12 division by zero, 0x32 index out of bounds."""

    code: int


class ERC20InsufficientBalance(ContractError):
    """The account holds less of the token than is asked."""

    sender: str
    balance: int
    needed: int


class ERC20InsufficientAllowance(ContractError):
    """The account has allowed less of the token than is asked."""

    spender: str
    allowance: int
    needed: int


class ERC20InvalidSender(ContractError):
    """The token refuses this sender."""

    sender: str


class ERC20InvalidReceiver(ContractError):
    """The token refuses this receiver."""

    receiver: str


class ERC20InvalidApprover(ContractError):
    """The token refuses this approver."""

    approver: str


class ERC20InvalidSpender(ContractError):
    """The token refuses this spender."""

    spender: str


class ERC2612ExpiredSignature(ContractError):
    """The permit has expired."""

    deadline: int


class ERC2612InvalidSigner(ContractError):
    """The permit is signed by somebody else."""

    signer: str
    owner: str


class InvalidAccountNonce(ContractError):
    """The nonce of the signed message is not the account's next."""

    account: str
    current_nonce: int


class SafeERC20FailedOperation(ContractError):
    """The token did not do what was asked."""

    token: str


class SafeCastOverflowedUintDowncast(ContractError):
    """A value does not fit the bits it is kept in."""

    bits: int
    value: int


class OwnableUnauthorizedAccount(ContractError):
    """Only the owner may do this."""

    account: str


class OwnableInvalidOwner(ContractError):
    """This account cannot be the owner."""

    owner: str


class EnforcedPause(ContractError):
    """The market is paused."""


class ExpectedPause(ContractError):
    """The market is not paused."""


class ReentrancyGuardReentrantCall(ContractError):
    """A call came back into a function that was still running."""
