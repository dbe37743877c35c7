"""The push adapter in memory: rewards that sponsors promise for statements, and who gets them.

Written from PROTOCOL.md, "Tier-1 adapters".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.task_id import statement_hash, task_id
from zkpool_sdk.errors import (
    AmountZero,
    NothingToClaim,
    PenaltyTooHigh,
    ProveByOutOfBounds,
    TaskUnfit,
    UnknownWork,
    WorkIsBound,
    WrongWorkStatus,
)
from zkpool_sdk.models import Address, PushWork, QueueId, TaskId, TaskStatus, WorkStatus
from zkpool_sdk.units import DAY, Timestamp, Wei

MAX_POST_SECONDS: Final = 30 * DAY
CLOSE_SECONDS: Final = 5 * DAY
HOLDING: Final = (TaskStatus.ASSIGNED, TaskStatus.OPEN, TaskStatus.PROVEN)
"""A work bound to a task in one of these states stays with it."""


class PushAdapter:
    """Binds tasks of the market to promised rewards, and pays provers on top of their price."""

    def __init__(self, market: Market, address: Address) -> None:
        self.market = market
        self.address = address
        self.works: dict[int, PushWork] = {}
        self.statements: dict[int, tuple[int, ...]] = {}
        self.credits: dict[Address, int] = {}

    def post(
        self,
        sponsor: Address,
        queue: QueueId,
        statement: Sequence[int],
        reward_wei: int,
        penalty_wei: int,
        prove_by: int,
        now: int,
    ) -> int:
        """Promises a reward for a statement's proof; returns the work's number.

        Args:
            penalty_wei: what is taken off if the proof is settled after ``prove_by``.
        Raises:
            what ``check_statement`` raises, AmountZero, PenaltyTooHigh, ProveByOutOfBounds,
            ERC20InsufficientBalance.
        """
        self.market.projects.check_statement(queue, statement)
        if reward_wei == 0:
            raise AmountZero()
        if penalty_wei > reward_wei:
            raise PenaltyTooHigh(penalty_wei, reward_wei)
        if not now <= prove_by <= now + MAX_POST_SECONDS:
            raise ProveByOutOfBounds(prove_by, now, now + MAX_POST_SECONDS)
        self.market.token.transfer(sponsor, self.address, reward_wei)
        ext = len(self.works) + 1
        self.works[ext] = PushWork(
            sponsor,
            Wei(reward_wei),
            Wei(penalty_wei),
            Timestamp(prove_by),
            queue,
            WorkStatus.POSTED,
            TaskId(bytes(32)),
            statement_hash(statement),
        )
        self.statements[ext] = tuple(statement)
        return ext

    def on_assigned(self, ext: int, task: TaskId) -> None:
        """Binds a work to an assigned task of its statement; anybody may.

        Raises:
            UnknownWork, WorkIsBound, WrongWorkStatus, TaskUnfit.
        """
        w = self._known(ext)
        if w.status == WorkStatus.BOUND:
            if self.market.task_of(w.task).status in HOLDING:
                raise WorkIsBound(ext, w.task)
        elif w.status != WorkStatus.POSTED:
            raise WrongWorkStatus(ext, w.status, WorkStatus.POSTED)
        t = self.market.task_of(task)
        market = self.market.addresses.market
        its_id = task_id(self.market.chain_id, market, w.queue, t.requester, self.statements[ext], t.nonce)
        if t.status != TaskStatus.ASSIGNED or its_id != task:
            raise TaskUnfit(ext, task)
        self.works[ext] = replace(w, status=WorkStatus.BOUND, task=task)

    def settle(self, ext: int, now: int) -> tuple[WorkStatus, int, int]:
        """Pays for a bound task that is proven, or gives the reward back after its time; anybody may.

        Returns:
            status, reward, penalty; zeros while it is not over.
        Raises:
            UnknownWork.
        """
        w = self._known(ext)
        if w.status in (WorkStatus.POSTED, WorkStatus.BOUND):
            t = self.market.task_of(w.task)
            if t.status == TaskStatus.PROVEN:
                # What is taken off for lateness is the sponsor's; in time it is the prover's.
                penalty_wei = w.penalty_wei if now > w.prove_by else 0
                prover = self.market.provers.prover_of(t.prover).account
                self._credit(prover, w.reward_wei - penalty_wei)
                self._credit(w.sponsor, penalty_wei)
                w = replace(w, status=WorkStatus.REWARDED, penalty_wei=Wei(penalty_wei))
            elif now > w.prove_by + CLOSE_SECONDS:
                self._credit(w.sponsor, w.reward_wei)
                w = replace(w, status=WorkStatus.FORFEITED, penalty_wei=w.reward_wei)
            self.works[ext] = w
        if w.status == WorkStatus.REWARDED:
            return w.status, w.reward_wei, w.penalty_wei
        return w.status, 0, w.penalty_wei if w.status == WorkStatus.FORFEITED else 0

    def claim_credit(self, account: Address) -> Wei:
        """Pays an account its credit; returns how much.

        Raises:
            NothingToClaim.
        """
        paid_wei = self.credit_of(account)
        if paid_wei == 0:
            raise NothingToClaim(account)
        del self.credits[account]
        self.market.token.transfer(self.address, account, paid_wei)
        return paid_wei

    def work_of(self, ext: int) -> PushWork:
        """A work.

        Raises:
            UnknownWork: there is none of this number.
        """
        return self._known(ext)

    def credit_of(self, account: Address) -> Wei:
        """What an account can claim."""
        return Wei(self.credits.get(account, 0))

    @property
    def owed_wei(self) -> Wei:
        """Promised rewards that are not settled, and credits."""
        open_wei = sum(
            w.reward_wei for w in self.works.values() if w.status in (WorkStatus.POSTED, WorkStatus.BOUND)
        )
        return Wei(open_wei + sum(self.credits.values()))

    def _known(self, ext: int) -> PushWork:
        if ext not in self.works:
            raise UnknownWork(ext)
        return self.works[ext]

    def _credit(self, account: Address, amount_wei: int) -> None:
        if amount_wei:
            self.credits[account] = self.credit_of(account) + amount_wei
