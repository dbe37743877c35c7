"""One pool for all tests of the delegation vault; each test gets it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rawchain import Artifacts, Chain, Contract, compiled
from tests.support.rawpool import RawPool, deploy_pool, kept


@pytest.fixture(scope="session")
def artifacts() -> Artifacts:
    return compiled()


@pytest.fixture(scope="session")
def deployed_pool(artifacts: Artifacts) -> Iterator[RawPool]:
    with Chain() as chain:
        yield deploy_pool(chain, artifacts)


@pytest.fixture
def pool(deployed_pool: RawPool) -> Iterator[RawPool]:
    with kept(deployed_pool.chain):
        yield deployed_pool


@pytest.fixture
def adapter(pool: RawPool, artifacts: Artifacts) -> Contract:
    """An adapter that may be funded with 10,000 ZK."""
    return pool.adapter(artifacts)
