"""The acts at the adapter to a tier 1 that may be hostile: works entered, proven, settled; its money."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from tests.stateful.puppet import Puppet
from tests.stateful.push_acts import PushActs
from zkpool_sdk.economics.taiko import Block, TaikoAdapter
from zkpool_sdk.errors import Tier1CallFailed
from zkpool_sdk.models import Address, TaskId

DATA = b"inputs of a block"


class TaikoActs(PushActs):
    """What anybody, the operator and tier 1 itself do there."""

    @property
    def taiko(self) -> TaikoAdapter:
        return self.market.taiko  # type: ignore[attr-defined,no-any-return]

    @property
    def puppet(self) -> Puppet:
        return self.market.tier1  # type: ignore[attr-defined,no-any-return]

    # --- tier 1 is told what to say

    def tell(self, function: str, given: tuple[Any, ...], action: Any, *what: Any) -> None:
        """Tells tier 1 what to be like."""
        outsider = self.roles.outsider
        self.act("tell tier 1", outsider, "tier1", function, given, action, *what, compare=False)

    def behave(self, manner: int) -> None:
        self.tell("behave", (manner,), self.puppet.behave, manner)

    def say_block(self, ext: int, block: Block) -> None:
        self.tell("setBlock", (ext, astuple(block)), self.puppet.set_block, ext, block)

    def say_staker(self, staked: int, exiting: int, penalty_units: int) -> None:
        staker = (staked, exiting, 0, 0, 0, 0, 0)
        given = staked, exiting, penalty_units
        self.tell("setStaker", (staker, penalty_units), self.puppet.set_staker, *given)

    def owe(self, units: int) -> None:
        self.tell("owe", (units,), self.puppet.owe, units)

    # --- works

    def enter_block(self, ext: int, data: bytes = DATA) -> TaskId | None:
        task = self.act(
            "enter", self.roles.keeper, "taiko", "enter", (ext, data), self.taiko.enter, ext, data, self.now,
            returned=bytes,
        )  # fmt: skip
        if task is not None:
            self.statements[task] = self.puppet.blocks[ext].commitment
        return task  # type: ignore[no-any-return]

    def report(self, ext: int, task: TaskId) -> None:
        action, arguments = self.taiko.on_assigned, (ext, task)
        self.act("report", self.roles.keeper, "taiko", "onAssigned", arguments, action, *arguments)

    def deliver(self, ext: int) -> None:
        action = self.taiko.submit
        given = (ext, [1, 2], b"proof")
        self.act("deliver", self.roles.keeper, "taiko", "submit", given, action, ext, self.now)

    def settle_block(self, ext: int) -> None:
        """Settles a block, twice: what has ended stays as it ended (38)."""
        first = self._settle_block(ext)
        if first is not None and any(first[1:]):
            surplus_wei = self.taiko.surplus_wei
            assert self._settle_block(ext) == first  # 38
            assert self.taiko.surplus_wei == surplus_wei  # 38

    def _settle_block(self, ext: int) -> Any:
        action = self.taiko.settle
        return self.act(
            "settle block", self.roles.keeper, "taiko", "settle", (ext,), action, ext, self.now,
            returned=tuple,
        )  # fmt: skip

    # --- money

    def collect_refunds(self) -> None:
        action = self.taiko.collect
        self.act("collect refunds", self.roles.keeper, "taiko", "collect", (), action, returned=int)

    def repay_pool(self, caller: Address, amount_wei: int) -> None:
        action = self.taiko.repay
        given = caller, amount_wei, self.now
        self.act("repay pool", caller, "taiko", "repay", (amount_wei,), action, *given)

    def make_offer(self, caller: Address, reward_per_gas: int, capacity: int, max_bid_wei: int) -> None:
        action, arguments = self.taiko.set_offer, (reward_per_gas, capacity, max_bid_wei)
        self.act("make offer", caller, "taiko", "setOffer", arguments, action, caller, *arguments)

    def stake_units(self, caller: Address, units: int) -> None:
        action = self.taiko.stake
        self.act("stake units", caller, "taiko", "stake", (units,), action, caller, units)

    def exit_tier1(self, caller: Address) -> None:
        self.act("exit tier 1", caller, "taiko", "requestExit", (), self.taiko.request_exit, caller)

    def withdraw_units(self, caller: Address) -> None:
        action = self.taiko.withdraw
        self.act("withdraw units", caller, "taiko", "withdraw", (), action, caller, returned=int)

    def order_units(self, caller: Address, buy_units: int, sell_units: int) -> None:
        action, arguments = self.taiko.set_orders, (buy_units, sell_units)
        self.act("order units", caller, "taiko", "setOrders", arguments, action, caller, *arguments)

    def sell_units(self, trader: Address, units: int, least_wei: int) -> None:
        action, arguments = self.taiko.sell_units, (units, least_wei)
        self.act(
            "sell units", trader, "taiko", "sellUnits", arguments, action, trader, *arguments, returned=int
        )

    def buy_units(self, trader: Address, units: int, most_wei: int) -> None:
        action, arguments = self.taiko.buy_units, (units, most_wei)
        self.act(
            "buy units", trader, "taiko", "buyUnits", arguments, action, trader, *arguments, returned=int
        )

    def price_units(self, price_wei: int) -> None:
        action = self.taiko.set_unit_price
        deployer = self.roles.deployer
        self.act("price units", deployer, "taiko", "setUnitPrice", (price_wei,), action, price_wei)

    def name_trader(self, operator: Address) -> None:
        action = self.taiko.set_operator
        deployer = self.roles.deployer
        self.act("name trader", deployer, "taiko", "setOperator", (operator,), action, operator)

    def mark_taiko(self) -> None:
        """The pool looks what its adapter is worth."""
        address = Address(self.taiko.address)
        try:
            said_wei: int | None = self.taiko.value_wei(self.now)
        except Tier1CallFailed:
            said_wei = None
        action = self.pool.mark
        keeper = self.roles.keeper
        self.act("mark", keeper, "delegation", "mark", (address,), action, address, said_wei, self.now)
