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


def listing(path: str, known: Mapping[str, Any]) -> list[SourceLine]:
    """The lines of a file, from its entry in the coverage map; nothing if the file is gone."""
    file = ROOT / path
    return list(_lines(file.read_text(encoding="utf-8"), known)) if file.is_file() else []


def _lines(text: str, known: Mapping[str, Any]) -> Iterator[SourceLine]:
    hits, branches, reasons = (known.get(key) or {} for key in ("hits", "branches", "reasons"))
    for number, line in enumerate(text.splitlines(), 1):
        key = str(number)
        count, arms, reason = hits.get(key), branches.get(key) or [], reasons.get(key, "")
        note = reason
        if arms:
            taken = sum(bool(arm) for arm in arms)
            note = f"{taken} of {len(arms)} arms taken. {reason}".strip()
        tone = ""
        if count is not None or arms:
            complete = bool(count) if count is not None else True
            if complete and all(arms):
                tone = "hit"
            elif reason:
                tone = "excused"
            else:
                tone = "part" if complete else "missed"
        yield SourceLine(number, line, tone, count, note)
