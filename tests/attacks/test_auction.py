"""Attacks on the auction: shills, stuffing, sniping, self-dealing, phantom and withheld capacity."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.rawchain import Call
from tests.support.stage import (
    ASSIGNED,
    DAY,
    EVICTED,
    MIN_BASE_FEE,
    MIN_BOND,
    QUEUED,
    ROUND,
    ZK,
    Stage,
)
from zkpool_sdk.economics import auction, base_fee
from zkpool_sdk.units import Wei

E_MAX = 116_000_000


def test_lone_bidder__however_high_its_bid__pays_the_base_fee(stage: Stage) -> None:
    """Its own bid is never its price; once a lone bidder was charged what it had bid."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester, 1000 * ZK)
    assert stage.task(task).amount_wei == MIN_BASE_FEE


def test_shill__just_below_a_rival__moves_one_price_and_stays_at_risk(stage: Stage) -> None:
    """A prover's own bid under the last winner raises that one price; a round later the shill pays.

    The extra money goes to whoever holds the last position; the shill's escrow stays in the book, where it
    cannot be lowered, and leaving costs one percent.
    """
    holders = [stage.seat(who) for who in (stage.prover, stage.second, stage.third, stage.attacker)]
    bids = [stage.place(stage.requester, fee * ZK) for fee in (9, 8, 7, 6)]
    shill = stage.place(stage.attacker, 6 * ZK - 1)
    stage.clear()
    prices = [stage.task(task).amount_wei for task in bids]
    assert prices == [8 * ZK, 7 * ZK, 6 * ZK, 6 * ZK - 1], "without the shill: 8, 7, 6 and the base fee"
    provers = [stage.pool.provers.read("accountOf", stage.task(task).prover) for task in bids]
    assert sorted(provers) == sorted(holders)
    for task, who in zip(bids, provers, strict=True):
        stage.prove(task, who)
    before = stage.wealth(stage.attacker)
    stage.act(stage.attacker, stage.pool.market, "cancelBid", shill)
    fee = (6 * ZK - 1) // 100
    assert before + 6 * ZK - 1 - stage.wealth(stage.attacker) == fee
    assert stage.refusal(stage.attacker, stage.pool.market, "raiseBid", shill, ZK) == "WrongStatus"


def test_shill__left_in_the_book__wins_and_pays_the_pool(stage: Stage) -> None:
    stage.seat(stage.attacker)
    task = stage.place(stage.requester, 5 * ZK)
    shill = stage.place(stage.attacker, 5 * ZK - 1)
    stage.clear()
    stage.prove(task, stage.attacker)
    follower = stage.place(stage.rival, 2 * ZK)
    before = stage.wealth(stage.attacker) + 5 * ZK - 1
    stage.clear()
    assert (stage.task(shill).status, stage.task(follower).status) == (ASSIGNED, QUEUED)
    stage.prove(shill, stage.attacker)
    assert before - stage.wealth(stage.attacker) == 2 * ZK * 2 // 10, "a fifth of the price it set itself"


@pytest.mark.parametrize("rival", [MIN_BASE_FEE, 2 * ZK, 4 * ZK])
def test_truthful_bid__for_one_slot__is_beaten_by_no_other(stage: Stage, rival: int) -> None:
    """With one slot the price is the next bid: whatever else one bids, one gains no more."""
    value = 3 * ZK
    stage.seat(stage.prover)
    gains = {}
    for bid in (MIN_BASE_FEE, ZK, value, 2 * value, 10 * value):
        snapshot = stage.chain.snapshot()
        stage.place(stage.rival, rival)
        task = stage.place(stage.attacker, bid)
        stage.clear()
        stored = stage.task(task)
        gains[bid] = value - stored.amount_wei if stored.status == ASSIGNED else 0
        stage.chain.revert(snapshot)
    assert gains[value] == max(gains.values())


def test_miss__of_one_task_in_a_hundred__costs_less_than_the_others_earn() -> None:
    """A slash too large for the reward would drive honest provers out: the drift is positive everywhere."""
    for excess in range(0, E_MAX + 1, 1_000_000):
        fee = base_fee.base_fee(excess)
        bond = auction.bond(fee, Wei(0))
        earned = 99 * fee * 8 // 10 * 8 // 10 * 8 // 10  # least price, dearest accelerator, lent stake
        assert earned > bond


