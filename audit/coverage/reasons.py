"""Why some points cannot be reached: ``reasons.toml``, a reason for each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.coverage.points import Point

REASONS: Final = Path(__file__).with_name("reasons.toml")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a point is never reached.

    Attributes:
        file, function, kind, code, arm: as the point's own; together they name it.
        why: the reason.
    """

    file: str
    function: str
    kind: str
    code: str
    why: str
    arm: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """As a point's."""
        return self.file, self.function, self.kind, self.code, self.arm


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points that were missed, held against the reasons.

    Attributes:
        explained: those with a reason.
        unexplained: those without one.
        stale: reasons for what was reached, or is not there.
    """

    explained: tuple[tuple[Point, str], ...]
    unexplained: tuple[Point, ...]
    stale: tuple[Reason, ...]


def read_reasons(path: Path = REASONS) -> list[Reason]:
    """The reasons that are written down."""
    return [Reason(**entry) for entry in tomllib.loads(path.read_text()).get("missed", [])]


def judge(missed: Iterable[Point], reasons: Sequence[Reason]) -> Verdict:
    """Which missed points have a reason, and which reasons a point: one each."""
    left = list(reasons)
    explained, unexplained = [], []
    for point in missed:
        reason = next((one for one in left if one.key == point.key), None)
        if reason is not None:
            explained.append((point, reason.why))
            left.remove(reason)
        else:
            unexplained.append(point)
    return Verdict(tuple(explained), tuple(unexplained), tuple(left))
