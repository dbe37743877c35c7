"""Native FFLONK against snarkjs: each takes what the other makes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proving.native_material import Circuit, chain_circuit, r1cs_file, snarkjs
from zkpool_sdk import _native

SYSTEM = "fflonk"


def sum_circuit() -> Circuit:
    """``out = 3 + a + 2b + 4d + 5e`` and ``d = (a + b)(b + 7)``: sums too long for a gate, and constants."""
    a, b, e = 11, 13, 17
    d = (a + b) * (b + 7)
    values = [1, 3 + a + 2 * b + 4 * d + 5 * e, a, b, d, e]
    rows = [
        ({0: 1}, {0: 3, 2: 1, 3: 2, 4: 4, 5: 5}, {1: 1}),
        ({2: 1, 3: 1}, {0: 7, 3: 1}, {4: 1}),
    ]
    return Circuit(r1cs_file(rows, len(values), outputs=1, public_inputs=2), values)


@dataclass(frozen=True)
class Made:
    folder: Path
    circuit: Circuit
    key: _native.ProvingKey
    sha256: str


def made(folder: Path, circuit: Circuit) -> Made:
    (folder / "c.r1cs").write_bytes(circuit.r1cs)
    (folder / "c.wtns").write_bytes(circuit.witness)
    with pytest.warns(_native.InsecureSetupWarning):
        sha256 = _native.insecure_dev_setup(
            folder / "c.r1cs", folder / "c.zkey", folder / "vkey.json", seed=b"fflonk", system=SYSTEM
        )
    return Made(folder, circuit, _native.load_key(folder / "c.zkey"), sha256)


@pytest.fixture(scope="module", params=["chain", "sums"])
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    circuit = chain_circuit(20) if request.param == "chain" else sum_circuit()
    return made(tmp_path_factory.mktemp("fflonk"), circuit)


def test_set_up__key_and_verification_key_are_of_the_circuit(ours: Made) -> None:
    key = ours.key
    assert (key.system, key.sha256) == (SYSTEM, ours.sha256)
    assert key.signal_count == len(ours.circuit.values)
    assert key.domain_size >= key.constraint_count + 2
    assert key.memory_bytes > (ours.folder / "c.zkey").stat().st_size
    text = (ours.folder / "vkey.json").read_text()
    assert key.verifying_key.to_json() == text
    assert _native.verifying_key(text) == key.verifying_key
    snarkjs("zkey", "export", "verificationkey", "c.zkey", "their_vkey.json", cwd=ours.folder)
    assert json.loads((ours.folder / "their_vkey.json").read_text()) == json.loads(text)


def test_prove__snarkjs_accepts_and_gives_the_same_calldata(ours: Made) -> None:
    proof = _native.prove(ours.key, ours.folder / "c.wtns")
    assert proof.public_signals == ours.circuit.values[1 : 1 + ours.key.public_count]
    (ours.folder / "proof.json").write_text(proof.proof_json())
    (ours.folder / "public.json").write_text(proof.public_json())
    told = snarkjs(SYSTEM, "verify", "vkey.json", "public.json", "proof.json", cwd=ours.folder)
    assert "PROOF VERIFIED SUCCESSFULLY" in told
    told = snarkjs("zkey", "export", "soliditycalldata", "public.json", "proof.json", cwd=ours.folder)
    words = [int(word, 16) for word in re.findall("0x[0-9a-f]{64}", told)]
    assert b"".join(word.to_bytes(32, "big") for word in words[:24]) == proof.calldata
    assert words[24:] == proof.public_signals


def test_verify__proof_made_by_snarkjs__accepted_and_no_other_signal(ours: Made) -> None:
    snarkjs(SYSTEM, "prove", "c.zkey", "c.wtns", "theirs.json", "their_public.json", cwd=ours.folder)
    theirs = _native.Proof.from_json(
        (ours.folder / "theirs.json").read_text(), (ours.folder / "their_public.json").read_text()
    )
    vkey = ours.key.verifying_key
    signals = theirs.public_signals
    assert _native.verify(vkey, signals, theirs)
    assert _native.verify_batch(vkey, [(signals, theirs), (signals, theirs)])
    again = _native.Proof.from_calldata(theirs.calldata, signals, SYSTEM)
    assert json.loads(again.proof_json()) == json.loads((ours.folder / "theirs.json").read_text())
    changed = [signals[0] + 1, *signals[1:]]
    assert not _native.verify(vkey, changed, theirs)
    assert not _native.verify_batch(vkey, [(signals, theirs), (changed, theirs)])


def test_prove__wrong_witness__refused(ours: Made) -> None:
    values = list(ours.circuit.values)
    values[1] += 1
    wrong = Circuit(ours.circuit.r1cs, values).witness
    with pytest.raises(_native.WitnessNotSatisfied):
        _native.prove(ours.key, wrong)


def test_prove__same_seed__same_proof_and_fresh_otherwise(ours: Made) -> None:
    witness = ours.folder / "c.wtns"
    first, second = (_native.prove(ours.key, witness, seed=b"s").calldata for _ in range(2))
    assert first == second
    assert _native.prove(ours.key, witness).calldata != _native.prove(ours.key, witness).calldata
