"""The search: lives of a market, on the model and on the contracts in lock-step, by processes at once.

Figures: ``engines`` (for each: acts, comparisons, lives, seconds, CPU seconds, acts per CPU second),
``acts``, ``comparisons``, ``checks`` (laws asked), ``lives``, ``rules``, ``verbs``, ``refusals``, ``events``
(counts by name), ``gains`` (of each adversary, in wei), ``reasons`` (every error of the contracts: ``fired``
here with its count, or ``elsewhere`` with the test), ``seeds``, ``shifts``, ``crashes``, ``late`` (shifts
that a busy machine did not let end in time, so that they were ended), ``peak_mib``, ``interrupted``.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from audit.result import ROOT, Finding, Options, PartResult, Profile, Status, ToolMissing, write
from audit.stateful import artifacts, reasons
from audit.stateful.counts import Counts, by_name
from audit.stateful.plan import EXAMPLES, FOLDER, Shift, seconds_of, shift_of

LINE_SECONDS: Final = (15, 30, 60)
"""Between two lines of progress, by profile."""
GRACE_SECONDS: Final = 480
"""A worker that is told to stop, or that shrinks what it found, has so long."""
LONG: Final = 5_000
"""So many lives meet every reason that the machine is known to meet."""
LAST_LINES: Final = 12


@dataclass(slots=True)
class Running:
    """A worker at work."""

    shift: Shift
    process: subprocess.Popen[bytes]
    since: float


class Search:
    """Workers, one shift after the other, until the time is over or a life went wrong."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.started = time.monotonic()
        self.seconds = seconds_of(options)
        self.shifts: list[Shift] = []
        self.crashes: list[str] = []
        self.late: list[int] = []
        self.interrupted = False
        self._running: list[Running] = []
        self._failed = False

    def go_on(self) -> None:
        """Searches to the end; an interruption ends it early."""
        try:
            with _term_interrupts():
                self._search()
        except KeyboardInterrupt:
            self.interrupted = True
            print("interrupted; the workers end", flush=True)
        finally:
            self._stop()

    @property
    def left(self) -> float:
        """Seconds to go."""
        return self.started + self.seconds - time.monotonic()

    def counts(self) -> dict[str, Counts]:
        """What has been done so far, by engine."""
        found: dict[str, Counts] = {}
        for shift in self.shifts:
            counts = Counts.read(shift.counts)
            if counts is not None:
                found.setdefault(shift.engine, Counts(engine=shift.engine)).add(counts)
        return found

    def _search(self) -> None:
        told = time.monotonic()
        while self._running or self._wants_more():
            while self._wants_more() and len(self._running) < max(1, self.options.workers):
                self._start()
            time.sleep(0.2)
            self._look_after()
            if time.monotonic() > told + self.options.choose(*LINE_SECONDS):
                told = time.monotonic()
                print(self.progress(), flush=True)
                keep(self)

    def _wants_more(self) -> bool:
        return self.left > 5 and not self._failed and len(self.crashes) + len(self.late) < 5

    def _start(self) -> None:
        shift = shift_of(len(self.shifts), self.options, self.left)
        self.shifts.append(shift)
        command = [sys.executable, "-m", "audit.stateful.worker", json.dumps(asdict(shift))]
        print(f"shift {shift.number}: {shift.engine}, seed {shift.seed}, {shift.seconds:.0f} s", flush=True)
        environment = {
            **os.environ,
            "HYPOTHESIS_PROFILE": str(self.options.profile),
            "ZKPOOL_ENGINE": "anvil",
        }
        with shift.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(Running(shift, process, time.monotonic()))

    def _look_after(self) -> None:
        """Notices workers that have ended, and ends those that hang."""
        for worker in list(self._running):
            status = worker.process.poll()
            if status is None:
                ends_at = worker.since + worker.shift.seconds + GRACE_SECONDS
                if time.monotonic() > ends_at and worker.shift.number not in self.late:
                    worker.process.kill()
                    self.late.append(worker.shift.number)
                    print(f"shift {worker.shift.number} does not end in time, and is ended", flush=True)
                continue
            self._running.remove(worker)
            counts = Counts.read(worker.shift.counts)
            if counts is not None and counts.failure:
                self._failed = True
                print(counts.failure, flush=True)
            elif status != 0 and worker.shift.number not in self.late:
                self.crashes.append(_last_lines(worker.shift, status))
                print(f"shift {worker.shift.number} crashed: {self.crashes[-1]}", flush=True)

    def _stop(self) -> None:
        for worker in self._running:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGTERM)
        ends_at = time.monotonic() + 20
        for worker in self._running:
            try:
                worker.process.wait(max(ends_at - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self._running.clear()

    def progress(self) -> str:
        """One line."""
        every = Counts()
        for counts in self.counts().values():
            every.add(counts)
        rate = every.acts / every.cpu_seconds if every.cpu_seconds else 0
        return (
            f"{time.monotonic() - self.started:,.0f} of {self.seconds:,.0f} s: {every.acts:,} acts in "
            f"{every.lives:,} lives, {rate:,.0f} a CPU second; {every.comparisons:,} comparisons, "
            f"{every.checks:,} laws asked; {len(every.refusals)} reasons to refuse; {every.peak_mib} MiB"
        )


def run(options: Options) -> PartResult:
    """Searches for as long as the profile says."""
    if not (ROOT / "audit" / "_evm.abi3.so").exists():
        raise ToolMissing("audit/_evm.abi3.so", "run `make audit`, which builds the engine")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    artifacts.keep()
    print(f"seed {options.seed}: --seed {options.seed} lives the same lives", flush=True)
    search = Search(options)
    search.go_on()
    print(search.progress(), flush=True)
    return result_of(search)


def keep(search: Search) -> None:
    """Writes what has been found so far: a search that is killed leaves that much."""
    so_far = result_of(search)
    unfinished = replace(so_far, passed=False, summary=f"still at work, or killed: {so_far.summary}")
    write(unfinished.finished(time.monotonic() - search.started, 0.0))


def result_of(search: Search) -> PartResult:
    """The figures and findings of a search, also of one that was interrupted."""
    engines, every, options = search.counts(), Counts(), search.options
    for counts in engines.values():
        every.add(counts)
    found = [Finding(every.failure, "tests/stateful", Status.OPEN)] if every.failure else []
    found += [
        Finding(f"a worker crashed: {crash}", "audit/stateful", Status.OPEN) for crash in search.crashes
    ]
    told, missing = reasons.of(
        every.refusals, must_fire=options.profile is Profile.DEEP and every.lives > 5_000
    )
    found += [Finding(what, "audit/stateful/elsewhere.toml", Status.OPEN) for what in missing]
    anything = every.acts > 0
    rate = engines["evm"].acts / engines["evm"].cpu_seconds if _searched(engines.get("evm")) else 0
    early = "interrupted; " if search.interrupted else ""
    return PartResult(
        "stateful",
        options.profile,
        options.seed,
        passed=anything and not found,
        summary=(
            f"{early}{every.acts:,} steps in {every.lives:,} lives, {every.comparisons:,} comparisons, no "
            f"divergence; {rate:,.0f} steps a second on one core"
            if not every.failure
            else every.failure.partition("\n")[0]
        ),
        figures={
            "acts": every.acts,
            "comparisons": every.comparisons,
            "checks": every.checks,
            "lives": every.lives,
            "engines": {name: _engine_figures(counts) for name, counts in sorted(engines.items())},
            "rules": by_name(every.rules),
            "verbs": by_name(every.verbs),
            "refusals": by_name(every.refusals),
            "events": by_name(every.events),
            "gains": every.gains,
            "reasons": told,
            "seeds": [shift.seed for shift in search.shifts],
            "shifts": len(search.shifts),
            "crashes": search.crashes,
            "late": search.late,
            "peak_mib": every.peak_mib,
            "interrupted": search.interrupted,
        },
        findings=tuple(found),
    )


def _searched(counts: Counts | None) -> bool:
    return counts is not None and counts.cpu_seconds > 0


def _engine_figures(counts: Counts) -> dict[str, Any]:
    return {
        "acts": counts.acts,
        "comparisons": counts.comparisons,
        "lives": counts.lives,
        "seconds": round(counts.seconds, 1),
        "cpu_seconds": round(counts.cpu_seconds, 1),
        "acts_per_cpu_second": round(counts.acts / counts.cpu_seconds) if counts.cpu_seconds else 0,
    }


def _last_lines(shift: Shift, status: int) -> str:
    text = _read(shift.log).strip().splitlines()[-LAST_LINES:]
    return f"status {status}, seed {shift.seed}: " + " / ".join(line.strip() for line in text)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@contextmanager
def _term_interrupts() -> Iterator[None]:
    """Ends on SIGTERM as on an interrupt, so that the figures are written."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
