// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBn254Verifier} from "../interfaces/IBn254Verifier.sol";
import {IFflonkVerifier} from "../interfaces/IFflonkVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {CodeStore} from "./CodeStore.sol";
import {FflonkMath} from "./FflonkMath.sol";
import {PlonkishKeys} from "./PlonkishKeys.sol";

/// @title FflonkKeys
/// @notice The keys of FFLONK over BN254: checked once, kept as code, known by their hash.
abstract contract FflonkKeys is IFflonkVerifier, PlonkishKeys {
    /// @dev Words of a key; behind them CodeStore keeps the four that `FflonkMath.Key` has more.
    uint256 private constant KEY_WORDS = 10;

    /// @inheritdoc IFflonkVerifier
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key) {
        // Check
        (uint256 power, uint256 count) = (verifyingKey.power, verifyingKey.signalCount);
        _checkSize(power, count);
        key = keyOf(verifyingKey);
        _requireNew(key);
        _checkCosets(verifyingKey.k1, verifyingKey.k2, power);
        _checkSecret(verifyingKey.x2, 0);
        _checkG1(verifyingKey.c0, 1);
        // Effect
        uint256 omega = _rootOf(power);
        (uint256 sizeInverse, uint256 inverseScale) = FflonkMath.constantsOf(omega, power, count);
        _keep(key, abi.encode(verifyingKey, omega, sizeInverse, inverseScale, Bn254.SCALAR_FIELD), count);
    }

    /// @inheritdoc IBn254Verifier
    function keyWords(bytes32 key) external view returns (uint256[] memory words) {
        (address pointer, ) = _locate(key);
        bytes memory kept = CodeStore.read(pointer);
        words = new uint256[](KEY_WORDS);
        for (uint256 i; i < KEY_WORDS; ++i) words[i] = _wordAt(kept, i);
    }

    /// @inheritdoc IVerifier
    function signalCount(bytes32 key) public view returns (uint256 count) {
        return _load(key).signalCount;
    }

    /// @inheritdoc IFflonkVerifier
    function keyOf(VerifyingKey calldata verifyingKey) public pure returns (bytes32 key) {
        return keccak256(abi.encode(verifyingKey));
    }

    /// @dev Reads a key in one go: every kept key has the same size, and no other a power of zero.
    function _load(bytes32 key) internal view returns (FflonkMath.Key memory kept) {
        address pointer = CodeStore.pointerOf(key);
        assembly ("memory-safe") {
            extcodecopy(pointer, kept, 1, 0x1c0)
        }
        if (kept.power == 0) revert UnknownKey(key);
    }
}
