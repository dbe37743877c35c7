"""The market's life as a state machine: rules are the verbs of its roles, on model and chain alike."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.lockstep import Lockstep, live
from tests.stateful.prover_rules import ProverRules
from tests.stateful.requester_rules import RequesterRules
from tests.stateful.world import World
from zkpool_sdk.economics import base_fee
from zkpool_sdk.models import ZERO_ADDRESS, Address, TaskStatus
from zkpool_sdk.units import DAY, HOUR, Seconds, Wei, zk


class MarketMachine(RequesterRules, ProverRules):
    """Rules pick from what the model holds; nothing is read from the chain until the example is over."""

    worlds: ClassVar[tuple[World, ...]]

    @initialize(
        number=st.integers(0, 1), prover_count=st.integers(0, 5), stake=st.sampled_from((32, 40, 300))
    )
    def open_market(self, number: int, prover_count: int, stake: int) -> None:
        self.world = self.worlds[number]
        self.step = Lockstep(self.world)
        self.at, self.roles = self.world.at, self.world.roles
        self.queues = self.world.queues[:2]
        self.begin()
        for prover in self.roles.provers[:prover_count]:
            self.stake(prover, zk(stake))
            self.register(prover)
            for queue in self.queues:
                self.join(prover, queue, 32)

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
        for task in live(model.tasks, TaskStatus.ASSIGNED, TaskStatus.OPEN):
            t = model.tasks[task]
            terms = model.projects.terms_of(t.queue, t.terms_version)
            moments += [t.prove_by, t.prove_by + terms.liability_window_seconds]
        for s in model.vault.stakes.values():
            moments += [s.unbond_at, s.decays_from + HOUR]
        moments += [(self.now // DAY + 1) * DAY, model.splitter.rates.changed_at + 7 * DAY]
        ahead = [moment for moment in moments if moment >= self.now - 1]
        self.to(ahead[pick % len(ahead)] + edge)

    # --- the pool, projects, the owner, the guardian

    @rule()
    def claim_pool(self) -> None:
        self.act(
            "claim pool",
            self.roles.outsider,
            "splitter",
            "claimPool",
            (),
            self.market.splitter.claim_pool,
            self.now,
            returned=tuple,
        )

    @rule(
        pool=st.sampled_from((0, 1, 1999, 2000, 2001)),
        part=st.sampled_from((0, 1, 3333, 10_000, 10_001)),
        edge=EDGES,
        at_end=st.booleans(),
    )
    def set_rates(self, pool: int, part: int, edge: int, at_end: bool) -> None:
        changed_at = self.market.splitter.rates.changed_at
        if at_end and changed_at:
            self.to(changed_at + 7 * DAY + edge)
        self.act(
            "set rates",
            self.roles.deployer,
            "splitter",
            "setRates",
            (pool, part),
            self.market.splitter.set_rates,
            pool,
            part,
            self.now,
        )

    @rule(nobody=st.booleans())
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

    @rule(cap=st.sampled_from((10**24 - 1, 10**24, 2 * 10**24, 21 * 10**26, 21 * 10**26 + 1)))
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

    @rule(
        which=st.integers(0, 1),
        window=st.sampled_from((59, 60, 600, 172_800, 172_801)),
        liability=st.sampled_from((59, 60, 900, 172_800, 172_801)),
        penalty=st.sampled_from((0, 1, 10**18, 10**23, 10**23 + 1)),
        stranger=st.sampled_from((False, False, True)),
    )
    def set_terms(self, which: int, window: int, liability: int, penalty: int, stranger: bool) -> None:
        """Invariant 36: tasks in flight keep the terms they have."""
        queue = self.queues[which]
        caller = self.roles.outsider if stranger else self.roles.deployer
        terms = replace(
            self.market.projects.current(queue)[1],
            proof_window_seconds=Seconds(window),
            liability_window_seconds=Seconds(liability),
            tier1_penalty_wei=Wei(penalty),
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

    @rule(stranger=st.booleans())
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

    @rule()
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

    @rule()
    def unpause(self) -> None:
        self.act("unpause", self.roles.deployer, "market", "unpause", (), self.market.unpause)

    @rule(
        to=st.sampled_from(("market", "vault", "splitter", "insurance")),
        amount=st.sampled_from((1, 10**18, 2 * 10**24)),
    )
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
