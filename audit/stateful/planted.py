"""Bugs planted on purpose: the search finds each, shrinks it, and what it writes down shows it again.

``python -m audit.stateful.planted [PART OF A NAME ...]``: every bug of ``audit/mutation/planted.toml`` is
switched on in the one build that has them all, lives are lived until model and contracts differ, and the
counterexample's ape script and Foundry-style test are run. Figures go to ``build/audit/planted.json``: for
each bug ``what``, ``where``, ``change``, ``lives`` and ``acts`` until it was found, ``seconds``,
``shrunk_to`` (acts), ``laws`` (numbers), ``sound`` (nothing shows where the bug is asleep), ``ape`` and
``forge`` (whether they show it), ``folder``, ``source`` (of the contracts, as ``source_hash`` says it).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Final

from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test

from audit.counterexample.forge import run_test, shows
from audit.counterexample.life import divergence_of
from audit.counterexample.story import explain, publish
from audit.result import BUILD, ROOT, source_hash
from audit.stateful.bugs import Bug, planted
from audit.stateful.plan import FOLDER, Shift
from audit.stateful.worker import Worker
from tests.stateful.lockstep import STEPS, Divergence
from tests.stateful.machine import MarketMachine
from tests.stateful.tour import tour
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import kept_artifacts

FILE: Final = BUILD / "planted.json"
SEARCH_SECONDS: Final = 90
"""Of CPU time, for each bug."""
SHRINK_SECONDS: Final = 15
ATTEMPTS: Final = 2
"""Lives that are shrunk until one is short."""
SHORT: Final = 8
"""Acts of a counterexample that a person reads at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """How a planted bug was found."""

    what: str
    where: str
    change: str
    lives: int = 0
    acts: int = 0
    seconds: float = 0.0
    shrunk_to: int = 0
    laws: tuple[str, ...] = ()
    folder: str = ""
    sound: bool = False
    ape: bool = False
    forge: bool = False

    def figures(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"source": source_hash()}


class Hunt:
    """Worlds whose contracts have every planted bug, all asleep."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def find(self, bug: Bug, seconds: float = SEARCH_SECONDS) -> Found:
        """Wakes a bug and lives until it shows."""
        found = Found(bug.what, bug.where, bug.change)
        started, acts = time.monotonic(), STEPS["acts"]
        self.worker.counts.lives = 0
        with self._awake(bug):
            example, took = None, 0.0
            for attempt in range(ATTEMPTS):
                shown = self._divergence(seconds, attempt * 1_000)
                if shown is None or shown.step is None:
                    break
                if example is None:
                    acts, took = STEPS["acts"] - acts, time.monotonic() - started
                world, seed = shown.step.world, str(self.worker.shift.seed)
                other = explain(world, shown.step.acts, seed, SHRINK_SECONDS)
                example = other if example is None or len(other.acts) < len(example.acts) else example
                if len(example.acts) <= SHORT:
                    break
            if example is None:
                return found
            world = example.step.world
            folder = publish(example, self.worker.stages[self.worker.worlds.index(world)])
            print(example.text(), flush=True)
        sound = divergence_of(world, example.acts) is None
        return Found(
            bug.what,
            bug.where,
            bug.change,
            self.worker.counts.lives,
            acts,
            round(took, 1),
            len(example.acts),
            tuple(law.number for law in example.laws),
            str(folder.relative_to(ROOT)),
            sound,
        )

    @contextmanager
    def _awake(self, bug: Bug) -> Iterator[None]:
        """A bug is there, on the chains and in what is written down of their stages."""
        chains = [world.chain for world in self.worker.worlds]
        for chain, stage in zip(chains, self.worker.stages, strict=True):
            assert isinstance(chain, EvmChain)
            chain.evm.active = bug.place
            stage.note_balance(bug.switch, 1)
        try:
            yield
        finally:
            for chain, stage in zip(chains, self.worker.stages, strict=True):
                assert isinstance(chain, EvmChain)
                chain.evm.active = 0
                stage.steps.pop()

    def _divergence(self, seconds: float, first_run: int) -> Divergence | None:
        ends_at = time.process_time() + seconds
        run = first_run
        try:
            while time.process_time() < ends_at:
                self.worker.seed(run)
                settings = self.worker.settings((Phase.generate,), 15)
                with redirect_stdout(StringIO()):
                    run_state_machine_as_test(MarketMachine, settings=settings)
                if run == 0:  # then the lives that are planned
                    for world in self.worker.worlds[2:]:
                        tour(world)
                run += 1
        except Divergence as shown:
            return shown
        return None


def run_ape(folders: Sequence[str]) -> set[str]:
    """Runs the ape scripts of counterexamples, one after the other; the folders of those that show it."""
    command = [sys.executable, "-m", "audit.counterexample", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3_600, check=False)
    shown = {folder for folder in folders if f"{folder}: shown: " in done.stdout}
    if len(shown) < len(folders):
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return shown


def run_forge(folder: str) -> bool:
    """Runs a counterexample's Foundry-style test; whether it fails with what it is about, not before."""
    done = run_test(ROOT / folder)
    if not shows(done):
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return shows(done)


def hunt(bugs: Iterable[Bug], artifacts: Path) -> list[Found]:
    """Finds one bug after the other."""
    shift = Shift(0, "evm", 1, SEARCH_SECONDS, 40, False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    results: list[Found] = []
    with Worker(shift, kept_artifacts(artifacts)).ready() as worker:
        hunting = Hunt(worker)
        for bug in bugs:
            results.append(hunting.find(bug))
            print(line_of(results[-1]), flush=True)
            _write(results)
    folders = [found.folder for found in results if found.folder]
    on_ape = run_ape(folders)
    for number, found in enumerate(results):
        if found.folder:
            shown = replace(found, ape=found.folder in on_ape, forge=run_forge(found.folder))
            results[number] = shown
            print(line_of(shown), flush=True)
            _write(results)
    return results


def line_of(found: Found) -> str:
    """How a bug was found, in a line."""
    if not found.shrunk_to:
        return f"NOT FOUND: {found.what} ({found.where}: {found.change})"
    return (
        f"found: {found.what} ({found.where}): {found.acts} acts, {found.seconds} s, shrunk to "
        f"{found.shrunk_to}, breaks {', '.join(found.laws)}; sound {found.sound}, ape {found.ape}, "
        f"forge {found.forge}"
    )


def _write(results: Sequence[Found]) -> None:
    FILE.write_text(json.dumps([found.figures() for found in results], indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Hunts the bugs that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m audit.stateful.planted")
    parser.add_argument("name", nargs="*", help="part of a bug's name or place")
    wanted = parser.parse_args().name
    bugs, artifacts = planted()
    chosen = [bug for bug in bugs if not wanted or any(part in f"{bug.what} {bug.where}" for part in wanted)]
    results = hunt(chosen, artifacts)
    missed = [
        found for found in results if not (found.shrunk_to and found.sound and found.ape and found.forge)
    ]
    short = sum(0 < found.shrunk_to <= SHORT for found in results)
    shown = len(results) - len(missed)
    print(f"{shown} of {len(results)} found and shown again, {short} in {SHORT} acts or less")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
