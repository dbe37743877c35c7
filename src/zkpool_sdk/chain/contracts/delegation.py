"""The delegation vault: pooled stake, lent to provers and staked in tier 1."""

from __future__ import annotations

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Owned
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Adapter, Address, Loan, Request
from zkpool_sdk.units import Wei

VALUE_SELECTOR: Final = keccak(text="valueWei()")[:4]
"""What every adapter is asked."""


class Delegation(Owned):
    """``DelegationVault``, typed: an ERC-4626 vault whose redemptions are requested a week ahead."""

    abi_name = "DelegationVault"

    def deposit(self, assets_wei: int, receiver: str) -> Receipt:
        """Deposits for shares; needs the token's allowance. Emits ``Deposit``.

        Raises:
            SharesWorthless, ERC4626ExceededMaxDeposit, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        return self._send("deposit", assets_wei, receiver)

    def mint(self, shares: int, receiver: str) -> Receipt:
        """``deposit`` for a number of shares."""
        return self._send("mint", shares, receiver)

    def request_redeem(self, shares: int, owner: str) -> Receipt:
        """Asks to redeem; the vault takes the shares now. Emits ``RedeemRequested``.

        Raises:
            AmountZero, RequestTooSmall, ERC20InsufficientBalance, ERC20InsufficientAllowance.
        """
        return self._send("requestRedeem", shares, owner)

    def redeem(self, shares: int, receiver: str, owner: str) -> Receipt:
        """Pays matured requests at the price of now; emits ``RequestRedeemed`` and ``Withdraw``.

        Raises:
            ERC4626ExceededMaxRedeem.
        """
        return self._send("redeem", shares, receiver, owner)

    def withdraw(self, assets_wei: int, receiver: str, owner: str) -> Receipt:
        """``redeem`` for an amount.

        Raises:
            ERC4626ExceededMaxWithdraw.
        """
        return self._send("withdraw", assets_wei, receiver, owner)

    def settle_requests(self, limit: int) -> Receipt:
        """Pays matured requests as credits, first in, first out; emits ``RequestSettled`` for each."""
        return self._send("settleRequests", limit)

    def claim_credit(self) -> Receipt:
        """Pays the account settled requests and returned fees; emits ``CreditClaimed``.

        Raises:
            NothingToClaim.
        """
        return self._send("claimCredit")

    def collect(self) -> Receipt:
        """Takes the delegators' part of the rewards in; emits ``ProfitCollected`` and ``ProfitLocked``.

        Raises:
            NothingToClaim, TooFewShares.
        """
        return self._send("collect")

    def borrow_stake(self) -> Receipt:
        """Lends the account 32 ZK of stake; emits ``StakeLent``. A fee, if any, needs the allowance.

        Raises:
            NotRegistered, ProverIsBanned, LoanOpen, NotSponsorable, LentTooMuch, FreeIdleTooLow.
        """
        return self._send("borrowStake")

    def return_stake(self) -> Receipt:
        """Gives back all that is left of the loan; emits ``StakeReturned`` and ``LoanClosed``.

        Raises:
            NoLoan, LoanCoversBonds.
        """
        return self._send("returnStake")

    def recall(self, prover: str) -> Receipt:
        """Takes back what of a loan covers no bond; emits ``StakeReturned``.

        Raises:
            NoLoan, NotRecallable, LoanCoversBonds, NothingToRecall.
        """
        return self._send("recall", prover)

    def back_queue(self, queue: int, backed: bool = True) -> Receipt:
        """Lets lent stake cover bonds of a queue, or no longer; operator only. Emits ``QueueBacked``.

        Raises:
            NotOperator.
        """
        return self._send("backQueue", queue, backed)

    def allow_prover(self, prover: str, allowed: bool = True) -> Receipt:
        """Lets a prover borrow without a fee, or no longer; operator only. Emits ``ProverAllowed``.

        Raises:
            NotOperator.
        """
        return self._send("allowProver", prover, allowed)

    def fund(self, adapter: str, amount_wei: int) -> Receipt:
        """Moves idle money to an adapter; operator only. Emits ``AdapterFunded``.

        Raises:
            NotOperator, NotAdapter, AdapterCapExceeded, AdaptersCapExceeded, FreeIdleTooLow.
        """
        return self._send("fund", adapter, amount_wei)

    def mark(self, adapter: str) -> Receipt:
        """Looks what an adapter is worth; emits ``AdapterMarked`` or ``AdapterUnreadable``.

        Raises:
            NotAdapter, GasShort.
        """
        return self._send("mark", adapter)

    def approve(self, spender: str, shares: int) -> Receipt:
        """Lets ``spender`` take, or ask to redeem, up to that many shares."""
        return self._send("approve", spender, shares)

    def transfer(self, to: str, shares: int) -> Receipt:
        """Sends shares."""
        return self._send("transfer", to, shares)

    def asset(self) -> Address:
        """The token it takes."""
        return Address(self.try_call("asset"))

    def balance_of(self, account: str) -> int:
        """Shares of an account; those it has asked to redeem are the vault's."""
        return int(self.try_call("balanceOf", account))

    def total_supply(self) -> int:
        """All shares."""
        return int(self.try_call("totalSupply"))

    def total_assets(self) -> Wei:
        """What all shares are worth: idle, lent and in tier 1, less profit that is still locked."""
        return Wei(self.try_call("totalAssets"))

    def convert_to_assets(self, shares: int) -> Wei:
        """What shares are worth now."""
        return Wei(self.try_call("convertToAssets", shares))

    def convert_to_shares(self, assets_wei: int) -> int:
        """Shares that an amount is worth now."""
        return int(self.try_call("convertToShares", assets_wei))

    def preview_deposit(self, assets_wei: int) -> int:
        """Shares that a deposit gets now."""
        return int(self.try_call("previewDeposit", assets_wei))

    def max_redeem(self, owner: str) -> int:
        """Shares of matured requests that can be paid now."""
        return int(self.try_call("maxRedeem", owner))

    def max_withdraw(self, owner: str) -> Wei:
        """What matured requests can be paid now."""
        return Wei(self.try_call("maxWithdraw", owner))

    def idle_wei(self) -> Wei:
        """Money that is neither lent, nor in tier 1, nor owed as credit or fee."""
        return Wei(self.try_call("idleWei"))

    def adapters_wei(self) -> Wei:
        """Value of all adapters when last looked at."""
        return Wei(self.try_call("adaptersWei"))

    def locked_profit_wei(self) -> Wei:
        """Profit that does not count as assets yet."""
        return Wei(self.try_call("lockedProfitWei"))

    def waiting_shares(self) -> int:
        """Shares that wait to be redeemed."""
        return int(self.try_call("waitingShares"))

    def request_range(self) -> tuple[int, int]:
        """Numbers of the first request that waits and of the next to be made; equal when nobody waits."""
        first, next_ = self.try_call("requestRange")
        return int(first), int(next_)

    def request_of(self, request: int) -> Request:
        """A request; without an owner it is paid or was never made."""
        found: Request = to_model(Request, self.try_call("requestOf", request))
        return found

    def credit_of(self, account: str) -> Wei:
        """What an account can claim here."""
        return Wei(self.try_call("creditOf", account))

    def loan_of(self, prover: str) -> Loan:
        """What is lent to a prover."""
        found: Loan = to_model(Loan, self.try_call("loanOf", prover))
        return found

    def fee_of(self, prover: str) -> Wei:
        """What a prover would have to pay to borrow: 0 or the fee."""
        return Wei(self.try_call("feeOf", prover))

    def adapter_of(self, adapter: str) -> Adapter:
        """A way into tier 1."""
        found: Adapter = to_model(Adapter, self.try_call("adapterOf", adapter))
        return found

    def worth_of(self, adapter: str) -> Wei | None:
        """What an adapter says that it is worth now; ``None`` if it does not answer."""
        try:
            answer = self.connection.call(adapter, VALUE_SELECTOR, None, self.block)
            return Wei(int(decode(("uint256",), answer)[0]))
        except (ZKPoolError, DecodingError):
            return None

    def is_allowed(self, prover: str) -> bool:
        """Whether the operator lets a prover borrow without a fee."""
        return bool(self.try_call("isAllowed", prover))

    def operator(self) -> Address:
        """Who sponsors and funds; the zero address for nobody."""
        return Address(self.try_call("operator"))
