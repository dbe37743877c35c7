// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Clearing} from "./Clearing.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {BookHeap} from "./libraries/BookHeap.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Queue, SignalRule, Terms} from "./types/Queue.sol";
import {Round} from "./types/Round.sol";
import {Task, TaskStatus} from "./types/Task.sol";

/// @title ProverMarket
/// @notice Where requesters bid for proofs and provers are paid for them.
/// @custom:holds Escrowed bids, prices of open tasks, and credits; its balance is at least their sum (I-1, I-2).
/// @custom:halts `pause` stops new bids, raises and clearing. Proofs, refunds and claims never stop.
contract ProverMarket is Clearing, Ownable2Step {
    using BookHeap for uint256[64];
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant MAX_BID_SECONDS = 30 days;
    uint256 public constant MAX_DATA_BYTES = 16_384;
    /// @dev Room for a tier 1 that pays out or slashes late.
    uint256 public constant TIER1_COOLDOWN_SECONDS = 2 days;
    /// @dev A cancelled bid pays 1 %, at least one wei.
    uint256 private constant CANCEL_FEE_DIVISOR = 100;

    /// @inheritdoc IProverMarket
    address public guardian;

    modifier onlyGuardianOrOwner() {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _;
    }

    constructor(Wiring memory wiring, address owner_, address guardian_) Clearing(wiring) Ownable(owner_) {
        uint256 needed =
            2 * projects.MAX_WINDOW_SECONDS() + TIER1_COOLDOWN_SECONDS + BaseFeeMath.ROUND_SECONDS;
        uint256 unbonding = vault.UNBONDING_SECONDS();
        if (unbonding <= needed) revert UnbondingTooShort(unbonding, needed);
        _setGuardian(guardian_);
    }

    /// @inheritdoc IProverMarket
    function placeBid(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external whenNotPaused nonReentrant returns (TaskId task) {
        // Check
        _checkStatement(queue, statement);
        _checkExpiry(expiresAt);
        if (data.length > MAX_DATA_BYTES) revert DataTooLong(data.length, MAX_DATA_BYTES);
        // Effect
        uint48 sequence;
        (task, sequence) = _place(queue, keccak256(abi.encode(statement)), maxFeeWei, expiresAt);
        emit BidPlaced(task, queue, msg.sender, maxFeeWei, expiresAt, sequence, statement, data);
        // Interaction
        _receive(maxFeeWei);
    }

    /// @inheritdoc IProverMarket
    function raiseBid(TaskId task, uint96 maxFeeWei) external whenNotPaused nonReentrant {
        Task storage t = _queued(task);
        if (msg.sender != t.requester) revert NotRequester(task, msg.sender);
        uint96 currentWei = t.amountWei;
        if (maxFeeWei <= currentWei) revert RaiseTooLow(maxFeeWei, currentWei);
        Round storage round = _rounds[t.queue];
        uint256[64] storage words = _books[t.queue];
        uint256 index = words.find(t.place);
        uint48 sequence = round.nextSequence++;
        uint256 word = BookHeap.pack(maxFeeWei, sequence, BookHeap.expiryOf(words[index]), t.place);
        words.raiseAt(round.bidCount, index, word);
        t.amountWei = maxFeeWei;
        emit BidRaised(task, maxFeeWei, sequence);
        _receive(maxFeeWei - currentWei);
    }

    /// @inheritdoc IProverMarket
    function cancelBid(TaskId task) external nonReentrant {
        Task storage t = _queued(task);
        if (msg.sender != t.requester) revert NotRequester(task, msg.sender);
        uint256 word = _leaveBook(t);
        // A pause must not hold anybody's money, and nothing is cleared under it.
        if (!paused() && BookHeap.sequenceOf(word) >= _rounds[t.queue].clearedSequence)
            revert NotYetCleared(task);
        uint256 amountWei = t.amountWei;
        uint256 feeWei = Math.max(1, amountWei / CANCEL_FEE_DIVISOR);
        t.status = TaskStatus.CANCELLED;
        _credits[msg.sender] += amountWei - feeWei;
        emit BidCancelled(task, amountWei - feeWei, feeWei);
        token.safeTransfer(insurance, feeWei);
    }

    /// @inheritdoc IProverMarket
    function expireBid(TaskId task) external {
        Task storage t = _queued(task);
        uint256 expiresAt = BookHeap.expiryOf(_leaveBook(t));
        if (block.timestamp <= expiresAt) revert NotYetExpired(task, block.timestamp, expiresAt);
        _expire(task);
    }

    /// @inheritdoc IProverMarket
    function submitProof(
        TaskId task,
        uint256[] calldata signals,
        bytes calldata proof
    ) external nonReentrant {
        // Check
        Task memory t = _tasks[task];
        if (t.status != TaskStatus.ASSIGNED) revert WrongStatus(task, t.status, TaskStatus.ASSIGNED);
        if (block.timestamp > t.proveBy) revert ProofWindowOver(task, block.timestamp, t.proveBy);
        address prover = provers.accountOf(t.prover);
        if (msg.sender != prover) revert NotAssignedProver(task, msg.sender);
        (Queue memory q, Terms memory terms) = projects.snapshot(t.queue, t.termsVersion);
        _checkSignals(task, t, prover, signals, terms.packedRules);
        bool accepted = _judge(task, q, signals, proof);
        // Effect, then the calls that follow from it; none of them calls back
        uint256 bondWei = t.bondWei;
        Task storage stored = _tasks[task];
        (stored.status, stored.bondWei) = (accepted ? TaskStatus.PROVEN : TaskStatus.OPEN, 0);
        if (accepted) {
            uint256 assignedAt = t.proveBy - terms.proofWindowSeconds;
            emit ProofAccepted(task, prover, t.amountWei, signals);
            provers.recordProven(
                t.queue,
                t.place,
                t.prover,
                block.timestamp - assignedAt,
                terms.proofWindowSeconds
            );
            vault.releaseBond(prover, bondWei);
            token.safeTransfer(address(splitter), t.amountWei);
            splitter.credit(prover, t.amountWei, assignedAt);
        } else {
            emit ProofInvalid(task, prover);
            provers.recordInvalid(t.queue, t.place, t.prover);
            IStakeVault.SlashParts memory parts = vault.slash(
                task,
                prover,
                bondWei,
                IStakeVault.Fault.INVALID,
                t.amountWei,
                false
            );
            _credits[t.requester] += parts.requesterWei;
        }
    }

    /// @inheritdoc IProverMarket
    function finalize(TaskId task) external nonReentrant {
        Task memory t = _tasks[task];
        bool missed = t.status == TaskStatus.ASSIGNED;
        if (!missed && t.status != TaskStatus.OPEN) revert WrongStatus(task, t.status, TaskStatus.ASSIGNED);
        uint256 liabilityUntil =
            uint256(t.proveBy) + projects.termsOf(t.queue, t.termsVersion).liabilityWindowSeconds;
        uint256 dueAt = (missed ? t.proveBy : liabilityUntil) + 1;
        if (block.timestamp < dueAt) revert NothingDue(task, block.timestamp, dueAt);

        uint256 bondWei = t.bondWei;
        bool failed = block.timestamp > liabilityUntil;
        Task storage stored = _tasks[task];
        (stored.status, stored.bondWei) = (failed ? TaskStatus.FAILED : TaskStatus.OPEN, 0);
        if (failed) _credits[t.requester] += t.amountWei;
        if (missed) _miss(task, t, bondWei);
        if (failed) emit TaskFailed(task, t.amountWei);
    }

    /// @inheritdoc IProverMarket
    function claimCredit() external nonReentrant returns (uint256 paidWei) {
        paidWei = _credits[msg.sender];
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        emit CreditClaimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IProverMarket
    function pause() external onlyGuardianOrOwner {
        _pause();
    }

    /// @inheritdoc IProverMarket
    function unpause() external onlyGuardianOrOwner {
        _unpause();
    }

    /// @inheritdoc IProverMarket
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    /// @inheritdoc IProverMarket
    function taskOf(TaskId task) external view returns (Task memory) {
        return _tasks[task];
    }

    /// @inheritdoc IProverMarket
    function taskIdOf(
        QueueId queue,
        address requester,
        uint256[] calldata statement,
        uint48 nonce
    ) external view returns (TaskId) {
        return _taskId(queue, requester, keccak256(abi.encode(statement)), nonce);
    }

    /// @inheritdoc IProverMarket
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    function _setGuardian(address guardian_) private {
        if (guardian_ == address(0)) revert ZeroAddress();
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    function _queued(TaskId task) private view returns (Task storage t) {
        t = _tasks[task];
        if (t.status != TaskStatus.QUEUED) revert WrongStatus(task, t.status, TaskStatus.QUEUED);
    }

    /// @dev The statement fixes exactly the FIXED signals, each below the field modulus.
    function _checkStatement(QueueId queue, uint256[] calldata statement) private view {
        (uint64 packedRules, bool closed) = projects.biddingOf(queue);
        if (closed) revert QueueIsClosed(queue);
        uint256 expected = 0;
        for (uint256 rest = packedRules; rest != 0; rest >>= 2) {
            if (rest & 3 == uint256(SignalRule.FIXED)) ++expected;
        }
        if (statement.length != expected) revert WrongStatementLength(statement.length, expected);
        for (uint256 i = 0; i < statement.length; ++i) {
            if (statement[i] >= Bn254.SCALAR_FIELD) revert SignalNotCanonical(i, statement[i]);
        }
    }

    function _checkExpiry(uint256 expiresAt) private view {
        if (expiresAt < block.timestamp || expiresAt > block.timestamp + MAX_BID_SECONDS) {
            revert ExpiryOutOfBounds(expiresAt, block.timestamp, block.timestamp + MAX_BID_SECONDS);
        }
    }

    /// @dev Writes a bid of the caller as a task and into the book.
    function _place(
        QueueId queue,
        bytes32 statementHash,
        uint96 maxFeeWei,
        uint40 expiresAt
    ) private returns (TaskId task, uint48 sequence) {
        Round memory round = _currentRound(queue);
        uint256 baseFeeWei = BaseFeeMath.baseFee(round.excess);
        if (maxFeeWei < baseFeeWei) revert BidBelowBaseFee(maxFeeWei, baseFeeWei);
        sequence = round.nextSequence++;
        task = _taskId(queue, msg.sender, statementHash, sequence);
        uint8 place = _enter(queue, round, maxFeeWei, sequence, expiresAt);
        _places[queue][place] = task;
        _rounds[queue] = round;
        Task storage t = _tasks[task];
        (t.requester, t.amountWei) = (msg.sender, maxFeeWei);
        (t.status, t.queue, t.place, t.nonce) = (TaskStatus.QUEUED, queue, place, sequence);
    }

    /// @dev Puts a bid into the book; a full book gives up its worst.
    function _enter(
        QueueId queue,
        Round memory round,
        uint256 maxFeeWei,
        uint256 sequence,
        uint256 expiresAt
    ) private returns (uint8 place) {
        uint256[64] storage words = _books[queue];
        if (round.bidCount == BookHeap.LIMIT) {
            uint256 worst = words[0];
            if (maxFeeWei <= BookHeap.maxFeeOf(worst)) revert BookFull(maxFeeWei, BookHeap.maxFeeOf(worst));
            // Who drives another out stays for the clearing; bids about to expire would empty the book for nothing.
            uint256 least =
                Math.max(block.timestamp, round.startedAt + BaseFeeMath.ROUND_SECONDS) +
                    BaseFeeMath.ROUND_SECONDS;
            if (expiresAt < least)
                revert ExpiryOutOfBounds(expiresAt, least, block.timestamp + MAX_BID_SECONDS);
            place = uint8(BookHeap.placeOf(worst));
            _evict(_places[queue][place]);
            words.replaceWorst(BookHeap.LIMIT, BookHeap.pack(maxFeeWei, sequence, expiresAt, place));
        } else {
            uint64 places = round.places;
            place = uint8(Math.log2(~places & (places + 1))); // the lowest clear bit; the book is not full
            round.places = places | (uint64(1) << place);
            words.insert(round.bidCount, BookHeap.pack(maxFeeWei, sequence, expiresAt, place));
            ++round.bidCount;
        }
    }

    function _evict(TaskId task) private {
        Task storage t = _tasks[task];
        t.status = TaskStatus.EVICTED;
        _credits[t.requester] += t.amountWei;
        emit BidEvicted(task, t.amountWei);
    }

    /// @dev Takes a bid out of its book and returns its word.
    function _leaveBook(Task storage t) private returns (uint256 word) {
        uint256[64] storage words = _books[t.queue];
        Round storage round = _rounds[t.queue];
        uint256 index = words.find(t.place);
        word = words[index];
        words.removeAt(round.bidCount, index);
        (round.bidCount, round.places) = (round.bidCount - 1, round.places & ~(uint64(1) << t.place));
        if (round.bidCount == 0) {
            // Rounds that passed with bids in the book are held; only those from here on are empty.
            uint256 roundCount = (block.timestamp - round.startedAt) / BaseFeeMath.ROUND_SECONDS;
            round.startedAt += uint40(roundCount * BaseFeeMath.ROUND_SECONDS);
        }
    }

    function _checkSignals(
        TaskId task,
        Task memory t,
        address prover,
        uint256[] calldata signals,
        uint256 packedRules
    ) private view {
        uint256[] memory fixedSignals = new uint256[](signals.length);
        uint256 fixedCount = 0;
        uint256 rest = packedRules;
        for (uint256 i = 0; i < signals.length; ++i) {
            uint256 signal = signals[i];
            if (signal >= Bn254.SCALAR_FIELD) revert SignalNotCanonical(i, signal);
            uint256 rule = rest & 3;
            rest >>= 2;
            if (rule == uint256(SignalRule.FIXED)) fixedSignals[fixedCount++] = signal;
            else if (rule == uint256(SignalRule.PROVER) && signal != uint160(prover)) {
                revert ProverMismatch(i, signal, prover);
            }
        }
        uint256 expected = Math.ceilDiv(packedRules == 0 ? 0 : Math.log2(packedRules) + 1, 2);
        if (signals.length != expected) revert WrongSignalCount(signals.length, expected);
        // Shortens the array in place.
        assembly ("memory-safe") {
            mstore(fixedSignals, fixedCount)
        }
        TaskId id = _taskId(t.queue, t.requester, keccak256(abi.encode(fixedSignals)), t.nonce);
        if (id != task) revert StatementMismatch(task);
    }

    /// @dev The verifier's word on a proof. Whatever is not a clear yes or no reverts, and nobody is slashed.
    function _judge(
        TaskId task,
        Queue memory q,
        uint256[] calldata signals,
        bytes calldata proof
    ) private view returns (bool accepted) {
        uint256 gasFloor = q.verifier.gasFloor(q.key);
        if (gasleft() < gasFloor) revert VerifierGasShort(gasleft(), gasFloor);
        try q.verifier.verify(q.key, signals, proof) returns (bool verdict) {
            return verdict;
        } catch {
            revert VerifierFailed(task);
        }
    }

    function _miss(TaskId task, Task memory t, uint256 bondWei) private {
        address prover = provers.accountOf(t.prover);
        emit WindowMissed(task, prover, msg.sender);
        provers.recordMissed(t.queue, t.place, t.prover);
        IStakeVault.SlashParts memory parts = vault.slash(
            task,
            prover,
            bondWei,
            IStakeVault.Fault.MISSED,
            t.amountWei,
            true
        );
        _credits[t.requester] += parts.requesterWei;
        _credits[msg.sender] += parts.keeperWei;
    }

    function _receive(uint256 amountWei) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amountWei);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amountWei) revert TokenTookFee(amountWei, got);
    }
}
