"""The vault to the last wei, the last share and the last second, and a token that calls back."""

from __future__ import annotations

import pytest

from tests.support.rawchain import Artifacts, Contract
from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors

LOAN = 32 * ZK
SUPPLY_SLOT = 2
"""Where OpenZeppelin's ERC-20 keeps the number of shares."""
HONEST = 0
REVERT_WITH_FIVE = bytes.fromhex("60055f5260205ffd")
"""Code that reverts, and whose reason has the size of a number: five."""
PASSING = 4
"""Requests that money on its way in settles."""


@pytest.fixture
def lent(pool: RawPool) -> RawPool:
    """200 ZK, of which 32 are lent without a fee."""
    pool.deposit(pool.delegator, 200 * ZK)
    pool.sponsored(pool.prover)
    return pool


@pytest.fixture
def staked(pool: RawPool, adapter: Contract) -> Contract:
    """An adapter with 30 of the pool's 100 ZK."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.send(pool.operator, "fund", adapter.address, 30 * ZK)
    return adapter


# --- loans


def test_loan__a_wei_that_covers_a_bond__stays_open(lent: RawPool) -> None:
    pool = lent
    pool.lock(pool.prover, 1)
    with reverts(errors.LoanCoversBonds, locked_wei=1):
        pool.send(pool.prover, "returnStake")
    pool.send(pool.operator, "recall", pool.prover)
    assert pool.read("loanOf", pool.prover) == (1, 0)
    with reverts(errors.LoanOpen, out_wei=1):
        pool.borrow(pool.prover)
    pool.release(pool.prover, 1)
    idle = pool.read("idleWei")
    pool.send(pool.prover, "returnStake")
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert pool.read("idleWei") == idle + 1 == 200 * ZK


def test_loan__last_wei_lost__makes_room_for_the_next(lent: RawPool) -> None:
    pool = lent
    pool.lock(pool.prover, 1)
    pool.send(pool.operator, "recall", pool.prover)
    order = (b"\x01" * 32, pool.prover, 1, 1, 0, 0, False, False)
    pool.raw.vault.send(pool.raw.market.address, "slash", order)
    assert pool.read("loanOf", pool.prover) == (1, 0)
    assert pool.raw.vault.read("stakeOf", pool.prover)[6] == 0
    pool.borrow(pool.prover)
    assert pool.read("loanOf", pool.prover) == (LOAN, 0)


def at_work(pool: RawPool, until: int) -> None:
    """Shortly before that the prover has a bond, so that nobody may recall its loan as idle."""
    pool.chain.mine(until - 60)
    pool.lock(pool.prover, ZK)
    pool.release(pool.prover, ZK)


def test_loan__recalled_for_a_request__not_while_idle_money_just_pays_it(lent: RawPool) -> None:
    pool = lent
    request = pool.request(pool.delegator, 168 * ZK * OFFSET)
    at = pool.matures_at(request)
    at_work(pool, at)
    payable = pool.delegation.try_send(pool.outsider, "recall", pool.prover, at=at)
    assert isinstance(payable.error(), errors.NotRecallable)


def test_loan__recalled_for_a_request__from_the_second_it_matures(lent: RawPool) -> None:
    pool = lent
    request = pool.request(pool.delegator, 169 * ZK * OFFSET)
    at = pool.matures_at(request)
    at_work(pool, at)
    recall = (pool.outsider, "recall", pool.prover)
    assert isinstance(pool.delegation.try_send(*recall, at=at - 1).error(), errors.NotRecallable)
    pool.send(*recall, at=at)
    assert pool.read("loanOf", pool.prover) == (0, 0)


# --- adapters and profit


def test_mark__reverts_with_a_number__keeps_its_value(pool: RawPool, staked: Contract) -> None:
    pool.chain.set_code(staked.address, REVERT_WITH_FIVE)
    receipt = pool.send(pool.outsider, "mark", staked.address)
    [log] = receipt.logs
    assert pool.delegation.abi.events["AdapterUnreadable"].selector.hex() == log["topics"][0][2:]
    assert pool.read("adaptersWei") == 30 * ZK


def test_mark__down_after_up__takes_so_much_of_the_locked_profit(pool: RawPool, staked: Contract) -> None:
    for value_zk in (54, 44):
        staked.send(pool.outsider, "say", HONEST, value_zk * ZK)
        pool.send(pool.outsider, "mark", staked.address)
    unlocked = 24 * ZK * 2 // 86_400
    assert 14 * ZK - unlocked <= pool.read("lockedProfitWei") <= 14 * ZK


def test_collect__one_share_short_of_a_million_at_the_first_price__is_refused(pool: RawPool) -> None:
    least = pool.read("MIN_PROFIT_SHARES")
    pool.send(pool.delegator, "mint", least - 1, pool.delegator)
    pool.earn(ZK)
    pool.pass_time(86_400)
    with reverts(errors.TooFewShares, got_shares=least - 1, min_shares=least):
        pool.send(pool.outsider, "collect")
    pool.send(pool.delegator, "mint", 1, pool.delegator)
    pool.send(pool.outsider, "collect")
    assert pool.read("lockedProfitWei") == ZK


# --- requests


def test_passing__money_that_comes_in__settles_four_requests(pool: RawPool, staked: Contract) -> None:
    """By a deposit, and by money that comes back."""
    for _ in range(3 * PASSING):
        pool.request(pool.delegator, ZK * OFFSET)
    pool.pass_time(WEEK)
    pool.deposit(pool.second_delegator, ZK)
    assert pool.read("requestRange") == (1 + PASSING, 1 + 3 * PASSING)
    staked.send(pool.outsider, "giveBack", pool.raw.token.address, pool.delegation.address, ZK)
    assert pool.read("requestRange") == (1 + 2 * PASSING, 1 + 3 * PASSING)


def test_credit__of_a_wei__is_credited(pool: RawPool) -> None:
    pool.deposit(pool.delegator, ZK)
    pool.send(pool.delegator, "transfer", pool.outsider, OFFSET)
    pool.matured(pool.outsider, OFFSET)
    pool.send(pool.delegator, "settleRequests", 32)
    assert pool.read("creditOf", pool.outsider) == 1
    assert pool.read("idleWei") == ZK - 1


def test_redeem__all_but_one_share__and_the_last(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, ZK)
    request = pool.matured(pool.delegator, shares)
    redeem = (pool.delegator, "redeem")
    pool.send(*redeem, shares - 1, pool.delegator, pool.delegator)
    assert pool.read("requestOf", request)[2] == 1
    assert pool.read("requestRange") == (request, request + 1)
    pool.send(*redeem, 1, pool.delegator, pool.delegator)
    assert pool.read("requestOf", request)[2] == 0
    assert pool.read("requestRange") == (request + 1, request + 1)
    assert pool.read("waitingShares") == pool.read("totalSupply") == 0


def test_max_redeem__others_before_cannot_be_paid__is_zero_and_does_not_revert(pool: RawPool) -> None:
    for who in (pool.delegator, pool.second_delegator):
        pool.deposit(who, 50 * ZK)
    pool.sponsored(pool.prover)
    pool.send(pool.delegator, "transfer", pool.second_delegator, 30 * ZK * OFFSET)
    pool.request(pool.second_delegator, 80 * ZK * OFFSET)
    pool.matured(pool.delegator, 20 * ZK * OFFSET)
    assert pool.read("idleWei") == 68 * ZK
    assert pool.read("maxRedeem", pool.delegator) == pool.read("maxWithdraw", pool.delegator) == 0
    assert pool.read("maxRedeem", pool.second_delegator) == 68 * ZK * OFFSET


def test_max_redeem__others_before_take_all__leaves_what_is_worth_nothing(pool: RawPool) -> None:
    """Shares below a wei cost no idle money, so they can leave when none is left."""
    pool.deposit(pool.delegator, 50 * ZK)
    pool.deposit(pool.second_delegator, 32 * ZK)
    pool.sponsored(pool.prover)
    pool.send(pool.second_delegator, "transfer", pool.outsider, OFFSET - 1)
    pool.request(pool.delegator, 50 * ZK * OFFSET)
    pool.matured(pool.outsider, OFFSET - 1)
    assert pool.read("idleWei") == 50 * ZK
    assert pool.read("maxRedeem", pool.outsider) == OFFSET - 1


def test_worthless__a_share_above_the_bound__takes_no_money(pool: RawPool) -> None:
    """Nothing behind 10^42 shares, virtual ones included, is the last price at which money is taken."""
    for shares, is_taken in ((10**42, True), (10**42 + 1, False)):
        pool.chain.set_storage(pool.delegation.address, SUPPLY_SLOT, shares - OFFSET)
        assert pool.price() == (1, shares)
        assert (pool.read("maxDeposit", pool.delegator) > 0) == is_taken


# --- a token that calls back


def arm(pool: RawPool, artifacts: Artifacts, function: str, *arguments: object) -> Contract:
    """Makes the token call the vault at its next movement; the token."""
    hook = artifacts["HookToken"]
    token = Contract(pool.chain, hook.abi, pool.raw.token.address)
    model = pool.chain.deploy(hook, pool.owner)
    pool.chain.set_code(token.address, pool.chain.code(model.address))
    token.send(pool.owner, "arm", pool.delegation.address, pool.delegation.data(function, *arguments))
    return token


def test_reenter__while_an_adapter_is_funded__is_refused(
    pool: RawPool, staked: Contract, artifacts: Artifacts
) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    arm(pool, artifacts, "settleRequests", 1)
    with reverts(errors.ReentrancyGuardReentrantCall):
        pool.send(pool.operator, "fund", staked.address, ZK)


def test_reenter__write_off_by_an_owner_in_the_middle_of_a_deposit__is_refused(
    pool: RawPool, staked: Contract, artifacts: Artifacts
) -> None:
    """The value of the assets cannot change between the count of the shares and their payment."""
    token = arm(pool, artifacts, "writeOff", staked.address)
    pool.chain.set_balance(token.address, 10**24)
    pool.send(pool.owner, "transferOwnership", token.address)
    pool.send(token.address, "acceptOwnership")
    with reverts(errors.ReentrancyGuardReentrantCall):
        pool.send(pool.delegator, "deposit", ZK, pool.delegator)
