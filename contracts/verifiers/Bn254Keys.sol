// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBn254Verifier} from "../interfaces/IBn254Verifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {CodeStore} from "./CodeStore.sol";

/// @title Bn254Keys
/// @notice What the keys of every system over BN254 need: checks of points, a place kept by hash, the precompiles' limits.
abstract contract Bn254Keys is IBn254Verifier {
    /// @notice Most public signals a key may have.
    uint256 public constant MAX_SIGNALS = 32;

    /// @dev What a precompile is given: half as much again as its price, four times for the cheap addition,
    ///      so that a later fork may raise prices (EIP-7904 would make an addition 314). A precompile that
    ///      fails spends all of it.
    uint256 internal constant ADD_LIMIT = 600;
    uint256 internal constant MUL_LIMIT = 9_000;
    uint256 internal constant PAIRING_LIMIT = 67_500;
    uint256 internal constant PAIRING_LIMIT_PER_PAIR = 51_000;

    /// @dev What a caller spends between asking `gasFloor` and the first line of `verify`: cold account and
    ///      storage, encoding.
    uint256 internal constant CALLER_RESERVE = 20_000;

    /// @dev Keeps a key that is not kept yet.
    function _keep(bytes32 key, bytes memory content, uint256 count) internal {
        CodeStore.write(key, content);
        emit KeyRegistered(key, count);
    }

    function _requireNew(bytes32 key) internal view {
        if (CodeStore.size(CodeStore.pointerOf(key)) != 0) revert KeyExists(key);
    }

    /// @dev Where a key is kept, and how many bytes of it.
    function _locate(bytes32 key) internal view returns (address pointer, uint256 size) {
        pointer = CodeStore.pointerOf(key);
        size = CodeStore.size(pointer);
        if (size == 0) revert UnknownKey(key);
    }

    /// @dev G2 points have coordinates below p, lie on the twist, in the subgroup, and are not infinity:
    ///      e(G1, point) is then defined and is not one.
    function _checkG2(uint256[4] calldata point, uint256 index) internal view {
        uint256[6] memory pair = [Bn254.G1_X, Bn254.G1_Y, point[0], point[1], point[2], point[3]];
        uint256 input;
        assembly ("memory-safe") {
            input := pair
        }
        (bool valid, bool one) = _pairing(input, 1);
        if (!valid || one) revert BadKeyPoint(index);
    }

    /// @dev Whether the points in memory are valid, and whether the product of their pairings is one. Invalid
    ///      only if the precompile answers for as many good points right afterwards: else it reverts.
    ///      Overwrites the points then.
    function _pairing(uint256 input, uint256 pairCount) internal view returns (bool valid, bool one) {
        uint256 limit = PAIRING_LIMIT + pairCount * PAIRING_LIMIT_PER_PAIR;
        bool works = true;
        assembly ("memory-safe") {
            let size := mul(pairCount, 0xc0)
            valid := and(eq(returndatasize(), 0x20), staticcall(limit, 8, input, size, 0, 0x20))
            one := and(valid, eq(mload(0), 1))
            if iszero(valid) {
                // All at infinity: the product is one, at the price of any other points.
                calldatacopy(input, calldatasize(), size)
                works := and(eq(returndatasize(), 0x20), staticcall(limit, 8, input, size, 0, 0x20))
                works := and(works, eq(mload(0), 1))
            }
        }
        if (!works) revert PrecompileFailed(8, limit);
    }

    /// @dev G1 has no other subgroup: below p and on the curve is all. Infinity, (0, 0), is not on the curve.
    function _checkG1(uint256[2] calldata point, uint256 index) internal pure {
        uint256 p = Bn254.BASE_FIELD;
        (uint256 x, uint256 y) = (point[0], point[1]);
        bool canonical = x < p && y < p;
        if (!canonical || mulmod(y, y, p) != addmod(mulmod(mulmod(x, x, p), x, p), 3, p))
            revert BadKeyPoint(index);
    }

    /// @dev Copies what a batch is bound to into memory: the key, then each item's signals and proof.
    /// @return whole Whether every item has the right lengths.
    function _copy(
        bytes32 key,
        uint256 count,
        uint256[][] calldata signals,
        bytes[] calldata proofs,
        uint256 proofBytes
    ) internal pure returns (bool whole, uint256 batch) {
        uint256 next;
        assembly ("memory-safe") {
            batch := mload(0x40)
            mstore(batch, key)
            next := add(batch, 0x20)
            mstore(0x40, add(next, mul(proofs.length, add(shl(5, count), proofBytes))))
        }
        for (uint256 i; i < proofs.length; ++i) {
            uint256[] calldata itemSignals = signals[i];
            bytes calldata proof = proofs[i];
            if (itemSignals.length != count || proof.length != proofBytes) return (false, batch);
            assembly ("memory-safe") {
                calldatacopy(next, itemSignals.offset, shl(5, count))
                next := add(next, shl(5, count))
                calldatacopy(next, proof.offset, proofBytes)
                next := add(next, proofBytes)
            }
        }
        return (true, batch);
    }

    /// @dev Whether a point of G2 is the generator, or its opposite: a trapdoor of 1 or -1.
    function _isGenerator(uint256[4] memory point) internal pure returns (bool) {
        return point[0] == Bn254.G2_X_IMAG && point[1] == Bn254.G2_X_REAL;
    }

    function _wordAt(bytes memory content, uint256 index) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(content, 0x20), shl(5, index)))
        }
    }
}
