"""How a prover's record moves its rating: ``R' = (15 R + x) / 16``, in ppm."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics.fixed_point import DIVISION_BY_ZERO, OVERFLOW
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import DAY, HOUR, PPM, Ppm, Seconds

START_PPM: Final = 300_000
DELAY_PPM: Final = 200_000
"""What a proof loses of its mark by coming at the very end of its window."""
LATE_PPM: Final = 200_000
"""What a proof counts that came after its window, within the grace."""
JAIL_RATING_PPM: Final = 300_000
"""A prover that pays its way out of jail starts at most here."""
DECLINE_LIMIT: Final = 3
"""So many declined tasks in a row count as one fault."""
DECLINE_DIVISOR: Final = 64
JAIL_FAILURES: Final = 3
"""More faults in a row than these lead to jail."""
MIN_BAN_SECONDS: Final = HOUR
MAX_BAN_SECONDS: Final = 7 * DAY
"""Longest ban, and what leaving jail takes."""
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


def late(rating_ppm: int) -> Ppm:
    """Rating after a proof within the grace: ``x = 200_000``.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.late``.
    """
    return _after(rating_ppm, LATE_PPM)


def declined(rating_ppm: int) -> Ppm:
    """Rating after a declined task: ``R - R / 64``.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.declined``.
    """
    return Ppm(rating_ppm - rating_ppm // DECLINE_DIVISOR)


def ban_seconds(failure_count: int) -> Seconds:
    """How long a fault bans: an hour, the next in a row two, up to seven days.

    Args:
        failure_count: faults in a row, this one included.
    Raises:
        Panic: there was none.
    Source:
        PROTOCOL.md, "Slashing"; twin of ``RatingMath.banSeconds``.
    """
    if failure_count == 0:
        raise Panic(OVERFLOW)
    return Seconds(min(MIN_BAN_SECONDS * 2 ** min(failure_count - 1, 255), MAX_BAN_SECONDS))


def jails(failure_count: int) -> bool:
    """Whether so many faults in a row lead to jail.

    Source:
        PROTOCOL.md, "Slashing"; twin of ``RatingMath.jails``.
    """
    return failure_count > JAIL_FAILURES


def after_jail(rating_ppm: int) -> Ppm:
    """Rating of a prover that leaves jail: at most 300,000.

    Source:
        PROTOCOL.md, "Slashing"; twin of ``RatingMath.afterJail``.
    """
    return Ppm(min(rating_ppm, JAIL_RATING_PPM))


def newcomer_capacity(success_count: int) -> int:
    """Jobs at once that a record allows: ``1 + successes / 4``.

    Source:
        PROTOCOL.md, "Rating"; twin of ``RatingMath.newcomerCapacity``.
    """
    return 1 + success_count // SUCCESSES_PER_JOB


def _after(rating_ppm: int, mark_ppm: int) -> Ppm:
    return Ppm(((MEMORY - 1) * rating_ppm + mark_ppm) // MEMORY)
