"""The reference model of the market, made to say what it does in the words of the contracts' events."""

from __future__ import annotations

from typing import Any

from zkpool_sdk.chain import events
from zkpool_sdk.chain.events import Event
from zkpool_sdk.economics.market import Addresses, Market
from zkpool_sdk.economics.proofs import Paid
from zkpool_sdk.economics.rescue import DECLINE_PART_DIVISOR, DECLINERS
from zkpool_sdk.economics.token import InsuranceFund, Token
from zkpool_sdk.models import (
    Address,
    ClearingResult,
    Fault,
    ProofResult,
    QueueId,
    Rescue,
    SlashParts,
    Task,
    TaskId,
    TaskStatus,
)
from zkpool_sdk.replay.witness_parts import Diary, WitnessProvers, WitnessSplitter, WitnessVault
from zkpool_sdk.units import Wei


class Purse(Token):
    """A token that everybody has enough of; what an account really holds is for the books check to say."""

    def check(self, sender: Address, amount_wei: int) -> None:
        """Refuses nobody."""


class Witness(Market):
    """A market in memory that keeps a diary: each event that the contracts must have emitted for an act.

    Attributes:
        diary: events of the acts since it was last emptied, in no particular order.
        signals, statements: of proofs and bids, by task; the model does not keep them.
    """

    def __init__(self, addresses: Addresses, *, chain_id: int, uses_market_time: bool) -> None:
        super().__init__(addresses, chain_id=chain_id, uses_market_time=uses_market_time)
        self.diary = Diary()
        self.signals: dict[TaskId, tuple[int, ...]] = {}
        self.statements: dict[TaskId, tuple[int, ...]] = {}
        self._named: dict[tuple[QueueId, int], TaskId] = {}
        at = addresses
        self.token = Purse(at.token_holder)
        self.vault = WitnessVault(self.diary, self.token, at.vault, at.insurance, uses_market_time)
        self.provers = WitnessProvers(self.diary, self.projects, self.vault, self.accelerators)
        self.splitter = WitnessSplitter(
            self.diary, self.token, at.splitter, at.treasury, self.vault, self.accelerators
        )
        self.insurance = InsuranceFund(self.token, at.insurance, self.insurance.cap_wei)

    def tell(self, kind: type[Event], *values: Any) -> None:
        """Writes an event into the diary."""
        self.diary.tell(kind, *values)

    # --- bids

    def _place_bid(self, caller: Address, *bid: Any) -> TaskId:
        requester, queue, statement, max_fee_wei, expires_at, _, data = bid
        task = super()._place_bid(caller, *bid)
        nonce = self.tasks[task].nonce
        self._named[queue, nonce] = task
        self.statements[task] = tuple(statement)
        values = (task, queue, requester, max_fee_wei, expires_at, nonce, tuple(statement), data)
        self.tell(events.BidPlaced, *values)
        return task

    def _raise_to(self, t: Task, task: TaskId, max_fee_wei: int) -> None:
        sequence = self.rounds[t.queue].next_sequence
        super()._raise_to(t, task, max_fee_wei)
        self.tell(events.BidRaised, task, max_fee_wei, sequence)

    def cancel_bid(self, caller: Address, task: TaskId, now: int) -> Wei:
        """``Market.cancel_bid``."""
        amount_wei = self.task_of(task).amount_wei
        fee_wei = super().cancel_bid(caller, task, now)
        self.tell(events.BidCancelled, task, amount_wei - fee_wei, fee_wei)
        return fee_wei

    def _refund(self, task: TaskId, status: TaskStatus) -> None:
        kind = events.BidEvicted if status == TaskStatus.EVICTED else events.BidExpired
        self.tell(kind, task, self.tasks[task].amount_wei)
        super()._refund(task, status)

    def clear(self, queue: QueueId, now: int) -> ClearingResult:
        """``Market.clear``."""
        result = super().clear(queue, now)
        figures = (result.base_fee_wei, result.bid_count, result.slot_count, result.assigned_count)
        self.tell(events.RoundCleared, queue, *figures, result.excess)
        for one in result.assignments:
            money = (one.price_wei, one.refund_wei, one.bond_wei)
            at = (one.prove_by, one.terms_version)
            self.tell(events.TaskAssigned, one.task, one.account, one.position, *money, *at)
        return result

    def claim_credit(self, account: Address) -> Wei:
        """``Market.claim_credit``."""
        paid_wei = super().claim_credit(account)
        self.tell(events.CreditClaimed, account, paid_wei)
        return paid_wei

    # --- proofs

    def _end(self, task: TaskId, accepted: bool, paid: list[Paid], now: int) -> ProofResult:
        t = self.tasks[task]
        prover = self._account_of(t)
        result = super()._end(task, accepted, paid, now)
        signals = self.signals.get(task, ())
        if result == ProofResult.INVALID:
            self.tell(events.ProofInvalid, task, prover)
        elif result == ProofResult.LATE:
            paid_wei = t.amount_wei // 2
            self.tell(events.ProofLate, task, prover, paid_wei, t.amount_wei - paid_wei, signals)
        else:
            self.tell(events.ProofAccepted, task, prover, t.amount_wei, signals)
        return result

    def _slash(
        self, t: Task, fault: Fault, now: int, *, has_rescuer: bool = False, has_keeper: bool = False
    ) -> tuple[SlashParts, bool]:
        parts, sponsored = super()._slash(t, fault, now, has_rescuer=has_rescuer, has_keeper=has_keeper)
        self.tell(events.Slashed, self._named[t.queue, t.nonce], self._account_of(t), fault, parts)
        return parts, sponsored

    def _slash_and_open(self, task: TaskId, fault: Fault, keeper: Address | None, now: int) -> Rescue:
        if keeper is not None:
            self.tell(events.WindowMissed, task, self._account_of(self.tasks[task]), keeper)
        return super()._slash_and_open(task, fault, keeper, now)

    def _pay_bounty(self, task: TaskId, t: Task) -> None:
        bounty_wei = self.rescue_of(task).bounty_wei
        if t.rescued and bounty_wei:
            self.tell(events.BountyPaid, task, self._account_of(t), bounty_wei)
        super()._pay_bounty(task, t)

    # --- tasks that are not proved

    def decline(self, caller: Address, task: TaskId, now: int) -> None:
        """``Market.decline``."""
        t = self.task_of(task)
        super().decline(caller, task, now)
        r = self.rescue_of(task)
        self.tell(events.TaskDeclined, task, self._account_of(t), r.decline_count)
        if r.decline_count == DECLINERS:
            part_wei = min(self.base_fee_of(t.queue, now), t.amount_wei) // DECLINE_PART_DIVISOR
            for prover in (r.first_decliner, r.second_decliner, t.prover):
                self.tell(events.DeclinePaid, task, self.provers.prover_of(prover).account, part_wei)

    def claim_open(self, caller: Address, task: TaskId, seat: int, now: int) -> None:
        """``Market.claim_open``."""
        super().claim_open(caller, task, seat, now)
        t = self.tasks[task]
        self.tell(events.TaskClaimed, task, caller, t.bond_wei, t.prove_by)

    def _fail(self, task: TaskId, refund_wei: int) -> None:
        self.tell(events.TaskFailed, task, refund_wei, self.rescue_of(task).bounty_wei)
        super()._fail(task, refund_wei)
