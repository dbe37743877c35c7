// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBn254Verifier} from "./IBn254Verifier.sol";

/// @title IGroth16Verifier
/// @notice Groth16 over BN254. Points of a key are counted so: 0 alpha, 1 beta, 2 gamma, 3 delta, 4 + i ic[i].
/// @dev A key is forgeable if two of beta, gamma, delta are equal, or beta or delta is the generator (up to sign).
interface IGroth16Verifier is IBn254Verifier {
    /// @notice A Groth16 verifying key, coordinates as the EIP-197 precompile takes them (imaginary part of G2 first).
    struct VerifyingKey {
        uint256[2] alpha;
        uint256[4] beta;
        uint256[4] gamma;
        uint256[4] delta;
        uint256[2][] ic; // one point a signal, and one
    }

    /// @notice The key has `icCount` points for signals; between 1 and `maxCount` are allowed.
    error BadSignalCount(uint256 icCount, uint256 maxCount);

    /// @notice Checks and stores a key.
    /// @return key keccak256 of the key's words: alpha, beta, gamma, delta, ic.
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key);

    /// @notice Hash under which a key is, or would be, registered.
    function keyOf(VerifyingKey calldata verifyingKey) external pure returns (bytes32 key);
}
