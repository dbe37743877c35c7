"""Groth16Verifier.registerKey: which keys are kept, and why the others are not.

The forgeries use only what a key's maker publishes, and are shown to satisfy the bare pairing equation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ape
import pytest
from eth_utils import keccak

from tests.support.code_patch import lower_limit
from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    G1Point,
    G2Point,
    P,
    R,
    ToyKey,
    ToyProof,
    ToyVerifyingKey,
    add1,
    add2,
    g2,
    mul1,
    mul2,
    neg1,
    neg2,
    outside_subgroup,
    swapped,
    words,
)
from tests.support.reverts import reverts

TOY = ToyKey.make(2, seed=20)
PUBLIC = TOY.public
SIGNALS = [41, R - 5]
GENERATOR = g2(1)
SINGLE_PAIRING_LIMIT = 118_500


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.Groth16Verifier)


@pytest.fixture
def outsider(accounts: Any) -> Any:
    return accounts[7]


def bare_pairing_accepts(public: ToyVerifyingKey, signals: list[int], proof: ToyProof) -> bool:
    """What a verifier says that checks the equation and nothing about the key."""
    web3 = ape.networks.active_provider.web3
    product = web3.eth.call({"to": f"0x{8:040x}", "data": public.pairing_input(signals, proof)})
    return int.from_bytes(product, "big") == 1


def struct(public: ToyVerifyingKey, **points: Any) -> tuple[Any, ...]:
    """The key with some of its points replaced by ones no trapdoor gives."""
    fields = {name: getattr(public, name) for name in ("alpha", "beta", "gamma", "delta", "ic")} | points
    return tuple(list(value) if name == "ic" else value for name, value in fields.items())


# Kept


@pytest.mark.parametrize("count", [0, 1, 32])
def test_register_key__good_key__kept_word_for_word(verifier: Any, outsider: Any, count: int) -> None:
    public = ToyKey.make(count, seed=21).public
    receipt = verifier.registerKey(public.abi, sender=outsider)
    key = keccak(words(public.flat))
    assert receipt.events == [verifier.KeyRegistered(key=key, signalCount=count)]
    assert verifier.keyOf(public.abi) == key
    assert verifier.keyWords(key) == public.flat
    assert verifier.signalCount(key) == count
    assert verifier.system() == "groth16"


def test_register_key__gamma_is_the_generator__kept_as_snarkjs_makes_it(verifier: Any, outsider: Any) -> None:
    toy = TOY.having(gamma=1)
    verifier.registerKey(toy.public.abi, sender=outsider)
    key = verifier.keyOf(toy.public.abi)
    assert verifier.verify(key, SIGNALS, toy.prove(SIGNALS).calldata)


def test_register_key__two_keys__do_not_disturb_each_other(verifier: Any, outsider: Any) -> None:
    first, second = ToyKey.make(2, seed=22), ToyKey.make(3, seed=23)
    for toy in (first, second):
        verifier.registerKey(toy.public.abi, sender=outsider)
    for toy, signals in ((first, [1, 2]), (second, [1, 2, 3])):
        key = verifier.keyOf(toy.public.abi)
        assert verifier.verify(key, signals, toy.prove(signals).calldata)
        assert verifier.keyWords(key) == toy.public.flat


def test_register_key__twice__reverts(verifier: Any, outsider: Any) -> None:
    verifier.registerKey(PUBLIC.abi, sender=outsider)
    key = verifier.keyOf(PUBLIC.abi)
    with reverts(verifier.KeyExists, key=key):
        verifier.registerKey(PUBLIC.abi, sender=outsider)
    assert verifier.keyWords(key) == PUBLIC.flat


def test_key_of__any_changed_word__another_key(verifier: Any) -> None:
    keys = {bytes(verifier.keyOf(PUBLIC.abi))}
    for place in range(len(PUBLIC.flat)):
        flat = PUBLIC.flat
        flat[place] ^= 1
        ic = [(flat[i], flat[i + 1]) for i in range(14, len(flat), 2)]
        keys.add(bytes(verifier.keyOf((flat[:2], flat[2:6], flat[6:10], flat[10:14], ic))))
    assert len(keys) == 1 + len(PUBLIC.flat)


def test_register_key__any_gas_limit__all_or_nothing(verifier: Any, outsider: Any) -> None:
    toy = ToyKey.make(1, seed=24)
    key = keccak(words(toy.public.flat))
    web3 = ape.networks.active_provider.web3
    data = verifier.registerKey.encode_input(toy.public.abi)
    enough = 0
    for gas in range(60_000, 900_000, 20_011):
        sent = web3.eth.send_transaction(
            {"from": outsider.address, "to": verifier.address, "data": data, "gas": gas}
        )
        if web3.eth.wait_for_transaction_receipt(sent)["status"] == 1:
            enough = gas
            break
        with reverts(verifier.UnknownKey, key=key):
            verifier.signalCount(key)
    assert 300_000 < enough < 900_000
    assert verifier.keyWords(key) == toy.public.flat
    assert verifier.verify(key, [5], toy.prove([5]).calldata)


def test_register_key__chain_asks_more_for_a_pairing__reverts_and_blames_no_point(
    verifier: Any, outsider: Any
) -> None:
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    provider.set_code(verifier.address, lower_limit(code, SINGLE_PAIRING_LIMIT, 78_999))
    try:
        with reverts(verifier.PrecompileFailed, precompile=8, gasGiven=78_999):
            verifier.registerKey(ToyKey.make(1, seed=25).public.abi, sender=outsider)
    finally:
        provider.set_code(verifier.address, code)


# Refused for a point


def bad_g1(point: G1Point) -> dict[str, G1Point]:
    x, y = point
    return {
        "infinity": G1_INFINITY,
        "off the curve": (x, (y + 1) % P),
        "x plus p": (x + P, y),
        "y plus p": (x, y + P),
        "y zero": (x, 0),
        "words at their most": (2**256 - 1, 2**256 - 1),
    }


def bad_g2(point: G2Point) -> dict[str, G2Point]:
    return {
        "infinity": G2_INFINITY,
        "off the twist": (point[0] ^ 1, *point[1:]),
        "outside the subgroup": outside_subgroup(),
        "partly outside the subgroup": add2(point, mul2(outside_subgroup(), R)),
        "real and imaginary swapped": swapped(point),
        "x imaginary plus p": (point[0] + P, *point[1:]),
        "y real plus p": (*point[:3], point[3] + P),
    }


@pytest.mark.parametrize("defect", bad_g1(PUBLIC.alpha))
def test_register_key__bad_alpha_or_ic__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    with reverts(verifier.BadKeyPoint, index=0):
        verifier.registerKey(struct(PUBLIC, alpha=bad_g1(PUBLIC.alpha)[defect]), sender=outsider)
    for place in range(3):
        ic = list(PUBLIC.ic)
        ic[place] = bad_g1(ic[place])[defect]
        with reverts(verifier.BadKeyPoint, index=4 + place):
            verifier.registerKey(struct(PUBLIC, ic=ic), sender=outsider)


@pytest.mark.parametrize(("index", "name"), [(1, "beta"), (2, "gamma"), (3, "delta")])
@pytest.mark.parametrize("defect", bad_g2(PUBLIC.beta))
def test_register_key__bad_g2_point__reverts(
    verifier: Any, outsider: Any, index: int, name: str, defect: str
) -> None:
    bad = bad_g2(getattr(PUBLIC, name))[defect]
    with reverts(verifier.BadKeyPoint, index=index):
        verifier.registerKey(struct(PUBLIC, **{name: bad}), sender=outsider)


@pytest.mark.parametrize("points", [0, 34, 60])
def test_register_key__wrong_number_of_ic_points__reverts(verifier: Any, outsider: Any, points: int) -> None:
    ic = [PUBLIC.ic[0]] * points
    with reverts(verifier.BadSignalCount, icCount=points, maxCount=33):
        verifier.registerKey(struct(PUBLIC, ic=ic), sender=outsider)


# Refused because anybody could prove anything


def moved(public: ToyVerifyingKey, a: G1Point, b: G2Point) -> ToyProof:
    """The proof (a, b, infinity), re-randomised so that no point is at infinity."""
    return ToyProof(a, add2(b, public.delta), a)


def forge_gamma_is_delta(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return ToyProof(public.alpha, public.beta, neg1(v))


def forge_gamma_is_minus_delta(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return ToyProof(public.alpha, public.beta, v)


def forge_beta_is_gamma(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return moved(public, add1(public.alpha, v), public.beta)


def forge_beta_is_minus_gamma(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return moved(public, add1(public.alpha, neg1(v)), public.beta)


def forge_beta_is_delta(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return ToyProof(v, add2(public.beta, public.gamma), add1(v, neg1(public.alpha)))


def forge_beta_is_minus_delta(public: ToyVerifyingKey, v: G1Point, _: G1Point) -> ToyProof:
    return ToyProof(v, add2(public.beta, public.gamma), add1(public.alpha, neg1(v)))


def forge_delta_is_generator(public: ToyVerifyingKey, _: G1Point, powers: G1Point) -> ToyProof:
    return ToyProof(public.alpha, public.beta, neg1(powers))


def forge_delta_is_minus_generator(public: ToyVerifyingKey, _: G1Point, powers: G1Point) -> ToyProof:
    return ToyProof(public.alpha, public.beta, powers)


def forge_beta_is_generator(public: ToyVerifyingKey, _: G1Point, powers: G1Point) -> ToyProof:
    return moved(public, add1(public.alpha, powers), GENERATOR)


def forge_beta_is_minus_generator(public: ToyVerifyingKey, _: G1Point, powers: G1Point) -> ToyProof:
    return moved(public, add1(public.alpha, neg1(powers)), neg2(GENERATOR))


Forgery = Callable[[ToyVerifyingKey, G1Point, G1Point], ToyProof]
FORGERIES: dict[str, tuple[ToyKey, Forgery]] = {
    "gamma = delta": (TOY.having(gamma=TOY.delta), forge_gamma_is_delta),
    "gamma = -delta": (TOY.having(gamma=R - TOY.delta), forge_gamma_is_minus_delta),
    "gamma = delta = generator": (TOY.having(gamma=1, delta=1), forge_gamma_is_delta),
    "beta = gamma": (TOY.having(beta=TOY.gamma), forge_beta_is_gamma),
    "beta = -gamma": (TOY.having(beta=R - TOY.gamma), forge_beta_is_minus_gamma),
    "beta = delta": (TOY.having(beta=TOY.delta), forge_beta_is_delta),
    "beta = -delta": (TOY.having(beta=R - TOY.delta), forge_beta_is_minus_delta),
    "delta = generator": (TOY.having(delta=1), forge_delta_is_generator),
    "delta = -generator": (TOY.having(delta=R - 1), forge_delta_is_minus_generator),
    "beta = generator": (TOY.having(beta=1), forge_beta_is_generator),
    "beta = -generator": (TOY.having(beta=R - 1), forge_beta_is_minus_generator),
}


def public_powers(toy: ToyKey, v: G1Point) -> G1Point:
    """γ·v in G1, given by the powers of tau that a first phase publishes: Σ signal · (βu + αv + w)(τ)."""
    return mul1(v, toy.gamma)


@pytest.mark.parametrize("ratio", FORGERIES)
def test_register_key__forgeable_key__reverts_and_the_forgery_is_real(
    verifier: Any, outsider: Any, ratio: str
) -> None:
    toy, forge = FORGERIES[ratio]
    public = toy.public
    for signals in ([1, 2], [R - 1, 0], [2**128, 3]):
        v = public.weighted(signals)
        forged = forge(public, v, public_powers(toy, v))
        assert bare_pairing_accepts(public, signals, forged)
        assert G1_INFINITY not in (forged.a, forged.c)
        assert forged.b != G2_INFINITY
    with reverts(verifier.ForgeableKey):
        verifier.registerKey(public.abi, sender=outsider)


def test_verify__every_forgery_against_a_sound_key__refused(verifier: Any, outsider: Any) -> None:
    """Also where gamma is the generator, as in every key of snarkjs."""
    for toy in (TOY, TOY.having(gamma=1)):
        public = toy.public
        key = verifier.registerKey(public.abi, sender=outsider).return_value
        v = public.weighted(SIGNALS)
        for ratio, (_, forge) in FORGERIES.items():
            forged = forge(public, v, public_powers(toy, v))
            assert not verifier.verify(key, SIGNALS, forged.calldata), ratio
        assert verifier.verify(key, SIGNALS, toy.prove(SIGNALS).calldata)
