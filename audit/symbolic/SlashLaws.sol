// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SlashMath} from "../../contracts/libraries/SlashMath.sol";
import {Laws} from "./Laws.sol";

/// @title SlashLaws
/// @notice Amounts of at most 2^96 wei.
contract SlashLaws is Laws {
    /// @notice Invariant 4: what is slashed goes somewhere, no wei more or less.
    function check_waterfall_sums_to_the_slash(
        uint96 slashedWei,
        uint96 lossWei,
        uint96 priceWei,
        bool hasRescuer,
        bool hasKeeper
    ) external pure {
        SlashMath.Waterfall memory w = SlashMath.waterfall(
            slashedWei,
            lossWei,
            priceWei,
            hasRescuer,
            hasKeeper
        );
        assert(w.tier1Wei + w.requesterWei + w.rescuerWei + w.keeperWei + w.insuranceWei == slashedWei);
    }

    /// @notice Tier 1 comes first and gets its loss, as far as the slash goes.
    function check_waterfall_pays_tier1_first(
        uint96 slashedWei,
        uint96 lossWei,
        uint96 priceWei
    ) external pure {
        SlashMath.Waterfall memory w = SlashMath.waterfall(slashedWei, lossWei, priceWei, true, true);
        assert(w.tier1Wei <= lossWei && w.tier1Wei <= slashedWei);
        assert(w.tier1Wei == lossWei || w.tier1Wei == slashedWei);
        if (w.tier1Wei < lossWei) assert(w.requesterWei + w.rescuerWei + w.keeperWei + w.insuranceWei == 0);
    }

    /// @notice A requester is made whole at most.
    function check_waterfall_compensates_up_to_the_price(
        uint96 slashedWei,
        uint96 lossWei,
        uint96 priceWei
    ) external pure {
        SlashMath.Waterfall memory w = SlashMath.waterfall(slashedWei, lossWei, priceWei, true, true);
        assert(w.requesterWei <= priceWei);
    }

    /// @notice Who is not there gets nothing, and it goes to insurance.
    function check_waterfall_pays_nobody_who_is_not_there(
        uint96 slashedWei,
        uint96 lossWei,
        uint96 priceWei
    ) external pure {
        SlashMath.Waterfall memory all = SlashMath.waterfall(slashedWei, lossWei, priceWei, true, true);
        SlashMath.Waterfall memory none = SlashMath.waterfall(slashedWei, lossWei, priceWei, false, false);
        assert(none.rescuerWei == 0 && none.keeperWei == 0);
        assert(none.requesterWei == all.requesterWei && none.tier1Wei == all.tier1Wei);
        assert(none.insuranceWei == all.insuranceWei + all.rescuerWei + all.keeperWei);
    }

    /// @notice Invariant 24: bonds of other tasks stay covered, and nobody is slashed more than was asked.
    function check_capped_leaves_other_bonds_covered(
        uint96 demandedWei,
        uint96 slashableWei,
        uint96 lockedWei,
        uint96 bondWei
    ) external pure {
        _assume(bondWei <= lockedWei && lockedWei <= slashableWei);
        uint256 slashedWei = SlashMath.capped(demandedWei, slashableWei, lockedWei, bondWei);
        assert(slashedWei <= demandedWei);
        assert(slashableWei - slashedWei >= lockedWei - bondWei);
    }

    /// @notice The bond itself can always be taken whole.
    function check_capped_reaches_the_bond(
        uint96 slashableWei,
        uint96 lockedWei,
        uint96 bondWei
    ) external pure {
        _assume(bondWei <= lockedWei && lockedWei <= slashableWei);
        assert(SlashMath.capped(bondWei, slashableWei, lockedWei, bondWei) == bondWei);
    }

    /// @notice What is taken is the slash, no wei more or less, and no source gives more than it has.
    function check_take_sums_to_the_slash(
        uint96 slashedWei,
        uint96 ownWei,
        uint96 unbondingWei
    ) external pure {
        (uint256 own, uint256 unbonding, uint256 sponsored) = SlashMath.take(
            slashedWei,
            ownWei,
            unbondingWei
        );
        assert(own + unbonding + sponsored == slashedWei);
        assert(own <= ownWei && unbonding <= unbondingWei);
    }

    /// @notice Invariant 24: own stake before unbonding, unbonding before lent stake.
    function check_take_keeps_its_order(uint96 slashedWei, uint96 ownWei, uint96 unbondingWei) external pure {
        (uint256 own, uint256 unbonding, uint256 sponsored) = SlashMath.take(
            slashedWei,
            ownWei,
            unbondingWei
        );
        if (unbonding > 0) assert(own == ownWei);
        if (sponsored > 0) assert(unbonding == unbondingWei);
    }

    /// @notice Being late costs half the bond, rounded down.
    function check_late_costs_half(uint96 bondWei) external pure {
        uint256 lateWei = SlashMath.late(bondWei);
        assert(2 * lateWei <= bondWei && bondWei - 2 * lateWei <= 1);
    }

    /// @notice A wrong proof costs the bond at least, and never less than being late.
    function check_invalid_costs_the_bond_at_least(uint96 bondWei, uint96 ownWei) external pure {
        uint256 invalidWei = SlashMath.invalid(bondWei, ownWei);
        assert(invalidWei >= bondWei && invalidWei >= SlashMath.late(bondWei));
    }
}
