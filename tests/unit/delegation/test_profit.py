"""`collect`: the delegators' part of the rewards, unlocked evenly over a day."""

from __future__ import annotations

from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors
from zkpool_sdk.units import DAY


def collect(pool: RawPool, at: int | None = None) -> int:
    """Collects; when."""
    pool.send(pool.outsider, "collect", at=at)
    return pool.chain.now


def assets_at(pool: RawPool, at: int) -> int:
    """Total assets at a later moment; nothing is kept."""
    outcome = pool.chain.simulate([pool.delegation.call(pool.outsider, "totalAssets", at=at)])[0]
    return int(pool.delegation.decode("totalAssets", outcome.data))


def test_collect__profit__is_locked_and_unlocks_evenly_over_a_day(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(24 * ZK)
    pool.pass_time(DAY)
    start = collect(pool)
    assert (pool.read("idleWei"), pool.read("lockedProfitWei")) == (124 * ZK, 24 * ZK)
    assert pool.read("totalAssets") == 100 * ZK, "the price does not jump"
    for hours in (1, 6, 12, 23, 24):
        assert assets_at(pool, start + hours * 3600) == (100 + hours) * ZK
    assert assets_at(pool, start + 1) == 100 * ZK + 24 * ZK // DAY, "what is locked rounds up"
    assert assets_at(pool, start + 10 * DAY) == 124 * ZK


def test_collect__of_the_running_epoch__has_nothing_yet(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(ZK)
    with reverts(errors.NothingToClaim, account=pool.delegation.address):
        collect(pool)


def test_collect__while_nobody_has_shares__waits_in_the_splitter_e57(pool: RawPool) -> None:
    pool.earn(ZK)
    pool.pass_time(DAY)
    with reverts(errors.TooFewShares, got_shares=0, min_shares=ZK * OFFSET):
        collect(pool)
    assert pool.raw.splitter.read("poolEarning")[4] == ZK
    pool.deposit(pool.delegator, ZK)
    collect(pool)
    assert pool.read("lockedProfitWei") == ZK


def test_collect__again_while_unlocking__both_unlock_after_the_mean_of_their_times(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(8 * ZK)
    pool.pass_time(DAY)
    first = collect(pool)
    pool.earn(4 * ZK)
    second = max(first + DAY // 2, (first // DAY + 1) * DAY)
    pool.chain.now = second - 1
    left_wei = -(-8 * ZK * (first + DAY - second) // DAY)
    collect(pool, at=second)
    locked = pool.read("lockedProfitWei")
    assert locked == left_wei + 4 * ZK
    mean = (left_wei * (first + DAY - second) + 4 * ZK * DAY) // locked
    assert assets_at(pool, second + mean - 1) < 112 * ZK
    assert assets_at(pool, second + mean) == 112 * ZK


def test_collect__of_dust__delays_nothing(pool: RawPool) -> None:
    """A profit of a wei every day cannot keep the rest locked."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(24 * ZK)
    pool.pass_time(DAY)
    start = collect(pool)
    pool.earn(1)
    at = max(start + 1, (start // DAY + 1) * DAY)
    collect(pool, at=at)
    assert assets_at(pool, start + DAY) >= 124 * ZK


def test_deposit__just_before_profit__gains_nothing_by_leaving_again_e56(pool: RawPool) -> None:
    """In before a profit and out again: the week's wait makes it stay, and at once it has gained nothing."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(50 * ZK)
    pool.pass_time(DAY)
    shares = pool.deposit(pool.outsider, 1000 * ZK)
    collect(pool)
    assert pool.read("convertToAssets", shares) <= 1000 * ZK
    request = pool.request(pool.outsider, shares)
    with reverts(errors.ERC4626ExceededMaxRedeem, max=0):
        pool.send(pool.outsider, "redeem", shares, pool.outsider, pool.outsider)
    assert pool.matures_at(request) - pool.chain.now >= WEEK - 1


def test_deposit__between_profits__shares_what_unlocks_after_it_e56(pool: RawPool) -> None:
    """A reward is shared by stake times time: half a day of it belongs to the first alone."""
    pool.deposit(pool.delegator, 100 * ZK)
    pool.earn(24 * ZK)
    pool.pass_time(DAY)
    start = collect(pool)
    pool.send(pool.second_delegator, "deposit", 112 * ZK, pool.second_delegator, at=start + DAY // 2)
    pool.pass_time(DAY)
    assert abs(pool.read("convertToAssets", pool.shares(pool.delegator)) - 118 * ZK) <= 10
    assert abs(pool.read("convertToAssets", pool.shares(pool.second_delegator)) - 118 * ZK) <= 10


def test_profit__left_when_all_have_gone__unlocks_for_who_comes_next(pool: RawPool) -> None:
    """Nobody's money neither makes the first new share dear nor falls to a single block."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    request = pool.request(pool.delegator, shares)
    pool.earn(10 * ZK)
    pool.chain.now = pool.matures_at(request) - 3
    collect(pool, at=pool.chain.now)
    pool.send(pool.delegator, "redeem", shares, pool.delegator, pool.delegator, at=pool.matures_at(request))
    assert (pool.read("totalSupply"), pool.read("totalAssets")) == (0, 0)
    left = pool.read("idleWei")
    assert 9 * ZK < left < 11 * ZK
    pool.pass_time(10 * DAY)
    assert pool.read("totalAssets") == 0
    assert pool.deposit(pool.second_delegator, 5 * ZK) == 5 * ZK * OFFSET
    start = pool.chain.now
    assert (pool.read("totalAssets"), pool.read("lockedProfitWei")) == (5 * ZK, left)
    assert assets_at(pool, start + DAY) == 5 * ZK + left


def test_loss__greater_than_what_is_not_locked__new_money_does_not_fill_the_gap(pool: RawPool) -> None:
    """More is locked than there is: a deposit counts in full at once."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.sponsored(pool.prover)
    pool.request(pool.delegator, shares - ZK * OFFSET)
    pool.pass_time(WEEK)
    pool.send(pool.outsider, "settleRequests", 1)
    pool.profit(40 * ZK)
    assert pool.read("idleWei") <= 40 * ZK
    pool.slash(pool.prover, 32 * ZK)
    assert pool.read("totalAssets") < pool.read("lockedProfitWei")
    before = pool.read("totalAssets")
    got = pool.deposit(pool.second_delegator, 1000 * ZK)
    assert pool.read("totalAssets") >= before + 1000 * ZK
    assert pool.read("convertToAssets", got) >= 1000 * ZK - 1
