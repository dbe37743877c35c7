"""Tier 1: funding, marking, repaying and writing off adapters, honest and hostile."""

from __future__ import annotations

import pytest

from tests.support.rawchain import GAS_LIMIT, Call, Contract
from tests.support.rawpool import WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors
from zkpool_sdk.units import DAY

HONEST, REVERTS, BURNS_GAS, SHORT, LONG, REENTERS = range(6)


@pytest.fixture
def staked(pool: RawPool, adapter: Contract) -> Contract:
    """An adapter with 30 of the pool's 100 ZK."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.send(pool.operator, "fund", adapter.address, 30 * ZK)
    return adapter


def mark(pool: RawPool, adapter: Contract, value_wei: int, manner: int = HONEST) -> None:
    adapter.send(pool.outsider, "say", manner, value_wei)
    pool.send(pool.outsider, "mark", adapter.address)


def give_back(pool: RawPool, adapter: Contract, amount_wei: int) -> None:
    parts = (pool.raw.token.address, pool.delegation.address)
    adapter.send(pool.outsider, "giveBack", *parts, amount_wei)


def test_allow__adapter__sets_its_cap(pool: RawPool, adapter: Contract) -> None:
    assert pool.read("adapterOf", adapter.address) == (10_000 * ZK, 0, True)
    pool.send(pool.owner, "allowAdapter", adapter.address, 5)
    assert pool.read("adapterOf", adapter.address) == (5, 0, True)


def test_allow__account_without_code__reverts(pool: RawPool) -> None:
    with reverts(errors.AdapterHasNoCode, adapter=pool.outsider):
        pool.send(pool.owner, "allowAdapter", pool.outsider, ZK)


def test_fund__adapter__moves_idle_money_and_no_price(pool: RawPool, staked: Contract) -> None:
    assert pool.read("adapterOf", staked.address) == (10_000 * ZK, 30 * ZK, True)
    assert (pool.read("idleWei"), pool.read("adaptersWei")) == (70 * ZK, 30 * ZK)
    assert pool.read("totalAssets") == 100 * ZK
    assert pool.balance(staked.address) == 30 * ZK


def test_fund__nothing__reverts(pool: RawPool, adapter: Contract) -> None:
    with reverts(errors.AmountZero):
        pool.send(pool.operator, "fund", adapter.address, 0)


def test_fund__never_allowed__reverts(pool: RawPool) -> None:
    with reverts(errors.NotAdapter, adapter=pool.raw.market.address):
        pool.send(pool.operator, "fund", pool.raw.market.address, 1)


def test_fund__above_its_cap__reverts(pool: RawPool, staked: Contract) -> None:
    pool.send(pool.owner, "allowAdapter", staked.address, 31 * ZK)
    with reverts(errors.AdapterCapExceeded, adapter=staked.address, got_wei=31 * ZK + 1, cap_wei=31 * ZK):
        pool.send(pool.operator, "fund", staked.address, ZK + 1)


def test_fund__above_30_percent_of_the_assets__reverts(pool: RawPool, staked: Contract) -> None:
    with reverts(errors.AdaptersCapExceeded, got_wei=30 * ZK + 1, limit_wei=30 * ZK):
        pool.send(pool.operator, "fund", staked.address, 1)


def test_fund__two_adapters__share_one_cap(
    pool: RawPool, staked: Contract, artifacts: dict[str, object]
) -> None:
    other = pool.adapter(artifacts)  # type: ignore[arg-type]
    with reverts(errors.AdaptersCapExceeded):
        pool.send(pool.operator, "fund", other.address, 1)
    pool.deposit(pool.delegator, 100 * ZK)
    pool.send(pool.operator, "fund", other.address, 30 * ZK)
    assert pool.read("adaptersWei") == 60 * ZK


def test_fund__money_that_somebody_waits_for__reverts(pool: RawPool, adapter: Contract) -> None:
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.request(pool.delegator, shares * 9 // 10)
    with reverts(errors.FreeIdleTooLow, got_wei=10 * ZK + 1, free_wei=10 * ZK):
        pool.send(pool.operator, "fund", adapter.address, 10 * ZK + 1)


def test_mark__loss__counts_at_once(pool: RawPool, staked: Contract) -> None:
    mark(pool, staked, 10 * ZK)
    assert pool.read("totalAssets") == 80 * ZK
    assert pool.read("adapterOf", staked.address)[1] == pool.read("adaptersWei") == 10 * ZK


def test_mark__gain__unlocks_over_a_day(pool: RawPool, staked: Contract) -> None:
    mark(pool, staked, 54 * ZK)
    assert (pool.read("totalAssets"), pool.read("lockedProfitWei")) == (100 * ZK, 24 * ZK)
    pool.pass_time(DAY // 2)
    assert pool.read("totalAssets") == 112 * ZK


def test_mark__unchanged__does_nothing(pool: RawPool, staked: Contract) -> None:
    staked.send(pool.outsider, "say", HONEST, 30 * ZK)
    receipt = pool.send(pool.outsider, "mark", staked.address)
    assert receipt.logs == ()


def test_mark__any_number__never_lifts_it_above_its_cap(pool: RawPool, staked: Contract) -> None:
    pool.send(pool.owner, "allowAdapter", staked.address, 40 * ZK)
    mark(pool, staked, 2**256 - 1)
    assert pool.read("adaptersWei") == 40 * ZK
    pool.send(pool.owner, "allowAdapter", staked.address, 0)
    mark(pool, staked, 2**256 - 1)
    assert pool.read("adaptersWei") == 40 * ZK, "a lower cap is no loss"


@pytest.mark.parametrize("manner", [REVERTS, BURNS_GAS, SHORT, LONG, REENTERS])
def test_mark__hostile_adapter__keeps_its_value_and_costs_little_f75(
    pool: RawPool, staked: Contract, manner: int
) -> None:
    staked.send(pool.outsider, "say", manner, 5)
    receipt = pool.send(pool.outsider, "mark", staked.address)
    [log] = receipt.logs
    assert pool.delegation.abi.events["AdapterUnreadable"].selector.hex() == log["topics"][0][2:]
    assert pool.read("adaptersWei") == 30 * ZK
    assert receipt.gas_used < 900_000


@pytest.mark.parametrize("manner", [BURNS_GAS, LONG])
def test_mark__with_the_least_gas__still_hears_the_adapter_out_f75(
    pool: RawPool, staked: Contract, manner: int
) -> None:
    """Nobody makes an honest adapter fail, or a mark run dry, by the gas it sends."""

    def marked(gas: int) -> tuple[bool, bytes]:
        call = pool.delegation.call(pool.outsider, "mark", staked.address)
        [outcome] = pool.chain.simulate([call], gas)
        return outcome.ok, outcome.data

    def least(manner: int) -> int:
        staked.send(pool.outsider, "say", manner, 12 * ZK)
        low, high = 21_000, GAS_LIMIT
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if marked(middle)[0] else (middle, high)
        return high

    enough = least(HONEST)
    assert least(manner) == enough
    data = marked(enough - 1)[1]
    assert pool.delegation.abi.errors["GasShort"].selector == data[:4]


def test_mark__too_little_gas__reverts(pool: RawPool, staked: Contract) -> None:
    data = pool.delegation.data("mark", staked.address)
    [outcome] = pool.chain.simulate([Call(pool.outsider, pool.delegation.address, data)], gas=800_000)
    error = outcome.error()
    assert type(error).__name__ == "GasShort"
    assert error.gas_needed == 900_000  # type: ignore[attr-defined]


def test_mark__never_allowed__reverts(pool: RawPool) -> None:
    with reverts(errors.NotAdapter, adapter=pool.outsider):
        pool.send(pool.outsider, "mark", pool.outsider)


def test_repay__part__lowers_its_value(pool: RawPool, staked: Contract) -> None:
    give_back(pool, staked, 10 * ZK)
    assert (pool.read("idleWei"), pool.read("adaptersWei")) == (80 * ZK, 20 * ZK)
    assert pool.read("totalAssets") == 100 * ZK


def test_repay__more_than_its_value__is_locked_profit(pool: RawPool, staked: Contract) -> None:
    pool.raw.fund(staked.address, 6 * ZK)
    give_back(pool, staked, 36 * ZK)
    assert (pool.read("idleWei"), pool.read("adaptersWei")) == (106 * ZK, 0)
    assert (pool.read("totalAssets"), pool.read("lockedProfitWei")) == (100 * ZK, 6 * ZK)


def test_repay__nothing__or_by_anybody_else__reverts(pool: RawPool, staked: Contract) -> None:
    with reverts(errors.AmountZero):
        give_back(pool, staked, 0)
    with reverts(errors.NotAdapter, adapter=pool.outsider):
        pool.send(pool.outsider, "repay", ZK)


def test_repay__pays_who_waits(pool: RawPool, staked: Contract) -> None:
    pool.matured(pool.delegator, pool.shares(pool.delegator))
    pool.send(pool.outsider, "settleRequests", 1)
    assert pool.read("creditOf", pool.delegator) == 70 * ZK
    give_back(pool, staked, 30 * ZK)
    assert pool.read("creditOf", pool.delegator) == 100 * ZK
    assert pool.read("totalSupply") == 0


def test_write_off__unreadable_adapter__is_a_loss_and_ends_its_funding(
    pool: RawPool, staked: Contract
) -> None:
    mark(pool, staked, 0, REVERTS)
    pool.send(pool.owner, "writeOff", staked.address)
    assert pool.read("adapterOf", staked.address) == (0, 0, True)
    assert pool.read("totalAssets") == 70 * ZK
    mark(pool, staked, 30 * ZK)
    assert pool.read("adaptersWei") == 0, "its word lifts it no more"
    give_back(pool, staked, 30 * ZK)
    assert (pool.read("idleWei"), pool.read("lockedProfitWei")) == (100 * ZK, 30 * ZK)


def test_mark__less_gas_than_the_answer_may_take__reverts(pool: RawPool, staked: Contract) -> None:
    """Else whoever calls with little gas could make an honest adapter look unreadable."""
    call = pool.delegation.call(pool.outsider, "mark", staked.address)
    [short] = pool.chain.simulate([call], gas=pool.read("MARK_GAS"))
    assert isinstance(short.error(), errors.GasShort)
    [enough] = pool.chain.simulate([call], gas=pool.read("MARK_GAS") + 100_000)
    assert enough.ok


def test_write_off__never_allowed__reverts(pool: RawPool) -> None:
    with reverts(errors.NotAdapter, adapter=pool.outsider):
        pool.send(pool.owner, "writeOff", pool.outsider)


def test_exit__before_a_known_tier_1_loss_is_marked__comes_too_late_f65(
    pool: RawPool, staked: Contract
) -> None:
    """A request waits a week; anybody marks the loss in the meantime."""
    shares = pool.deposit(pool.second_delegator, 100 * ZK)
    pool.request(pool.second_delegator, shares)
    mark(pool, staked, 0)
    pool.pass_time(WEEK)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.second_delegator) == 85 * ZK
