// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITier1Adapter} from "../interfaces/ITier1Adapter.sol";
import {QueueId, TaskId} from "../types/Ids.sol";

/// @title IPushAdapter
/// @notice A project whose users bid themselves pays provers more for the proofs it cares for, less when they come late.
interface IPushAdapter is ITier1Adapter {
    /// @notice What a sponsor pays for.
    struct Work {
        // storage word 0
        address sponsor; // has paid the reward
        uint96 rewardWei;
        // storage word 1
        uint96 penaltyWei; // taken off the reward of a proof settled after proveBy; at most the reward
        uint40 proveBy;
        QueueId queue;
        WorkStatus status;
        // storage word 2
        TaskId task;
        // storage word 3
        bytes32 statementHash;
    }

    event WorkPosted(
        uint256 indexed ext,
        address indexed sponsor,
        QueueId indexed queue,
        uint256[] statement,
        uint96 rewardWei,
        uint96 penaltyWei,
        uint40 proveBy
    );
    event CreditClaimed(address indexed account, uint256 amountWei);

    error AmountZero();
    error PenaltyTooHigh(uint256 gotWei, uint256 limitWei);
    error ProveByOutOfBounds(uint256 gotAt, uint256 minAt, uint256 maxAt);
    error NothingToClaim(address account);
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);

    /// @notice Promises, and pays in, `rewardWei` on top of the price of a proof of `statement`.
    /// @param penaltyWei comes back to the sponsor if the proof is settled after `proveBy`.
    function post(
        QueueId queue,
        uint256[] calldata statement,
        uint96 rewardWei,
        uint96 penaltyWei,
        uint40 proveBy
    ) external returns (uint256 ext);

    /// @notice Pays the caller its credit: rewards, penalties, rewards that nobody earned.
    function claimCredit() external returns (uint256 paidWei);

    function workOf(uint256 ext) external view returns (Work memory);

    /// @notice The statement of a work, as posted.
    function statementOf(uint256 ext) external view returns (uint256[] memory);

    function workCount() external view returns (uint256);

    function creditOf(address account) external view returns (uint256);
}
