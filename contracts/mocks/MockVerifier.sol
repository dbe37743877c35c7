// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title MockVerifier
/// @notice For tests only: a verifier whose valid proof anyone can compute, and that misbehaves when asked to.
/// @dev The proof of `signals` under `key` is abi.encode(keccak256(abi.encode(key, signals))). Four proofs misbehave:
///      "revert" reverts, "burn" spends all gas, "malformed" returns 2 for a bool, "empty" returns no data.
contract MockVerifier is IVerifier {
    /// @dev Enough to hash 32 signals.
    uint256 private constant GAS_FLOOR = 50_000;

    bytes32 private constant REVERT = keccak256("revert");
    bytes32 private constant BURN = keccak256("burn");
    bytes32 private constant MALFORMED = keccak256("malformed");
    bytes32 private constant EMPTY = keccak256("empty");

    mapping(bytes32 key => uint256) private _countsPlusOne;

    error AskedToRevert();

    /// @notice Makes `key` known, with `count` public signals.
    function setSignalCount(bytes32 key, uint256 count) external {
        _countsPlusOne[key] = count + 1;
    }

    /// @inheritdoc IVerifier
    function verify(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        return _judge(key, signals, proof);
    }

    /// @inheritdoc IVerifier
    /// @dev A proof that misbehaves alone does so among others.
    function verifyMany(
        bytes32 key,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external view returns (bool all) {
        all = proofs.length != 0 && signals.length == proofs.length;
        for (uint256 i = 0; all && i < proofs.length; ++i) all = _judge(key, signals[i], proofs[i]);
    }

    /// @inheritdoc IVerifier
    function gasFloor(bytes32 key) external view returns (uint256) {
        signalCount(key);
        return GAS_FLOOR;
    }

    /// @inheritdoc IVerifier
    function gasFloorMany(bytes32 key, uint256 count) external view returns (uint256) {
        signalCount(key);
        return count * GAS_FLOOR;
    }

    /// @inheritdoc IVerifier
    function system() external pure returns (string memory) {
        return "mock";
    }

    /// @inheritdoc IVerifier
    function signalCount(bytes32 key) public view returns (uint256) {
        uint256 countPlusOne = _countsPlusOne[key];
        if (countPlusOne == 0) revert UnknownKey(key);
        return countPlusOne - 1;
    }

    function _judge(
        bytes32 key,
        uint256[] calldata signals,
        bytes calldata proof
    ) private view returns (bool) {
        // A proof that does not misbehave is one word: cheap to judge, as a mock should be.
        if (proof.length == 32) {
            bool counted = signals.length == signalCount(key);
            return counted && bytes32(proof) == keccak256(abi.encode(key, signals));
        }
        bytes32 asked = keccak256(proof);
        if (asked == REVERT) revert AskedToRevert();
        if (asked == BURN) {
            assembly {
                invalid()
            }
        }
        if (asked == MALFORMED) {
            assembly {
                mstore(0, 2)
                return(0, 32)
            }
        }
        if (asked == EMPTY) {
            assembly {
                return(0, 0)
            }
        }
        return false;
    }
}
