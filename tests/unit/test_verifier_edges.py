"""What holds for every verifier at its edges: too little gas, what lies behind calldata, the key's hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from eth_utils import keccak

from tests.support import fflonk_calls, groth16_batch, plonk_batch
from tests.support.fflonk_toy import FflonkKey, encoded
from tests.support.groth16_calls import GAS_SHORT, Item, batch_calldata
from tests.support.groth16_toy import R, words
from tests.support.plonk_toy import VALUES, PlonkKey
from tests.support.rawchain import Chain, Contract, compiled

REFUSED: Final = bytes.fromhex(GAS_SHORT[2:])
CALLER: Final = "0x" + "ca" * 20
JUNK: Final = b"\xff" * 4096
"""Words above every modulus."""
SYSTEMS: Final = {"groth16": groth16_batch, "plonk": plonk_batch, "fflonk": fflonk_calls}
GROTH16: Final = groth16_batch.TOY
TOYS: Final[dict[str, Any]] = {"groth16": GROTH16, "plonk": plonk_batch.TOY, "fflonk": fflonk_calls.KEY}
KEYS: Final[dict[str, Any]] = {
    "groth16": GROTH16.public.abi,
    "plonk": plonk_batch.TOY.abi,
    "fflonk": fflonk_calls.KEY.public.abi,
}


@dataclass(frozen=True, slots=True)
class Verifier:
    """A verifier with a key, and good items for that."""

    contract: Contract
    key: bytes
    toy: Any
    good: list[Item]

    def one(self, item: Item) -> bytes:
        """Calldata of ``verify``."""
        return self.contract.data("verify", self.key, list(item[0]), item[1])

    def many(self, items: list[Item]) -> bytes:
        """Calldata of ``verifyMany``."""
        return batch_calldata(self.key, items)

    def says(self, data: bytes) -> bool:
        """Its answer."""
        return bool(int.from_bytes(self.contract.chain.call(self.contract.address, data), "big"))


@pytest.fixture(scope="module", params=SYSTEMS)
def verifier(request: pytest.FixtureRequest, raw_chain: Chain) -> Iterator[Verifier]:
    """Each system's verifier with its toy key registered."""
    system = request.param
    contract = raw_chain.deploy(compiled()[f"{system.capitalize()}Verifier"])
    before = raw_chain.snapshot()
    contract.send(raw_chain.accounts[0], "registerKey", KEYS[system])
    yield Verifier(contract, contract.read("keyOf", KEYS[system]), TOYS[system], SYSTEMS[system].GOOD)
    raw_chain.revert(before)


# Gas


def calls(verifier: Verifier) -> list[bytes]:
    """A good proof alone, and in a batch."""
    return [verifier.one(verifier.good[0]), verifier.many(verifier.good[:3])]


@pytest.mark.parametrize("place", [0, 1], ids=["verify", "verifyMany"])
def test_gas_short__caller_that_gives_a_third__is_told_so(verifier: Verifier, place: int) -> None:
    """Told by name: running out instead would look like any other failure to a caller."""
    chain, address = verifier.contract.chain, verifier.contract.address
    # Passes its calldata on with 100,000 gas; returns whether that succeeded and the error's first bytes.
    code = (
        "365f5f37" + "5f5f365f73" + address[2:] + "63000186a0fa" + "5f525f602052" + "3d5f60203e" + "60245ff3"
    )
    chain.set_code(CALLER, bytes.fromhex(code))
    assert chain.call(CALLER, calls(verifier)[place]) == bytes(32) + REFUSED


# Calldata


def test_verify__words_behind_the_calldata__change_nothing(verifier: Verifier) -> None:
    """Nothing is read that was not said to be there."""
    for data in calls(verifier):
        assert verifier.says(data) is True
        assert verifier.says(data + JUNK) is True


def test_verify__signals_behind_the_proof__mean_the_same(verifier: Verifier) -> None:
    """An encoding that nobody writes, but that anybody can: what follows the signals is no proof then."""
    signals, proof = verifier.good[0]
    head = keccak(b"verify(bytes32,uint256[],bytes)")[:4] + verifier.key
    tail = words([len(proof)]) + proof
    data = head + words([96 + len(tail), 96]) + tail + words([len(signals), *signals])
    for behind in (b"", JUNK):
        assert verifier.says(data + behind) is True
        wrong = data[:-1] + bytes([data[-1] ^ 1])
        assert verifier.says(wrong + behind) is False


