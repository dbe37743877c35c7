"""FflonkVerifier.registerKey: which keys are kept, and why the others are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ape
import pytest
from eth_utils import keccak

from tests.support.code_patch import lower_limit
from tests.support.fflonk_toy import FflonkKey, encoded, root_of_unity
from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    P,
    R,
    add2,
    g1,
    g2,
    mul2,
    neg2,
    outside_subgroup,
    swapped,
    words,
)
from tests.support.reverts import reverts

TOY = FflonkKey.make(2, seed=20)
PUBLIC = TOY.public
SIGNALS = [41, R - 5]
SINGLE_PAIRING_LIMIT = 118_500


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.FflonkVerifier)


@pytest.fixture
def outsider(accounts: Any) -> Any:
    return accounts[7]


# Kept


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 28), (8, 3), (32, 5)])
def test_register_key__good_key__kept_word_for_word(
    verifier: Any, outsider: Any, count: int, power: int
) -> None:
    public = FflonkKey.make(count, power, seed=21).public
    receipt = verifier.registerKey(public.abi, sender=outsider)
    key = keccak(words(public.flat))
    assert receipt.events == [verifier.KeyRegistered(key=key, signalCount=count)]
    assert verifier.keyOf(public.abi) == key
    assert verifier.keyWords(key) == public.flat
    assert verifier.signalCount(key) == count
    assert verifier.system() == "fflonk"


def test_register_key__bounds__are_those_of_the_field_and_of_snarkjs(verifier: Any) -> None:
    assert (verifier.MIN_POWER(), verifier.MAX_POWER(), verifier.MAX_SIGNALS()) == (3, 28, 32)
    assert (R - 1) % 2**28 == 0
    assert (R - 1) % 2**29 != 0


def test_register_key__two_keys__do_not_disturb_each_other(verifier: Any, outsider: Any) -> None:
    first, second = FflonkKey.make(2, seed=22), FflonkKey.make(3, 9, seed=23)
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
    for place in range(10):
        flat = PUBLIC.flat
        flat[place] ^= 1
        keys.add(bytes(verifier.keyOf((*flat[:4], flat[4:8], flat[8:]))))
    assert len(keys) == 11


def test_register_key__any_gas_limit__all_or_nothing(verifier: Any, outsider: Any) -> None:
    toy = FflonkKey.make(1, seed=24)
    key = keccak(words(toy.public.flat))
    web3 = ape.networks.active_provider.web3
    data = verifier.registerKey.encode_input(toy.public.abi)
    enough = 0
    for gas in range(60_000, 600_000, 10_007):
        sent = web3.eth.send_transaction(
            {"from": outsider.address, "to": verifier.address, "data": data, "gas": gas}
        )
        if web3.eth.wait_for_transaction_receipt(sent)["status"] == 1:
            enough = gas
            break
        with reverts(verifier.UnknownKey, key=key):
            verifier.signalCount(key)
    assert 200_000 < enough < 400_000
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
            verifier.registerKey(FflonkKey.make(1, seed=25).public.abi, sender=outsider)
    finally:
        provider.set_code(verifier.address, code)


# Refused


X, Y = PUBLIC.c0
BAD_G1 = {
    "infinity": G1_INFINITY,
    "off the curve": (X, (Y + 1) % P),
    "x plus p": (X + P, Y),
    "y plus p": (X, Y + P),
    "y zero": (X, 0),
    "words at their most": (2**256 - 1, 2**256 - 1),
}
BAD_G2 = {
    "infinity": G2_INFINITY,
    "off the twist": (PUBLIC.x2[0] ^ 1, *PUBLIC.x2[1:]),
    "outside the subgroup": outside_subgroup(),
    "partly outside the subgroup": add2(PUBLIC.x2, mul2(outside_subgroup(), R)),
    "real and imaginary swapped": swapped(PUBLIC.x2),
    "x imaginary plus p": (PUBLIC.x2[0] + P, *PUBLIC.x2[1:]),
    "y real plus p": (*PUBLIC.x2[:3], PUBLIC.x2[3] + P),
}


@pytest.mark.parametrize("defect", BAD_G1)
def test_register_key__bad_c0__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    with reverts(verifier.BadKeyPoint, index=1):
        verifier.registerKey(replace(PUBLIC, c0=BAD_G1[defect]).abi, sender=outsider)


@pytest.mark.parametrize("defect", BAD_G2)
def test_register_key__bad_x2__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    with reverts(verifier.BadKeyPoint, index=0):
        verifier.registerKey(replace(PUBLIC, x2=BAD_G2[defect]).abi, sender=outsider)


@pytest.mark.parametrize("power", [0, 1, 2, 29, 255, 256, 2**256 - 1])
def test_register_key__bad_power__reverts(verifier: Any, outsider: Any, power: int) -> None:
    with reverts(verifier.BadPower, power=power, minPower=3, maxPower=28):
        verifier.registerKey(replace(PUBLIC, power=power).abi, sender=outsider)


@pytest.mark.parametrize(
    ("count", "power", "most"), [(33, 6, 32), (2**256 - 1, 6, 32), (9, 3, 8), (17, 4, 16)]
)
def test_register_key__too_many_signals__reverts(
    verifier: Any, outsider: Any, count: int, power: int, most: int
) -> None:
    """Each signal needs an element of the domain."""
    with reverts(verifier.TooManySignals, signalCount=count, maxCount=most):
        verifier.registerKey(replace(PUBLIC, signal_count=count, power=power).abi, sender=outsider)


OMEGA = root_of_unity(64)
COSETS = {
    "k1 is zero": (0, 3),
    "k2 is zero": (2, 0),
    "k1 is in the domain": (1, 3),
    "k1 generates the domain": (OMEGA, 3),
    "k2 is in the domain": (2, R - 1),
    "k2 is a power of omega": (2, pow(OMEGA, 37, R)),
    "k1 is k2": (2, 2),
    "k2 is in the coset of k1": (2, 2 * OMEGA % R),
    "k1 is not below r": (2 + R, 3),
    "k2 is not below r": (2, 3 + R),
    "k1 is r": (R, 3),
}


@pytest.mark.parametrize("defect", COSETS)
def test_register_key__bad_cosets__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    """Wires whose cosets meet could be exchanged for each other in the permutation."""
    k1, k2 = COSETS[defect]
    with reverts(verifier.BadCosets, k1=k1, k2=k2):
        verifier.registerKey(replace(PUBLIC, k1=k1, k2=k2).abi, sender=outsider)


def test_register_key__coset_of_a_larger_domain__kept(verifier: Any, outsider: Any) -> None:
    """2^7th root of unity: in the domain of 2^7 elements, in no coset of 2^6."""
    k1 = root_of_unity(128)
    public = replace(PUBLIC, k1=k1)
    verifier.registerKey(public.abi, sender=outsider)
    with reverts(verifier.BadCosets, k1=k1, k2=3):
        verifier.registerKey(replace(public, power=7).abi, sender=outsider)


@pytest.mark.parametrize("x", [1, R - 1], ids=["generator", "minus generator"])
def test_register_key__secret_that_can_be_seen__reverts_and_the_forgery_is_real(
    verifier: Any, outsider: Any, x: int
) -> None:
    """Without a secret anybody computes the W2 that makes anything hold."""
    toy = TOY.having(x=x)
    assert toy.public.x2 in (g2(1), neg2(g2(1)))
    forged, equation = toy.exponents(SIGNALS)
    assert equation.error(toy, forged) == 0
    with reverts(verifier.ForgeableKey):
        verifier.registerKey(toy.public.abi, sender=outsider)
    key = verifier.registerKey(PUBLIC.abi, sender=outsider).return_value
    assert not verifier.verify(key, SIGNALS, encoded(forged, equation).calldata)
    assert verifier.verify(key, SIGNALS, TOY.prove(SIGNALS).calldata)
    assert g1(TOY.c0) == PUBLIC.c0
