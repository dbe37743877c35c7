"""Attacks around declined, open and rescued tasks: farming, spam, hot potatoes, races."""

from __future__ import annotations

import pytest

from tests.support.stage import (
    ASSIGNED,
    FAILED,
    GRACE,
    HOUR,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    PROVEN,
    ROUND,
    WINDOW,
    ZK,
    Stage,
)


def hand_round(stage: Stage, task: bytes, holders: list[str]) -> None:
    """The task's holder and then each of the others takes it and declines."""
    stage.pool.decline(task, holders[0])
    for who in holders[1:]:
        stage.pool.claim_open(task, who)
        stage.pool.decline(task, who)


def test_unprovable_task__posted_to_farm_compensation__loses_money(stage: Stage) -> None:
    """Three provers look at it, decline, and are paid by who asked; no stake of theirs is touched."""
    helpers = [stage.seat(who) for who in (stage.prover, stage.second, stage.third)]
    before = stage.wealth(stage.attacker)
    task = stage.assigned(stage.attacker, 5 * ZK)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    order = [first, *(who for who in helpers if who != first)]
    hand_round(stage, task, order)
    part = MIN_BASE_FEE // 10
    assert stage.task(task).status == FAILED
    assert before - stage.wealth(stage.attacker) == 3 * part
    assert [stage.credit(who) for who in helpers] == [part] * 3
    assert [stage.stake_of(who).own_wei for who in helpers] == [40 * ZK] * 3
    stage.check_solvency()


def test_unprovable_task__that_a_sleeping_prover_keeps__gains_half_a_bond_at_most(stage: Stage) -> None:
    """A prover that neither proves nor declines loses its bond.

    The requester gets no more than half of it, and never more than the price it had to risk.
    """
    stage.seat(stage.prover)
    before = stage.wealth(stage.attacker)
    stage.place(stage.rival, 3 * ZK)
    task = stage.assigned(stage.attacker, 5 * ZK)
    stage.miss(task)
    assert stage.wealth(stage.attacker) - before == MIN_BOND // 2 - 3 * ZK
    stage.skip(LIABILITY)
    stage.act(stage.keeper, stage.pool.market, "finalize", task)
    assert stage.wealth(stage.attacker) - before == MIN_BOND // 2
    assert MIN_BOND // 2 <= 3 * ZK


def test_decliners__that_are_the_requester_too__gain_nothing(stage: Stage) -> None:
    """Declining one's own tasks moves money in a circle, and three declines in a row ban."""
    for who in (stage.attacker, stage.accomplice, stage.third):
        stage.seat(who)
    gang = (stage.attacker, stage.accomplice, stage.third)
    before = stage.wealth(*gang)
    task = stage.assigned(stage.attacker, 5 * ZK)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    hand_round(stage, task, [first, *(who for who in gang if who != first)])
    assert stage.task(task).status == FAILED
    assert stage.wealth(*gang) == before


def test_decline_spam__third_in_a_row__is_a_fault_and_bans(stage: Stage) -> None:
    """Capacity that always says no is not on offer any more."""
    spammer = stage.seat(stage.attacker)
    for count in (1, 2, 3):
        task = stage.assigned(stage.requester, ZK)
        stage.pool.decline(task, spammer)
        assert stage.record(spammer).decline_count == count % 3
    record = stage.record(spammer)
    assert (record.failure_count, record.decline_count) == (1, 0)
    assert record.banned_until == stage.chain.now + HOUR
    assert stage.pool.market.read("slotCountOf", stage.queue) == 0
    rating = 300_000
    for _ in range(3):
        rating -= rating // 64
    assert record.rating_ppm == rating


def test_decline_spam__to_pick_the_dear_tasks__sinks_in_rating(stage: Stage) -> None:
    """Cherry-picking: each no costs a 64th of the rating, so turns go to the others."""
    stage.seat(stage.attacker)
    stage.seat(stage.prover)
    served = {stage.attacker: 0, stage.prover: 0}
    for _ in range(12):
        task = stage.assigned(stage.requester, ZK)
        who = stage.pool.provers.read("accountOf", stage.task(task).prover)
        if who == stage.attacker and served[who] % 2 == 0:
            stage.pool.decline(task, who)
        else:
            stage.prove(task, who)
        served[who] += 1
    assert stage.record(stage.attacker).rating_ppm < stage.record(stage.prover).rating_ppm


def test_decline__after_its_window__is_refused(stage: Stage) -> None:
    """Looking at the outcome first and declining then would be a free exit."""
    stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    last = stage.task(task).prove_by - WINDOW + WINDOW // 10
    market = stage.pool.market
    assert market.try_send(stage.attacker, "decline", task, at=last).ok
    assert stage.refusal(stage.attacker, market, "decline", task, at=last + 1) == "DeclineWindowOver"


