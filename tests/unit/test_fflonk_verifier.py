"""FflonkVerifier.verify: what it accepts, what it refuses, and what it never decides for lack of gas."""

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
from tests.support.fflonk_calls import GOOD, KEY, MALFORMED, PROOFS, SIGNALS, WORDS, verify_calldata
from tests.support.fflonk_toy import (
    EVALUATIONS,
    POINTS,
    FflonkKey,
    encoded,
    invert,
    joined,
    snarkjs_key,
    snarkjs_proof,
    transcript,
)
from tests.support.groth16_calls import (
    GAS_SHORT,
    PRECOMPILE_FAILED,
    answer_within,
    execution_gas,
    forwarder_to,
    intrinsic_gas,
    least_gas,
    register,
)
from tests.support.groth16_toy import G1_INFINITY, P, R, g1, neg1
from tests.support.profiles import scaled
from tests.support.reverts import reverts

STATEMENT = list(SIGNALS[0])
PROOF = PROOFS[0]
VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "fflonk_chain_10.json").read_text())

# Two pairings, five multiplications, five additions. What is ours comes on top.
PRECOMPILE_GAS = 113_000 + 5 * 6_000 + 5 * 150
OVERHEAD_LIMIT = 15_000
PAIRING_LIMIT, MUL_LIMIT, ADD_LIMIT = 169_500, 9_000, 600


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.FflonkVerifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, KEY)


# Accepted


def test_verify__toy_proof__accepted(verifier: Any, key: bytes) -> None:
    assert verifier.verify(key, STATEMENT, PROOF.calldata)


def test_verify__proof_by_snarkjs__accepted_and_bound_to_its_signals(verifier: Any, accounts: Any) -> None:
    public = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(public.abi, sender=accounts[0])
    key = verifier.keyOf(public.abi)
    signals = [int(signal) for signal in VECTOR["public_signals"]]
    wire = snarkjs_proof(VECTOR["proof"]).calldata
    assert verifier.signalCount(key) == len(signals) == 2
    assert verifier.verify(key, signals, wire)
    assert verifier.verifyMany(key, [signals, signals], [wire, wire])
    for place in range(2):
        changed = signals.copy()
        changed[place] = (changed[place] + 1) % R
        assert not verifier.verify(key, changed, wire)
        assert not verifier.verifyMany(key, [signals, changed], [wire, wire])


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 3), (2, 28), (8, 3), (32, 5), (32, 20)])
def test_verify__every_signal_count_and_domain__accepted(
    verifier: Any, accounts: Any, count: int, power: int
) -> None:
    toy = FflonkKey.make(count, power, seed=1)
    signals = [pow(3, i + 1, R) for i in range(count)]
    key = register(verifier, accounts, toy)
    assert verifier.signalCount(key) == count
    assert verifier.verify(key, signals, toy.prove(signals).calldata)
    assert not verifier.verify(key, signals, toy.having(x=toy.x + 1).prove(signals).calldata)
    assert not verifier.verify(key, signals, toy.prove([(s + 1) % R for s in signals]).calldata) or count == 0


def test_verify__other_cosets__accepted(verifier: Any, accounts: Any) -> None:
    toy = FflonkKey.make(1, seed=2).having(k1=R - 2, k2=7)
    key = register(verifier, accounts, toy)
    assert verifier.verify(key, [9], toy.prove([9]).calldata)
    assert not verifier.verify(key, [9], toy.having(k2=3).prove([9]).calldata)
    assert not verifier.verify(key, [9], toy.having(k1=3).prove([9]).calldata)


def test_verify__signals_at_the_edges_of_the_field__accepted_as_proven(verifier: Any, key: bytes) -> None:
    for signals in ([0, 0], [R - 1, R - 1], [1, 0]):
        assert verifier.verify(key, signals, KEY.prove(signals).calldata)
        assert not verifier.verify(key, signals, PROOF.calldata)


def test_verify__evaluations_of_zero__accepted_as_proven(verifier: Any, key: bytes) -> None:
    """A selector that is zero everywhere is zero in every proof."""
    drawn, _ = KEY.exponents(STATEMENT)
    for evaluations in ((0,) * 15, (R - 1,) * 15):
        assert verifier.verify(
            key, STATEMENT, encoded(*KEY.closed(replace(drawn, evaluations=evaluations))).calldata
        )


# Refused


def flipped_bits() -> Iterator[int]:
    """Of 6,144 bits: highest and lowest of each word, and 64 more; in deep runs all."""
    for word in range(24):
        yield from (256 * word, 256 * word + 255)
    yield from random.Random("bits of an fflonk proof").sample(range(6_144), scaled(64, 64, 6_144))


