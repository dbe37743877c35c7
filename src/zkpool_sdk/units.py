"""Units of the protocol: names for integers, and the scales they are counted in.

Money is ``int`` wei of the one ERC-20 of a deployment (18 decimals); ratios are ppm, bps or RAY; times are
seconds. No float ever stands for money. ``NewType`` keeps the names apart for the type checker and costs
nothing at run time.
"""

from __future__ import annotations

from typing import Final, NewType

from zkpool_sdk.errors import ZKPoolError

Wei = NewType("Wei", int)
"""An amount of the token in its smallest part, 1e-18 ZK."""
Ppm = NewType("Ppm", int)
"""A ratio in parts per million."""
Bps = NewType("Bps", int)
"""A ratio in parts per ten thousand."""
Seconds = NewType("Seconds", int)
"""A length of time."""
Timestamp = NewType("Timestamp", int)
"""A moment, in seconds since the Unix epoch, as in ``block.timestamp``."""

WEI_PER_ZK: Final = 10**18
PPM: Final = 10**6
BPS: Final = 10**4
RAY: Final = 10**27

SCALAR_FIELD: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Modulus of BN254's scalar field; every public signal is below it."""

HOUR: Final = 3_600
DAY: Final = 86_400

UINT64_MAX: Final = 2**64 - 1
UINT96_MAX: Final = 2**96 - 1
UINT128_MAX: Final = 2**128 - 1
UINT256_MAX: Final = 2**256 - 1

TOTAL_SUPPLY: Final = Wei(21_000_000_000 * WEI_PER_ZK)
"""All ZK there will ever be; fits 96 bits."""


class AmountNotDecimal(ZKPoolError):
    """The text is not a non-negative decimal number with at most 18 places."""

    def __init__(self, text: str) -> None:
        super().__init__(f"not an amount of ZK: {text!r}")
        self.text = text


def zk(amount: int | str) -> Wei:
    """An amount of ZK as wei.

    Args:
        amount: whole ZK as ``int``, or a decimal number as ``str`` (``"0.5"``); never a float.
    Raises:
        AmountNotDecimal: sign, exponent, more than 18 decimal places, or not a number.
    """
    whole, _, fraction = str(amount).partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()) or len(fraction) > 18:
        raise AmountNotDecimal(str(amount))
    return Wei(int(whole or "0") * WEI_PER_ZK + int((fraction or "0").ljust(18, "0")))


def format_zk(amount_wei: int, places: int = 4) -> str:
    """An amount of wei as text in ZK, cut (not rounded) to ``places`` decimals, for people to read."""
    sign = "-" if amount_wei < 0 else ""
    whole, rest = divmod(abs(amount_wei), WEI_PER_ZK)
    if places <= 0:
        return f"{sign}{whole:,}"
    return f"{sign}{whole:,}.{rest:018d}"[: len(f"{sign}{whole:,}") + 1 + places]
