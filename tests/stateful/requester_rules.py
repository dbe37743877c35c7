"""What requesters and keepers do."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.acts import EDGES, PICKS, has
from tests.stateful.saver_acts import SaverActs
from zkpool_sdk.economics import base_fee, book_heap
from zkpool_sdk.models import QueueId, TaskStatus
from zkpool_sdk.units import DAY, SCALAR_FIELD

LIVES = st.sampled_from((0, 300, 1_000, 30 * DAY, 30 * DAY, 30 * DAY, None, None))
"""In seconds; ``None`` for around the shortest that is allowed."""
OVER_BASE = st.sampled_from((0, 1, 10**16, 10**17, 10**18, 3 * 10**18))


class RequesterRules(SaverActs):
    """Bids, clearings, and what is due for a task."""

    # --- requesters

    @rule(number=st.integers(0, 3), which=st.integers(0, 1), over=OVER_BASE, life=LIVES, edge=EDGES)
    def place(self, number: int, which: int, over: int, life: int | None, edge: int) -> None:
        queue = self.queues[which]
        if life is None:
            started_at = self.market.round_of(queue).started_at or self.now
            length = base_fee.ROUND_SECONDS
            life = max(self.now, started_at + length) + length - self.now + edge
        fee_wei = self.market.base_fee_of(queue, self.now) + over
        self.place_bid(self.roles.requesters[number], queue, fee_wei, life)

    @rule(
        which=st.integers(0, 1), count=st.integers(2, 12), over=OVER_BASE, spread=st.sampled_from((0, 10**15))
    )
    def place_several(self, which: int, count: int, over: int, spread: int) -> None:
        queue = self.queues[which]
        for number in range(count):
            fee_wei = self.market.base_fee_of(queue, self.now) + over + spread * (7 * number % 5)
            requester = self.roles.requesters[number % 3]
            self.place_bid(requester, queue, fee_wei, 30 * DAY, compare=number + 1 == count)

    @rule(which=st.integers(0, 1), over=st.sampled_from((-1, 0, 1)), seldom=st.integers(0, 2))
    def fill_the_book(self, which: int, over: int, seldom: int) -> None:
        """Fills a book, then bids around its worst: below or equal is refused, above evicts."""
        if seldom:
            return
        queue = self.queues[which]
        while self.market.round_of(queue).bid_count < book_heap.LIMIT:
            fee_wei = self.market.base_fee_of(queue, self.now) + 10**16
            before = self.market.round_of(queue)
            self.place_bid(self.roles.requesters[0], queue, fee_wei, 30 * DAY, compare=False)
            if self.market.round_of(queue) == before:
                return
        worst_wei = book_heap.max_fee_of(self.market.books[queue][0])
        self.place_bid(self.roles.requesters[1], queue, worst_wei + over, DAY)

    @precondition(has(TaskStatus.QUEUED))
    @rule(pick=PICKS, by=st.sampled_from((0, 1, 10**17)), to_rival=st.booleans())
    def raise_bid(self, pick: int, by: int, to_rival: bool) -> None:
        """Raises to a little more, or to exactly a rival's bid."""
        task = self.some(pick, TaskStatus.QUEUED)
        t = self.market.tasks[task]
        words = self.market.books[t.queue]
        fee_wei = book_heap.max_fee_of(words[pick % len(words)]) if to_rival else t.amount_wei + by
        self.raise_to(t.requester, task, fee_wei)

    @precondition(has(TaskStatus.QUEUED))
    @rule(pick=PICKS)
    def cancel(self, pick: int) -> None:
        task = self.some(pick, TaskStatus.QUEUED)
        self.cancel_by(self.market.tasks[task].requester, task)

    @precondition(has(TaskStatus.QUEUED))
    @rule(pick=PICKS, edge=EDGES, at_end=st.booleans())
    def expire(self, pick: int, edge: int, at_end: bool) -> None:
        """Drops a bid around the last second of its life, or now."""
        task = self.some(pick, TaskStatus.QUEUED)
        t = self.market.tasks[task]
        words = self.market.books[t.queue]
        if at_end:
            self.to(book_heap.expiry_of(words[book_heap.find(words, t.place)]) + edge)
        self.act(
            "expire",
            self.roles.keeper,
            "market",
            "expireBid",
            (task,),
            self.market.expire_bid,
            task,
            self.now,
        )

    @rule(who=PICKS)
    def claim_credit(self, who: int) -> None:
        people = self.roles.everybody
        account = people[who % len(people)]
        if who % 2 and self.market.credits:
            account = list(self.market.credits)[who % len(self.market.credits)]
        self.act(
            "claim credit",
            account,
            "market",
            "claimCredit",
            (),
            self.market.claim_credit,
            account,
            returned=int,
        )

    # --- what requests must not get past the door

    @rule(which=st.integers(0, 1))
    def place_badly(self, which: int) -> None:
        """Every bid that is refused at the door."""
        queue = self.queues[which]
        base_wei = self.market.base_fee_of(queue, self.now)
        for life in (-1, 30 * DAY + 1):
            self._place_badly(queue, base_wei, life=life)
        for statement in ([], [1, 2], [SCALAR_FIELD]):
            self._place_badly(queue, base_wei, statement=statement)
        self._place_badly(queue, base_wei, data=bytes(16_385))
        self._place_badly(QueueId(9), base_wei)
        self._place_badly(queue, base_wei - 1)

    def _place_badly(
        self,
        queue: QueueId,
        fee_wei: int,
        life: int = DAY,
        statement: Sequence[int] = (1,),
        data: bytes = b"",
    ) -> None:
        bid = (self.roles.requesters[0], queue, fee_wei, life)
        self.place_bid(*bid, statement=list(statement), data=data, compare=False)

    @precondition(has(TaskStatus.QUEUED))
    @rule(pick=PICKS)
    def touch_a_bid_of_another(self, pick: int) -> None:
        task = self.some(pick, TaskStatus.QUEUED)
        self.raise_to(self.roles.outsider, task, 10**20)
        self.cancel_by(self.roles.outsider, task)

    # --- keepers

    @rule(which=st.integers(0, 3), edge=EDGES, at_end=st.booleans())
    def clear(self, which: int, edge: int, at_end: bool) -> None:
        """Ends a round around its first possible second, or now."""
        queue = self.world.queues[which]
        started_at = self.market.round_of(queue).started_at
        if at_end and started_at:
            self.to(started_at + base_fee.ROUND_SECONDS + edge)
        self.clear_now(queue)

    @rule(which=st.integers(0, 2), count=st.integers(1, 12), over=OVER_BASE, works=st.booleans())
    def one_round(self, which: int, count: int, over: int, works: bool) -> None:
        """Bids, and the clearing that ends their round; perhaps after all work is done."""
        self.round(self.world.queues[which], count, over, works=works)

    @precondition(has(TaskStatus.ASSIGNED, TaskStatus.OPEN))
    @rule(pick=PICKS, edge=EDGES, which=st.sampled_from(("window", "liability", "now")))
    def finalize(self, pick: int, edge: int, which: str) -> None:
        """Does what is due around the end of either window."""
        task = self.some(pick, TaskStatus.ASSIGNED, TaskStatus.OPEN)
        t = self.market.tasks[task]
        terms = self.market.projects.terms_of(t.queue, t.terms_version)
        assigned = t.status == TaskStatus.ASSIGNED
        liability_until = t.prove_by + terms.liability_window_seconds
        if t.status == TaskStatus.OPEN or t.rescued:
            liability_until = self.market.rescue_of(task).open_until
        ends_at = {
            "window": self.market.grace_until(t) if assigned else 0,
            "liability": liability_until,
            "now": 0,
        }[which]
        if ends_at:
            self.to(ends_at + 1 + edge)
        self.finalize_now(task)

    @rule(who=st.integers(0, 4), twice=st.booleans())
    def settle(self, who: int, twice: bool) -> None:
        """Settles a prover's decay; a second time does nothing more (invariant 38)."""
        prover = self.roles.provers[who]
        for again in range(1 + twice):
            wei = self.act(
                "settle",
                self.roles.outsider,
                "vault",
                "settle",
                (prover,),
                self.market.vault.settle,
                prover,
                self.now,
                returned=int,
            )
            assert not again or wei == 0
