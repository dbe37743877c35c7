"""Attacks on stake: exits before a slash, decay dodged or forced, self-slashing, order, limits of types."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support.stage import (
    DAY,
    FAILED,
    HOUR,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    STAKE,
    ZK,
    Stage,
)

WEEK = 7 * DAY
EVERYTHING = 2**256 - 1


def test_exit__before_the_slash__does_not_outrun_it(stage: Stage) -> None:
    """Every way out at once, as soon as the fault is certain: the bond is still there to be slashed."""
    thief = stage.seat(stage.attacker)
    before = stage.wealth(thief)
    task = stage.assigned(stage.requester)
    vault, provers = stage.pool.vault, stage.pool.provers
    stage.act(thief, vault, "requestUnstake", EVERYTHING)
    assert stage.refusal(thief, vault, "finishUnstake") == "StillUnbonding"
    assert stage.refusal(thief, provers, "leave", stage.queue) == "TasksInFlight"
    assert stage.refusal(thief, vault, "requestUnstake", EVERYTHING) == "AmountZero"
    stage.skip(WEEK)
    stage.act(thief, vault, "finishUnstake")
    assert stage.stake_of(thief).unbonding_wei == MIN_BOND, "a week late, and the bond has waited"
    stage.act(stage.keeper, stage.pool.market, "finalize", task)
    assert stage.wealth(thief) == before - MIN_BOND
    assert stage.refusal(thief, vault, "finishUnstake") == "NothingUnbonding"


@pytest.mark.parametrize("first", ["exit", "slash"])
def test_exit__and_slash_in_any_order__cost_the_same(stage: Stage, first: str) -> None:
    thief = stage.seat(stage.attacker)
    before = stage.wealth(thief)
    task = stage.assigned(stage.requester)
    if first == "exit":
        stage.act(thief, stage.pool.vault, "requestUnstake", EVERYTHING)
    stage.miss(task)
    if first == "slash":
        stage.act(thief, stage.pool.vault, "requestUnstake", EVERYTHING)
    assert stage.wealth(thief) == before - MIN_BOND


def test_slashes__in_any_order__take_the_same(stage: Stage) -> None:
    """A later slash executed first once blocked the earlier ones."""
    stage.seat(stage.prover)
    stage.experience(stage.prover, 8)
    tasks = [stage.place(stage.requester, (9 - i) * ZK) for i in range(3)]
    stage.clear()
    stage.skip_to(stage.grace_until(tasks[0]))
    market, vault = stage.pool.market, stage.pool.vault
    ends = set()
    for order in permutations(tasks):
        calls = [market.call(stage.keeper, "finalize", task) for task in order]
        calls.append(vault.call(stage.keeper, "stakeOf", stage.prover))
        calls.append(market.call(stage.keeper, "creditOf", stage.requester))
        outcomes = stage.chain.simulate(calls)
        assert all(outcome.ok for outcome in outcomes)
        ends.add((outcomes[-2].data, outcomes[-1].data))
    assert len(ends) == 1


def test_slash__of_one_fault_twice__is_refused(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.miss(task)
    own = stage.stake_of(stage.prover).own_wei
    for who in (stage.keeper, stage.attacker, stage.requester):
        assert stage.refusal(who, stage.pool.market, "finalize", task) == "NothingDue"
    stage.skip(LIABILITY)
    stage.act(stage.attacker, stage.pool.market, "finalize", task)
    assert stage.task(task).status == FAILED
    assert stage.stake_of(stage.prover).own_wei == own
    assert stage.credit(stage.attacker) == 0, "the keeper's part is for a slash alone"


@pytest.mark.parametrize("price", [MIN_BASE_FEE, ZK, 100 * ZK])
@pytest.mark.parametrize("fault", ["missed", "invalid"])
def test_self_slash__offender_requester_and_keeper_in_one_hand__loses_thirty_percent(
    stage: Stage, fault: str, price: int
) -> None:
    """A slash whose reward goes where the offender likes is a cheap way out; here it never is."""
    gang = (stage.attacker, stage.accomplice)
    stage.seat(stage.attacker)
    if price > MIN_BASE_FEE:
        stage.place(stage.rival, price)
    before = stage.wealth(*gang)
    task = stage.assigned(stage.accomplice, price + ZK)
    own = stage.stake_of(stage.attacker).own_wei
    if fault == "missed":
        stage.miss(task, keeper=stage.accomplice)
    else:
        stage.fumble(task, stage.attacker)
    slashed = own - stage.stake_of(stage.attacker).own_wei
    stage.skip_to(stage.rescue(task).open_until + 1)
    stage.act(stage.accomplice, stage.pool.market, "finalize", task)
    lost = before - stage.wealth(*gang)
    assert slashed >= MIN_BOND
    assert lost * 100 >= slashed * 30


def test_keeper__of_a_strangers_fault__gets_two_percent(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.miss(task, keeper=stage.attacker)
    assert stage.credit(stage.attacker) == MIN_BOND * 2 // 100


@pytest.mark.parametrize("size", [32 * ZK, 1_000 * ZK, 900_000 * ZK, 32 * ZK + 1])
def test_slash__of_any_vault_size__is_exact_to_the_wei(stage: Stage, size: int) -> None:
    """Slashes once were truncated to a percentage of the vault, to nothing on a large one."""
    stage.seat(stage.attacker, stake_wei=size)
    task = stage.assigned(stage.requester)
    stage.miss(task)
    assert stage.stake_of(stage.attacker).own_wei == size - MIN_BOND


def test_decay__poked_often_or_never__is_the_same(stage: Stage) -> None:
    """Settling every hour or never differs by a wei of rounding an hour at most, against the prover."""
    for who in (stage.prover, stage.attacker):
        stage.act(who, stage.pool.vault, "stake", STAKE)
    starts = [stage.stake_of(who).decays_from for who in (stage.prover, stage.attacker)]
    begin = max(starts)
    for hour in range(1, 73):
        stage.act(stage.attacker, stage.pool.vault, "settle", stage.attacker, at=begin + hour * HOUR)
    poked, left = (stage.stake_of(who).own_wei for who in (stage.attacker, stage.prover))
    assert 0 <= left - poked <= 72


def test_decay__settled_by_others__harms_and_enriches_nobody(stage: Stage) -> None:
    stage.act(stage.prover, stage.pool.vault, "stake", STAKE)
    stage.skip(20 * DAY)
    due = STAKE - stage.stake_of(stage.prover).own_wei
    before, insured = stage.wealth(stage.attacker), stage.balance(stage.pool.insurance)
    shown = stage.stake_of(stage.prover).own_wei
    stage.act(stage.attacker, stage.pool.vault, "settle", stage.prover)
    assert stage.stake_of(stage.prover).own_wei == shown, "what the view had said all along"
    assert stage.wealth(stage.attacker) == before
    assert stage.balance(stage.pool.insurance) == insured + due


def test_decay__dodged_by_dust_stakes__is_not(stage: Stage) -> None:
    """A wei of stake, by the prover or by a stranger, restarts no clock and hides no idle hour."""
    for who in (stage.prover, stage.attacker):
        stage.act(who, stage.pool.vault, "stake", STAKE)
    for _ in range(20):
        stage.skip(DAY)
        stage.act(stage.attacker, stage.pool.vault, "stake", 1)
        stage.act(stage.accomplice, stage.pool.vault, "stakeFor", stage.attacker, 1)
    dodger, honest = (stage.stake_of(who).own_wei for who in (stage.attacker, stage.prover))
    assert dodger <= honest + 40, "the dust that was added, and nothing more"


def test_decay__dodged_by_declining__is_not(stage: Stage) -> None:
    """A task that was given back is no work."""
    stage.seat(stage.attacker)
    since = stage.stake_of(stage.attacker).decays_from
    task = stage.assigned(stage.requester)
    stage.pool.decline(task, stage.attacker)
    assert stage.stake_of(stage.attacker).decays_from == since


def test_decay__dodged_by_tasks_for_oneself__costs_the_pools_part(stage: Stage) -> None:
    """A dust task a day keeps decay away: it must win the auction, and a fifth of its price is gone.

    That is less than decay would take; it is how a prover shows that it is alive, which is what decay is for.
    """
    stage.seat(stage.attacker)
    before = stage.wealth(stage.attacker)
    for _ in range(10):
        stage.skip(DAY - 400)
        stage.prove(stage.assigned(stage.attacker, MIN_BASE_FEE), stage.attacker)
    assert stage.stake_of(stage.attacker).own_wei == STAKE
    assert before - stage.wealth(stage.attacker) == 10 * MIN_BASE_FEE * 2 // 10


def test_decay__dodged_by_leaving_and_coming_back__costs_the_seat_and_a_week(stage: Stage) -> None:
    """What leaves does not decay: it earns nothing, cannot be pulled for a week and stays slashable."""
    stage.seat(stage.attacker)
    vault = stage.pool.vault
    stage.act(stage.attacker, vault, "requestUnstake", EVERYTHING)
    assert not stage.stake_of(stage.attacker).active
    assert stage.pool.market.read("slotCountOf", stage.queue) == 0
    assert stage.refusal(stage.attacker, vault, "finishUnstake") == "StillUnbonding"
    stage.skip(WEEK)
    stage.act(stage.attacker, vault, "finishUnstake")
    assert stage.refusal(stage.attacker, stage.pool.provers, "register", "") == "AlreadyRegistered"


def test_decay__of_a_stake_split_into_many__is_no_less(stage: Stage) -> None:
    """Two stakes of 40 decay as one of 80 does, wei for wei but for rounding, and each stops at 24."""
    for who, amount in ((stage.attacker, 40), (stage.accomplice, 40), (stage.prover, 80)):
        stage.act(who, stage.pool.vault, "stake", amount * ZK)
    begin = stage.stake_of(stage.prover).decays_from
    stage.skip_to(begin + 10 * DAY)
    split = [stage.stake_of(who).own_wei for who in (stage.attacker, stage.accomplice)]
    whole = stage.stake_of(stage.prover).own_wei
    assert abs(sum(split) - whole) <= 2


def test_decay__never_uncovers_a_bond(stage: Stage) -> None:
    queue = stage.open_queue(penalty=38 * ZK)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, ZK, queue=queue)
    stage.skip(200 * DAY)
    stake = stage.stake_of(stage.prover)
    assert stake.own_wei == stake.locked_wei == 38 * ZK + MIN_BOND
    stage.act(stage.keeper, stage.pool.market, "finalize", task)
    assert stage.stake_of(stage.prover).own_wei == 0


def test_stake_for__by_a_stranger__forces_nothing(stage: Stage) -> None:
    """Dust into somebody's stake neither delays its exit nor blocks it."""
    vault = stage.pool.vault
    stage.act(stage.prover, vault, "stake", STAKE)
    stage.act(stage.prover, vault, "requestUnstake", EVERYTHING)
    until = stage.stake_of(stage.prover).unbond_at
    for _ in range(5):
        stage.act(stage.attacker, vault, "stakeFor", stage.prover, 1)
    assert stage.stake_of(stage.prover).unbond_at == until
    stage.skip_to(until)
    before = stage.balance(stage.prover)
    stage.act(stage.prover, vault, "finishUnstake")
    assert stage.balance(stage.prover) == before + STAKE


