"""Tasks that their prover does not prove, in memory: declined, missed, claimed by a rescuer, failed.

Written from PROTOCOL.md, "Life of a task".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from zkpool_sdk.economics import auction, book_heap
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.proofs import Proofs
from zkpool_sdk.errors import (
    BondExceedsFreeStake,
    DeclineWindowOver,
    LiabilityOver,
    NothingDue,
    NotRescuer,
    ProverNotActive,
    QueueIsFrozen,
    WrongStatus,
)
from zkpool_sdk.models import Address, Fault, ProverId, Rescue, Scope, Task, TaskId, TaskStatus
from zkpool_sdk.units import Timestamp, Wei

DECLINERS: Final = 3
"""So many different provers who decline end a task."""
MAX_DECLINE_SECONDS: Final = 600
DECLINE_WINDOW_DIVISOR: Final = 10
DECLINE_PART_DIVISOR: Final = 10


class Rescues(Proofs):
    """The second half of a task's life, when the first prover did not do it."""

    def decline(self, caller: Address, task: TaskId, now: int) -> None:
        """Gives an assigned task back unproven, soon after its assignment: no slash. The third ends it.

        Args:
            caller: the assigned prover or its hot key.
        Raises:
            WrongStatus, NotAssignedProver, QueueIsFrozen, DeclineWindowOver.
        """
        t = self._assigned_to(caller, task, Scope.DECLINE, now)
        if self.projects.queue_of(t.queue).frozen:
            raise QueueIsFrozen(t.queue)
        decline_by = self.decline_by(t)
        if now > decline_by:
            raise DeclineWindowOver(task, now, decline_by)
        r = _declined(self._opened(task), t.prover)
        self.rescues[task] = r
        self.tasks[task] = replace(t, status=TaskStatus.OPEN, bond_wei=Wei(0))
        self.vault.release_bond(self._account_of(t), t.bond_wei, now, worked=False)
        self.provers.record_declined(t.queue, t.place, t.prover, now)
        if r.decline_count == DECLINERS:
            part_wei = min(self.base_fee_of(t.queue, now), t.amount_wei) // DECLINE_PART_DIVISOR
            for prover in (r.first_decliner, r.second_decliner, t.prover):
                self._credit(self.provers.prover_of(prover).account, part_wei)
            self._fail(task, t.amount_wei - DECLINERS * part_wei)

    def claim_open(self, caller: Address, task: TaskId, seat: int, now: int) -> None:
        """Takes an open task: half its proof window, a bond, the price and the bounty.

        Args:
            seat: the caller's seat in the task's queue.
        Raises:
            WrongStatus, LiabilityOver, QueueIsFrozen, ProverNotActive, NotRegistered, WrongSeat,
            ProverIsBanned, RatingTooLow, NoFreeCapacity, NotRescuer, BondExceedsFreeStake.
        """
        t, r = self.task_of(task), self.rescue_of(task)
        if t.status != TaskStatus.OPEN:
            raise WrongStatus(task, t.status, TaskStatus.OPEN)
        if now > r.open_until:
            raise LiabilityOver(task, now, r.open_until)
        if self.projects.queue_of(t.queue).frozen:
            raise QueueIsFrozen(t.queue)
        if not self.vault.is_active(caller, now):
            raise ProverNotActive(caller)
        prover = self.provers.id_of(caller)
        self.provers.check_free(t.queue, seat, caller, now)
        if prover in (t.prover, r.first_decliner, r.second_decliner):
            raise NotRescuer(task, caller)
        terms = self._terms_of(t)
        bond_wei = auction.bond(self.base_fee_of(t.queue, now), terms.tier1_penalty_wei)
        free_wei = self.vault.free_cover_of(t.queue, caller, now)
        if bond_wei > free_wei:
            raise BondExceedsFreeStake(caller, bond_wei, free_wei)
        self.vault.lock_bonds([(caller, bond_wei)], now)
        self.provers.take_open(t.queue, seat, caller, now)
        self.tasks[task] = replace(
            t,
            status=TaskStatus.ASSIGNED,
            place=seat,
            rescued=True,
            prove_by=Timestamp(now + terms.proof_window_seconds // 2),
            prover=prover,
            bond_wei=bond_wei,
        )

    def finalize(self, keeper: Address, task: TaskId, now: int) -> None:
        """Does whatever is due; anybody may.

        A missed window is slashed, and the keeper gets its part; when the liability window is over, or the
        queue is frozen, the price goes back.

        Raises:
            WrongStatus, NothingDue.
        """
        t = self.task_of(task)
        if self._is_frozen(t):
            self._end_frozen(task, t, now)
            return
        if t.status not in (TaskStatus.ASSIGNED, TaskStatus.OPEN):
            raise WrongStatus(task, t.status, TaskStatus.ASSIGNED)
        assigned = t.status == TaskStatus.ASSIGNED
        ends_at = self.grace_until(t) if assigned else self.rescue_of(task).open_until
        if now <= ends_at:
            raise NothingDue(task, now, ends_at + 1)
        if assigned:
            self.provers.record_missed(t.queue, t.place, t.prover, now)
            self._slash_and_open(task, Fault.MISSED, keeper, now)
        if now > self.rescue_of(task).open_until:
            self._fail(task, t.amount_wei)

    def decline_by(self, t: Task) -> int:
        """Last second in which an assigned task may be given back."""
        window = self.window_of(t)
        return t.prove_by - window + min(window // DECLINE_WINDOW_DIVISOR, MAX_DECLINE_SECONDS)

    # --- the end

    def _is_frozen(self, t: Task) -> bool:
        in_life = t.status in (TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.OPEN)
        return in_life and self.projects.queue_of(t.queue).frozen

    def _end_frozen(self, task: TaskId, t: Task, now: int) -> None:
        """Ends a task of a queue that nobody trusts any more: a full refund, and nobody is to blame."""
        if t.status == TaskStatus.QUEUED:
            self._leave_book(t, now)
        if t.status == TaskStatus.ASSIGNED:
            self.vault.release_bond(self._account_of(t), t.bond_wei, now, worked=False)
            self.provers.record_void(t.queue, t.place)
        self._fail(task, t.amount_wei)

    def _fail(self, task: TaskId, refund_wei: int) -> None:
        """Ends a task as FAILED; what its bounty held goes to insurance."""
        t, r = self.tasks[task], self.rescue_of(task)
        self.tasks[task] = replace(t, status=TaskStatus.FAILED, bond_wei=Wei(0))
        self._credit(t.requester, refund_wei)
        if r.bounty_wei:
            self.rescues[task] = replace(r, bounty_wei=Wei(0))
            self.token.transfer(self.addresses.market, self.addresses.insurance, r.bounty_wei)

    def _leave_book(self, t: Task, now: int) -> None:
        book, state = self.books[t.queue], self.rounds[t.queue]
        book_heap.remove_at(book, book_heap.find(book, t.place))
        state = replace(state, bid_count=state.bid_count - 1, places=state.places & ~(1 << t.place))
        if not book:
            # Rounds that passed with bids in the book are held; only those from here on are empty.
            passed = (now - state.started_at) // ROUND_SECONDS
            state = replace(state, started_at=Timestamp(state.started_at + passed * ROUND_SECONDS))
        self.rounds[t.queue] = state


def _declined(r: Rescue, prover: ProverId) -> Rescue:
    """What is remembered once one more prover has declined."""
    counted = replace(r, decline_count=r.decline_count + 1)
    if counted.decline_count == 1:
        return replace(counted, first_decliner=prover)
    if counted.decline_count == 2:
        return replace(counted, second_decliner=prover)
    return counted
