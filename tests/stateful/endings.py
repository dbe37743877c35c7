"""The numbered laws around the end of an assignment and a rescuer's claim: who is paid, slashed, refunded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.stateful.invariants import Laws
from zkpool_sdk.economics import rating
from zkpool_sdk.economics.rescue import DECLINERS
from zkpool_sdk.models import (
    NO_TASK,
    Address,
    ProofResult,
    Prover,
    Rescue,
    Scope,
    Stake,
    Task,
    TaskId,
    TaskStatus,
    Verdict,
)


class Judged(Protocol):
    """A proof of a batch."""

    @property
    def verdict(self) -> Verdict:
        """What the verifier says of it."""


@dataclass(frozen=True, slots=True)
class Before:
    """What stood before an act on a task."""

    id: TaskId
    task: Task
    rescue: Rescue
    prover: Prover
    stake: Stake
    insured_wei: int
    recovered_wei: int
    earned_wei: int
    credits: Counter[Address]

    @property
    def assignment(self) -> tuple[TaskId, int, int]:
        """What may be slashed once: a task, its prover, the end of its window."""
        return self.id, self.task.prover, self.task.prove_by


class Endings(Laws):
    """What is true of every way in which a prover and a task part."""

    def before_ending(self, task: TaskId) -> Before:
        """What the laws compare an act's outcome with."""
        market, now = self.market, self.now
        t = market.tasks.get(task, NO_TASK)
        prover = market.provers.provers.get(t.prover, Prover(Address(""), rating.late(0)))
        return Before(
            task,
            t,
            market.rescue_of(task),
            prover,
            market.vault.stake_of(prover.account, now),
            self._insured_wei,
            market.recovered_of(task),
            market.splitter.owed_wei,
            Counter(market.credits),
        )

    def check_judging(self, before: Before, caller: Address, verdict: Verdict) -> None:
        """Invariants 24 to 26, 28, 33 to 35 of one proof."""
        t, prover, after = self._now_of(before)
        if t == before.task:  # refused, whatever the reason
            assert after == before.stake  # 35
            return
        number = before.task.prover
        assert caller == prover.account or self.market.provers.may_act(number, caller, Scope.SUBMIT, self.now)
        assert verdict != Verdict.BROKEN  # 35
        assert not self.market.projects.queue_of(t.queue).frozen
        assert self.now <= self.market.grace_until(before.task)
        if verdict == Verdict.REFUSED:
            assert t.status == TaskStatus.OPEN  # 33
            self.check_fault(before)
            return
        assert t.status == TaskStatus.PROVEN  # 33
        self.accepted.add(before.id)
        if self.now <= t.prove_by:
            assert after.slashable_wei == before.stake.slashable_wei  # 26
            assert (prover.failure_count, prover.decline_count) == (0, 0)
            self._check_sum(before, 0)
        else:
            self._check_slash(before, t.amount_wei - t.amount_wei // 2)
            assert prover.rating_ppm == rating.late(before.prover.rating_ppm)

    def check_batch(
        self, befores: Sequence[Before], items: Sequence[Judged], results: Sequence[ProofResult] | None
    ) -> None:
        """Invariants 24, 26, 33 and 35 of many proofs, each as if it were alone."""
        if results is None:
            for before in befores:
                t, _, after = self._now_of(before)
                assert (t, after) == (before.task, before.stake)  # 35
            return
        done = {b.id: r for b, r in zip(befores, results, strict=True) if r != ProofResult.SKIPPED}
        for before, item, result in zip(befores, items, results, strict=True):
            t, _, after = self._now_of(before)
            if result == ProofResult.SKIPPED:
                assert before.id in done or t == before.task
            elif result == ProofResult.INVALID:
                assert (t.status, item.verdict) == (TaskStatus.OPEN, Verdict.REFUSED)  # 33
                self._slash_once(before)
            else:
                assert (t.status, item.verdict) == (TaskStatus.PROVEN, Verdict.ACCEPTED)  # 33
                late = self.now > t.prove_by
                assert late == (result == ProofResult.LATE)
                self.accepted.add(before.id)
                if late:
                    self._slash_once(before)
            if set(done.values()) <= {ProofResult.PROVEN}:
                assert after.slashable_wei == before.stake.slashable_wei  # 26
            assert after.locked_wei <= after.slashable_wei  # 24

    def check_decline(self, before: Before, caller: Address) -> None:
        """A declined task costs rating alone; the third decline ends it, and every wei goes back."""
        t, prover, after = self._now_of(before)
        if t == before.task:
            return
        assert caller == prover.account or caller in self.roles.hot_keys
        assert after.slashable_wei == before.stake.slashable_wei
        assert prover.rating_ppm == rating.declined(before.prover.rating_ppm)
        r = self.market.rescue_of(before.id)
        assert (t.status == TaskStatus.FAILED) == (r.decline_count == DECLINERS)
        if t.status == TaskStatus.FAILED:
            assert len({r.first_decliner, r.second_decliner, t.prover}) == DECLINERS
            gained = Counter(self.market.credits) - before.credits
            assert sum(gained.values()) == t.amount_wei
            assert gained[t.requester] >= t.amount_wei * 7 // 10
        self._check_sum(before, 0)

    def check_claim(self, before: Before, rescuer: Address) -> None:
        """Invariant 20 of a rescuer, and that it is another prover than before."""
        t = self.market.tasks[before.id]
        if t == before.task:
            return
        r = before.rescue
        assert t.prover not in (before.task.prover, r.first_decliner, r.second_decliner)
        prover, stake = self.market.provers.prover_of(t.prover), self.market.vault.stake_of(rescuer, self.now)
        assert (prover.account, t.rescued) == (rescuer, True)
        assert stake.active  # 20
        assert prover.banned_until < self.now  # 20
        assert t.bond_wei <= stake.locked_wei <= stake.own_wei + stake.sponsored_wei  # 20
        assert self.now <= r.open_until
        assert t.prove_by - self.now == self.market.window_of(t)

    def check_finalize(self, before: Before) -> None:
        """Invariants 24 to 26 of a missed window, and that a frozen queue blames nobody."""
        t, _, after = self._now_of(before)
        if t == before.task:
            return
        refund_wei = t.amount_wei if t.status == TaskStatus.FAILED else 0
        frozen = self.market.projects.queue_of(t.queue).frozen
        if before.task.status == TaskStatus.ASSIGNED and not frozen:
            assert self.now > self.market.grace_until(before.task)  # 34
            self.check_fault(before, refund_wei)
            return
        assert t.status == TaskStatus.FAILED
        assert after.slashable_wei == before.stake.slashable_wei
        gained = Counter(self.market.credits) - before.credits
        assert gained == Counter({t.requester: refund_wei})
        self._check_sum(before, 0)

    def check_fault(self, before: Before, refund_wei: int = 0) -> None:
        """What a wrong proof or a missed window costs a prover besides the stake, and the slash itself."""
        _, prover, _ = self._now_of(before)
        assert prover.rating_ppm <= before.prover.rating_ppm  # 28
        assert prover.failure_count == min(before.prover.failure_count + 1, 255)
        assert prover.banned_until > self.now
        assert prover.banned_until >= before.prover.banned_until
        assert prover.jailed or not rating.jails(prover.failure_count)
        self._check_slash(before, refund_wei)

    def _check_slash(self, before: Before, refund_wei: int) -> None:
        """Invariants 4, 24, 25 and 26 of one slash."""
        t, _, after = self._now_of(before)
        taken = before.stake.slashable_wei - after.slashable_wei
        lent = before.stake.sponsored_wei - after.sponsored_wei
        self._slash_once(before)
        assert after.locked_wei == before.stake.locked_wei - before.task.bond_wei
        assert after.locked_wei <= after.slashable_wei  # 24
        assert after.unbonding_wei == before.stake.unbonding_wei or after.own_wei == 0  # 24
        assert lent == 0 or after.own_wei == after.unbonding_wei == 0  # 24
        tier1 = self.market.recovered_of(before.id) - before.recovered_wei
        gained = Counter(self.market.credits) - before.credits
        compensation = gained[t.requester] - tier1 - refund_wei
        assert 0 <= compensation <= min(t.amount_wei, (taken - lent) // 2)  # 25
        kept = self._insured_wei - before.insured_wei
        assert kept * 10 >= (taken - tier1) * 3  # 25
        self._check_sum(before, taken)

    def _slash_once(self, before: Before) -> None:
        assert before.assignment not in self.slashed  # 26
        self.slashed.add(before.assignment)

    def _check_sum(self, before: Before, taken: int) -> None:
        """Invariant 4: what a slash took and what the task held is what others got."""
        t = self.market.tasks[before.id]
        released = before.task.amount_wei if t.status.ended else 0
        credited = sum(self.market.credits.values()) - sum(before.credits.values())
        bounty = self.market.rescue_of(before.id).bounty_wei - before.rescue.bounty_wei
        earned = self.market.splitter.owed_wei - before.earned_wei
        assert taken + released == credited + bounty + earned + self._insured_wei - before.insured_wei

    @property
    def _insured_wei(self) -> int:
        """What insurance has got but for decay, which may be settled at any time."""
        return self.market.insurance.balance_wei - self.market.vault.decayed_wei

    def _now_of(self, before: Before) -> tuple[Task, Prover, Stake]:
        """Task, its prover of before, and that prover's stake, as they are now."""
        prover = self.market.provers.provers.get(before.task.prover, before.prover)
        stake = self.market.vault.stake_of(prover.account, self.now)
        return self.market.tasks.get(before.id, NO_TASK), prover, stake
