"""The delegators' half of the delegation vault in memory: shares, requests, and profit that unlocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    AmountZero,
    ERC20InsufficientAllowance,
    ERC20InsufficientBalance,
    ERC4626ExceededMaxDeposit,
    ERC4626ExceededMaxMint,
    ERC4626ExceededMaxRedeem,
    ERC4626ExceededMaxWithdraw,
    FreeIdleTooLow,
    NothingToClaim,
    RequestTooSmall,
    SharesWorthless,
)
from zkpool_sdk.models import Address, Request
from zkpool_sdk.units import DAY, UINT96_MAX, UINT256_MAX, Timestamp, Wei

MATURITY_SECONDS: Final = 7 * DAY
WALK_LIMIT: Final = 32
MIN_REQUEST_WEI: Final = 10**15
UNLOCK_SECONDS: Final = DAY
PASSING_COUNT: Final = 4
"""Requests that are settled in passing whenever money comes in."""
VIRTUAL_SHARES: Final = 10**6
WORTHLESS_DIVISOR: Final = 10**36


class RedemptionQueue:
    """An ERC-4626 vault whose redemptions wait a week and are paid first in, first out.

    A price is a pair ``(assets, shares)``, the virtual ones included: a share is worth ``assets / shares``.
    """

    def __init__(self, token: Token, address: Address) -> None:
        self.token = token
        self.address = address
        self.idle_wei = 0
        self.shares: dict[Address, int] = {}
        self.allowances: dict[tuple[Address, Address], int] = {}
        """Shares of an owner that a spender may move."""
        self.requests: dict[int, Request] = {}
        self.next_request = 1
        self.credits: dict[Address, int] = {}
        self.lock = (0, 0, 0)
        """Profit that unlocks: how much, from when, until when."""

    # --- views

    @property
    def waiting_shares(self) -> int:
        """Shares that wait to be redeemed."""
        return sum(request.shares for request in self.requests.values())

    @property
    def total_supply(self) -> int:
        """All shares, waiting ones included."""
        return sum(self.shares.values()) + self.waiting_shares

    @property
    def first_request(self) -> int:
        """Number of the first request that waits, or of the next to be made."""
        return min(self.requests, default=self.next_request)

    def working_wei(self) -> int:
        """Money that is lent or in tier 1; the other half of the pool knows."""
        return 0

    def locked_profit_wei(self, now: int) -> int:
        """Profit that does not count as assets yet; rounded up."""
        locked, start, end = self.lock
        return -(-locked * (end - now) // (end - start)) if now < end else 0

    def total_assets(self, now: int) -> int:
        """Idle money and money at work, less locked profit; nothing while there are no shares."""
        gross_wei = self.idle_wei + self.working_wei()
        return max(0, gross_wei - self.locked_profit_wei(now)) if self.total_supply else 0

    def price(self, now: int) -> tuple[int, int]:
        """What a share is worth, as assets and shares."""
        return self.total_assets(now) + 1, self.total_supply + VIRTUAL_SHARES

    def convert_to_assets(self, shares: int, now: int) -> int:
        """What shares are worth; also the preview of a redemption."""
        assets, supply = self.price(now)
        return shares * assets // supply

    def convert_to_shares(self, assets_wei: int, now: int) -> int:
        """How many shares assets are worth; also the preview of a deposit."""
        assets, supply = self.price(now)
        return assets_wei * supply // assets

    def preview_mint(self, shares: int, now: int) -> int:
        """What minting shares costs."""
        assets, supply = self.price(now)
        return -(-shares * assets // supply)

    def preview_withdraw(self, assets_wei: int, now: int) -> int:
        """How many shares withdrawing assets spends."""
        assets, supply = self.price(now)
        return -(-assets_wei * supply // assets)

    def max_deposit(self, now: int) -> int:
        """The most that may be deposited; nothing while shares are worthless."""
        if _is_worthless(self.price(now)):
            return 0
        return max(0, UINT96_MAX - self.idle_wei - self.working_wei())

    def max_mint(self, now: int) -> int:
        """The most shares that may be minted."""
        return self.convert_to_shares(self.max_deposit(now), now)

    def max_redeem(self, owner: Address, now: int) -> int:
        """Shares of matured requests that one call reaches and idle money pays, after those before them."""
        price = self.price(now)
        if _is_worthless(price):
            return 0
        left_wei, shares = self.idle_wei, 0
        for number in range(self.first_request, min(self.next_request, self.first_request + WALK_LIMIT)):
            request = self.requests[number]
            if now < request.matures_at:
                break
            if request.owner != owner:
                due_wei = _worth(price, request.shares)
                if due_wei + _worth(price, shares) > left_wei:
                    break
                left_wei -= due_wei
            elif _worth(price, shares + request.shares) <= left_wei:
                shares += request.shares
            else:
                return max(shares, left_wei * price[1] // price[0])
        return shares

    def max_withdraw(self, owner: Address, now: int) -> int:
        """What the shares of ``max_redeem`` are worth."""
        return self.convert_to_assets(self.max_redeem(owner, now), now)

    # --- delegators

    def deposit(self, who: Address, assets_wei: int, now: int, receiver: Address | None = None) -> int:
        """Deposits, for another if a receiver is named; returns the shares.

        Raises:
            SharesWorthless, ERC4626ExceededMaxDeposit, ERC20InsufficientBalance.
        """
        self._check_worth(now)
        if assets_wei > self.max_deposit(now):
            raise ERC4626ExceededMaxDeposit(receiver or who, assets_wei, self.max_deposit(now))
        return self._enter(who, assets_wei, self.convert_to_shares(assets_wei, now), now, receiver)

    def mint(self, who: Address, shares: int, now: int, receiver: Address | None = None) -> int:
        """Deposits for a number of shares, for another if a receiver is named; returns the assets.

        Raises:
            SharesWorthless, ERC4626ExceededMaxMint, ERC20InsufficientBalance.
        """
        self._check_worth(now)
        if shares > self.max_mint(now):
            raise ERC4626ExceededMaxMint(receiver or who, shares, self.max_mint(now))
        assets_wei = self.preview_mint(shares, now)
        self._enter(who, assets_wei, shares, now, receiver)
        return assets_wei

    def transfer(self, owner: Address, receiver: Address, shares: int) -> None:
        """Moves shares, as any ERC-20 does.

        Raises:
            ERC20InsufficientBalance.
        """
        self._move(owner, receiver, shares)

    def transfer_from(self, caller: Address, owner: Address, receiver: Address, shares: int) -> None:
        """Moves shares of an owner who has allowed it, as any ERC-20 does.

        Raises:
            ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        allowed = self.allowances.get((owner, caller), 0)
        if allowed < shares:
            raise ERC20InsufficientAllowance(caller, allowed, shares)
        self._move(owner, receiver, shares)
        if allowed != UINT256_MAX:
            self.allowances[owner, caller] = allowed - shares

    def _move(self, owner: Address, receiver: Address, shares: int) -> None:
        held = self.shares.get(owner, 0)
        if shares > held:
            raise ERC20InsufficientBalance(owner, held, shares)
        self.shares[owner] = held - shares
        self.shares[receiver] = self.shares.get(receiver, 0) + shares

    def approve(self, owner: Address, spender: Address, shares: int) -> None:
        """Lets a spender redeem so many of the owner's shares."""
        self.allowances[owner, spender] = shares

    def request_redeem(self, owner: Address, shares: int, now: int, caller: Address | None = None) -> int:
        """Asks to redeem one's own shares, or an owner's who has allowed it; returns the request's number.

        Raises:
            AmountZero, RequestTooSmall, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        if shares == 0:
            raise AmountZero()
        held = self.shares.get(owner, 0)
        worth_wei = self.convert_to_assets(shares, now)
        if worth_wei < MIN_REQUEST_WEI and shares != held:
            raise RequestTooSmall(worth_wei, MIN_REQUEST_WEI)
        self._check_allowance(owner, caller, shares)
        if shares > held:
            raise ERC20InsufficientBalance(owner, held, shares)
        self._use_allowance(owner, caller, shares)
        self.shares[owner] = held - shares
        number = self.next_request
        self.requests[number] = Request(owner, Timestamp(now + MATURITY_SECONDS), shares)
        self.next_request += 1
        return number

    def redeem(
        self,
        owner: Address,
        shares: int,
        now: int,
        receiver: Address | None = None,
        caller: Address | None = None,
    ) -> int:
        """Spends matured requests of one's own, or of an owner who has allowed it; returns the assets.

        Raises:
            ERC4626ExceededMaxRedeem, ERC20InsufficientAllowance.
        """
        most = self.max_redeem(owner, now)
        if shares > most:
            raise ERC4626ExceededMaxRedeem(owner, shares, most)
        assets_wei = self.convert_to_assets(shares, now)
        self._spend(owner, shares, assets_wei, now, receiver, caller)
        return assets_wei

    def withdraw(
        self,
        owner: Address,
        assets_wei: int,
        now: int,
        receiver: Address | None = None,
        caller: Address | None = None,
    ) -> int:
        """``redeem`` for an amount; returns the shares.

        Raises:
            ERC4626ExceededMaxWithdraw, ERC20InsufficientAllowance.
        """
        most = self.max_withdraw(owner, now)
        if assets_wei > most:
            raise ERC4626ExceededMaxWithdraw(owner, assets_wei, most)
        shares = self.preview_withdraw(assets_wei, now)
        self._spend(owner, shares, assets_wei, now, receiver, caller)
        return shares

    def settle_requests(self, limit: int, now: int) -> int:
        """Pays matured requests as credits, first in, first out, while idle money lasts; returns how much."""
        price = self.price(now)
        if _is_worthless(price):
            return 0
        before_wei = self.idle_wei
        for _ in range(min(limit, WALK_LIMIT)):
            number = self.first_request
            request = self.requests.get(number)
            if request is None or now < request.matures_at:
                break
            if _worth(price, request.shares) <= self.idle_wei:
                self._settle(number, request.shares, price)
                continue
            affordable = self.idle_wei * price[1] // price[0]
            if _worth(price, affordable):
                self._settle(number, affordable, price)
            break
        return before_wei - self.idle_wei

    def claim_credit(self, account: Address) -> int:
        """Pays an account its credit; returns how much.

        Raises:
            NothingToClaim.
        """
        paid_wei = self.credits.pop(account, 0)
        if paid_wei == 0:
            raise NothingToClaim(account)
        self.token.transfer(self.address, account, paid_wei)
        return paid_wei

    # --- for the other half of the pool

    def _take_idle(self, amount_wei: int, now: int) -> None:
        assets, supply = self.price(now)
        promised_wei = -(-self.waiting_shares * assets // supply)
        free_wei = max(0, self.idle_wei - promised_wei)
        if amount_wei > free_wei:
            raise FreeIdleTooLow(amount_wei, free_wei)
        self.idle_wei -= amount_wei

    def _add_idle(self, amount_wei: int, profit_wei: int, now: int) -> None:
        self.idle_wei += amount_wei
        self._lock_profit(profit_wei, now)
        self.settle_requests(PASSING_COUNT, now)

    def _lock_profit(self, profit_wei: int, now: int) -> None:
        """What is still locked and the profit unlock together after the mean of their times."""
        if profit_wei == 0:
            return
        rest_wei = self.locked_profit_wei(now)
        weighted = rest_wei * max(0, self.lock[2] - now) + profit_wei * UNLOCK_SECONDS
        locked_wei = rest_wei + profit_wei
        self._set_lock(locked_wei, now, now + weighted // locked_wei)

    def _set_lock(self, locked_wei: int, now: int, until: int) -> None:
        self.lock = (locked_wei, now, until)

    def _unlock_loss(self, loss_wei: int, now: int) -> None:
        """A loss takes profit that is still locked first."""
        rest_wei = self.locked_profit_wei(now)
        if rest_wei:
            self._set_lock(max(0, rest_wei - loss_wei), now, self.lock[2])

    def _is_short(self, now: int) -> bool:
        """Whether the first request has matured and idle money cannot pay it."""
        request = self.requests.get(self.first_request)
        if request is None or now < request.matures_at:
            return False
        return self.convert_to_assets(request.shares, now) > self.idle_wei

    def _credit(self, account: Address, amount_wei: int) -> None:
        if amount_wei:
            self.credits[account] = self.credits.get(account, 0) + amount_wei

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Undoes what was done to this vault if it ends in an error."""
        before = {k: dict(v) if isinstance(v, dict) else v for k, v in self.__dict__.items()}
        try:
            yield
        except BaseException:
            self.__dict__.update(before)
            raise

    # --- inside

    def _check_worth(self, now: int) -> None:
        price = self.price(now)
        if _is_worthless(price):
            raise SharesWorthless(*price)

    def _enter(
        self, who: Address, assets_wei: int, shares: int, now: int, receiver: Address | None = None
    ) -> int:
        self.token.check(who, assets_wei)
        self._fit_lock(now)
        self.idle_wei += assets_wei
        holder = receiver or who
        self.shares[holder] = self.shares.get(holder, 0) + shares
        self.settle_requests(PASSING_COUNT, now)
        self.token.transfer(who, self.address, assets_wei)
        return shares

    def _fit_lock(self, now: int) -> None:
        """Nobody's money unlocks for who comes; and no more is locked than there is."""
        gross_wei = self.idle_wei + self.working_wei()
        if self.total_supply == 0 and gross_wei:
            self._set_lock(gross_wei, now, now + UNLOCK_SECONDS)
        elif self.locked_profit_wei(now) > gross_wei:
            self._set_lock(gross_wei, now, self.lock[2])

    def _check_allowance(self, owner: Address, caller: Address | None, shares: int) -> None:
        allowed = self.allowances.get((owner, caller or owner), 0)
        if caller not in (None, owner) and allowed < shares:
            raise ERC20InsufficientAllowance(caller or owner, allowed, shares)

    def _use_allowance(self, owner: Address, caller: Address | None, shares: int) -> None:
        if caller is not None and caller != owner and self.allowances[owner, caller] != UINT256_MAX:
            self.allowances[owner, caller] -= shares

    def _spend(
        self,
        owner: Address,
        shares: int,
        assets_wei: int,
        now: int,
        receiver: Address | None = None,
        caller: Address | None = None,
    ) -> None:
        """Pays an owner; all whose requests lie before the last one spent are settled."""
        self._check_allowance(owner, caller, shares)
        if shares:
            self._use_allowance(owner, caller, shares)
        price = self.price(now)
        while shares:
            number = self.first_request
            request = self.requests[number]
            if request.owner == owner:
                part = min(shares, request.shares)
                shares -= part
                self._redeem_own(number, part)
            else:
                self._settle(number, request.shares, price)
        self.idle_wei -= assets_wei
        self.token.transfer(self.address, receiver or owner, assets_wei)

    def _settle(self, number: int, shares: int, price: tuple[int, int]) -> None:
        due_wei = _worth(price, shares)
        self._credit(self.requests[number].owner, due_wei)
        self.idle_wei -= due_wei
        self._shorten(number, shares)

    def _redeem_own(self, number: int, shares: int) -> None:
        """What an owner spends of its request itself."""
        self._shorten(number, shares)

    def _shorten(self, number: int, shares: int) -> None:
        request = self.requests.pop(number)
        if request.shares > shares:
            self.requests[number] = replace(request, shares=request.shares - shares)

    @property
    def credited_wei(self) -> Wei:
        """All credits."""
        return Wei(sum(self.credits.values()))


def _worth(price: tuple[int, int], shares: int) -> int:
    return shares * price[0] // price[1]


def _is_worthless(price: tuple[int, int]) -> bool:
    return price[0] * VIRTUAL_SHARES * WORTHLESS_DIVISOR < price[1]
