"""PlonkVerifier.verify: what it accepts, what it refuses, and what it never decides for lack of gas."""

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
)
from tests.support.groth16_toy import P, R
from tests.support.plonk_calls import calldata, malformed, register, snarkjs_key, snarkjs_proof
from tests.support.plonk_toy import POINTS, VALUES, Challenges, PlonkKey, PlonkProof, root_of_unity
from tests.support.reverts import reverts

SIGNALS = [7, 2**160 - 1, R - 1]
TOY = PlonkKey.make(len(SIGNALS))
PROOF = TOY.prove(SIGNALS)
MALFORMED = malformed(PROOF)
BITS = 8 * 768
VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "plonk_chain_40.json").read_text())

# Two pairings, 18 multiplications, 20 additions, one inversion by EIP-2565. What is ours comes on top.
PRECOMPILE_GAS = 113_000 + 18 * 6_000 + 20 * 150 + 1_349
OVERHEAD_LIMIT = 22_500
LIMITS = {5: 6_100, 6: 600, 7: 9_000, 8: 169_500}
PRICES = {5: 1_348, 6: 149, 7: 5_999, 8: 112_999}
"""Just below what each precompile asks."""
RESERVE = 30_000
NEEDED = 20 * (9_000 + 600) + 6_100 + 169_500 + RESERVE
"""What `verify` wants for a key without signals: a constant in the code."""


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.PlonkVerifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, TOY)


# Accepted


def test_verify__toy_proof__accepted(verifier: Any, key: bytes) -> None:
    assert verifier.verify(key, SIGNALS, PROOF.calldata)


def test_verify__proof_by_snarkjs__accepted_and_bound_to_its_signals(verifier: Any, accounts: Any) -> None:
    struct = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(struct, sender=accounts[0])
    key = verifier.keyOf(struct)
    signals = [int(signal) for signal in VECTOR["public_signals"]]
    wire = snarkjs_proof(VECTOR["proof"])
    assert root_of_unity(struct[0]) == int(VECTOR["verification_key"]["w"])
    assert verifier.signalCount(key) == len(signals) == 2
    assert verifier.verify(key, signals, wire)
    for place in range(2):
        changed = signals.copy()
        changed[place] = (changed[place] + 1) % R
        assert not verifier.verify(key, changed, wire)
    assert not verifier.verify(key, signals[::-1], wire)
    number = int.from_bytes(wire, "big")
    for bit in random.Random("bits of a real proof").sample(range(BITS), 48):
        assert not verifier.verify(key, signals, (number ^ 1 << bit).to_bytes(768, "big")), bit


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 3), (2, 28), (8, 3), (32, 5), (32, 20)])
def test_verify__every_signal_count_and_domain__accepted(
    verifier: Any, accounts: Any, count: int, power: int
) -> None:
    """Also with a signal at every element of the domain."""
    toy = PlonkKey.make(count, power, seed=1)
    signals = [pow(3, i + 1, R) for i in range(count)]
    key = register(verifier, accounts, toy)
    assert verifier.verify(key, signals, toy.prove(signals).calldata)
    for place in range(count):
        other = signals.copy()
        other[place] += 1
        assert not verifier.verify(key, other, toy.prove(signals).calldata), place


def test_verify__signals_at_the_edges_of_the_field__accepted_as_proven(verifier: Any, key: bytes) -> None:
    for signals in ([0, 0, 0], [R - 1, R - 1, R - 1], [1, 0, R - 1]):
        assert verifier.verify(key, signals, TOY.prove(signals).calldata)
        assert not verifier.verify(key, signals, PROOF.calldata)


def test_verify__values_at_the_edges_of_the_field__accepted_as_proven(verifier: Any, key: bytes) -> None:
    for value in (0, 1, R - 1):
        for name in VALUES:
            proof = TOY.opened(SIGNALS, replace(PROOF, **{name: value}))
            assert verifier.verify(key, SIGNALS, proof.calldata), (name, value)
        proof = TOY.opened(SIGNALS, replace(PROOF, **dict.fromkeys(VALUES, value)))
        assert verifier.verify(key, SIGNALS, proof.calldata)


