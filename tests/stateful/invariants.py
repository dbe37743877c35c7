"""The numbered laws of PROTOCOL.md that hold after every step; those of one act are checked around it.

They are asked of the model. The chain is equal to it bit for bit (invariant 41), so they hold there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.stateful.lockstep import Lockstep, live
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
    Task,
    TaskId,
    TaskStatus,
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


class Laws(RuleBasedStateMachine):
    """What is true of a market at any time."""

    world: World
    step: Lockstep
    at: RawMarket
    roles: Roles
    queues: list[QueueId]

    def begin(self, world: World, apart: int = 0) -> None:
        """Begins a life in a world, with the books of the laws."""
        self.world = world
        self.step = Lockstep(world, apart)
        self.at, self.roles = world.at, world.roles
        self.queues = world.queues[:2]
        self.donated: Counter[str] = Counter()
        self.statements = dict(world.statements)
        self.last_statement = max(self.statements.values(), default=0)
        self.ended: dict[TaskId, Task] = {}
        self.slashed: set[tuple[TaskId, ProverId, int]] = set()
        self.terms_of: dict[TaskId, tuple[int, int, QueueId]] = {}
        self.bonds_of: dict[tuple[TaskId, ProverId, int], int] = {}
        self.offers: list[Any] = []
        self.sealed_bids: dict[bytes, Any] = {}
        self.says: int | None = 0
        self.accepted = set(live(self.market.tasks, TaskStatus.PROVEN))

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
            partial(action, *action_arguments),
            returned=returned,
            malformed=malformed,
            compare=compare,
        )

    # --- money

    @invariant()
    def i01_every_holder_has_what_it_owes__and_no_more_but_donations(self) -> None:
        holders = self.market.holders()
        for name, holding in holders.items():
            if name == "insurance":
                continue
            assert holding.balance_wei == holding.owed_wei + self.donated[name], name
        assert self.market.supply_wei() == self.market.token.supply_wei

    @invariant()
    def i02_escrow_is_the_bids_prices_and_bounties_of_what_is_open(self) -> None:
        open_wei = sum(t.amount_wei for t in self.market.tasks.values() if t.status in ESCROWED)
        for task, r in self.market.rescues.items():
            assert r.bounty_wei == 0 or not self.market.tasks[task].status.ended
            open_wei += r.bounty_wei
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
            if t.status == TaskStatus.ASSIGNED:
                key = task, t.prover, t.prove_by
                assert self.bonds_of.setdefault(key, t.bond_wei) == t.bond_wei

    @invariant()
    def i33_nothing_is_paid_that_no_verifier_accepted(self) -> None:
        for task, t in self.market.tasks.items():
            assert (t.status == TaskStatus.PROVEN) == (task in self.accepted)

    @invariant()
    def i24_lent_stake_is_what_the_sponsor_has_lent(self) -> None:
        stakes = self.market.vault.stakes.values()
        assert self.market.vault.lent_wei == sum(s.sponsored_wei for s in stakes)
        assert all(s.sponsored or s.sponsored_wei == 0 for s in stakes)
        # A loan that is gone is remembered while bonds are locked.
        assert all(s.sponsored_wei or s.locked_wei for s in stakes if s.sponsored)

    # --- around a clearing

    def before_clearing(self, queue: QueueId) -> Clearing:
        """What the laws compare a clearing with."""
        now, market = self.now, self.market
        bids = market.book_of(queue)
        floor_wei = base_fee.base_fee(market.round_of(queue).excess)
        live = [bid for bid in bids if now <= bid.expires_at and bid.max_fee_wei >= floor_wei]
        candidates: list[Candidate] = market.provers.candidates(queue, now)
        free = {c.account: market.vault.free_cover_of(queue, c.account, now) for c in candidates}
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
            if mine:
                assert self.market.provers.prover_of(prover).banned_until < self.now  # 20
        if before.live:  # 14, 17: one step of at most a target
            assert abs(result.excess - before.excess) <= base_fee.TARGET_PPM

    @staticmethod
    def _kept(t: Task) -> tuple[int, int, QueueId]:
        return t.terms_version, t.amount_wei, t.queue
