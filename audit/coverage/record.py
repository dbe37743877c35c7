"""Records the tests, and picks out the few that reach as much as all of them."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from audit.coverage.measure import Reached
from audit.recording.board import FOLDER_VARIABLE, write_labels
from audit.recording.builds import ROOT
from audit.recording.reading import Recording

SUITE: Final = ("tests/unit", "tests/attacks", "tests/property", "tests/e2e/test_stories.py")
"""Where the tests of the contracts are."""
RECORDED: Final = ROOT / "build" / "audit" / "recording"
KEPT: Final = Path(__file__).with_name("recording")
"""The tests that were picked out, committed."""


def record(what: Sequence[str] = SUITE, folder: Path = RECORDED) -> int:
    """Runs tests in process and records them. Returns pytest's exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "audit.plugin"]
    command += ["--recording", str(folder), *what]
    environment = {**os.environ, "ZKPOOL_ENGINE": "evm", FOLDER_VARIABLE: str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def cover(recording: Recording, found: Reached) -> list[int]:
    """Labels of few tests that together reach all that the recording reaches, cheap ones first.

    Each round takes the test that adds the most points for the steps that it costs.
    """
    steps: dict[int, int] = {}
    for life in recording.lives:
        for done in life.done:
            steps[done.label] = steps.get(done.label, 0) + sum(
                1 + len(r.data) // 200 for r in done.step.requests
            )
    reach: dict[int, set[int]] = {}
    for label, about in recording.labels.items():
        if about["kind"] == "test" and about["outcome"] == "passed":
            own = set(found.by_test.get(label, ()))
            for fixture in about["fixtures"]:
                own |= found.by_test.get(fixture, set())
            reach[label] = own
    missing = set().union(*reach.values())
    chosen = []
    while missing:
        best = max(
            reach, key=lambda label: (len(reach[label] & missing) / (10 + steps.get(label, 0)), -label)
        )
        missing -= reach.pop(best)
        chosen.append(best)
    return chosen


def keep(recording: Recording, chosen: Sequence[int], folder: Path = KEPT) -> None:
    """Writes down what some tests do, and what they need, as the recording that is committed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    labels: dict[int, Mapping[str, object]] = {}
    number = 0
    for life in recording.lives:
        kept = life.needed(life.steps_of(set(chosen)))
        if not kept:
            continue
        labels |= {
            life.done[i].label: recording.labels[life.done[i].label] for i in kept if life.done[i].label
        }
        with lzma.open(folder / f"{number}.jsonl.xz", "wt", preset=9 | lzma.PRESET_EXTREME) as file:
            file.writelines(line + "\n" for line in life.lines(kept))
        number += 1
    named = [dict(labels[label]) for label in sorted(labels)]
    for about in named:
        about["fixtures"] = [f for f in json.loads(json.dumps(about.get("fixtures", []))) if f in labels]
    write_labels(folder, named)
