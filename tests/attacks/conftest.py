"""One market for all attacks; each test gets it as it was built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.attacks.stage import ACCOUNT_COUNT, Stage, build
from tests.support.rawchain import Chain


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    with Chain(account_count=ACCOUNT_COUNT) as chain:
        yield chain


@pytest.fixture(scope="session")
def built(chain: Chain) -> Stage:
    return build(chain)


def fresh(stage: Stage) -> Iterator[Stage]:
    """The stage as built, whatever a test does to it."""
    snapshot = stage.chain.snapshot()
    yield replace(stage, statements={})
    stage.chain.revert(snapshot)


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    yield from fresh(built)
