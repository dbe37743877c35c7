"""The story of the demo: who takes part, what they do, and what must be true of it."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from demo.stage import Stage
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, LocalSigner, Receipt
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.chain.events import RoundCleared, Slashed, TaskAssigned
from zkpool_sdk.clients import (
    AssignedTask,
    Delegator,
    Keeper,
    PoolOperator,
    Project,
    Prover,
    Requester,
    publish_hash,
)
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.split import split
from zkpool_sdk.models import QueueId, TaskId, Terms
from zkpool_sdk.proving import InsecureKeyWarning, Ump, load_circuit, rollup, semaphore
from zkpool_sdk.proving.eddsa import SigningKey
from zkpool_sdk.units import BPS, DAY, Wei, zk
from zkpool_sdk.units import format_zk as money

STAKE = zk(32)
IDLE_STAKE = zk(40)
POOLED = zk(400)
LOAN_FEE = zk(1)
BIDS = ("9", "7.5", "6.1", "2")
TERMS = Terms(proof_window_seconds=1800, liability_window_seconds=3600, tier1_penalty_wei=Wei(0), max_units=1)
ROLLUP_ID = 7
WAITING_ROUNDS = 6
"""Rounds in which a bid waits for capacity, so that the base fee climbs."""
BARS = "▁▂▃▄▅▆▇█"


@dataclass
class World:
    """Everybody in the demo, and the two queues."""

    deployment: Deployment
    contracts: Contracts
    project: Project
    provers: list[Prover]
    idler: Prover
    borrower: Prover
    delegator: Delegator
    requesters: list[Requester]
    keeper: Keeper
    queues: dict[str, QueueId] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        """The chain."""
        return self.contracts.connection

    def name(self, address: str) -> str:
        """What the demo calls an account."""
        roles = {client.address: f"prover-{i}" for i, client in enumerate(self.provers, 1)}
        roles |= {client.address: f"requester-{i}" for i, client in enumerate(self.requesters, 1)}
        roles |= {self.idler.address: "idle prover", self.borrower.address: "prover without stake"}
        roles |= {self.keeper.address: "keeper", self.delegator.address: "delegator"}
        return roles.get(address, f"{address[:6]}…{address[-4:]}")

    def end_round(self, queue: int) -> Receipt:
        """Moves the clock to the end of a queue's round and clears it."""
        self.connection.wait_until(self.contracts.market.round_of(queue).started_at + ROUND_SECONDS)
        return self.keeper.clear(queue)


class FigureWrong(Exception):
    """Something that the demo shows is not true."""


def run_demo(
    console: Console, connection: Connection, holder: Account, deploy: Callable[[], Deployment]
) -> World:
    """The whole story; raises ``FigureWrong`` when a figure of it is not true.

    Args:
        console: where it is told.
        connection: a development chain of its own.
        holder: deploys, and holds all tokens.
        deploy: deploys ZKPool from ``holder``.
    """
    started = time.perf_counter()
    stage = Stage(console, total=10)
    with stage.step("tools and chain"):
        anvil = connection.request("web3_clientVersion")
        stage.say(
            f"✓ python {sys.version.split()[0]}  ✓ {anvil.split('+')[0]}  "
            f"✓ zkpool-sdk {version('zkpool-sdk')}"
        )
        stage.say(
            f"✓ a chain of our own at {connection.endpoint}, chain id {connection.chain_id}; gone when we are"
        )
    world = _deploy(stage, connection, holder, deploy)
    _open_queues(stage, world)
    given = _auction(stage, world)
    _prove(stage, world, given)
    _rescue(stage, world, given[-1][1])
    _base_fee(stage, world)
    _decay(stage, world)
    _pay(stage, world, [task for _, task in given])
    _books(stage, world)
    seconds = time.perf_counter() - started
    console.print(f"\n[bold green]✓ Done in {seconds:.0f} s.[/] Everything ran here; nothing is left behind.")
    console.print("[dim]Next: read docs/PROTOCOL.md, or run the tests: make test[/]")
    return world


