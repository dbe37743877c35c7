// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title FixedPointMath
/// @notice Products, powers and the exponential, each with its rounding in its name or its text.
library FixedPointMath {
    /// @notice One in ray, the unit of `rpow`.
    uint256 internal constant RAY = 1e27;

    /// @notice floor(a * b / d), in full precision.
    function mulDivDown(uint256 a, uint256 b, uint256 d) internal pure returns (uint256) {
        return Math.mulDiv(a, b, d);
    }

    /// @notice ceil(a * b / d), in full precision.
    function mulDivUp(uint256 a, uint256 b, uint256 d) internal pure returns (uint256) {
        return Math.mulDiv(a, b, d, Math.Rounding.Ceil);
    }

    /// @notice base^exponent in ray, every product rounded down.
    /// @param baseRay at most RAY, so that no product overflows.
    function rpow(uint256 baseRay, uint256 exponent) internal pure returns (uint256 resultRay) {
        resultRay = exponent & 1 == 1 ? baseRay : RAY;
        for (exponent >>= 1; exponent != 0; exponent >>= 1) {
            baseRay = (baseRay * baseRay) / RAY;
            if (exponent & 1 == 1) resultRay = (resultRay * baseRay) / RAY;
        }
    }

    /// @notice factor * e^(numerator / denominator), rounded down as EIP-4844 defines it.
    /// @dev The number of terms is about 3 * numerator / denominator + 20; callers bound the quotient.
    function fakeExponential(
        uint256 factor,
        uint256 numerator,
        uint256 denominator
    ) internal pure returns (uint256) {
        uint256 sum = 0;
        uint256 term = factor * denominator;
        for (uint256 i = 1; term > 0; ++i) {
            sum += term;
            term = (term * numerator) / (denominator * i);
        }
        return sum / denominator;
    }
}
