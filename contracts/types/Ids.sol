// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev A tier 1 project; 0 is no project.
type ProjectId is uint24;

/// @dev One circuit of one project; 0 is no queue.
type QueueId is uint24;

/// @dev keccak256(chainid, market, queue, requester, statement, nonce).
type TaskId is bytes32;

/// @dev A registered prover; 0 is no prover. Short, so that a task and a seat pack into few storage words.
type ProverId is uint32;

/// @dev Published prover software; 0 is none.
type AcceleratorId is uint32;

using {neqTask as !=} for TaskId global;
using {eqProver as ==} for ProverId global;

function neqTask(TaskId a, TaskId b) pure returns (bool) {
    return TaskId.unwrap(a) != TaskId.unwrap(b);
}

function eqProver(ProverId a, ProverId b) pure returns (bool) {
    return ProverId.unwrap(a) == ProverId.unwrap(b);
}
