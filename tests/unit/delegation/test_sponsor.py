"""Sponsorship: who may borrow, how much is lent, how it comes back, and who keeps the fee."""

from __future__ import annotations

import pytest

from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, kept, reverts
from zkpool_sdk import errors
from zkpool_sdk.units import DAY

LOAN = 32 * ZK


@pytest.fixture
def funded(pool: RawPool) -> RawPool:
    """A pool with 200 ZK."""
    pool.deposit(pool.delegator, 200 * ZK)
    return pool


def recall(pool: RawPool, caller: str, prover: str | None = None) -> None:
    pool.send(caller, "recall", prover or pool.prover)


def test_borrow__registered_prover__gets_active_stake_for_a_fee(funded: RawPool) -> None:
    pool, before = funded, funded.balance(funded.prover)
    assert pool.read("feeOf", pool.prover) == ZK
    price = pool.price()
    pool.borrow(pool.prover)
    assert before - pool.balance(pool.prover) == ZK
    assert pool.raw.vault.read("isActive", pool.prover)
    assert pool.raw.vault.read("stakeOf", pool.prover)[6] == LOAN
    assert pool.raw.vault.read("lentWei") == LOAN
    assert pool.read("loanOf", pool.prover) == (LOAN, ZK)
    assert (pool.read("idleWei"), pool.read("totalAssets")) == (168 * ZK, 200 * ZK)
    assert pool.price() == price, "lending moves no price"
    assert pool.balance(pool.delegation.address) == 169 * ZK, "the fee is kept apart"
    assert pool.raw.token.read("allowance", pool.delegation.address, pool.raw.vault.address) == 0


@pytest.mark.parametrize("rating_ppm", [599_999, 600_000])
def test_borrow__well_rated__needs_no_fee(funded: RawPool, rating_ppm: int) -> None:
    pool = funded
    pool.rate(pool.prover, rating_ppm)
    fee_wei = 0 if rating_ppm >= 600_000 else ZK
    assert pool.read("feeOf", pool.prover) == fee_wei
    pool.borrow(pool.prover)
    assert pool.read("loanOf", pool.prover) == (LOAN, fee_wei)


def test_borrow__allowed_by_the_operator__needs_no_fee(funded: RawPool) -> None:
    pool = funded
    pool.send(pool.operator, "allowProver", pool.prover, True)
    assert (pool.read("isAllowed", pool.prover), pool.read("feeOf", pool.prover)) == (True, 0)
    pool.send(pool.operator, "allowProver", pool.prover, False)
    assert pool.read("feeOf", pool.prover) == ZK


def test_borrow__unregistered__reverts(funded: RawPool) -> None:
    with reverts(errors.NotRegistered, account=funded.outsider):
        funded.borrow(funded.outsider)
    with reverts(errors.NotRegistered, account=funded.delegation.address):
        # A view cannot be sent; asked by a transaction it refuses in the same way.
        funded.send(funded.outsider, "feeOf", funded.delegation.address)


def test_borrow__banned__reverts(funded: RawPool) -> None:
    pool = funded
    until = pool.chain.now + 3
    pool.ban(pool.prover, until)
    with reverts(errors.ProverIsBanned, banned_until=until):
        pool.borrow(pool.prover)
    last = pool.delegation.try_send(pool.prover, "borrowStake", at=until)
    assert isinstance(last.error(), errors.ProverIsBanned)
    pool.send(pool.prover, "borrowStake", at=until + 1)
    assert pool.read("loanOf", pool.prover)[0] == LOAN


def test_borrow__twice__reverts(funded: RawPool) -> None:
    funded.borrow(funded.prover)
    with reverts(errors.LoanOpen, prover=funded.prover, out_wei=LOAN):
        funded.borrow(funded.prover)


def test_borrow__with_active_stake_of_ones_own__reverts(funded: RawPool) -> None:
    pool = funded
    pool.raw.vault.send(pool.prover, "stake", LOAN)
    with reverts(errors.NotSponsorable, prover=pool.prover):
        pool.borrow(pool.prover)
    assert pool.read("idleWei") == 200 * ZK


def test_borrow__without_the_fee__reverts(funded: RawPool) -> None:
    pool = funded
    pool.raw.token.send(pool.prover, "approve", pool.delegation.address, ZK - 1)
    with reverts(errors.ERC20InsufficientAllowance, needed=ZK):
        pool.borrow(pool.prover)


