"""`settleRequests` and `claimCredit`: anybody pays who waits, everybody pulls."""

from __future__ import annotations

from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors


def two_waiting(pool: RawPool) -> None:
    """Two delegators with 50 ZK each ask for everything; a week passes."""
    for who in (pool.delegator, pool.second_delegator):
        pool.deposit(who, 50 * ZK)
    for who in (pool.delegator, pool.second_delegator):
        pool.request(who, pool.shares(who))
    pool.pass_time(WEEK)


def test_settle__matured__credits_in_order_up_to_the_limit(pool: RawPool) -> None:
    two_waiting(pool)
    pool.send(pool.outsider, "settleRequests", 1)
    assert pool.read("creditOf", pool.delegator) == 50 * ZK
    assert pool.read("creditOf", pool.second_delegator) == 0
    assert pool.read("idleWei") == pool.read("totalAssets") == 50 * ZK
    pool.send(pool.outsider, "settleRequests", 2**256 - 1)
    assert pool.read("creditOf", pool.second_delegator) == 50 * ZK
    assert pool.balance(pool.delegation.address) == 100 * ZK, "credits stay until they are claimed"


def test_settle__immature__does_nothing(pool: RawPool) -> None:
    pool.deposit(pool.delegator, ZK)
    request = pool.request(pool.delegator, pool.shares(pool.delegator))
    pool.send(pool.outsider, "settleRequests", 32, at=pool.matures_at(request) - 1)
    assert pool.read("creditOf", pool.delegator) == 0
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.delegator) == ZK


def test_settle__more_than_a_walk__stops_at_32(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 100 * ZK)
    for _ in range(40):
        pool.request(pool.delegator, ZK * OFFSET)
    pool.pass_time(WEEK)
    receipt = pool.send(pool.outsider, "settleRequests", 40)
    assert pool.read("requestRange") == (33, 41)
    assert receipt.gas_used < 1_000_000


def test_settle__idle_short__pays_the_first_in_part_and_stops(pool: RawPool) -> None:
    for who in (pool.delegator, pool.second_delegator):
        pool.deposit(who, 50 * ZK)
    pool.sponsored(pool.prover)
    pool.matured(pool.delegator, 40 * ZK * OFFSET)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.delegator) == 40 * ZK
    pool.request(pool.second_delegator, 50 * ZK * OFFSET)
    pool.request(pool.delegator, ZK * OFFSET)
    pool.pass_time(WEEK)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.second_delegator) == 28 * ZK
    assert pool.read("requestOf", 2)[2] == 22 * ZK * OFFSET, "the rest keeps its place"
    assert pool.read("creditOf", pool.delegator) == 40 * ZK, "nobody overtakes"
    assert pool.read("idleWei") == 0
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("requestOf", 2)[2] == 22 * ZK * OFFSET, "nothing left to pay with"


def test_settle__second_is_immature__pays_the_first_alone(pool: RawPool) -> None:
    pool.deposit(pool.delegator, 2 * ZK)
    first = pool.request(pool.delegator, ZK * OFFSET)
    pool.pass_time(60)
    second = pool.request(pool.delegator, ZK * OFFSET)
    pool.send(pool.outsider, "settleRequests", 32, at=pool.matures_at(second) - 1)
    assert pool.matures_at(first) < pool.matures_at(second)
    assert pool.read("creditOf", pool.delegator) == ZK
    assert pool.read("requestRange") == (second, second + 1)


def test_settle__when_money_comes_in__pays_who_waits_in_passing(pool: RawPool) -> None:
    """Nobody sits on a matured request for long as the right to leave at any second."""
    two_waiting(pool)
    pool.deposit(pool.outsider, ZK)
    assert pool.read("creditOf", pool.delegator) == pool.read("creditOf", pool.second_delegator) == 50 * ZK
    assert pool.read("convertToAssets", pool.shares(pool.outsider)) == ZK


def test_settle__others_chose_the_moment__owner_is_paid_the_live_price(pool: RawPool) -> None:
    pool.deposit(pool.outsider, 100 * ZK)
    pool.sponsored(pool.prover)
    two_waiting(pool)
    pool.slash(pool.prover, 10 * ZK)
    pool.send(pool.outsider, "settleRequests", 32)
    assert pool.read("creditOf", pool.delegator) == 50 * ZK * 19 // 20


def test_settle__a_request_worth_nothing__is_burned_and_clogs_nothing(pool: RawPool) -> None:
    """Dust below a wei may leave as all that an owner has."""
    pool.deposit(pool.delegator, ZK)
    pool.send(pool.delegator, "transfer", pool.outsider, OFFSET - 1)
    pool.request(pool.outsider, OFFSET - 1)
    pool.matured(pool.delegator, pool.shares(pool.delegator))
    pool.send(pool.delegator, "settleRequests", 32)
    assert pool.read("creditOf", pool.outsider) == 0
    assert pool.read("creditOf", pool.delegator) == ZK - 1
    assert pool.read("requestRange") == (3, 3)


def test_claim__credit__pays_once(pool: RawPool) -> None:
    two_waiting(pool)
    pool.send(pool.outsider, "settleRequests", 32)
    before = pool.balance(pool.delegator)
    pool.send(pool.delegator, "claimCredit")
    assert pool.balance(pool.delegator) - before == 50 * ZK
    with reverts(errors.NothingToClaim, account=pool.delegator):
        pool.send(pool.delegator, "claimCredit")
    assert pool.balance(pool.delegation.address) == 50 * ZK


def test_claim__nothing__reverts(pool: RawPool) -> None:
    with reverts(errors.NothingToClaim, account=pool.outsider):
        pool.send(pool.outsider, "claimCredit")
