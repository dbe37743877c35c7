"""The pool as super prover of a tier 1: auctions, real proofs, rewards, a penalty; every wei explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.e2e.stories import CIRCUIT
from tests.support.rawchain import compiled
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment
from zkpool_sdk.chain.abi import ContractAbi, load_abi
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.chain.contracts import Contract, Operation, TaikoAdapter
from zkpool_sdk.chain.events import WorkBound
from zkpool_sdk.clients import AssignedTask, Delegator, Keeper, PoolOperator, Project, Prover, Requester
from zkpool_sdk.clients.inputs import publish_inputs
from zkpool_sdk.economics.base_fee import MIN_BASE_FEE_WEI, ROUND_SECONDS
from zkpool_sdk.economics.split import Split, split
from zkpool_sdk.models import Address, QueueId, TaskId, TaskStatus, Terms, WorkStatus
from zkpool_sdk.proving import Ump, load_circuit, rollup
from zkpool_sdk.units import DAY, Bps, Seconds, Wei, zk

TTKO = 10**8
"""A whole token of tier 1."""
FEE_PER_GAS = 100
GAS_LIMIT = 1_000_000
REWARD = (20_000 + GAS_LIMIT) * FEE_PER_GAS
"""Units for a block proven without delay: 1.02 TTKO."""
PENALTY = 4 * REWARD
TIER1_WINDOW = 90 * 60
UNIT_PRICE = zk(2)
POOLED, FUNDED, STAKED = zk(1_000), zk(200), 50 * TTKO
COVER = zk(10)
"""What each bond holds for tier 1; more than it takes for these blocks, 8.16 ZK."""
TERMS = Terms(Seconds(600), Seconds(900), COVER, 1)
STAKE, RIVAL_BID = zk(64), zk(1)
BOND = zk("0.5") + COVER
B = MIN_BASE_FEE_WEI


def worth(units: int) -> int:
    """Wei of units of tier 1's token; its price leaves no rest."""
    return units * UNIT_PRICE // TTKO


class Compiled(Contract):
    """A contract of the tests, which the SDK knows nothing of."""

    @property
    def abi(self) -> ContractAbi:
        """The compiled ABI."""
        return compiled()[self.abi_name].abi

    def do(self, function: str, *arguments: Any) -> Receipt:
        """Sends a call."""
        return self._send(function, *arguments)

    def by(self, account: Account) -> Compiled:
        """The same contract, used by another account."""
        return type(self)(self.connection, self.address, account)


class Taiko(Compiled):
    """The miniature of tier 1."""

    abi_name = "TaikoMiniature"


class Ttko(Compiled):
    """Tier 1's token."""

    abi_name = "TaikoToken"

    def units(self, account: str) -> int:
        """What an account holds."""
        return int(self.try_call("balanceOf", account))


