// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPointMath} from "./FixedPointMath.sol";

/// @title DecayMath
/// @notice What an idle prover loses: 1 % a day in whole hours, after a day without an accepted proof.
library DecayMath {
    /// @dev floor(RAY * 0.99^(1/24)).
    uint256 internal constant DECAY_RAY = 999581323675507374908758583;
    uint256 internal constant GRACE_SECONDS = 86_400;
    uint256 internal constant HOUR_SECONDS = 3600;
    /// @dev Decay never takes a prover below what it needs to stay.
    uint256 internal constant FLOOR_WEI = 24e18;

    /// @notice Whole idle hours due: h = (idle - 86400) / 3600 - hoursCharged, with
    ///         decaysFrom = lastProof + 86400 + 3600 * hoursCharged.
    function hoursDue(uint256 clockSeconds, uint256 decaysFrom) internal pure returns (uint256) {
        return Math.saturatingSub(clockSeconds, decaysFrom) / HOUR_SECONDS;
    }

    /// @notice max(24 ZK, locked - unbonding - sponsored): decay never uncovers a bond.
    function floorWei(
        uint256 lockedWei,
        uint256 unbondingWei,
        uint256 sponsoredWei
    ) internal pure returns (uint256) {
        return Math.max(FLOOR_WEI, Math.saturatingSub(lockedWei, unbondingWei + sponsoredWei));
    }

    /// @notice own' = own > floor ? max(own * DECAY^hours, floor) : own.
    function decayed(uint256 ownWei, uint256 floor, uint256 hourCount) internal pure returns (uint256) {
        if (ownWei <= floor || hourCount == 0) return ownWei;
        uint256 left = FixedPointMath.mulDivDown(
            ownWei,
            FixedPointMath.rpow(DECAY_RAY, hourCount),
            FixedPointMath.RAY
        );
        return Math.max(left, floor);
    }
}
