"""Adapters to tier 1, typed. They are no part of a deployment: give each its address.

``ext`` is the number tier 1 gives to a piece of work; units are those of tier 1's token.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Contract, Owned
from zkpool_sdk.models import (
    Address,
    PushWork,
    QueueId,
    TaikoWork,
    TaskId,
    Tier1Offer,
    Tier1Stake,
    UnitOrders,
    WorkSpec,
)
from zkpool_sdk.units import Wei


class Tier1Adapter(Contract):
    """What every adapter can do; ``ITier1Adapter``."""

    def spec_of(self, ext: int) -> tuple[WorkSpec, Wei, Wei]:
        """What a piece of work asks for, what tier 1 pays in time, and what it may take otherwise.

        Raises:
            UnknownWork, Tier1CallFailed.
        """
        spec, reward_wei, penalty_wei = self.try_call("specOf", ext)
        found: WorkSpec = to_model(WorkSpec, spec)
        return found, Wei(reward_wei), Wei(penalty_wei)

    def on_assigned(self, ext: int, task: bytes) -> Receipt:
        """Tells the adapter which assigned task stands for a piece of work; emits ``WorkAssigned``.

        Raises:
            UnknownWork, WorkIsBound, TaskUnfit.
        """
        return self._send("onAssigned", ext, task)

    def verify(self, ext: int, signals: Sequence[int], proof: bytes) -> bool:
        """Whether tier 1 would take this proof now."""
        return bool(self.try_call("verify", ext, list(signals), proof))

    def submit(self, ext: int, signals: Sequence[int], proof: bytes) -> Receipt:
        """Hands a proof to tier 1; emits ``WorkDelivered``.

        Raises:
            WrongWorkStatus, WorkTooLate, Tier1CallFailed, RelaysNothing.
        """
        return self._send("submit", ext, list(signals), proof)

    def settle(self, ext: int) -> Receipt:
        """Does what is due for a piece of work; emits ``WorkSettled`` when it ends.

        Raises:
            UnknownWork, Tier1CallFailed.
        """
        return self._send("settle", ext)

    def stake(self, units: int) -> Receipt:
        """Adds to the pool's stake in tier 1; operator only.

        Raises:
            NotOperator, Tier1CallFailed, StakesNothing.
        """
        return self._send("stake", units)

    def request_exit(self) -> Receipt:
        """Starts to take the whole stake out of tier 1; operator only."""
        return self._send("requestExit")

    def withdraw(self) -> Receipt:
        """Takes out what has finished leaving; operator only. Emits ``UnitsWithdrawn``."""
        return self._send("withdraw")

    def stake_state(self) -> Tier1Stake:
        """What the pool has at stake in tier 1."""
        found: Tier1Stake = to_model(Tier1Stake, self.try_call("stakeState"))
        return found

    def value_wei(self) -> Wei:
        """What the pool's money in the adapter is worth."""
        return Wei(self.try_call("valueWei"))


class PushAdapter(Tier1Adapter):
    """``PushAdapter``, typed."""

    abi_name = "PushAdapter"

    def post(
        self, queue: int, statement: Sequence[int], reward_wei: int, penalty_wei: int, prove_by: int
    ) -> Receipt:
        """Promises, and pays in, a reward for a proof; the adapter needs the allowance. Emits ``WorkPosted``.

        Raises:
            AmountZero, PenaltyTooHigh, ProveByOutOfBounds, WrongStatementLength, QueueIsClosed.
        """
        return self._send("post", queue, list(statement), reward_wei, penalty_wei, prove_by)

    def claim_credit(self) -> Receipt:
        """Pays the account its credit; emits ``CreditClaimed``.

        Raises:
            NothingToClaim.
        """
        return self._send("claimCredit")

    def credit_of(self, account: str) -> Wei:
        """What an account can claim."""
        return Wei(self.try_call("creditOf", account))

    def work_of(self, ext: int) -> PushWork:
        """A work; all zero if it was never posted."""
        found: PushWork = to_model(PushWork, self.try_call("workOf", ext))
        return found

    def statement_of(self, ext: int) -> tuple[int, ...]:
        """The statement of a work."""
        return tuple(self.try_call("statementOf", ext))

    def work_count(self) -> int:
        """How many works were posted; the last one's number."""
        return int(self.try_call("workCount"))


