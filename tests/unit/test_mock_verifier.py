"""MockVerifier: the verifier of the market's tests does what they rely on."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import Web3RPCError

from tests.support.reverts import reverts

KEY = keccak(b"mock key")
SIGNALS = [1, 2**256 - 1]


def mock_proof(key: bytes, signals: list[int]) -> bytes:
    return keccak(encode(["bytes32", "uint256[]"], [key, signals]))


@pytest.fixture
def verifier(project: Any, accounts: Any) -> Any:
    verifier = accounts[0].deploy(project.MockVerifier)
    verifier.setSignalCount(KEY, len(SIGNALS), sender=accounts[0])
    return verifier


def test_verify__only_the_proof_of_these_signals__accepted(verifier: Any, accounts: Any) -> None:
    proof = mock_proof(KEY, SIGNALS)
    assert verifier.verify(KEY, SIGNALS, proof)
    assert not verifier.verify(KEY, [2, SIGNALS[1]], proof)
    assert not verifier.verify(KEY, SIGNALS, proof + b"\0")
    assert not verifier.verify(KEY, SIGNALS, b"")
    assert not verifier.verify(KEY, [1], mock_proof(KEY, [1]))
    verifier.setSignalCount(KEY, 0, sender=accounts[0])
    assert verifier.verify(KEY, [], mock_proof(KEY, []))


def test_every_view__unknown_key__reverts(verifier: Any) -> None:
    other = keccak(b"other key")
    for call in (
        lambda: verifier.verify(other, [], mock_proof(other, [])),
        lambda: verifier.signalCount(other),
        lambda: verifier.gasFloor(other),
        lambda: verifier.gasFloorMany(other, 1),
        lambda: verifier.verifyMany(other, [[]], [mock_proof(other, [])]),
    ):
        with reverts(verifier.UnknownKey, key=other):
            call()


def test_views__known_key(verifier: Any) -> None:
    assert verifier.system() == "mock"
    assert verifier.signalCount(KEY) == len(SIGNALS)
    assert 0 < verifier.gasFloor(KEY) <= 100_000
    assert verifier.gasFloorMany(KEY, 3) == 3 * verifier.gasFloor(KEY)


def test_verify_many__all_good__accepted_and_else_refused(verifier: Any) -> None:
    others = [3, 4]
    good, other = mock_proof(KEY, SIGNALS), mock_proof(KEY, others)
    assert verifier.verifyMany(KEY, [SIGNALS], [good])
    assert verifier.verifyMany(KEY, [SIGNALS, others], [good, other])
    assert not verifier.verifyMany(KEY, [SIGNALS, others], [other, good])
    assert not verifier.verifyMany(KEY, [SIGNALS, others], [good, b""])
    assert not verifier.verifyMany(KEY, [SIGNALS, others], [good])
    assert not verifier.verifyMany(KEY, [SIGNALS], [good, other])
    assert not verifier.verifyMany(KEY, [], [])


@pytest.mark.parametrize("neighbours", [None, 0, 1])
def test_verify__asked_to_misbehave__does(verifier: Any, neighbours: int | None) -> None:
    """Alone, and in a batch behind so many good proofs."""
    web3 = ape.networks.active_provider.web3
    good = mock_proof(KEY, SIGNALS)

    def call(proof: bytes) -> tuple[Any, tuple[Any, ...]]:
        if neighbours is None:
            return verifier.verify, (KEY, SIGNALS, proof)
        return verifier.verifyMany, (KEY, [SIGNALS] * (neighbours + 1), [*[good] * neighbours, proof])

    def answer(proof: bytes) -> bytes:
        method, arguments = call(proof)
        data = method.encode_input(*arguments)
        return bytes(web3.eth.call({"to": verifier.address, "data": data, "gas": 1_000_000}))

    method, arguments = call(b"revert")
    with reverts(verifier.AskedToRevert):
        method(*arguments)
    with pytest.raises(Web3RPCError, match="InvalidFEOpcode"):
        answer(b"burn")
    assert answer(b"malformed") == (2).to_bytes(32, "big")
    assert answer(b"empty") == b""
