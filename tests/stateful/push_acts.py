"""The acts at the push adapter: rewards promised, bound to tasks, and paid."""

from __future__ import annotations

from tests.stateful.saver_acts import SaverActs
from zkpool_sdk.economics.push import PushAdapter
from zkpool_sdk.models import Address, QueueId, TaskId, WorkStatus

OPEN = (WorkStatus.POSTED, WorkStatus.BOUND)


class PushActs(SaverActs):
    """What sponsors of tier 1 and provers do at the adapter."""

    @property
    def push(self) -> PushAdapter:
        return self.protocol.push

    def post(
        self,
        sponsor: Address,
        queue: QueueId,
        statement: list[int],
        reward_wei: int,
        penalty_wei: int,
        prove_by: int,
    ) -> int | None:
        """Promises a reward; the work's number."""
        arguments = (queue, statement, reward_wei, penalty_wei, prove_by)
        action = self.push.post
        return self.act(  # type: ignore[no-any-return]
            "post", sponsor, "push", "post", arguments, action, sponsor, *arguments, self.now, returned=int
        )

    def bind(self, ext: int, task: TaskId) -> None:
        arguments = (ext, task)
        action = self.push.on_assigned
        self.act("bind", self.roles.outsider, "push", "onAssigned", arguments, action, *arguments)

    def settle_work(self, ext: int) -> WorkStatus | None:
        """Settles a work, twice: what has ended stays as it ended (38)."""
        before_wei = sum(self.push.credits.values())
        open_before = ext in self.push.works and self.push.works[ext].status in OPEN
        first = self._settle_work(ext)
        if open_before and first is not None and first[0] not in OPEN:
            assert sum(self.push.credits.values()) == before_wei + self.push.works[ext].reward_wei  # 60
        if first is not None and first[0] in (WorkStatus.REWARDED, WorkStatus.FORFEITED):
            owed = dict(self.push.credits)
            assert self._settle_work(ext) == first  # 38
            assert self.push.credits == owed  # 38
        return first and first[0]

    def _settle_work(self, ext: int) -> tuple[WorkStatus, int, int] | None:
        action = self.push.settle
        return self.act(  # type: ignore[no-any-return]
            "settle work", self.roles.keeper, "push", "settle", (ext,), action, ext, self.now, returned=tuple
        )

    def claim_push_credit(self, account: Address) -> None:
        action = self.push.claim_credit
        self.act("claim reward", account, "push", "claimCredit", (), action, account, returned=int)
