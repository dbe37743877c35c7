"""Coverage as a part of the audit."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from audit.coverage.build import Probed, probed
from audit.coverage.measure import FileCoverage, Reached, Tally, by_file, reached
from audit.coverage.points import Point
from audit.coverage.reasons import REASONS, Verdict, judge, read_reasons
from audit.coverage.record import KEPT, RECORDED, cover, keep, record
from audit.recording.builds import ROOT, Build, Builds
from audit.recording.reading import Recording, read
from audit.result import Finding, Options, PartResult, Profile, Status
from audit.solidity.server import Compiler


def run(options: Options) -> PartResult:
    """Measures coverage; passes if everything is reached or has a reason."""
    findings: list[Finding] = []
    folder = KEPT
    if options.profile is not Profile.QUICK:
        folder = RECORDED
        if record() != 0:
            findings.append(_open("tests failed while they were recorded", "the tests' own output"))
    recording = read(folder)
    if options.profile is Profile.QUICK:
        findings += _still_true(recording)
    return result_of(options, recording, findings)


def result_of(options: Options, recording: Recording, findings: list[Finding]) -> PartResult:
    """The part's result from a recording."""
    with Compiler() as compiler:
        probes = probed(compiler)
    found = reached(recording, _builds(probes))
    files = by_file(probes.points, found.counts)
    verdict = judge((point for file in files for point in file.missed), read_reasons())
    reasons = {point.id: why for point, why in verdict.explained}
    lines, branches, functions = totals(files)
    tests = len(recording.tests())
    summary = (
        f"{share(lines)} of {lines.all} lines, {share(branches)} of {branches.all} outcomes of conditions; "
        f"{len(verdict.explained)} points missed for a reason, {len(verdict.unexplained)} without"
    )
    kept = options.profile is Profile.QUICK
    figures: dict[str, Any] = {
        "lines": _pair(lines),
        "branches": _pair(branches),
        "functions": _pair(functions),
        "tests": tests,
        "calls": found.calls,
        "recorded": "kept" if kept else "now",
        "files": [_file(file, reasons) for file in files],
    }
    all_findings = (*findings, *_findings(verdict))
    return PartResult("coverage", options.profile, options.seed, True, summary, figures, all_findings)


def totals(files: list[FileCoverage]) -> tuple[Tally, Tally, Tally]:
    """Lines, branches and functions of all sources."""
    several = [(file.line_tally, file.branches, file.functions) for file in files]
    sums = [
        Tally(sum(t.reached for t in tallies), sum(t.all for t in tallies))
        for tallies in zip(*several, strict=True)
    ]
    return sums[0], sums[1], sums[2]


def share(tally: Tally) -> str:
    """So many percent; 100 only if it is all."""
    if tally.reached == tally.all:
        return "100 %"
    return f"{min(99.9, 100 * tally.reached / tally.all):.1f} %"


def what(point: Point) -> str:
    """What was not reached, in words."""
    if point.kind == "branch":
        return f"never {point.arm}" if point.arm in ("true", "false") else f"{point.arm} never taken"
    return "never called" if point.kind == "function" else "never reached"


def _still_true(recording: Recording) -> list[Finding]:
    """Whether the contracts still answer what they answered when the recording was made."""
    found = reached(recording, Builds((Build.project(),)))
    if not found.differences:
        return []
    name, first = found.first[0]
    said = f"{found.differences} of {found.calls} calls answer otherwise; `python -m audit.coverage.part`"
    return [
        _open(f"the kept recording is of other contracts: {said} renews it", f"{name}, step {first.index}")
    ]


def _builds(probes: Probed) -> Builds:
    return Builds((probes.build,), probes.build)


def _findings(verdict: Verdict) -> list[Finding]:
    explained = [
        Finding(f"{what(p)}: {p.code}", _place(p), Status.EXPLAINED, why) for p, why in verdict.explained
    ]
    unexplained = [_open(f"{what(point)}: {point.code}", _place(point)) for point in verdict.unexplained]
    file = str(REASONS.relative_to(ROOT))
    stale = [
        _open(f"a reason for what is reached: {reason.code} {reason.arm}", file) for reason in verdict.stale
    ]
    return [*unexplained, *stale, *explained]


def _open(said: str, where: str) -> Finding:
    return Finding(said, where, Status.OPEN)


def _place(point: Point) -> str:
    return f"{point.source}:{point.line}, {point.function}"


def _pair(tally: Tally) -> list[int]:
    return [tally.reached, tally.all]


def _file(file: FileCoverage, reasons: dict[int, str]) -> dict[str, Any]:
    return {
        "file": file.source,
        "lines": _pair(file.line_tally),
        "branches": _pair(file.branches),
        "functions": _pair(file.functions),
        "map": {str(line): count for line, count in file.lines.items()},
        "missed": [
            {"line": p.line, "code": p.code, "what": what(p), "reason": reasons.get(p.id, "")}
            for p in file.missed
        ],
    }


def main() -> int:
    """Records the tests (or takes what was recorded last) and keeps those that reach as much as all."""
    parser = argparse.ArgumentParser(description="Renews the kept recording of the tests.")
    parser.add_argument(
        "--recorded", action="store_true", help="take the recording under build/audit as it is"
    )
    if not parser.parse_args().recorded and record() != 0:
        print("tests failed; nothing kept")
        return 1
    recording = read(RECORDED)
    with Compiler() as compiler:
        probes = probed(compiler)
    found = reached(recording, _builds(probes))
    chosen = cover(recording, found)
    keep(recording, chosen)
    print(f"kept {len(chosen)} of {len(recording.tests())} tests")
    report(by_file(probes.points, found.counts), found)
    return 0


def report(files: list[FileCoverage], found: Reached) -> None:
    """Prints what is missed."""
    for file in files:
        for point in file.missed:
            print(f"{point.source}:{point.line} {point.function}: {what(point)}: {point.code}")
    lines, branches, functions = totals(files)
    print(
        f"lines {share(lines)}, branches {share(branches)}, functions {share(functions)}; {found.calls} calls"
    )


if __name__ == "__main__":
    sys.exit(main())