def test_verify__any_flipped_bit_of_the_proof__refused(verifier: Any, key: bytes) -> None:
    number = int.from_bytes(PROOF.calldata, "big")
    for bit in flipped_bits():
        assert not verifier.verify(key, STATEMENT, (number ^ 1 << bit).to_bytes(768, "big")), bit


def test_verify__any_flipped_bit_of_a_signal__refused(verifier: Any, key: bytes) -> None:
    rng = random.Random("bits of the signals")
    for place in range(2):
        for bit in (0, 255, *rng.sample(range(1, 255), scaled(14, 14, 254))):
            changed = STATEMENT.copy()
            changed[place] ^= 1 << bit
            assert not verifier.verify(key, changed, PROOF.calldata), (place, bit)


@pytest.mark.parametrize("part", ["signal 0", "signal 1", *POINTS, *EVALUATIONS])
def test_verify__part_changed_and_inverse_made_to_fit__refused(verifier: Any, key: bytes, part: str) -> None:
    """Most changes miss the inverse already; here each meets the equation itself."""
    proof, _ = KEY.exponents(STATEMENT)
    if part in POINTS:
        changed = replace(proof, **{part: getattr(proof, part) + 1})
    elif part in EVALUATIONS:
        place = EVALUATIONS.index(part)
        values = [(value + (i == place)) % R for i, value in enumerate(proof.evaluations)]
        changed = replace(proof, evaluations=tuple(values))
    else:
        place = int(part[-1])
        changed = replace(proof, signals=tuple((s + (i == place)) % R for i, s in enumerate(proof.signals)))
    equation = KEY.equation(changed.signals, changed.points, changed.evaluations)
    assert equation.error(KEY, changed) != 0
    assert not verifier.verify(key, list(changed.signals), encoded(changed, equation).calldata)
    assert verifier.verify(key, list(changed.signals), encoded(*KEY.closed(changed)).calldata)


def test_verify__wrong_inverse__refused_though_the_equation_holds(verifier: Any, key: bytes) -> None:
    _, equation = KEY.exponents(STATEMENT)
    assert PROOF.inv == invert(equation.denominator)
    for inv in (0, 1, equation.denominator, R - PROOF.inv, (PROOF.inv + 1) % R, PROOFS[1].inv, PROOF.inv + R):
        assert not verifier.verify(key, STATEMENT, replace(PROOF, inv=inv).calldata)


def test_verify__inverse_of_zero_that_satisfies_the_equation__refused(verifier: Any, key: bytes) -> None:
    """With it quotients vanish; what is left opens the key's own commitment, as anybody can."""
    drawn, equation = KEY.exponents(STATEMENT)
    e = dict(zip(EVALUATIONS, drawn.evaluations, strict=True))
    r0 = joined([e[name] for name in ("ql", "qr", "qo", "qm", "qc", "s1", "s2", "s3")], equation.y)
    left = replace(equation, ofc1=0, ofc2=0, ofg1=-r0 % R)
    without = left.error(KEY, replace(drawn, w2=0))
    forged = replace(drawn, w2=without * invert(KEY.x - equation.y) % R)
    assert left.error(KEY, forged) == 0
    assert not verifier.verify(key, STATEMENT, replace(encoded(forged, equation), inv=0).calldata)
    assert not verifier.verify(key, STATEMENT, encoded(forged, equation).calldata)


def test_verify__inverse_of_zero_and_nothing_worked_out__refused(verifier: Any, key: bytes) -> None:
    """Where no scalar is worked out, C0 and W2 are left, and the secret gives a W2 for that."""
    drawn, equation = KEY.exponents(STATEMENT)
    left = replace(equation, ofc1=0, ofc2=0, ofw1=0, ofg1=0)
    forged = replace(drawn, w2=KEY.c0 * invert(KEY.x - equation.y) % R)
    assert left.error(KEY, forged) == 0
    wire = replace(encoded(forged, equation), inv=0).calldata
    assert not verifier.verify(key, STATEMENT, wire)
    assert not verifier.verifyMany(key, [STATEMENT], [wire])


