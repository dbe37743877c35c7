"""What is done with the adapter to tier 1, and what a hostile tier 1 does to it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.desk_rules import WHOLE
from tests.stateful.puppet import Manner
from tests.stateful.taiko_acts import DATA, TaikoActs
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.taiko import Block
from zkpool_sdk.economics.task_id import keccak_words
from zkpool_sdk.models import TaskStatus, WorkStatus
from zkpool_sdk.units import DAY, zk

TTKO = 10**8
"""A whole token of tier 1."""
MANNERS = st.sampled_from((0, 0, *map(int, Manner)))
UNITS = st.sampled_from((0, 1, TTKO, 10 * TTKO, 30 * TTKO, 10**6 * TTKO))
WINDOW = 1_800


class TaikoRules(TaikoActs):
    """The pool in tier 1."""

    @WHOLE
    @rule(funds=st.sampled_from((zk(60), zk(10))), seats=st.booleans())
    def begin_tier1(self, funds: int, seats: bool) -> None:
        """Everything it takes: money, units, an offer, stake, provers in the queue."""
        operator, trader = self.roles.operator, self.roles.outsider
        self.fund_adapter(operator, funds, self.taiko.address)
        self.order_units(operator, 20 * TTKO, 5 * TTKO)
        self.sell_units(trader, 10 * TTKO, 1)
        self.make_offer(operator, 10, 12, zk(5))
        self.stake_units(operator, 8 * TTKO)
        self.say_staker(8 * TTKO, 0, TTKO // 2)
        for prover in self.roles.provers[:3] if seats else ():
            self.join(prover, self.world.tier1, 4)

    @WHOLE
    @rule(
        reward=st.sampled_from((0, TTKO // 10, 3 * TTKO)),
        window=st.sampled_from((WINDOW, WINDOW, 600, 1_199, 1_201)),
        whose=st.sampled_from(("pool", "pool", "pool", "other")),
        flaw=st.sampled_from(("", "", "", "proven", "released", "data")),
        clears=st.booleans(),
    )
    def enter_a_block(self, reward: int, window: int, whose: str, flaw: str, clears: bool) -> None:
        """Tier 1 assigns a block, and somebody enters it; perhaps the round ends."""
        ext = len(self.puppet.blocks) + 1
        assigned = self.taiko.address if whose == "pool" else self.roles.outsider
        block = Block(
            assigned,
            self.now,
            self.now + window,
            released=flaw == "released",
            proven_at=self.now * (flaw == "proven"),
            commitment=1_000 + ext,
            data_hash=keccak_words(DATA),
            reward_units=reward,
        )
        self.say_block(ext, block)
        self.enter_block(ext, b"other" if flaw == "data" else DATA)
        if clears:
            queue = self.world.tier1
            self.to(self.market.round_of(queue).started_at + ROUND_SECONDS)
            self.clear_now(queue)

    @WHOLE
    @rule(pick=PICKS, fits=st.booleans())
    def enter_again_or_report(self, pick: int, fits: bool) -> None:
        works = list(self.taiko.works)
        if not works:
            self.report(1, bytes(32))  # type: ignore[arg-type]
            return
        ext = works[-1 - pick % len(works)]
        self.enter_block(ext)
        tasks = list(self.market.tasks)
        self.report(ext, self.taiko.works[ext].task if fits else tasks[pick % len(tasks)])

    @WHOLE
    @rule(
        pick=PICKS,
        how=st.sampled_from(("proven", "proven", "proven", "missed", "invalid", "declined", "none")),
        pays=st.sampled_from((0, TTKO // 10, 3 * TTKO)),
        manner=MANNERS,
    )
    def work_on_a_block(self, pick: int, how: str, pays: int, manner: int) -> None:
        """What becomes of a block's task; then its proof goes to tier 1, which may behave as it likes."""
        works = [ext for ext in self.taiko.live if self.taiko.works[ext].status == WorkStatus.BOUND]
        if not works:
            self.deliver(pick)
            return
        ext = works[pick % len(works)]
        task = self.taiko.works[ext].task
        if self.market.tasks[task].status == TaskStatus.ASSIGNED:
            if how == "proven":
                self.submit("prove", task)
            elif how != "none":
                self.open_up(task, how)
        self.owe(pays)
        self.behave(manner)
        self.deliver(ext)
        self.behave(0)

    @WHOLE
    @rule(
        pick=PICKS,
        edge=EDGES,
        at_end=st.booleans(),
        slashed=st.sampled_from((0, TTKO // 2, 9 * TTKO)),
        says=st.sampled_from((8 * TTKO, 8 * TTKO - TTKO // 2, 0)),
        manner=MANNERS,
    )
    def settle_a_block(
        self, pick: int, edge: int, at_end: bool, slashed: int, says: int, manner: int
    ) -> None:
        """Tier 1 says what it took, true or not; the work is settled around the end of its window."""
        blocks = list(self.puppet.blocks)
        if not blocks:
            return
        ext = (self.taiko.live or blocks)[pick % len(self.taiko.live or blocks)]
        block = self.puppet.blocks[ext]
        self.say_block(ext, replace(block, slashed_units=slashed))
        self.say_staker(says, 0, TTKO // 2)
        if at_end:
            self.to(block.prove_by + edge)
            task = self.taiko.work_of(ext).task
            if task in self.market.tasks and pick % 2:
                self.to(self.now + DAY)
                self.finalize_now(task)
        self.behave(manner)
        self.settle_block(ext)
        self.mark_taiko()
        self.behave(0)
        self.settle_block(ext)

    @WHOLE
    @rule(
        what=st.sampled_from(("collect", "repay", "stake", "exit", "withdraw", "buy", "sell", "mark")),
        units=UNITS,
        manner=MANNERS,
        stranger=st.booleans(),
    )
    def move_tier1_money(self, what: str, units: int, manner: int, stranger: bool) -> None:
        """The operator's and the traders' acts, under a tier 1 of any manner."""
        caller = self.roles.outsider if stranger else self.roles.operator
        self.behave(manner)
        match what:
            case "repay":
                self.repay_pool(caller, units * 10**9)
            case "stake":
                self.stake_units(caller, units)
            case "exit":
                self.exit_tier1(caller)
            case "withdraw":
                self.withdraw_units(caller)
            case "buy":
                self.buy_units(self.roles.outsider, units, zk(10**6) if not stranger else 0)
            case "sell":
                self.sell_units(self.roles.outsider, units, zk(10**6) if stranger else 0)
            case "mark":
                self.mark_taiko()
            case _:
                self.collect_refunds()
        self.behave(0)

    @WHOLE
    @rule(
        price=st.sampled_from((10**15 - 1, 10**15, zk(2), zk(3) + 7, 10**21, 10**21 + 1)),
        capacity=st.sampled_from((0, 12, 13)),
        stranger=st.booleans(),
    )
    def run_the_adapter(self, price: int, capacity: int, stranger: bool) -> None:
        """The owner's price, the operator's offer and orders; for a moment somebody else is operator."""
        self.price_units(price)
        caller = self.roles.outsider if stranger else self.roles.operator
        self.make_offer(caller, 10, capacity, zk(5))
        self.order_units(caller, 10 * TTKO, 10 * TTKO)
        self.name_trader(self.roles.outsider)
        self.exit_tier1(self.roles.operator)
        self.name_trader(self.roles.operator)
        self.price_units(zk(2))
