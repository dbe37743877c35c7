"""Deployments on one chain: decay by wall or market time, new or with a history, two of them whole."""

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
            make(World(chain, artifacts, uses_market_time=flag, whole=whole))
            for make, flag, whole in (
                (lambda world: world, False, False),
                (lambda world: world, True, True),
                (lived_in, False, True),
                (lived_in, True, False),
            )
        )
