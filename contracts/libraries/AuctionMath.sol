// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title AuctionMath
/// @notice Generalised second price: what the winners of a round pay, and how many there are.
library AuctionMath {
    /// @dev Most tasks one clearing assigns; bounds its gas.
    uint256 internal constant SLOT_LIMIT = 32;
    /// @dev A bond is at least this many base fees,
    uint256 internal constant BOND_MULTIPLE = 2;
    /// @dev and at least half a ZK.
    uint256 internal constant MIN_BOND_WEI = 0.5e18;

    /// @notice price_i = i + 1 <= n ? max(B, e[i + 1].m) : B for the first `count` of the bids.
    /// @param feesWei live bids at or above the base fee, best first.
    function prices(
        uint256[] memory feesWei,
        uint256 count,
        uint256 baseFeeWei
    ) internal pure returns (uint256[] memory pricesWei) {
        pricesWei = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            pricesWei[i] = i + 1 < feesWei.length ? Math.max(baseFeeWei, feesWei[i + 1]) : baseFeeWei;
        }
    }

    /// @notice bond = max(MIN_BOND, BOND_MULTIPLE * B) + tier 1's penalty.
    function bond(uint256 baseFeeWei, uint256 tier1PenaltyWei) internal pure returns (uint256) {
        return Math.max(MIN_BOND_WEI, BOND_MULTIPLE * baseFeeWei) + tier1PenaltyWei;
    }

    /// @notice Slots a prover offers: min(free capacity, free cover / bond).
    function slots(uint256 freeCapacity, uint256 freeWei, uint256 bondWei) internal pure returns (uint256) {
        return Math.min(freeCapacity, freeWei / bondWei);
    }
}
