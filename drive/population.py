"""Who takes part: accounts with keys that are not lost, tokens, ether, and a character each."""

from __future__ import annotations

import json
import os
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eth_utils.crypto import keccak

from zkpool_sdk.chain import Account, Contracts, LocalSigner
from zkpool_sdk.chain.errors import KeyUnusable
from zkpool_sdk.clients import Keeper, Project, Prover, Requester
from zkpool_sdk.clients.prover import key_of
from zkpool_sdk.models import QueueId, TaskId, Terms
from zkpool_sdk.proving import Circuit, InsecureKeyWarning, Ump, load_circuit, rollup
from zkpool_sdk.proving.eddsa import SigningKey
from zkpool_sdk.units import Seconds, Wei, zk

CIRCUIT: Final = "rollup"
TERMS: Final = Terms(Seconds(900), Seconds(1200), Wei(0), 1)
ROLLUP_ID: Final = 7
STAKE_LIMITS_ZK: Final = (34, 90)
REQUESTER_TOKENS: Final = zk(150)
ACCOUNT_BALANCE: Final = 10**9


@dataclass(frozen=True, slots=True)
class Character:
    """How a prover behaves: every how many tasks it misses one, or hands in a copied proof; 0 is never."""

    name: str
    misses_every: int = 0
    cheats_every: int = 0


CHARACTERS: Final = (
    Character("diligent"),
    Character("careless", misses_every=2),
    Character("cheating", cheats_every=2),
)
"""Provers take these in turn."""


@dataclass(slots=True)
class Worker:
    """A prover with its character, and the tasks it has decided on so far."""

    client: Prover
    character: Character
    tasks: set[TaskId] = field(default_factory=set)

    def takes_up(self, task: TaskId) -> str:
        """What it does with a task: ``"prove"``, ``"miss"``, ``"cheat"``; ``""`` if it has decided before."""
        if task in self.tasks:
            return ""
        self.tasks.add(task)
        for what, every in (("miss", self.character.misses_every), ("cheat", self.character.cheats_every)):
            if every and len(self.tasks) % every == 0:
                return what
        return "prove"


class Batches:
    """Batches of a rollup, each from the state that the one before it left."""

    def __init__(self, seed: int) -> None:
        self._keys = [SigningKey.generate(keccak(text=f"zkpool drive {seed} {name}")) for name in "ab"]
        accounts = {n: rollup.Account(key.public, ACCOUNT_BALANCE) for n, key in enumerate(self._keys)}
        self._state = rollup.State(accounts)
        self._nonce = 0

    def next(self, amount: int) -> rollup.Batch:
        """The next batch: ``amount`` there and a unit back."""
        there = rollup.sign_transfer(self._keys[0], ROLLUP_ID, 0, 1, amount, self._nonce)
        back = rollup.sign_transfer(self._keys[1], ROLLUP_ID, 1, 0, 1, self._nonce)
        batch = rollup.build_batch(ROLLUP_ID, self._state, [there, back])
        self._state, self._nonce = batch.state, self._nonce + 1
        return batch


class Keys:
    """Keys of the population: from the seed on a development chain, elsewhere from a file that keeps them.

    Args:
        seed: of the run.
        file: where keys of a live chain are kept, mode 0600; ``None`` takes them from the seed, where anybody
            who knows the seed can take the money.
    """

    def __init__(self, seed: int, file: Path | None) -> None:
        self._seed = seed
        self._file = file

    def signer(self, role: str) -> LocalSigner:
        """The signer of a role, the same each time."""
        if self._file is None:
            return LocalSigner.from_key(keccak(text=f"zkpool drive {self._seed} {role}"), "the seed")
        kept: dict[str, str] = {}
        if self._file.exists():
            if self._file.stat().st_mode & 0o077:
                raise KeyUnusable(str(self._file), f"others may read it; run: chmod 600 {self._file}")
            kept = json.loads(self._file.read_text())
        if role not in kept:
            kept[role] = os.urandom(32).hex()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial = self._file.with_name(f".{self._file.name}.{os.getpid()}")
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(kept, file)
            os.replace(partial, self._file)
        return LocalSigner.from_key(kept[role], str(self._file))


class Population:
    """Everybody who takes part, funded by the treasurer.

    Args:
        treasurer: the deployment as an account with tokens and ether sees it; it also runs the project.
        keys: where everybody's keys come from.
        rng: the run's randomness.
        prover_count, requester_count: how many.
        ether_wei: ether each account is given, where it has less than half of it.
        report: told what is set up.
    """

    def __init__(
        self,
        treasurer: Contracts,
        keys: Keys,
        rng: random.Random,
        *,
        prover_count: int,
        requester_count: int,
        ether_wei: int,
        report: Callable[[str], None],
    ) -> None:
        self._treasurer = treasurer
        self._keys = keys
        self._ether_wei = ether_wei
        self.ump: Final = Ump()
        self.circuit: Final[Circuit] = load_circuit(CIRCUIT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyWarning)
            self.queue: Final[QueueId] = self._open_queue(report)
            self.requesters = [
                Requester(self._someone(f"requester {number}", REQUESTER_TOKENS))
                for number in range(1, requester_count + 1)
            ]
            self.keeper = Keeper(self._someone("keeper"))
            self.workers = [
                self._worker(number, CHARACTERS[number % len(CHARACTERS)], zk(rng.randint(*STAKE_LIMITS_ZK)))
                for number in range(prover_count)
            ]
        report(
            f"{len(self.requesters)} requesters, a keeper, provers: "
            + ", ".join(worker.character.name for worker in self.workers)
        )

    def _open_queue(self, report: Callable[[str], None]) -> QueueId:
        """The circuit's open queue; a new one where there is none."""
        projects, key = self._treasurer.projects, key_of(self._treasurer, self.circuit)
        for number in range(1, projects.queue_count() + 1):
            found = projects.queue_of(number)
            if found.key == key and not found.closed:
                report(f"queue {number} of circuit {CIRCUIT} is open")
                return QueueId(number)
        project = Project(self._treasurer)
        queue = project.open_queue(
            project.register("https://example.org/drive"), self.circuit, TERMS, ump=self.ump
        )
        report(f"queue {queue} of circuit {CIRCUIT} opened")
        return queue

    def _someone(self, role: str, tokens_wei: int = 0) -> Contracts:
        """An account of a role, with what it lacks sent by the treasurer."""
        payer = Project(self._treasurer).account
        account = Account(self._treasurer.connection, self._keys.signer(role), payer.policy)
        if account.balance_wei < self._ether_wei // 2:
            payer.transfer_ether(account.address, self._ether_wei - account.balance_wei)
        held = self._treasurer.token.balance_of(account.address)
        if held < tokens_wei:
            self._treasurer.token.transfer(account.address, tokens_wei - held)
        return self._treasurer.by(account)

    def _worker(self, number: int, character: Character, stake_wei: int) -> Worker:
        contracts = self._someone(f"prover {number}")
        prover = Prover(contracts, self.ump)
        lacking = stake_wei - prover.stake_state().own_wei
        if lacking > 0:
            self._treasurer.token.transfer(prover.address, lacking)
            prover.stake(lacking)
        prover.register(f"https://example.org/prover/{number}")
        seats = contracts.provers.seats_of(self.queue)
        if prover.id in [seat.prover for seat in seats]:
            prover.serve(self.queue, self.circuit)
        else:
            prover.join(self.queue, self.circuit, capacity=4)
        return Worker(prover, character)
