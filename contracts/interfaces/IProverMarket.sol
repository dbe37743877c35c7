// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {QueueId, TaskId} from "../types/Ids.sol";
import {Round} from "../types/Round.sol";
import {Rescue, Task, TaskStatus} from "../types/Task.sol";

/// @title IProverMarket
/// @notice Bids, book, clearing by generalised second price, base fee, tasks and proofs.
interface IProverMarket {
    /// @notice What became of one proof of several. SKIPPED: nothing happened to this item.
    enum ProofResult {
        SKIPPED,
        PROVEN,
        LATE,
        INVALID
    }

    event BidPlaced(
        TaskId indexed task,
        QueueId indexed queue,
        address indexed requester,
        uint96 maxFeeWei,
        uint40 expiresAt,
        uint40 sequence,
        uint256[] statement,
        bytes data
    );
    event BidRaised(TaskId indexed task, uint96 maxFeeWei, uint40 sequence);
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
    /// @notice A proof in its grace: half the price is paid, `refundWei` goes back, half the bond is slashed.
    event ProofLate(
        TaskId indexed task,
        address indexed prover,
        uint96 paidWei,
        uint96 refundWei,
        uint256[] signals
    );
    event ProofSkipped(TaskId indexed task, address indexed prover);
    event TaskDeclined(TaskId indexed task, address indexed prover, uint256 declineCount);
    /// @notice A rescuer took an open task.
    event TaskClaimed(TaskId indexed task, address indexed prover, uint80 bondWei, uint40 proveBy);
    event BountyPaid(TaskId indexed task, address indexed rescuer, uint256 amountWei);
    /// @notice A decliner's part of the price of a task that nobody would prove.
    event DeclinePaid(TaskId indexed task, address indexed prover, uint256 amountWei);
    /// @notice The price went back; `bountyWei`, which nobody earned, went to insurance.
    event TaskFailed(TaskId indexed task, uint256 refundWei, uint256 bountyWei);
    event DeskBoundTo(address indexed desk);
    event CreditClaimed(address indexed account, uint256 amountWei);
    event GuardianSet(address indexed guardian);

    /// @notice The bid is below the base fee.
    error BidBelowBaseFee(uint256 gotWei, uint256 baseFeeWei);
    /// @notice The book is full and the bid does not beat its worst.
    error BookFull(uint256 gotWei, uint256 worstWei);
    error RaiseTooLow(uint256 gotWei, uint256 currentWei);
    error ExpiryOutOfBounds(uint256 gotAt, uint256 minAt, uint256 maxAt);
    error DataTooLong(uint256 got, uint256 limit);
    /// @notice The fixed signals are not those of the task.
    error StatementMismatch(TaskId task);
    /// @notice Bids of this queue come in by commit and reveal.
    error QueueIsSealed(QueueId queue);
    /// @notice A sealed queue is cleared outside of its reveal windows.
    error RevealWindow(QueueId queue, uint256 nowAt, uint256 endsAt);
    error NotDesk(address caller);
    error DeskAlreadyBound(address desk);
    error DeclineWindowOver(TaskId task, uint256 nowAt, uint256 declineBy);
    error LiabilityOver(TaskId task, uint256 nowAt, uint256 openUntil);
    /// @notice Who had the task last, or declined it, cannot claim it.
    error NotRescuer(TaskId task, address caller);
    error ProverNotActive(address prover);
    error BatchOutOfBounds(uint256 got, uint256 limit);
    error BatchLengthsDiffer();
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
    error NothingToClaim(address account);
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);
    error NotGuardian(address caller);
    error ZeroAddress();
    /// @notice The settlement code is wired to other contracts than the market.
    error WrongSettlement(address settlement);
    error UnbondingTooShort(uint256 unbondingSeconds, uint256 neededSeconds);

    /// @notice Bids for one proof and escrows `maxFeeWei`, base fee included.
    /// @param statement the signals that the queue fixes, in order, each below the field modulus.
    /// @param expiresAt last second at which the bid is live; at least a whole round after this one.
    /// @param data witness inputs, or where to get them with a hash; goes into the event only and is public.
    function placeBid(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external returns (TaskId task);

    /// @notice `placeBid` of `requester`, who pays; the bid desk only, which has seen the requester's will.
    function placeBidFor(
        address requester,
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external returns (TaskId task);

    /// @notice `raiseBid`, paid by the bid's requester; the bid desk only.
    function raiseBidFor(TaskId task, uint96 maxFeeWei) external;

    /// @notice Names, once, the bid desk; deployer only.
    function bindDesk(address desk) external;

    /// @notice Raises a bid; it gets a new sequence number.
    function raiseBid(TaskId task, uint96 maxFeeWei) external;

    /// @notice Withdraws a bid that has survived a clearing, or any bid while paused, for 1 % of it.
    function cancelBid(TaskId task) external;

    /// @notice Drops an expired bid and credits it; anybody may call, even while paused.
    function expireBid(TaskId task) external;

    /// @notice Ends a queue's round: prices, assignments, base fee. Anybody may call.
    function clear(QueueId queue) external returns (uint256 assignedCount);

    /// @notice Hands in a proof: paid when the verifier says true, slashed when it says false; by the assigned prover or its hot
    ///         key. For a quarter of the window after its end at half the price, with half the bond slashed.
    /// @param signals all public signals in the circuit's order.
    function submitProof(TaskId task, uint256[] calldata signals, bytes calldata proof) external;

    /// @notice Hands in several proofs of one prover in one queue; a bad item spoils no other.
    /// @param prover whose tasks they are: the caller, or who named it a hot key.
    function submitProofs(
        QueueId queue,
        address prover,
        TaskId[] calldata tasks,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external returns (ProofResult[] memory results);

    /// @notice Gives an assigned task back unproven, soon after its assignment: no slash. Three different provers who decline
    ///         end it. The assigned prover or its hot key.
    function decline(TaskId task) external;

    /// @notice Takes an open task: half its proof window, a bond, the price and the bounty. First come, first served.
    /// @param seat the caller's seat in the task's queue.
    function claimOpen(TaskId task, uint8 seat) external;

    /// @notice Does whatever is due for a task: a missed window is slashed and the caller gets the keeper's part; when the
    ///         liability window is over, or the queue is frozen, the price goes back. Anybody may call.
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

    /// @notice What a task that was open has to remember.
    function rescueOf(TaskId task) external view returns (Rescue memory);

    /// @notice What slashes for a task have credited to who carries tier 1's penalty, for that penalty.
    function recoveredOf(TaskId task) external view returns (uint256);

    /// @notice The bid desk; zero until bound.
    function desk() external view returns (address);

    /// @notice Id a bid would get with `nonce`.
    function taskIdOf(
        QueueId queue,
        address requester,
        uint256[] calldata statement,
        uint40 nonce
    ) external view returns (TaskId);

    function creditOf(address account) external view returns (uint256);

    function guardian() external view returns (address);
}