@dataclass
class Tier1:
    """Everybody in this story."""

    node: Connection
    deployment: Deployment
    someone: Callable[..., Contracts]
    treasurer: Account
    batches: Sequence[rollup.Batch]
    ump: Ump
    queue: QueueId
    taiko: Taiko
    ttko: Ttko
    adapter: TaikoAdapter
    operator: Contracts
    sequencer: Contracts
    trader: Contracts
    provers: list[Prover]
    keeper: Keeper
    delegator: Delegator

    def propose(self, block: int) -> int:
        """The sequencer proposes a batch as a block; its time. The pool alone stakes, so it is assigned."""
        batch = self.batches[block - 1]
        receipt = self.taiko.by(self.account(self.sequencer)).do(
            "proposeBlock", batch.statement["commitment"], GAS_LIMIT, publish_inputs(batch.inputs)
        )
        assigned, *_ = self.taiko.try_call("blockOf", block)
        assert assigned == self.adapter.address
        return self.node.timestamp(receipt.block_number)

    def enter(self, block: int) -> TaskId:
        """Anybody brings the block into the pool's queue, with the data the sequencer published."""
        event = self.anybody.enter(block, publish_inputs(self.batches[block - 1].inputs)).event(WorkBound)
        assert (event.reward_wei, event.penalty_wei) == (worth(REWARD), worth(PENALTY))
        return event.task

    def clear(self) -> None:
        """The round ends."""
        started_at = self.keeper.contracts.market.round_of(self.queue).started_at
        self.node.wait_until(started_at + ROUND_SECONDS)
        self.keeper.clear(self.queue)

    def assignment(self, task: TaskId) -> tuple[Prover, AssignedTask]:
        """Who got a task."""
        found = {one.task: (prover, one) for prover in self.provers for one in prover.assignments()}
        return found[task]

    def prove(self, task: TaskId) -> tuple[Prover, Wei]:
        """Its prover makes a real proof and is paid."""
        prover, assigned = self.assignment(task)
        accepted = prover.prove_and_submit(assigned)
        assert accepted.price_wei == assigned.price_wei
        return prover, accepted.price_wei

    def deliver(self, block: int, task: TaskId, proposed_at: int) -> int:
        """Anybody takes the proof from the market to tier 1; what tier 1 paid, by its formula."""
        proven = Requester(self.keeper.contracts).proof_of(task)
        assert self.adapter.verify(block, proven.signals, proven.proof)
        receipt = self.anybody.submit(block, proven.signals, proven.proof)
        delay = self.node.timestamp(receipt.block_number) - proposed_at
        assert 0 < delay < TIER1_WINDOW
        return REWARD - REWARD * 250 * delay // (10_000 * TIER1_WINDOW)

    @property
    def anybody(self) -> TaikoAdapter:
        """The adapter, used by somebody without a role."""
        return TaikoAdapter(self.node, self.adapter.address, self.account(self.keeper.contracts))

    @property
    def operated(self) -> TaikoAdapter:
        """The adapter, used by the pool's operator."""
        return TaikoAdapter(self.node, self.adapter.address, self.account(self.operator))

    def account(self, contracts: Contracts) -> Account:
        """Who uses these contracts."""
        assert contracts.account is not None
        return contracts.account

    def zk(self, account: str) -> int:
        """ZK of an account."""
        return self.operator.token.balance_of(account)

    def parts(self, price_wei: int) -> Split:
        """How a price is split."""
        rates = self.operator.splitter.rates()
        return split(price_wei, rates.pool_bps, 0, Bps(0), rates.delegators_bps)

    def give(self, contracts: Contracts, amount_wei: int) -> None:
        """More ZK for somebody, from the treasurer."""
        self.operator.token.transfer(self.account(contracts).address, amount_wei)

    def marked(self) -> Wei:
        """What the delegation vault finds the adapter worth."""
        return PoolOperator(self.operator).mark(self.adapter.address).value_wei


def create(treasurer: Account, name: str, types: Sequence[str], *arguments: Any) -> Address:
    """Deploys a compiled contract."""
    code = bytes.fromhex(compiled()[name].bytecode)
    made = treasurer.send(None, code + encode(types, arguments)).contract
    assert made is not None
    return made


def govern(node: Connection, contracts: Contracts, *calls: tuple[Contract, bytes]) -> None:
    """What the owner decides: scheduled with the timelock, and executed when its delay is over."""
    operation = Operation(tuple(c.address for c, _ in calls), tuple(data for _, data in calls), b"\1" * 32)
    delay = contracts.timelock.min_delay()
    contracts.timelock.schedule(operation, delay)
    node.wait_until(node.timestamp() + delay)
    contracts.timelock.execute(operation)


@pytest.fixture
def tier1(
    node: Connection,
    pool: Deployment,
    someone: Callable[..., Contracts],
    treasurer: Account,
    batches: list[rollup.Batch],
    ump: Ump,
) -> Tier1:
    """The pool with a queue of real proofs, two provers, and 200 of its 1000 ZK with the adapter."""
    operator = Contracts(node, pool, treasurer)  # the deployer: operator and proposer of the timelock
    project = Project(someone())
    queue = project.open_queue(project.register("https://tier1.example"), CIRCUIT, TERMS, ump=ump)
    key = operator.projects.queue_of(queue).key
    ttko = Ttko(node, create(treasurer, "TaikoToken", ("address",), treasurer.address), treasurer)
    rules = ("address", "address", "bytes32", "uint32", "uint64")
    setting = (ttko.address, operator.verifier.address, key, FEE_PER_GAS, 10**6)
    taiko = Taiko(node, create(treasurer, "TaikoMiniature", rules, *setting), treasurer)
    assert taiko.try_call("windowSeconds") == TIER1_WINDOW
    wiring = (operator.market.address, operator.delegation.address, taiko.address, ttko.address, queue)
    types = load_abi("TaikoAdapter").constructor
    roles = (pool.address_of("Timelock"), treasurer.address)
    adapter = TaikoAdapter(node, create(treasurer, "TaikoAdapter", types, wiring, UNIT_PRICE, *roles))

    projects, delegation = operator.projects, operator.delegation
    govern(
        node,
        operator,
        (projects, projects.calldata("setCarrier", queue, adapter.address)),
        (delegation, delegation.calldata("allowAdapter", adapter.address, FUNDED)),
    )
    sequencer, trader = someone(), someone()
    for who, taker in ((sequencer, taiko), (trader, adapter)):
        assert who.account is not None
        ttko.do("transfer", who.account.address, 100 * TTKO)
        ttko.by(who.account).do("approve", taker.address, 100 * TTKO)
    ttko.do("approve", taiko.address, 10 * TTKO)
    taiko.do("fill", 10 * TTKO)  # what a late proof is paid above its block's fee

    delegator = Delegator(someone(POOLED))
    delegator.deposit(POOLED)
    PoolOperator(operator).fund(adapter.address, FUNDED)
    provers = [Prover(someone(STAKE), ump) for _ in range(2)]
    for prover in provers:
        prover.stake(STAKE)
        prover.register()
        prover.join(queue, CIRCUIT)
    people = (operator, sequencer, trader, provers, Keeper(someone()), delegator)
    return Tier1(node, pool, someone, treasurer, batches, ump, queue, taiko, ttko, adapter, *people)


