// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AcceleratorId} from "../types/Ids.sol";

/// @title IRewardSplitter
/// @notice Splits each paid price, by epochs of a day; every part is pulled.
interface IRewardSplitter {
    /// @notice What an account has earned.
    struct Earning {
        // storage word 0
        uint96 claimableWei; // of epochs that are over
        uint96 pendingWei; // of pendingEpoch
        uint64 pendingEpoch;
    }

    /// @notice What the pool has earned.
    struct PoolEarning {
        // storage word 0: of pendingEpoch
        uint96 treasuryPendingWei;
        uint96 delegatorsPendingWei;
        uint64 pendingEpoch;
        // storage word 1: of epochs that are over
        uint96 treasuryClaimableWei;
        uint96 delegatorsClaimableWei;
    }

    /// @notice Rates of the split. A task assigned at or before `changedAt` keeps the previous ones.
    struct Rates {
        // storage word 0
        uint16 poolBps; // of the price
        uint16 delegatorsBps; // of the pool's part
        uint16 sponsorBps; // of the prover's side, from provers with lent stake
        uint16 previousPoolBps;
        uint16 previousDelegatorsBps;
        uint16 previousSponsorBps;
        uint40 changedAt;
    }

    event Credited(
        address indexed prover,
        uint256 indexed epoch,
        uint256 proverWei,
        uint256 delegatorsWei,
        uint256 treasuryWei
    );
    event AcceleratorCredited(
        AcceleratorId indexed accelerator,
        address indexed payout,
        address indexed prover,
        uint256 epoch,
        uint256 amountWei
    );
    event Restaked(address indexed prover, uint256 amountWei);
    event Claimed(address indexed account, uint256 amountWei);
    event RatesSet(uint16 poolBps, uint16 delegatorsBps, uint16 sponsorBps);
    event TreasurySet(address indexed treasury);
    event DelegatorsSet(address indexed delegators);

    error NothingToClaim(address account);
    error PoolRateTooHigh(uint256 gotBps, uint256 limitBps);
    error SponsorRateTooHigh(uint256 gotBps, uint256 limitBps);
    error NotDelegators(address caller);
    error DelegatorsRateTooHigh(uint256 gotBps, uint256 limitBps);
    /// @notice Rates may change again only when no task of the previous rates can be in flight.
    error RatesChangedRecently(uint256 nowAt, uint256 allowedAt);
    error ZeroAddress();
    /// @notice The delegators' account is set once.
    error DelegatorsAlreadySet(address delegators);

    /// @notice Splits each of `pricesWei`, which the market has transferred; market only.
    /// @param assignedAts when each task was assigned; decides which rates hold.
    /// @param sponsored whether the prover works with lent stake.
    /// @param accelerator whose software made the proofs, 0 for none, and its share of the prover's side.
    function credit(
        address prover,
        uint256[] calldata pricesWei,
        uint256[] calldata assignedAts,
        bool sponsored,
        AcceleratorId accelerator,
        uint16 acceleratorBps
    ) external;

    /// @notice Pays the caller what it earned in epochs that are over.
    function claim() external returns (uint256 paidWei);

    /// @notice `claim` straight into the caller's stake.
    function restake() external returns (uint256 stakedWei);

    /// @notice Pays the treasury; anybody may call.
    function claimTreasury() external returns (uint256 paidWei);

    /// @notice Pays the delegators' part; their account only, which has to book it.
    function claimDelegators() external returns (uint256 paidWei);

    /// @notice Sets the rates of future tasks; owner only.
    function setRates(uint16 poolBps, uint16 delegatorsBps, uint16 sponsorBps) external;

    /// @notice Sets who receives the treasury's part; owner only.
    function setTreasury(address treasury) external;

    /// @notice Sets, once, who receives the delegators' part; owner only.
    function setDelegators(address delegators) external;

    /// @notice Earnings of an account as of now (pending of an epoch that is over counts as claimable).
    function earningOf(address account) external view returns (Earning memory);

    /// @notice Earnings of the pool as of now.
    function poolEarning() external view returns (PoolEarning memory);

    function rates() external view returns (Rates memory);

    function treasury() external view returns (address);

    function delegators() external view returns (address);

    function currentEpoch() external view returns (uint256);
}
