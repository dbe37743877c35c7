"""Seats of a queue that asks for a rating."""

from __future__ import annotations

from tests.support.rawmarket import mock_proof
from tests.support.stage import KEY, RULES, STAKE, Stage, terms

LEAST_PPM = 298_000


def test_join__full_queue__takes_the_seat_of_a_prover_rated_too_low(stage: Stage) -> None:
    """Who fell below the tier elsewhere is drawn no task here, and keeps nobody out."""
    pool = stage.pool
    signals = [1, 2, 3, 4]
    circuit = (1, pool.verifier.address, KEY, list(RULES), terms(), (signals, mock_proof(signals)))
    stage.act(stage.admin, pool.projects, "createSealedQueue", *circuit, LEAST_PPM)
    tier = int(pool.projects.read("queueCount"))
    for account in stage.crowd[:32]:
        stage.seat(stage.fund(account, STAKE), queue=tier)
    fallen = stage.crowd[5]
    stage.seat(stage.prover, queue=stage.queue)
    assert stage.refusal(stage.prover, pool.provers, "join", tier, 1) == "QueueFull"
    stage.act(fallen, pool.provers, "join", stage.queue, 1)
    seat = pool.seat_of(stage.queue, fallen)
    stage.act(pool.market.address, pool.provers, "award", stage.queue, [(seat, 1, 0)])
    stage.act(pool.market.address, pool.provers, "recordMissed", stage.queue, seat, stage.id_of(fallen))
    assert stage.record(fallen).rating_ppm < LEAST_PPM
    stage.act(stage.prover, pool.provers, "join", tier, 1)
    assert stage.seats(tier)[5].prover == stage.id_of(stage.prover)
