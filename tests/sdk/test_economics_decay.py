"""Laws of the balance decay (invariants 21 and 22 of PROTOCOL.md)."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics.decay import (
    DECAY_RAY,
    FLOOR_WEI,
    GRACE_SECONDS,
    HOUR,
    decayed,
    floor_wei,
    hours_due,
)
from zkpool_sdk.units import DAY, RAY, UINT96_MAX, WEI_PER_ZK

owns = st.integers(0, UINT96_MAX)
floors = st.integers(FLOOR_WEI, 10**6 * WEI_PER_ZK)
hours = st.integers(0, 20_000)
START = 1_700_000_000


def test_decay_ray__is_the_twenty_fourth_root_of_ninety_nine_percent_rounded_down() -> None:
    with localcontext() as context:
        context.prec = 60
        root = (Decimal("0.99").ln() / 24).exp()
    assert int(root * RAY) == DECAY_RAY
    assert DECAY_RAY**24 <= RAY**24 * 99 // 100 < (DECAY_RAY + 1) ** 24


@given(st.integers(0, GRACE_SECONDS + HOUR - 1))
def test_hours_due__before_grace_and_an_hour__is_none(idle: int) -> None:
    assert hours_due(START + idle, START + GRACE_SECONDS) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**5))
def test_hours_due__any_idle_time__is_the_protocols_formula(idle: int, charged: int) -> None:
    due = 0 if idle <= DAY else (idle - DAY) // HOUR
    charged = min(charged, due)
    assert hours_due(START + idle, START + DAY + HOUR * charged) == due - charged


@given(owns, floors, hours)
def test_decayed__any_stake__falls_but_never_below_the_floor(own: int, floor: int, h: int) -> None:
    left = decayed(own, floor, h)
    assert left <= own
    assert left >= min(own, floor)


@given(owns, floors, hours, hours)
def test_decayed__more_hours__leave_not_more(own: int, floor: int, a: int, b: int) -> None:
    less, more = sorted((a, b))
    assert decayed(own, floor, more) <= decayed(own, floor, less)


@given(owns, owns, floors, hours)
def test_decayed__greater_stake__stays_not_smaller(a: int, b: int, floor: int, h: int) -> None:
    small, great = sorted((a, b))
    assert decayed(small, floor, h) <= decayed(great, floor, h)


@given(owns, floors, st.lists(st.integers(0, 500), max_size=12))
def test_decayed__settled_often__equals_settled_once_but_for_dust(
    own: int, floor: int, parts: list[int]
) -> None:
    """Settling more often moves nobody by more than rounding: a few parts in 1e24 of the stake."""
    often = own
    for h in parts:
        often = decayed(often, floor, h)
    once = decayed(own, floor, sum(parts))
    assert abs(often - once) <= 64 * len(parts) * (1 + own // 10**26)


@given(st.integers(1, 100), st.lists(st.integers(0, 100_000), max_size=12))
def test_hours__settled_at_any_moments__charge_the_same_total(days: int, moments: list[int]) -> None:
    decays_from = START + GRACE_SECONDS
    end = START + days * DAY
    charged = 0
    for moment in [*sorted(min(START + m * 86, end) for m in moments), end]:
        due = hours_due(moment, decays_from)
        charged += due
        decays_from += due * HOUR
    assert charged == hours_due(end, START + GRACE_SECONDS)


@given(owns, owns, owns, owns, hours)
def test_floor__any_bonds__stay_covered(
    own: int, locked: int, unbonding: int, sponsored: int, h: int
) -> None:
    """Invariant 19 under decay: what covered the bonds still covers them."""
    if locked <= own + unbonding + sponsored:
        left = decayed(own, floor_wei(locked, unbonding, sponsored), h)
        assert locked <= left + unbonding + sponsored


def test_decayed__one_idle_day__costs_one_percent() -> None:
    left = decayed(100 * WEI_PER_ZK, FLOOR_WEI, 24)
    assert 99 * WEI_PER_ZK - 10 <= left <= 99 * WEI_PER_ZK
    assert decayed(100 * WEI_PER_ZK, FLOOR_WEI, 10_000) == FLOOR_WEI


def test_decayed__below_the_floor__is_left_alone() -> None:
    assert decayed(5 * WEI_PER_ZK, FLOOR_WEI, 10_000) == 5 * WEI_PER_ZK