def test_last_second_raise__pays_what_an_early_bid_pays(stage: Stage) -> None:
    """There is nothing to learn or gain by waiting: the price is the next bid, whenever one's own came."""
    stage.seat(stage.prover)
    prices = []
    for early in (True, False):
        snapshot = stage.chain.snapshot()
        stage.place(stage.requester, 3 * ZK)
        task = stage.place(stage.attacker, 4 * ZK if early else ZK)
        if not early:
            ends_at = stage.pool.market.read("roundOf", stage.queue)[2] + ROUND
            stage.act(stage.attacker, stage.pool.market, "raiseBid", task, 4 * ZK, at=ends_at - 1)
        stage.clear()
        prices.append(stage.task(task).amount_wei)
        stage.chain.revert(snapshot)
    assert prices == [3 * ZK, 3 * ZK]


def test_last_second_raise__to_a_tie__loses_to_the_earlier_bid(stage: Stage) -> None:
    """A raise takes a new place in line, so copying a rival's bid does not overtake it."""
    stage.seat(stage.prover)
    sniper = stage.place(stage.attacker, ZK)
    task = stage.place(stage.requester, 3 * ZK)
    stage.act(stage.attacker, stage.pool.market, "raiseBid", sniper, 3 * ZK)
    stage.clear()
    assert (stage.task(task).status, stage.task(sniper).status) == (ASSIGNED, QUEUED)


