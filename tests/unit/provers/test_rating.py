"""`recordProven`, `recordMissed`, `recordInvalid`: how a record moves a rating."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.support.scene import Seat


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
    provers.recordProven(queue, 0, 1, delay, window, sender=market_account)
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


def test_record__proven_for_ever__never_passes_one(scene, provers, queue, busy, market_account):
    scene.chain.set_storage(provers.address, _record_slot(), _record(busy, 1_000_000, 0, 5))
    provers.recordProven(queue, 0, 1, 0, 600, sender=market_account)
    assert provers.proverOf(1).ratingPpm == 1_000_000


def test_record__counters_at_their_end__stay_there(scene, provers, queue, busy, market_account):
    scene.chain.set_storage(provers.address, _record_slot(), _record(busy, 1, 2**16 - 1, 2**32 - 1))
    provers.recordMissed(queue, 0, 1, sender=market_account)
    assert provers.proverOf(1).failureCount == 2**16 - 1
    assert provers.proverOf(1).ratingPpm == 0
    provers.recordProven(queue, 0, 1, 0, 600, sender=market_account)
    record = provers.proverOf(1)
    assert (record.successCount, record.failureCount, record.ratingPpm) == (2**32 - 1, 0, 62_500)
    assert scene.free_capacities() == [], "the seat's own capacity still bounds a long record"


def _record_slot() -> int:
    """Storage word of prover 1: its mapping is the registry's second variable after the market."""
    return int.from_bytes(keccak((1).to_bytes(32) + (2).to_bytes(32)))


def _record(account, rating: int, failures: int, successes: int) -> int:
    return int(account.address, 16) | rating << 160 | failures << 184 | successes << 200
