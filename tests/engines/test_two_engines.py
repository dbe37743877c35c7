"""Both engines give the same result, error, logs and gas for the same calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import pytest

from audit.rpc.methods import VERSION
from tests.engines.pair import RETURN_MEMORY, Pair, creation
from tests.stateful.history import lived_in
from tests.stateful.tour import tour
from tests.stateful.world import World
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import GAS_LIMIT, Call, Mismatch, Outcome, RpcError, compiled
from tests.support.rpc_chain import AnvilChain

RNG: Final = random.Random("two engines")
SENDER_PLACE: Final = 3
SEEN: Final = {
    "ADDRESS": "30", "BALANCE of the sender": "3331", "ORIGIN": "32", "CALLER": "33", "CALLVALUE": "34",
    "CODESIZE": "38", "GASPRICE": "3a", "TIMESTAMP": "42", "CHAINID": "46",
    "SELFBALANCE": "47", "BASEFEE": "48", "GAS": "5a", "MSIZE": "59", "EXTCODEHASH of itself": "303f",
    "EXTCODEHASH of nobody": "60ff3f", "EXTCODESIZE of itself": "303b", "BLOBBASEFEE": "4a",
}  # fmt: skip
"""Code that leaves on the stack what a contract can see."""
CONSTANTS: Final = [bytes([0x60, value]) for value in (0, 1, 2, 3, 5, 32, 64)] + [
    bytes.fromhex("610100"),
    bytes.fromhex("7f" + "ff" * 32),
]
# Without what differs by design: a block's hash, proposer, randomness and gas limit; and its number, since
# this anvil gives the first simulated block the number of the last real one.
PLAIN: Final = [
    *range(0x01, 0x0C), *range(0x10, 0x1E), 0x20, *range(0x30, 0x40), 0x42, *range(0x46, 0x4B),
    *range(0x50, 0x5F), *range(0x80, 0xA5), 0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFA, 0xFF, 0x0C, 0x1E, 0xFE,
]  # fmt: skip


def test_seen__by_a_contract__is_the_same(pair: Pair) -> None:
    for number, (what, code) in enumerate(SEEN.items()):
        place = pair.put(number, f"{code}600052{RETURN_MEMORY}")
        calls = [
            Call(pair.anvil.accounts[SENDER_PLACE], place, b"", pair.anvil.now + 100 * step)
            for step in (1, 2)
        ]
        assert all(outcome.ok for outcome in pair.simulated(calls)), what
        results = [chain.call(place, b"", chain.accounts[SENDER_PLACE]) for chain in pair.both]
        assert results[0] == results[1], what


def test_engines__side_by_side__are_two(pair: Pair) -> None:
    """Not the same one twice: an anvil's requests can be answered by the engine in process too."""
    version = pair.anvil.rpc("web3_clientVersion")
    assert version.startswith("anvil/")
    assert version != VERSION


def test_number__of_the_last_block__is_the_same(pair: Pair) -> None:
    place = pair.put(99, "43600052" + RETURN_MEMORY)
    numbers = {int.from_bytes(chain.call(place, b"")) for chain in pair.both}
    assert numbers == {pair.evm.number} == {pair.anvil.number}
    [outcome] = pair.evm.simulate([Call(pair.evm.accounts[0], place, b"")])
    assert int.from_bytes(outcome.data) == pair.evm.number + 1


def test_random_code__two_thousand_programs__does_the_same(pair: Pair) -> None:
    """Random instructions over small constants: arithmetic, memory, storage, logs, calls, jumps."""
    sender, done = pair.anvil.accounts[SENDER_PLACE], Counter[bool]()
    for _ in range(40):
        places = [pair.put(1_000 + number, program().hex()) for number in range(50)]
        calls = [Call(sender, place, RNG.randbytes(RNG.randrange(80))) for place in places]
        done.update(outcome.ok for outcome in pair.simulated(calls, 200_000))
    assert min(done[True], done[False]) > 150


def program() -> bytes:
    """Some instructions, most of which find on the stack what they take."""
    parts = []
    for _ in range(RNG.randrange(1, 40)):
        code = RNG.choice(PLAIN)
        parts += [*RNG.choices(CONSTANTS, k=RNG.choice((1, 2, 2, 3, 3, 7))), bytes([code])]
    return b"".join(parts)


