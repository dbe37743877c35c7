"""The gas of each operation against ``snapshots/gas.json``."""

from __future__ import annotations

import json

import pytest

from scripts.gas import GOALS, SNAPSHOT, Figures, grown, measure, table
from tests.support.rawchain import compiled


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(compiled())


@pytest.fixture(scope="module")
def snapshot() -> Figures:
    return json.loads(SNAPSHOT.read_text())  # type: ignore[no-any-return]


def test_gas__every_operation__within_two_percent_of_the_snapshot(
    figures: Figures, snapshot: Figures
) -> None:
    print("\n" + table(figures))
    assert grown(figures, snapshot) == []


def test_snapshot__names_every_operation_with_both_figures(snapshot: Figures) -> None:
    assert list(snapshot) == list(GOALS)
    assert all(set(pair) == {"first", "steady"} for pair in snapshot.values())


def test_grown__three_percent_more__named() -> None:
    before = {"placeBid": {"first": 200_000, "steady": 100_000}}
    after = {"placeBid": {"first": 200_000, "steady": 103_000}}
    [line] = grown(after, before)
    assert line.startswith("placeBid, steady: 103,000 gas, +3.0%")


@pytest.mark.parametrize("missing", ["figures", "snapshot"])
def test_grown__operation_on_one_side_only__named(missing: str) -> None:
    sides = {
        "figures": {"claim": {"first": 1, "steady": 1}},
        "snapshot": {"claim": {"first": 1, "steady": 1}},
    }
    sides[missing] = {}
    assert len(grown(sides["figures"], sides["snapshot"])) == 2


def test_grown__less_gas__passes() -> None:
    assert grown({"claim": {"first": 9, "steady": 9}}, {"claim": {"first": 10, "steady": 10}}) == []
