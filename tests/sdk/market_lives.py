"""The bidders' half of random lives of a market in memory: bids, rounds, and what a clearing must be."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from tests.sdk.market_world import (
    DELEGATORS,
    PROVERS,
    REQUESTERS,
    START,
    capture,
    new_market,
    seat_prover,
)
from zkpool_sdk.economics import auction, base_fee
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import ClearingResult, Task, TaskId, TaskStatus, Verdict
from zkpool_sdk.units import DAY, HOUR, zk

FIRED: Counter[str] = Counter()
REFUSED: Counter[str] = Counter()
ENDED: Counter[str] = Counter()

requesters = st.sampled_from(REQUESTERS)
provers = st.sampled_from(PROVERS)
picks = st.integers(0, 59)
fees = st.one_of(
    st.integers(0, 200).map(lambda cents: zk(1) * cents // 100),
    st.integers(zk(1) // 100, zk(1) // 100 + 3),
    st.integers(zk(1), zk(100)),
)
lives = st.sampled_from([-1, 299, 599, 600, 601, 1_000, DAY, 30 * DAY, 30 * DAY, 31 * DAY])
edges = st.sampled_from([-1, 0, 1])
JUDGED = (Verdict.ACCEPTED, Verdict.REFUSED, Verdict.BROKEN)


def has(*statuses: TaskStatus) -> Callable[[Any], bool]:
    return lambda machine: any(t.status in statuses for t in machine.market.tasks.values())


class BidderLives(RuleBasedStateMachine):
    """Rules are the verbs of the market; whatever it refuses must leave no trace."""

    @initialize(market_time=st.booleans(), chapter=st.integers(0, 6), who=provers, pick=picks)
    def open_market(self, market_time: bool, chapter: int, who: str, pick: int) -> None:
        self.market, self.queues = new_market(market_time, queue_count=2)
        self.now = START
        self.final: dict[TaskId, Task] = {}
        self.assigned: dict[TaskId, tuple[int, int, int]] = {}
        self.statements: dict[TaskId, int] = {}
        self.accepted: set[TaskId] = set()
        self.market.splitter.set_delegators(DELEGATORS)
        for i, prover in enumerate(PROVERS[:3]):
            for queue in self.queues:
                seat_prover(self.market, prover, queue, zk(40 + 30 * i), self.now)
        self.begin(chapter, who, pick)

    def begin(self, chapter: int, who: str, pick: int) -> None:
        """What happens before random steps do."""

    def act(self, name: str, action: Callable[[], Any]) -> Any:
        """Runs an action; a refusal must change nothing at all."""
        before = capture(self.market)
        try:
            result = action()
        except ContractError as refusal:
            note(f"{name} refused: {refusal}")
            REFUSED[type(refusal).__name__] += 1
            assert capture(self.market) == before
            return None
        FIRED[name] += 1
        note(f"{name} at {self.now} -> {result}")
        return result

    def some_task(self, pick: int, *statuses: TaskStatus) -> TaskId | None:
        tasks = [task for task, t in self.market.tasks.items() if t.status in statuses]
        return tasks[pick % len(tasks)] if tasks else None

    # --- time

    @rule(seconds=st.sampled_from([1, 60, 300, 301, 900, HOUR, 6 * HOUR, DAY, 8 * DAY]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(pick=picks, edge=edges)
    def wait_until_a_deadline(self, pick: int, edge: int) -> None:
        """To the second before, at or after something is due: that is where a `<` for a `<=` shows."""
        deadlines = {self.market.round_of(q).started_at + base_fee.ROUND_SECONDS for q in self.queues}
        for task, t in self.market.tasks.items():
            if t.status == TaskStatus.ASSIGNED:
                deadlines |= {t.prove_by, self.market.grace_until(t), self.market.decline_by(t)}
            if t.status == TaskStatus.OPEN:
                deadlines.add(self.market.rescue_of(task).open_until)
        for q in self.queues:
            deadlines |= {bid.expires_at for bid in self.market.book_of(q)}
        deadlines |= {s.unbond_at for s in self.market.vault.stakes.values()}
        deadlines.add((self.now // DAY + 1) * DAY)
        ahead = sorted(moment for moment in deadlines if moment + edge > self.now)
        if ahead:
            self.now = ahead[pick % min(4, len(ahead))] + edge

    # --- requesters

    @rule(who=requesters, pick=picks, fee=fees, life=lives)
    def place_bid(self, who: str, pick: int, fee: int, life: int) -> None:
        queue = self.queues[pick % 2]
        statement = pick % 3  # the same statement again and again: it cannot be squatted
        task = self.act(
            "place", lambda: self.market.place_bid(who, queue, [statement], fee, self.now + life, self.now)
        )
        if task is not None:
            assert task not in self.statements
            self.statements[task] = statement

    @precondition(lambda machine: not machine.market.paused)
    @rule(pick=picks, count=st.integers(50, 70), fee=fees)
    def stuff_book(self, pick: int, count: int, fee: int) -> None:
        queue = self.queues[pick % 2]
        for i in range(count):
            bid = REQUESTERS[i % 3], queue, [0], fee + i * (pick % 2), self.now + 1_000, self.now
            try:
                self.statements[self.market.place_bid(*bid)] = 0
            except ContractError as refusal:
                REFUSED[type(refusal).__name__] += 1

    @precondition(has(TaskStatus.QUEUED))
    @rule(who=requesters, pick=picks, more=st.sampled_from([0, 1, zk(1)]))
    def raise_bid(self, who: str, pick: int, more: int) -> None:
        task = self.some_task(pick, TaskStatus.QUEUED, TaskStatus.EXPIRED)
        if task is not None:
            t = self.market.task_of(task)
            caller = t.requester if pick % 4 else who
            self.act("raise", lambda: self.market.raise_bid(caller, task, t.amount_wei + more))

    @precondition(has(TaskStatus.QUEUED))
    @rule(who=requesters, pick=picks)
    def cancel_bid(self, who: str, pick: int) -> None:
        task = self.some_task(pick, TaskStatus.QUEUED)
        if task is None:
            return
        t = self.market.task_of(task)
        caller = t.requester if pick % 4 else who
        insurance, credit = self.market.insurance.balance_wei, self.market.credit_of(caller)
        fee = self.act("cancel", lambda: self.market.cancel_bid(caller, task, self.now))
        if fee is not None:
            assert fee == max(1, t.amount_wei // 100)
            assert self.market.insurance.balance_wei - insurance == fee
            assert self.market.credit_of(caller) - credit == t.amount_wei - fee

    @precondition(has(TaskStatus.QUEUED))
    @rule(pick=picks)
    def expire_bid(self, pick: int) -> None:
        task = self.some_task(pick, TaskStatus.QUEUED)
        if task is not None:
            self.act("expire", lambda: self.market.expire_bid(task, self.now))

    # --- rounds

    @rule(pick=st.integers(0, 1), edge=st.sampled_from([None, -1, 0, 1, 301, 3 * HOUR]))
    def clear(self, pick: int, edge: int | None) -> None:
        queue = self.queues[pick]
        market = self.market
        if edge is not None:
            ends_at = market.round_of(queue).started_at + base_fee.ROUND_SECONDS
            self.now = max(self.now, ends_at + edge)
        before = {b.task: b for b in market.book_of(queue)}
        slots, started = self.slots_at_clearing(pick), market.round_of(queue)
        result = self.act("clear", lambda: market.clear(queue, self.now))
        if result is not None:
            self.check_clearing(result, before, slots)
            # 17: E moves once for each round that is over, and the next clearing is a round away
            assert self.now - started.started_at >= base_fee.ROUND_SECONDS
            rounds = (self.now - started.started_at) // base_fee.ROUND_SECONDS
            ended = market.round_of(queue)
            if before:
                assert abs(ended.excess - started.excess) <= base_fee.TARGET_PPM
                assert ended.started_at == self.now
            else:
                assert ended.excess == max(0, started.excess - rounds * base_fee.TARGET_PPM)
                assert ended.started_at == started.started_at + rounds * base_fee.ROUND_SECONDS

    def slots_at_clearing(self, pick: int) -> dict[int, int]:
        """Slots of each candidate if the round ended now, market time moved on as the clearing will."""
        market, queue = self.market, self.queues[pick]
        state = market.round_of(queue)
        floor = base_fee.base_fee(state.excess)
        bond = auction.bond(floor, market.projects.current(queue)[1].tier1_penalty_wei)
        vault = copy.copy(market.vault)
        if any(b.expires_at >= self.now and b.max_fee_wei >= floor for b in market.book_of(queue)):
            vault.advance_clock(state.started_at, self.now)
        return {
            c.prover: auction.slots(c.free_capacity, vault.free_cover_of(queue, c.account, self.now), bond)
            for c in market.provers.candidates(queue, self.now)
        }

    @rule(pick=st.integers(0, 1), fee=fees, count=st.integers(1, 9), edge=edges)
    def live_a_round(self, pick: int, fee: int, count: int, edge: int) -> None:
        """Bids, waits for the end of the round, to the second, and clears it."""
        for i in range(count):
            self.place_bid(REQUESTERS[i % 3], pick, fee + (i * 7) % 5, DAY)
        self.clear(pick, edge)

    def check_clearing(
        self, result: ClearingResult, before: dict[TaskId, Any], slots: dict[int, int]
    ) -> None:
        market, floor = self.market, result.base_fee_wei
        alive = [b for b in before.values() if b.expires_at >= self.now and b.max_fee_wei >= floor]
        ranked = [b.task for b in sorted(alive, key=lambda b: b.rank_key, reverse=True)]
        won = [a.task for a in result.assignments]
        # 6, 11, 12: the F best live bids win, F = min(n, K), K = min(32, slots)
        assert won == ranked[: len(won)]
        if before:
            assert result.bid_count == len(ranked)
            assert result.slot_count == min(32, sum(slots.values()))
        assert len(won) == min(result.bid_count, result.slot_count) <= 32
        # 3, 4, 6: prices between B and the bid, next bid down, falling with rank
        prices = [a.price_wei for a in result.assignments]
        assert prices == sorted(prices, reverse=True)
        for i, a in enumerate(result.assignments):
            bid = before[a.task].max_fee_wei
            below = before[ranked[i + 1]].max_fee_wei if i + 1 < len(ranked) else floor
            assert a.price_wei == max(below, floor)
            assert floor <= a.price_wei <= bid
            assert a.refund_wei == bid - a.price_wei
            # 20: active and covered
            stake = market.vault.stake_of(a.account, self.now)
            assert stake.active
            assert stake.locked_wei <= stake.own_wei + stake.sponsored_wei
            t = market.task_of(a.task)
            self.assigned[a.task] = t.prove_by, t.bond_wei, t.amount_wei
        taken = Counter(a.prover for a in result.assignments)
        assert all(count <= slots[prover] for prover, count in taken.items())
        ratings = [market.provers.prover_of(a.prover).rating_ppm for a in result.assignments]
        assert ratings == sorted(ratings, reverse=True)
        for task in set(before) - set(won):
            expired = before[task].expires_at < self.now
            status = market.task_of(task).status
            assert status == (TaskStatus.EXPIRED if expired else TaskStatus.QUEUED)