def test_verify__points_that_are_equal_or_opposite__added_as_they_should(
    verifier: Any, accounts: Any
) -> None:
    """Where a sum doubles or vanishes, the precompile's addition is still one of a group."""
    for scalar in (1, 2, R - 1):
        toy = TOY.having(qm=scalar, ql=scalar, qr=R - scalar, qo=scalar, qc=scalar, s1=1, s2=1, s3=1)
        key = register(verifier, accounts, toy)
        equal = replace(PlonkProof(**dict.fromkeys((*POINTS, *VALUES), scalar)), z_xiw=5)
        assert verifier.verify(key, SIGNALS, toy.opened(SIGNALS, equal).calldata)
        assert not verifier.verify(key, SIGNALS, equal.calldata)


# Refused


def flipped_bits() -> Iterator[int]:
    """Of 6,144 bits: highest and lowest of each word, and 96 more."""
    for word in range(24):
        yield from (256 * word, 256 * word + 255)
    yield from random.Random("bits of a proof").sample(range(BITS), 96)


def test_verify__any_flipped_bit_of_the_proof__refused(verifier: Any, key: bytes) -> None:
    number = int.from_bytes(PROOF.calldata, "big")
    for bit in flipped_bits():
        assert not verifier.verify(key, SIGNALS, (number ^ 1 << bit).to_bytes(768, "big")), bit


def test_verify__any_flipped_bit_of_a_signal__refused(verifier: Any, key: bytes) -> None:
    rng = random.Random("bits of the signals")
    for place in range(3):
        for bit in (0, 255, *rng.sample(range(1, 255), 14)):
            changed = SIGNALS.copy()
            changed[place] ^= 1 << bit
            assert not verifier.verify(key, changed, PROOF.calldata), (place, bit)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_verify__signal_not_below_the_field_modulus__refused(verifier: Any, key: bytes, place: int) -> None:
    """x + kr is the same field element, and gives another transcript: a proof could be made for it, too."""
    for value in (R, SIGNALS[place] % R + R, P, 2**256 - 1):
        aliased = SIGNALS.copy()
        aliased[place] = value
        assert not verifier.verify(key, aliased, PROOF.calldata)
        proof = TOY.prove(aliased)
        assert TOY.error(aliased, proof) == 0
        assert not verifier.verify(key, aliased, proof.calldata)


@pytest.mark.parametrize("name", VALUES)
def test_verify__value_not_below_the_field_modulus__refused_though_the_equation_holds(
    verifier: Any, key: bytes, name: str
) -> None:
    proof = TOY.opened(SIGNALS, replace(PROOF, **{name: getattr(PROOF, name) % R + R}))
    assert TOY.error(SIGNALS, proof) == 0
    assert not verifier.verify(key, SIGNALS, proof.calldata)


@pytest.mark.parametrize("name", [name for name in POINTS if name != "wxi"])
def test_verify__infinity_that_satisfies_the_equation__refused(verifier: Any, key: bytes, name: str) -> None:
    """Refused by rule, not by chance. Wxi at infinity would take a fixed point of keccak."""
    changed = {"z_xiw": PROOF.z} if name == "wxiw" else {name: 0}
    proof = TOY.opened(SIGNALS, replace(PROOF, **changed))
    assert getattr(proof, name) == 0
    assert TOY.error(SIGNALS, proof) == 0
    assert not verifier.verify(key, SIGNALS, proof.calldata)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 33])
def test_verify__wrong_number_of_signals__refused(verifier: Any, key: bytes, count: int) -> None:
    signals = (SIGNALS + [0] * 30)[:count]
    assert not verifier.verify(key, signals, PROOF.calldata)


@pytest.mark.parametrize("length", [0, 1, 32, 64, 576, 736, 767, 769, 800, 1_536])
def test_verify__wrong_proof_length__refused(verifier: Any, key: bytes, length: int) -> None:
    assert not verifier.verify(key, SIGNALS, (PROOF.calldata * 2)[:length])


@pytest.mark.parametrize("name", MALFORMED)
def test_verify__malformed_proof__refused(verifier: Any, key: bytes, name: str) -> None:
    assert not verifier.verify(key, SIGNALS, MALFORMED[name])


