// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {PlonkEquation} from "./PlonkEquation.sol";
import {PlonkKeys} from "./PlonkKeys.sol";

/// @title PlonkVerifier
/// @notice PLONK over BN254 for every circuit. Anyone registers a key, which is known by its hash and stays.
/// @dev A proof is 768 bytes, the 24 words of snarkjs's calldata; its transcript is snarkjs's, too. The equation is that
///      of `PlonkEquation`. As there, u is hashed from Wxi and Wxiw alone: made after v, they find all else fixed; made
///      before, they would have to meet v by chance, since s1 is no constant.
///
///      `verifyMany` checks Σ r_i · (equation i) for all proofs at once, so the key's points are multiplied once and two
///      pairings do for all. r_0 is one, every other r_i a hash of the key, all signals, all proofs and i: nobody can
///      choose proofs after coefficients. If one equation is false, the sum holds for fewer than one in 2^250 choices
///      of r (r_0 may be fixed: errors are scaled alike by any common factor).
///
///      A refusal is never a lack of gas: both revert with `GasShort` unless all their calls can get their limits.
///      What is refused is refused by arithmetic alone; a precompile that fails had good input.
/// @custom:holds Nothing.
/// @custom:halts Never: it has no owner. What accepts its answers decides whom to ask.
contract PlonkVerifier is PlonkKeys, PlonkEquation {
    /// @dev Points that are added up for a proof alone, and for each proof of a batch.
    uint256 private constant POINTS = 20;
    uint256 private constant ITEM_POINTS = 11;

    /// @dev Our own gas for a signal (about 400) and for the rest (about 22,000), and what EIP-150 holds back from a
    ///      call.
    uint256 private constant SIGNAL_RESERVE = 700;
    uint256 private constant RESERVE = 30_000;
    /// @dev Our own gas for one proof of a batch (about 14,000).
    uint256 private constant ITEM_RESERVE = 20_000;
    /// @dev What a caller of `verifyMany` spends besides, for each proof and each of its signals.
    uint256 private constant CALLER_RESERVE_PER_ITEM = 4_000;
    uint256 private constant CALLER_RESERVE_PER_SIGNAL = 100;

    /// @inheritdoc IVerifier
    function verify(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        (address pointer, ) = _locate(key);
        (uint256 at, uint256 place, uint256 count) = _open(pointer);
        uint256 gasNeeded = _gasNeeded(count);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (proof.length != PROOF_BYTES || signals.length != count) return false;

        assembly ("memory-safe") {
            calldatacopy(place, signals.offset, shl(5, count))
            calldatacopy(add(place, shl(5, count)), proof.offset, proof.length)
        }
        return _fold(at, 1) && _holds(at);
    }

    /// @inheritdoc IVerifier
    function verifyMany(
        bytes32 key,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external view returns (bool) {
        (address pointer, ) = _locate(key);
        (uint256 at, uint256 place, uint256 count) = _open(pointer);
        uint256 itemCount = proofs.length;
        uint256 gasNeeded = _gasNeededMany(count, itemCount);
        if (gasleft() < gasNeeded) revert GasShort(gasleft(), gasNeeded);
        if (itemCount == 0 || signals.length != itemCount) return false;

        (bool whole, uint256 batch) = _copy(key, count, signals, proofs, PROOF_BYTES);
        if (!whole) return false;
        uint256 itemBytes = count * 32 + PROOF_BYTES;
        bytes32 seed;
        assembly ("memory-safe") {
            seed := keccak256(batch, add(0x20, mul(itemCount, itemBytes)))
        }
        uint256 coefficient = 1;
        for (uint256 i; i < itemCount; ++i) {
            assembly ("memory-safe") {
                mcopy(place, add(add(batch, 0x20), mul(i, itemBytes)), itemBytes)
                if i {
                    mstore(0, seed)
                    mstore(0x20, i)
                    coefficient := keccak256(0, 0x40)
                }
            }
            if (!_fold(at, coefficient)) return false;
        }
        return _holds(at);
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
        return "plonk";
    }

    /// @dev Gas `verify` may need: every call at its limit.
    function _gasNeeded(uint256 count) private pure returns (uint256) {
        // At most 32 signals: far from an overflow.
        unchecked {
            return
                POINTS * (MUL_LIMIT + ADD_LIMIT) +
                INVERSION_LIMIT +
                PAIRING_LIMIT +
                2 * PAIRING_LIMIT_PER_PAIR +
                count * SIGNAL_RESERVE +
                RESERVE;
        }
    }

    /// @dev Gas `verifyMany` may need: every call at its limit, and memory.
    function _gasNeededMany(uint256 count, uint256 itemCount) private pure returns (uint256) {
        uint256 wordCount = (itemCount + 1) * (count + 24) + 128;
        return
            _gasNeeded(count) +
            itemCount *
                (ITEM_POINTS * (MUL_LIMIT + ADD_LIMIT) +
                    INVERSION_LIMIT +
                    ITEM_RESERVE +
                    count * SIGNAL_RESERVE) +
            3 * wordCount +
            (wordCount * wordCount) / 512;
    }
}
