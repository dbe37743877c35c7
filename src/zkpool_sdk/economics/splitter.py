"""The reward splitter in memory: each paid price is split, and claimed from the next epoch on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Final

from zkpool_sdk.economics.accelerators import AcceleratorRegistry
from zkpool_sdk.economics.split import Split, split
from zkpool_sdk.economics.token import Token
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import (
    DelegatorsAlreadySet,
    DelegatorsRateTooHigh,
    NotDelegators,
    NothingToClaim,
    PoolRateTooHigh,
    RatesChangedRecently,
    SponsorRateTooHigh,
    ZeroAddress,
)
from zkpool_sdk.models import (
    NEVER,
    NO_ACCELERATOR,
    ZERO_ADDRESS,
    AcceleratorId,
    Address,
    Earning,
    PoolEarning,
    Rates,
)
from zkpool_sdk.units import DAY, Bps, Timestamp, Wei

EPOCH_SECONDS: Final = DAY
MAX_POOL_BPS: Final = Bps(2_000)
MAX_DELEGATORS_BPS: Final = Bps(10_000)
MAX_SPONSOR_BPS: Final = Bps(5_000)
RATES_INTERVAL_SECONDS: Final = 7 * DAY
FIRST_POOL_BPS: Final = Bps(2_000)
FIRST_DELEGATORS_BPS: Final = Bps(5_000)
FIRST_SPONSOR_BPS: Final = Bps(2_000)
NO_EARNING: Final = Earning()


class RewardSplitter:
    """Earnings of provers, accelerators, treasury and delegators, by epochs of a day."""

    def __init__(
        self,
        token: Token,
        address: Address,
        treasury: Address,
        vault: StakeVault,
        accelerators: AcceleratorRegistry,
    ) -> None:
        self.token = token
        self.address = address
        self.treasury = treasury
        self.vault = vault
        self.accelerators = accelerators
        self.delegators = ZERO_ADDRESS
        first = FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, FIRST_SPONSOR_BPS
        self.rates = Rates(*first, *first, NEVER)
        self.earnings: dict[Address, Earning] = {}
        self.pool = PoolEarning()

    def credit(
        self,
        prover: Address,
        prices_wei: Sequence[int],
        assigned_ats: Sequence[int],
        now: int,
        *,
        sponsored: bool = False,
        accelerator: AcceleratorId = NO_ACCELERATOR,
        accelerator_bps: int = 0,
    ) -> Split:
        """Splits prices that have been transferred here; the market's power. Returns the sums of the parts.

        Args:
            assigned_ats: one a price; decides which rates hold. sponsored: whether the prover works with lent
                stake. accelerator, accelerator_bps: whose software made the proofs, and its share.
        """
        parts = [
            split(price_wei, pool_bps, accelerator_bps, sponsor_bps if sponsored else 0, delegators_bps)
            for price_wei, assigned_at in zip(prices_wei, assigned_ats, strict=True)
            for pool_bps, delegators_bps, sponsor_bps in (self._rates_at(assigned_at),)
        ]
        total = Split(*(Wei(sum(amounts)) for amounts in zip(*map(astuple, parts), strict=True)))
        self._earn(prover, total.prover_wei, now)
        if total.accelerator_wei:
            self._earn(self.accelerators.payout_of(accelerator), total.accelerator_wei, now)
        pool = self.pool_earning(now)
        self.pool = replace(
            pool,
            treasury_pending_wei=Wei(pool.treasury_pending_wei + total.treasury_wei),
            delegators_pending_wei=Wei(pool.delegators_pending_wei + total.delegators_wei),
        )
        return total

    def claim(self, account: Address, now: int) -> Wei:
        """Pays an account what it earned in epochs that are over; returns how much.

        Raises:
            NothingToClaim: nothing is due.
        """
        paid_wei = self._take(account, now)
        self.token.transfer(self.address, account, paid_wei)
        return paid_wei

    def restake(self, account: Address, now: int) -> Wei:
        """``claim`` straight into the account's stake; returns how much.

        Raises:
            NothingToClaim: nothing is due.
        """
        staked_wei = self._take(account, now)
        self.vault.stake_for(self.address, account, staked_wei, now)
        return staked_wei

    def claim_treasury(self, now: int) -> Wei:
        """Pays the treasury what is due; anybody may. Returns how much.

        Raises:
            NothingToClaim: nothing is due.
        """
        pool = self.pool_earning(now)
        paid_wei = pool.treasury_claimable_wei
        if paid_wei == 0:
            raise NothingToClaim(self.treasury)
        self.pool = replace(pool, treasury_claimable_wei=Wei(0))
        self.token.transfer(self.address, self.treasury, paid_wei)
        return paid_wei

    def claim_delegators(self, caller: Address, now: int) -> Wei:
        """Pays the delegators' part to their account, which alone may ask, since it has to book it.

        Raises:
            NotDelegators, NothingToClaim.
        """
        if caller != self.delegators:
            raise NotDelegators(caller)
        pool = self.pool_earning(now)
        paid_wei = pool.delegators_claimable_wei
        if paid_wei == 0:
            raise NothingToClaim(caller)
        self.pool = replace(pool, delegators_claimable_wei=Wei(0))
        self.token.transfer(self.address, caller, paid_wei)
        return paid_wei

    def set_rates(self, pool_bps: int, delegators_bps: int, sponsor_bps: int, now: int) -> None:
        """Sets the rates of future tasks; the owner's power.

        Raises:
            PoolRateTooHigh, DelegatorsRateTooHigh, SponsorRateTooHigh, RatesChangedRecently.
        """
        if pool_bps > MAX_POOL_BPS:
            raise PoolRateTooHigh(pool_bps, MAX_POOL_BPS)
        if delegators_bps > MAX_DELEGATORS_BPS:
            raise DelegatorsRateTooHigh(delegators_bps, MAX_DELEGATORS_BPS)
        if sponsor_bps > MAX_SPONSOR_BPS:
            raise SponsorRateTooHigh(sponsor_bps, MAX_SPONSOR_BPS)
        r = self.rates
        if r.changed_at and now < r.changed_at + RATES_INTERVAL_SECONDS:
            raise RatesChangedRecently(now, r.changed_at + RATES_INTERVAL_SECONDS)
        self.rates = Rates(
            Bps(pool_bps),
            Bps(delegators_bps),
            Bps(sponsor_bps),
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
        earned = self.earnings.get(account, NO_EARNING)
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
            pending_epoch=epoch_of(now),
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

    def _rates_at(self, assigned_at: int) -> tuple[Bps, Bps, Bps]:
        r = self.rates
        if assigned_at <= r.changed_at:
            return r.previous_pool_bps, r.previous_delegators_bps, r.previous_sponsor_bps
        return r.pool_bps, r.delegators_bps, r.sponsor_bps

    def _earn(self, account: Address, amount_wei: int, now: int) -> None:
        earned = self.earning_of(account, now)
        self.earnings[account] = replace(
            earned, pending_wei=Wei(earned.pending_wei + amount_wei), pending_epoch=epoch_of(now)
        )

    def _take(self, account: Address, now: int) -> Wei:
        earned = self.earning_of(account, now)
        if earned.claimable_wei == 0:
            raise NothingToClaim(account)
        left = replace(earned, claimable_wei=Wei(0))
        self.earnings[account] = left if left.pending_wei else Earning()
        return earned.claimable_wei


def epoch_of(now: int) -> int:
    """The epoch of a moment, in days since the Unix epoch."""
    return now // EPOCH_SECONDS
