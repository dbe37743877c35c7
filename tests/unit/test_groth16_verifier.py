"""Groth16Verifier.verify: what it accepts, what it refuses, and what it never decides for lack of gas."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_abi import decode, encode
from eth_utils import keccak
from web3.exceptions import ContractCustomError

from tests.support.code_patch import lower_limit, miss_precompile
from tests.support.groth16_calls import (
    GAS_SHORT,
    PRECOMPILE_FAILED,
    answer_within,
    execution_gas,
    forwarder_to,
    intrinsic_gas,
    least_gas,
    malformed,
    register,
    rerandomised,
    snarkjs_key,
    snarkjs_proof,
)
from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    P,
    R,
    ToyKey,
    ToyProof,
    g1,
    g2,
    outside_subgroup,
)
from tests.support.reverts import reverts
from zkpool_sdk import _native

SIGNALS = [7, 2**160 - 1, R - 1]
TOY = ToyKey.make(len(SIGNALS))
PROOF = TOY.prove(SIGNALS)
VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "groth16_semaphore_10.json").read_text())

# PROVER.md: four pairings, and a multiplication and an addition for each signal. What is ours comes on top.
PRECOMPILE_GAS = 181_000
PRECOMPILE_GAS_PER_SIGNAL = 6_150
OVERHEAD_LIMIT = 6_000
PAIRING_LIMIT = 271_500
MUL_LIMIT = 9_000
ADD_LIMIT = 600


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.Groth16Verifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, TOY)


def proof_of(a: Any = PROOF.a, b: Any = PROOF.b, c: Any = PROOF.c) -> bytes:
    return ToyProof(a, b, c).calldata


def calldata(key: bytes, signals: list[int], proof: bytes) -> bytes:
    selector = keccak(b"verify(bytes32,uint256[],bytes)")[:4]
    return selector + encode(["bytes32", "uint256[]", "bytes"], [bytes(key), signals, proof])


# Accepted


def test_verify__toy_proof__accepted(verifier: Any, key: bytes) -> None:
    assert verifier.verify(key, SIGNALS, PROOF.calldata)


def test_verify__semaphore_proof_by_snarkjs__accepted_and_bound_to_its_signals(
    verifier: Any, accounts: Any
) -> None:
    struct = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(struct, sender=accounts[0])
    key = verifier.keyOf(struct)
    signals = [int(signal) for signal in VECTOR["public_signals"]]
    wire = snarkjs_proof(VECTOR["proof"]).calldata
    assert verifier.signalCount(key) == len(signals) == 4
    assert verifier.verify(key, signals, wire)
    for place in range(4):
        changed = signals.copy()
        changed[place] = (changed[place] + 1) % R
        assert not verifier.verify(key, changed, wire)


@pytest.mark.parametrize("count", [0, 1, 2, 32])
def test_verify__every_signal_count__accepted(verifier: Any, accounts: Any, count: int) -> None:
    toy = ToyKey.make(count, seed=1)
    signals = [pow(3, i + 1, R) for i in range(count)]
    key = register(verifier, accounts, toy)
    assert verifier.signalCount(key) == count
    assert verifier.verify(key, signals, toy.prove(signals).calldata)
    assert not verifier.verify(key, signals, toy.prove([(s + 1) % R for s in signals]).calldata) or count == 0


def test_verify__signals_at_the_edges_of_the_field__accepted_as_proven(verifier: Any, key: bytes) -> None:
    for signals in ([0, 0, 0], [R - 1, R - 1, R - 1], [1, 0, R - 1]):
        assert verifier.verify(key, signals, TOY.prove(signals).calldata)
        assert not verifier.verify(key, signals, PROOF.calldata)


def test_verify__rerandomised_proof__accepted_so_a_proof_hash_identifies_nothing(
    verifier: Any, key: bytes
) -> None:
    for other in rerandomised(PROOF, TOY.public.delta):
        assert other.calldata != PROOF.calldata
        assert verifier.verify(key, SIGNALS, other.calldata)


# Refused


def flipped_bits() -> Iterator[int]:
    """Of 2,048 bits: highest and lowest of each word, and 48 more."""
    for word in range(8):
        yield from (256 * word, 256 * word + 255)
    yield from random.Random("bits of a proof").sample(range(2048), 48)


def test_verify__any_flipped_bit_of_the_proof__refused(verifier: Any, key: bytes) -> None:
    number = int.from_bytes(PROOF.calldata, "big")
    for bit in flipped_bits():
        assert not verifier.verify(key, SIGNALS, (number ^ 1 << bit).to_bytes(256, "big")), bit


def test_verify__any_flipped_bit_of_a_signal__refused(verifier: Any, key: bytes) -> None:
    rng = random.Random("bits of the signals")
    for place in range(3):
        for bit in (0, 255, *rng.sample(range(1, 255), 14)):
            changed = SIGNALS.copy()
            changed[place] ^= 1 << bit
            assert not verifier.verify(key, changed, PROOF.calldata), (place, bit)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_verify__signal_not_below_the_field_modulus__refused(verifier: Any, key: bytes, place: int) -> None:
    """x + kr is the same field element: accepting it would let one proof serve two statements."""
    signals = [0, 0, 0]
    proof = TOY.prove(signals).calldata
    assert verifier.verify(key, signals, proof)
    for multiple in range(1, 2**256 // R + 1):
        aliased = signals.copy()
        aliased[place] = multiple * R
        assert not verifier.verify(key, aliased, proof)
    for value in (P, 2**256 - 1, SIGNALS[place] + R):
        aliased = SIGNALS.copy()
        aliased[place] = value
        assert not verifier.verify(key, aliased, PROOF.calldata)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 33])
def test_verify__wrong_number_of_signals__refused(verifier: Any, key: bytes, count: int) -> None:
    signals = (SIGNALS + [0] * 30)[:count]
    assert not verifier.verify(key, signals, PROOF.calldata)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 64, 128, 224, 255, 257, 288, 512])
def test_verify__wrong_proof_length__refused(verifier: Any, key: bytes, length: int) -> None:
    assert not verifier.verify(key, SIGNALS, (PROOF.calldata * 2)[:length])


MALFORMED = malformed(PROOF)


@pytest.mark.parametrize("name", MALFORMED)
def test_verify__malformed_point__refused(verifier: Any, key: bytes, name: str) -> None:
    assert not verifier.verify(key, SIGNALS, MALFORMED[name])


@pytest.mark.parametrize("point", ["A", "A negated by p - y", "B", "C"])
def test_verify__infinity_that_satisfies_the_equation__refused(
    verifier: Any, accounts: Any, point: str
) -> None:
    """Refused by rule, not by chance: the bare pairing is satisfied."""
    toy = ToyKey.make(1, seed=5)
    signals = [11]
    target = toy.alpha * toy.beta + toy.gamma * (toy.ic[0] + 11 * toy.ic[1])
    rest = g1(-target * pow(toy.delta, -1, R))
    at_infinity = {
        "A": ToyProof(G1_INFINITY, g2(5), rest),
        "A negated by p - y": ToyProof(G1_INFINITY, g2(5), rest),
        "B": ToyProof(g1(5), G2_INFINITY, rest),
        "C": ToyProof(g1(target), g2(1), G1_INFINITY),
    }
    proof = at_infinity[point]
    web3 = ape.networks.active_provider.web3
    product = web3.eth.call({"to": f"0x{8:040x}", "data": toy.public.pairing_input(signals, proof)})
    assert int.from_bytes(product, "big") == 1
    key = register(verifier, accounts, toy)
    if point == "A negated by p - y":
        proof = replace(proof, a=(0, P))
    assert not verifier.verify(key, signals, proof.calldata)


def test_verify__accepted_malformed_or_flipped__the_prover_core_says_the_same(
    verifier: Any, key: bytes
) -> None:
    """A prover asks its own core before it submits; the two must not differ."""
    core_key = _native.VerifyingKey.from_json(TOY.public.snarkjs_json)
    number = int.from_bytes(PROOF.calldata, "big")
    rng = random.Random("core")
    flipped = [(number ^ 1 << rng.randrange(2048)).to_bytes(256, "big") for _ in range(24)]
    answers = []
    for proof in (PROOF.calldata, *MALFORMED.values(), *flipped):
        answers.append(verifier.verify(key, SIGNALS, proof))
        assert _native.verify(core_key, SIGNALS, proof) == answers[-1]
    for signals in ([8, *SIGNALS[1:]], [SIGNALS[0] + R, *SIGNALS[1:]], [R, R, R], SIGNALS):
        answers.append(verifier.verify(key, signals, PROOF.calldata))
        assert _native.verify(core_key, signals, PROOF.calldata) == answers[-1]
    assert answers.count(True) == 2


def test_verify__proof_for_another_key__refused(verifier: Any, key: bytes) -> None:
    assert not verifier.verify(key, SIGNALS, ToyKey.make(3, seed=9).prove(SIGNALS).calldata)


def test_verify__unknown_key__reverts(verifier: Any) -> None:
    unknown = keccak(b"unknown")
    for call in (
        lambda: verifier.verify(unknown, SIGNALS, PROOF.calldata),
        lambda: verifier.gasFloor(unknown),
        lambda: verifier.signalCount(unknown),
        lambda: verifier.keyWords(unknown),
    ):
        with reverts(verifier.UnknownKey, key=unknown):
            call()


# Gas


def test_verify__less_gas_than_every_call_needs__reverts_gas_short(verifier: Any, key: bytes) -> None:
    data = calldata(key, SIGNALS, PROOF.calldata)
    web3 = ape.networks.active_provider.web3
    with pytest.raises(ContractCustomError) as refusal:
        web3.eth.call({"to": verifier.address, "data": data, "gas": intrinsic_gas(data) + 400_000})
    assert str(refusal.value.data).startswith(GAS_SHORT)
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(str(refusal.value.data)[10:]))
    assert 390_000 < left < 400_000 < needed
    assert verifier.gasFloor(key) == needed * 64 // 63 + 20_000


@pytest.mark.parametrize(
    ("signals", "proof", "truth"),
    [
        pytest.param(SIGNALS, PROOF.calldata, True, id="valid"),
        pytest.param(SIGNALS, MALFORMED["C negated"], False, id="wrong"),
        pytest.param(SIGNALS, MALFORMED["B outside the subgroup"], False, id="pairing fails"),
        pytest.param([7, 8, R], PROOF.calldata, False, id="signal too large"),
    ],
)
def test_verify__any_amount_of_gas__reverts_or_tells_the_truth(
    verifier: Any, key: bytes, signals: list[int], proof: bytes, truth: bool
) -> None:
    data = calldata(key, signals, proof)
    floor = verifier.gasFloor(key)
    answers = [answer_within(verifier.address, data, gas) for gas in range(500, floor + 30_000, 9_973)]
    assert {a for a in answers if isinstance(a, bool)} == {truth}
    assert "GasShort" in answers
    assert "OutOfGas" in answers[:1]
    first = answers.index(truth)
    assert answers[first:] == [truth] * (len(answers) - first)


@pytest.mark.parametrize("name", ["valid", "B outside the subgroup"])
def test_verify__least_gas_that_is_let_in__suffices(verifier: Any, key: bytes, name: str) -> None:
    """The boundary to the unit: below it GasShort, from it on the truth."""
    proof = PROOF.calldata if name == "valid" else MALFORMED[name]
    data = calldata(key, SIGNALS, proof)
    least = least_gas(verifier.address, data, verifier.gasFloor(key))
    assert [answer_within(verifier.address, data, least - 1 - back) for back in range(3)] == ["GasShort"] * 3
    assert [answer_within(verifier.address, data, least + more) for more in range(40)] == [
        name == "valid"
    ] * 40


@pytest.mark.parametrize("count", [0, 32])
def test_gas_floor__caller_that_checked_it__never_meets_gas_short(
    verifier: Any, accounts: Any, count: int
) -> None:
    """Through another contract, so that a 64th is held back on the way."""
    toy = ToyKey.make(count, seed=2)
    signals = [R - 1 - i for i in range(count)]
    key = register(verifier, accounts, toy)
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloor(key)
    for wire, truth in (
        (proof.calldata, True),
        (ToyProof(proof.a, outside_subgroup(), proof.c).calldata, False),
    ):
        assert answer_within(caller, calldata(key, signals, wire), floor) is truth


@pytest.mark.parametrize("count", [0, 1, 2, 4, 32])
def test_verify__execution_gas__little_above_the_precompiles(
    verifier: Any, accounts: Any, count: int
) -> None:
    toy = ToyKey.make(count, seed=3)
    signals = [R - 1 - i for i in range(count)]
    key = register(verifier, accounts, toy)
    data = calldata(key, signals, toy.prove(signals).calldata)
    used = execution_gas(verifier.address, data, accounts[0].address)
    overhead = used - PRECOMPILE_GAS - PRECOMPILE_GAS_PER_SIGNAL * count
    assert 0 < overhead <= OVERHEAD_LIMIT + 450 * max(0, count - 2), overhead


@pytest.mark.parametrize(
    ("count", "precompile", "limit", "offered"),
    [(0, 8, PAIRING_LIMIT, 180_000), (3, 7, MUL_LIMIT, 5_999), (3, 6, ADD_LIMIT, 149)],
)
def test_verify__chain_asks_more_for_a_precompile__reverts_and_refuses_nobody(
    verifier: Any, accounts: Any, count: int, precompile: int, limit: int, offered: int
) -> None:
    """A later fork raises a price above our limit: the same as a limit in the code below today's price."""
    toy = ToyKey.make(count, seed=4)
    signals = [5 + i for i in range(count)]
    key = register(verifier, accounts, toy)
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = lower_limit(code, limit, offered)
    provider.set_code(verifier.address, lowered)
    try:
        for proof in (toy.prove(signals), ToyProof(PROOF.a, outside_subgroup(), PROOF.c)):
            data = calldata(key, signals, proof.calldata)
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call({"to": verifier.address, "data": data})
            raised = encode(["uint256", "uint256"], [precompile, offered]).hex()
            assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
    assert verifier.verify(key, signals, toy.prove(signals).calldata)


@pytest.mark.parametrize(
    ("count", "precompile", "limit"), [(0, 8, PAIRING_LIMIT), (1, 7, MUL_LIMIT), (1, 6, ADD_LIMIT)]
)
def test_verify__chain_without_a_precompile__reverts_and_reads_no_stale_memory(
    verifier: Any, accounts: Any, count: int, precompile: int, limit: int
) -> None:
    """There the call succeeds and returns nothing; what lies in memory must not be taken for the answer."""
    toy = ToyKey.make(count, seed=6)
    signals = [1] * count
    key = register(verifier, accounts, toy)
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    provider.set_code(verifier.address, miss_precompile(code, precompile))
    try:
        data = calldata(key, signals, toy.prove(signals).calldata)
        with pytest.raises(ContractCustomError) as refusal:
            provider.web3.eth.call({"to": verifier.address, "data": data})
        raised = encode(["uint256", "uint256"], [precompile, limit]).hex()
        assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
