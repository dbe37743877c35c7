"""The tests behind `make test`, in groups, with every group's closing line repeated at the end.

The prover core is tested by Cargo. Tests that need no ape run without its pytest plugin, which costs seconds
at start. A group that fails does not keep the others from running; the exit status tells whether all passed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (".venv/bin/python", "-m", "pytest")
# Without its Python face the core is an ordinary library, whose tests link to no interpreter.
CORE = ("--manifest-path", "native/Cargo.toml", "--no-default-features")
CARGO_TEST = ("cargo", "test", "--release", "--locked", *CORE)

# What closes the output of pytest ("=== 12 passed in 3.4s ===") and of each of Cargo's test programs.
CLOSING_LINE = re.compile(r"^(=+ .*(?:passed|failed|error|no tests ran).* =+|test result: .*)$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Group:
    """Tests that one command runs."""

    name: str
    command: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def run(self) -> Outcome:
        """Run the command with its output passed through as it comes."""
        print(f"\n--- {self.name}", flush=True)
        started = time.monotonic()
        command = [*self.command, *self.folders]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        seen = bytearray()
        try:
            while chunk := os.read(process.stdout.fileno(), 1 << 16):
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
                seen += chunk
        finally:
            status = process.wait()
        closing = CLOSING_LINE.findall(COLOUR.sub("", seen.decode(errors="replace")))
        return Outcome(self.name, status, time.monotonic() - started, tuple(closing))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a group ended: exit status, seconds, closing lines."""

    name: str
    status: int
    seconds: float
    closing: tuple[str, ...]


GROUPS = (
    Group("prover core", CARGO_TEST),
    Group(
        "toolchain, sdk and proving",
        (*PYTEST, "-p", "no:ape_test"),
        ("tests/toolchain", "tests/sdk", "tests/proving", "tests/audit"),
    ),
    Group(
        "contracts",
        PYTEST,
        (
            "tests/unit",
            "tests/attacks",
            "tests/property",
            "tests/engines",
            "tests/stateful",
            "tests/e2e",
            "tests/gas",
        ),
    ),
)


def has_tests(closing: str) -> bool:
    """Whether a closing line tells of any test (Cargo closes empty groups too)."""
    return "ok. 0 passed" not in closing


def main() -> int:
    """Run every group (or those whose number is given) and repeat how each ended."""
    chosen = [GROUPS[int(number) - 1] for number in sys.argv[1:]] or list(GROUPS)
    try:
        outcomes = [group.run() for group in chosen]
    except KeyboardInterrupt:
        return 130
    print("\n--- summary")
    for outcome in outcomes:
        print(f"{'passed' if outcome.status == 0 else 'FAILED'}  {outcome.name}, {outcome.seconds:.0f} s")
        for line in filter(has_tests, outcome.closing):
            print(f"    {line.strip('= ')}")
    return int(any(outcome.status for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
