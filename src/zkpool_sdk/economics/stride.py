"""Stride scheduling: who gets the next task. The long-run share follows the rating, without randomness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

STRIDE: Final = 10**12
MIN_WEIGHT: Final = 10_000
"""Least weight, so that a prover at rating 0 is still served now and then."""


def weight(rating_ppm: int) -> int:
    """A prover's weight: its rating, at least ``MIN_WEIGHT``."""
    return max(rating_ppm, MIN_WEIGHT)


def step(rating_ppm: int) -> int:
    """What one task adds to a prover's pass.

    Source:
        PROTOCOL.md, "Who proves"; twin of ``StrideMath.step``.
    """
    return STRIDE // weight(rating_ppm)


def draw(
    passes: Sequence[int], ratings_ppm: Sequence[int], slots: Sequence[int], count: int
) -> tuple[list[int], list[int]]:
    """Gives ``count`` tasks, each to the least pass with a slot left; of equal passes to the lower index.

    Args:
        passes, ratings_ppm, slots: one entry a prover, in seat order; the slots sum to at least ``count``.
    Returns:
        the prover (index) of each task in drawing order, and the passes afterwards.
    Source:
        PROTOCOL.md, "Who proves"; twin of ``StrideMath.draw``.
    """
    after = list(passes)
    left = list(slots)
    picks: list[int] = []
    for _ in range(count):
        chosen = min((i for i, free in enumerate(left) if free > 0), key=lambda i: (after[i], i))
        left[chosen] -= 1
        after[chosen] += step(ratings_ppm[chosen])
        picks.append(chosen)
    return picks, after


def by_rating(picks: Sequence[int], ratings_ppm: Sequence[int]) -> list[int]:
    """The drawn provers by position: best rating first, of equal ratings the lower seat."""
    return sorted(picks, key=lambda i: (-ratings_ppm[i], i))