def test_verify__proof_for_another_key__refused(verifier: Any, key: bytes, accounts: Any) -> None:
    assert not verifier.verify(key, SIGNALS, PlonkKey.make(3, seed=9).prove(SIGNALS).calldata)
    for change in ({"k1": 5}, {"k2": 7}, {"power": 11}, {"tau": TOY.tau + 1}, {"s3": 1}, {"qm": 1}):
        other = register(verifier, accounts, TOY.having(**change))
        assert not verifier.verify(other, SIGNALS, PROOF.calldata), change


@pytest.mark.parametrize("seed", range(6))
def test_verify__any_proof__holds_just_when_its_equation_does(verifier: Any, key: bytes, seed: int) -> None:
    """The oracle is the equation in the exponent, written down from the paper."""
    anything = PlonkProof.random(f"anything {seed}")
    opened = TOY.opened(SIGNALS, anything)
    halves = (replace(opened, wxi=anything.wxi), replace(opened, wxiw=anything.wxiw))
    for proof in (anything, opened, *halves):
        truth = TOY.error(SIGNALS, proof) == 0
        assert truth is (proof is opened)
        assert verifier.verify(key, SIGNALS, proof.calldata) is truth


# What each challenge binds


def stale(name: str) -> tuple[list[int], PlonkProof, Challenges]:
    """A proof of which one part was changed after its challenges were known: under those it holds.

    Whatever a challenge did not depend on, a forger could choose like this.
    """
    signals, ch = SIGNALS.copy(), TOY.challenges(SIGNALS, PROOF)
    if name.startswith("signal"):
        signals[int(name[-1])] += 1 if signals[int(name[-1])] < R - 1 else -1
        return signals, TOY.opened(signals, PROOF, ch), ch
    if name in ("wxi", "wxiw"):  # errors of the two openings that cancel under the known u
        shifted = TOY.tau - ch.xi * root_of_unity(TOY.power)
        missed = ch.u * shifted * pow(TOY.tau - ch.xi, -1, R)
        return signals, replace(PROOF, wxi=(PROOF.wxi - missed) % R, wxiw=(PROOF.wxiw + 1) % R), ch
    changed = replace(PROOF, **{name: (getattr(PROOF, name) + 1) % R})
    return signals, TOY.opened(signals, changed, ch), ch


@pytest.mark.parametrize("name", ["signal 0", "signal 1", "signal 2", *POINTS, *VALUES])
def test_verify__part_chosen_after_the_challenges__refused(verifier: Any, key: bytes, name: str) -> None:
    signals, proof, ch = stale(name)
    assert TOY.error(signals, proof, ch) == 0
    assert TOY.error(signals, proof) != 0
    assert not verifier.verify(key, signals, proof.calldata)


@pytest.mark.parametrize("name", ["qm", "ql", "qr", "qo", "qc", "s1", "s2", "s3"])
def test_verify__proof_from_a_transcript_of_another_key__refused(
    verifier: Any, accounts: Any, name: str
) -> None:
    """Else who chooses a circuit could choose it to fit a proof."""
    other = TOY.having(**{name: 12_345})
    key = register(verifier, accounts, other)
    ch = TOY.challenges(SIGNALS, PROOF)
    proof = other.opened(SIGNALS, PROOF, ch)
    assert other.error(SIGNALS, proof, ch) == 0
    assert not verifier.verify(key, SIGNALS, proof.calldata)
    assert verifier.verify(key, SIGNALS, other.opened(SIGNALS, PROOF).calldata)


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
        web3.eth.call({"to": verifier.address, "data": data, "gas": intrinsic_gas(data) + 300_000})
    assert str(refusal.value.data).startswith(GAS_SHORT)
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(str(refusal.value.data)[10:]))
    assert 290_000 < left < 300_000 < needed
    assert verifier.gasFloor(key) == needed * 64 // 63 + 20_000


