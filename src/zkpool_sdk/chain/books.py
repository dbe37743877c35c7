"""The books check: every balance recomputed from events, beside the chain's own figure, to the wei."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.contracts import Contracts
from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.chain.ledger import Ledger
from zkpool_sdk.chain.side_ledgers import DEPOSIT_WEI
from zkpool_sdk.models import ZERO_ADDRESS, Address, CommitStatus

NAMES = {
    "ProverMarket": "market",
    "StakeVault": "stake vault",
    "RewardSplitter": "reward splitter",
    "InsuranceFund": "insurance fund",
    "BidDesk": "bid desk",
    "DelegationVault": "delegation vault",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure: what the events give, and what the chain says."""

    what: str
    account: Address
    from_events_wei: int
    on_chain_wei: int

    @property
    def balances(self) -> bool:
        """Whether the two are equal to the wei."""
        return self.from_events_wei == self.on_chain_wei


@dataclass(frozen=True, slots=True)
class Books:
    """The books as of one block.

    Attributes:
        block: the block.
        balances: the token balance of every account that ever held any, contracts included.
        claims: what each account is owed: credits, stake of each kind, bonds, bounties, earnings, deposits,
            shares of the pool, loans.
        laws: sums that must agree: each place holds what it owes, the supply is the sum of all balances.
        donations: tokens that somebody sent to a contract outside the protocol, by contract; nobody's.
    """

    block: int
    balances: tuple[Entry, ...]
    claims: tuple[Entry, ...]
    laws: tuple[Entry, ...]
    donations: tuple[tuple[Address, int], ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every figure."""
        return self.balances + self.claims + self.laws

    @property
    def differences(self) -> tuple[Entry, ...]:
        """The figures that do not agree."""
        return tuple(entry for entry in self.entries if not entry.balances)

    @property
    def balanced(self) -> bool:
        """Whether every figure agrees to the wei."""
        return not self.differences


def check_books(connection: Connection, deployment: Deployment, block: int | None = None) -> Books:
    """Reads all events, rebuilds the books from them, and compares every figure with the chain.

    A balance comes from what the protocol's own events say moved; from the token's events it takes only what
    moved between accounts outside of the protocol.

    Args:
        connection: the node.
        deployment: whose books; its token must have been deployed with it.
        block: as of which block; ``None`` for the latest.
    """
    at = connection.block_number() if block is None else block
    ledger = Ledger.of(deployment, read_history(connection, deployment, at))
    return _Audit(Contracts(connection, deployment), ledger, at).books()


class _Audit:
    """A ledger held against the chain at one block."""

    def __init__(self, contracts: Contracts, ledger: Ledger, block: int) -> None:
        self.ledger = ledger
        self.block = block
        self.market = contracts.market.at(block)
        self.vault = contracts.vault.at(block)
        self.splitter = contracts.splitter.at(block)
        self.token = contracts.token.at(block)
        self.desk = contracts.desk.at(block)
        self.pool = contracts.delegation.at(block)
        self.names = {contracts.deployment.address_of(kind): name for kind, name in NAMES.items()}

    def books(self) -> Books:
        """Every figure."""
        donations = self._donations()
        return Books(
            self.block,
            tuple(self._balances(donations)),
            tuple(self._claims()),
            tuple(self._laws(donations)),
            tuple((place, sum(given.values())) for place, given in donations.items()),
        )

    def _donations(self) -> dict[Address, dict[Address, int]]:
        """By contract and giver: what came into a contract and no event of the protocol explains."""
        given: dict[Address, dict[Address, int]] = {}
        for (giver, receiver), amount in self.ledger.transferred.items():
            surplus = amount - self.ledger.moved.get((giver, receiver), 0)
            if receiver in self.ledger.places and giver not in self.ledger.places and surplus > 0:
                given.setdefault(receiver, {})[giver] = surplus
        return given

    def _balances(self, donations: dict[Address, dict[Address, int]]) -> list[Entry]:
        places = set(self.ledger.places)
        held: defaultdict[Address, int] = defaultdict(int)
        moves = dict(self.ledger.moved)
        for pair, amount in self.ledger.transferred.items():
            if not places & set(pair):
                moves[pair] = moves.get(pair, 0) + amount
        for place, givers in donations.items():
            for giver, amount in givers.items():
                moves[giver, place] = moves.get((giver, place), 0) + amount
        for (giver, receiver), amount in moves.items():
            held[giver] -= amount
            held[receiver] += amount
        held.pop(ZERO_ADDRESS, None)
        everyone = set(held) | {account for pair in self.ledger.transferred for account in pair}
        everyone.discard(ZERO_ADDRESS)
        return [
            Entry(
                f"balance of {self.names.get(account, 'account')}",
                account,
                held[account],
                self.token.balance_of(account),
            )
            for account in sorted(everyone)
        ]

    def _claims(self) -> list[Entry]:
        ledger = self.ledger
        found = [
            Entry("credit", who, amount, self.market.credit_of(who)) for who, amount in ledger.credits.items()
        ]
        for who in {*ledger.own, *ledger.lent}:
            stake, due = self.vault.stake_of(who), self.vault.due_decay_of(who)
            found += [
                Entry("stake", who, ledger.own[who], stake.own_wei + due),
                Entry("unbonding stake", who, ledger.unbonding[who], stake.unbonding_wei),
                Entry("lent stake", who, ledger.lent[who], stake.sponsored_wei),
                Entry("bonds", who, ledger.locked[who], stake.locked_wei),
            ]
        for who, amount in ledger.earned.items():
            if who not in ledger.treasuries:
                found.append(Entry("earnings", who, amount, self._earned(who)))
        for key, task in ledger.tasks.items():
            escrow, bounty = self.market.task_of(key).amount_wei, self.market.rescue_of(key).bounty_wei
            found += [
                Entry("escrow of an open task", task.requester, task.escrow_wei, escrow),
                Entry("bounty of an open task", task.requester, task.bounty_wei, bounty),
            ]
        found += [
            Entry("deposits of sealed bids", who, amount, self.desk.deposit_of(who))
            for who, amount in ledger.desk.deposits.items()
        ]
        for commitment, who in ledger.desk.committed.items():
            waits = self.desk.commitment_of(commitment).status is CommitStatus.COMMITTED
            found.append(Entry("deposit of a sealed bid", who, DEPOSIT_WEI, DEPOSIT_WEI if waits else 0))
        return found + self._pool_claims()

    def _pool_claims(self) -> list[Entry]:
        ledger, pool = self.ledger.pool, self.pool
        found = [
            Entry("credit in the pool", who, amount, pool.credit_of(who))
            for who, amount in ledger.credits.items()
        ]
        found += [
            Entry("shares of the pool", who, shares, pool.balance_of(who))
            for who, shares in ledger.shares.items()
        ]
        for who in ledger.lent:
            loan = pool.loan_of(who)
            found += [
                Entry("loan of the pool", who, ledger.lent[who], loan.out_wei),
                Entry("fee of a loan", who, ledger.fees[who], loan.fee_wei),
            ]
        found += [
            Entry("worth of an adapter", who, amount, pool.adapter_of(who).value_wei)
            for who, amount in ledger.adapters.items()
        ]
        return [*found, Entry("idle money of the pool", ledger.address, ledger.idle, pool.idle_wei())]

    def _earned(self, who: Address) -> int:
        earning = self.splitter.earning_of(who)
        return earning.claimable_wei + earning.pending_wei

    def _laws(self, donations: dict[Address, dict[Address, int]]) -> list[Entry]:
        ledger, token = self.ledger, self.token
        pool = self.splitter.pool_earning()
        treasury_wei = pool.treasury_pending_wei + pool.treasury_claimable_wei
        treasury_wei += sum(map(self._earned, ledger.treasuries))
        treasury_from_events = ledger.treasury_earned + sum(ledger.earned[who] for who in ledger.treasuries)
        delegators_wei = pool.delegators_pending_wei + pool.delegators_claimable_wei
        laws = [
            Entry(
                f"the {self.names[place]} holds what it owes",
                place,
                owed + sum(donations.get(place, {}).values()),
                token.balance_of(place),
            )
            for place, owed in ledger.owed.items()
        ]
        laws += [
            Entry("the treasury's earnings", ledger.splitter, treasury_from_events, treasury_wei),
            Entry("the delegators' earnings", ledger.splitter, ledger.delegators_earned, delegators_wei),
            Entry("lent stake, in all", ledger.vault, sum(ledger.lent.values()), self.vault.lent_wei()),
        ]
        everyone = {account for pair in ledger.transferred for account in pair} - {ZERO_ADDRESS}
        laws.append(
            Entry(
                "balances sum to the supply",
                token.address,
                sum(map(token.balance_of, everyone)),
                token.total_supply(),
            )
        )
        for pair in sorted(set(ledger.moved) | set(ledger.transferred)):
            giver, receiver = pair
            if giver in ledger.places:
                what = f"from {self.names[giver]} to {self.names.get(receiver, 'account')}"
                laws.append(Entry(what, receiver, ledger.moved.get(pair, 0), ledger.transferred.get(pair, 0)))
        return laws
