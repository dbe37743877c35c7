// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBn254Verifier} from "./IBn254Verifier.sol";

/// @title IPlonkishVerifier
/// @notice A proving system over a domain of roots of unity with three wires: PLONK and its kin.
/// @dev A key is forgeable if its set-up's secret is seen to be 1 or -1. Other known secrets cannot be seen in a key, nor
///      whose circuit it is: whoever admits one to a queue must know its ceremony and its circuit.
interface IPlonkishVerifier is IBn254Verifier {
    /// @notice The domain has 2^`power` elements; `power` must be from `minPower` to `maxPower`.
    error BadPower(uint256 power, uint256 minPower, uint256 maxPower);
    /// @notice The domain and its cosets by k1 and k2 are not three disjoint sets, or k1 or k2 is not below the field modulus.
    error BadCosets(uint256 k1, uint256 k2);
    /// @notice The key has `signalCount` public signals; at most `maxCount` are allowed.
    error TooManySignals(uint256 signalCount, uint256 maxCount);
}
