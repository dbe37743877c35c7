"""A market on a test's chain, with a queue whose proofs the test makes by the key's trapdoor."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.groth16_toy import ToyKey
from zkpool_sdk.chain import Account, Contracts, LocalSigner
from zkpool_sdk.clients import AssignedTask, Keeper, Project, Prover, Requester
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.models import QueueId, SignalRule, Terms
from zkpool_sdk.units import Seconds, Wei, zk

TERMS = Terms(Seconds(900), Seconds(1200), Wei(0), 1)
KEY = ToyKey.make(2)


@dataclass
class ToyMarket:
    """Clients of each role, and one queue with the signals (statement, prover)."""

    contracts: Contracts
    queue: QueueId
    requester: Requester
    rival: Requester
    prover: Prover
    keeper: Keeper
    project: Project

    def end_round(self) -> None:
        """Moves the clock to the round's end and clears it."""
        contracts = self.contracts
        contracts.connection.wait_until(contracts.market.round_of(self.queue).started_at + ROUND_SECONDS)
        self.keeper.clear(self.queue)

    def proof(
        self, task: AssignedTask, wrong: bool = False, prover: Prover | None = None
    ) -> tuple[list[int], bytes]:
        """Signals and proof for a task, by the market's own prover unless told; wrong: of other signals."""
        signals = [*task.statement, int((prover or self.prover).prover, 16)]
        proven = [signals[0] + 1, signals[1]] if wrong else signals
        return signals, KEY.prove(proven).calldata

    def someone(self, tokens_wei: int = zk(200)) -> Contracts:
        """The contracts as a new account with tokens sees them."""
        return _someone(self.contracts, tokens_wei)

    def another_prover(self, stake_wei: int = zk(64), capacity: int = 2) -> Prover:
        """One more prover with a seat."""
        prover = Prover(self.someone())
        prover.register()
        prover.stake(stake_wei)
        prover.contracts.provers.join(self.queue, capacity)
        return prover

    def wait(self, seconds: int) -> None:
        """Lets time pass."""
        self.contracts.connection.wait_until(self.contracts.connection.timestamp() + seconds)


def make_toy_market(contracts: Contracts, terms: Terms = TERMS) -> ToyMarket:
    """Opens the queue, and funds and seats everybody; ``contracts`` is as the deployer sees it."""
    verifier, projects = contracts.verifier, contracts.projects
    key = verifier.key_of(KEY.public.abi)
    verifier.register_key(KEY.public.abi)
    project = Project(contracts)
    number = project.register("https://toy.example")
    rules = [SignalRule.FIXED, SignalRule.PROVER]
    sample = [5, 6]
    projects.create_queue(number, verifier.address, key, rules, terms, sample, KEY.prove(sample).calldata)
    queue = QueueId(projects.queue_count())

    def someone() -> Contracts:
        return _someone(contracts, zk(200))

    prover = Prover(someone())
    prover.stake(zk(64))
    prover.register()
    prover.contracts.provers.join(queue, 2)
    return ToyMarket(
        contracts, queue, Requester(someone()), Requester(someone()), prover, Keeper(someone()), project
    )


def _someone(contracts: Contracts, tokens_wei: int) -> Contracts:
    account = Account(contracts.connection, LocalSigner.generate())
    contracts.connection.request("anvil_setBalance", account.address, hex(10**19))
    if tokens_wei:
        contracts.token.transfer(account.address, tokens_wei)
    return contracts.by(account)
