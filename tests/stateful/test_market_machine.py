"""Invariant 41: model and contracts agree bit for bit, whatever is done in whatever order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.known import EVENTS, REFUSALS, VERBS, reason_for
from tests.stateful.lockstep import CALLED, FIRED, REFUSED, SAID, STEPS
from tests.stateful.machine import MarketMachine
from tests.stateful.tour import tour
from tests.stateful.world import World
from tests.support.access import MATRIX
from tests.support.profiles import PROFILE, scaled

EXAMPLES = {"evm": scaled(400, 2_500, 25_000), "anvil": scaled(40, 250, 2_500)}

WRITING = sorted(f"{contract}.{function}" for contract, rows in MATRIX.items() for function in rows)
"""Every function of every contract that is deployed, but for those that only read."""


@pytest.fixture(scope="module")
def lived(worlds: tuple[World, ...], anvil_worlds: tuple[World, ...]) -> Counter[str]:
    """Many lives of a market on each engine: by plan in each world with a history, the others as found.

    Returns:
        the acts on each.
    """
    acts: Counter[str] = Counter()
    for engine, found in (("anvil", anvil_worlds), ("evm", worlds)):
        before = STEPS["acts"]
        MarketMachine.worlds = found
        for world in found[2:]:
            tour(world)
        run_state_machine_as_test(
            MarketMachine,
            settings=settings(
                max_examples=EXAMPLES[engine],
                stateful_step_count=scaled(40, 60, 80),
                # The same lives in every quick run: what must be met below is met for sure.
                derandomize=PROFILE == "quick",
            ),
        )
        acts[engine] = STEPS["acts"] - before
    return acts


def test_model_and_contracts__any_life_of_a_market__agree_bit_for_bit(lived: Counter[str]) -> None:
    assert all(lived[engine] > 0 for engine in EXAMPLES)
    print(f"\n{dict(lived)} acts, {STEPS['comparisons']} comparisons")
    print("done:", dict(sorted(FIRED.items())))
    print("refused:", dict(sorted(REFUSED.items())))
    print("said:", dict(sorted(SAID.items())))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_verb__was_done(lived: Counter[str], verb: str) -> None:
    assert FIRED[verb] > 0


@pytest.mark.parametrize("error", sorted(REFUSALS))
def test_refusal__was_met(lived: Counter[str], error: str) -> None:
    assert REFUSED[error] > 0


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_event__was_compared(lived: Counter[str], event: str) -> None:
    assert SAID[event] > 0


@pytest.mark.parametrize("function", WRITING)
def test_function_that_writes__was_called(lived: Counter[str], function: str) -> None:
    """By a rule, or by the tests that its reason in ``known.UNCALLED`` speaks of; never by both."""
    name, _, called = function.partition(".")
    tokens = {"ZKToken": ("ZKToken", "HookToken")}
    called_count = sum(CALLED[f"{each}.{called}"] for each in tokens.get(name, (name,)))
    assert (called_count > 0) != bool(reason_for(function))


def test_nothing_else__was_done_or_met(lived: Counter[str]) -> None:
    """A verb or an error that the lists above do not know."""
    assert set(FIRED) <= VERBS
    assert set(REFUSED) <= REFUSALS
    assert set(SAID) <= EVENTS
