"""Proving time beside snarkjs, on the same circuits and witnesses, in turn, on this machine.

Each proof is made by a process of its own, so that CPU time and peak memory are the kernel's figures.
``zkpool`` starts Python, loads and checks the key and proves; ``zkpool warm`` is a proof once that is done,
as a running prover sees it.

.venv/bin/python tools/bench_prover.py [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "bench" / "prover.json"
LIMIT_SECONDS = 300
CIRCUITS = ("semaphore", "rollup")
# What a process has used when it starts another counts in the other's peak: this one stays small, and leaves
# the witness to a child.
PREPARE = """
import json, sys
from pathlib import Path
from zkpool_sdk import _native
from zkpool_sdk.proving import WitnessCalculator, load_circuit
circuit = load_circuit(sys.argv[1])
sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
witness = WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes).calculate(sample)
Path(sys.argv[2]).write_bytes(witness)
key = _native.load_key(circuit.proving_key)
print(json.dumps([circuit.system, key.constraint_count, str(circuit.proving_key)]))
"""
WARM = """
import statistics, sys, time
from zkpool_sdk import _native
key = _native.load_key(sys.argv[1])
times = []
for _ in range(int(sys.argv[3])):
    started = time.perf_counter()
    _native.prove(key, sys.argv[2])
    times.append(time.perf_counter() - started)
print(statistics.median(times), min(times))
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One prover on one circuit: seconds of wall and CPU time, megabytes of memory."""

    system: str
    prover: str
    circuit: str
    constraints: int
    median_s: float
    min_s: float
    cpu_s: float
    peak_mb: float


def measure(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one run of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    if process.returncode:
        raise SystemExit(f"{command[0]} failed:\n{process.stderr.read().decode()}")
    process.stderr.close()
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def bench(circuit: str, runs: int, folder: Path) -> list[Row]:
    """Both provers on one circuit, taking turns."""
    witness = str(folder / f"{circuit}.wtns")
    system, constraints, zkey = json.loads(output_of(PREPARE, circuit, witness))
    commands = {
        "zkpool": [sys.executable, "-c", WARM, zkey, witness, "1"],
        "snarkjs": [
            "node",
            "node_modules/snarkjs/build/cli.cjs",
            *("groth16", "prove", zkey, witness),
            *(str(folder / "proof.json"), str(folder / "public.json")),
        ],
    }
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(measure(command))
    rows = []
    for name, figures in taken.items():
        walls, cpus, peaks = zip(*figures, strict=True)
        timing = statistics.median(walls), min(walls), statistics.median(cpus), max(peaks)
        rows.append(Row(system, name, circuit, constraints, *(round(figure, 3) for figure in timing)))
    median, least = map(float, output_of(WARM, zkey, witness, str(runs)).split())
    once, many = (measure([*commands["zkpool"][:-1], str(count)]) for count in (1, runs + 1))
    timing = median, least, (many[1] - once[1]) / runs, many[2]
    rows.append(Row(system, "zkpool warm", circuit, constraints, *(round(figure, 3) for figure in timing)))
    return rows


def output_of(program: str, *arguments: str) -> str:
    """What a Python program prints."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    """Measure, print the table, write bench/prover.json."""
    parser = argparse.ArgumentParser(description="Proving time beside snarkjs, on this machine.")
    parser.add_argument("--runs", type=int, default=5, help="proofs of each prover and circuit (default 5)")
    runs = parser.parse_args().runs
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in CIRCUITS:
            print(f"{name}: {runs} proofs each", flush=True)
            rows += bench(name, runs, Path(folder))
    print(
        f"\n{'circuit':<10} {'constraints':>11}  {'prover':<12} "
        f"{'median s':>8} {'least s':>8} {'CPU s':>7} {'peak MB':>8}"
    )
    for each in rows:
        print(
            f"{each.circuit:<10} {each.constraints:>11,}  {each.prover:<12} "
            f"{each.median_s:>8.2f} {each.min_s:>8.2f} {each.cpu_s:>7.2f} {each.peak_mb:>8.0f}"
        )
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(
        json.dumps({"machine": machine, "runs": runs, "rows": [asdict(each) for each in rows]}, indent=1)
        + "\n"
    )
    print(f"\nwritten to {REPORT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
