"""Builds the wheel and tries it as a prover would get it: a clean environment, no Rust, no sources.

Writes ``dist/zkpool_sdk-*.whl``, installs it with its dependencies into an environment of its own, and proves
and verifies the sample of a circuit there, by each proving system.

.venv/bin/python tools/check_wheel.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DIST: Final = ROOT / "dist"
CIRCUITS: Final = ("semaphore", "chain_plonk", "chain_fflonk")
LIMIT_SECONDS: Final = 600
TRY: Final = """
import json, shutil, sys
from zkpool_sdk import _native
from zkpool_sdk.proving import SYSTEMS, WitnessCalculator, load_circuit
assert shutil.which("cargo") is None and shutil.which("rustc") is None
print(f"installed: {_native.__file__}, {_native.backend()} arithmetic, chosen on this machine")
for name in sys.argv[2:]:
    circuit = load_circuit(name, sys.argv[1])
    sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
    witness = WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes).calculate(sample)
    system = SYSTEMS[circuit.system]()
    proof = system.prove(circuit, witness)
    assert system.verify(circuit, proof.signals, system.encode(proof))
    print(f"{name}: a {proof.system} proof of {len(proof.data)} bytes, verified")
"""


def main() -> int:
    """Build, install, try."""
    for old in DIST.glob("zkpool_sdk-*.whl"):
        old.unlink()
    maturin = Path(sys.executable).parent / "maturin"
    run([str(maturin), "build", "--release", "--locked", "--out", str(DIST)], cwd=ROOT)
    [wheel] = DIST.glob("zkpool_sdk-*.whl")
    print(f"built: {wheel.relative_to(ROOT)}, {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "environment")
        venv.create(place, with_pip=True)
        python = place / "bin" / "python"
        run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], cwd=folder)
        # Nothing of Rust's, nor of this project's environment, is within reach.
        bare = os.pathsep.join(
            part for part in os.defpath.split(os.pathsep) if part and shutil.which("cargo", path=part) is None
        )
        environment = {"PATH": bare, "HOME": folder}
        command = [str(python), "-I", "-c", TRY, str(ROOT / "build" / "circuits"), *CIRCUITS]
        run(command, cwd=folder, env=environment)
    return 0


def run(command: list[str], *, cwd: str | Path, env: dict[str, str] | None = None) -> None:
    """Runs a command with its output passed through; stops here if it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, timeout=LIMIT_SECONDS, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed with status {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
