"""The market's life as a state machine: rules are the verbs of its roles, on model and chain alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.adversary_rules import AdversaryRules
from tests.stateful.control_rules import ControlRules
from tests.stateful.desk_rules import DeskRules
from tests.stateful.hostile_rules import HostileRules
from tests.stateful.lockstep import live
from tests.stateful.pool_rules import PoolRules
from tests.stateful.protocol_laws import ProtocolLaws
from tests.stateful.prover_rules import ProverRules
from tests.stateful.requester_rules import RequesterRules
from tests.stateful.rescue_rules import RescueRules
from tests.stateful.saver_rules import SaverRules
from tests.stateful.taiko_rules import TaikoRules
from tests.stateful.world import World
from zkpool_sdk.economics import base_fee
from zkpool_sdk.models import ZERO_ADDRESS, Address, TaskStatus
from zkpool_sdk.units import DAY, HOUR, Seconds, Wei, zk

GOVERNING: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "claim_pool": {"stranger": st.booleans()},
    "burn": {"over": st.sampled_from((None, 0, 1, 7))},
    "set_rates": {
        "pool": st.sampled_from((0, 1, 1999, 2000, 2001)),
        "part": st.sampled_from((0, 1, 3333, 10_000, 10_001)),
        "sponsor": st.sampled_from((0, 777, 5_000, 5_001)),
        "edge": EDGES,
        "at_end": st.booleans(),
    },
    "set_delegators": {"nobody": st.booleans()},
    "set_cap": {"cap": st.sampled_from((10**24 - 1, 10**24, 2 * 10**24, 21 * 10**26, 21 * 10**26 + 1))},
    "set_terms": {
        "which": st.integers(0, 1),
        "window": st.sampled_from((-1, 0, 0, 1, 600, 172_800)),
        "liability": st.sampled_from((59, 60, 900, 900, 172_800, 172_801)),
        "penalty": st.sampled_from((0, 0, -1, 1, -(10**17))),
        "stranger": st.sampled_from((False, False, False, True)),
    },
    "close_queue": {"stranger": st.booleans()},
    "pause": {},
    "unpause": {},
    "donate": {
        "to": st.sampled_from(("market", "vault", "splitter", "insurance")),
        "amount": st.sampled_from((1, 10**18, 2 * 10**24)),
    },
}
"""Acts of those who run the place, and what they are given."""


class MarketMachine(
    RequesterRules,
    ProverRules,
    RescueRules,
    PoolRules,
    DeskRules,
    SaverRules,
    AdversaryRules,
    ControlRules,
    HostileRules,
    TaikoRules,
    ProtocolLaws,
):
    """Rules pick from what the model holds; nothing is read from the chain until the example is over."""

    worlds: ClassVar[tuple[World, ...]]

    @initialize(
        number=st.sampled_from((0, 1, 2, 2, 3)),
        prover_count=st.sampled_from((0, 2, 3, 4, 5)),
        stake=st.sampled_from((32, 40, 300)),
        bid_count=st.integers(0, 12),
    )
    def open_market(self, number: int, prover_count: int, stake: int, bid_count: int) -> None:
        """A market of either clock: with provers who have done much, with newcomers, or with nobody in it."""
        self.begin(self.worlds[number])
        if not self.market.provers.id_of(self.roles.provers[0]):
            for prover in self.roles.provers[:prover_count]:
                self.stake(prover, zk(stake))
                self.register(prover)
                for queue in self.queues:
                    self.join(prover, queue, 32)
        for queue in self.queues[: bool(bid_count) + (prover_count > 3)]:
            self.round(queue, bid_count, 10**17)

    def teardown(self) -> None:
        if hasattr(self, "step"):
            self.step.replay()

    # --- time

    @rule(seconds=st.sampled_from((1, 59, 300, 601, HOUR, DAY, 3 * DAY, 8 * DAY)))
    def wait(self, seconds: int) -> None:
        self.to(self.now + seconds)

    @rule(pick=PICKS, edge=EDGES)
    def wait_for_a_deadline(self, pick: int, edge: int) -> None:
        """Warps to around any moment that the model knows of."""
        model = self.market
        moments = [model.round_of(queue).started_at + base_fee.ROUND_SECONDS for queue in self.queues]
        for task in live(model.tasks, TaskStatus.ASSIGNED):
            t = model.tasks[task]
            moments += [model.decline_by(t), t.prove_by, model.grace_until(t)]
        moments += [model.rescue_of(task).open_until for task in live(model.tasks, TaskStatus.OPEN)]
        moments += [p.banned_until for p in model.provers.provers.values() if not p.jailed]
        moments += [hot.expires_at for hot in model.provers.keys.values() if hot.accepted]
        for s in model.vault.stakes.values():
            moments += [s.unbond_at, s.decays_from + HOUR]
        moments += [(self.now // DAY + 1) * DAY, model.splitter.rates.changed_at + 7 * DAY]
        ahead = [moment for moment in moments if moment >= self.now - 1]
        self.to(ahead[pick % len(ahead)] + edge)

    @rule(which=st.integers(0, 1), count=st.integers(1, 6), pool_first=st.booleans())
    def a_good_day(self, which: int, count: int, pool_first: bool) -> None:
        """A round, everything proven at once, and everybody paid the day after."""
        queue = self.queues[which]
        self.round(queue, count, 10**17, works=True)
        for task in self.in_time():
            self.submit("prove", task)
        earners = list(self.market.splitter.earnings)
        for prover in earners[:1]:
            self.claim_by(prover)
        self.to((self.now // DAY + 1) * DAY)
        if pool_first:
            self.claim_pool(False)
        for prover in earners:
            self.claim_by(prover)
        self.claim_pool(False)

    @rule(who=st.integers(0, 4), edge=EDGES, works_on=st.booleans())
    def leave_the_pool(self, who: int, edge: int, works_on: bool) -> None:
        """Asks for everything, perhaps with tasks in flight, and comes for it around the moment it may."""
        prover = self.roles.provers[who]
        if works_on:
            self.round(self.queues[who % 2], 3, 10**17)
        everything = 2**256 - 1
        self.act(
            "request unstake",
            prover,
            "vault",
            "requestUnstake",
            (everything,),
            self.market.vault.request_unstake,
            prover,
            everything,
            self.now,
        )
        self.to(self.market.vault.stake_of(prover, self.now).unbond_at + edge)
        self.finish_by(prover)
        self.finish_by(prover)  # what still covers bonds stays

    # --- the pool, projects, the owner, the guardian: few rules, so that most of life is work

    @rule(what=st.sampled_from(("set_rates", "set_terms", "set_terms", "set_delegators")), data=st.data())
    def govern(self, what: str, data: st.DataObject) -> None:
        """Some act of a project or the owner."""
        self.run_the_place(what, data)

    @rule(
        what=st.sampled_from(("burn", "claim_pool", "donate", "pause", "set_cap", "unpause")), data=st.data()
    )
    def look_after(self, what: str, data: st.DataObject) -> None:
        """Some act of those who run the place, the guardian's and around the funds included."""
        self.run_the_place(what, data)

    @rule(which=st.integers(0, 1), work=st.booleans())
    def ask_for_too_much(self, which: int, work: bool) -> None:
        """Each bound of those who run the place, from outside and from inside."""
        for rates in ((2001, 0, 0), (0, 10_001, 0), (0, 0, 5001), (1999, 3333, 777), (2000, 5000, 2000)):
            self.set_rates(*rates, 0, False)
        for window, liability, penalty in ((-1, 900, 0), (0, 59, 0), (0, 900, 1), (1, 901, -1)):
            self.set_terms(which, window, liability, penalty, False)
        for nobody in (True, False, False):
            self.set_delegators(nobody)
        for cap in (10**24 - 1, 21 * 10**26 + 1, 10**24):
            self.set_cap(cap)
        self.burn(None)
        if not work:
            self.close_queue(True)
            self.close_queue(False)

    def run_the_place(self, what: str, data: st.DataObject) -> None:
        """One of GOVERNING, with what it is given."""
        getattr(self, what)(**{name: data.draw(values, name) for name, values in GOVERNING[what].items()})

    def claim_pool(self, stranger: bool) -> None:
        """The treasury's part by anybody, the delegators' by their account."""
        splitter = self.market.splitter
        self.act(
            "claim treasury",
            self.roles.outsider,
            "splitter",
            "claimTreasury",
            (),
            splitter.claim_treasury,
            self.now,
            returned=int,
        )
        caller = self.roles.outsider if stranger else self.roles.delegators
        self.act(
            "claim delegators",
            caller,
            "splitter",
            "claimDelegators",
            (),
            splitter.claim_delegators,
            caller,
            self.now,
            returned=int,
        )

    def burn(self, over: int | None) -> None:
        """Burns what the fund holds beyond its cap; first perhaps fills it to so much above it."""
        fund = self.market.insurance
        if over is not None and fund.cap_wei + over > fund.balance_wei:
            self.donate("insurance", fund.cap_wei + over - fund.balance_wei)
        self.act(
            "burn",
            self.roles.outsider,
            "insurance",
            "burnOverflow",
            (),
            fund.burn_overflow,
            returned=int,
        )

    def set_rates(self, pool: int, part: int, sponsor: int, edge: int, at_end: bool) -> None:
        changed_at = self.market.splitter.rates.changed_at
        if at_end and changed_at:
            self.to(changed_at + 7 * DAY + edge)
        self.act(
            "set rates",
            self.roles.deployer,
            "splitter",
            "setRates",
            (pool, part, sponsor),
            self.market.splitter.set_rates,
            pool,
            part,
            sponsor,
            self.now,
        )

    def set_delegators(self, nobody: bool) -> None:
        account = ZERO_ADDRESS if nobody else self.roles.delegators
        self.act(
            "set delegators",
            self.roles.deployer,
            "splitter",
            "setDelegators",
            (account,),
            self.market.splitter.set_delegators,
            account,
        )

    def set_cap(self, cap: int) -> None:
        self.act(
            "set cap",
            self.roles.deployer,
            "insurance",
            "setCap",
            (cap,),
            self.market.insurance.set_cap,
            Wei(cap),
        )

    def set_terms(self, which: int, window: int, liability: int, penalty: int, stranger: bool) -> None:
        """Terms with a longer or shorter window, a higher or lower penalty than the current ones."""
        queue = self.queues[which]
        caller = self.roles.outsider if stranger else self.roles.deployer
        last = self.market.projects.current(queue)[1]
        terms = replace(
            last,
            proof_window_seconds=Seconds(last.proof_window_seconds + window),
            liability_window_seconds=Seconds(liability),
            tier1_penalty_wei=Wei(max(last.tier1_penalty_wei + penalty, 0)),
        )
        self.act(
            "set terms",
            caller,
            "projects",
            "setTerms",
            (queue, terms),
            self.market.projects.set_terms,
            caller,
            queue,
            terms,
            returned=int,
        )

    def close_queue(self, stranger: bool) -> None:
        """Closes the crowded queue, so that the others stay open."""
        queue = self.world.queues[2]
        caller = self.roles.outsider if stranger else self.roles.deployer
        self.act(
            "close queue",
            caller,
            "projects",
            "closeQueue",
            (queue,),
            self.market.projects.close_queue,
            caller,
            queue,
        )
        self.place_bid(self.roles.requesters[0], queue, zk(1), DAY)

    def pause(self) -> None:
        """Invariant 37: bids and clearing stop, the rest goes on. Ends at once, so that life goes on."""
        self.act("pause", self.roles.deployer, "market", "pause", (), self.market.pause)
        self.place_bid(self.roles.requesters[0], self.queues[0], zk(1), DAY)
        self.clear_now(self.queues[0])
        for task in live(self.market.tasks, TaskStatus.QUEUED)[:1]:
            self.raise_to(self.market.tasks[task].requester, task, 10**20)
        for task in live(self.market.tasks, TaskStatus.ASSIGNED)[:1]:
            self.submit("prove", task)
        self.act("pause", self.roles.deployer, "market", "pause", (), self.market.pause)
        self.act("unpause", self.roles.deployer, "market", "unpause", (), self.market.unpause)

    def unpause(self) -> None:
        self.act("unpause", self.roles.deployer, "market", "unpause", (), self.market.unpause)

    def donate(self, to: str, amount: int) -> None:
        """Tokens sent to a contract: nobody's."""
        receiver = Address(getattr(self.at, to).address)
        self.donated[to] += amount
        self.act(
            "donate",
            self.roles.deployer,
            "token",
            "transfer",
            (receiver, amount),
            self.market.token.transfer,
            self.roles.deployer,
            receiver,
            amount,
        )
