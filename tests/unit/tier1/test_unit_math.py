"""8 decimals against 18: exact fractions are the oracle."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.rawchain import Contract, compiled
from tests.unit.tier1.world import World

UNITS = st.integers(0, 2**64 - 1)
PRICES = st.integers(10**15, 10**21)
TOKENS = st.sampled_from([1, 10**6, 10**8, 10**18, 10**20])


@pytest.fixture(scope="session")
def harness(built: World) -> Contract:
    return built.chain.deploy(compiled()["AdapterMathHarness"])


@given(units=UNITS, price=PRICES, token=TOKENS)
@example(units=1, price=10**15, token=10**18)
@example(units=2**64 - 1, price=10**21, token=1)
def test_to_wei__any_decimals__rounds_as_its_name_says(
    harness: Contract, units: int, price: int, token: int
) -> None:
    exact = Fraction(units) * price / token
    down = harness.read("toWeiDown", units, price, token)
    up = harness.read("toWeiUp", units, price, token)
    assert down <= exact <= up
    assert exact - down < 1
    assert up - exact < 1
    assert (up == down) == (exact.denominator == 1)


@given(first=UNITS, second=UNITS, price=PRICES, token=TOKENS)
def test_to_wei__in_two_parts__never_gains_a_wei_from_the_pool(
    harness: Contract, first: int, second: int, price: int, token: int
) -> None:
    """Sold to the pool in parts, units pay at most the whole; bought from it, they cost at least it."""
    parts = [harness.read("toWeiDown", units, price, token) for units in (first, second)]
    assert sum(parts) <= harness.read("toWeiDown", first + second, price, token)
    parts = [harness.read("toWeiUp", units, price, token) for units in (first, second)]
    assert sum(parts) >= harness.read("toWeiUp", first + second, price, token)
