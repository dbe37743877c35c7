"""Queues of PLONK and FFLONK on a real chain: real proofs by the core, judged by their contract, and paid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zkpool_sdk.chain import Connection, Contracts, Deployment
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.clients import AssignedTask, Keeper, Project, ProofRefused, Prover, Requester
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.models import QueueId, TaskId, TaskStatus, Terms
from zkpool_sdk.proving import Ump, chain, load_circuit
from zkpool_sdk.units import Seconds, Wei, zk

PRICE = zk(2)
TERMS = Terms(Seconds(1800), Seconds(3600), Wei(0), 1)


@pytest.fixture(params=chain.CIRCUIT_NAMES)
def circuit(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_queue__of_its_system__bought_proven_judged_and_paid(
    node: Connection, pool: Deployment, someone: Callable[..., Contracts], ump: Ump, circuit: str
) -> None:
    loaded = load_circuit(circuit)
    project = Project(someone())
    queue = project.open_queue(project.register("https://chain.example"), circuit, TERMS, ump=ump)
    verifier = project.contracts.verifiers[loaded.system]
    registered = project.contracts.projects.queue_of(queue)
    assert registered.verifier == verifier.address
    assert verifier.system() == loaded.system

    prover = Prover(someone(zk(64)), ump)
    prover.stake(zk(64))
    prover.register("https://prover.example")
    prover.join(queue, circuit)
    requester = Requester(someone(zk(20)))
    proven = []
    for start in (7, 8):
        task, assigned = sold(node, someone, requester, prover, queue, circuit, start)
        accepted = prover.prove_and_submit(assigned)
        assert accepted.price_wei == PRICE
        assert requester.task(task).status is TaskStatus.PROVEN
        found = requester.proof_of(task)
        assert found.prover == prover.address
        assert list(found.signals[:2]) == loaded.statement(chain.chain(start).statement)
        assert verifier.verify(registered.key, found.signals, found.proof)
        proven.append(found)

    signals, proofs = [list(one.signals) for one in proven], [one.proof for one in proven]
    assert verifier.try_call("verifyMany", registered.key, signals, proofs)
    assert not verifier.try_call("verifyMany", registered.key, signals, proofs[::-1])
    assert prover.earnings().pending_wei > 0
    assert prover.claim(wait=True) > 0
    books = check_books(node, pool)
    assert books.balanced, books.differences


def test_proof__of_another_prover__is_refused_and_slashed(
    node: Connection, someone: Callable[..., Contracts], ump: Ump, circuit: str
) -> None:
    project = Project(someone())
    queue = project.open_queue(project.register("https://chain.example"), circuit, TERMS, ump=ump)
    prover = Prover(someone(zk(64)), ump)
    prover.stake(zk(64))
    prover.register("https://prover.example")
    prover.join(queue, circuit)
    requester = Requester(someone(zk(20)))
    task, assigned = sold(node, someone, requester, prover, queue, circuit, 9)
    honest = ump.prove(queue, chain.chain(9).inputs, someone().account.address)
    forged = [*honest.signals[:2], int(prover.address, 16)]  # the same proof, said to be the prover's own
    with pytest.raises(ProofRefused):
        prover.submit(task, forged, honest.proof_bytes)
    assert requester.task(task).status is TaskStatus.OPEN
    assert prover.stake_state().own_wei < zk(64)
    assert assigned.bond_wei > 0


def sold(
    node: Connection,
    someone: Callable[..., Contracts],
    requester: Requester,
    prover: Prover,
    queue: QueueId,
    circuit: str,
    start: int,
) -> tuple[TaskId, AssignedTask]:
    """A round in which the proof of a chain is sold to its requester; the loser's bid makes the price."""
    request = chain.chain(start)
    statement = load_circuit(circuit).statement(request.statement)
    bid = requester.place(queue, statement, PRICE + zk(1), inputs=request.inputs)
    Requester(someone(PRICE)).place(
        queue, statement, PRICE, inputs=request.inputs, life_seconds=3 * ROUND_SECONDS
    )
    started_at = requester.contracts.market.round_of(queue).started_at
    node.wait_until(started_at + ROUND_SECONDS)
    Keeper(someone()).clear(queue)
    (assigned,) = prover.assignments()
    assert (assigned.task, assigned.price_wei) == (bid.task, PRICE)
    return bid.task, assigned
