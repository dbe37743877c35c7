"""The libraries' harness on an anvil of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.property.harness import Harness
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Chain, compiled


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    with Chain() as chain:
        yield Harness(chain.deploy(compiled()["MathHarness"]))
