"""Brings mutants before the lock-step lives and the tests, cheapest first."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from audit.mutation.corpus import MUTE, Corpus, Noticed
from audit.mutation.mutant import Mutant
from audit.mutation.traces import Traces
from audit.mutation.verdicts import Fate, Verdict
from audit.recording.board import BUILD_VARIABLE
from audit.solidity.server import ROOT
from tests.support.rawchain import ENGINE

FIRST_LIVES: Final = 14
"""Lives that a mutant is tried in at first; the others follow if the tests' traces do not notice it."""
TRACE_CALLS: Final = 20_000
"""Calls of tests that are done again for one mutant."""
REPORT_EVERY: Final = 500
CONFIRM_SECONDS: Final = 3_600

Progress = Callable[[str], None]


def judge(
    mutants: Sequence[Mutant], lives: Corpus, recordings: Sequence[Traces], progress: Progress = print
) -> list[Verdict]:
    """What becomes of each mutant."""
    verdicts = []
    for number, mutant in enumerate(mutants, 1):
        verdicts.append(_verdict(mutant, lives, recordings))
        if number % REPORT_EVERY == 0:
            settled = sum(verdict.is_settled for verdict in verdicts)
            progress(f"{settled} of {number} mutants noticed")
    return verdicts


def _verdict(mutant: Mutant, lives: Corpus, recordings: Sequence[Traces]) -> Verdict:
    place = mutant.place
    trials: list[Callable[[], Noticed | None]] = [lambda: lives.notice(place, FIRST_LIVES)]
    trials += [_trial(traces, place) for traces in recordings]
    trials += [lambda: lives.notice(place)]
    if place in lives.setup_places:
        trials += [lambda: lives.notice_from_setup(place)]
    trials += [_setup_trial(traces, place) for traces in recordings]
    halted: Noticed | None = None
    for trial in trials:
        noticed = trial()
        if noticed and noticed.halted in ("", MUTE):
            return Verdict(mutant, Fate.KILLED, noticed)
        halted = halted or noticed
    if halted:
        return Verdict(mutant, Fate.HALTED, halted)
    is_reached = place in lives.reaching or place in lives.setup_places
    is_reached |= any(place in traces.by_place or place in traces.at_setup for traces in recordings)
    return Verdict(mutant, Fate.SURVIVED if is_reached else Fate.UNREACHED)


def _trial(traces: Traces, place: int) -> Callable[[], Noticed | None]:
    return lambda: traces.notice(place, TRACE_CALLS)


def _setup_trial(traces: Traces, place: int) -> Callable[[], Noticed | None]:
    return lambda: traces.notice_from_setup(place)


def confirm(
    verdicts: Iterable[Verdict], tests: frozenset[str], count: int, seed: int, build: Path, folder: Path
) -> list[tuple[int, str, bool]]:
    """Really runs tests with mutants that their traces noticed; a drawn part of them.

    Args:
        tests: ids of the tests that can be run.
        count: how many mutants are drawn.
        build: the contracts with all mutants.
    Returns:
        place of the mutant, test, and whether the test really failed.
    """
    known = [
        (verdict.mutant.place, verdict.noticed.by)
        for verdict in verdicts
        if verdict.fate is Fate.KILLED and verdict.noticed and verdict.noticed.by in tests
    ]
    drawn = random.Random(seed).sample(known, min(count, len(known)))
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "confirm.json"
    wanted.write_text(json.dumps(drawn))
    wanted.with_suffix(".out").unlink(missing_ok=True)
    files = sorted({test.partition("::")[0] for _, test in drawn})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "audit.mutation.confirm", "--mutants", str(wanted)]
    environment = {**os.environ, ENGINE: "evm", BUILD_VARIABLE: str(build)}
    # What was found until then stands, if it takes too long.
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [*command, *files],
            cwd=ROOT,
            env=environment,
            check=False,
            timeout=CONFIRM_SECONDS,
            capture_output=True,
        )
    out = wanted.with_suffix(".out")
    found = json.loads(out.read_text()) if out.exists() else []
    return [(place, test, not passed) for place, test, passed in found]
