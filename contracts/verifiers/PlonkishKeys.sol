// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPlonkishVerifier} from "../interfaces/IPlonkishVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Bn254Keys} from "./Bn254Keys.sol";

/// @title PlonkishKeys
/// @notice What the keys of PLONK and its kin share: a domain, cosets of two wires, a secret in G2.
abstract contract PlonkishKeys is IPlonkishVerifier, Bn254Keys {
    /// @notice Smallest domain that snarkjs sets up is of 2^3 elements.
    uint256 public constant MIN_POWER = 3;
    /// @notice Largest domain that the scalar field has is of 2^28 elements.
    uint256 public constant MAX_POWER = Bn254.TWO_ADICITY;

    /// @dev G2 times a secret that must not be known: 1 and -1 are.
    function _checkSecret(uint256[4] calldata x2, uint256 index) internal view {
        _checkG2(x2, index);
        if (_isGenerator(x2)) revert ForgeableKey();
    }

    /// @dev Every signal has an element of the domain to itself.
    function _checkSize(uint256 power, uint256 count) internal pure {
        if (power < MIN_POWER || power > MAX_POWER) revert BadPower(power, MIN_POWER, MAX_POWER);
        uint256 maxCount = 2 ** power < MAX_SIGNALS ? 2 ** power : MAX_SIGNALS;
        if (count > maxCount) revert TooManySignals(count, maxCount);
    }

    /// @dev With n elements in the domain, x is in it if x^n is one, and in the coset of k if x^n is k^n.
    function _checkCosets(uint256 k1, uint256 k2, uint256 power) internal pure {
        (uint256 first, uint256 second) = (_squared(k1, power), _squared(k2, power));
        bool disjoint = first > 1 && second > 1 && first != second;
        if (k1 >= Bn254.SCALAR_FIELD || k2 >= Bn254.SCALAR_FIELD || !disjoint) revert BadCosets(k1, k2);
    }

    /// @dev The generator of a domain.
    function _rootOf(uint256 power) internal pure returns (uint256 root) {
        return _squared(Bn254.ROOT_OF_UNITY, MAX_POWER - power);
    }

    /// @dev value^(2^times).
    function _squared(uint256 value, uint256 times) private pure returns (uint256) {
        for (; times > 0; --times) value = mulmod(value, value, Bn254.SCALAR_FIELD);
        return value;
    }
}