def test_book_stuffing__sixty_four_dust_bids__keep_no_better_bid_out(stage: Stage) -> None:
    """A full list without eviction once locked everybody out."""
    dust = [stage.place(stage.attacker, MIN_BASE_FEE) for _ in range(64)]
    best = stage.place(stage.rival, 9 * ZK)
    honest = stage.place(stage.requester, MIN_BASE_FEE + 1)
    assert [stage.task(task).status for task in dust[-2:]] == [EVICTED, EVICTED], "the latest of equals"
    assert {stage.task(task).status for task in (*dust[:-2], best, honest)} == {QUEUED}
    args = (stage.queue, [11, 22], MIN_BASE_FEE, stage.chain.now + DAY, b"")
    assert stage.refusal(stage.attacker, stage.pool.market, "placeBid", *args) == "BookFull"
    stage.seat(stage.prover)
    stage.clear()
    assert stage.task(best).status == ASSIGNED, "no worse bid puts the winner out"
    fee = max(1, MIN_BASE_FEE // 100)
    insured = stage.balance(stage.pool.insurance)
    for task in dust[:10]:
        stage.act(stage.attacker, stage.pool.market, "cancelBid", task)
    assert stage.balance(stage.pool.insurance) - insured == 10 * fee


def test_book_stuffing__of_one_queue__leaves_others_alone(stage: Stage) -> None:
    other = stage.open_queue()
    for _ in range(64):
        stage.place(stage.attacker, 5 * ZK)
    task = stage.place(stage.requester, MIN_BASE_FEE, queue=other)
    assert stage.task(task).status == QUEUED


def test_self_bids__to_raise_the_base_fee__cost_more_than_they_move(stage: Stage) -> None:
    """Wash demand pays a fifth of every price to the pool, and moves the fee by an eighth a round at most."""
    stage.seat(stage.attacker)
    start, wealth = stage.base_fee(), stage.wealth(stage.attacker)
    fees = [start]
    for _ in range(6):
        wash = [stage.place(stage.attacker, 2 * ZK) for _ in range(2)]
        stage.clear()
        fees.append(stage.base_fee())
        for task in wash:
            if stage.task(task).status == ASSIGNED:
                stage.prove(task, stage.attacker)
    assert all(now * 1000 <= last * 1126 for last, now in pairwise(fees))
    assert fees[-1] > start
    escrowed = sum(stage.pool.market.read("bookOf", stage.queue)[1])
    lost = wealth - stage.wealth(stage.attacker) - escrowed
    assert lost == 6 * (2 * ZK * 2 // 10), "a fifth of six prices of 2 ZK"
    assert lost > 100 * (fees[-1] - start)
    # Without the wash bids the fee falls back by itself.
    for task in [*stage.pool.market.read("bookOf", stage.queue)[0]]:
        stage.act(stage.attacker, stage.pool.market, "cancelBid", task)
    stage.skip(20 * ROUND)
    assert stage.base_fee() == MIN_BASE_FEE


def test_base_fee__many_clearings_in_one_round__move_it_once(stage: Stage) -> None:
    """Once every call in a block counted the issuance again, and the fee stuck at one wei."""
    stage.place(stage.requester, 5 * ZK)
    stage.clear()
    moved = stage.base_fee()
    for _ in range(5):
        assert stage.refusal(stage.attacker, stage.pool.market, "clear", stage.queue) == "RoundNotOver"
    last = stage.pool.market.read("roundOf", stage.queue)[2] + ROUND
    call = stage.pool.market.call(stage.attacker, "clear", stage.queue, at=last)
    again = Call(call.sender, call.to, call.data)
    outcomes = stage.chain.simulate([call, again, again])
    assert [outcome.ok for outcome in outcomes] == [True, False, False]
    assert stage.base_fee() == moved


def test_base_fee__pushed_to_its_end__neither_overflows_nor_sticks(stage: Stage) -> None:
    """E_MAX and a round beyond: the exponential is bounded, and empty rounds lead all the way back."""
    word = _round_word(stage)
    stored = stage.chain.storage(stage.pool.market.address, word)
    assert stored == 0, "nothing happened yet"
    stage.place(stage.requester, 5 * ZK)
    stored = stage.chain.storage(stage.pool.market.address, word)
    stage.chain.set_storage(stage.pool.market.address, word, stored | E_MAX << 120)
    stage.chain.mine()
    assert stage.pool.market.read("roundOf", stage.queue)[3] == E_MAX
    highest = stage.base_fee()
    assert 8_000 * ZK < highest < 8_500 * ZK
    task = stage.place(stage.requester, highest)
    for _ in range(3):
        stage.clear()
        assert stage.base_fee() == highest, "pressure without slots holds it at the bound"
    stage.fund(stage.prover, 0)
    stage.seat(stage.prover, stake_wei=stake_for(highest))
    stage.clear()
    assert stage.task(task).status == ASSIGNED
    assert stage.task(task).bond_wei == 2 * highest
    stage.prove(task, stage.prover)
    for bid in [*stage.pool.market.read("bookOf", stage.queue)[0]]:
        stage.act(stage.requester, stage.pool.market, "cancelBid", bid)
    stage.skip(120 * ROUND)
    assert stage.base_fee() == MIN_BASE_FEE


def test_phantom_capacity__newcomer_that_offers_thirty_two__gets_one_task(stage: Stage) -> None:
    """Capacity is believed as far as a record reaches, and every task of it is bonded."""
    stage.seat(stage.attacker, capacity=32)
    tasks = [stage.place(stage.requester, 2 * ZK) for _ in range(4)]
    before = stage.wealth(stage.attacker)
    stage.clear()
    assert [stage.task(task).status for task in tasks] == [ASSIGNED, QUEUED, QUEUED, QUEUED]
    stage.miss(tasks[0])
    assert stage.wealth(stage.attacker) == before - MIN_BOND


def test_phantom_capacity__one_stake_in_two_queues__covers_each_bond_once(stage: Stage) -> None:
    other = stage.open_queue(penalty=39 * ZK)
    stage.seat(stage.attacker)
    stage.act(stage.attacker, stage.pool.provers, "join", other, 8)
    stage.assigned(stage.requester, ZK, queue=other)
    assert stage.pool.market.read("slotCountOf", stage.queue) == 1, "half a ZK is left for one bond"
    second = stage.open_queue(penalty=ZK)
    stage.act(stage.attacker, stage.pool.provers, "join", second, 8)
    assert stage.pool.market.read("slotCountOf", second) == 0


def test_withheld_capacity__raises_the_fee_slowly_and_earns_less(stage: Stage) -> None:
    """A prover that hides its slot gives the work to its rival; the fee moves by an eighth at most."""
    earned = {}
    for withholds in (False, True):
        snapshot = stage.chain.snapshot()
        stage.seat(stage.attacker)
        stage.seat(stage.prover)
        if withholds:
            stage.act(stage.attacker, stage.pool.provers, "setCapacity", stage.queue, 0)
        start = stage.base_fee()
        for _ in range(4):
            tasks = [stage.place(stage.requester, 2 * ZK), stage.place(stage.rival, 2 * ZK)]
            stage.clear()
            for task in tasks:
                if stage.task(task).status == ASSIGNED:
                    who = stage.pool.provers.read("accountOf", stage.task(task).prover)
                    stage.prove(task, who)
        assert stage.base_fee() * 1000**4 <= start * 1126**4
        earned[withholds] = stage.earned(stage.attacker)
        stage.chain.revert(snapshot)
    assert earned[True] == 0 < earned[False]


def test_selection__whoever_clears_and_whenever__is_the_same(stage: Stage) -> None:
    """Nothing of the block decides who proves: no sender, no time, no randomness to grind."""
    for who in (stage.prover, stage.second, stage.third):
        stage.seat(who)
    tasks = [stage.place(stage.requester, (9 - i) * ZK) for i in range(5)]
    ends_at = stage.pool.market.read("roundOf", stage.queue)[2] + ROUND
    market = stage.pool.market
    outcomes = set()
    for sender in (stage.attacker, stage.keeper, stage.prover):
        for later in (0, 1, 37, ROUND - 1):
            calls = [market.call(sender, "clear", stage.queue, at=ends_at + later)]
            calls += [market.call(sender, "taskOf", task) for task in tasks]
            results = stage.chain.simulate(calls)
            assert results[0].ok
            stored = [market.decode("taskOf", result.data) for result in results[1:]]
            outcomes.add(tuple((t[1], t[2], t[9]) for t in stored))
    assert len(outcomes) == 1


def test_flash_stake__for_one_clearing__stays_bonded(stage: Stage) -> None:
    """Stake brought in just before an award cannot leave before the task has ended."""
    task = stage.place(stage.requester, 2 * ZK)
    stage.seat(stage.attacker, stake_wei=stake_for(0))
    stage.clear()
    assert stage.task(task).status == ASSIGNED
    vault = stage.pool.vault
    stage.act(stage.attacker, vault, "requestUnstake", 2**256 - 1)
    assert stage.refusal(stage.attacker, vault, "finishUnstake") == "StillUnbonding"
    before = stage.wealth(stage.attacker)
    stage.miss(task)
    assert stage.wealth(stage.attacker) == before - MIN_BOND


def test_clearing__thirty_two_provers_and_a_full_book__fits_a_block(stage: Stage) -> None:
    """Worst case: every seat taken, 64 bids of 64 accounts, half of them expired. Below 10 M gas."""
    stage.seat_crowd(32)
    requesters = [*stage.people.values(), *stage.crowd]
    for i in range(32):
        stage.fund(requesters[i], 10 * ZK)
        stage.place(requesters[i], 9 * ZK - i, expires_at=stage.chain.now + 2 * DAY)
    dying = stage.chain.now + 3 * ROUND
    for i in range(32):
        stage.place(stage.rival, ZK + i, expires_at=dying)
    stage.skip_to(dying)
    receipt = stage.clear()
    [cleared] = stage.events(receipt, stage.pool.market, "RoundCleared")
    assert cleared[4] == 32
    assert len(stage.events(receipt, stage.pool.market, "BidExpired")) == 32
    assert receipt.gas_used < 10_000_000


def test_clearing__sixty_four_expired_bids__fits_a_block(stage: Stage) -> None:
    until = stage.chain.now + 3 * ROUND
    for i in range(64):
        stage.place(stage.requester, ZK + i, expires_at=until)
    stage.skip_to(until)
    receipt = stage.clear()
    assert len(stage.events(receipt, stage.pool.market, "BidExpired")) == 64
    assert receipt.gas_used < 10_000_000


def stake_for(base_fee_wei: int) -> int:
    """A stake that covers a bond at this base fee."""
    return max(32 * ZK, 3 * base_fee_wei)


def _round_word(stage: Stage) -> int:
    """Where the market keeps a queue's round: found by what placing a bid changes."""
    from eth_utils.crypto import keccak

    for base in range(12):
        key = stage.queue.to_bytes(32) + base.to_bytes(32)
        word = int.from_bytes(keccak(key), "big")
        snapshot = stage.chain.snapshot()
        stage.place(stage.requester, ZK)
        started_at = stage.pool.market.read("roundOf", stage.queue)[2]
        value = stage.chain.storage(stage.pool.market.address, word)
        stage.chain.revert(snapshot)
        if value >> 80 & (2**40 - 1) == started_at:
            return word
    raise AssertionError("no word holds the round")
