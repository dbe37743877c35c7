// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.6;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "circomlib/circuits/poseidon.circom";

// A batch of signed transfers that moves a state root: the miniature of an L2 block.
//
// State    a Merkle tree of 4^depth accounts, node = Poseidon(its four children),
//          leaf = Poseidon(Ax, Ay, balance, nonce); an account that does not exist is the leaf 0.
// Transfer message = Poseidon(rollupId, from, to, amount, nonce), signed by the sender's key (Ax, Ay)
//          with EdDSA over Baby Jubjub and Poseidon. `from` and `to` are leaf numbers.
// Public   commitment = Poseidon(rollupId, oldRoot, newRoot, batch), batch = fold of the messages;
//          prover     = address of the prover as a number. One commitment instead of four signals,
//          because a verifier on chain pays for each signal.

// The root of a 4-ary Merkle tree of which one leaf, its position and its siblings are known.
//
// in: leaf; digits[depth][2] (the position in base 4, least significant digit first, each digit as two bits, least
// significant first; the caller checks that they are bits); siblings[depth][3], left to right, the node left out.
template MerkleRoot(depth) {
    signal input leaf;
    signal input digits[depth][2];
    signal input siblings[depth][3];
    signal output root;

    signal node[depth + 1];
    signal isAt3[depth];
    signal first[depth];
    signal last[depth];
    signal second[depth][2];
    signal third[depth];
    node[0] <== leaf;
    for (var i = 0; i < depth; i++) {
        isAt3[i] <== digits[i][0] * digits[i][1];
        var isAt1 = digits[i][0] - isAt3[i];
        var isAt2 = digits[i][1] - isAt3[i];
        var isAt0 = 1 - isAt1 - isAt2 - isAt3[i];

        var sum = node[i] + siblings[i][0] + siblings[i][1] + siblings[i][2];
        first[i] <== siblings[i][0] + isAt0 * (node[i] - siblings[i][0]);
        last[i] <== siblings[i][2] + isAt3[i] * (node[i] - siblings[i][2]);
        // At 0 the siblings stand one further to the right: (node, s0, s1, s2).
        second[i][0] <== siblings[i][1] + isAt0 * (siblings[i][0] - siblings[i][1]);
        second[i][1] <== second[i][0] + isAt1 * (node[i] - siblings[i][1]);
        third[i] <== sum - first[i] - second[i][1] - last[i];
        node[i + 1] <== Poseidon(4)([first[i], second[i][1], third[i], last[i]]);
    }
    root <== node[depth];
}

// Refuses a value of more than `bits` bits, so that sums and differences cannot wrap around the field.
template AssertBits(bits) {
    signal input in;
    component decomposition = Num2Bits(bits);
    decomposition.in <== in;
}

// A position below 4^depth in base 4, least significant digit first, each digit as two bits.
template Digits(depth) {
    signal input position;
    signal output digits[depth][2];
    component decomposition = Num2Bits(2 * depth);
    decomposition.in <== position;
    for (var i = 0; i < depth; i++) {
        digits[i][0] <== decomposition.out[2 * i];
        digits[i][1] <== decomposition.out[2 * i + 1];
    }
}

// The state root after one transfer, if the transfer is right.
//
// Sender first, recipient second: the recipient is looked up in the root that the sender's update leaves, so a
// transfer to oneself moves nothing but the nonce. Balances and amounts have 64 bits.
template Transfer(depth) {
    signal input rollupId;
    signal input oldRoot;
    signal input amount;

    signal input from;
    signal input fromKey[2];
    signal input fromBalance;
    signal input fromNonce;
    signal input fromSiblings[depth][3];

    signal input to;
    signal input toKey[2];
    signal input toBalance;
    signal input toNonce;
    signal input toSiblings[depth][3];

    signal input signatureR8[2];
    signal input signatureS;

    signal output newRoot;
    signal output message;

    // Positions are numbers below 4^depth.
    signal fromDigits[depth][2] <== Digits(depth)(from);
    signal toDigits[depth][2] <== Digits(depth)(to);

    // The sender signed all of it. The circuit library expects points of the curve, so check that they are.
    message <== Poseidon(5)([rollupId, from, to, amount, fromNonce]);
    BabyCheck()(fromKey[0], fromKey[1]);
    BabyCheck()(signatureR8[0], signatureR8[1]);
    EdDSAPoseidonVerifier()(1, fromKey[0], fromKey[1], signatureS, signatureR8[0], signatureR8[1], message);

    // The money is there, and fits where it goes.
    signal fromBalanceAfter <== fromBalance - amount;
    signal toBalanceAfter <== toBalance + amount;
    AssertBits(64)(amount);
    AssertBits(64)(fromBalanceAfter);
    AssertBits(64)(toBalance);
    AssertBits(64)(toBalanceAfter);
    AssertBits(64)(fromNonce);

    // Sender: the leaf that was there, and the leaf that is there now.
    signal fromLeaf <== Poseidon(4)([fromKey[0], fromKey[1], fromBalance, fromNonce]);
    signal fromRoot <== MerkleRoot(depth)(fromLeaf, fromDigits, fromSiblings);
    fromRoot === oldRoot;
    signal fromLeafAfter <== Poseidon(4)([fromKey[0], fromKey[1], fromBalanceAfter, fromNonce + 1]);
    signal middleRoot <== MerkleRoot(depth)(fromLeafAfter, fromDigits, fromSiblings);

    // Recipient, in the state that the sender's update left.
    signal toLeaf <== Poseidon(4)([toKey[0], toKey[1], toBalance, toNonce]);
    signal toRoot <== MerkleRoot(depth)(toLeaf, toDigits, toSiblings);
    toRoot === middleRoot;
    signal toLeafAfter <== Poseidon(4)([toKey[0], toKey[1], toBalanceAfter, toNonce]);
    newRoot <== MerkleRoot(depth)(toLeafAfter, toDigits, toSiblings);
}

// A block of `transfers` transfers over 4^depth accounts.
template Rollup(transfers, depth) {
    // Public.
    signal input commitment;
    signal input prover;
    // Private.
    signal input rollupId;
    signal input oldRoot;
    signal input amount[transfers];
    signal input from[transfers];
    signal input fromKey[transfers][2];
    signal input fromBalance[transfers];
    signal input fromNonce[transfers];
    signal input fromSiblings[transfers][depth][3];
    signal input to[transfers];
    signal input toKey[transfers][2];
    signal input toBalance[transfers];
    signal input toNonce[transfers];
    signal input toSiblings[transfers][depth][3];
    signal input signatureR8[transfers][2];
    signal input signatureS[transfers];

    signal root[transfers + 1];
    signal batch[transfers + 1];
    signal message[transfers];
    root[0] <== oldRoot;
    batch[0] <== 0;
    for (var i = 0; i < transfers; i++) {
        (root[i + 1], message[i]) <== Transfer(depth)(
            rollupId, root[i], amount[i],
            from[i], fromKey[i], fromBalance[i], fromNonce[i], fromSiblings[i],
            to[i], toKey[i], toBalance[i], toNonce[i], toSiblings[i],
            signatureR8[i], signatureS[i]
        );
        batch[i + 1] <== Poseidon(2)([batch[i], message[i]]);
    }

    signal committed <== Poseidon(4)([rollupId, oldRoot, root[transfers], batch[transfers]]);
    committed === commitment;

    // A proof holds for this prover alone: without a constraint on it the signal could be dropped.
    signal proverSquare <== prover * prover;
}

component main {public [commitment, prover]} = Rollup(2, 3);
