// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A queue's auction between two clearings.
struct Round {
    // storage word 0
    uint40 nextSequence; // of the next bid or raise
    uint40 clearedSequence; // bids below this one have survived a clearing
    uint40 startedAt; // last clearing, or the start of the current round in an empty book
    uint32 excess; // E, ppm-rounds
    uint8 bidCount;
    uint64 places; // bit i: place i of the book is taken
}
