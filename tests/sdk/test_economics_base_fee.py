"""Laws of the base fee (invariants 14, 15, 16 of PROTOCOL.md)."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from zkpool_sdk.economics.base_fee import (
    DENOMINATOR,
    EXCESS_MAX,
    MIN_BASE_FEE_WEI,
    TARGET_PPM,
    after_empty,
    base_fee,
    next_excess,
    pressure,
)
from zkpool_sdk.units import PPM, UINT96_MAX

excesses = st.integers(0, EXCESS_MAX)
counts = st.integers(0, 64)
slot_counts = st.integers(0, 32)


@given(excesses)
@example(0)
@example(EXCESS_MAX)
def test_base_fee__any_excess__within_bounds_and_near_the_exponential(excess: int) -> None:
    fee = base_fee(excess)
    assert MIN_BASE_FEE_WEI <= fee < 8_500 * 10**18
    assert math.isclose(fee, MIN_BASE_FEE_WEI * math.exp(excess / DENOMINATOR), rel_tol=1e-9)


@given(excesses, excesses)
def test_base_fee__greater_excess__is_not_lower(a: int, b: int) -> None:
    assert (base_fee(a) - base_fee(b)) * (a - b) >= 0


@given(excesses, st.integers(0, 2 * PPM))
def test_step__any_pressure__moves_the_base_fee_within_its_band(excess: int, q: int) -> None:
    before, after = base_fee(excess), base_fee(next_excess(excess, q))
    assert after * 1_000 <= before * 1_125
    assert after * 1_000 >= before * 888


@given(excesses, st.integers(0, 2 * PPM))
def test_next_excess__any_pressure__stays_in_bounds_and_follows_its_sign(excess: int, q: int) -> None:
    after = next_excess(excess, q)
    assert 0 <= after <= EXCESS_MAX
    if q == TARGET_PPM:
        assert after == excess
    assert (after - excess) * (q - TARGET_PPM) >= 0


@given(excesses, st.integers(0, 300))
def test_after_empty__k_rounds_at_once__equal_k_single_steps(excess: int, k: int) -> None:
    stepped = excess
    for _ in range(k):
        stepped = next_excess(stepped, 0)
    assert after_empty(excess, k) == stepped


@given(excesses, st.integers(0, 10**9), st.integers(0, 10**9))
def test_after_empty__in_two_parts__equals_one(excess: int, k: int, m: int) -> None:
    assert after_empty(after_empty(excess, k), m) == after_empty(excess, k + m)


@given(excesses, st.lists(st.integers(0, UINT96_MAX // 2), max_size=64), slot_counts)
def test_pressure__any_round__is_between_zero_and_two(excess: int, over: list[int], k: int) -> None:
    q = round_pressure(sorted((base_fee(excess) + fee for fee in over), reverse=True), k, base_fee(excess))
    assert 0 <= q <= 2 * PPM


def round_pressure(fees: list[int], slot_count: int, floor: int) -> int:
    loser = fees[slot_count] if slot_count < len(fees) else 0
    return pressure(len(fees), slot_count, loser, floor)


@given(st.lists(st.integers(0, 5_000), max_size=63), st.integers(0, 5_000), slot_counts)
def test_pressure__one_more_bid__is_not_lower(over: list[int], extra: int, k: int) -> None:
    floor = 1_000
    fees = sorted((floor + fee for fee in over), reverse=True)
    more = sorted([*fees, floor + extra], reverse=True)
    if fees or k:  # an empty round without slots holds E: it says nothing that a bid could raise
        assert round_pressure(more, k, floor) >= round_pressure(fees, k, floor)
    else:
        assert round_pressure(fees, k, floor) == TARGET_PPM < round_pressure(more, k, floor)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=64), st.integers(0, 31))
def test_pressure__one_more_slot__is_not_higher(over: list[int], k: int) -> None:
    floor = 1_000
    fees = sorted((floor + fee for fee in over), reverse=True)
    assert round_pressure(fees, k + 1, floor) <= round_pressure(fees, k, floor)


@given(counts, slot_counts)
def test_pressure__balance__holds_and_idleness_lowers(n: int, k: int) -> None:
    if k > 0 and n <= k:
        q = pressure(n, k, 0, 1_000)
        assert q == PPM * n // k
        assert (q == TARGET_PPM) is (n == k)


def test_pressure__bids_without_slots__is_full() -> None:
    assert pressure(1, 0, 0, 1_000) == 2 * PPM


def test_pressure__first_loser_at_the_base_fee__is_balance() -> None:
    assert pressure(9, 8, 1_000, 1_000) == TARGET_PPM
    assert pressure(9, 8, 1_500, 1_000) == TARGET_PPM + PPM // 2
    assert pressure(9, 8, 2_000, 1_000) == pressure(9, 8, 9_999, 1_000) == 2 * PPM


def test_dynamics__steady_demand_above_capacity__settles_without_a_limit_cycle() -> None:
    """Ten bidders of falling value for five slots: E ends where the first loser is priced out, and stays."""
    values = [10**18 * (20 - 2 * i) // 10 for i in range(10)]
    excess = 0
    seen = []
    for _ in range(400):
        floor = base_fee(excess)
        fees = [value for value in values if value >= floor]
        excess = next_excess(excess, round_pressure(fees, 5, floor))
        seen.append(base_fee(excess))
    late = seen[-50:]
    assert max(late) - min(late) <= max(late) // 8  # within one step
    assert values[5] * 7 // 8 <= late[-1] <= values[4] * 9 // 8
