"""Proofs handed in to the market in memory: in time, late, invalid; singly and many at once.

Written from the formulas of PROTOCOL.md, "Life of a task" and "Slashing".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from zkpool_sdk.economics.clearing import Clearing
from zkpool_sdk.economics.projects import statement_in
from zkpool_sdk.economics.task_id import task_id
from zkpool_sdk.economics.vault import SlashOrder
from zkpool_sdk.errors import (
    BatchLengthsDiffer,
    BatchOutOfBounds,
    NotAssignedProver,
    ProofWindowOver,
    ProverMismatch,
    QueueIsFrozen,
    SignalNotCanonical,
    StatementMismatch,
    VerifierFailed,
    WrongSignalCount,
    WrongStatus,
)
from zkpool_sdk.models import (
    AcceleratorId,
    Address,
    Fault,
    ProofResult,
    ProverId,
    QueueId,
    Rescue,
    Scope,
    SlashParts,
    Task,
    TaskId,
    TaskStatus,
    Terms,
    Verdict,
)
from zkpool_sdk.units import Bps, Timestamp, Wei

BATCH_LIMIT: Final = 32
GRACE_DIVISOR: Final = 4
"""A quarter of the window after its end a proof is late, not missed."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A proof in time that is still to be paid for."""

    task: Task
    delay_seconds: int
    window_seconds: int

    @property
    def assigned_at(self) -> int:
        """When the task was assigned, or claimed."""
        return self.task.prove_by - self.window_seconds