def test_new_identity__after_a_bad_record__needs_new_stake_and_starts_small(stage: Stage) -> None:
    """Who starts anew leaves its stake behind for a week, and gets one task at a time."""
    stage.seat(stage.attacker, capacity=32)
    for _ in range(4):
        stage.fumble(stage.assigned(stage.requester), stage.attacker)
        until = stage.record(stage.attacker).banned_until
        if until != 2**32 - 1:
            stage.skip_to(until + 1)
    assert stage.refusal(stage.attacker, stage.pool.provers, "register", "") == "AlreadyRegistered"
    stage.act(stage.attacker, stage.pool.vault, "requestUnstake", EVERYTHING)
    stage.seat(stage.accomplice, capacity=32)
    record = stage.record(stage.accomplice)
    assert (record.rating_ppm, record.success_count) == (300_000, 0)
    assert stage.pool.market.read("slotCountOf", stage.queue) == 1
    assert stage.refusal(stage.attacker, stage.pool.vault, "finishUnstake") == "StillUnbonding"


def test_new_identity__for_the_way_out_of_jail__is_not_cheaper(stage: Stage) -> None:
    """Leaving jail costs 1 ZK and a week; so long does the stake of a new identity wait."""
    stage.seat(stage.attacker)
    for _ in range(4):
        stage.fumble(stage.assigned(stage.requester), stage.attacker)
        until = stage.record(stage.attacker).banned_until
        if until != 2**32 - 1:
            stage.skip_to(until + 1)
    before, insured = stage.balance(stage.attacker), stage.balance(stage.pool.insurance)
    stage.act(stage.attacker, stage.pool.provers, "leaveJail")
    assert before - stage.balance(stage.attacker) == ZK
    assert stage.balance(stage.pool.insurance) - insured == ZK
    assert stage.record(stage.attacker).banned_until == stage.chain.now + WEEK
    assert stage.record(stage.attacker).rating_ppm <= 300_000


