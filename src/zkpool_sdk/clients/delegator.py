"""The delegator: supplies pooled stake for shares, and redeems them a week after asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.events import CreditClaimed, Deposit, ProfitCollected, RedeemRequested, Withdraw
from zkpool_sdk.chain.history import Watch, topic_of_address
from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.errors import NothingPayable
from zkpool_sdk.units import Timestamp, Wei

SHARE: Final = 10**24
"""One share, as wallets show it; a new vault gives it for one ZK."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """Shares that were asked to be redeemed and are not paid yet.

    Attributes:
        request: its number; requests are paid by rising number.
        shares: not paid yet.
        matures_at: may be paid from here on.
        worth_wei: at the price of now; the price of when it is paid counts.
        ahead_wei: what requests before it are worth and are paid first.
        shortfall_wei: idle money that is missing for it and those before it; 0: it can be paid once mature.
    """

    request: int
    shares: int
    matures_at: Timestamp
    worth_wei: Wei
    ahead_wei: Wei
    shortfall_wei: Wei


@dataclass(frozen=True, slots=True)
class Position:
    """What an account has in the pool.

    Attributes:
        shares: free to transfer or to redeem; one share as shown is 10^24.
        worth_wei: of these shares now.
        share_price_wei: of one share as shown.
        waiting: what it has asked to redeem, first paid first.
        payable_wei: of these, what ``redeem`` pays now.
        credit_wei: paid for it already by somebody else's call; ``redeem`` fetches it.
    """

    shares: int
    worth_wei: Wei
    share_price_wei: Wei
    waiting: tuple[Redemption, ...]
    payable_wei: Wei
    credit_wei: Wei

    @property
    def total_wei(self) -> Wei:
        """All of it at the price of now."""
        return Wei(self.worth_wei + sum(each.worth_wei for each in self.waiting) + self.credit_wei)


class Delegator(Client):
    """An account that delegates.

    Args:
        contracts: a deployment as the account sees it.
    """

    def __init__(self, contracts: Contracts) -> None:
        super().__init__(contracts)
        self._requested = Watch(
            self.connection,
            contracts.delegation.address,
            [RedeemRequested],
            self.deployment.block,
            [None, [topic_of_address(self.address)]],
        )
        self._open: set[int] = set()

    def deposit(self, amount_wei: int) -> int:
        """Supplies tokens; returns the shares they gave.

        Raises:
            AmountZero, SharesWorthless, ERC4626ExceededMaxDeposit, ERC20InsufficientBalance.
        """
        self._allow(self.contracts.delegation.address, amount_wei)
        return self.contracts.delegation.deposit(amount_wei, self.address).event(Deposit).shares

    def share_price(self) -> Wei:
        """What one share, as shown, is worth now."""
        return self.contracts.delegation.convert_to_assets(SHARE)

    def position(self) -> Position:
        """Shares and what they are worth, what waits to be redeemed, and what can be paid now."""
        pool = self.contracts.delegation
        shares = pool.balance_of(self.address)
        return Position(
            shares,
            pool.convert_to_assets(shares),
            self.share_price(),
            self.waiting(),
            pool.max_withdraw(self.address),
            pool.credit_of(self.address),
        )

    def waiting(self) -> tuple[Redemption, ...]:
        """What the account has asked to redeem and has not been paid, the first to be paid first."""
        pool = self.contracts.delegation
        for event in self._requested.new():
            if isinstance(event, RedeemRequested):
                self._open.add(event.request)
        first, _ = pool.request_range()
        self._open = {request for request in self._open if request >= first}
        if not self._open:
            return ()
        idle_wei, ahead, found = pool.idle_wei(), 0, []
        for number in range(first, max(self._open) + 1):
            request = pool.request_of(number)
            if number in self._open and request.shares:
                worth_wei, ahead_wei = pool.convert_to_assets(request.shares), pool.convert_to_assets(ahead)
                short_wei = Wei(max(ahead_wei + worth_wei - idle_wei, 0))
                found.append(
                    Redemption(number, request.shares, request.matures_at, worth_wei, ahead_wei, short_wei)
                )
            ahead += request.shares
        return tuple(found)

    def request_redeem(self, shares: int | None = None) -> Redemption:
        """Asks to redeem shares, by default all; they stay at the risk of gain and loss until they are paid.

        Raises:
            AmountZero, RequestTooSmall, ERC20InsufficientBalance.
        """
        pool = self.contracts.delegation
        wanted = pool.balance_of(self.address) if shares is None else shares
        asked = pool.request_redeem(wanted, self.address).event(RedeemRequested).request
        return next(redemption for redemption in self.waiting() if redemption.request == asked)

    def redeem(self, wait: bool = False) -> Wei:
        """Takes out everything that can be paid now: mature requests, and credits; returns what was paid.

        Args:
            wait: wait for the last request to mature first.
        Raises:
            NothingPayable: nothing is mature, or idle money is short.
        """
        pool = self.contracts.delegation
        waiting = self.waiting()
        if wait and waiting:
            self.connection.wait_until(max(redemption.matures_at for redemption in waiting))
        paid_wei = 0
        if pool.credit_of(self.address):
            paid_wei += pool.claim_credit().event(CreditClaimed).amount_wei
        if shares := pool.max_redeem(self.address):
            paid_wei += pool.redeem(shares, self.address, self.address).event(Withdraw).assets
        if not paid_wei:
            raise NothingPayable(
                self.address,
                waiting[0].matures_at if waiting else None,
                waiting[0].shortfall_wei if waiting else 0,
            )
        return Wei(paid_wei)

    def collect(self) -> Wei:
        """Takes the delegators' part of the rewards into the pool, for all of them; returns how much it was.

        It raises the price of shares evenly over a day. Anybody may call it.

        Raises:
            NothingToClaim, TooFewShares.
        """
        return self.contracts.delegation.collect().event(ProfitCollected).amount_wei
