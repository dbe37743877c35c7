"""`placeBid`: what gets into a book, what it costs, and what is refused at the door."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.support.reverts import reverts
from tests.support.scene import (
    DAY,
    EVICTED,
    MIN_BASE_FEE,
    QUEUED,
    ROUND,
    STATEMENT,
    ZK,
    good_proof,
    ordinary,
    terms,
)

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
MAX_DATA = 16_384
MAX_LIFE = 30 * DAY


def test_place__first_bid__escrows_all_and_enters_the_book(scene, market, queue, requester):
    expires_at = scene.chain.now + DAY
    before = scene.balance(requester)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    receipt = market.placeBid(queue, STATEMENT, 5 * ZK, expires_at, b"inputs", sender=requester)

    [placed] = receipt.decode_logs(market.BidPlaced)
    assert (placed.queue, placed.requester, placed.maxFeeWei) == (queue, requester.address, 5 * ZK)
    assert (placed.expiresAt, placed.sequence) == (expires_at, 0)
    assert (list(placed.statement), bytes(placed.data)) == (list(STATEMENT), b"inputs")
    task = market.taskOf(placed.task)
    assert (task.requester, task.amountWei, task.status) == (requester.address, 5 * ZK, QUEUED)
    assert (task.queue, task.nonce, task.proveBy, task.prover, task.bondWei) == (queue, 0, 0, 0, 0)
    stored = market.roundOf(queue)
    assert (stored.nextSequence, stored.clearedSequence, stored.bidCount, stored.places) == (1, 0, 1, 1)
    assert (stored.startedAt, stored.excess) == (now, 0)
    assert scene.balance(market) == 5 * ZK
    assert scene.balance(requester) == before - 5 * ZK


def test_place__any_bid__has_the_id_the_protocol_defines(scene, market, queue, requester):
    scene.place(requester, ZK)
    task = scene.place(requester, ZK)
    statement_hash = keccak(encode(["uint256[]"], [list(STATEMENT)]))
    fields = (31337, market.address, queue, requester.address, statement_hash, 1)
    expected = keccak(encode(["uint256", "address", "uint24", "address", "bytes32", "uint40"], list(fields)))
    assert task == expected
    assert bytes(market.taskIdOf(queue, requester, STATEMENT, 1)) == expected


def test_place__same_statement_by_two_requesters__both_live(scene, market, requester, rival):
    first, second = scene.place(requester, 2 * ZK), scene.place(rival, 3 * ZK)
    again = scene.place(requester, ZK)
    assert len({first, second, again}) == 3
    assert [market.taskOf(task).amountWei for task in (first, second, again)] == [2 * ZK, 3 * ZK, ZK]
    assert scene.book() == [3 * ZK, 2 * ZK, ZK]


def test_place__at_the_base_fee__is_accepted(scene, market, queue, requester):
    task = scene.place(requester, MIN_BASE_FEE)
    assert market.baseFeeOf(queue) == MIN_BASE_FEE
    assert scene.status(task) == QUEUED


def test_place__one_wei_below_the_base_fee__reverts(market, queue, requester, scene):
    with reverts(market.BidBelowBaseFee, gotWei=MIN_BASE_FEE - 1, baseFeeWei=MIN_BASE_FEE):
        market.placeBid(queue, STATEMENT, MIN_BASE_FEE - 1, scene.chain.now + DAY, b"", sender=requester)


def test_place__below_a_risen_base_fee__reverts(scene, market, queue, requester):
    scene.place(requester, ZK)
    scene.clear()  # a bid and no slot: E rises by 1e6
    with reverts(market.BidBelowBaseFee, gotWei=11248470364630234, baseFeeWei=11248470364630235):
        market.placeBid(queue, STATEMENT, 11248470364630234, scene.chain.now + DAY, b"", sender=requester)


@pytest.mark.parametrize("statement", [[], [11], [11, 22, 33]])
def test_place__statement_of_another_length__reverts(scene, market, queue, requester, statement):
    with reverts(scene.pool.projects.WrongStatementLength, got=len(statement), expected=2):
        market.placeBid(queue, statement, ZK, scene.chain.now + DAY, b"", sender=requester)


@pytest.mark.parametrize("value", [FIELD, FIELD + 1, 2**256 - 1])
@pytest.mark.parametrize("index", [0, 1])
def test_place__signal_at_or_above_the_field_modulus__reverts(scene, market, queue, requester, index, value):
    statement = [11, 22]
    statement[index] = value
    with reverts(scene.pool.projects.SignalNotCanonical, index=index, value=value):
        market.placeBid(queue, statement, ZK, scene.chain.now + DAY, b"", sender=requester)


def test_place__signal_just_below_the_field_modulus__is_accepted(scene, requester):
    assert scene.status(scene.place(requester, ZK, statement=(FIELD - 1, 0))) == QUEUED


def test_place__unknown_queue__reverts(scene, market, projects, requester):
    with reverts(projects.UnknownQueue, queue=77):
        market.placeBid(77, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)


def test_place__closed_queue__reverts(scene, market, projects, queue, requester, deployer):
    scene.chain.send(projects.closeQueue, queue, sender=deployer)
    with reverts(scene.pool.projects.QueueIsClosed, queue=queue):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)


def test_place__living_for_a_round_after_this_one__is_accepted(scene, market, queue, requester):
    now = scene.chain.now + 5
    scene.chain.next_at(now)
    market.placeBid(queue, STATEMENT, ZK, now + 2 * ROUND, b"", sender=requester)
    assert scene.book() == [ZK]


def test_place__living_a_second_less__reverts(scene, market, queue, requester):
    now = scene.chain.now + 5
    least = now + 2 * ROUND
    for expires_at in (0, now - 1, now, least - 1):
        scene.chain.next_at(now)
        with reverts(market.ExpiryOutOfBounds, gotAt=expires_at, minAt=least, maxAt=now + MAX_LIFE):
            market.placeBid(queue, STATEMENT, ZK, expires_at, b"", sender=requester)
        now, least = now + 1, least + 1


def test_place__living_thirty_days__is_accepted(scene, market, queue, requester):
    now = scene.chain.now + 5
    scene.chain.next_at(now)
    market.placeBid(queue, STATEMENT, ZK, now + MAX_LIFE, b"", sender=requester)
    assert scene.book() == [ZK]


def test_place__living_a_second_longer_than_thirty_days__reverts(scene, market, queue, requester):
    now = scene.chain.now + 5
    scene.chain.next_at(now)
    with reverts(
        market.ExpiryOutOfBounds, gotAt=now + MAX_LIFE + 1, minAt=now + 2 * ROUND, maxAt=now + MAX_LIFE
    ):
        market.placeBid(queue, STATEMENT, ZK, now + MAX_LIFE + 1, b"", sender=requester)


def test_place__data_at_the_limit__is_accepted(scene, market, queue, requester):
    market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"d" * MAX_DATA, sender=requester)
    assert scene.book() == [ZK]


def test_place__data_a_byte_too_long__reverts(scene, market, queue, requester):
    with reverts(market.DataTooLong, got=MAX_DATA + 1, limit=MAX_DATA):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"d" * (MAX_DATA + 1), sender=requester)


def test_place__while_paused__reverts(scene, market, queue, requester, guardian):
    scene.chain.send(market.pause, sender=guardian)
    with reverts(market.EnforcedPause):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)


def test_place__without_tokens__reverts(scene, market, token, queue, outsider):
    scene.chain.send(token.approve, market, ZK, sender=outsider)
    with reverts(token.ERC20InsufficientBalance, sender=outsider, balance=0, needed=ZK):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=outsider)


def test_place__without_allowance__reverts(scene, market, token, queue, requester):
    scene.chain.send(token.approve, market, ZK - 1, sender=requester)
    with reverts(token.ERC20InsufficientAllowance, spender=market, allowance=ZK - 1, needed=ZK):
        market.placeBid(queue, STATEMENT, ZK, scene.chain.now + DAY, b"", sender=requester)


def test_place__with_a_token_that_takes_a_fee__reverts(fee_pool, node, requester):
    market = fee_pool.market
    with reverts(market.TokenTookFee, expectedWei=100 * ZK, gotWei=99 * ZK):
        market.placeBid(fee_pool.queue, STATEMENT, 100 * ZK, node.now + DAY, b"", sender=requester)


def test_place__queue_without_fixed_signals__takes_an_empty_statement(scene, market, projects, requester):
    """A circuit may have outputs only; its tasks still differ by requester and nonce."""
    key = keccak(text="outputs only")
    deployer = scene.pool.deployer
    scene.chain.send(scene.pool.verifier.setSignalCount, key, 2, sender=deployer)
    sample = ([1, 2], good_proof([1, 2], key))
    scene.chain.send(
        projects.createQueue, 1, scene.pool.verifier, key, (2, 3), terms(), sample, sender=deployer
    )
    task = scene.place(requester, ZK, statement=(), queue=2)
    assert scene.status(task) == QUEUED
    with reverts(scene.pool.projects.WrongStatementLength, got=1, expected=0):
        market.placeBid(2, [1], ZK, scene.chain.now + DAY, b"", sender=requester)


# --- a full book


@pytest.fixture
def full_book(scene, requester):
    """64 bids: 10.01, 10.02, … 10.64 ZK, the worst first."""
    return [scene.place(requester, 10 * ZK + (i + 1) * ZK // 100) for i in range(64)]


def test_place__into_a_full_book_without_beating_the_worst__reverts(scene, market, queue, rival, full_book):
    worst = 10 * ZK + ZK // 100
    for offer in (worst, worst - 1):
        with reverts(market.BookFull, gotWei=offer, worstWei=worst):
            market.placeBid(queue, STATEMENT, offer, scene.chain.now + DAY, b"", sender=rival)
    assert market.roundOf(queue).bidCount == 64


def test_place__into_a_full_book_a_wei_above_the_worst__evicts_it(
    scene, market, queue, requester, rival, full_book
):
    worst = 10 * ZK + ZK // 100
    place = market.taskOf(full_book[0]).place
    receipt = market.placeBid(queue, STATEMENT, worst + 1, scene.chain.now + DAY, b"", sender=rival)

    [evicted] = receipt.decode_logs(market.BidEvicted)
    assert (bytes(evicted.task), evicted.refundWei) == (full_book[0], worst)
    assert scene.status(full_book[0]) == EVICTED
    assert scene.credit(requester) == worst
    [placed] = receipt.decode_logs(market.BidPlaced)
    assert market.taskOf(placed.task).place == place
    assert scene.book() == [*(10 * ZK + i * ZK // 100 for i in range(64, 1, -1)), worst + 1]
    stored = market.roundOf(queue)
    assert (stored.bidCount, stored.places) == (64, 2**64 - 1)
    assert scene.balance(market) == sum(scene.book()) + scene.credit(requester)


def test_place__better_bid_after_evictions__always_enters(scene, market, queue, rival, full_book):
    """Filling the book with dust locks nobody out."""
    for i in range(64):
        scene.place(rival, 20 * ZK + i)
    assert scene.book() == [20 * ZK + i for i in range(63, -1, -1)]
    assert {scene.status(task) for task in full_book} == {EVICTED}


def test_place__full_book_of_equal_bids__evicts_the_latest(scene, market, queue, requester, rival):
    tasks = [scene.place(requester, ZK) for _ in range(64)]
    market.placeBid(queue, STATEMENT, ZK + 1, scene.chain.now + DAY, b"", sender=rival)
    assert scene.status(tasks[-1]) == EVICTED
    assert {scene.status(task) for task in tasks[:-1]} == {QUEUED}


def test_place__after_a_bid_left__takes_the_lowest_free_place(scene, market, queue, requester):
    tasks = [scene.place(requester, ZK, expires_at=scene.chain.now + 700) for _ in range(5)]
    scene.chain.warp(800)
    for task in (tasks[3], tasks[1]):
        scene.chain.send(market.expireBid, task, sender=ordinary(1))
    assert market.roundOf(queue).places == 0b10101
    assert market.taskOf(scene.place(requester, ZK)).place == 1
    assert market.taskOf(scene.place(requester, ZK)).place == 3
    assert market.taskOf(scene.place(requester, ZK)).place == 5


@pytest.mark.parametrize("into_round", [100, 299, 300, 900])
def test_place__any_bid__must_outlive_a_whole_round_after_this_one(
    scene, market, queue, rival, full_book, into_round
):
    """Until max(now, end of the round) + 300: a bid that takes a place stays for the clearing."""
    now = market.roundOf(queue).startedAt + into_round
    least = max(now, scene.round_over_at()) + 300
    scene.chain.next_at(now)
    with reverts(market.ExpiryOutOfBounds, gotAt=least - 1, minAt=least, maxAt=now + MAX_LIFE):
        market.placeBid(queue, STATEMENT, 20 * ZK, least - 1, b"", sender=rival)
    assert scene.status(full_book[0]) == QUEUED
    scene.chain.next_at(now + 1)
    least = max(now + 1, scene.round_over_at()) + 300
    market.placeBid(queue, STATEMENT, 20 * ZK, least, b"", sender=rival)
    assert scene.status(full_book[0]) == EVICTED
