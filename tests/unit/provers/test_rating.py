"""`recordProven` and its kin: how a record moves a rating, bans and jails."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.support.reverts import reverts
from tests.support.scene import DAY, HOUR, ZK, Seat

JAIL = 2**32 - 1


@pytest.fixture
def busy(scene, provers, queue, prover, market_account):
    """A prover with 20 tasks in flight, as far as the registry knows."""
    scene.seat(prover)
    provers.award(queue, [(0, 20, 777)], sender=market_account)
    return prover


def test_award__tasks__add_to_the_seat(scene, provers, queue, busy, market_account):
    provers.award(queue, [(0, 2, 888)], sender=market_account)
    assert scene.seats() == [Seat(1, 8, 22, 888)]


@pytest.mark.parametrize(
    ("delay", "window", "after"),
    [
        (0, 600, 343_750),  # (15 * 300_000 + 1_000_000) / 16
        (60, 600, 342_500),
        (600, 600, 331_250),
        (700, 600, 331_250),  # never below 0.8
        (1, 3, 339_583),  # x = 933_334
    ],
)
def test_record__proven__moves_towards_its_mark(
    scene, provers, queue, busy, market_account, delay, window, after
):
    provers.recordProven(queue, 0, 1, [delay], [window], sender=market_account)
    record = provers.proverOf(1)
    assert (record.ratingPpm, record.successCount, record.failureCount) == (after, 1, 0)
    assert scene.seats()[0].in_flight == 19


def test_record__missed__falls_by_a_sixteenth(scene, provers, queue, busy, market_account):
    seen = []
    for _ in range(3):
        provers.recordMissed(queue, 0, 1, sender=market_account)
        seen.append(provers.proverOf(1).ratingPpm)
    assert seen == [281_250, 263_671, 247_191]
    assert (provers.proverOf(1).failureCount, scene.seats()[0].in_flight) == (3, 17)


def test_record__invalid__falls_by_a_sixteenth_and_a_half(provers, queue, busy, market_account):
    seen = []
    for _ in range(3):
        provers.recordInvalid(queue, 0, 1, sender=market_account)
        seen.append(provers.proverOf(1).ratingPpm)
    assert seen == [140_625, 65_917, 30_898]
    assert provers.proverOf(1).failureCount == 3


def test_record__late__counts_a_fifth_and_leaves_the_counts(scene, provers, queue, busy, market_account):
    """R' = (15 R + 200_000) / 16; neither a success nor a fault."""
    provers.recordMissed(queue, 0, 1, sender=market_account)
    provers.recordLate(queue, 0, 1, sender=market_account)
    record = provers.proverOf(1)
    assert record.ratingPpm == (15 * 281_250 + 200_000) // 16
    assert (record.successCount, record.failureCount) == (0, 1)
    assert scene.seats()[0].in_flight == 18


