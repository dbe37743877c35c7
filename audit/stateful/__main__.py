"""Writes the result of the last search again from what its shifts have left: ``python -m audit.stateful``.

For a search that was killed before its end, or whose watchdog ended a shift on a busy machine. Options as of
``python -m audit stateful``; time, machine and sources are those of the result that is there.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from audit.result import Options, Profile, read, write
from audit.stateful import Search, result_of
from audit.stateful.counts import Counts
from audit.stateful.plan import FOLDER, Shift, step_count_of


def main() -> int:
    """Reads the shifts, writes the result."""
    parser = argparse.ArgumentParser(prog="python -m audit.stateful")
    parser.add_argument("--profile", choices=[str(profile) for profile in Profile], required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    search = Search(Options(Profile(given.profile), given.seed))
    for number, path in enumerate(sorted(FOLDER.glob("shift_*.json"))):
        counts = Counts.read(path)
        assert counts is not None
        steps = step_count_of(search.options)
        search.shifts.append(Shift(number, counts.engine, counts.seed, counts.seconds, steps, number <= 1))
        if not counts.finished:
            search.late.append(number)
    before, now = read("stateful"), result_of(search)
    if before is None:
        print("there is no result of a search", file=sys.stderr)
        return 1
    kept = {name: getattr(before, name) for name in ("seconds", "cpu_seconds", "at", "machine", "source")}
    print(f"{write(replace(now, **kept))}: {now.summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
