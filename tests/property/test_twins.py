"""Every library function of Solidity equals its Python twin on its whole domain, errors included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.property import inputs
from tests.property.harness import Arguments, Harness, expected
from tests.property.inputs import amounts, base_fees, batches, excesses, numbers, words
from zkpool_sdk.economics import (
    auction,
    base_fee,
    book_heap,
    decay,
    fixed_point,
    rating,
    slash,
    split,
    stride,
)
from zkpool_sdk.units import RAY


@dataclass(frozen=True, slots=True)
class Twin:
    """A Solidity function, its Python twin, and its domain."""

    solidity: str
    python: Callable[..., Any]
    domain: st.SearchStrategy[Arguments]


def unpack(word: int) -> tuple[int, int, int, int]:
    return (
        book_heap.max_fee_of(word),
        book_heap.sequence_of(word),
        book_heap.expiry_of(word),
        book_heap.place_of(word),
    )


words_of_bids = st.tuples(
    amounts, numbers(0, 2**48 - 1), numbers(0, 2**40 - 1, 1_800_000_000), numbers(0, 255, 63)
)

TWINS = (
    # Any a, b, d: a zero divisor and a result beyond 256 bits panic alike.
    Twin("mulDivDown", fixed_point.mul_div_down, st.tuples(words, words, words)),
    Twin("mulDivUp", fixed_point.mul_div_up, st.tuples(words, words, words)),
    # A base of at most RAY: no product overflows. Any exponent.
    Twin("rpow", fixed_point.rpow, st.tuples(inputs.rays, words)),
    # Products below 2^256 and a quotient below 41, beyond which the terms would overflow.
    Twin(
        "fakeExponential",
        fixed_point.fake_exponential,
        st.tuples(inputs.of_any_size(60), inputs.of_any_size(32), numbers(2**27, 2**40)),
    ),
    Twin("pack", book_heap.pack, words_of_bids),
    Twin("unpack", unpack, st.tuples(words)),
    # At most as many winners as bids.
    Twin("prices", auction.prices, inputs.fees_and_count()),
    Twin("bond", auction.bond, st.tuples(base_fees, amounts)),
    Twin("slots", auction.slots, st.tuples(numbers(0, 32), amounts, st.one_of(inputs.bonds, st.just(0)))),
    # E of at most EXCESS_MAX, which `next` and `afterEmpty` never leave.
    Twin("baseFee", base_fee.base_fee, st.tuples(excesses)),
    # B positive, and a first loser of at least B where it is read.
    Twin("pressure", base_fee.pressure, inputs.pressures()),
    Twin("next", base_fee.next_excess, st.tuples(excesses, numbers(0, 2_000_000, 1_000_000))),
    Twin("afterEmpty", base_fee.after_empty, st.tuples(excesses, st.one_of(numbers(0, 200), words))),
    Twin("step", stride.step, st.tuples(st.one_of(inputs.ratings, words))),
    # Slots for all tasks; passes that 64 steps do not lift beyond 256 bits.
    Twin("draw", stride.draw, inputs.draws()),
    Twin("hoursDue", decay.hours_due, st.tuples(words, words)),
    Twin("floorWei", decay.floor_wei, st.tuples(amounts, amounts, amounts)),
    Twin("decayed", decay.decayed, st.tuples(amounts, amounts, st.one_of(numbers(0, 20_000), words))),
    Twin("slashForInvalid", slash.invalid, st.tuples(amounts, amounts)),
    Twin("slashForLate", slash.late, st.tuples(amounts)),
    # Bonds of other tasks beyond what is slashable panic alike.
    Twin("capped", slash.capped, st.tuples(amounts, amounts, amounts, amounts)),
    # A slash of at most what is there.
    Twin("take", slash.take, inputs.slashes()),
    Twin("waterfall", slash.waterfall, st.tuples(amounts, amounts, amounts, inputs.flags, inputs.flags)),
    # Accelerator and sponsor together at most the whole rest.
    Twin("split", split.split, inputs.splits()),
    # Any delay; a window of at least 60 s.
    Twin("ratingOnTime", rating.on_time, inputs.windows()),
    Twin("ratingMissed", rating.missed, st.tuples(inputs.ratings)),
    Twin("ratingInvalid", rating.invalid, st.tuples(inputs.ratings)),
    Twin("ratingLate", rating.late, st.tuples(inputs.ratings)),
    Twin("ratingDeclined", rating.declined, st.tuples(inputs.ratings)),
    Twin("ratingAfterJail", rating.after_jail, st.tuples(inputs.ratings)),
    # No fault at all panics alike; any number of faults.
    Twin("banSeconds", rating.ban_seconds, st.tuples(st.one_of(numbers(0, 255, 8), words))),
    Twin("jails", rating.jails, st.tuples(st.one_of(numbers(0, 255, 3), words))),
    Twin("newcomerCapacity", rating.newcomer_capacity, st.tuples(numbers(0, 2**32 - 1, 4))),
)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.solidity)
def test_library__any_input__equals_its_twin(harness: Harness, twin: Twin) -> None:
    @given(batches(twin.domain))
    def search(cases: Sequence[Arguments]) -> None:
        for case, got in zip(cases, harness.results(twin.solidity, cases), strict=True):
            wanted = expected(twin.python, case)
            if got != wanted:
                note(f"{twin.solidity}{tuple(case)}")
            assert got == wanted

    search()


def test_every_library_function__has_a_twin_here(harness: Harness) -> None:
    functions = {name for name in harness.contract.abi.functions if not name.startswith("heap")}
    assert functions == {twin.solidity for twin in TWINS}


def test_base_fee__every_step_of_balanced_growth__equals_its_twin(harness: Harness) -> None:
    """E from nothing to its maximum in whole rounds: 117 values, no sampling."""
    cases = [(min(excess, base_fee.EXCESS_MAX),) for excess in range(0, 117 * 10**6, 10**6)]
    assert harness.results("baseFee", cases) == [base_fee.base_fee(*case) for case in cases]


def test_rpow__every_hour_of_a_year__equals_its_twin(harness: Harness) -> None:
    cases = [(decay.DECAY_RAY, hours) for hours in range(24 * 365)]
    assert harness.results("rpow", cases) == [fixed_point.rpow(*case) for case in cases]
    assert fixed_point.rpow(decay.DECAY_RAY, 24) <= RAY * 99 // 100
