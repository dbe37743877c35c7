"""The books of the bid desk and of the delegation vault, written from their events alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from zkpool_sdk.chain.events import (
    AdapterFunded,
    AdapterMarked,
    AdapterRepaid,
    BidCommitted,
    BidRevealed,
    CommitForfeited,
    CreditClaimed,
    Deposit,
    DepositClaimed,
    LoanClosed,
    ProfitCollected,
    RequestSettled,
    RevealRefused,
    StakeLent,
    StakeReturned,
    Transfer,
    Withdraw,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address
from zkpool_sdk.units import WEI_PER_ZK

DEPOSIT_WEI: Final = WEI_PER_ZK
"""What a sealed bid deposits."""
Amounts = defaultdict[Address, int]
Move = tuple[Address, Address, int]
"""Giver, receiver, amount."""
DeskEvent = BidCommitted | BidRevealed | RevealRefused | CommitForfeited | DepositClaimed
PoolEvent = (
    Transfer
    | Deposit
    | Withdraw
    | RequestSettled
    | CreditClaimed
    | ProfitCollected
    | StakeLent
    | StakeReturned
    | LoanClosed
    | AdapterFunded
    | AdapterRepaid
    | AdapterMarked
)


def no_amounts() -> Amounts:
    """Nothing for anybody."""
    return defaultdict(int)


@dataclass(slots=True)
class DeskLedger:
    """The deposits of sealed bids.

    Attributes:
        address: the bid desk.
        committed: who deposited for each commitment that is neither revealed nor forfeited.
        deposits: what each account can claim.
    """

    address: Address
    committed: dict[bytes, Address] = field(default_factory=dict)
    deposits: Amounts = field(default_factory=no_amounts)

    @property
    def owed_wei(self) -> int:
        """What the desk owes, in all."""
        return DEPOSIT_WEI * len(self.committed) + sum(self.deposits.values())

    def enter(self, event: DeskEvent) -> list[Move]:
        """Books an event; returns what moved. A forfeited deposit moves to the insurance fund elsewhere."""
        match event:
            case BidCommitted():
                self.committed[event.commitment] = event.requester
                return [(event.requester, self.address, DEPOSIT_WEI)]
            case BidRevealed() | RevealRefused():
                self.deposits[self.committed.pop(event.commitment)] += DEPOSIT_WEI
            case CommitForfeited():
                del self.committed[event.commitment]
            case DepositClaimed():
                self.deposits[event.account] -= event.amount_wei
                return [(self.address, event.account, event.amount_wei)]
        return []


@dataclass(slots=True)
class PoolLedger:
    """The pooled stake.

    Attributes:
        address: the delegation vault.
        idle: money that is neither lent, nor in tier 1, nor owed.
        credits: what each account can claim: settled requests, returned fees.
        fees: the fee each borrower may get back.
        lent: what of each loan has not come back; losses count until the loan is closed.
        adapters: what each adapter was worth when last looked at.
        shares: each account's; those that wait to be redeemed are the vault's own.
    """

    address: Address
    idle: int = 0
    credits: Amounts = field(default_factory=no_amounts)
    fees: Amounts = field(default_factory=no_amounts)
    lent: Amounts = field(default_factory=no_amounts)
    adapters: Amounts = field(default_factory=no_amounts)
    shares: Amounts = field(default_factory=no_amounts)

    @property
    def owed_wei(self) -> int:
        """What the vault holds for delegators, creditors and borrowers, in all."""
        return self.idle + sum(self.credits.values()) + sum(self.fees.values())

    def enter(self, event: PoolEvent) -> list[Move]:
        """Books an event; returns what moved. Loans and rewards move where the other contracts report it."""
        match event:
            case Transfer():
                self._shares(event)
            case Deposit():
                self.idle += event.assets
                return [(event.sender, self.address, event.assets)]
            case Withdraw():
                self.idle -= event.assets
                return [(self.address, event.receiver, event.assets)]
            case RequestSettled():
                self.idle -= event.amount_wei
                self.credits[event.owner] += event.amount_wei
            case CreditClaimed():
                self.credits[event.account] -= event.amount_wei
                return [(self.address, event.account, event.amount_wei)]
            case ProfitCollected():
                self.idle += event.amount_wei
            case StakeLent() | StakeReturned() | LoanClosed():
                return self._loan(event)
            case AdapterFunded() | AdapterRepaid() | AdapterMarked():
                return self._adapter(event)
        return []

    def _shares(self, event: Transfer) -> None:
        for account, change in ((event.from_, -event.value), (event.to, event.value)):
            if account != ZERO_ADDRESS:
                self.shares[account] += change

    def _loan(self, event: StakeLent | StakeReturned | LoanClosed) -> list[Move]:
        who = event.prover
        if isinstance(event, StakeLent):
            self.idle -= event.amount_wei
            self.lent[who] += event.amount_wei
            self.fees[who] += event.fee_wei
            return [(who, self.address, event.fee_wei)]
        if isinstance(event, StakeReturned):
            self.idle += event.amount_wei
            self.lent[who] -= event.amount_wei
            return []
        self.lent[who] -= event.lost_wei
        self.fees[who] -= event.fee_wei
        if event.lost_wei:
            self.idle += event.fee_wei
        else:
            self.credits[who] += event.fee_wei
        return []

    def _adapter(self, event: AdapterFunded | AdapterRepaid | AdapterMarked) -> list[Move]:
        who = event.adapter
        if isinstance(event, AdapterFunded):
            self.idle -= event.amount_wei
            self.adapters[who] += event.amount_wei
            return [(self.address, who, event.amount_wei)]
        if isinstance(event, AdapterRepaid):
            self.idle += event.amount_wei
            self.adapters[who] -= event.amount_wei - event.profit_wei
            return [(who, self.address, event.amount_wei)]
        self.adapters[who] = event.new_wei
        return []
