"""The delegation vault and its Python twin say the same after every act of any life: each wei, each error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given

from tests.property.pool_lives import ALL_ACTS, Act, Stage, lives
from tests.support.rawchain import Chain, Outcome, compiled
from tests.support.rawpool import DELEGATORS_PART, ZK
from zkpool_sdk.economics.accelerators import AcceleratorRegistry
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.economics.hot_keys import HotKeys
from zkpool_sdk.economics.splitter import RewardSplitter
from zkpool_sdk.economics.token import Token
from zkpool_sdk.economics.vault import SlashOrder, StakeVault
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import Adapter, Address, Fault, Loan, Request, Stake
from zkpool_sdk.units import DAY, Wei


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Chain() as chain:
        yield Stage(chain, compiled())


@pytest.fixture(scope="module")
def newborn(stage: Stage) -> Twin:
    return Twin(stage)


class Twin:
    """The twin of a stage's vault, in the state that its life begins with."""

    def __init__(self, stage: Stage) -> None:
        pool, raw = stage.pool, stage.pool.raw
        self.market = Address(raw.market.address)
        self.owner = Address(pool.owner)
        self.outsider = Address(pool.outsider)
        self.operator = Address(pool.operator)
        self.delegators = tuple(Address(who) for who in stage.delegators)
        self.provers = tuple(Address(who) for who in stage.provers)
        self.adapter = Address(stage.adapter.address)
        self.address = Address(stage.vault.address)
        insurance, treasury = Address(raw.insurance.address), Address(pool.chain.accounts[7])
        self.token = Token(self.owner)
        vault, splitter = Address(raw.vault.address), Address(raw.splitter.address)
        accounts = {*self.delegators, *self.provers, self.owner, self.outsider, self.operator}
        accounts |= {self.adapter, self.address, insurance, treasury, vault, splitter, self.market}
        self.token.balances = {account: pool.balance(account) for account in accounts}
        self.stakes = StakeVault(self.token, vault, insurance)
        self.stakes.sponsor = self.address
        for prover in self.provers:
            self.stakes.stakes[prover] = Stake(*raw.vault.read("stakeOf", prover))
        self.splitter = RewardSplitter(self.token, splitter, treasury, self.stakes, AcceleratorRegistry())
        self.splitter.set_delegators(self.address)
        registry = HotKeys()
        for prover in self.provers:
            registry.register(prover)
        self.vault = DelegationVault(
            self.token, self.address, self.stakes, self.splitter, registry, self.operator
        )
        self._begin(stage)

    def _begin(self, stage: Stage) -> None:
        read, twin = stage.pool.read, self.vault
        twin.idle_wei = read("idleWei")
        twin.shares = {who: read("balanceOf", who) for who in self.delegators}
        first, twin.next_request = read("requestRange")
        twin.requests = {i: Request(*read("requestOf", i)) for i in range(first, twin.next_request)}
        twin.loans = {who: Loan(*read("loanOf", who)) for who in self.provers if read("loanOf", who)[0]}
        twin.adapters = {self.adapter: Adapter(*read("adapterOf", self.adapter))}
        twin.allowed = {who: read("isAllowed", who) for who in self.provers}

    def do(self, act: Act, now: int) -> Any:
        """Does an act; what it returns.

        Raises:
            ContractError: the vault refuses.
        """
        twin, who, prover, n = self.vault, self.delegators[act.who], self.provers[act.who], act.amount
        match act.name:
            case "deposit":
                return twin.deposit(who, n, now)
            case "mint":
                return twin.mint(who, n, now)
            case "request":
                return twin.request_redeem(who, n, now)
            case "redeem":
                return twin.redeem(who, n, now)
            case "withdraw":
                return twin.withdraw(who, n, now)
            case "settle":
                return twin.settle_requests(n % 5, now)
            case "claim":
                return twin.claim_credit(who)
            case "borrow":
                return twin.borrow_stake(prover, now)
            case "return":
                return twin.return_stake(prover, now)
            case "recall":
                return twin.recall(self.outsider, prover, now)
            case "force":
                return twin.recall(self.operator, prover, now)
            case "slash":
                bond = Wei(n % (33 * ZK))
                self.stakes.lock_bonds([(prover, bond)], now)
                self.stakes.slash(SlashOrder(prover, bond, Fault.MISSED, Wei(0)), self.market, now)
            case "earn":
                price = n * DELEGATORS_PART
                self.token.transfer(self.owner, self.splitter.address, price)
                self.splitter.credit(prover, [price], [now - 1], now)
            case "collect":
                return twin.collect(now)
            case "donate":
                self.token.transfer(self.outsider, self.address, n)
            case "fund":
                twin.fund(self.operator, self.adapter, n, now)
            case "mark":
                twin.mark(self.adapter, n, now)
            case "repay":
                twin.repay(self.adapter, n, now)
            case _:
                raise ValueError(act.name)
        return None

    def looks(self, now: int) -> tuple[Any, ...]:
        """What the views of ``VIEWS`` say."""
        twin = self.vault
        return (
            twin.total_assets(now),
            twin.total_supply,
            twin.idle_wei,
            twin.adapters_wei,
            twin.locked_profit_wei(now),
            twin.waiting_shares,
            (twin.first_request, twin.next_request),
            twin.max_deposit(now),
            twin.max_mint(now),
            twin.preview_mint(7 * ZK + 1, now),
            twin.preview_withdraw(7 * ZK + 1, now),
            *(twin.max_redeem(who, now) for who in self.delegators),
            *(twin.max_withdraw(who, now) for who in self.delegators),
            *(twin.shares.get(who, 0) for who in self.delegators),
            *(twin.credits.get(who, 0) for who in (*self.delegators, *self.provers)),
            *((loan.out_wei, loan.fee_wei) for loan in map(twin.loan_of, self.provers)),
            *(twin.fee_of(who) for who in self.provers),
        )


