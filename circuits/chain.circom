// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// A chain of hashes: end = Poseidon(... Poseidon(start) ...), `length` times. The smallest work worth buying: nothing in it
// is secret, and it cannot be done faster than one hash after the other.
//
// Public   end    = what the chain comes to;
//          start  = where it begins;
//          prover = address of the prover as a number. No constraint needs it: a proof holds for its public signals only.
template Chain(length) {
    signal input start;
    signal input prover;
    signal output end;

    component hash[length];
    for (var i = 0; i < length; i++) {
        hash[i] = Poseidon(1);
        hash[i].inputs[0] <== i == 0 ? start : hash[i - 1].out;
    }
    end <== hash[length - 1].out;
    // Groth16's A and B points of an unused signal would be infinity; a constraint keeps every system alike.
    signal square <== prover * prover;
}

component main {public [start, prover]} = Chain(8);
