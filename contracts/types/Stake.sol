// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A prover's stake, in wei of the stake token.
struct Stake {
    // storage word 0
    uint96 ownWei; // bonds included
    uint96 lockedWei; // bonds of open assignments
    uint40 decaysFrom; // on the decay clock: last accepted proof or activation, plus the day of grace and the hours charged
    bool active; // reached the entry stake and has not fallen below the staying stake
    bool sponsored; // sponsoredWei is not zero, or was not when a task in flight was won
    // storage word 1
    uint96 unbondingWei; // leaving, slashable until paid
    uint96 sponsoredWei; // lent by the pool
    uint40 unbondAt; // when unbondingWei may be paid
}