@pytest.mark.parametrize("place", [0, 1])
def test_verify__signal_of_zero_written_as_the_field_modulus__refused(verifier: Verifier, place: int) -> None:
    """The least number that is too large: one proof would serve two statements. Also proven as it stands."""
    aliased = tuple(R if i == place else 0 for i in range(2))
    for proven in ((0, 0), aliased):
        proof = verifier.toy.prove(proven).calldata
        assert verifier.says(verifier.one(((0, 0), proof))) is (proven == (0, 0) or verifier.toy is GROTH16)
        assert verifier.says(verifier.one((aliased, proof))) is False
        for items in ([(aliased, proof)], [verifier.good[0], (aliased, proof)]):
            assert verifier.says(verifier.many(items)) is False


def test_plonk_verify__value_of_zero_written_as_the_field_modulus__refused(raw_chain: Chain) -> None:
    """Proven as it stands, so that nothing but its size is wrong with it."""
    toy = plonk_batch.TOY
    contract = raw_chain.deploy(compiled()["PlonkVerifier"])
    contract.send(raw_chain.accounts[0], "registerKey", toy.abi)
    verifier = Verifier(contract, contract.read("keyOf", toy.abi), toy, plonk_batch.GOOD)
    signals = plonk_batch.SIGNALS[0]
    for name in VALUES:
        for value in (0, R):
            proof = toy.opened(signals, replace(plonk_batch.PROOFS[0], **{name: value}))
            assert toy.error(signals, proof) == 0
            assert verifier.says(verifier.one((signals, proof.calldata))) is (value == 0), name


# A batch's coefficients


@pytest.mark.parametrize("system", ["plonk", "fflonk"])
def test_verify_many__key_made_to_fit_after_the_coefficients__refused(raw_chain: Chain, system: str) -> None:
    """The secret enters no transcript: were the key not hashed, it could be chosen for two wrong proofs."""
    toy, items = FITTED[system]()
    contract = raw_chain.deploy(compiled()[f"{system.capitalize()}Verifier"])
    abi = toy.abi if isinstance(toy, PlonkKey) else toy.public.abi
    contract.send(raw_chain.accounts[0], "registerKey", abi)
    verifier = Verifier(contract, contract.read("keyOf", abi), toy, items)
    good = [(signals, toy.prove(signals).calldata) for signals, _ in items]
    assert verifier.says(verifier.many(good)) is True
    assert verifier.says(verifier.many(items)) is False


def fitted_plonk() -> tuple[PlonkKey, list[Item]]:
    """A secret for which two wrong proofs cancel under coefficients of all but the key."""
    toy, signals = plonk_batch.TOY, plonk_batch.SIGNALS[:2]
    proofs = [replace(proof, wxi=proof.wxi + 1) for proof in plonk_batch.PROOFS[:2]]
    items = [(s, proof.calldata) for s, proof in zip(signals, proofs, strict=True)]
    r = hashed(keccak(bytes(32) + b"".join(words(s) + proof for s, proof in items)))

    def missed(tau: int) -> int:
        errors = [toy.having(tau=tau).error(s, proof) for s, proof in zip(signals, proofs, strict=True)]
        return (errors[0] + r * errors[1]) % R

    fitting = toy.having(tau=root_of(missed))
    assert 0 not in [fitting.error(s, proof) for s, proof in zip(signals, proofs, strict=True)]
    return fitting, items


def fitted_fflonk() -> tuple[FflonkKey, list[Item]]:
    """The same for FFLONK, whose items are hashed one upon the other."""
    toy, signals = fflonk_calls.KEY, fflonk_calls.SIGNALS[:2]
    made = [toy.exponents(s) for s in signals]
    proofs = [replace(proof, w2=proof.w2 + 1) for proof, _ in made]
    equations = [equation for _, equation in made]
    items = [(p.signals, encoded(p, e).calldata) for p, e in zip(proofs, equations, strict=True)]
    seed = bytes(32)
    for s, proof in items:
        seed = keccak(seed + words(s) + proof)
    r = hashed(seed)

    def missed(x: int) -> int:
        errors = [e.error(toy.having(x=x), p) for p, e in zip(proofs, equations, strict=True)]
        return (errors[0] + r * errors[1]) % R

    fitting = toy.having(x=root_of(missed))
    assert 0 not in [e.error(fitting, p) for p, e in zip(proofs, equations, strict=True)]
    return fitting, items


FITTED: Final = {"plonk": fitted_plonk, "fflonk": fitted_fflonk}


def hashed(seed: bytes) -> int:
    """The second coefficient of a batch."""
    return int.from_bytes(keccak(seed + words([1])), "big") % R


def root_of(line: Callable[[int], int]) -> int:
    """Where a linear function is zero."""
    start = line(0)
    root = start * pow(start - line(1), -1, R) % R
    assert line(root) == 0
    return root
