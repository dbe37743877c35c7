"""What befalls tasks that their first prover does not prove, and batches of proofs."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.acts import EDGES, PICKS, has
from tests.stateful.lockstep import live
from tests.stateful.saver_acts import SaverActs
from tests.stateful.task_acts import FLAWS, WRONG, Item
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.proofs import BATCH_LIMIT
from zkpool_sdk.models import Address, TaskId, TaskStatus
from zkpool_sdk.units import DAY

WAYS = st.sampled_from(("declined", "declined", "invalid", "missed"))


class RescueRules(SaverActs):
    """Declines, rescuers, jail, batches, frozen queues."""

    # --- declined and rescued

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, edge=EDGES, at_end=st.booleans(), stranger=st.booleans())
    def give_back(self, pick: int, edge: int, at_end: bool, stranger: bool) -> None:
        """Declines a task, now or around the last second in which it may."""
        task = self.some_in_time(pick)
        if stranger:
            self.decline(task, self.roles.outsider)
        if at_end:
            self.to(self.market.decline_by(self.market.tasks[task]) + edge)
        self.decline(task)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, first=WAYS, second=WAYS, third=WAYS)
    def pass_around(self, pick: int, first: str, second: str, third: str) -> None:
        """A task that one prover after the other does not prove; three who decline end it."""
        task = self.some_in_time(pick)
        for how in (first, second, third):
            if self.market.tasks[task].status == TaskStatus.ASSIGNED:
                self.open_up(task, how)
            if self.market.tasks[task].status == TaskStatus.OPEN:
                self.rescue_by_anybody(task)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(pick=PICKS, how=WAYS, proof=st.sampled_from((None, None, WRONG)), late=st.booleans())
    def rescue(self, pick: int, how: str, proof: bytes | None, late: bool) -> None:
        """A task is opened up, claimed, and proven by the rescuer, who gets price and bounty."""
        task = self.some_in_time(pick)
        self.open_up(task, how)
        if self.market.tasks[task].status != TaskStatus.OPEN:
            return
        self.rescue_by_anybody(task)
        if self.market.tasks[task].status == TaskStatus.ASSIGNED:
            if late:
                self.to(self.market.grace_until(self.market.tasks[task]))
            self.submit("prove wrongly" if proof else "prove", task, proof=proof)

    def rescue_by_anybody(self, task: TaskId, *first: Address) -> None:
        """Whoever is a prover tries to claim the task, one after the other, until somebody has it."""
        for prover in (*first, *self.roles.provers):
            if self.market.tasks[task].status == TaskStatus.OPEN and prover in self.market.provers.ids:
                self.claim_open(prover, task)

    @precondition(has(TaskStatus.OPEN))
    @rule(pick=PICKS, who=st.integers(0, 4), edge=EDGES, at_end=st.booleans())
    def claim_an_open_task(self, pick: int, who: int, edge: int, at_end: bool) -> None:
        """Now, or around the end of the liability window."""
        task = self.some(pick, TaskStatus.OPEN)
        if at_end:
            self.to(self.market.rescue_of(task).open_until + edge)
        self.claim_open(self.roles.provers[who], task)

    @rule(who=st.integers(0, 3), edge=EDGES)
    def claim_when_a_ban_ends(self, who: int, edge: int) -> None:
        """Who handed in a wrong proof tries others' open tasks around the end of its ban."""
        prover, queue = self.roles.provers[who], self.queues[1]
        self.round(queue, 16, 10**17, works=True)
        in_time = [task for task in self.in_time() if self.market.tasks[task].queue == queue]
        for task in [task for task in in_time if self.account_of(task) == prover][:1]:
            self.open_up(task, "invalid")
        opened = [task for task in in_time if self.account_of(task) != prover][:2]
        for task in opened:
            self.open_up(task, "invalid")
        number = self.market.provers.id_of(prover)
        if number and not self.market.provers.prover_of(number).jailed:
            self.to(self.market.provers.prover_of(number).banned_until + edge)
            for task in opened:
                self.claim_open(prover, task)

    @precondition(has(TaskStatus.OPEN))
    @rule(pick=PICKS, seat=st.sampled_from((0, 1, 2, 31, 32, 255)))
    def claim_with_no_right(self, pick: int, seat: int) -> None:
        """Another's seat, no seat, no prover, no stake; who had the task before."""
        task = self.some(pick, TaskStatus.OPEN)
        for prover in (*self.roles.provers[3:], self.roles.outsider, self.roles.requesters[0]):
            self.claim_open(prover, task, seat)
        if self.market.tasks[task].status == TaskStatus.OPEN:
            self.claim_open(self.account_of(task), task)

    @rule(
        who=st.integers(0, 3),
        faults=st.integers(1, 5),
        how=st.sampled_from(("invalid", "declined")),
        rounds=st.integers(1, 2),
    )
    def misbehave(self, who: int, faults: int, how: str, rounds: int) -> None:
        """Spoils or declines what the prover gets, round after round; the fourth fault in a row jails it."""
        for _ in range(rounds):
            self._wait_out_a_ban(self.roles.provers[who])
            self.round(self.queues[0], 16, 10**17, works=True)
            for task in self.tasks_of(self.roles.provers[who], self.queues[0])[:faults]:
                self.open_up(task, how)

    @rule(who=st.integers(0, 3), one=st.integers(0, 31), next_one=st.integers(0, 4))
    def lose_a_seat_in_jail(self, who: int, one: int, next_one: int) -> None:
        """Who is in jail holds no seat of a full queue."""
        prover = self.roles.provers[who]
        self._leave_pool(self.roles.crowd[one])
        self.join(prover, self.world.crowded, 1)
        self.misbehave(who, 5, "invalid", 1)
        self.join(self.roles.provers[next_one], self.world.crowded, 1)

    @rule(who=st.integers(0, 3), count=st.integers(1, 4))
    def fall_below_a_tier(self, who: int, count: int) -> None:
        """After wrong proofs and a ban a prover is rated too low for the sealed queue, rescues included."""
        prover, queue = self.roles.provers[who], self.world.sealed
        self.misbehave(who, 3, "invalid", 1)
        self._wait_out_a_ban(prover)
        self.reveal(queue, count, 10**17)
        self.to((self.now // (2 * ROUND_SECONDS) + 1) * 2 * ROUND_SECONDS)
        self.clear_now(queue)
        for task in self.in_time():
            if self.market.tasks[task].queue == queue:
                self.decline(task)
                self.rescue_by_anybody(task, prover)

    def _wait_out_a_ban(self, prover: Address) -> None:
        number = self.market.provers.id_of(prover)
        banned_until = self.market.provers.prover_of(number).banned_until if number else 0
        if self.now <= banned_until <= self.now + 8 * DAY:
            self.to(banned_until + 1)

    @rule(who=st.integers(0, 4), edge=EDGES, at_end=st.booleans())
    def go_free(self, who: int, edge: int, at_end: bool) -> None:
        """Asks to leave jail; mostly who is in it. Then around the end of its ban it takes tasks again."""
        jailed = [p.account for p in self.market.provers.provers.values() if p.jailed]
        prover = jailed[who % len(jailed)] if jailed and who else self.roles.provers[who]
        self.leave_jail(prover)
        number = self.market.provers.id_of(prover)
        if at_end and number and not self.market.provers.prover_of(number).jailed:
            self.to(self.market.provers.prover_of(number).banned_until + edge)
            self.round(self.queues[0], 2, 10**17, works=True)

    # --- many proofs at once

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(
        pick=PICKS,
        flaws=st.lists(st.sampled_from(FLAWS), max_size=6),
        moment=st.sampled_from(("now", "now", "window", "grace")),
        edge=EDGES,
        strangers=st.booleans(),
    )
    def prove_many(self, pick: int, flaws: list[str], moment: str, edge: int, strangers: bool) -> None:
        """A batch with this and that the matter; perhaps with tasks of others and tasks that are gone."""
        task = self.some_in_time(pick)
        t, prover = self.market.tasks[task], self.account_of(task)
        ends_at = {"now": 0, "window": t.prove_by + edge, "grace": self.market.grace_until(t) + edge}
        self.to(ends_at[moment])
        mine = self.tasks_of(prover, t.queue)[: BATCH_LIMIT - 4]
        items = [self.item(one, flaws[i] if i < len(flaws) else "none") for i, one in enumerate(mine)]
        if "twice" in flaws:
            items.append(items[-1])
        if strangers:
            known = [one for one, u in self.market.tasks.items() if u.prover and one not in mine]
            others = known[-2:] + known[:1]
            items[1:1] = [self.item(one, "none") for one in others]
            items += [self.item(one, "revert") for one in others[: pick % 8 == 7]]
            items.append(Item(TaskId(bytes(31) + b"?"), [1, 2, 3], WRONG))
        self.submit_many(self._hand_of(prover, pick), prover, t.queue, items)

    @precondition(has(TaskStatus.ASSIGNED))
    @rule(
        pick=PICKS, kind=st.sampled_from(("revert", "none", "33", "lengths", "thief", "queue", "broken last"))
    )
    def prove_many_badly(self, pick: int, kind: str) -> None:
        """Batches that are refused whole: nothing happens to any item."""
        task = self.some_in_time(pick)
        t, prover = self.market.tasks[task], self.account_of(task)
        items = [self.item(one, "none") for one in self.tasks_of(prover, t.queue)[:8]]
        if kind == "revert":
            items[0] = self.item(items[0].task, "revert")
        if kind == "broken last":
            items.append(self.item(items[0].task, "revert"))
        if kind == "none":
            items = []
        if kind == "33":
            items = items[:1] * 33
        caller = self.roles.outsider if kind == "thief" else prover
        queue = self.world.crowded if kind == "queue" else t.queue
        self.submit_many(caller, prover, queue, items, drop=kind == "lengths")

    def _hand_of(self, prover: Address, pick: int) -> Address:
        """The prover, or some hot key."""
        return (prover, prover, *self.roles.hot_keys)[pick % 4]

    # --- frozen

    @rule(
        which=st.sampled_from((0, 1, 2, 3)),
        chance=st.integers(0, 3),
        count=st.integers(0, 5),
        stranger=st.booleans(),
    )
    def freeze_a_queue(self, which: int, chance: int, count: int, stranger: bool) -> None:
        """Trust in a verifier ends: every task of its queue goes back whole, nobody is slashed.

        Seldom, since a life in frozen queues is short.
        """
        queue = self.world.queues[which]
        if stranger:
            self.freeze(self.roles.outsider, queue)
        if chance:
            return
        if queue != self.world.sealed:
            self.round(queue, count, 10**17, works=True)
            self.place_bid(self.roles.requesters[0], queue, 10**20, DAY)
        for task in live(self.market.tasks, TaskStatus.ASSIGNED)[:1]:
            self.decline(task)
        self.freeze(self.roles.deployer, queue)
        self.freeze(self.roles.deployer, queue)
        self.place_bid(self.roles.requesters[0], queue, 10**18, DAY)
        self.clear_now(queue)
        tasks = live(self.market.tasks, TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.OPEN)
        for task in [task for task in tasks if self.market.tasks[task].queue == queue]:
            t = self.market.tasks[task]
            if t.status == TaskStatus.ASSIGNED:
                self.submit("prove", task)
                prover = self.account_of(task)
                self.submit_many(prover, prover, queue, [self.item(task, "none")])
            if t.status == TaskStatus.OPEN:
                self.claim_open(self.roles.provers[0], task)
            self.finalize_now(task)
