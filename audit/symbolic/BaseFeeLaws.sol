// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BaseFeeMath} from "../../contracts/libraries/BaseFeeMath.sol";
import {Laws} from "./Laws.sol";

/// @title BaseFeeLaws
/// @notice Every excess that fits its storage, and every pressure a round can have.
contract BaseFeeLaws is Laws {
    uint256 private constant TARGET = 1_000_000;
    uint256 private constant MAX = 116_000_000;

    /// @notice E stays within its bounds, whatever it was.
    function check_next_is_bounded(uint32 excess, uint32 pressurePpm) external pure {
        assert(BaseFeeMath.next(excess, pressurePpm) <= MAX);
    }

    /// @notice Invariant 14 in E: a round moves it by the target at most, either way.
    function check_next_moves_by_the_target_at_most(uint32 excess, uint32 pressurePpm) external pure {
        _assume(excess <= MAX && pressurePpm <= 2 * TARGET);
        uint256 raised = BaseFeeMath.next(excess, pressurePpm);
        assert(raised <= uint256(excess) + TARGET && raised + TARGET >= excess);
    }

    /// @notice A round in balance changes nothing.
    function check_next_holds_in_balance(uint32 excess) external pure {
        _assume(excess <= MAX);
        assert(BaseFeeMath.next(excess, TARGET) == excess);
    }

    /// @notice More pressure, or more excess before, never leaves less excess.
    function check_next_is_monotone(
        uint32 excess,
        uint32 more,
        uint32 pressurePpm,
        uint32 harder
    ) external pure {
        _assume(more >= excess && harder >= pressurePpm);
        assert(BaseFeeMath.next(more, harder) >= BaseFeeMath.next(excess, pressurePpm));
    }

    /// @notice Invariant 15: an empty round is a round without pressure.
    function check_empty_round_equals_a_round_without_pressure(uint32 excess) external pure {
        _assume(excess <= MAX);
        assert(BaseFeeMath.afterEmpty(excess, 1) == BaseFeeMath.next(excess, 0));
    }

    /// @notice Invariant 16: more bids than slots never press less than a full round.
    function check_pressure_of_a_full_book_is_the_target_at_least(
        uint8 bids,
        uint8 slots,
        uint96 loserWei,
        uint96 baseFeeWei
    ) external pure {
        _assume(bids > slots && baseFeeWei > 0 && loserWei >= baseFeeWei);
        assert(BaseFeeMath.pressure(bids, slots, loserWei, baseFeeWei) >= TARGET);
    }

    /// @notice Nothing known, nothing changed; bids without slots press hardest.
    function check_pressure_without_slots(uint8 bids, uint96 loserWei, uint96 baseFeeWei) external pure {
        uint256 pressurePpm = BaseFeeMath.pressure(bids, 0, loserWei, baseFeeWei);
        assert(pressurePpm == (bids == 0 ? TARGET : 2 * TARGET));
    }

    /// @notice Without excess the base fee is the least there is.
    function check_base_fee_starts_at_its_least() external pure {
        assert(BaseFeeMath.baseFee(0) == 0.01e18);
    }
}
