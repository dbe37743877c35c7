"""`requestRedeem`: shares in escrow, a week's wait, no dust."""

from __future__ import annotations

from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, reverts
from zkpool_sdk import errors

DUST = 10**15 * OFFSET


def test_request__shares__are_escrowed_for_a_week(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, 100 * ZK)
    now = pool.chain.now + 9
    pool.send(pool.delegator, "requestRedeem", shares // 4, pool.delegator, at=now)
    assert pool.read("requestRange") == (1, 2)
    assert pool.read("requestOf", 1) == (pool.delegator, now + WEEK, shares // 4)
    assert pool.read("requestOf", 2) == ("0x" + "00" * 20, 0, 0)
    assert pool.shares(pool.delegator) == shares - shares // 4
    assert pool.shares(pool.delegation.address) == pool.read("waitingShares") == shares // 4
    assert pool.read("totalSupply") == shares, "waiting shares bear gain and loss"


def test_request__nothing__reverts(pool: RawPool) -> None:
    with reverts(errors.AmountZero):
        pool.request(pool.delegator, 0)


def test_request__more_than_owned__reverts(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, ZK)
    with reverts(errors.ERC20InsufficientBalance, balance=shares, needed=shares + 1):
        pool.request(pool.delegator, shares + 1)


def test_request__by_another__needs_and_spends_allowance_f76(pool: RawPool) -> None:
    """Nobody fills the queue in another's name."""
    shares = pool.deposit(pool.delegator, 2 * ZK)
    with reverts(errors.ERC20InsufficientAllowance, spender=pool.outsider, allowance=0, needed=shares):
        pool.send(pool.outsider, "requestRedeem", shares, pool.delegator)
    pool.send(pool.delegator, "approve", pool.outsider, shares)
    pool.send(pool.outsider, "requestRedeem", shares // 2, pool.delegator)
    assert pool.read("allowance", pool.delegator, pool.outsider) == shares - shares // 2
    assert pool.read("requestOf", 1)[0] == pool.delegator


def test_request__of_dust__reverts_unless_it_is_all_f76(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, ZK)
    with reverts(errors.RequestTooSmall, worth_wei=10**15 - 1, min_wei=10**15):
        pool.request(pool.delegator, DUST - 1)
    pool.request(pool.delegator, DUST)
    pool.request(pool.delegator, shares - DUST - 5)
    pool.request(pool.delegator, 5)
    assert pool.read("requestRange") == (1, 4)
    assert pool.shares(pool.delegator) == 0


def test_dust__a_hundred_requests_of_it__cost_their_maker_more_gas_than_whoever_clears_them_f76(
    pool: RawPool,
) -> None:
    """Small requests cannot clog the way out: anybody walks over 32 at once, for less gas than they took."""
    pool.deposit(pool.outsider, ZK)
    victim = pool.deposit(pool.delegator, 100 * ZK)
    made = [pool.send(pool.outsider, "requestRedeem", DUST, pool.outsider).gas_used for _ in range(100)]
    request = pool.matured(pool.delegator, victim)
    assert pool.read("maxRedeem", pool.delegator) == 0, "out of reach of one walk"
    cleared = []
    while pool.read("requestRange")[0] < request - 31:
        cleared.append(pool.send(pool.delegator, "settleRequests", 32).gas_used)
    assert sum(cleared) < sum(made) / 2
    assert pool.read("maxRedeem", pool.delegator) == victim
    before = pool.balance(pool.delegator)
    pool.send(pool.delegator, "redeem", victim, pool.delegator, pool.delegator)
    assert pool.balance(pool.delegator) - before == 100 * ZK


def test_request__while_price_rises_and_falls__has_all_of_it(pool: RawPool) -> None:
    """Full exposure until paid: asking to leave neither dodges a loss nor gives up profit."""
    shares = pool.deposit(pool.delegator, 100 * ZK)
    pool.deposit(pool.second_delegator, 100 * ZK)
    request = pool.request(pool.delegator, shares)
    pool.sponsored(pool.prover)
    pool.slash(pool.prover, 32 * ZK)
    pool.earn(20 * ZK)
    pool.chain.now = pool.matures_at(request)
    pool.send(pool.outsider, "collect", at=pool.chain.now)
    pool.pass_time(86_400)
    assert pool.read("creditOf", pool.delegator) == 84 * ZK, (
        "the loss, but no longer the profit: paid when matured"
    )
    assert pool.read("convertToAssets", pool.shares(pool.second_delegator)) == 104 * ZK - 1
