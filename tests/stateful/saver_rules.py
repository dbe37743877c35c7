"""What delegators, borrowers, the pool's operator and a rude adapter do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.desk_rules import WHOLE
from tests.stateful.push_acts import PushActs
from zkpool_sdk.economics.redemption import MATURITY_SECONDS
from zkpool_sdk.units import DAY, UINT96_MAX, zk

WHO = st.integers(0, 4)
SAVER = st.integers(0, 2)
AMOUNTS = st.sampled_from((0, 1, 10**15, 10**18 + 7, zk(32), zk(200)))
PARTS = st.sampled_from((1, 1, 2, 3, 1_000))
"""An owner's shares are divided by it."""
BY = ("owner", "owner", "other", "allowed")
WHEN = ("now", "now", "late", "closed")
OFFSET = 10**6
HONEST, REENTERS = 0, 5


class SaverRules(PushActs):
    """The pool of delegated stake, as each of its users sees it."""

    @WHOLE
    @rule(who=SAVER, to=SAVER, amount=AMOUNTS, mints=st.booleans(), too_much=st.booleans())
    def save(self, who: int, to: int, amount: int, mints: bool, too_much: bool) -> None:
        saver, receiver = self.roles.savers[who], self.roles.savers[to]
        if mints:
            self.mint(saver, amount * OFFSET + 7 * (amount > 1), receiver)
            if too_much:
                self.mint(saver, self.pool.max_mint(self.now) + 1, receiver)
        else:
            self.deposit(saver, amount, receiver)
            if too_much:
                self.deposit(saver, self.pool.max_deposit(self.now) + 1, receiver)

    @WHOLE
    @rule(who=SAVER, part=PARTS, by=st.sampled_from(BY), dust=st.booleans())
    def ask_back(self, who: int, part: int, by: str, dust: bool) -> None:
        """Asks to redeem a part of the shares; by who may, or may not."""
        owner, other = self.roles.savers[who], self.roles.savers[who - 1]
        shares = self.pool.shares.get(owner, 0) // part
        if by == "allowed":
            self.approve_shares(owner, other, shares)
        if dust:
            self.request_redeem(owner, owner, 7)
            self.request_redeem(owner, owner, 0)
            self.request_redeem(owner, owner, self.pool.shares.get(owner, 0) + 1)
        self.request_redeem(owner if by == "owner" else other, owner, shares)

    @WHOLE
    @rule(
        pick=PICKS,
        edge=EDGES,
        at_end=st.sampled_from((True, True, False)),
        how=st.sampled_from(("redeem", "withdraw", "settle", "more", "other", "allowed")),
        part=PARTS,
    )
    def take_back(self, pick: int, edge: int, at_end: bool, how: str, part: int) -> None:
        """Spends matured requests, around the moment they mature or now; or has them settled."""
        requests = list(self.pool.requests.values())
        request = requests[pick % len(requests)] if requests else None
        owner = request.owner if request else self.roles.savers[pick % 3]
        if request and at_end:
            self.to(request.matures_at + edge)
        other = self.roles.savers[pick % 3]
        most = self.pool.max_redeem(owner, self.now)
        match how:
            case "settle":
                self.settle_requests(pick % 5)
            case "withdraw":
                self.withdraw(owner, owner, self.pool.max_withdraw(owner, self.now) // part, other)
            case "more":
                self.redeem(owner, owner, most + 1, owner)
                self.withdraw(owner, owner, self.pool.max_withdraw(owner, self.now) + 1, owner)
            case "other" | "allowed":
                if how == "allowed":
                    self.approve_shares(owner, other, most)
                self.redeem(other, owner, most // part, other)
            case _:
                self.redeem(owner, owner, most // part, owner)

    @WHOLE
    @rule(who=st.integers(0, 7))
    def take_pool_credit(self, who: int) -> None:
        owed = list(self.pool.credits)
        people = (*self.roles.savers, *self.roles.provers)
        self.claim_pool_credit(owed[who % len(owed)] if owed and who % 2 else people[who])

    @WHOLE
    @rule(who=SAVER, to=SAVER, part=PARTS)
    def pass_shares_on(self, who: int, to: int, part: int) -> None:
        owner = self.roles.savers[who]
        held = self.pool.shares.get(owner, 0)
        receiver, shares = self.roles.savers[to], held // part if part < 1_000 else held + 1
        self.transfer_shares(owner, receiver, shares)
        self.move_shares(receiver, owner, receiver, shares)
        self.approve_shares(owner, receiver, shares)
        self.move_shares(receiver, owner, receiver, self.pool.shares.get(owner, 0) // 2)

    @WHOLE
    @rule(at_end=st.booleans(), works=st.booleans())
    def take_profit_in(self, at_end: bool, works: bool) -> None:
        """The delegators' part comes in, and unlocks over a day."""
        if works:
            self.round(self.queues[0], 4, 10**18, works=True)
            self.work_off(self.queues[0])
        if at_end:
            self.to((self.now // DAY + 1) * DAY)
        self.collect()

    # --- loans

    @WHOLE
    @rule(who=WHO, allowed=st.booleans(), registers=st.booleans(), works=st.booleans())
    def borrow_and_work(self, who: int, allowed: bool, registers: bool, works: bool) -> None:
        prover = self.roles.provers[who]
        if allowed:
            self.allow_prover(self.roles.operator, prover, True)
            self.allow_prover(self.roles.outsider, prover, True)
        if registers:
            self.register(prover)
        self.borrow(prover)
        if works:
            self.back(self.queues[0], True)
            self.join(prover, self.queues[0], 4)
            self.round(self.queues[0], 6, 10**17, works=True)

    @WHOLE
    @rule(who=WHO, by=st.sampled_from(("prover", "operator", "outsider")), idle=st.booleans(), edge=EDGES)
    def end_a_loan(self, who: int, by: str, idle: bool, edge: int) -> None:
        """Gives a loan back, or has it called back: by the operator, or by anybody when there are grounds."""
        borrowers = list(self.pool.loans)
        prover = borrowers[who % len(borrowers)] if borrowers and who else self.roles.provers[who]
        if idle:
            self.to(self.market.vault.stake_of(prover, self.now).decays_from + edge)
        if by == "prover":
            self.give_back_loan(prover)
        else:
            self.recall_loan(self.roles.operator if by == "operator" else self.roles.outsider, prover)

    @WHOLE
    @rule(who=WHO, wrong=st.booleans(), count=st.integers(1, 4), again=st.booleans())
    def lose_a_loan(self, who: int, wrong: bool, count: int, again: bool) -> None:
        """Spoils tasks won with lent stake; what is left is called back by anybody, and perhaps lent anew."""
        borrowers = list(self.pool.loans)
        if not borrowers:
            return
        prover = borrowers[who % len(borrowers)]
        self.back(self.queues[0], True)
        self.round(self.queues[0], 10, 3 * 10**18, works=True)
        for task in self.tasks_of(prover, self.queues[0])[:count]:
            self.open_up(task, "invalid" if wrong else "missed")
        self.recall_loan(self.roles.outsider, prover)
        if again:
            self.borrow(prover)

    # --- tier 1

    @WHOLE
    @rule(
        amount=st.sampled_from((0, 1, zk(10), zk(50), zk(200), zk(201))),
        stranger=st.booleans(),
        known=st.sampled_from((True, True, False)),
    )
    def fund_tier1(self, amount: int, stranger: bool, known: bool) -> None:
        adapter = self.adapter if known else self.roles.outsider
        self.fund_adapter(self.roles.operator, amount, adapter)
        if stranger:
            self.fund_adapter(self.roles.outsider, amount, adapter)

    @WHOLE
    @rule(
        manner=st.sampled_from((HONEST, HONEST, HONEST, 1, 2, 3, 4, REENTERS)),
        value=st.sampled_from((0, 1, zk(10), zk(60), zk(200), UINT96_MAX, 2**256 - 1)),
        known=st.sampled_from((True, True, True, False)),
    )
    def mark_tier1(self, manner: int, value: int, known: bool) -> None:
        """An adapter says what it is worth: anything, or it reverts, burns gas, talks at length."""
        self.adapter_says(manner, value)
        self.mark(None if known else self.roles.outsider)

    @WHOLE
    @rule(amount=st.sampled_from((0, 1, zk(10), zk(60))), all_of_it=st.booleans())
    def tier1_pays_back(self, amount: int, all_of_it: bool) -> None:
        held = self.market.token.balance_of(self.adapter)
        self.repay_as(self.roles.outsider, amount)
        self.give_back_funds(held if all_of_it else amount)

    @WHOLE
    @rule(
        what=st.sampled_from(("cap", "cap", "write off", "operator")),
        cap=st.sampled_from((0, zk(10), zk(200))),
    )
    def run_the_pool(self, what: str, cap: int) -> None:
        """The owner's acts around the pool; an operator that is nobody is put back at once."""
        if what == "cap":
            self.allow_adapter(cap)
        elif what == "write off":
            self.write_off()
            self.allow_adapter(zk(200))
        else:
            self.set_operator(self.roles.outsider)
            self.fund_adapter(self.roles.operator, 1)
            self.set_operator(self.roles.operator)

    # --- push adapter

    @WHOLE
    @rule(
        pick=PICKS,
        reward=st.sampled_from((0, 1, 10**17, zk(3))),
        penalty=st.sampled_from((0, 1, 10**16, zk(3) + 1)),
        life=st.sampled_from((-1, 0, 600, DAY, 30 * DAY, 30 * DAY + 1)),
        of_a_task=st.booleans(),
    )
    def promise_a_reward(self, pick: int, reward: int, penalty: int, life: int, of_a_task: bool) -> None:
        """For the statement of a task that there is, or of one to come."""
        tasks = list(self.market.tasks)[-8:]
        statement, queue = [self.last_statement + 1], self.queues[pick % 2]
        if of_a_task and tasks:
            task = tasks[pick % len(tasks)]
            statement, queue = [self.statements[task]], self.market.tasks[task].queue
        sponsor = self.roles.requesters[pick % 4]
        ext = self.post(sponsor, queue, statement, reward, penalty, self.now + life)
        if ext and of_a_task and tasks:
            self.bind(ext, task)

    @WHOLE
    @rule(pick=PICKS, other=PICKS, fits=st.booleans())
    def bind_a_work(self, pick: int, other: int, fits: bool) -> None:
        """Binds a work to a task of its statement, or to any, or again."""
        works, tasks = list(self.push.works), list(self.market.tasks)
        if not works or not tasks:
            self.settle_work(len(works) + 1)
            return
        ext = works[-1 - pick % len(works)]
        statement = self.push.statements[ext][0]
        mine = [task for task in tasks if self.statements[task] == statement]
        self.bind(ext + (pick == 63), mine[-1] if fits and mine else tasks[other % len(tasks)])

    @WHOLE
    @rule(
        pick=PICKS, edge=EDGES, when=st.sampled_from(("now", "now", "late", "closed")), claims=st.booleans()
    )
    def settle_a_work(self, pick: int, edge: int, when: str, claims: bool) -> None:
        works = list(self.push.works)
        if not works:
            return
        ext = works[-1 - pick % len(works)]
        w = self.push.works[ext]
        bound = self.market.tasks.get(w.task)
        if bound is not None and bound.prover and pick % 2:
            self.submit("prove", w.task)
        self.to({"now": 0, "late": w.prove_by, "closed": w.prove_by + 5 * DAY}[when] + edge)
        self.settle_work(ext)
        if claims:
            for account in (w.sponsor, *list(self.push.credits)[:1], self.roles.outsider):
                self.claim_push_credit(account)

    @WHOLE
    @rule(count=st.integers(1, 3), edge=EDGES)
    def pool_runs_short(self, count: int, edge: int) -> None:
        """Delegators leave while stake is lent: who cannot be paid has the loans called back."""
        self.borrow(self.roles.provers[4])
        for saver in self.roles.savers[:count]:
            self.request_redeem(saver, saver, self.pool.shares.get(saver, 0))
        self.to(self.now + MATURITY_SECONDS + edge)
        self.settle_requests(32)
        for prover in list(self.pool.loans):
            self.recall_loan(self.roles.outsider, prover)
        self.settle_requests(32)
