// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPlonkishVerifier} from "./IPlonkishVerifier.sol";

/// @title IPlonkVerifier
/// @notice PLONK over BN254 as snarkjs proves it. A bad key's point is 0, x2, or 1 … 8, qm … s3.
interface IPlonkVerifier is IPlonkishVerifier {
    /// @notice A PLONK verifying key; of `verification_key.json` all fields but w, which follows from the power.
    struct VerifyingKey {
        uint256 power; // the domain has 2^power elements
        uint256 signalCount;
        uint256 k1; // the second wire's coset
        uint256 k2; // the third wire's coset
        uint256[4] x2; // the secret times the generator of G2, imaginary parts first
        uint256[2] qm; // selectors; infinity, (0, 0), if zero everywhere
        uint256[2] ql;
        uint256[2] qr;
        uint256[2] qo;
        uint256[2] qc;
        uint256[2] s1; // permutation
        uint256[2] s2;
        uint256[2] s3;
    }

    /// @notice Checks and stores a key.
    /// @return key keccak256 of the key's 24 words: power, signalCount, k1, k2, x2, qm … s3.
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key);

    /// @notice Hash under which a key is, or would be, registered.
    function keyOf(VerifyingKey calldata verifyingKey) external pure returns (bytes32 key);
}
