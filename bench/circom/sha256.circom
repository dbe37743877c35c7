// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/sha256/sha256.circom";

// One block of SHA-256 over two numbers of 128 bits: almost all of the witness is 0 or 1.
template Sha256Block() {
    signal input in[2];
    signal output high;

    component hash = Sha256(256);
    for (var i = 0; i < 2; i++) {
        var bits[128] = Num2Bits(128)(in[i]);
        for (var k = 0; k < 128; k++) {
            hash.in[128 * i + k] <== bits[127 - k];
        }
    }
    component number = Bits2Num(128);
    for (var k = 0; k < 128; k++) {
        number.in[k] <== hash.out[127 - k];
    }
    high <== number.out;
}
