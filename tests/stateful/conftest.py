"""Four deployments on one anvil: decay by wall or market time, newly opened or with a history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.history import lived_in
from tests.stateful.world import World
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Chain, compiled


@pytest.fixture(scope="session")
def worlds() -> Iterator[tuple[World, ...]]:
    with Chain(account_count=60) as chain:
        artifacts = compiled()
        yield tuple(
            make(World(chain, artifacts, uses_market_time=flag))
            for make in (lambda world: world, lived_in)
            for flag in (False, True)
        )
