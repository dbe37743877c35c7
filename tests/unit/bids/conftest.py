"""One market with a desk, on a chain of its own; each test gets it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Chain, compiled
from tests.support.rawmarket import deploy
from tests.unit.bids.bench import Bench, furnish


@pytest.fixture(scope="session")
def furnished() -> Iterator[Bench]:
    with Chain(account_count=18) as chain:
        yield furnish(deploy(chain, compiled(), chain.accounts[1]))


@pytest.fixture
def bench(furnished: Bench) -> Iterator[Bench]:
    snapshot = furnished.chain.snapshot()
    yield furnished
    furnished.chain.revert(snapshot)
