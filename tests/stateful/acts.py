"""The acts that rules are made of: one call each, on the model and on the chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from tests.stateful.endings import Endings
from tests.stateful.lockstep import live
from tests.stateful.world import URI
from zkpool_sdk.economics import base_fee
from zkpool_sdk.models import Address, QueueId, TaskId, TaskStatus
from zkpool_sdk.units import DAY

PICKS: Final = st.integers(0, 63)
EDGES: Final = st.sampled_from((-1, 0, 0, 1))
"""Around a deadline: the last second, and one to either side."""


def has(*statuses: TaskStatus) -> Callable[[Any], bool]:
    """Precondition: some task is in one of these states."""
    return lambda machine: bool(live(machine.market.tasks, *statuses))


class Acts(Endings):
    """Everything anybody can do, by its verb."""

    def some(self, pick: int, *statuses: TaskStatus) -> TaskId:
        tasks = live(self.market.tasks, *statuses)
        return TaskId(tasks[pick % len(tasks)])

    def some_in_time(self, pick: int) -> TaskId:
        """Mostly a task that can still be proven, if there is one."""
        in_time = self.in_time()
        chosen = in_time if in_time and pick % 8 else live(self.market.tasks, TaskStatus.ASSIGNED)
        return TaskId(chosen[pick % len(chosen)])

    def in_time(self) -> list[TaskId]:
        """The tasks whose prover may still hand in a proof, the newest first."""
        tasks = live(self.market.tasks, TaskStatus.ASSIGNED)[::-1]
        return [task for task in tasks if self.now <= self.market.grace_until(self.market.tasks[task])]

    def stake(self, prover: Address, amount_wei: int) -> None:
        self.act(
            "stake",
            prover,
            "vault",
            "stake",
            (amount_wei,),
            self.market.vault.stake,
            prover,
            amount_wei,
            self.now,
        )

    def register(self, prover: Address) -> None:
        self.act(
            "register",
            prover,
            "provers",
            "register",
            (URI,),
            self.market.provers.register,
            prover,
            returned=int,
        )

    def join(self, prover: Address, queue: QueueId, capacity: int) -> None:
        self.act(
            "join",
            prover,
            "provers",
            "join",
            (queue, capacity),
            self.market.provers.join,
            prover,
            queue,
            capacity,
            self.now,
            returned=int,
        )

    def raise_to(self, caller: Address, task: TaskId, fee_wei: int) -> None:
        self.act(
            "raise",
            caller,
            "market",
            "raiseBid",
            (task, fee_wei),
            self.market.raise_bid,
            caller,
            task,
            fee_wei,
        )

    def cancel_by(self, caller: Address, task: TaskId) -> None:
        self.act(
            "cancel", caller, "market", "cancelBid", (task,), self.market.cancel_bid, caller, task, self.now
        )

    def place_bid(
        self,
        requester: Address,
        queue: QueueId,
        fee_wei: int,
        life: int,
        *,
        statement: list[int] | None = None,
        data: bytes = b"hash",
        compare: bool = True,
    ) -> None:
        self.last_statement += 1
        chosen = [self.last_statement] if statement is None else statement
        expires_at = self.now + life
        task = self.act(
            "place",
            requester,
            "market",
            "placeBid",
            (queue, chosen, fee_wei, expires_at, data),
            self.market.place_bid,
            requester,
            queue,
            chosen,
            fee_wei,
            expires_at,
            self.now,
            data,
            returned=bytes,
            compare=compare,
        )
        if task is not None:
            self.statements[task] = chosen[0]

    def clear_now(self, queue: QueueId) -> None:
        before = self.before_clearing(queue)
        result = self.act(
            "clear",
            self.roles.keeper,
            "market",
            "clear",
            (queue,),
            self.market.clear,
            queue,
            self.now,
            returned=lambda result: result.assigned_count,
        )
        if result is not None:
            self.check_clearing(before, result)

    def claim_by(self, prover: Address) -> None:
        self.act(
            "claim",
            prover,
            "splitter",
            "claim",
            (),
            self.market.splitter.claim,
            prover,
            self.now,
            returned=int,
        )

    def finish_by(self, prover: Address) -> None:
        self.act(
            "finish unstake",
            prover,
            "vault",
            "finishUnstake",
            (),
            self.market.vault.finish_unstake,
            prover,
            self.now,
            returned=int,
        )

    def place_for(
        self, caller: Address, requester: Address, queue: QueueId, fee_wei: int, *, compare: bool = True
    ) -> None:
        """Brings a bid in; the desk's power."""
        self.last_statement += 1
        bid = (requester, queue, [self.last_statement], fee_wei, self.now + 30 * DAY)
        task = self.act(
            "place for",
            caller,
            "market",
            "placeBidFor",
            (*bid, b"hash"),
            self.market.place_bid_for,
            caller,
            *bid,
            self.now,
            b"hash",
            returned=bytes,
            compare=compare,
        )
        if task is not None:
            self.statements[task] = self.last_statement

    def reveal(self, queue: QueueId, count: int, over: int) -> None:
        """The desk brings bids into a sealed queue, in the second half of a cycle."""
        window = base_fee.ROUND_SECONDS
        opens_at = (self.now // (2 * window) * 2 + 1) * window
        self.to(opens_at if self.now <= opens_at else opens_at + 2 * window)
        for number in range(count):
            fee_wei = self.market.base_fee_of(queue, self.now) + over + 10**15 * number
            requester = self.roles.requesters[number % 3]
            self.place_for(self.roles.desk, requester, queue, fee_wei, compare=number + 1 == count)

    def raise_for(self, caller: Address, task: TaskId, fee_wei: int) -> None:
        """Raises another's bid; the desk's power."""
        arguments = (task, fee_wei)
        self.act(
            "raise for",
            caller,
            "market",
            "raiseBidFor",
            arguments,
            self.market.raise_bid_for,
            caller,
            *arguments,
        )
