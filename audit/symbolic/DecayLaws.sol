// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DecayMath} from "../../contracts/libraries/DecayMath.sol";
import {FixedPointMath} from "../../contracts/libraries/FixedPointMath.sol";
import {Laws} from "./Laws.sol";

/// @title DecayLaws
/// @notice Clocks of 40 bits, amounts of at most 2^96 wei, and up to three hours of decay at once.
contract DecayLaws is Laws {
    /// @notice Invariant 21: no hour is due before it has passed.
    function check_no_hour_is_due_before_it_has_passed(uint40 clockSeconds, uint40 decaysFrom) external pure {
        _assume(clockSeconds < uint256(decaysFrom) + 3600);
        assert(DecayMath.hoursDue(clockSeconds, decaysFrom) == 0);
    }

    /// @notice Invariant 19: without unbonding and lent stake the floor covers every bond, and what a prover needs to stay.
    function check_floor_covers_bonds(uint96 lockedWei) external pure {
        uint256 floorWei = DecayMath.floorWei(lockedWei, 0, 0);
        assert(floorWei >= 24e18 && floorWei >= lockedWei);
    }

    /// @notice The floor is no higher than it has to be.
    function check_floor_is_tight(uint96 lockedWei, uint96 unbondingWei, uint96 sponsoredWei) external pure {
        uint256 floorWei = DecayMath.floorWei(lockedWei, unbondingWei, sponsoredWei);
        assert(floorWei == 24e18 || floorWei + unbondingWei + sponsoredWei == lockedWei);
    }

    /// @notice Invariant 22: decay stops at the floor, and what is under it already stays as it is.
    function check_decay_stops_at_the_floor(uint96 ownWei, uint96 floorWei, uint8 hourCount) external pure {
        _assume(hourCount <= 3);
        uint256 leftWei = DecayMath.decayed(ownWei, floorWei, hourCount);
        if (ownWei <= floorWei || hourCount == 0) assert(leftWei == ownWei);
        else assert(leftWei >= floorWei);
    }

    /// @notice No hour, no loss; an hour of one leaves the constant's part of a ray.
    function check_power_of_no_hour_and_of_one(uint96 baseRay) external pure {
        assert(FixedPointMath.rpow(baseRay, 0) == 1e27);
        assert(FixedPointMath.rpow(baseRay, 1) == baseRay);
    }

    /// @notice One to any power is one.
    function check_power_of_one_is_one(uint8 exponent) external pure {
        _assume(exponent < 16);
        assert(FixedPointMath.rpow(1e27, exponent) == 1e27);
    }
}
