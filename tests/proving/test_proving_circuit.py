"""Circuits on disk: what a manifest says is checked, and nothing that differs is used."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zkpool_sdk.proving import (
    MODULUS,
    Circuit,
    CircuitNotFound,
    Circuits,
    ManifestMalformed,
    SignalRule,
    StatementNotProved,
    Ump,
    ValueNotCanonical,
    load_circuit,
)
from zkpool_sdk.proving.circuit import CIRCUITS_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(semaphore_circuit: Circuit, tmp_path: Path) -> Path:
    """A folder of circuits that a test may damage."""
    shutil.copytree(semaphore_circuit.folder, tmp_path / "semaphore")
    return tmp_path


def rewrite(folder: Path, change: Change) -> None:
    manifest = folder / "semaphore" / "manifest.json"
    content = json.loads(manifest.read_text())
    change(content)
    manifest.write_text(json.dumps(content))


def test_signal_rule__numbers__are_those_of_the_contracts() -> None:
    source = (ROOT / "contracts" / "types" / "Queue.sol").read_text()
    listed = re.search(r"enum SignalRule \{([^}]*)\}", source)
    assert listed is not None
    names = re.findall(r"^\s*([A-Z]+)\b", listed.group(1), re.MULTILINE)
    assert [(rule.name, rule.value) for rule in SignalRule] == [(name, at) for at, name in enumerate(names)]


def test_circuits__of_every_project__are_there(circuits: Circuits) -> None:
    assert {name: (circuit.system, circuit.insecure_setup) for name, circuit in circuits.items()} == {
        "chain_fflonk": ("fflonk", True),
        "chain_plonk": ("plonk", True),
        "rollup": ("groth16", True),
        "semaphore": ("groth16", False),
    }


def test_manifest__development_key__says_so_loudly(rollup_circuit: Circuit) -> None:
    manifest = json.loads((rollup_circuit.folder / "manifest.json").read_text())
    assert manifest["insecure_setup"] is True
    assert manifest["note"].startswith("INSECURE")
    assert b"INSECURE" in bytes.fromhex(manifest["seed"])


def test_load_circuit__by_variable__finds_the_folder(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CIRCUITS_VARIABLE, str(copy))
    assert load_circuit("semaphore").folder == copy / "semaphore"


def test_load_circuit__from_anywhere__finds_the_project_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CIRCUITS_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert load_circuit("rollup").folder == ROOT / "build" / "circuits" / "rollup"


def test_load_circuit__unknown__names_those_there(copy: Path) -> None:
    with pytest.raises(CircuitNotFound) as caught:
        load_circuit("rollup", copy)
    assert caught.value.known == ("semaphore",)
    assert "rollup" not in Circuits(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("signals"),
        lambda m: m.pop("inputs"),
        lambda m: m["files"].pop("zkey"),
        lambda m: m["files"]["wasm"].update(path="../semaphore/semaphore.wasm"),
        lambda m: m["files"]["wasm"].update(path="/etc/hostname"),
        lambda m: m["files"]["wasm"].update(path="missing.wasm"),
        lambda m: m["files"]["wasm"].update(sha256="0" * 64),
        lambda m: m["signals"][0].update(rule="WHATEVER"),
        lambda m: m["signals"][0].update(rule="NONE"),
        lambda m: m.update(name="rollup"),
        lambda m: m.update(files=[]),
    ],
)
def test_manifest__damaged__is_refused(copy: Path, change: Change) -> None:
    rewrite(copy, change)
    with pytest.raises(ManifestMalformed):
        load_circuit("semaphore", copy)


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00", '{"files": {"zkey": 1}}'])
def test_manifest__no_json_object__is_refused(copy: Path, content: str) -> None:
    (copy / "semaphore" / "manifest.json").write_text(content)
    with pytest.raises(ManifestMalformed):
        load_circuit("semaphore", copy)


@pytest.mark.parametrize("name", ["semaphore.zkey", "semaphore.wasm", "verification_key.json"])
def test_file__one_bit_changed__is_refused(copy: Path, name: str) -> None:
    path = copy / "semaphore" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ManifestMalformed, match=re.escape(f"{name} has changed")):
        load_circuit("semaphore", copy)


def test_keys__of_different_circuits__are_not_served_together(copy: Path, rollup_circuit: Circuit) -> None:
    shutil.copyfile(rollup_circuit.verification_key, copy / "semaphore" / "verification_key.json")
    recorded = json.loads((rollup_circuit.folder / "manifest.json").read_text())["files"]["verification_key"]
    rewrite(copy, lambda m: m["files"]["verification_key"].update(sha256=recorded["sha256"]))
    with pytest.raises(ManifestMalformed, match="does not belong"):
        Ump().serve(1, load_circuit("semaphore", copy))


def test_key__number_of_signals_not_the_manifest_s__is_refused(copy: Path) -> None:
    rewrite(copy, lambda m: m["signals"].append({"name": "more", "rule": "FREE"}))
    with pytest.raises(ManifestMalformed, match="the manifest names 5"):
        Ump().serve(1, load_circuit("semaphore", copy))


def test_statement__values_by_name__come_in_the_verifier_s_order(semaphore_circuit: Circuit) -> None:
    assert semaphore_circuit.fixed_names == ("merkleRoot", "scope")
    assert semaphore_circuit.statement({"scope": 2, "merkleRoot": 1, "else": 9}) == [1, 2]
    with pytest.raises(StatementNotProved, match="scope"):
        semaphore_circuit.statement({"merkleRoot": 1})
    for value in (MODULUS, -1):
        with pytest.raises(ValueNotCanonical):
            semaphore_circuit.statement({"merkleRoot": 1, "scope": value})


def test_signals__checked_like_the_contract__first_fault_is_named(semaphore_circuit: Circuit) -> None:
    check = semaphore_circuit.check_signals
    check([1, 77, 5, 2], 5, [1, 2])
    check([1, 78, 5, 2], 5)
    for signals, name in (
        ([3, 77, 5, 2], "merkleRoot"),
        ([1, 77, 6, 2], "message"),
        ([1, 77, 5, 3], "scope"),
    ):
        with pytest.raises(StatementNotProved) as caught:
            check(signals, 5, [1, 2])
        assert caught.value.signal == name
    with pytest.raises(ValueNotCanonical):
        check([1, MODULUS, 5, 2], 5)
    with pytest.raises(StatementNotProved):
        check([1, 2, 5], 5)
