"""Inputs of the libraries: random over their domain, with the edges drawn often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from zkpool_sdk.economics import base_fee, decay
from zkpool_sdk.units import BPS, PPM, RAY, UINT256_MAX, WEI_PER_ZK

T = TypeVar("T")
Numbers = st.SearchStrategy[int]
UINT96_MAX = 2**96 - 1


def numbers(low: int, high: int, *edges: int) -> Numbers:
    """Integers of a range; its ends, the edges and their neighbours often."""
    near = {value + step for value in (low, high, *edges) for step in (-1, 0, 1)}
    inside = sorted(value for value in near if low <= value <= high)
    return st.one_of(st.sampled_from(inside), st.integers(low, high))


def of_any_size(bits: int) -> Numbers:
    """Integers whose number of bits is uniform, so that small and huge ones meet."""
    return st.integers(0, bits).flatmap(lambda n: st.integers(0, (1 << n) - 1))


words = st.one_of(of_any_size(256), numbers(0, UINT256_MAX, 2**128, 2**255))
amounts = st.one_of(of_any_size(96), numbers(0, UINT96_MAX, WEI_PER_ZK, decay.FLOOR_WEI))
flags = st.booleans()
bps = numbers(0, BPS, 500, 2_000, 5_000)
ratings = numbers(0, PPM, 10_000, 300_000)
excesses = numbers(0, base_fee.EXCESS_MAX, PPM, base_fee.DENOMINATOR)
base_fees = st.one_of(excesses.map(base_fee.base_fee), amounts.map(lambda wei: wei + 1))
rays = st.one_of(numbers(0, RAY, decay.DECAY_RAY), of_any_size(89))
counts = numbers(0, 64, 32)
bonds = numbers(base_fee.MIN_BASE_FEE_WEI, 2**80 - 1, WEI_PER_ZK // 2)
passes = st.one_of(numbers(0, 2**64 - 1 - 32 * 10**8), st.integers(0, 100))


@st.composite
def fees_and_count(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """Bids at or above a base fee, best first; how many win; the base fee."""
    floor_wei = draw(base_fees)
    above = draw(st.lists(st.one_of(amounts, st.integers(0, 3)), max_size=64))
    fees = sorted((floor_wei + wei for wei in above), reverse=True)
    return fees, draw(st.integers(0, len(fees))), floor_wei


@st.composite
def pressures(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """n, K, first loser, B. Where a loser is read it is at least B."""
    bid_count, slot_count, floor_wei = draw(counts), draw(numbers(0, 32)), draw(base_fees)
    above = draw(st.one_of(amounts, numbers(0, 3 * floor_wei, floor_wei)))
    return bid_count, slot_count, floor_wei + above, floor_wei


@st.composite
def draws(draw: st.DrawFn) -> tuple[list[int], list[int], list[int], int]:
    """Passes, ratings, slots of up to 32 provers, and a number of tasks that the slots hold."""
    size = draw(st.integers(1, 32))

    def each(strategy: Numbers) -> list[int]:
        return draw(st.lists(strategy, min_size=size, max_size=size))

    slots = each(st.integers(0, 32))
    return each(passes), each(ratings), slots, draw(st.integers(0, min(sum(slots), 64)))


@st.composite
def slashes(draw: st.DrawFn) -> tuple[int, int, int]:
    """A slash of at most what is there, own and unbonding stake."""
    own, unbonding, sponsored = draw(amounts), draw(amounts), draw(amounts)
    return draw(numbers(0, own + unbonding + sponsored, own, own + unbonding)), own, unbonding


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, int]:
    """A rating, a delay, and the window it lies in or beyond."""
    window = draw(numbers(60, 172_800))
    return draw(ratings), draw(numbers(0, 6 * window, window)), window


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    """A price and rates; accelerator's and sponsor's are parts of the same rest."""
    accelerator = draw(bps)
    return draw(amounts), draw(bps), accelerator, draw(numbers(0, BPS - accelerator)), draw(bps)


def batches(cases: st.SearchStrategy[T], most: int = 40) -> st.SearchStrategy[Sequence[T]]:
    """Inputs that travel in one request."""
    return st.lists(cases, min_size=1, max_size=most)
