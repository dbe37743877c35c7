"""Coverage-guided fuzzing of all that the prover core reads from outside, for a bounded time.

Builds the targets of ``native/fuzz`` with libFuzzer and the stable compiler, and runs each in turn from the
seeds in ``native/fuzz/corpus`` and from what earlier runs kept (``build/fuzz/corpus``). A finding is an input
for which the core neither answers nor refuses: a panic, an overflow, a broken promise, too much memory or
time. It is written to ``build/fuzz/findings``; once it is mended, it belongs into the corpus, which
``make test`` runs through the same functions.

.venv/bin/python tools/fuzz.py [--seconds 20] [--build] [target …]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CRATE: Final = ROOT / "native" / "fuzz"
BUILD: Final = ROOT / "build" / "fuzz"
TARGETS: Final = tuple(sorted(path.stem for path in (CRATE / "fuzz_targets").glob("*.rs")))
# What `cargo fuzz` passes, less the sanitizers, which want a nightly compiler.
COVERAGE: Final = " ".join(
    (
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=4",
        "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
        "-Cllvm-args=-sanitizer-coverage-pc-table",
        "-Cllvm-args=-sanitizer-coverage-trace-compares",
        "-Ccodegen-units=1",
        "--cfg fuzzing",
    )
)
MEMORY_MB: Final = 2048
INPUT_SECONDS: Final = 10
MAX_INPUT_BYTES: Final = 1 << 15
BUILD_SECONDS: Final = 900


def main() -> int:
    """Build, then run each target; the exit status tells whether any found something."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("targets", nargs="*", metavar="target", help=f"{', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=int, default=20, help="time for each target (default 20)")
    parser.add_argument("--build", action="store_true", help="only build the targets")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.targets) - set(TARGETS))
    if unknown:
        parser.error(f"no target {unknown[0]!r}; there are: {', '.join(TARGETS)}")
    if arguments.seconds < 1:
        parser.error("--seconds must be 1 or more")
    build()
    if arguments.build:
        return 0
    findings = [finding for name in arguments.targets or TARGETS for finding in fuzz(name, arguments.seconds)]
    for finding in findings:
        print(f"found: {finding.relative_to(ROOT)}", file=sys.stderr)
    return int(bool(findings))


def build() -> None:
    """The targets, with coverage."""
    if shutil.which("c++") is None:
        raise SystemExit("a C++ compiler is missing; libFuzzer needs it: sudo apt-get install -y g++")
    print("building the targets (a minute or two the first time)", flush=True)
    host = re.search(r"host: (\S+)", output(["rustc", "-vV"]))
    assert host is not None
    # With --target, build scripts and macros are not instrumented.
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--target", host.group(1)]
    environment = {**os.environ, "RUSTFLAGS": COVERAGE, "CARGO_TARGET_DIR": str(BUILD / "cargo")}
    done = subprocess.run(command, cwd=CRATE, env=environment, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        raise SystemExit("the fuzz targets could not be built")
    for name in TARGETS:
        shutil.copy2(BUILD / "cargo" / host.group(1) / "release" / name, BUILD / name)


def fuzz(name: str, seconds: int) -> list[Path]:
    """Runs one target; what it found."""
    corpus, findings = BUILD / "corpus" / name, BUILD / "findings" / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    command = [
        str(BUILD / name),
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={INPUT_SECONDS}",
        f"-max_len={MAX_INPUT_BYTES}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
        str(corpus),
        str(CRATE / "corpus" / name),
    ]
    # One thread: libFuzzer's coverage is of the process, and its inputs are small.
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    limit = seconds + 10 * INPUT_SECONDS
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=limit, check=False
    )
    covered = re.findall(r"cov: (\d+)", done.stderr)
    inputs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    print(
        f"{name:<17} {int(inputs.group(1)) if inputs else 0:>9,} inputs, "
        f"{int(covered[-1]) if covered else 0:>6,} places reached, {len(list(corpus.iterdir())):>5,} kept",
        flush=True,
    )
    new = sorted(set(findings.iterdir()) - before)
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
        print(f"run it again with: build/fuzz/{name} <the file>", file=sys.stderr)
        if not new:
            raise SystemExit(f"{name} ended with status {done.returncode}")
    return new


def output(command: list[str]) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


if __name__ == "__main__":
    sys.exit(main())
