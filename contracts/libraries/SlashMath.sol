// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title SlashMath
/// @notice How much a fault costs and where it goes. At least 30 % of what tier 1 leaves reaches nobody.
library SlashMath {
    uint256 internal constant INVALID_OWN_BPS = 500;
    uint256 internal constant REQUESTER_BPS = 5000;
    uint256 internal constant RESCUER_BPS = 1800;
    uint256 internal constant KEEPER_BPS = 200;
    uint256 private constant BPS = 10_000;
    uint256 private constant LATE_DIVISOR = 2;

    /// @notice Where a slash goes; the parts sum to what was slashed.
    struct Waterfall {
        uint256 tier1Wei;
        uint256 requesterWei;
        uint256 rescuerWei;
        uint256 keeperWei;
        uint256 insuranceWei;
    }

    /// @notice An invalid proof costs max(bond, 5 % of own stake).
    function invalid(uint256 bondWei, uint256 ownWei) internal pure returns (uint256) {
        return Math.max(bondWei, (ownWei * INVALID_OWN_BPS) / BPS);
    }

    /// @notice A late proof costs half the bond.
    function late(uint256 bondWei) internal pure returns (uint256) {
        return bondWei / LATE_DIVISOR;
    }

    /// @notice S = min(s, slashable - (locked - bond)): bonds of other tasks stay covered.
    function capped(
        uint256 demandedWei,
        uint256 slashableWei,
        uint256 lockedWei,
        uint256 bondWei
    ) internal pure returns (uint256) {
        return Math.min(demandedWei, slashableWei - (lockedWei - bondWei));
    }

    /// @notice Takes S from own, then unbonding, then sponsored stake.
    function take(
        uint256 slashedWei,
        uint256 ownWei,
        uint256 unbondingWei
    ) internal pure returns (uint256 fromOwnWei, uint256 fromUnbondingWei, uint256 fromSponsoredWei) {
        fromOwnWei = Math.min(slashedWei, ownWei);
        fromUnbondingWei = Math.min(slashedWei - fromOwnWei, unbondingWei);
        fromSponsoredWei = slashedWei - fromOwnWei - fromUnbondingWei;
    }

    /// @notice tier1 = min(S, loss), r = S - tier1; requester min(r / 2, price), rescuer 18 % of r, keeper 2 % of r, rest insurance.
    function waterfall(
        uint256 slashedWei,
        uint256 tier1LossWei,
        uint256 priceWei,
        bool hasRescuer,
        bool hasKeeper
    ) internal pure returns (Waterfall memory parts) {
        parts.tier1Wei = Math.min(slashedWei, tier1LossWei);
        uint256 rest = slashedWei - parts.tier1Wei;
        parts.requesterWei = Math.min((rest * REQUESTER_BPS) / BPS, priceWei);
        if (hasRescuer) parts.rescuerWei = (rest * RESCUER_BPS) / BPS;
        if (hasKeeper) parts.keeperWei = (rest * KEEPER_BPS) / BPS;
        parts.insuranceWei = rest - parts.requesterWei - parts.rescuerWei - parts.keeperWei;
    }
}
