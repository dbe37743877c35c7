// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPlonkishVerifier} from "./IPlonkishVerifier.sol";

/// @title IFflonkVerifier
/// @notice FFLONK over BN254 as snarkjs proves it. A bad key's point is 0, x2, or 1, c0.
interface IFflonkVerifier is IPlonkishVerifier {
    /// @notice An FFLONK verifying key; of `verification_key.json` the fields power, nPublic, k1, k2, X_2 and C0.
    /// @dev w and wr follow from the power, w3, w4 and w8 are the same in every key.
    struct VerifyingKey {
        uint256 power; // the domain has 2^power elements
        uint256 signalCount;
        uint256 k1; // the second wire's coset
        uint256 k2; // the third wire's coset
        uint256[4] x2; // the secret times the generator of G2, imaginary parts first
        uint256[2] c0; // selectors and permutation
    }

    /// @notice Checks and stores a key.
    /// @return key keccak256 of the key's 10 words: power, signalCount, k1, k2, x2, c0.
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key);

    /// @notice Hash under which a key is, or would be, registered.
    function keyOf(VerifyingKey calldata verifyingKey) external pure returns (bytes32 key);
}
