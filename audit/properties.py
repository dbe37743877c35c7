"""Part "properties": each Solidity library against its Python twin, and the laws that all inputs obey.

Figures: ``tests``, each with ``file``, ``name``, ``outcome``, ``seconds``, ``tried`` (inputs that hypothesis
tried); ``tried`` in all; ``engine``. An input is often a batch: the property tests send many values at once.
"""

from __future__ import annotations

from dataclasses import asdict

from audit.result import Finding, Options, PartResult, Status
from audit.suite import run_tests


def run(options: Options) -> PartResult:
    """Runs the property tests with the profile's number of examples."""
    outcome = run_tests(["tests/property"], options)
    figures = {
        "tests": [asdict(case) for case in outcome.cases],
        "tried": outcome.tried,
        "engine": outcome.engine,
    }
    findings = tuple(
        Finding(f"{case.name} {case.outcome}: {case.why}", case.file, Status.OPEN)
        for case in outcome.failures
    )
    summary = f"{len(outcome.cases)} properties, {outcome.tried:,} inputs tried, {len(findings)} refuted"
    return PartResult("properties", options.profile, options.seed, outcome.passed, summary, figures, findings)
