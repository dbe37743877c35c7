"""FflonkVerifier.verifyMany: a batch is accepted when each proof is, for a fraction of the gas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ape
import pytest
from eth_abi import decode, encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st
from web3.exceptions import ContractCustomError

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.code_patch import lower_limit, miss_precompile
from tests.support.fflonk_calls import GOOD, KEY, MALFORMED, PROOFS, SIGNALS, verify_calldata
from tests.support.fflonk_toy import FflonkKey, encoded, invert
from tests.support.groth16_calls import (
    GAS_SHORT,
    PRECOMPILE_FAILED,
    Item,
    answer_within,
    batch_calldata,
    execution_gas,
    forwarder_to,
    intrinsic_gas,
    least_gas,
    register,
)
from tests.support.groth16_toy import R, neg1, words

PLENTY = 9_000_000
PAIRING_LIMIT, MUL_LIMIT, ADD_LIMIT = 169_500, 9_000, 600


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.FflonkVerifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, KEY)


def together(verifier: Any, key: bytes, items: list[Item]) -> bool | str:
    return answer_within(verifier.address, batch_calldata(key, items), PLENTY)


def alone(verifier: Any, key: bytes, item: Item) -> bool | str:
    return answer_within(verifier.address, verify_calldata(key, item), PLENTY)


# Accepted, and refused


@pytest.mark.parametrize("count", range(1, 7))
def test_verify_many__good_proofs__accepted_in_any_order(verifier: Any, key: bytes, count: int) -> None:
    for shift in range(count):
        assert together(verifier, key, GOOD[shift:count] + GOOD[:shift]) is True


@pytest.mark.parametrize("count", [16, 33])
def test_verify_many__more_proofs__accepted_unless_one_is_wrong(
    verifier: Any, key: bytes, count: int
) -> None:
    items = (GOOD * 6)[:count]
    assert together(verifier, key, items) is True
    for place in range(count):
        right = items[place]
        for wrong in (
            (right[0], replace(PROOFS[place % 6], w2=neg1(PROOFS[place % 6].w2)).calldata),
            (SIGNALS[(place + 1) % 6], right[1]),
        ):
            assert together(verifier, key, [*items[:place], wrong, *items[place + 1 :]]) is False, place


@pytest.mark.parametrize("count", [0, 1, 32])
def test_verify_many__every_signal_count__accepted(verifier: Any, accounts: Any, count: int) -> None:
    toy = FflonkKey.make(count, seed=8)
    key = register(verifier, accounts, toy)
    signals = [tuple(pow(3 + n, i + 1, R) for i in range(count)) for n in range(3)]
    items = [(s, toy.prove(s, seed).calldata) for seed, s in enumerate(signals)]
    assert together(verifier, key, items) is True
    other = toy.having(x=5).prove(signals[2]).calldata
    assert together(verifier, key, [items[0], (signals[2], other)]) is False


def test_verify_many__same_proof_twice_or_two_of_one_statement__accepted(verifier: Any, key: bytes) -> None:
    other = (SIGNALS[0], KEY.prove(SIGNALS[0], seed=1).calldata)
    assert other != GOOD[0]
    assert together(verifier, key, [GOOD[0], GOOD[0], other]) is True


@pytest.mark.parametrize("name", MALFORMED)
def test_verify_many__malformed_proof_at_any_place__refused(verifier: Any, key: bytes, name: str) -> None:
    wrong = (SIGNALS[0], MALFORMED[name])
    for items in ([wrong], [wrong, GOOD[1]], [GOOD[1], wrong], [GOOD[1], wrong, GOOD[2]]):
        assert together(verifier, key, items) is False


@pytest.mark.parametrize("name", ["c1", "c2", "w1"])
def test_verify_many__infinity_that_satisfies_the_equation__refused(
    verifier: Any, key: bytes, name: str
) -> None:
    drawn, _ = KEY.exponents(SIGNALS[0])
    item = (SIGNALS[0], encoded(*KEY.closed(replace(drawn, **{name: 0}))).calldata)
    for items in ([item], [item, GOOD[1]], [GOOD[1], item]):
        assert together(verifier, key, items) is False


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("index", [0, 1])
def test_verify_many__signal_not_below_the_field_modulus__refused(
    verifier: Any, key: bytes, place: int, index: int
) -> None:
    """Proven as it stands, so that nothing but its size is wrong with it."""
    items = [*GOOD[:2]]
    signals = [*items[place][0]]
    signals[index] += R
    items[place] = (tuple(signals), KEY.prove(signals).calldata)
    assert together(verifier, key, items) is False


@pytest.mark.parametrize(
    "wrong",
    [
        ((5,), PROOFS[0].calldata),
        ((*SIGNALS[0], 0), PROOFS[0].calldata),
        ((), PROOFS[0].calldata),
        (SIGNALS[0], PROOFS[0].calldata[:-1]),
        (SIGNALS[0], PROOFS[0].calldata + b"\0"),
        (SIGNALS[0], b""),
    ],
    ids=lambda item: f"{len(item[0])} signals, {len(item[1])} bytes",
)
def test_verify_many__wrong_lengths_in_an_item__refused(verifier: Any, key: bytes, wrong: Item) -> None:
    for items in ([wrong], [wrong, GOOD[1]], [GOOD[1], wrong]):
        assert together(verifier, key, items) is False


def test_verify_many__no_item_or_as_many_signals_as_proofs_no__refused(verifier: Any, key: bytes) -> None:
    assert not verifier.verifyMany(key, [], [])
    (first, one), (second, other) = GOOD[:2]
    assert not verifier.verifyMany(key, [first], [one, other])
    assert not verifier.verifyMany(key, [first, second], [one])
    assert not verifier.verifyMany(key, [first], [])
    assert not verifier.verifyMany(key, [], [one])


POOL: list[Item] = [
    *GOOD,
    *((SIGNALS[1], KEY.prove(SIGNALS[1], seed).calldata) for seed in (1, 2)),
    *((SIGNALS[i], GOOD[i + 1][1]) for i in range(3)),
    *((SIGNALS[0], proof) for proof in MALFORMED.values()),
    ((SIGNALS[2][0] + R, SIGNALS[2][1]), GOOD[2][1]),
    (SIGNALS[2][::-1], GOOD[2][1]),
    (SIGNALS[3], GOOD[3][1][:767]),
    (SIGNALS[3][:1], GOOD[3][1]),
]
"""Items of every kind: eight good ones, then for other signals, malformed, out of the field."""
ANSWERS: dict[Item, bool | str] = {}


def mixes() -> st.SearchStrategy[list[Item]]:
    """Batches, most of their items good: one wrong item in a batch is the case that matters."""
    good, any_ = st.sampled_from(POOL[:8]), st.sampled_from(POOL)
    return st.tuples(st.lists(good, max_size=7), st.lists(any_, max_size=2), st.integers(0, 7)).map(
        lambda drawn: [*drawn[0][: drawn[2]], *drawn[1], *drawn[0][drawn[2] :]]
    )


@given(items=mixes())
def test_verify_many__any_mix__is_what_every_proof_alone_is(
    verifier: Any, key: bytes, items: list[Item]
) -> None:
    for item in items:
        if item not in ANSWERS:
            ANSWERS[item] = alone(verifier, key, item)
    assert together(verifier, key, items) is (len(items) > 0 and all(ANSWERS[item] for item in items))


def test_pool__of_the_mixes__has_good_and_bad(verifier: Any, key: bytes) -> None:
    answers = [alone(verifier, key, item) for item in POOL]
    assert answers == [True] * 8 + [False] * (len(POOL) - 8)


# Errors that cancel


def coefficients(key: bytes, items: list[Item]) -> list[int]:
    """r_0 = 1, r_i = keccak256(seed, i); the seed hashes the key, then each item upon the one before."""
    seed = key
    for signals, proof in items:
        seed = keccak(seed + words(signals) + proof)
    return [1, *(int.from_bytes(keccak(seed + i.to_bytes(32, "big")), "big") for i in range(1, len(items)))]


@pytest.mark.parametrize("weights", ["equal", "of the batch before"])
def test_verify_many__errors_that_cancel__refused(verifier: Any, key: bytes, weights: str) -> None:
    """Were coefficients equal, or known before the proofs, two wrong proofs could vouch for each other."""
    made = [KEY.exponents(signals) for signals in SIGNALS[:2]]
    r = [1, 1] if weights == "equal" else coefficients(key, GOOD[:2])
    (first, one), (second, other) = made
    # Moving W2 by d changes the error by (y - x)·d, and no challenge.
    forged = (
        replace(first, w2=first.w2 + 1),
        replace(second, w2=second.w2 - (one.y - KEY.x) * invert(r[1] * (other.y - KEY.x))),
    )
    errors = one.error(KEY, forged[0]), other.error(KEY, forged[1])
    assert 0 not in errors
    assert (r[0] * errors[0] + r[1] * errors[1]) % R == 0
    items = [(proof.signals, encoded(proof, made[i][1]).calldata) for i, proof in enumerate(forged)]
    assert together(verifier, key, items) is False
    assert together(verifier, key, GOOD[:2]) is True


def drawn(verifier: Any, key: bytes, items: list[Item]) -> list[int]:
    """The scalars by which the contract multiplied points, as the node saw them."""
    data = "0x" + batch_calldata(key, items).hex()
    call = {"to": verifier.address, "data": data, "gas": hex(PLENTY)}
    provider = ape.networks.active_provider
    trace = provider.make_request("debug_traceCall", [call, "latest", {"enableMemory": True}])
    scalars = []
    for step in trace["structLogs"]:
        if step["op"] == "STATICCALL" and int(step["stack"][-2], 16) == 7:
            start = int(step["stack"][-3], 16)
            memory = b"".join(bytes.fromhex(word.removeprefix("0x")) for word in step["memory"])
            scalars.append(int.from_bytes(memory[start + 64 : start + 96], "big"))
    return scalars


def test_coefficients__of_a_batch__are_hashed_from_all_of_it(verifier: Any, key: bytes) -> None:
    items = GOOD[:3]
    r = coefficients(key, items)
    equations = [KEY.exponents(signals)[1] for signals in SIGNALS[:3]]
    expected = []
    for c, e in zip(r, equations, strict=True):
        expected += [c * e.ofc1 % R, c * e.ofc2 % R, c * e.ofw1 % R, c * e.y % R, c]
    expected += [sum(r[1:]) % R, sum(c * e.ofg1 for c, e in zip(r, equations, strict=True)) % R]
    assert drawn(verifier, key, items) == expected


def test_coefficients__any_word_changed__are_others(verifier: Any, key: bytes) -> None:
    """Whatever the coefficients did not depend on, a forger would choose so that errors cancel under them."""
    signals, proof = SIGNALS[0], PROOFS[0]
    seen = {coefficients(key, GOOD[:2])[1]}
    for place in range(24):
        values = proof.words
        values[place] ^= 1
        seen.add(coefficients(key, [(signals, words(values)), GOOD[1]])[1])
    seen.add(coefficients(key, [((signals[0], signals[1] ^ 1), proof.calldata), GOOD[1]])[1])
    assert len(seen) == 26
    # W2 and the inverse enter no transcript of their own proof: the contract must have hashed them.
    moved, equation = KEY.exponents(signals)
    for wire in (encoded(replace(moved, w2=moved.w2 + 1), equation).calldata, proof.calldata):
        items = [(signals, wire), GOOD[1]]
        assert drawn(verifier, key, items)[9] == coefficients(key, items)[1]


# Gas


def test_verify_many__less_gas_than_every_call_needs__reverts_gas_short(verifier: Any, key: bytes) -> None:
    data = batch_calldata(key, GOOD[:4])
    web3 = ape.networks.active_provider.web3
    with pytest.raises(ContractCustomError) as refusal:
        web3.eth.call({"to": verifier.address, "data": data, "gas": intrinsic_gas(data) + 300_000})
    assert str(refusal.value.data).startswith(GAS_SHORT)
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(str(refusal.value.data)[10:]))
    assert 290_000 < left < 300_000 < needed
    assert verifier.gasFloorMany(key, 4) > needed * 64 // 63


BATCHES: dict[str, tuple[list[Item], bool]] = {
    "one": (GOOD[:1], True),
    "eight": ((GOOD * 2)[:8], True),
    "wrong": ([*GOOD[1:4], (SIGNALS[0], replace(PROOFS[0], w2=neg1(PROOFS[0].w2)).calldata)], False),
    "off the curve": ([GOOD[1], (SIGNALS[0], MALFORMED["c1 off the curve"]), *GOOD[2:4]], False),
}


@pytest.mark.parametrize("name", BATCHES)
def test_verify_many__any_amount_of_gas__reverts_or_tells_the_truth(
    verifier: Any, key: bytes, name: str
) -> None:
    items, truth = BATCHES[name]
    data = batch_calldata(key, items)
    floor = verifier.gasFloorMany(key, len(items))
    answers = [answer_within(verifier.address, data, gas) for gas in range(500, floor + 30_000, 19_973)]
    assert {a for a in answers if isinstance(a, bool)} == {truth}
    assert "GasShort" in answers
    first = answers.index(truth)
    assert answers[first:] == [truth] * (len(answers) - first)


@pytest.mark.parametrize("name", ["one", "eight", "wrong"])
def test_verify_many__least_gas_that_is_let_in__suffices(verifier: Any, key: bytes, name: str) -> None:
    """The boundary to the unit: below it GasShort, from it on the truth."""
    items, truth = BATCHES[name]
    data = batch_calldata(key, items)
    least = least_gas(verifier.address, data, verifier.gasFloorMany(key, len(items)))
    assert [answer_within(verifier.address, data, least - 1 - back) for back in range(3)] == ["GasShort"] * 3
    assert {answer_within(verifier.address, data, least + more) for more in range(40)} == {truth}


LIMITS = {MUL_LIMIT: 6_000, ADD_LIMIT: 150, PAIRING_LIMIT: 113_000, 63_000: 45_750, 208_700: 145_300}
"""Every limit in the code, and sums with one, at today's prices: the reserves are all the slack."""


