"""Proofs that are none, for the prover core's verifier and the contract's: both must refuse every one.

Each attempt is a good proof spoilt (``mutations``), one forged with the secret of its key (``systems``),
a good one in other randomness, or a batch with one bad proof in it. Both verifiers must say the same, the
contract must never revert, and only good proofs and their re-randomisations may be accepted, which earn
nothing: a task is paid once (tests/attacks/test_proofs.py).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from eth_utils.crypto import keccak

from audit._evm import Evm
from audit.fuzz.mutations import MUTATIONS, words_of
from audit.fuzz.systems import SYSTEMS, Item, System
from audit.solidity.compile import build
from audit.solidity.server import Compiler
from audit.solidity.sources import project_sources
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import artifact
from zkpool_sdk import _native

VERIFY: Final = keccak(b"verify(bytes32,uint256[],bytes)")[:4]
VERIFY_MANY: Final = keccak(b"verifyMany(bytes32,uint256[][],bytes[])")[:4]
CALLER: Final = "0x" + "11" * 20
ACCEPTED: Final = frozenset({"untouched", "re-randomised", "batch, all good"})
"""Attempts that both verifiers accept."""
BATCHES: Final = 0.03
FORGED: Final = 0.12
GOOD: Final = 0.02


@dataclass
class Tally:
    """What came of the attempts on one system.

    Attributes:
        wrong: attempts with a verdict that they must not have; how they can be made again.
    """

    system: str
    attempts: int = 0
    accepted: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Pair:
    """The two verifiers of a system, under the same key."""

    def __init__(self, system: System, chain: EvmChain, address: str, key: bytes) -> None:
        self.system, self.evm, self.address, self.key = system, chain.evm, address, key

    def verdicts(self, item: Item) -> tuple[bool, bool | None]:
        """What core and contract say of a proof; the contract's is ``None`` if it reverts."""
        try:
            native = _native.verify(self.system.native_key, item[0], item[1])
        except (_native.NativeFormatError, _native.SignalCountError):
            native = False  # another length, another number of signals
        return native, answer_of(self.evm, self.address, single(self.key, item))

    def batch_verdicts(self, items: Sequence[Item]) -> tuple[bool, bool | None]:
        """What both say of a batch."""
        try:
            native = _native.verify_batch(self.system.native_key, items)
        except (_native.NativeFormatError, _native.SignalCountError):
            native = False
        return native, answer_of(self.evm, self.address, many(self.key, items))


def attack(pair: Pair, count: int, seed: int, seconds: float) -> Tally:
    """Tries a number of proofs, or as many as the time allows."""
    tally = Tally(pair.system.name)
    started = time.monotonic()
    for number, (kind, items, is_batch) in enumerate(attempts(pair.system, seed)):
        if number == count or time.monotonic() - started > seconds:
            break
        native, contract = pair.batch_verdicts(items) if is_batch else pair.verdicts(items[0])
        tally.attempts += 1
        tally.kinds[kind] += 1
        tally.accepted += native
        if not native == contract == (kind in ACCEPTED):
            shown = "; ".join(f"signals {item[0]}, proof {item[1].hex()}" for item in items)
            tally.wrong.append(f"{kind}, number {number}: core {native}, contract {contract}: {shown}")
    tally.seconds = time.monotonic() - started
    return tally


def attempts(system: System, seed: int) -> Iterator[tuple[str, list[Item], bool]]:
    """Attempts without end: what was done, the proofs, and whether they are a batch.

    The good ones come first: a verifier that refuses whatever it is given is found however short the time.
    """
    yield "batch, all good", list(system.items), True
    yield from (("untouched", [item], False) for item in system.items)
    rng = random.Random(f"{system.name} {seed}")
    good = set(system.items)
    while True:
        lot = rng.random()
        if lot < BATCHES:
            kind, bad = spoilt(system, good, rng)
            batch = [rng.choice(system.items) for _ in range(rng.randrange(1, 5))]
            if lot < BATCHES / 4:
                yield "batch, all good", batch, True
            else:
                batch.insert(rng.randrange(len(batch) + 1), bad)
                yield f"batch, one {kind}", batch, True
        elif lot < BATCHES + GOOD:
            if system.rerandomise is not None and rng.random() < 0.8:
                yield "re-randomised", [system.rerandomise(rng)], False
            else:
                yield "untouched", [rng.choice(system.items)], False
        else:
            kind, bad = spoilt(system, good, rng)
            yield kind, [bad], False


def spoilt(system: System, good: set[Item], rng: random.Random) -> tuple[str, Item]:
    """A proof that is none, and what made it so."""
    while True:
        if rng.random() < FORGED:
            kind, item = "forged", system.forge(rng)
        else:
            names = rng.choices(list(MUTATIONS), k=1 + (rng.random() < 0.25))
            kind, item = " and ".join(sorted(names)), rng.choice(system.items)
            for name in names:
                if len(item[0]) == system.signal_count and len(item[1]) == 32 * len(system.moduli):
                    item = MUTATIONS[name](system, item, rng)
        if item not in good:
            return kind, item


def pairs(seed: int) -> list[Pair]:
    """Every system with its verifiers, on one chain in this process."""
    systems = [make(seed) for make in SYSTEMS.values()]
    sources = project_sources()
    places = {system.contract: f"contracts/verifiers/{system.contract}.sol" for system in systems}
    with Compiler() as compiler:
        made = build(compiler, sources, [(source, name) for name, source in places.items()])
    chain = EvmChain()
    found = []
    for system in systems:
        compiled = made[system.contract]
        contract = chain.deploy(artifact(system.contract, compiled["abi"], compiled["bytecode"]))
        contract.send(chain.accounts[0], "registerKey", system.abi_key)
        key = contract.read("keyOf", system.abi_key)
        found.append(Pair(system, chain, contract.address, bytes(key)))
    return found


def answer_of(evm: Evm, address: str, data: bytes) -> bool | None:
    """The boolean a view returns; ``None`` if it reverts or returns anything else."""
    result = evm.call(CALLER, address, data)
    if not result.ok or len(result.data) != 32 or result.data[:31] != bytes(31) or result.data[31] > 1:
        return None
    return result.data[31] == 1


def single(key: bytes, item: Item) -> bytes:
    """Calldata of ``verify``."""
    signals = words_of(len(item[0]), *item[0])
    return VERIFY + key + words_of(96, 96 + len(signals)) + signals + dynamic(item[1])


def many(key: bytes, items: Sequence[Item]) -> bytes:
    """Calldata of ``verifyMany``."""
    signals = listed([words_of(len(item[0]), *item[0]) for item in items])
    proofs = listed([dynamic(item[1]) for item in items])
    return VERIFY_MANY + key + words_of(96, 96 + len(signals)) + signals + proofs


def dynamic(content: bytes) -> bytes:
    """Bytes as the ABI has them: length, content, zeros up to a word."""
    return words_of(len(content)) + content + bytes(-len(content) % 32)


def listed(parts: Sequence[bytes]) -> bytes:
    """A list of dynamic parts as the ABI has it."""
    offsets, at = [], 32 * len(parts)
    for part in parts:
        offsets.append(at)
        at += len(part)
    return words_of(len(parts), *offsets) + b"".join(parts)
