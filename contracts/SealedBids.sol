// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBidDesk} from "./interfaces/IBidDesk.sol";
import {IMarketParts} from "./interfaces/IMarketParts.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {Commitment, CommitStatus} from "./types/Commitment.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Queue} from "./types/Queue.sol";

/// @title SealedBids
/// @notice The sealed half of the bid desk: bids committed by hash, then revealed, in cycles that are the same for all queues.
/// @dev A cycle is two rounds long. In the second of them the market clears no sealed queue, so every bid of a cycle is in the
///      book before the first of them is sold, and the order of the reveals moves no price but between equal bids.
abstract contract SealedBids is IBidDesk, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IBidDesk
    uint256 public constant COMMIT_SECONDS = BaseFeeMath.ROUND_SECONDS;
    /// @inheritdoc IBidDesk
    uint256 public constant CYCLE_SECONDS = 2 * COMMIT_SECONDS;
    /// @inheritdoc IBidDesk
    /// @dev What silence costs. The same for all, since a deposit that grew with the bid would tell it.
    uint256 public constant SEALED_DEPOSIT_WEI = 1e18;

    /// @dev The market's.
    uint256 private constant MAX_BID_SECONDS = 30 days;

    IProverMarket public immutable market;
    IERC20 public immutable token;
    IProjectRegistry public immutable projects;
    address public immutable insurance;

    mapping(bytes32 commitment => Commitment) private _commitments;
    mapping(address account => uint256) private _deposits;

    constructor(IProverMarket market_) {
        if (address(market_).code.length == 0) revert MarketHasNoCode(address(market_));
        IMarketParts parts = IMarketParts(address(market_));
        market = market_;
        token = parts.token();
        projects = parts.projects();
        insurance = parts.insurance();
    }

    /// @inheritdoc IBidDesk
    function commit(QueueId queue, bytes32 bidHash) external nonReentrant returns (bytes32 commitment) {
        // Check
        Queue memory q = projects.queueOf(queue);
        if (!q.isSealed) revert QueueNotSealed(queue);
        if (q.frozen) revert IProjectRegistry.QueueIsFrozen(queue);
        if (q.closed) revert IProjectRegistry.QueueIsClosed(queue);
        (uint40 cycle, uint256 startsAt) = _cycle();
        if (block.timestamp >= startsAt + COMMIT_SECONDS) {
            revert CommitWindowOver(block.timestamp, startsAt + CYCLE_SECONDS);
        }
        commitment = commitmentIdOf(msg.sender, queue, cycle, bidHash);
        _expect(commitment, CommitStatus.NONE);
        // Effect
        _commitments[commitment] = Commitment(msg.sender, cycle, CommitStatus.COMMITTED);
        emit BidCommitted(commitment, queue, msg.sender, bidHash, cycle);
        // Interaction
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), SEALED_DEPOSIT_WEI);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != SEALED_DEPOSIT_WEI) revert IProverMarket.TokenTookFee(SEALED_DEPOSIT_WEI, got);
    }

    /// @inheritdoc IBidDesk
    function reveal(
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data,
        uint256 salt
    ) external nonReentrant returns (TaskId task) {
        // Check
        (uint40 cycle, uint256 startsAt) = _cycle();
        if (block.timestamp < startsAt + COMMIT_SECONDS) {
            revert RevealWindowNotOpen(block.timestamp, startsAt + COMMIT_SECONDS);
        }
        // It must live through the next cycle, in which it is sold: bids that do not would keep others out of the book for
        // nothing. The market never asks for more.
        uint256 least = startsAt + 2 * CYCLE_SECONDS;
        if (expiresAt < least) {
            revert IProverMarket.ExpiryOutOfBounds(expiresAt, least, block.timestamp + MAX_BID_SECONDS);
        }
        bytes32 bidHash = hashOf(msg.sender, queue, statement, maxFeeWei, expiresAt, data, salt);
        bytes32 commitment = commitmentIdOf(msg.sender, queue, cycle, bidHash);
        _expect(commitment, CommitStatus.COMMITTED);
        // Effect
        _commitments[commitment].status = CommitStatus.REVEALED;
        _deposits[msg.sender] += SEALED_DEPOSIT_WEI;
        // Interaction
        try market.placeBidFor(msg.sender, queue, statement, maxFeeWei, expiresAt, data) returns (
            TaskId placed
        ) {
            task = placed;
            emit BidRevealed(commitment, placed);
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            if (!_blameless(selector)) LowLevelCall.bubbleRevert(reason);
            emit RevealRefused(commitment, selector);
        }
    }

    /// @inheritdoc IBidDesk
    function forfeit(bytes32 commitment) external nonReentrant {
        _expect(commitment, CommitStatus.COMMITTED);
        Commitment storage c = _commitments[commitment];
        uint256 endsAt = (uint256(c.cycle) + 1) * CYCLE_SECONDS;
        if (block.timestamp < endsAt) revert CycleNotOver(commitment, block.timestamp, endsAt);
        c.status = CommitStatus.FORFEITED;
        emit CommitForfeited(commitment, c.requester, SEALED_DEPOSIT_WEI);
        token.safeTransfer(insurance, SEALED_DEPOSIT_WEI);
    }

    /// @inheritdoc IBidDesk
    function claimDeposit() external nonReentrant returns (uint256 paidWei) {
        paidWei = _deposits[msg.sender];
        if (paidWei == 0) revert NoDeposit(msg.sender);
        _deposits[msg.sender] = 0;
        emit DepositClaimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IBidDesk
    function commitmentOf(bytes32 commitment) external view returns (Commitment memory) {
        return _commitments[commitment];
    }

    /// @inheritdoc IBidDesk
    function depositOf(address account) external view returns (uint256) {
        return _deposits[account];
    }

    /// @inheritdoc IBidDesk
    function hashOf(
        address requester,
        QueueId queue,
        uint256[] calldata statement,
        uint96 maxFeeWei,
        uint40 expiresAt,
        bytes calldata data,
        uint256 salt
    ) public view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    block.chainid,
                    address(this),
                    requester,
                    queue,
                    keccak256(abi.encode(statement)),
                    maxFeeWei,
                    expiresAt,
                    keccak256(data),
                    salt
                )
            );
    }

    /// @inheritdoc IBidDesk
    function commitmentIdOf(
        address requester,
        QueueId queue,
        uint40 cycle,
        bytes32 bidHash
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(requester, queue, cycle, bidHash));
    }

    function _expect(bytes32 commitment, CommitStatus expected) private view {
        CommitStatus got = _commitments[commitment].status;
        if (got != expected) revert WrongCommitStatus(commitment, got, expected);
    }

    function _cycle() private view returns (uint40 cycle, uint256 startsAt) {
        cycle = uint40(block.timestamp / CYCLE_SECONDS);
        startsAt = cycle * CYCLE_SECONDS;
    }

    /// @dev Refusals that a requester could not foresee when it committed. An expiry that has passed or a missing allowance is
    ///      none: it would be a way to take a bid back for nothing, after others have shown theirs.
    function _blameless(bytes4 selector) private pure returns (bool) {
        return
            selector == IProverMarket.BidBelowBaseFee.selector ||
            selector == IProverMarket.BookFull.selector ||
            selector == Pausable.EnforcedPause.selector ||
            selector == IProjectRegistry.QueueIsClosed.selector ||
            selector == IProjectRegistry.QueueIsFrozen.selector;
    }
}
