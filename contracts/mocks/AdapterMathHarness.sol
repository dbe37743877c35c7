// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UnitMath} from "../tier1/UnitMath.sol";

/// @title AdapterMathHarness
/// @notice For tests only: what adapters compute, callable.
contract AdapterMathHarness {
    function toWeiDown(uint256 units, uint256 priceWei, uint256 tokenUnits) external pure returns (uint256) {
        return UnitMath.toWeiDown(units, priceWei, tokenUnits);
    }

    function toWeiUp(uint256 units, uint256 priceWei, uint256 tokenUnits) external pure returns (uint256) {
        return UnitMath.toWeiUp(units, priceWei, tokenUnits);
    }
}
