"""Part "attacks": each row of docs/THREATS.md with the tests that carry it out on the real contracts.

Figures: ``rows``, each with ``table`` (its heading), ``attack``, ``what`` (what happens, where the table
says so), ``tests`` (named ones: ``name``, ``file``, ``outcome``, ``seconds``; the outcome is empty where the
profile did not run it) and ``verdict`` ("passed", "failed", "not run", or "no test": the row says why);
``engine``. Under ``quick`` the tests of tests/attacks run, the longer profiles run every test that is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from audit.result import ROOT, Finding, Options, PartResult, Profile, Status
from audit.suite import Outcome, TestCase, run_tests

DOCUMENT: Final = ROOT / "docs" / "THREATS.md"
NAMED: Final = re.compile(r"`(test_\w+)`")
HEADERS: Final = ("| attack |", "| no. |")
WITHOUT_APE: Final = ("tests/sdk", "tests/proving", "tests/toolchain")


def run(options: Options) -> PartResult:
    """Runs the attacks and says of each row of the document what became of it."""
    rows = list(rows_of(DOCUMENT.read_text(encoding="utf-8")))
    places = _places()
    outcomes = [run_tests(["tests/attacks"], options)]
    if options.profile is not Profile.QUICK:
        named = {f"{places[name]}::{name}" for row in rows for name in row["tests"] if name in places}
        elsewhere = sorted(one for one in named if not one.startswith("tests/attacks"))
        light = [one for one in elsewhere if one.startswith(WITHOUT_APE)]
        heavy = [one for one in elsewhere if not one.startswith(WITHOUT_APE)]
        outcomes += [run_tests(heavy, options), run_tests(light, options, with_ape=False)]
    cases = _by_function(case for outcome in outcomes for case in outcome.cases)
    figures = {"rows": [told(row, cases, places) for row in rows], "engine": outcomes[0].engine}
    return _result(options, figures, outcomes)


def rows_of(text: str) -> Iterable[dict[str, Any]]:
    """The rows of the document's tables: heading, attack or lesson, what happens, named tests."""
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("| ") or line.startswith(HEADERS):
            continue
        cells = [NAMED.sub("", cell).strip(" ,;:") for cell in line.strip("|").split(" | ")]
        # A lesson has its number first, and in its last cell why no test is needed, where none is.
        first, what = (cells[1], cells[2]) if cells[0].strip().isdigit() else (cells[0], cells[1])
        yield {"table": heading, "attack": first, "what": what, "tests": NAMED.findall(line)}


def _places() -> dict[str, str]:
    """The file of each test function of the project."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[name] = path.relative_to(ROOT).as_posix()
    return found


def _by_function(cases: Iterable[TestCase]) -> dict[str, list[TestCase]]:
    found: dict[str, list[TestCase]] = {}
    for case in cases:
        found.setdefault(case.function, []).append(case)
    return found


def told(
    row: Mapping[str, Any], cases: Mapping[str, Sequence[TestCase]], places: Mapping[str, str]
) -> dict[str, Any]:
    """A row with what became of its tests; one with parameters has passed if all of them have."""
    tests = []
    for name in row["tests"]:
        ran = cases.get(name, ())
        outcome = "" if not ran else "passed" if all(case.passed for case in ran) else "failed"
        seconds = round(sum(case.seconds for case in ran), 3)
        tests.append({"name": name, "file": places.get(name, ""), "outcome": outcome, "seconds": seconds})
    outcomes = {test["outcome"] for test in tests}
    if not tests:
        verdict = "no test"
    elif "failed" in outcomes:
        verdict = "failed"
    elif outcomes == {"passed"}:
        verdict = "passed"
    else:
        verdict = "in part" if "passed" in outcomes else "not run"
    return {**row, "tests": tests, "verdict": verdict}


def _result(options: Options, figures: dict[str, Any], outcomes: Sequence[Outcome]) -> PartResult:
    failures = [case for outcome in outcomes for case in outcome.failures]
    findings = tuple(
        Finding(f"{case.name} {case.outcome}: {case.why}", case.file, Status.OPEN) for case in failures
    )
    ran = sum(len(outcome.cases) for outcome in outcomes)
    rows = figures["rows"]
    carried, partly = (sum(row["verdict"] == told for row in rows) for told in ("passed", "in part"))
    summary = (
        f"{ran} tests of attacks, {len(failures)} failed; they stand for {carried} of {len(rows)} threats, "
        f"and for {partly} in part"
    )
    passed = all(outcome.passed for outcome in outcomes)
    return PartResult("attacks", options.profile, options.seed, passed, summary, figures, findings)
