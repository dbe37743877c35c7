"""Products, powers and the exponential; the rounding of each is in its name or its text."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from zkpool_sdk.errors import Panic
from zkpool_sdk.units import RAY, UINT256_MAX

OVERFLOW: Final = 0x11
DIVISION_BY_ZERO: Final = 0x12


def mul_div_down(a: int, b: int, d: int) -> int:
    """``a * b / d`` in full precision, rounded down.

    Raises:
        Panic: ``d`` is zero, or the result does not fit 256 bits.
    Source:
        twin of ``FixedPointMath.mulDivDown``.
    """
    if d == 0:
        raise Panic(DIVISION_BY_ZERO)
    return _fits(a * b // d)


def mul_div_up(a: int, b: int, d: int) -> int:
    """``a * b / d`` in full precision, rounded up.

    Raises:
        Panic: ``d`` is zero, or the result does not fit 256 bits.
    Source:
        twin of ``FixedPointMath.mulDivUp``.
    """
    if d == 0:
        raise Panic(DIVISION_BY_ZERO)
    return _fits(-(-a * b // d))


@lru_cache(maxsize=1 << 12)
def rpow(base_ray: int, exponent: int) -> int:
    """A power in RAY, every product rounded down, bits of the exponent from the lowest up.

    Args:
        base_ray: at most RAY, so that powers shrink.
        exponent: non-negative.
    Source:
        PROTOCOL.md, "Balance decay"; twin of ``FixedPointMath.rpow``.
    """
    result = RAY
    square = base_ray
    while exponent:
        if exponent & 1:
            result = result * square // RAY
        square = square * square // RAY
        exponent >>= 1
    return result


def fake_exponential(factor: int, numerator: int, denominator: int) -> int:
    """``factor * e^(numerator / denominator)``, rounded down term by term as EIP-4844 defines it.

    Raises:
        Panic: ``denominator`` is zero.
    Source:
        EIP-4844, ``fake_exponential``; twin of ``FixedPointMath.fakeExponential``.
    """
    if denominator == 0:
        raise Panic(DIVISION_BY_ZERO)
    term = factor * denominator
    total = 0
    index = 1
    while term > 0:
        total += term
        term = term * numerator // (denominator * index)
        index += 1
    return total // denominator


def _fits(value: int) -> int:
    if value > UINT256_MAX:
        raise Panic(OVERFLOW)
    return value
