"""What provers do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.acts import EDGES, PICKS, has
from tests.stateful.lockstep import live
from tests.stateful.saver_acts import SaverActs
from tests.stateful.task_acts import BROKEN, WRONG
from zkpool_sdk.models import TaskStatus
from zkpool_sdk.units import DAY, SCALAR_FIELD, zk

OTHER_SIGNALS = ((0, 1), (0, SCALAR_FIELD), (1, 1), (1, SCALAR_FIELD), (2, SCALAR_FIELD), (2, 5))
"""Which signal changes, and by how much."""


class ProverRules(SaverActs):
    """Stake, seats, proofs, claims."""

    # --- provers

    @rule(
        who=st.integers(0, 4),
        amount=st.sampled_from((0, 1, 8 * 10**18, 32 * 10**18 - 1, 32 * 10**18, 2 * 10**24)),
    )
    def stake_more(self, who: int, amount: int) -> None:
        self.stake(self.roles.provers[who], amount)

    @rule(who=st.integers(0, 4))
    def enter(self, who: int) -> None:
        """Everything it takes to get work."""
        prover = self.roles.provers[who]
        self.stake(prover, zk(32))
        self.register(prover)
        self.join(prover, self.queues[who % 2], 1 + who)

    @rule(
        who=st.integers(0, 4),
        kind=st.sampled_from(("all", "all", "to entry", "below entry", "one", "none", "more")),
    )
    def request_unstake(self, who: int, kind: str) -> None:
        staked = [p for p in self.roles.provers if self.market.vault.stake_of(p, self.now).own_wei]
        prover = staked[who % len(staked)] if staked else self.roles.provers[who]
        own = self.market.vault.stake_of(prover, self.now).own_wei
        to_entry = max(own - zk(32), 0)
        amount = {
            "all": own,
            "to entry": to_entry,
            "below entry": to_entry + 1,
            "one": 1,
            "none": 0,
            "more": own + 1,
        }[kind]
        self.act(
            "request unstake",
            prover,
            "vault",
            "requestUnstake",
            (amount,),
            self.market.vault.request_unstake,
            prover,
            amount,
            self.now,
        )

    @rule(who=st.integers(0, 4), edge=EDGES, at_end=st.booleans())
    def finish_unstake(self, who: int, edge: int, at_end: bool) -> None:
        """Takes what has unbonded, around the moment it may; mostly who has something unbonding."""
        leaving = [p for p in self.roles.provers if self.market.vault.stake_of(p, self.now).unbonding_wei]
        prover = leaving[who % len(leaving)] if leaving and who else self.roles.provers[who]
        unbond_at = self.market.vault.stake_of(prover, self.now).unbond_at
        if at_end and unbond_at:
            self.to(unbond_at + edge)
        self.finish_by(prover)

    @rule(who=st.integers(0, 4))
    def register_prover(self, who: int) -> None:
        self.register(self.roles.provers[who])

    @rule(who=st.integers(0, 4), which=st.integers(0, 2), capacity=st.sampled_from((0, 1, 2, 32, 33)))
    def join_queue(self, who: int, which: int, capacity: int) -> None:
        self.join(self.roles.provers[who], self.world.queues[which], capacity)

    @rule(who=st.integers(0, 4), one=st.integers(0, 31))
    def take_a_seat_from_the_crowd(self, who: int, one: int) -> None:
        """One of a full queue leaves the pool, and a prover takes its seat."""
        self._leave_pool(self.roles.crowd[one])
        self.join(self.roles.provers[who], self.world.crowded, 1)

    @rule(who=st.integers(0, 4), which=st.integers(0, 1), capacity=st.sampled_from((0, 1, 5, 32, 33)))
    def set_capacity(self, who: int, which: int, capacity: int) -> None:
        prover, queue = self.roles.provers[who], self.queues[which]
        self.act(
            "set capacity",
            prover,
            "provers",
            "setCapacity",
            (queue, capacity),
            self.market.provers.set_capacity,
            prover,
            queue,
            capacity,
        )

    @rule(who=st.integers(0, 4), which=st.integers(0, 1), back=st.booleans())
    def leave(self, who: int, which: int, back: bool) -> None:
        prover, queue = self.roles.provers[who], self.queues[which]
        self.act("leave", prover, "provers", "leave", (queue,), self.market.provers.leave, prover, queue)
        if back:
            self.join(prover, queue, 3)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(
        pick=PICKS,
        edge=EDGES,
        at_end=st.sampled_from(("now", "window", "grace")),
        stolen=st.booleans(),
        proof=st.sampled_from((None, None, None, WRONG)),
    )
    def prove(self, pick: int, edge: int, at_end: str, stolen: bool, proof: bytes | None) -> None:
        """A proof, now or around the last second of its window or its grace; perhaps a thief is faster."""
        task = self.some_in_time(pick)
        if stolen:
            self.submit("prove", task, sender=self.roles.outsider)
        t = self.market.tasks[task]
        ends_at = {"now": 0, "window": t.prove_by + edge, "grace": self.market.grace_until(t) + edge}
        self.to(ends_at[at_end])
        self.submit("prove wrongly" if proof else "prove", task, proof=proof)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(most=st.integers(1, 32))
    def prove_several(self, most: int) -> None:
        """The newest first: those whose window is open."""
        for task in live(self.market.tasks, TaskStatus.ASSIGNED)[: -most - 1 : -1]:
            self.submit("prove", task)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS)
    def prove_wrongly(self, pick: int) -> None:
        """A proof that the verifier refuses: slashed."""
        self.submit("prove wrongly", self.some_in_time(pick), proof=WRONG)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, proof=st.sampled_from(sorted(BROKEN)))
    def prove_to_a_broken_verifier(self, pick: int, proof: bytes) -> None:
        """Invariant 35: it reverts and nobody is slashed."""
        self.submit("prove", self.some_in_time(pick), proof=proof)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, all_of_them=st.booleans())
    def prove_other_signals(self, pick: int, all_of_them: bool) -> None:
        """Another statement, another prover, aliases beyond the field; at last an output, which is fine."""
        task = self.some_in_time(pick)
        for index, by in OTHER_SIGNALS if all_of_them else OTHER_SIGNALS[-1:]:
            signals = self.signals(task)
            signals[index] += by
            self.submit("prove another output", task, signals=signals)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, count=st.sampled_from((0, 1, 2, 4)))
    def prove_with_another_number_of_signals(self, pick: int, count: int) -> None:
        task = self.some_in_time(pick)
        self.submit("prove", task, signals=[*self.signals(task), 7][:count])

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, thief=PICKS)
    def steal_a_proof(self, pick: int, thief: int) -> None:
        """Invariant 34: a proof copied from the mempool."""
        task = self.some_in_time(pick)
        people = self.roles.everybody
        self.submit("prove", task, sender=people[thief % len(people)])

    @precondition(lambda machine: bool(machine.market.tasks))
    @rule(pick=PICKS)
    def act_on_any_task(self, pick: int) -> None:
        """Whatever its state: a second payout, a bid that is gone, a task that ended."""
        task = list(self.market.tasks)[-1 - pick % len(self.market.tasks)]
        requester = self.market.tasks[task].requester
        self.raise_to(requester, task, 10**20)
        self.cancel_by(requester, task)
        self.finalize_now(task)
        if self.market.tasks[task].prover:
            self.submit("prove", task)

    @rule(who=st.integers(0, 4), edge=EDGES, at_end=st.sampled_from((True, True, False)))
    def claim(self, who: int, edge: int, at_end: bool) -> None:
        """Claims earnings around the end of an epoch, or now; mostly who has earned something."""
        earners = list(self.market.splitter.earnings)
        prover = earners[who % len(earners)] if earners and who else self.roles.provers[who]
        if at_end:
            self.to((self.now // DAY + 1) * DAY + edge)
        self.claim_by(prover)
