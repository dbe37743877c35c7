// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBn254Verifier} from "../interfaces/IBn254Verifier.sol";
import {IPlonkVerifier} from "../interfaces/IPlonkVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {CodeStore} from "./CodeStore.sol";
import {PlonkishKeys} from "./PlonkishKeys.sol";

/// @title PlonkKeys
/// @notice The keys of PLONK over BN254: checked once, kept as code, known by their hash.
abstract contract PlonkKeys is IPlonkVerifier, PlonkishKeys {
    /// @dev Words of a key; before them CodeStore keeps the generator of its domain.
    uint256 private constant KEY_WORDS = 24;
    /// @dev Among the words that are kept.
    uint256 private constant SIGNAL_COUNT_WORD = 2;

    /// @inheritdoc IPlonkVerifier
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key) {
        // Check
        (uint256 power, uint256 count) = (verifyingKey.power, verifyingKey.signalCount);
        _checkSize(power, count);
        key = keyOf(verifyingKey);
        _requireNew(key);
        _checkCosets(verifyingKey.k1, verifyingKey.k2, power);
        _checkSecret(verifyingKey.x2, 0);
        _checkSelector(verifyingKey.qm, 1);
        _checkSelector(verifyingKey.ql, 2);
        _checkSelector(verifyingKey.qr, 3);
        _checkSelector(verifyingKey.qo, 4);
        _checkSelector(verifyingKey.qc, 5);
        _checkG1(verifyingKey.s1, 6);
        _checkG1(verifyingKey.s2, 7);
        _checkG1(verifyingKey.s3, 8);
        // Effect
        uint256 root = _rootOf(power);
        _keep(key, abi.encode(root, verifyingKey), count);
    }

    /// @inheritdoc IBn254Verifier
    function keyWords(bytes32 key) external view returns (uint256[] memory words) {
        (address pointer, ) = _locate(key);
        bytes memory kept = CodeStore.read(pointer);
        words = new uint256[](KEY_WORDS);
        for (uint256 i; i < KEY_WORDS; ++i) words[i] = _wordAt(kept, i + 1);
    }

    /// @inheritdoc IVerifier
    function signalCount(bytes32 key) public view returns (uint256 count) {
        (address pointer, ) = _locate(key);
        return _wordAt(CodeStore.read(pointer), SIGNAL_COUNT_WORD);
    }

    /// @inheritdoc IPlonkVerifier
    function keyOf(VerifyingKey calldata verifyingKey) public pure returns (bytes32 key) {
        return keccak256(abi.encode(verifyingKey));
    }

    /// @dev A selector that is zero everywhere is committed to by infinity.
    function _checkSelector(uint256[2] calldata point, uint256 index) private pure {
        if (point[0] | point[1] != 0) _checkG1(point, index);
    }
}
