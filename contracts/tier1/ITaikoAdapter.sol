// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITier1Adapter} from "../interfaces/ITier1Adapter.sol";
import {TaskId} from "../types/Ids.sol";

/// @title ITaikoAdapter
/// @notice The pool as a prover of Taiko: it stakes there, and bids here for the blocks it is assigned.
/// @dev Whole numbers of tier 1's token are called units. A block's number is its `ext`.
interface ITaikoAdapter is ITier1Adapter {
    /// @notice What becomes of one block.
    struct Work {
        // storage word 0
        TaskId task; // that stands for it now
        // storage word 1
        WorkStatus status;
        uint40 proveBy; // end of tier 1's window
        uint64 rewardUnits; // expected; paid, once delivered
        uint64 penaltyUnits; // most that is at stake; taken, once settled
        uint72 priceWei; // of a unit token at settlement
        bool assigned; // the market's price has been reported
        // storage word 2
        uint96 recoveredWei; // what earlier tasks for it got back from provers
    }

    /// @notice What the pool asks and offers in tier 1.
    struct Offer {
        // storage word 0
        uint32 rewardPerGas;
        uint16 capacity; // blocks at once
        uint96 maxBidWei; // most that is bid for one block
    }

    event WorkDelivered(uint256 indexed ext, uint256 rewardUnits);
    event OfferSet(uint32 rewardPerGas, uint16 capacity, uint96 maxBidWei);
    event UnitsStaked(uint256 units);
    event ExitRequested();
    event UnitsWithdrawn(uint256 units);
    event CreditCollected(uint256 amountWei);
    /// @notice Provers paid more for a missed block than tier 1 took.
    event SurplusOwed(uint256 indexed ext, uint256 amountWei);
    event SurplusPaid(uint256 amountWei);

    error NotAssignedToPool(uint256 ext, address assigned);
    error DataDiffers(uint256 ext, bytes32 gotHash, bytes32 expectedHash);
    error WorkTooLate(uint256 ext, uint256 nowAt, uint256 lastAt);
    error TooManyWorks(uint256 limit);
    error CapacityTooHigh(uint256 got, uint256 limit);
    error Tier1HasNoCode(address tier1);

    /// @notice Bids for a block that tier 1 has assigned to the pool, with what it pays in time and may take otherwise; anew if
    ///         the last bid for it ended without a proof. Anybody.
    /// @param data what the proof is made from, as it was proposed.
    function enter(uint256 ext, bytes calldata data) external returns (TaskId task);

    /// @notice Takes refunds and compensation out of the market; anybody.
    function collect() external returns (uint256 amountWei);

    /// @notice Gives money back to the delegation vault; operator only.
    function repay(uint256 amountWei) external;

    /// @notice Sets what the pool asks and offers in tier 1, and the most it bids here for one block; operator only. Tier 1 hears
    ///         of it at the next stake; staking 0 is enough.
    function setOffer(uint32 rewardPerGas, uint16 capacity, uint96 maxBidWei) external;

    function workOf(uint256 ext) external view returns (Work memory);

    function offer() external view returns (Offer memory);

    /// @notice Numbers of the blocks that are not settled.
    function liveWorks() external view returns (uint256[] memory);

    /// @notice What insurance will get of the money here.
    function surplusWei() external view returns (uint256);
}
