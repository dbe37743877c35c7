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

using {eqProject as ==, neqProject as !=} for ProjectId global;
using {eqQueue as ==} for QueueId global;
using {eqTask as ==, neqTask as !=} for TaskId global;
using {eqProver as ==} for ProverId global;

function eqProject(ProjectId a, ProjectId b) pure returns (bool) {
    return ProjectId.unwrap(a) == ProjectId.unwrap(b);
}

function neqProject(ProjectId a, ProjectId b) pure returns (bool) {
    return ProjectId.unwrap(a) != ProjectId.unwrap(b);
}

function eqQueue(QueueId a, QueueId b) pure returns (bool) {
    return QueueId.unwrap(a) == QueueId.unwrap(b);
}

function eqTask(TaskId a, TaskId b) pure returns (bool) {
    return TaskId.unwrap(a) == TaskId.unwrap(b);
}

function neqTask(TaskId a, TaskId b) pure returns (bool) {
    return TaskId.unwrap(a) != TaskId.unwrap(b);
}

function eqProver(ProverId a, ProverId b) pure returns (bool) {
    return ProverId.unwrap(a) == ProverId.unwrap(b);
}
