"""What is done at a real bid desk, adversaries included: copied, replayed, forged and late bids."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.acts import EDGES, PICKS
from tests.stateful.desk_acts import CURVE_ORDER
from tests.stateful.lockstep import live
from tests.stateful.push_acts import PushActs
from zkpool_sdk.chain.bids import Offer
from zkpool_sdk.economics.desk import COMMIT_SECONDS, CYCLE_SECONDS
from zkpool_sdk.models import ZERO_ADDRESS, CommitStatus, TaskStatus
from zkpool_sdk.units import DAY, Wei, zk

WHOLE = precondition(lambda machine: machine.world.whole)
"""Only where the real parts are."""
BY = st.sampled_from(("requester", "requester", "wallet", "another", "thief of a wallet"))
HOW = ("anybody", "one", "none")
CAPS = st.sampled_from((0, 10**17, 10**20))


def forgeries(signature: bytes) -> tuple[bytes, ...]:
    """The other parity, the other half of the curve, no parity at all, a byte short."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    other = (CURVE_ORDER - s).to_bytes(32, "big")
    return (
        signature[:64] + bytes([55 - v]),
        r + other + bytes([55 - v]),
        signature[:64] + bytes([v - 27]),
        signature[:64],
    )


class DeskRules(PushActs):
    """Signed and sealed bids as their requesters, relayers and copiers bring them."""

    @WHOLE
    @rule(
        number=st.integers(0, 3),
        which=st.integers(0, 3),
        over=st.sampled_from((-1, 0, 10**16, 10**17)),
        by=BY,
        cap=CAPS,
        edge=st.sampled_from((None, None, -1, 0, 1)),
    )
    def sign_a_bid(self, number: int, which: int, over: int, by: str, cap: int, edge: int | None) -> None:
        """A bid that its requester, its wallet or somebody else has signed; around its deadline, or now."""
        queue = self.world.queues[which]
        fee_wei = self.market.base_fee_of(queue, self.now) + over
        requester = self.roles.wallet[0] if "wallet" in by else self.roles.requesters[number]
        signer = {"another": 11, "thief of a wallet": 7}.get(by, -1)
        raiser = self.roles.outsider if number % 2 else ZERO_ADDRESS
        given = self.offer(
            requester, queue, fee_wei, raiser=raiser, cap_wei=fee_wei + cap if cap else 0, signer=signer
        )
        if edge is not None:
            self.to(given.bid.deadline + edge)
        self.bring(self.roles.outsider, given)

    @WHOLE
    @rule(pick=PICKS, alters=st.booleans(), revokes=st.booleans())
    def replay_a_bid(self, pick: int, alters: bool, revokes: bool) -> None:
        """A signature seen on chain, brought again; forged, altered; or taken back by its signer, or not."""
        if alters or not self.offers:
            self.offer(self.roles.requesters[pick % 3], self.queues[0], zk(1))
            pick = len(self.offers) - 1
        offered = self.offers[pick % len(self.offers)]
        bid, signature = offered.bid, offered.signature
        if revokes:
            self.revoke(self.roles.outsider, bid)
            if bid.requester not in self.roles.wallet:
                self.revoke(bid.requester, bid)
        copier = self.roles.attackers[2]
        for forged in forgeries(signature) if alters else ():
            self.bring(copier, Offer(bid, forged))
        if alters:
            self.bring(copier, Offer(replace(bid, raiser=copier, cap_wei=Wei(zk(99))), signature))
        self.bring(copier, offered)

    @WHOLE
    @rule(
        pick=PICKS, by=st.sampled_from((0, 10**16, 10**17)), how=st.sampled_from(("anybody", "one", "none"))
    )
    def raise_at_the_desk(self, pick: int, by: int, how: str) -> None:
        """Raises a bid whose requester has let anybody, one account or nobody, up to a cap and beyond."""
        queued = live(self.market.tasks, TaskStatus.QUEUED)
        if not queued:
            return
        task = queued[pick % len(queued)]
        t = self.market.tasks[task]
        raiser = {"anybody": ZERO_ADDRESS, "one": self.roles.outsider}.get(how)
        self.allow_raise(self.roles.attackers[0], task, self.roles.attackers[0], 10**20)
        if raiser is not None and t.requester not in self.roles.wallet:
            self.allow_raise(t.requester, task, raiser, t.amount_wei + 10**16)
        for caller in (self.roles.attackers[0], self.roles.outsider):
            if self.market.tasks[task].status == TaskStatus.QUEUED:
                self.raise_at_desk(caller, task, t.amount_wei + by)

    # --- sealed

    @WHOLE
    @rule(number=st.integers(0, 2), over=st.sampled_from((-1, 0, 10**17)), edge=EDGES, waits=st.booleans())
    def seal_a_bid(self, number: int, over: int, edge: int, waits: bool) -> None:
        """Commits around the end of the first half of a cycle, or now; a copier commits to the same hash."""
        queue = self.world.sealed
        if waits:
            self.to_commits()
            self.to(self.now // CYCLE_SECONDS * CYCLE_SECONDS + COMMIT_SECONDS - 1 + edge)
        fee_wei = self.market.base_fee_of(queue, self.now) + over
        commitment = self.seal(self.roles.requesters[number], queue, fee_wei)
        self.seal(self.roles.requesters[number], self.queues[0], fee_wei)
        if commitment is not None:
            bid = self.sealed_bids[commitment]
            bid_hash = self.bids.hash_of(
                bid.requester, queue, bid.statement, bid.max_fee_wei, bid.expires_at, bid.data, bid.salt
            )
            self.commit(bid.requester, queue, bid_hash)
            self.commit(self.roles.attackers[2], queue, bid_hash)

    @WHOLE
    @rule(
        pick=PICKS,
        edge=EDGES,
        when=st.sampled_from(("now", "first", "first", "last")),
        what=st.sampled_from(("reveal", "reveal", "twice", "copy", "forfeit")),
    )
    def open_a_sealed_bid(self, pick: int, edge: int, when: str, what: str) -> None:
        """Reveals, copies a reveal, or lets the deposit be forfeited, around the ends of the second half."""
        made = [c for c, known in self.bids.commitments.items() if known.status == CommitStatus.COMMITTED]
        known = [c for c in self.sealed_bids if c in (made or self.sealed_bids)]
        if not known:
            return
        commitment = known[-1 - pick % min(len(known), 3)]
        bid, cycle = self.sealed_bids[commitment], self.bids.commitments[commitment].cycle
        start = cycle * CYCLE_SECONDS
        self.to({"now": 0, "first": start + COMMIT_SECONDS, "last": start + CYCLE_SECONDS - 1}[when] + edge)
        if what == "copy":
            self.open_bid(self.roles.attackers[2], bid)
        if what == "forfeit":
            self.forfeit(commitment)
            self.to(start + CYCLE_SECONDS + edge)
            self.forfeit(commitment)
            return
        for _ in range(1 + (what == "twice")):
            self.open_bid(bid.requester, bid)
        self.claim_deposit(bid.requester)

    @WHOLE
    @rule(pauses=st.booleans(), short=st.booleans(), count=st.integers(1, 3))
    def reveal_what_is_refused(self, pauses: bool, short: bool, count: int) -> None:
        """A bid refused for what nobody could know gives the deposit back; others do not."""
        queue, requester = self.world.sealed, self.roles.requesters[0]
        self.to_commits()
        fee_wei = self.market.base_fee_of(queue, self.now)
        below = self.seal(requester, queue, fee_wei - 1)
        dies = self.seal(requester, queue, fee_wei + 10**17, life=DAY if not short else CYCLE_SECONDS)
        poor = self.seal(self.roles.requesters[3], queue, zk(50))
        self.to_reveals()
        if pauses:
            self.act("pause", self.roles.deployer, "market", "pause", (), self.market.pause)
        for commitment in (below, dies, poor)[: count + 1]:
            if commitment is not None:
                bid = self.sealed_bids[commitment]
                self.open_bid(bid.requester, bid)
        if pauses:
            self.act("unpause", self.roles.deployer, "market", "unpause", (), self.market.unpause)
        self.claim_deposit(requester)
        self.claim_deposit(requester)
