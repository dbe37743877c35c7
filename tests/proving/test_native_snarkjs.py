"""The native core against snarkjs: each accepts what the other makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.proving.native_material import (
    SEMAPHORE_KEY,
    SEMAPHORE_VKEY,
    chain_circuit,
    semaphore_witness,
    snarkjs,
)
from zkpool_sdk import _native


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("native")


@pytest.fixture(scope="module")
def semaphore() -> _native.ProvingKey:
    return _native.load_key(SEMAPHORE_KEY)


@pytest.fixture(scope="module")
def witness(folder: Path) -> Path:
    return semaphore_witness(folder)


def test_ceremony_key__counts_and_verification_key_match_the_package(semaphore: _native.ProvingKey) -> None:
    assert (semaphore.constraint_count, semaphore.domain_size) == (6431, 8192)
    assert (semaphore.signal_count, semaphore.public_count) == (6454, 4)
    assert semaphore.memory_bytes > SEMAPHORE_KEY.stat().st_size
    text = SEMAPHORE_VKEY.read_text()
    assert json.loads(semaphore.verifying_key.to_json()) == json.loads(text)
    assert _native.verifying_key(text) == semaphore.verifying_key
    assert hash(_native.verifying_key(text)) == hash(semaphore.verifying_key)


def test_prove__semaphore__snarkjs_accepts(
    semaphore: _native.ProvingKey, witness: Path, folder: Path
) -> None:
    proof = _native.prove(semaphore, witness)
    (folder / "proof.json").write_text(proof.proof_json())
    (folder / "public.json").write_text(proof.public_json())
    told = snarkjs("groth16", "verify", SEMAPHORE_VKEY, "public.json", "proof.json", cwd=folder)
    assert "OK!" in told
    assert proof.public_signals[2:] == [4242, 77]
    assert _native.Proof.from_json(proof.proof_json(), proof.public_json()).calldata == proof.calldata


def test_verify__proof_made_by_snarkjs__accepted(witness: Path, folder: Path) -> None:
    snarkjs("groth16", "prove", SEMAPHORE_KEY, witness, "theirs.json", "their_public.json", cwd=folder)
    theirs, signals = (folder / "theirs.json").read_text(), (folder / "their_public.json").read_text()
    public = [int(signal) for signal in json.loads(signals)]
    key = _native.VerifyingKey.from_json(SEMAPHORE_VKEY.read_bytes())
    assert _native.verify(key, public, theirs)
    assert _native.verify(key, public, _native.Proof.from_json(theirs, signals).calldata)
    public[2] += 1
    assert not _native.verify(key, public, theirs)


def test_proof_json__as_rapidsnark_writes_it__without_a_curve__is_read(
    semaphore: _native.ProvingKey, witness: Path
) -> None:
    proof = _native.prove(semaphore, witness)
    theirs = json.loads(proof.proof_json())
    del theirs["curve"]
    compact = json.dumps(theirs, separators=(",", ":"))
    assert _native.Proof.from_json(compact, proof.public_json()).calldata == proof.calldata
    assert _native.verify(semaphore, proof.public_signals, compact)
    with pytest.raises(_native.NativeFormatError, match="bn128"):
        _native.Proof.from_json(json.dumps({**theirs, "curve": "bls12381"}), proof.public_json())


def test_dev_setup__snarkjs_exports_proves_and_verifies(folder: Path) -> None:
    circuit = chain_circuit(40)
    (folder / "chain.r1cs").write_bytes(circuit.r1cs)
    (folder / "chain.wtns").write_bytes(circuit.witness)
    with pytest.warns(_native.InsecureSetupWarning, match="could forge"):
        _native.insecure_dev_setup(folder / "chain.r1cs", folder / "chain.zkey", folder / "chain.json")
    snarkjs("zkey", "export", "verificationkey", "chain.zkey", "exported.json", cwd=folder)
    assert json.loads((folder / "exported.json").read_text()) == json.loads(
        (folder / "chain.json").read_text()
    )
    snarkjs("groth16", "prove", "chain.zkey", "chain.wtns", "c_proof.json", "c_public.json", cwd=folder)
    assert "OK!" in snarkjs("groth16", "verify", "exported.json", "c_public.json", "c_proof.json", cwd=folder)
    public = [int(signal) for signal in json.loads((folder / "c_public.json").read_text())]
    assert public == circuit.values[1:3]
    key = _native.load_key(folder / "chain.zkey")
    assert _native.verify(key, public, (folder / "c_proof.json").read_text())
    ours = _native.prove(key, circuit.witness)
    (folder / "o_proof.json").write_text(ours.proof_json())
    (folder / "o_public.json").write_text(ours.public_json())
    assert "OK!" in snarkjs("groth16", "verify", "exported.json", "o_public.json", "o_proof.json", cwd=folder)
