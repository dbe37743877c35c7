"""Edges of the seats: draws after a pause, who holds a place in a full queue, faults in jail.

The market itself acts here where it would take many rounds to come to such a record.
"""

from __future__ import annotations

from typing import Any

from tests.support.rawmarket import mock_proof
from tests.support.stage import KEY, RULES, STAKE, ZK, Stage, terms

START_PPM = 300_000
JAILED = 2**32 - 1


def market_acts(stage: Stage, function: str, *arguments: Any) -> Any:
    """What only the market may tell the registry."""
    return stage.act(stage.pool.market.address, stage.pool.provers, function, stage.queue, *arguments)


def pass_of(stage: Stage, seat: int) -> int:
    """With what pass a seat would be drawn."""
    [found] = [c for c in stage.pool.provers.read("candidates", stage.queue, 0) if c[2] == seat]
    return int(found[4])


def tier(stage: Stage) -> int:
    """A queue for provers that have at least the rating everybody starts with."""
    signals = [1, 2, 3, 4]
    circuit = (1, stage.pool.verifier.address, KEY, list(RULES), terms(), (signals, mock_proof(signals)))
    stage.act(stage.admin, stage.pool.projects, "createSealedQueue", *circuit, START_PPM)
    return int(stage.pool.projects.read("queueCount"))


def test_award__to_one_seat__lifts_the_others_to_where_it_was_drawn(stage: Stage) -> None:
    stage.seat_crowd(2)
    market_acts(stage, "award", [(0, 1, 500)])
    market_acts(stage, "award", [(0, 1, 900)])
    assert pass_of(stage, 1) == 500


def test_award__to_a_seat_that_was_away__takes_nobody_back(stage: Stage) -> None:
    stage.seat_crowd(3, capacity=8)
    market_acts(stage, "award", [(0, 1, 500)])
    market_acts(stage, "award", [(0, 1, 900)])
    market_acts(stage, "award", [(1, 1, 800)])  # drawn at 500; its own pass is still 0
    assert pass_of(stage, 2) == 500


def test_tier__rating_of_just_the_least__keeps_its_seat_and_rescues(stage: Stage) -> None:
    queue = tier(stage)
    for account in stage.crowd[:32]:
        stage.seat(stage.fund(account, STAKE), queue=queue)
    stage.seat(stage.prover)
    assert stage.refusal(stage.prover, stage.pool.provers, "join", queue, 1) == "QueueFull"
    holder = stage.crowd[3]
    assert stage.record(holder).rating_ppm == START_PPM
    stage.act(stage.pool.market.address, stage.pool.provers, "takeOpen", queue, 3, holder)
    assert stage.seats(queue)[3].in_flight == 1


def test_join__full_queue__takes_the_seat_of_a_stake_that_is_not_active(stage: Stage) -> None:
    """What it still has would cover a bond, but nothing is ever drawn on it."""
    crowd = stage.seat_crowd(32)
    stage.seat(stage.prover, queue=stage.open_queue())
    assert stage.refusal(stage.prover, stage.pool.provers, "join", stage.queue, 1) == "QueueFull"
    left = stage.fund(crowd[7], 31 * ZK)
    stage.act(left, stage.pool.vault, "requestUnstake", STAKE)
    stage.act(left, stage.pool.vault, "stake", 31 * ZK)
    stage.act(stage.prover, stage.pool.provers, "join", stage.queue, 1)
    assert stage.seats()[7].prover == stage.id_of(stage.prover)


def test_join__full_queue__keeps_the_seats_of_borrowers(stage: Stage) -> None:
    """Lent stake counts: without a wei of its own a borrower is active and covers bonds."""
    assert stage.pool.delegation
    sponsor = stage.fund(stage.pool.delegation.address, 64 * ZK)
    for borrower in stage.crowd[:2]:
        stage.act(sponsor, stage.pool.vault, "lend", borrower, 32 * ZK)
        stage.seat(borrower, stake_wei=0, capacity=1)
    for account in stage.crowd[2:32]:
        stage.seat(stage.fund(account, STAKE))
    stage.seat(stage.prover, queue=stage.open_queue())
    assert stage.refusal(stage.prover, stage.pool.provers, "join", stage.queue, 1) == "QueueFull"


def test_fault__of_a_prover_in_jail_that_proved_again__leaves_it_there(stage: Stage) -> None:
    """A proof ends the row of faults, so the next is the first; it must not turn jail into an hour's ban."""
    stage.seat(stage.prover)
    prover = stage.id_of(stage.prover)
    market_acts(stage, "award", [(0, 6, 0)])
    jailings = [len(_jailed(stage, market_acts(stage, "recordMissed", 0, prover))) for _ in range(4)]
    assert jailings == [0, 0, 0, 1]
    market_acts(stage, "recordProven", 0, prover, [1], [600])
    assert (stage.record(stage.prover).failure_count, stage.record(stage.prover).banned_until) == (0, JAILED)
    receipt = market_acts(stage, "recordMissed", 0, prover)
    assert not stage.events(receipt, stage.pool.provers, "ProverBanned")
    assert (stage.record(stage.prover).failure_count, stage.record(stage.prover).banned_until) == (1, JAILED)


def test_fault__of_a_prover_in_jail__is_not_told_as_another_jailing(stage: Stage) -> None:
    stage.seat(stage.prover)
    prover = stage.id_of(stage.prover)
    market_acts(stage, "award", [(0, 6, 0)])
    jailings = [len(_jailed(stage, market_acts(stage, "recordMissed", 0, prover))) for _ in range(6)]
    assert jailings == [0, 0, 0, 1, 0, 0]


def _jailed(stage: Stage, receipt: Any) -> list[tuple[Any, ...]]:
    return stage.events(receipt, stage.pool.provers, "ProverJailed")
