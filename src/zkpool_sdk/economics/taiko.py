"""The adapter to Taiko in memory: the pool as a staked prover of a tier 1, whose blocks become tasks here.

Written from PROTOCOL.md, "Tier 1". Tier 1 is an argument: it may say anything, do anything, and refuse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.economics.exchange import UnitExchange
from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.task_id import keccak_words
from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    CapacityTooHigh,
    DataDiffers,
    NotAssignedToPool,
    TaskUnfit,
    Tier1CallFailed,
    TooManyWorks,
    UnknownWork,
    WorkIsBound,
    WorkTooLate,
    WrongWorkStatus,
)
from zkpool_sdk.models import (
    ZERO_ADDRESS,
    Address,
    QueueId,
    TaikoWork,
    TaskId,
    TaskStatus,
    Tier1Offer,
    WorkStatus,
)
from zkpool_sdk.units import Timestamp, Wei

MAX_WORKS: Final = 12
NO_WORK: Final = TaikoWork(TaskId(bytes(32)), WorkStatus.NONE, Timestamp(0), 0, 0, Wei(0), False, Wei(0))
IN_LIFE: Final = (TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.OPEN)
SETTLED: Final = (WorkStatus.REWARDED, WorkStatus.FORFEITED)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of tier 1, as its contract gives it."""

    assigned: Address = ZERO_ADDRESS
    proposed_at: int = 0
    prove_by: int = 0
    released: bool = False
    proven_by: Address = ZERO_ADDRESS
    proven_at: int = 0
    gas_limit: int = 0
    commitment: int = 0
    data_hash: bytes = bytes(32)
    reward_units: int = 0
    paid_units: int = 0
    slashed_units: int = 0


class Tier1(Protocol):
    """Tier 1 as the adapter meets it; each call may raise ``Tier1CallFailed``."""

    def block_of(self, ext: int) -> Block:
        """What it says of a block."""

    def staked_units(self) -> int:
        """What it says is staked, on its way out included."""

    def penalty_of(self, ext: int) -> int:
        """What it says a missed window would cost."""

    def stake(self, adapter: Address, units: int) -> None:
        """Takes stake."""

    def request_exit(self) -> None:
        """Is asked for all of it."""

    def withdraw_stake(self, adapter: Address) -> None:
        """Pays what has left."""

    def withdraw_rewards(self, adapter: Address) -> None:
        """Pays rewards."""

    def prove_block(self, ext: int) -> None:
        """Takes a proof."""

    def mark_late(self, ext: int) -> None:
        """Slashes for a window that has passed."""


