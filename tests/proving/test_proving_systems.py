"""What every proving system owes its user, each with a real circuit: the same calls, and clear refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.proving.native_material import chain_circuit
from zkpool_sdk import _native
from zkpool_sdk.proving import (
    SYSTEMS,
    Circuit,
    Circuits,
    ManifestMalformed,
    NativeSystem,
    ProvingSystem,
    ValueNotCanonical,
    WitnessCalculator,
    chain,
)
from zkpool_sdk.proving.witness import public_signals

CIRCUITS = {"groth16": "rollup", "plonk": "chain_plonk", "fflonk": "chain_fflonk"}
CALLDATA_BYTES = {"groth16": 256, "plonk": 768, "fflonk": 768}


class Made:
    """One system with its circuit, a witness and a proof of it."""

    def __init__(self, name: str, circuits: Circuits, sample: Any) -> None:
        self.system: NativeSystem = SYSTEMS[name]()
        self.circuit: Circuit = circuits[CIRCUITS[name]]
        program = WitnessCalculator(self.circuit.program, input_sizes=self.circuit.input_sizes)
        self.witness = program.calculate(sample(self.circuit))
        self.proof = self.system.prove(self.circuit, self.witness)
        self.key = _native.load_key(self.circuit.proving_key)


@pytest.fixture(scope="module")
def all_made(circuits: Circuits, sample: Any) -> dict[str, Made]:
    return {name: Made(name, circuits, sample) for name in SYSTEMS}


@pytest.fixture(params=sorted(CIRCUITS))
def made(request: pytest.FixtureRequest, all_made: dict[str, Made]) -> Made:
    return all_made[request.param]


def test_system__keeps_the_protocol(made: Made) -> None:
    assert isinstance(made.system, ProvingSystem)
    assert made.system.name == made.circuit.system == made.key.system == made.proof.system


def test_proof__snarkjs_accepts_it__and_it_says_what_the_witness_says(
    made: Made, snarkjs: Any, tmp_path: Path
) -> None:
    assert len(made.system.encode(made.proof)) == CALLDATA_BYTES[made.system.name]
    assert made.proof.signals == tuple(public_signals(made.witness, len(made.circuit.signal_names)))
    proof, public = made.system.snarkjs_json(made.proof)
    (tmp_path / "proof.json").write_text(proof)
    (tmp_path / "public.json").write_text(public)
    files = (made.circuit.verification_key, tmp_path / "public.json", tmp_path / "proof.json")
    told = snarkjs(made.system.name, "verify", *files).stdout
    assert "OK!" in told or "PROOF VERIFIED SUCCESSFULLY" in told


def test_proof__other_signals__do_not_hold(made: Made) -> None:
    data = made.system.encode(made.proof)
    assert made.system.verify(made.circuit, made.proof.signals, data)
    for place in range(len(made.proof.signals)):
        signals = list(made.proof.signals)
        signals[place] ^= 1
        assert not made.system.verify(made.circuit, signals, data)
        signals[place] = made.proof.signals[place] + _native.R  # the same number, not canonical
        assert not made.system.verify(made.circuit, signals, data)


def test_key__every_flipped_bit_of_a_number__refused_or_another_key(made: Made) -> None:
    """No bit of the verifying key is without meaning: with any of them changed, the proof does not hold."""
    text = made.circuit.verification_key.read_text()
    signals, data = list(made.proof.signals), made.proof.data
    assert _native.verify(text, signals, data)
    numbers = [(at.start(1), at.end(1)) for at in re.finditer(r'"(\d+)"', text)]
    assert len(numbers) > 8
    for start, end in numbers:
        value = int(text[start:end])
        for bit in range(max(value.bit_length(), 1)):
            changed = f"{text[:start]}{value ^ 1 << bit}{text[end:]}"
            try:
                accepted = _native.verify(changed, signals, data)
            except _native.NativeError:
                continue
            assert not accepted, f"bit {bit} of {value}"


def test_proof__same_seed__same_proof__else_never(made: Made) -> None:
    first, second = (_native.prove(made.key, made.witness, seed=b"seed").calldata for _ in range(2))
    assert first == second
    fresh = {_native.prove(made.key, made.witness).calldata for _ in range(2)} | {first}
    assert len(fresh) == 3


def test_progress__grows_to_one__proving_and_setting_up(made: Made, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []

    def tell(stage: str, part: float) -> None:
        told.append((stage, part))

    _native.prove(made.key, made.witness, progress=tell)
    assert [part for _, part in told] == sorted(part for _, part in told)
    assert (told[0][0], told[-1]) == ("parse", ("check", 1.0))
    told.clear()
    circuit = tmp_path / "circuit.r1cs"
    circuit.write_bytes(chain_circuit(4).r1cs)
    with pytest.warns(_native.InsecureSetupWarning):
        made.system.setup(circuit, tmp_path, on_progress=tell)
    assert (told[0][0], told[-1]) == ("parse", ("write", 1.0))


def test_setup_from_a_ceremony__same_key_as_snarkjs(snarkjs: Any, tmp_path: Path) -> None:
    circuit = chain_circuit(4)
    files = {
        name: tmp_path / name for name in ("c.r1cs", "0.ptau", "1.ptau", "2.ptau", "theirs", "ours", "vkey")
    }
    files["c.r1cs"].write_bytes(circuit.r1cs)
    snarkjs("powersoftau", "new", "bn128", "7", files["0.ptau"])
    snarkjs("powersoftau", "contribute", files["0.ptau"], files["1.ptau"], "--name=test", "-e=entropy")
    snarkjs("powersoftau", "prepare", "phase2", files["1.ptau"], files["2.ptau"])
    for system in ("plonk", "fflonk"):
        snarkjs(system, "setup", files["c.r1cs"], files["2.ptau"], files["theirs"])
        for powers in ("1.ptau", "2.ptau"):
            _native.universal_setup(files["c.r1cs"], files[powers], files["ours"], files["vkey"], system)
            assert files["ours"].read_bytes() == files["theirs"].read_bytes()
        key = _native.load_key(files["ours"])
        proof = _native.prove(key, circuit.witness)
        assert _native.verify(files["vkey"].read_text(), proof.public_signals, proof)
    with pytest.raises(_native.NativeError, match="second phase"):
        _native.universal_setup(files["c.r1cs"], files["2.ptau"], files["ours"], None, "groth16")
    files["c.r1cs"].write_bytes(chain_circuit(500).r1cs)
    with pytest.raises(_native.NativeError, match="powers of tau wanted"):
        _native.universal_setup(files["c.r1cs"], files["2.ptau"], files["ours"], None, "plonk")


def test_prove_many__in_order__and_a_bad_witness_costs_nobody_else_the_proof(made: Made) -> None:
    bad = bytearray(made.witness)
    bad[-32] ^= 1  # an inner value: the signals stay
    with pytest.raises(_native.WitnessNotSatisfied) as caught:
        _native.prove_many(made.key, [made.witness, bytes(bad), made.witness])
    assert caught.value.index == 1
    first, none, third = caught.value.proofs
    assert none is None
    assert first.calldata != third.calldata
    told: list[tuple[str, float]] = []
    proofs = _native.prove_many(
        made.key, [made.witness] * 2, seed=b"s", progress=lambda stage, part: told.append((stage, part))
    )
    assert len({proof.calldata for proof in proofs}) == 2
    assert told == [("proof", 0.5), ("proof", 1.0)]
    assert _native.verify_batch(made.key, [(proof.public_signals, proof) for proof in proofs])
    assert _native.prove_many(made.key, []) == []


def test_verify_batch__one_false_statement__fails_the_batch(made: Made) -> None:
    good = (made.proof.signals, made.proof.data)
    other = list(made.proof.signals)
    other[0] ^= 1
    assert _native.verify_batch(made.key, [good, good])
    assert not _native.verify_batch(made.key, [good, (other, made.proof.data), good])
    assert not _native.verify_batch(made.key, [good, (made.proof.signals, bytes(len(made.proof.data)))])
    assert _native.verify_batch(made.key, [])
    with pytest.raises(_native.SignalCountError):
        _native.verify_batch(made.key, [good, (other[1:], made.proof.data)])


def test_key_of_another_system__refused_by_name(made: Made, all_made: dict[str, Made]) -> None:
    """A key, a proof or a circuit of one system never passes for another's."""
    for name, other in all_made.items():
        if name == made.system.name:
            continue
        signals = list(other.proof.signals)
        with pytest.raises(_native.NativeError):
            _native.verify(
                made.key,
                list(made.proof.signals),
                _native.Proof.from_calldata(other.proof.data, signals, name),
            )
        with pytest.raises(ManifestMalformed):
            other.system.load(made.circuit)


def test_registration_key__is_the_verification_key(made: Made) -> None:
    text = json.loads(made.circuit.verification_key.read_text())
    numbers = _numbers(made.system.registration_key(made.circuit))
    told = {int(word) for word in _words(text) if word.isdecimal()}
    assert {number for number in numbers if number > 1 << 32} <= told
    assert (
        len(made.system.registration_key(made.circuit))
        == {"groth16": 5, "plonk": 13, "fflonk": 6}[made.system.name]
    )


def _numbers(value: Any) -> list[int]:
    return [value] if isinstance(value, int) else [number for item in value for number in _numbers(item)]


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return _words(list(value.values()))
    return [str(value)] if not isinstance(value, list) else [word for item in value for word in _words(item)]


def test_chain__request_is_what_the_circuit_computes(all_made: dict[str, Made]) -> None:
    request = chain.chain(2026)
    made = all_made["plonk"]
    assert list(made.proof.signals[:2]) == made.circuit.statement(request.statement)
    with pytest.raises(ValueNotCanonical):
        chain.chain(_native.R)
