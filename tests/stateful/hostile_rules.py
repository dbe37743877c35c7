"""A hostile token: in the middle of a transfer it calls the protocol back, as anybody might."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.acts import PICKS
from tests.stateful.hostile import HostileToken, Step
from tests.stateful.lockstep import live
from tests.stateful.push_acts import PushActs
from tests.stateful.thought import Thinker
from zkpool_sdk.errors import ContractError, ReentrancyGuardReentrantCall, TokenTookFee
from zkpool_sdk.models import ZERO_ADDRESS, Address, TaskStatus
from zkpool_sdk.units import DAY, zk

MUCH_WEI: Final = zk(5_000)
"""More than can go missing from the vault while it comes in."""
GUARDED: Final = {
    ("market", "clear"), ("market", "finalize"), ("delegation", "settleRequests"), ("delegation", "collect"),
}  # fmt: skip
"""What cannot be called while its contract is at work."""
Called = tuple[str, str, tuple[Any, ...], Step]
"""Contract, function, what it is given; and what it is on the model."""


class HostileRules(PushActs, Thinker):
    """Whatever a token calls in a transfer either fails as a whole or is as if it had come afterwards."""

    @precondition(lambda machine: hasattr(machine.market, "hostile"))
    @rule(
        who=st.integers(0, 4),
        outer=st.sampled_from(("stake", "place", "credit", "claim", "finish", "deposit", "reward")),
        inner=st.sampled_from(
            ("clear", "clear", "finalize", "expire", "settle", "treasury", "requests", "collect", "work")
        ),
        pick=PICKS,
    )
    def call_back(self, who: int, outer: str, inner: str, pick: int) -> None:
        """Somebody acts, and the token calls something else before its transfer is over."""
        sender, (contract, function, given, step) = self._outer(outer, who)
        there, called, what, inside = self._inner(inner, pick)
        target = getattr(self.at, there)
        data = target.data(called, *what)
        hostile: HostileToken = self.market.hostile  # type: ignore[attr-defined]
        refusal = self._refusal(step, inside, contract == there and (there, called) in GUARDED)
        arming = self.roles.outsider, "token", "arm"
        self.act("arm", *arming, (target.address, data), hostile.arm, compare=False)
        if refusal is None:
            self.act("call back", sender, contract, function, given, hostile.call_back, step, inside)
        else:
            self.act("call back", sender, contract, function, given, hostile.refuse, refusal)
        self.act("arm", *arming, (ZERO_ADDRESS, b""), hostile.arm, compare=False)
        for task in self.market.tasks.keys() - self.statements.keys():
            self.statements[task] = self.last_statement

    def _refusal(self, outer: Step, inner: Step, guarded: bool) -> ContractError | None:
        """Why the act would fail: for its own reason, for the token's, or because money went missing."""
        with self.in_thought():
            vault = Address(self.at.vault.address)
            try:
                outer.on(self.market)
                if guarded:
                    return ReentrancyGuardReentrantCall()
                held_wei = self.market.token.balance_of(vault)
                inner.on(self.market)
            except ContractError as refusal:
                return refusal
            missing_wei = held_wei - self.market.token.balance_of(vault)
        if outer[:2] == ("vault", "stake") and missing_wei:
            amount_wei = outer.arguments[1]
            return TokenTookFee(amount_wei, amount_wei - missing_wei)
        return None

    def _outer(self, kind: str, who: int) -> tuple[Address, Called]:
        """An act that ends in one transfer, by whom it is of."""
        now, prover, requester = self.now, self.roles.provers[who], self.roles.requesters[who % 3]
        saver, queue = self.roles.savers[who % 3], self.queues[who % 2]
        match kind:
            case "stake" if self.market.vault.stakes.get(prover) == self.market.vault.stake_of(prover, now):
                step = Step("vault", "stake", (prover, MUCH_WEI, now))
                return prover, ("vault", "stake", (MUCH_WEI,), step)
            case "finish":
                leaving = [p for p, s in self.market.vault.stakes.items() if s.unbonding_wei]
                prover = leaving[who % len(leaving)] if leaving else prover
                step = Step("vault", "finish_unstake", (prover, now))
                return prover, ("vault", "finishUnstake", (), step)
            case "credit":
                owed = list(self.market.credits) or [requester]
                account = owed[who % len(owed)]
                return account, ("market", "claimCredit", (), Step("market", "claim_credit", (account,)))
            case "claim":
                earners = list(self.market.splitter.earnings) or [prover]
                account = earners[who % len(earners)]
                return account, ("splitter", "claim", (), Step("splitter", "claim", (account, now)))
            case "reward":
                return prover, ("push", "claimCredit", (), Step("push", "claim_credit", (prover,)))
            case "place":
                self.last_statement += 1
                fee_wei = self.market.base_fee_of(queue, now) + 10**17
                bid = queue, [self.last_statement], fee_wei, now + 20 * DAY
                step = Step("market", "place_bid", (requester, *bid, now, b""))
                return requester, ("market", "placeBid", (*bid, b""), step)
            case _:
                step = Step("pool", "deposit", (saver, zk(1), now, saver))
                return saver, ("delegation", "deposit", (zk(1), saver), step)

    def _inner(self, kind: str, pick: int) -> Called:
        """An act that anybody may do, and so the token."""
        now, token, tasks = self.now, Address(self.at.token.address), self.market.tasks
        match kind:
            case "finalize":
                due = live(tasks, TaskStatus.ASSIGNED, TaskStatus.OPEN) or [bytes(32)]
                task = due[pick % len(due)]
                return "market", "finalize", (task,), Step("market", "finalize", (token, task, now))
            case "expire":
                queued = live(tasks, TaskStatus.QUEUED) or [bytes(32)]
                task = queued[pick % len(queued)]
                return "market", "expireBid", (task,), Step("market", "expire_bid", (task, now))
            case "settle":
                prover = self.roles.provers[pick % 5]
                return "vault", "settle", (prover,), Step("vault", "settle", (prover, now))
            case "treasury":
                return "splitter", "claimTreasury", (), Step("splitter", "claim_treasury", (now,))
            case "requests":
                return "delegation", "settleRequests", (4,), Step("pool", "settle_requests", (4, now))
            case "collect":
                return "delegation", "collect", (), Step("pool", "collect", (now,))
            case "work":
                ext = max(len(self.push.works), 1)
                return "push", "settle", (ext,), Step("push", "settle", (ext, now))
            case _:
                queue = self.queues[pick % 2]
                return "market", "clear", (queue,), Step("market", "clear", (queue, now))
