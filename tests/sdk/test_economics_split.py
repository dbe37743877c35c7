"""Laws of the split (invariant 4 of PROTOCOL.md)."""

from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics.split import split
from zkpool_sdk.units import UINT96_MAX

prices = st.integers(0, UINT96_MAX)
bps = st.integers(0, 10_000)
cuts = st.integers(0, 2_000)


@given(prices, cuts, cuts, cuts, bps)
def test_split__any_rates__parts_sum_to_the_price(
    p: int, pool: int, acc: int, sponsor: int, dele: int
) -> None:
    s = split(p, pool, acc, sponsor, dele)
    parts = [s.prover_wei, s.accelerator_wei, s.delegators_wei, s.treasury_wei]
    assert sum(parts) == p
    assert min(parts) >= 0


@given(prices, cuts, bps)
def test_split__prover_alone__gets_four_fifths(p: int, pool: int, dele: int) -> None:
    s = split(p, pool, 0, 0, dele)
    assert s.prover_wei * 5 >= p * 4
    assert s.accelerator_wei == 0


@given(prices, cuts, cuts, cuts, bps)
def test_split__each_cut__is_rounded_down(p: int, pool: int, acc: int, sponsor: int, dele: int) -> None:
    s = split(p, pool, acc, sponsor, dele)
    rest = p - p * pool // 10_000
    assert s.accelerator_wei * 10_000 <= rest * acc < (s.accelerator_wei + 1) * 10_000
    assert s.prover_wei * 10_000 >= rest * (10_000 - acc - sponsor)


@given(prices, prices, cuts, bps)
def test_split__greater_price__pays_the_prover_not_less(a: int, b: int, pool: int, dele: int) -> None:
    small, great = sorted((a, b))
    assert split(small, pool, 0, 0, dele).prover_wei <= split(great, pool, 0, 0, dele).prover_wei


def test_split__first_rates__ten_percent_each_for_delegators_and_treasury() -> None:
    s = split(1_000, 2_000, 0, 0, 5_000)
    assert (s.prover_wei, s.delegators_wei, s.treasury_wei) == (800, 100, 100)
