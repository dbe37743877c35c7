// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {UnitMath} from "../../contracts/tier1/UnitMath.sol";
import {FixedPointMath} from "../../contracts/libraries/FixedPointMath.sol";
import {Laws} from "./Laws.sol";

/// @title UnitLaws
/// @notice Units and prices of 64 bits, of a token with six or eighteen decimals; factors of 96 bits.
contract UnitLaws is Laws {
    /// @notice The two roundings differ by a wei at most, and down is never above up.
    function check_up_is_down_or_one_more(uint64 units, uint64 priceWei) external pure {
        uint256 down = UnitMath.toWeiDown(units, priceWei, 1e6);
        uint256 up = UnitMath.toWeiUp(units, priceWei, 1e6);
        assert(up == down || up == down + 1);
    }

    /// @notice Nothing is worth nothing, whichever way it is rounded.
    function check_nothing_is_worth_nothing(uint64 amount) external pure {
        assert(UnitMath.toWeiDown(0, amount, 1e18) == 0 && UnitMath.toWeiUp(0, amount, 1e18) == 0);
        assert(UnitMath.toWeiDown(amount, 0, 1e18) == 0 && UnitMath.toWeiUp(amount, 0, 1e18) == 0);
    }

    /// @notice A product over one is the product.
    function check_product_over_one_is_exact(uint96 a, uint96 b) external pure {
        assert(FixedPointMath.mulDivDown(a, b, 1) == FixedPointMath.mulDivUp(a, b, 1));
    }
}
