// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId, QueueId} from "./Ids.sol";

/// @dev Legal moves: NONE -> QUEUED -> ASSIGNED -> PROVEN; QUEUED -> CANCELLED | EXPIRED | EVICTED;
///      ASSIGNED -> OPEN -> FAILED. Ended states are final.
enum TaskStatus {
    NONE,
    QUEUED,
    ASSIGNED,
    OPEN,
    PROVEN,
    FAILED,
    CANCELLED,
    EXPIRED,
    EVICTED
}

/// @notice One bid and what became of it.
struct Task {
    // storage word 0
    address requester;
    uint96 amountWei; // the bid while QUEUED, the price once assigned
    // storage word 1
    TaskStatus status;
    QueueId queue;
    uint8 place; // place in the book while QUEUED, seat of the prover once assigned
    uint48 nonce; // first sequence number of the bid; part of the task's id
    uint40 proveBy; // end of the proof window; 0 while QUEUED
    uint16 termsVersion; // of the queue, at assignment
    ProverId prover; // assigned prover
    uint80 bondWei; // locked, 0 once released or slashed
}
