"""Stories of lent stake, hot keys, accelerators, restaking and the desk in memory, worked out by hand."""

from __future__ import annotations

from tests.sdk.market_world import (
    ADMIN,
    DELEGATORS,
    DESK,
    GRACE,
    KEEPER,
    OUTSIDER,
    PROVERS,
    REQUESTER,
    RIVAL,
    RULES,
    SPONSOR,
    START,
    VERIFIER,
    WINDOW,
    assigned,
    check_market,
    new_market,
    refused,
    role,
    running,
    seat_prover,
    signals_for,
    terms,
)
from zkpool_sdk import errors
from zkpool_sdk.economics import rating
from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.vault import SlashOrder
from zkpool_sdk.models import (
    AcceleratorId,
    Fault,
    HotKey,
    ProverId,
    QueueId,
    Scope,
    SeatAward,
    TaskId,
    TaskStatus,
    Verdict,
)
from zkpool_sdk.units import DAY, Wei, zk

PROVER, SECOND = PROVERS[:2]
KEY = role(0x77)
MAKER = role(0x88)


def sponsored() -> tuple[Market, QueueId, TaskId, int]:
    """A prover that lives on 32 lent ZK has one task at a price of 2 ZK."""
    market, (queue,) = new_market()
    market.vault.sponsor = SPONSOR
    market.token.transfer(OUTSIDER, SPONSOR, zk(100))
    market.vault.lend(SPONSOR, PROVER, zk(32), START)
    market.vault.set_backed(SPONSOR, queue, True)
    market.provers.register(PROVER)
    market.provers.join(PROVER, queue, 8, START)
    task = market.place_bid(REQUESTER, queue, [7], zk(3), START + DAY, START)
    market.place_bid(RIVAL, queue, [8], zk(2), START + DAY, START)
    market.clear(queue, START + 300)
    return market, queue, task, START + 300


# --- lent stake


def test_lend__prover_without_stake__works_and_shares_its_side() -> None:
    market, _, task, now = sponsored()
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now)
    # of 2 ZK: a fifth to the pool, of the rest a fifth to the delegators
    assert market.splitter.earning_of(PROVER, now).pending_wei == zk("1.28")
    assert market.splitter.pool_earning(now).delegators_pending_wei == zk("0.2") + zk("0.32")
    assert market.splitter.pool_earning(now).treasury_pending_wei == zk("0.2")
    check_market(market, now)


def test_lend__queue_the_pool_does_not_back__gets_no_work_and_rescues_none() -> None:
    market, queue, task, now = sponsored()
    vault, bond = market.vault, zk("0.5")
    refused(errors.NotSponsor(OUTSIDER), lambda: vault.set_backed(OUTSIDER, queue, False))
    assert vault.free_cover_of(queue, PROVER, now) == zk(32) - bond
    vault.set_backed(SPONSOR, queue, False)
    assert vault.free_cover_of(queue, PROVER, now) == 0
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now)  # what it has goes on
    waiting = market.place_bid(REQUESTER, queue, [9], zk(3), now + DAY, now)
    assert market.clear(queue, now + 300).slot_count == 0

    seat_prover(market, SECOND, queue, zk(32), now)
    market.clear(queue, now + 600)
    market.decline(SECOND, waiting, now + 600)
    covered = errors.BondExceedsFreeStake(PROVER, market.bond_of(queue, now + 600), 0)
    refused(covered, lambda: market.claim_open(PROVER, waiting, 0, now + 600))
    vault.stake(PROVER, zk(1), now + 600)  # its own counts everywhere
    market.claim_open(PROVER, waiting, 0, now + 600)
    check_market(market, now + 600)


