"""Random lives of a whole market in memory: after every step the money adds up and the laws hold."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.sdk.market_world import (
    ADMIN,
    DELEGATORS,
    KEEPER,
    OUTSIDER,
    PROVERS,
    REQUESTERS,
    START,
    capture,
    check_market,
    new_market,
    seat_prover,
    signals_for,
    terms,
)
from zkpool_sdk.economics import auction, base_fee
from zkpool_sdk.economics.vault import STAYING_STAKE_WEI
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import ClearingResult, Task, TaskId, TaskStatus, Verdict
from zkpool_sdk.units import BPS, DAY, HOUR, zk

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
lives = st.sampled_from([-1, 0, 299, 300, 1_000, 30 * DAY, 30 * DAY, 31 * DAY])
edges = st.sampled_from([-1, 0, 1])
JUDGED = (Verdict.ACCEPTED, Verdict.REFUSED, Verdict.BROKEN)


def has(*statuses: TaskStatus) -> Callable[[Any], bool]:
    return lambda machine: any(t.status in statuses for t in machine.market.tasks.values())


class MarketMachine(RuleBasedStateMachine):
    """Rules are the verbs of the market; whatever it refuses must leave no trace."""

    @initialize(market_time=st.booleans())
    def open_market(self, market_time: bool) -> None:
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

    @rule(
        who=requesters,
        pick=picks,
        fee=fees,
        life=st.sampled_from([-1, 0, 299, 300, 1_000, 30 * DAY, 31 * DAY]),
    )
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
            c.prover: auction.slots(c.free_capacity, vault.free_cover_of(c.account, self.now), bond)
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

    # --- provers

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=picks, verdict=st.sampled_from(JUDGED))
    def submit_proof(self, pick: int, verdict: Verdict) -> None:
        task = self.some_task(pick, TaskStatus.ASSIGNED)
        if task is None:
            return
        market = self.market
        t = market.task_of(task)
        prover = market.provers.prover_of(t.prover).account
        statement = self.statements[task]
        signals = signals_for(statement, prover)
        wrong = [
            (prover, signals_for(statement + 1, prover)),
            (prover, signals_for(statement, OUTSIDER)),
            (prover, signals[:2]),
            (OUTSIDER, signals),
        ]
        for caller, given in wrong:  # 33, 34: none of these gets through, whatever the verifier says
            attempt = partial(market.submit_proof, caller, task, given, verdict, self.now)
            assert self.act("submit", attempt) is None
            assert market.task_of(task) == t
        rated = market.provers.prover_of(t.prover).rating_ppm
        stake = market.vault.stake_of(prover, self.now)
        owed = market.splitter.owed_wei
        claimable = market.splitter.earning_of(prover, self.now).claimable_wei
        before = market.task_of(task)
        self.act("submit", lambda: market.submit_proof(prover, task, signals, verdict, self.now))
        after = market.task_of(task)
        if after == before:
            return
        assert self.now <= market.grace_until(t)
        late = self.now > t.prove_by
        if verdict == Verdict.ACCEPTED:
            self.accepted.add(task)
            FIRED["late"] += late
            assert market.splitter.owed_wei - owed == (t.amount_wei // 2 if late else t.amount_wei)
            taken = stake.slashable_wei - market.vault.stake_of(prover, self.now).slashable_wei
            assert taken == (t.bond_wei // 2 if late else 0)  # 26
            # 30: not before the next epoch
            assert market.splitter.earning_of(prover, self.now).claimable_wei == claimable
            assert market.vault.settle(prover, self.now) == 0  # 21
        else:
            self.check_fault(rated, stake.slashable_wei, stake.own_wei, before)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(share=st.integers(1, 4))
    def serve(self, share: int) -> None:
        """Most assigned tasks are proven: the good days that records, rewards and rank come from."""
        for pick in range(sum(t.status == TaskStatus.ASSIGNED for t in self.market.tasks.values())):
            if pick % 4 < share:
                self.submit_proof(0, Verdict.ACCEPTED)
        self.claim(PROVERS[share - 1], True)

    def check_fault(self, rated: int, slashable: int, own: int, before: Task) -> None:
        market = self.market
        prover = market.provers.prover_of(before.prover)
        left = market.vault.stake_of(prover.account, self.now)
        assert prover.rating_ppm <= rated  # 28
        slashed = slashable - left.slashable_wei
        assert before.bond_wei <= slashed <= max(before.bond_wei, own * 500 // BPS)  # 24
        assert not left.active or left.own_wei + left.sponsored_wei >= STAYING_STAKE_WEI

    @precondition(has(TaskStatus.ASSIGNED, TaskStatus.OPEN))
    @rule(pick=picks)
    def finalize(self, pick: int) -> None:
        task = self.some_task(pick, TaskStatus.ASSIGNED, TaskStatus.OPEN)
        if task is None:
            return
        market = self.market
        t = market.task_of(task)
        prover = market.provers.prover_of(t.prover)
        stake = market.vault.stake_of(prover.account, self.now)
        insurance, owed = market.insurance.balance_wei, sum(market.credits.values())
        bounty = market.rescue_of(task).bounty_wei
        decayed = market.vault.decayed_wei
        self.act("finalize", lambda: market.finalize(KEEPER, task, self.now))
        after = market.task_of(task)
        if after.status == t.status:
            return
        kept = market.insurance.balance_wei - insurance - (market.vault.decayed_wei - decayed)
        bounty = market.rescue_of(task).bounty_wei - bounty
        credited = sum(market.credits.values()) - owed
        refund = t.amount_wei if after.status == TaskStatus.FAILED else 0
        if t.status == TaskStatus.ASSIGNED:
            assert self.now > market.grace_until(t)
            self.check_fault(prover.rating_ppm, stake.slashable_wei, stake.own_wei, t)
            slashed = kept + bounty + credited - refund
            assert slashed == t.bond_wei
            assert kept * 10 >= slashed * 3  # 25
            assert credited - refund <= t.amount_wei + t.bond_wei // 50
        else:
            assert (kept, bounty, credited) == (-bounty, bounty, t.amount_wei)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=picks)
    def decline(self, pick: int) -> None:
        task = self.some_task(pick, TaskStatus.ASSIGNED)
        if task is None:
            return
        t = self.market.task_of(task)
        prover = self.market.provers.prover_of(t.prover)
        stake = self.market.vault.stake_of(prover.account, self.now)
        self.act("decline", lambda: self.market.decline(prover.account, task, self.now))
        left = self.market.vault.stake_of(prover.account, self.now)
        assert left.slashable_wei == stake.slashable_wei

    @precondition(has(TaskStatus.ASSIGNED, TaskStatus.OPEN))
    @rule(pick=picks, who=provers, seat=st.integers(0, 3))
    def claim_open(self, pick: int, who: str, seat: int) -> None:
        """One prover after the other tries to take an open task; the first of them at any seat."""
        if not has(TaskStatus.OPEN)(self):
            self.decline(pick)
        task = self.some_task(pick, TaskStatus.OPEN)
        if task is None:
            return
        t = self.market.task_of(task)
        self.act("claim_open", lambda: self.market.claim_open(who, task, seat, self.now))
        for index, taken in enumerate(self.market.provers.seats_of(t.queue)):
            if taken.prover:
                other = self.market.provers.prover_of(taken.prover).account
                self.act("claim_open", partial(self.market.claim_open, other, task, index, self.now))
        claimed = self.market.task_of(task)
        assert claimed == t or claimed.prover != t.prover

    @rule(who=provers, pick=picks, faults=st.integers(2, 5))
    def go_to_jail_and_leave(self, who: str, pick: int, faults: int) -> None:
        """Spoils whatever the prover gets; the fourth fault in a row jails it."""
        number = self.market.provers.id_of(who)
        for _ in range(faults):
            if number and not self.market.provers.prover_of(number).jailed:
                self.now = max(self.now, self.market.provers.prover_of(number).banned_until + 1)
            self.live_a_round(pick % 2, zk(1), 4, 0)
            for task, t in list(self.market.tasks.items()):
                if t.status == TaskStatus.ASSIGNED and t.prover == number:
                    signals = signals_for(self.statements[task], who)
                    spoil = partial(self.market.submit_proof, who, task, signals, Verdict.REFUSED, self.now)
                    self.act("submit", spoil)
        self.act("leave_jail", lambda: self.market.provers.leave_jail(who, self.now))

    @rule(who=provers, zks=st.sampled_from([0, 1, 8, 32, 100]))
    def stake(self, who: str, zks: int) -> None:
        self.act("stake", lambda: self.market.vault.stake(who, zk(zks), self.now))

    @rule(who=provers, part=st.sampled_from([0, 1, 2, 3, 4]))
    def request_unstake(self, who: str, part: int) -> None:
        own = self.market.vault.stake_of(who, self.now).own_wei
        self.act("unstake", lambda: self.market.vault.request_unstake(who, own * part // 3, self.now))

    @rule(who=provers, edge=st.sampled_from([None, -1, 0]))
    def finish_unstake(self, who: str, edge: int | None) -> None:
        if edge is not None:
            self.now = max(self.now, self.market.vault.stake_of(who, self.now).unbond_at + edge)
        before = self.market.vault.stake_of(who, self.now)
        paid = self.act("paid_out", lambda: self.market.vault.finish_unstake(who, self.now))
        if paid is not None:
            assert self.now >= before.unbond_at  # 29
            assert 0 < paid <= before.unbonding_wei

    @rule(who=provers, days=st.sampled_from([0, 0, 2]))
    def settle(self, who: str, days: int) -> None:
        self.now += days * DAY
        before = self.market.vault.stake_of(who, self.now)
        insurance = self.market.insurance.balance_wei
        stored = self.market.vault.stakes.get(who)
        decayed = self.act("settle", lambda: self.market.vault.settle(who, self.now))
        assert self.market.vault.stake_of(who, self.now) == before  # 22: views and writes agree
        assert self.market.insurance.balance_wei - insurance == decayed  # 23
        if decayed:
            FIRED["decay"] += 1
            assert stored is not None
            assert before.own_wei >= zk(24)
            assert before.own_wei + decayed == stored.own_wei

    @rule(who=provers, pick=st.integers(0, 1), capacity=st.sampled_from([0, 1, 4, 32, 33]))
    def join(self, who: str, pick: int, capacity: int) -> None:
        self.act("join", lambda: self.market.provers.join(who, self.queues[pick], capacity, self.now))

    @rule(who=provers, pick=st.integers(0, 1), back=st.sampled_from([True, True, False]))
    def leave(self, who: str, pick: int, back: bool) -> None:
        self.act("leave", lambda: self.market.provers.leave(who, self.queues[pick]))
        if back:
            self.join(who, pick, 4)

    @rule(who=provers, pick=st.integers(0, 1), capacity=st.sampled_from([0, 1, 4, 32, 33]))
    def set_capacity(self, who: str, pick: int, capacity: int) -> None:
        self.act("set_capacity", lambda: self.market.provers.set_capacity(who, self.queues[pick], capacity))

    @rule(who=provers)
    def register(self, who: str) -> None:
        self.act("register", lambda: self.market.provers.register(who))

    # --- money out, terms, pause

    @rule(who=st.sampled_from([*REQUESTERS, *PROVERS, *PROVERS, KEEPER]), wait=st.booleans())
    def claim(self, who: str, wait: bool) -> None:
        if wait and self.market.splitter.earning_of(who, self.now).pending_wei:
            self.now = (self.now // DAY + 1) * DAY
        held = self.market.token.balance_of(who)
        due = self.market.splitter.earning_of(who, self.now).claimable_wei + self.market.credit_of(who)
        self.act("claim_credit", lambda: self.market.claim_credit(who))
        self.act("claim_reward", lambda: self.market.splitter.claim(who, self.now))
        assert self.market.token.balance_of(who) - held == due
        self.act("claim_reward", lambda: self.market.splitter.claim(who, self.now))
        assert self.market.token.balance_of(who) - held == due

    @rule(wait=st.booleans())
    def claim_pool(self, wait: bool) -> None:
        splitter = self.market.splitter
        if wait and splitter.pool_earning(self.now).treasury_pending_wei:
            self.now = (self.now // DAY + 1) * DAY
        self.act("claim_treasury", lambda: splitter.claim_treasury(self.now))
        self.act("claim_delegators", lambda: splitter.claim_delegators(DELEGATORS, self.now))

    @rule(who=provers)
    def restake(self, who: str) -> None:
        before = self.market.vault.stake_of(who, self.now)
        paid = self.act("restake", lambda: self.market.splitter.restake(who, self.now))
        assert self.market.vault.stake_of(who, self.now).own_wei == before.own_wei + (paid or 0)

    @rule(pick=st.integers(0, 1), penalty=st.sampled_from([0, 1]), window=st.sampled_from([59, 60, 600]))
    def set_terms(self, pick: int, penalty: int, window: int) -> None:
        changed = terms(zk(penalty), window, 900)
        self.act("terms", lambda: self.market.projects.set_terms(ADMIN, self.queues[pick], changed))

    @rule(pool=st.sampled_from([0, 1_000, 2_000, 2_001]), delegators=st.sampled_from([0, 5_000, 10_000]))
    def set_rates(self, pool: int, delegators: int) -> None:
        self.act("rates", lambda: self.market.splitter.set_rates(pool, delegators, 2 * pool, self.now))

    @rule(pick=st.integers(0, 4))
    def pause(self, pick: int) -> None:
        if self.market.paused or pick < 2:
            self.act("unpause", self.market.unpause)
        elif pick == 4:
            self.act("pause", self.market.pause)

    # --- laws

    @invariant()
    def laws_hold(self) -> None:
        if not hasattr(self, "market"):
            return
        check_market(self.market, self.now)
        for task, t in self.market.tasks.items():
            if t.status.ended:
                assert self.final.setdefault(task, t) == t  # 5: an end is an end
            if t.status in (TaskStatus.ASSIGNED, TaskStatus.OPEN, TaskStatus.PROVEN, TaskStatus.FAILED):
                if t.rescued:  # by another prover, with a bond of its own
                    continue
                prove_by, bond, price = self.assigned[task]  # 36: as it was assigned
                assert (t.prove_by, t.amount_wei) == (prove_by, price)
                assert t.bond_wei in (0, bond)
            assert (t.status == TaskStatus.PROVEN) == (task in self.accepted)  # 33

    def teardown(self) -> None:
        if hasattr(self, "market"):
            ENDED.update(t.status.name for t in self.market.tasks.values())


VERBS = """
    place raise cancel expire clear submit finalize stake unstake settle decay join leave register terms rates
    pause unpause paid_out set_capacity claim_credit claim_reward claim_treasury claim_delegators restake
    decline claim_open late leave_jail
