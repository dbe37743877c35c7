"""Adversaries with a strategy: what each wins or loses by its attack is counted to the wei.

An attack is lived on model and chain; then what the attacker has is compared with what it would have if it
had done nothing and all others the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.gains import note_gain, wealth
from tests.stateful.lockstep import live
from tests.stateful.push_acts import PushActs
from tests.stateful.thought import Thinker
from zkpool_sdk.economics import base_fee, book_heap
from zkpool_sdk.economics.desk import SEALED_DEPOSIT_WEI
from zkpool_sdk.economics.redemption import MATURITY_SECONDS
from zkpool_sdk.economics.vault import UNBONDING_SECONDS
from zkpool_sdk.models import Address, QueueId, TaskId, TaskStatus
from zkpool_sdk.units import DAY, zk

WHO = st.integers(0, 3)
WHICH = st.integers(0, 1)
COUNTS = st.integers(1, 14)


def _has_loans(machine: Any) -> bool:
    return machine.world.whole and bool(machine.protocol.pool.loans)


WITH_A_LOAN = precondition(_has_loans)


class AdversaryRules(PushActs, Thinker):
    """Shill, self-dealer, griefer, copier, runner; all have money, some have a prover."""

    # --- shill: a prover's friend bids just below a rival, to raise what the rival pays

    @rule(who=WHO, which=WHICH, count=COUNTS, rank=st.integers(0, 14), below=st.sampled_from((1, 10**14)))
    def shill(self, who: int, which: int, count: int, rank: int, below: int) -> None:
        """The friend bids below a rival, cancels what it does not win; honest provers prove it all."""
        prover, friend, queue = self.roles.provers[who], self.roles.attackers[0], self.queues[which]

        def shilled() -> None:
            rivals = sorted((bid.max_fee_wei for bid in self.market.book_of(queue)), reverse=True)
            if rivals:
                fee_wei = rivals[min(rank, len(rivals) - 1)] - below
                self.place_bid(friend, queue, fee_wei, 20 * DAY)

        gain_wei = self._attack((prover, friend), queue, lambda: self._bids(queue, count), shilled)
        note_gain("shill", gain_wei)

    # --- self-dealer: a prover's own bids, for its rating, its clock, the base fee

    @rule(
        who=WHO,
        which=WHICH,
        count=COUNTS,
        others=st.integers(0, 6),
        over=st.sampled_from((0, 10**17, zk(1))),
    )
    def self_deal(self, who: int, which: int, count: int, others: int, over: int) -> None:
        """Bids for proofs of its own; alone in its round it can only lose, the pool's part at least."""
        prover, friend, queue = self.roles.provers[who], self.roles.attackers[3], self.queues[which]
        alone = not others and not self.market.round_of(queue).bid_count

        def dealt() -> None:
            fee_wei = self.market.base_fee_of(queue, self.now) + over
            for number in range(count):
                self.place_bid(friend, queue, fee_wei + number, 20 * DAY, compare=number + 1 == count)

        gain_wei = self._attack((prover, friend), queue, lambda: self._bids(queue, others), dealt)
        assert not alone or gain_wei <= 0  # 52
        note_gain("self-dealer", gain_wei)

    # --- griefers: they hurt others at a cost of their own

    @rule(which=WHICH, count=st.sampled_from((1, 8, 64)), others=st.integers(0, 6), cancels=st.booleans())
    def grief_by_bids(self, which: int, count: int, others: int, cancels: bool) -> None:
        """Stuffs the book with bids at the base fee, to keep others out and the fee up."""
        griefer, queue = self.roles.attackers[1], self.queues[which]

        def stuffed() -> None:
            fee_wei = self.market.base_fee_of(queue, self.now)
            for number in range(count):
                self.place_bid(griefer, queue, fee_wei, 20 * DAY, compare=number + 1 == count)

        gain_wei = self._attack((griefer,), queue, lambda: self._bids(queue, others), stuffed, cancels)
        assert gain_wei <= 0  # 53
        note_gain("griefer, by bids", gain_wei)

    @rule(
        who=WHO,
        which=WHICH,
        count=COUNTS,
        how=st.sampled_from(("invalid", "missed", "declined")),
    )
    def grief_by_proofs(self, who: int, which: int, count: int, how: str) -> None:
        """A prover that takes tasks and spoils them: it pays for it, and no requester loses a wei."""
        prover, queue = self.roles.provers[who], self.queues[which]
        self.work_off(queue)
        with self.in_thought():
            self._bids(queue, count)
            self._end_round(queue)
            self._prove_all(queue)
            idle_wei = wealth(self.market, (prover,), self.now)
        before_wei = self._worth_of_requesters()
        self._bids(queue, count)
        self._end_round(queue)
        spoiled = self.tasks_of(prover, queue)
        for task in spoiled:
            if self.market.tasks[task].status == TaskStatus.ASSIGNED:
                self.open_up(task, how)
        self._prove_all(queue)
        gain_wei = wealth(self.market, (prover,), self.now) - idle_wei
        assert not spoiled or how == "declined" or gain_wei < 0  # 54
        assert how == "declined" or self._worth_of_requesters() >= before_wei  # 55
        note_gain(f"griefer, tasks {how}", gain_wei)

    # --- copier: whatever others send, sent again from elsewhere

    @precondition(lambda machine: bool(live(machine.market.tasks, TaskStatus.ASSIGNED)))
    @rule(pick=st.integers(0, 63), batch=st.booleans())
    def copy_what_is_sent(self, pick: int, batch: bool) -> None:
        """Proofs, batches, claims of seats, keys and bids of others, each before its sender's arrives."""
        copier, task = self.roles.attackers[2], self.some_in_time(pick)
        before_wei = wealth(self.market, (copier,), self.now)
        prover, queue = self.account_of(task), self.market.tasks[task].queue
        number = self.market.provers.id_of(prover)
        self.submit("prove", task, sender=copier)
        self.decline(task, copier)
        self.heartbeat(copier, number, queue, self.market.tasks[task].place, 0)
        self.accept_key(copier, number)
        self.claim_open(copier, task, self.market.tasks[task].place)
        self.claim_by(copier)
        self.finish_by(copier)
        if batch:
            items = [self.item(one, "none") for one in self.tasks_of(prover, queue)[:4]]
            self.submit_many(copier, prover, queue, items)
            self.submit_many(copier, copier, queue, items)
        gain_wei = wealth(self.market, (copier,), self.now) - before_wei
        assert gain_wei == 0  # 56
        note_gain("copier, of proofs", gain_wei)

    @precondition(lambda machine: machine.world.whole)
    @rule(count=st.integers(1, 3), reveals=st.booleans())
    def copy_sealed_bids(self, count: int, reveals: bool) -> None:
        """Commits to the hashes of others and reveals what they reveal: each costs the deposit."""
        copier, queue = self.roles.attackers[2], self.world.sealed
        before_wei = wealth(self.market, (copier,), self.now)
        self.to_commits()
        made: list[tuple[bytes | None, bytes | None]] = []
        for number in range(count):
            fee_wei = self.market.base_fee_of(queue, self.now) + 10**17
            first = self.seal(self.roles.requesters[number % 3], queue, fee_wei)
            if first is not None:
                bid = self.sealed_bids[first]
                fields = bid.statement, bid.max_fee_wei, bid.expires_at, bid.data, bid.salt
                bid_hash = self.bids.hash_of(bid.requester, queue, *fields)
                made.append((first, self.commit(copier, queue, bid_hash)))
        self.to_reveals()
        for first, _ in made:
            assert first is not None
            bid = self.sealed_bids[first]
            self.open_bid(copier, bid)
            if reveals:
                self.open_bid(bid.requester, bid)
        self.to(self.now + base_fee.ROUND_SECONDS)
        lost = 0
        for _, copied in made:
            if copied is not None:
                self.forfeit(copied)
                lost += SEALED_DEPOSIT_WEI
        self.claim_deposit(copier)
        gain_wei = wealth(self.market, (copier,), self.now) - before_wei
        assert gain_wei == -lost  # 56
        note_gain("copier, of sealed bids", gain_wei)

    # --- runner: leaves with everything while the slash is on its way

    @rule(who=WHO, which=WHICH, count=st.integers(1, 8), missed=st.booleans())
    def run_before_the_slash(self, who: int, which: int, count: int, missed: bool) -> None:
        """Asks for its whole stake once it has tasks, misses them, and comes for the stake a week later."""
        runner, queue = self.roles.provers[who], self.queues[which]
        self.round(queue, count, 10**17, works=True)
        tasks = self.tasks_of(runner, queue)
        if not tasks:
            return

        def slashed(runs: bool) -> tuple[int, int]:
            taken = 0
            if runs:
                self._leave_pool(runner)
            for task in tasks if missed else ():
                self.to(self.market.grace_until(self.market.tasks[task]) + 1)
                before = self.market.vault.stake_of(runner, self.now).slashable_wei
                self.finalize_now(task)
                taken += before - self.market.vault.stake_of(runner, self.now).slashable_wei
            return taken, wealth(self.market, (runner,), self.now)

        with self.in_thought():
            stays_wei, stayed_wei = slashed(False)
        runs_wei, ran_wei = slashed(True)
        assert runs_wei >= stays_wei  # 57
        note_gain("runner", ran_wei - stayed_wei)
        self.to(self.now + UNBONDING_SECONDS)
        self.finish_by(runner)

    # --- withheld capacity, lent stake, delegators who know

    @rule(who=WHO, which=WHICH, count=COUNTS, offers=st.integers(0, 2))
    def withhold(self, who: int, which: int, count: int, offers: int) -> None:
        """A prover offers less than it can, so that fewer slots are dearer; then it offers all again."""
        prover, queue = self.roles.provers[who], self.queues[which]

        def withheld() -> None:
            self.offer_capacity(prover, queue, offers)

        gain_wei = self._attack((prover,), queue, lambda: self._bids(queue, count), withheld)
        self.offer_capacity(prover, queue, 32)
        note_gain("who withholds capacity", gain_wei)

    def offer_capacity(self, prover: Address, queue: QueueId, capacity: int) -> None:
        action, given = self.market.provers.set_capacity, (queue, capacity)
        self.act("set capacity", prover, "provers", "setCapacity", given, action, prover, *given)

    @WITH_A_LOAN
    @rule(who=WHO, count=st.integers(1, 8), how=st.sampled_from(("invalid", "missed")))
    def gamble_for_a_friend(self, who: int, count: int, how: str) -> None:
        """A borrower spoils what its friend has bid for: the pool's money must not become the friend's."""
        borrowers = list(self.protocol.pool.loans)
        borrower, friend, queue = borrowers[who % len(borrowers)], self.roles.attackers[3], self.queues[0]
        self.back(queue, True)
        self.work_off(queue)
        before, known = self.step.copy_of_market(), set(self.market.tasks)
        fee_wei = self.market.base_fee_of(queue, self.now) + zk(1)
        for number in range(count):
            self.place_bid(friend, queue, fee_wei + number, 20 * DAY, compare=number + 1 == count)
        self._end_round(queue)
        for prover in self.roles.provers:
            if prover != borrower:
                self.submit_all(prover, queue)
        for task in self.tasks_of(borrower, queue):
            if self.market.tasks[task].status == TaskStatus.ASSIGNED:
                self.open_up(task, how)
        bidding = (TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.OPEN)
        for task in live(self.market.tasks, *bidding):
            if task not in known and self.market.tasks[task].requester == friend:
                self._end_in_any_way(task)
        gang = (borrower, friend)
        gain_wei = wealth(self.market, gang, self.now) - wealth(before, gang, self.now)
        assert gain_wei <= 0  # 73
        note_gain("borrower with a friend", gain_wei)

    def _end_in_any_way(self, task: TaskId) -> None:
        """A bid is cancelled; what is assigned or open is left alone until its price goes back."""
        t = self.market.tasks[task]
        if t.status == TaskStatus.QUEUED:
            self.cancel_by(t.requester, task)
        if t.status == TaskStatus.ASSIGNED:
            self.to(self.market.grace_until(t) + 1)
            self.finalize_now(task)
        if self.market.tasks[task].status == TaskStatus.OPEN:
            self.to(self.market.rescue_of(task).open_until + 1)
            self.finalize_now(task)

    @WITH_A_LOAN
    @rule(who=st.integers(0, 2), which=WHO, count=st.integers(1, 6))
    def run_from_the_pool(self, who: int, which: int, count: int) -> None:
        """A delegator who knows of a loss to come asks for all its money at once: it comes too late."""
        pool, saver, queue = self.protocol.pool, self.roles.savers[who], self.queues[0]
        borrowers = list(pool.loans)
        self.back(queue, True)
        self.round(queue, 8, 10**17, works=True)
        tasks = self.tasks_of(borrowers[which % len(borrowers)], queue)[:count]

        def lived(runs: bool) -> int:
            pool = self.protocol.pool
            if runs:
                self.request_redeem(saver, saver, pool.shares.get(saver, 0))
            for task in tasks:
                self.open_up(task, "missed")
            self.to(self.now + MATURITY_SECONDS)
            if runs:
                self.redeem(saver, saver, pool.max_redeem(saver, self.now), saver)
            return wealth(self.market, (saver,), self.now)

        with self.in_thought():
            stayed_wei = lived(False)
        gain_wei = lived(True) - stayed_wei
        assert gain_wei <= 0  # 74
        note_gain("delegator who runs", gain_wei)

    # --- how a round goes

    def _attack(
        self,
        gang: tuple[Address, ...],
        queue: QueueId,
        first: Callable[[], Any],
        attack: Callable[[], Any],
        cancels: bool = True,
    ) -> int:
        """What a gang wins in one round by an attack, after bids of others; all that is won is proven."""
        self.work_off(queue)
        with self.in_thought():
            first()
            self._end_round(queue)
            self._prove_all(queue)
            without_wei = wealth(self.market, gang, self.now)
        first()
        attack()
        self._end_round(queue)
        self._prove_all(queue)
        for task in live(self.market.tasks, TaskStatus.QUEUED) if cancels else ():
            if self.market.tasks[task].requester in gang:
                self.cancel_by(self.market.tasks[task].requester, TaskId(task))
        return wealth(self.market, gang, self.now) - without_wei

    def _bids(self, queue: QueueId, count: int) -> None:
        """Different bids of requesters, while there is room for more."""
        for number in range(min(count, book_heap.LIMIT - self.market.round_of(queue).bid_count)):
            fee_wei = self.market.base_fee_of(queue, self.now) + 10**17 + 10**16 * (5 * number % 7)
            requester = self.roles.requesters[number % 3]
            self.place_bid(requester, queue, fee_wei, 20 * DAY, compare=number + 1 == count)

    def _end_round(self, queue: QueueId) -> None:
        self.to(self.market.round_of(queue).started_at + base_fee.ROUND_SECONDS)
        self.clear_now(queue)

    def _prove_all(self, queue: QueueId) -> None:
        for prover in self.roles.provers:
            self.submit_all(prover, queue)

    def _worth_of_requesters(self) -> int:
        """What requesters own, prices included that a proof was got or may still be got for."""
        people = self.roles.requesters
        spent_wei = sum(
            t.amount_wei
            for t in self.market.tasks.values()
            if t.requester in people and t.status in (TaskStatus.ASSIGNED, TaskStatus.OPEN, TaskStatus.PROVEN)
        )
        return wealth(self.market, people, self.now) + spent_wei
