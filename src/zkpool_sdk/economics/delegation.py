"""The delegation vault in memory: shares of pooled stake, lent to provers and staked in tier 1."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.hot_keys import HotKeys
from zkpool_sdk.economics.redemption import RedemptionQueue
from zkpool_sdk.economics.splitter import RewardSplitter
from zkpool_sdk.economics.token import Token
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import (
    AdapterCapExceeded,
    AdaptersCapExceeded,
    AmountZero,
    LentTooMuch,
    LoanCoversBonds,
    LoanOpen,
    NoLoan,
    NotAdapter,
    NotOperator,
    NotRecallable,
    NotRegistered,
    ProverIsBanned,
    TooFewShares,
)
from zkpool_sdk.models import NO_WEI, ZERO_ADDRESS, Adapter, Address, Loan, Prover, ProverId, QueueId, Stake
from zkpool_sdk.units import BPS, WEI_PER_ZK, Wei

LOAN_WEI: Final = Wei(32 * WEI_PER_ZK)
FEE_WEI: Final = Wei(WEI_PER_ZK)
FREE_RATING_PPM: Final = 600_000
MAX_LENT_BPS: Final = 5_000
MAX_ADAPTERS_BPS: Final = 3_000
MIN_PROFIT_SHARES: Final = 10**24

NO_LOAN: Final = Loan(NO_WEI, NO_WEI)
UNKNOWN: Final = Adapter(NO_WEI, NO_WEI, False)


class DelegationVault(RedemptionQueue):
    """Pooled stake: delegators' half is ``RedemptionQueue``; here it is lent, staked and earns."""

    def __init__(
        self,
        token: Token,
        address: Address,
        vault: StakeVault,
        splitter: RewardSplitter,
        provers: HotKeys,
        operator: Address = ZERO_ADDRESS,
    ) -> None:
        super().__init__(token, address)
        self.vault = vault
        self.splitter = splitter
        self.provers = provers
        self.operator = operator
        self.allowed: dict[Address, bool] = {}
        self.loans: dict[Address, Loan] = {}
        self.adapters: dict[Address, Adapter] = {}

    # --- views

    @property
    def adapters_wei(self) -> int:
        """Value of all adapters when last looked at."""
        return sum(adapter.value_wei for adapter in self.adapters.values())

    @property
    def owed_wei(self) -> Wei:
        """All that the vault must hold: idle money, credits, fees of open loans."""
        fees_wei = sum(loan.fee_wei for loan in self.loans.values())
        return Wei(self.idle_wei + self.credited_wei + fees_wei)

    def working_wei(self) -> int:
        """Money that is lent or in tier 1."""
        return self.vault.lent_wei + self.adapters_wei

    def loan_of(self, prover: Address) -> Loan:
        """A prover's loan; zeros for none."""
        return self.loans.get(prover, NO_LOAN)

    def fee_of(self, prover: Address) -> Wei:
        """What a prover would have to pay to borrow.

        Raises:
            NotRegistered.
        """
        rating_ppm = self._prover(prover)[1].rating_ppm
        free = self.allowed.get(prover, False) or rating_ppm >= FREE_RATING_PPM
        return NO_WEI if free else FEE_WEI

    # --- profit

    def collect(self, now: int) -> int:
        """Takes the delegators' part of the rewards in; returns how much.

        Raises:
            TooFewShares, NothingToClaim.
        """
        if self.total_supply < MIN_PROFIT_SHARES:
            raise TooFewShares(self.total_supply, MIN_PROFIT_SHARES)
        collected_wei = self.splitter.claim_delegators(self.address, now)
        self._add_idle(collected_wei, collected_wei, now)
        return collected_wei

    # --- provers without stake

    def borrow_stake(self, prover: Address, now: int) -> None:
        """Lends a prover 32 ZK, against a fee unless it is allowed or well rated.

        Raises:
            NotRegistered, ProverIsBanned, LoanOpen, LentTooMuch, FreeIdleTooLow, ERC20InsufficientBalance,
            NotSponsorable.
        """
        number, record = self._prover(prover)
        if now <= record.banned_until:
            raise ProverIsBanned(number, record.banned_until)
        with self._all_or_nothing():
            loan = self.loan_of(prover)
            if loan.out_wei and self.vault.stake_of(prover, now).sponsored_wei == 0:
                kept_wei = self._close(prover)
                self._add_idle(kept_wei, kept_wei, now)
            if self.loan_of(prover).out_wei:
                raise LoanOpen(prover, loan.out_wei)
            lent_wei = self.vault.lent_wei + LOAN_WEI
            limit_wei = self.total_assets(now) * MAX_LENT_BPS // BPS
            if lent_wei > limit_wei:
                raise LentTooMuch(lent_wei, limit_wei)
            self._take_idle(LOAN_WEI, now)
            fee_wei = self.fee_of(prover)
            self.loans[prover] = Loan(LOAN_WEI, fee_wei)
            self.token.check(prover, fee_wei)
            self.vault.lend(self.address, prover, LOAN_WEI, now)
            self.token.transfer(prover, self.address, fee_wei)

    def return_stake(self, prover: Address, now: int) -> int:
        """Gives back all that is left of a prover's loan; returns how much.

        Raises:
            NoLoan, LoanCoversBonds.
        """
        stake = self._lent_stake(prover, now)
        if stake.locked_wei:
            raise LoanCoversBonds(prover, stake.locked_wei)
        return self._take_back(prover, stake.sponsored_wei, now)

    def recall(self, caller: Address, prover: Address, now: int) -> int:
        """Takes back what of a loan covers no bond; returns how much.

        Raises:
            NoLoan, NotRecallable, NothingToRecall.
        """
        left_wei = self._lent_stake(prover, now).sponsored_wei
        grounds = (
            caller == self.operator
            or left_wei < self.loan_of(prover).out_wei
            or self._is_short(now)
            or self.vault.is_idle(prover, now)
            or now <= self._prover(prover)[1].banned_until
        )
        if not grounds:
            raise NotRecallable(prover)
        return self._take_back(prover, left_wei, now)

    def allow_prover(self, caller: Address, prover: Address, allowed: bool) -> None:
        """Lets a prover borrow without a fee, or no longer; the operator's power.

        Raises:
            NotOperator.
        """
        self._only_operator(caller)
        self.allowed[prover] = allowed

    def back_queue(self, caller: Address, queue: QueueId, backed: bool) -> None:
        """Lets lent stake cover bonds of a queue, or no longer; the operator's power.

        Raises:
            NotOperator.
        """
        self._only_operator(caller)
        self.vault.set_backed(self.address, queue, backed)

    def set_operator(self, operator: Address) -> None:
        """Names who sponsors and funds; the owner's power."""
        self.operator = operator

    # --- tier 1

    def allow_adapter(self, adapter: Address, cap_wei: int) -> None:
        """Sets up to which worth an adapter is funded; the owner's power."""
        before = self.adapters.get(adapter, UNKNOWN)
        self.adapters[adapter] = Adapter(Wei(cap_wei), before.value_wei, True)

    def fund(self, caller: Address, adapter: Address, amount_wei: int, now: int) -> None:
        """Moves idle money that nobody waits for to an adapter; the operator's power.

        Raises:
            NotOperator, AmountZero, NotAdapter, AdapterCapExceeded, AdaptersCapExceeded, FreeIdleTooLow.
        """
        self._only_operator(caller)
        if amount_wei == 0:
            raise AmountZero()
        known = self._known(adapter)
        if known.value_wei + amount_wei > known.cap_wei:
            raise AdapterCapExceeded(adapter, known.value_wei + amount_wei, known.cap_wei)
        limit_wei = self.total_assets(now) * MAX_ADAPTERS_BPS // BPS
        if self.adapters_wei + amount_wei > limit_wei:
            raise AdaptersCapExceeded(self.adapters_wei + amount_wei, limit_wei)
        self._take_idle(amount_wei, now)
        self._value(adapter, known.value_wei + amount_wei)
        self.token.transfer(self.address, adapter, amount_wei)

    def repay(self, adapter: Address, amount_wei: int, now: int) -> None:
        """Takes money back from an adapter; what exceeds its value is profit.

        Raises:
            AmountZero, NotAdapter, ERC20InsufficientBalance.
        """
        if amount_wei == 0:
            raise AmountZero()
        known = self._known(adapter)
        self.token.check(adapter, amount_wei)
        back_wei = min(amount_wei, known.value_wei)
        self._value(adapter, known.value_wei - back_wei)
        self._add_idle(amount_wei, amount_wei - back_wei, now)
        self.token.transfer(adapter, self.address, amount_wei)

    def mark(self, adapter: Address, said_wei: int | None, now: int) -> None:
        """Books what an adapter says it is worth, ``None`` if it says nothing sensible.

        Raises:
            NotAdapter.
        """
        known = self._known(adapter)
        if said_wei is None:
            return
        new_wei = min(said_wei, max(known.cap_wei, known.value_wei))
        self._value(adapter, new_wei)
        if new_wei > known.value_wei:
            self._lock_profit(new_wei - known.value_wei, now)
        elif new_wei < known.value_wei:
            self._unlock_loss(known.value_wei - new_wei, now)

    def write_off(self, adapter: Address, now: int) -> None:
        """Counts an adapter as lost and funds it no more; the owner's power.

        Raises:
            NotAdapter.
        """
        lost_wei = self._known(adapter).value_wei
        self.adapters[adapter] = Adapter(NO_WEI, NO_WEI, True)
        if lost_wei:
            self._unlock_loss(lost_wei, now)

    # --- inside

    def _only_operator(self, caller: Address) -> None:
        if caller != self.operator:
            raise NotOperator(caller)

    def _prover(self, account: Address) -> tuple[ProverId, Prover]:
        number = self.provers.ids.get(account)
        if number is None:
            raise NotRegistered(account)
        return number, self.provers.provers[number]

    def _lent_stake(self, prover: Address, now: int) -> Stake:
        if self.loan_of(prover).out_wei == 0:
            raise NoLoan(prover)
        return self.vault.stake_of(prover, now)

    def _take_back(self, prover: Address, left_wei: int, now: int) -> int:
        """Takes back what of ``left_wei`` covers no bond; with the last of it the loan ends."""
        returned_wei = self.vault.recall(self.address, prover, now) if left_wei else 0
        loan = self.loan_of(prover)
        self.loans[prover] = Loan(Wei(loan.out_wei - returned_wei), loan.fee_wei)
        kept_wei = self._close(prover) if returned_wei == left_wei else 0
        self._add_idle(returned_wei + kept_wei, kept_wei, now)
        return returned_wei

    def _close(self, prover: Address) -> int:
        """Ends a loan; returns the fee if the pool keeps it, because something was lost."""
        loan = self.loans.pop(prover)
        if loan.out_wei:
            return loan.fee_wei
        self._credit(prover, loan.fee_wei)
        return 0

    def _known(self, adapter: Address) -> Adapter:
        known = self.adapters.get(adapter, UNKNOWN)
        if not known.known:
            raise NotAdapter(adapter)
        return known

    def _value(self, adapter: Address, value_wei: int) -> None:
        known = self.adapters[adapter]
        self.adapters[adapter] = Adapter(known.cap_wei, Wei(value_wei), True)
