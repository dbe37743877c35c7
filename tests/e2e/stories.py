"""What the stories share: a queue of real proofs, money for who plays in them, and time that passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zkpool_sdk.chain import Connection, Contracts, Deployment
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.clients import AcceptedProof, AssignedTask, Delegator, Keeper, PoolOperator, Prover, Requester
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.split import Split, split
from zkpool_sdk.models import QueueId
from zkpool_sdk.proving import Ump, load_circuit, rollup
from zkpool_sdk.units import DAY, Bps, zk

CIRCUIT = "rollup"
PRICE = zk(3)
"""What every proof of a story costs: the bid of who lost the round."""


@dataclass
class Scene:
    """One deployment with one queue; a story seats the only prover, so it knows who gets the work."""

    node: Connection
    deployment: Deployment
    someone: Callable[..., Contracts]
    queue: QueueId
    batches: Sequence[rollup.Batch]
    ump: Ump
    operator: PoolOperator

    def delegator(self, deposit_wei: int) -> Delegator:
        """Somebody who has put all its money into the pool."""
        delegator = Delegator(self.someone(deposit_wei))
        delegator.deposit(deposit_wei)
        return delegator

    def prover(self, stake_wei: int = zk(64)) -> Prover:
        """A registered prover with its own stake, not yet in the queue."""
        prover = Prover(self.someone(stake_wei), self.ump)
        prover.stake(stake_wei)
        prover.register("https://prover.example")
        return prover

    def sell(self, batch: int = 0) -> tuple[Requester, AssignedTask]:
        """Auctions the proof of a batch among two; gives the winner and its task as the prover sees it.

        The loser's bid makes the price, and has expired a quarter of an hour later.
        """
        statement = load_circuit(CIRCUIT).statement(self.batches[batch].statement)
        inputs = self.batches[batch].inputs
        winner, loser = Requester(self.someone(2 * PRICE)), Requester(self.someone(PRICE))
        bid = winner.place(self.queue, statement, PRICE + zk(1), inputs=inputs)
        loser.place(self.queue, statement, PRICE, inputs=inputs, life_seconds=3 * ROUND_SECONDS)
        self.end_round()
        account = winner.contracts.provers.account_of(winner.task(bid.task).prover)
        (assigned,) = Prover(self.someone(), self.ump, acts_for=account).assignments()
        assert (assigned.task, assigned.price_wei) == (bid.task, PRICE)
        return winner, assigned

    def work(self, prover: Prover, batch: int = 0) -> AcceptedProof:
        """A round, and the prover's real proof of the task it was given."""
        requester, task = self.sell(batch)
        accepted = prover.prove_and_submit(task)
        assert requester.proof_of(task.task).prover == prover.address
        assert accepted.price_wei == PRICE
        return accepted

    def end_round(self) -> None:
        """Moves the clock to the round's end; anybody clears it."""
        started_at = self.operator.contracts.market.round_of(self.queue).started_at
        self.node.wait_until(started_at + ROUND_SECONDS)
        Keeper(self.someone()).clear(self.queue)

    def next_day(self) -> None:
        """Moves the clock to the next epoch of the rewards."""
        self.node.wait_until((self.operator.contracts.splitter.current_epoch() + 1) * DAY)

    def pass_time(self, seconds: int) -> None:
        """Moves the clock on."""
        self.node.wait_until(self.node.timestamp() + seconds)

    def parts(self, price_wei: int, accelerator_bps: int = 0, sponsored: bool = False) -> Split:
        """How a price is split by the rates of the deployment."""
        rates = self.operator.contracts.splitter.rates()
        sponsor_bps = rates.sponsor_bps if sponsored else Bps(0)
        return split(price_wei, rates.pool_bps, accelerator_bps, sponsor_bps, rates.delegators_bps)

    def assert_balanced(self) -> None:
        """Every balance and claim follows from events, to the wei, and nothing was donated."""
        books = check_books(self.node, self.deployment)
        assert books.balanced, books.differences
        assert books.donations == ()