class Proofs(Clearing):
    """What becomes of a task for which a proof comes in."""

    def submit_proof(
        self, caller: Address, task: TaskId, signals: Sequence[int], verdict: Verdict, now: int
    ) -> None:
        """Hands in a proof: paid when the verifier accepts, slashed when it refuses.

        For a quarter of the window after its end at half the price, with half the bond slashed.

        Args:
            caller: the assigned prover or its hot key. signals: all public signals.
            verdict: what the verifier says of the proof.
        Raises:
            WrongStatus, NotAssignedProver, QueueIsFrozen, SignalNotCanonical, ProverMismatch,
            WrongSignalCount, VerifierFailed, ProofWindowOver, StatementMismatch.
        """
        t = self._assigned_to(caller, task, Scope.SUBMIT, now)
        prover = self._account_of(t)
        statement = self.projects.judge(t.queue, t.terms_version, prover, signals, verdict)
        if now > self.grace_until(t):
            raise ProofWindowOver(task, now, self.grace_until(t))
        if self._id_with(t, statement) != task:
            raise StatementMismatch(task)
        paid: list[Paid] = []
        self._end(task, verdict == Verdict.ACCEPTED, paid, now)
        self._pay(t.prover, paid, now)

    def submit_proofs(
        self,
        caller: Address,
        queue: QueueId,
        prover: Address,
        tasks: Sequence[TaskId],
        signals: Sequence[Sequence[int]],
        verdicts: Sequence[Verdict],
        now: int,
    ) -> list[ProofResult]:
        """Hands in several proofs of one prover in one queue; a bad item spoils no other.

        What came in time is paid for together, after what is late or invalid is settled.

        Args:
            prover: whose tasks they are: the caller, or who named it a hot key. Other tasks are skipped.
            verdicts: what the verifier says of each proof.
        Returns:
            what became of each.
        Raises:
            BatchOutOfBounds, BatchLengthsDiffer, NotAssignedProver, QueueIsFrozen, VerifierFailed.
        """
        if not 1 <= len(tasks) <= BATCH_LIMIT:
            raise BatchOutOfBounds(len(tasks), BATCH_LIMIT)
        if not len(tasks) == len(signals) == len(verdicts):
            raise BatchLengthsDiffer()
        number = self.provers.id_of(prover)
        if caller != prover and not self.provers.may_act(number, caller, Scope.SUBMIT, now):
            raise NotAssignedProver(tasks[0], caller)
        if self.projects.queue_of(queue).frozen:
            raise QueueIsFrozen(queue)
        statements = [
            self._judged(queue, prover, *item) for item in zip(tasks, signals, verdicts, strict=True)
        ]
        results, paid = [], list[Paid]()
        for task, statement, verdict in zip(tasks, statements, verdicts, strict=True):
            t = self.task_of(task)
            skipped = (
                statement is None
                or (t.status, t.queue, t.prover) != (TaskStatus.ASSIGNED, queue, number)
                or now > self.grace_until(t)
                or self._id_with(t, statement) != task
            )
            accepted = verdict == Verdict.ACCEPTED
            results.append(ProofResult.SKIPPED if skipped else self._end(task, accepted, paid, now))
        self._pay(number, paid, now)
        return results

    # --- windows

    def window_of(self, t: Task) -> int:
        """How long an assigned task may take: the terms' proof window, half of it for a rescuer."""
        window = self._terms_of(t).proof_window_seconds
        return window // 2 if t.rescued else window

    def grace_until(self, t: Task) -> Timestamp:
        """Last second in which the prover may still hand in a proof."""
        return Timestamp(t.prove_by + self.window_of(t) // GRACE_DIVISOR)

    # --- the end of an assignment

    def _end(self, task: TaskId, accepted: bool, paid: list[Paid], now: int) -> ProofResult:
        """Ends an assignment by a proof; one in time is added to ``paid``."""
        t = self.tasks[task]
        if not accepted:
            self.provers.record_invalid(t.queue, t.place, t.prover, now)
            self._slash_and_open(task, Fault.INVALID, None, now)
            return ProofResult.INVALID
        self.tasks[task] = replace(t, status=TaskStatus.PROVEN, bond_wei=Wei(0))
        self._pay_bounty(task, t)
        window = self.window_of(t)
        if now <= t.prove_by:
            paid.append(Paid(t, now - (t.prove_by - window), window))
            return ProofResult.PROVEN
        accelerator, share_bps = self.provers.record_late(t.queue, t.place, t.prover)
        parts, sponsored = self._slash(t, Fault.LATE, now)
        self._compensate(task, t, parts)
        paid_wei = t.amount_wei // 2
        self._credit(t.requester, t.amount_wei - paid_wei)
        self._to_splitter(t, [paid_wei], [t.prove_by - window], sponsored, accelerator, share_bps, now)
        return ProofResult.LATE

    def _pay(self, prover: ProverId, paid: Sequence[Paid], now: int) -> None:
        """Pays for proofs in time, all of one prover's seat."""
        if not paid:
            return
        t = paid[0].task
        accelerator, share_bps = self.provers.record_proven(
            t.queue, t.place, prover, [p.delay_seconds for p in paid], [p.window_seconds for p in paid]
        )
        bonds_wei = sum(p.task.bond_wei for p in paid)
        sponsored = self.vault.release_bond(self._account_of(t), bonds_wei, now, worked=True)
        prices = [p.task.amount_wei for p in paid]
        self._to_splitter(t, prices, [p.assigned_at for p in paid], sponsored, accelerator, share_bps, now)

    def _to_splitter(
        self,
        t: Task,
        prices_wei: Sequence[int],
        assigned_ats: Sequence[int],
        sponsored: bool,
        accelerator: AcceleratorId,
        share_bps: Bps,
        now: int,
    ) -> None:
        self.token.transfer(self.addresses.market, self.addresses.splitter, sum(prices_wei))
        self.splitter.credit(
            self._account_of(t),
            prices_wei,
            assigned_ats,
            now,
            sponsored=sponsored,
            accelerator=accelerator,
            accelerator_bps=share_bps,
        )

    def _slash(
        self, t: Task, fault: Fault, now: int, *, has_rescuer: bool = False, has_keeper: bool = False
    ) -> tuple[SlashParts, bool]:
        """Slashes the bond of an assignment; the parts, and whether the prover works with lent stake."""
        carried = t.requester == self.projects.carrier_of(t.queue)
        loss_wei = self._terms_of(t).tier1_penalty_wei if carried else Wei(0)
        order = SlashOrder(
            self._account_of(t), t.bond_wei, fault, t.amount_wei, loss_wei, has_rescuer, has_keeper
        )
        return self.vault.slash(order, self.addresses.market, now)

    def _compensate(self, task: TaskId, t: Task, parts: SlashParts) -> None:
        """Credits the requester its part of a slash, and what tier 1 takes if it carries that."""
        self._credit(t.requester, parts.requester_wei + parts.tier1_wei)
        if parts.tier1_wei:
            self.recovered[task] = Wei(self.recovered_of(task) + parts.tier1_wei)

    def _slash_and_open(self, task: TaskId, fault: Fault, keeper: Address | None, now: int) -> Rescue:
        """Slashes an assignment and opens the task; whoever the fault has cost something is credited."""
        t, r = self.tasks[task], self._opened(task)
        self.tasks[task] = replace(t, status=TaskStatus.OPEN, bond_wei=Wei(0))
        rescuable = fault == Fault.INVALID or now <= r.open_until
        parts, _ = self._slash(t, fault, now, has_rescuer=rescuable, has_keeper=keeper is not None)
        self.rescues[task] = r = replace(r, bounty_wei=Wei(r.bounty_wei + parts.rescuer_wei))
        self._compensate(task, t, parts)
        if keeper is not None:
            self._credit(keeper, parts.keeper_wei)
        return r

    def _opened(self, task: TaskId) -> Rescue:
        """What an assigned task has to remember when it opens; opened again it gets no more time."""
        t, r = self.tasks[task], self.rescue_of(task)
        if t.rescued:
            return r
        return replace(r, open_until=Timestamp(t.prove_by + self._terms_of(t).liability_window_seconds))

    def _pay_bounty(self, task: TaskId, t: Task) -> None:
        r = self.rescue_of(task)
        if t.rescued and r.bounty_wei:
            self.rescues[task] = replace(r, bounty_wei=Wei(0))
            self._credit(self._account_of(t), r.bounty_wei)

    # --- checks

    def _assigned_to(self, caller: Address, task: TaskId, scope: Scope, now: int) -> Task:
        t = self.task_of(task)
        if t.status != TaskStatus.ASSIGNED:
            raise WrongStatus(task, t.status, TaskStatus.ASSIGNED)
        if not self.provers.acts_for(caller, t.prover, scope, now):
            raise NotAssignedProver(task, caller)
        return t

    def _judged(
        self, queue: QueueId, prover: Address, task: TaskId, signals: Sequence[int], verdict: Verdict
    ) -> list[int] | None:
        """The statement in an item's signals by the rules of the queue; ``None`` if they cannot be judged."""
        terms = self.projects.terms.get((queue, self.task_of(task).terms_version))
        if terms is None:
            return None
        try:
            statement = statement_in(terms, prover, signals)
        except (SignalNotCanonical, ProverMismatch, WrongSignalCount):
            return None
        if verdict == Verdict.BROKEN:
            raise VerifierFailed(queue)
        return statement

    def _id_with(self, t: Task, statement: Sequence[int]) -> TaskId:
        return task_id(self.chain_id, self.addresses.market, t.queue, t.requester, statement, t.nonce)

    def _terms_of(self, t: Task) -> Terms:
        return self.projects.terms_of(t.queue, t.terms_version)

    def _account_of(self, t: Task) -> Address:
        return self.provers.prover_of(t.prover).account
