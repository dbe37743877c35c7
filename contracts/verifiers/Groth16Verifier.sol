// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Groth16Keys} from "./Groth16Keys.sol";

/// @title Groth16Verifier
/// @notice Groth16 over BN254 for every circuit. Anyone registers a key, which is known by its hash and stays.
/// @dev Checks e(A, B) = e(alpha, beta) · e(ic[0] + Σ signal · ic[i+1], gamma) · e(C, delta) as one product
///      of four pairings with A negated. A proof is 256 bytes: A, B (imaginary parts first), C. A valid proof
///      can be changed into another valid one by anybody, so a proof's hash identifies nothing.
///
///      `verifyMany` checks Σ r_i · (equation i) for all proofs at once, so alpha, gamma and delta stand in one
///      pairing each for all: n + 3 pairings. r_0 is one, every other r_i a hash of the key, all signals, all proofs
///      and i: nobody can choose proofs after coefficients. If one equation is false, the sum holds for fewer
///      than one in 2^250 choices of r (r_0 may be fixed: errors are scaled alike by any common factor).
///
///      A refusal is never a lack of gas: both revert with `GasShort` unless all their calls can get their
///      limits, and before they answer false to a pairing that failed, they show that the precompile works at
///      that limit.
/// @custom:holds Nothing.
/// @custom:halts Never: it has no owner. What accepts its answers decides whom to ask.
contract Groth16Verifier is Groth16Keys {
    /// @dev A, B, C.
    uint256 private constant PROOF_BYTES = 256;

    /// @dev Our own gas for a signal (about 400) and for the rest (about 7,000), and what EIP-150 holds back
    ///      from a call.
    uint256 private constant SIGNAL_RESERVE = 800;
    uint256 private constant RESERVE = 20_000;
    /// @dev Our own gas for one proof of a batch (about 1,600) and one signal of it (about 200).
    uint256 private constant ITEM_RESERVE = 2_500;
    uint256 private constant ITEM_SIGNAL_RESERVE = 400;
    /// @dev What a caller of `verifyMany` spends besides, for each proof and each of its signals.
    uint256 private constant CALLER_RESERVE_PER_ITEM = 2_000;
    uint256 private constant CALLER_RESERVE_PER_SIGNAL = 100;

    /// @inheritdoc IVerifier
    function verify(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        (address pointer, uint256 count) = _find(key);
        uint256 gasNeeded = _gasNeeded(count);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (proof.length != PROOF_BYTES || signals.length != count) return false;

        (uint256 scalarField, uint256 baseField) = (Bn254.SCALAR_FIELD, Bn254.BASE_FIELD);
        (uint256 mulLimit, uint256 addLimit) = (MUL_LIMIT, ADD_LIMIT);
        uint256 input; // of the pairing
        bool refused;
        uint256 broken; // a precompile that failed on good input
        assembly ("memory-safe") {
            // Memory: four words to add two points, the pairing's input (24 words), ic[1] …, one word.
            let sum := mload(0x40)
            input := add(sum, 0x80)
            let ic := add(input, 0x300)
            mstore(0x40, add(ic, add(shl(6, count), 0x20)))
            calldatacopy(input, proof.offset, 256)
            extcodecopy(pointer, add(input, 256), 1, add(512, shl(6, count)))

            // Points at infinity are refused: an honest prover meets one with probability 1/r.
            let b := or(
                or(mload(add(input, 0x40)), mload(add(input, 0x60))),
                or(mload(add(input, 0x80)), mload(add(input, 0xa0)))
            )
            let c := or(mload(add(input, 0xc0)), mload(add(input, 0xe0)))
            refused := or(iszero(b), iszero(c))
            // Negates A. A y that is not below p is refused here, lest (0, p) become infinity, (0, 0). A itself
            // at infinity becomes (0, p), which the precompile refuses, like every other coordinate from p on.
            let y := mload(add(input, 0x20))
            refused := or(refused, iszero(lt(y, baseField)))
            mstore(add(input, 0x20), sub(baseField, y))

            // sum = ic[0] + Σ signal · ic[i+1]. From the last signal down, because a signal is put behind its
            // point, over the point of the next one. Inputs are points checked at registration, so a failure
            // is the chain's.
            mcopy(sum, add(input, 0x180), 0x40)
            let next := add(signals.offset, shl(5, count))
            let point := add(ic, shl(6, count))
            for {} gt(next, signals.offset) {} {
                next := sub(next, 0x20)
                point := sub(point, 0x40)
                let signal := calldataload(next)
                if iszero(lt(signal, scalarField)) {
                    refused := 1
                    break
                }
                mstore(add(point, 0x40), signal)
                // Arguments are evaluated from right to left: the call before the size of what it returned.
                if iszero(
                    and(
                        eq(returndatasize(), 0x40),
                        staticcall(mulLimit, 7, point, 0x60, add(sum, 0x40), 0x40)
                    )
                ) {
                    broken := 7
                    break
                }
                if iszero(and(eq(returndatasize(), 0x40), staticcall(addLimit, 6, sum, 0x80, sum, 0x40))) {
                    broken := 6
                    break
                }
            }
            mcopy(add(input, 0x180), sum, 0x40)
        }
        if (refused) return false;
        if (broken != 0) revert PrecompileFailed(broken, broken == 7 ? MUL_LIMIT : ADD_LIMIT);
        (bool valid, bool one) = _pairing(input, 4);
        return valid && one;
    }

    /// @inheritdoc IVerifier
    function verifyMany(
        bytes32 key,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external view returns (bool) {
        (address pointer, uint256 count) = _find(key);
        uint256 itemCount = proofs.length;
        uint256 gasNeeded = _gasNeededMany(count, itemCount);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (itemCount == 0 || signals.length != itemCount) return false;

        (bool whole, uint256 batch) = _copy(key, count, signals, proofs, PROOF_BYTES);
        if (!whole) return false;
        (bool canonical, uint256 coefficients) = _weigh(batch, count, itemCount);
        if (!canonical) return false;
        (bool sound, uint256 input) = _fold(pointer, count, batch, itemCount, coefficients);
        return sound && _isOne(input, itemCount + 3);
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
        return "groth16";
    }

    /// @dev Adds up a batch. Behind the points of each proof, the pairing's input is the key as it is kept.
    /// @return sound Whether every A and C is a point and no point is infinity.
    /// @return input r_i·A_i, B_i of each proof; -Σ r_i·C_i, delta; -Σ r_i·(ic[0] + Σ signal · ic[j+1]), gamma;
    ///         -Σ r_i·alpha, beta.
    function _fold(
        address pointer,
        uint256 count,
        uint256 batch,
        uint256 itemCount,
        uint256 coefficients
    ) private view returns (bool sound, uint256 input) {
        (uint256 scalarField, uint256 baseField) = (Bn254.SCALAR_FIELD, Bn254.BASE_FIELD);
        (uint256 mulLimit, uint256 addLimit) = (MUL_LIMIT, ADD_LIMIT);
        uint256 broken; // a precompile that failed on good input
        assembly ("memory-safe") {
            function multiply(limit, point, product) -> done {
                done := and(eq(returndatasize(), 0x40), staticcall(limit, 7, point, 0x60, product, 0x40))
            }
            function add2(limit, points) -> done {
                done := and(eq(returndatasize(), 0x40), staticcall(limit, 6, points, 0x80, points, 0x40))
            }

            // Memory: sum, a point, its scalar; the pairing's input, ic[1] …, one word.
            let sum := mload(0x40)
            let point := add(sum, 0x40)
            let scalar := add(sum, 0x80)
            input := add(sum, 0xa0)
            let kept := add(input, add(mul(itemCount, 0xc0), 0x40)) // behind the sum of C: delta, ic[0], gamma, alpha
            let end := add(kept, add(512, shl(6, count)))
            mstore(0x40, add(end, 0x20))
            extcodecopy(pointer, kept, 1, add(512, shl(6, count)))

            // The key's side first: its points are good, so a failure is the chain's, and a later one is not.
            let sums := add(coefficients, shl(5, itemCount))
            mcopy(point, add(kept, 0x140), 0x40)
            mstore(scalar, sub(scalarField, mload(sums)))
            if iszero(multiply(mulLimit, point, add(kept, 0x140))) {
                broken := 7
            }
            mcopy(point, add(kept, 0x80), 0x40)
            if iszero(multiply(mulLimit, point, sum)) {
                broken := 7
            }
            // From the last signal down, because a scalar is put behind its point, over the point of the next one.
            for {
                let next := add(sums, shl(5, count))
                let icPoint := sub(end, 0x40)
            } gt(next, sums) {
                next := sub(next, 0x20)
                icPoint := sub(icPoint, 0x40)
            } {
                mstore(add(icPoint, 0x40), sub(scalarField, mload(next)))
                if iszero(multiply(mulLimit, icPoint, point)) {
                    broken := 7
                }
                if iszero(add2(addLimit, sum)) {
                    broken := 6
                }
                if broken {
                    break
                }
            }
            mcopy(add(kept, 0x80), sum, 0x40)

            // The proofs: r_0 is one. A coordinate from p on and a point off the curve are refused by the precompiles.
            sound := iszero(broken)
            let proof := add(add(batch, 0x20), shl(5, count))
            let pair := input
            for {
                let i := 0
            } and(lt(i, itemCount), sound) {
                i := add(i, 1)
            } {
                let a := or(mload(proof), mload(add(proof, 0x20)))
                let b := or(
                    or(mload(add(proof, 0x40)), mload(add(proof, 0x60))),
                    or(mload(add(proof, 0x80)), mload(add(proof, 0xa0)))
                )
                let c := or(mload(add(proof, 0xc0)), mload(add(proof, 0xe0)))
                sound := iszero(or(iszero(a), or(iszero(b), iszero(c))))
                mcopy(pair, proof, 0xc0)
                switch i
                case 0 {
                    mcopy(sum, add(proof, 0xc0), 0x40)
                }
                default {
                    mcopy(point, proof, 0x40)
                    mstore(scalar, mload(add(coefficients, shl(5, i))))
                    sound := and(sound, multiply(mulLimit, point, pair))
                    mcopy(point, add(proof, 0xc0), 0x40)
                    sound := and(sound, multiply(mulLimit, point, point))
                    sound := and(sound, add2(addLimit, sum))
                }
                proof := add(proof, add(256, shl(5, count)))
                pair := add(pair, 0xc0)
            }
            // Negates the sum. A y that is not below p is refused here: of a single C that nothing was added to.
            // A sum at infinity becomes (0, p), which the pairing refuses.
            let y := mload(add(sum, 0x20))
            sound := and(sound, lt(y, baseField))
            mstore(add(sum, 0x20), sub(baseField, y))
            mcopy(sub(kept, 0x40), sum, 0x40)
        }
        if (broken != 0) revert PrecompileFailed(broken, broken == 7 ? MUL_LIMIT : ADD_LIMIT);
    }

    /// @dev Whether the product of the pairings is one. It is no if a point is invalid; then one pair shows that the
    ///      precompile works, since no is all that is said: who wants to know of which proof asks for each.
    function _isOne(uint256 input, uint256 pairCount) private view returns (bool one) {
        uint256 limit = PAIRING_LIMIT + pairCount * PAIRING_LIMIT_PER_PAIR;
        uint256 probeLimit = PAIRING_LIMIT + PAIRING_LIMIT_PER_PAIR;
        bool works = true;
        assembly ("memory-safe") {
            let valid := and(
                eq(returndatasize(), 0x20),
                staticcall(limit, 8, input, mul(pairCount, 0xc0), 0, 0x20)
            )
            one := and(valid, eq(mload(0), 1))
            if iszero(valid) {
                calldatacopy(input, calldatasize(), 0xc0) // both points at infinity: the product is one
                works := and(eq(returndatasize(), 0x20), staticcall(probeLimit, 8, input, 0xc0, 0, 0x20))
                works := and(works, eq(mload(0), 1))
            }
        }
        if (!works) revert PrecompileFailed(8, probeLimit);
    }

    /// @dev Draws the coefficients of a batch and weighs its signals.
    /// @return canonical Whether every signal is below the field modulus.
    /// @return coefficients r_i, one word each; then Σ r_i and, signal by signal, Σ r_i · signal, modulo r.
    function _weigh(
        uint256 batch,
        uint256 count,
        uint256 itemCount
    ) private pure returns (bool canonical, uint256 coefficients) {
        uint256 scalarField = Bn254.SCALAR_FIELD;
        assembly ("memory-safe") {
            coefficients := mload(0x40)
            let sums := add(coefficients, shl(5, itemCount))
            let sumsSize := shl(5, add(count, 1))
            mstore(0x40, add(sums, sumsSize))
            calldatacopy(sums, calldatasize(), sumsSize) // zeros

            mstore(0, keccak256(batch, add(0x20, mul(itemCount, add(shl(5, count), 256)))))
            canonical := 1
            let coefficient := 1
            let signal := add(batch, 0x20)
            for {
                let i := 0
            } lt(i, itemCount) {} {
                mstore(add(coefficients, shl(5, i)), coefficient)
                mstore(sums, addmod(mload(sums), coefficient, scalarField))
                let sum := sums
                for {
                    let end := add(signal, shl(5, count))
                } lt(signal, end) {
                    signal := add(signal, 0x20)
                } {
                    let value := mload(signal)
                    canonical := and(canonical, lt(value, scalarField))
                    sum := add(sum, 0x20)
                    mstore(sum, addmod(mload(sum), mulmod(coefficient, value, scalarField), scalarField))
                }
                signal := add(signal, 256) // over the proof
                i := add(i, 1)
                mstore(0x20, i)
                coefficient := keccak256(0, 0x40)
            }
        }
    }

    /// @dev Gas `verify` may need: every call at its limit, and the pairing twice.
    function _gasNeeded(uint256 count) private pure returns (uint256) {
        // At most 32 signals: far from an overflow.
        unchecked {
            return
                count * (MUL_LIMIT + ADD_LIMIT + SIGNAL_RESERVE) +
                2 * (PAIRING_LIMIT + 4 * PAIRING_LIMIT_PER_PAIR) +
                RESERVE;
        }
    }

    /// @dev Gas `verifyMany` may need: every call at its limit and one pairing more, with what EIP-150 holds back from
    ///      the pairings, and memory.
    function _gasNeededMany(uint256 count, uint256 itemCount) private pure returns (uint256) {
        uint256 pairings = 2 * PAIRING_LIMIT + (itemCount + 4) * PAIRING_LIMIT_PER_PAIR;
        uint256 wordCount = itemCount * (count + 16) + 3 * count + 64;
        return
            2 * (itemCount + 1) * MUL_LIMIT +
            itemCount * (ADD_LIMIT + ITEM_RESERVE + count * ITEM_SIGNAL_RESERVE) +
            count * (MUL_LIMIT + ADD_LIMIT + SIGNAL_RESERVE) +
            pairings +
            pairings / 63 +
            3 * wordCount +
            (wordCount * wordCount) / 512 +
            RESERVE;
    }
}
