"""Timing of one prover on one circuit, by a process of its own.

A prover's driver loads its key and says so, then proves once for each line it is sent and says when it is
done, with the CPU time it has used. Wall time is taken on this side; peak memory is what the kernel says of
the process. Two figures come of a process: *whole*, from its start to its first proof, and *loaded*, one
proof with the key in memory.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LIMIT_SECONDS: Final = 600.0
"""No process may take longer."""
SECOND_PROOF_SECONDS: Final = 3.0
"""A prover that takes less proves a second time in the same process, and that proof counts as the loaded one;
for the others, which warming up no longer changes, the first does."""


class ProverFailed(Exception):
    """A prover that stopped, answered wrongly or took too long."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of wall time and CPU time, megabytes at the peak."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process took.

    Attributes:
        whole: from its start to its first proof.
        loaded: one proof with the key in memory.
    """

    whole: Figures
    loaded: Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One prover on one circuit: a line of ``bench/prover.json``."""

    system: str
    prover: str
    circuit: str
    constraints: int
    median_s: float
    min_s: float
    max_s: float
    cpu_s: float
    peak_mb: float
    runs: int


class Driver:
    """A running driver: sends commands, waits for answers."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._limit = threading.Timer(LIMIT_SECONDS, self._process.kill)
        self._limit.start()

    def send(self, command: str) -> None:
        """Sends a command.

        Raises:
            ProverFailed: the driver is gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ProverFailed(self._reason()) from None

    def answer(self) -> tuple[float, float]:
        """When the next answer came, and the CPU seconds it tells.

        Raises:
            ProverFailed: the driver stopped or took too long.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        now = time.perf_counter()
        try:
            return now, float(json.loads(line)["cpu_s"])
        except (ValueError, KeyError):
            raise ProverFailed(self._reason()) from None

    def peak_mb(self) -> float:
        """Peak memory of the process so far."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0.0  # no such file system here
        found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(found[0]) / 1024 if found else 0.0

    def close(self) -> None:
        """Ends the process, by force if need be."""
        self._limit.cancel()
        with self._process:
            assert self._process.stdin is not None
            try:
                self._process.stdin.close()
                self._process.wait(timeout=10)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self._process.kill()
        self._errors.close()

    def _reason(self) -> str:
        self._process.kill()
        self._process.wait()
        if time.perf_counter() - self.started >= LIMIT_SECONDS:
            return f"took longer than {LIMIT_SECONDS:.0f} s"
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return " / ".join(said[-3:])[:300] if said else f"stopped with status {self._process.returncode}"


def sample(command: Sequence[str], cwd: Path, env: Mapping[str, str], verify: bool) -> Sample:
    """Runs a driver once.

    Args:
        command: the driver.
        cwd, env: where and with what it runs.
        verify: have it check its last proof too, untimed.
    Raises:
        ProverFailed: it stopped, took too long, or its proof does not hold.
    """
    driver = Driver(command, cwd, env)
    try:
        driver.send("prove")
        ready, ready_cpu = driver.answer()
        proved, cpu = driver.answer()
        peak = driver.peak_mb()
        whole = Figures(proved - driver.started, cpu, peak)
        loaded = Figures(proved - ready, cpu - ready_cpu, peak)
        if proved - ready < SECOND_PROOF_SECONDS:
            sent = time.perf_counter()
            driver.send("prove")
            again, again_cpu = driver.answer()
            loaded = Figures(again - sent, again_cpu - cpu, driver.peak_mb())
        if verify:
            driver.send("verify")
            driver.answer()
        return Sample(whole, loaded)
    finally:
        driver.close()


def wanted_runs(wall_s: float) -> int:
    """How many processes a prover gets on a circuit, by what the first took: the slow get fewer."""
    return 5 if wall_s <= 2 else 3 if wall_s <= 10 else 2 if wall_s <= 25 else 1


def row(system: str, prover: str, circuit: str, constraints: int, figures: Sequence[Figures]) -> Row:
    """Medians of wall and CPU time, least and most wall time, highest peak."""
    walls = [each.wall_s for each in figures]
    timing = (
        statistics.median(walls),
        min(walls),
        max(walls),
        statistics.median(each.cpu_s for each in figures),
    )
    median_s, min_s, max_s, cpu_s = (round(seconds, 4) for seconds in timing)
    peak_mb = round(max(each.peak_mb for each in figures), 1)
    return Row(system, prover, circuit, constraints, median_s, min_s, max_s, cpu_s, peak_mb, len(figures))
