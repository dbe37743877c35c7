"""Stories told on the market in memory, with every amount worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.market_world import (
    ADMIN,
    GRACE,
    KEEPER,
    LIABILITY,
    OUTSIDER,
    PROVERS,
    REQUESTERS,
    RULES,
    START,
    VERIFIER,
    WINDOW,
    assigned,
    check_market,
    new_market,
    refused,
    running,
    seat_prover,
    signals_for,
    terms,
)
from zkpool_sdk import errors
from zkpool_sdk.economics import base_fee, rating
from zkpool_sdk.economics.task_id import task_id
from zkpool_sdk.models import QueueId, SignalRule, TaskId, TaskStatus, Verdict
from zkpool_sdk.units import DAY, HOUR, SCALAR_FIELD, Wei, zk

PROVER, SECOND = PROVERS[:2]
REQUESTER, RIVAL = REQUESTERS[:2]
MIN_FEE = zk("0.01")


def test_clear__three_bids_for_one_slot__winner_pays_next_bid() -> None:
    market, queue = running()
    tasks = [market.place_bid(REQUESTER, queue, [i], zk(i), START + DAY, START) for i in (1, 3, 2)]
    result = market.clear(queue, START + 300)
    (win,) = result.assignments
    assert (win.task, win.price_wei, win.refund_wei, win.bond_wei) == (tasks[1], zk(2), zk(1), zk("0.5"))
    assert (result.base_fee_wei, result.bid_count, result.slot_count) == (MIN_FEE, 3, 1)
    assert result.excess == 1_000_000  # the first loser offers 200 times the base fee: full pressure
    assert market.credit_of(REQUESTER) == zk(1)
    assert [bid.task for bid in market.book_of(queue)] == [tasks[2], tasks[0]]
    check_market(market, START + 300)


def test_clear__lone_bid__pays_base_fee_alone() -> None:
    market, queue = running()
    market.place_bid(REQUESTER, queue, [1], zk(5), START + DAY, START)
    result = market.clear(queue, START + 300)
    assert result.assignments[0].price_wei == MIN_FEE
    assert result.excess == 0


def test_clear__equal_bids__earlier_wins_until_it_is_raised_anew() -> None:
    market, queue = running()
    first, second = (market.place_bid(r, queue, [1], zk(1), START + DAY, START) for r in (REQUESTER, RIVAL))
    assert first != second
    assert [b.task for b in market.book_of(queue)] == [first, second]
    market.raise_bid(RIVAL, second, zk(2))
    market.raise_bid(REQUESTER, first, zk(2))
    assert [b.task for b in market.book_of(queue)] == [second, first]


def test_clear__two_provers__best_bid_gets_the_better_rated() -> None:
    market, (queue,) = new_market()
    for prover in (PROVER, SECOND):
        seat_prover(market, prover, queue, zk(100), START)
    task = market.place_bid(REQUESTER, queue, [1], zk(1), START + DAY, START)
    market.clear(queue, START + 300)
    loser = market.provers.prover_of(market.task_of(task).prover).account
    market.submit_proof(loser, task, signals_for(1, loser), Verdict.REFUSED, START + 301)
    winner = SECOND if loser == PROVER else PROVER
    market.vault.stake(loser, zk(50), START + 302)
    tasks = [market.place_bid(REQUESTER, queue, [i], zk(i), START + DAY, START + 302) for i in (2, 3)]
    assert [c.account for c in market.provers.candidates(queue, START + 301 + HOUR)] == [winner]  # banned
    result = market.clear(queue, START + 302 + HOUR)
    assert [(a.task, a.account) for a in result.assignments] == [(tasks[1], winner), (tasks[0], loser)]


def test_clear__before_the_round_is_over__is_refused_to_the_second() -> None:
    market, queue = running()
    refused(errors.RoundNotOver(queue, START, START + 300), lambda: market.clear(queue, START))
    market.place_bid(REQUESTER, queue, [1], zk(1), START + DAY, START)
    refused(errors.RoundNotOver(queue, START + 299, START + 300), lambda: market.clear(queue, START + 299))
    assert market.clear(queue, START + 300).assigned_count == 1


def test_base_fee__empty_rounds__fall_lazily_and_are_not_counted_twice() -> None:
    market, queue = running()
    for i in range(3):
        market.place_bid(REQUESTER, queue, [i], zk(1), START + 600, START)
    market.clear(queue, START + 300)  # excess 1e6; two losers expire
    result = market.clear(queue, START + 601)
    assert (len(result.expired), result.bid_count, result.slot_count) == (2, 0, 0)
    assert result.excess == 1_000_000  # no live bid and no slot: held
    assert market.base_fee_of(queue, START + 601 + 299) == base_fee.base_fee(1_000_000)
    assert market.base_fee_of(queue, START + 601 + 300) == MIN_FEE
    cleared = market.clear(queue, START + 601 + 650)
    assert (cleared.bid_count, cleared.excess) == (0, 0)
    assert market.round_of(queue).started_at == START + 601 + 600  # the round in progress goes on


def test_base_fee__rounds_with_a_forgotten_bid__are_held_not_empty() -> None:
    market, queue = running()
    for i in range(2):
        market.place_bid(REQUESTER, queue, [i], zk(1), START + 1_000, START)
    market.clear(queue, START + 300)
    excess = market.round_of(queue).excess
    (loser,) = (bid.task for bid in market.book_of(queue))
    market.expire_bid(loser, START + 3_400)
    assert market.round_of(queue).excess == excess == 1_000_000
    assert market.round_of(queue).started_at == START + 3_300
    assert market.base_fee_of(queue, START + 3_599) == base_fee.base_fee(excess)
    assert market.base_fee_of(queue, START + 3_600) == MIN_FEE


def test_book__full__better_bid_evicts_the_worst_and_equal_is_refused() -> None:
    market, queue = running()
    tasks = [market.place_bid(REQUESTER, queue, [0], zk(1), START + DAY, START) for _ in range(64)]
    refused(
        errors.BookFull(zk(1), zk(1)),
        lambda: market.place_bid(RIVAL, queue, [0], zk(1), START + DAY, START),
    )
    better = market.place_bid(RIVAL, queue, [0], zk(1) + 1, START + DAY, START)
    assert market.task_of(tasks[-1]).status == TaskStatus.EVICTED  # of equal bids the latest is the worst
    assert market.task_of(better).place == market.task_of(tasks[-1]).place
    assert market.credit_of(REQUESTER) == zk(1)
    check_market(market, START)


def test_cancel__only_after_a_clearing__costs_one_percent() -> None:
    market, queue = running()
    tasks = [market.place_bid(REQUESTER, queue, [i], zk(2) - i, START + DAY, START) for i in range(3)]
    refused(errors.NotYetCleared(tasks[1]), lambda: market.cancel_bid(REQUESTER, tasks[1], START))
    market.clear(queue, START + 300)
    refused(errors.NotRequester(tasks[1], RIVAL), lambda: market.cancel_bid(RIVAL, tasks[1], START + 300))
    market.raise_bid(REQUESTER, tasks[2], zk(4))
    refused(errors.NotYetCleared(tasks[2]), lambda: market.cancel_bid(REQUESTER, tasks[2], START + 300))
    credit = market.credit_of(REQUESTER)
    assert market.cancel_bid(REQUESTER, tasks[1], START + 300) == (zk(2) - 1) // 100
    assert market.credit_of(REQUESTER) - credit == (zk(2) - 1) - (zk(2) - 1) // 100
    assert market.insurance.balance_wei == (zk(2) - 1) // 100
    check_market(market, START + 300)


def test_submit__on_time__pays_prover_and_pool_from_the_next_epoch() -> None:
    market, _, task, now = assigned()
    at = now + WINDOW // 2
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, at)
    record = market.provers.prover_of(market.task_of(task).prover)
    assert record.rating_ppm == (15 * rating.START_PPM + 900_000) // 16
    assert (record.success_count, record.failure_count) == (1, 0)
    refused(errors.NothingToClaim(PROVER), lambda: market.splitter.claim(PROVER, at))
    next_epoch = (at // DAY + 1) * DAY
    refused(errors.NothingToClaim(PROVER), lambda: market.splitter.claim(PROVER, next_epoch - 1))
    assert market.splitter.claim(PROVER, next_epoch) == zk("1.6")  # 80 % of the price of 2 ZK
    refused(errors.NothingToClaim(PROVER), lambda: market.splitter.claim(PROVER, next_epoch))
    assert market.splitter.claim_treasury(next_epoch) == zk("0.2")
    refused(errors.NotDelegators(OUTSIDER), lambda: market.splitter.claim_delegators(OUTSIDER, next_epoch))
    market.splitter.set_delegators(OUTSIDER)
    assert market.splitter.claim_delegators(OUTSIDER, next_epoch) == zk("0.2")
    refused(errors.NothingToClaim(OUTSIDER), lambda: market.splitter.claim_delegators(OUTSIDER, next_epoch))
    check_market(market, next_epoch)


def test_submit__window_edge__last_second_is_in_time_and_the_next_is_late() -> None:
    market, _, task, now = assigned()
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now + WINDOW)
    assert market.task_of(task).status == TaskStatus.PROVEN
    assert market.vault.stake_of(PROVER, now).own_wei == zk(100)


def test_submit__invalid__slashes_five_percent_and_compensates_up_to_the_price() -> None:
    market, _, task, now = assigned(stake=zk(1_000))
    rated = market.provers.prover_of(market.task_of(task).prover).rating_ppm
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.REFUSED, now + 1)
    assert market.task_of(task).status == TaskStatus.OPEN
    assert market.vault.stake_of(PROVER, now + 1).own_wei == zk(950)
    # the refund of 1, then the compensation: half of 50, at most the price of 2
    assert market.credit_of(REQUESTER) == zk(1) + zk(2)
    assert market.rescue_of(task).bounty_wei == zk(9)
    assert market.insurance.balance_wei == zk(39)
    record = market.provers.prover_of(market.task_of(task).prover)
    assert (record.rating_ppm, record.failure_count) == (15 * rated // 16 // 2, 1)
    check_market(market, now + 1)


@pytest.mark.parametrize(
    ("signals", "error"),
    [
        ([SCALAR_FIELD, 0, 0], lambda task: errors.SignalNotCanonical(0, SCALAR_FIELD)),
        ([7, 5, 99], lambda task: errors.ProverMismatch(1, 5, PROVER)),
        ([7, int(PROVER, 16)], lambda task: errors.WrongSignalCount(2, 3)),
        ([7, int(PROVER, 16), 1, 1], lambda task: errors.WrongSignalCount(4, 3)),
        ([8, int(PROVER, 16), 99], lambda task: errors.StatementMismatch(task)),
    ],
)
def test_submit__wrong_signals__are_refused_and_nobody_is_slashed(
    signals: list[int], error: Callable[[TaskId], errors.ContractError]
) -> None:
    market, _, task, now = assigned()
    refused(error(task), lambda: market.submit_proof(PROVER, task, signals, Verdict.REFUSED, now))
    assert market.vault.stake_of(PROVER, now).own_wei == zk(100)


def test_submit__verifier_broken_or_stranger__changes_nothing() -> None:
    market, queue, task, now = assigned()
    good = signals_for(7, PROVER)
    refused(
        errors.VerifierFailed(queue), lambda: market.submit_proof(PROVER, task, good, Verdict.BROKEN, now)
    )
    refused(
        errors.NotAssignedProver(task, OUTSIDER),
        lambda: market.submit_proof(OUTSIDER, task, good, Verdict.ACCEPTED, now),
    )
    assert market.task_of(task).status == TaskStatus.ASSIGNED


def test_finalize__window_missed__slashes_then_refunds_after_liability() -> None:
    market, _, task, now = assigned()
    due = now + WINDOW + GRACE + 1
    refused(errors.NothingDue(task, due - 1, due), lambda: market.finalize(KEEPER, task, due - 1))
    market.finalize(KEEPER, task, due)
    assert market.credit_of(KEEPER) == zk("0.01")  # 2 % of the bond of half a ZK
    assert market.credit_of(REQUESTER) == zk(1) + zk("0.25")
    assert market.rescue_of(task).bounty_wei == zk("0.09")
    assert market.insurance.balance_wei == zk("0.15")
    over = now + WINDOW + LIABILITY + 1
    refused(errors.NothingDue(task, over - 1, over), lambda: market.finalize(KEEPER, task, over - 1))
    market.finalize(OUTSIDER, task, over)
    assert market.insurance.balance_wei == zk("0.24")  # nobody earned the bounty
    assert market.task_of(task).status == TaskStatus.FAILED
    assert market.credit_of(REQUESTER) == zk("1.25") + zk(2)
    assert market.credit_of(OUTSIDER) == 0
    refused(
        errors.WrongStatus(task, TaskStatus.FAILED, TaskStatus.ASSIGNED),
        lambda: market.finalize(KEEPER, task, over),
    )
    assert market.claim_credit(REQUESTER) == zk("3.25")
    check_market(market, over)


def test_finalize__everything_due__happens_at_once_with_the_same_money() -> None:
    market, _, task, now = assigned()
    market.finalize(KEEPER, task, now + WINDOW + LIABILITY + 1)
    assert market.task_of(task).status == TaskStatus.FAILED
    assert market.credit_of(REQUESTER) == zk("3.25")
    assert market.credit_of(KEEPER) == zk("0.01")


def test_finalize__last_second_of_liability__opens_but_does_not_fail() -> None:
    market, _, task, now = assigned()
    market.finalize(KEEPER, task, now + WINDOW + LIABILITY)
    assert market.task_of(task).status == TaskStatus.OPEN
    market.finalize(KEEPER, task, now + WINDOW + LIABILITY + 1)
    assert market.task_of(task).status == TaskStatus.FAILED


def test_candidates__seat_at_its_capacity__is_none() -> None:
    market, queue, _, _ = assigned()
    assert market.provers.candidates(queue, START + 300) == []
    assert market.provers.seats_of(queue)[0].in_flight == 1


def test_finalize__missed_by_a_second_prover__is_one_slash_each() -> None:
    market, _, task, now = assigned()
    market.finalize(KEEPER, task, now + WINDOW + GRACE + 1)
    own = market.vault.stake_of(PROVER, now).own_wei
    market.finalize(KEEPER, task, now + WINDOW + LIABILITY + 1)
    assert market.vault.stake_of(PROVER, now).own_wei == own == zk("99.5")


def test_terms__changed_in_flight__touch_no_assigned_task() -> None:
    market, queue, task, now = assigned()
    before = market.task_of(task)
    refused(
        errors.Tier1PenaltyTooHigh(1, 0),
        lambda: market.projects.set_terms(ADMIN, queue, terms(1, WINDOW, 60)),
    )
    refused(
        errors.ProofWindowOutOfBounds(WINDOW - 1, WINDOW, 2 * DAY),
        lambda: market.projects.set_terms(ADMIN, queue, terms(0, WINDOW - 1, 60)),
    )
    assert market.projects.set_terms(ADMIN, queue, terms(0, 2 * WINDOW, 60)) == 2
    assert market.task_of(task) == before
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now + WINDOW)
    result = market.clear(queue, now + 1_000)
    assert result.assignments[0].bond_wei == zk("0.5")
    assert result.assignments[0].prove_by == now + 1_000 + 2 * WINDOW
    market.projects.close_queue(ADMIN, queue)
    refused(
        errors.QueueIsClosed(queue),
        lambda: market.place_bid(REQUESTER, queue, [1], zk(1), now + 2_000, now + 1_001),
    )


def test_rates__changed_in_flight__pay_by_the_rates_at_assignment() -> None:
    market, queue, task, now = assigned()
    market.splitter.set_rates(0, 0, 0, now)  # in the same second: assigned at or before keeps the old
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now + 1)
    assert market.splitter.earning_of(PROVER, now + 1).pending_wei == zk("1.6")
    result = market.clear(queue, now + 300)
    market.submit_proof(
        PROVER, result.assignments[0].task, signals_for(8, PROVER), Verdict.ACCEPTED, now + 301
    )
    price = result.assignments[0].price_wei
    assert market.splitter.earning_of(PROVER, now + 301).pending_wei == zk("1.6") + price
    soon = now + 7 * DAY - 1
    refused(errors.RatesChangedRecently(soon, soon + 1), lambda: market.splitter.set_rates(1, 1, 1, soon))
    market.splitter.set_rates(2_000, 10_000, 5_000, soon + 1)


def test_insurance__above_its_cap__burns_the_rest() -> None:
    market, _ = new_market()
    cap = market.insurance.cap_wei
    refused(errors.NothingToBurn(0, cap), market.insurance.burn_overflow)
    market.token.transfer(OUTSIDER, market.addresses.insurance, cap + 5)
    assert market.insurance.burn_overflow() == 5
    assert market.token.burned_wei == 5
    check_market(market, START)
    refused(errors.CapOutOfBounds(1, zk(10**6), zk(21 * 10**8)), lambda: market.insurance.set_cap(Wei(1)))


def test_pause__stops_bids_and_clearing__and_nothing_else() -> None:
    market, queue, task, now = assigned()
    market.pause()
    for action in (
        lambda: market.place_bid(REQUESTER, queue, [1], zk(1), now + 10, now),
        lambda: market.raise_bid(RIVAL, market.book_of(queue)[0].task, zk(9)),
        lambda: market.clear(queue, now + 300),
        market.pause,
    ):
        refused(errors.EnforcedPause(), action)
    market.submit_proof(PROVER, task, signals_for(7, PROVER), Verdict.ACCEPTED, now + 1)
    market.cancel_bid(RIVAL, market.book_of(queue)[0].task, now + 1)
    market.claim_credit(REQUESTER)
    market.vault.request_unstake(PROVER, zk(100), now + 1)
    market.unpause()
    refused(errors.ExpectedPause(), market.unpause)


def test_project_registry__bad_queues_and_terms__are_refused() -> None:
    market, _ = new_market()
    projects = market.projects
    project = projects.register_project(ADMIN)
    args = ADMIN, project, VERIFIER, b"k" * 32

    def create(rules: list[SignalRule] = RULES, **changes: Any) -> Callable[[], Any]:
        given = changes.pop("terms", terms())
        return lambda: projects.create_queue(*args, rules, given, **changes)

    refused(errors.WrongRuleCount(3, 4), create(signal_count=4))
    refused(errors.SignalCountOutOfBounds(33, 32), create([SignalRule.FREE] * 33))
    refused(errors.SignalCountOutOfBounds(0, 32), create([]))
    refused(errors.RuleMissing(1), create([SignalRule.FREE, SignalRule.NONE]))
    refused(errors.GoodSampleRefused(), create(good_sample_accepted=False))
    refused(errors.BadSampleAccepted(), create(bad_sample_accepted=True))
    refused(errors.ProofWindowOutOfBounds(59, 60, 2 * DAY), create(terms=terms(window=59)))
    refused(errors.LiabilityWindowOutOfBounds(59, 60, 2 * DAY), create(terms=terms(liability=59)))
    refused(errors.Tier1PenaltyTooHigh(zk(100_000) + 1, zk(100_000)), create(terms=terms(zk(100_000) + 1)))
    refused(
        errors.NotProjectAdmin(project, OUTSIDER),
        lambda: projects.create_queue(OUTSIDER, project, VERIFIER, b"", RULES, terms()),
    )
    refused(errors.UnknownProject(9), lambda: projects.admin_of(9))  # type: ignore[arg-type]
    refused(errors.UnknownQueue(9), lambda: projects.current(9))  # type: ignore[arg-type]
    projects.allow_verifier(VERIFIER, False)
    refused(errors.VerifierNotAllowed(VERIFIER), create())


def test_task_id__known_encoding__is_the_keccak_of_its_words() -> None:
    """The ABI encoding worked out by a second program: eth_abi, as web3 and the contract use it."""
    from eth_abi import encode
    from eth_utils import keccak

    statement = [3, SCALAR_FIELD - 1]
    inner = keccak(encode(["uint256[]"], [statement]))
    words = encode(
        ["uint256", "address", "uint24", "address", "bytes32", "uint48"],
        [31_337, PROVER, 5, REQUESTER, inner, 77],
    )
    assert task_id(31_337, PROVER, QueueId(5), REQUESTER, statement, 77) == keccak(words)
