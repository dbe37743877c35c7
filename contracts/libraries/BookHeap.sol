// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title BookHeap
/// @notice The book of a queue: a bounded min-heap of bids, the worst at the root.
/// @dev One word a bid: maxFee (96 bits) | 2^48 - 1 - sequence (48) | expiry (40) | place (8). Sequences are unique, so words
///      are strictly ordered: the higher bid wins, of equal bids the earlier. Words beyond the size keep old values: a word
///      that is never zero again costs 5,000 gas to reuse instead of 22,100.
library BookHeap {
    /// @dev Most bids a book holds.
    uint256 internal constant LIMIT = 64;
    uint256 private constant SEQUENCE_MAX = type(uint48).max;

    /// @notice Packs a bid into its word.
    function pack(
        uint256 maxFeeWei,
        uint256 sequence,
        uint256 expiresAt,
        uint256 place
    ) internal pure returns (uint256) {
        return (maxFeeWei << 96) | ((SEQUENCE_MAX - sequence) << 48) | (expiresAt << 8) | place;
    }

    function maxFeeOf(uint256 word) internal pure returns (uint256) {
        return word >> 96;
    }

    function sequenceOf(uint256 word) internal pure returns (uint256) {
        return SEQUENCE_MAX - ((word >> 48) & SEQUENCE_MAX);
    }

    function expiryOf(uint256 word) internal pure returns (uint256) {
        return (word >> 8) & type(uint40).max;
    }

    function placeOf(uint256 word) internal pure returns (uint256) {
        return word & type(uint8).max;
    }

    /// @notice Adds a word to a heap of `size` words; the caller keeps `size` below LIMIT.
    function insert(uint256[64] storage words, uint256 size, uint256 word) internal {
        _siftUp(words, size, word);
    }

    /// @notice Puts `word` in the root's place.
    function replaceWorst(uint256[64] storage words, uint256 size, uint256 word) internal {
        _siftDown(words, size, 0, word);
    }

    /// @notice Takes the word at `index` out of a heap of `size` words.
    function removeAt(uint256[64] storage words, uint256 size, uint256 index) internal {
        uint256 last = size - 1;
        if (index == last) return;
        uint256 moved = words[last];
        if (index > 0 && moved < words[(index - 1) / 2]) _siftUp(words, index, moved);
        else _siftDown(words, last, index, moved);
    }

    /// @notice Puts a greater word at `index`.
    function raiseAt(uint256[64] storage words, uint256 size, uint256 index, uint256 word) internal {
        _siftDown(words, size, index, word);
    }

    /// @notice Index of the bid at `place`; the caller knows that it is there.
    function find(uint256[64] storage words, uint256 place) internal view returns (uint256 index) {
        while (placeOf(words[index]) != place) ++index;
    }

    /// @notice The words in ascending order, which is a valid heap again.
    /// @dev By insertion: a heap is nearly in order, and what a clearing has written back is.
    function sorted(uint256[64] storage words, uint256 size) internal view returns (uint256[] memory list) {
        list = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 word = words[i];
            uint256 index = i;
            // Positive wherever it is lowered.
            unchecked {
                while (index != 0) {
                    uint256 below = list[index - 1];
                    if (below < word) break;
                    list[index] = below;
                    --index;
                }
            }
            list[index] = word;
        }
    }

    function _siftUp(uint256[64] storage words, uint256 index, uint256 word) private {
        while (index > 0) {
            uint256 parent = (index - 1) / 2;
            uint256 above = words[parent];
            if (above < word) break;
            words[index] = above;
            index = parent;
        }
        words[index] = word;
    }

    function _siftDown(uint256[64] storage words, uint256 size, uint256 index, uint256 word) private {
        while (true) {
            uint256 child = 2 * index + 1;
            if (child >= size) break;
            uint256 below = words[child];
            if (child + 1 < size) {
                uint256 right = words[child + 1];
                if (right < below) (child, below) = (child + 1, right);
            }
            if (word < below) break;
            words[index] = below;
            index = child;
        }
        words[index] = word;
    }
}
