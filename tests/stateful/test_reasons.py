"""Every error of the contracts is met by the machine, or by a test that is named."""

from __future__ import annotations

from collections import Counter

from audit.stateful import reasons
from tests.stateful.known import REFUSALS


def test_reasons__every_error__is_accounted_for() -> None:
    told, wrong = reasons.of(Counter(REFUSALS), must_fire=True)
    assert not wrong
    assert {name for name, known in told.items() if known["fired"]} == REFUSALS


def test_elsewhere__each_entry__has_a_reason_and_a_test_that_meets_it() -> None:
    assert not reasons.stale()
