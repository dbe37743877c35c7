"""How a prover's record moves its rating: ``R' = (15 R + x) / 16``, in ppm."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.fixed_point import DIVISION_BY_ZERO
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import PPM, Ppm

START_PPM: Final = 300_000
DELAY_PPM: Final = 200_000
"""What a proof loses of its mark by coming at the very end of its window."""
MEMORY: Final = 16
SUCCESSES_PER_JOB: Final = 4
"""Successes that earn a newcomer one more job at once."""


def on_time(rating_ppm: int, delay_seconds: int, window_seconds: int) -> Ppm:
    """Rating after a proof in time: ``x = 1e6 - 200_000 * min(delay, W) / W``.

    Raises:
        Panic: the window is zero.
    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.onTime``.
    """
    if window_seconds == 0:
        raise Panic(DIVISION_BY_ZERO)
    return _after(rating_ppm, PPM - DELAY_PPM * min(delay_seconds, window_seconds) // window_seconds)


def missed(rating_ppm: int) -> Ppm:
    """Rating after a missed window: ``x = 0``.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.missed``.
    """
    return _after(rating_ppm, 0)


def invalid(rating_ppm: int) -> Ppm:
    """Rating after an invalid proof: ``x = 0``, then halved.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.invalid``.
    """
    return Ppm(_after(rating_ppm, 0) // 2)


def newcomer_capacity(success_count: int) -> int:
    """Jobs at once that a record allows: ``1 + successes / 4``.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.newcomerCapacity``.
    """
    return 1 + success_count // SUCCESSES_PER_JOB


def _after(rating_ppm: int, mark_ppm: int) -> Ppm:
    return Ppm(((MEMORY - 1) * rating_ppm + mark_ppm) // MEMORY)
