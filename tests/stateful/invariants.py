"""The numbered laws of PROTOCOL.md that hold after every step; those of one act are checked around it.

They are asked of the model. The chain is equal to it bit for bit (invariant 41), so they hold there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.stateful.lockstep import Lockstep
from tests.stateful.world import Roles, World
from tests.support.rawmarket import RawMarket
from zkpool_sdk.economics import auction, base_fee, book_heap
from zkpool_sdk.economics.market import ESCROWED, Market
from zkpool_sdk.economics.vault import STAYING_STAKE_WEI
from zkpool_sdk.models import (
    Address,
    Candidate,
    ClearingResult,
    ProverId,
    QueueId,
    Stake,
    Task,
    TaskId,
    TaskStatus,
    Verdict,
)
from zkpool_sdk.units import DAY, PPM


@dataclass(frozen=True, slots=True)
class Clearing:
    """What stood before a round was cleared."""

    live: list[int]
    tasks: dict[int, TaskId]
    slots: dict[ProverId, int]
    free_wei: dict[Address, int]
    excess: int


@dataclass(frozen=True, slots=True)
class Judging:
    """What stood before a proof was handed in."""

    task: Task
    stake: Stake
    insurance_wei: int
    failures: int
    rating_ppm: int


class Laws(RuleBasedStateMachine):
    """What is true of a market at any time."""

    world: World
    step: Lockstep
    at: RawMarket
    roles: Roles
    queues: list[QueueId]

    def begin(self) -> None:
        """Starts the books of the laws."""
        self.donated: Counter[str] = Counter()
        self.statements: dict[TaskId, int] = {}
        self.last_statement = 0
        self.ended: dict[TaskId, Task] = {}
        self.slashed: set[tuple[TaskId, ProverId]] = set()
        self.terms_of: dict[TaskId, tuple[int, int, int]] = {}

    @property
    def market(self) -> Market:
        return self.step.market

    @property
    def now(self) -> int:
        return self.step.now

    def to(self, moment: int) -> None:
        """Lets time pass until a moment; what is past stays past."""
        self.step.now = max(self.step.now, moment)

    def act(
        self,
        verb: str,
        sender: str,
        contract: str,
        function: str,
        arguments: tuple[Any, ...],
        action: Callable[..., Any],
        *action_arguments: Any,
        returned: Callable[[Any], Any] | None = None,
        malformed: bool = False,
        compare: bool = True,
    ) -> Any:
        """Does something on both sides; the result, ``None`` if it was refused."""
        return self.step.act(
            verb,
            sender,
            getattr(self.at, contract),
            function,
            arguments,
            lambda: action(*action_arguments),
            returned=returned,
            malformed=malformed,
            compare=compare,
        )

    # --- money

    @invariant()
    def i01_every_holder_has_what_it_owes__and_no_more_but_donations(self) -> None:
        holders = self.market.holders()
        for name in ("market", "vault", "splitter"):
            holding = holders[name]
            assert holding.balance_wei == holding.owed_wei + self.donated[name], name
        assert self.market.supply_wei() == self.market.token.supply_wei

    @invariant()
    def i02_escrow_is_the_bids_and_prices_of_what_is_open(self) -> None:
        open_wei = sum(t.amount_wei for t in self.market.tasks.values() if t.status in ESCROWED)
        credits_wei = sum(self.market.credits.values())
        balance = self.market.token.balance_of(self.market.addresses.market)
        assert balance == open_wei + credits_wei + self.donated["market"]

    @invariant()
    def i05_what_has_ended_stays_as_it_is(self) -> None:
        for task, t in self.ended.items():
            assert self.market.tasks[task] == t
        self.ended |= {task: t for task, t in self.market.tasks.items() if t.status.ended}

    # --- auction

    @invariant()
    def i09_books_are_heaps_with_one_word_for_each_queued_task(self) -> None:
        queued = 0
        for queue, words in self.market.books.items():
            state = self.market.round_of(queue)
            assert book_heap.is_heap(words)
            assert state.bid_count == len(words) <= book_heap.LIMIT
            assert state.places == sum(1 << book_heap.place_of(word) for word in words)
            for bid in self.market.book_of(queue):
                t = self.market.tasks[bid.task]
                assert (t.status, t.amount_wei) == (TaskStatus.QUEUED, bid.max_fee_wei)
            queued += len(words)
        assert queued == sum(t.status == TaskStatus.QUEUED for t in self.market.tasks.values())

    @invariant()
    def i10_no_two_bids_rank_alike(self) -> None:
        for words in self.market.books.values():
            assert len({word >> 48 for word in words}) == len(words)

    @invariant()
    def i14_excess_stays_in_bounds(self) -> None:
        for state in self.market.rounds.values():
            assert 0 <= state.excess <= base_fee.EXCESS_MAX

    # --- provers

    @invariant()
    def i18_locked_bonds_and_tasks_in_flight_are_those_of_assigned_tasks(self) -> None:
        bonds: Counter[Address] = Counter()
        flying: Counter[tuple[QueueId, int]] = Counter()
        for t in self.market.tasks.values():
            if t.status == TaskStatus.ASSIGNED:
                bonds[self.market.provers.prover_of(t.prover).account] += t.bond_wei
                flying[t.queue, t.place] += 1
            else:
                assert t.bond_wei == 0
        for prover, s in self.market.vault.stakes.items():
            assert s.locked_wei == bonds[prover]
        for queue, seats in self.market.provers.seats.items():
            assert [seat.in_flight for seat in seats] == [flying[queue, i] for i in range(len(seats))]

    @invariant()
    def i19_bonds_are_covered_now_and_when_settled(self) -> None:
        for prover, stored in self.market.vault.stakes.items():
            for s in (stored, self.market.vault.stake_of(prover, self.now)):
                assert s.locked_wei <= s.slashable_wei
                assert not s.active or s.own_wei + s.sponsored_wei >= STAYING_STAKE_WEI

    @invariant()
    def i21_no_decay_within_a_day_of_work(self) -> None:
        for prover, s in self.market.vault.stakes.items():
            if s.decays_from and self.market.vault.clock(self.now) < s.decays_from:
                assert self.market.vault.stake_of(prover, self.now) == s
            assert s.decays_from == 0 or s.decays_from >= DAY

    @invariant()
    def i22_settling_now_or_later_never_gives_back(self) -> None:
        for prover, s in self.market.vault.stakes.items():
            assert self.market.vault.stake_of(prover, self.now).own_wei <= s.own_wei

    @invariant()
    def i28_ratings_stay_within_one(self) -> None:
        assert all(0 <= p.rating_ppm <= PPM for p in self.market.provers.provers.values())

    @invariant()
    def i36_tasks_keep_the_terms_they_were_assigned_under(self) -> None:
        for task, t in self.market.tasks.items():
            if t.terms_version:
                assert self.terms_of.setdefault(task, self._kept(t)) == self._kept(t)

    # --- around a clearing

    def before_clearing(self, queue: QueueId) -> Clearing:
        """What the laws compare a clearing with."""
        now, market = self.now, self.market
        bids = market.book_of(queue)
        floor_wei = base_fee.base_fee(market.round_of(queue).excess)
        live = [bid for bid in bids if now <= bid.expires_at and bid.max_fee_wei >= floor_wei]
        candidates: list[Candidate] = market.provers.candidates(queue)
        free = {c.account: market.vault.free_cover_of(c.account, now) for c in candidates}
        return Clearing(
            [bid.max_fee_wei for bid in live],
            dict(enumerate(bid.task for bid in live)),
            {c.prover: c.free_capacity for c in candidates},
            free,
            market.round_of(queue).excess,
        )

    def check_clearing(self, before: Clearing, result: ClearingResult) -> None:
        """Invariants 3, 6, 11, 12, 14, 17 and 20 of one clearing."""
        count, floor_wei = result.assigned_count, result.base_fee_wei
        assert count <= result.slot_count <= auction.SLOT_LIMIT  # 12
        assert [a.task for a in result.assignments] == [before.tasks[i] for i in range(count)]  # 6
        prices = [a.price_wei for a in result.assignments]
        assert prices == sorted(prices, reverse=True)  # 6
        for given, fee_wei in zip(result.assignments, before.live, strict=False):
            assert floor_wei <= given.price_wei <= fee_wei  # 3, 11
            assert given.refund_wei == fee_wei - given.price_wei  # 3
        for prover, limit in before.slots.items():
            mine = [a for a in result.assignments if a.prover == prover]
            assert len(mine) <= limit  # 12
            if mine and not self.market.vault.uses_market_time:
                account = mine[0].account
                assert sum(a.bond_wei for a in mine) <= before.free_wei[account]  # 20
                assert self.market.vault.is_active(account, self.now)  # 20
        if before.live:  # 14, 17: one step of at most a target
            assert abs(result.excess - before.excess) <= base_fee.TARGET_PPM

    # --- around a proof

    def before_judging(self, task: TaskId) -> Judging:
        """What the laws compare a proof's fate with."""
        t = self.market.tasks[task]
        prover = self.market.provers.prover_of(t.prover)
        return Judging(
            t,
            self.market.vault.stake_of(prover.account, self.now),
            self.market.token.balance_of(self.market.addresses.insurance),
            prover.failure_count,
            prover.rating_ppm,
        )

    def check_judging(self, before: Judging, task: TaskId, caller: Address, verdict: Verdict) -> None:
        """Invariants 24 to 26, 28, 33 to 35 of one proof."""
        t, prover = self.market.tasks[task], self.market.provers.prover_of(before.task.prover)
        after = self.market.vault.stake_of(prover.account, self.now)
        if t == before.task:  # refused, whatever the reason
            assert after == before.stake  # 35
            return
        assert caller == prover.account  # 34
        assert verdict != Verdict.BROKEN  # 35
        taken = before.stake.slashable_wei - after.slashable_wei
        if verdict == Verdict.ACCEPTED:
            assert t.status == TaskStatus.PROVEN  # 33
            assert taken == 0  # 26
        else:
            assert t.status == TaskStatus.OPEN  # 33
            assert (task, before.task.prover) not in self.slashed  # 26
            self.slashed.add((task, before.task.prover))
            assert after.locked_wei <= after.slashable_wei  # 24
            assert after.unbonding_wei == before.stake.unbonding_wei or after.own_wei == 0  # 24
            insured = self.market.token.balance_of(self.market.addresses.insurance) - before.insurance_wei
            assert insured * 10 >= taken * 3  # 25
            assert prover.rating_ppm <= before.rating_ppm  # 28
            assert prover.failure_count == before.failures + 1

    def _kept(self, t: Task) -> tuple[int, int, int]:
        terms = self.market.projects.terms_of(t.queue, t.terms_version)
        return t.terms_version, t.prove_by, terms.liability_window_seconds
