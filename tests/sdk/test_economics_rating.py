"""Laws of the rating (invariant 28 of PROTOCOL.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics import rating
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import PPM

ratings = st.integers(0, PPM)
windows = st.integers(60, 172_800)


@given(ratings, windows, st.data())
def test_on_time__any_delay__stays_in_bounds_and_moves_toward_its_mark(
    r: int, window: int, data: st.DataObject
) -> None:
    delay = data.draw(st.integers(0, window))
    after = rating.on_time(r, delay, window)
    mark = PPM - 200_000 * delay // window
    assert 0 <= after <= PPM
    assert min(r, mark) - 1 <= after <= max(r, mark)
    assert after == (15 * r + mark) // 16


@given(ratings, windows, st.data())
def test_on_time__sooner__is_not_worse(r: int, window: int, data: st.DataObject) -> None:
    a, b = sorted((data.draw(st.integers(0, window)), data.draw(st.integers(0, window))))
    assert rating.on_time(r, b, window) <= rating.on_time(r, a, window)


@given(ratings)
def test_fault__any_rating__never_raises_it_and_invalid_is_worse(r: int) -> None:
    assert 0 <= rating.invalid(r) <= rating.missed(r) <= r
    assert r == 0 or rating.missed(r) < r


@given(ratings, ratings)
def test_rating__better_before__is_not_worse_after(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert rating.missed(low) <= rating.missed(high)
    assert rating.invalid(low) <= rating.invalid(high)
    assert rating.on_time(low, 10, 60) <= rating.on_time(high, 10, 60)


def test_rating__long_good_record__approaches_one_and_a_fault_costs_a_sixteenth() -> None:
    r = rating.START_PPM
    for _ in range(300):
        r = rating.on_time(r, 0, 600)
    assert PPM - 16 <= r <= PPM
    assert rating.missed(r) == 15 * r // 16


def test_on_time__window_of_zero__panics() -> None:
    with pytest.raises(Panic):
        rating.on_time(0, 0, 0)


@given(ratings, windows, st.integers(0, 10**9))
def test_on_time__delay_beyond_the_window__counts_as_its_end(r: int, window: int, beyond: int) -> None:
    assert rating.on_time(r, window + beyond, window) == rating.on_time(r, window, window)


@given(st.integers(0, 2**32 - 1))
def test_newcomer_capacity__each_four_successes__one_more(successes: int) -> None:
    assert rating.newcomer_capacity(successes) == 1 + successes // 4
    assert rating.newcomer_capacity(successes + 4) == rating.newcomer_capacity(successes) + 1
