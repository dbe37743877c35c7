"""Vault, registry and splitter of the reference model, writing their events into the market's diary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkpool_sdk.chain import events
from zkpool_sdk.chain.events import Event, LogPlace
from zkpool_sdk.economics import decay
from zkpool_sdk.economics.provers import ProverRegistry
from zkpool_sdk.economics.split import Split
from zkpool_sdk.economics.splitter import RewardSplitter, epoch_of
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.models import (
    JAILED_UNTIL,
    NO_ACCELERATOR,
    AcceleratorId,
    Address,
    Prover,
    ProverId,
    QueueId,
    Stake,
)
from zkpool_sdk.units import UINT256_MAX, Wei

NOWHERE = LogPlace(0, 0, "", Address(""))
"""Where the model's events stand: in no chain."""


class Diary:
    """What the model did, as events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, kind: type[Event], *values: Any) -> None:
        """Writes an event down."""
        self.events.append(kind(NOWHERE, *values))

    def take(self) -> list[Event]:
        """All that has been written since the last time."""
        taken, self.events = self.events, []
        return taken


class WitnessVault(StakeVault):
    """The stake vault, with a diary."""

    def __init__(self, diary: Diary, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.diary = diary

    def stake_for(self, payer: Address, prover: Address, amount_wei: int, now: int) -> None:
        """``StakeVault.stake_for``."""
        super().stake_for(payer, prover, amount_wei, now)
        self.diary.tell(events.Staked, prover, amount_wei)

    def lend(self, caller: Address, prover: Address, amount_wei: int, now: int) -> None:
        """``StakeVault.lend``."""
        super().lend(caller, prover, amount_wei, now)
        self.diary.tell(events.Sponsored, prover, amount_wei)

    def recall(self, caller: Address, prover: Address, now: int) -> Wei:
        """``StakeVault.recall``."""
        paid_wei = super().recall(caller, prover, now)
        self.diary.tell(events.Recalled, prover, paid_wei)
        return paid_wei

    def request_unstake(self, prover: Address, amount_wei: int, now: int) -> None:
        """``StakeVault.request_unstake``."""
        if amount_wei == UINT256_MAX:
            amount_wei = self.stake_of(prover, now).own_wei
        super().request_unstake(prover, amount_wei, now)
        self.diary.tell(events.UnstakeRequested, prover, amount_wei, self.stakes[prover].unbond_at)

    def finish_unstake(self, prover: Address, now: int) -> Wei:
        """``StakeVault.finish_unstake``."""
        paid_wei = super().finish_unstake(prover, now)
        self.diary.tell(events.UnstakeFinished, prover, paid_wei)
        return paid_wei

    def advance_clock(self, from_at: int, now: int) -> None:
        """``StakeVault.advance_clock``."""
        before = self.market_clock
        super().advance_clock(from_at, now)
        if self.market_clock != before:
            self.diary.tell(events.ClockAdvanced, self.market_clock)

    def _settle(self, prover: Address, now: int) -> Stake:
        before = self.stakes.get(prover, Stake())
        hours = decay.hours_due(self.clock(now), before.decays_from) if before.decays_from else 0
        after = super()._settle(prover, now)
        if before.own_wei != after.own_wei:
            self.diary.tell(events.Decayed, prover, before.own_wei - after.own_wei, hours)
        return after


class WitnessProvers(ProverRegistry):
    """The prover registry, with a diary."""

    def __init__(self, diary: Diary, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.diary = diary

    def join(self, account: Address, queue: QueueId, capacity: int, now: int) -> int:
        """``ProverRegistry.join``."""
        before = self.seats_of(queue)
        index = super().join(account, queue, capacity, now)
        seat = self.seats[queue][index]
        if index < len(before) and before[index].prover:
            self.diary.tell(events.SeatLeft, queue, before[index].prover, index)
        self.diary.tell(events.SeatTaken, queue, seat.prover, index, capacity, seat.pass_)
        return index

    def record_declined(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """``Records.record_declined``."""
        before = self.provers[prover]
        super().record_declined(queue, seat, prover, now)
        if self.provers[prover].failure_count != before.failure_count:
            self._banned(prover, before)

    def record_missed(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """``Records.record_missed``."""
        before = self.provers[prover]
        super().record_missed(queue, seat, prover, now)
        self._banned(prover, before)

    def record_invalid(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """``Records.record_invalid``."""
        before = self.provers[prover]
        super().record_invalid(queue, seat, prover, now)
        self._banned(prover, before)

    def leave_jail(self, account: Address, now: int) -> None:
        """``Records.leave_jail``."""
        super().leave_jail(account, now)
        prover = self.id_of(account)
        self.diary.tell(events.JailLeft, prover, self.provers[prover].banned_until)

    def _banned(self, prover: ProverId, before: Prover) -> None:
        """What a fault is followed by: a ban, or jail, unless the prover was there already."""
        until = self.provers[prover].banned_until
        if before.jailed:
            return
        if until == JAILED_UNTIL:
            self.diary.tell(events.ProverJailed, prover)
        else:
            self.diary.tell(events.ProverBanned, prover, until)


class WitnessSplitter(RewardSplitter):
    """The reward splitter, with a diary."""

    def __init__(self, diary: Diary, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.diary = diary

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
        """``RewardSplitter.credit``."""
        total = super().credit(
            prover,
            prices_wei,
            assigned_ats,
            now,
            sponsored=sponsored,
            accelerator=accelerator,
            accelerator_bps=accelerator_bps,
        )
        epoch = epoch_of(now)
        if total.accelerator_wei:
            payout = self.accelerators.payout_of(accelerator)
            share = accelerator, payout, prover, epoch, total.accelerator_wei
            self.diary.tell(events.AcceleratorCredited, *share)
        parts = total.prover_wei, total.delegators_wei, total.treasury_wei
        self.diary.tell(events.Credited, prover, epoch, *parts)
        return total

    def claim(self, account: Address, now: int) -> Wei:
        """``RewardSplitter.claim``."""
        paid_wei = super().claim(account, now)
        self.diary.tell(events.Claimed, account, paid_wei)
        return paid_wei

    def restake(self, account: Address, now: int) -> Wei:
        """``RewardSplitter.restake``."""
        staked_wei = super().restake(account, now)
        self.diary.tell(events.Restaked, account, staked_wei)
        return staked_wei

    def claim_treasury(self, now: int) -> Wei:
        """``RewardSplitter.claim_treasury``."""
        paid_wei = super().claim_treasury(now)
        self.diary.tell(events.Claimed, self.treasury, paid_wei)
        return paid_wei

    def claim_delegators(self, caller: Address, now: int) -> Wei:
        """``RewardSplitter.claim_delegators``."""
        paid_wei = super().claim_delegators(caller, now)
        self.diary.tell(events.Claimed, caller, paid_wei)
        return paid_wei
