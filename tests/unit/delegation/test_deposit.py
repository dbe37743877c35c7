"""Coming in: `deposit` and `mint`, the first price, and what may not move it."""

from __future__ import annotations

from tests.support.rawchain import Contract
from tests.support.rawpool import OFFSET, ZK, RawPool, reverts
from zkpool_sdk import errors


def test_deposit__first__is_a_million_shares_a_wei(pool: RawPool) -> None:
    assert pool.deposit(pool.delegator, 100 * ZK) == 100 * ZK * OFFSET
    assert pool.read("idleWei") == pool.read("totalAssets") == 100 * ZK
    assert pool.balance(pool.delegation.address) == 100 * ZK
    assert (pool.read("decimals"), pool.read("symbol"), pool.read("name")) == (
        24,
        "zkPOOL",
        "ZKPool Delegation",
    )
    assert pool.read("asset") == pool.raw.token.address


def test_deposit__for_another__gives_it_the_shares(pool: RawPool) -> None:
    pool.send(pool.delegator, "deposit", 7 * ZK, pool.outsider)
    assert (pool.shares(pool.delegator), pool.shares(pool.outsider)) == (0, 7 * ZK * OFFSET)


def test_mint__shares__costs_what_preview_says(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    pool.profit(ZK // 3)
    shares = 5 * ZK * OFFSET + 1
    before = pool.balance(pool.second_delegator)
    cost = pool.read("previewMint", shares)
    pool.send(pool.second_delegator, "mint", shares, pool.second_delegator, at=pool.chain.now + 1)
    assert pool.shares(pool.second_delegator) == shares
    assert 0 <= before - pool.balance(pool.second_delegator) - cost <= ZK // 10_000, "a second unlocks profit"


def test_donation__of_tokens__moves_nothing_e52_e53(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    before = pool.price()
    pool.raw.token.send(pool.outsider, "transfer", pool.delegation.address, 1_000_000 * ZK)
    assert pool.price() == before
    assert pool.read("idleWei") == 100 * ZK


def test_first_depositor__inflates_by_donation__takes_nothing_e53(pool: RawPool) -> None:
    """One wei in, a fortune donated, a victim deposits: the victim has its money to the wei."""
    pool.deposit(pool.outsider, 1)
    pool.raw.token.send(pool.outsider, "transfer", pool.delegation.address, 1_000_000 * ZK)
    shares = pool.deposit(pool.delegator, 100 * ZK)
    assert pool.read("convertToAssets", shares) == 100 * ZK
    assert pool.read("convertToAssets", pool.shares(pool.outsider)) == 1


def test_first_depositor__of_dust__waits_for_profit_until_others_share_it_e53_e57(pool: RawPool) -> None:
    """Profit into few shares would make each so dear that rounding hurts who comes next."""
    pool.deposit(pool.outsider, ZK - 1)
    pool.earn(50 * ZK)
    pool.pass_time(86_400)
    shares = pool.shares(pool.outsider)
    with reverts(errors.TooFewShares, got_shares=shares, min_shares=ZK * OFFSET):
        pool.send(pool.outsider, "collect")
    pool.deposit(pool.delegator, 99 * ZK)
    pool.send(pool.outsider, "collect")
    pool.pass_time(86_400)
    assert pool.read("totalAssets") == 150 * ZK - 1
    assert pool.read("convertToAssets", pool.shares(pool.delegator)) > 148 * ZK


def test_deposit__without_allowance__reverts(pool: RawPool) -> None:
    pool.raw.token.send(pool.delegator, "approve", pool.delegation.address, ZK - 1)
    with reverts(errors.ERC20InsufficientAllowance, allowance=ZK - 1, needed=ZK):
        pool.deposit(pool.delegator, ZK)
    assert pool.read("totalSupply") == pool.read("idleWei") == 0


def test_deposit__more_than_any_amount_of_the_token__reverts(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 5 * ZK)
    limit = pool.read("maxDeposit", pool.delegator)
    assert limit == 2**96 - 1 - 5 * ZK
    with reverts(errors.ERC4626ExceededMaxDeposit, assets=limit + 1, max=limit):
        pool.deposit(pool.delegator, limit + 1)
    most = pool.read("maxMint", pool.delegator)
    with reverts(errors.ERC4626ExceededMaxMint, shares=most + 1, max=most):
        pool.send(pool.delegator, "mint", most + 1, pool.delegator)


def fall(pool: RawPool, adapter: Contract) -> None:
    """A loss of all that one adapter may hold: the price falls to 0.7."""
    amount = pool.read("totalAssets") * 3 // 10
    pool.send(pool.operator, "fund", adapter.address, amount)
    adapter.send(pool.outsider, "say", 0, 0)
    pool.send(pool.outsider, "mark", adapter.address)


def wipe_out(pool: RawPool, adapter: Contract) -> None:
    """A loss of everything: who can leave has left, the rest works when it is lost."""
    pool.deposit(pool.delegator, 1000 * ZK)
    pool.send(pool.operator, "fund", adapter.address, 300 * ZK)
    pool.matured(pool.delegator, pool.shares(pool.delegator))
    pool.send(pool.delegator, "settleRequests", 1)
    adapter.send(pool.outsider, "say", 0, 0)
    pool.send(pool.outsider, "mark", adapter.address)
    assert pool.read("totalAssets") == pool.read("idleWei") <= 1, "a wei of rounding"


def test_loss__of_everything__starts_a_new_generation_e54(pool: RawPool, adapter: Contract) -> None:
    """Old shares are worth nothing, new money is all that counts, and nobody's old request takes of it."""
    wipe_out(pool, adapter)
    old = pool.read("waitingShares")
    assert old > 299 * ZK * OFFSET
    new = pool.deposit(pool.second_delegator, 500 * ZK)
    assert pool.read("convertToAssets", new) >= 500 * ZK - 1
    assert pool.read("waitingShares") == 0
    assert pool.read("creditOf", pool.delegator) == 700 * ZK


def test_shares__worthless_after_losses__refuse_new_money_until_profit_lifts_them_e54(
    pool: RawPool, adapter: Contract
) -> None:
    """The second loss of everything: what is left behind a share could not be counted any more."""
    wipe_out(pool, adapter)
    wipe_out(pool, adapter)
    assets, shares = pool.price()
    assert assets * OFFSET * 10**36 < shares
    for act, amount in (("deposit", ZK), ("mint", 1)):
        with reverts(errors.SharesWorthless, assets_wei=assets, shares=shares):
            pool.send(pool.second_delegator, act, amount, pool.second_delegator)
    assert pool.read("maxDeposit", pool.delegator) == pool.read("maxMint", pool.delegator) == 0
    assert pool.read("maxRedeem", pool.delegator) == 0
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("waitingShares") > 0, "nobody is paid nothing for shares that profit may lift"
    pool.profit(ZK)
    pool.pass_time(86_400)
    got = pool.deposit(pool.second_delegator, 1000 * ZK)
    assert pool.read("convertToAssets", got) >= 1000 * ZK - 1


def test_losses__a_hundred_of_half_the_pool__never_overflow_a_deposit_e54(
    pool: RawPool, adapter: Contract
) -> None:
    pool.deposit(pool.delegator, 1000 * ZK)
    for _ in range(100):
        fall(pool, adapter)
        fall(pool, adapter)
        got = pool.deposit(pool.second_delegator, 100 * ZK)
        assert pool.read("convertToAssets", got) >= 100 * ZK - 1
    assert pool.read("totalSupply") < 2**200


def test_preview__of_every_way__is_what_it_does(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 90 * ZK)
    pool.profit(7 * ZK)
    pool.pass_time(86_400)
    assets, shares = pool.price()
    amount = 13 * ZK + 5
    assert pool.read("previewDeposit", amount) == pool.read("convertToShares", amount)
    assert pool.read("convertToShares", amount) == amount * shares // assets
    assert pool.read("previewRedeem", amount) == pool.read("convertToAssets", amount)
    assert pool.read("convertToAssets", amount) == amount * assets // shares
    assert pool.read("previewMint", amount) == -(-amount * assets // shares)
    assert pool.read("previewWithdraw", amount) == -(-amount * shares // assets)
    assert pool.deposit(pool.second_delegator, amount) == amount * shares // assets
