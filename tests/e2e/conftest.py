"""ZKPool on ape's own chain, with one queue of the rollup's real circuit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from scripts.deploy import connect, deploy_zkpool, sdk_account
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, LocalSigner
from zkpool_sdk.clients import Project
from zkpool_sdk.models import QueueId, Terms
from zkpool_sdk.proving import InsecureKeyWarning, Ump, rollup
from zkpool_sdk.proving.eddsa import SigningKey
from zkpool_sdk.units import Seconds, Wei

ROLLUP_ID = 7
TERMS = Terms(Seconds(1800), Seconds(3600), Wei(0), 1)


@pytest.fixture(scope="module")
def node() -> Connection:
    return connect()


@pytest.fixture(scope="module")
def treasurer(accounts: Any, node: Connection) -> Account:
    """Deploys, and holds all tokens."""
    return sdk_account(accounts[0], node)


@pytest.fixture(scope="module")
def pool(accounts: Any) -> Deployment:
    return deploy_zkpool(accounts[0])


@pytest.fixture(scope="module")
def someone(node: Connection, pool: Deployment, treasurer: Account) -> Callable[..., Contracts]:
    """Makes a new account with ether and tokens, and gives the contracts as it sees them."""

    def make(tokens_wei: int = 0, signer: LocalSigner | None = None) -> Contracts:
        account = Account(node, signer or LocalSigner.generate())
        treasurer.transfer_ether(account.address, 10**19)
        if tokens_wei:
            Contracts(node, pool, treasurer).token.transfer(account.address, tokens_wei)
        return Contracts(node, pool, account)

    return make


@pytest.fixture(scope="module")
def ump() -> Ump:
    warnings.simplefilter("ignore", InsecureKeyWarning)
    return Ump()


@pytest.fixture(scope="module")
def queue(someone: Callable[..., Contracts], ump: Ump) -> QueueId:
    project = Project(someone())
    number = project.register("https://rollup.example")
    return project.open_queue(number, "rollup", TERMS, ump=ump)


@pytest.fixture(scope="module")
def batches() -> list[rollup.Batch]:
    """Three real batches, each from the state the one before it left."""
    sender, recipient = SigningKey.generate(b"a" * 32), SigningKey.generate(b"b" * 32)
    state = rollup.State({0: rollup.Account(sender.public, 1000), 1: rollup.Account(recipient.public, 1000)})
    made = []
    for number in range(3):
        there = rollup.sign_transfer(sender, ROLLUP_ID, 0, 1, 10 + number, number)
        back = rollup.sign_transfer(recipient, ROLLUP_ID, 1, 0, 5, number)
        made.append(rollup.build_batch(ROLLUP_ID, state, [there, back]))
        state = made[-1].state
    return made