def test_borrow__more_than_half_of_the_assets__reverts(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 64 * ZK - 1)
    with reverts(errors.LentTooMuch, got_wei=LOAN, limit_wei=32 * ZK - 1):
        pool.borrow(pool.prover)
    pool.deposit(pool.delegator, 1)
    pool.borrow(pool.prover)
    pool.deposit(pool.delegator, 64 * ZK - 1)
    with reverts(errors.LentTooMuch, got_wei=2 * LOAN, limit_wei=64 * ZK - 1):
        pool.borrow(pool.second_prover)


def test_borrow__many_accounts_of_one_prover__half_of_the_assets_is_all_e59(funded: RawPool) -> None:
    """One borrower behind many names ends at the same cap, and pays a fee for each name."""
    pool = funded
    names = pool.chain.accounts[7:10]
    for name in names:
        pool.raw.fund(name, 2 * ZK, pool.delegation)
        pool.raw.provers.send(name, "register", "")
    for name in names:
        pool.borrow(name)
    with reverts(errors.LentTooMuch, got_wei=4 * LOAN, limit_wei=100 * ZK):
        pool.borrow(pool.prover)
    for name in names:
        pool.slash(name, LOAN)
        recall(pool, pool.outsider, name)
    assert pool.read("totalAssets") + pool.read("lockedProfitWei") == (200 - 96 + 3) * ZK


def test_borrow__while_idle_is_promised_to_who_waits__reverts(funded: RawPool) -> None:
    pool = funded
    pool.request(pool.delegator, 170 * ZK * OFFSET)
    with reverts(errors.FreeIdleTooLow, got_wei=LOAN, free_wei=30 * ZK):
        pool.borrow(pool.prover)
    pool.deposit(pool.second_delegator, 2 * ZK)
    pool.borrow(pool.prover)


def test_borrow__while_dust_waits__is_not_blocked_f76(funded: RawPool) -> None:
    """A request of dust every week must not stop the pool from lending."""
    funded.request(funded.delegator, 10**15 * OFFSET)
    funded.borrow(funded.prover)


