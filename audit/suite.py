"""Runs groups of the project's tests in a process of their own, and counts what they did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from audit.result import ROOT, Options, Profile

ENGINE: Final = ROOT / "audit" / "_evm.abi3.so"
"""The in-process chain. Where it is missing, tests run on anvil."""
TRIED: Final = re.compile(r"(\d+) passing, (\d+) failing, and (\d+) invalid test cases")
NAMED: Final = re.compile(r"^(\S+\.py::\S+):$")
PROGRESS: Final = re.compile(r"\[\s*\d+%\]$|^(FAILED|ERROR|E  )|^\d+ (passed|failed).* in ")


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test that ran.

    Args:
        file: its file, from the project's root.
        tried: inputs that hypothesis tried in it, 0 for others.
    """

    file: str
    name: str
    outcome: str
    seconds: float
    tried: int
    why: str

    @property
    def function(self) -> str:
        """Its name without the parameters."""
        return self.name.partition("[")[0]

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group that has run.

    Args:
        status: pytest's exit status.
        engine: what the contracts ran on.
    """

    cases: tuple[TestCase, ...]
    status: int
    engine: str

    @property
    def passed(self) -> bool:
        """Whether there were tests and all of them passed."""
        return self.status == 0 and bool(self.cases)

    @property
    def tried(self) -> int:
        """Inputs that hypothesis tried, in all."""
        return sum(case.tried for case in self.cases)

    @property
    def failures(self) -> tuple[TestCase, ...]:
        """The tests that did not pass."""
        return tuple(case for case in self.cases if not case.passed)


def run_tests(
    what: Sequence[str], options: Options, *, with_ape: bool = True, engine: str | None = None
) -> Outcome:
    """Runs tests with the profile's depth; progress is printed as it comes.

    Args:
        what: files, folders or ids of tests.
        with_ape: whether the tests need ape's pytest plugin, which costs seconds.
        engine: "evm" or "anvil"; by default the first where it is built.
    """
    engine = engine or ("evm" if ENGINE.exists() else "anvil")
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "tests.xml")
        command = [sys.executable, "-m", "pytest", "-q", "--color=no", f"--junitxml={record}"]
        command += ["-o", "junit_logging=no", "--hypothesis-show-statistics", "--durations=0"]
        command += [] if with_ape else ["-p", "no:ape_test"]
        if options.profile is not Profile.QUICK:  # quick searches the same places each time
            command += [f"--hypothesis-seed={options.seed}"]
        environment = {"HYPOTHESIS_PROFILE": str(options.profile), "ZKPOOL_ENGINE": engine}
        said, status = _run([*command, *what], environment)
        cases = _cases(record, _tried(said)) if record.exists() else ()
    return Outcome(cases, status, engine)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[list[str], int]:
    """Runs a command, passing on the lines that tell how far it is."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.rstrip())
        if PROGRESS.search(line):
            print(f"  {line.rstrip()}", flush=True)
    return said, process.wait()


def _tried(said: Sequence[str]) -> dict[str, int]:
    """Inputs tried by each test, from hypothesis's statistics."""
    tried: dict[str, int] = {}
    test = ""
    for line in said:
        if named := NAMED.match(line):
            test = named[1]
        elif counts := TRIED.search(line):
            tried[test] = tried.get(test, 0) + sum(map(int, counts.groups()[:2]))
    return tried


def _cases(record: Path, tried: Mapping[str, int]) -> tuple[TestCase, ...]:
    found = []
    for case in ElementTree.parse(record).iter("testcase"):
        file = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "")
        bad = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        outcome = "passed" if bad is None else bad.tag
        why = "" if bad is None else (bad.get("message") or "").partition("\n")[0]
        seconds = float(case.get("time", 0))
        found.append(TestCase(file, name, outcome, seconds, tried.get(f"{file}::{name}", 0), why))
    return tuple(found)
