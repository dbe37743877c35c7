"""Random lives of a delegation vault: what delegators, provers, tier 1 and a donor do to it, in any order.

A life runs in one request on a real chain (``eth_simulateV1``) and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.rawchain import Artifacts, Call, Chain, Contract, Outcome
from tests.support.rawpool import DELEGATORS_PART, MISSED, OFFSET, ZK, RawPool, deploy_pool
from zkpool_sdk.units import DAY

TASK: Final = b"\x01" * 32
LOSSES: Final = ("slash", "mark")
"""Acts that may lower the price."""
DELEGATOR_ACTS: Final = ("deposit", "mint", "request", "redeem", "withdraw", "settle", "claim")
POOL_ACTS: Final = ("borrow", "return", "recall", "force", "slash", "earn", "collect", "donate")
TIER1_ACTS: Final = ("fund", "mark", "repay")
ALL_ACTS: Final = (*DELEGATOR_ACTS, *DELEGATOR_ACTS, *POOL_ACTS, *TIER1_ACTS)
IN_SHARES: Final = ("mint", "request", "redeem")
START_WEI: Final = 200 * ZK
"""What each delegator has put in before a life begins."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does, ``seconds`` after the one before."""

    name: str
    who: int
    amount: int
    seconds: int


amounts = st.one_of(
    st.integers(1, 80).map(lambda whole: whole * ZK),
    st.integers(1, 80 * ZK),
    st.integers(1, 10**6),
)
waits = st.one_of(st.just(1), st.integers(1, 2 * DAY), st.sampled_from([DAY, 7 * DAY, 8 * DAY]))


@st.composite
def acts(draw: st.DrawFn, names: Sequence[str] = ALL_ACTS) -> Act:
    """Any act; amounts of shares are a million times those of tokens."""
    name = draw(st.sampled_from(names))
    amount = draw(amounts)
    if name in IN_SHARES:
        amount = amount * OFFSET + draw(st.integers(0, OFFSET - 1))
    return Act(name, draw(st.integers(0, 1)), amount, draw(waits))


def lives(names: Sequence[str] = ALL_ACTS, most: int = 14) -> st.SearchStrategy[list[Act]]:
    """Lists of acts."""
    return st.lists(acts(names), min_size=1, max_size=most)


class Stage:
    """A vault in the middle of its life: 400 ZK, a loan, an adapter in use, and requests about to mature.

    The first prover borrows without a fee.
    """

    def __init__(self, chain: Chain, artifacts: Artifacts) -> None:
        self.pool: RawPool = deploy_pool(chain, artifacts)
        pool = self.pool
        self.adapter = pool.adapter(artifacts, 100 * ZK)
        self.delegators = (pool.delegator, pool.second_delegator)
        self.provers = (pool.prover, pool.second_prover)
        pool.send(pool.operator, "allowProver", pool.prover, True)
        pool.raw.fund(self.adapter.address, 10_000 * ZK)
        for who in self.delegators:
            pool.deposit(who, START_WEI)
        pool.borrow(pool.prover)
        pool.send(pool.operator, "fund", self.adapter.address, 20 * ZK)
        for who in (*self.delegators, *self.delegators):
            pool.request(who, 25 * ZK * OFFSET)
        pool.pass_time(7 * DAY - 100)

    @property
    def vault(self) -> Contract:
        return self.pool.delegation

    def calls(self, act: Act, at: int) -> list[Call]:
        """The calls that an act consists of, in a block of their own; the last one is the act."""
        pool, who, n = self.pool, self.delegators[act.who], act.amount
        prover, vault, market = self.provers[act.who], self.vault, self.pool.raw.market.address
        stake_vault, splitter, token = pool.raw.vault, pool.raw.splitter, pool.raw.token
        match act.name:
            case "deposit" | "mint":
                steps = [vault.call(who, act.name, n, who)]
            case "request":
                steps = [vault.call(who, "requestRedeem", n, who)]
            case "redeem" | "withdraw":
                steps = [vault.call(who, act.name, n, who, who)]
            case "settle":
                steps = [vault.call(pool.outsider, "settleRequests", n % 5)]
            case "claim":
                steps = [vault.call(who, "claimCredit")]
            case "borrow":
                steps = [vault.call(prover, "borrowStake")]
            case "return":
                steps = [vault.call(prover, "returnStake")]
            case "recall":
                steps = [vault.call(pool.outsider, "recall", prover)]
            case "force":
                steps = [vault.call(pool.operator, "recall", prover)]
            case "slash":
                bond = n % (33 * ZK)
                order = (TASK, prover, bond, MISSED, 0, 0, False, False)
                steps = [
                    stake_vault.call(market, "lockBonds", [prover], [bond]),
                    stake_vault.call(market, "slash", order),
                ]
            case "earn":
                price = n * DELEGATORS_PART
                credit = (prover, [price], [at - 1], False, 0, 0)
                steps = [
                    token.call(pool.owner, "transfer", splitter.address, price),
                    splitter.call(market, "credit", *credit),
                ]
            case "collect":
                steps = [vault.call(pool.outsider, "collect")]
            case "donate":
                steps = [token.call(pool.outsider, "transfer", vault.address, n)]
            case "fund":
                steps = [vault.call(pool.operator, "fund", self.adapter.address, n)]
            case "mark":
                steps = [
                    self.adapter.call(pool.outsider, "say", 0, n),
                    vault.call(pool.outsider, "mark", self.adapter.address),
                ]
            case "repay":
                give = (token.address, vault.address, n)
                steps = [self.adapter.call(pool.outsider, "giveBack", *give)]
            case _:
                raise ValueError(act.name)
        first = steps[0]
        return [Call(first.sender, first.to, first.data, at), *steps[1:]]

    def times(self, life: Sequence[Act]) -> list[int]:
        """When each act of a life happens."""
        now, times = self.pool.chain.now, []
        for act in life:
            now += act.seconds
            times.append(now)
        return times

    def play(
        self, life: Sequence[Act], views: Sequence[Call] = (), end: Iterable[Call] = ()
    ) -> tuple[list[tuple[Outcome, list[Outcome]]], list[Outcome]]:
        """Plays a life, looks after each act, and ends with more calls in one block an hour later.

        Returns:
            Each act's outcome with what the views said then; and the outcomes of the calls at the end.
        """
        calls: list[Call] = []
        marks: list[int] = []
        times = self.times(life)
        for act, at in zip(life, times, strict=True):
            calls += self.calls(act, at)
            marks.append(len(calls))
            calls += views
        last = len(calls)
        ending = list(end)
        if ending:
            first = ending[0]
            ending[0] = Call(first.sender, first.to, first.data, (times or [self.pool.chain.now])[-1] + 3600)
            calls += ending
        outcomes = self.pool.chain.simulate(calls)
        looked = [(outcomes[m - 1], outcomes[m : m + len(views)]) for m in marks]
        return looked, outcomes[last:]

    def view(self, name: str, *arguments: Any, sender: str | None = None) -> Call:
        """A call of a view."""
        return self.vault.call(sender or self.pool.outsider, name, *arguments)

    def value(self, name: str, outcome: Outcome) -> Any:
        """What a view said.

        Raises:
            ZKPoolError: it refused.
        """
        if not outcome.ok:
            raise outcome.error()
        return self.vault.decode(name, outcome.data)
