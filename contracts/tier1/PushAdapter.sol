// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarketParts} from "../interfaces/IMarketParts.sol";
import {IProjectRegistry} from "../interfaces/IProjectRegistry.sol";
import {IProverMarket} from "../interfaces/IProverMarket.sol";
import {IProverRegistry} from "../interfaces/IProverRegistry.sol";
import {ITier1Adapter} from "../interfaces/ITier1Adapter.sol";
import {QueueId, TaskId} from "../types/Ids.sol";
import {Task, TaskStatus} from "../types/Task.sol";
import {IPushAdapter} from "./IPushAdapter.sol";

/// @title PushAdapter
/// @notice Binds users' tasks to rewards that anybody has promised for their statements, and pays the prover.
/// @dev A proof counts from when it is settled here, which the prover does itself. The pool has nothing at stake.
/// @custom:holds Promised rewards and credits; its balance is at least their sum.
/// @custom:halts Nothing stops.
contract PushAdapter is IPushAdapter, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 public constant MAX_POST_SECONDS = 30 days;
    /// @dev After its time a work stays open as long as a task can: two windows of two days, and a round.
    uint256 public constant CLOSE_SECONDS = 5 days;

    IProverMarket public immutable market;
    IProjectRegistry public immutable projects;
    IProverRegistry public immutable provers;
    IERC20 public immutable token;
    /// @inheritdoc IPushAdapter
    uint256 public workCount;
    mapping(uint256 ext => Work) private _works;
    mapping(uint256 ext => uint256[]) private _statements;
    /// @inheritdoc IPushAdapter
    mapping(address account => uint256) public creditOf;

    constructor(IProverMarket market_, IProverRegistry provers_) {
        (market, provers) = (market_, provers_);
        projects = IMarketParts(address(market_)).projects();
        token = IMarketParts(address(market_)).token();
    }

    /// @inheritdoc IPushAdapter
    function post(
        QueueId queue,
        uint256[] calldata statement,
        uint96 rewardWei,
        uint96 penaltyWei,
        uint40 proveBy
    ) external nonReentrant returns (uint256 ext) {
        (bytes32 statementHash, ) = projects.checkStatement(queue, statement);
        if (rewardWei == 0) revert AmountZero();
        if (penaltyWei > rewardWei) revert PenaltyTooHigh(penaltyWei, rewardWei);
        if (proveBy < block.timestamp || proveBy > block.timestamp + MAX_POST_SECONDS) {
            revert ProveByOutOfBounds(proveBy, block.timestamp, block.timestamp + MAX_POST_SECONDS);
        }
        ext = ++workCount;
        _works[ext] = Work(
            msg.sender,
            rewardWei,
            penaltyWei,
            proveBy,
            queue,
            WorkStatus.POSTED,
            TaskId.wrap(0),
            statementHash
        );
        _statements[ext] = statement;
        emit WorkPosted(ext, msg.sender, queue, statement, rewardWei, penaltyWei, proveBy);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), rewardWei);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != rewardWei) revert TokenTookFee(rewardWei, got);
    }

    /// @inheritdoc ITier1Adapter
    function onAssigned(uint256 ext, TaskId task) external {
        Work storage w = _known(ext);
        if (w.status == WorkStatus.BOUND) {
            TaskStatus held = market.taskOf(w.task).status;
            if (held == TaskStatus.ASSIGNED || held == TaskStatus.OPEN || held == TaskStatus.PROVEN) {
                revert WorkIsBound(ext, w.task);
            }
        } else if (w.status != WorkStatus.POSTED) {
            revert WrongWorkStatus(ext, w.status, WorkStatus.POSTED);
        }
        Task memory t = market.taskOf(task);
        // What was proven before the reward was promised earns none of it.
        bool fits = t.status == TaskStatus.ASSIGNED;
        if (!fits || market.taskIdOf(w.queue, t.requester, _statements[ext], t.nonce) != task) {
            revert TaskUnfit(ext, task);
        }
        (w.status, w.task) = (WorkStatus.BOUND, task);
        emit WorkBound(ext, task, w.rewardWei, w.penaltyWei);
        emit WorkAssigned(ext, task, t.prover, t.amountWei);
    }

    /// @inheritdoc ITier1Adapter
    function settle(uint256 ext) external returns (WorkStatus status, uint256 rewardWei, uint256 penaltyWei) {
        Work storage w = _known(ext);
        bool late = block.timestamp > w.proveBy;
        if (w.status == WorkStatus.POSTED || w.status == WorkStatus.BOUND) {
            Task memory t = market.taskOf(w.task);
            if (t.status == TaskStatus.PROVEN) {
                _end(ext, w, WorkStatus.REWARDED, late ? w.penaltyWei : 0);
                creditOf[provers.accountOf(t.prover)] += w.rewardWei - w.penaltyWei;
                creditOf[w.sponsor] += w.penaltyWei;
            } else if (block.timestamp > w.proveBy + CLOSE_SECONDS) {
                _end(ext, w, WorkStatus.FORFEITED, w.rewardWei);
                creditOf[w.sponsor] += w.rewardWei;
            }
        }
        status = w.status;
        if (status == WorkStatus.REWARDED) rewardWei = w.rewardWei;
        if (rewardWei != 0 || status == WorkStatus.FORFEITED) penaltyWei = w.penaltyWei;
    }

    /// @inheritdoc IPushAdapter
    function claimCredit() external nonReentrant returns (uint256 paidWei) {
        paidWei = creditOf[msg.sender];
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        creditOf[msg.sender] = 0;
        emit CreditClaimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc ITier1Adapter
    function specOf(
        uint256 ext
    ) external view returns (Spec memory spec, uint256 rewardWei, uint256 maxPenaltyWei) {
        Work storage w = _known(ext);
        return (Spec(w.queue, w.proveBy, _statements[ext]), w.rewardWei, w.penaltyWei);
    }

    /// @inheritdoc ITier1Adapter
    function verify(
        uint256 ext,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        Work storage w = _known(ext);
        Task memory t = market.taskOf(w.task);
        if (t.status != TaskStatus.ASSIGNED) return false;
        address prover = provers.accountOf(t.prover);
        try projects.judge(w.queue, t.termsVersion, prover, signals, proof) returns (
            bytes32 statementHash,
            uint256,
            bool accepted
        ) {
            return accepted && statementHash == w.statementHash;
        } catch {
            return false;
        }
    }

    /// @inheritdoc IPushAdapter
    function workOf(uint256 ext) external view returns (Work memory) {
        return _works[ext];
    }

    /// @inheritdoc IPushAdapter
    function statementOf(uint256 ext) external view returns (uint256[] memory) {
        return _statements[ext];
    }

    /// @inheritdoc ITier1Adapter
    function submit(uint256, uint256[] calldata, bytes calldata) external pure {
        revert RelaysNothing();
    }

    /// @inheritdoc ITier1Adapter
    function stake(uint256) external pure {
        revert StakesNothing();
    }

    /// @inheritdoc ITier1Adapter
    function requestExit() external pure {
        revert StakesNothing();
    }

    /// @inheritdoc ITier1Adapter
    function withdraw() external pure returns (uint256) {
        revert StakesNothing();
    }

    /// @inheritdoc ITier1Adapter
    function stakeState() external pure returns (StakeState memory) {
        return StakeState(0, 0, 0, 0);
    }

    /// @inheritdoc ITier1Adapter
    function valueWei() external pure returns (uint256) {
        return 0;
    }

    /// @dev Ends a work; what is taken off the reward is remembered as the penalty it was.
    function _end(uint256 ext, Work storage w, WorkStatus status, uint96 penaltyWei) private {
        (w.status, w.penaltyWei) = (status, penaltyWei);
        emit WorkSettled(ext, w.task, status, status == WorkStatus.REWARDED ? w.rewardWei : 0, penaltyWei);
    }

    function _known(uint256 ext) private view returns (Work storage w) {
        w = _works[ext];
        if (w.status == WorkStatus.NONE) revert UnknownWork(ext);
    }
}
