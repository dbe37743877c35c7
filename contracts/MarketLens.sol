// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarketLens} from "./interfaces/IMarketLens.sol";
import {IMarketParts} from "./interfaces/IMarketParts.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {BookHeap} from "./libraries/BookHeap.sol";
import {QueueId} from "./types/Ids.sol";
import {Queue} from "./types/Queue.sol";

/// @title MarketLens
/// @notice Prices of a round before it ends, from the market's own views.
/// @dev Where decay runs on market time, a clearing moves that clock first: a prover whose cover falls below a bond by this very
///      step is still counted here.
/// @custom:holds Nothing.
/// @custom:halts Nothing; it only looks.
contract MarketLens is IMarketLens {
    IProverMarket public immutable market;
    IProjectRegistry public immutable projects;

    constructor(IProverMarket market_) {
        if (address(market_).code.length == 0) revert MarketHasNoCode(address(market_));
        market = market_;
        projects = IMarketParts(address(market_)).projects();
    }

    /// @inheritdoc IMarketLens
    function quote(QueueId queue) external view returns (Quote memory q) {
        _notFrozen(queue);
        q.baseFeeWei = market.baseFeeOf(queue);
        q.slotCount = market.slotCountOf(queue);
        (, uint256[] memory feesWei, uint256[] memory expiries) = market.bookOf(queue);
        q.maxFeesWei = _live(feesWei, expiries, feesWei.length, q.baseFeeWei);
        q.pricesWei = AuctionMath.prices(
            q.maxFeesWei,
            Math.min(q.maxFeesWei.length, q.slotCount),
            q.baseFeeWei
        );
    }

    /// @inheritdoc IMarketLens
    function quoteFor(
        QueueId queue,
        uint96 maxFeeWei
    ) external view returns (uint256 rank, uint256 priceWei, uint256 baseFeeWei) {
        bool closed = _notFrozen(queue).closed;
        baseFeeWei = market.baseFeeOf(queue);
        if (closed || maxFeeWei < baseFeeWei) return (0, 0, baseFeeWei);
        (, uint256[] memory feesWei, uint256[] memory expiries) = market.bookOf(queue);
        uint256 count = feesWei.length;
        if (count == BookHeap.LIMIT) {
            --count; // a full book gives its worst bid up, live or not
            if (maxFeeWei <= feesWei[count]) return (0, 0, baseFeeWei);
        }
        uint256[] memory rivalsWei = _live(feesWei, expiries, count, baseFeeWei);
        while (rank < rivalsWei.length && rivalsWei[rank] >= maxFeeWei) ++rank; // of equal bids the earlier wins
        if (rank < market.slotCountOf(queue)) {
            priceWei = rank < rivalsWei.length ? Math.max(baseFeeWei, rivalsWei[rank]) : baseFeeWei;
        }
        ++rank;
    }

    function _notFrozen(QueueId queue) private view returns (Queue memory q) {
        q = projects.queueOf(queue);
        if (q.frozen) revert IProjectRegistry.QueueIsFrozen(queue);
    }

    /// @dev Of the first `count` bids, best first, those that have not expired and reach the base fee.
    function _live(
        uint256[] memory feesWei,
        uint256[] memory expiries,
        uint256 count,
        uint256 baseFeeWei
    ) private view returns (uint256[] memory liveWei) {
        liveWei = new uint256[](count);
        uint256 liveCount = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (expiries[i] >= block.timestamp && feesWei[i] >= baseFeeWei) liveWei[liveCount++] = feesWei[i];
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(liveWei, liveCount)
        }
    }
}
