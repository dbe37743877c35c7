"""The two engines side by side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.pair import Pair
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import ENGINE
from tests.support.rpc_chain import AnvilChain


@pytest.fixture(scope="session", autouse=True)
def real_anvil() -> Iterator[None]:
    """An anvil here is one, whatever takes its place elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENGINE, "anvil")
        yield


@pytest.fixture(scope="session")
def pair(real_anvil: None) -> Iterator[Pair]:
    with AnvilChain(account_count=60) as anvil, EvmChain(account_count=60) as evm:
        # Before its first block an anvil's clock stands at 1.
        anvil.mine()
        evm.mine()
        yield Pair(anvil, evm)


@pytest.fixture
def fresh() -> Iterator[EvmChain]:
    with EvmChain() as chain:
        yield chain
