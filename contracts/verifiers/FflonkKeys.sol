// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBn254Verifier} from "../interfaces/IBn254Verifier.sol";
import {IFflonkVerifier} from "../interfaces/IFflonkVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Bn254Keys} from "./Bn254Keys.sol";
import {CodeStore} from "./CodeStore.sol";
import {FflonkMath} from "./FflonkMath.sol";

/// @title FflonkKeys
/// @notice The keys of FFLONK over BN254: checked once, kept as code, known by their hash.
abstract contract FflonkKeys is IFflonkVerifier, Bn254Keys {
    /// @notice Smallest domain that snarkjs sets up is of 2^3 elements.
    uint256 public constant MIN_POWER = 3;
    /// @notice Largest domain that the scalar field has is of 2^28 elements.
    uint256 public constant MAX_POWER = Bn254.TWO_ADICITY;

    /// @dev Words of a key; behind them CodeStore keeps the four that `FflonkMath.Key` has more.
    uint256 private constant KEY_WORDS = 10;

    /// @inheritdoc IFflonkVerifier
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key) {
        // Check
        (uint256 power, uint256 count) = (verifyingKey.power, verifyingKey.signalCount);
        if (power < MIN_POWER || power > MAX_POWER) revert BadPower(power, MIN_POWER, MAX_POWER);
        uint256 maxCount = 2 ** power < MAX_SIGNALS ? 2 ** power : MAX_SIGNALS;
        if (count > maxCount) revert TooManySignals(count, maxCount);
        key = keyOf(verifyingKey);
        _requireNew(key);
        _checkCosets(verifyingKey.k1, verifyingKey.k2, power);
        _checkG2(verifyingKey.x2, 0);
        if (_isGenerator(verifyingKey.x2)) revert ForgeableKey();
        _checkG1(verifyingKey.c0, 1);
        // Effect
        uint256 omega = _squared(Bn254.ROOT_OF_UNITY, MAX_POWER - power);
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

    /// @dev With n elements in the domain, x is in it if x^n is one, and in the coset of k if x^n is k^n.
    function _checkCosets(uint256 k1, uint256 k2, uint256 power) private pure {
        (uint256 first, uint256 second) = (_squared(k1, power), _squared(k2, power));
        bool disjoint = first > 1 && second > 1 && first != second;
        if (k1 >= Bn254.SCALAR_FIELD || k2 >= Bn254.SCALAR_FIELD || !disjoint) revert BadCosets(k1, k2);
    }

    /// @dev value^(2^times).
    function _squared(uint256 value, uint256 times) private pure returns (uint256) {
        for (; times > 0; --times) value = mulmod(value, value, Bn254.SCALAR_FIELD);
        return value;
    }
}
