// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title RatingMath
/// @notice How a prover's record moves its rating: R' = (15 R + x) / 16, in ppm.
library RatingMath {
    uint256 internal constant ONE_PPM = 1_000_000;
    uint256 internal constant START_PPM = 300_000;
    /// @dev A proof at the very end of its window counts 0.8.
    uint256 internal constant DELAY_PPM = 200_000;
    uint256 private constant MEMORY = 16;
    /// @dev Successes that earn a newcomer one more job at once.
    uint256 private constant SUCCESSES_PER_JOB = 4;

    /// @notice After a proof in time: x = 1e6 - 200_000 * delay / W.
    function onTime(
        uint256 ratingPpm,
        uint256 delaySeconds,
        uint256 windowSeconds
    ) internal pure returns (uint256) {
        return
            _after(ratingPpm, ONE_PPM - (DELAY_PPM * Math.min(delaySeconds, windowSeconds)) / windowSeconds);
    }

    /// @notice After a missed window: x = 0.
    function missed(uint256 ratingPpm) internal pure returns (uint256) {
        return _after(ratingPpm, 0);
    }

    /// @notice After an invalid proof: x = 0, then halved.
    function invalid(uint256 ratingPpm) internal pure returns (uint256) {
        return _after(ratingPpm, 0) / 2;
    }

    /// @notice Jobs at once a record allows: 1 + successes / 4.
    function newcomerCapacity(uint256 successCount) internal pure returns (uint256) {
        return 1 + successCount / SUCCESSES_PER_JOB;
    }

    function _after(uint256 ratingPpm, uint256 markPpm) private pure returns (uint256) {
        return ((MEMORY - 1) * ratingPpm + markPpm) / MEMORY;
    }
}
