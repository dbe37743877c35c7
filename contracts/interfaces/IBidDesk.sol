// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Commitment, CommitStatus} from "../types/Commitment.sol";
import {QueueId, TaskId} from "../types/Ids.sol";
import {RaiseRight, SignedBid} from "../types/SignedBid.sol";

/// @title IBidDesk
/// @notice Bids that their requester has signed, which anybody may bring on chain; and sealed bids: committed by hash against
///         a deposit in the first half of a cycle, revealed in the second. The requester's tokens go to the market, by its
///         allowance to the market; nothing but deposits rests here.
interface IBidDesk {
    event SignedBidPlaced(
        bytes32 indexed digest,
        TaskId indexed task,
        address indexed requester,
        address broughtBy
    );
    event DigestRevoked(address indexed requester, bytes32 indexed digest);
    /// @notice `raiser` (zero: anybody) may raise the task's bid up to `capWei` (zero: nobody may).
    event RaiseAllowed(TaskId indexed task, address indexed raiser, uint96 capWei);
    event RaisedFor(TaskId indexed task, address indexed raiser, uint96 maxFeeWei);
    event BidCommitted(
        bytes32 indexed commitment,
        QueueId indexed queue,
        address indexed requester,
        bytes32 bidHash,
        uint40 cycle
    );
    event BidRevealed(bytes32 indexed commitment, TaskId indexed task);
    /// @notice The market refused a revealed bid for what its requester could not know: the base fee rose above it, better bids
    ///         fill the book, the market is paused, the queue closed or frozen. No bid, and the deposit comes back.
    event RevealRefused(bytes32 indexed commitment, bytes4 reason);
    event CommitForfeited(bytes32 indexed commitment, address indexed requester, uint256 depositWei);
    event DepositClaimed(address indexed account, uint256 amountWei);

    /// @notice The market is no contract.
    error MarketHasNoCode(address market);
    /// @notice The digest has its task; one signature is good for one.
    error DigestUsed(bytes32 digest, TaskId task);
    /// @notice The requester took the signature back.
    error DigestIsRevoked(bytes32 digest);
    error DeadlineOver(uint256 nowAt, uint256 deadline);
    error WrongSigner(address got, address expected);
    /// @notice The wallet does not answer for the signature: no, no clear answer, or not within `gasLimit`.
    error WalletRefused(address wallet, uint256 gasLimit);
    /// @notice Only whom the requester named may raise its bid.
    error NotRaiser(TaskId task, address caller);
    error RaiseAboveCap(TaskId task, uint256 gotWei, uint256 capWei);
    /// @notice Bids of this queue are open; place them directly.
    error QueueNotSealed(QueueId queue);
    error CommitWindowOver(uint256 nowAt, uint256 nextAt);
    error RevealWindowNotOpen(uint256 nowAt, uint256 nextAt);
    error WrongCommitStatus(bytes32 commitment, CommitStatus got, CommitStatus expected);
    /// @notice A sealed bid can be revealed until the end of its cycle.
    error CycleNotOver(bytes32 commitment, uint256 nowAt, uint256 endsAt);
    error NoDeposit(address account);

    /// @notice Brings a signed bid on chain; anybody may. Not for sealed queues.
    /// @param signature of the digest: 65 bytes (r, s, v) of the requester's key, s in the lower half, v 27 or 28; or, where the
    ///        requester is a contract, whatever its EIP-1271 function takes.
    function placeSigned(SignedBid calldata bid, bytes calldata signature) external returns (TaskId task);

    /// @notice Takes the caller's signature of a digest back, before anybody brings it on chain.
    function revokeDigest(bytes32 digest) external;

    /// @notice Lets `raiser` (zero: anybody) raise the caller's bid up to `capWei` (zero: nobody), instead of who could before.
    function allowRaise(TaskId task, address raiser, uint96 capWei) external;

    /// @notice Raises a bid for its requester, who pays; by whom it named, up to its cap.
    function raiseFor(TaskId task, uint96 maxFeeWei) external;

    /// @notice Commits to a bid in a sealed queue, in the first half of a cycle; takes the deposit from the caller.
    /// @param bidHash as `hashOf` gives it, with the caller as requester and a secret salt.
    function commit(QueueId queue, bytes32 bidHash) external returns (bytes32 commitment);

    /// @notice Opens the caller's commitment in the second half of its cycle and places the bid; the deposit is then the caller's
    ///         to claim.
    /// @return task the bid's, or zero if the market refused it without the caller's fault.
    function reveal(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data,
        uint256 salt
    ) external returns (TaskId task);

    /// @notice Sends the deposit of a commitment that was not revealed in its cycle to insurance; anybody may call.
    function forfeit(bytes32 commitment) external;

    /// @notice Pays the caller the deposits of its revealed bids.
    function claimDeposit() external returns (uint256 paidWei);

    /// @notice What the requester of a bid signs.
    function digestOf(SignedBid calldata bid) external view returns (bytes32);

    /// @notice The task a digest became; zero if none.
    function taskOf(bytes32 digest) external view returns (TaskId);

    function isRevoked(address requester, bytes32 digest) external view returns (bool);

    /// @notice Who may raise a task's bid for its requester, and up to where.
    function raiseRightOf(TaskId task) external view returns (RaiseRight memory);

    /// @notice keccak256(chainid, desk, requester, queue, keccak256(statement), maxFeeWei, expiresAt, keccak256(data), salt), each
    ///         encoded by the ABI. Call it for a test only: whoever serves the call learns the bid.
    function hashOf(
        address requester,
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data,
        uint256 salt
    ) external view returns (bytes32);

    /// @notice Id of a commitment: keccak256(requester, queue, cycle, bidHash).
    function commitmentIdOf(
        address requester,
        QueueId queue,
        uint40 cycle,
        bytes32 bidHash
    ) external pure returns (bytes32);

    function commitmentOf(bytes32 commitment) external view returns (Commitment memory);

    /// @notice What an account can claim of the deposits.
    function depositOf(address account) external view returns (uint256);

    function SEALED_DEPOSIT_WEI() external view returns (uint256);

    /// @notice Length of a cycle; cycle c is from c times this.
    function CYCLE_SECONDS() external view returns (uint256);

    /// @notice Length of a cycle's first part, in which bids are committed; in the rest they are revealed.
    function COMMIT_SECONDS() external view returns (uint256);
}
