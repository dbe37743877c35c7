"""What the adapter to tier 1 must say."""

from __future__ import annotations

from typing import Any

from tests.stateful.listener import Go, Listener, around
from zkpool_sdk.models import Address, TaikoWork


@around("taiko", "enter")
def _enter(self: Listener, go: Go, ext: int, data: bytes, now: int) -> Any:
    taiko = self.market.taiko  # type: ignore[attr-defined]
    task = go()
    w: TaikoWork = taiko.works[ext]
    reward_wei = w.reward_units * taiko.unit_price_wei // taiko.token_units
    penalty_wei = -(-w.penalty_units * taiko.unit_price_wei // taiko.token_units)
    self.say("taiko", "WorkBound", ext, task, reward_wei, penalty_wei)
    bid_wei, market = self.market.tasks[task].amount_wei, self.market.addresses.market
    self.say("token", "Approval", taiko.address, market, bid_wei)
    return task


@around("taiko", "on_assigned")
def _on_assigned(self: Listener, go: Go, ext: int, task: Any) -> None:
    before = self.market.taiko.works.get(ext)  # type: ignore[attr-defined]
    go()
    if before is not None and not before.assigned:
        t = self.market.tasks[task]
        self.say("taiko", "WorkAssigned", ext, task, t.prover, t.amount_wei)


@around("taiko", "submit")
def _submit(self: Listener, go: Go, ext: int, now: int) -> Any:
    units = go()
    self.say("taiko", "WorkDelivered", ext, units)
    return units


@around("taiko", "_end")
def _end(self: Listener, go: Go, ext: int, w: TaikoWork, over_wei: int) -> None:
    go()
    taiko = self.market.taiko  # type: ignore[attr-defined]
    self.say("taiko", "WorkSettled", ext, w.task, w.status, *taiko._result(w))
    if over_wei:
        self.say("taiko", "SurplusOwed", ext, over_wei)


@around("taiko", "_collect")
def _collect(self: Listener, go: Go) -> Any:
    amount_wei = go()
    if amount_wei:
        self.say("taiko", "CreditCollected", amount_wei)
    return amount_wei


@around("taiko", "_pay_surplus")
def _pay_surplus(self: Listener, go: Go) -> Any:
    amount_wei = go()
    if amount_wei:
        self.say("taiko", "SurplusPaid", amount_wei)
    return amount_wei


@around("taiko", "set_offer")
def _set_offer(self: Listener, go: Go, caller: Address, *offer: int) -> None:
    go()
    self.say("taiko", "OfferSet", *offer)


@around("taiko", "stake")
def _stake(self: Listener, go: Go, caller: Address, units: int) -> None:
    taiko = self.market.taiko  # type: ignore[attr-defined]
    before = taiko.booked_units
    go()
    self.say("taiko", "UnitsStaked", taiko.booked_units - before)


@around("taiko", "request_exit")
def _request_exit(self: Listener, go: Go, caller: Address) -> None:
    go()
    self.say("taiko", "ExitRequested")


@around("taiko", "withdraw")
def _withdraw(self: Listener, go: Go, caller: Address) -> Any:
    units = go()
    self.say("taiko", "UnitsWithdrawn", units)
    return units


@around("taiko", "sell_units")
def _sell_units(self: Listener, go: Go, caller: Address, units: int, least_wei: int) -> Any:
    paid_wei = go()
    self.say("taiko", "UnitsBought", caller, units, paid_wei)
    if paid_wei == 0:
        self.say("token", "Transfer", self.market.taiko.address, caller, 0)  # type: ignore[attr-defined]
    return paid_wei


@around("taiko", "buy_units")
def _buy_units(self: Listener, go: Go, caller: Address, units: int, most_wei: int) -> Any:
    paid_wei = go()
    self.say("taiko", "UnitsSold", caller, units, paid_wei)
    return paid_wei


@around("taiko", "set_orders")
def _set_orders(self: Listener, go: Go, caller: Address, buy_units: int, sell_units: int) -> None:
    go()
    self.say("taiko", "OrdersSet", buy_units, sell_units)


@around("taiko", "set_unit_price")
def _set_unit_price(self: Listener, go: Go, price_wei: int) -> None:
    go()
    self.say("taiko", "UnitPriceSet", price_wei)


@around("taiko", "set_operator")
def _set_operator(self: Listener, go: Go, operator: Address) -> None:
    go()
    self.say("taiko", "OperatorSet", operator)
