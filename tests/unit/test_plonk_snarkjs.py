"""PlonkVerifier beside what else judges proofs: the contract that snarkjs exports, and our own core."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_abi import decode

from tests.proving.native_material import chain_circuit
from tests.support.groth16_calls import answer_within, batch_calldata, execution_gas
from tests.support.groth16_toy import P, R
from tests.support.plonk_calls import calldata, plus, register, snarkjs_key, snarkjs_proof
from tests.support.plonk_toy import PlonkKey
from tests.support.snarkjs_contract import calldata as their_calldata
from tests.support.snarkjs_contract import deployed
from zkpool_sdk import _native

VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "plonk_chain_40.json").read_text())
SIGNALS = [int(signal) for signal in VECTOR["public_signals"]]
PROOF = snarkjs_proof(VECTOR["proof"])
PLENTY = 9_000_000


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.PlonkVerifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    struct = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(struct, sender=accounts[0])
    return bytes(verifier.keyOf(struct))


@pytest.fixture(scope="module")
def exported(accounts: Any) -> str:
    return deployed(VECTOR["verification_key"], accounts[0])


def answer_of_exported(exported: str, signals: list[int], proof: bytes) -> bool:
    web3 = ape.networks.active_provider.web3
    call = {"to": exported, "data": their_calldata(proof, signals, "uint256"), "gas": PLENTY}
    return bool(decode(["bool"], web3.eth.call(call))[0])


def wrong() -> list[tuple[list[int], bytes]]:
    """Signals and proofs with bits flipped, coordinates and values out of their fields, signals exchanged."""
    number = int.from_bytes(PROOF, "big")
    rng = random.Random("snarkjs")
    flipped = [(number ^ 1 << rng.randrange(6_144)).to_bytes(768, "big") for _ in range(48)]
    words = [plus(PROOF, word, P if word < 18 else R) for word in range(24)]
    cases = [(SIGNALS, proof) for proof in (*flipped, *words, bytes(768))]
    return [*cases, ([(SIGNALS[0] + 1) % R, SIGNALS[1]], PROOF), (SIGNALS[::-1], PROOF)]


@pytest.mark.parametrize("count", [2, 32])
def test_verify__good_proof__less_gas_than_snarkjs_contract(verifier: Any, accounts: Any, count: int) -> None:
    toy = PlonkKey.make(count, 15, seed=4)
    assert snarkjs_key(toy.snarkjs_json) == toy.abi
    signals = [R - 1 - i for i in range(count)]
    proof, key, sender = toy.prove(signals).calldata, register(verifier, accounts, toy), accounts[0].address
    theirs_at = deployed(toy.snarkjs_json, accounts[0])
    assert verifier.verify(key, signals, proof)
    ours = execution_gas(verifier.address, calldata(key, signals, proof), sender)
    theirs = execution_gas(theirs_at, their_calldata(proof, signals, "uint256"), sender)
    print(f"{count} signals: execution gas of verify {ours:,}, of snarkjs's verifyProof {theirs:,}")
    assert ours < 0.98 * theirs


def test_verify__right_or_wrong__snarkjs_contract_answers_the_same(
    verifier: Any, key: bytes, exported: str
) -> None:
    assert answer_of_exported(exported, SIGNALS, PROOF)
    assert verifier.verify(key, SIGNALS, PROOF)
    for signals, proof in wrong():
        assert not answer_of_exported(exported, signals, proof)
        assert answer_within(verifier.address, calldata(key, signals, proof), PLENTY) is False


def test_verify__right_or_wrong__the_prover_core_says_the_same(verifier: Any, key: bytes) -> None:
    """A prover asks its own core before it submits; the two must not differ."""
    core_key = _native.VerifyingKey.from_json(json.dumps(VECTOR["verification_key"]))
    assert _native.verify(core_key, SIGNALS, PROOF)
    cases = [*wrong(), *((signals, PROOF) for signals in ([SIGNALS[0] + R, SIGNALS[1]], [R, R]))]
    for signals, proof in cases:
        assert not _native.verify(core_key, signals, proof)
        assert answer_within(verifier.address, calldata(key, signals, proof), PLENTY) is False


def test_verify__proofs_by_the_core__accepted_alone_and_together(
    verifier: Any, accounts: Any, tmp_path: Path
) -> None:
    """Of a key that the core made, too, with fresh randomness each."""
    circuit = chain_circuit(20)
    (tmp_path / "chain.r1cs").write_bytes(circuit.r1cs)
    made = tmp_path / "chain.zkey"
    with pytest.warns(_native.InsecureSetupWarning):
        _native.insecure_dev_setup(tmp_path / "chain.r1cs", made, seed=b"x" * 32, system="plonk")
    core_key = _native.load_key(made)
    struct = snarkjs_key(json.loads(core_key.verifying_key.to_json()))
    verifier.registerKey(struct, sender=accounts[0])
    key = bytes(verifier.keyOf(struct))
    proofs = [_native.prove(core_key, circuit.witness) for _ in range(3)]
    items = [(tuple(proof.public_signals), proof.calldata) for proof in proofs]
    assert len(set(items)) == 3
    for item in items:
        assert answer_within(verifier.address, calldata(key, *item), PLENTY) is True
    assert answer_within(verifier.address, batch_calldata(key, items), PLENTY) is True
    other = ((items[0][0][0] ^ 1, items[0][0][1]), items[0][1])
    assert answer_within(verifier.address, batch_calldata(key, [other, *items[1:]]), PLENTY) is False
