"""The reward splitter in memory: each paid price is split, and claimed from the next epoch on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from zkpool_sdk.economics.split import Split, split
from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    DelegatorsAlreadySet,
    DelegatorsRateTooHigh,
    NothingToClaim,
    PoolRateTooHigh,
    RatesChangedRecently,
    ZeroAddress,
)
from zkpool_sdk.models import NEVER, ZERO_ADDRESS, Address, Earning, PoolEarning, Rates
from zkpool_sdk.units import DAY, Bps, Timestamp, Wei

EPOCH_SECONDS: Final = DAY
MAX_POOL_BPS: Final = Bps(2_000)
MAX_DELEGATORS_BPS: Final = Bps(10_000)
RATES_INTERVAL_SECONDS: Final = 7 * DAY
FIRST_POOL_BPS: Final = Bps(2_000)
FIRST_DELEGATORS_BPS: Final = Bps(5_000)
FIRST_SPONSOR_BPS: Final = Bps(2_000)


class RewardSplitter:
    """Earnings of provers, treasury and delegators, by epochs of a day."""

    def __init__(self, token: Token, address: Address, treasury: Address) -> None:
        self.token = token
        self.address = address
        self.treasury = treasury
        self.delegators = ZERO_ADDRESS
        first = (FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, FIRST_SPONSOR_BPS)
        self.rates = Rates(*first, *first, NEVER)
        self.earnings: dict[Address, Earning] = {}
        self.pool = PoolEarning()

    def credit(self, prover: Address, price_wei: int, assigned_at: int, now: int) -> Split:
        """Splits a price that has been transferred here; the market's power.

        Args:
            assigned_at: decides which rates hold.
        """
        r = self.rates
        if assigned_at <= r.changed_at:
            parts = split(price_wei, r.previous_pool_bps, 0, 0, r.previous_delegators_bps)
        else:
            parts = split(price_wei, r.pool_bps, 0, 0, r.delegators_bps)
        earned = self.earning_of(prover, now)
        self.earnings[prover] = replace(
            earned, pending_wei=Wei(earned.pending_wei + parts.prover_wei), pending_epoch=epoch_of(now)
        )
        pool = self.pool_earning(now)
        self.pool = replace(
            pool,
            treasury_pending_wei=Wei(pool.treasury_pending_wei + parts.treasury_wei),
            delegators_pending_wei=Wei(pool.delegators_pending_wei + parts.delegators_wei),
            pending_epoch=epoch_of(now),
        )
        return parts

    def claim(self, account: Address, now: int) -> Wei:
        """Pays an account what it earned in epochs that are over; returns how much.

        Raises:
            NothingToClaim: nothing is due.
        """
        earned = self.earning_of(account, now)
        if earned.claimable_wei == 0:
            raise NothingToClaim(account)
        left = replace(earned, claimable_wei=Wei(0))
        self.earnings[account] = left if left.pending_wei else Earning()
        self.token.transfer(self.address, account, earned.claimable_wei)
        return earned.claimable_wei

    def claim_pool(self, now: int) -> tuple[Wei, Wei]:
        """Pays treasury and, once they are named, delegators; returns both amounts.

        Raises:
            NothingToClaim: nothing is due.
        """
        pool = self.pool_earning(now)
        treasury_wei = pool.treasury_claimable_wei
        named = self.delegators != ZERO_ADDRESS
        delegators_wei = pool.delegators_claimable_wei if named else Wei(0)
        if treasury_wei + delegators_wei == 0:
            raise NothingToClaim(self.treasury)
        self.pool = replace(
            pool,
            pending_epoch=epoch_of(now),
            treasury_claimable_wei=Wei(0),
            delegators_claimable_wei=Wei(pool.delegators_claimable_wei - delegators_wei),
        )
        self.token.transfer(self.address, self.treasury, treasury_wei)
        self.token.transfer(self.address, self.delegators, delegators_wei)
        return treasury_wei, delegators_wei

    def set_rates(self, pool_bps: int, delegators_bps: int, now: int) -> None:
        """Sets the rates of future tasks; the owner's power.

        Raises:
            PoolRateTooHigh, DelegatorsRateTooHigh, RatesChangedRecently.
        """
        if pool_bps > MAX_POOL_BPS:
            raise PoolRateTooHigh(pool_bps, MAX_POOL_BPS)
        if delegators_bps > MAX_DELEGATORS_BPS:
            raise DelegatorsRateTooHigh(delegators_bps, MAX_DELEGATORS_BPS)
        r = self.rates
        if r.changed_at and now < r.changed_at + RATES_INTERVAL_SECONDS:
            raise RatesChangedRecently(now, r.changed_at + RATES_INTERVAL_SECONDS)
        self.rates = Rates(
            Bps(pool_bps),
            Bps(delegators_bps),
            r.sponsor_bps,
            r.pool_bps,
            r.delegators_bps,
            r.sponsor_bps,
            Timestamp(now),
        )

    def set_treasury(self, treasury: Address) -> None:
        """Names who receives the treasury's part; the owner's power.

        Raises:
            ZeroAddress: nobody is named.
        """
        if treasury == ZERO_ADDRESS:
            raise ZeroAddress()
        self.treasury = treasury

    def set_delegators(self, delegators: Address) -> None:
        """Names, once, who receives the delegators' part; the owner's power.

        Raises:
            ZeroAddress, DelegatorsAlreadySet.
        """
        if delegators == ZERO_ADDRESS:
            raise ZeroAddress()
        if self.delegators != ZERO_ADDRESS:
            raise DelegatorsAlreadySet(self.delegators)
        self.delegators = delegators

    def earning_of(self, account: Address, now: int) -> Earning:
        """Earnings of an account as of now; pending of an epoch that is over counts as claimable."""
        earned = self.earnings.get(account, Earning())
        if earned.pending_epoch >= epoch_of(now):
            return earned
        return replace(
            earned, claimable_wei=Wei(earned.claimable_wei + earned.pending_wei), pending_wei=Wei(0)
        )

    def pool_earning(self, now: int) -> PoolEarning:
        """Earnings of treasury and delegators as of now."""
        pool = self.pool
        if pool.pending_epoch >= epoch_of(now):
            return pool
        return PoolEarning(
            pending_epoch=pool.pending_epoch,
            treasury_claimable_wei=Wei(pool.treasury_claimable_wei + pool.treasury_pending_wei),
            delegators_claimable_wei=Wei(pool.delegators_claimable_wei + pool.delegators_pending_wei),
        )

    @property
    def owed_wei(self) -> Wei:
        """All that the splitter must be able to pay."""
        pool = self.pool
        return Wei(
            sum(earned.claimable_wei + earned.pending_wei for earned in self.earnings.values())
            + pool.treasury_pending_wei
            + pool.treasury_claimable_wei
            + pool.delegators_pending_wei
            + pool.delegators_claimable_wei
        )


def epoch_of(now: int) -> int:
    """The epoch of a moment, in days since the Unix epoch."""
    return now // EPOCH_SECONDS
