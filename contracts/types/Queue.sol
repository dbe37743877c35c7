// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {ProjectId} from "./Ids.sol";

/// @notice What a public signal of a queue's circuit must be.
/// @dev FIXED: the statement holds its value. PROVER: the address of the assigned prover. FREE: an output, delivered with
///      the proof. NONE only pads the packed form.
enum SignalRule {
    NONE,
    FIXED,
    PROVER,
    FREE
}

/// @notice What never changes in a queue: its circuit.
struct Queue {
    // storage word 0
    IVerifier verifier;
    ProjectId project;
    uint16 termsVersion; // the current one; versions start at 1
    bool closed; // no new bids
    bool isSealed; // bids come in by commit and reveal alone
    bool frozen; // no proof is accepted, nobody is slashed, every task ends in a full refund
    uint24 minRatingPpm; // quality tier: least rating of its provers; 0 unless sealed
    // storage word 1
    bytes32 key; // of the verifying key, at the verifier
}

/// @notice What a project may change for future tasks; a task keeps the version it was assigned under.
struct Terms {
    // storage word 0
    uint32 proofWindowSeconds; // W
    uint32 liabilityWindowSeconds; // G
    uint80 tier1PenaltyWei; // added to each bond
    uint32 maxUnits; // the largest job the queue admits, in the project's own unit; larger work is split
    uint64 packedRules; // two bits a signal, signal 0 lowest; set by the registry from the queue's rules
}
