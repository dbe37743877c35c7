"""Gas of Groth16Verifier.verifyMany: what a batch costs, and that no amount of it makes a false answer."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_abi import decode, encode
from web3.exceptions import ContractCustomError

from tests.support.code_patch import lower_limit, miss_precompile
from tests.support.groth16_batch import GOOD, MALFORMED, SIGNALS, TOY
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
from tests.support.groth16_toy import R, ToyKey, ToyProof, outside_subgroup

PER_ITEM_GOAL = 70_000  # at eight proofs of two signals
PAIRING_LIMIT, PAIRING_LIMIT_PER_PAIR, MUL_LIMIT, ADD_LIMIT = 67_500, 51_000, 9_000, 600


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.Groth16Verifier)


@pytest.fixture(scope="module")
def key(verifier: Any, accounts: Any) -> bytes:
    return register(verifier, accounts, TOY)


def test_verify_many__less_gas_than_every_call_needs__reverts_gas_short(verifier: Any, key: bytes) -> None:
    data = batch_calldata(key, GOOD[:4])
    web3 = ape.networks.active_provider.web3
    with pytest.raises(ContractCustomError) as refusal:
        web3.eth.call({"to": verifier.address, "data": data, "gas": intrinsic_gas(data) + 500_000})
    assert str(refusal.value.data).startswith(GAS_SHORT)
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(str(refusal.value.data)[10:]))
    assert 490_000 < left < 500_000 < needed
    assert verifier.gasFloorMany(key, 4) > needed * 64 // 63


BAD_B = (SIGNALS[0], MALFORMED["B outside the subgroup"])
BAD_A = (SIGNALS[0], MALFORMED["A off the curve"])
BATCHES: dict[str, tuple[list[Item], bool]] = {
    "one": (GOOD[:1], True),
    "eight": ((GOOD * 2)[:8], True),
    "wrong": ([*GOOD[1:4], (SIGNALS[0], MALFORMED["C negated"])], False),
    "pairing fails": ([*GOOD[1:4], BAD_B], False),
    "multiplication fails": ([GOOD[1], BAD_A, *GOOD[2:4]], False),
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


@pytest.mark.parametrize("name", BATCHES)
def test_verify_many__least_gas_that_is_let_in__suffices(verifier: Any, key: bytes, name: str) -> None:
    """The boundary to the unit: below it GasShort, from it on the truth."""
    items, truth = BATCHES[name]
    data = batch_calldata(key, items)
    least = least_gas(verifier.address, data, verifier.gasFloorMany(key, len(items)))
    assert [answer_within(verifier.address, data, least - 1 - back) for back in range(3)] == ["GasShort"] * 3
    assert {answer_within(verifier.address, data, least + more) for more in range(40)} == {truth}


LIMITS = {
    9_000: 6_000,
    67_500: 45_000,
    51_000: 34_000,
    118_500: 79_000,
    600: 150,
    10_400: 6_950,
    3_100: 2_650,
}
"""Every limit in the code, and sums with one, at today's prices: the reserves are all the slack."""


@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize(("signal_count", "count"), [(0, 1), (0, 128), (2, 8), (32, 32)])
def test_verify_many__prices_as_high_as_the_limits__least_gas_that_is_let_in_suffices(
    verifier: Any, accounts: Any, signal_count: int, count: int, bad: bool
) -> None:
    """Else a fork that raises a price up to our limit would starve the pairing: good proofs in doubt."""
    toy = ToyKey.make(signal_count, seed=12)
    key = register(verifier, accounts, toy)
    signals = tuple(range(signal_count))
    proof = toy.prove(signals)
    last = ToyProof(proof.a, outside_subgroup(), proof.c) if bad else proof
    data = batch_calldata(key, [*[(signals, proof.calldata)] * (count - 1), (signals, last.calldata)])
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = code
    for limit, price in LIMITS.items():
        lowered = lower_limit(lowered, limit, price)
    provider.set_code(verifier.address, lowered)
    try:
        least = least_gas(verifier.address, data, 9_000_000)
        assert {answer_within(verifier.address, data, least + more) for more in range(10)} == {not bad}
    finally:
        provider.set_code(verifier.address, code)


