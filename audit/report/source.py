"""A source file with what is known of each line, for the coverage map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit.result import ROOT


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a file.

    Args:
        tone: "hit", "part" (an arm never taken), "excused" (missed, with a reason), "missed", "" for no code.
        count: how often it ran; None if it is no code or not counted.
        note: the reason, or what of its branches was taken.
    """

    number: int
    text: str
    tone: str
    count: int | None
    note: str


def listing(known: Mapping[str, Any]) -> list[SourceLine]:
    """The lines of a file, from its entry in the coverage part's figures; nothing if the file is gone."""
    file = ROOT / known["file"]
    return list(_lines(file.read_text(encoding="utf-8"), known)) if file.is_file() else []


def _lines(text: str, known: Mapping[str, Any]) -> Iterator[SourceLine]:
    counts: Mapping[str, int] = known.get("map") or {}
    missed: dict[int, list[Mapping[str, Any]]] = {}
    for point in known.get("missed") or ():
        missed.setdefault(point["line"], []).append(point)
    for number, line in enumerate(text.splitlines(), 1):
        count, points = counts.get(str(number)), missed.get(number, [])
        tone = "" if count is None else "hit" if count else "missed"
        if points:
            excused = all(point.get("reason") for point in points)
            tone = "excused" if excused else "part" if count else "missed"
        said = [
            f"{point['what']}: {point['reason']}" if point.get("reason") else point["what"]
            for point in points
        ]
        yield SourceLine(number, line, tone, count, "; ".join(dict.fromkeys(said)))
