// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// A chain of hashes over values that fill the field: the witness is dense.
template PoseidonChain(length) {
    signal input start[2];
    signal output end;

    signal link[length + 1];
    link[0] <== start[0];
    for (var i = 0; i < length; i++) {
        link[i + 1] <== Poseidon(2)([link[i], start[1]]);
    }
    end <== link[length];
}