def _deploy(stage: Stage, connection: Connection, holder: Account, deploy: Callable[[], Deployment]) -> World:
    with stage.step("deploy, and who takes part"):
        deployment = deploy()
        contracts = Contracts(connection, deployment, holder)

        def someone(amount: Wei) -> Contracts:
            account = Account(connection, LocalSigner.generate())
            connection.request("anvil_setBalance", account.address, hex(10**19))
            if amount:
                contracts.token.transfer(account.address, amount)
            return contracts.by(account)

        ump = Ump()  # one machine proves for all three, and for both projects
        world = World(
            deployment,
            contracts,
            Project(someone(Wei(0))),
            [Prover(someone(STAKE), ump) for _ in range(3)],
            Prover(someone(IDLE_STAKE), ump),
            Prover(someone(LOAN_FEE), ump),
            Delegator(someone(POOLED)),
            [Requester(someone(zk(100))) for _ in BIDS],
            Keeper(someone(Wei(0))),
        )
        stage.say(
            f"✓ {len(deployment.contracts)} contracts; a timelock owns them, every parameter was read back"
        )
        for prover in (*world.provers, world.idler):
            prover.stake(IDLE_STAKE if prover is world.idler else STAKE)
            prover.register()
        world.delegator.deposit(POOLED)
        stage.say("✓ 3 provers with 32 ZK staked each · 1 idle prover with 40 ZK · 4 requesters · 1 keeper")
        stage.say(f"✓ a delegator puts {money(POOLED)} ZK into the pool, for provers without stake")
    return world


def _open_queues(stage: Stage, world: World) -> None:
    with stage.step("two projects open a queue each, and the provers join"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyWarning)
            ump = world.provers[0].ump
            for name in ("rollup", "semaphore"):
                circuit = load_circuit(name)
                project = world.project.register(f"https://example.org/{name}")
                queue = world.project.open_queue(project, circuit, TERMS, ump=ump)
                world.queues[name] = queue
                for prover in world.provers:
                    prover.join(queue, circuit)
                key = (
                    "development key, INSECURE on purpose"
                    if circuit.insecure_setup
                    else "key of the public ceremony"
                )
                rules = " ".join(
                    f"{n}:{r.name}" for n, r in zip(circuit.signal_names, circuit.signal_rules, strict=True)
                )
                stage.say(f"✓ queue {queue} {name}: {key}")
                stage.say(f"  public signals {rules}")
        stage.say(
            "! the rollup's key comes from a published seed: anybody can forge its proofs. "
            "Never use it for real."
        )


def _auction(stage: Stage, world: World) -> list[tuple[Prover, AssignedTask]]:
    with stage.step("a round of the rollup queue: 4 bids for 3 slots"):
        circuit = load_circuit("rollup")
        placed: dict[TaskId, tuple[int, Wei]] = {}
        for i, (bid, batch) in enumerate(zip(BIDS, _batches(len(BIDS)), strict=True)):
            statement = circuit.statement(batch.statement)
            event = world.requesters[i].place(world.queues["rollup"], statement, zk(bid), inputs=batch.inputs)
            placed[event.task] = (i, zk(bid))
        receipt = world.end_round(world.queues["rollup"])
        cleared = receipt.event(RoundCleared)
        stage.say(
            f"{cleared.bid_count} bids, {cleared.slot_count} slots, base fee {money(cleared.base_fee_wei)} ZK"
        )
        table = Table(
            "position",
            "bidder",
            "bid",
            "pays = next bid's calculating fee + base fee",
            "back",
            "proves",
            box=None,
        )
        assigned = {event.task: event for event in receipt.events_of(TaskAssigned)}
        ranked = sorted(placed.items(), key=lambda item: -item[1][1])
        for rank, (task, (who, bid)) in enumerate(ranked):
            event = assigned.get(task)
            if event is None:
                table.add_row("–", f"requester-{who + 1}", money(bid, 2), "waits in the book", "", "")
                continue
            next_wei = ranked[rank + 1][1][1] if rank + 1 < len(ranked) else cleared.base_fee_wei
            _insist(event.price_wei == next_wei, "a winner pays the next bid down")
            _insist(event.refund_wei == bid - event.price_wei, "what the price leaves comes back")
            pays = (
                f"{money(event.price_wei, 2)} = {money(next_wei - cleared.base_fee_wei, 2)}"
                f" + {money(cleared.base_fee_wei, 2)}"
            )
            back = money(event.refund_wei, 2)
            table.add_row(
                str(event.position),
                f"requester-{who + 1}",
                money(bid, 2),
                pays,
                back,
                world.name(event.prover),
            )
        stage.console.print(table)
    by_position = sorted(assigned.values(), key=lambda event: event.position)
    given = {task.task: (prover, task) for prover in world.provers for task in prover.assignments()}
    return [given[event.task] for event in by_position]