"""
REFUSALS = """
    AlreadyRegistered AlreadySeated AmountZero BidBelowBaseFee BookFull CapacityTooHigh EnforcedPause
    ExpectedPause ExpiryOutOfBounds NotActive NotAssignedProver NotRegistered NotRequester NotSeated
    NotYetCleared NotYetExpired NothingDue NothingToClaim NothingUnbonding PartialExitTooDeep PoolRateTooHigh
    ProofWindowOutOfBounds ProofWindowOver ProverMismatch RaiseTooLow RatesChangedRecently RoundNotOver
    StatementMismatch StillUnbonding TasksInFlight UnstakeExceedsStake VerifierFailed WrongSignalCount
    WrongStatus
    DeclineWindowOver LiabilityOver NotRescuer ProverNotActive ProverIsBanned NoFreeCapacity NotJailed
    WrongSeat
"""


def test_market__random_lives__keep_every_law_and_fire_every_rule() -> None:
    for counter in (FIRED, REFUSED, ENDED):
        counter.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        MarketMachine,
        settings=settings(
            max_examples=4 * settings.default.max_examples,
            stateful_step_count=60,
            deadline=None,
            derandomize=True,  # the same lives every time, so that what must have fired has
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(VERBS.split()) <= set(FIRED), set(VERBS.split()) - set(FIRED)
    assert set(REFUSALS.split()) <= set(REFUSED), set(REFUSALS.split()) - set(REFUSED)
    assert set(ENDED) >= {status.name for status in TaskStatus} - {"NONE"}
