// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {StrideMath} from "../../contracts/libraries/StrideMath.sol";
import {Laws} from "./Laws.sol";

/// @title StrideLaws
/// @notice Every rating, passes of 64 bits, and a draw of one or two tasks by two provers.
contract StrideLaws is Laws {
    /// @notice A task goes to the least pass with a slot left, of equal passes to the lower seat.
    function check_draw_takes_the_least_pass(
        uint64 first,
        uint64 second,
        uint8 firstSlots,
        uint8 secondSlots
    ) external pure {
        _assume(uint256(firstSlots) + secondSlots >= 1);
        (uint256[] memory passes, uint256[] memory ratings, uint256[] memory slots) = _two(
            first,
            second,
            firstSlots,
            secondSlots
        );
        uint256 pick = StrideMath.draw(passes, ratings, slots, 1)[0];
        if (firstSlots == 0) assert(pick == 1);
        else if (secondSlots == 0) assert(pick == 0);
        else assert(pick == (first <= second ? 0 : 1));
    }

    /// @notice Who is drawn pays one step and gives one slot; the other keeps both.
    function check_draw_costs_a_step_and_a_slot(
        uint64 first,
        uint64 second,
        uint8 firstSlots,
        uint8 secondSlots
    ) external pure {
        _assume(uint256(firstSlots) + secondSlots >= 1);
        (uint256[] memory passes, uint256[] memory ratings, uint256[] memory slots) = _two(
            first,
            second,
            firstSlots,
            secondSlots
        );
        uint256 pick = StrideMath.draw(passes, ratings, slots, 1)[0];
        assert(passes[0] == first + (pick == 0 ? StrideMath.step(ratings[0]) : 0));
        assert(passes[1] == second + (pick == 1 ? StrideMath.step(ratings[1]) : 0));
        assert(slots[0] + (pick == 0 ? 1 : 0) == firstSlots && slots[1] + (pick == 1 ? 1 : 0) == secondSlots);
    }

    /// @notice Invariant 12: nobody is drawn more often than it has slots.
    function check_draw_keeps_to_the_slots(uint64 first, uint64 second) external pure {
        (uint256[] memory passes, uint256[] memory ratings, uint256[] memory slots) = _two(
            first,
            second,
            1,
            1
        );
        uint256[] memory picks = StrideMath.draw(passes, ratings, slots, 2);
        assert(picks[0] + picks[1] == 1);
        assert(slots[0] == 0 && slots[1] == 0);
    }

    function _two(
        uint256 first,
        uint256 second,
        uint256 firstSlots,
        uint256 secondSlots
    ) private pure returns (uint256[] memory passes, uint256[] memory ratings, uint256[] memory slots) {
        (passes, ratings, slots) = (new uint256[](2), new uint256[](2), new uint256[](2));
        (passes[0], passes[1]) = (first, second);
        (ratings[0], ratings[1]) = (300_000, 900_000);
        (slots[0], slots[1]) = (firstSlots, secondSlots);
    }
}
