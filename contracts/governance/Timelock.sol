// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Timelock
/// @notice Owner of the protocol's contracts: what a proposer schedules happens `minDelaySeconds` later at the earliest.
/// @custom:holds Nothing.
/// @custom:halts Never; a canceller can drop a scheduled operation.
contract Timelock is TimelockController {
    /// @param minDelaySeconds Least time between scheduling and executing.
    /// @param proposers Accounts that schedule and cancel.
    /// @param executors Accounts that execute; the zero address lets anyone.
    /// @param admin Account that may set roles until it renounces; zero for the timelock alone.
    constructor(
        uint256 minDelaySeconds,
        address[] memory proposers,
        address[] memory executors,
        address admin
    ) TimelockController(minDelaySeconds, proposers, executors, admin) {}
}
