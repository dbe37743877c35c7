"""Clients by role: each is one account that uses one deployment.

::

    from zkpool_sdk.clients import Requester
    requester = Requester.connect("http://127.0.0.1:8545", "deployments/local.json")
    bid = requester.place(queue, statement, zk(5), inputs=inputs)
"""

from __future__ import annotations

from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.errors import (
    CircuitDiffers,
    ClientError,
    InputsDiffer,
    InputsMalformed,
    InputsNeeded,
    NoSuchTask,
    NotProven,
    ProofRefused,
    WaitedTooLong,
)
from zkpool_sdk.clients.inputs import hash_of, publish_hash, publish_inputs
from zkpool_sdk.clients.keeper import Due, DueKind, Keeper
from zkpool_sdk.clients.project import Project, prove_sample
from zkpool_sdk.clients.prover import AcceptedProof, AssignedTask, Prover
from zkpool_sdk.clients.requester import ProvenTask, QueueQuote, Requester

__all__ = [
    "AcceptedProof",
    "AssignedTask",
    "CircuitDiffers",
    "Client",
    "ClientError",
    "Due",
    "DueKind",
    "InputsDiffer",
    "InputsMalformed",
    "InputsNeeded",
    "Keeper",
    "NoSuchTask",
    "NotProven",
    "Project",
    "ProofRefused",
    "ProvenTask",
    "Prover",
    "QueueQuote",
    "Requester",
    "WaitedTooLong",
    "hash_of",
    "prove_sample",
    "publish_hash",
    "publish_inputs",
]
