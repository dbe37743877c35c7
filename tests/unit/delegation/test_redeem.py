"""Going out: `redeem` and `withdraw` spend matured requests, first in, first out."""

from __future__ import annotations

from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors


def redeem(pool: RawPool, who: str, shares: int) -> int:
    """Redeems for oneself; the tokens."""
    before = pool.balance(who)
    pool.send(who, "redeem", shares, who, who)
    return pool.balance(who) - before


def test_redeem__before_a_week__reverts(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, 100 * ZK)
    request = pool.request(pool.delegator, shares)
    matures_at = pool.matures_at(request)
    pool.pass_time(matures_at - pool.chain.now - 6)
    assert pool.read("maxRedeem", pool.delegator) == pool.read("maxWithdraw", pool.delegator) == 0
    for act, error, early in (
        ("redeem", errors.ERC4626ExceededMaxRedeem, 4),
        ("withdraw", errors.ERC4626ExceededMaxWithdraw, 2),
    ):
        with reverts(error, owner=pool.delegator, max=0):
            pool.send(pool.delegator, act, 1, pool.delegator, pool.delegator, at=matures_at - early)
    pool.send(pool.delegator, "redeem", shares, pool.delegator, pool.delegator, at=matures_at)
    assert pool.read("totalSupply") == pool.read("idleWei") == pool.read("waitingShares") == 0


def test_redeem__shares_never_requested__reverts(pool: RawPool) -> None:
    """The balance of shares is not what `redeem` spends."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.matured(pool.delegator, shares // 4)
    with reverts(errors.ERC4626ExceededMaxRedeem, shares=shares // 4 + 1, max=shares // 4):
        redeem(pool, pool.delegator, shares // 4 + 1)
    assert redeem(pool, pool.delegator, shares // 4) == 25 * ZK


def test_redeem__in_parts__keeps_the_rest_of_the_request(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, 100 * ZK)
    request = pool.matured(pool.delegator, shares)
    assert redeem(pool, pool.delegator, 30 * ZK * OFFSET) == 30 * ZK
    assert pool.read("requestOf", request)[2] == 70 * ZK * OFFSET
    assert pool.read("requestRange") == (request, request + 1)
    assert pool.read("maxRedeem", pool.delegator) == 70 * ZK * OFFSET
    assert redeem(pool, pool.delegator, 70 * ZK * OFFSET) == 70 * ZK
    assert pool.read("requestRange") == (request + 1, request + 1)
    assert pool.read("requestOf", request)[2] == 0


def test_redeem__several_own_requests__one_call(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    for part in (10, 20, 30):
        pool.request(pool.delegator, part * ZK * OFFSET)
    pool.pass_time(WEEK)
    assert redeem(pool, pool.delegator, 45 * ZK * OFFSET) == 45 * ZK
    assert [pool.read("requestOf", i)[2] // (ZK * OFFSET) for i in (1, 2, 3)] == [0, 0, 15]


def test_redeem__others_before__are_credited_first_in_order(pool: RawPool) -> None:
    first, second = pool.delegator, pool.second_delegator
    pool.deposit(first, 100 * ZK)
    pool.deposit(second, 100 * ZK)
    pool.request(first, 10 * ZK * OFFSET)
    pool.request(second, 20 * ZK * OFFSET)
    pool.request(first, 30 * ZK * OFFSET)
    pool.request(second, 40 * ZK * OFFSET)
    pool.pass_time(WEEK)
    assert pool.read("maxRedeem", second) == 60 * ZK * OFFSET
    assert redeem(pool, second, 60 * ZK * OFFSET) == 60 * ZK
    assert pool.read("creditOf", first) == 40 * ZK
    assert pool.read("idleWei") == 100 * ZK == pool.read("totalAssets")
    assert pool.read("requestRange") == (5, 5)
    before = pool.balance(first)
    pool.send(first, "claimCredit")
    assert pool.balance(first) - before == 40 * ZK


def test_redeem__only_as_far_as_needed__leaves_those_behind(pool: RawPool) -> None:
    first, second = pool.delegator, pool.second_delegator
    pool.deposit(first, 100 * ZK)
    pool.deposit(second, 100 * ZK)
    pool.request(first, 10 * ZK * OFFSET)
    pool.request(second, 20 * ZK * OFFSET)
    pool.pass_time(WEEK)
    assert redeem(pool, first, 10 * ZK * OFFSET) == 10 * ZK
    assert pool.read("creditOf", second) == 0
    assert pool.read("waitingShares") == 20 * ZK * OFFSET


def test_redeem__idle_short__pays_what_is_there_first_in_first_out(pool: RawPool) -> None:
    """An owner that cannot be paid in full blocks nobody's accounting, and is not passed over either."""
    first, second = pool.delegator, pool.second_delegator
    for who in (first, second):
        pool.deposit(who, 50 * ZK)
    pool.sponsored(pool.prover)
    pool.request(first, pool.shares(first))
    pool.request(second, pool.shares(second))
    pool.pass_time(WEEK)
    assert pool.read("maxRedeem", first) == 50 * ZK * OFFSET
    assert pool.read("maxRedeem", second) == 18 * ZK * OFFSET
    with reverts(errors.ERC4626ExceededMaxRedeem, max=18 * ZK * OFFSET):
        redeem(pool, second, 18 * ZK * OFFSET + 1)
    assert redeem(pool, second, 18 * ZK * OFFSET) == 18 * ZK
    assert pool.read("creditOf", first) == 50 * ZK
    assert pool.read("idleWei") == 0
    assert pool.read("maxRedeem", second) == 0
    pool.send(pool.outsider, "recall", pool.prover)
    assert pool.read("creditOf", second) == 32 * ZK
    assert pool.read("totalSupply") == pool.read("totalAssets") == 0


