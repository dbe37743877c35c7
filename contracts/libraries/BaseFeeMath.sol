// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPointMath} from "./FixedPointMath.sol";

/// @title BaseFeeMath
/// @notice How the reserve price of a slot follows demand.
library BaseFeeMath {
    uint256 internal constant MIN_BASE_FEE_WEI = 0.01e18;
    /// @dev D: one round moves the base fee by at most e^(1e6 / D), that is 12.5 %. Below 2e6 it falls into a limit cycle.
    uint256 internal constant DENOMINATOR = 8_500_000;
    /// @dev Bounds the exponential's loop; the base fee stays below 8,500 ZK.
    uint256 internal constant EXCESS_MAX = 116_000_000;
    /// @dev Pressure of a round in balance: as many bids as slots.
    uint256 internal constant TARGET_PPM = 1_000_000;
    /// @dev Least time between two clearings.
    uint256 internal constant ROUND_SECONDS = 300;

    /// @notice B = fakeExponential(MIN_BASE_FEE, E, D).
    function baseFee(uint256 excess) internal pure returns (uint256) {
        return FixedPointMath.fakeExponential(MIN_BASE_FEE_WEI, excess, DENOMINATOR);
    }

    /// @notice q of a round with `bidCount` live bids for `slotCount` slots.
    /// @dev q = 1e6 n / K when n <= K; 1e6 + min(1e6, 1e6 (loser - B) / B) when n > K; 2e6 when bids find no slot.
    ///      Without bids and slots nothing is known and the result is TARGET, which holds E.
    /// @param firstLoserWei bid of rank K + 1; read only when n > K > 0.
    function pressure(
        uint256 bidCount,
        uint256 slotCount,
        uint256 firstLoserWei,
        uint256 baseFeeWei
    ) internal pure returns (uint256) {
        if (slotCount == 0) return bidCount == 0 ? TARGET_PPM : 2 * TARGET_PPM;
        if (bidCount <= slotCount) return (TARGET_PPM * bidCount) / slotCount;
        return TARGET_PPM + Math.min(TARGET_PPM, (TARGET_PPM * (firstLoserWei - baseFeeWei)) / baseFeeWei);
    }

    /// @notice E' = clamp(E + q - TARGET, 0, EXCESS_MAX).
    function next(uint256 excess, uint256 pressurePpm) internal pure returns (uint256) {
        uint256 raised = excess + pressurePpm;
        if (raised <= TARGET_PPM) return 0;
        return Math.min(raised - TARGET_PPM, EXCESS_MAX);
    }

    /// @notice E after `roundCount` rounds with an empty book, exactly that many single steps.
    function afterEmpty(uint256 excess, uint256 roundCount) internal pure returns (uint256) {
        return Math.saturatingSub(excess, Math.saturatingMul(roundCount, TARGET_PPM));
    }
}