def test_verify__denominators_taken_for_their_inverses__refused(verifier: Any, accounts: Any) -> None:
    """A wrong inverse ends it, though a W2 fits what would follow. All evaluations are zero, for short."""
    toy = FflonkKey.make(0, seed=9)
    key = register(verifier, accounts, toy)
    drawn = replace(toy.exponents([])[0], evaluations=(0,) * 15)
    equation = toy.closed(drawn)[1]
    *_, seed, alpha, y = transcript(toy.public.c0, [], drawn.points, drawn.evaluations)
    xi = pow(seed, 24, R)
    z0, z1, cube = pow(y, 8, R) - xi, pow(y, 4, R) - xi, pow(y, 3, R) - xi
    z2 = cube * (pow(y, 3, R) - xi * toy.omega)
    # T1 = -(ξ - 1) / n and r2 = y·T1·(1 - (y³ - ξ)(ξω - ξ)); r0 and r1 are zero.
    r2 = -y * (xi - 1) * invert(toy.size) * (1 - cube * (xi * toy.omega - xi))
    ofc1, ofc2 = alpha * z0 * z1 % R, alpha * alpha * z0 * z2 % R
    wrong = replace(equation, ofc1=ofc1, ofc2=ofc2, ofw1=-z0 % R, ofg1=-ofc2 * r2 % R)
    without = wrong.error(toy, replace(drawn, w2=0))
    forged = replace(drawn, w2=without * invert(toy.x - y) % R)
    assert wrong.error(toy, forged) == 0
    for inv in (0, 1, equation.denominator):
        assert not verifier.verify(key, [], replace(encoded(forged, equation), inv=inv).calldata)


@pytest.mark.parametrize("place", [0, 1])
def test_verify__signal_not_below_the_field_modulus__refused(verifier: Any, key: bytes, place: int) -> None:
    """x + kr is the same field element: accepting it would let one proof serve two statements."""
    for multiple in range(1, 2**256 // R + 1):
        aliased = [0, 0]
        aliased[place] = multiple * R
        # Also proven as it stands, with the alias in the transcript.
        for proof in (KEY.prove([0, 0]), KEY.prove(aliased)):
            assert not verifier.verify(key, aliased, proof.calldata)
    for value in (P, 2**256 - 1, STATEMENT[place] + R):
        aliased = STATEMENT.copy()
        aliased[place] = value
        assert not verifier.verify(key, aliased, PROOF.calldata)
        assert not verifier.verify(key, aliased, KEY.prove(aliased).calldata)


@pytest.mark.parametrize("place", range(15), ids=EVALUATIONS)
def test_verify__evaluation_not_below_the_field_modulus__refused(
    verifier: Any, key: bytes, place: int
) -> None:
    """Proven as it stands, so that nothing but its size is wrong with it."""
    drawn, _ = KEY.exponents(STATEMENT)
    evaluations = list(drawn.evaluations)
    evaluations[place] += R
    proof, equation = KEY.closed(replace(drawn, evaluations=tuple(evaluations)))
    assert equation.error(KEY, proof) == 0
    assert not verifier.verify(key, STATEMENT, encoded(proof, equation).calldata)


@pytest.mark.parametrize("place", range(15), ids=EVALUATIONS)
def test_verify__zero_written_as_the_field_modulus__refused(verifier: Any, key: bytes, place: int) -> None:
    """The least number that is too large, proven as it stands."""
    drawn, _ = KEY.exponents(STATEMENT)
    evaluations = tuple(R if i == place else value for i, value in enumerate(drawn.evaluations))
    proof, equation = KEY.closed(replace(drawn, evaluations=evaluations))
    assert equation.error(KEY, proof) == 0
    assert not verifier.verify(key, STATEMENT, encoded(proof, equation).calldata)


@pytest.mark.parametrize("count", [0, 1, 3, 33])
def test_verify__wrong_number_of_signals__refused(verifier: Any, key: bytes, count: int) -> None:
    signals = (STATEMENT + [0] * 31)[:count]
    assert not verifier.verify(key, signals, PROOF.calldata)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_verify__wrong_number_of_signals_proven_as_it_stands__refused(
    verifier: Any, key: bytes, count: int
) -> None:
    """The transcript takes as many signals as are given, so only the count itself is wrong with these."""
    short = KEY.having(signal_count=count)
    signals = [*STATEMENT, 9][:count]
    proof = short.prove(signals)
    # The key has a factor n in D for each signal of its own, and one if it has none.
    fitting = replace(proof, inv=proof.inv * pow(KEY.size, max(1, count) - KEY.signal_count, R) % R)
    assert not verifier.verify(key, signals, fitting.calldata)
    assert not verifier.verifyMany(key, [signals], [fitting.calldata])
    assert not verifier.verifyMany(key, [STATEMENT, signals], [PROOF.calldata, fitting.calldata])


@pytest.mark.parametrize("length", [0, 1, 32, 256, 736, 767, 769, 800, 1536])
def test_verify__wrong_proof_length__refused(verifier: Any, key: bytes, length: int) -> None:
    assert not verifier.verify(key, STATEMENT, (PROOF.calldata * 2)[:length])


@pytest.mark.parametrize("name", MALFORMED)
def test_verify__malformed__refused(verifier: Any, key: bytes, name: str) -> None:
    assert not verifier.verify(key, STATEMENT, MALFORMED[name])


@pytest.mark.parametrize("name", ["c1", "c2", "w1"])
def test_verify__infinity_that_satisfies_the_equation__refused(verifier: Any, key: bytes, name: str) -> None:
    """Refused by rule, not by chance."""
    drawn, _ = KEY.exponents(STATEMENT)
    proof, equation = KEY.closed(replace(drawn, **{name: 0}))
    assert equation.error(KEY, proof) == 0
    assert getattr(encoded(proof, equation), name) == G1_INFINITY
    assert not verifier.verify(key, STATEMENT, encoded(proof, equation).calldata)


def test_verify__sum_at_infinity__refused(verifier: Any, accounts: Any) -> None:
    """The left side may be infinity, as the right side may not: then the pairing decides, and says no."""
    toy = FflonkKey.make(0, seed=3)
    drawn, equation = toy.exponents([])
    # W2 with which the left side is infinity; no challenge depends on it.
    without = equation.error(toy.having(x=0), replace(drawn, w2=0))
    proof = replace(drawn, w2=-without * invert(equation.y) % R)
    assert equation.error(toy.having(x=0), proof) == 0
    key = register(verifier, accounts, toy)
    assert not verifier.verify(key, [], encoded(proof, equation).calldata)
    assert verifier.verify(key, [], encoded(drawn, equation).calldata)


def test_verify__proof_for_another_key__refused(verifier: Any, accounts: Any, key: bytes) -> None:
    for other in (KEY.having(power=7), KEY.having(k1=5), KEY.having(c0=KEY.c0 + 1), KEY.having(x=KEY.x + 1)):
        assert not verifier.verify(key, STATEMENT, other.prove(STATEMENT).calldata)
        assert verifier.verify(
            register(verifier, accounts, other), STATEMENT, other.prove(STATEMENT).calldata
        )


def test_verify__unknown_key__reverts(verifier: Any) -> None:
    unknown = keccak(b"unknown")
    for call in (
        lambda: verifier.verify(unknown, STATEMENT, PROOF.calldata),
        lambda: verifier.verifyMany(unknown, [STATEMENT], [PROOF.calldata]),
        lambda: verifier.gasFloor(unknown),
        lambda: verifier.gasFloorMany(unknown, 1),
        lambda: verifier.signalCount(unknown),
        lambda: verifier.keyWords(unknown),
    ):
        with reverts(verifier.UnknownKey, key=unknown):
            call()


# Gas


def test_verify__less_gas_than_every_call_needs__reverts_gas_short(verifier: Any, key: bytes) -> None:
    data = verify_calldata(key, GOOD[0])
    web3 = ape.networks.active_provider.web3
    with pytest.raises(ContractCustomError) as refusal:
        web3.eth.call({"to": verifier.address, "data": data, "gas": intrinsic_gas(data) + 200_000})
    assert str(refusal.value.data).startswith(GAS_SHORT)
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(str(refusal.value.data)[10:]))
    assert 190_000 < left < 200_000 < needed
    assert verifier.gasFloor(key) == needed * 64 // 63 + 20_000


