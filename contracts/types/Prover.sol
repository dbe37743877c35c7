// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId} from "./Ids.sol";

/// @notice Who a prover is and how it has done.
struct Prover {
    // storage word 0
    address account; // stakes, submits, is paid
    uint24 ratingPpm;
    uint16 failureCount; // faults in a row
    uint32 successCount; // accepted proofs
}

/// @notice A prover's place in one queue.
struct Seat {
    // storage word 0
    ProverId prover; // 0: the seat is free
    uint8 capacity; // jobs at once it offers
    uint8 inFlight; // jobs it has
    uint64 pass; // stride scheduling: the least pass is served next
}

/// @notice A seated prover as the market sees it at clearing.
struct Candidate {
    ProverId prover;
    address account;
    uint8 seat;
    uint8 freeCapacity; // capacity (newcomers: at most 1 + successes / 4) less inFlight
    uint64 pass;
    uint24 ratingPpm;
}

/// @notice Tasks given to one seat by one clearing.
struct SeatAward {
    uint8 seat;
    uint8 taskCount;
    uint64 pass; // after the awards
}