def test_gas__of_storage_touched_by_earlier_calls__is_that_of_a_new_transaction(pair: Pair) -> None:
    """Cold again, and with a new original value: set, set again, cleared with its refund, set."""
    place = pair.put(100, "600035600055")
    sender, words = pair.anvil.accounts[0], (5, 6, 6, 0, 0, 7)
    outcomes = pair.simulated([Call(sender, place, word.to_bytes(32)) for word in words])
    gas = [outcome.gas_used for outcome in outcomes]
    assert gas[0] > gas[1] > gas[2] > 23_000 > 21_000


def test_transactions__kept__leave_the_same(pair: Pair) -> None:
    owner = pair.anvil.accounts[0]
    made = pair.sent(owner, None, creation("6000356000556020600020600052600760206000a1"))
    assert made.contract
    for word in (1, 2, 0, 9):
        pair.sent(owner, made.contract, word.to_bytes(32), at=pair.evm.now + 7)
        assert len({chain.storage(made.contract, 0) for chain in pair.both}) == 1
    refused = pair.sent(owner, None, bytes.fromhex("60006000fd"))
    assert not refused.ok
    assert not pair.sent(owner, made.contract, (1).to_bytes(32), gas=25_000).ok
    assert pair.evm.number == pair.anvil.number
    assert [pair.evm.block_time(n) for n in range(1, pair.evm.number + 1)] == [
        pair.anvil.block_time(n) for n in range(1, pair.anvil.number + 1)
    ]
    assert pair.evm.code(made.contract) == pair.anvil.code(made.contract)
    assert pair.evm.balance(owner) == pair.anvil.balance(owner)


def test_deployer__keyless__makes_the_same_contract(pair: Pair) -> None:
    deployer = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    data = bytes(31) + b"\x01" + creation("602a600052" + RETURN_MEMORY)
    receipt = pair.sent(pair.anvil.accounts[0], deployer, data)
    assert receipt.ok
    [outcome] = pair.simulated([Call(pair.anvil.accounts[0], deployer, data[:-1] + b"\x00")])
    assert outcome.ok
    assert len(outcome.data) == 20


@pytest.mark.parametrize("word", [b"", b"\x01" * 36])
def test_call__that_reverts__raises_with_the_same_data(pair: Pair, word: bytes) -> None:
    place = pair.put(101, "3660006000373660" + "00fd")
    for chain in pair.both:
        with pytest.raises(RpcError) as caught:
            chain.call(place, word)
        assert caught.value.data == word


def test_gas__less_than_calldata_costs__is_refused_by_both(pair: Pair) -> None:
    for chain in pair.both:
        with pytest.raises(RpcError):
            chain.simulate([Call(chain.accounts[0], chain.accounts[1], b"\x01" * 100)], gas=21_500)


class Recorder(EvmChain):
    """A chain in this process that remembers what it was asked to run."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.asked: list[list[Call]] = []

    def simulate(self, calls: Sequence[Call], gas: int = GAS_LIMIT) -> list[Outcome]:
        self.asked.append(list(calls))
        return super().simulate(calls, gas)

    def replay(self, calls: Sequence[Call], *given: Any, **named: Any) -> Mismatch | None:
        self.asked.append(list(calls))
        return super().replay(calls, *given, **named)


def test_life__by_plan__does_the_same_on_both() -> None:
    """Every rule of the machine once or more: thousands of calls with result, error, gas and every log."""
    artifacts = compiled()
    with AnvilChain(account_count=60) as anvil, Recorder(account_count=60) as evm:
        theirs, ours = (lived_in(World(chain, artifacts, uses_market_time=True)) for chain in (anvil, evm))
        assert ours.roles == theirs.roles
        assert ours.at.market.address == theirs.at.market.address
        evm.asked.clear()
        tour(ours)
        lives, pair = evm.asked, Pair(anvil, evm)
        outcomes = [outcome for calls in list(lives) for outcome in pair.simulated(calls, GAS_LIMIT)]
    assert len(outcomes) > 5_000
    assert sum(not outcome.ok for outcome in outcomes) > 100
    assert sum(len(outcome.logs) for outcome in outcomes) > 1_000
