// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifier} from "./IVerifier.sol";

/// @title IGroth16Verifier
/// @notice Groth16 over BN254 for every circuit: keys are checked and registered once, by hash.
interface IGroth16Verifier is IVerifier {
    /// @notice A Groth16 verifying key, coordinates as the EIP-197 precompile takes them (imaginary part of G2 first).
    struct VerifyingKey {
        uint256[2] alpha;
        uint256[4] beta;
        uint256[4] gamma;
        uint256[4] delta;
        uint256[2][] ic; // one point a signal, and one
    }

    /// @notice A key was checked and stored.
    event KeyRegistered(bytes32 indexed key, uint256 signalCount);

    /// @notice Point `index` (0 alpha, 1 beta, 2 gamma, 3 delta, 4 + i ic[i]) is off the curve, at infinity or in the wrong subgroup.
    error BadKeyPoint(uint256 index);
    /// @notice Two of beta, gamma, delta are equal, or beta or delta is the generator (up to sign): anybody could forge proofs.
    error ForgeableKey();
    /// @notice The key has `icCount` points for signals; between 1 and `maxCount` are allowed.
    error BadSignalCount(uint256 icCount, uint256 maxCount);
    /// @notice The key is registered already.
    error KeyExists(bytes32 key);
    /// @notice `gasLeft` is not enough to verify; `gasNeeded` is.
    error GasShort(uint256 gasLeft, uint256 gasNeeded);
    /// @notice Precompile `precompile` failed on good input with `gasGiven`: this chain lacks it, or asks more for it.
    error PrecompileFailed(uint256 precompile, uint256 gasGiven);

    /// @notice Checks and stores a key.
    /// @return key keccak256 of the key's words: alpha, beta, gamma, delta, ic.
    function registerKey(VerifyingKey calldata verifyingKey) external returns (bytes32 key);

    /// @notice Hash under which a key is, or would be, registered.
    function keyOf(VerifyingKey calldata verifyingKey) external pure returns (bytes32 key);

    /// @notice The words of a registered key: alpha, beta, gamma, delta, ic.
    function keyWords(bytes32 key) external view returns (uint256[] memory words);
}
