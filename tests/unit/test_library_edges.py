"""Figures of the libraries at which the last unit of a constant shows, whatever inputs other tests draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.rawchain import Chain, Contract, compiled
from zkpool_sdk.economics import decay, fixed_point

RAY = 10**27
DECAY_RAY = 999581323675507374908758583
GREATEST_STAKE = 2**96 - 1


@pytest.fixture(scope="module")
def harness(raw_chain: Chain) -> Contract:
    return raw_chain.deploy(compiled()["MathHarness"])


@pytest.mark.parametrize(
    ("function", "arguments", "wanted"),
    [
        ("next", (1, 1_000_000), 1),
        ("next", (0, 1_000_000), 0),
        ("fakeExponential", (1, 0, 1), 1),
        ("rpow", (DECAY_RAY, 0), RAY),
        ("rpow", (RAY, 2), RAY),
        ("rpow", (RAY, 3), RAY),
        ("ratingLate", (1,), 12_500),  # 15 + 200,000 is one short of a multiple of 16
        ("banSeconds", (8,), 128 * 3600),
        ("banSeconds", (9,), 7 * 86_400),
        ("step", (0,), 10**8),
        ("step", (10_001,), 99_990_000),  # 10,001 divides 10^12 + 1
        ("step", (1_000_000,), 10**6),
    ],
)
def test_library__at_an_edge__gives_the_exact_figure(
    harness: Contract, function: str, arguments: Sequence[Any], wanted: int
) -> None:
    assert harness.read(function, *arguments) == wanted


@pytest.mark.parametrize("hours", [1, 2, 3, 24, 1000])
def test_decay__of_the_greatest_stake__is_exact_to_the_wei(harness: Contract, hours: int) -> None:
    power = fixed_point.rpow(DECAY_RAY, hours)
    assert harness.read("rpow", DECAY_RAY, hours) == power
    left = GREATEST_STAKE * power // RAY
    assert (
        harness.read("decayed", GREATEST_STAKE, 0, hours) == left == decay.decayed(GREATEST_STAKE, 0, hours)
    )


def test_draw__tells_whose_each_task_is(harness: Contract) -> None:
    picks, passes = harness.read("draw", [5, 3, 4], [500_000, 1_000_000, 10_000], [1, 2, 1], 4)
    assert (list(picks), list(passes)) == ([1, 2, 0, 1], [2_000_005, 2_000_003, 100_000_004])


@pytest.mark.parametrize(("index", "wanted"), [(3, [1, 4, 2, 10, 12, 3]), (6, [1, 10, 2, 11, 12, 3])])
def test_heap__last_word_into_another_branch__rises_above_its_new_parent(
    harness: Contract, index: int, wanted: list[int]
) -> None:
    before = harness.chain.snapshot()
    for word in (1, 10, 2, 11, 12, 3, 4):
        harness.send(harness.chain.accounts[0], "heapInsert", word)
    harness.send(harness.chain.accounts[0], "heapRemoveAt", index)
    assert list(harness.read("heapWords")) == wanted
    harness.chain.revert(before)
