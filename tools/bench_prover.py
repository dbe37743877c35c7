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

from zkpool_sdk import _native
from zkpool_sdk.proving import Circuit, WitnessCalculator, load_circuit

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "bench" / "prover.json"
LIMIT_SECONDS = 300
CIRCUITS = ("semaphore", "rollup")
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


def witness_of(circuit: Circuit) -> bytes:
    """The witness of a circuit's sample input."""
    assert circuit.sample_input is not None
    sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
    return WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes).calculate(sample)


def bench(circuit: Circuit, runs: int, folder: Path) -> list[Row]:
    """Both provers on one circuit, taking turns."""
    key = _native.load_key(circuit.proving_key)
    witness = folder / f"{circuit.name}.wtns"
    witness.write_bytes(witness_of(circuit))
    zkey = str(circuit.proving_key)
    warm = [sys.executable, "-c", WARM, zkey, str(witness)]
    commands = {
        "zkpool": [*warm, "1"],
        "snarkjs": [
            "node",
            "node_modules/snarkjs/build/cli.cjs",
            *("groth16", "prove", zkey, str(witness)),
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
        rows.append(
            row(name, circuit, key, statistics.median(walls), min(walls), statistics.median(cpus), max(peaks))
        )
    output = subprocess.run(
        [*warm, str(runs)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LIMIT_SECONDS
    )
    median, least = map(float, output.stdout.split())
    _, cpu_once, _ = measure([*warm, "1"])
    _, cpu_all, peak = measure([*warm, str(runs + 1)])
    rows.append(row("zkpool warm", circuit, key, median, least, (cpu_all - cpu_once) / runs, peak))
    return rows


def row(
    prover: str,
    circuit: Circuit,
    key: _native.ProvingKey,
    median: float,
    least: float,
    cpu: float,
    peak: float,
) -> Row:
    """A row with figures of sensible length."""
    return Row(
        circuit.system,
        prover,
        circuit.name,
        key.constraint_count,
        round(median, 3),
        round(least, 3),
        round(cpu, 3),
        round(peak, 1),
    )


def main() -> None:
    """Measure, print the table, write bench/prover.json."""
    parser = argparse.ArgumentParser(description="Proving time beside snarkjs, on this machine.")
    parser.add_argument("--runs", type=int, default=5, help="proofs of each prover and circuit (default 5)")
    runs = parser.parse_args().runs
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in CIRCUITS:
            print(f"{name}: {runs} proofs each", flush=True)
            rows += bench(load_circuit(name), runs, Path(folder))
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
