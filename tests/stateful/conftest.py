"""Deployments on one chain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.history import worlds_of
from tests.stateful.world import World
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Chain, compiled


@pytest.fixture(scope="session")
def worlds() -> Iterator[tuple[World, ...]]:
    with Chain(account_count=60) as chain:
        yield tuple(worlds_of(lambda: chain, compiled()))
