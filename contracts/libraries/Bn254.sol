// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Bn254
/// @notice Constants of the pairing curve BN254 (alt_bn128), as EIP-196 and EIP-197 name them.
/// @dev G1 is y² = x³ + 3 over F_p. A G2 point is four words, the imaginary part of each coordinate first.
library Bn254 {
    /// @notice r: order of the groups, and modulus of every public signal.
    uint256 internal constant SCALAR_FIELD =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice r - 1 is an odd number times 2^28, and ROOT_OF_UNITY, 5 to that number, generates the 2^28th roots of one.
    uint256 internal constant TWO_ADICITY = 28;
    uint256 internal constant ROOT_OF_UNITY =
        19103219067921713944291392827692070036145651957329286315305642004821462161904;

    /// @notice p: modulus of point coordinates.
    uint256 internal constant BASE_FIELD =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @notice The generator of G1 is (1, 2).
    uint256 internal constant G1_X = 1;
    uint256 internal constant G1_Y = 2;

    /// @notice The generator of G2.
    uint256 internal constant G2_X_IMAG =
        11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 internal constant G2_X_REAL =
        10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 internal constant G2_Y_IMAG =
        4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 internal constant G2_Y_REAL =
        8495653923123431417604973247489272438418190587263600148770280649306958101930;
}
