"""``python -m audit.coverage``: renews the kept recording of the tests, and says what they do not reach."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from audit.coverage.build import probed
from audit.coverage.measure import FileCoverage, Reached, by_file, reached
from audit.coverage.part import builds_of, share, totals, what
from audit.coverage.record import (
    KEPT,
    KEPT_CODE,
    KEPT_PATCHED,
    RECORDED,
    RECORDED_PATCHED,
    cover,
    keep,
    record_all,
)
from audit.recording.reading import merged, read
from audit.solidity.server import Compiler


def main() -> int:
    """Records all tests, or takes recordings as they are, and keeps those tests that reach as much as all."""
    parser = argparse.ArgumentParser(description="Renews the kept recording of the tests.")
    parser.add_argument("--plain", nargs="+", type=Path, help="recordings of the project's contracts to take")
    parser.add_argument("--patched", nargs="+", type=Path, help="recordings of contracts with probes to take")
    given = parser.parse_args()
    with Compiler() as compiler:
        probes = probed(compiler)
    if not given.plain and record_all(probes) != 0:
        print("tests failed; nothing kept")
        return 1
    plain = merged([read(folder) for folder in given.plain or [RECORDED]])
    patched = merged([read(folder) for folder in given.patched or [RECORDED_PATCHED]])
    both = merged([plain, patched])
    found = reached(both, builds_of(probes))
    chosen = set(cover(both, found))
    first = max(plain.labels)
    keep(plain, {label for label in chosen if label <= first}, KEPT)
    keep(patched, {label - first for label in chosen if label > first}, KEPT_PATCHED)
    KEPT_CODE.write_text(probes.digest + "\n")
    print(f"kept {len(chosen)} of {len(both.tests())} tests")
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
