"""`settle` and the views: decay by the hour after a day of idleness, in wall time and in market time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deployment import deploy
from tests.support.scene import DAY, ROUND, ZK, Scene
from tests.unit.conftest import furnish

HOUR = 3600
# 40 ZK after h hours: floor(40e18 * DECAY_RAY^h / RAY), by exact arithmetic.
AFTER_1 = 39983252947020294996
AFTER_2 = 39966512905635177618
AFTER_24 = 39599999999999999999
AFTER_48 = 39203999999999999999


@pytest.fixture
def decays_from(scene, vault, prover) -> int:
    scene.stake(prover)
    return vault.stakeOf(prover).decaysFrom


@pytest.mark.parametrize(
    ("idle", "left"),
    [
        (-DAY, 40 * ZK),
        (-1, 40 * ZK),
        (0, 40 * ZK),
        (HOUR - 1, 40 * ZK),
        (HOUR, AFTER_1),
        (2 * HOUR - 1, AFTER_1),
        (2 * HOUR, AFTER_2),
        (24 * HOUR, AFTER_24),
        (48 * HOUR, AFTER_48),
    ],
)
def test_settle__idle_for_a_day_and_more__charges_whole_hours(
    scene, vault, insurance, prover, outsider, decays_from, idle, left
):
    at = decays_from + max(idle, -DAY + 5)
    scene.chain.warp_to(at - 1)
    scene.chain.next_at(at)
    receipt = vault.settle(prover, sender=outsider)
    assert receipt.return_value == 40 * ZK - left
    stake = vault.stakeOf(prover)
    assert stake.ownWei == left
    assert stake.decaysFrom == decays_from + max(idle, 0) // HOUR * HOUR
    assert scene.balance(insurance) == 40 * ZK - left
    assert scene.balance(vault) == left
    assert [event.idleHours for event in receipt.decode_logs(vault.Decayed)] == (
        [idle // HOUR] if left < 40 * ZK else []
    )


def test_views__idle_prover__show_the_decayed_balance(scene, vault, prover, decays_from):
    scene.chain.warp_to(decays_from + 24 * HOUR)
    assert vault.stakeOf(prover).ownWei == AFTER_24
    assert list(vault.freeCoverOf(1, [prover])) == [AFTER_24]
    assert scene.balance(vault) == 40 * ZK, "looking moves nothing"
    assert vault.clock() == scene.chain.now


def test_settle__hour_by_hour__loses_no_more_than_at_once(scene, vault, prover, outsider, decays_from):
    """Who settles and how often is worth a wei of rounding an hour at most."""
    for hour in range(1, 25):
        scene.chain.next_at(decays_from + hour * HOUR + 7 * hour)
        scene.chain.send(vault.settle, prover, sender=outsider)
    assert AFTER_24 - 24 <= vault.stakeOf(prover).ownWei <= AFTER_24


def test_settle__long_idle__stops_at_the_staying_stake(scene, vault, insurance, prover, decays_from):
    scene.chain.warp_to(decays_from + 1219 * HOUR)
    assert vault.stakeOf(prover).ownWei > 24 * ZK
    scene.chain.warp_to(decays_from + 1225 * HOUR)
    assert vault.stakeOf(prover).ownWei == 24 * ZK
    scene.chain.warp_to(decays_from + 20 * 365 * DAY)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.active) == (24 * ZK, True), "24 ZK are enough to stay"
    scene.chain.send(vault.settle, prover, sender=prover)
    assert scene.balance(insurance) == 16 * ZK


def test_settle__stake_below_the_floor__does_not_decay(scene, vault, market_account, prover):
    """A slash took the prover below 24 ZK: nothing decays there."""
    scene.stake(prover, 32 * ZK)
    vault.lockBonds([prover], [12 * ZK], sender=market_account)
    vault.slash((b"\x01" * 32, prover, 12 * ZK, 1, 0, 0, False, False), sender=market_account)
    scene.chain.warp(30 * DAY)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.active) == (20 * ZK, False)


def test_settle__never_active__does_not_decay(scene, vault, prover):
    scene.stake(prover, 31 * ZK)
    scene.chain.warp(30 * DAY)
    assert vault.stakeOf(prover).ownWei == 31 * ZK


def test_settle__locked_above_the_floor__is_never_uncovered(scene, vault, market_account, prover):
    """floor = max(24 ZK, locked - unbonding - sponsored)."""
    scene.stake(prover, 50 * ZK)
    vault.lockBonds([prover], [45 * ZK], sender=market_account)
    scene.chain.warp(100 * DAY)
    assert vault.stakeOf(prover).ownWei == 45 * ZK
    vault.requestUnstake(13 * ZK, sender=prover)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.unbondingWei) == (32 * ZK, 13 * ZK)


def test_settle__leaving_stake_covers_bonds_too__lowers_the_floor(scene, vault, market_account, prover):
    scene.stake(prover, 60 * ZK)
    vault.lockBonds([prover], [40 * ZK], sender=market_account)
    vault.requestUnstake(10 * ZK, sender=prover)
    scene.chain.warp(200 * DAY)
    stake = vault.stakeOf(prover)
    assert stake.ownWei == 30 * ZK
    assert stake.ownWei + stake.unbondingWei == stake.lockedWei


def test_settle__accepted_proof__restarts_the_day_of_grace(scene, vault, requester, prover):
    scene.seat(prover)
    scene.chain.warp(DAY - 2 * ROUND)
    task = scene.assigned(requester, ZK)
    proved_at = scene.chain.now + 5
    scene.chain.next_at(proved_at)
    scene.prove(task, prover)
    assert vault.stakeOf(prover).decaysFrom == proved_at + DAY
    scene.chain.warp_to(proved_at + DAY + HOUR - 1)
    assert vault.stakeOf(prover).ownWei == 40 * ZK
    scene.chain.warp_to(proved_at + DAY + HOUR)
    assert vault.stakeOf(prover).ownWei == AFTER_1


def test_settle__missed_and_invalid__do_not_restart_it(scene, vault, requester, prover):
    scene.seat(prover)
    decays_from = vault.stakeOf(prover).decaysFrom
    scene.miss(scene.assigned(requester, ZK))
    scene.amnesty(prover)
    scene.fumble(scene.assigned(requester, ZK), prover)
    assert vault.stakeOf(prover).decaysFrom == decays_from


def test_settle__prover_without_stake__does_nothing(scene, vault, outsider):
    receipt = vault.settle(outsider, sender=outsider)
    assert (receipt.return_value, receipt.events) == (0, [])


def test_settle__other_peoples_decay__earns_the_caller_nothing(scene, vault, prover, outsider, decays_from):
    scene.chain.warp_to(decays_from + DAY)
    vault.settle(prover, sender=outsider)
    assert scene.balance(outsider) == 0


# --- market time


@pytest.fixture(scope="session")
def market_time_pool(
    project: Any, accounts: Any, node: Any, guardian: Any, treasury: Any, actors: Any
) -> Any:
    """A deployment whose decay clock runs only in rounds that had work."""
    pool = deploy(project, accounts, node, guardian=guardian, treasury=treasury, uses_market_time=True)
    return furnish(pool, node, actors)


@pytest.fixture
def idle_market(market_time_pool, node) -> Scene:
    return Scene(market_time_pool, node)


def test_market_time__idle_market__decays_nobody(idle_market, prover, outsider):
    vault = idle_market.pool.vault
    assert vault.usesMarketTime()
    idle_market.seat(prover)
    idle_market.chain.warp(100 * DAY)
    vault.settle(prover, sender=outsider)
    assert vault.stakeOf(prover).ownWei == 40 * ZK
    assert vault.clock() == 0
    assert vault.stakeOf(prover).decaysFrom == DAY


def test_market_time__round_with_a_bid__counts_from_its_start(idle_market, requester):
    pool = idle_market.pool
    idle_market.place(requester, ZK)
    started_at = pool.market.roundOf(pool.queue).startedAt
    idle_market.chain.next_at(started_at + 1000)
    receipt = pool.market.clear(pool.queue, sender=requester)
    [advanced] = receipt.decode_logs(pool.vault.ClockAdvanced)
    assert advanced.clockSeconds == pool.vault.clock() == 1000


def test_market_time__two_queues_at_once__count_no_second_twice(idle_market, requester):
    pool = idle_market.pool
    other = idle_market.open_queue()
    idle_market.place(requester, ZK)
    first = pool.market.roundOf(pool.queue).startedAt
    idle_market.chain.next_at(first + 100)
    idle_market.place(requester, ZK, queue=other)
    idle_market.chain.next_at(first + 400)
    idle_market.chain.send(pool.market.clear, pool.queue, sender=requester)
    assert pool.vault.clock() == 400
    idle_market.chain.next_at(first + 450)
    idle_market.chain.send(pool.market.clear, other, sender=requester)
    assert pool.vault.clock() == 450


def test_market_time__only_expired_bids__count_nothing(idle_market, requester):
    """A dead bid once let the clock run over rounds in which there was no work."""
    pool = idle_market.pool
    idle_market.place(requester, ZK, expires_at=idle_market.chain.now + 2 * ROUND + 5)
    idle_market.chain.warp(10 * ROUND)
    idle_market.clear()
    assert pool.vault.clock() == 0


def test_market_time__empty_rounds__count_nothing(idle_market, requester, prover):
    pool = idle_market.pool
    idle_market.seat(prover)
    idle_market.prove(idle_market.assigned(requester, ZK), prover)
    at = pool.vault.clock()
    idle_market.chain.warp(10 * ROUND)
    idle_market.chain.send(pool.market.clear, pool.queue, sender=requester)
    assert pool.vault.clock() == at


def test_market_time__busy_market__decays_the_idle(idle_market, requester, prover):
    """25 hours of rounds with bids and without a proof cost the prover one hour of decay."""
    pool = idle_market.pool
    idle_market.seat(prover)
    other = idle_market.open_queue()
    idle_market.place(requester, ZK, queue=other, expires_at=idle_market.chain.now + 20 * DAY)
    for hours, left in ((24, 40 * ZK), (25, AFTER_1)):
        target = hours * HOUR
        started_at = pool.market.roundOf(other).startedAt
        idle_market.chain.next_at(started_at + target - pool.vault.clock())
        idle_market.chain.send(pool.market.clear, other, sender=requester)
        assert pool.vault.clock() == target
        assert pool.vault.stakeOf(prover).ownWei == left