@pytest.mark.parametrize(
    ("signal_count", "power", "count"), [(0, 28, 1), (0, 3, 64), (2, 15, 8), (32, 28, 32)]
)
def test_verify_many__prices_as_high_as_the_limits__least_gas_that_is_let_in_suffices(
    verifier: Any, accounts: Any, signal_count: int, power: int, count: int
) -> None:
    """Else a fork that raises a price up to our limit would starve the pairing: good proofs in doubt."""
    toy = FflonkKey.make(signal_count, power, seed=12)
    key = register(verifier, accounts, toy)
    signals = tuple(range(signal_count))
    data = batch_calldata(key, [(signals, toy.prove(signals).calldata)] * count)
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = code
    for limit, price in LIMITS.items():
        lowered = lower_limit(lowered, limit, price)
    provider.set_code(verifier.address, lowered)
    try:
        least = least_gas(verifier.address, data, PLENTY)
        assert {answer_within(verifier.address, data, least + more) for more in range(10)} == {True}
    finally:
        provider.set_code(verifier.address, code)


@pytest.mark.parametrize(("signal_count", "count"), [(0, 1), (2, 8), (32, 2), (32, 32)])
def test_gas_floor_many__caller_that_checked_it__never_meets_gas_short(
    verifier: Any, accounts: Any, signal_count: int, count: int
) -> None:
    """Through another contract, so that a 64th is held back on the way."""
    toy = FflonkKey.make(signal_count, 20, seed=2)
    key = register(verifier, accounts, toy)
    signals = tuple(R - 1 - i for i in range(signal_count))
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloorMany(key, count)
    items = [(signals, proof.calldata)] * count
    assert answer_within(caller, batch_calldata(key, items), floor) is True
    items[-1] = (signals, replace(proof, w2=neg1(proof.w2)).calldata)
    assert answer_within(caller, batch_calldata(key, items), floor) is False


