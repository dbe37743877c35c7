"""What adversaries have gained: their wealth after an attack, less what it would be without the attack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.models import Address, TaskStatus


@dataclass(slots=True)
class Tally:
    """Gains of one kind of attack, in wei; losses count as negative gains."""

    count: int = 0
    gained_count: int = 0
    total_wei: int = 0
    most_wei: int | None = None
    least_wei: int | None = None

    def note(self, gain_wei: int) -> None:
        """Counts one attack."""
        self.count += 1
        self.gained_count += gain_wei > 0
        self.total_wei += gain_wei
        self.most_wei = gain_wei if self.most_wei is None else max(self.most_wei, gain_wei)
        self.least_wei = gain_wei if self.least_wei is None else min(self.least_wei, gain_wei)


GAINS: dict[str, Tally] = {}
"""By adversary. Each attack is lived on model and chain; what would be without it, on a copy of the model."""


def note_gain(adversary: str, gain_wei: int) -> None:
    """Counts what an attack has gained."""
    GAINS.setdefault(adversary, Tally()).note(gain_wei)


def wealth(market: Market, accounts: Iterable[Address], now: int) -> int:
    """All that accounts own, in wei: tokens, credits, own stake, earnings, queued bids, deposits, shares.

    A price that is paid and a proof that is bought are worth nothing here: an adversary wants no proofs.
    """
    total = 0
    people = set(accounts)
    for account in people:
        earned, stake = market.splitter.earning_of(account, now), market.vault.stake_of(account, now)
        total += market.token.balance_of(account) + market.credit_of(account)
        total += stake.own_wei + stake.unbonding_wei
        total += earned.claimable_wei + earned.pending_wei
    total += sum(
        t.amount_wei for t in market.tasks.values() if t.status == TaskStatus.QUEUED and t.requester in people
    )
    if isinstance(market, Protocol):
        total += sum(_at_the_parts(market, account, now) for account in people)
    return total


def _at_the_parts(market: Protocol, account: Address, now: int) -> int:
    """What an account has at the desk, in the pool, and at the push adapter."""
    pool, bids = market.pool, market.bids
    shares = pool.shares.get(account, 0)
    shares += sum(request.shares for request in pool.requests.values() if request.owner == account)
    return (
        pool.convert_to_assets(shares, now)
        + pool.credits.get(account, 0)
        + pool.loan_of(account).fee_wei
        + bids.deposit_of(account)
        + market.push.credit_of(account)
    )
