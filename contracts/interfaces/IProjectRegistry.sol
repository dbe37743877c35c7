// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProjectId, QueueId} from "../types/Ids.sol";
import {Queue, SignalRule, Terms} from "../types/Queue.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title IProjectRegistry
/// @notice Tier 1: projects, their queues, and the terms of each queue.
interface IProjectRegistry {
    /// @notice A proof the project knows to be good, tried before its queue opens.
    struct Sample {
        uint256[] signals;
        bytes proof;
    }

    /// @notice What is thought of one proof of several. MALFORMED: its signals could not be judged, and nobody is to blame.
    enum Verdict {
        MALFORMED,
        REFUSED,
        ACCEPTED
    }

    event ProjectRegistered(ProjectId indexed project, address indexed admin, string uri);
    event QueueCreated(
        QueueId indexed queue,
        ProjectId indexed project,
        IVerifier indexed verifier,
        bytes32 key,
        SignalRule[] rules,
        bool isSealed,
        uint24 minRatingPpm
    );
    event TermsSet(QueueId indexed queue, uint16 version, Terms terms);
    event QueueClosed(QueueId indexed queue);
    event QueueFrozen(QueueId indexed queue, address indexed by);
    event CarrierSet(QueueId indexed queue, address indexed carrier);
    event VerifierAllowed(IVerifier indexed verifier, bool allowed);

    error QueueIsClosed(QueueId queue);
    /// @notice No proof of this queue is trusted any more; its tasks end in a full refund.
    error QueueIsFrozen(QueueId queue);
    /// @notice The queue fixes `expected` signals; the statement has `got`.
    error WrongStatementLength(uint256 got, uint256 expected);
    /// @notice A signal at or above the field modulus could never be proved.
    error SignalNotCanonical(uint256 index, uint256 value);
    error WrongSignalCount(uint256 got, uint256 expected);
    /// @notice The proof names another prover.
    error ProverMismatch(uint256 index, uint256 got, address expected);
    /// @notice More gas must be left before a proof is judged.
    error VerifierGasShort(uint256 gasLeft, uint256 gasFloor);
    /// @notice The verifier failed; nobody is to blame and nothing happened.
    error VerifierFailed(QueueId queue);
    error MinRatingTooHigh(uint256 gotPpm, uint256 limitPpm);
    error UnknownProject(ProjectId project);
    error UnknownQueue(QueueId queue);
    /// @notice Only the project's admin may do this.
    error NotProjectAdmin(ProjectId project, address caller);
    error VerifierNotAllowed(IVerifier verifier);
    /// @notice The circuit has `expected` signals; `got` rules were given.
    error WrongRuleCount(uint256 got, uint256 expected);
    /// @notice A queue has between 1 and `limit` signals.
    error SignalCountOutOfBounds(uint256 got, uint256 limit);
    /// @notice NONE is no rule for a signal.
    error RuleMissing(uint256 index);
    error ProofWindowOutOfBounds(uint256 gotSeconds, uint256 minSeconds, uint256 maxSeconds);
    error LiabilityWindowOutOfBounds(uint256 gotSeconds, uint256 minSeconds, uint256 maxSeconds);
    error Tier1PenaltyTooHigh(uint256 gotWei, uint256 limitWei);
    /// @notice The verifier refuses the project's own good sample.
    error GoodSampleRefused();
    /// @notice The verifier accepts the sample's proof for other signals.
    error BadSampleAccepted();
    /// @notice The queue has used up its term versions.
    error TooManyVersions(QueueId queue);

    /// @notice Registers a project; the caller administers it.
    /// @param uri where people read about it.
    function registerProject(string calldata uri) external returns (ProjectId project);

    /// @notice Opens a queue for one circuit. `terms.packedRules` is ignored and set from `rules`.
    /// @param rules one for each public signal, in the circuit's order.
    /// @param sample a good proof: it must verify, and must fail when its first signal changes.
    function createQueue(
        ProjectId project,
        IVerifier verifier,
        bytes32 key,
        SignalRule[] calldata rules,
        Terms calldata terms,
        Sample calldata sample
    ) external returns (QueueId queue);

