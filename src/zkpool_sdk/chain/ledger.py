"""The protocol's books, written from its events alone: who is owed what, and what moved where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import (
    BidCancelled,
    BidEvicted,
    BidExpired,
    BidPlaced,
    BidRaised,
    Burned,
    Claimed,
    CreditClaimed,
    Credited,
    Decayed,
    DelegatorsSet,
    Event,
    ProofAccepted,
    Slashed,
    Staked,
    TaskAssigned,
    TaskFailed,
    Transfer,
    TreasurySet,
    UnstakeFinished,
    UnstakeRequested,
    WindowMissed,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address, TaskId

Amounts = defaultdict[Address, int]
Moves = defaultdict[tuple[Address, Address], int]


def _amounts() -> Amounts:
    return defaultdict(int)


def _moves() -> Moves:
    return defaultdict(int)


@dataclass(slots=True)
class TaskBook:
    """A task's money: what is in escrow for it, and the bond behind it."""

    requester: Address
    escrow_wei: int
    prover: Address = ZERO_ADDRESS
    bond_wei: int = 0
    keeper: Address = ZERO_ADDRESS


@dataclass(slots=True)
class Ledger:
    """State rebuilt from events; every amount in wei.

    Attributes:
        market, vault, splitter, insurance: the places that hold money.
        tasks: open tasks by id: bids in a book, assigned tasks, open ones.
        credits: what the market owes each account.
        own, unbonding, locked: each prover's stake, decay charged as far as the events say.
        earned: what the splitter credited to each prover, less what it paid to each account.
        pool_earned: what the splitter credited to treasury and delegators.
        pool_accounts: accounts that are or were treasury or delegators.
        insured: what the insurance fund keeps.
        moved: what the protocol's events say moved, by giver and receiver.
        transferred: what the token's events say moved.
    """

    market: Address
    vault: Address
    splitter: Address
    insurance: Address
    tasks: dict[TaskId, TaskBook] = field(default_factory=dict)
    credits: Amounts = field(default_factory=_amounts)
    own: Amounts = field(default_factory=_amounts)
    unbonding: Amounts = field(default_factory=_amounts)
    locked: Amounts = field(default_factory=_amounts)
    earned: Amounts = field(default_factory=_amounts)
    pool_earned: int = 0
    pool_accounts: set[Address] = field(default_factory=set)
    insured: int = 0
    moved: Moves = field(default_factory=_moves)
    transferred: Moves = field(default_factory=_moves)

    @classmethod
    def of(cls, deployment: Deployment, events: Iterable[Event] = ()) -> Ledger:
        """The ledger of a deployment after ``events``."""
        at = deployment.address_of
        ledger = cls(at("ProverMarket"), at("StakeVault"), at("RewardSplitter"), at("InsuranceFund"))
        for event in events:
            ledger.enter(event)
        return ledger

    @property
    def places(self) -> tuple[Address, ...]:
        """The contracts that hold money."""
        return self.market, self.vault, self.splitter, self.insurance

    @property
    def owed(self) -> dict[Address, int]:
        """What each place owes, in all."""
        return {
            self.market: sum(task.escrow_wei for task in self.tasks.values()) + sum(self.credits.values()),
            self.vault: sum(self.own.values()) + sum(self.unbonding.values()),
            self.splitter: sum(self.earned.values()) + self.pool_earned,
            self.insurance: self.insured,
        }

    def enter(self, event: Event) -> None:
        """Books one event; events come in the chain's order."""
        match event:
            case Transfer():
                self.transferred[event.from_, event.to] += event.value
            case BidPlaced() | BidRaised() | BidCancelled() | BidExpired() | BidEvicted():
                self._bid(event)
            case TaskAssigned() | ProofAccepted() | WindowMissed() | TaskFailed():
                self._task(event)
            case Slashed() | Staked() | UnstakeRequested() | UnstakeFinished() | Decayed():
                self._stake(event)
            case Credited() | Claimed() | TreasurySet() | DelegatorsSet():
                self._reward(event)
            case CreditClaimed():
                self.credits[event.account] -= event.amount_wei
                self._move(self.market, event.account, event.amount_wei)
            case Burned():
                self.insured -= event.amount_wei
                self._move(self.insurance, ZERO_ADDRESS, event.amount_wei)

    def _move(self, giver: Address, receiver: Address, amount_wei: int) -> None:
        if amount_wei:
            self.moved[giver, receiver] += amount_wei

    def _insure(self, giver: Address, amount_wei: int) -> None:
        self.insured += amount_wei
        self._move(giver, self.insurance, amount_wei)

    def _bid(self, event: BidPlaced | BidRaised | BidCancelled | BidExpired | BidEvicted) -> None:
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

    def _task(self, event: TaskAssigned | ProofAccepted | WindowMissed | TaskFailed) -> None:
        task = self.tasks[event.task]
        if isinstance(event, TaskAssigned):
            task.escrow_wei, task.prover, task.bond_wei = event.price_wei, event.prover, event.bond_wei
            self.credits[task.requester] += event.refund_wei
            self.locked[event.prover] += event.bond_wei
        elif isinstance(event, ProofAccepted):
            self.locked[event.prover] -= task.bond_wei
            self._move(self.market, self.splitter, event.price_wei)
            del self.tasks[event.task]
        elif isinstance(event, WindowMissed):
            task.keeper = event.keeper
        else:
            self.credits[task.requester] += event.refund_wei
            del self.tasks[event.task]

    def _stake(self, event: Slashed | Staked | UnstakeRequested | UnstakeFinished | Decayed) -> None:
        who = event.prover
        if isinstance(event, Slashed):
            self._slash(event)
        elif isinstance(event, Staked):
            self.own[who] += event.amount_wei
            self._move(who, self.vault, event.amount_wei)
        elif isinstance(event, UnstakeRequested):
            self.own[who] -= event.amount_wei
            self.unbonding[who] += event.amount_wei
        elif isinstance(event, UnstakeFinished):
            self.unbonding[who] -= event.amount_wei
            self._move(self.vault, who, event.amount_wei)
        else:
            self.own[who] -= event.amount_wei
            self._insure(self.vault, event.amount_wei)

    def _slash(self, event: Slashed) -> None:
        who, parts, task = event.prover, event.parts, self.tasks[event.task]
        from_own = min(parts.slashed_wei, self.own[who])
        self.own[who] -= from_own
        self.unbonding[who] -= parts.slashed_wei - from_own
        self.locked[who] -= task.bond_wei
        task.bond_wei = 0
        self.credits[task.requester] += parts.requester_wei
        if parts.keeper_wei:
            self.credits[task.keeper] += parts.keeper_wei
        self._move(self.vault, self.market, parts.requester_wei + parts.keeper_wei)
        self._insure(self.vault, parts.insurance_wei)

    def _reward(self, event: Credited | Claimed | TreasurySet | DelegatorsSet) -> None:
        if isinstance(event, Credited):
            self.earned[event.prover] += event.prover_wei
            self.pool_earned += event.delegators_wei + event.treasury_wei
        elif isinstance(event, Claimed):
            self.earned[event.account] -= event.amount_wei
            self._move(self.splitter, event.account, event.amount_wei)
        elif isinstance(event, TreasurySet):
            self.pool_accounts.add(event.treasury)
        else:
            self.pool_accounts.add(event.delegators)