def test_lend__anybody_else_or_to_whom_needs_none__is_refused() -> None:
    market, _, _, now = sponsored()
    vault = market.vault
    refused(errors.NotSponsor(OUTSIDER), lambda: vault.lend(OUTSIDER, SECOND, zk(32), now))
    refused(errors.NotSponsor(OUTSIDER), lambda: vault.recall(OUTSIDER, PROVER, now))
    refused(errors.AmountZero(), lambda: vault.lend(SPONSOR, SECOND, 0, now))
    refused(errors.NotSponsorable(PROVER), lambda: vault.lend(SPONSOR, PROVER, zk(32), now))
    vault.stake(SECOND, zk(32), now)
    refused(errors.NotSponsorable(SECOND), lambda: vault.lend(SPONSOR, SECOND, zk(32), now))
    refused(errors.NothingToRecall(SECOND), lambda: vault.recall(SPONSOR, SECOND, now))


def test_lend__some_own_stake__reaches_the_entry_stake_together() -> None:
    market, _ = running()
    market.vault.sponsor = OUTSIDER
    market.vault.stake(SECOND, zk(10), START)
    market.vault.lend(OUTSIDER, SECOND, zk(20), START)
    assert not market.vault.is_active(SECOND, START)
    market.vault.stake(SECOND, zk(2), START)
    assert market.vault.is_active(SECOND, START)
    assert market.vault.lent_wei == zk(20)


def test_recall__with_a_bond__leaves_what_covers_it_and_no_new_tasks() -> None:
    market, _, task, now = sponsored()
    assert market.vault.recall(SPONSOR, PROVER, now) == zk("31.5")
    stake = market.vault.stake_of(PROVER, now)
    assert (stake.sponsored_wei, stake.active, stake.sponsored) == (zk("0.5"), False, True)
    refused(errors.NothingToRecall(PROVER), lambda: market.vault.recall(SPONSOR, PROVER, now))
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now)
    assert market.vault.recall(SPONSOR, PROVER, now) == zk("0.5")
    assert not market.vault.stake_of(PROVER, now).sponsored
    assert market.token.balance_of(SPONSOR) == zk(100)
    check_market(market, now)


def test_slash__of_lent_stake__pays_insurance_and_nobody_who_could_have_arranged_it() -> None:
    market, _, task, now = sponsored()
    before = market.credit_of(REQUESTER)
    market.finalize(KEEPER, task, now + WINDOW + GRACE + 1)
    assert market.vault.stake_of(PROVER, now).sponsored_wei == zk("31.5")
    assert market.credit_of(REQUESTER) == before
    assert market.credit_of(KEEPER) == 0
    assert market.rescue_of(task).bounty_wei == 0
    assert market.insurance.balance_wei == zk("0.5")


def test_slash__own_and_lent__own_first_and_tier_one_is_paid_out_of_both() -> None:
    market, _, _, now = sponsored()
    market.vault.stake(PROVER, zk("0.3"), now)
    order = SlashOrder(
        PROVER, zk("0.5"), Fault.MISSED, zk(2), tier1_loss_wei=zk("0.4"), has_rescuer=True, has_keeper=True
    )
    parts, lent = market.vault.slash(order, market.addresses.market, now)
    assert lent
    # 0.3 of its own: all of it to tier 1; of the lent 0.2 the other 0.1, the rest to insurance
    assert (parts.slashed_wei, parts.tier1_wei, parts.insurance_wei) == (zk("0.5"), zk("0.4"), zk("0.1"))
    assert parts.requester_wei == parts.rescuer_wei == parts.keeper_wei == 0
    stake = market.vault.stake_of(PROVER, now)
    assert (stake.own_wei, stake.sponsored_wei) == (0, zk("31.8"))


def test_idle__a_day_without_a_proof__and_a_late_proof_counts_as_work() -> None:
    market, _, task, now = assigned()
    until = START + DAY
    assert not market.vault.is_idle(PROVER, until - 1)
    assert market.vault.is_idle(PROVER, until)
    assert not market.vault.is_idle(SECOND, until)  # never was at work
    late = now + WINDOW + 1
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, late)
    assert not market.vault.is_idle(PROVER, late + DAY - 1)
    assert market.vault.is_idle(PROVER, late + DAY)


def test_idle__declining__is_no_work() -> None:
    market, _, task, now = assigned()
    market.decline(PROVER, task, now)
    assert market.vault.is_idle(PROVER, START + DAY)


# --- earnings