    /// @notice `createQueue` for a queue whose bids come in sealed; there alone may provers be required to have a rating.
    function createSealedQueue(
        ProjectId project,
        IVerifier verifier,
        bytes32 key,
        SignalRule[] calldata rules,
        Terms calldata terms,
        Sample calldata sample,
        uint24 minRatingPpm
    ) external returns (QueueId queue);

    /// @notice Ends all trust in a queue's verifier or key, for good: no proof is accepted, nobody is slashed, every task of
    ///         the queue ends in a full refund. The project's admin or the owner.
    function freezeQueue(QueueId queue) external;

    /// @notice Names who carries tier 1's penalty in a queue: as requester it gets that part of a slash first. Owner only.
    function setCarrier(QueueId queue, address carrier) external;

    /// @notice Sets the terms of future tasks. `terms.packedRules` is ignored: a circuit's rules never change. The proof window
    ///         may only grow and the penalty only fall: provers took their seats under what was promised before.
    function setTerms(QueueId queue, Terms calldata terms) external returns (uint16 version);

    /// @notice Takes no new bids into a queue. Tasks in flight and bids in the book go on.
    function closeQueue(QueueId queue) external;

    /// @notice Allows or disallows a verifier for new queues; owner only.
    function allowVerifier(IVerifier verifier, bool allowed) external;

    /// @notice Longest proof window and longest liability window.
    function MAX_WINDOW_SECONDS() external view returns (uint256);

    /// @notice Who administers a project.
    function adminOf(ProjectId project) external view returns (address);

    /// @notice Where people read about a project.
    function uriOf(ProjectId project) external view returns (string memory);

    function projectCount() external view returns (uint256);

    function queueCount() external view returns (uint256);

    function isVerifierAllowed(IVerifier verifier) external view returns (bool);

    /// @notice A queue; reverts with `UnknownQueue`.
    function queueOf(QueueId queue) external view returns (Queue memory);

    /// @notice The terms of a version; reverts with `UnknownQueue`.
    function termsOf(QueueId queue, uint16 version) external view returns (Terms memory);

    /// @notice Checks a statement against the queue's rules; reverts unless a bid for it may be placed.
    function checkStatement(
        QueueId queue,
        uint256[] calldata statement
    ) external view returns (bytes32 statementHash, bool isSealed);

    /// @notice Checks a proof's signals against the queue's rules and asks its verifier. Reverts unless the verdict is clear.
    /// @return statementHash of the FIXED signals; the caller compares it with the task's.
    /// @return windowSeconds W of the terms' version.
    function judge(
        QueueId queue,
        uint16 version,
        address prover,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bytes32 statementHash, uint256 windowSeconds, bool accepted);

    /// @notice `judge` for several proofs of one prover: together if the verifier can, else one by one. An item with bad signals
    ///         is MALFORMED and spoils no other. Reverts if the queue is frozen, gas is short or the verifier fails.
    function judgeMany(
        QueueId queue,
        uint16[] calldata versions,
        address prover,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    )
        external
        view
        returns (
            bytes32[] memory statementHashes,
            uint256[] memory windowsSeconds,
            Verdict[] memory verdicts
        );

    /// @notice Who carries tier 1's penalty in a queue; zero for nobody.
    function carrierOf(QueueId queue) external view returns (address);

    /// @notice A queue and its current terms, in one call.
    function current(QueueId queue) external view returns (Queue memory, Terms memory);

    /// @notice A queue and the terms of `version`, in one call.
    function snapshot(QueueId queue, uint16 version) external view returns (Queue memory, Terms memory);

    /// @notice The rules of a queue's signals, in order.
    function rulesOf(QueueId queue) external view returns (SignalRule[] memory);
}