def test_record__declined__falls_by_a_64th_and_the_third_is_a_fault(
    scene, provers, queue, busy, market_account
):
    seen = []
    for _ in range(4):
        now = scene.chain.now + 10
        scene.chain.next_at(now)
        provers.recordDeclined(queue, 0, 1, sender=market_account)
        record = provers.proverOf(1)
        banned = record.bannedUntil - now if record.bannedUntil else 0
        seen.append((record.ratingPpm, record.declineCount, record.failureCount, banned))
    ratings = [300_000]
    for _ in range(4):
        ratings.append(ratings[-1] - ratings[-1] // 64)
    assert seen == [
        (ratings[1], 1, 0, 0),
        (ratings[2], 2, 0, 0),
        (ratings[3], 0, 1, HOUR),
        (ratings[4], 1, 1, HOUR - 10),
    ]


def test_record__void__frees_the_seat_and_says_nothing(scene, provers, queue, busy, market_account):
    before = provers.proverOf(1)
    receipt = provers.recordVoid(queue, 0, sender=market_account)
    assert (provers.proverOf(1), scene.seats()[0].in_flight) == (before, 19)
    assert receipt.events == []


def test_record__several_proofs_at_once__rate_one_after_the_other(
    scene, provers, queue, busy, market_account
):
    provers.recordProven(queue, 0, 1, [0, 600, 60], [600, 600, 600], sender=market_account)
    rating = 300_000
    for mark in (1_000_000, 800_000, 980_000):
        rating = (15 * rating + mark) // 16
    record = provers.proverOf(1)
    assert (record.ratingPpm, record.successCount) == (rating, 3)
    assert scene.seats()[0].in_flight == 17


def test_ban__each_fault_in_a_row__doubles_it_and_the_fourth_jails(
    scene, provers, queue, busy, market_account
):
    for hours in (1, 2, 4):
        now = scene.chain.now + 10
        scene.chain.next_at(now)
        receipt = provers.recordMissed(queue, 0, 1, sender=market_account)
        [banned] = receipt.decode_logs(provers.ProverBanned)
        assert (banned.prover, banned.bannedUntil) == (1, now + hours * HOUR)
        assert provers.proverOf(1).bannedUntil == now + hours * HOUR
        assert scene.free_capacities() == []
    receipt = provers.recordMissed(queue, 0, 1, sender=market_account)
    [jailed] = receipt.decode_logs(provers.ProverJailed)
    assert (jailed.prover, provers.proverOf(1).bannedUntil) == (1, JAIL)
    assert not receipt.decode_logs(provers.ProverBanned)
    receipt = provers.recordInvalid(queue, 0, 1, sender=market_account)
    assert provers.proverOf(1).bannedUntil == JAIL
    assert receipt.events == [], "jailed already"


def test_ban__good_proof__ends_the_row_and_not_the_ban(scene, provers, queue, busy, market_account):
    provers.recordMissed(queue, 0, 1, sender=market_account)
    provers.recordDeclined(queue, 0, 1, sender=market_account)
    until = provers.proverOf(1).bannedUntil
    provers.recordProven(queue, 0, 1, [0], [600], sender=market_account)
    record = provers.proverOf(1)
    assert (record.failureCount, record.declineCount, record.bannedUntil) == (0, 0, until)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    provers.recordMissed(queue, 0, 1, sender=market_account)
    assert provers.proverOf(1).bannedUntil == now + HOUR


def test_ban__fault_after_a_proof_in_jail__stays_in_jail(provers, queue, busy, market_account):
    """A task taken before can be proven from jail; that ends the row, and the next fault frees nobody."""
    for _ in range(4):
        provers.recordMissed(queue, 0, 1, sender=market_account)
    provers.recordProven(queue, 0, 1, [0], [600], sender=market_account)
    assert (provers.proverOf(1).failureCount, provers.proverOf(1).bannedUntil) == (0, JAIL)
    receipt = provers.recordMissed(queue, 0, 1, sender=market_account)
    assert receipt.events == []
    assert (provers.proverOf(1).failureCount, provers.proverOf(1).bannedUntil) == (1, JAIL)


@pytest.mark.parametrize(("late", "free"), [(-1, 0), (0, 0), (1, 1)])
def test_ban__last_second__is_part_of_it(scene, provers, queue, prover, market_account, late, free):
    scene.seat(prover)
    provers.award(queue, [(0, 1, 777)], sender=market_account)
    provers.recordMissed(queue, 0, 1, sender=market_account)
    scene.chain.warp_to(provers.proverOf(1).bannedUntil + late)
    assert sum(scene.free_capacities()) == free


@pytest.fixture
def jailed(provers, queue, busy, market_account):
    for _ in range(4):
        provers.recordMissed(queue, 0, 1, sender=market_account)
    assert provers.proverOf(1).bannedUntil == JAIL
    return busy


def test_leave_jail__for_one_zk__ends_in_a_week_with_a_low_rating(scene, provers, insurance, token, jailed):
    scene.chain.send(token.approve, provers, ZK, sender=jailed)
    before, insured = scene.balance(jailed), scene.balance(insurance)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    receipt = provers.leaveJail(sender=jailed)
    [left] = receipt.decode_logs(provers.JailLeft)
    assert (left.prover, left.bannedUntil) == (1, now + 7 * DAY)
    record = provers.proverOf(1)
    assert (record.failureCount, record.bannedUntil) == (0, now + 7 * DAY)
    assert record.ratingPpm < 300_000
    assert scene.balance(jailed) == before - ZK
    assert scene.balance(insurance) == insured + ZK
    with reverts(provers.NotJailed, prover=1):
        provers.leaveJail(sender=jailed)
    scene.chain.warp_to(now + 7 * DAY)
    assert scene.free_capacities() == []
    scene.chain.warp(1)
    assert scene.free_capacities() == [] if scene.seats()[0].in_flight else [1]


def test_leave_jail__high_rating__restarts_at_the_newcomers(scene, provers, token, jailed):
    slot = _record_slot()
    scene.chain.set_storage(provers.address, slot, _record(jailed, 900_000, 7, 7, banned_until=JAIL))
    scene.chain.send(token.approve, provers, ZK, sender=jailed)
    provers.leaveJail(sender=jailed)
    assert provers.proverOf(1).ratingPpm == 300_000


def test_leave_jail__without_the_fee__reverts(scene, provers, token, jailed):
    scene.chain.send(token.approve, provers, ZK - 1, sender=jailed)
    with reverts(token.ERC20InsufficientAllowance, spender=provers, allowance=ZK - 1, needed=ZK):
        provers.leaveJail(sender=jailed)
    assert provers.proverOf(1).bannedUntil == JAIL


def test_leave_jail__only_banned__reverts(provers, queue, busy, market_account, outsider):
    with reverts(provers.NotJailed, prover=1):
        provers.leaveJail(sender=busy)
    provers.recordMissed(queue, 0, 1, sender=market_account)
    with reverts(provers.NotJailed, prover=1):
        provers.leaveJail(sender=busy)
    with reverts(provers.NotRegistered, account=outsider):
        provers.leaveJail(sender=outsider)


def test_record__proven_for_ever__never_passes_one(scene, provers, queue, busy, market_account):
    scene.chain.set_storage(provers.address, _record_slot(), _record(busy, 1_000_000, 5, 0))
    provers.recordProven(queue, 0, 1, [0], [600], sender=market_account)
    assert provers.proverOf(1).ratingPpm == 1_000_000


def test_record__counters_at_their_end__stay_there(scene, provers, queue, busy, market_account):
    scene.chain.set_storage(
        provers.address, _record_slot(), _record(busy, 1, 2**24 - 1, 255, banned_until=JAIL)
    )
    provers.recordMissed(queue, 0, 1, sender=market_account)
    assert provers.proverOf(1).failureCount == 255
    assert provers.proverOf(1).ratingPpm == 0
    provers.recordProven(queue, 0, 1, [0], [600], sender=market_account)
    record = provers.proverOf(1)
    assert (record.successCount, record.failureCount, record.ratingPpm) == (2**24 - 1, 0, 62_500)
    assert scene.free_capacities() == [], "jail is not lifted by a proof"


def _record_slot() -> int:
    """Storage word of prover 1: its mapping is the registry's second variable after the market."""
    return int.from_bytes(keccak((1).to_bytes(32) + (2).to_bytes(32)))


def _record(account, rating: int, successes: int, failures: int, *, banned_until: int = 0) -> int:
    word = int(account.address, 16) | rating << 160 | successes << 184 | failures << 208
    return word | banned_until << 224
