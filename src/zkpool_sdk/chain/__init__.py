"""The chain: the only part of the SDK that imports web3 and eth_abi.

::

    from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, LocalSigner
    connection = Connection("http://127.0.0.1:8545", chain_id=31337)
    deployment = Deployment.load("deployments/local.json", connection)
    account = Account(connection, LocalSigner.from_environment())
    contracts = Contracts(connection, deployment, account)
    contracts.market.base_fee_of(1)
"""

from __future__ import annotations

from zkpool_sdk.chain.account import Account, Receipt
from zkpool_sdk.chain.connection import Connection, Log
from zkpool_sdk.chain.contracts import Contracts, Operation
from zkpool_sdk.chain.deployments import Deployed, Deployment, Parameters
from zkpool_sdk.chain.errors import ChainError
from zkpool_sdk.chain.events import Event, LogPlace, decode_log, decode_logs
from zkpool_sdk.chain.fees import FeePolicy, Fees
from zkpool_sdk.chain.reverts import decode_revert
from zkpool_sdk.chain.signer import LocalSigner, NodeSigner, Signer

__all__ = [
    "Account",
    "ChainError",
    "Connection",
    "Contracts",
    "Deployed",
    "Deployment",
    "Event",
    "FeePolicy",
    "Fees",
    "LocalSigner",
    "Log",
    "LogPlace",
    "NodeSigner",
    "Operation",
    "Parameters",
    "Receipt",
    "Signer",
    "decode_log",
    "decode_logs",
    "decode_revert",
]
