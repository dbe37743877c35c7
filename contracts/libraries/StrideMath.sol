// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title StrideMath
/// @notice Stride scheduling: who gets the next task. Long-run share follows the rating, without randomness.
library StrideMath {
    uint256 internal constant STRIDE = 1e12;
    /// @dev Least weight, so that a prover at rating 0 is still served now and then and a step is bounded.
    uint256 internal constant MIN_WEIGHT = 10_000;

    /// @notice What one task adds to a prover's pass: STRIDE / max(rating, MIN_WEIGHT).
    function step(uint256 ratingPpm) internal pure returns (uint256) {
        return STRIDE / Math.max(ratingPpm, MIN_WEIGHT);
    }

    /// @notice Gives `count` tasks, each to the least pass with a slot left; of equal passes to the lower index.
    /// @param passes by prover, in seat order; moved on in place.
    /// @param slots by prover; used up in place. Their sum is at least `count`.
    /// @return picks index of the prover of each task, in drawing order.
    function draw(
        uint256[] memory passes,
        uint256[] memory ratingsPpm,
        uint256[] memory slots,
        uint256 count
    ) internal pure returns (uint256[] memory picks) {
        picks = new uint256[](count);
        uint256 proverCount = passes.length;
        // What the inner loop compares: a prover's pass, or the greatest number once its slots are used up.
        uint256[] memory keys = new uint256[](proverCount);
        for (uint256 i = 0; i < proverCount; ++i) keys[i] = slots[i] == 0 ? type(uint256).max : passes[i];
        for (uint256 t = 0; t < count; ++t) {
            uint256 best = 0;
            uint256 least = type(uint256).max;
            for (uint256 i = 0; i < proverCount; ++i) {
                uint256 key = keys[i];
                if (key < least) (best, least) = (i, key);
            }
            picks[t] = best;
            uint256 pass = least + step(ratingsPpm[best]);
            uint256 left = slots[best] - 1;
            (passes[best], slots[best]) = (pass, left);
            keys[best] = left == 0 ? type(uint256).max : pass;
        }
    }
}
