// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {ProjectId, QueueId} from "./types/Ids.sol";
import {Queue, SignalRule, Terms} from "./types/Queue.sol";

/// @title ProjectRegistry
/// @notice Tier 1: projects, their queues, every version of a queue's terms, and the word on a proof.
/// @custom:holds Nothing.
/// @custom:halts A project closes its own queue to new bids; tasks keep the terms they were assigned under. A project, or the
///               owner, freezes a queue whose verifier or key cannot be trusted: no proof of it is judged any more.
contract ProjectRegistry is IProjectRegistry, Ownable2Step {
    using SafeCast for uint256;

    uint256 public constant MAX_SIGNALS = 32;
    uint256 public constant MIN_WINDOW_SECONDS = 60;
    uint256 public constant MAX_WINDOW_SECONDS = 2 days;
    /// @dev Keeps a bond within 80 bits and a project from asking the impossible.
    uint256 public constant MAX_TIER1_PENALTY_WEI = 100_000e18;
    /// @dev The best rating there is.
    uint256 public constant MAX_RATING_PPM = 1_000_000;

    /// @dev The low bit of each of the 32 rules.
    uint256 private constant LOW_BITS = 0x5555555555555555;
    /// @dev What `_read` says of signals without a flaw.
    uint256 private constant NO_FLAW = type(uint256).max;

    struct Project {
        address admin;
        string uri;
    }

    /// @dev The rules of one version, counted once for all proofs of it.
    struct Rules {
        uint256 packed;
        uint256 count;
        uint256 fixedCount;
        uint256 windowSeconds; // 0 if there is no such version
    }

    uint256 private _projectCount;
    uint256 private _queueCount;
    mapping(ProjectId project => Project) private _projects;
    mapping(QueueId queue => Queue) private _queues;
    mapping(QueueId queue => mapping(uint16 version => Terms)) private _terms;
    /// @inheritdoc IProjectRegistry
    mapping(IVerifier verifier => bool) public isVerifierAllowed;
    /// @inheritdoc IProjectRegistry
    mapping(QueueId queue => address) public carrierOf;

    constructor(address owner_) Ownable(owner_) {}

    /// @inheritdoc IProjectRegistry
    function registerProject(string calldata uri) external returns (ProjectId project) {
        project = ProjectId.wrap((++_projectCount).toUint24());
        _projects[project] = Project(msg.sender, uri);
        emit ProjectRegistered(project, msg.sender, uri);
    }

    /// @inheritdoc IProjectRegistry
    function createQueue(
        ProjectId project,
        IVerifier verifier,
        bytes32 key,
        SignalRule[] calldata rules,
        Terms calldata terms,
        Sample calldata sample
    ) external returns (QueueId) {
        return _createQueue(project, verifier, key, rules, terms, sample, false, 0);
    }

    /// @inheritdoc IProjectRegistry
    function createSealedQueue(
        ProjectId project,
        IVerifier verifier,
        bytes32 key,
        SignalRule[] calldata rules,
        Terms calldata terms,
        Sample calldata sample,
        uint24 minRatingPpm
    ) external returns (QueueId) {
        if (minRatingPpm > MAX_RATING_PPM) revert MinRatingTooHigh(minRatingPpm, MAX_RATING_PPM);
        return _createQueue(project, verifier, key, rules, terms, sample, true, minRatingPpm);
    }

    /// @inheritdoc IProjectRegistry
    function setTerms(QueueId queue, Terms calldata terms) external returns (uint16 version) {
        Queue memory q = queueOf(queue);
        _checkAdmin(q.project);
        return _setTerms(queue, terms, _terms[queue][q.termsVersion].packedRules);
    }

    /// @inheritdoc IProjectRegistry
    function closeQueue(QueueId queue) external {
        _checkAdmin(queueOf(queue).project);
        _queues[queue].closed = true;
        emit QueueClosed(queue);
    }

    /// @inheritdoc IProjectRegistry
    function freezeQueue(QueueId queue) external {
        Queue memory q = queueOf(queue);
        if (msg.sender != owner()) _checkAdmin(q.project);
        if (q.frozen) revert QueueIsFrozen(queue);
        _queues[queue].frozen = true;
        emit QueueFrozen(queue, msg.sender);
    }

    /// @inheritdoc IProjectRegistry
    function setCarrier(QueueId queue, address carrier) external onlyOwner {
        queueOf(queue);
        carrierOf[queue] = carrier;
        emit CarrierSet(queue, carrier);
    }

    /// @inheritdoc IProjectRegistry
    function allowVerifier(IVerifier verifier, bool allowed) external onlyOwner {
        isVerifierAllowed[verifier] = allowed;
        emit VerifierAllowed(verifier, allowed);
    }

    /// @inheritdoc IProjectRegistry
    function uriOf(ProjectId project) external view returns (string memory) {
        adminOf(project);
        return _projects[project].uri;
    }

    /// @inheritdoc IProjectRegistry
    function projectCount() external view returns (uint256) {
        return _projectCount;
    }

    /// @inheritdoc IProjectRegistry
    function queueCount() external view returns (uint256) {
        return _queueCount;
    }

    /// @inheritdoc IProjectRegistry
    function checkStatement(
        QueueId queue,
        uint256[] calldata statement
    ) external view returns (bytes32 statementHash, bool isSealed) {
        Queue storage q = _queues[queue];
        uint16 version = q.termsVersion;
        if (version == 0) revert UnknownQueue(queue);
        if (q.frozen) revert QueueIsFrozen(queue);
        if (q.closed) revert QueueIsClosed(queue);
        uint256 expected = _fixedCount(_terms[queue][version].packedRules);
        if (statement.length != expected) revert WrongStatementLength(statement.length, expected);
        for (uint256 i = 0; i < statement.length; ++i) {
            if (statement[i] >= Bn254.SCALAR_FIELD) revert SignalNotCanonical(i, statement[i]);
        }
        return (keccak256(abi.encode(statement)), q.isSealed);
    }

    /// @inheritdoc IProjectRegistry
    function judge(
        QueueId queue,
        uint16 version,
        address prover,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bytes32 statementHash, uint256 windowSeconds, bool accepted) {
        Rules memory rules = _rules(queue, version);
        if (rules.windowSeconds == 0) revert UnknownQueue(queue);
        Queue storage q = _queues[queue];
        if (q.frozen) revert QueueIsFrozen(queue);
        uint256 flawAt;
        (statementHash, flawAt) = _read(signals, rules, prover);
        if (flawAt != NO_FLAW) _revertFlaw(signals, rules, prover, flawAt);
        return (statementHash, rules.windowSeconds, _ask(queue, q.verifier, q.key, signals, proof));
    }

    /// @inheritdoc IProjectRegistry
    function judgeMany(
        QueueId queue,
        uint16[] calldata versions,
        address prover,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    )
        external
        view
        returns (bytes32[] memory statementHashes, uint256[] memory windowsSeconds, Verdict[] memory verdicts)
    {
        if (_queues[queue].frozen) revert QueueIsFrozen(queue);
        uint256 count = versions.length;
        statementHashes = new bytes32[](count);
        windowsSeconds = new uint256[](count);
        verdicts = new Verdict[](count);
        uint256 soundCount = 0;
        uint16 version = 0; // which no queue has
        Rules memory rules;
        for (uint256 i = 0; i < count; ++i) {
            if (versions[i] != version) {
                version = versions[i];
                rules = _rules(queue, version);
            }
            if (rules.windowSeconds == 0) continue; // a task of another queue, or none
            windowsSeconds[i] = rules.windowSeconds;
            uint256 flawAt;
            (statementHashes[i], flawAt) = _read(signals[i], rules, prover);
            if (flawAt != NO_FLAW) continue;
            // Accepted until the verifier has spoken.
            verdicts[i] = Verdict.ACCEPTED;
            ++soundCount;
        }
        if (soundCount > 1 && _areAllGood(queue, signals, proofs, verdicts, soundCount)) {
            return (statementHashes, windowsSeconds, verdicts);
        }
        (IVerifier verifier, bytes32 key) = (_queues[queue].verifier, _queues[queue].key);
        for (uint256 i = 0; i < count; ++i) {
            if (verdicts[i] == Verdict.MALFORMED) continue;
            if (!_ask(queue, verifier, key, signals[i], proofs[i])) verdicts[i] = Verdict.REFUSED;
        }
    }

    /// @inheritdoc IProjectRegistry
    function current(QueueId queue) external view returns (Queue memory q, Terms memory terms) {
        q = queueOf(queue);
        terms = _terms[queue][q.termsVersion];
    }

    /// @inheritdoc IProjectRegistry
    function snapshot(QueueId queue, uint16 version) external view returns (Queue memory, Terms memory) {
        return (_queues[queue], termsOf(queue, version));
    }

    /// @inheritdoc IProjectRegistry
    function rulesOf(QueueId queue) external view returns (SignalRule[] memory rules) {
        uint256 packed = _terms[queue][queueOf(queue).termsVersion].packedRules;
        uint256 count = _ruleCount(packed);
        rules = new SignalRule[](count);
        for (uint256 i = 0; i < count; ++i) rules[i] = SignalRule((packed >> (2 * i)) & 3);
    }

    /// @inheritdoc IProjectRegistry
    function adminOf(ProjectId project) public view returns (address admin) {
        admin = _projects[project].admin;
        if (admin == address(0)) revert UnknownProject(project);
    }

    /// @inheritdoc IProjectRegistry
    function queueOf(QueueId queue) public view returns (Queue memory q) {
        q = _queues[queue];
        if (q.termsVersion == 0) revert UnknownQueue(queue);
    }

    /// @inheritdoc IProjectRegistry
    function termsOf(QueueId queue, uint16 version) public view returns (Terms memory terms) {
        terms = _terms[queue][version];
        if (terms.proofWindowSeconds == 0) revert UnknownQueue(queue);
    }

    function _createQueue(
        ProjectId project,
        IVerifier verifier,
        bytes32 key,
        SignalRule[] calldata rules,
        Terms calldata terms,
        Sample calldata sample,
        bool isSealed,
        uint24 minRatingPpm
    ) private returns (QueueId queue) {
        _checkAdmin(project);
        if (!isVerifierAllowed[verifier]) revert VerifierNotAllowed(verifier);
        uint64 packedRules = _pack(rules, verifier.signalCount(key));
        _try(verifier, key, sample);

        queue = QueueId.wrap((++_queueCount).toUint24());
        _queues[queue] = Queue(verifier, project, 0, false, isSealed, false, minRatingPpm, key);
        emit QueueCreated(queue, project, verifier, key, rules, isSealed, minRatingPpm);
        _setTerms(queue, terms, packedRules);
    }

    function _setTerms(
        QueueId queue,
        Terms calldata terms,
        uint64 packedRules
    ) private returns (uint16 version) {
        version = _queues[queue].termsVersion;
        // Provers took their seats under the last terms: less time or a higher penalty needs a queue of its own. A project
        // could else ask the impossible of them, and take half of their stake as the requester.
        (uint256 leastSeconds, uint256 limitWei) = (MIN_WINDOW_SECONDS, MAX_TIER1_PENALTY_WEI);
        if (version != 0) {
            Terms storage last = _terms[queue][version];
            (leastSeconds, limitWei) = (last.proofWindowSeconds, last.tier1PenaltyWei);
        }
        uint256 window = terms.proofWindowSeconds;
        if (window < leastSeconds || window > MAX_WINDOW_SECONDS) {
            revert ProofWindowOutOfBounds(window, leastSeconds, MAX_WINDOW_SECONDS);
        }
        window = terms.liabilityWindowSeconds;
        if (window < MIN_WINDOW_SECONDS || window > MAX_WINDOW_SECONDS) {
            revert LiabilityWindowOutOfBounds(window, MIN_WINDOW_SECONDS, MAX_WINDOW_SECONDS);
        }
        if (terms.tier1PenaltyWei > limitWei) revert Tier1PenaltyTooHigh(terms.tier1PenaltyWei, limitWei);
        if (version == type(uint16).max) revert TooManyVersions(queue);
        _queues[queue].termsVersion = ++version;
        Terms memory stored = terms;
        stored.packedRules = packedRules;
        _terms[queue][version] = stored;
        emit TermsSet(queue, version, stored);
    }

    function _checkAdmin(ProjectId project) private view {
        if (msg.sender != adminOf(project)) revert NotProjectAdmin(project, msg.sender);
    }

    function _rules(QueueId queue, uint16 version) private view returns (Rules memory) {
        Terms storage terms = _terms[queue][version];
        uint256 packed = terms.packedRules;
        return Rules(packed, _ruleCount(packed), _fixedCount(packed), terms.proofWindowSeconds);
    }

    /// @dev Whether the verifier says that all proofs of sound signals are good. Whatever else it does, they are asked for one by
    ///      one; its gas is bounded so that enough is left for that.
    function _areAllGood(
        QueueId queue,
        uint256[][] calldata signals,
        bytes[] calldata proofs,
        Verdict[] memory verdicts,
        uint256 soundCount
    ) private view returns (bool) {
        (IVerifier verifier, bytes32 key) = (_queues[queue].verifier, _queues[queue].key);
        uint256 gasFloor = verifier.gasFloorMany(key, soundCount);
        _checkGas(gasFloor);
        bytes memory question;
        if (soundCount == verdicts.length) {
            question = abi.encodeCall(IVerifier.verifyMany, (key, signals, proofs));
        } else {
            uint256[][] memory soundSignals = new uint256[][](soundCount);
            bytes[] memory soundProofs = new bytes[](soundCount);
            uint256 filled = 0;
            for (uint256 i = 0; i < verdicts.length; ++i) {
                if (verdicts[i] == Verdict.MALFORMED) continue;
                (soundSignals[filled], soundProofs[filled]) = (signals[i], proofs[i]);
                ++filled;
            }
            question = abi.encodeCall(IVerifier.verifyMany, (key, soundSignals, soundProofs));
        }
        (bool answered, bytes memory answer) = address(verifier).staticcall{gas: gasFloor}(question);
        return answered && answer.length == 32 && uint256(bytes32(answer)) == 1;
    }

    /// @dev The verifier's word on a proof. Whatever is not a clear yes or no reverts, and nobody is to blame.
    function _ask(
        QueueId queue,
        IVerifier verifier,
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) private view returns (bool accepted) {
        _checkGas(verifier.gasFloor(key));
        try verifier.verify(key, signals, proof) returns (bool verdict) {
            return verdict;
        } catch {
            revert VerifierFailed(queue);
        }
    }

    function _checkGas(uint256 gasFloor) private view {
        if (gasleft() < gasFloor) revert VerifierGasShort(gasleft(), gasFloor);
    }

    /// @dev Hash of the FIXED signals, or where the first flaw is: `signals.length` if only their number is wrong.
    function _read(
        uint256[] calldata signals,
        Rules memory rules,
        address prover
    ) private pure returns (bytes32 statementHash, uint256 flawAt) {
        uint256[] memory fixedSignals = new uint256[](rules.fixedCount);
        uint256 filled = 0;
        uint256 rest = rules.packed;
        for (uint256 i = 0; i < signals.length; ++i) {
            uint256 signal = signals[i];
            if (signal >= Bn254.SCALAR_FIELD) return (0, i);
            uint256 rule = rest & 3;
            rest >>= 2;
            if (rule == uint256(SignalRule.FIXED)) fixedSignals[filled++] = signal;
            else if (rule == uint256(SignalRule.PROVER) && signal != uint160(prover)) return (0, i);
        }
        if (signals.length != rules.count) return (0, signals.length);
        return (keccak256(abi.encode(fixedSignals)), NO_FLAW);
    }

    /// @dev Says what is wrong with signals that `_read` found flawed.
    function _revertFlaw(
        uint256[] calldata signals,
        Rules memory rules,
        address prover,
        uint256 flawAt
    ) private pure {
        if (flawAt == signals.length) revert WrongSignalCount(signals.length, rules.count);
        uint256 signal = signals[flawAt];
        if (signal >= Bn254.SCALAR_FIELD) revert SignalNotCanonical(flawAt, signal);
        revert ProverMismatch(flawAt, signal, prover);
    }

    /// @dev How many rules there are; none is NONE, so the highest set bit tells.
    function _ruleCount(uint256 packedRules) private pure returns (uint256) {
        return packedRules == 0 ? 0 : Math.log2(packedRules) / 2 + 1;
    }

    /// @dev How many rules are FIXED (01): their low bit is set and the high one is not.
    function _fixedCount(uint256 packedRules) private pure returns (uint256 count) {
        for (uint256 bits = packedRules & ~(packedRules >> 1) & LOW_BITS; bits != 0; bits &= bits - 1)
            ++count;
    }

    function _pack(SignalRule[] calldata rules, uint256 signalCount) private pure returns (uint64) {
        if (rules.length != signalCount) revert WrongRuleCount(rules.length, signalCount);
        if (signalCount == 0 || signalCount > MAX_SIGNALS)
            revert SignalCountOutOfBounds(signalCount, MAX_SIGNALS);
        uint256 packed = 0;
        for (uint256 i = 0; i < rules.length; ++i) {
            if (rules[i] == SignalRule.NONE) revert RuleMissing(i);
            packed |= uint256(rules[i]) << (2 * i);
        }
        return packed.toUint64();
    }

    /// @dev A key or verifier that accepts everything or nothing is caught before anybody's money depends on it.
    function _try(IVerifier verifier, bytes32 key, Sample calldata sample) private view {
        if (!verifier.verify(key, sample.signals, sample.proof)) revert GoodSampleRefused();
        uint256[] memory wrong = sample.signals;
        wrong[0] = wrong[0] == 0 ? 1 : wrong[0] - 1;
        if (verifier.verify(key, wrong, sample.proof)) revert BadSampleAccepted();
    }
}
