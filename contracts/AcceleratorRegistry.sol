// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAcceleratorRegistry} from "./interfaces/IAcceleratorRegistry.sol";
import {AcceleratorId} from "./types/Ids.sol";

/// @title AcceleratorRegistry
/// @notice Published prover software: what it is, which circuits it proves, and what its makers ask for.
/// @custom:holds Nothing.
/// @custom:halts Never. An owner retires its own release; who uses it goes on.
contract AcceleratorRegistry is IAcceleratorRegistry {
    using SafeCast for uint256;

    /// @notice The prover keeps four fifths of its side, whatever software it runs.
    uint256 public constant MAX_SHARE_BPS = 2_000;
    /// @notice Most circuits of one release; bounds the search for one of them.
    uint256 public constant MAX_KEYS = 32;

    /// @dev An `Accelerator`, in the order that packs.
    struct Release {
        // storage word 0
        address owner;
        uint16 shareBps;
        bool retired;
        // storage word 1
        address payout;
        // storage word 2
        bytes32 contentHash;
        string system;
        string uri;
        bytes32[] keys;
    }

    uint256 private _acceleratorCount;
    mapping(AcceleratorId accelerator => Release) private _releases;

    /// @inheritdoc IAcceleratorRegistry
    function register(
        bytes32 contentHash,
        string calldata system,
        bytes32[] calldata keys,
        uint16 shareBps,
        string calldata uri
    ) external returns (AcceleratorId accelerator) {
        // Check
        if (contentHash == 0) revert EmptyRelease();
        if (shareBps > MAX_SHARE_BPS) revert ShareTooHigh(shareBps, MAX_SHARE_BPS);
        if (keys.length > MAX_KEYS) revert TooManyKeys(keys.length, MAX_KEYS);
        // Effect
        accelerator = AcceleratorId.wrap((++_acceleratorCount).toUint32());
        _releases[accelerator] = Release(
            msg.sender,
            shareBps,
            false,
            msg.sender,
            contentHash,
            system,
            uri,
            keys
        );
        emit AcceleratorRegistered(accelerator, msg.sender, contentHash, system, shareBps, keys, uri);
    }

    /// @inheritdoc IAcceleratorRegistry
    function setPayout(AcceleratorId accelerator, address payout) external {
        Release storage release = _owned(accelerator);
        if (payout == address(0)) revert ZeroAddress();
        release.payout = payout;
        emit PayoutSet(accelerator, payout);
    }

    /// @inheritdoc IAcceleratorRegistry
    function retire(AcceleratorId accelerator) external {
        _owned(accelerator).retired = true;
        emit AcceleratorRetiredBy(accelerator, msg.sender);
    }

    /// @inheritdoc IAcceleratorRegistry
    function acceleratorOf(AcceleratorId accelerator) external view returns (Accelerator memory) {
        Release storage r = _known(accelerator);
        return Accelerator(r.owner, r.payout, r.shareBps, r.retired, r.contentHash, r.system, r.uri, r.keys);
    }

    /// @inheritdoc IAcceleratorRegistry
    function payoutOf(AcceleratorId accelerator) external view returns (address) {
        return _known(accelerator).payout;
    }

    /// @inheritdoc IAcceleratorRegistry
    function offerOf(
        AcceleratorId accelerator,
        bytes32 key
    ) external view returns (uint16 shareBps, bool retired, bool fits) {
        Release storage release = _known(accelerator);
        (shareBps, retired) = (release.shareBps, release.retired);
        uint256 count = release.keys.length;
        fits = count == 0;
        for (uint256 i = 0; i < count && !fits; ++i) fits = release.keys[i] == key;
    }

    /// @inheritdoc IAcceleratorRegistry
    function acceleratorCount() external view returns (uint256) {
        return _acceleratorCount;
    }

    function _owned(AcceleratorId accelerator) private view returns (Release storage release) {
        release = _known(accelerator);
        if (msg.sender != release.owner) revert NotAcceleratorOwner(accelerator, msg.sender);
    }

    function _known(AcceleratorId accelerator) private view returns (Release storage release) {
        release = _releases[accelerator];
        if (release.owner == address(0)) revert UnknownAccelerator(accelerator);
    }
}
