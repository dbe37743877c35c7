"""The market: bids, rounds, tasks, proofs."""

from __future__ import annotations

from collections.abc import Sequence

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Owned
from zkpool_sdk.models import Address, Bid, ProofResult, Rescue, Round, Task, TaskId
from zkpool_sdk.units import Timestamp, Wei

SEQUENCE_LIMIT = 2**48


class Market(Owned):
    """``ProverMarket``, typed."""

    abi_name = "ProverMarket"

    def place_bid(
        self, queue: int, statement: Sequence[int], max_fee_wei: int, expires_at: int, data: bytes = b""
    ) -> Receipt:
        """Bids for one proof and escrows ``max_fee_wei``; emits ``BidPlaced``. Needs the allowance.

        Raises:
            BidBelowBaseFee, BookFull, ExpiryOutOfBounds, DataTooLong, QueueIsClosed, QueueIsFrozen,
            QueueIsSealed, WrongStatementLength, SignalNotCanonical, EnforcedPause,
            ERC20InsufficientAllowance.
        """
        return self._send("placeBid", queue, list(statement), max_fee_wei, expires_at, data)

    def raise_bid(self, task: bytes, max_fee_wei: int) -> Receipt:
        """Raises a bid; emits ``BidRaised``.

        Raises:
            NotRequester, RaiseTooLow, WrongStatus, QueueIsSealed, EnforcedPause.
        """
        return self._send("raiseBid", task, max_fee_wei)

    def cancel_bid(self, task: bytes) -> Receipt:
        """Withdraws a bid that has survived a clearing, for 1 %; emits ``BidCancelled``.

        Raises:
            NotRequester, NotYetCleared, WrongStatus.
        """
        return self._send("cancelBid", task)

    def expire_bid(self, task: bytes) -> Receipt:
        """Drops an expired bid and credits it; emits ``BidExpired``.

        Raises:
            NotYetExpired, WrongStatus.
        """
        return self._send("expireBid", task)

    def clear(self, queue: int) -> Receipt:
        """Ends a round; emits ``TaskAssigned`` for each task and ``RoundCleared``.

        Raises:
            RoundNotOver, EnforcedPause, QueueIsFrozen, RevealWindow.
        """
        return self._send("clear", queue)

    def submit_proof(self, task: bytes, signals: Sequence[int], proof: bytes) -> Receipt:
        """Hands in a proof, by the assigned prover or its hot key.

        Emits ``ProofAccepted``; in the grace ``ProofLate`` and ``Slashed``; if it is refused ``ProofInvalid``
        and ``Slashed``.

        Raises:
            WrongStatus, ProofWindowOver, NotAssignedProver, StatementMismatch, ProverMismatch,
            WrongSignalCount, SignalNotCanonical, QueueIsFrozen, VerifierGasShort, VerifierFailed.
        """
        return self._send("submitProof", task, list(signals), proof)

    def submit_proofs(
        self,
        queue: int,
        prover: str,
        tasks: Sequence[bytes],
        signals: Sequence[Sequence[int]],
        proofs: Sequence[bytes],
    ) -> Receipt:
        """Hands in several proofs of one prover in one queue; a bad item spoils no other.

        Emits for each item what ``submit_proof`` does, or ``ProofSkipped``.

        Raises:
            BatchOutOfBounds, BatchLengthsDiffer, NotAssignedProver, QueueIsFrozen, VerifierGasShort,
            VerifierFailed.
        """
        arguments = (queue, prover, list(tasks), [list(one) for one in signals], list(proofs))
        return self._send("submitProofs", *arguments)

    def try_proofs(
        self,
        queue: int,
        prover: str,
        tasks: Sequence[bytes],
        signals: Sequence[Sequence[int]],
        proofs: Sequence[bytes],
    ) -> tuple[ProofResult, ...]:
        """What ``submit_proofs`` would make of each item now; raises as it does."""
        arguments = (queue, prover, list(tasks), [list(one) for one in signals], list(proofs))
        return tuple(map(ProofResult, self.try_call("submitProofs", *arguments)))

    def decline(self, task: bytes) -> Receipt:
        """Gives an assigned task back, soon after its assignment; emits ``TaskDeclined``.

        The third decliner ends the task: ``DeclinePaid`` for each, ``TaskFailed``.

        Raises:
            WrongStatus, NotAssignedProver, DeclineWindowOver.
        """
        return self._send("decline", task)

    def claim_open(self, task: bytes, seat: int) -> Receipt:
        """Takes an open task onto the account's seat in its queue; emits ``TaskClaimed``.

        Raises:
            WrongStatus, LiabilityOver, NotRescuer, QueueIsFrozen, ProverNotActive, WrongSeat, ProverIsBanned,
            RatingTooLow, NoFreeCapacity, BondExceedsFreeStake.
        """
        return self._send("claimOpen", task, seat)

    def finalize(self, task: bytes) -> Receipt:
        """Does what is due; emits ``WindowMissed`` and ``Slashed``, ``TaskFailed``, or both.

        Raises:
            NothingDue, WrongStatus.
        """
        return self._send("finalize", task)

    def claim_credit(self) -> Receipt:
        """Pays the account its credit; emits ``CreditClaimed``.

        Raises:
            NothingToClaim.
        """
        return self._send("claimCredit")

    def bind_desk(self, desk: str) -> Receipt:
        """Names the bid desk, once; deployer only. Emits ``DeskBoundTo``."""
        return self._send("bindDesk", desk)

    def pause(self) -> Receipt:
        """Stops new bids, raises and clearing; guardian or owner."""
        return self._send("pause")

    def unpause(self) -> Receipt:
        """Ends a pause; guardian or owner."""
        return self._send("unpause")

    def base_fee_of(self, queue: int) -> Wei:
        """B, the base fee of the current round."""
        return Wei(self.try_call("baseFeeOf", queue))

    def slot_count_of(self, queue: int) -> int:
        """K, slots on offer if the round ended now."""
        return int(self.try_call("slotCountOf", queue))

    def bond_of(self, queue: int) -> Wei:
        """Bond that a task assigned now would lock."""
        return Wei(self.try_call("bondOf", queue))

    def round_of(self, queue: int) -> Round:
        """A queue's round as stored."""
        found: Round = to_model(Round, self.try_call("roundOf", queue))
        return found

    def book_of(self, queue: int) -> tuple[Bid, ...]:
        """The open book, best bid first.

        The contract lists tasks, bids and expiries by rank, and its words in the order of the heap: a word's
        number orders equal bids, so the sorted words carry the sequences.
        """
        tasks, fees, expiries = self.try_call("bookOf", queue)
        words = sorted(self.try_call("bookWords", queue), reverse=True)
        if len(words) != len(tasks):  # a bid came or went between the two calls
            return self.book_of(queue)
        sequences = [SEQUENCE_LIMIT - 1 - (word >> 48) % SEQUENCE_LIMIT for word in words]
        return tuple(
            Bid(TaskId(task), Wei(fee), Timestamp(expiry), sequence)
            for task, fee, expiry, sequence in zip(tasks, fees, expiries, sequences, strict=True)
        )

    def task_of(self, task: bytes) -> Task:
        """A task; its status is NONE if there is no such task."""
        found: Task = to_model(Task, self.try_call("taskOf", task))
        return found

    def rescue_of(self, task: bytes) -> Rescue:
        """What a task that was open has to remember."""
        found: Rescue = to_model(Rescue, self.try_call("rescueOf", task))
        return found

    def desk(self) -> Address:
        """The bid desk; the zero address until it is bound."""
        return Address(self.try_call("desk"))

    def task_id_of(self, queue: int, requester: str, statement: Sequence[int], nonce: int) -> TaskId:
        """Id that a bid would get with ``nonce``."""
        return TaskId(self.try_call("taskIdOf", queue, requester, list(statement), nonce))

    def credit_of(self, account: str) -> Wei:
        """What an account can claim: refunds, compensation, keeper's parts."""
        return Wei(self.try_call("creditOf", account))

    def guardian(self) -> Address:
        """Who may pause."""
        return Address(self.try_call("guardian"))

    def paused(self) -> bool:
        """Whether new bids, raises and clearing are stopped."""
        return bool(self.try_call("paused"))

    def set_guardian(self, guardian: str) -> Receipt:
        """Names the guardian; owner only."""
        return self._send("setGuardian", guardian)
