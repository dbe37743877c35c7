"""A prover's whole life as README shows it: connect, stake, register, join, prove, be paid, leave."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account as EthAccount

from tests.e2e.conftest import TERMS
from zkpool_sdk.chain import Connection, Contracts, Deployment, LocalSigner
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.clients import (
    CircuitDiffers,
    InputsNeeded,
    Keeper,
    Project,
    ProofRefused,
    Prover,
    Requester,
    publish_hash,
)
from zkpool_sdk.clients.base import wait_for
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.errors import QueueIsFrozen
from zkpool_sdk.models import TaskStatus
from zkpool_sdk.proving import Ump, load_circuit
from zkpool_sdk.units import DAY, zk

PROGRAM = Path(__file__).with_name("prover_life.py")
README = Path(__file__).resolve().parents[2] / "README.md"


def lines_of(program: str) -> list[str]:
    return [line for line in program.splitlines() if line.strip()]


def test_program__is_what_readme_shows_and_short() -> None:
    program = PROGRAM.read_text()
    shown = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert program.strip() in [block.strip() for block in shown]
    assert len(lines_of(program)) < 15


def test_program__run_as_it_stands__earns_and_leaves(
    node: Connection, pool: Deployment, someone, queue, batches, tmp_path: Path
) -> None:
    key = EthAccount.create().key
    someone(zk(100), LocalSigner.from_key(key))
    key_file = tmp_path / "prover.key"
    key_file.write_text(key.hex())
    key_file.chmod(0o600)
    pool.save(tmp_path / "deployments" / "devnet.json")
    program = PROGRAM.read_text().replace("http://127.0.0.1:8545", node.rpc_url)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        requester, keeper = Requester(someone(zk(100))), Keeper(someone())
        provers = requester.contracts.provers

        def joined() -> bool | None:
            if process.poll() is not None:
                raise AssertionError(process.communicate()[1])
            return any(seat.prover for seat in provers.seats_of(queue)) or None

        wait_for("the prover's seat", joined, 120)
        statement = load_circuit("rollup").statement(batches[0].statement)
        bid = requester.place(queue, statement, zk(4), inputs=batches[0].inputs)
        requester.place(queue, statement, zk(3), inputs=batches[0].inputs, life_seconds=20 * DAY)
        node.wait_until(node.timestamp() + ROUND_SECONDS)
        keeper.clear(queue)
        out, err = process.communicate(timeout=180)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert re.search(r"^3\.0000 ZK for a proof made in \d+\.\d s\n2\.4000 ZK claimed", out), out + err
    assert requester.task(bid.task).status is TaskStatus.PROVEN
    proven = requester.proof_of(bid.task)
    assert proven.price_wei == zk(3)
    registered = requester.contracts.projects.queue_of(queue)
    assert requester.contracts.verifier.verify(registered.key, proven.signals, proven.proof)
    stake = requester.contracts.vault.stake_of(proven.prover)
    assert stake.own_wei == 0
    assert stake.unbonding_wei == zk(64)
    books = check_books(node, pool)
    assert books.balanced, books.differences
    assert books.donations == ()


def test_prover__inputs_by_hash__need_the_requester(
    node: Connection, someone, queue, batches, ump: Ump
) -> None:
    prover, requester, keeper = Prover(someone(zk(64)), ump), Requester(someone(zk(10))), Keeper(someone())
    prover.stake(zk(64))
    prover.register()
    prover.join(queue, "rollup")
    statement = load_circuit("rollup").statement(batches[1].statement)
    bid = requester.place(
        queue, statement, zk(1), data=publish_hash(batches[1].inputs, "https://rollup.example")
    )
    node.wait_until(node.timestamp() + ROUND_SECONDS)
    keeper.clear(queue)
    (task,) = prover.assignments()
    assert (task.task, task.statement) == (bid.task, tuple(statement))
    with pytest.raises(InputsNeeded, match=r"rollup\.example"):
        prover.prove(task)
    accepted = prover.prove_and_submit(task, batches[1].inputs)
    assert accepted.price_wei > 0
    assert prover.assignments() == ()
    assert prover.record().success_count == 1
    assert [task.status for task in requester.watch(bid.task)] == [TaskStatus.PROVEN]


def test_prover__proof_of_another_prover__is_refused_and_slashed(
    node: Connection, pool: Deployment, someone, queue, batches, ump: Ump
) -> None:
    prover, requester, keeper = Prover(someone(zk(64)), ump), Requester(someone(zk(10))), Keeper(someone())
    prover.stake(zk(64))
    prover.register()
    prover.join(queue, "rollup")
    statement = load_circuit("rollup").statement(batches[2].statement)
    bid = requester.place(queue, statement, zk(1), inputs=batches[2].inputs)
    node.wait_until(node.timestamp() + ROUND_SECONDS)
    keeper.clear(queue)
    (task,) = prover.assignments()
    signals = prover.prove(task).signals
    stolen = ump.prove(queue, batches[2].inputs, keeper.address).proof_bytes
    with pytest.raises(ProofRefused) as caught:
        prover.submit(task.task, signals, stolen)
    assert caught.value.slashed_wei == zk(64) * 5 // 100
    assert requester.task(bid.task).status is TaskStatus.OPEN
    assert not keeper.due()
    node.wait_until(node.timestamp() + 2 * DAY)
    ((due, _),) = keeper.do_due()
    assert due.task == bid.task
    assert requester.task(bid.task).status is TaskStatus.FAILED
    before, credit = requester.balance_wei, requester.credit()
    assert credit > zk(1)  # the bid, and compensation
    assert requester.claim_credit() == credit
    assert requester.balance_wei == before + credit
    books = check_books(node, pool)
    assert books.balanced, books.differences


def test_prover__another_circuit_than_the_queue__is_stopped_before_it_costs(someone, queue, ump: Ump) -> None:
    prover = Prover(someone(zk(64)), ump)
    prover.stake(zk(64))
    prover.register()
    with pytest.raises(CircuitDiffers):
        prover.join(queue, "semaphore")


def test_project__sealed_queue__is_opened_and_frozen(someone, ump: Ump) -> None:
    project = Project(someone())
    number = project.register("https://sealed.example")
    with pytest.raises(TypeError, match="sealed"):
        project.open_queue(number, "rollup", TERMS, ump=ump, min_rating_ppm=300_000)
    sealed = project.open_queue(number, "rollup", TERMS, ump=ump, is_sealed=True, min_rating_ppm=300_000)
    found = project.contracts.projects.queue_of(sealed)
    assert (found.is_sealed, found.frozen, found.min_rating_ppm) == (True, False, 300_000)
    project.freeze_queue(sealed)
    assert project.contracts.projects.queue_of(sealed).frozen
    with pytest.raises(QueueIsFrozen):
        project.freeze_queue(sealed)


def test_client__without_an_account__is_refused(node: Connection, pool: Deployment) -> None:
    with pytest.raises(TypeError, match="account"):
        Prover(Contracts(node, pool))
