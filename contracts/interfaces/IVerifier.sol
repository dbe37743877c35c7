// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IVerifier
/// @notice One proving system. It judges a proof and calls nothing but precompiles.
interface IVerifier {
    /// @notice The key is not registered here.
    error UnknownKey(bytes32 key);

    /// @notice Name of the proving system, such as "groth16".
    function system() external view returns (string memory);

    /// @notice How many public signals the key's circuit has.
    /// @dev Reverts with `UnknownKey`.
    function signalCount(bytes32 key) external view returns (uint256);

    /// @notice Gas that must be left before `verify` is called, so that a refusal is never a lack of gas.
    function gasFloor(bytes32 key) external view returns (uint256);

    /// @notice Whether `proof` proves the circuit of `key` for `signals`.
    /// @dev False for every malformed proof, wrong number of signals and signal at or above the field modulus. Reverts
    ///      only when the key is unknown, gas is short or the chain cannot check it; none is the prover's fault.
    function verify(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool);

    /// @notice Gas that must be left before `verifyMany` is called for `count` proofs.
    function gasFloorMany(bytes32 key, uint256 count) external view returns (uint256);

    /// @notice Whether all proofs are valid, each for its own signals; cheaper than one by one.
    /// @dev False says only that one of them may not be: ask for each alone. True for a false proof has a chance below
    ///      2^-120, whoever chose the proofs. Reverts as `verify` does.
    function verifyMany(
        bytes32 key,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external view returns (bool);
}