def test_restake__what_is_due__adds_to_the_stake() -> None:
    market, _, task, now = assigned()
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now)
    refused(errors.NothingToClaim(PROVER), lambda: market.splitter.restake(PROVER, now))
    tomorrow = (now // DAY + 1) * DAY
    assert market.splitter.restake(PROVER, tomorrow) == zk("1.6")
    assert market.vault.stake_of(PROVER, now).own_wei == zk("101.6")
    refused(errors.NothingToClaim(PROVER), lambda: market.splitter.restake(PROVER, tomorrow))
    check_market(market, tomorrow)


def test_rates__sponsors_part_too_high__is_refused() -> None:
    market, _ = running()
    refused(
        errors.SponsorRateTooHigh(5_001, 5_000), lambda: market.splitter.set_rates(2_000, 0, 5_001, START)
    )
    market.splitter.set_rates(2_000, 0, 5_000, START)


# --- accelerators


def test_accelerator__chosen__is_credited_its_share_of_the_provers_side() -> None:
    market, queue = running()
    made = market.accelerators
    accelerator = made.register(MAKER, b"h" * 32, "groth16", [], 2_000)
    market.provers.set_accelerator(PROVER, queue, accelerator)
    task = market.place_bid(REQUESTER, queue, [7], zk(3), START + DAY, START)
    market.place_bid(RIVAL, queue, [8], zk(2), START + DAY, START)
    market.clear(queue, START + 300)
    refused(
        errors.TasksInFlight(queue, market.provers.ids[PROVER], 1),
        lambda: market.provers.set_accelerator(PROVER, queue, AcceleratorId(0)),
    )
    made.set_payout(MAKER, accelerator, OUTSIDER)
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, START + 300)
    assert market.splitter.earning_of(OUTSIDER, START).pending_wei == zk("0.32")
    assert market.splitter.earning_of(PROVER, START).pending_wei == zk("1.28")
    market.provers.leave(PROVER, queue)
    market.provers.join(PROVER, queue, 1, START + 300)
    assert market.provers.seats_of(queue)[0].accelerator == 0
    check_market(market, START + 300)


def test_accelerator__retired_unfit_or_unknown__cannot_be_chosen() -> None:
    market, queue = running()
    made, key = market.accelerators, market.projects.queue_of(queue).key
    other = made.register(MAKER, b"h" * 32, "groth16", [b"o" * 32], 100)
    fits = made.register(MAKER, b"h" * 32, "groth16", [b"o" * 32, key], 100)

    def choose(accelerator: AcceleratorId) -> None:
        market.provers.set_accelerator(PROVER, queue, accelerator)

    refused(errors.AcceleratorUnfit(other, key), lambda: choose(other))
    refused(errors.UnknownAccelerator(9), lambda: choose(AcceleratorId(9)))
    number = market.provers.register(SECOND)
    refused(errors.NotSeated(queue, number), lambda: market.provers.set_accelerator(SECOND, queue, fits))
    choose(fits)
    refused(errors.NotAcceleratorOwner(fits, OUTSIDER), lambda: made.retire(OUTSIDER, fits))
    made.retire(MAKER, fits)
    assert market.provers.seats_of(queue)[0].accelerator_bps == 100  # who uses it goes on
    refused(errors.AcceleratorRetired(fits), lambda: choose(fits))


def test_accelerator__bad_release__is_refused() -> None:
    market, _ = running()
    made = market.accelerators
    refused(errors.EmptyRelease(), lambda: made.register(MAKER, bytes(32), "groth16", [], 0))
    refused(errors.ShareTooHigh(2_001, 2_000), lambda: made.register(MAKER, b"h" * 32, "groth16", [], 2_001))
    many = [bytes([i]) * 32 for i in range(33)]
    refused(errors.TooManyKeys(33, 32), lambda: made.register(MAKER, b"h" * 32, "groth16", many, 0))


# --- hot keys