def test_super_prover__stakes_auctions_proves_and_bears_a_penalty__every_wei_is_explained(
    tier1: Tier1,
) -> None:
    t, market = tier1, tier1.keeper.contracts.market
    adapter, operated, insurance = t.adapter, t.operated, t.operator.insurance.address

    # The pool changes 100 ZK into 50 TTKO and stakes them in tier 1.
    operated.set_orders(STAKED, 0)
    trader = TaikoAdapter(t.node, adapter.address, t.account(t.trader))
    trader.sell_units(STAKED, worth(STAKED))
    operated.set_offer(FEE_PER_GAS, 4, zk(50))
    operated.stake(STAKED)
    assert adapter.stake_state().staked_units == STAKED
    assert adapter.value_wei() == t.marked() == FUNDED

    # Block 1: alone in its round, so its prover is paid the base fee.
    proposed_at = t.propose(1)
    first = t.enter(1)
    assert market.task_of(first).amount_wei == worth(REWARD + PENALTY)
    t.clear()
    prover_1, price_1 = t.prove(first)
    assert price_1 == B
    reward_1 = t.deliver(1, first, proposed_at)
    t.anybody.settle(1)
    assert adapter.work_of(1).status is WorkStatus.REWARDED
    assert adapter.value_wei() == FUNDED - price_1 + worth(reward_1)

    # Block 2: a user bids in the same queue and sets its price.
    proposed_at = t.propose(2)
    second = t.enter(2)
    user = Requester(t.someone(RIVAL_BID))
    statement = load_circuit(CIRCUIT).statement(t.batches[0].statement)
    rival = user.place(t.queue, statement, RIVAL_BID, inputs=t.batches[0].inputs).task
    t.clear()
    prover_2, price_2 = t.prove(second)
    prover_u, price_u = t.prove(rival)
    assert (price_2, price_u) == (RIVAL_BID, B)
    reward_2 = t.deliver(2, second, proposed_at)
    t.anybody.settle(2)

    # Block 3: its prover goes silent. The bond pays for tier 1's slash and more; another prover of tier 1
    # proves the block late, and is paid half more.
    t.propose(3)
    third = t.enter(3)
    t.clear()
    silent, assigned = t.assignment(third)
    assert (assigned.price_wei, assigned.bond_wei) == (B, BOND)
    t.node.wait_until(assigned.grace_until + 1)
    t.keeper.finalize(third)
    t.node.wait_until(market.rescue_of(third).open_until + 1)
    t.keeper.finalize(third)
    assert market.task_of(third).status is TaskStatus.FAILED
    another = t.someone()
    late_prover = t.account(another)
    late = t.ump.prove(t.queue, t.batches[2].inputs, late_prover.address)
    proof = (3, list(late.signals), late.proof_bytes)
    assert not t.taiko.by(late_prover).try_call("accepts", 3, late_prover.address, *proof[1:])
    t.node.wait_until(adapter.work_of(3).prove_by + 1)
    t.taiko.by(late_prover).do("proveBlock", *proof)
    t.taiko.by(late_prover).do("withdrawRewards")
    t.anybody.settle(3)
    t.anybody.settle(3)
    work = adapter.work_of(3)
    assert (work.status, work.penalty_units, work.reward_units) == (WorkStatus.FORFEITED, PENALTY, 0)
    assert adapter.live_works() == ()

    # Provers leave before they would decay; everybody takes what is his.
    for prover in t.provers:
        prover.unstake()
    t.node.wait_until((t.operator.splitter.current_epoch() + 1) * DAY)
    for prover in t.provers:
        if prover.earnings().claimable_wei:
            prover.claim()
    t.operator.splitter.claim_treasury()
    t.delegator.collect()
    user.claim_credit()
    t.keeper.claim_credit()

    # The pool leaves tier 1: a week's exit, its units back into ZK, and that back to the delegators.
    rewards = reward_1 + reward_2
    assert t.ttko.units(adapter.address) == rewards
    operated.request_exit()
    t.node.wait_until(max(adapter.stake_state().exit_at, t.node.timestamp()))
    operated.withdraw()
    units = rewards + STAKED - PENALTY
    assert t.ttko.units(adapter.address) == units
    t.give(t.trader, worth(units))
    t.trader.token.approve(adapter.address, worth(units))
    operated.set_orders(0, units)
    trader.buy_units(units, worth(units))
    operated.repay(t.zk(adapter.address))
    assert t.marked() == 0
    for prover in t.provers:
        prover.finish_unstake()

    # --- The ledger, from the rules alone.
    paid = (price_1, price_2, price_u)
    split_of = [t.parts(price) for price in paid]
    earned = {prover.address: 0 for prover in t.provers}
    for prover, part in zip((prover_1, prover_2, prover_u), split_of, strict=True):
        earned[prover.address] += part.prover_wei
    # The slash: tier 1's cover first; of the rest at most the price to the requester, 2 % to the keeper,
    # 18 % to a rescuer who never came, so to insurance.
    rest = BOND - COVER
    to_requester, to_keeper = min(rest // 2, B), rest * 2 // 100
    surplus = COVER - worth(PENALTY)
    pool_gain = worth(rewards) - price_1 - price_2 - worth(PENALTY) + COVER - surplus + to_requester
    ledger = {
        **{prover.address: STAKE + earned[prover.address] for prover in t.provers},
        user.address: RIVAL_BID - price_u,
        t.keeper.address: to_keeper,
        t.delegator.address: 0,
        t.account(t.sequencer).address: 0,
        t.account(t.trader).address: worth(STAKED),
        late_prover.address: 0,
        adapter.address: 0,
        t.taiko.address: 0,
        t.ttko.address: 0,
        t.operator.delegation.address: POOLED + pool_gain + sum(part.delegators_wei for part in split_of),
        insurance: rest - to_requester - to_keeper + surplus,
    }
    ledger[silent.address] -= BOND
    for name in ("ProverMarket", "StakeVault", "RewardSplitter", "BidDesk", "Timelock", "ProjectRegistry"):
        ledger[t.deployment.address_of(name)] = 0
    # The deployer is the treasury, too; it gave out every token that others started with.
    given = POOLED + 2 * STAKE + RIVAL_BID + worth(units)
    treasury = sum(part.treasury_wei for part in split_of)
    supply = t.operator.token.total_supply()
    ledger[t.treasurer.address] = supply - given + treasury
    assert t.operator.splitter.treasury() == t.treasurer.address
    assert {account: t.zk(account) for account in ledger} == ledger
    assert sum(ledger.values()) == supply

    fees = 3 * REWARD  # of three proposals, at the fee that the pool asks
    late_reward = REWARD + REWARD // 2
    units_ledger = {
        t.account(t.sequencer).address: 100 * TTKO - fees,
        t.account(t.trader).address: 100 * TTKO - STAKED + units,
        late_prover.address: late_reward,
        adapter.address: 0,
        t.taiko.address: 10 * TTKO + fees + PENALTY - rewards - late_reward,
        t.treasurer.address: 10**9 * TTKO - 210 * TTKO,
    }
    assert {account: t.ttko.units(account) for account in units_ledger} == units_ledger
    assert sum(units_ledger.values()) == 10**9 * TTKO

    # The shares are worth what the vault holds, once the last profit has unlocked.
    t.node.wait_until(t.node.timestamp() + DAY)
    assert t.operator.delegation.total_assets() == ledger[t.operator.delegation.address]
    assert pool_gain > 0
    books = check_books(t.node, t.deployment)
    assert books.balanced, books.differences
    assert books.donations == ((insurance, surplus),)
