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


class ERC4626ExceededMaxDeposit(ContractError):
    """The delegation vault takes less than that now."""

    receiver: str
    assets: int
    max: int


class ERC4626ExceededMaxMint(ContractError):
    """The delegation vault issues fewer shares than that now."""

    receiver: str
    shares: int
    max: int


class ERC4626ExceededMaxWithdraw(ContractError):
    """Less can be paid now: requests mature a week after they are made, and are paid in turn."""

    owner: str
    assets: int
    max: int


class ERC4626ExceededMaxRedeem(ContractError):
    """Fewer shares can be paid now: requests mature a week after they are made, and are paid in turn."""

    owner: str
    shares: int
    max: int


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


class AccessControlUnauthorizedAccount(ContractError):
    """The account lacks the role that this needs."""

    account: str
    needed_role: bytes


class AccessControlBadConfirmation(ContractError):
    """A role is renounced by its own account only."""


class TimelockUnauthorizedCaller(ContractError):
    """Only the timelock itself may do this, by an operation that was scheduled."""

    caller: str


class TimelockInsufficientDelay(ContractError):
    """An operation is scheduled at least the minimum delay ahead."""

    delay: int
    min_delay: int


class TimelockUnexpectedOperationState(ContractError):
    """The operation is not in a state that allows this: not scheduled, not due yet, or done."""

    operation_id: bytes
    expected_states: bytes


class TimelockUnexecutedPredecessor(ContractError):
    """The operation waits for another that was not executed."""

    predecessor_id: bytes


class TimelockInvalidOperationLength(ContractError):
    """An operation has as many targets as values and calls."""

    targets: int
    payloads: int
    values: int


class FailedCall(ContractError):
    """A call of the timelock failed without saying why."""


class ECDSAInvalidSignature(ContractError):
    """The signature is of nobody."""


class ECDSAInvalidSignatureLength(ContractError):
    """A signature has 65 bytes."""

    length: int


class ECDSAInvalidSignatureS(ContractError):
    """The signature's s is in the upper half, where it could be changed without the key."""

    s: bytes


class StringTooLong(ContractError):
    """The text does not fit one storage word."""

    str: str


class InvalidShortString(ContractError):
    """The storage word holds no short text."""