class TaikoAdapter(Tier1Adapter, Owned):
    """``TaikoAdapter``, typed."""

    abi_name = "TaikoAdapter"

    def enter(self, ext: int, data: bytes) -> Receipt:
        """Bids for a block that tier 1 has assigned to the pool; emits ``WorkBound``.

        Raises:
            NotAssignedToPool, DataDiffers, WorkTooLate, WorkIsBound, TooManyWorks, FreeFundsTooLow,
            BidBelowBaseFee.
        """
        return self._send("enter", ext, data)

    def collect(self) -> Receipt:
        """Takes refunds and compensation out of the market; emits ``CreditCollected`` if there are any."""
        return self._send("collect")

    def repay(self, amount_wei: int) -> Receipt:
        """Gives money back to the delegation vault; operator only.

        Raises:
            NotOperator, FreeFundsTooLow.
        """
        return self._send("repay", amount_wei)

    def set_offer(self, reward_per_gas: int, capacity: int, max_bid_wei: int) -> Receipt:
        """Sets what the pool asks and offers in tier 1; operator only. Emits ``OfferSet``.

        Raises:
            NotOperator, CapacityTooHigh.
        """
        return self._send("setOffer", reward_per_gas, capacity, max_bid_wei)

    def set_orders(self, buy_units: int, sell_units: int) -> Receipt:
        """Sets what the pool still buys and sells of tier 1's token; operator only. Emits ``OrdersSet``."""
        return self._send("setOrders", buy_units, sell_units)

    def sell_units(self, units: int, min_paid_wei: int) -> Receipt:
        """Sells units to the pool; the adapter needs their allowance. Emits ``UnitsBought``.

        Raises:
            AmountZero, OrderTooSmall, PriceMoved, FreeFundsTooLow.
        """
        return self._send("sellUnits", units, min_paid_wei)

    def buy_units(self, units: int, max_paid_wei: int) -> Receipt:
        """Buys units from the pool; the adapter needs the allowance of ZK. Emits ``UnitsSold``.

        Raises:
            AmountZero, OrderTooSmall, PriceMoved.
        """
        return self._send("buyUnits", units, max_paid_wei)

    def work_of(self, ext: int) -> TaikoWork:
        """A work; all zero if it was never entered."""
        found: TaikoWork = to_model(TaikoWork, self.try_call("workOf", ext))
        return found

    def live_works(self) -> tuple[int, ...]:
        """Numbers of the blocks that are not settled."""
        return tuple(self.try_call("liveWorks"))

    def offer(self) -> Tier1Offer:
        """What the pool asks and offers in tier 1."""
        found: Tier1Offer = to_model(Tier1Offer, self.try_call("offer"))
        return found

    def orders(self) -> UnitOrders:
        """What the pool still buys and sells."""
        found: UnitOrders = to_model(UnitOrders, self.try_call("orders"))
        return found

    def unit_price_wei(self) -> Wei:
        """What a whole token of tier 1 is worth."""
        return Wei(self.try_call("unitPriceWei"))

    def token_units(self) -> int:
        """Units of a whole token of tier 1."""
        return int(self.try_call("tokenUnits"))

    def booked_units(self) -> int:
        """Units that should be in tier 1 after every loss that is settled."""
        return int(self.try_call("bookedUnits"))

    def surplus_wei(self) -> Wei:
        """What insurance will get of the money here."""
        return Wei(self.try_call("surplusWei"))

    def queue(self) -> QueueId:
        """The queue the pool bids in."""
        return QueueId(self.try_call("queue"))

    def operator(self) -> Address:
        """Who acts for the pool here; the zero address for nobody."""
        return Address(self.try_call("operator"))

    def tier1(self) -> Address:
        """Tier 1's contract."""
        return Address(self.try_call("tier1"))

    def task_of(self, ext: int) -> TaskId:
        """The task that stands for a block now."""
        return self.work_of(ext).task