def test_long_con__with_a_good_record__pays_the_whole_bond(stage: Stage) -> None:
    """The bond does not fall with the rating: a long good record buys no cheap betrayal."""
    stage.seat(stage.attacker)
    stage.experience(stage.attacker, 20)
    assert stage.record(stage.attacker).rating_ppm > 700_000
    before = stage.wealth(stage.attacker)
    task = stage.assigned(stage.requester, 100 * ZK)
    assert stage.task(task).bond_wei == stage.pool.market.read("bondOf", stage.queue)
    assert stage.task(task).bond_wei >= MIN_BOND
    stage.miss(task)
    assert before - stage.wealth(stage.attacker) == MIN_BOND
    rating = stage.record(stage.attacker).rating_ppm
    assert rating < 15 * 1_000_000 // 16


def test_false_proof__in_any_disguise__never_pays(stage: Stage) -> None:
    """Contesting with or handing in a false proof once paid its author."""
    gang = (stage.attacker, stage.accomplice, stage.third)
    stage.seat(stage.attacker)
    stage.seat(stage.third)
    before = stage.wealth(*gang)
    task = stage.assigned(stage.accomplice, 5 * ZK)
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    other = stage.third if holder == stage.attacker else stage.attacker
    stage.fumble(task, holder)
    assert stage.task(task).status == OPEN
    stage.pool.claim_open(task, other)
    stage.fumble(task, other)
    stage.skip_to(stage.rescue(task).open_until + 1)
    stage.act(stage.accomplice, stage.pool.market, "finalize", task)
    lost = before - stage.wealth(*gang)
    assert lost * 100 >= 4 * ZK * 30
    stage.check_solvency()


