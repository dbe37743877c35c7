// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifier} from "./IVerifier.sol";

/// @title IBn254Verifier
/// @notice A proving system over BN254 for every circuit: keys are checked and registered once, by hash, and stay.
interface IBn254Verifier is IVerifier {
    /// @notice A key was checked and stored.
    event KeyRegistered(bytes32 indexed key, uint256 signalCount);

    /// @notice Point `index` of the key, counted as its words are, is off the curve, in the wrong subgroup, or at infinity where it may not be.
    error BadKeyPoint(uint256 index);
    /// @notice The key's set-up has a trapdoor that can be seen: anybody could forge proofs.
    error ForgeableKey();
    /// @notice The key is registered already.
    error KeyExists(bytes32 key);
    /// @notice `gasLeft` is not enough to verify; `gasNeeded` is.
    error GasShort(uint256 gasLeft, uint256 gasNeeded);
    /// @notice Precompile `precompile` failed on good input with `gasGiven`: this chain lacks it, or asks more for it.
    error PrecompileFailed(uint256 precompile, uint256 gasGiven);

    /// @notice The words of a registered key, as its hash takes them.
    function keyWords(bytes32 key) external view returns (uint256[] memory words);
}
