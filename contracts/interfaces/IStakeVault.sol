// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {QueueId, TaskId} from "../types/Ids.sol";
import {Stake} from "../types/Stake.sol";

/// @title IStakeVault
/// @notice Provers' stake: bonds, decay, slashing, unbonding.
interface IStakeVault {
    /// @notice Why a bond is slashed.
    enum Fault {
        NONE,
        MISSED,
        INVALID,
        LATE
    }

    /// @notice What the market wants slashed.
    struct SlashOrder {
        TaskId task;
        address prover;
        uint256 bondWei; // is no longer locked, whatever part of it is slashed
        Fault fault;
        uint256 priceWei; // upper bound of the requester's compensation
        uint256 tier1LossWei; // what tier 1 takes from who carries its penalty
        bool hasRescuer; // somebody may still rescue the task
        bool hasKeeper; // somebody is owed the keeper's part
    }

    /// @notice Where a slash went; the parts sum to `slashedWei`.
    struct SlashParts {
        uint256 slashedWei;
        uint256 tier1Wei;
        uint256 requesterWei;
        uint256 rescuerWei;
        uint256 keeperWei;
        uint256 insuranceWei;
    }

    event Staked(address indexed prover, uint256 amountWei);
    event UnstakeRequested(address indexed prover, uint256 amountWei, uint256 unbondAt);
    event UnstakeFinished(address indexed prover, uint256 amountWei);
    event Decayed(address indexed prover, uint256 amountWei, uint256 idleHours);
    event Slashed(TaskId indexed task, address indexed prover, Fault fault, SlashParts parts);
    event Sponsored(address indexed prover, uint256 amountWei);
    event Recalled(address indexed prover, uint256 amountWei);
    /// @notice Whether lent stake may cover bonds of a queue's tasks from now on.
    event QueueBacked(QueueId indexed queue, bool backed);
    event SponsorBoundTo(address indexed sponsor);
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
    error NotSponsor(address caller);
    error SponsorAlreadyBound(address sponsor);
    /// @notice Lent stake is for provers without bonds, active stake or another loan.
    error NotSponsorable(address prover);
    /// @notice Nothing is lent, or all of it covers bonds of open assignments.
    error NothingToRecall(address prover);
    error BondExceedsFreeStake(address prover, uint256 bondWei, uint256 freeWei);

    /// @notice Adds `amountWei` of the caller's tokens to its stake.
    function stake(uint256 amountWei) external;

    /// @notice Adds `amountWei` of the caller's tokens to the stake of `prover`.
    function stakeFor(address prover, uint256 amountWei) external;

    /// @notice Names, once, who lends stake; deployer only.
    function bindSponsor(address sponsor) external;

    /// @notice Lends the caller's tokens to a prover as stake; the bound sponsor only.
    function lend(address prover, uint256 amountWei) external;

    /// @notice Takes back what is lent and covers no bond; the bound sponsor only. Without enough left the prover gets no new tasks.
    function recall(address prover) external returns (uint256 paidWei);

    /// @notice Says whether lent stake may cover bonds of a queue; the bound sponsor only. In a queue of their own, borrowers could
    ///         else have it slashed at will.
    function setBacked(QueueId queue, bool backed) external;

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

    /// @notice Releases bonds; market only.
    /// @param worked whether proofs were accepted, which restarts the prover's idle clock.
    /// @return sponsored whether the prover works with lent stake.
    function releaseBond(address prover, uint256 bondWei, bool worked) external returns (bool sponsored);

    /// @notice Slashes a bond; market only. All parts but insurance's go to the market, which credits them. What comes out of
    ///         lent stake pays tier 1's loss and then insurance, never anybody who could have arranged it.
    /// @return parts where the slash went.
    /// @return sponsored whether the prover works with lent stake.
    function slash(SlashOrder calldata order) external returns (SlashParts memory parts, bool sponsored);

    /// @notice Adds the time since `fromAt` to a market-time clock, never counting a second twice; market only.
    function advanceClock(uint256 fromAt) external;

    /// @notice A prover's stake as it would be if settled now.
    function stakeOf(address prover) external view returns (Stake memory);

    /// @notice Whether a prover may get new tasks.
    function isActive(address prover) external view returns (bool);

    /// @notice For each prover: what can cover more bonds in `queue`, own + sponsored - locked, decayed to now; 0 unless active.
    ///         Lent stake counts only if the queue is backed.
    function freeCoverOf(
        QueueId queue,
        address[] calldata provers
    ) external view returns (uint256[] memory freeWei);

    /// @notice Whether lent stake may cover bonds of a queue.
    function isBacked(QueueId queue) external view returns (bool);

    /// @notice Whether a prover had no accepted proof for a day.
    function isIdle(address prover) external view returns (bool);

    /// @notice All stake that is lent now.
    function lentWei() external view returns (uint256);

    /// @notice Who lends stake; zero until bound.
    function sponsor() external view returns (address);

    /// @notice Time that decay is counted by: wall time, or market time where the deployment chose so.
    function clock() external view returns (uint256);

    /// @notice The stake token.
    function token() external view returns (IERC20);

    /// @notice Where slashed and decayed stake goes.
    function insurance() external view returns (address);

    /// @notice How long leaving stake stays slashable.
    function UNBONDING_SECONDS() external view returns (uint256);

    /// @notice Whether decay is counted in market time.
    function usesMarketTime() external view returns (bool);
}
