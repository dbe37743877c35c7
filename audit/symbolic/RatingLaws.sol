// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RatingMath} from "../../contracts/libraries/RatingMath.sol";
import {Laws} from "./Laws.sol";

/// @title RatingLaws
/// @notice Every rating from 0 to 1e6, windows of 16 bits, counts of 16 bits.
contract RatingLaws is Laws {
    uint256 private constant ONE = 1_000_000;

    /// @notice Invariant 28: a rating stays within 0 and 1e6.
    function check_on_time_stays_within_one(uint32 ratingPpm, uint16 delay, uint16 window) external pure {
        _assume(ratingPpm <= ONE && window > 0);
        assert(RatingMath.onTime(ratingPpm, delay, window) <= ONE);
    }

    /// @notice A proof in time counts at least 0.8 and never less than a late one.
    function check_on_time_is_better_than_late(uint32 ratingPpm, uint16 delay, uint16 window) external pure {
        _assume(ratingPpm <= ONE && window > 0);
        assert(RatingMath.onTime(ratingPpm, delay, window) >= RatingMath.late(ratingPpm));
    }

    /// @notice Invariant 28: a fault never raises a rating, and a wrong proof costs more than none.
    function check_faults_never_raise_a_rating(uint32 ratingPpm) external pure {
        _assume(ratingPpm <= ONE);
        uint256 missed = RatingMath.missed(ratingPpm);
        uint256 invalid = RatingMath.invalid(ratingPpm);
        assert(invalid <= missed && missed <= ratingPpm);
    }

    /// @notice Being late is better than nothing, and never lifts a rating above its mark.
    function check_late_lies_between_missed_and_its_mark(uint32 ratingPpm) external pure {
        _assume(ratingPpm <= ONE);
        uint256 late = RatingMath.late(ratingPpm);
        assert(late >= RatingMath.missed(ratingPpm));
        assert(late <= ratingPpm || late <= 200_000);
    }

    /// @notice A decline costs a sixty-fourth at most and never more than a missed window, but for a wei of rounding.
    function check_decline_costs_a_sixty_fourth(uint32 ratingPpm) external pure {
        _assume(ratingPpm <= ONE);
        uint256 declined = RatingMath.declined(ratingPpm);
        assert(declined <= ratingPpm && 64 * (ratingPpm - declined) <= ratingPpm);
        assert(declined + 1 >= RatingMath.missed(ratingPpm));
    }

    /// @notice The better of two records stays the better, whatever both do next.
    function check_order_is_kept(uint32 ratingPpm, uint32 better) external pure {
        _assume(ratingPpm <= better && better <= ONE);
        assert(RatingMath.missed(ratingPpm) <= RatingMath.missed(better));
        assert(RatingMath.late(ratingPpm) <= RatingMath.late(better));
        assert(RatingMath.invalid(ratingPpm) <= RatingMath.invalid(better));
    }

    /// @notice A ban is an hour to seven days, and one fault more doubles it up to that.
    function check_ban_doubles_up_to_seven_days(uint16 failureCount) external pure {
        _assume(failureCount > 0);
        uint256 ban = RatingMath.banSeconds(failureCount);
        uint256 next = RatingMath.banSeconds(uint256(failureCount) + 1);
        assert(ban >= 1 hours && ban <= 7 days);
        assert(next == (2 * ban < 7 days ? 2 * ban : 7 days));
    }

    /// @notice Jail is left with the old rating or the start's, whichever is less.
    function check_jail_never_raises_a_rating(uint32 ratingPpm) external pure {
        uint256 freed = RatingMath.afterJail(ratingPpm);
        assert(freed <= ratingPpm && freed <= 300_000);
        assert(freed == ratingPpm || freed == 300_000);
    }

    /// @notice A newcomer has one job, and one more for every four successes.
    function check_newcomer_capacity_grows_by_fours(uint16 successCount) external pure {
        uint256 jobs = RatingMath.newcomerCapacity(successCount);
        assert(jobs >= 1 && 4 * (jobs - 1) <= successCount && successCount < 4 * jobs);
    }
}
