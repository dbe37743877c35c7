"""Groth16Verifier.verifyMany: a batch is accepted when each proof is, for a fraction of the gas."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.groth16_batch import GOOD, MALFORMED, PROOFS, SIGNALS, TOY
from tests.support.groth16_calls import (
    Item,
    answer_within,
    batch_calldata,
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
    add1,
    g1,
    g2,
    neg1,
    words,
)
from tests.support.reverts import reverts

PLENTY = 9_000_000
VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "groth16_semaphore_10.json").read_text())


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.Groth16Verifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, TOY)


def together(verifier: Any, key: bytes, items: list[Item]) -> bool | str:
    return answer_within(verifier.address, batch_calldata(key, items), PLENTY)


def alone(verifier: Any, key: bytes, item: Item) -> bool | str:
    selector = keccak(b"verify(bytes32,uint256[],bytes)")[:4]
    data = selector + encode(["bytes32", "uint256[]", "bytes"], [key, list(item[0]), item[1]])
    return answer_within(verifier.address, data, PLENTY)


# Accepted, and refused


@pytest.mark.parametrize("count", range(1, 7))
def test_verify_many__good_proofs__accepted_in_any_order(verifier: Any, key: bytes, count: int) -> None:
    for shift in range(count):
        assert together(verifier, key, GOOD[shift:count] + GOOD[:shift]) is True


@pytest.mark.parametrize("count", [16, 32, 33])
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
    toy = ToyKey.make(count, seed=8)
    key = register(verifier, accounts, toy)
    signals = [tuple(pow(3 + n, i + 1, R) for i in range(count)) for n in range(3)]
    items = [(s, toy.prove(s, seed).calldata) for seed, s in enumerate(signals)]
    assert together(verifier, key, items) is True
    other = items[1][1] if count else toy.having(ic=(1,)).prove(()).calldata
    assert together(verifier, key, [items[0], (items[2][0], other)]) is False


def test_verify_many__same_proof_twice_or_rerandomised__accepted(verifier: Any, key: bytes) -> None:
    signals, proof = SIGNALS[0], PROOFS[0]
    others = [(signals, other.calldata) for other in rerandomised(proof, TOY.public.delta)]
    assert len({item[1] for item in [*others, GOOD[0]]}) == 4
    assert together(verifier, key, [GOOD[0], GOOD[0], *others]) is True


def test_verify_many__real_proofs__accepted_and_bound_to_their_signals(verifier: Any, accounts: Any) -> None:
    struct = snarkjs_key(VECTOR["verification_key"])
    verifier.registerKey(struct, sender=accounts[0])
    key = bytes(verifier.keyOf(struct))
    signals = tuple(int(signal) for signal in VECTOR["public_signals"])
    proof = snarkjs_proof(VECTOR["proof"])
    items = [(signals, p.calldata) for p in (proof, *rerandomised(proof, struct[3]))]
    assert together(verifier, key, items) is True
    for place in range(4):
        changed = [*signals]
        changed[place] = (changed[place] + 1) % R
        assert together(verifier, key, [*items[:2], (tuple(changed), items[2][1])]) is False


@pytest.mark.parametrize("name", MALFORMED)
def test_verify_many__malformed_proof_at_any_place__refused(verifier: Any, key: bytes, name: str) -> None:
    wrong = (SIGNALS[0], MALFORMED[name])
    for others in range(3):
        for place in range(others + 1):
            items = [*GOOD[1 : 1 + place], wrong, *GOOD[1 + place : 1 + others]]
            assert together(verifier, key, items) is False, (place, others)


@pytest.mark.parametrize("point", ["A", "B", "C", "C negated by p - y"])
def test_verify_many__infinity_that_satisfies_the_equation__refused(
    verifier: Any, key: bytes, point: str
) -> None:
    """Refused by rule, not by chance: the pairings' product is one."""
    signals = SIGNALS[0]
    total = TOY.ic[0] + sum(s * point for s, point in zip(signals, TOY.ic[1:], strict=True))
    target = TOY.alpha * TOY.beta + TOY.gamma * total
    rest = g1(-target * pow(TOY.delta, -1, R))
    proof = {
        "A": ToyProof(G1_INFINITY, g2(5), rest),
        "B": ToyProof(g1(5), G2_INFINITY, rest),
        "C": ToyProof(g1(target), g2(1), G1_INFINITY),
        "C negated by p - y": ToyProof(g1(target), g2(1), G1_INFINITY),
    }[point]
    assert product_is_one([(signals, b"")], [proof])
    if point == "C negated by p - y":
        proof = replace(proof, c=(0, P))
    item = (signals, proof.calldata)
    for items in ([item], [item, GOOD[1]], [GOOD[1], item], [item, item]):
        assert together(verifier, key, items) is False


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("index", [0, 1])
def test_verify_many__signal_not_below_the_field_modulus__refused(
    verifier: Any, key: bytes, place: int, index: int
) -> None:
    """x + r is the same scalar: the sums alone would not see it."""
    items = [*GOOD[:2]]
    signals = [*items[place][0]]
    signals[index] += R
    items[place] = (tuple(signals), items[place][1])
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
    """Items of every kind: good, rerandomised, for other signals, malformed, out of the field."""
    items = [*GOOD]
    items += [(SIGNALS[1], other.calldata) for other in rerandomised(PROOFS[1], TOY.public.delta)]
    items += [(SIGNALS[i], GOOD[i + 1][1]) for i in range(3)]
    items += [(SIGNALS[0], proof) for proof in MALFORMED.values()]
    items += [((SIGNALS[2][0] + R, SIGNALS[2][1]), GOOD[2][1]), (SIGNALS[2][::-1], GOOD[2][1])]
    items += [(SIGNALS[3], GOOD[3][1][:255]), (SIGNALS[3][:1], GOOD[3][1])]
    return items


