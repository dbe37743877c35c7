"""One market for all attacks; each test gets it as it was built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rawchain import Chain
from tests.support.stage import ACCOUNT_COUNT, Stage, build, fresh


@pytest.fixture(scope="session")
def raw_chain() -> Iterator[Chain]:
    """An anvil of these tests' own."""
    with Chain(account_count=ACCOUNT_COUNT) as chain:
        yield chain


@pytest.fixture(scope="session")
def built(raw_chain: Chain) -> Stage:
    return build(raw_chain)


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    yield from fresh(built)
