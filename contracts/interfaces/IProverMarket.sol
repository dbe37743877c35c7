// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {QueueId, TaskId} from "../types/Ids.sol";
import {Round} from "../types/Round.sol";
import {Task, TaskStatus} from "../types/Task.sol";

/// @title IProverMarket
/// @notice Bids, book, clearing by generalised second price, base fee, tasks and proofs.
interface IProverMarket {
    event BidPlaced(
        TaskId indexed task,
        QueueId indexed queue,
        address indexed requester,
        uint96 maxFeeWei,
        uint40 expiresAt,
        uint48 sequence,
        uint256[] statement,
        bytes data
    );
    event BidRaised(TaskId indexed task, uint96 maxFeeWei, uint48 sequence);
    event BidCancelled(TaskId indexed task, uint256 refundWei, uint256 feeWei);
    event BidExpired(TaskId indexed task, uint256 refundWei);
    event BidEvicted(TaskId indexed task, uint256 refundWei);
    /// @notice A round ended. `bidCount` is n (live bids at or above the base fee), `slotCount` is K; `excess` is E after it.
    event RoundCleared(
        QueueId indexed queue,
        uint256 baseFeeWei,
        uint256 bidCount,
        uint256 slotCount,
        uint256 assignedCount,
        uint256 excess
    );
    event TaskAssigned(
        TaskId indexed task,
        address indexed prover,
        uint256 position,
        uint96 priceWei,
        uint96 refundWei,
        uint80 bondWei,
        uint40 proveBy,
        uint16 termsVersion
    );
    event ProofAccepted(TaskId indexed task, address indexed prover, uint96 priceWei, uint256[] signals);
    event ProofInvalid(TaskId indexed task, address indexed prover);
    event WindowMissed(TaskId indexed task, address indexed prover, address indexed keeper);
    event TaskFailed(TaskId indexed task, uint256 refundWei);
    event CreditClaimed(address indexed account, uint256 amountWei);
    event GuardianSet(address indexed guardian);

    /// @notice The bid is below the base fee.
    error BidBelowBaseFee(uint256 gotWei, uint256 baseFeeWei);
    /// @notice The book is full and the bid does not beat its worst.
    error BookFull(uint256 gotWei, uint256 worstWei);
    error RaiseTooLow(uint256 gotWei, uint256 currentWei);
    error ExpiryOutOfBounds(uint256 gotAt, uint256 minAt, uint256 maxAt);
    error DataTooLong(uint256 got, uint256 limit);
    error QueueIsClosed(QueueId queue);
    /// @notice The queue fixes `expected` signals; the statement has `got`.
    error WrongStatementLength(uint256 got, uint256 expected);
    /// @notice A signal at or above the field modulus could never be proved.
    error SignalNotCanonical(uint256 index, uint256 value);
    error WrongSignalCount(uint256 got, uint256 expected);
    /// @notice The fixed signals are not those of the task.
    error StatementMismatch(TaskId task);
    /// @notice The proof names another prover.
    error ProverMismatch(uint256 index, uint256 got, address expected);
    error NotRequester(TaskId task, address caller);
    error NotAssignedProver(TaskId task, address caller);
    error WrongStatus(TaskId task, TaskStatus got, TaskStatus expected);
    /// @notice A bid can be cancelled only once it has survived a clearing, or while the market is paused.
    error NotYetCleared(TaskId task);
    error NotYetExpired(TaskId task, uint256 nowAt, uint256 expiresAt);
    error RoundNotOver(QueueId queue, uint256 nowAt, uint256 endsAt);
    error ProofWindowOver(TaskId task, uint256 nowAt, uint256 proveBy);
    /// @notice Nothing is due for the task before `dueAt`.
    error NothingDue(TaskId task, uint256 nowAt, uint256 dueAt);
    /// @notice More gas must be left before a proof is judged.
    error VerifierGasShort(uint256 gasLeft, uint256 gasFloor);
    /// @notice The verifier failed; nobody is to blame and nothing happened.
    error VerifierFailed(TaskId task);
    error NothingToClaim(address account);
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);
    error NotGuardian(address caller);
    error ZeroAddress();
    error UnbondingTooShort(uint256 unbondingSeconds, uint256 neededSeconds);

    /// @notice Bids for one proof and escrows `maxFeeWei`, base fee included.
    /// @param statement the signals that the queue fixes, in order, each below the field modulus.
    /// @param expiresAt last second at which the bid is live; at least a whole round after this one if the book is full.
    /// @param data witness inputs, or where to get them with a hash; goes into the event only and is public.
    function placeBid(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external returns (TaskId task);

    /// @notice Raises a bid; it gets a new sequence number.
    function raiseBid(TaskId task, uint96 maxFeeWei) external;

    /// @notice Withdraws a bid that has survived a clearing, or any bid while paused, for 1 % of it.
    function cancelBid(TaskId task) external;

    /// @notice Drops an expired bid and credits it; anybody may call, even while paused.
    function expireBid(TaskId task) external;

    /// @notice Ends a queue's round: prices, assignments, base fee. Anybody may call.
    function clear(QueueId queue) external returns (uint256 assignedCount);

    /// @notice Hands in a proof: paid when the verifier says true, slashed when it says false.
    /// @param signals all public signals in the circuit's order.
    function submitProof(TaskId task, uint256[] calldata signals, bytes calldata proof) external;

    /// @notice Does whatever is due for a task: a missed window is slashed and the caller gets the keeper's part; when the
    ///         liability window is over the price goes back. Anybody may call.
    function finalize(TaskId task) external;

    /// @notice Pays the caller its credit: refunds, compensation, keeper's parts.
    function claimCredit() external returns (uint256 paidWei);

    /// @notice Stops new bids, raises and clearing; guardian or owner.
    function pause() external;

    /// @notice Ends a pause; guardian or owner.
    function unpause() external;

    /// @notice Names the guardian; owner only.
    function setGuardian(address guardian) external;

    /// @notice The base fee of the current round.
    function baseFeeOf(QueueId queue) external view returns (uint256);

    /// @notice K: slots on offer if the round ended now.
    function slotCountOf(QueueId queue) external view returns (uint256);

    /// @notice Bond a task assigned now would lock.
    function bondOf(QueueId queue) external view returns (uint256);

    /// @notice A queue's round as stored.
    function roundOf(QueueId queue) external view returns (Round memory);

    /// @notice The book, best bid first: ids, bids and when they expire.
    function bookOf(
        QueueId queue
    ) external view returns (TaskId[] memory tasks, uint256[] memory maxFeesWei, uint256[] memory expiries);

    /// @notice The book's raw words in heap order.
    function bookWords(QueueId queue) external view returns (uint256[] memory);

    function taskOf(TaskId task) external view returns (Task memory);

    /// @notice Id a bid would get with `nonce`.
    function taskIdOf(
        QueueId queue,
        address requester,
        uint256[] calldata statement,
        uint48 nonce
    ) external view returns (TaskId);

    function creditOf(address account) external view returns (uint256);

    function guardian() external view returns (address);
}
