"""The model's state beside the chain's, as the contracts' getters show it after a block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from zkpool_sdk.chain import events
from zkpool_sdk.chain.contracts import Contracts
from zkpool_sdk.chain.events import Event
from zkpool_sdk.models import NO_TASK, Address, HotKey, Prover, ProverId, QueueId, TaskId
from zkpool_sdk.replay.witness import Witness


@dataclass(slots=True)
class Touched:
    """What some events were about; only that can have changed."""

    tasks: set[TaskId] = field(default_factory=set)
    queues: set[QueueId] = field(default_factory=set)
    provers: set[ProverId] = field(default_factory=set)
    accounts: set[Address] = field(default_factory=set)
    keys: set[tuple[ProverId, Address]] = field(default_factory=set)

    @classmethod
    def everything(cls, witness: Witness) -> Touched:
        """All that the model knows."""
        accounts = {*witness.provers.ids, *witness.credits, *witness.splitter.earnings}
        return cls(
            set(witness.tasks),
            set(witness.projects.queues),
            set(witness.provers.provers),
            accounts | {t.requester for t in witness.tasks.values()} | set(witness.vault.stakes),
            set(witness.provers.keys),
        )

    @property
    def anything(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.tasks or self.queues or self.provers or self.accounts)

    def add(self, found: Iterable[Event], witness: Witness) -> None:
        """Notes what events are about."""
        for event in found:
            for name, kind in (("task", self.tasks), ("queue", self.queues)):
                if hasattr(event, name):
                    kind.add(getattr(event, name))
            self._people(event, witness)
            if isinstance(event, events.BidPlaced | events.TaskAssigned | events.Slashed):
                self.accounts.add(witness.task_of(event.task).requester)
            if isinstance(event, events.KeyProposed | events.KeyAccepted | events.KeyRevoked):
                self.keys.add((event.prover, event.key))
        self.queues |= {t.queue for task in self.tasks if (t := witness.tasks.get(task))}
        self.queues &= set(witness.projects.queues)

    def _people(self, event: Event, witness: Witness) -> None:
        for name in ("prover", "account", "requester", "payout", "keeper", "rescuer"):
            who = getattr(event, name, None)
            if isinstance(who, str):
                self.accounts.add(Address(who))
                who = witness.provers.ids.get(Address(who))
            elif who:
                self.accounts.add(witness.provers.prover_of(ProverId(who)).account)
            if who:
                self.provers.add(ProverId(who))


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of state: what it is, what the model says, what the chain says."""

    what: str
    of_model: Any
    on_chain: Any


def readings(witness: Witness, contracts: Contracts, block: int, now: int, of: Touched) -> Iterator[Reading]:
    """The state of what was touched, from the model and from the chain after a block.

    Args:
        now: the time of the block.
    """
    market, vault = contracts.market.at(block), contracts.vault.at(block)
    provers, splitter = contracts.provers.at(block), contracts.splitter.at(block)
    for task in sorted(of.tasks):
        name = f"0x{task.hex()}"
        mine = witness.tasks.get(task, NO_TASK)
        yield Reading(f"task {name}", mine, market.task_of(task))
        yield Reading(f"rescue of task {name}", witness.rescue_of(task), market.rescue_of(task))
    for queue in sorted(of.queues):
        yield Reading(f"round of queue {queue}", witness.round_of(queue), market.round_of(queue))
        mine_book = tuple(witness.book_of(queue))
        yield Reading(f"book of queue {queue}", mine_book, market.book_of(queue))
        seats = tuple(witness.provers.seats_of(queue))
        yield Reading(f"seats of queue {queue}", seats, provers.seats_of(queue))
        base_fee_wei = witness.base_fee_of(queue, now)
        yield Reading(f"base fee of queue {queue}", base_fee_wei, market.base_fee_of(queue))
        slot_count = witness.slot_count_of(queue, now)
        yield Reading(f"slots of queue {queue}", slot_count, market.slot_count_of(queue))
    for prover in sorted(of.provers):
        record: Prover = witness.provers.provers[prover]
        yield Reading(f"rating and record of prover {prover}", record, provers.prover_of(prover))
    for account in sorted(of.accounts):
        stake = witness.vault.stake_of(account, now)
        yield Reading(f"stake of {account}", stake, vault.stake_of(account))
        yield Reading(f"credit of {account}", witness.credit_of(account), market.credit_of(account))
        earning = witness.splitter.earning_of(account, now)
        yield Reading(f"earnings of {account}", earning, splitter.earning_of(account))
    for prover, key in sorted(of.keys):
        known = witness.provers.keys.get((prover, key), HotKey())
        yield Reading(f"hot key {key} of prover {prover}", known, provers.key_of(prover, key))
    pool = witness.splitter.pool_earning(now)
    yield Reading("earnings of treasury and delegators", pool, splitter.pool_earning())
    yield Reading("rates of the split", witness.splitter.rates, splitter.rates())
    yield Reading("pause", witness.paused, market.paused())
    yield Reading("decay clock", witness.vault.clock(now), vault.clock())