def test_hot_key__two_step_consent__acts_within_scope_and_time() -> None:
    market, queue, task, now = assigned()
    provers, number = market.provers, market.provers.ids[PROVER]
    refused(errors.KeyNotProposed(number, KEY), lambda: provers.accept_key(KEY, number))
    provers.propose_key(PROVER, KEY, Scope.SUBMIT | Scope.HEARTBEAT, now + 100, now)
    good = signals_for(7, PROVER)
    refused(
        errors.NotAssignedProver(task, KEY),
        lambda: market.submit_proof(KEY, task, good, Verdict.ACCEPTED, now),
    )
    provers.accept_key(KEY, number)
    refused(errors.KeyNotProposed(number, KEY), lambda: provers.accept_key(KEY, number))
    refused(errors.NotAssignedProver(task, KEY), lambda: market.decline(KEY, task, now))
    provers.heartbeat(KEY, number, queue, 0, 3, now)
    assert provers.seats_of(queue)[0].capacity == 3
    refused(
        errors.NotAssignedProver(task, KEY),
        lambda: market.submit_proof(KEY, task, good, Verdict.ACCEPTED, now + 101),
    )
    market.submit_proof(KEY, task, good, Verdict.ACCEPTED, now + 100)
    assert market.splitter.earning_of(PROVER, now).pending_wei == zk("1.6")  # the prover is paid, not its key
    refused(
        errors.KeyNotAllowed(number, KEY, Scope.HEARTBEAT),
        lambda: provers.heartbeat(KEY, number, queue, 0, 3, now + 101),
    )


def test_hot_key__proposed_anew_or_revoked__acts_no_more() -> None:
    market, queue, _, now = assigned()
    provers, number = market.provers, market.provers.ids[PROVER]
    provers.propose_key(PROVER, KEY, Scope.HEARTBEAT, now + DAY, now)
    provers.accept_key(KEY, number)
    provers.propose_key(PROVER, KEY, Scope.HEARTBEAT, now + DAY, now)
    assert not provers.may_act(number, KEY, Scope.HEARTBEAT, now)
    provers.accept_key(KEY, number)
    refused(errors.KeyNotAllowed(number, OUTSIDER, 0), lambda: provers.revoke_key(OUTSIDER, number, KEY))
    provers.revoke_key(KEY, number, KEY)
    assert provers.key_of(number, KEY) == HotKey()
    refused(errors.KeyNotProposed(number, KEY), lambda: provers.revoke_key(PROVER, number, KEY))
    refused(
        errors.KeyNotAllowed(number, KEY, Scope.HEARTBEAT),
        lambda: provers.heartbeat(KEY, number, queue, 0, 1, now),
    )
    refused(errors.UnknownProver(9), lambda: provers.heartbeat(KEY, ProverId(9), queue, 0, 1, now))


def test_hot_key__bad_scopes_or_expiry__are_refused() -> None:
    market, _, _, now = assigned()
    provers, year = market.provers, 365 * DAY
    for scopes in (0, 8):
        refused(
            errors.ScopesInvalid(scopes), lambda s=scopes: provers.propose_key(PROVER, KEY, s, now + 1, now)
        )
    for expiry in (now, now + year + 1):
        refused(
            errors.KeyExpiryOutOfBounds(expiry, now + 1, now + year),
            lambda e=expiry: provers.propose_key(PROVER, KEY, 7, e, now),
        )
    provers.propose_key(PROVER, KEY, 7, now + year, now)
    refused(errors.NotRegistered(OUTSIDER), lambda: provers.propose_key(OUTSIDER, KEY, 7, now + 1, now))


# --- the desk and sealed queues


def sealed(min_rating_ppm: int = 250_000) -> tuple[Market, QueueId]:
    """A market with one prover in a sealed queue, at the start of a cycle."""
    market, _ = new_market()
    market.desk = DESK
    project = market.projects.register_project(ADMIN)
    queue = market.projects.create_queue(
        ADMIN, project, VERIFIER, b"s" * 32, RULES, terms(), is_sealed=True, min_rating_ppm=min_rating_ppm
    )
    seat_prover(market, PROVER, queue, zk(100), CYCLE)
    return market, queue


