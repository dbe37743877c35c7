"""PlonkVerifier.registerKey: which keys are kept, and why the others are not."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_utils import keccak

from tests.support.code_patch import lower_limit
from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    P,
    R,
    add2,
    g2,
    mul2,
    outside_subgroup,
    swapped,
    words,
)
from tests.support.plonk_calls import register
from tests.support.plonk_toy import PERMUTATIONS, SELECTORS, PlonkKey, root_of_unity
from tests.support.reverts import reverts

TOY = PlonkKey.make(2, seed=20)
NAMES = ("power", "signalCount", "k1", "k2", "x2", *SELECTORS, *PERMUTATIONS)
SINGLE_PAIRING_LIMIT = 118_500


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.PlonkVerifier)


@pytest.fixture
def outsider(accounts: Any) -> Any:
    return accounts[7]


def struct(**fields: Any) -> tuple[Any, ...]:
    """The key with some fields replaced by ones no secret gives."""
    return tuple(fields.get(name, value) for name, value in zip(NAMES, TOY.abi, strict=True))


# Kept


@pytest.mark.parametrize(("count", "power"), [(0, 3), (1, 4), (8, 3), (32, 5), (32, 28)])
def test_register_key__good_key__kept_word_for_word(
    verifier: Any, outsider: Any, count: int, power: int
) -> None:
    toy = PlonkKey.make(count, power, seed=21)
    receipt = verifier.registerKey(toy.abi, sender=outsider)
    key = keccak(words(toy.flat))
    assert receipt.events == [verifier.KeyRegistered(key=key, signalCount=count)]
    assert verifier.keyOf(toy.abi) == key
    assert verifier.keyWords(key) == toy.flat
    assert verifier.signalCount(key) == count
    assert verifier.system() == "plonk"


def test_register_key__two_keys__do_not_disturb_each_other(verifier: Any, accounts: Any) -> None:
    first, second = PlonkKey.make(2, seed=22), PlonkKey.make(3, 4, seed=23)
    keys = [register(verifier, accounts, toy) for toy in (first, second)]
    for toy, signals, key in ((first, [1, 2], keys[0]), (second, [1, 2, 3], keys[1])):
        assert verifier.verify(key, signals, toy.prove(signals).calldata)
        assert verifier.keyWords(key) == toy.flat


@pytest.mark.parametrize("names", [("qc",), ("qm", "qc"), SELECTORS])
def test_register_key__selectors_that_are_zero__kept_and_proofs_accepted(
    verifier: Any, accounts: Any, names: tuple[str, ...]
) -> None:
    toy = TOY.having(**dict.fromkeys(names, 0))
    key = register(verifier, accounts, toy)
    assert verifier.keyWords(key) == toy.flat
    assert verifier.verify(key, [3, 4], toy.prove([3, 4]).calldata)
    assert not verifier.verify(key, [3, 4], toy.prove([3, 5]).calldata)


def test_register_key__twice__reverts(verifier: Any, outsider: Any) -> None:
    verifier.registerKey(TOY.abi, sender=outsider)
    key = verifier.keyOf(TOY.abi)
    with reverts(verifier.KeyExists, key=key):
        verifier.registerKey(TOY.abi, sender=outsider)
    assert verifier.keyWords(key) == TOY.flat


def test_key_of__any_changed_word__another_key(verifier: Any) -> None:
    keys = {bytes(verifier.keyOf(TOY.abi))}
    for place in range(len(TOY.flat)):
        flat = TOY.flat
        flat[place] ^= 1
        points = [(flat[i], flat[i + 1]) for i in range(8, 24, 2)]
        keys.add(bytes(verifier.keyOf((*flat[:4], flat[4:8], *points))))
    assert len(keys) == 1 + len(TOY.flat) == 25


def test_register_key__any_gas_limit__all_or_nothing(verifier: Any, outsider: Any) -> None:
    toy = PlonkKey.make(1, seed=24)
    key = keccak(words(toy.flat))
    web3 = ape.networks.active_provider.web3
    data = verifier.registerKey.encode_input(toy.abi)
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
    assert 250_000 < enough < 600_000
    assert verifier.keyWords(key) == toy.flat
    assert verifier.verify(key, [5], toy.prove([5]).calldata)


def test_register_key__chain_asks_more_for_a_pairing__reverts_and_blames_no_point(
    verifier: Any, outsider: Any
) -> None:
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    provider.set_code(verifier.address, lower_limit(code, SINGLE_PAIRING_LIMIT, 78_999))
    try:
        with reverts(verifier.PrecompileFailed, precompile=8, gasGiven=78_999):
            verifier.registerKey(PlonkKey.make(1, seed=25).abi, sender=outsider)
    finally:
        provider.set_code(verifier.address, code)


# Refused for the domain


@pytest.mark.parametrize("power", [0, 1, 2, 29, 256, 2**256 - 1])
def test_register_key__domain_that_there_is_not__reverts(verifier: Any, outsider: Any, power: int) -> None:
    assert (verifier.MIN_POWER(), verifier.MAX_POWER(), verifier.MAX_SIGNALS()) == (3, 28, 32)
    with reverts(verifier.BadPower, power=power, minPower=3, maxPower=28):
        verifier.registerKey(struct(power=power), sender=outsider)


@pytest.mark.parametrize(
    ("power", "count", "most"), [(3, 9, 8), (4, 17, 16), (5, 33, 32), (28, 33, 32), (10, 2**256 - 1, 32)]
)
def test_register_key__more_signals_than_there_is_room_for__reverts(
    verifier: Any, outsider: Any, power: int, count: int, most: int
) -> None:
    with reverts(verifier.TooManySignals, signalCount=count, maxCount=most):
        verifier.registerKey(struct(power=power, signalCount=count), sender=outsider)


OMEGA = root_of_unity(10)
COSETS = {
    "k1 in the domain": (OMEGA, 3),
    "k1 is one": (1, 3),
    "k2 in the domain": (2, pow(OMEGA, 77, R)),
    "k2 in the coset of k1": (2, 2 * pow(OMEGA, 5, R) % R),
    "k1 in the coset of k2": (3 * pow(OMEGA, 1023, R) % R, 3),
    "the same": (2, 2),
    "opposite": (2, R - 2),  # -1 is in the domain
    "k1 zero": (0, 3),
    "k2 zero": (2, 0),
    "k1 plus r": (2 + R, 3),
    "k2 plus r": (2, 3 + R),
    "k1 is r": (R, 3),
    "k2 at its most": (2, 2**256 - 1),
}


@pytest.mark.parametrize("defect", COSETS)
def test_register_key__cosets_not_disjoint__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    k1, k2 = COSETS[defect]
    with reverts(verifier.BadCosets, k1=k1, k2=k2):
        verifier.registerKey(struct(k1=k1, k2=k2), sender=outsider)


def test_register_key__cosets_disjoint_in_a_smaller_domain_only__kept_there(
    verifier: Any, outsider: Any
) -> None:
    """The square root of the generator moves the domain beside itself, and lies in the next larger one."""
    k1 = root_of_unity(11)
    verifier.registerKey(struct(k1=k1), sender=outsider)
    with reverts(verifier.BadCosets, k1=k1, k2=3):
        verifier.registerKey(struct(k1=k1, power=11), sender=outsider)


# Refused for a point


X2_DEFECTS = {
    "infinity": G2_INFINITY,
    "off the twist": (TOY.x2[0] ^ 1, *TOY.x2[1:]),
    "outside the subgroup": outside_subgroup(),
    "partly outside the subgroup": add2(TOY.x2, mul2(outside_subgroup(), R)),
    "real and imaginary swapped": swapped(TOY.x2),
    "x imaginary plus p": (TOY.x2[0] + P, *TOY.x2[1:]),
    "y real plus p": (*TOY.x2[:3], TOY.x2[3] + P),
}


@pytest.mark.parametrize("defect", X2_DEFECTS)
def test_register_key__bad_x2__reverts(verifier: Any, outsider: Any, defect: str) -> None:
    with reverts(verifier.BadKeyPoint, index=0):
        verifier.registerKey(struct(x2=X2_DEFECTS[defect]), sender=outsider)


@pytest.mark.parametrize("index", range(1, 9))
def test_register_key__bad_commitment__reverts(verifier: Any, outsider: Any, index: int) -> None:
    x, y = TOY.commitments[index - 1]
    bad = [(x, (y + 1) % P), (x + P, y), (x, y + P), (x, 0), (0, y), (0, P), (P, 0), (2**256 - 1, 2**256 - 1)]
    if index > len(SELECTORS):
        bad.append(G1_INFINITY)  # a permutation is never zero everywhere
    for point in bad:
        with reverts(verifier.BadKeyPoint, index=index):
            verifier.registerKey(struct(**{NAMES[4 + index]: point}), sender=outsider)


# Refused because anybody could prove anything


@pytest.mark.parametrize("tau", [1, R - 1])
def test_register_key__secret_that_can_be_seen__reverts_and_the_forgery_is_real(
    verifier: Any, outsider: Any, tau: int
) -> None:
    """Who knows the secret opens any commitment to any value; here everybody does."""
    toy = TOY.having(tau=tau)
    assert toy.x2 == g2(tau)
    for signals in ([1, 2], [R - 1, 0]):
        assert toy.error(signals, toy.prove(signals)) == 0
    with reverts(verifier.ForgeableKey):
        verifier.registerKey(toy.abi, sender=outsider)
