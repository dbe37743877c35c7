"""Laws of stride scheduling (invariants 12 and 27 of PROTOCOL.md)."""

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics.stride import MIN_WEIGHT, STRIDE, by_rating, draw, step, weight
from zkpool_sdk.units import PPM

ratings = st.integers(0, PPM)
provers = st.lists(st.tuples(st.integers(0, 10**9), ratings, st.integers(0, 8)), min_size=1, max_size=32)


@given(ratings)
def test_step__any_rating__is_the_stride_over_the_weight(rating: int) -> None:
    assert STRIDE // PPM <= step(rating) <= STRIDE // MIN_WEIGHT
    assert step(rating) == STRIDE // weight(rating)


@given(provers, st.data())
def test_draw__any_provers__gives_nobody_more_than_its_slots(
    seated: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    passes, rates, slots = map(list, zip(*seated, strict=True))
    count = data.draw(st.integers(0, min(32, sum(slots))))
    picks, after = draw(passes, rates, slots, count)
    assert len(picks) == count
    for i, (pass_, rating, free) in enumerate(seated):
        assert picks.count(i) <= free
        assert after[i] == pass_ + picks.count(i) * step(rating)


@given(provers, st.data())
def test_draw__each_task__goes_to_the_least_pass_with_a_slot(
    seated: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    passes, rates, slots = map(list, zip(*seated, strict=True))
    picks, _ = draw(passes, rates, slots, data.draw(st.integers(0, min(32, sum(slots)))))
    for chosen in picks:
        for i, free in enumerate(slots):
            if free:
                assert (passes[chosen], chosen) <= (passes[i], i)
        passes[chosen] += step(rates[chosen])
        slots[chosen] -= 1


@given(provers, st.data())
def test_draw__in_two_rounds__equals_one(seated: list[tuple[int, int, int]], data: st.DataObject) -> None:
    passes, rates, slots = map(list, zip(*seated, strict=True))
    count = data.draw(st.integers(0, min(32, sum(slots))))
    first = data.draw(st.integers(0, count))
    picks, after = draw(passes, rates, slots, count)
    head, between = draw(passes, rates, slots, first)
    left = [free - head.count(i) for i, free in enumerate(slots)]
    tail, end = draw(between, rates, left, count - first)
    assert (head + tail, end) == (picks, after)


@given(st.lists(ratings, min_size=1, max_size=12), st.integers(1, 40))
def test_share__long_run__is_the_weights_share_within_n_plus_one(rates: list[int], rounds: int) -> None:
    """Invariant 27: all always eligible, K never full, whatever the ratings."""
    n = len(rates)
    passes = [0] * n
    got = [0] * n
    total = 0
    weights = [weight(rating) for rating in rates]
    for r in range(rounds):
        size = 1 + (7 * r) % 32
        picks, passes = draw(passes, rates, [32] * n, size)
        total += size
        for i in picks:
            got[i] += 1
        for i in range(n):
            assert abs(got[i] - Fraction(total * weights[i], sum(weights))) <= n + 1


@given(st.lists(ratings, min_size=1, max_size=32), st.data())
def test_by_rating__drawn_provers__best_first_then_lower_seat(rates: list[int], data: st.DataObject) -> None:
    picks = data.draw(st.lists(st.integers(0, len(rates) - 1), max_size=32))
    positions = by_rating(picks, rates)
    assert sorted(positions) == sorted(picks)
    for first, second in itertools.pairwise(positions):
        assert rates[first] > rates[second] or (rates[first] == rates[second] and first <= second)
