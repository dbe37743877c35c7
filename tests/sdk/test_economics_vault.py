"""Stories of stake, decay, bonds and seats on the market in memory, with every amount worked out by hand."""

from tests.sdk.market_world import (
    GRACE,
    KEEPER,
    OUTSIDER,
    PROVER,
    REQUESTER,
    SECOND,
    START,
    WINDOW,
    assigned,
    check_market,
    new_market,
    refused,
    role,
    running,
    seat_prover,
    signals_for,
)
from zkpool_sdk import errors
from zkpool_sdk.economics import decay
from zkpool_sdk.economics.vault import SlashOrder
from zkpool_sdk.models import Fault, SeatAward, Verdict
from zkpool_sdk.units import DAY, HOUR, Wei, zk


def test_decay__idle_prover__loses_a_percent_a_day_to_insurance() -> None:
    market, _ = running(zk(100))
    grace_over = START + DAY
    assert market.vault.settle(PROVER, grace_over + HOUR - 1) == 0
    view = market.vault.stake_of(PROVER, grace_over + DAY)
    assert view.own_wei == decay.decayed(zk(100), decay.FLOOR_WEI, 24)
    lost = market.vault.settle(PROVER, grace_over + DAY)
    assert lost == zk(100) - view.own_wei == market.insurance.balance_wei
    assert market.vault.settle(PROVER, grace_over + DAY) == 0
    assert market.vault.is_active(PROVER, grace_over + 300 * DAY)  # the floor is what staying needs
    assert market.vault.stake_of(PROVER, grace_over + 300 * DAY).own_wei == zk(24)


def test_decay__accepted_proof__starts_the_idle_day_anew() -> None:
    market, _, task, now = assigned()
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now + WINDOW)
    assert market.vault.settle(PROVER, now + WINDOW + DAY + HOUR - 1) == 0
    assert market.vault.settle(PROVER, now + WINDOW + DAY + HOUR) > 0


def test_decay__market_time__counts_only_rounds_with_work() -> None:
    market, (queue,) = new_market(uses_market_time=True)
    seat_prover(market, PROVER, queue, zk(100), START)
    year = START + 365 * DAY
    assert market.vault.settle(PROVER, year) == 0
    market.place_bid(REQUESTER, queue, [1], zk(1), year + 30 * DAY, year)
    market.clear(queue, year + 300)
    assert market.vault.clock(year + 300) == 300
    market.clear(queue, year + 900)  # a round without bids has no work
    market.vault.advance_clock(year, year + 300)  # the same seconds are not counted twice
    assert market.vault.clock(year + 900) == 300


def test_unstake__partial_and_full__wait_seven_days_and_stay_slashable() -> None:
    market, _, task, now = assigned()
    refused(
        errors.PartialExitTooDeep(PROVER, zk(32) - 1, zk(32)),
        lambda: market.vault.request_unstake(PROVER, zk(68) + 1, now),
    )
    market.vault.request_unstake(PROVER, zk(68), now)
    assert market.vault.is_active(PROVER, now)
    market.vault.request_unstake(PROVER, zk(32), now + 1)
    assert not market.vault.is_active(PROVER, now + 1)
    market.finalize(KEEPER, task, now + WINDOW + GRACE + 1)
    assert market.vault.stake_of(PROVER, now + WINDOW + 1).unbonding_wei == zk("99.5")
    paid_at = now + 1 + 7 * DAY
    refused(
        errors.StillUnbonding(PROVER, paid_at - 1, paid_at),
        lambda: market.vault.finish_unstake(PROVER, paid_at - 1),
    )
    assert market.vault.finish_unstake(PROVER, paid_at) == zk("99.5")
    refused(errors.NothingUnbonding(PROVER), lambda: market.vault.finish_unstake(PROVER, paid_at))
    check_market(market, paid_at)


