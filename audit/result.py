"""What a part of the audit hands over: one JSON file that the report is written from.

A part is a module ``audit.<part>`` with a function ``run(options: Options) -> PartResult``, and
``python -m audit <part>`` is its process: it calls the function, adds what only the caller knows (seconds,
date, machine) and writes ``build/audit/<part>.json``. A tool that it cannot do without it raises as
``ToolMissing``.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "audit"
"""Results of the last run of each part, and whatever parts make."""
KEPT: Final = ROOT / "audit" / "kept"
"""Results that are committed: the last long run of each part."""
PLANTED: Final = "planted.json"
"""Beside the results: how each planted bug was found."""
CONTRACTS: Final = ROOT / "contracts"


class Profile(enum.StrEnum):
    """How much is done: within minutes, within CI, or as long as it takes."""

    QUICK = "quick"
    CI = "ci"
    DEEP = "deep"


class Status(enum.StrEnum):
    """What became of a finding. One that is open fails its part."""

    FIXED = "fixed"
    EXPLAINED = "explained"
    OPEN = "open"


class ToolMissing(Exception):
    """A part cannot run because a tool is not there; says which, and how to get it."""

    def __init__(self, tool: str, remedy: str) -> None:
        super().__init__(f"{tool} is missing: {remedy}")
        self.tool = tool
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line gives a part.

    Args:
        hours: how long a part that could search for ever does so under ``deep``.
        workers: processes that a part may use at once.
    """

    profile: Profile = Profile.QUICK
    seed: int = 1
    hours: float = 1.0
    workers: int = 1

    def choose(self, quick: T, ci: T, deep: T) -> T:
        """The one of three values that belongs to the profile."""
        return {Profile.QUICK: quick, Profile.CI: ci, Profile.DEEP: deep}[self.profile]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an auditor should know.

    Args:
        what: the thing in a sentence; a tool's own words where it is a tool's finding.
        where: file and line, function, or mutant.
        reason: why it is no defect (explained), or which commit or test settles it (fixed).
    """

    what: str
    where: str
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartResult:
    """How a part ended. The fields without a default are the part's own; its caller fills in the others.

    Args:
        summary: one line with the figures that matter.
        figures: plain JSON; each part's module says which.
        seconds, cpu_seconds: wall clock, and user and system time of the part and its children.
        at: when it ended, UTC, ISO 8601.
        source: what ``source_hash`` said of the contracts.
    """

    part: str
    profile: Profile
    seed: int
    passed: bool
    summary: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    at: str = ""
    machine: str = ""
    source: str = ""

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """Those nobody has settled."""
        return tuple(finding for finding in self.findings if finding.status is Status.OPEN)

    def finished(self, seconds: float, cpu_seconds: float) -> Self:
        """This result with what its caller knows; an open finding makes it fail."""
        return replace(
            self,
            passed=self.passed and not self.open_findings,
            seconds=round(seconds, 1),
            cpu_seconds=round(cpu_seconds, 1),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=machine(),
            source=source_hash(),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The result that ``to_json`` wrote."""
        stored = json.loads(text)
        findings = tuple(
            Finding(**{**finding, "status": Status(finding["status"])}) for finding in stored["findings"]
        )
        return cls(**{**stored, "profile": Profile(stored["profile"]), "findings": findings})

    def to_json(self) -> str:
        """One object, keys in the order of the fields."""
        return json.dumps(asdict(self), indent=1) + "\n"


def write(result: PartResult, folder: Path = BUILD) -> Path:
    """Writes ``<part>.json``, whole or not at all. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.part}.json"
    unfinished = path.with_suffix(".json.new")
    unfinished.write_text(result.to_json(), encoding="utf-8")
    unfinished.replace(path)
    return path


def read(part: str, folder: Path = BUILD) -> PartResult | None:
    """The result of a part, or None where there is none."""
    path = folder / f"{part}.json"
    return PartResult.from_json(path.read_text(encoding="utf-8")) if path.exists() else None


@cache
def source_hash() -> str:
    """SHA-256 over the names and contents of all Solidity of the project."""
    hasher = hashlib.sha256()
    for path in sorted(CONTRACTS.rglob("*.sol")):
        hasher.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()


@cache
def machine() -> str:
    """The processor and how many of it, in words."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"
