"""What holds at the edges of a clearing, a rescue, a slash and a batch."""

from __future__ import annotations

from tests.support.stage import (
    ASSIGNED,
    DAY,
    HOUR,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    STAKE,
    ZK,
    Stage,
)

SLOT_LIMIT = 32
BATCH_LIMIT = 32
SKIPPED = 0
LONGEST = 2 * DAY


def test_clear__ratings_a_millionth_apart__still_rank(stage: Stage) -> None:
    """Position 1 is the better rated prover's, though the other has the lower seat and an even rating."""
    queue = stage.open_queue(window=LONGEST)
    lower, better = stage.seat_crowd(2)
    provers = stage.pool.provers
    for account in (lower, better):
        stage.act(account, provers, "join", queue, 1)
    first = [stage.place(stage.patron, ZK, queue=queue) for _ in range(2)]
    stage.clear(queue)
    by_prover = {stage.task(task).prover: task for task in first}
    assigned_at = stage.chain.now
    stage.prove(by_prover[stage.id_of(better)], better, at=assigned_at + 10)
    stage.prove(by_prover[stage.id_of(lower)], lower, at=assigned_at + 20)
    ratings = [stage.record(account).rating_ppm for account in (lower, better)]
    assert ratings[0] + 1 == ratings[1]
    assert ratings[0] % 2 == 0
    top = stage.place(stage.patron, 9 * ZK, queue=queue)
    stage.place(stage.patron, ZK, queue=queue)
    stage.clear(queue)
    assert stage.task(top).prover == stage.id_of(better)


def test_clear__a_full_house__assigns_no_more_than_the_limit(stage: Stage) -> None:
    """One seat of two jobs beside 31 of one offer 33 slots; the last seat is like any other."""
    stage.seat(stage.prover)
    stage.experience(stage.prover, 4)
    crowd = stage.seat_crowd(31)
    assert len(stage.seats()) == 32
    assert sum(candidate[3] for candidate in stage.pool.provers.read("candidates", stage.queue, 0)) == 33
    assert stage.pool.market.read("slotCountOf", stage.queue) == SLOT_LIMIT
    last = crowd[-1]
    stage.act(last, stage.pool.provers, "heartbeat", stage.id_of(last), stage.queue, 31, 1)


def test_claim_open__by_the_prover_that_missed__is_refused_after_its_ban(stage: Stage) -> None:
    queue = stage.open_queue(liability=3 * HOUR)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    stage.miss(task)
    banned_until = stage.record(stage.prover).banned_until
    seat = stage.pool.seat_of(queue, stage.prover)
    claim = (stage.prover, stage.pool.market, "claimOpen", task, seat)
    assert stage.refusal(*claim, at=banned_until) == "ProverIsBanned"
    assert stage.refusal(*claim, at=banned_until + 1) == "NotRescuer"


def test_claim_open__by_the_second_decliner__is_refused_after_another_failed(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.pool.decline(task, stage.prover)
    for account in (stage.second, stage.third):
        stage.seat(account)
        stage.pool.claim_open(task, account)
        if account == stage.second:
            stage.pool.decline(task, account)
    stage.fumble(task, stage.third)
    assert stage.task(task).status == OPEN
    for account in (stage.prover, stage.second):
        seat = stage.pool.seat_of(stage.queue, account)
        assert stage.refusal(account, stage.pool.market, "claimOpen", task, seat) == "NotRescuer"


def test_claim_open__by_a_stake_that_is_nobodys__names_it(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.pool.decline(task, stage.prover)
    stage.act(stage.second, stage.pool.vault, "stake", STAKE)
    claim = (stage.second, stage.pool.market, "claimOpen", task, 31)
    assert stage.refusal(*claim) == "NotRegistered"


def test_claim_open__bond_of_just_the_stake__is_covered(stage: Stage) -> None:
    queue = stage.open_queue(penalty=STAKE - MIN_BOND)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    stage.pool.decline(task, stage.prover)
    stage.seat(stage.second, queue=queue)
    stage.pool.claim_open(task, stage.second)
    assert stage.stake_of(stage.second).locked_wei == STAKE == stage.task(task).bond_wei


def test_finalize__penalty_of_one_wei__is_recovered_for_who_carries_it(stage: Stage) -> None:
    queue = stage.open_queue(penalty=1)
    stage.act(stage.owner, stage.pool.projects, "setCarrier", queue, stage.requester)
    stage.seat(stage.prover, queue=queue)
    task = stage.assigned(stage.requester, queue=queue)
    stage.miss(task)
    assert stage.pool.market.read("recoveredOf", task) == 1


def test_late_proof__of_a_task_from_before_new_rates__is_paid_by_the_old(stage: Stage) -> None:
    """Who was assigned a task knew its rates; proving late changes nothing about that."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.act(stage.owner, stage.pool.splitter, "setRates", 0, 0, 0)
    stored = stage.task(task)
    receipt = stage.prove(task, stage.prover, at=stored.prove_by + 1)
    half = stored.amount_wei // 2
    [credited] = stage.events(receipt, stage.pool.splitter, "Credited")
    assert credited[2] == half - half * 2000 // 10_000 < half


def test_submit_proofs__as_many_as_allowed__are_looked_at(stage: Stage) -> None:
    stage.seat(stage.prover)
    unknown = [bytes(32)] * BATCH_LIMIT
    batch = (stage.prover, unknown, [[]] * BATCH_LIMIT, [b""] * BATCH_LIMIT)
    outcome = stage.pool.market.try_send(stage.prover, "submitProofs", stage.queue, *batch)
    assert outcome.ok
    assert set(stage.pool.market.decode("submitProofs", outcome.data)) == {SKIPPED}
    batch = (stage.prover, [*unknown, bytes(32)], [[]] * (BATCH_LIMIT + 1), [b""] * (BATCH_LIMIT + 1))
    refusal = stage.refusal(stage.prover, stage.pool.market, "submitProofs", stage.queue, *batch)
    assert refusal == "BatchOutOfBounds"


def test_quote__bids_below_a_base_fee_that_rose__are_not_in_it(stage: Stage) -> None:
    low, high = MIN_BASE_FEE, 5 * ZK
    for fee_wei in (low, high):
        stage.place(stage.requester, fee_wei)
    stage.clear()  # without provers
    base_fee = stage.base_fee()
    assert base_fee > low
    assert stage.pool.lens
    [fees] = stage.pool.lens.read("quote", stage.queue)[2:3]
    assert list(fees) == [high]


def test_quote_for__a_bid_of_just_the_base_fee__has_a_rank(stage: Stage) -> None:
    stage.seat(stage.prover)
    assert stage.pool.lens
    quoted = stage.pool.lens.read("quoteFor", stage.queue, MIN_BASE_FEE)
    assert quoted == (1, MIN_BASE_FEE, MIN_BASE_FEE)
    assert stage.task(stage.assigned(stage.requester, MIN_BASE_FEE)).status == ASSIGNED