BAD = {
    "valid": (GOOD[0], True),
    "wrong": ((SIGNALS[0], replace(PROOF, w2=neg1(PROOF.w2)).calldata), False),
    "off the curve": ((SIGNALS[0], MALFORMED["w1 off the curve"]), False),
    "signal too large": (((7, R), PROOF.calldata), False),
}


@pytest.mark.parametrize("name", BAD)
def test_verify__any_amount_of_gas__reverts_or_tells_the_truth(verifier: Any, key: bytes, name: str) -> None:
    item, truth = BAD[name]
    data = verify_calldata(key, item)
    floor = verifier.gasFloor(key)
    answers = [answer_within(verifier.address, data, gas) for gas in range(500, floor + 30_000, 7_973)]
    assert {a for a in answers if isinstance(a, bool)} == {truth}
    assert "GasShort" in answers
    assert "OutOfGas" in answers[:1]
    first = answers.index(truth)
    assert answers[first:] == [truth] * (len(answers) - first)


@pytest.mark.parametrize("name", ["valid", "wrong"])
def test_verify__least_gas_that_is_let_in__suffices(verifier: Any, key: bytes, name: str) -> None:
    """The boundary to the unit: below it GasShort, from it on the truth."""
    item, truth = BAD[name]
    data = verify_calldata(key, item)
    least = least_gas(verifier.address, data, verifier.gasFloor(key))
    assert [answer_within(verifier.address, data, least - 1 - back) for back in range(3)] == ["GasShort"] * 3
    assert {answer_within(verifier.address, data, least + more) for more in range(40)} == {truth}