def test_redeem__beyond_one_walk__needs_settling_first(pool: RawPool) -> None:
    pool.deposit(pool.second_delegator, 100 * ZK)
    shares = pool.deposit(pool.delegator, 100 * ZK)
    for _ in range(32):
        pool.request(pool.second_delegator, ZK * OFFSET)
    pool.matured(pool.delegator, shares)
    assert pool.read("maxRedeem", pool.delegator) == 0
    pool.send(pool.outsider, "settleRequests", 1)
    assert pool.read("maxRedeem", pool.delegator) == shares
    receipt = pool.send(pool.delegator, "redeem", shares, pool.delegator, pool.delegator)
    assert receipt.gas_used < 1_000_000
    assert pool.read("creditOf", pool.second_delegator) == 32 * ZK


def test_redeem__by_another__needs_and_spends_allowance(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, 10 * ZK)
    pool.matured(pool.delegator, shares)
    for act, amount in (("redeem", shares), ("withdraw", 10 * ZK)):
        with reverts(errors.ERC20InsufficientAllowance, spender=pool.outsider, allowance=0, needed=shares):
            pool.send(pool.outsider, act, amount, pool.outsider, pool.delegator)
    pool.send(pool.delegator, "approve", pool.outsider, shares)
    before = pool.balance(pool.outsider)
    pool.send(pool.outsider, "redeem", shares // 2, pool.outsider, pool.delegator)
    pool.send(pool.outsider, "withdraw", 5 * ZK, pool.outsider, pool.delegator)
    assert pool.balance(pool.outsider) - before == 10 * ZK
    assert pool.read("allowance", pool.delegator, pool.outsider) == 0


def test_withdraw__assets__spends_shares_rounded_up(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 90 * ZK)
    pool.profit(7 * ZK)
    pool.pass_time(86_400)
    shares = pool.shares(pool.delegator)
    pool.matured(pool.delegator, shares)
    cost = pool.read("previewWithdraw", 10 * ZK + 1)
    assets, supply = pool.price()
    assert cost == -(-(10 * ZK + 1) * supply // assets)
    pool.send(pool.delegator, "withdraw", 10 * ZK + 1, pool.outsider, pool.delegator)
    assert pool.read("waitingShares") == shares - cost


def test_redeem__last_one_out__can_always_leave_e60(pool: RawPool) -> None:
    """After profits, a loss and roundings: everybody leaves in turn and the last takes what is left."""
    for i, who in enumerate((pool.delegator, pool.second_delegator, pool.outsider)):
        pool.deposit(who, 100 * ZK + 7 * i)
    pool.sponsored(pool.prover)
    pool.profit(3 * ZK + 1)
    pool.slash(pool.prover, 5 * ZK + 3)
    pool.send(pool.operator, "recall", pool.prover)
    everybody = (pool.second_delegator, pool.outsider, pool.delegator)
    for who in everybody:
        pool.request(who, pool.shares(who))
    pool.pass_time(WEEK)
    for who in everybody:
        assert pool.read("maxRedeem", who) == pool.read("requestOf", pool.read("requestRange")[0])[2]
        redeem(pool, who, pool.read("maxRedeem", who))
    assert pool.read("totalSupply") == pool.read("waitingShares") == 0
    assert pool.read("idleWei") <= 3, "a wei of rounding each"


def test_redeem__after_a_slash__shares_not_assets_are_promised_f77(pool: RawPool) -> None:
    """A loss between asking and paying makes nothing revert: the request is in shares."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.sponsored(pool.prover)
    pool.matured(pool.delegator, shares)
    most = pool.read("maxRedeem", pool.delegator)
    pool.slash(pool.prover, 1)
    assert pool.read("maxRedeem", pool.delegator) >= most, "the same idle money buys more shares out"
    assert redeem(pool, pool.delegator, most) == floor_worth(most, 100 * ZK - 1, 100 * ZK * OFFSET)


def floor_worth(shares: int, assets_wei: int, supply: int) -> int:
    """What shares are worth, by hand."""
    return shares * (assets_wei + 1) // (supply + OFFSET)


def test_deposit__after_a_loss__does_not_pay_for_it_f77(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    pool.sponsored(pool.prover)
    pool.slash(pool.prover, 32 * ZK)
    shares = pool.deposit(pool.second_delegator, 100 * ZK)
    assert pool.read("convertToAssets", shares) >= 100 * ZK - 1


def test_slash__all_exiting__pool_still_pays_f67(pool: RawPool) -> None:
    """Everybody has asked to leave: the loss is shared by all of them, pro rata."""
    for who, amount in ((pool.delegator, 75 * ZK), (pool.second_delegator, 25 * ZK)):
        pool.deposit(who, amount)
    pool.sponsored(pool.prover)
    for who in (pool.delegator, pool.second_delegator):
        pool.request(who, pool.shares(who))
    pool.slash(pool.prover, 16 * ZK)
    pool.pass_time(WEEK)
    pool.send(pool.outsider, "recall", pool.prover)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.delegator) == 63 * ZK
    assert pool.read("creditOf", pool.second_delegator) == 21 * ZK


def test_exit__asked_for_when_a_slash_is_known__comes_too_late_f65(pool: RawPool) -> None:
    """Seven days are longer than any task lives: the slash lands first, and the request bears it."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.sponsored(pool.prover)
    pool.lock(pool.prover, 20 * ZK)
    request = pool.request(pool.delegator, shares)
    assert pool.read("maxRedeem", pool.delegator) == 0
    order = (b"\x01" * 32, pool.prover, 20 * ZK, 1, 0, 0, False, False)
    pool.raw.vault.send(pool.raw.market.address, "slash", order)
    pool.chain.now = pool.matures_at(request)
    pool.send(pool.outsider, "recall", pool.prover, at=pool.chain.now)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.delegator) == 80 * ZK