def _prove(stage: Stage, world: World, given: list[tuple[Prover, AssignedTask]]) -> None:
    with stage.step("prove: two real proofs, and a wrong one on purpose"):
        *honest, (cheat, cheated) = given
        copied = b""
        for prover, task in honest:
            with stage.proving(f"groth16/rollup  {world.name(prover.address)}") as bar:
                result = prover.prove(task, on_progress=bar)
            prover.submit(task.task, result.signals, result.proof_bytes)
            copied = result.proof_bytes
            stage.say(f"✓ verified on chain: {money(task.price_wei)} ZK, made in {result.seconds:.2f} s")
        signals = [*cheated.statement, int(cheat.address, 16)]
        stake_before = cheat.stake_state().own_wei
        receipt = world.contracts.by(cheat.account).market.submit_proof(cheated.task, signals, copied)
        parts = receipt.event(Slashed).parts
        _insist(
            cheat.stake_state().own_wei == stake_before - parts.slashed_wei, "a slash comes out of the stake"
        )
        stage.say(
            f"✗ {world.name(cheat.address)} hands in a copy of another's proof: refused by the verifier"
        )
        stage.say(
            f"  slashed {money(parts.slashed_wei)} ZK (5 % of its stake): "
            f"{money(parts.requester_wei)} to the requester, {money(parts.rescuer_wei)} for a rescuer, "
            f"{money(parts.insurance_wei)} to insurance; rating {cheat.record().rating_ppm / 1e6:.3f}"
        )


