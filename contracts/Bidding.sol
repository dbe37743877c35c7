// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Clearing} from "./Clearing.sol";
import {DeployerBound} from "./DeployerBound.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {BookHeap} from "./libraries/BookHeap.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Round} from "./types/Round.sol";
import {Task, TaskStatus} from "./types/Task.sol";

/// @title Bidding
/// @notice The requesters' half of the market: how bids come into the book, rise, and leave it.
abstract contract Bidding is Clearing, DeployerBound {
    using BookHeap for uint256[64];
    using SafeERC20 for IERC20;

    uint256 public constant MAX_BID_SECONDS = 30 days;
    uint256 public constant MAX_DATA_BYTES = 16_384;
    /// @dev A cancelled bid pays 1 %, at least one wei.
    uint256 private constant CANCEL_FEE_DIVISOR = 100;

    /// @inheritdoc IProverMarket
    address public desk;

    modifier onlyDesk() {
        if (msg.sender != desk) revert NotDesk(msg.sender);
        _;
    }

    /// @inheritdoc IProverMarket
    function bindDesk(address desk_) external onlyDeployer {
        if (desk != address(0)) revert DeskAlreadyBound(desk);
        _checkCode(desk_);
        desk = desk_;
        emit DeskBoundTo(desk_);
    }

    /// @inheritdoc IProverMarket
    function placeBid(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external whenNotPaused nonReentrant returns (TaskId) {
        return _placeBid(msg.sender, queue, statement, maxFeeWei, expiresAt, data);
    }

    /// @inheritdoc IProverMarket
    function placeBidFor(
        address requester,
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) external onlyDesk whenNotPaused nonReentrant returns (TaskId) {
        return _placeBid(requester, queue, statement, maxFeeWei, expiresAt, data);
    }

    /// @inheritdoc IProverMarket
    function raiseBid(TaskId task, uint96 maxFeeWei) external whenNotPaused nonReentrant {
        _raise(task, _queuedOf(task, msg.sender), maxFeeWei);
    }

    /// @inheritdoc IProverMarket
    function raiseBidFor(TaskId task, uint96 maxFeeWei) external onlyDesk whenNotPaused nonReentrant {
        _raise(task, _queued(task), maxFeeWei);
    }

    /// @inheritdoc IProverMarket
    function cancelBid(TaskId task) external nonReentrant {
        Task storage t = _queuedOf(task, msg.sender);
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

    function _queued(TaskId task) private view returns (Task storage t) {
        t = _tasks[task];
        if (t.status != TaskStatus.QUEUED) revert WrongStatus(task, t.status, TaskStatus.QUEUED);
    }

    function _queuedOf(TaskId task, address caller) private view returns (Task storage t) {
        t = _queued(task);
        if (caller != t.requester) revert NotRequester(task, caller);
    }

    function _placeBid(
        address requester,
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data
    ) private returns (TaskId task) {
        // Check
        (bytes32 statementHash, bool isSealed) = projects.checkStatement(queue, statement);
        if (isSealed && msg.sender != desk) revert QueueIsSealed(queue);
        if (data.length > MAX_DATA_BYTES) revert DataTooLong(data.length, MAX_DATA_BYTES);
        // Effect
        uint40 sequence;
        (task, sequence) = _place(requester, queue, statementHash, maxFeeWei, expiresAt);
        emit BidPlaced(task, queue, requester, maxFeeWei, expiresAt, sequence, statement, data);
        // Interaction
        _receive(requester, maxFeeWei);
    }

    function _raise(TaskId task, Task storage t, uint96 maxFeeWei) private {
        QueueId queue = t.queue;
        if (projects.queueOf(queue).isSealed) revert QueueIsSealed(queue);
        uint96 currentWei = t.amountWei;
        if (maxFeeWei <= currentWei) revert RaiseTooLow(maxFeeWei, currentWei);
        Round storage round = _rounds[queue];
        uint256[64] storage words = _books[queue];
        uint256 index = words.find(t.place);
        uint40 sequence = round.nextSequence++;
        uint256 word = BookHeap.pack(maxFeeWei, sequence, BookHeap.expiryOf(words[index]), t.place);
        words.raiseAt(round.bidCount, index, word);
        t.amountWei = maxFeeWei;
        emit BidRaised(task, maxFeeWei, sequence);
        _receive(t.requester, maxFeeWei - currentWei);
    }

    /// @dev Who takes a place stays for the clearing, and a round more: bids that expire just before it would keep others out of
    ///      the book for nothing.
    function _checkExpiry(Round memory round, uint256 expiresAt) private view {
        uint256 least =
            Math.max(block.timestamp, round.startedAt + BaseFeeMath.ROUND_SECONDS) +
                BaseFeeMath.ROUND_SECONDS;
        uint256 most = block.timestamp + MAX_BID_SECONDS;
        if (expiresAt < least || expiresAt > most) revert ExpiryOutOfBounds(expiresAt, least, most);
    }

    /// @dev Writes a bid as a task and into the book.
    function _place(
        address requester,
        QueueId queue,
        bytes32 statementHash,
        uint96 maxFeeWei,
        uint40 expiresAt
    ) private returns (TaskId task, uint40 sequence) {
        Round memory round = _currentRound(queue);
        _checkExpiry(round, expiresAt);
        uint256 baseFeeWei = BaseFeeMath.baseFee(round.excess);
        if (maxFeeWei < baseFeeWei) revert BidBelowBaseFee(maxFeeWei, baseFeeWei);
        sequence = round.nextSequence++;
        task = _taskId(queue, requester, statementHash, sequence);
        uint8 place = _enter(queue, round, maxFeeWei, sequence, expiresAt);
        _places[queue][place] = task;
        _rounds[queue] = round;
        Task storage t = _tasks[task];
        (t.requester, t.amountWei) = (requester, maxFeeWei);
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

    function _receive(address from, uint256 amountWei) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amountWei);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amountWei) revert TokenTookFee(amountWei, got);
    }
}
