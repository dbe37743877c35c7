"""The project's solc, kept running: what it costs to load is paid once."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
SERVER: Final = Path(__file__).with_name("server.js")
FRESH_AFTER: Final = 24
"""Compilations after which the compiler is started anew: its memory grows and never shrinks."""


class CompilerDied(Exception):
    """The compiler ended without an answer; most likely it was out of memory."""


class Compiler:
    """One compiler process; calls from several threads wait for each other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout
        process.stdout.close()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Standard JSON output for standard JSON input.

        Raises:
            CompilerDied: the process ended.
        """
        with self._lock:
            if self._count == FRESH_AFTER:
                self.close()
            process = self._running()
            assert process.stdin
            assert process.stdout
            self._count += 1
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            if not line:
                self.close()
                raise CompilerDied(f"exit status {process.returncode}")
        found: dict[str, Any] = json.loads(line)
        return found

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._count = 0
            command = ["node", "--stack-size=4000", str(SERVER)]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        return self._process
