// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BookHeap} from "../../contracts/libraries/BookHeap.sol";
import {Laws} from "./Laws.sol";

/// @title BookLaws
/// @notice Every bid, and books of three bids; where their words are of 64 bits, solvers took too long over all 256.
contract BookLaws is Laws {
    using BookHeap for uint256[64];

    uint256[64] private _words;

    /// @notice A word says what was packed into it.
    function check_pack_is_undone(
        uint96 feeWei,
        uint48 sequence,
        uint40 expiresAt,
        uint8 place
    ) external pure {
        uint256 word = BookHeap.pack(feeWei, sequence, expiresAt, place);
        assert(BookHeap.maxFeeOf(word) == feeWei && BookHeap.sequenceOf(word) == sequence);
        assert(BookHeap.expiryOf(word) == expiresAt && BookHeap.placeOf(word) == place);
    }

    /// @notice Invariant 10: the higher bid wins, whatever else is in the words.
    function check_higher_bid_wins(
        uint96 high,
        uint96 low,
        uint48 sequence,
        uint48 earlier,
        uint40 expiresAt,
        uint40 expiry
    ) external pure {
        _assume(high > low);
        assert(BookHeap.pack(high, sequence, expiresAt, 0) > BookHeap.pack(low, earlier, expiry, 255));
    }

    /// @notice Invariant 10: of equal bids the earlier wins.
    function check_earlier_of_equal_bids_wins(
        uint96 feeWei,
        uint48 early,
        uint48 late,
        uint40 expiresAt,
        uint40 expiry
    ) external pure {
        _assume(early < late);
        assert(BookHeap.pack(feeWei, early, expiresAt, 0) > BookHeap.pack(feeWei, late, expiry, 255));
    }

    /// @notice Three bids in any order make a heap: the worst at the root.
    function check_insert_makes_a_heap(uint64 a, uint64 b, uint64 c) external {
        _fill(a, b, c);
        assert(_words[0] <= _words[1] && _words[0] <= _words[2]);
        assert(_words[0] <= a && _words[0] <= b && _words[0] <= c);
    }

    /// @notice The worst gives way to a newcomer, and the rest is a heap.
    function check_replacing_the_worst_keeps_a_heap(uint256 a, uint256 b, uint256 c, uint256 word) external {
        _fill(a, b, c);
        uint256 worst = _words[0];
        _words.replaceWorst(3, word);
        assert(_words[0] <= _words[1] && _words[0] <= _words[2]);
        assert(_words[0] ^ _words[1] ^ _words[2] == a ^ b ^ c ^ worst ^ word);
    }

    /// @notice What is taken out leaves the others in order.
    function check_removing_leaves_the_others(uint64 a, uint64 b, uint64 c, uint8 index) external {
        _fill(a, b, c);
        uint256 taken;
        if (index == 0) taken = _take(0);
        else if (index == 1) taken = _take(1);
        else taken = _take(2);
        assert(_words[0] <= _words[1]);
        assert(_words[0] ^ _words[1] == a ^ b ^ c ^ taken);
    }

    /// @notice A bid that is raised sinks to its place.
    function check_raising_keeps_a_heap(uint256 a, uint256 b, uint256 c, uint256 word) external {
        _fill(a, b, c);
        _assume(word > _words[0]);
        _words.raiseAt(3, 0, word);
        assert(_words[0] <= _words[1] && _words[0] <= _words[2]);
    }

    /// @notice Sorted words are in ascending order, none lost.
    function check_sorted_is_ascending(uint256 a, uint256 b, uint256 c) external {
        _fill(a, b, c);
        uint256[] memory list = _words.sorted(3);
        assert(list.length == 3 && list[0] < list[1] && list[1] < list[2]);
        assert(list[0] ^ list[1] ^ list[2] == a ^ b ^ c);
    }

    function _take(uint256 index) private returns (uint256 taken) {
        taken = _words[index];
        _words.removeAt(3, index);
    }

    /// @dev Words of a book are never equal: each has a sequence of its own.
    function _fill(uint256 a, uint256 b, uint256 c) private {
        _assume(a != b && b != c && a != c);
        _words.insert(0, a);
        _words.insert(1, b);
        _words.insert(2, c);
    }
}