@pytest.mark.parametrize(("count", "power"), [(0, 3), (32, 28)])
def test_verify__prices_as_high_as_the_limits__least_gas_that_is_let_in_suffices(
    verifier: Any, accounts: Any, count: int, power: int
) -> None:
    """Else a fork that raises a price up to our limit would starve the pairing: good proofs in doubt."""
    toy = FflonkKey.make(count, power, seed=6)
    signals = tuple(R - 1 - i for i in range(count))
    key = register(verifier, accounts, toy)
    data = verify_calldata(key, (signals, toy.prove(signals).calldata))
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = code
    for limit, price in ((MUL_LIMIT, 6_000), (ADD_LIMIT, 150), (PAIRING_LIMIT, 113_000), (237_500, 163_750)):
        lowered = lower_limit(lowered, limit, price)
    provider.set_code(verifier.address, lowered)
    try:
        least = least_gas(verifier.address, data, 900_000)
        assert {answer_within(verifier.address, data, least + more) for more in range(10)} == {True}
    finally:
        provider.set_code(verifier.address, code)


@pytest.mark.parametrize("count", [0, 32])
def test_gas_floor__caller_that_checked_it__never_meets_gas_short(
    verifier: Any, accounts: Any, count: int
) -> None:
    """Through another contract, so that a 64th is held back on the way."""
    toy = FflonkKey.make(count, 28, seed=2)
    signals = tuple(R - 1 - i for i in range(count))
    key = register(verifier, accounts, toy)
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloor(key)
    for wire, truth in ((proof.calldata, True), (replace(proof, w2=neg1(proof.w2)).calldata, False)):
        assert answer_within(caller, verify_calldata(key, (signals, wire)), floor) is truth


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 15), (2, 15), (4, 20), (32, 28)])
def test_verify__execution_gas__little_above_the_precompiles(
    verifier: Any, accounts: Any, count: int, power: int
) -> None:
    toy = FflonkKey.make(count, power, seed=3)
    signals = tuple(R - 1 - i for i in range(count))
    key = register(verifier, accounts, toy)
    data = verify_calldata(key, (signals, toy.prove(signals).calldata))
    used = execution_gas(verifier.address, data, accounts[0].address)
    assert 0 < used - PRECOMPILE_GAS <= OVERHEAD_LIMIT + 300 * count, used


@pytest.mark.parametrize(
    ("precompile", "limit", "offered"),
    [(8, PAIRING_LIMIT, 112_999), (7, MUL_LIMIT, 5_999), (6, ADD_LIMIT, 149)],
)
def test_verify__chain_asks_more_for_a_precompile__reverts_and_refuses_nobody(
    verifier: Any, key: bytes, precompile: int, limit: int, offered: int
) -> None:
    """A later fork raises a price above our limit: the same as a limit in the code below today's price."""
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    provider.set_code(verifier.address, lower_limit(code, limit, offered))
    raised = encode(["uint256", "uint256"], [precompile, offered]).hex()
    try:
        for name in ("valid", "wrong"):
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call({"to": verifier.address, "data": verify_calldata(key, BAD[name][0])})
            assert refusal.value.data == PRECOMPILE_FAILED + raised
        assert not verifier.verify(key, STATEMENT, MALFORMED["w1 off the curve"])
    finally:
        provider.set_code(verifier.address, code)
    assert verifier.verify(key, STATEMENT, PROOF.calldata)


@pytest.mark.parametrize(("precompile", "limit"), [(8, PAIRING_LIMIT), (7, MUL_LIMIT), (6, ADD_LIMIT)])
def test_verify__chain_without_a_precompile__reverts_and_reads_no_stale_memory(
    verifier: Any, key: bytes, precompile: int, limit: int
) -> None:
    """There the call succeeds and returns nothing; what lies in memory must not be taken for the answer."""
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    provider.set_code(verifier.address, miss_precompile(code, precompile))
    try:
        with pytest.raises(ContractCustomError) as refusal:
            provider.web3.eth.call({"to": verifier.address, "data": verify_calldata(key, GOOD[0])})
        raised = encode(["uint256", "uint256"], [precompile, limit]).hex()
        assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)


def test_words__of_a_proof__are_named_in_the_order_of_the_calldata() -> None:
    assert len(WORDS) == len(PROOF.words) == 24
    assert PROOF.calldata[:64] == b"".join(v.to_bytes(32, "big") for v in g1(KEY.exponents(STATEMENT)[0].c1))
