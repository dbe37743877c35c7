"""Reads a deployment's events, plays them on the model, and compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import groupby
from typing import Any, Final

from zkpool_sdk.chain import events
from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.contracts import Contracts
from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import Event
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.economics.market import Addresses
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.replay.player import Player
from zkpool_sdk.replay.state import Touched, readings
from zkpool_sdk.replay.witness import Witness

RECOMPUTED: Final = (
    events.BidPlaced,
    events.BidRaised,
    events.BidCancelled,
    events.BidExpired,
    events.BidEvicted,
    events.RoundCleared,
    events.TaskAssigned,
    events.ProofAccepted,
    events.ProofLate,
    events.ProofInvalid,
    events.Slashed,
    events.WindowMissed,
    events.BountyPaid,
    events.TaskDeclined,
    events.DeclinePaid,
    events.TaskClaimed,
    events.TaskFailed,
    events.CreditClaimed,
    events.Staked,
    events.Sponsored,
    events.Recalled,
    events.UnstakeRequested,
    events.UnstakeFinished,
    events.ClockAdvanced,
    events.Decayed,
    events.Credited,
    events.AcceleratorCredited,
    events.Claimed,
    events.Restaked,
    events.ProverRegistered,
    events.SeatTaken,
    events.SeatLeft,
    events.ProverBanned,
    events.ProverJailed,
    events.JailLeft,
    events.AcceleratorRegistered,
    events.AcceleratorChosen,
    events.ProjectRegistered,
    events.QueueCreated,
    events.TermsSet,
)
"""Events whose every figure the model says as well."""
SOURCES: Final = (
    "ProverMarket",
    "StakeVault",
    "RewardSplitter",
    "ProverRegistry",
    "ProjectRegistry",
    "AcceleratorRegistry",
)
"""The contracts whose events are recomputed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where model and chain part.

    Attributes:
        block, transaction: where; the transaction is empty for state after a block.
        what: the event or the state.
        of_model, on_chain: what each side says; ``None``: nothing.
    """

    block: int
    transaction: str
    what: str
    of_model: Any
    on_chain: Any

    def __str__(self) -> str:
        where = f"block {self.block}" + (f", transaction {self.transaction}" if self.transaction else "")
        return f"{where}: {self.what}: the model says {self.of_model}, the chain says {self.on_chain}"


@dataclass(slots=True)
class Replay:
    """How a replay went.

    Attributes:
        first_block, last_block: what was replayed.
        transactions: that emitted anything of the protocol.
        acts: how often each act was played, by the name of its event.
        recomputed: how many events of each kind were equal in every field.
        readings: how many figures of state were equal.
        differences: where model and chain part first, all that differs there; empty if nowhere.
    """

    first_block: int
    last_block: int
    transactions: int = 0
    acts: dict[str, int] = field(default_factory=dict)
    recomputed: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether model and chain agree in everything."""
        return not self.differences

    @property
    def figures(self) -> dict[str, int]:
        """How many of the figures that matter were recomputed and found equal."""
        count = self.recomputed
        return {
            "prices and refunds": count["TaskAssigned"],
            "base fees": count["RoundCleared"],
            "splits": count["Credited"],
            "slashes": count["Slashed"],
            "bans and jails": count["ProverBanned"] + count["ProverJailed"],
            "hours of decay": count["Decayed"],
            "bonds and windows": count["TaskAssigned"] + count["TaskClaimed"],
            "events": sum(count.values()),
            "states": self.readings,
        }


