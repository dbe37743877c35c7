// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AcceleratorId} from "../types/Ids.sol";

/// @title IAcceleratorRegistry
/// @notice Published prover software, and what its makers ask of who uses it.
interface IAcceleratorRegistry {
    /// @notice One release of prover software. Nothing of it changes but where it is paid and whether it is still offered.
    struct Accelerator {
        address owner; // publishes and retires
        address payout; // is credited
        uint16 shareBps; // of its users' side of each price
        bool retired; // takes no new users
        bytes32 contentHash; // of the release, so that a user runs what was published
        string system; // proving system, such as "groth16"
        string uri; // where to get it
        bytes32[] keys; // verifying keys of the circuits it proves; none for every circuit of the system
    }

    event AcceleratorRegistered(
        AcceleratorId indexed accelerator,
        address indexed owner,
        bytes32 indexed contentHash,
        string system,
        uint16 shareBps,
        bytes32[] keys,
        string uri
    );
    event PayoutSet(AcceleratorId indexed accelerator, address indexed payout);
    event AcceleratorRetiredBy(AcceleratorId indexed accelerator, address indexed owner);

    error UnknownAccelerator(AcceleratorId accelerator);
    error NotAcceleratorOwner(AcceleratorId accelerator, address caller);
    error ShareTooHigh(uint256 gotBps, uint256 limitBps);
    error TooManyKeys(uint256 got, uint256 limit);
    error EmptyRelease();
    error ZeroAddress();

    /// @notice Publishes a release; the caller owns it and is paid.
    /// @param contentHash of what users download; not zero. @param shareBps at most 2000.
    /// @param keys at most 32.
    function register(
        bytes32 contentHash,
        string calldata system,
        bytes32[] calldata keys,
        uint16 shareBps,
        string calldata uri
    ) external returns (AcceleratorId accelerator);

    /// @notice Moves who is credited from now on; owner of the release only.
    function setPayout(AcceleratorId accelerator, address payout) external;

    /// @notice Takes no new users; who uses it goes on. Owner of the release only.
    function retire(AcceleratorId accelerator) external;

    function acceleratorOf(AcceleratorId accelerator) external view returns (Accelerator memory);

    /// @notice Who is credited; reverts with `UnknownAccelerator`.
    function payoutOf(AcceleratorId accelerator) external view returns (address);

    /// @notice What a prover that chooses it must know: its share, whether it is retired, whether it proves circuits of `key`.
    function offerOf(
        AcceleratorId accelerator,
        bytes32 key
    ) external view returns (uint16 shareBps, bool retired, bool fits);

    function acceleratorCount() external view returns (uint256);
}
