"""What a search has done, in figures that add up."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self


@dataclass(slots=True)
class Counts:
    """Figures of one worker, or of several together.

    Attributes:
        engine: what its chain ran on. seed: of its choices.
        acts: calls by somebody; each is one step of the protocol. comparisons: calls whose result, error and
            events were compared. checks: invariants asked. lives: examples.
        rules, verbs, refusals, events: how often each fired. gains: of each adversary, in wei.
        failure: the story of what went wrong; empty if nothing did.
    """

    engine: str = ""
    seed: int = 0
    acts: int = 0
    comparisons: int = 0
    checks: int = 0
    lives: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: int = 0
    finished: bool = False
    rules: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    gains: dict[str, dict[str, int]] = field(default_factory=dict)
    failure: str = ""

    def add(self, other: Counts) -> None:
        """Adds the figures of another."""
        for name in ("acts", "comparisons", "checks", "lives", "seconds", "cpu_seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.peak_mib = max(self.peak_mib, other.peak_mib)
        for name in ("rules", "verbs", "refusals", "events"):
            getattr(self, name).update(getattr(other, name))
        for who, gained in other.gains.items():
            mine = self.gains.setdefault(who, {})
            for what, amount in gained.items():
                mine[what] = _both(what, mine[what], amount) if what in mine else amount
        self.failure = self.failure or other.failure

    def write(self, path: Path) -> None:
        """Writes the figures, whole or not at all."""
        figures = {part.name: getattr(self, part.name) for part in fields(self)}
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(figures), encoding="utf-8")
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The figures in a file, if there is one."""
        if not path.exists():
            return None
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name in ("rules", "verbs", "refusals", "events"):
            stored[name] = Counter(stored[name])
        return cls(**stored)


def by_name(counter: Counter[str]) -> dict[str, int]:
    """A counter in the order of its names."""
    return dict(sorted(counter.items()))


def _both(what: str, one: int, other: int) -> int:
    """Two figures of the same name as one: extremes stay extremes, the others add up."""
    if what.startswith(("most", "max")):
        return max(one, other)
    return min(one, other) if what.startswith(("least", "min")) else one + other
