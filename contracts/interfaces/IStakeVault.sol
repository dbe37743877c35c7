// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TaskId} from "../types/Ids.sol";
import {Stake} from "../types/Stake.sol";

/// @title IStakeVault
/// @notice Provers' stake: bonds, decay, slashing, unbonding.
interface IStakeVault {
    /// @notice Why a bond is slashed.
    enum Fault {
        NONE,
        MISSED,
        INVALID
    }

    /// @notice Where a slash went; the parts sum to `slashedWei`.
    struct SlashParts {
        uint256 slashedWei;
        uint256 tier1Wei;
        uint256 requesterWei;
        uint256 keeperWei;
        uint256 insuranceWei;
    }

    event Staked(address indexed prover, uint256 amountWei);
    event UnstakeRequested(address indexed prover, uint256 amountWei, uint256 unbondAt);
    event UnstakeFinished(address indexed prover, uint256 amountWei);
    event Decayed(address indexed prover, uint256 amountWei, uint256 idleHours);
    event Slashed(TaskId indexed task, address indexed prover, Fault fault, SlashParts parts);
    /// @notice The decay clock of a market-time deployment moved on.
    event ClockAdvanced(uint256 clockSeconds);

    error AmountZero();
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);
    error UnstakeExceedsStake(address prover, uint256 gotWei, uint256 ownWei);
    /// @notice A partial exit must leave the entry stake; ask for the whole to leave.
    error PartialExitTooDeep(address prover, uint256 leftWei, uint256 entryStakeWei);
    error NothingUnbonding(address prover);
    error StillUnbonding(address prover, uint256 nowAt, uint256 unbondAt);
    /// @notice Everything that is leaving still covers bonds of open assignments.
    error CoversBonds(address prover, uint256 lockedWei);
    error BondExceedsFreeStake(address prover, uint256 bondWei, uint256 freeWei);

    /// @notice Adds `amountWei` of the caller's tokens to its stake.
    function stake(uint256 amountWei) external;

    /// @notice `stake` with an ERC-2612 permit in the same transaction; a permit used by somebody else first does not matter.
    function stakeWithPermit(
        uint256 amountWei,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Starts to leave with `amountWei`, the greatest number for everything; starts the clock anew for all that is
    ///         leaving.
    function requestUnstake(uint256 amountWei) external;

    /// @notice Pays what has finished unbonding and covers no bond.
    function finishUnstake() external returns (uint256 paidWei);

    /// @notice Settles a prover's decay; anybody may, nobody gains.
    function settle(address prover) external returns (uint256 decayedWei);

    /// @notice Locks bonds, one entry a prover; market only.
    function lockBonds(address[] calldata provers, uint256[] calldata bondsWei) external;

    /// @notice Releases the bond of a proven task and restarts the prover's idle clock; market only.
    function releaseBond(address prover, uint256 bondWei) external;

    /// @notice Slashes a bond; market only. The requester's and the keeper's parts go to the market, which credits them.
    /// @param priceWei upper bound of the requester's compensation.
    /// @param hasKeeper whether somebody is owed the keeper's part.
    function slash(
        TaskId task,
        address prover,
        uint256 bondWei,
        Fault fault,
        uint256 priceWei,
        bool hasKeeper
    ) external returns (SlashParts memory parts);

    /// @notice Adds the time since `fromAt` to a market-time clock, never counting a second twice; market only.
    function advanceClock(uint256 fromAt) external;

    /// @notice A prover's stake as it would be if settled now.
    function stakeOf(address prover) external view returns (Stake memory);

    /// @notice Whether a prover may get new tasks.
    function isActive(address prover) external view returns (bool);

    /// @notice For each prover: own + sponsored - locked, decayed to now; 0 unless active.
    function freeCoverOf(address[] calldata provers) external view returns (uint256[] memory freeWei);

    /// @notice Time that decay is counted by: wall time, or market time where the deployment chose so.
    function clock() external view returns (uint256);

    /// @notice How long leaving stake stays slashable.
    function UNBONDING_SECONDS() external view returns (uint256);

    /// @notice Whether decay is counted in market time.
    function usesMarketTime() external view returns (bool);
}
