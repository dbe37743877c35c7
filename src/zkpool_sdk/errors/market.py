"""Errors of the market."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class BidBelowBaseFee(ContractError):
    """The bid is below the base fee."""

    got_wei: int
    base_fee_wei: int


class BookFull(ContractError):
    """The book is full and the bid does not beat its worst."""

    got_wei: int
    worst_wei: int


class RaiseTooLow(ContractError):
    """A raise must be above the current bid."""

    got_wei: int
    current_wei: int


class ExpiryOutOfBounds(ContractError):
    """The bid would end before the round after this one does, or too far ahead."""

    got_at: int
    min_at: int
    max_at: int


class DataTooLong(ContractError):
    """The data has more bytes than a bid may carry."""

    got: int
    limit: int


class QueueIsClosed(ContractError):
    """The queue takes no new bids."""

    queue: int


class WrongStatementLength(ContractError):
    """The queue fixes `expected` signals; the statement has `got`."""

    got: int
    expected: int


class SignalNotCanonical(ContractError):
    """A signal at or above the field modulus could never be proved."""

    index: int
    value: int


class WrongSignalCount(ContractError):
    """The proof comes with another number of signals than the circuit has."""

    got: int
    expected: int


class StatementMismatch(ContractError):
    """The fixed signals are not those of the task."""

    task: bytes


class ProverMismatch(ContractError):
    """The proof names another prover."""

    index: int
    got: int
    expected: str


class NotRequester(ContractError):
    """Only the requester of the task may do this."""

    task: bytes
    caller: str


class NotAssignedProver(ContractError):
    """Only the assigned prover, or a hot key that it has given this scope, may do this."""

    task: bytes
    caller: str


class WrongStatus(ContractError):
    """The task is in another state (values of `models.TaskStatus`)."""

    task: bytes
    got: int
    expected: int


class NotYetCleared(ContractError):
    """A bid can be cancelled only once it has survived a clearing."""

    task: bytes


class NotYetExpired(ContractError):
    """The bid is still live."""

    task: bytes
    now_at: int
    expires_at: int


class RoundNotOver(ContractError):
    """The round ends at `ends_at`."""

    queue: int
    now_at: int
    ends_at: int


class ProofWindowOver(ContractError):
    """The proof comes after its window and the quarter of it that is grace."""

    task: bytes
    now_at: int
    prove_by: int


class NothingDue(ContractError):
    """Nothing is due for the task before `due_at`."""

    task: bytes
    now_at: int
    due_at: int


class VerifierGasShort(ContractError):
    """More gas must be left before a proof is judged."""

    gas_left: int
    gas_floor: int


class VerifierFailed(ContractError):
    """The verifier failed; nobody is to blame and nothing happened. Try again, or tell the project."""

    queue: int


class QueueIsFrozen(ContractError):
    """No proof of this queue is trusted any more; its tasks end in a full refund. Finalize them."""

    queue: int


class QueueIsSealed(ContractError):
    """Bids of this queue come in by commit and reveal, through the bid desk."""

    queue: int


class RevealWindow(ContractError):
    """A sealed queue is not cleared while bids are revealed; wait until `ends_at`."""

    queue: int
    now_at: int
    ends_at: int


class NotDesk(ContractError):
    """Only the bid desk may do this; sign the bid and bring it there."""

    caller: str


class DeskAlreadyBound(ContractError):
    """The bid desk was named before; it is named once."""

    desk: str


class DeclineWindowOver(ContractError):
    """A task is given back only soon after its assignment; now prove it, or the bond is slashed."""

    task: bytes
    now_at: int
    decline_by: int


class LiabilityOver(ContractError):
    """The task can be claimed no longer; finalize it, and its price goes back."""

    task: bytes
    now_at: int
    open_until: int


class NotRescuer(ContractError):
    """Who had the task last, or declined it, cannot claim it; another prover can."""

    task: bytes
    caller: str


class ProverNotActive(ContractError):
    """Only a prover whose stake is active may claim a task; stake up to 32 ZK first."""

    prover: str


class BatchOutOfBounds(ContractError):
    """A batch has between 1 and `limit` proofs."""

    got: int
    limit: int


class BatchLengthsDiffer(ContractError):
    """A batch has as many tasks as signals and as proofs."""


class NotGuardian(ContractError):
    """Only the guardian or the owner may do this."""

    caller: str


class UnbondingTooShort(ContractError):
    """Stake could leave before a task of the longest windows has ended."""

    unbonding_seconds: int
    needed_seconds: int
