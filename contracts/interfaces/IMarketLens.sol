// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {QueueId} from "../types/Ids.sol";

/// @title IMarketLens
/// @notice What a bid in a queue costs, if the round ended now. Views only: it holds nothing and nobody depends on it.
interface IMarketLens {
    /// @notice A queue as a clearing now would see it.
    struct Quote {
        uint256 baseFeeWei; // B
        uint256 slotCount; // K
        uint256[] maxFeesWei; // live bids at or above the base fee, best first
        uint256[] pricesWei; // what each of the first min(n, K) of them would pay
    }

    /// @notice The market is no contract.
    error MarketHasNoCode(address market);

    /// @notice What each position costs if the round ended now. Reverts for a frozen queue, which is never cleared again.
    function quote(QueueId queue) external view returns (Quote memory);

    /// @notice Where one more bid would stand if it were placed now and the round ended with it.
    /// @return rank 1 for the best; 0 if the market would not take the bid.
    /// @return priceWei what it would pay; 0 if it would not win.
    function quoteFor(
        QueueId queue,
        uint96 maxFeeWei
    ) external view returns (uint256 rank, uint256 priceWei, uint256 baseFeeWei);
}