def _rescue(stage: Stage, world: World, task: AssignedTask) -> None:
    with stage.step("pooled stake: a prover without stake borrows, and rescues the open task"):
        borrower, pool = world.borrower, world.contracts.delegation
        borrower.register()
        borrower.borrow_stake()
        PoolOperator(world.contracts).back(world.queues["rollup"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyWarning)
            borrower.join(world.queues["rollup"], load_circuit("rollup"))
        stage.say(
            f"✓ {money(borrower.stake_state().sponsored_wei)} ZK lent for a fee of {money(LOAN_FEE)} ZK "
            f"that comes back with the loan; the pool has {money(pool.idle_wei())} ZK left"
        )
        stage.say("✓ the pool's operator backs the rollup queue: lent stake counts nowhere else")
        claimed = borrower.claim_open(task.task)
        with stage.proving("groth16/rollup  the rescuer") as bar:
            result = borrower.prove(claimed, on_progress=bar)
        proven = borrower.submit(claimed.task, result.signals, result.proof_bytes)
        bounty = proven.bounty_wei
        _insist(borrower.credit() == bounty, "the bounty is the rescuer's credit")
        stage.say(
            f"✓ verified on chain: {money(claimed.price_wei)} ZK, and a bounty of {money(bounty)} ZK "
            "from the cheat's slash"
        )


def _base_fee(stage: Stage, world: World) -> None:
    with stage.step("the semaphore queue: demand without capacity, then a proof"):
        queue, circuit = world.queues["semaphore"], load_circuit("semaphore")
        members = [semaphore.Identity.generate(bytes([i]) * 32) for i in range(5)]
        group = semaphore.Group([member.commitment for member in members])
        request = semaphore.membership(members[3], group, scope=2026)
        for prover in world.provers:
            prover.set_capacity(queue, 0)
        requester = world.requesters[0]
        life = (WAITING_ROUNDS + 2) * ROUND_SECONDS
        requester.place(
            queue,
            circuit.statement(request.statement),
            zk(3),
            data=publish_hash(request.inputs),
            life_seconds=life,
        )
        fees = [world.end_round(queue).event(RoundCleared).base_fee_wei for _ in range(WAITING_ROUNDS)]
        for prover in world.provers:
            prover.set_capacity(queue, 1)
        receipt = world.end_round(queue)
        fees.append(receipt.event(RoundCleared).base_fee_wei)
        winner = receipt.event(TaskAssigned)
        prover = next(one for one in world.provers if one.address == winner.prover)
        task = next(one for one in prover.assignments() if one.task == winner.task)
        stage.say(
            "a bid waited while nobody had a slot; its input stays private and goes "
            "to the assigned prover alone"
        )
        with stage.proving(f"groth16/semaphore  {world.name(prover.address)}") as bar:
            result = prover.prove(task, inputs=request.inputs, on_progress=bar)
        prover.submit(task.task, result.signals, result.proof_bytes)
        nullifier = members[3].nullifier(2026)
        _insist(
            result.signals[circuit.signal_names.index("nullifier")] == nullifier,
            "the proof delivers the output",
        )
        stage.say(f"✓ verified on chain: {money(task.price_wei)} ZK, made in {result.seconds:.2f} s")
        started_at = world.contracts.market.round_of(queue).started_at
        for k in range(1, 8):
            world.connection.wait_until(started_at + k * ROUND_SECONDS)
            fees.append(world.contracts.market.base_fee_of(queue))
        stage.say(
            f"base fee over {len(fees)} rounds   {_chart(fees)}   "
            f"{money(fees[0])} ▸ {money(max(fees))} ▸ {money(fees[-1])} ZK"
        )
        _insist(all(b * 1000 <= a * 1126 for a, b in pairwise(fees)), "at most 12.5 % a round")


def _decay(stage: Stage, world: World) -> None:
    with stage.step("a prover that never proves"):
        before = world.idler.stake_state().own_wei
        insurance = world.contracts.token.balance_of(world.contracts.insurance.address)
        world.connection.wait_until(world.connection.timestamp() + 3 * DAY)
        after = world.idler.settle().own_wei
        gained = world.contracts.token.balance_of(world.contracts.insurance.address) - insurance
        _insist(0 < before - after == gained, "what decays goes to insurance")
        stage.say(
            f"after 3 idle days: {money(before)} ▸ {money(after)} ZK; "
            f"{money(before - after)} to insurance (1 % a day after the first)"
        )


def _pay(stage: Stage, world: World, tasks: list[AssignedTask]) -> None:
    with stage.step("everybody is paid"):
        table = Table("who", "what", "ZK", box=None)
        rates = world.contracts.splitter.rates()
        parts = split(tasks[0].price_wei, rates.pool_bps, 0, 0, rates.delegators_bps)
        stage.say(
            f"  a price of {money(tasks[0].price_wei, 2)} splits into "
            f"{money(parts.prover_wei, 2)} prover, {money(parts.delegators_wei, 2)} delegators, "
            f"{money(parts.treasury_wei, 2)} treasury "
            f"({(BPS - rates.pool_bps) / 100:.0f} % to the prover)"
        )
        for prover in (*world.provers, world.borrower):
            if prover.earnings().claimable_wei:
                table.add_row(world.name(prover.address), "rewards of past epochs", money(prover.claim()))
        for requester in world.requesters:
            if requester.credit():
                table.add_row(
                    world.name(requester.address),
                    "refunds, compensation",
                    money(requester.claim_credit()),
                )
        table.add_row(world.name(world.borrower.address), "bounty", money(world.borrower.claim_credit()))
        collected, before = world.delegator.collect(), world.delegator.share_price()
        table.add_row(
            "delegators", "half of the pool's 20 %, and a fifth of what lent stake earned", money(collected)
        )
        treasury = world.contracts.token.balance_of(world.contracts.splitter.treasury())
        world.contracts.splitter.claim_treasury()
        paid = world.contracts.token.balance_of(world.contracts.splitter.treasury()) - treasury
        table.add_row("treasury", "its part of the pool's 20 %", money(paid))
        stage.console.print(table)
        world.connection.wait_until(world.connection.timestamp() + DAY)
        after = world.delegator.share_price()
        _insist(after > before, "profit raises the price of shares")
        stage.say(f"a share of the pool: {money(before, 4)} ▸ {money(after, 4)} ZK, a day later")


def _books(stage: Stage, world: World) -> None:
    with stage.step("the books, recomputed from events alone"):
        books = check_books(world.connection, world.deployment)
        for law in books.laws:
            if law.balances and ("holds what it owes" in law.what or "supply" in law.what):
                stage.say(f"✓ {law.what}: {law.from_events_wei:,} = {law.on_chain_wei:,} wei")
        for entry in books.differences:
            stage.say(
                f"✗ {entry.what} of {entry.account}: {entry.from_events_wei:,} ≠ {entry.on_chain_wei:,} wei"
            )
        _insist(books.balanced, "every balance follows from events to the wei")
        stage.say(
            f"✓ {len(books.balances)} balances, {len(books.claims)} claims and {len(books.laws)} sums "
            f"recomputed at block {books.block}: all equal the chain to the wei"
        )


def _batches(count: int) -> list[rollup.Batch]:
    """Batches of two transfers each, one after the other."""
    keys = [SigningKey.generate(bytes([i + 1]) * 32) for i in range(4)]
    state = rollup.State({i: rollup.Account(key.public, 1000, 0) for i, key in enumerate(keys)})
    batches = []
    for i in range(count):
        transfers, nonces = [], {}
        for sender in (i % 4, (i + 1) % 4):
            nonce = state.accounts[sender].nonce + nonces.get(sender, 0)
            nonces[sender] = nonces.get(sender, 0) + 1
            transfers.append(
                rollup.sign_transfer(keys[sender], ROLLUP_ID, sender, (sender + 2) % 4, 10 + i, nonce)
            )
        batch = rollup.build_batch(ROLLUP_ID, state, transfers)
        state = batch.state
        batches.append(batch)
    return batches


def _chart(values: list[Wei]) -> str:
    """A line of bars, the least value lowest and the greatest highest."""
    low, high = min(values), max(values)
    span = max(high - low, 1)
    return "".join(BARS[(value - low) * (len(BARS) - 1) // span] for value in values)


def _insist(holds: bool, law: str) -> None:
    if not holds:
        raise FigureWrong(f"this must hold and does not: {law}")
