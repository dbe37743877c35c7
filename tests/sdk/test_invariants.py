"""docs/INVARIANTS.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = sorted(
    set(
        re.findall(
            r"`((?:test|check|i\d\d)_\w+)`", (ROOT / "docs" / "INVARIANTS.md").read_text(encoding="utf-8")
        )
    )
)
DEFINED = {
    name
    for path in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r"^ *def (\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_invariants__document__names_many() -> None:
    assert len(NAMED) > 40


@pytest.mark.parametrize("name", NAMED)
def test_invariant__named_test__exists(name: str) -> None:
    assert name in DEFINED