class TaikoAdapter(UnitExchange):
    """The pool's money in tier 1, and its works here."""

    def __init__(
        self,
        market: Market,
        pool: DelegationVault,
        tier1: Tier1,
        unit_token: Token,
        address: Address,
        queue: QueueId,
        unit_price_wei: int,
        token_units: int,
        operator: Address,
    ) -> None:
        super().__init__(market.token, unit_token, address, unit_price_wei, token_units, operator)
        self.market = market
        self.pool = pool
        self.tier1 = tier1
        self.queue = queue
        self.offer = Tier1Offer(0, 0, Wei(0))
        self.works: dict[int, TaikoWork] = {}
        self.live: list[int] = []
        self.booked_units = 0

    # --- work

    def enter(self, ext: int, data: bytes, now: int) -> TaskId:
        """Bids for a block that tier 1 has assigned to the pool; anybody may.

        Raises:
            WorkIsBound, WrongWorkStatus, TooManyWorks, Tier1CallFailed, NotAssignedToPool, DataDiffers,
            WorkTooLate, FreeFundsTooLow, and what ``place_bid`` raises.
        """
        w = self.work_of(ext)
        again = w.status == WorkStatus.BOUND
        recovered_wei = w.recovered_wei
        if again:
            ended = self.market.task_of(w.task).status
            if ended in IN_LIFE or ended == TaskStatus.PROVEN:
                raise WorkIsBound(ext, w.task)
            recovered_wei = Wei(recovered_wei + self.market.recovered_of(w.task))
        elif w.status != WorkStatus.NONE:
            raise WrongWorkStatus(ext, w.status, WorkStatus.NONE)
        elif len(self.live) == MAX_WORKS:
            raise TooManyWorks(MAX_WORKS)
        b = self.tier1.block_of(ext)
        if b.assigned != self.address:
            raise NotAssignedToPool(ext, b.assigned)
        if keccak_words(data) != b.data_hash:
            raise DataDiffers(ext, keccak_words(data), b.data_hash)
        window = self.market.projects.current(self.queue)[1].proof_window_seconds
        expires_at = max(b.prove_by - window, 0)
        last_at = self._last_entry_at(expires_at, now)
        if b.proven_at or b.released or now > last_at:
            raise WorkTooLate(ext, now, last_at)
        penalty_units = min(self.tier1.penalty_of(ext), self.booked_units)
        bid_wei = min(self._worth_down(b.reward_units + penalty_units), self.offer.max_bid_wei)
        self._check_free(bid_wei)
        bid = self.address, self.queue, [b.commitment], bid_wei, expires_at, now, data
        task = self.market.place_bid(*bid)
        if not again:
            self.live.append(ext)
        self.works[ext] = replace(
            w,
            task=task,
            status=WorkStatus.BOUND,
            prove_by=Timestamp(b.prove_by),
            assigned=False,
            reward_units=b.reward_units,
            penalty_units=penalty_units,
            recovered_wei=recovered_wei,
        )
        return task

    def on_assigned(self, ext: int, task: TaskId) -> None:
        """Reports the price of a work's task, once; anybody may.

        Raises:
            UnknownWork, TaskUnfit.
        """
        w = self.work_of(ext)
        if w.status == WorkStatus.NONE:
            raise UnknownWork(ext)
        if w.task != task or not self.market.task_of(task).prove_by:
            raise TaskUnfit(ext, task)
        self.works[ext] = replace(w, assigned=True)

    def submit(self, ext: int, now: int) -> int:
        """Hands a proof to tier 1; anybody may. Returns the units that came in.

        Raises:
            WrongWorkStatus, WorkTooLate, Tier1CallFailed.
        """
        w = self.work_of(ext)
        if w.status != WorkStatus.BOUND:
            raise WrongWorkStatus(ext, w.status, WorkStatus.BOUND)
        if now > w.prove_by:
            raise WorkTooLate(ext, now, w.prove_by)
        self.tier1.prove_block(ext)
        units = self._take_rewards()
        self.works[ext] = replace(w, status=WorkStatus.DELIVERED, reward_units=units)
        return units

    def settle(self, ext: int, now: int) -> tuple[WorkStatus, int, int]:
        """Ends a work once it is over on both sides; anybody may.

        Returns:
            status, reward and penalty; zeros while it is not over.
        Raises:
            UnknownWork, Tier1CallFailed.
        """
        w = self.work_of(ext)
        if w.status == WorkStatus.NONE:
            b = self.tier1.block_of(ext)
            if b.assigned != self.address:
                raise UnknownWork(ext)
            w = replace(w, prove_by=Timestamp(b.prove_by))
        if self._is_due(w, now):
            w = self._settle(ext, w)
        return (w.status, *self._result(w)) if w.status in SETTLED else (w.status, 0, 0)

    # --- the pool's money

    def collect(self) -> int:
        """Takes what the market owes in, and pays insurance its surplus; anybody may."""
        amount_wei = self._collect()
        self._pay_surplus()
        return amount_wei

    def repay(self, caller: Address, amount_wei: int, now: int) -> None:
        """Gives money that is free back to the pool; the operator's power.

        Raises:
            NotOperator, FreeFundsTooLow, and what the pool's ``repay`` raises.
        """
        self._only_operator(caller)
        works = [self.works[ext] for ext in self.live]
        kept_wei = sum(w.recovered_wei + self.market.recovered_of(w.task) for w in works)
        self._check_free(amount_wei + kept_wei)
        self.pool.repay(self.address, amount_wei, now)

    def set_offer(self, caller: Address, reward_per_gas: int, capacity: int, max_bid_wei: int) -> None:
        """Sets what the pool asks and offers, and the most it bids; the operator's power.

        Raises:
            NotOperator, CapacityTooHigh.
        """
        self._only_operator(caller)
        if capacity > MAX_WORKS:
            raise CapacityTooHigh(capacity, MAX_WORKS)
        self.offer = Tier1Offer(reward_per_gas, capacity, Wei(max_bid_wei))

    def stake(self, caller: Address, units: int) -> None:
        """Adds to the stake in tier 1; the operator's power. What left is what counts.

        Raises:
            NotOperator, Tier1CallFailed.
        """
        self._only_operator(caller)
        before = self._held_units()
        self.tier1.stake(self.address, units)
        self.booked_units += before - self._held_units()

    def request_exit(self, caller: Address) -> None:
        """Asks tier 1 for the whole stake; the operator's power.

        Raises:
            NotOperator, Tier1CallFailed.
        """
        self._only_operator(caller)
        self.tier1.request_exit()

    def withdraw(self, caller: Address) -> int:
        """Takes out what has left tier 1; the operator's power. Returns the units that came.

        Raises:
            NotOperator, Tier1CallFailed.
        """
        self._only_operator(caller)
        before = self._held_units()
        self.tier1.withdraw_stake(self.address)
        units = self._held_units() - before
        self.booked_units -= min(units, self.booked_units)
        return units

    # --- views

    def value_wei(self, now: int) -> int:
        """What the pool's money here is worth: held, in the market, in tier 1, less losses that are known.

        Raises:
            Tier1CallFailed.
        """
        staked_units = self.tier1.staked_units()
        total_wei = self.token.balance_of(self.address) + self.market.credit_of(self.address)
        loss_wei, late_units = self.surplus_wei, 0
        for w in (self.works[ext] for ext in self.live):
            held_wei, owed_wei = self._in_market(w, now)
            total_wei += held_wei
            if w.status == WorkStatus.BOUND and now > w.prove_by:
                late_units += w.penalty_units
                owed_wei -= min(owed_wei, self._worth_up(w.penalty_units))
            loss_wei += owed_wei
        taken_units = max(self.booked_units - staked_units, 0)
        lost_units = min(self.booked_units, max(taken_units, late_units))
        total_wei += self._worth_down(self._held_units() + self.booked_units - lost_units)
        return max(total_wei - loss_wei, 0)

    def work_of(self, ext: int) -> TaikoWork:
        """A block as the adapter knows it; of status NONE if it does not."""
        return self.works.get(ext, NO_WORK)

    # --- inside

    def _settle(self, ext: int, w: TaikoWork) -> TaikoWork:
        delivered = w.status == WorkStatus.DELIVERED
        b = self.tier1.block_of(ext)
        if not (delivered or b.proven_at or b.released):
            self.tier1.mark_late(ext)
            b = self.tier1.block_of(ext)
        taken_units = max(self.booked_units - self.tier1.staked_units(), 0)
        w = replace(
            w,
            status=WorkStatus.REWARDED if delivered else WorkStatus.FORFEITED,
            penalty_units=min(b.slashed_units, taken_units),
            price_wei=Wei(self.unit_price_wei),
            reward_units=w.reward_units + self._take_rewards() if delivered else 0,
        )
        self.booked_units -= w.penalty_units
        recovered_wei = w.recovered_wei + self.market.recovered_of(w.task)
        over_wei = max(recovered_wei - self._result(w)[1], 0)
        self.surplus_wei += over_wei
        self._end(ext, w, over_wei)
        self._collect()
        self._pay_surplus()
        return w

    def _end(self, ext: int, w: TaikoWork, over_wei: int) -> None:
        """A work is over; the last live one takes its place."""
        self.works[ext] = w
        if ext in self.live:
            last = self.live.pop()
            if last != ext:
                self.live[self.live.index(ext)] = last

    def _take_rewards(self) -> int:
        """What came in; a reward that tier 1 does not pay stops no proof."""
        before = self._held_units()
        try:
            self.tier1.withdraw_rewards(self.address)
        except Tier1CallFailed:
            return 0
        return self._held_units() - before

    def _collect(self) -> int:
        return self.market.claim_credit(self.address) if self.market.credit_of(self.address) else 0

    def _pay_surplus(self) -> int:
        amount_wei = min(self.surplus_wei, self.token.balance_of(self.address))
        self.surplus_wei -= amount_wei
        self.token.transfer(self.address, self.market.addresses.insurance, amount_wei)
        return amount_wei

    def _last_entry_at(self, sold_by: int, now: int) -> int:
        """Last second for a bid that must be sold by a moment: every bid stays a round after its own."""
        r = self.market.round_of(self.queue)
        started_at = int(r.started_at) or now
        if r.bid_count == 0:
            started_at = now - (now - started_at) % ROUND_SECONDS
        rounds = 2 if started_at + 2 * ROUND_SECONDS > sold_by else 1
        return max(sold_by - rounds * ROUND_SECONDS, 0)

    def _is_due(self, w: TaikoWork, now: int) -> bool:
        if w.status in SETTLED:
            return False
        if w.status != WorkStatus.DELIVERED and now <= w.prove_by:
            return False
        return w.status == WorkStatus.NONE or self.market.task_of(w.task).status not in IN_LIFE

    def _in_market(self, w: TaikoWork, now: int) -> tuple[int, int]:
        """What a live work has in the market, and what it recovered there for a penalty to come."""
        t = self.market.task_of(w.task)
        if t.status == TaskStatus.QUEUED:
            return t.amount_wei, w.recovered_wei
        owed_wei = w.recovered_wei + self.market.recovered_of(w.task)
        if t.status in IN_LIFE:
            return t.amount_wei, owed_wei
        if t.status == TaskStatus.PROVEN and w.status == WorkStatus.BOUND and now <= w.prove_by:
            return min(t.amount_wei, self._worth_down(w.reward_units)), owed_wei
        return 0, owed_wei

    def _result(self, w: TaikoWork) -> tuple[int, int]:
        """Reward and penalty of a work that is over, at the price it was settled at."""
        reward_wei = w.reward_units * w.price_wei // self.token_units
        return reward_wei, -(-w.penalty_units * w.price_wei // self.token_units)
