"""How power is handed on, and what happens to those who have none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful.acts import PICKS
from tests.stateful.control_acts import ControlActs
from tests.stateful.world import RULES
from tests.support.rawmarket import KEY, STANDARD_TERMS
from zkpool_sdk.economics.control import OWNED
from zkpool_sdk.models import ZERO_ADDRESS, Address, ProjectId, SignalRule
from zkpool_sdk.units import PPM, Seconds

B32 = bytes(31) + b"7"
ADDED = ("delegation", "taiko")
"""Only where the world is whole."""
MOST_QUEUES = 12
"""A life opens no more."""
WHO = st.integers(0, 4)


class ControlRules(ControlActs):
    """Owners, guardian, bound contracts; new projects, queues and releases."""

    @rule(which=st.integers(0, 5), accepts=st.booleans())
    def hand_power_over(self, which: int, accepts: bool) -> None:
        """A contract gets another owner, who must take it; the old one has no power then. It comes back."""
        contract = OWNED[which]
        if contract in ADDED and not self.world.whole:
            return
        owner, heir, thief = self.roles.deployer, self.roles.keeper, self.roles.attackers[0]
        self.hand_over_to(contract, thief, thief)
        self.hand_over_to(contract, owner, heir)
        self.take_over(contract, thief)
        self.try_owners_acts(thief)
        if accepts:
            self.take_over(contract, heir)
            self.try_owners_acts(owner, contract)
            self.hand_over_to(contract, heir, owner)
            self.take_over(contract, owner)
        else:
            self.hand_over_to(contract, owner, ZERO_ADDRESS)
            self.take_over(contract, heir)

    def try_owners_acts(self, caller: Address, only: str = "") -> None:
        """Everything that an owner may do, by somebody who is none."""
        someone, queue = self.roles.outsider, self.queues[0]
        acts: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
            ("insurance", "setCap", (10**24,)),
            ("projects", "allowVerifier", (someone, True)),
            ("projects", "setCarrier", (queue, someone)),
            ("splitter", "setRates", (0, 0, 0)),
            ("splitter", "setTreasury", (someone,)),
            ("splitter", "setDelegators", (someone,)),
            ("market", "setGuardian", (someone,)),
            ("delegation", "setOperator", (someone,)),
            ("delegation", "allowAdapter", (self.roles.sponsor, 1)),
            ("delegation", "writeOff", (self.roles.sponsor,)),
            ("taiko", "setUnitPrice", (10**18,)),
            ("taiko", "setOperator", (someone,)),
        )
        for contract, function, given in acts:
            if (contract not in ADDED or self.world.whole) and (not only or contract == only):
                check = self.control.check_owner
                self.trespass(caller, contract, function, given, check, contract, caller)

    @rule(by=st.sampled_from(("outsider", "attacker", "prover")))
    def act_as_the_market(self, by: str) -> None:
        """Everything that the market alone may ask of others, and what was bound once for good."""
        roles, queue = self.roles, self.queues[0]
        caller = {"outsider": roles.outsider, "attacker": roles.attackers[0], "prover": roles.provers[0]}[by]
        prover = roles.provers[1]
        asks: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
            ("provers", "takeOpen", (queue, 0, prover)),
            ("provers", "award", (queue, [])),
            ("provers", "recordProven", (queue, 0, 1, [1], [600])),
            ("provers", "recordLate", (queue, 0, 1)),
            ("provers", "recordDeclined", (queue, 0, 1)),
            ("provers", "recordVoid", (queue, 0)),
            ("provers", "recordMissed", (queue, 0, 1)),
            ("provers", "recordInvalid", (queue, 0, 1)),
            ("vault", "lockBonds", ([prover], [1])),
            ("vault", "releaseBond", (prover, 1, True)),
            ("vault", "slash", ((B32, prover, 1, 1, 0, 0, False, False),)),
            ("vault", "advanceClock", (0,)),
            ("splitter", "credit", (caller, [10**18], [1], False, 0, 0)),
        )
        for contract, function, given in asks:
            self.trespass(caller, contract, function, given, self.control.check_market, caller)
        market = Address(self.at.market.address)
        bound = (
            ("provers", "bindMarket", "market", market),
            ("vault", "bindMarket", "market", market),
            ("splitter", "bindMarket", "market", market),
            ("vault", "bindSponsor", "sponsor", roles.sponsor),
            ("market", "bindDesk", "desk", roles.desk),
        )
        for contract, function, what, there in bound:
            for one in (caller, roles.deployer):
                self.trespass(one, contract, function, (caller,), self.control.bind, one, what, there)

    @rule(stands=st.booleans())
    def change_the_guardian(self, stands: bool) -> None:
        """The guardian stops the market and lets it go on; who is none does not."""
        guardian, thief = self.roles.hot_keys[0], self.roles.attackers[0]
        self.set_guardian(self.roles.deployer, ZERO_ADDRESS)
        self.set_guardian(self.roles.deployer, guardian)
        for function in ("pause", "unpause"):
            self.trespass(thief, "market", function, (), self.control.check_guardian, thief)
        self.act("pause", guardian, "market", "pause", (), self.market.pause)
        self.act("unpause", guardian, "market", "unpause", (), self.market.unpause)
        if not stands:
            self.set_guardian(self.roles.deployer, self.roles.deployer)
            self.trespass(guardian, "market", "pause", (), self.control.check_guardian, guardian)

    @rule(nobody=st.booleans(), back=st.booleans())
    def move_the_treasury(self, nobody: bool, back: bool) -> None:
        self.set_treasury(ZERO_ADDRESS if nobody else self.roles.outsider)
        self.claim_the_treasury()
        if back:
            self.set_treasury(self.roles.treasury)

    def claim_the_treasury(self) -> None:
        action, caller = self.market.splitter.claim_treasury, self.roles.outsider
        self.act("claim treasury", caller, "splitter", "claimTreasury", (), action, self.now, returned=int)

    @rule(
        pick=PICKS,
        rules=st.sampled_from((RULES, RULES, RULES[:2], (*RULES[:2], SignalRule.NONE))),
        good=st.sampled_from((True, True, False)),
        rating=st.sampled_from((None, None, 0, PPM, PPM + 1)),
        window=st.sampled_from((600, 600, 59, 172_801)),
        allowed=st.sampled_from((True, True, False)),
        stranger=st.booleans(),
    )
    def open_a_queue(
        self,
        pick: int,
        rules: tuple[SignalRule, ...],
        good: bool,
        rating: int | None,
        window: int,
        allowed: bool,
        stranger: bool,
    ) -> None:
        """A project of somebody, and a queue of it: as it must be, or with something the matter."""
        admin, thief = self.roles.requesters[pick % 4], self.roles.attackers[0]
        if len(self.market.projects.queues) > MOST_QUEUES:
            return
        project = self.open_project(admin)
        if not allowed:
            self.allow_verifier(False)
        terms = self.changed_terms(window)
        caller = thief if stranger else admin
        self.open_queue(caller, project, rules, terms, good=good, least_rating_ppm=rating)
        self.open_queue(admin, ProjectId(project + 1), rules, terms, good=good)
        if not allowed:
            self.allow_verifier(True)

    @staticmethod
    def changed_terms(window: int) -> Any:
        """Standard terms with another proof window."""
        return replace(STANDARD_TERMS, proof_window_seconds=Seconds(window))

    @rule(
        share=st.sampled_from((0, 500, 2_000, 2_001)),
        count=st.sampled_from((0, 1, 32, 33)),
        empty=st.sampled_from((False, False, True)),
    )
    def publish_software(self, share: int, count: int, empty: bool) -> None:
        keys = [bytes(30) + number.to_bytes(2, "big") for number in range(count)]
        self.publish(self.roles.attackers[3], bytes(32) if empty else KEY, keys, share)

    @rule(who=WHO, amount=st.sampled_from((0, 1, 8 * 10**18)))
    def stake_by_permit(self, who: int, amount: int) -> None:
        self.stake_with_a_used_permit(self.roles.provers[who], amount)
