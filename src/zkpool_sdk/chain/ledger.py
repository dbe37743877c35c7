"""The protocol's books, written from its events alone: who is owed what, and what moved where.

One thing its events leave out: ``Staked`` names whose stake grew, not who paid. That is the giver of the
token's transfer that follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, get_args

from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import (
    AcceleratorCredited,
    BidCancelled,
    BidEvicted,
    BidExpired,
    BidPlaced,
    BidRaised,
    BountyPaid,
    Burned,
    Claimed,
    CommitForfeited,
    CreditClaimed,
    Credited,
    Decayed,
    DeclinePaid,
    DelegatorsSet,
    Event,
    JailLeft,
    ProofAccepted,
    ProofLate,
    ProverRegistered,
    Recalled,
    Restaked,
    Slashed,
    Sponsored,
    Staked,
    TaskAssigned,
    TaskClaimed,
    TaskDeclined,
    TaskFailed,
    Transfer,
    TreasurySet,
    UnstakeFinished,
    UnstakeRequested,
    WindowMissed,
)
from zkpool_sdk.chain.side_ledgers import Amounts, DeskEvent, DeskLedger, PoolEvent, PoolLedger, no_amounts
from zkpool_sdk.models import ZERO_ADDRESS, Address, Fault, ProverId, TaskId
from zkpool_sdk.units import WEI_PER_ZK

JAIL_FEE_WEI: Final = WEI_PER_ZK
"""What the way out of jail costs."""
Moves = defaultdict[tuple[Address, Address], int]
BidEvent = BidPlaced | BidRaised | BidCancelled | BidExpired | BidEvicted
TaskEvent = (
    TaskAssigned
    | TaskClaimed
    | TaskDeclined
    | ProofAccepted
    | ProofLate
    | WindowMissed
    | BountyPaid
    | DeclinePaid
    | TaskFailed
)
StakeEvent = Slashed | Staked | UnstakeRequested | UnstakeFinished | Decayed | Sponsored | Recalled
RewardEvent = Credited | AcceleratorCredited | Claimed | Restaked | TreasurySet | DelegatorsSet


def _moves() -> Moves:
    return defaultdict(int)


@dataclass(slots=True)
class TaskBook:
    """A task's money: what is in escrow for it, the bounty for a rescuer, and the bond behind it."""

    requester: Address
    escrow_wei: int
    prover: Address = ZERO_ADDRESS
    bond_wei: int = 0
    keeper: Address = ZERO_ADDRESS
    bounty_wei: int = 0


