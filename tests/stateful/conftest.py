"""Deployments: in this process, where most lives are lived, and on an anvil through ape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.history import worlds_of
from tests.stateful.world import World
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.ape_chain import ApeChain
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import compiled

ACCOUNTS = 60


@pytest.fixture(scope="session")
def worlds() -> Iterator[tuple[World, ...]]:
    with EvmChain(account_count=ACCOUNTS) as chain:
        yield tuple(worlds_of(lambda: chain, compiled()))


@pytest.fixture(scope="session")
def anvil_worlds() -> Iterator[tuple[World, ...]]:
    with ApeChain(account_count=ACCOUNTS) as chain:
        yield tuple(worlds_of(lambda: chain, compiled()))
