"""What sponsor, hot keys, makers of software and the desk do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.lockstep import live
from tests.stateful.saver_acts import SaverActs
from tests.stateful.world import RELEASES
from zkpool_sdk.economics import base_fee
from zkpool_sdk.models import ZERO_ADDRESS, AcceleratorId, ProverId, TaskStatus
from zkpool_sdk.units import DAY, zk

WHO = st.integers(0, 4)


class PoolRules(SaverActs):
    """Lent stake, restaking, keys, accelerators, sealed rounds."""

    # --- lent stake

    @rule(who=WHO, amount=st.sampled_from((0, 10**18, zk(24), zk(32), zk(32), zk(40))), works=st.booleans())
    def live_on_lent_stake(self, who: int, amount: int, works: bool) -> None:
        """A prover is lent stake, and perhaps works with it."""
        idle = [one for one in self.roles.provers if not self.market.vault.is_active(one, self.now)]
        prover = idle[who % len(idle)] if idle and who else self.roles.provers[who]
        self.lend(prover, amount)
        if works:
            self.register(prover)
            self.join(prover, self.queues[0], 4)
            self.round(self.queues[0], 3, 10**17, works=True)
            for task in self.tasks_of(prover, self.queues[0])[:2]:
                self.submit("prove", task)

    @rule(who=WHO, edge=EDGES, when_idle=st.booleans(), stranger=st.sampled_from((True, False, False)))
    def take_a_loan_back(self, who: int, edge: int, when_idle: bool, stranger: bool) -> None:
        """Now, or around the moment at which its user has been idle for a day."""
        vault = self.market.vault
        lent = [prover for prover, s in vault.stakes.items() if s.sponsored]
        prover = lent[who % len(lent)] if lent and who else self.roles.provers[who]
        if when_idle:
            self.to(vault.stake_of(prover, self.now).decays_from + edge)
        if stranger:
            self.lend(prover, zk(32), self.roles.outsider)
            self.recall(prover, self.roles.outsider)
        self.recall(prover)

    @rule(which=st.integers(0, 1), backed=st.booleans(), stranger=st.booleans())
    def back_a_queue(self, which: int, backed: bool, stranger: bool) -> None:
        """Lent stake covers bonds in backed queues alone."""
        queue = self.queues[which]
        self.back(queue, backed, self.roles.outsider if stranger else None)
        self.round(queue, 3, 10**17, works=True)

    @rule(who=WHO, which=st.integers(0, 1))
    def take_a_loan_back_in_flight(self, who: int, which: int) -> None:
        """A loan that is gone while tasks won with it are in flight still shares what they earn."""
        lent = [prover for prover, s in self.market.vault.stakes.items() if s.sponsored]
        if not lent:
            return
        prover, queue = lent[who % len(lent)], self.queues[which]
        self.back(queue, True)
        self.round(queue, 8, 10**17, works=True)
        self.stake_for(self.roles.outsider, prover, zk(8))
        self.recall(prover)
        self.submit_all(prover, queue)
        self.recall(prover)

    @rule(who=WHO, wrong=st.booleans(), count=st.integers(1, 4))
    def gamble_with_lent_stake(self, who: int, wrong: bool, count: int) -> None:
        """Own stake is slashed first; what is left of the loan covers the bonds that are left."""
        lent = [prover for prover, s in self.market.vault.stakes.items() if s.sponsored]
        if not lent:
            return
        prover = lent[who % len(lent)]
        self.round(self.queues[0], 8, 10**18, works=True)
        tasks = self.tasks_of(prover, self.queues[0])
        for task in tasks[:count]:
            self.open_up(task, "invalid" if wrong else "declined")
        self.recall(prover)

    @rule(who=WHO, amount=st.sampled_from((0, 1, zk(8))))
    def stake_for_another(self, who: int, amount: int) -> None:
        self.stake_for(self.roles.outsider, self.roles.provers[who], amount)

    @rule(who=WHO, edge=EDGES, at_end=st.sampled_from((True, True, False)))
    def restake_earnings(self, who: int, edge: int, at_end: bool) -> None:
        earners = list(self.market.splitter.earnings)
        prover = earners[who % len(earners)] if earners and who else self.roles.provers[who]
        if at_end:
            self.to((self.now // DAY + 1) * DAY + edge)
        self.restake(prover)

    # --- hot keys

    @rule(
        who=WHO,
        key=st.integers(0, 1),
        scopes=st.sampled_from((0, 1, 2, 4, 6, 7, 7, 8)),
        life=st.sampled_from((0, 1, 600, 600, DAY, 365 * DAY, 365 * DAY + 1)),
        consents=st.booleans(),
    )
    def name_a_key(self, who: int, key: int, scopes: int, life: int, consents: bool) -> None:
        prover, hot = self.roles.provers[who], self.roles.hot_keys[key]
        self.propose_key(prover, hot, scopes, self.now + life)
        if consents:
            self.accept_key(hot, self.market.provers.id_of(prover) or ProverId(1))

    @rule(who=WHO, key=st.integers(0, 1), by=st.sampled_from(("prover", "key", "stranger")))
    def end_a_key(self, who: int, key: int, by: str) -> None:
        prover, hot = self.roles.provers[who], self.roles.hot_keys[key]
        caller = {"prover": prover, "key": hot, "stranger": self.roles.outsider}[by]
        self.revoke_key(caller, self.market.provers.id_of(prover), hot)

    @rule(pick=PICKS, edge=EDGES, at_end=st.booleans(), capacity=st.sampled_from((0, 1, 5, 32, 33)))
    def act_by_a_key(self, pick: int, edge: int, at_end: bool, capacity: int) -> None:
        """Everything that a hot key can ask for, now or around its last second, allowed or not."""
        known = list(self.market.provers.keys.items())
        if not known:
            return
        (number, key), hot = known[pick % len(known)]
        if at_end and hot.expires_at <= self.now + 31 * DAY:
            self.to(hot.expires_at + edge)
        account = self.market.provers.prover_of(number).account
        queue = self.queues[0]
        seats = self.market.provers.seats_of(queue)
        mine = [index for index, seat in enumerate(seats) if seat.prover == number]
        self.heartbeat(key, number, queue, mine[0] if mine else 0, capacity)
        tasks = self.tasks_of(account, queue)
        if tasks:
            self.decline(tasks[0], key)
        for task in tasks[1:2]:
            self.submit("prove", task, sender=key)
        for task in tasks[2:3]:
            self.submit_many(key, account, queue, [self.item(task, "none")])

    @rule(
        who=WHO,
        seat=st.sampled_from((0, 1, 2, 31, 32)),
        capacity=st.sampled_from((0, 3, 33)),
        of=st.integers(1, 9),
    )
    def beat_by_a_prover(self, who: int, seat: int, capacity: int, of: int) -> None:
        prover = self.roles.provers[who]
        number = self.market.provers.id_of(prover) if of > 1 else ProverId(of * 99)
        self.heartbeat(prover, number, self.queues[who % 2], seat, capacity)

    # --- accelerators

    @rule(who=WHO, which=st.integers(0, 1), number=st.integers(0, len(RELEASES) + 1), drains=st.booleans())
    def choose_software(self, who: int, which: int, number: int, drains: bool) -> None:
        """Chooses an accelerator, perhaps after everything in flight is proven; then works with it."""
        prover, queue = self.roles.provers[who], self.queues[which]
        if drains:
            self.submit_all(prover, queue)
        self.set_accelerator(prover, queue, AcceleratorId(number))
        self.round(queue, 4, 10**17, works=True)
        self.submit_all(prover, queue)

    @rule(one=st.integers(0, 31), number=st.integers(0, len(RELEASES) + 1))
    def choose_software_at_leisure(self, one: int, number: int) -> None:
        """One of the crowd, who has nothing to do, tries whatever there is."""
        member, queue = self.roles.crowd[one], self.world.crowded
        for tried in (number, 3, 4, 99):
            self.set_accelerator(member, queue, AcceleratorId(tried))

    @rule(
        number=st.integers(1, len(RELEASES) + 1),
        nobody=st.booleans(),
        stranger=st.booleans(),
        retires=st.sampled_from((False, False, True)),
    )
    def look_after_software(self, number: int, nobody: bool, stranger: bool, retires: bool) -> None:
        caller = self.roles.outsider if stranger else self.roles.maker
        accelerator = AcceleratorId(number)
        self.set_payout(caller, accelerator, ZERO_ADDRESS if nobody else self.roles.provers[0])
        if retires:
            self.retire(caller, accelerator)
        else:
            self.set_payout(self.roles.maker, accelerator, self.roles.maker)

    @rule(at_end=st.booleans())
    def pay_the_maker(self, at_end: bool) -> None:
        if at_end:
            self.to((self.now // DAY + 1) * DAY)
        self.claim_by(self.roles.maker)

    # --- tier 1

    @rule(which=st.integers(0, 1), who=st.integers(0, 2), wrong=st.booleans())
    def carry_the_penalty(self, which: int, who: int, wrong: bool) -> None:
        """Whoever carries tier 1's penalty is made whole first, from the bond of the prover at fault."""
        queue, carrier = self.queues[which], self.roles.requesters[who]
        self.set_carrier(queue, carrier)
        self.round(queue, 3, 10**17, works=True)
        tasks = [task for task, t in self.market.tasks.items() if t.requester == carrier and t.queue == queue]
        for task in [task for task in tasks if self.market.tasks[task].status == TaskStatus.ASSIGNED][:2]:
            self.open_up(task, "invalid" if wrong else "missed")

    # --- sealed rounds

    @rule(
        count=st.integers(0, 5),
        over=st.sampled_from((-1, 0, 10**17)),
        edge=EDGES,
        stranger=st.booleans(),
        proves=st.booleans(),
    )
    def sealed_round(self, count: int, over: int, edge: int, stranger: bool, proves: bool) -> None:
        """The desk reveals bids in the second half of a cycle; the queue is cleared in the first half."""
        queue, desk, requesters = self.world.sealed, self.roles.desk, self.roles.requesters
        window = base_fee.ROUND_SECONDS
        self.reveal(queue, count, over)
        fee_wei = self.market.base_fee_of(queue, self.now)
        if stranger:
            self.place_for(requesters[0], requesters[0], queue, fee_wei)
            self.place_bid(requesters[0], queue, fee_wei + 10**18, DAY)
        queued = [
            t for t in live(self.market.tasks, TaskStatus.QUEUED) if self.market.tasks[t].queue == queue
        ]
        self.clear_now(queue)  # while bids are revealed it is not
        for task in queued[:1]:
            self.raise_to(self.market.tasks[task].requester, task, 10**20)
            self.raise_for(desk, task, 10**20)
        self.to((self.now // (2 * window) + 1) * 2 * window + edge)
        self.clear_now(queue)
        for task in self.in_time() if proves else ():
            if self.market.tasks[task].queue == queue:
                self.submit("prove", task)

    @rule(pick=PICKS, by=st.sampled_from((0, 10**17)), number=st.integers(0, 3), poor=st.booleans())
    def bid_through_the_desk(self, pick: int, by: int, number: int, poor: bool) -> None:
        """Bids and raises that somebody brings for their requester, who pays."""
        desk, queue = self.roles.desk, self.queues[pick % 2]
        fee_wei = zk(5) if poor else self.market.base_fee_of(queue, self.now) + 10**16
        self.place_for(desk, self.roles.requesters[number], queue, fee_wei)
        for task in live(self.market.tasks, TaskStatus.QUEUED)[pick % 3 :][:1]:
            self.raise_for(desk, task, self.market.tasks[task].amount_wei + by)
            self.raise_for(self.roles.outsider, task, zk(50))
        for task in live(self.market.tasks, TaskStatus.PROVEN)[:1]:
            self.raise_for(desk, task, zk(50))