@dataclass(slots=True)
class Ledger:
    """State rebuilt from events; every amount in wei.

    Attributes:
        market, vault, splitter, insurance, token: contracts; all but the token hold money.
        desk, pool: the books of the bid desk and of the delegation vault, which hold money too.
        tasks: open tasks by id: bids in a book, assigned tasks, open ones.
        credits: what the market owes each account.
        own, unbonding, lent, locked: each prover's stake, decay charged as far as the events say.
        earned: what the splitter credited to each account, less what it paid to it.
        delegators_earned: what it credited to the delegators and has not paid.
        treasury_earned: what it credited to treasuries, paid or not.
        treasuries: accounts that are or were the treasury.
        insured: what the insurance fund keeps.
        accounts: each prover's account.
        moved: what the protocol's events say moved, by giver and receiver.
        transferred: what the token's events say moved.
        unpaid: stake that was reported and whose payer is not known yet.
    """

    market: Address
    vault: Address
    splitter: Address
    insurance: Address
    token: Address
    desk: DeskLedger
    pool: PoolLedger
    tasks: dict[TaskId, TaskBook] = field(default_factory=dict)
    credits: Amounts = field(default_factory=no_amounts)
    own: Amounts = field(default_factory=no_amounts)
    unbonding: Amounts = field(default_factory=no_amounts)
    lent: Amounts = field(default_factory=no_amounts)
    locked: Amounts = field(default_factory=no_amounts)
    earned: Amounts = field(default_factory=no_amounts)
    delegators_earned: int = 0
    treasury_earned: int = 0
    treasuries: set[Address] = field(default_factory=set)
    delegators: Address = ZERO_ADDRESS
    insured: int = 0
    accounts: dict[ProverId, Address] = field(default_factory=dict)
    moved: Moves = field(default_factory=_moves)
    transferred: Moves = field(default_factory=_moves)
    unpaid: int = 0

    @classmethod
    def of(cls, deployment: Deployment, events: Iterable[Event] = ()) -> Ledger:
        """The ledger of a deployment after ``events``."""
        at = deployment.address_of
        ledger = cls(
            at("ProverMarket"),
            at("StakeVault"),
            at("RewardSplitter"),
            at("InsuranceFund"),
            at("ZKToken"),
            DeskLedger(at("BidDesk")),
            PoolLedger(at("DelegationVault")),
        )
        for event in events:
            ledger.enter(event)
        return ledger

    @property
    def places(self) -> tuple[Address, ...]:
        """The contracts that hold money."""
        return tuple(self.owed)

    @property
    def owed(self) -> dict[Address, int]:
        """What each place owes, in all."""
        tasks = self.tasks.values()
        return {
            self.market: sum(task.escrow_wei + task.bounty_wei for task in tasks)
            + sum(self.credits.values()),
            self.vault: sum(self.own.values()) + sum(self.unbonding.values()) + sum(self.lent.values()),
            self.splitter: sum(self.earned.values()) + self.delegators_earned + self.treasury_earned,
            self.insurance: self.insured,
            self.desk.address: self.desk.owed_wei,
            self.pool.address: self.pool.owed_wei,
        }

    def enter(self, event: Event) -> None:
        """Books one event; events come in the chain's order."""
        if event.at.contract == self.token:
            if isinstance(event, Transfer):
                self._transfer(event)
        elif event.at.contract == self.desk.address:
            if isinstance(event, get_args(DeskEvent)):
                self._move_all(self.desk.enter(event))
            if isinstance(event, CommitForfeited):
                self._insure(self.desk.address, event.deposit_wei)
        elif event.at.contract == self.pool.address:
            if isinstance(event, get_args(PoolEvent)):
                self._move_all(self.pool.enter(event))
        else:
            self._protocol(event)

    def _protocol(self, event: Event) -> None:
        if isinstance(event, get_args(BidEvent)):
            self._bid(event)
        elif isinstance(event, get_args(TaskEvent)):
            self._task(event)
        elif isinstance(event, get_args(StakeEvent)):
            self._stake(event)
        elif isinstance(event, get_args(RewardEvent)):
            self._reward(event)
        elif isinstance(event, CreditClaimed):
            self.credits[event.account] -= event.amount_wei
            self._move(self.market, event.account, event.amount_wei)
        elif isinstance(event, Burned):
            self.insured -= event.amount_wei
            self._move(self.insurance, ZERO_ADDRESS, event.amount_wei)
        elif isinstance(event, ProverRegistered):
            self.accounts[event.prover] = event.account
        elif isinstance(event, JailLeft):
            self._insure(self.accounts[event.prover], JAIL_FEE_WEI)

    def _transfer(self, event: Transfer) -> None:
        self.transferred[event.from_, event.to] += event.value
        if self.unpaid and event.to == self.vault:
            self._move(event.from_, self.vault, self.unpaid)
            self.unpaid = 0

    def _move(self, giver: Address, receiver: Address, amount_wei: int) -> None:
        if amount_wei:
            self.moved[giver, receiver] += amount_wei

    def _move_all(self, moves: Iterable[tuple[Address, Address, int]]) -> None:
        for giver, receiver, amount_wei in moves:
            self._move(giver, receiver, amount_wei)

    def _insure(self, giver: Address, amount_wei: int) -> None:
        self.insured += amount_wei
        self._move(giver, self.insurance, amount_wei)

    def _bid(self, event: BidEvent) -> None:
        if isinstance(event, BidPlaced):
            self.tasks[event.task] = TaskBook(event.requester, event.max_fee_wei)
            self._move(event.requester, self.market, event.max_fee_wei)
        elif isinstance(event, BidRaised):
            task = self.tasks[event.task]
            self._move(task.requester, self.market, event.max_fee_wei - task.escrow_wei)
            task.escrow_wei = event.max_fee_wei
        else:
            self.credits[self.tasks.pop(event.task).requester] += event.refund_wei
            if isinstance(event, BidCancelled):
                self._insure(self.market, event.fee_wei)

    def _task(self, event: TaskEvent) -> None:
        task = self.tasks[event.task]
        match event:
            case TaskAssigned():
                task.escrow_wei = event.price_wei
                self.credits[task.requester] += event.refund_wei
                self._lock(task, event.prover, event.bond_wei)
            case TaskClaimed():
                self._lock(task, event.prover, event.bond_wei)
            case TaskDeclined():
                self._release(task)
            case WindowMissed():
                task.keeper = event.keeper
            case BountyPaid():
                self.credits[event.rescuer] += event.amount_wei
                task.bounty_wei -= event.amount_wei
            case DeclinePaid():
                self.credits[event.prover] += event.amount_wei
                task.escrow_wei -= event.amount_wei
            case ProofAccepted():
                self._release(task)
                self._move(self.market, self.splitter, event.price_wei)
                del self.tasks[event.task]
            case ProofLate():  # it ends with the slash that follows
                self.credits[task.requester] += event.refund_wei
                self._move(self.market, self.splitter, event.paid_wei)
                task.escrow_wei = 0
            case TaskFailed():
                self._release(task)
                self.credits[task.requester] += event.refund_wei
                self._insure(self.market, event.bounty_wei)
                del self.tasks[event.task]

    def _lock(self, task: TaskBook, prover: Address, bond_wei: int) -> None:
        task.prover, task.bond_wei = prover, bond_wei
        self.locked[prover] += bond_wei

    def _release(self, task: TaskBook) -> None:
        self.locked[task.prover] -= task.bond_wei
        task.bond_wei = 0

    def _stake(self, event: StakeEvent) -> None:
        who = event.prover
        match event:
            case Slashed():
                self._slash(event)
            case Staked():
                self.own[who] += event.amount_wei
                self.unpaid += event.amount_wei
            case UnstakeRequested():
                self.own[who] -= event.amount_wei
                self.unbonding[who] += event.amount_wei
            case UnstakeFinished():
                self.unbonding[who] -= event.amount_wei
                self._move(self.vault, who, event.amount_wei)
            case Sponsored():
                self.lent[who] += event.amount_wei
                self._move(self.pool.address, self.vault, event.amount_wei)
            case Recalled():
                self.lent[who] -= event.amount_wei
                self._move(self.vault, self.pool.address, event.amount_wei)
            case Decayed():
                self.own[who] -= event.amount_wei
                self._insure(self.vault, event.amount_wei)

    def _slash(self, event: Slashed) -> None:
        who, parts, task = event.prover, event.parts, self.tasks[event.task]
        left: int = parts.slashed_wei
        for kind in (self.own, self.unbonding, self.lent):
            taken = min(left, kind[who])
            kind[who] -= taken
            left -= taken
        self._release(task)
        self.credits[task.requester] += parts.requester_wei + parts.tier1_wei
        if parts.keeper_wei:
            self.credits[task.keeper] += parts.keeper_wei
        task.bounty_wei += parts.rescuer_wei
        self._move(self.vault, self.market, parts.slashed_wei - parts.insurance_wei)
        self._insure(self.vault, parts.insurance_wei)
        if event.fault is Fault.LATE:
            del self.tasks[event.task]

    def _reward(self, event: RewardEvent) -> None:
        match event:
            case Credited():
                self.earned[event.prover] += event.prover_wei
                self.delegators_earned += event.delegators_wei
                self.treasury_earned += event.treasury_wei
            case AcceleratorCredited():
                self.earned[event.payout] += event.amount_wei
            case Claimed():
                if event.account == self.delegators:
                    self.delegators_earned -= event.amount_wei
                else:
                    self.earned[event.account] -= event.amount_wei
                self._move(self.splitter, event.account, event.amount_wei)
            case Restaked():  # moves with the ``Staked`` that follows
                self.earned[event.prover] -= event.amount_wei
            case TreasurySet():
                self.treasuries.add(event.treasury)
            case DelegatorsSet():
                self.delegators = event.delegators
