// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AuctionMath} from "../../contracts/libraries/AuctionMath.sol";
import {Laws} from "./Laws.sol";

/// @title AuctionLaws
/// @notice Books of three and four bids of at most 2^96 wei, best first.
contract AuctionLaws is Laws {
    /// @notice Invariants 3 and 6: prices lie between base fee and own bid and fall with the rank.
    function check_prices_lie_between_base_fee_and_bid(
        uint96 first,
        uint96 second,
        uint96 third,
        uint96 baseFeeWei
    ) external pure {
        _assume(first >= second && second >= third && third >= baseFeeWei);
        uint256[] memory prices = AuctionMath.prices(_book(first, second, third), 3, baseFeeWei);
        assert(prices[0] <= first && prices[1] <= second && prices[2] <= third);
        assert(prices[0] >= prices[1] && prices[1] >= prices[2] && prices[2] >= baseFeeWei);
    }

    /// @notice Invariant 7: what a winner pays does not depend on what it bid.
    function check_price_does_not_depend_on_the_own_bid(
        uint96 first,
        uint96 other,
        uint96 second,
        uint96 third,
        uint96 baseFeeWei
    ) external pure {
        _assume(first >= second && other >= second && second >= third && third >= baseFeeWei);
        uint256[] memory prices = AuctionMath.prices(_book(first, second, third), 2, baseFeeWei);
        uint256[] memory others = AuctionMath.prices(_book(other, second, third), 2, baseFeeWei);
        assert(prices[0] == others[0] && prices[1] == others[1]);
    }

    /// @notice Invariant 8: one more losing bid moves the price of the last winner alone, and not above its bid.
    function check_losing_bid_moves_the_last_winner_alone(
        uint96 first,
        uint96 second,
        uint96 shill,
        uint96 baseFeeWei
    ) external pure {
        _assume(first >= second && second >= shill && shill >= baseFeeWei);
        uint256[] memory fees = new uint256[](2);
        (fees[0], fees[1]) = (first, second);
        uint256[] memory before = AuctionMath.prices(fees, 2, baseFeeWei);
        uint256[] memory after_ = AuctionMath.prices(_book(first, second, shill), 2, baseFeeWei);
        assert(before[0] == after_[0] && before[1] <= after_[1] && after_[1] <= second);
    }

    /// @notice A book without a loser sells its last slot at the base fee.
    function check_last_winner_without_a_loser_pays_the_base_fee(
        uint96 first,
        uint96 baseFeeWei
    ) external pure {
        _assume(first >= baseFeeWei);
        uint256[] memory fees = new uint256[](1);
        fees[0] = first;
        assert(AuctionMath.prices(fees, 1, baseFeeWei)[0] == baseFeeWei);
    }

    /// @notice A bond covers half a ZK or two base fees, and tier 1's penalty on top.
    function check_bond_covers_base_fee_and_penalty(uint96 baseFeeWei, uint96 penaltyWei) external pure {
        uint256 bondWei = AuctionMath.bond(baseFeeWei, penaltyWei);
        assert(bondWei >= 2 * uint256(baseFeeWei) + penaltyWei);
        assert(bondWei >= 0.5e18 + uint256(penaltyWei));
        assert(bondWei == 2 * uint256(baseFeeWei) + penaltyWei || bondWei == 0.5e18 + uint256(penaltyWei));
    }

    function _book(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory fees) {
        fees = new uint256[](3);
        (fees[0], fees[1], fees[2]) = (a, b, c);
    }
}
