// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../interfaces/IGroth16Verifier.sol";
import {IBn254Verifier} from "../interfaces/IBn254Verifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254Keys} from "./Bn254Keys.sol";
import {CodeStore} from "./CodeStore.sol";

/// @title Groth16Keys
/// @notice The keys of Groth16 over BN254: checked once, kept as code, known by their hash.
abstract contract Groth16Keys is IGroth16Verifier, Bn254Keys {
    /// @dev What CodeStore keeps of a key: words delta (4), ic[0] (2), gamma (4), alpha (2), beta (4), ic[1] …
    uint256 private constant KEPT_BYTES_WITHOUT_SIGNALS = 512;

    /// @inheritdoc IGroth16Verifier
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key) {
        // Check
        uint256[2][] calldata ic = verifyingKey.ic;
        if (ic.length == 0 || ic.length > MAX_SIGNALS + 1) revert BadSignalCount(ic.length, MAX_SIGNALS + 1);
        key = keyOf(verifyingKey);
        _requireNew(key);
        _checkG1(verifyingKey.alpha, 0);
        _checkG2(verifyingKey.beta, 1);
        _checkG2(verifyingKey.gamma, 2);
        _checkG2(verifyingKey.delta, 3);
        for (uint256 i; i < ic.length; ++i) _checkG1(ic[i], 4 + i);
        _checkTrapdoors(verifyingKey.beta, verifyingKey.gamma, verifyingKey.delta);
        // Effect
        _keep(
            key,
            abi.encodePacked(
                verifyingKey.delta,
                ic[0],
                verifyingKey.gamma,
                verifyingKey.alpha,
                verifyingKey.beta,
                _packed(ic[1:])
            ),
            ic.length - 1
        );
    }

    /// @inheritdoc IBn254Verifier
    function keyWords(bytes32 key) external view returns (uint256[] memory words) {
        (address pointer, ) = _find(key);
        bytes memory kept = CodeStore.read(pointer);
        words = new uint256[](kept.length / 32);
        // Where each part of the head begins in the code, in the order of the answer: alpha, beta, gamma,
        // delta, ic[0].
        uint256[5] memory starts = [uint256(10), 12, 6, 0, 4];
        uint256[5] memory sizes = [uint256(2), 4, 4, 4, 2];
        uint256 filled;
        for (uint256 part; part < 5; ++part) {
            for (uint256 i; i < sizes[part]; ++i) words[filled++] = _wordAt(kept, starts[part] + i);
        }
        for (; filled < words.length; ++filled) words[filled] = _wordAt(kept, filled);
    }

    /// @inheritdoc IVerifier
    function signalCount(bytes32 key) public view returns (uint256 count) {
        (, count) = _find(key);
    }

    /// @inheritdoc IGroth16Verifier
    function keyOf(VerifyingKey calldata verifyingKey) public pure returns (bytes32 key) {
        return
            keccak256(
                abi.encodePacked(
                    verifyingKey.alpha,
                    verifyingKey.beta,
                    verifyingKey.gamma,
                    verifyingKey.delta,
                    _packed(verifyingKey.ic)
                )
            );
    }

    function _find(bytes32 key) internal view returns (address pointer, uint256 count) {
        uint256 kept;
        (pointer, kept) = _locate(key);
        count = (kept - KEPT_BYTES_WITHOUT_SIGNALS) / 64;
    }

    /// @dev Refuses a key whose trapdoors have a ratio known to be 1 or -1 (equal x), since anybody could
    ///      prove anything. With v = ic[0] + Σ signal · ic[i+1], for upper signs:
    ///      gamma = ±delta: A = alpha, B = beta, C = ∓v.
    ///      beta = ±gamma: A = alpha ± v, B = beta, C at infinity, then (A, B + delta, C + A).
    ///      beta = ±delta: A = v, B = beta + gamma, C = ±(v - alpha).
    ///      beta or delta = ±generator: a phase of the set-up was skipped, and a proof can be made from the
    ///      other phase's public powers. Only gamma may be the generator; snarkjs makes every key so.
    ///      Other known ratios cannot be seen in a key: whoever admits one to a queue must trust its ceremony.
    function _checkTrapdoors(
        uint256[4] calldata beta,
        uint256[4] calldata gamma,
        uint256[4] calldata delta
    ) private pure {
        if (_sameX(delta, gamma) || _sameX(beta, gamma) || _sameX(beta, delta)) revert ForgeableKey();
        if (_isGenerator(beta) || _isGenerator(delta)) revert ForgeableKey();
    }

    /// @dev Whether two points of G2 are equal or opposite.
    function _sameX(uint256[4] memory left, uint256[4] memory right) private pure returns (bool) {
        return left[0] == right[0] && left[1] == right[1];
    }

    function _packed(uint256[2][] calldata points) private pure returns (bytes memory packed) {
        packed = new bytes(points.length * 64);
        assembly ("memory-safe") {
            calldatacopy(add(packed, 0x20), points.offset, mload(packed))
        }
    }
}
