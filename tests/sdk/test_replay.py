"""A history done again on the model agrees with the chain; one that was changed does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.sdk.lived_market import Life, live
from tests.support.anvil import rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, NodeSigner, events
from zkpool_sdk.chain.events import Event
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.clients.prover import Submission
from zkpool_sdk.replay import Replay, replay
from zkpool_sdk.replay.tamper import OUTCOMES, alterations
from zkpool_sdk.units import zk


@pytest.fixture(scope="module")
def chain(session_connection: Connection, deployment: Deployment) -> Iterator[Life]:
    snapshot = session_connection.request("evm_snapshot")
    yield live(Contracts(session_connection, deployment, Account(session_connection, rich_signer(0))))
    session_connection.request("evm_revert", snapshot)


@pytest.fixture
def life(chain: Life, connection: Connection) -> Life:
    """The life, put back after each test; ``connection`` sees to that."""
    return chain


def replay_of(life: Life, **options: Any) -> Replay:
    return replay(life.contracts.connection, life.contracts.deployment, **options)


def history_of(life: Life) -> list[Event]:
    return read_history(life.contracts.connection, life.contracts.deployment)


def test_replay__everything_happened__agrees_in_every_event_and_state(life: Life) -> None:
    result = replay_of(life)
    assert result.agrees, "\n".join(map(str, result.differences))
    assert all(result.figures.values()), result.figures
    assert result.readings > 500
    happened = {type(event).__name__ for event in history_of(life)}
    for kind in OUTCOMES:
        assert (kind.__name__ in happened) == bool(result.recomputed[kind.__name__]), kind


def test_replay__of_the_last_state_alone__agrees_with_fewer_readings(life: Life) -> None:
    result = replay_of(life, every_block=False)
    assert result.agrees, "\n".join(map(str, result.differences))
    assert 0 < result.readings < replay_of(life).readings


def test_replay__proofs_handed_in_together__are_split_as_one(life: Life) -> None:
    toy = life.toy
    for idle in (life.second, life.borrower):
        idle.set_capacity(toy.queue, 0)
    toy.prover.set_capacity(toy.queue, 2)
    while toy.prover.record().success_count < 4:  # a newcomer gets one task at once
        toy.keeper.do_due()
        for task in toy.prover.assignments():
            life.submit(toy.prover, task)
        toy.requester.place(toy.queue, [toy.contracts.connection.block_number()], zk(5))
        toy.end_round()
    toy.requester.place(toy.queue, [1], zk(6))
    toy.end_round()
    tasks = toy.prover.assignments()
    assert len(tasks) > 1
    wrong = [number == 1 for number in range(len(tasks))]
    proofs = [
        Submission(task.task, *toy.proof(task, bad, toy.prover))
        for task, bad in zip(tasks, wrong, strict=True)
    ]
    toy.prover.submit_many(toy.queue, proofs)
    result = replay_of(life)
    assert result.agrees, "\n".join(map(str, result.differences))


def test_replay__paused_closed_and_frozen__agrees(life: Life) -> None:
    toy, contracts = life.toy, life.contracts
    contracts.market.pause()
    contracts.market.unpause()
    contracts.projects.close_queue(toy.queue)
    contracts.projects.freeze_queue(toy.queue)
    toy.keeper.do_due()
    result = replay_of(life)
    assert result.agrees, "\n".join(map(str, result.differences))
    assert result.acts["QueueFrozen"] == 1


def test_replay__any_outcome_altered_by_one__names_its_transaction(life: Life) -> None:
    history = history_of(life)
    altered = list(alterations(history, life.contracts.deployment, seed=7, count=40))
    assert len({type(after).__name__ for _, after in altered}) > 15
    for index, after in altered:
        tampered = [*history[:index], after, *history[index + 1 :]]
        result = replay_of(life, every_block=False, history=tampered)
        assert not result.agrees, after
        assert result.differences[0].transaction == after.at.transaction


@pytest.mark.parametrize(
    "kind", [events.BidPlaced, events.TaskAssigned, events.Credited, events.Slashed, events.ProofAccepted]
)
def test_replay__an_event_is_missing__shows(life: Life, kind: type[Event]) -> None:
    history = history_of(life)
    missing = next(event for event in history if isinstance(event, kind))
    history.remove(missing)
    result = replay_of(life, every_block=False, history=history)
    assert not result.agrees
    assert result.differences[0].block >= missing.at.block_number


def test_replay__a_rating_moved_in_secret__shows_after_that_block(life: Life) -> None:
    connection, contracts = life.contracts.connection, life.contracts
    toy = life.toy
    market = contracts.market.address
    connection.request("anvil_impersonateAccount", market)
    connection.request("anvil_setBalance", market, hex(10**19))
    liar = contracts.by(Account(connection, NodeSigner(market))).provers
    liar._send("recordLate", toy.queue, toy.prover.seat(toy.queue), toy.prover.id)
    before = replay_of(life)
    assert not before.agrees
    assert f"rating and record of prover {toy.prover.id}" in {one.what for one in before.differences}


def test_difference__in_words__says_where_and_what_each_side_says(life: Life) -> None:
    history = history_of(life)
    index, event = next((i, e) for i, e in enumerate(history) if isinstance(e, events.TaskAssigned))
    history[index] = replace(event, price_wei=event.price_wei + 1)
    [difference] = replay_of(life, every_block=False, history=history).differences
    assert difference.of_model == {"price_wei": event.price_wei}
    assert difference.on_chain == {"price_wei": event.price_wei + 1}
    assert str(difference).startswith(f"block {event.at.block_number}, transaction {event.at.transaction}")
