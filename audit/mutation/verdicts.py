"""What became of each mutant, and how it is told."""

from __future__ import annotations

import enum
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from audit.mutation.corpus import Noticed
from audit.mutation.mutant import Mutant

REVIEWED: Final = Path(__file__).with_name("reviewed.toml")
Key = tuple[str, str, str, str, str, int]


class Fate(enum.StrEnum):
    """What became of a mutant.

    ``HALTED`` is noticed too, but by nothing else than that a call ran out of gas; it is counted apart.
    """

    KILLED = "killed"
    HALTED = "halted"
    SURVIVED = "survived"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate
    noticed: Noticed | None = None

    @property
    def is_settled(self) -> bool:
        """Whether some test noticed it."""
        return self.fate in (Fate.KILLED, Fate.HALTED)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a mutant that nothing notices does no harm.

    Attributes:
        equivalent: whether it is the same program, so that no test could notice it.
    """

    key: Key
    reason: str
    equivalent: bool


def reviewed(path: Path = REVIEWED) -> dict[Key, Reason]:
    """The mutants that have been looked at, from the list of reasons.

    Raises:
        ValueError: an entry says nothing, or two are of one mutant.
    """
    found: dict[Key, Reason] = {}
    for group in tomllib.loads(path.read_text())["reason"]:
        why = group["why"].strip()
        if len(why.split()) < 4:
            raise ValueError(f"no reason: {group}")
        for source, function, operator, original, mutated, nth in group["mutants"]:
            key = source, function, operator, original, mutated, nth
            if key in found:
                raise ValueError(f"twice: {key}")
            found[key] = Reason(key, why, bool(group["equivalent"]))
    return found


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants were noticed.

    Attributes:
        equivalent: survivors that are the same program. explained: other survivors with a reason.
    """

    mutants: int
    killed: int
    halted: int
    survived: int
    unreached: int
    equivalent: int
    explained: int

    @property
    def raw(self) -> float:
        """Share of killed mutants among all that did not just run out of gas, in per cent."""
        return 100 * self.killed / max(1, self.mutants - self.halted)

    @property
    def score(self) -> float:
        """The same without those that are the same program, in per cent."""
        return 100 * self.killed / max(1, self.mutants - self.halted - self.equivalent)


def score(verdicts: Iterable[Verdict], reasons: Mapping[Key, Reason]) -> Score:
    """The figures of some verdicts."""
    chosen = list(verdicts)
    fates = Counter(verdict.fate for verdict in chosen)
    open_keys = [verdict.mutant.key for verdict in chosen if not verdict.is_settled]
    known = [reasons[key] for key in open_keys if key in reasons]
    return Score(
        mutants=len(chosen),
        killed=fates[Fate.KILLED],
        halted=fates[Fate.HALTED],
        survived=fates[Fate.SURVIVED],
        unreached=fates[Fate.UNREACHED],
        equivalent=sum(reason.equivalent for reason in known),
        explained=sum(not reason.equivalent for reason in known),
    )


def table(
    verdicts: Sequence[Verdict], reasons: Mapping[Key, Reason], field: str
) -> dict[str, dict[str, float]]:
    """Scores by a field of the mutants: ``source``, ``operator``."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[getattr(verdict.mutant, field)].append(verdict)
    return {name: figures(score(group, reasons)) for name, group in sorted(groups.items())}


def figures(found: Score) -> dict[str, Any]:
    """A score as plain JSON."""
    return {**asdict(found), "raw": round(found.raw, 2), "score": round(found.score, 2)}


def write(verdicts: Sequence[Verdict], path: Path) -> None:
    """Keeps verdicts, so that a later run can go on from them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        [
            *verdict.mutant.key,
            verdict.mutant.line,
            verdict.fate,
            asdict(verdict.noticed) if verdict.noticed else None,
        ]
        for verdict in verdicts
    ]
    path.write_text(json.dumps(rows, indent=0))