def test_gas_floor_many__more_proofs__is_far_below_that_many_single_ones(verifier: Any, key: bytes) -> None:
    floors = [verifier.gasFloorMany(key, count) for count in (1, 2, 4, 8, 16, 32)]
    assert floors == sorted(floors)
    assert floors[3] < 3 * verifier.gasFloor(key)
    assert floors[5] < 10 * verifier.gasFloor(key)


def test_verify_many__execution_gas__little_above_the_precompiles(
    verifier: Any, key: bytes, accounts: Any
) -> None:
    """Two pairings for all; five multiplications and additions a proof, two for all."""
    for count in (1, 2, 4, 8, 16, 32):
        data = batch_calldata(key, (GOOD * 6)[:count])
        used = execution_gas(verifier.address, data, accounts[0].address)
        precompiles = 113_000 + 6_150 * (5 * count + 2)
        assert 0 < used - precompiles <= 8_000 + 11_000 * count, count


OFFERED = {6: (149, ADD_LIMIT), 7: (5_999, MUL_LIMIT), 8: (112_999, PAIRING_LIMIT)}


@pytest.mark.parametrize("precompile", [6, 7, 8])
@pytest.mark.parametrize("lacking", [False, True], ids=["dearer", "lacking"])
def test_verify_many__chain_that_cannot_check__reverts_and_refuses_nobody(
    verifier: Any, key: bytes, precompile: int, lacking: bool
) -> None:
    offered, limit = OFFERED[precompile]
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    changed = miss_precompile(code, precompile) if lacking else lower_limit(code, limit, offered)
    provider.set_code(verifier.address, changed)
    raised = encode(["uint256", "uint256"], [precompile, limit if lacking else offered]).hex()
    try:
        for name in ("eight", "wrong"):
            data = batch_calldata(key, BATCHES[name][0])
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call({"to": verifier.address, "data": data})
            assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
    assert together(verifier, key, GOOD[:2]) is True
