"""Building circuits: once, again only when something changed, and with a message that helps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zkpool_sdk.proving import Circuit, load_circuit

ROOT = Path(__file__).resolve().parents[2]


def build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tools" / "build_circuits.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_build__twice__second_time_does_nothing_and_damage_is_repaired(tmp_path: Path) -> None:
    assert build("semaphore", "--out", tmp_path).returncode == 0
    key = load_circuit("semaphore", tmp_path).proving_key
    made = key.stat().st_mtime_ns

    again = build("semaphore", "--out", tmp_path)
    assert again.stdout == "circuits: semaphore: up to date\n"
    assert key.stat().st_mtime_ns == made

    key.write_bytes(b"damaged")
    assert "sample proved" in build("semaphore", "--out", tmp_path).stdout
    assert load_circuit("semaphore", tmp_path).proving_key.stat().st_size > 1_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "semaphore"]


def test_build__other_recipe__is_built_again(tmp_path: Path) -> None:
    assert build("semaphore", "--out", tmp_path).returncode == 0
    manifest = tmp_path / "semaphore" / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "fingerprint": "0" * 64}))
    assert "ready" in build("semaphore", "--out", tmp_path).stdout
    assert json.loads(manifest.read_text()) == content


def test_build__from_nothing__gives_the_same_rollup_key_on_every_machine(
    rollup_circuit: Circuit, tmp_path: Path
) -> None:
    done = build("rollup", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "INSECURE" in done.stdout
    again = load_circuit("rollup", tmp_path)
    assert again.key_sha256 == rollup_circuit.key_sha256
    assert again.program.read_bytes() == rollup_circuit.program.read_bytes()


def test_build__unknown_name__lists_the_known(tmp_path: Path) -> None:
    done = build("nothing", "--out", tmp_path)
    assert done.returncode == 2
    assert "semaphore, rollup" in done.stderr


@pytest.mark.parametrize("name", ["rollup", "semaphore"])
def test_manifest__fingerprint__is_there(name: str) -> None:
    manifest = json.loads((load_circuit(name).folder / "manifest.json").read_text())
    assert len(manifest["fingerprint"]) == 64
    assert manifest["domain_size"] >= manifest["constraints"]