CYCLE = START // 600 * 600 + 600


def test_sealed__bids_come_by_the_desk_alone_and_are_cleared_while_others_commit() -> None:
    market, queue = sealed()
    reveal = CYCLE + 300
    refused(
        errors.QueueIsSealed(queue),
        lambda: market.place_bid(REQUESTER, queue, [7], zk(3), reveal + DAY, reveal),
    )
    bid = (REQUESTER, queue, [7], zk(3), reveal + DAY, reveal)
    refused(errors.NotDesk(OUTSIDER), lambda: market.place_bid_for(OUTSIDER, *bid))
    task = market.place_bid_for(DESK, *bid)
    assert market.task_of(task).requester == REQUESTER
    refused(errors.QueueIsSealed(queue), lambda: market.raise_bid(REQUESTER, task, zk(4)))
    refused(errors.QueueIsSealed(queue), lambda: market.raise_bid_for(DESK, task, zk(4)))
    market.place_bid_for(DESK, RIVAL, queue, [8], zk(2), reveal + DAY, reveal)  # stays in the book
    market.clear(queue, CYCLE + 600)  # the first second of the next cycle
    assert market.task_of(task).status == TaskStatus.ASSIGNED
    for now in (CYCLE + 900, CYCLE + 1_199):
        refused(errors.RevealWindow(queue, now, CYCLE + 1_200), lambda n=now: market.clear(queue, n))
    market.clear(queue, CYCLE + 1_200)
    check_market(market, CYCLE + 1_200)


def test_sealed__prover_below_the_tier__is_no_candidate_and_cannot_rescue() -> None:
    market, queue = sealed(rating.START_PPM)
    seat_prover(market, SECOND, queue, zk(100), CYCLE)
    number = market.provers.ids[PROVER]
    market.provers.award(queue, [SeatAward(0, 1, 0)])
    market.provers.record_declined(queue, 0, number, CYCLE)
    assert [c.account for c in market.provers.candidates(queue, CYCLE)] == [SECOND]
    rated = rating.START_PPM - rating.START_PPM // 64
    refused(
        errors.RatingTooLow(number, rated, rating.START_PPM),
        lambda: market.provers.check_free(queue, 0, PROVER, CYCLE),
    )


def test_desk__in_an_open_queue__bids_and_raises_at_the_requesters_cost() -> None:
    market, queue = running()
    market.desk = DESK
    before = market.token.balance_of(REQUESTER)
    task = market.place_bid_for(DESK, REQUESTER, queue, [7], zk(3), START + DAY, START)
    refused(errors.NotDesk(REQUESTER), lambda: market.raise_bid_for(REQUESTER, task, zk(4)))
    refused(errors.RaiseTooLow(zk(3), zk(3)), lambda: market.raise_bid_for(DESK, task, zk(3)))
    market.raise_bid_for(DESK, task, zk(4))
    assert before - market.token.balance_of(REQUESTER) == zk(4)
    assert market.token.balance_of(DESK) == 0
    market.pause()
    refused(errors.EnforcedPause(), lambda: market.raise_bid_for(DESK, task, zk(5)))


def test_min_rating__above_one__is_refused() -> None:
    market, _ = new_market()
    project = market.projects.register_project(ADMIN)
    refused(
        errors.MinRatingTooHigh(1_000_001, 1_000_000),
        lambda: market.projects.create_queue(
            ADMIN, project, VERIFIER, b"", RULES, terms(), is_sealed=True, min_rating_ppm=1_000_001
        ),
    )


def test_delegators__alone__take_their_part() -> None:
    market, _, task, now = assigned()
    market.splitter.set_delegators(DELEGATORS)
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now)
    tomorrow = (now // DAY + 1) * DAY
    refused(errors.NotDelegators(OUTSIDER), lambda: market.splitter.claim_delegators(OUTSIDER, tomorrow))
    assert market.splitter.claim_delegators(DELEGATORS, tomorrow) == zk("0.2")
    assert market.splitter.claim_treasury(tomorrow) == Wei(zk("0.2"))
    check_market(market, tomorrow)
