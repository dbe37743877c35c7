"""Stories of tasks that their first prover does not prove, in memory, every amount worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sdk.market_world import (
    ADMIN,
    GRACE,
    KEEPER,
    LIABILITY,
    OUTSIDER,
    PROVERS,
    REQUESTER,
    REQUESTERS,
    RIVAL,
    RULES,
    START,
    VERIFIER,
    WINDOW,
    assigned,
    check_market,
    new_market,
    refused,
    role,
    seat_prover,
    signals_for,
    terms,
)
from zkpool_sdk import errors
from zkpool_sdk.economics import rating
from zkpool_sdk.economics.market import Market
from zkpool_sdk.models import (
    JAILED_UNTIL,
    NO_WEI,
    Address,
    ProofResult,
    QueueId,
    Rescue,
    SeatAward,
    TaskId,
    TaskStatus,
    Verdict,
)
from zkpool_sdk.units import DAY, HOUR, Wei, zk

FIRST, SECOND, THIRD, FOURTH = PROVERS


def crew(count: int = 4, penalty: Wei = NO_WEI) -> tuple[Market, QueueId]:
    """A market with some provers of 100 ZK each."""
    market, queues = new_market()
    queue = queues[0]
    if penalty:
        project = market.projects.register_project(ADMIN)
        queue = market.projects.create_queue(ADMIN, project, VERIFIER, b"p" * 32, RULES, terms(penalty))
    for prover in PROVERS[:count]:
        seat_prover(market, prover, queue, zk(100), START)
    return market, queue


def one_task(market: Market, queue: QueueId, now: int = START) -> tuple[TaskId, Address, int]:
    """A task at a price of 2 ZK, who got it, and when."""
    task = market.place_bid(REQUESTER, queue, [7], zk(3), now + DAY, now)
    market.place_bid(RIVAL, queue, [8], zk(2), now + 600, now)
    for prover in PROVERS:  # all but one are at work elsewhere
        if prover != FIRST and prover in market.provers.ids:
            market.provers.set_capacity(prover, queue, 0)
    market.clear(queue, now + 300)
    for prover in PROVERS:
        if prover in market.provers.ids:
            market.provers.set_capacity(prover, queue, 8)
    assert market.task_of(task).amount_wei == zk(2)
    return task, market.provers.prover_of(market.task_of(task).prover).account, now + 300


def prove(market: Market, task: TaskId, verdict: Verdict, now: int, by: Address | None = None) -> None:
    """A proof by the assigned prover, or by a key of it."""
    prover = market.provers.prover_of(market.task_of(task).prover).account
    market.submit_proof(by or prover, task, signals_for(7, prover), verdict, now)


# --- late


def test_late__within_the_grace__half_the_price_and_half_the_bond() -> None:
    market, _, task, now = assigned()
    rated = rating.START_PPM
    prove(market, task, Verdict.ACCEPTED, now + WINDOW + GRACE)
    assert market.task_of(task).status == TaskStatus.PROVEN
    assert market.vault.stake_of(FIRST, now).own_wei == zk("99.75")  # half of the bond of half a ZK
    # the winner's refund of 1, half the price of 2, half of what was slashed
    assert market.credit_of(REQUESTER) == zk(1) + zk(1) + zk("0.125")
    assert market.insurance.balance_wei == zk("0.125")
    assert market.splitter.earning_of(FIRST, now).pending_wei == zk("0.8")
    record = market.provers.prover_of(market.provers.ids[FIRST])
    assert record.rating_ppm == (15 * rated + 200_000) // 16
    assert (record.success_count, record.failure_count, record.banned_until) == (0, 0, 0)
    check_market(market, now + WINDOW + GRACE)


def test_late__a_second_after_the_grace__is_refused_and_then_missed() -> None:
    market, _, task, now = assigned()
    end = now + WINDOW + GRACE
    refused(
        errors.ProofWindowOver(task, end + 1, end), lambda: prove(market, task, Verdict.ACCEPTED, end + 1)
    )
    refused(errors.NothingDue(task, end, end + 1), lambda: market.finalize(KEEPER, task, end))
    market.finalize(KEEPER, task, end + 1)
    assert market.task_of(task).status == TaskStatus.OPEN


def test_late__odd_price__the_prover_gets_the_smaller_half() -> None:
    market, queue = crew(1)
    for number, fee_wei in enumerate((zk(3), zk(2) + 1)):
        market.place_bid(REQUESTER, queue, [7 + number], fee_wei, START + 600, START)
    market.clear(queue, START + 300)
    task = next(task for task, t in market.tasks.items() if t.status == TaskStatus.ASSIGNED)
    before = market.credit_of(REQUESTER)
    prove(market, task, Verdict.ACCEPTED, START + 300 + WINDOW + 1)
    assert market.splitter.owed_wei == zk(1)
    assert market.credit_of(REQUESTER) - before == zk(1) + 1 + zk("0.125")


# --- declined


def test_decline__in_time__costs_a_sixty_fourth_of_rating_and_no_stake() -> None:
    market, queue = crew()
    task, prover, now = one_task(market, queue)
    refused(errors.NotAssignedProver(task, OUTSIDER), lambda: market.decline(OUTSIDER, task, now))
    late = now + WINDOW // 10 + 1
    refused(errors.DeclineWindowOver(task, late, late - 1), lambda: market.decline(prover, task, late))
    market.decline(prover, task, late - 1)
    record = market.provers.prover_of(market.provers.ids[prover])
    assert record.rating_ppm == rating.START_PPM - rating.START_PPM // 64
    assert (record.decline_count, record.failure_count) == (1, 0)
    assert market.vault.stake_of(prover, late).own_wei == zk(100)
    assert market.vault.stake_of(prover, late).locked_wei == 0
    assert market.task_of(task).status == TaskStatus.OPEN
    until = now + WINDOW + LIABILITY
    assert market.rescue_of(task) == Rescue(Wei(0), until, 1, market.provers.ids[prover])  # type: ignore[arg-type]


def test_decline__three_provers__end_the_task_and_are_paid_a_tenth_of_the_base_fee() -> None:
    market, queue = crew()
    task, _, now = one_task(market, queue)
    before = market.credit_of(REQUESTER)
    market.decline(FIRST, task, now)
    for seat, prover in ((1, SECOND), (2, THIRD)):
        refused(errors.NotRescuer(task, FIRST), lambda: market.claim_open(FIRST, task, 0, now))
        market.claim_open(prover, task, seat, now)
        market.decline(prover, task, now)
    assert market.task_of(task).status == TaskStatus.FAILED
    part = market.base_fee_of(queue, now) // 10
    assert [market.credit_of(prover) for prover in (FIRST, SECOND, THIRD)] == [part] * 3
    assert market.credit_of(REQUESTER) - before == zk(2) - 3 * part
    check_market(market, now)


def test_decline__three_tasks_in_a_row__are_one_fault_and_a_proof_in_between_breaks_the_row() -> None:
    market, queue = crew(1)
    number = market.provers.ids[FIRST]
    now = START
    counts = []
    for step in ("decline", "decline", "prove", "decline", "decline", "decline"):
        task, _, now = one_task(market, queue, now)
        if step == "prove":
            prove(market, task, Verdict.ACCEPTED, now)
        else:
            market.decline(FIRST, task, now)
        record = market.provers.prover_of(number)
        counts.append((record.decline_count, record.failure_count))
    assert counts == [(1, 0), (2, 0), (0, 0), (1, 0), (2, 0), (0, 1)]
    assert market.provers.prover_of(number).banned_until == now + HOUR


# --- rescued


def test_claim__by_a_rescuer__has_half_the_window_and_earns_price_and_bounty() -> None:
    market, queue = crew()
    task, _, now = one_task(market, queue)
    prove(market, task, Verdict.REFUSED, now)
    # 5 % of 100 own stake: half of it up to the price of 2, 18 % wait for a rescuer
    assert market.rescue_of(task).bounty_wei == zk("0.9")
    late = now + WINDOW + LIABILITY
    refused(
        errors.ProverIsBanned(market.provers.ids[FIRST], now + HOUR),
        lambda: market.claim_open(FIRST, task, 0, now),
    )
    refused(errors.LiabilityOver(task, late + 1, late), lambda: market.claim_open(SECOND, task, 1, late + 1))
    market.claim_open(SECOND, task, 1, late)
    t = market.task_of(task)
    assert (t.rescued, t.prove_by, t.place) == (True, late + WINDOW // 2, 1)
    assert market.vault.stake_of(SECOND, late).locked_wei == market.bond_of(queue, late)
    prove(market, task, Verdict.ACCEPTED, late + WINDOW // 2)
    assert market.credit_of(SECOND) == zk("0.9")
    assert market.rescue_of(task).bounty_wei == 0
    assert market.splitter.owed_wei == zk(2)
    # at the end of its own, shorter window: x = 0.8
    record = market.provers.prover_of(market.provers.ids[SECOND])
    assert record.rating_ppm == (15 * rating.START_PPM + 800_000) // 16
    check_market(market, late + WINDOW)


def test_claim__missed_by_the_rescuer__opens_again_without_more_time() -> None:
    market, queue = crew()
    task, _, now = one_task(market, queue)
    market.decline(FIRST, task, now)
    until = market.rescue_of(task).open_until
    market.claim_open(SECOND, task, 1, now + 10)
    end = now + 10 + WINDOW // 2 + WINDOW // 8
    market.finalize(KEEPER, task, end + 1)
    assert market.task_of(task).status == TaskStatus.OPEN
    assert market.rescue_of(task).open_until == until
    assert market.rescue_of(task).bounty_wei == zk("0.09")
    market.finalize(KEEPER, task, until + 1)
    assert market.task_of(task).status == TaskStatus.FAILED
    # 0.5 slashed: 0.25 to the requester, 0.01 to the keeper, the bounty of 0.09 in the end to insurance
    assert market.insurance.balance_wei == zk("0.24")
    check_market(market, until + 1)


def test_claim__missed_after_the_liability__fails_at_once_and_nobody_is_owed_a_bounty() -> None:
    market, queue = crew()
    task, _, now = one_task(market, queue)
    market.decline(FIRST, task, now)
    until = market.rescue_of(task).open_until
    market.claim_open(SECOND, task, 1, until)
    market.finalize(KEEPER, task, until + WINDOW)
    assert market.task_of(task).status == TaskStatus.FAILED
    assert market.insurance.balance_wei == zk("0.24")
    check_market(market, until + WINDOW)


def test_claim__who_may_not__is_told_why() -> None:
    market, queue = crew(3)
    task, _, now = one_task(market, queue)
    refused(
        errors.WrongStatus(task, TaskStatus.ASSIGNED, TaskStatus.OPEN),
        lambda: market.claim_open(SECOND, task, 1, now),
    )
    market.decline(FIRST, task, now)
    refused(errors.ProverNotActive(OUTSIDER), lambda: market.claim_open(OUTSIDER, task, 1, now))
    market.vault.stake(FOURTH, zk(32), now)
    refused(errors.NotRegistered(FOURTH), lambda: market.claim_open(FOURTH, task, 1, now))
    number = market.provers.register(FOURTH)
    refused(errors.WrongSeat(queue, 9, number), lambda: market.claim_open(FOURTH, task, 9, now))
    refused(errors.WrongSeat(queue, 1, number), lambda: market.claim_open(FOURTH, task, 1, now))
    market.provers.set_capacity(SECOND, queue, 0)
    second = market.provers.ids[SECOND]
    refused(errors.NoFreeCapacity(queue, second), lambda: market.claim_open(SECOND, task, 1, now))
    market.vault.lock_bonds([(THIRD, zk("99.6"))], now)
    refused(
        errors.BondExceedsFreeStake(THIRD, zk("0.5"), zk("0.4")),
        lambda: market.claim_open(THIRD, task, 2, now),
    )
    assert market.provers.seats_of(queue)[2].in_flight == 0
    market.pause()  # a pause stops no rescue
    market.provers.set_capacity(SECOND, queue, 1)
    market.claim_open(SECOND, task, 1, now)


# --- bans and jail


def test_faults__in_a_row__ban_for_an_hour_two_four_and_then_jail() -> None:
    market, queue = crew(1)
    number = market.provers.ids[FIRST]
    now = START
    for fault, ban in enumerate((HOUR, 2 * HOUR, 4 * HOUR), start=1):
        task, _, now = one_task(market, queue, now)
        prove(market, task, Verdict.REFUSED, now)
        record = market.provers.prover_of(number)
        assert (record.failure_count, record.banned_until) == (fault, now + ban)
        assert market.provers.candidates(queue, now + ban) == []
        now += ban + 1
        assert len(market.provers.candidates(queue, now)) == 1
    refused(errors.NotJailed(number), lambda: market.provers.leave_jail(FIRST, now))
    task, _, now = one_task(market, queue, now)
    prove(market, task, Verdict.REFUSED, now)
    assert market.provers.prover_of(number).banned_until == JAILED_UNTIL
    assert market.provers.candidates(queue, now + 400 * DAY) == []
    before = market.insurance.balance_wei
    market.provers.leave_jail(FIRST, now)
    record = market.provers.prover_of(number)
    assert (record.failure_count, record.banned_until) == (0, now + 7 * DAY)
    assert record.rating_ppm <= rating.JAIL_RATING_PPM
    assert market.insurance.balance_wei - before == zk(1)
    check_market(market, now)


def test_jail__idle_seat_of_a_full_queue__yields() -> None:
    market, queue = crew(1)
    crowd = [role(0x1000 + i) for i in range(32)]
    for account in crowd:
        market.token.transfer(OUTSIDER, account, zk(50))
        market.vault.stake(account, zk(50), START)
        market.provers.register(account)
    for account in crowd[:31]:
        market.provers.join(account, queue, 1, START)
    refused(errors.QueueFull(queue, 32), lambda: market.provers.join(crowd[31], queue, 1, START))
    number = market.provers.ids[FIRST]
    for now in (START, START + DAY, START + 2 * DAY, START + 3 * DAY):
        market.provers.award(queue, [SeatAward(0, 1, 0)])
        refused(errors.QueueFull(queue, 32), lambda: market.provers.join(crowd[31], queue, 1, START))
        market.provers.record_missed(queue, 0, number, now)
    assert market.provers.prover_of(number).jailed
    assert market.provers.join(crowd[31], queue, 1, START) == 0


# --- many at once


def test_submit_many__mixed__each_item_as_if_alone_and_one_bad_spoils_no_other() -> None:
    market, queue = crew(1)
    number = market.provers.ids[FIRST]
    seasoned = replace(market.provers.prover_of(number), success_count=40)
    market.provers.provers[number] = seasoned
    tasks = [market.place_bid(REQUESTER, queue, [i], zk(1), START + DAY, START) for i in range(5)]
    market.clear(queue, START + 300)
    now = START + 301
    signals = [signals_for(i, FIRST) for i in range(5)]
    signals[3] = signals_for(99, FIRST)  # another statement
    signals[4] = signals_for(4, OUTSIDER)  # another prover
    verdicts = [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.ACCEPTED]
    results = market.submit_proofs(
        FIRST,
        queue,
        FIRST,
        [*tasks, tasks[0], TaskId(bytes(32))],
        [*signals, signals[0], [1]],
        [*verdicts, Verdict.ACCEPTED, Verdict.ACCEPTED],
        now,
    )
    proven, skipped = ProofResult.PROVEN, ProofResult.SKIPPED
    assert results == [proven, ProofResult.INVALID, proven, skipped, skipped, skipped, skipped]
    statuses = [market.task_of(task).status for task in tasks]
    assert statuses == [
        TaskStatus.PROVEN,
        TaskStatus.OPEN,
        TaskStatus.PROVEN,
        TaskStatus.ASSIGNED,
        TaskStatus.ASSIGNED,
    ]
    assert (
        market.splitter.owed_wei == market.task_of(tasks[0]).amount_wei + market.task_of(tasks[2]).amount_wei
    )
    # the invalid proof was settled before the row of faults ended with those in time
    record = market.provers.prover_of(number)
    assert (record.failure_count, record.success_count) == (0, 42)
    assert record.banned_until == now + HOUR
    check_market(market, now)


@pytest.mark.parametrize(("count", "signal_count"), [(0, 0), (33, 33), (2, 1)])
def test_submit_many__badly_shaped__is_refused_whole(count: int, signal_count: int) -> None:
    market, queue, task, now = assigned()
    signals = [signals_for(7, FIRST)] * signal_count
    error = errors.BatchLengthsDiffer() if count == 2 else errors.BatchOutOfBounds(count, 32)
    refused(
        error,
        lambda: market.submit_proofs(
            FIRST, queue, FIRST, [task] * count, signals, [Verdict.ACCEPTED] * count, now
        ),
    )


def test_submit_many__stranger_or_broken_verifier__changes_nothing() -> None:
    market, queue, task, now = assigned()
    good = [signals_for(7, FIRST)]
    refused(
        errors.NotAssignedProver(task, OUTSIDER),
        lambda: market.submit_proofs(OUTSIDER, queue, FIRST, [task], good, [Verdict.ACCEPTED], now),
    )
    refused(
        errors.VerifierFailed(queue),
        lambda: market.submit_proofs(FIRST, queue, FIRST, [task], good, [Verdict.BROKEN], now),
    )
    assert market.task_of(task).status == TaskStatus.ASSIGNED


# --- frozen


def test_frozen__queue__gives_every_task_back_whole_and_blames_nobody() -> None:
    market, queue = crew(2)
    opened, _, now = one_task(market, queue)
    market.decline(FIRST, opened, now)
    task, _, now = one_task(market, queue, now)
    queued = market.place_bid(RIVAL, queue, [9], zk(5), now + DAY, now)
    refused(
        errors.NotProjectAdmin(market.projects.queue_of(queue).project, OUTSIDER),
        lambda: market.projects.freeze_queue(OUTSIDER, queue),
    )
    market.projects.freeze_queue(ADMIN, queue)
    frozen = errors.QueueIsFrozen(queue)
    for action in (
        lambda: market.projects.freeze_queue(ADMIN, queue),
        lambda: market.place_bid(RIVAL, queue, [1], zk(1), now + 10, now),
        lambda: market.clear(queue, now + 300),
        lambda: prove(market, task, Verdict.REFUSED, now),
        lambda: market.claim_open(SECOND, opened, 1, now),
    ):
        refused(frozen, action)
    before = {who: market.credit_of(who) for who in REQUESTERS}
    for ended in (task, opened, queued):
        market.finalize(KEEPER, ended, now)
        assert market.task_of(ended).status == TaskStatus.FAILED
    assert market.credit_of(REQUESTER) - before[REQUESTER] == zk(4)
    assert market.credit_of(RIVAL) - before[RIVAL] == zk(5)
    assert market.credit_of(KEEPER) == market.insurance.balance_wei == 0
    assert [p.failure_count for p in market.provers.provers.values()] == [0, 0]
    check_market(market, now)


# --- tier 1


def test_slash__requester_carries_the_penalty__is_made_whole_first() -> None:
    market, queue = crew(1, penalty=zk(4))
    task, _, now = one_task(market, queue)
    market.projects.set_carrier(queue, REQUESTER)
    before = market.credit_of(REQUESTER)
    market.finalize(KEEPER, task, now + WINDOW + GRACE + 1)
    # bond 4.5: 4 for tier 1's penalty, half of the other 0.5, 2 % of it to the keeper
    assert market.recovered_of(task) == zk(4)
    assert market.credit_of(REQUESTER) - before == zk(4) + zk("0.25")
    assert market.credit_of(KEEPER) == zk("0.01")
    check_market(market, now + DAY)
