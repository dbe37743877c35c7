"""What the engine in this process does beyond what an anvil does: cheap snapshots, checks, probes, dumps."""

from __future__ import annotations

import pickle
import time

import pytest

from audit._evm import Evm, Refusal, Scenario
from tests.engines.pair import RETURN_MEMORY, Pair, creation
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import Call, Expectation, Mismatch, log_bytes, raw_log

MAGIC = Evm.MAGIC << 128
KEEPS = "3615601b576000356000556020600020600052600760206000a1005b600054600052" + RETURN_MEMORY


def asks(number: int) -> str:
    """Code that returns the balance of an address."""
    return f"73{number:040x}31600052{RETURN_MEMORY}"


def keeper(chain: EvmChain) -> str:
    """A contract that keeps a word, tells it, and emits when it is given one."""
    place = "0x" + "5a" * 20
    chain.set_code(place, bytes.fromhex(KEEPS))
    return place


def test_snapshot__reverted__brings_everything_back(fresh: EvmChain) -> None:
    owner, other = fresh.accounts[:2]
    place = keeper(fresh)
    fresh.send(owner, place, (5).to_bytes(32))
    before, snapshot, taken = fresh.evm.dump(), fresh.snapshot(), fresh.number
    inner = None
    for word in (6, 0, 7):
        fresh.send(owner, place, word.to_bytes(32))
        inner = inner or fresh.snapshot()
    made = fresh.send(other, None, creation(KEEPS)).contract
    fresh.set_balance(other, 3)
    fresh.set_storage(place, 9, 9)
    fresh.set_code(other, b"\x00")
    assert made
    assert fresh.evm.dump() != before
    assert inner
    fresh.revert(inner)
    assert fresh.storage(place, 0) == 6
    fresh.revert(snapshot)
    assert fresh.evm.dump() == before
    assert (fresh.number, fresh.now) == (taken, fresh.evm.now)
    assert len(fresh.logs([place])) == 1
    assert not fresh.code(made)
    with pytest.raises(KeyError):
        fresh.evm.revert(snapshot[0])


def test_simulate__whatever_it_does__keeps_nothing(fresh: EvmChain) -> None:
    place, before = keeper(fresh), fresh.evm.dump()
    [done, told] = fresh.simulate(
        [Call(fresh.accounts[0], place, (5).to_bytes(32)), Call(fresh.accounts[1], place, b"")]
    )
    assert done.ok
    assert int.from_bytes(told.data) == 5
    assert fresh.evm.dump() == before


def test_simulate__time_not_after_the_block_before__is_refused(fresh: EvmChain) -> None:
    sender, to = fresh.accounts[:2]
    with pytest.raises(Refusal, match="call 1: block at"):
        fresh.evm.simulate([(sender, to, b"", fresh.now + 5), (sender, to, b"", fresh.now + 5)])
    with pytest.raises(Refusal):
        fresh.evm.transact(sender, to, b"", value=10**30)
    fresh.mine()
    with pytest.raises(Refusal):
        fresh.evm.mine(fresh.evm.now)


def test_replay__of_both_engines__finds_the_first_difference(pair: Pair) -> None:
    place = pair.put(300, KEEPS)
    sender = pair.anvil.accounts[0]
    calls = [Call(sender, place, (5).to_bytes(32)), Call(sender, place, b""), Call(sender, place, b"")]
    [kept, told, _] = pair.simulated(calls)
    logs = log_bytes(raw_log(log) for log in kept.logs)
    assert logs
    right = [Expectation(True, b"", logs), Expectation(True, told.data, b""), None]
    wrong = {
        "status": [Expectation(False, b""), *right[1:]],
        "data": [right[0], Expectation(True, bytes(32)), None],
        "logs": [Expectation(True, b"", b""), *right[1:]],
    }
    for chain in pair.both:
        assert chain.replay(calls, right) is None
        assert chain.replay(calls, [Expectation(None, None)] * 3) is None
        for kind, expected in wrong.items():
            found = chain.replay(calls, expected)
            assert isinstance(found, Mismatch)
            assert (found.kind, found.place) == (kind, 1 if kind == "data" else 0)
        assert chain.replay(calls, wrong["logs"], watched=[bytes.fromhex(sender[2:])]) is None


def test_replay__of_a_call_that_may_fail_mutely__takes_either(pair: Pair) -> None:
    mute, loud = pair.put(301, "60006000fd"), pair.put(302, "60206000fd")
    sender = pair.anvil.accounts[0]
    for chain in pair.both:
        for place, data, agrees in (
            (mute, bytes(32), True),
            (loud, bytes(32), True),
            (loud, b"other", False),
        ):
            found = chain.replay([Call(sender, place, b"")], [Expectation(False, data, None, True)])
            assert (found is None) == agrees
        assert chain.replay([Call(sender, mute, b"")], [Expectation(False, bytes(32))])