@pytest.mark.parametrize("amount", [2**96, 2**128, 2**255])
def test_amounts__beyond_their_types__are_refused(stage: Stage, amount: int) -> None:
    """Unchecked adds and narrowing casts once made free stake of an overflow."""
    vault = stage.pool.vault
    for function, arguments in (("stake", (amount,)), ("stakeFor", (stage.prover, amount))):
        name = stage.refusal(stage.attacker, vault, function, *arguments)
        assert name in {"SafeCastOverflowedUintDowncast", "Panic", ""}
    assert stage.stake_of(stage.attacker).own_wei == 0
    name = stage.refusal(stage.attacker, vault, "requestUnstake", amount)
    assert name == "UnstakeExceedsStake"


def test_times__beyond_their_types__are_refused(stage: Stage) -> None:
    for expires_at in (2**40 - 1, 2**39, stage.chain.now + 30 * DAY + 2):
        bid = (stage.queue, [11, 22], ZK, expires_at, b"")
        assert stage.refusal(stage.requester, stage.pool.market, "placeBid", *bid) == "ExpiryOutOfBounds"
    market = stage.pool.market
    assert market.try_send(
        stage.requester, "placeBid", stage.queue, [11, 22], ZK, stage.chain.now + 30 * DAY, b""
    ).ok


def test_slashed_to_zero__and_back__is_one_prover(stage: Stage) -> None:
    """Ids and accounts stay one to one through slash, exit and new stake."""
    queue = stage.open_queue(penalty=STAKE - MIN_BOND)
    stage.seat(stage.prover, queue=queue)
    prover = stage.id_of(stage.prover)
    stage.miss(stage.assigned(stage.requester, ZK, queue=queue))
    assert stage.stake_of(stage.prover).own_wei == 0
    assert not stage.stake_of(stage.prover).active
    stage.skip_to(stage.record(stage.prover).banned_until + 1)
    stage.act(stage.prover, stage.pool.vault, "stake", STAKE)
    assert stage.refusal(stage.prover, stage.pool.provers, "join", queue, 1) == "AlreadySeated"
    assert (stage.id_of(stage.prover), stage.pool.provers.read("proverCount")) == (prover, 1)
    task = stage.assigned(stage.requester, ZK, queue=queue)
    stage.prove(task, stage.prover)


def test_retire__with_rewards_unclaimed__loses_nothing(stage: Stage) -> None:
    """Retiring a prover once deleted what it had earned; anybody could retire anybody."""
    stage.seat(stage.prover)
    stage.prove(stage.assigned(stage.requester), stage.prover)
    assert stage.refusal(stage.attacker, stage.pool.provers, "leave", stage.queue) == "NotRegistered"
    stage.act(stage.attacker, stage.pool.vault, "stakeFor", stage.prover, 1)
    stage.act(stage.prover, stage.pool.provers, "leave", stage.queue)
    stage.act(stage.prover, stage.pool.vault, "requestUnstake", EVERYTHING)
    stage.skip(WEEK)
    stage.act(stage.prover, stage.pool.vault, "finishUnstake")
    before = stage.balance(stage.prover)
    stage.act(stage.prover, stage.pool.splitter, "claim")
    assert stage.balance(stage.prover) - before == MIN_BASE_FEE * 8 // 10