@pytest.mark.parametrize(("signal_count", "count"), [(0, 1), (2, 8), (2, 32), (32, 2), (32, 32)])
def test_gas_floor_many__caller_that_checked_it__never_meets_gas_short(
    verifier: Any, accounts: Any, signal_count: int, count: int
) -> None:
    """Through another contract, so that a 64th is held back on the way."""
    toy = ToyKey.make(signal_count, seed=2)
    key = register(verifier, accounts, toy)
    signals = tuple(R - 1 - i for i in range(signal_count))
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloorMany(key, count)
    items = [(signals, proof.calldata)] * count
    assert answer_within(caller, batch_calldata(key, items), floor) is True
    items[-1] = (signals, ToyProof(proof.a, outside_subgroup(), proof.c).calldata)
    assert answer_within(caller, batch_calldata(key, items), floor) is False


def test_gas_floor_many__more_proofs__is_far_below_that_many_single_ones(verifier: Any, key: bytes) -> None:
    floors = [verifier.gasFloorMany(key, count) for count in (1, 2, 4, 8, 16, 32)]
    assert floors == sorted(floors)
    assert floors[3] < 2 * verifier.gasFloor(key)
    assert floors[5] < 5 * verifier.gasFloor(key)


def test_verify_many__execution_gas__little_above_the_precompiles(
    verifier: Any, key: bytes, accounts: Any
) -> None:
    """n + 3 pairings; two multiplications and an addition a proof but the first, four and two for the key."""
    for count in (1, 2, 4, 8, 16, 32):
        data = batch_calldata(key, (GOOD * 6)[:count])
        used = execution_gas(verifier.address, data, accounts[0].address)
        precompiles = 45_000 + 34_000 * (count + 3) + 6_000 * (2 * count + 2) + 150 * (count + 1)
        assert 0 < used - precompiles <= 9_000 + 2_000 * count, count
        assert count != 8 or used <= 8 * PER_ITEM_GOAL


# Chains that differ


def asks_more(code: bytes, precompile: int) -> bytes:
    """The same as a fork that raises the price above our limit: limits below today's price."""
    if precompile == 7:
        return lower_limit(code, MUL_LIMIT, 5_999)
    if precompile == 6:
        return lower_limit(code, ADD_LIMIT, 149)
    code = lower_limit(code, PAIRING_LIMIT + PAIRING_LIMIT_PER_PAIR, 78_999)
    code = lower_limit(code, PAIRING_LIMIT, 30_000)
    return lower_limit(code, PAIRING_LIMIT_PER_PAIR, 33_999)


OFFERED = {6: (149, ADD_LIMIT), 7: (5_999, MUL_LIMIT), 8: (78_999, PAIRING_LIMIT + PAIRING_LIMIT_PER_PAIR)}


@pytest.mark.parametrize("precompile", [6, 7, 8])
@pytest.mark.parametrize("lacking", [False, True], ids=["dearer", "lacking"])
def test_verify_many__chain_that_cannot_check__reverts_and_refuses_nobody(
    verifier: Any, key: bytes, precompile: int, lacking: bool
) -> None:
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    changed = miss_precompile(code, precompile) if lacking else asks_more(code, precompile)
    provider.set_code(verifier.address, changed)
    try:
        for items in (GOOD[:2], [GOOD[1], BAD_B]):
            data = batch_calldata(key, items)
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call({"to": verifier.address, "data": data})
            raised = encode(["uint256", "uint256"], [precompile, OFFERED[precompile][lacking]]).hex()
            assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
    assert answer_within(verifier.address, batch_calldata(key, GOOD[:2]), 9_000_000) is True