def replay(
    connection: Connection,
    deployment: Deployment,
    to_block: int | None = None,
    *,
    every_block: bool = True,
    history: Sequence[Event] | None = None,
) -> Replay:
    """Plays a deployment's history on the model and compares, up to the first difference.

    Args:
        to_block: the last block; ``None`` for the latest.
        every_block: compare state after each block, which takes a node that keeps old state; otherwise only
            after the last.
        history: the events, if they are at hand; read from the node otherwise.
    """
    last = connection.block_number() if to_block is None else to_block
    found = read_history(connection, deployment, last) if history is None else history
    contracts = Contracts(connection, deployment)
    witness = _witness(contracts, found)
    player = Player(witness, deployment)
    result = Replay(deployment.block, last, acts=player.acts)
    sources = {deployment.address_of(kind) for kind in SOURCES}
    now = 0
    for block, of_block in groupby(found, lambda event: event.at.block_number):
        now = connection.timestamp(block)
        touched = Touched()
        for transaction, grouped in groupby(of_block, lambda event: event.at.transaction):
            of_transaction = list(grouped)
            result.transactions += 1
            try:
                player.play(of_transaction, now)
            except (ZKPoolError, LookupError) as error:
                refusal = f"{type(error).__name__}: {error}"
                what = ", ".join(type(event).__name__ for event in of_transaction)
                result.differences = [Difference(block, transaction, what, f"refuses, {refusal}", "done")]
                return result
            ours = [event for event in of_transaction if event.at.contract in sources]
            result.differences = list(_compare(witness.diary.take(), ours, result.recomputed))
            if result.differences:
                return result
            touched.add(ours, witness)
        if (
            every_block
            and touched.anything
            and not _same_state(witness, contracts, block, now, touched, result)
        ):
            return result
    if last > result.first_block:
        now = connection.timestamp(last)
        _same_state(witness, contracts, last, now, Touched.everything(witness), result)
    return result


def _witness(contracts: Contracts, found: Sequence[Event]) -> Witness:
    """A market in which nothing has happened, at the deployment's addresses."""
    deployment = contracts.deployment
    treasuries = [event.treasury for event in found if isinstance(event, events.TreasurySet)]
    addresses = Addresses(
        market=deployment.address_of("ProverMarket"),
        vault=deployment.address_of("StakeVault"),
        splitter=deployment.address_of("RewardSplitter"),
        insurance=deployment.address_of("InsuranceFund"),
        treasury=treasuries[0],
        token_holder=deployment.deployer,
    )
    return Witness(
        addresses,
        chain_id=contracts.connection.chain_id,
        uses_market_time=contracts.vault.uses_market_time(),
    )


def _same_state(
    witness: Witness, contracts: Contracts, block: int, now: int, touched: Touched, result: Replay
) -> bool:
    """Compares state after a block; writes down what was equal and what was not."""
    for reading in readings(witness, contracts, block, now, touched):
        if reading.of_model == reading.on_chain:
            result.readings += 1
        else:
            result.differences.append(Difference(block, "", reading.what, reading.of_model, reading.on_chain))
    return not result.differences


def _compare(of_model: list[Event], on_chain: Sequence[Event], equal: Counter[str]) -> Iterator[Difference]:
    """The events of a transaction that one side alone has, paired by kind; counts those that both have."""
    missing = list(of_model)
    for event in on_chain:
        if not isinstance(event, RECOMPUTED):
            continue
        twin = next((one for one in missing if _values(one) == _values(event)), None)
        name = type(event).__name__
        if twin is not None:
            missing.remove(twin)
            equal[name] += 1
            continue
        near = next((one for one in missing if type(one) is type(event)), None)
        if near is not None:
            missing.remove(near)
        yield Difference(event.at.block_number, event.at.transaction, name, *_apart(near, event))
    at = on_chain[0].at if on_chain else None
    for event in missing:
        place = (at.block_number, at.transaction) if at else (0, "")
        yield Difference(*place, type(event).__name__, _shown(event), None)


def _values(event: Event) -> tuple[Any, ...]:
    """Kind and fields of an event, without its place."""
    return (type(event), *(getattr(event, part.name) for part in fields(event)[1:]))


def _apart(of_model: Event | None, on_chain: Event) -> tuple[Any, Any]:
    """The fields in which two events of one kind differ."""
    if of_model is None:
        return None, _shown(on_chain)
    names = [part.name for part in fields(on_chain)[1:]]
    differ = [name for name in names if getattr(of_model, name) != getattr(on_chain, name)]
    mine, theirs = ({name: getattr(event, name) for name in differ} for event in (of_model, on_chain))
    return mine, theirs


def _shown(event: Event) -> dict[str, Any]:
    return {part.name: getattr(event, part.name) for part in fields(event)[1:]}