def test_decline__of_a_rescued_task__has_a_tenth_of_half_the_window(stage: Stage) -> None:
    stage.seat(stage.prover)
    stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    rescuer = stage.attacker if first == stage.prover else stage.prover
    stage.pool.decline(task, first)
    stage.pool.claim_open(task, rescuer)
    last = stage.task(task).prove_by - WINDOW // 2 + WINDOW // 20
    market = stage.pool.market
    assert market.try_send(rescuer, "decline", task, at=last).ok
    assert stage.refusal(rescuer, market, "decline", task, at=last + 1) == "DeclineWindowOver"


@pytest.mark.parametrize("way", ["declined", "invalid", "missed"])
def test_rescue__of_ones_own_fault__is_refused(stage: Stage, way: str) -> None:
    """Who opened a task may not take it again: no bounty for one's own fault, no new window by declining."""
    queue = stage.open_queue(liability=3 * HOUR)
    stage.seat(stage.attacker, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    if way == "declined":
        stage.pool.decline(task, stage.attacker)
    elif way == "invalid":
        stage.fumble(task, stage.attacker)
    else:
        stage.miss(task)
    assert stage.task(task).status == OPEN
    claim = (stage.attacker, stage.pool.market, "claimOpen", task, 0)
    if way != "declined":
        assert stage.refusal(*claim) == "ProverIsBanned"
        stage.skip(HOUR + 1)
    assert stage.refusal(*claim) == "NotRescuer"


def test_rescue__by_a_second_identity__costs_more_than_the_bounty(stage: Stage) -> None:
    """Offender, rescuer, keeper and requester in one hand: at least 30 % of the slash is gone."""
    gang = (stage.attacker, stage.accomplice, stage.third)
    offender, rescuer, requester = gang
    stage.seat(offender)
    before = stage.wealth(*gang)
    stage.place(stage.rival, 3 * ZK)
    task = stage.assigned(requester, 5 * ZK)
    stage.seat(rescuer)
    stage.miss(task, keeper=rescuer)
    assert stage.rescue(task).bounty_wei == MIN_BOND * 18 // 100
    stage.pool.claim_open(task, rescuer)
    stage.prove(task, rescuer)
    lost = before - stage.wealth(*gang)
    pool_part = 3 * ZK * 2 // 10
    assert stage.task(task).status == PROVEN
    assert lost - pool_part == MIN_BOND * 30 // 100
    stage.check_solvency()


def test_rescue__while_somebody_has_the_task__is_refused(stage: Stage) -> None:
    """Open tasks are exclusive once claimed: no race in the mempool, no assignment after a reveal."""
    for who in (stage.prover, stage.second, stage.attacker):
        stage.seat(who)
    task = stage.assigned(stage.requester)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    others = [who for who in (stage.prover, stage.second, stage.attacker) if who != first]
    seat = stage.pool.seat_of(stage.queue, others[1])
    assert stage.refusal(others[1], stage.pool.market, "claimOpen", task, seat) == "WrongStatus"
    stage.pool.decline(task, first)
    stage.pool.claim_open(task, others[0])
    assert stage.refusal(others[1], stage.pool.market, "claimOpen", task, seat) == "WrongStatus"
    proof = stage.proof(task, others[0])
    assert stage.refusal(others[1], stage.pool.market, "submitProof", task, *proof) == "NotAssignedProver"
    stage.prove(task, others[0])


def test_heir__of_a_missed_task__has_its_whole_window(stage: Stage) -> None:
    """A backup once was slashed in the transaction in which it inherited the task."""
    stage.seat(stage.prover)
    stage.seat(stage.second)
    task = stage.assigned(stage.requester)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    heir = stage.second if first == stage.prover else stage.prover
    stage.miss(task)
    late = stage.rescue(task).open_until
    stage.pool.claim_open(task, heir, at=late)
    stored = stage.task(task)
    assert stored.prove_by == late + WINDOW // 2, "beyond the liability window, as promised"
    assert stage.refusal(stage.attacker, stage.pool.market, "finalize", task) == "NothingDue"
    at = stored.prove_by + WINDOW // 2 // 4
    assert stage.refusal(stage.attacker, stage.pool.market, "finalize", task, at=at) == "NothingDue"
    before = stage.stake_of(heir).own_wei
    stage.prove(task, heir, at=stored.prove_by)
    assert stage.stake_of(heir).own_wei == before
    assert stage.credit(heir) == MIN_BOND * 18 // 100


def test_heir__that_misses_too__is_slashed_once_and_the_price_goes_back(stage: Stage) -> None:
    stage.seat(stage.prover)
    stage.seat(stage.second)
    task = stage.assigned(stage.requester)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    heir = stage.second if first == stage.prover else stage.prover
    owed = stage.credit(stage.requester) + stage.task(task).amount_wei
    stage.miss(task)
    stage.pool.claim_open(task, heir, at=stage.rescue(task).open_until)
    receipt = stage.miss(task)
    assert stage.task(task).status == FAILED
    assert len(stage.events(receipt, stage.pool.vault, "Slashed")) == 1
    assert stage.stake_of(heir).own_wei == 40 * ZK - MIN_BOND
    compensation = 2 * MIN_BASE_FEE  # each half bond is more than the price
    assert stage.credit(stage.requester) == owed + compensation
    assert stage.refusal(stage.keeper, stage.pool.market, "finalize", task) == "WrongStatus"
    stage.check_solvency()


def test_claim_open__at_the_last_second__and_one_later(stage: Stage) -> None:
    stage.seat(stage.prover)
    stage.seat(stage.second)
    task = stage.assigned(stage.requester)
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    heir = stage.second if first == stage.prover else stage.prover
    until = stage.task(task).prove_by + LIABILITY
    stage.pool.decline(task, first)
    assert stage.rescue(task).open_until == until
    seat = stage.pool.seat_of(stage.queue, heir)
    market = stage.pool.market
    for at in (until - 1, until):
        assert market.try_send(heir, "claimOpen", task, seat, at=at).ok
        assert stage.refusal(stage.keeper, market, "finalize", task, at=at) == "NothingDue"
    assert stage.refusal(heir, market, "claimOpen", task, seat, at=until + 1) == "LiabilityOver"
    assert market.try_send(stage.keeper, "finalize", task, at=until + 1).ok


def test_claim_open__from_a_seat_without_means__is_refused(stage: Stage) -> None:
    """Rescuing is bonded, seated, active, unbanned and within capacity, or it would be a free option."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.pool.decline(task, stage.prover)
    claim = (stage.pool.market, "claimOpen", task)
    assert stage.refusal(stage.attacker, *claim, 0) == "ProverNotActive"
    stage.act(stage.attacker, stage.pool.vault, "stake", 32 * ZK)
    assert stage.refusal(stage.attacker, *claim, 0) == "NotRegistered"
    stage.act(stage.attacker, stage.pool.provers, "register", "")
    for seat in (0, 1, 31):
        assert stage.refusal(stage.attacker, *claim, seat) == "WrongSeat"
    stage.act(stage.attacker, stage.pool.provers, "join", stage.queue, 0)
    assert stage.refusal(stage.attacker, *claim, 1) == "NoFreeCapacity"
    stage.act(stage.attacker, stage.pool.provers, "setCapacity", stage.queue, 8)
    assert stage.refusal(stage.attacker, *claim, 0) == "WrongSeat"
    stage.act(stage.attacker, stage.pool.market, "claimOpen", task, 1)
    assert stage.stake_of(stage.attacker).locked_wei == MIN_BOND


def test_full_seat__of_a_banned_prover__is_no_capacity(stage: Stage) -> None:
    """A slashed prover keeps its seat and is passed over; nobody waits for it."""
    stage.seat(stage.attacker)
    stage.seat(stage.prover)
    stage.fumble(stage.assigned(stage.requester), stage.attacker)
    assert stage.record(stage.attacker).banned_until > stage.chain.now
    for _ in range(3):
        task = stage.assigned(stage.requester)
        assert stage.task(task).prover == stage.id_of(stage.prover)
        stage.prove(task, stage.prover)


def test_full_seat__of_a_jailed_prover__yields_to_a_newcomer(stage: Stage) -> None:
    """32 seats of provers in jail would shut a queue for ever."""
    jailed = stage.seat(stage.attacker)
    for _ in range(4):
        task = stage.assigned(stage.requester)
        stage.fumble(task, jailed)
        stage.skip(
            stage.record(jailed).banned_until - stage.chain.now
            if stage.record(jailed).banned_until < 2**32 - 1
            else 1
        )
    assert stage.record(jailed).banned_until == 2**32 - 1
    assert stage.stake_of(jailed).active
    stage.seat_crowd(31)
    stage.seat(stage.prover)
    assert stage.seats()[0].prover == stage.id_of(stage.prover)
    for account in stage.crowd[:31]:
        assert stage.id_of(account) in {seat.prover for seat in stage.seats()}


def test_outage__of_an_honest_prover__costs_four_bonds_at_most(stage: Stage) -> None:
    """A broker that kept locking after failures lost hundreds of tokens: here bans grow and jail ends it."""
    stage.seat(stage.prover)
    own = stage.stake_of(stage.prover).own_wei
    slashed = 0
    started_at = stage.chain.now
    while stage.record(stage.prover).banned_until != 2**32 - 1:
        task = stage.assigned(stage.requester)
        stage.miss(task)
        slashed += 1
        banned_until = stage.record(stage.prover).banned_until
        if banned_until != 2**32 - 1:
            assert stage.pool.market.read("slotCountOf", stage.queue) == 0
            stage.skip_to(banned_until + 1)
    assert slashed == 4
    assert stage.chain.now - started_at >= 7 * HOUR
    assert own - stage.stake_of(stage.prover).own_wei == 4 * MIN_BOND
    stage.place(stage.requester, ZK)
    stage.clear()
    assert stage.pool.market.read("slotCountOf", stage.queue) == 0


def test_late_proof__on_purpose__earns_less_than_a_proof_in_time(stage: Stage) -> None:
    earned = []
    for late in (False, True):
        snapshot = stage.chain.snapshot()
        stage.seat(stage.attacker)
        before = stage.wealth(stage.attacker)
        stage.place(stage.rival, 3 * ZK)
        task = stage.assigned(stage.requester, 5 * ZK)
        prove_by = stage.task(task).prove_by
        stage.prove(task, stage.attacker, at=prove_by + GRACE if late else prove_by)
        earned.append(stage.wealth(stage.attacker) - before)
        stage.chain.revert(snapshot)
    assert earned == [3 * ZK * 8 // 10, 3 * ZK // 2 * 8 // 10 - MIN_BOND // 2]


def test_grace__of_the_assigned_prover__is_nobody_elses(stage: Stage) -> None:
    """Until the grace ends nobody can mark the miss, nobody else can prove."""
    stage.seat(stage.prover)
    stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
    thief = stage.attacker if holder == stage.prover else stage.prover
    end = stage.task(task).prove_by + GRACE
    market = stage.pool.market
    for at in (end - GRACE + 1, end):
        assert stage.refusal(stage.keeper, market, "finalize", task, at=at) == "NothingDue"
        theft = stage.proof(task, holder)
        assert stage.refusal(thief, market, "submitProof", task, *theft, at=at) == "NotAssignedProver"
    name = stage.refusal(holder, market, "submitProof", task, *stage.proof(task, holder), at=end + 1)
    assert name == "ProofWindowOver"
    assert market.try_send(stage.keeper, "finalize", task, at=end + 1).ok


def test_banned_prover__pokes_every_door__gets_no_new_task(stage: Stage) -> None:
    stage.seat(stage.attacker)
    stage.seat(stage.prover)
    bad = stage.assigned(stage.requester)
    stage.fumble(bad, stage.attacker)
    task = stage.assigned(stage.requester)
    assert stage.task(task).prover == stage.id_of(stage.prover)
    stage.pool.decline(task, stage.prover)
    provers, market = stage.pool.provers, stage.pool.market
    assert stage.refusal(stage.attacker, market, "claimOpen", task, 0) == "ProverIsBanned"
    assert stage.refusal(stage.attacker, provers, "register", "") == "AlreadyRegistered"
    stage.act(stage.attacker, provers, "leave", stage.queue)
    stage.act(stage.attacker, provers, "join", stage.queue, 8)
    stage.act(stage.attacker, stage.pool.vault, "stake", 100 * ZK)
    assert stage.refusal(stage.attacker, market, "claimOpen", task, 0) == "ProverIsBanned"
    until = stage.record(stage.attacker).banned_until
    later = stage.chain.now + ROUND
    assert until > later
    stage.place(stage.requester, ZK)
    stage.clear()
    tasks = stage.pool.market.read("bookOf", stage.queue)[0]
    assert not tasks or stage.task(tasks[0]).status != ASSIGNED


def test_decline_farm__by_a_gang_without_machines__ends_in_jail(stage: Stage) -> None:
    """Three seats that only ever decline are paid a tenth of the base fee each time, twelve times each.

    Nobody is slashed for it, so it is bounded otherwise: every third decline bans, the fourth ban is jail.
    The whole catch is 1.2 base fees an identity, what a task and a half would have earned it; the requester
    loses three tenths of a base fee of each price.
    """
    gang = (stage.attacker, stage.accomplice, stage.third)
    for who in gang:
        stage.seat(who)
    before, most, count = stage.wealth(*gang), 0, 0
    while stage.record(stage.attacker).banned_until != 2**32 - 1:
        free = max(stage.record(who).banned_until for who in gang)
        if free > stage.chain.now:
            stage.skip_to(free + 1)
        task = stage.assigned(stage.requester)
        first = stage.pool.provers.read("accountOf", stage.task(task).prover)
        most = max(most, stage.base_fee())
        hand_round(stage, task, [first, *(who for who in gang if who != first)])
        assert stage.task(task).status == FAILED
        count += 1
    assert count == 12
    assert [stage.record(who).banned_until for who in gang] == [2**32 - 1] * 3
    gained = stage.wealth(*gang) - before
    assert 0 < gained <= 36 * most // 10
    stage.place(stage.requester, ZK)
    stage.clear()
    assert stage.pool.market.read("slotCountOf", stage.queue) == 0
    stage.check_solvency()
