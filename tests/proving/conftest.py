"""The built circuits, their samples, and snarkjs as the judge of what we make."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zkpool_sdk.proving import Circuit, Circuits, InsecureKeyWarning, Ump

ROOT = Path(__file__).resolve().parents[2]
PROVER = 0x70997970C51812DC3A010C7D01B50E0D17DC79C8


@pytest.fixture(scope="session")
def circuits() -> Circuits:
    return Circuits(ROOT / "build" / "circuits")


@pytest.fixture(scope="session", params=["rollup", "semaphore"])
def circuit(request: pytest.FixtureRequest, circuits: Circuits) -> Circuit:
    return circuits[request.param]


@pytest.fixture(scope="session")
def rollup_circuit(circuits: Circuits) -> Circuit:
    return circuits["rollup"]


@pytest.fixture(scope="session")
def semaphore_circuit(circuits: Circuits) -> Circuit:
    return circuits["semaphore"]


@pytest.fixture(scope="session")
def sample() -> Callable[[Circuit], dict[str, Any]]:
    """Reads a circuit's sample input."""

    def read(circuit: Circuit) -> dict[str, Any]:
        assert circuit.sample_input is not None
        inputs: dict[str, Any] = json.loads(circuit.sample_input.read_text())
        return inputs

    return read


@pytest.fixture(scope="session")
def snarkjs() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the ecosystem's own tool; ``check`` says whether a failure is an error of the test."""

    def run(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["node", ROOT / "node_modules" / "snarkjs" / "cli.js", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def ump(circuits: Circuits) -> Ump:
    """One machine that serves both projects."""
    machine = Ump()
    with pytest.warns(InsecureKeyWarning, match="rollup"):
        machine.serve("rollup-queue", circuits["rollup"])
    machine.serve("semaphore-queue", circuits["semaphore"])
    return machine
