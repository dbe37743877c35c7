"""PlonkVerifier.verifyMany: a batch is accepted when each proof is, for a fraction of the gas."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.groth16_calls import Item, answer_within, batch_calldata
from tests.support.groth16_toy import R, words
from tests.support.plonk_batch import GOOD, MALFORMED, PROOFS, SIGNALS, TOY
from tests.support.plonk_calls import calldata, register, snarkjs_key, snarkjs_proof
from tests.support.plonk_toy import POINTS, VALUES, PlonkKey, PlonkProof, root_of_unity
from tests.support.reverts import reverts

PLENTY = 9_000_000
VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "plonk_chain_40.json").read_text())


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.PlonkVerifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, TOY)


def together(verifier: Any, key: bytes, items: list[Item]) -> bool | str:
    return answer_within(verifier.address, batch_calldata(key, items), PLENTY)


def alone(verifier: Any, key: bytes, item: Item) -> bool | str:
    return answer_within(verifier.address, calldata(key, *item), PLENTY)


# Accepted, and refused


@pytest.mark.parametrize("count", range(1, 7))
def test_verify_many__good_proofs__accepted_in_any_order(verifier: Any, key: bytes, count: int) -> None:
    for shift in range(count):
        assert together(verifier, key, GOOD[shift:count] + GOOD[:shift]) is True


@pytest.mark.parametrize("count", [16])
def test_verify_many__more_proofs__accepted_unless_one_is_wrong(
    verifier: Any, key: bytes, count: int
) -> None:
    items = (GOOD * 6)[:count]
    assert together(verifier, key, items) is True
    for place in range(count):
        wrong = [*items]
        wrong[place] = (items[place][0], GOOD[(place + 1) % 6][1])
        assert together(verifier, key, wrong) is False, place


@pytest.mark.parametrize("count", [0, 1, 32])
def test_verify_many__every_signal_count__accepted(verifier: Any, accounts: Any, count: int) -> None:
    toy = PlonkKey.make(count, seed=8)
    key = register(verifier, accounts, toy)
    signals = [tuple(pow(3 + n, i + 1, R) for i in range(count)) for n in range(3)]
    items = [(s, toy.prove(s, seed).calldata) for seed, s in enumerate(signals)]
    assert together(verifier, key, items) is True
    other = toy.having(qc=1).prove(signals[2]).calldata
    assert together(verifier, key, [items[0], (items[2][0], other)]) is False


def test_verify_many__same_proof_twice_or_another_of_its_signals__accepted(verifier: Any, key: bytes) -> None:
    other = (SIGNALS[0], TOY.prove(SIGNALS[0], seed=1).calldata)
    assert other[1] != GOOD[0][1]
    assert together(verifier, key, [GOOD[0], GOOD[0], other]) is True


def test_verify_many__proof_by_snarkjs__accepted_and_bound_to_its_signals(
    verifier: Any, accounts: Any
) -> None:
    struct = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(struct, sender=accounts[0])
    key = bytes(verifier.keyOf(struct))
    item = (tuple(int(signal) for signal in VECTOR["public_signals"]), snarkjs_proof(VECTOR["proof"]))
    assert together(verifier, key, [item] * 3) is True
    for place in range(2):
        changed = [*item[0]]
        changed[place] = (changed[place] + 1) % R
        assert together(verifier, key, [item, (tuple(changed), item[1]), item]) is False


@pytest.mark.parametrize("name", MALFORMED)
def test_verify_many__malformed_proof_at_any_place__refused(verifier: Any, key: bytes, name: str) -> None:
    wrong = (SIGNALS[0], MALFORMED[name])
    for items in ([wrong], [wrong, GOOD[1]], [GOOD[1], wrong], [GOOD[1], wrong, GOOD[2]]):
        assert together(verifier, key, items) is False, len(items)


@pytest.mark.parametrize("name", ["a", "t3", "wxiw"])
def test_verify_many__infinity_that_satisfies_the_equation__refused(
    verifier: Any, key: bytes, name: str
) -> None:
    """Refused by rule, not by chance."""
    changed = {"z_xiw": PROOFS[0].z} if name == "wxiw" else {name: 0}
    proof = TOY.opened(SIGNALS[0], replace(PROOFS[0], **changed))
    assert TOY.error(SIGNALS[0], proof) == 0
    item = (SIGNALS[0], proof.calldata)
    for items in ([item], [item, GOOD[1]], [GOOD[1], item], [item, item]):
        assert together(verifier, key, items) is False


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("index", [0, 1])
def test_verify_many__signal_not_below_the_field_modulus__refused(
    verifier: Any, key: bytes, place: int, index: int
) -> None:
    """Even with a proof made for just these words."""
    signals = [*SIGNALS[place]]
    signals[index] = 3 + R
    proof = TOY.prove(signals)
    assert TOY.error(signals, proof) == 0
    items = [*GOOD[:2]]
    items[place] = (tuple(signals), proof.calldata)
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


def test_verify_many__lengths_that_would_add_up__refused(verifier: Any, key: bytes) -> None:
    """Three signals here and one there are four, like two and two: nothing is read from a neighbour."""
    (first, one), (second, other) = GOOD[:2]
    assert together(verifier, key, [((*first, second[0]), one), ((second[1],), other)]) is False


def test_verify_many__no_item_or_as_many_signals_as_proofs_no__refused(verifier: Any, key: bytes) -> None:
    assert not verifier.verifyMany(key, [], [])
    (first, one), (second, other) = GOOD[:2]
    assert not verifier.verifyMany(key, [first], [one, other])
    assert not verifier.verifyMany(key, [first, second], [one])
    assert not verifier.verifyMany(key, [first], [])
    assert not verifier.verifyMany(key, [], [one])


def test_verify_many__unknown_key__reverts(verifier: Any) -> None:
    unknown = keccak(b"unknown")
    with reverts(verifier.UnknownKey, key=unknown):
        verifier.verifyMany(unknown, [SIGNALS[0]], [GOOD[0][1]])
    with reverts(verifier.UnknownKey, key=unknown):
        verifier.gasFloorMany(unknown, 1)


def pool() -> list[Item]:
    """Items of every kind: good, for other signals, malformed, out of the field."""
    items = [*GOOD, (SIGNALS[1], TOY.prove(SIGNALS[1], seed=1).calldata)]
    items += [(SIGNALS[i], GOOD[i + 1][1]) for i in range(3)]
    items += [(SIGNALS[0], proof) for proof in MALFORMED.values()]
    items += [((SIGNALS[2][0] + R, SIGNALS[2][1]), GOOD[2][1]), (SIGNALS[2][::-1], GOOD[2][1])]
    items += [(SIGNALS[3], GOOD[3][1][:767]), (SIGNALS[3][:1], GOOD[3][1])]
    return items


POOL = pool()
GOOD_COUNT = 7
ANSWERS: dict[Item, bool | str] = {}


def mixes() -> st.SearchStrategy[list[Item]]:
    """Batches, most of their items good: one wrong item in a batch is the case that matters."""
    good, any_ = st.sampled_from(POOL[:GOOD_COUNT]), st.sampled_from(POOL)
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
    assert answers == [True] * GOOD_COUNT + [False] * (len(POOL) - GOOD_COUNT)


# Errors that cancel


def coefficients(key: bytes, items: list[Item]) -> list[int]:
    """r_0 = 1, r_i = keccak256(keccak256(key, all signals and proofs), i)."""
    seed = keccak(key + b"".join(words(signals) + proof for signals, proof in items))
    return [1, *(int.from_bytes(keccak(seed + i.to_bytes(32, "big")), "big") for i in range(1, len(items)))]


def missing(place: int, by: int) -> PlonkProof:
    """A good proof whose equation is made to miss by a number, which its own transcript does not feel."""
    xi = TOY.challenges(SIGNALS[place], PROOFS[place]).xi
    proof = replace(PROOFS[place], wxi=(PROOFS[place].wxi + by * pow(TOY.tau - xi, -1, R)) % R)
    assert TOY.error(SIGNALS[place], proof) == by % R
    return proof


@pytest.mark.parametrize("errors", [(1, -1), (5, R - 5), (1, 1, -2), (0, 7, -7)])
def test_verify_many__errors_that_cancel_in_a_plain_sum__refused(
    verifier: Any, key: bytes, errors: tuple[int, ...]
) -> None:
    """Equal coefficients would let two wrong proofs vouch for each other."""
    assert sum(errors) % R == 0
    items = [(SIGNALS[i], missing(i, by).calldata) for i, by in enumerate(errors)]
    assert together(verifier, key, items) is False
    assert [alone(verifier, key, item) for item in items] == [by == 0 for by in errors]


@pytest.mark.parametrize("first", [0, 1, 3])
def test_verify_many__openings_chosen_after_the_coefficients__refused(
    verifier: Any, key: bytes, first: int
) -> None:
    """With coefficients that openings do not enter, errors could be chosen to cancel under them."""
    items = [*GOOD[:5]]
    r = coefficients(key, items)
    forged = {first: missing(first, r[4]), 4: missing(4, -r[first])}
    for place, proof in forged.items():
        items[place] = (SIGNALS[place], proof.calldata)
    total = sum(r[place] * TOY.error(SIGNALS[place], proof) for place, proof in forged.items())
    assert total % R == 0
    assert together(verifier, key, items) is False


def drawn(verifier: Any, key: bytes, items: list[Item]) -> list[int]:
    """The scalars by which the contract multiplied points, as the node saw them."""
    data = "0x" + batch_calldata(key, items).hex()
    call = {"to": verifier.address, "data": data, "gas": hex(PLENTY)}
    provider = ape.networks.active_provider
    trace = provider.make_request("debug_traceCall", [call, "latest", {"tracer": "callTracer"}])
    multiplied = [made["input"] for made in trace["calls"] if int(made["to"], 16) == 7]
    return [int(sent[2 + 128 :], 16) for sent in multiplied]


def test_coefficients__of_a_batch__are_hashed_from_all_of_it(verifier: Any, key: bytes) -> None:
    """By what points were multiplied: each proof's ten or eleven, then the key's eight and the generator."""
    items = GOOD[:3]
    scalars = drawn(verifier, key, items)
    assert len(scalars) == 10 + 11 + 11 + 9
    totals = [0, 0, 0]  # ql, qc, s1
    start = 0
    for place, coefficient in enumerate(coefficients(key, items)):
        proof, ch = PROOFS[place], TOY.challenges(SIGNALS[place], PROOFS[place])
        totals[0] += coefficient * proof.a_xi
        totals[1] += coefficient
        totals[2] += coefficient * ch.v**4
        expected = {0: ch.v, 1: ch.v**2, 2: ch.v**3, 7: ch.xi, 8: ch.u * ch.xi * root_of_unity(TOY.power)}
        expected |= {9: 1, 10: ch.u} if place else {9: ch.u}  # what counts once is not multiplied
        for index, scalar in expected.items():
            assert scalars[start + index] % R == coefficient * scalar % R, (place, index)
        start += 10 + (place > 0)
    assert [scalars[start + index] % R for index in (1, 4, 5)] == [total % R for total in totals]


@pytest.mark.parametrize("name", ["signal", *POINTS, *VALUES])
def test_coefficients__any_part_changed__are_others(verifier: Any, key: bytes, name: str) -> None:
    """Seen in the scalar of qc, which is their sum."""
    items = GOOD[:2]
    signals, proof = SIGNALS[0], PROOFS[0]
    if name == "signal":
        signals = (signals[0], signals[1] - 1)
    else:
        proof = replace(proof, **{name: (getattr(proof, name) + 1) % R})
    changed = [(signals, proof.calldata), items[1]]
    sums = [sum(coefficients(key, batch)) % R for batch in (items, changed)]
    assert sums[0] != sums[1]
    assert [drawn(verifier, key, batch)[-5] for batch in (items, changed)] == sums
