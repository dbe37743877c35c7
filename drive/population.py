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
from zkpool_sdk.clients import Accelerator, AssignedTask, Delegator, Keeper, Project, Prover, Requester
from zkpool_sdk.clients.keys import key_of
from zkpool_sdk.models import AcceleratorId, QueueId, TaskId, Terms
from zkpool_sdk.proving import Circuit, InsecureKeyWarning, Ump, load_circuit, rollup
from zkpool_sdk.proving.eddsa import SigningKey
from zkpool_sdk.units import Seconds, Wei, zk

CIRCUIT: Final = "rollup"
TERMS: Final = Terms(Seconds(900), Seconds(1200), Wei(0), 1)
ROLLUP_ID: Final = 7
STAKE_LIMITS_ZK: Final = (34, 90)
REQUESTER_TOKENS: Final = zk(150)
DEPOSIT: Final = zk(200)
"""What the delegator supplies to the pool."""
FEE_TOKENS: Final = zk(2)
"""What a prover without stake holds, for the returnable fee of its loan."""
ACCELERATOR_BPS: Final = 500
ACCOUNT_BALANCE: Final = 10**9


@dataclass(frozen=True, slots=True)
class Character:
    """How a prover behaves.

    Attributes:
        name: what it is called.
        misses_every, cheats_every, declines_every, lags_every: every how many tasks it misses one, hands in a
            copied proof, gives it back, or proves it in the grace only; 0 is never.
        borrows: works with stake that the pool lends.
        remote: submits by a hot key, from a machine that holds no money.
        rescues_every: every how many open tasks it takes one that others left; 0 is never.
    """

    name: str
    misses_every: int = 0
    cheats_every: int = 0
    declines_every: int = 0
    lags_every: int = 0
    borrows: bool = False
    remote: bool = False
    rescues_every: int = 0

    @property
    def lapses(self) -> tuple[tuple[str, int], ...]:
        """What it does instead of proving, and how often."""
        return (
            ("miss", self.misses_every),
            ("cheat", self.cheats_every),
            ("decline", self.declines_every),
            ("lag", self.lags_every),
        )


CHARACTERS: Final = (
    Character("diligent", rescues_every=2),
    Character("careless", misses_every=2),
    Character("cheating", cheats_every=2),
    Character("borrowing", borrows=True),
    Character("choosy", declines_every=2, remote=True),
    Character("late", lags_every=2),
)
"""Provers take these in turn."""


@dataclass(slots=True)
class Worker:
    """A prover with its character, and what it has decided on each task so far.

    Attributes:
        owner: the prover itself, which stakes, is paid and claims.
        client: who works for it: the same, or its hot key.
    """

    owner: Prover
    client: Prover
    character: Character
    decided: dict[TaskId, str] = field(default_factory=dict)
    done: set[TaskId] = field(default_factory=set)
    seen_open: dict[TaskId, bool] = field(default_factory=dict)

    def takes_up(self, task: AssignedTask, now: int) -> str:
        """What it does with a task now: ``"prove"``, ``"cheat"``, ``"decline"``; ``""`` for nothing.

        A task that it decided to prove late comes up again when its window is over.
        """
        if task.task in self.done:
            return ""
        if task.task not in self.decided:
            self.decided[task.task] = self._decide()
        what = self.decided[task.task]
        if what == "lag" and now <= task.prove_by:
            return ""
        self.done.add(task.task)
        return {"miss": "", "lag": "prove"}.get(what, what)

    def rescues(self, task: TaskId) -> bool:
        """Whether it would take an open task."""
        every = self.character.rescues_every
        if task not in self.seen_open:
            self.seen_open[task] = bool(every) and len(self.seen_open) % every == 0
        return self.seen_open[task]

    def _decide(self) -> str:
        number = len(self.decided) + 1
        for what, every in self.character.lapses:
            if every and number % every == 0:
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
            self.delegator = self._delegator()
            self._back_queue(report)
            self.accelerator = Accelerator(self._someone("accelerator"))
            self.release: Final[AcceleratorId] = self._release()
            self.workers = [
                self._worker(number, CHARACTERS[number % len(CHARACTERS)], zk(rng.randint(*STAKE_LIMITS_ZK)))
                for number in range(prover_count)
            ]
        report(
            f"{len(self.requesters)} requesters, a keeper, a delegator, an accelerator, provers: "
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

    def _delegator(self) -> Delegator:
        """The delegator, with its deposit in the pool."""
        contracts = self._someone("delegator")
        delegator = Delegator(contracts)
        lacking = DEPOSIT - delegator.position().worth_wei
        if lacking >= zk(1):
            self._treasurer.token.transfer(delegator.address, lacking)
            delegator.deposit(lacking)
        return delegator

    def _back_queue(self, report: Callable[[str], None]) -> None:
        """Lets stake that the pool lends count in the queue, if the treasurer operates the pool."""
        pool = self._treasurer.delegation
        if self._treasurer.vault.is_backed(self.queue):
            return
        if pool.operator() == Project(self._treasurer).address:
            pool.back_queue(self.queue)
        else:
            report(f"the pool does not back queue {self.queue}: provers with lent stake alone get no work")

    def _release(self) -> AcceleratorId:
        """The software that provers run, published once."""
        for number, release in self.accelerator.releases().items():
            if not release.retired:
                return number
        return self.accelerator.register(
            Path(__file__), ACCELERATOR_BPS, "https://example.org/drive/release", circuits=[self.circuit]
        )

    def _worker(self, number: int, character: Character, stake_wei: int) -> Worker:
        contracts = self._someone(f"prover {number}", FEE_TOKENS if character.borrows else 0)
        prover = Prover(contracts, self.ump)
        prover.register(f"https://example.org/prover/{number}")
        lacking = stake_wei - prover.stake_state().own_wei
        if character.borrows:
            if not prover.stake_state().sponsored:
                prover.borrow_stake()
        elif lacking > 0:
            self._treasurer.token.transfer(prover.address, lacking)
            prover.stake(lacking)
        seats = contracts.provers.seats_of(self.queue)
        if prover.id in [seat.prover for seat in seats]:
            prover.serve(self.queue, self.circuit)
        else:
            prover.join(self.queue, self.circuit, capacity=4)
            if character.rescues_every:
                prover.set_accelerator(self.queue, self.release)
        return Worker(prover, self._hot_key(number, prover) if character.remote else prover, character)

    def _hot_key(self, number: int, prover: Prover) -> Prover:
        """A hot key of a prover, on the same machine."""
        key = Prover(self._someone(f"hot key {number}"), self.ump, acts_for=prover.address)
        state = prover.key(key.address)
        if not state.accepted or state.expires_at <= self._treasurer.connection.timestamp():
            prover.propose_key(key.address)
            key.accept_key()
        return key
