// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev Legal moves: NONE -> COMMITTED -> REVEALED | FORFEITED. Ended states are final.
enum CommitStatus {
    NONE,
    COMMITTED,
    REVEALED,
    FORFEITED
}

/// @notice A sealed bid, known by its hash alone until it is revealed.
struct Commitment {
    // storage word 0
    address requester;
    uint40 cycle; // of commit and reveal; revealed in this one or never
    CommitStatus status;
}
