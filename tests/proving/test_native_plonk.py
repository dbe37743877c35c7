"""The native PLONK against snarkjs: each reads the other's keys and accepts the other's proofs."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest

from tests.proving.native_material import Circuit, chain_circuit, snarkjs
from zkpool_sdk import _native


def set_up(folder: Path, name: str, circuit: Circuit) -> _native.ProvingKey:
    """The development key of a circuit, always the same one, with its files in ``folder``."""
    (folder / f"{name}.r1cs").write_bytes(circuit.r1cs)
    (folder / f"{name}.wtns").write_bytes(circuit.witness)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", _native.InsecureSetupWarning)
        _native.insecure_dev_setup(
            folder / f"{name}.r1cs", folder / f"{name}.zkey", folder / f"{name}.json", b"seed", system="plonk"
        )
    return _native.load_key(folder / f"{name}.zkey")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plonk")


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return chain_circuit(40)


@pytest.fixture(scope="module")
def key(folder: Path, circuit: Circuit) -> _native.ProvingKey:
    return set_up(folder, "chain", circuit)


def test_dev_setup__counts__and_snarkjs_exports_the_same_verification_key(
    key: _native.ProvingKey, folder: Path
) -> None:
    assert (key.system, key.public_count, key.signal_count) == ("plonk", 2, 42)
    # A gate for each public signal, one for each constraint.
    assert (key.constraint_count, key.domain_size) == (42, 64)
    snarkjs("zkey", "export", "verificationkey", "chain.zkey", "exported.json", cwd=folder)
    exported = (folder / "exported.json").read_text()
    assert exported == key.verifying_key.to_json() == (folder / "chain.json").read_text()
    assert _native.VerifyingKey.from_json(exported) == key.verifying_key


def test_prove__snarkjs_accepts__and_reads_the_same_calldata(
    key: _native.ProvingKey, circuit: Circuit, folder: Path
) -> None:
    proof = _native.prove(key, circuit.witness)
    assert proof.public_signals == circuit.values[1:3]
    (folder / "ours.json").write_text(proof.proof_json())
    (folder / "ours_public.json").write_text(proof.public_json())
    assert "OK!" in snarkjs("plonk", "verify", "chain.json", "ours_public.json", "ours.json", cwd=folder)
    told = snarkjs("zkey", "export", "soliditycalldata", "ours_public.json", "ours.json", cwd=folder)
    words = [int(word, 16) for word in re.findall(r"0x[0-9a-f]{64}", told)]
    data = proof.calldata
    ours = [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
    assert words == ours + proof.public_signals


def test_verify__proof_made_by_snarkjs_with_our_key__accepted(
    key: _native.ProvingKey, circuit: Circuit, folder: Path
) -> None:
    snarkjs("plonk", "prove", "chain.zkey", "chain.wtns", "theirs.json", "their_public.json", cwd=folder)
    theirs, signals = (folder / "theirs.json").read_text(), (folder / "their_public.json").read_text()
    public = [int(signal) for signal in json.loads(signals)]
    assert public == circuit.values[1:3]
    assert _native.verify(key, public, theirs)
    proof = _native.Proof.from_json(theirs, signals)
    assert (proof.proof_json(), proof.public_json()) == (theirs, signals)
    assert _native.verify(key, public, proof.calldata)
    assert not _native.verify(key, [public[0] ^ 1, public[1]], theirs)


def test_load_key__cut_or_changed__refused_with_the_place(folder: Path, key: _native.ProvingKey) -> None:
    good = (folder / "chain.zkey").read_bytes()
    bad = folder / "bad.zkey"
    for size in (0, 11, 12, 1000, len(good) // 2, len(good) - 1):
        bad.write_bytes(good[:size])
        with pytest.raises(_native.NativeFormatError):
            _native.load_key(bad)
    bad.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))  # the last bytes are tau in G2
    with pytest.raises(_native.NativeFormatError) as caught:
        _native.load_key(bad)
    assert caught.value.section == "key_header"
    assert caught.value.offset == len(good) - 128


def test_prove__wrong_value__refused_before_a_proof_is_made(
    key: _native.ProvingKey, circuit: Circuit
) -> None:
    stages: list[str] = []
    values = list(circuit.values)
    values[7] += 1
    with pytest.raises(_native.WitnessNotSatisfied):
        _native.prove(
            key, Circuit(circuit.r1cs, values).witness, progress=lambda stage, _: stages.append(stage)
        )
    assert stages == []
    told: list[tuple[str, float]] = []
    _native.prove(key, circuit.witness, progress=lambda stage, part: told.append((stage, part)))
    assert (told[0][0], told[-1]) == ("parse", ("check", 1.0))
    assert {"transforms", "msm_a", "msm_z", "msm_t3", "msm_wxi"} < {stage for stage, _ in told}
