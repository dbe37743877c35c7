"""Runs several parts at once, each a process of its own, and says how each ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

from audit import parts
from audit.result import BUILD, ROOT, Options, PartResult, read, write

LOGS: Final = BUILD / "logs"
LAST_LINES: Final = 25
"""Of the log of a part that failed, repeated in the end."""
GRACE_SECONDS: Final = 40
"""For a part that is told to end."""
LIMIT_SECONDS: Final = (900, 3_600, 5 * 3_600)
"""A part that takes longer hangs, and is ended: under quick, ci and deep (there on top of the hours)."""


def run(names: Sequence[str], options: Options, lane_count: int) -> int:
    """Runs parts in lanes, the dearest first, then writes the report. Returns the exit status."""
    print(f"audit: {', '.join(names)}; profile {options.profile}, seed {options.seed}", flush=True)
    started = time.monotonic()
    waiting: SimpleQueue[str] = SimpleQueue()
    for name in sorted(names, key=lambda name: -parts.by_name(name).weight):
        waiting.put(name)
    running = Running(options)
    lanes = [threading.Thread(target=running.lane, args=(waiting,), daemon=True) for _ in range(lane_count)]
    try:
        for lane in lanes:
            lane.start()
        for lane in lanes:
            while lane.is_alive():
                lane.join(0.5)
    except KeyboardInterrupt:
        print("audit: stopped; what has ended is in the report", flush=True)
        running.stop()
        parts.report()
        raise
    seconds = time.monotonic() - started
    results = [read(name) or parts.failed(name, options, "left no result") for name in names]
    parts.report()
    print(table(results, seconds), flush=True)
    return 0 if all(result.passed for result in results) else 1


class Running:
    """The processes of the parts that are at work."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.started = time.monotonic()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._stopped = False

    def lane(self, waiting: SimpleQueue[str]) -> None:
        """Runs one part after the other until none waits."""
        while not self._stopped:
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            self.run_part(name)

    def run_part(self, name: str) -> None:
        """Runs a part to its end, its output passed through line by line and kept in a log."""
        options = self.options
        command = [sys.executable, "-m", "audit", name, "--profile", str(options.profile)]
        command += ["--seed", str(options.seed), "--hours", str(options.hours)]
        command += ["--workers", str(options.workers)]
        LOGS.mkdir(parents=True, exist_ok=True)
        (BUILD / f"{name}.json").unlink(missing_ok=True)
        self.say(name, "starts")
        limit = options.choose(*LIMIT_SECONDS) + options.choose(0, 0, round(options.hours * 3_600))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that what it started can be ended with it
        )
        self._processes[name] = process
        timer = threading.Timer(limit, self.end, (name,))
        timer.start()
        try:
            assert process.stdout is not None
            with (LOGS / f"{name}.log").open("w", encoding="utf-8") as log:
                for line in process.stdout:
                    log.write(line)
                    self.say(name, line.rstrip())
            status = process.wait()
        finally:
            timer.cancel()
            del self._processes[name]
        if read(name) is None:
            why = f"ended with status {status} and no result; build/audit/logs/{name}.log says why"
            write(parts.failed(name, options, why).finished(time.monotonic() - self.started, 0))

    def say(self, name: str, text: str) -> None:
        """Prints a line with the time since the start and the part it is about."""
        print(f"{time.monotonic() - self.started:6.0f} s  {name:<11} {text}", flush=True)

    def end(self, name: str) -> None:
        """Ends a part, which may still write down what it has, and then whatever it has started."""
        process = self._processes.get(name)
        if process is None or process.poll() is not None:
            return
        self.say(name, "takes too long or was stopped, and is ended")
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ends all parts."""
        self._stopped = True
        for name in list(self._processes):
            self.end(name)


def table(results: Sequence[PartResult], seconds: float) -> str:
    """How each part ended, and where the report lies."""
    lines = ["", f"{'part':<12}{'verdict':<9}{'seconds':>8}{'CPU s':>8}  "]
    for result in results:
        times = f"{result.seconds:>8.0f}{result.cpu_seconds:>8.0f}"
        lines.append(f"{result.part:<12}{parts.verdict(result):<9}{times}  {result.summary}")
    for result in results:
        log = LOGS / f"{result.part}.log"
        if not result.passed and log.exists():
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            lines += ["", f"--- the end of {log.relative_to(ROOT)}", *tail]
    passed = sum(result.passed for result in results)
    lines += ["", f"{passed} of {len(results)} parts passed in {seconds:.0f} s; build/audit/report.html"]
    return "\n".join(lines)