def test_return__all__gives_the_fee_back_and_leaves_no_ghost_e55(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.send(pool.prover, "returnStake")
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert pool.read("idleWei") == pool.read("totalAssets") == 200 * ZK
    assert not pool.raw.vault.read("isActive", pool.prover)
    assert pool.read("creditOf", pool.prover) == ZK
    before = pool.balance(pool.prover)
    pool.send(pool.prover, "claimCredit")
    assert pool.balance(pool.prover) - before == ZK
    assert pool.balance(pool.delegation.address) == 200 * ZK
    pool.borrow(pool.prover)
    assert pool.read("loanOf", pool.prover) == (LOAN, ZK), "and it may borrow again"


def test_return__while_it_covers_bonds__reverts(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.lock(pool.prover, 2 * ZK)
    with reverts(errors.LoanCoversBonds, prover=pool.prover, locked_wei=2 * ZK):
        pool.send(pool.prover, "returnStake")
    pool.release(pool.prover, 2 * ZK)
    pool.send(pool.prover, "returnStake")


def test_return__without_a_loan__reverts(funded: RawPool) -> None:
    with reverts(errors.NoLoan, prover=funded.prover):
        funded.send(funded.prover, "returnStake")
    with reverts(errors.NoLoan, prover=funded.prover):
        recall(funded, funded.operator)


def test_return__after_a_slash__the_pool_keeps_the_fee(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.slash(pool.prover, 2 * ZK)
    assert pool.read("totalAssets") == 198 * ZK, "the loss counts at once"
    pool.send(pool.prover, "returnStake")
    assert pool.read("creditOf", pool.prover) == 0
    assert (pool.read("idleWei"), pool.read("lockedProfitWei")) == (199 * ZK, ZK)
    pool.pass_time(DAY)
    assert pool.read("totalAssets") == 199 * ZK


def test_slash__own_money_first__then_the_loan_e63(funded: RawPool) -> None:
    """The prover loses all it has before its delegators lose a wei."""
    pool = funded
    pool.raw.vault.send(pool.prover, "stake", 3 * ZK)
    pool.borrow(pool.prover)
    pool.slash(pool.prover, 3 * ZK)
    assert pool.read("totalAssets") == 200 * ZK
    pool.slash(pool.prover, 1)
    assert pool.read("totalAssets") == 200 * ZK - 1


def test_slash__to_the_wei__for_any_size_of_pool_e61(pool: RawPool) -> None:
    """A slash of one wei in a pool of millions is a loss of one wei."""
    pool.deposit(pool.delegator, 50_000_000 * ZK)
    pool.sponsored(pool.prover)
    pool.slash(pool.prover, 1)
    assert pool.read("totalAssets") == 50_000_000 * ZK - 1


def test_slash__of_the_whole_loan__is_over_and_recallable_by_anybody(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.slash(pool.prover, LOAN)
    recall(pool, pool.outsider)
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert (pool.read("idleWei"), pool.read("lockedProfitWei")) == (169 * ZK, ZK)
    assert pool.read("creditOf", pool.prover) == 0


def test_borrow__after_all_was_lost__pays_another_fee(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.slash(pool.prover, LOAN)
    pool.borrow(pool.prover)
    assert pool.read("loanOf", pool.prover) == (LOAN, ZK)
    assert pool.read("lockedProfitWei") == ZK
    assert pool.read("idleWei") == (200 - 64 + 1) * ZK


def test_recall__a_prover_that_works__reverts_but_for_the_operator(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    for caller in (pool.outsider, pool.delegator, pool.owner, pool.prover):
        with reverts(errors.NotRecallable, prover=pool.prover):
            recall(pool, caller)
    recall(pool, pool.operator)
    assert pool.read("idleWei") == 200 * ZK
    assert pool.read("creditOf", pool.prover) == ZK, "nothing lost, so the fee is returned"


def test_recall__idle_for_a_day__by_anybody(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    borrowed_at = pool.chain.now
    pool.pass_time(DAY - 4)
    with reverts(errors.NotRecallable):
        recall(pool, pool.outsider)
    pool.send(pool.outsider, "recall", pool.prover, at=borrowed_at + DAY)
    assert pool.read("loanOf", pool.prover) == (0, 0)


def test_recall__after_a_loss__by_anybody_before_it_gambles_on(funded: RawPool) -> None:
    """A borrower that has nothing of its own to lose plays with the pool's money once."""
    pool = funded
    pool.borrow(pool.prover)
    pool.slash(pool.prover, 1)
    recall(pool, pool.outsider)
    assert pool.read("idleWei") == 201 * ZK - 1
    assert not pool.raw.vault.read("isActive", pool.prover)


def test_recall__banned__by_anybody(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.ban(pool.prover, pool.chain.now + 100)
    recall(pool, pool.outsider)
    assert pool.read("loanOf", pool.prover) == (0, 0)


def test_recall__in_the_last_second_of_a_ban__by_anybody(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    until = pool.chain.now + 100
    pool.ban(pool.prover, until)
    with reverts(errors.NotRecallable):
        pool.send(pool.outsider, "recall", pool.prover, at=until + 1)
    pool.ban(pool.prover, until + 10)
    pool.send(pool.outsider, "recall", pool.prover, at=until + 10)
    assert pool.read("loanOf", pool.prover) == (0, 0)


def test_recall__for_a_matured_request_that_idle_cannot_pay__by_anybody(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.borrow(pool.second_prover)
    pool.request(pool.delegator, 150 * ZK * OFFSET)
    with reverts(errors.NotRecallable):
        recall(pool, pool.outsider)
    pool.chain.now += WEEK
    for prover in (pool.prover, pool.second_prover):
        pool.lock(prover, ZK)
        pool.release(prover, ZK)
    recall(pool, pool.outsider)
    assert pool.read("creditOf", pool.delegator) == 150 * ZK
    with reverts(errors.NotRecallable, prover=pool.second_prover):
        recall(pool, pool.outsider, pool.second_prover)


def test_recall__for_a_matured_request_that_idle_can_pay__reverts(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    request = pool.request(pool.delegator, ZK * OFFSET)
    pool.chain.now = pool.matures_at(request) + 1
    pool.lock(pool.prover, ZK)
    pool.release(pool.prover, ZK)
    assert pool.read("idleWei") >= ZK
    with reverts(errors.NotRecallable, prover=pool.prover):
        recall(pool, pool.outsider)


def test_recall__while_bonds_are_open__takes_what_covers_none(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.lock(pool.prover, 10 * ZK)
    recall(pool, pool.operator)
    assert pool.read("loanOf", pool.prover) == (10 * ZK, ZK)
    assert pool.read("idleWei") == 190 * ZK
    with reverts(errors.NothingToRecall, prover=pool.prover):
        recall(pool, pool.operator)
    pool.release(pool.prover, 10 * ZK)
    recall(pool, pool.operator)
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert (pool.read("idleWei"), pool.read("creditOf", pool.prover)) == (200 * ZK, ZK)


def test_recall__of_an_idle_half__then_slashed__keeps_the_fee(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.lock(pool.prover, 10 * ZK)
    recall(pool, pool.operator)
    order = (b"\x01" * 32, pool.prover, 10 * ZK, 1, 0, 0, False, False)
    pool.raw.vault.send(pool.raw.market.address, "slash", order)
    recall(pool, pool.outsider)
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert (pool.read("idleWei"), pool.read("lockedProfitWei")) == (191 * ZK, ZK)


def test_recall__pays_who_waits_at_the_price_after_it_is_booked(pool: RawPool) -> None:
    """Regression: the fee of a loan that ended paid requests while the loan was neither lent nor idle."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.borrow(pool.prover)
    pool.matured(pool.delegator, 100 * ZK * OFFSET)
    pool.send(pool.outsider, "recall", pool.prover)
    assert pool.read("creditOf", pool.delegator) == 100 * ZK


def test_slash_of_lent_stake__pays_nobody_who_could_have_arranged_it(funded: RawPool) -> None:
    """Requester, keeper and rescuer get nothing of the pool's money: all of it goes to insurance."""
    pool = funded
    pool.borrow(pool.prover)
    market, insurance = pool.raw.market.address, pool.raw.insurance.address
    before = pool.balance(market), pool.balance(insurance)
    pool.lock(pool.prover, 8 * ZK)
    order = (b"\x01" * 32, pool.prover, 8 * ZK, 1, 100 * ZK, 0, True, True)
    pool.raw.vault.send(market, "slash", order)
    assert (pool.balance(market), pool.balance(insurance)) == (before[0], before[1] + 8 * ZK)


def test_return__twice__releases_once_e62(funded: RawPool) -> None:
    """Every release has one loan behind it: what has come back cannot come back again."""
    pool = funded
    pool.borrow(pool.prover)
    pool.borrow(pool.second_prover)
    pool.send(pool.prover, "returnStake")
    for way, caller in (("returnStake", pool.prover), ("recall", pool.operator)):
        with reverts(errors.NoLoan, prover=pool.prover):
            pool.send(caller, way, *([pool.prover] if way == "recall" else []))
    assert pool.read("idleWei") == 168 * ZK
    assert pool.read("creditOf", pool.prover) == ZK


def test_return__while_somebody_adds_a_wei_to_its_stake__is_not_blocked_e55(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.raw.vault.send(pool.outsider, "stakeFor", pool.prover, 1)
    pool.send(pool.prover, "returnStake")
    assert pool.read("idleWei") == 200 * ZK
    assert pool.raw.vault.read("stakeOf", pool.prover)[0] == 1, "the wei is the prover's"


def test_slashes__of_several_loans_in_any_order__cost_the_same_f66(funded: RawPool) -> None:
    pool = funded
    ends = []
    for order in ((0, 1), (1, 0)):
        with kept(pool.chain):
            provers = (pool.prover, pool.second_prover)
            for prover in provers:
                pool.borrow(prover)
            for i in order:
                pool.slash(provers[i], (5 + 20 * i) * ZK)
            for i in order:
                pool.send(pool.outsider, "recall", provers[i])
            ends.append((pool.read("idleWei"), pool.read("totalAssets"), pool.read("lockedProfitWei")))
    assert ends[0][0] == ends[1][0] == 172 * ZK
    assert abs(ends[0][1] - ends[1][1]) < ZK // 1000, "a second apart, the fees unlock a little"


def test_slash__while_shares_wait__active_and_waiting_ones_bear_the_same_f80(funded: RawPool) -> None:
    pool = funded
    pool.borrow(pool.prover)
    pool.request(pool.delegator, 100 * ZK * OFFSET)
    pool.slash(pool.prover, 10 * ZK)
    pool.pass_time(WEEK)
    pool.send(pool.outsider, "settleRequests", 1)
    assert pool.read("creditOf", pool.delegator) == 95 * ZK
    assert pool.read("convertToAssets", pool.shares(pool.delegator)) == 95 * ZK