def test_unstake__forgotten_task__keeps_its_bond_behind() -> None:
    market, _, task, now = assigned()
    market.vault.request_unstake(PROVER, zk(100), now)
    paid_at = now + 7 * DAY
    assert market.vault.finish_unstake(PROVER, paid_at) == zk("99.5")
    refused(errors.CoversBonds(PROVER, zk("0.5")), lambda: market.vault.finish_unstake(PROVER, paid_at))
    market.finalize(KEEPER, task, paid_at)
    assert market.vault.stake_of(PROVER, paid_at).slashable_wei == 0
    check_market(market, paid_at)


def test_lock_bonds__more_than_free__locks_nothing_of_anybody() -> None:
    market, _ = running(zk(50))
    market.vault.stake(SECOND, zk(40), START)
    refused(
        errors.BondExceedsFreeStake(SECOND, zk(41), zk(40)),
        lambda: market.vault.lock_bonds([(PROVER, zk(1)), (SECOND, zk(41))], START),
    )
    assert market.vault.stake_of(PROVER, START).locked_wei == 0


def test_activity__entry_and_staying_stake__are_thirty_two_and_twenty_four() -> None:
    market, queue = running(zk(40))
    market.vault.stake(SECOND, zk(31), START)
    market.provers.register(SECOND)
    refused(errors.NotActive(SECOND), lambda: market.provers.join(SECOND, queue, 1, START))
    market.vault.stake(SECOND, zk(1), START)
    assert market.provers.join(SECOND, queue, 1, START) == 1
    market.vault.lock_bonds([(SECOND, zk(9))], START)
    order = SlashOrder(SECOND, zk(9), Fault.MISSED, Wei(0))
    market.vault.slash(order, market.addresses.market, START)
    assert not market.vault.is_active(SECOND, START)
    market.vault.stake(SECOND, zk(5), START)
    assert not market.vault.is_active(SECOND, START)  # 28 ZK: below the entry stake
    market.vault.stake(SECOND, zk(4), START)
    assert market.vault.is_active(SECOND, START)


def test_seats__full__give_way_only_where_nobody_is_active() -> None:
    market, (queue,) = new_market()
    accounts = [role(0x1000 + i) for i in range(33)]
    for account in accounts:
        market.token.transfer(OUTSIDER, account, zk(50))
        market.vault.stake(account, zk(50), START)
        market.provers.register(account)
    for index, account in enumerate(accounts[:32]):
        assert market.provers.join(account, queue, 1, START) == index
    refused(errors.QueueFull(queue, 32), lambda: market.provers.join(accounts[32], queue, 1, START))
    market.vault.request_unstake(accounts[5], zk(50), START)
    assert market.provers.join(accounts[32], queue, 1, START) == 5
    market.vault.request_unstake(accounts[7], zk(50), START)
    market.provers.award(queue, [SeatAward(7, 1, 0)])
    extra = role(0x2000)
    market.token.transfer(OUTSIDER, extra, zk(50))
    market.vault.stake(extra, zk(50), START)
    market.provers.register(extra)
    # seat 7 is held by a prover that left, but its task is still in flight
    refused(errors.QueueFull(queue, 32), lambda: market.provers.join(extra, queue, 1, START))
    market.provers.leave(accounts[9], queue)
    assert market.provers.join(accounts[9], queue, 1, START) == 9


def test_seats__leaving_after_each_task__wins_no_larger_share() -> None:
    """Coming back at the least pass would win every draw against an equal rival in a higher seat."""
    market, (queue,) = new_market()
    for prover in (PROVER, SECOND):
        seat_prover(market, prover, queue, zk(1_000), START)
    won = {PROVER: 0, SECOND: 0}
    now = START
    for i in range(20):
        market.place_bid(REQUESTER, queue, [i], zk(1), now + DAY, now)
        now += 300
        (win,) = market.clear(queue, now).assignments
        won[win.account] += 1
        market.submit_proof(win.account, win.task, signals_for(i, win.account), Verdict.ACCEPTED, now)
        if win.account == PROVER:
            market.provers.leave(PROVER, queue)
            market.provers.join(PROVER, queue, 1, now)
    assert abs(won[PROVER] - won[SECOND]) <= 3
