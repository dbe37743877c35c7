"""The acts that end an assignment, or begin one anew: proofs, declines, claims, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.stateful.acts import Acts
from tests.stateful.lockstep import live
from tests.stateful.world import FREE_SIGNAL
from tests.support.rawmarket import KEY, mock_proof
from zkpool_sdk.economics import base_fee
from zkpool_sdk.economics.proofs import BATCH_LIMIT
from zkpool_sdk.models import Address, QueueId, TaskId, TaskStatus, Verdict
from zkpool_sdk.units import DAY, SCALAR_FIELD

BROKEN: Final = {b"revert": False, b"burn": False, b"malformed": True, b"empty": True}
"""Proofs that the mock verifier misbehaves on, and whether the market can only refuse without a word."""
WRONG: Final = b"wrong"
FLAWS: Final = ("none", "none", "none", "wrong", "other statement", "other prover", "alias", "short", "twice")
"""What may be the matter with an item of a batch."""


@dataclass(frozen=True, slots=True)
class Item:
    """One proof of a batch."""

    task: TaskId
    signals: list[int]
    proof: bytes

    @property
    def verdict(self) -> Verdict:
        """What the mock verifier says of it, if it is asked."""
        if self.proof in BROKEN:
            return Verdict.BROKEN
        return Verdict.ACCEPTED if self.proof == mock_proof(self.signals, KEY) else Verdict.REFUSED


class TaskActs(Acts):
    """What is done with a task that somebody has to prove."""

    def account_of(self, task: TaskId) -> Address:
        """The prover that a task was last assigned to."""
        return self.market.provers.prover_of(self.market.tasks[task].prover).account

    def round(self, queue: QueueId, count: int, over: int, *, works: bool = False) -> None:
        """Different bids above the base fee, then the end of the round; first perhaps what is still to do."""
        if works:
            self.work_off(queue)
        for number in range(count):
            fee_wei = self.market.base_fee_of(queue, self.now) + over + 10**15 * (5 * number % 7)
            requester = self.roles.requesters[number % 3]
            self.place_bid(requester, queue, fee_wei, 30 * DAY, compare=number + 1 == count)
        self.to(self.market.round_of(queue).started_at + base_fee.ROUND_SECONDS)
        self.clear_now(queue)

    def work_off(self, queue: QueueId) -> None:
        """All that can be proven in a queue is, and what was missed is settled, so that seats are free."""
        in_time = {self.account_of(task) for task in self.in_time() if self.market.tasks[task].queue == queue}
        for prover in self.roles.provers:
            if prover in in_time:
                self.submit_all(prover, queue)
        for task in live(self.market.tasks, TaskStatus.ASSIGNED):
            t = self.market.tasks[task]
            if t.queue == queue and self.now > self.market.grace_until(t):
                self.finalize_now(task)

    def signals(self, task: TaskId) -> list[int]:
        return [self.statements[task], int(self.account_of(task), 16), FREE_SIGNAL]

    def submit(
        self,
        verb: str,
        task: TaskId,
        *,
        sender: Address | None = None,
        signals: list[int] | None = None,
        proof: bytes | None = None,
    ) -> None:
        caller = sender or self.account_of(task)
        given = self.signals(task) if signals is None else signals
        item = Item(task, given, mock_proof(given, KEY) if proof is None else proof)
        before = self.before_ending(task)
        self.act(
            verb,
            caller,
            "market",
            "submitProof",
            (task, given, item.proof),
            self.market.submit_proof,
            caller,
            task,
            given,
            item.verdict,
            self.now,
            malformed=BROKEN.get(item.proof, False),
        )
        self.check_judging(before, caller, item.verdict)

    def submit_many(
        self, caller: Address, prover: Address, queue: QueueId, items: Sequence[Item], drop: int = 0
    ) -> None:
        """Hands in a batch; ``drop`` proofs are left out."""
        lists = ([i.task for i in items], [i.signals for i in items], [i.proof for i in items][drop:])
        before = [self.before_ending(i.task) for i in items]
        results = self.act(
            "prove many",
            caller,
            "market",
            "submitProofs",
            (queue, prover, *lists),
            self.market.submit_proofs,
            caller,
            queue,
            prover,
            lists[0],
            lists[1],
            [i.verdict for i in items][drop:],
            self.now,
            returned=list,
        )
        self.check_batch(before, items, results)

    def submit_all(self, prover: Address, queue: QueueId) -> None:
        """Good proofs for everything that a prover has to prove in a queue."""
        tasks = self.tasks_of(prover, queue)[:BATCH_LIMIT]
        tasks = [task for task in tasks if self.now <= self.market.grace_until(self.market.tasks[task])]
        if tasks:
            self.submit_many(prover, prover, queue, [self.item(task, "none") for task in tasks])

    def tasks_of(self, prover: Address, queue: QueueId) -> list[TaskId]:
        """The tasks that are assigned to a prover in a queue."""
        number = self.market.provers.id_of(prover)
        tasks = live(self.market.tasks, TaskStatus.ASSIGNED)
        mine = [task for task in tasks if self.market.tasks[task].prover == number]
        return [task for task in mine if self.market.tasks[task].queue == queue]

    def item(self, task: TaskId, flaw: str) -> Item:
        """A proof for a task, with something the matter with it or nothing."""
        signals = self.signals(task)
        signals[0] += flaw == "other statement"
        signals[1] += flaw == "other prover"
        signals[2] += SCALAR_FIELD * (flaw == "alias")
        signals = signals[: 2 if flaw == "short" else 3]
        proof = flaw.encode() if flaw.encode() in BROKEN else mock_proof(signals, KEY)
        return Item(task, signals, WRONG if flaw == "wrong" else proof)

    def decline(self, task: TaskId, sender: Address | None = None) -> None:
        caller = sender or self.account_of(task)
        before = self.before_ending(task)
        self.act("decline", caller, "market", "decline", (task,), self.market.decline, caller, task, self.now)
        self.check_decline(before, caller)

    def claim_open(self, rescuer: Address, task: TaskId, seat: int | None = None) -> None:
        """Claims an open task onto the rescuer's seat, or onto another."""
        t = self.market.tasks[task]
        seats = self.market.provers.seats_of(t.queue)
        number = self.market.provers.id_of(rescuer)
        mine = next((i for i, taken in enumerate(seats) if number and taken.prover == number), 0)
        chosen = mine if seat is None else seat
        before = self.before_ending(task)
        self.act(
            "claim open",
            rescuer,
            "market",
            "claimOpen",
            (task, chosen),
            self.market.claim_open,
            rescuer,
            task,
            chosen,
            self.now,
        )
        self.check_claim(before, rescuer)

    def finalize_now(self, task: TaskId) -> None:
        keeper = self.roles.keeper
        before = self.before_ending(task)
        self.act(
            "finalize", keeper, "market", "finalize", (task,), self.market.finalize, keeper, task, self.now
        )
        self.check_finalize(before)

    def open_up(self, task: TaskId, how: str) -> None:
        """Makes an assigned task one to be rescued."""
        t = self.market.tasks[task]
        if how == "declined":
            self.decline(task)
        elif how == "invalid":
            self.submit("prove wrongly", task, proof=WRONG)
        else:
            self.to(self.market.grace_until(t) + 1)
            self.finalize_now(task)
