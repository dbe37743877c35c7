// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {ProjectId, QueueId} from "./types/Ids.sol";
import {Queue, SignalRule, Terms} from "./types/Queue.sol";

/// @title ProjectRegistry
/// @notice Tier 1: projects, their queues, and every version of a queue's terms.
/// @custom:holds Nothing.
/// @custom:halts A project closes its own queue to new bids; tasks keep the terms they were assigned under.
contract ProjectRegistry is IProjectRegistry, Ownable2Step {
    using SafeCast for uint256;

    uint256 public constant MAX_SIGNALS = 32;
    uint256 public constant MIN_WINDOW_SECONDS = 60;
    uint256 public constant MAX_WINDOW_SECONDS = 2 days;
    /// @dev Keeps a bond within 80 bits and a project from asking the impossible.
    uint256 public constant MAX_TIER1_PENALTY_WEI = 100_000e18;

    struct Project {
        address admin;
        string uri;
    }

    uint256 private _projectCount;
    uint256 private _queueCount;
    mapping(ProjectId project => Project) private _projects;
    mapping(QueueId queue => Queue) private _queues;
    mapping(QueueId queue => mapping(uint16 version => Terms)) private _terms;
    /// @inheritdoc IProjectRegistry
    mapping(IVerifier verifier => bool) public isVerifierAllowed;

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
    ) external returns (QueueId queue) {
        _checkAdmin(project);
        if (!isVerifierAllowed[verifier]) revert VerifierNotAllowed(verifier);
        uint64 packedRules = _pack(rules, verifier.signalCount(key));
        _try(verifier, key, sample);

        queue = QueueId.wrap((++_queueCount).toUint24());
        _queues[queue] = Queue(verifier, project, 0, false, key);
        emit QueueCreated(queue, project, verifier, key, rules);
        _setTerms(queue, terms, packedRules);
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
    function allowVerifier(IVerifier verifier, bool allowed) external onlyOwner {
        isVerifierAllowed[verifier] = allowed;
        emit VerifierAllowed(verifier, allowed);
    }

    /// @inheritdoc IProjectRegistry
    function adminOf(ProjectId project) public view returns (address admin) {
        admin = _projects[project].admin;
        if (admin == address(0)) revert UnknownProject(project);
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
    function queueOf(QueueId queue) public view returns (Queue memory q) {
        q = _queues[queue];
        if (q.termsVersion == 0) revert UnknownQueue(queue);
    }

    /// @inheritdoc IProjectRegistry
    function termsOf(QueueId queue, uint16 version) public view returns (Terms memory terms) {
        terms = _terms[queue][version];
        if (terms.proofWindowSeconds == 0) revert UnknownQueue(queue);
    }

    /// @inheritdoc IProjectRegistry
    function biddingOf(QueueId queue) external view returns (uint64 packedRules, bool closed) {
        Queue storage q = _queues[queue];
        uint16 version = q.termsVersion;
        if (version == 0) revert UnknownQueue(queue);
        return (_terms[queue][version].packedRules, q.closed);
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
        uint256 count = 0;
        for (uint256 rest = packed; rest != 0; rest >>= 2) ++count;
        rules = new SignalRule[](count);
        for (uint256 i = 0; i < count; ++i) rules[i] = SignalRule((packed >> (2 * i)) & 3);
    }

    function _checkAdmin(ProjectId project) private view {
        if (msg.sender != adminOf(project)) revert NotProjectAdmin(project, msg.sender);
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
