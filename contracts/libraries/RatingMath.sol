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
    /// @dev What a proof counts that came after its window, within the grace.
    uint256 internal constant LATE_PPM = 200_000;
    /// @dev A prover that pays its way out of jail starts at most here.
    uint256 internal constant JAIL_RATING_PPM = 300_000;
    /// @dev Three declined tasks in a row count as one fault.
    uint256 internal constant DECLINE_LIMIT = 3;
    /// @dev More faults in a row than these lead to jail.
    uint256 internal constant JAIL_FAILURES = 3;
    uint256 internal constant MIN_BAN_SECONDS = 1 hours;
    /// @dev Longest ban, and what leaving jail takes.
    uint256 internal constant MAX_BAN_SECONDS = 7 days;
    uint256 private constant DECLINE_DIVISOR = 64;
    /// @dev 2^8 hours are more than seven days; no later ban is longer.
    uint256 private constant MAX_DOUBLINGS = 8;
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

    /// @notice After a proof within the grace: x = 200_000.
    function late(uint256 ratingPpm) internal pure returns (uint256) {
        return _after(ratingPpm, LATE_PPM);
    }

    /// @notice After a declined task: R - R / 64.
    function declined(uint256 ratingPpm) internal pure returns (uint256) {
        return ratingPpm - ratingPpm / DECLINE_DIVISOR;
    }

    /// @notice How long a fault bans: min(1 h * 2^(failures - 1), 7 d).
    /// @param failureCount faults in a row, this one included; at least 1.
    function banSeconds(uint256 failureCount) internal pure returns (uint256) {
        return Math.min(MIN_BAN_SECONDS << Math.min(failureCount - 1, MAX_DOUBLINGS), MAX_BAN_SECONDS);
    }

    /// @notice Whether so many faults in a row lead to jail.
    function jails(uint256 failureCount) internal pure returns (bool) {
        return failureCount > JAIL_FAILURES;
    }

    /// @notice Rating of a prover that leaves jail: min(R, 300_000).
    function afterJail(uint256 ratingPpm) internal pure returns (uint256) {
        return Math.min(ratingPpm, JAIL_RATING_PPM);
    }

    /// @notice Jobs at once a record allows: 1 + successes / 4.
    function newcomerCapacity(uint256 successCount) internal pure returns (uint256) {
        return 1 + successCount / SUCCESSES_PER_JOB;
    }

    function _after(uint256 ratingPpm, uint256 markPpm) private pure returns (uint256) {
        return ((MEMORY - 1) * ratingPpm + markPpm) / MEMORY;
    }
}
