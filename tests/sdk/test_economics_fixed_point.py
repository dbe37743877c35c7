"""Laws of FixedPointMath's twin."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics.decay import DECAY_RAY
from zkpool_sdk.economics.fixed_point import fake_exponential, mul_div_down, mul_div_up, rpow
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import RAY, UINT256_MAX

words = st.integers(0, UINT256_MAX)


@given(words, words, st.integers(1, UINT256_MAX))
def test_mul_div__any_words__brackets_the_quotient_within_one(a: int, b: int, d: int) -> None:
    exact = Fraction(a * b, d)
    if exact > UINT256_MAX:
        with pytest.raises(Panic):
            mul_div_up(a, b, d)
        return
    down, up = mul_div_down(a, b, d), mul_div_up(a, b, d)
    assert down <= exact <= up
    assert up - down == (exact.denominator != 1)


@given(words, words)
def test_mul_div__zero_divisor__panics(a: int, b: int) -> None:
    for function in (mul_div_down, mul_div_up):
        with pytest.raises(Panic) as caught:
            function(a, b, 0)
        assert caught.value == Panic(0x12)


def test_mul_div_down__quotient_beyond_a_word__panics() -> None:
    with pytest.raises(Panic) as caught:
        mul_div_down(UINT256_MAX, 2, 1)
    assert caught.value == Panic(0x11)


@given(st.integers(0, RAY), st.integers(0, 63))
def test_rpow__any_base__never_above_the_true_power_and_close_to_it(base: int, exponent: int) -> None:
    exact = Fraction(base, RAY) ** exponent * RAY
    found = rpow(base, exponent)
    assert found <= exact
    assert (
        exact - found < 2 * exponent + 1
    )  # each product loses less than one, and losses shrink with the power


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_rpow__more_hours__leave_less(m: int, n: int) -> None:
    less, more = sorted((m, n))
    assert rpow(DECAY_RAY, more) <= rpow(DECAY_RAY, less) <= RAY


@pytest.mark.parametrize("base", [0, 1, RAY // 2, DECAY_RAY, RAY])
def test_rpow__exponents_zero_and_one__give_one_and_the_base(base: int) -> None:
    assert rpow(base, 0) == RAY
    assert rpow(base, 1) == base


@pytest.mark.parametrize(
    ("factor", "numerator", "denominator", "expected"),
    # the vectors of EIP-4844's own test suite
    [
        (1, 0, 1, 1),
        (38493, 0, 1000, 38493),
        (0, 1234, 2345, 0),
        (1, 2, 1, 6),
        (1, 4, 2, 6),
        (1, 3, 1, 16),
        (1, 6, 2, 18),
        (1, 4, 1, 49),
        (1, 8, 2, 50),
        (10, 8, 2, 542),
        (11, 8, 2, 596),
        (1, 5, 1, 136),
        (1, 5, 2, 11),
        (2, 5, 2, 23),
        (1, 50_000_000, 2_225_652, 5_709_098_764),
    ],
)
def test_fake_exponential__vectors_of_the_eip__agree(
    factor: int, numerator: int, denominator: int, expected: int
) -> None:
    assert fake_exponential(factor, numerator, denominator) == expected


@given(st.integers(1, 10**18), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(10**5, 10**7))
def test_fake_exponential__greater_exponent__is_not_less(f: int, m: int, n: int, d: int) -> None:
    m, n = sorted((min(m, 20 * d), min(n, 20 * d)))
    assert f <= fake_exponential(f, m, d) <= fake_exponential(f, n, d)


def test_fake_exponential__zero_denominator__panics() -> None:
    with pytest.raises(Panic):
        fake_exponential(1, 1, 0)
