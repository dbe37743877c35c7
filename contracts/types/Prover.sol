// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AcceleratorId, ProverId} from "./Ids.sol";

/// @notice Who a prover is and how it has done.
struct Prover {
    // storage word 0
    address account; // stakes, submits, is paid
    uint24 ratingPpm;
    uint24 successCount; // accepted proofs
    uint8 failureCount; // faults in a row
    uint8 declineCount; // declined tasks in a row; three count as one fault
    uint32 bannedUntil; // gets no task at or before; the greatest number means jail
}

/// @notice A prover's place in one queue.
struct Seat {
    // storage word 0
    ProverId prover; // 0: the seat is free
    uint8 capacity; // jobs at once it offers
    uint8 inFlight; // jobs it has
    uint64 pass; // stride scheduling: the least pass is served next
    AcceleratorId accelerator; // whose software it runs here; 0 for none
    uint16 acceleratorBps; // that software's share of the prover's side
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

/// @notice What a prover lets a hot key do for it.
struct HotKey {
    // storage word 0
    uint8 scopes; // bits: 1 submit, 2 decline, 4 heartbeat
    uint40 expiresAt; // last second it may act
    bool accepted; // the key has agreed
}
