"""Records the tests, and picks out the few that reach as much as all of them."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from audit.coverage.build import Probed, write_build
from audit.coverage.measure import Reached
from audit.recording.board import BUILD_VARIABLE, FOLDER_VARIABLE, write_labels
from audit.recording.builds import ROOT
from audit.recording.reading import Recording

SUITE: Final = (
    *("tests/unit", "tests/attacks", "tests/property", "tests/e2e/test_stories.py"),
    *("-k", "not (coefficients__of_a_batch or coefficients__any_)"),
)
"""The tests of the contracts, but for those that look at a node's traces of instructions."""
PATCHED: Final = (
    *(f"tests/unit/test_{name}_verifier.py" for name in ("groth16", "plonk", "fflonk")),
    *(f"tests/unit/test_{name}_batch_gas.py" for name in ("groth16", "plonk")),
    *("-k", "chain_that_cannot_check or chain_asks_more or chain_without_a_precompile"),
)
"""Tests that change deployed code, to stand for a chain whose precompiles are others."""
RECORDED: Final = ROOT / "build" / "audit" / "recording"
"""What was recorded last, of all tests."""
RECORDED_PATCHED: Final = ROOT / "build" / "audit" / "recording-patched"
"""What was recorded last of tests that change deployed code, on contracts with probes."""
KEPT: Final = Path(__file__).with_name("recording") / "plain"
"""The tests that were picked out, committed."""
KEPT_PATCHED: Final = KEPT.with_name("patched")
"""The same of tests that change deployed code."""
KEPT_CODE: Final = KEPT.with_name("code")
"""Names the contracts that these were recorded on."""


def record(folder: Path = RECORDED, what: Sequence[str] = SUITE, build: Path | None = None) -> int:
    """Runs tests in process and records them. Returns pytest's exit status.

    Args:
        build: contracts that are run in place of the project's.
    """
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "audit.plugin"]
    command += ["--recording", str(folder), *what]
    # More examples reach no more points, but make recordings ten times as long.
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "quick", "ZKPOOL_ENGINE": "evm"}
    environment[FOLDER_VARIABLE] = str(folder)
    if build:
        environment[BUILD_VARIABLE] = str(build)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def record_all(probes: Probed) -> int:
    """Records all tests of the contracts. Returns pytest's exit status.

    Those that change deployed code run once more on contracts with probes: changed code has them then too.
    What they assert is looked at in the first run alone. In the second a few of them fail, whose change finds
    nothing to change in code of another form.
    """
    build = write_build(probes, RECORDED.with_name("probed.json"))
    record(RECORDED_PATCHED, PATCHED, build)
    return record(RECORDED)


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


def keep(recording: Recording, chosen: Collection[int], folder: Path) -> None:
    """Writes down what some tests do, and what they need, as the recording that is committed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    labels: dict[int, Mapping[str, object]] = {}
    number = 0
    wanted = {*chosen, *(f for label in chosen for f in recording.labels[label]["fixtures"])}
    for life in recording.lives:
        kept = life.needed(life.steps_of(wanted))
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
