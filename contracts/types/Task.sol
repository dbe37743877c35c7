// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId, QueueId} from "./Ids.sol";

/// @dev Legal moves: NONE -> QUEUED -> ASSIGNED -> PROVEN; QUEUED -> CANCELLED | EXPIRED | EVICTED;
///      ASSIGNED -> OPEN (missed, invalid, declined) -> ASSIGNED (claimed by a rescuer) | FAILED. A frozen queue ends QUEUED,
///      ASSIGNED and OPEN tasks as FAILED. Ended states are final.
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
    uint40 nonce; // first sequence number of the bid; part of the task's id
    bool rescued; // assigned by `claimOpen`: half the proof window
    uint40 proveBy; // end of the proof window; 0 while QUEUED
    uint16 termsVersion; // of the queue, at assignment
    ProverId prover; // assigned prover
    uint80 bondWei; // locked, 0 once released or slashed
}

/// @notice What a task that was open has to remember; zero for all others.
struct Rescue {
    // storage word 0
    uint96 bountyWei; // rescuers' parts of the slashes so far
    uint40 openUntil; // end of the liability window
    uint8 declineCount;
    ProverId firstDecliner;
    ProverId secondDecliner;
}
