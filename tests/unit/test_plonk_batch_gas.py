"""Gas of PlonkVerifier.verifyMany: what a batch costs, and that no amount of it makes a false answer."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_abi import decode, encode
from web3.exceptions import ContractCustomError

from tests.support.code_patch import lower_limit, miss_precompile
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
)
from tests.support.groth16_toy import R
from tests.support.plonk_batch import GOOD, MALFORMED, SIGNALS, TOY
from tests.support.plonk_calls import malformed, register
from tests.support.plonk_toy import PlonkKey

PER_ITEM_GOAL = 105_500  # at eight proofs of two signals
LIMITS = {5: 6_100, 6: 600, 7: 9_000, 8: 169_500}
PRICES = {5: 1_349, 6: 150, 7: 6_000, 8: 113_000}


@pytest.fixture(scope="module")
def verifier(project: Any, accounts: Any) -> Any:
    return accounts[0].deploy(project.PlonkVerifier)


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
    assert 485_000 < left < 500_000 < needed
    assert verifier.gasFloorMany(key, 4) > needed * 64 // 63


WRONG = (SIGNALS[0], MALFORMED["wxi negated"])
BATCHES: dict[str, tuple[list[Item], bool]] = {
    "one": (GOOD[:1], True),
    "eight": ((GOOD * 2)[:8], True),
    "wrong": ([*GOOD[1:4], WRONG], False),
    "off the curve": ([GOOD[1], (SIGNALS[0], MALFORMED["t2 off the curve"]), *GOOD[2:4]], False),
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


ITEM_RESERVE, RESERVE = 20_000, 30_000
NEEDED = 20 * 9_600 + 6_100 + 169_500 + RESERVE
NEEDED_PER_ITEM = 11 * 9_600 + 6_100 + ITEM_RESERVE
"""Constants of the code: limits at their highest."""


@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize(("signal_count", "count"), [(0, 1), (0, 24), (2, 8), (32, 24)])
def test_verify_many__prices_as_high_as_the_limits__least_gas_that_is_let_in_suffices(
    verifier: Any, accounts: Any, signal_count: int, count: int, bad: bool
) -> None:
    """Else a fork that raises a price up to our limit would starve the pairing: reserves are the slack."""
    toy = PlonkKey.make(signal_count, 28, seed=12)
    key = register(verifier, accounts, toy)
    signals = tuple(range(signal_count))
    proof = toy.prove(signals)
    last = malformed(proof)["wxi negated"] if bad else proof.calldata
    data = batch_calldata(key, [*[(signals, proof.calldata)] * (count - 1), (signals, last)])
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    lowered = lower_limit(code, NEEDED, 20 * 6_150 + 1_349 + 113_000 + RESERVE)
    lowered = lower_limit(lowered, NEEDED_PER_ITEM, 11 * 6_150 + 1_349 + ITEM_RESERVE)
    for precompile, limit in LIMITS.items():
        lowered = lower_limit(lowered, limit, PRICES[precompile])
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
    toy = PlonkKey.make(signal_count, 28, seed=2)
    key = register(verifier, accounts, toy)
    signals = tuple(R - 1 - i for i in range(signal_count))
    proof = toy.prove(signals)
    caller = "0x" + "10" * 20
    ape.networks.active_provider.set_code(caller, forwarder_to(verifier.address))
    floor = verifier.gasFloorMany(key, count)
    items = [(signals, proof.calldata)] * count
    assert answer_within(caller, batch_calldata(key, items), floor) is True
    items[-1] = (signals, malformed(proof)["wxi negated"])
    assert answer_within(caller, batch_calldata(key, items), floor) is False


def test_gas_floor_many__more_proofs__is_far_below_that_many_single_ones(verifier: Any, key: bytes) -> None:
    floors = [verifier.gasFloorMany(key, count) for count in (1, 2, 4, 8, 16, 32)]
    assert floors == sorted(floors)
    assert floors[3] < 4 * verifier.gasFloor(key)
    assert floors[5] < 12 * verifier.gasFloor(key)


def test_verify_many__execution_gas__little_above_the_precompiles(
    verifier: Any, key: bytes, accounts: Any
) -> None:
    """Eleven points a proof and nine of the key; what counts once, of the first proof, is not multiplied."""
    for count in (1, 2, 4, 8, 16, 32):
        data = batch_calldata(key, (GOOD * 6)[:count])
        used = execution_gas(verifier.address, data, accounts[0].address)
        multiplications = 11 * count + 9 - (2 if count == 1 else 1)
        precompiles = 113_000 + 6_000 * multiplications + 150 * (11 * count + 9) + 1_349 * count
        assert 0 < used - precompiles <= 17_000 + 15_000 * count, count
        assert count != 8 or used <= 8 * PER_ITEM_GOAL


@pytest.mark.parametrize("precompile", LIMITS)
@pytest.mark.parametrize("lacking", [False, True], ids=["dearer", "lacking"])
def test_verify_many__chain_that_cannot_check__reverts_and_refuses_nobody(
    verifier: Any, key: bytes, precompile: int, lacking: bool
) -> None:
    provider = ape.networks.active_provider
    code = bytes(provider.get_code(verifier.address))
    limit, offered = LIMITS[precompile], PRICES[precompile] - 1
    changed = miss_precompile(code, precompile) if lacking else lower_limit(code, limit, offered)
    provider.set_code(verifier.address, changed)
    try:
        for items in (GOOD[:2], [GOOD[1], WRONG]):
            data = batch_calldata(key, items)
            with pytest.raises(ContractCustomError) as refusal:
                provider.web3.eth.call({"to": verifier.address, "data": data, "gas": 3_000_000})
            raised = encode(["uint256", "uint256"], [precompile, limit if lacking else offered]).hex()
            assert refusal.value.data == PRECOMPILE_FAILED + raised
    finally:
        provider.set_code(verifier.address, code)
    assert answer_within(verifier.address, batch_calldata(key, GOOD[:2]), 9_000_000) is True
