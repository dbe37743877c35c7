"""docs/THREATS.md misses no attack and no lesson, and names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "THREATS.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:test|check|i\d\d)_\w+)`", DOCUMENT)))
DEFINED = {
    name
    for path in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r"^ *def (\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
LESSONS = range(1, 89)
# What docs/PROTOCOL.md promises an answer to.
ATTACKS = (
    "double claim of bond or reward",
    "replay on another chain or contract",
    "squatting a statement",
    "shill just below a rival",
    "self-bids to raise BaseFee",
    "book stuffing",
    "last-second raise",
    "withheld or phantom capacity",
    "unprovable task farmed for compensation",
    "decline spam",
    "proof copied from the mempool",
    "low-gas relay to fail the verifier",
    "signals ≥ field modulus",
    "points off the curve or at infinity",
    "wrong number of signals",
    "exit before slash",
    "decay dodged by poking, dust stake or self-task",
    "decay of others settled to harm them",
    "new identity after a bad record",
    "long con with a good record",
    "first-depositor share inflation",
    "donation",
    "just-in-time deposit",
    "delegator exit before a known slash",
    "sponsored prover gambling pool money",
    "receiver that reverts",
    "pause used to trap money",
    "terms changed under a task",
    "full seat of a slashed prover",
    "8 against 18 decimals",
    "adapter that reverts, re-enters or burns gas",
    "overflow of the exponential at E_MAX",
    "clearing with 32 × 32 at worst-case gas",
    "fee-on-transfer token",
)


@pytest.mark.parametrize("name", NAMED)
def test_threat__named_test__exists(name: str) -> None:
    assert name in DEFINED


@pytest.mark.parametrize("attack", ATTACKS)
def test_threats__attack_of_the_protocol__has_a_row_with_a_test(attack: str) -> None:
    [answer] = [answer for name, _, answer in ROWS if name == attack]
    assert re.search(r"`test_\w+`", answer)


@pytest.mark.parametrize("lesson", LESSONS)
def test_threats__lesson__has_a_row_with_a_test(lesson: int) -> None:
    [answer] = [answer for number, _, answer in ROWS if number == str(lesson)]
    assert re.search(r"`(?:test|i\d\d)_\w+`", answer)


def test_threats__attacks_here__are_all_listed() -> None:
    """A test of an attack that nothing names is one that nobody will look for."""
    here = {
        name
        for path in (ROOT / "tests" / "attacks").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(here) > 80
    assert here <= set(NAMED)


def test_threats__what_remains__is_said() -> None:
    remains = DOCUMENT.partition("## What remains, and is accepted")[2]
    assert remains.count("\n* **") >= 10