def test_scenario__read_once__runs_many_times(fresh: EvmChain) -> None:
    place = keeper(fresh)
    calls = [Call(fresh.accounts[0], place, (5).to_bytes(32), fresh.now + 1), Call(place, place, b"")]
    scenario = Scenario(calls, [b"", (5).to_bytes(32)])
    assert len(scenario) == 2
    assert [fresh.evm.replay(scenario) for _ in range(3)] == [None] * 3
    fresh.set_code(place, bytes.fromhex(asks(0)))
    found = fresh.evm.replay(scenario)
    assert found
    assert found[:2] == (0, "data")
    with pytest.raises(ValueError, match="2 calls, 1 expected"):
        Scenario(calls, [None])


def test_probe__asked__is_counted_and_answers_for_the_active_mutant(fresh: EvmChain) -> None:
    places = {}
    for number in (1, 7, 10**6, 2**63):
        places[number] = f"0x{(0xC0DE << 64) + number:040x}"
        fresh.set_code(places[number], bytes.fromhex(asks(MAGIC + number)))
    sender = fresh.accounts[0]
    for number, place in places.items():
        assert int.from_bytes(fresh.call(place, b"", sender)) == 0
        fresh.evm.active = number
        assert int.from_bytes(fresh.call(place, b"", sender)) == 1
        fresh.evm.active = 0
    assert fresh.evm.hits() == sorted(places)
    assert fresh.evm.counts() == [(number, 2) for number in sorted(places)]
    fresh.evm.clear_hits()
    assert fresh.evm.hits() == []


def test_probe__on_an_anvil__answers_alike_once_its_address_has_a_balance(pair: Pair) -> None:
    place, sender = pair.put(303, asks(MAGIC + 5)), pair.anvil.accounts[0]
    assert [int.from_bytes(chain.call(place, b"", sender)) for chain in pair.both] == [0, 0]
    pair.anvil.set_balance(f"0x{MAGIC + 5:040x}", 1)
    pair.evm.evm.active = 5
    assert [int.from_bytes(chain.call(place, b"", sender)) for chain in pair.both] == [1, 1]
    pair.anvil.set_balance(f"0x{MAGIC + 5:040x}", 0)
    pair.evm.evm.active = 0


@pytest.mark.parametrize("address", [MAGIC + 2**64, MAGIC - 1, MAGIC + (1 << 128), 1 << 159])
def test_balance__of_an_address_beside_the_probes__is_as_usual(pair: Pair, address: int) -> None:
    place, sender = pair.put(304, asks(address)), pair.anvil.accounts[0]
    for chain in pair.both:
        chain.set_balance(f"0x{address:040x}", 77)
    [outcome] = pair.simulated([Call(sender, place, b"")])
    assert int.from_bytes(outcome.data) == 77


def test_dump__of_a_chain__is_the_same_chain(fresh: EvmChain) -> None:
    place = keeper(fresh)
    fresh.send(fresh.accounts[0], place, (5).to_bytes(32))
    other = pickle.loads(pickle.dumps(fresh.evm))
    assert other.dump() == fresh.evm.dump() == fresh.evm.copy().dump()
    assert (other.number, other.now, other.chain_id) == (fresh.number, fresh.now, fresh.evm.chain_id)
    assert other.call(place, place, b"").data == (5).to_bytes(32)
    for broken in (b"", fresh.evm.dump()[:-1], fresh.evm.dump() + b"\x00", b"zkpool evm 1"):
        with pytest.raises(ValueError, match="no dump"):
            Evm.load(broken)


def test_code__larger_than_the_limit__is_taken_if_asked(fresh: EvmChain) -> None:
    data = creation("00" * 0x7000)
    assert not fresh.send(fresh.accounts[0], None, data).ok
    fresh.evm.unlimited_code = True
    receipt = fresh.send(fresh.accounts[0], None, data)
    assert receipt.contract
    assert len(fresh.code(receipt.contract)) == 0x7000


def test_scenario__of_many_calls__takes_little_time(fresh: EvmChain) -> None:
    """A plain transfer of nothing takes microseconds; ten thousand on a loaded machine two seconds."""
    calls = [Call(fresh.accounts[0], fresh.accounts[1], b"")] * 10_000
    started = time.process_time()
    assert fresh.replay(calls, [None] * len(calls)) is None
    assert time.process_time() - started < 2
