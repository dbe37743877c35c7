"""How an adapter comes from ZK to the token of tier 1 and back, in memory: standing orders at a price."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    AmountZero,
    FreeFundsTooLow,
    NotOperator,
    OrderTooSmall,
    PriceMoved,
    UnitPriceOutOfBounds,
)
from zkpool_sdk.models import Address, UnitOrders

MIN_UNIT_PRICE_WEI: Final = 10**15
MAX_UNIT_PRICE_WEI: Final = 10**21


class UnitExchange:
    """Anybody trades with the pool, at the owner's price, as far as the operator's orders go."""

    def __init__(
        self,
        token: Token,
        unit_token: Token,
        address: Address,
        unit_price_wei: int,
        token_units: int,
        operator: Address,
    ) -> None:
        self.token = token
        self.unit_token = unit_token
        self.address = address
        self.token_units = token_units
        self.orders = UnitOrders(0, 0)
        self.surplus_wei = 0
        self.operator = operator
        self.set_unit_price(unit_price_wei)

    def sell_units(self, caller: Address, units: int, min_paid_wei: int) -> int:
        """Sells units to the pool; returns the wei it pays.

        Raises:
            AmountZero, OrderTooSmall, PriceMoved, FreeFundsTooLow, ERC20InsufficientBalance.
        """
        if units == 0:
            raise AmountZero()
        if units > self.orders.buy_units:
            raise OrderTooSmall(units, self.orders.buy_units)
        paid_wei = self._worth_down(units)
        if paid_wei < min_paid_wei:
            raise PriceMoved(paid_wei, min_paid_wei)
        self._check_free(paid_wei)
        self.unit_token.transfer(caller, self.address, units)
        self.orders = UnitOrders(self.orders.buy_units - units, self.orders.sell_units)
        self.token.transfer(self.address, caller, paid_wei)
        return paid_wei

    def buy_units(self, caller: Address, units: int, max_paid_wei: int) -> int:
        """Buys units from the pool; returns the wei it is paid.

        Raises:
            AmountZero, OrderTooSmall, PriceMoved, ERC20InsufficientBalance.
        """
        if units == 0:
            raise AmountZero()
        if units > self.orders.sell_units:
            raise OrderTooSmall(units, self.orders.sell_units)
        paid_wei = self._worth_up(units)
        if paid_wei > max_paid_wei:
            raise PriceMoved(paid_wei, max_paid_wei)
        self.token.check(caller, paid_wei)
        self.unit_token.transfer(self.address, caller, units)
        self.token.transfer(caller, self.address, paid_wei)
        self.orders = UnitOrders(self.orders.buy_units, self.orders.sell_units - units)
        return paid_wei

    def set_orders(self, caller: Address, buy_units: int, sell_units: int) -> None:
        """Sets what the pool still buys and sells; the operator's power.

        Raises:
            NotOperator.
        """
        self._only_operator(caller)
        self.orders = UnitOrders(buy_units, sell_units)

    def set_unit_price(self, price_wei: int) -> None:
        """Sets the price of a whole token of tier 1; the owner's power.

        Raises:
            UnitPriceOutOfBounds.
        """
        if not MIN_UNIT_PRICE_WEI <= price_wei <= MAX_UNIT_PRICE_WEI:
            raise UnitPriceOutOfBounds(price_wei, MIN_UNIT_PRICE_WEI, MAX_UNIT_PRICE_WEI)
        self.unit_price_wei = price_wei

    def set_operator(self, operator: Address) -> None:
        """Names who acts for the pool here; the owner's power."""
        self.operator = operator

    def _only_operator(self, caller: Address) -> None:
        if caller != self.operator:
            raise NotOperator(caller)

    def _check_free(self, amount_wei: int) -> None:
        free_wei = max(self.token.balance_of(self.address) - self.surplus_wei, 0)
        if amount_wei > free_wei:
            raise FreeFundsTooLow(amount_wei, free_wei)

    def _held_units(self) -> int:
        return self.unit_token.balance_of(self.address)

    def _worth_down(self, units: int) -> int:
        return units * self.unit_price_wei // self.token_units

    def _worth_up(self, units: int) -> int:
        return -(-units * self.unit_price_wei // self.token_units)