@pytest.mark.parametrize(
    ("signals", "proof", "truth"),
    [
        pytest.param(SIGNALS, PROOF.calldata, True, id="valid"),
        pytest.param(SIGNALS, MALFORMED["wxi negated"], False, id="wrong"),
        pytest.param(SIGNALS, MALFORMED["t2 off the curve"], False, id="off the curve"),
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


@pytest.mark.parametrize("name", ["valid", "wxi negated"])
def test_verify__least_gas_that_is_let_in__suffices(verifier: Any, key: bytes, name: str) -> None:
    """The boundary to the unit: below it GasShort, from it on the truth."""
    data = calldata(key, SIGNALS, MALFORMED.get(name, PROOF.calldata))
    least = least_gas(verifier.address, data, verifier.gasFloor(key))
    assert [answer_within(verifier.address, data, least - 1 - back) for back in range(3)] == ["GasShort"] * 3
    truth = name == "valid"
    assert [answer_within(verifier.address, data, least + more) for more in range(40)] == [truth] * 40


@pytest.mark.parametrize("name", ["valid", "wxi negated"])
def test_verify__prices_as_high_as_the_limits__least_gas_that_is_let_in_suffices(
    verifier: Any, key: bytes, name: str
) -> None:
    """A fork may raise prices up to our limits: the same as limits that are lowered to today's prices."""
    data = calldata(key, SIGNALS, MALFORMED.get(name, PROOF.calldata))
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = lower_limit(code, NEEDED, 20 * 6_150 + 1_349 + 113_000 + RESERVE)
    for limit, price in ((6_100, 1_349), (9_000, 6_000), (600, 150), (169_500, 113_000)):
        lowered = lower_limit(lowered, limit, price)
    provider.set_code(verifier.address, lowered)
    try:
        least = least_gas(verifier.address, data, 1_000_000)
        assert {answer_within(verifier.address, data, least + more) for more in range(10)} == {
            name == "valid"
        }
    finally:
        provider.set_code(verifier.address, code)


@pytest.mark.parametrize("count", [0, 32])
def test_gas_floor__caller_that_checked_it__never_meets_gas_short(
    verifier: Any, accounts: Any, count: int
) -> None:
    """Through another contract, so that a 64th is held back on the way."""
    toy = PlonkKey.make(count, 28, seed=2)
    signals = [R - 1 - i for i in range(count)]
    key = register(verifier, accounts, toy)
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloor(key)
    for wire, truth in ((proof.calldata, True), (malformed(proof)["wxi negated"], False)):
        assert answer_within(caller, calldata(key, signals, wire), floor) is truth


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 10), (2, 15), (4, 15), (32, 28)])
def test_verify__execution_gas__little_above_the_precompiles(
    verifier: Any, accounts: Any, count: int, power: int
) -> None:
    toy = PlonkKey.make(count, power, seed=3)
    signals = [R - 1 - i for i in range(count)]
    key = register(verifier, accounts, toy)
    used = execution_gas(
        verifier.address, calldata(key, signals, toy.prove(signals).calldata), accounts[0].address
    )
    overhead = used - PRECOMPILE_GAS
    assert 0 < overhead <= OVERHEAD_LIMIT + 400 * max(0, count - 2) + 60 * max(0, power - 15), overhead


@pytest.mark.parametrize("precompile", LIMITS)
@pytest.mark.parametrize("lacking", [False, True], ids=["dearer", "lacking"])
def test_verify__chain_that_cannot_check__reverts_and_refuses_nobody(
    verifier: Any, key: bytes, precompile: int, lacking: bool
) -> None:
    """A later fork raises a price above our limit, or a chain has no such precompile, and returns nothing.

    What lies in memory must not be taken for the answer, and a wrong proof gets none but that.
    """
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    limit, price = LIMITS[precompile], PRICES[precompile]
    changed = miss_precompile(code, precompile) if lacking else lower_limit(code, limit, price)
    provider.set_code(verifier.address, changed)
    try:
        for proof in (PROOF.calldata, MALFORMED["wxi negated"]):
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call(
                    {"to": verifier.address, "data": calldata(key, SIGNALS, proof), "gas": 2_000_000}
                )
            raised = encode(["uint256", "uint256"], [precompile, limit if lacking else price]).hex()
            assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
    assert verifier.verify(key, SIGNALS, PROOF.calldata)