def views(stage: Stage) -> list[tuple[Any, ...]]:
    """The views that ``Twin.looks`` answers, in its order."""
    who, provers = stage.delegators, stage.provers
    return [
        ("totalAssets",),
        ("totalSupply",),
        ("idleWei",),
        ("adaptersWei",),
        ("lockedProfitWei",),
        ("waitingShares",),
        ("requestRange",),
        ("maxDeposit", who[0]),
        ("maxMint", who[0]),
        ("previewMint", 7 * ZK + 1),
        ("previewWithdraw", 7 * ZK + 1),
        *(("maxRedeem", account) for account in who),
        *(("maxWithdraw", account) for account in who),
        *(("balanceOf", account) for account in who),
        *(("creditOf", account) for account in (*who, *provers)),
        *(("loanOf", account) for account in provers),
        *(("feeOf", account) for account in provers),
    ]


def same_error(outcome: Outcome, error: ContractError) -> bool:
    """Whether the contract refused as the twin did."""
    got = outcome.error()
    plain = [v.lower() if isinstance(v, str) else v for v in error.args]
    return type(got) is type(error) and [v.lower() if isinstance(v, str) else v for v in got.args] == plain


def live(stage: Stage, twin: Twin, life: list[Act]) -> Counter[str]:
    """Plays a life on both; counts what was done, and what was refused by which error."""
    asked = views(stage)
    looked, _ = stage.play(life, [stage.view(*view) for view in asked])
    seen: Counter[str] = Counter()
    for act, now, (outcome, said) in zip(life, stage.times(life), looked, strict=True):
        returned, error = tried(twin, act, now)
        if error is None:
            assert outcome.ok, f"{act}: the contract refused: {outcome.error()}"
            if returned is not None:
                assert int.from_bytes(outcome.data[:32], "big") == returned, act
        else:
            assert not outcome.ok, f"{act}: the twin refused: {error}"
            # The second call of a slash fails because the first has, without an error of its own.
            assert act.name == "slash" or same_error(outcome, error), f"{act}: {outcome.error()!r}, {error!r}"
        seen[type(error).__name__ if error else act.name] += 1
        answers = [stage.value(view[0], answer) for view, answer in zip(asked, said, strict=True)]
        for view, answer, expected in zip(asked, answers, twin.looks(now), strict=True):
            assert answer == expected, f"after {act}: {view}"
        assert twin.vault.owed_wei <= twin.token.balance_of(twin.address)
    return seen


def tried(twin: Twin, act: Act, now: int) -> tuple[Any, ContractError | None]:
    """What an act returns, or the error that refuses it."""
    try:
        return twin.do(act, now), None
    except ContractError as error:
        return None, error


@given(lives(most=20))
def test_twin__any_life__says_what_the_contract_says(stage: Stage, newborn: Twin, life: list[Act]) -> None:
    """Invariant 41 for the pool."""
    live(stage, deepcopy(newborn), life)


def test_twin__a_long_life__does_everything(stage: Stage, newborn: Twin) -> None:
    """Every act is done at least once, and refusals are compared too: the property above is not empty."""
    seen = live(stage, deepcopy(newborn), long_life())
    assert set(ALL_ACTS) <= set(seen)
    refusals = set(seen) - set(ALL_ACTS)
    assert refusals >= {
        "ERC4626ExceededMaxRedeem",
        "NothingToClaim",
        "AdapterCapExceeded",
        "LoanOpen",
        "NoLoan",
        "NotRecallable",
        "AdaptersCapExceeded",
        "RequestTooSmall",
        "FreeIdleTooLow",
    }


def long_life() -> list[Act]:
    """A scripted life with every act, done and refused."""
    shares = ZK * 10**6
    return [
        Act("recall", 0, 0, 1),
        Act("borrow", 0, 0, 1),
        Act("borrow", 0, 0, 1),
        Act("return", 1, 0, 1),
        Act("recall", 0, 0, 1),
        Act("redeem", 0, 999 * shares, 1),
        Act("earn", 0, 3 * ZK + 1, 1),
        Act("redeem", 1, 30 * shares, 200),
        Act("claim", 0, 0, 1),
        Act("claim", 0, 0, 1),
        Act("withdraw", 1, 19 * ZK + 3, 1),
        Act("collect", 0, 0, DAY),
        Act("deposit", 0, 77 * ZK + 7, 1),
        Act("mint", 1, 5 * shares + 1, 1),
        Act("fund", 0, 500 * ZK, 1),
        Act("fund", 0, 5 * ZK, 1),
        Act("mark", 0, 29 * ZK, 1),
        Act("borrow", 1, 0, 3600),
        Act("slash", 1, 3 * ZK, 1),
        Act("recall", 1, 0, 1),
        Act("donate", 0, 11 * ZK, 1),
        Act("repay", 0, 40 * ZK, 1),
        Act("request", 0, 7, 1),
        Act("request", 0, 150 * shares + 5, 1),
        Act("request", 1, 100 * shares + 3, 1),
        Act("force", 0, 0, 1),
        Act("borrow", 0, 0, 1),
        Act("mark", 0, 0, 1),
        Act("slash", 0, 32 * ZK, 1),
        Act("settle", 0, 1, 8 * DAY),
        Act("settle", 0, 2, 1),
        Act("borrow", 1, 0, 1),
        Act("return", 1, 0, 1),
        Act("request", 0, 1 * shares, 1),
        Act("request", 0, 70 * shares, 1),
        Act("request", 1, 50 * shares, 1),
        Act("fund", 0, 50 * ZK, 1),
        Act("borrow", 1, 0, 1),
    ]
