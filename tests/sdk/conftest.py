"""Fixtures of the tests that talk to a chain: one anvil with ZKPool on it, put back after each test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.anvil import anvil, rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment
from zkpool_sdk.chain.abi import EXPORTED
from zkpool_sdk.chain.deploy import deploy

COMPILED = Path(__file__).resolve().parents[2] / ".build" / "__local__.json"


@pytest.fixture(scope="session")
def creation_code() -> dict[str, bytes]:
    artefacts = json.loads(COMPILED.read_text())["contractTypes"]
    return {
        name: bytes.fromhex(artefacts[name]["deploymentBytecode"]["bytecode"].removeprefix("0x"))
        for name in EXPORTED
    }


@pytest.fixture(scope="session")
def session_connection() -> Iterator[Connection]:
    with anvil() as url:
        yield Connection(url, 31337)


@pytest.fixture(scope="session")
def deployment(session_connection: Connection, creation_code: dict[str, bytes]) -> Deployment:
    return deploy(Account(session_connection, rich_signer(0)), creation_code)


@pytest.fixture
def connection(session_connection: Connection, deployment: Deployment) -> Iterator[Connection]:
    snapshot = session_connection.request("evm_snapshot")
    yield session_connection
    session_connection.request("evm_revert", snapshot)


@pytest.fixture
def deployer(connection: Connection) -> Account:
    return Account(connection, rich_signer(0))


@pytest.fixture
def outsider(connection: Connection) -> Account:
    return Account(connection, rich_signer(9))


@pytest.fixture
def contracts(connection: Connection, deployment: Deployment, deployer: Account) -> Contracts:
    return Contracts(connection, deployment, deployer)
