"""Two deployments on one anvil: decay by wall time, and by market time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.world import World
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Chain, compiled


@pytest.fixture(scope="session")
def worlds() -> Iterator[tuple[World, ...]]:
    with Chain(account_count=60) as chain:
        artifacts = compiled()
        yield tuple(World(chain, artifacts, uses_market_time=flag) for flag in (False, True))
