// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SplitMath} from "../../contracts/libraries/SplitMath.sol";
import {Laws} from "./Laws.sol";

/// @title SplitLaws
/// @notice A price of at most 2^96 wei and rates up to the whole.
contract SplitLaws is Laws {
    uint256 private constant BPS = 10_000;

    /// @notice Invariant 4: the parts are the price, no wei more or less.
    function check_parts_sum_to_the_price(
        uint96 priceWei,
        uint16 poolBps,
        uint16 acceleratorBps,
        uint16 sponsorBps,
        uint16 delegatorsBps
    ) external pure {
        _assume(poolBps <= BPS && delegatorsBps <= BPS && uint256(acceleratorBps) + sponsorBps <= BPS);
        SplitMath.Split memory parts = SplitMath.split(
            priceWei,
            poolBps,
            acceleratorBps,
            sponsorBps,
            delegatorsBps
        );
        uint256 sum = parts.proverWei + parts.acceleratorWei + parts.delegatorsWei + parts.treasuryWei;
        assert(sum == priceWei);
    }

    /// @notice Without a sponsor, delegators and treasury share the pool's cut, and that is all of it.
    function check_pool_gets_its_cut_alone(
        uint96 priceWei,
        uint16 poolBps,
        uint16 acceleratorBps,
        uint16 delegatorsBps
    ) external pure {
        _assume(poolBps <= BPS && delegatorsBps <= BPS && acceleratorBps <= BPS);
        (, , uint256 delegatorsWei, uint256 treasuryWei) = SplitMath.cut(
            priceWei,
            poolBps,
            acceleratorBps,
            0,
            delegatorsBps
        );
        assert(delegatorsWei + treasuryWei == (uint256(priceWei) * poolBps) / BPS);
    }

    /// @notice Who takes no part gets none of it.
    function check_rate_of_zero_gets_nothing(
        uint96 priceWei,
        uint16 poolBps,
        uint16 sponsorBps
    ) external pure {
        _assume(poolBps <= BPS && sponsorBps <= BPS);
        SplitMath.Split memory parts = SplitMath.split(priceWei, poolBps, 0, sponsorBps, 0);
        assert(parts.acceleratorWei == 0);
        parts = SplitMath.split(priceWei, 0, 0, 0, BPS);
        assert(parts.proverWei == priceWei);
    }
}
