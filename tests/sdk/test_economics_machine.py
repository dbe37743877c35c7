"""Random lives of a whole market in memory: after every step the money adds up and the laws hold."""

from __future__ import annotations

from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from tests.sdk.market_lives import (
    ENDED,
    FIRED,
    JUDGED,
    REFUSED,
    BidderLives,
    has,
    picks,
    provers,
)
from tests.sdk.market_world import (
    ADMIN,
    DELEGATORS,
    KEEPER,
    OUTSIDER,
    PROVERS,
    REQUESTERS,
    check_market,
    signals_for,
    terms,
)
from tests.support.profiles import scaled
from zkpool_sdk.economics.vault import STAYING_STAKE_WEI
from zkpool_sdk.models import Task, TaskId, TaskStatus, Verdict
from zkpool_sdk.units import BPS, DAY, zk


class MarketMachine(BidderLives):
    """Rules are the verbs of the market; whatever it refuses must leave no trace."""

    def begin(self, chapter: int, who: str, pick: int) -> None:
        """What random steps come to by luck alone happens at the beginning of some lives."""
        if chapter == 1:  # proofs in the grace
            for queue in (pick, pick + 1):
                self.submit_proof(queue, Verdict.ACCEPTED, 1)
        elif chapter == 2:  # a decline, a rescue, and a second one
            self.claim_open(3 * pick + 1, who, pick % 4)
            self.claim_open(3 * pick + 1, who, pick % 4)
        elif chapter == 3:  # everybody is paid
            self.live_a_round(pick % 2, zk(2), 5, 0)
            self.restake(who)
            self.claim_pool(False)
            for account in (*REQUESTERS, *PROVERS):
                self.claim(account, False)
        elif chapter == 4:  # stake leaves
            self.finish_unstake(PROVERS[pick % 3], 0)
        elif chapter == 5:  # terms change under open bids
            self.place_bid(REQUESTERS[0], pick, zk(1), DAY)
            self.set_terms(pick % 2, 0, 600)
            self.raise_bid(REQUESTERS[0], pick, 1)
            self.pause(4)
            self.cancel_bid(REQUESTERS[0], pick)
            self.pause(0)
        elif chapter == 6:
            self.go_to_jail_and_leave(PROVERS[pick % 3], pick, 4)

    # --- provers

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=picks, verdict=st.sampled_from(JUDGED), edge=st.sampled_from([None, None, None, 0, 1]))
    def submit_proof(self, pick: int, verdict: Verdict, edge: int | None = None) -> None:
        task = self.some_task(pick, TaskStatus.ASSIGNED) if edge is None else self.newest_task(pick)
        if task is None:
            return
        market = self.market
        t = market.task_of(task)
        if edge is not None:  # at the end of its window, or in the grace
            self.now = max(self.now, t.prove_by + edge)
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

    def serve_all(self) -> None:
        """Everything that is assigned is proven, if it is in time."""
        for task, t in list(self.market.tasks.items()):
            if t.status == TaskStatus.ASSIGNED and self.now <= t.prove_by:
                prover = self.market.provers.prover_of(t.prover).account
                signals = signals_for(self.statements[task], prover)
                self.market.submit_proof(prover, task, signals, Verdict.ACCEPTED, self.now)
                self.accepted.add(task)

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

    def newest_task(self, pick: int) -> TaskId | None:
        """Lives a round; the task that was assigned last."""
        self.serve_all()
        self.live_a_round(pick % 2, zk(1), 1, 0)
        assigned = [task for task, t in self.market.tasks.items() if t.status == TaskStatus.ASSIGNED]
        return max(assigned, key=lambda task: self.market.tasks[task].prove_by, default=None)

    def decline_the_newest(self, pick: int) -> TaskId | None:
        """Gives back the task that was assigned last."""
        task = self.newest_task(pick)
        if task is not None:
            prover = self.market.provers.prover_of(self.market.tasks[task].prover).account
            self.act("decline", lambda: self.market.decline(prover, task, self.now))
        return task

    @precondition(has(TaskStatus.ASSIGNED, TaskStatus.OPEN))
    @rule(pick=picks, who=provers, seat=st.integers(0, 3))
    def claim_open(self, pick: int, who: str, seat: int) -> None:
        """One prover after the other tries to take an open task; the first of them at any seat."""
        task = self.some_task(pick, TaskStatus.OPEN)
        if task is None or pick % 3:
            task = self.decline_the_newest(pick)
        if task is None or self.market.task_of(task).status != TaskStatus.OPEN:
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
            if not self.market.vault.stake_of(who, self.now).unbonding_wei:
                self.request_unstake(who, 3)
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
        self.serve_all()
        self.now = (self.now // DAY + 1) * DAY
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
    """Some lives begin with what luck alone hardly comes to, so that every rule fires dozens of times."""
    for counter in (FIRED, REFUSED, ENDED):
        counter.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        MarketMachine,
        settings=settings(
            max_examples=scaled(200, 1_600, 10_000),  # its own, whatever else has been imported
            stateful_step_count=60,
            deadline=None,
            derandomize=True,  # the same lives every time, so that what must have fired has
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(VERBS.split()) <= set(FIRED), set(VERBS.split()) - set(FIRED)
    assert set(REFUSALS.split()) <= set(REFUSED), set(REFUSALS.split()) - set(REFUSED)
    assert set(ENDED) >= {status.name for status in TaskStatus} - {"NONE"}
