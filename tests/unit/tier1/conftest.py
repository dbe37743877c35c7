"""One pool in tier 1 for all tests here; each gets it as it was built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rawchain import Chain
from tests.unit.tier1.world import ROLES, World, build

CROWD = 40
"""Accounts besides the roles."""


@pytest.fixture(scope="session")
def built() -> Iterator[World]:
    with Chain(account_count=len(ROLES) + CROWD) as chain:
        yield build(chain)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    with built.aside():
        yield built
