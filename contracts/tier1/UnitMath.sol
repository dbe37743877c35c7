// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title UnitMath
/// @notice ZK has 18 decimals, a token of tier 1 any number of them: units of it into wei of ZK, at a price.
/// @dev `priceWei` is what a whole token of tier 1, `tokenUnits` = 10^decimals units, is worth. wei = units * priceWei / tokenUnits.
library UnitMath {
    /// @notice Wei that units are worth, rounded down: for what the pool pays, or owns.
    function toWeiDown(uint256 units, uint256 priceWei, uint256 tokenUnits) internal pure returns (uint256) {
        return Math.mulDiv(units, priceWei, tokenUnits);
    }

    /// @notice Wei that units are worth, rounded up: for what the pool is paid, or has lost.
    function toWeiUp(uint256 units, uint256 priceWei, uint256 tokenUnits) internal pure returns (uint256) {
        return Math.mulDiv(units, priceWei, tokenUnits, Math.Rounding.Ceil);
    }
}
