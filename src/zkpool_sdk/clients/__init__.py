"""Clients by role: each is one account that uses one deployment.

::

    from zkpool_sdk.clients import Requester
    requester = Requester.connect("http://127.0.0.1:8545", "deployments/local.json")
    bid = requester.place(queue, statement, zk(5), inputs=inputs)
"""

from __future__ import annotations

from zkpool_sdk.chain.bids import Offer, SealedBid
from zkpool_sdk.chain.contracts.bids import BidQuote
from zkpool_sdk.clients.accelerator import Accelerator, check_release, content_hash
from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.delegator import Delegator, Position, Redemption
from zkpool_sdk.clients.errors import (
    CircuitDiffers,
    ClientError,
    InputsDiffer,
    InputsMalformed,
    InputsNeeded,
    NoSuchTask,
    NotAssigned,
    NothingPayable,
    NotProven,
    ProofRefused,
    ReleaseDiffers,
    WaitedTooLong,
)
from zkpool_sdk.clients.inputs import hash_of, publish_hash, publish_inputs
from zkpool_sdk.clients.keeper import Due, DueKind, Keeper
from zkpool_sdk.clients.pool_operator import AdapterState, LoanState, PoolOperator, PoolStatus
from zkpool_sdk.clients.project import Project, prove_sample
from zkpool_sdk.clients.prover import AcceptedProof, AssignedTask, Prover, Submission, SubmittedProof
from zkpool_sdk.clients.requester import ProvenTask, QueueQuote, Requester
from zkpool_sdk.clients.rescue import OpenTask

__all__ = [
    "Accelerator",
    "AcceptedProof",
    "AdapterState",
    "AssignedTask",
    "BidQuote",
    "CircuitDiffers",
    "Client",
    "ClientError",
    "Delegator",
    "Due",
    "DueKind",
    "InputsDiffer",
    "InputsMalformed",
    "InputsNeeded",
    "Keeper",
    "LoanState",
    "NoSuchTask",
    "NotAssigned",
    "NotProven",
    "NothingPayable",
    "Offer",
    "OpenTask",
    "PoolOperator",
    "PoolStatus",
    "Position",
    "Project",
    "ProofRefused",
    "ProvenTask",
    "Prover",
    "QueueQuote",
    "Redemption",
    "ReleaseDiffers",
    "Requester",
    "SealedBid",
    "Submission",
    "SubmittedProof",
    "WaitedTooLong",
    "check_release",
    "content_hash",
    "hash_of",
    "prove_sample",
    "publish_hash",
    "publish_inputs",
]