POOL = pool()
ANSWERS: dict[Item, bool | str] = {}


def mixes() -> st.SearchStrategy[list[Item]]:
    """Batches, most of their items good: one wrong item in a batch is the case that matters."""
    good, any_ = st.sampled_from(POOL[:9]), st.sampled_from(POOL)
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
    assert answers == [True] * 9 + [False] * (len(POOL) - 9)


# Errors that cancel


def product_is_one(items: list[Item], proofs: list[ToyProof]) -> bool:
    """Whether the proofs hold when they are just added up, all coefficients one."""
    public = TOY.public
    points: list[int] = []
    alpha, total, c = (0, 0), (0, 0), (0, 0)
    for (signals, _), proof in zip(items, proofs, strict=True):
        points += [*proof.a, *proof.b]
        alpha, total = add1(alpha, public.alpha), add1(total, public.weighted(signals))
        c = add1(c, proof.c)
    for point, other in ((alpha, public.beta), (total, public.gamma), (c, public.delta)):
        points += [*neg1(point), *other]
    web3 = ape.networks.active_provider.web3
    return int.from_bytes(web3.eth.call({"to": f"0x{8:040x}", "data": words(points)}), "big") == 1


@pytest.mark.parametrize("kind", ["C moved", "C swapped", "signals swapped", "three errors"])
def test_verify_many__errors_that_cancel_in_a_plain_sum__refused(
    verifier: Any, key: bytes, kind: str
) -> None:
    """Equal coefficients would let two wrong proofs vouch for each other."""
    signals, proofs = [*SIGNALS[:3]], [*PROOFS[:3]]
    if kind == "C moved":
        proofs[0] = replace(proofs[0], c=add1(proofs[0].c, g1(9)))
        proofs[1] = replace(proofs[1], c=add1(proofs[1].c, g1(-9)))
    elif kind == "C swapped":
        proofs[1], proofs[2] = replace(proofs[1], c=proofs[2].c), replace(proofs[2], c=proofs[1].c)
    elif kind == "signals swapped":
        signals[0], signals[2] = signals[2], signals[0]
    else:
        for place, error in enumerate((1, 1, -2)):
            proofs[place] = replace(proofs[place], c=add1(proofs[place].c, g1(error)))
    items = [(s, p.calldata) for s, p in zip(signals, proofs, strict=True)]
    assert product_is_one(items, proofs)
    assert together(verifier, key, items) is False
    assert [alone(verifier, key, item) for item in items].count(False) >= 2


@dataclass(frozen=True, slots=True)
class Exponents:
    """A proof for the toy key by its discrete logarithms."""

    signals: tuple[int, ...]
    a: int
    b: int
    c: int

    @property
    def item(self) -> Item:
        return self.signals, ToyProof(g1(self.a), g2(self.b), g1(self.c)).calldata

    @property
    def error(self) -> int:
        """By how much the equation is missed; zero for a good proof."""
        total = TOY.ic[0] + sum(s * point for s, point in zip(self.signals, TOY.ic[1:], strict=True))
        return (self.a * self.b - TOY.alpha * TOY.beta - TOY.gamma * total - TOY.delta * self.c) % R

    @classmethod
    def good(cls, signals: tuple[int, ...], a: int, b: int) -> Exponents:
        miss = cls(signals, a, b, 0).error
        return cls(signals, a, b, miss * pow(TOY.delta, -1, R) % R)


def coefficients(key: bytes, items: list[Item]) -> list[int]:
    """r_0 = 1, r_i = keccak256(keccak256(key, all signals and proofs), i)."""
    seed = keccak(key + b"".join(words(signals) + proof for signals, proof in items))
    return [1, *(int.from_bytes(keccak(seed + i.to_bytes(32, "big")), "big") for i in range(1, len(items)))]


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
    sums = [sum(r), *(sum(c * s[j] for c, (s, _) in zip(r, items, strict=True)) for j in range(2))]
    negated = [R - total % R for total in sums]
    expected = [negated[0], negated[0], negated[2], negated[1], r[1], r[1], r[2], r[2]]
    assert drawn(verifier, key, items) == expected


@pytest.mark.parametrize("part", ["signals", "a", "b", "c"])
def test_verify_many__part_chosen_after_the_coefficients__refused(
    verifier: Any, key: bytes, part: str
) -> None:
    """Whatever the coefficients did not depend on, a forger would choose so that errors cancel under them."""
    first, second = Exponents.good(SIGNALS[0], 3, 5), Exponents.good(SIGNALS[1], 7, 11)
    r = coefficients(key, [first.item, second.item])[1] % R
    if part == "signals":
        forged = (
            replace(first, signals=((first.signals[0] + r) % R, first.signals[1])),
            replace(second, signals=((second.signals[0] - 1) % R, second.signals[1])),
        )
    elif part == "a":
        forged = replace(first, a=first.a + r * second.b), replace(second, a=second.a - first.b)
    elif part == "b":
        forged = replace(first, b=first.b + r * second.a), replace(second, b=second.b - first.a)
    else:
        forged = replace(first, c=first.c + r), replace(second, c=second.c - 1)
    assert first.error == second.error == 0
    assert together(verifier, key, [first.item, second.item]) is True
    assert forged[0].error != 0
    assert (forged[0].error + r * forged[1].error) % R == 0
    assert together(verifier, key, [one.item for one in forged]) is False
