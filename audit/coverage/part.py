"""Coverage as a part of the audit."""

from __future__ import annotations

from typing import Any

from audit.coverage.build import Probed, probed
from audit.coverage.measure import FileCoverage, Tally, by_file, reached
from audit.coverage.points import Point
from audit.coverage.reasons import REASONS, Verdict, judge, read_reasons
from audit.coverage.record import KEPT, KEPT_CODE, KEPT_PATCHED, RECORDED, RECORDED_PATCHED, record_all
from audit.recording.builds import ROOT, Build, Builds
from audit.recording.reading import Recording, merged, read
from audit.result import Finding, Options, PartResult, Profile, Status
from audit.solidity.server import Compiler


def run(options: Options) -> PartResult:
    """Measures coverage; passes if everything is reached or has a reason."""
    with Compiler() as compiler:
        probes = probed(compiler)
    findings: list[Finding] = []
    kept = options.profile is Profile.QUICK
    if not kept and record_all(probes) != 0:
        findings.append(_open("tests failed while they were recorded", "the tests' own output"))
    plain = read(KEPT if kept else RECORDED)
    patched = read(KEPT_PATCHED if kept else RECORDED_PATCHED)
    if kept:
        findings += _still_true(plain, probes)
    recording = merged([plain, patched])
    found = reached(recording, builds_of(probes))
    files = by_file(probes.points, found.counts)
    verdict = judge((point for file in files for point in file.missed), read_reasons())
    lines, branches, functions = totals(files)
    summary = (
        f"{share(lines)} of {lines.all} lines, {share(branches)} of {branches.all} outcomes of conditions; "
        f"{len(verdict.explained)} points missed for a reason, {len(verdict.unexplained)} without"
    )
    reasons = {point.id: why for point, why in verdict.explained}
    figures: dict[str, Any] = {
        "lines": _pair(lines),
        "branches": _pair(branches),
        "functions": _pair(functions),
        "tests": len(recording.tests()),
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


def _still_true(recording: Recording, probes: Probed) -> list[Finding]:
    """Whether the contracts are those, and answer as those, that the kept recording was made of."""
    if KEPT_CODE.read_text().strip() != probes.digest:
        return [
            _open(
                "the kept recording is of other contracts; `python -m audit.coverage` renews it",
                str(KEPT.relative_to(ROOT)),
            )
        ]
    found = reached(recording, Builds((Build.project(),)))
    if not found.differences:
        return []
    name, first = found.first[0]
    said = f"{found.differences} of {found.calls} calls answer otherwise than when they were recorded"
    return [_open(said, f"{name}, step {first.index}")]


def builds_of(probes: Probed) -> Builds:
    """What a replay makes contracts from: those with probes."""
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
