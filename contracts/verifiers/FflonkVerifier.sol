// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {FflonkKeys} from "./FflonkKeys.sol";
import {FflonkMath} from "./FflonkMath.sol";

/// @title FflonkVerifier
/// @notice FFLONK over BN254 for every circuit. Anyone registers a key, which is known by its hash and stays.
/// @dev Takes the proofs of snarkjs: 24 words C1, C2, W1, W2, fifteen evaluations, and the inverse of the product of all
///      denominators, which is checked. FflonkMath says how they become one equation of two pairings,
///      e(C0 + Σ scalar · point, G2) = e(W2, x·G2).
///
///      `verifyMany` checks Σ r_i · (equation i) for all proofs at once: two pairings for all. r_0 is one, every other r_i
///      a hash of the key, all signals, all proofs and i: nobody can choose proofs after coefficients. If one equation is
///      false, the sum holds for fewer than one in 2^250 choices of r (r_0 may be fixed: errors are scaled alike by any
///      common factor).
///
///      Points are checked before precompiles get them, so that one which fails is the chain's fault and reverts. A refusal
///      is never a lack of gas: both revert with `GasShort` unless all their calls can get their limits.
/// @custom:holds Nothing.
/// @custom:halts Never: it has no owner. What accepts its answers decides whom to ask.
contract FflonkVerifier is FflonkKeys {
    /// @dev C1, C2, W1, W2, fifteen evaluations, the inverse.
    uint256 private constant PROOF_BYTES = 768;

    /// @dev Products that a proof is made of: of its four points and the generator, or in a batch of W2 once more.
    uint256 private constant PRODUCTS = 5;

    /// @dev What the calls for one product, and for the pairings, are given.
    uint256 private constant PRODUCT_LIMIT = MUL_LIMIT + ADD_LIMIT;
    uint256 private constant HOLDS_LIMIT = PAIRING_LIMIT + 2 * PAIRING_LIMIT_PER_PAIR;

    /// @dev Our own gas for a signal (about 300) and for the rest (about 14,000), and what EIP-150 holds back from a call.
    uint256 private constant SIGNAL_RESERVE = 400;
    uint256 private constant RESERVE = 20_000;
    /// @dev Our own gas for one proof of a batch (about 11,000), signals aside.
    uint256 private constant ITEM_RESERVE = 15_000;
    /// @dev What a caller spends for each proof of a batch, and each of its signals: see CALLER_RESERVE.
    uint256 private constant CALLER_RESERVE_PER_ITEM = 3_000;
    uint256 private constant CALLER_RESERVE_PER_SIGNAL = 100;

    /// @inheritdoc IVerifier
    function verify(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        FflonkMath.Key memory kept = _load(key);
        uint256 gasNeeded = _gasNeeded(kept.signalCount);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (proof.length != PROOF_BYTES || signals.length != kept.signalCount) return false;

        FflonkMath.Proof calldata parts = _partsOf(proof);
        FflonkMath.Opening memory at;
        if (!FflonkMath.isCanonical(kept, signals, parts) || !FflonkMath.open(kept, signals, parts, at))
            return false;
        uint256 sum = _newSum(kept.c0X, kept.c0Y);
        _addPoints(sum, parts, at, 1);
        _addProduct(sum, Bn254.G1_X, Bn254.G1_Y, at.ofG1);
        return _isHeld(kept, sum, parts.w2[0], parts.w2[1]);
    }

    /// @inheritdoc IVerifier
    function verifyMany(
        bytes32 key,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external view returns (bool) {
        FflonkMath.Key memory kept = _load(key);
        uint256 gasNeeded = _gasNeededMany(kept.signalCount, proofs.length);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (proofs.length == 0 || signals.length != proofs.length) return false;
        (bool whole, bytes32 seed) = _seedOf(key, kept.signalCount, signals, proofs);
        if (!whole) return false;

        (uint256 left, uint256 right) = (_newSum(kept.c0X, kept.c0Y), _newSum(0, 0));
        (uint256 ofC0, uint256 ofG1) = (0, 0); // C0 is in the sum once already
        FflonkMath.Opening memory at;
        for (uint256 i; i < proofs.length; ++i) {
            FflonkMath.Proof calldata parts = _partsOf(proofs[i]);
            if (
                !FflonkMath.isCanonical(kept, signals[i], parts) ||
                !FflonkMath.open(kept, signals[i], parts, at)
            ) return false;
            uint256 coefficient = i == 0 ? 1 : _coefficient(seed, i);
            if (i != 0) ofC0 = addmod(ofC0, coefficient, Bn254.SCALAR_FIELD);
            ofG1 = addmod(ofG1, mulmod(coefficient, at.ofG1, Bn254.SCALAR_FIELD), Bn254.SCALAR_FIELD);
            _addPoints(left, parts, at, coefficient);
            _addProduct(right, parts.w2[0], parts.w2[1], coefficient);
        }
        _addProduct(left, kept.c0X, kept.c0Y, ofC0);
        _addProduct(left, Bn254.G1_X, Bn254.G1_Y, ofG1);
        (uint256 x, uint256 y) = _valueOf(right);
        return _isHeld(kept, left, x, y);
    }

    /// @inheritdoc IVerifier
    function gasFloor(bytes32 key) external view returns (uint256) {
        return (_gasNeeded(signalCount(key)) * 64) / 63 + CALLER_RESERVE;
    }

    /// @inheritdoc IVerifier
    function gasFloorMany(bytes32 key, uint256 itemCount) external view returns (uint256) {
        uint256 count = signalCount(key);
        return
            (_gasNeededMany(count, itemCount) * 64) / 63 +
            CALLER_RESERVE +
            itemCount * (CALLER_RESERVE_PER_ITEM + count * CALLER_RESERVE_PER_SIGNAL);
    }

    /// @inheritdoc IVerifier
    function system() external pure returns (string memory) {
        return "fflonk";
    }

    /// @dev Adds C1, C2, W1 and W2, each times what `at` says and the coefficient.
    function _addPoints(
        uint256 sum,
        FflonkMath.Proof calldata parts,
        FflonkMath.Opening memory at,
        uint256 coefficient
    ) private view {
        uint256 r = Bn254.SCALAR_FIELD;
        _addProduct(sum, parts.c1[0], parts.c1[1], mulmod(coefficient, at.ofC1, r));
        _addProduct(sum, parts.c2[0], parts.c2[1], mulmod(coefficient, at.ofC2, r));
        _addProduct(sum, parts.w1[0], parts.w1[1], mulmod(coefficient, at.ofW1, r));
        _addProduct(sum, parts.w2[0], parts.w2[1], mulmod(coefficient, at.y, r));
    }

    /// @dev Adds a good point times a scalar: a precompile that fails is the chain's fault.
    function _addProduct(uint256 sum, uint256 x, uint256 y, uint256 scalar) private view {
        (uint256 mulLimit, uint256 addLimit) = (MUL_LIMIT, ADD_LIMIT);
        uint256 broken;
        assembly ("memory-safe") {
            let point := add(sum, 0x40)
            mstore(point, x)
            mstore(add(sum, 0x60), y)
            mstore(add(sum, 0x80), scalar)
            // Arguments are evaluated from right to left: the call before the size of what it returned.
            let multiplied := and(
                eq(returndatasize(), 0x40),
                staticcall(mulLimit, 7, point, 0x60, point, 0x40)
            )
            let added := and(eq(returndatasize(), 0x40), staticcall(addLimit, 6, sum, 0x80, sum, 0x40))
            if iszero(and(multiplied, added)) {
                broken := add(6, iszero(multiplied))
            }
        }
        if (broken != 0) revert PrecompileFailed(broken, broken == 7 ? mulLimit : addLimit);
    }

    /// @dev Whether e(sum, G2) = e((x, y), x2), as a product with (x, y) negated. Infinity, (0, 0), is its own negative.
    function _isHeld(
        FflonkMath.Key memory kept,
        uint256 sum,
        uint256 x,
        uint256 y
    ) private view returns (bool) {
        (uint256 p, uint256 xImag, uint256 xReal) = (Bn254.BASE_FIELD, Bn254.G2_X_IMAG, Bn254.G2_X_REAL);
        (uint256 yImag, uint256 yReal) = (Bn254.G2_Y_IMAG, Bn254.G2_Y_REAL);
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), xImag)
            mstore(add(sum, 0x60), xReal)
            mstore(add(sum, 0x80), yImag)
            mstore(add(sum, 0xa0), yReal)
            mstore(add(sum, 0xc0), x)
            mstore(add(sum, 0xe0), mod(sub(p, y), p))
            mcopy(add(sum, 0x100), add(kept, 0x80), 0x80)
        }
        (bool valid, bool one) = _pairing(sum, 2);
        return valid && one;
    }

    /// @dev What a batch is bound to: the key, then each item's signals and proof, hashed one upon the other.
    /// @return whole Whether every item has the right lengths.
    function _seedOf(
        bytes32 key,
        uint256 count,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) private pure returns (bool whole, bytes32 seed) {
        seed = key;
        for (uint256 i; i < proofs.length; ++i) {
            uint256[] calldata itemSignals = signals[i];
            bytes calldata proof = proofs[i];
            if (itemSignals.length != count || proof.length != PROOF_BYTES) return (false, seed);
            assembly ("memory-safe") {
                let text := mload(0x40)
                let size := shl(5, count)
                mstore(text, seed)
                calldatacopy(add(text, 0x20), itemSignals.offset, size)
                calldatacopy(add(add(text, 0x20), size), proof.offset, 768)
                seed := keccak256(text, add(size, 800))
            }
        }
        return (true, seed);
    }

    function _coefficient(bytes32 seed, uint256 i) private pure returns (uint256 coefficient) {
        assembly ("memory-safe") {
            mstore(0, seed)
            mstore(0x20, i)
            coefficient := keccak256(0, 0x40)
        }
    }

    /// @dev A sum that begins with a point: its words, then what is needed to multiply and, in the end, to pair.
    function _newSum(uint256 x, uint256 y) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            sum := mload(0x40)
            mstore(0x40, add(sum, 0x180))
            mstore(sum, x)
            mstore(add(sum, 0x20), y)
        }
    }

    function _valueOf(uint256 sum) private pure returns (uint256 x, uint256 y) {
        assembly ("memory-safe") {
            x := mload(sum)
            y := mload(add(sum, 0x20))
        }
    }

    function _partsOf(bytes calldata proof) private pure returns (FflonkMath.Proof calldata parts) {
        assembly ("memory-safe") {
            parts := proof.offset
        }
    }

    /// @dev Gas `verify` may need: every call at its limit.
    function _gasNeeded(uint256 count) private pure returns (uint256) {
        // At most 32 signals: far from an overflow.
        unchecked {
            return PRODUCT_LIMIT * PRODUCTS + HOLDS_LIMIT + RESERVE + count * SIGNAL_RESERVE;
        }
    }

    /// @dev Gas `verifyMany` may need: every call at its limit; two products are for all.
    function _gasNeededMany(uint256 count, uint256 itemCount) private pure returns (uint256) {
        uint256 ofItem = PRODUCT_LIMIT * PRODUCTS + ITEM_RESERVE + count * SIGNAL_RESERVE;
        return PRODUCT_LIMIT * 2 + HOLDS_LIMIT + RESERVE + itemCount * ofItem;
    }
}
