"""Laws of the libraries, asked of Solidity itself; numbers are the invariants of PROTOCOL.md."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.property import inputs
from tests.property.harness import Arguments, Harness
from tests.property.inputs import amounts, base_fees, batches, excesses, numbers
from zkpool_sdk.economics import auction, base_fee, decay, stride
from zkpool_sdk.units import BPS, DAY, HOUR, PPM, RAY, UINT256_MAX

products = st.tuples(*(numbers(1, 2**128 - 1),) * 3)
Cases = Sequence[Arguments]


@given(batches(products))
def test_mul_div__down_and_up__differ_by_one_where_it_does_not_divide(harness: Harness, cases: Cases) -> None:
    downs, ups = harness.results("mulDivDown", cases), harness.results("mulDivUp", cases)
    for (a, b, d), down, up in zip(cases, downs, ups, strict=True):
        assert down * d <= a * b <= up * d
        assert up - down == (a * b % d != 0)


@given(batches(st.tuples(inputs.rays, numbers(0, 10_000), numbers(0, 10_000))))
def test_rpow__longer__is_not_more__and_composes_downwards(harness: Harness, cases: Cases) -> None:
    firsts = harness.results("rpow", [(base, m) for base, m, _ in cases])
    wholes = harness.results("rpow", [(base, m + n) for base, m, n in cases])
    for first, whole in zip(firsts, wholes, strict=True):
        assert whole <= first <= RAY


@given(batches(inputs.fees_and_count()))
def test_prices__fall_with_rank_and_lie_between_base_fee_and_bid(harness: Harness, cases: Cases) -> None:
    """Invariants 3 and 6."""
    for (fees, count, floor_wei), prices in zip(cases, harness.results("prices", cases), strict=True):
        assert len(prices) == count
        assert list(prices) == sorted(prices, reverse=True)
        assert all(floor_wei <= price <= fee for price, fee in zip(prices, fees, strict=False))


@given(batches(inputs.fees_and_count()), st.data())
def test_prices__own_bid_raised_or_lowered_within_its_rank__same_price(
    harness: Harness, cases: Cases, data: st.DataObject
) -> None:
    """Invariant 7."""
    won = [case for case in cases if case[1]]
    moved = []
    for fees, count, floor_wei in won:
        i = data.draw(st.integers(0, count - 1))
        low = fees[i + 1] if i + 1 < len(fees) else floor_wei
        high = fees[i - 1] if i else 2 * fees[0]
        moved.append((i, ([*fees[:i], data.draw(numbers(low, high)), *fees[i + 1 :]], count, floor_wei)))
    before = harness.results("prices", won)
    after = harness.results("prices", [case for _, case in moved])
    for (i, _), old, new in zip(moved, before, after, strict=True):
        assert old[i] == new[i]


@given(batches(inputs.fees_and_count()), amounts)
def test_prices__one_more_losing_bid__moves_the_last_winner_only(
    harness: Harness, cases: Cases, above: int
) -> None:
    """Invariant 8: and never above its bid."""
    lost = [(fees, count, floor_wei) for fees, count, floor_wei in cases if count == len(fees) > 0]
    shilled = [
        ([*fees, min(floor_wei + above, fees[-1])], count, floor_wei) for fees, count, floor_wei in lost
    ]
    before, after = harness.results("prices", lost), harness.results("prices", shilled)
    for (fees, _, _), old, new in zip(lost, before, after, strict=True):
        assert old[:-1] == new[:-1]
        assert old[-1] <= new[-1] <= fees[-1]


@given(batches(inputs.fees_and_count()))
def test_prices__never_below_vickrey_clarke_groves(harness: Harness, cases: Cases) -> None:
    """Invariant 13."""
    for (fees, count, floor_wei), prices in zip(cases, harness.results("prices", cases), strict=True):
        assert all(price >= auction.vcg_payment(fees, count, floor_wei) for price in prices)


@given(batches(st.tuples(numbers(0, 32), amounts, inputs.bonds)))
def test_slots__never_more_than_stake_and_capacity_cover(harness: Harness, cases: Cases) -> None:
    """Invariant 12."""
    for (capacity, free_wei, bond_wei), slots in zip(cases, harness.results("slots", cases), strict=True):
        assert slots <= capacity
        assert slots * bond_wei <= free_wei
        assert slots == capacity or (slots + 1) * bond_wei > free_wei


@given(batches(st.tuples(excesses, numbers(0, 2 * PPM, PPM))))
def test_base_fee__one_round__moves_by_an_eighth_at_most(harness: Harness, cases: Cases) -> None:
    """Invariant 14, with a wei of rounding."""
    afters = harness.results("next", cases)
    assert all(0 <= after <= base_fee.EXCESS_MAX for after in afters)
    olds = harness.results("baseFee", [(excess,) for excess, _ in cases])
    news = harness.results("baseFee", [(after,) for after in afters])
    for old, new in zip(olds, news, strict=True):
        assert old * 888 // 1000 - 1 <= new <= old * 1125 // 1000 + 1
        assert new >= base_fee.MIN_BASE_FEE_WEI


@given(batches(st.tuples(excesses, numbers(0, 130), numbers(0, 130))))
def test_after_empty__rounds_at_once__equal_one_by_one(harness: Harness, cases: Cases) -> None:
    """Invariant 15; a single step is a round without bids."""
    whole = harness.results("afterEmpty", [(excess, m + n) for excess, m, n in cases])
    half = harness.results("afterEmpty", [(excess, m) for excess, m, _ in cases])
    then = harness.results("afterEmpty", [(e, n) for e, (_, _, n) in zip(half, cases, strict=True)])
    assert whole == then
    single = harness.results("afterEmpty", [(excess, 1) for excess, _, _ in cases])
    assert single == harness.results("next", [(excess, 0) for excess, _, _ in cases])


@given(batches(inputs.pressures()))
def test_pressure__more_bids_not_less__more_slots_not_more(harness: Harness, cases: Cases) -> None:
    """Invariant 16: a bid more never lowers q (the loser gets no worse), a slot more never raises it."""
    loaded = [case for case in cases if case[0] or case[1]]
    now = harness.results("pressure", loaded)
    more_bids = harness.results("pressure", [(n + 1, k, loser, b) for n, k, loser, b in loaded])
    better = harness.results("pressure", [(n, k, loser + 1, b) for n, k, loser, b in loaded])
    # With a slot more the first loser is the bid after, at most as high; at n = K + 1 there is none.
    more_slots = harness.results("pressure", [(n, k + 1, loser, b) for n, k, loser, b in loaded])
    for q, up, sharper, down in zip(now, more_bids, better, more_slots, strict=True):
        assert down <= q <= up
        assert q <= sharper
        assert 0 <= q <= 2 * PPM


@given(batches(inputs.draws()))
def test_draw__slots_kept__passes_pay_for_tasks(harness: Harness, cases: Cases) -> None:
    """Invariants 12 and 27: nobody gets more than its slots, each task costs a step."""
    results = harness.results("draw", cases)
    for (before, ratings, slots, count), (picks, after) in zip(cases, results, strict=True):
        assert len(picks) == count
        for i, (start, rating, limit) in enumerate(zip(before, ratings, slots, strict=True)):
            got = picks.count(i)
            assert got <= limit
            assert after[i] == start + got * stride.step(rating)


@given(batches(st.tuples(st.lists(inputs.ratings, min_size=1, max_size=8), numbers(1, 40)), most=10))
def test_draw__from_one_start_with_slots_enough__shares_follow_the_ratings(
    harness: Harness, cases: Cases
) -> None:
    """Invariant 27: within n + 1 tasks of the weight's share."""
    asked = [([0] * len(ratings), ratings, [tasks] * len(ratings), tasks) for ratings, tasks in cases]
    for (_, ratings, _, count), (picks, _) in zip(asked, harness.results("draw", asked), strict=True):
        weights = [stride.weight(rating) for rating in ratings]
        for i, weight in enumerate(weights):
            share = count * weight / sum(weights)
            assert abs(picks.count(i) - share) <= len(ratings) + 1


@given(batches(st.tuples(amounts, amounts, numbers(0, 2_000), numbers(0, 2_000))))
def test_decayed__monotone_above_the_floor_and_settled_often_or_once_within_a_wei_an_hour(
    harness: Harness, cases: Cases
) -> None:
    """Invariant 22."""
    once = harness.results("decayed", [(own, floor, m + n) for own, floor, m, n in cases])
    first = harness.results("decayed", [(own, floor, m) for own, floor, m, _ in cases])
    twice = harness.results(
        "decayed", [(mid, floor, n) for mid, (_, floor, _, n) in zip(first, cases, strict=True)]
    )
    for (own, floor, m, n), whole, half, then in zip(cases, once, first, twice, strict=True):
        assert whole <= half <= own
        assert whole >= min(own, floor)
        assert abs(whole - then) <= 2 + own * 64 // RAY + (m + n)


@given(batches(st.tuples(numbers(0, 2**40), numbers(0, 2**40))))
def test_hours_due__none_before_a_whole_hour(harness: Harness, cases: Cases) -> None:
    """Invariant 21, with the day of grace already in `decaysFrom`."""
    for (clock, start), hours in zip(cases, harness.results("hoursDue", cases), strict=True):
        assert hours == 0 if clock < start + 3600 else start + 3600 * hours <= clock
        assert clock < start + 3600 * (hours + 1)


@given(batches(st.tuples(amounts, amounts, amounts)))
def test_floor__never_uncovers_a_bond(harness: Harness, cases: Cases) -> None:
    """Invariant 19: what own stake must cover is below the floor."""
    for (locked, unbonding, sponsored), floor in zip(cases, harness.results("floorWei", cases), strict=True):
        assert floor >= decay.FLOOR_WEI
        assert floor + unbonding + sponsored >= locked


@given(batches(st.tuples(amounts, amounts, amounts, amounts)))
def test_capped__other_bonds_stay_covered(harness: Harness, cases: Cases) -> None:
    """Invariant 24."""
    covered = [(demanded, others + extra, others + bond, bond) for demanded, others, bond, extra in cases]
    for (demanded, slashable, locked, bond), slashed in zip(
        covered, harness.results("capped", covered), strict=True
    ):
        assert slashed <= demanded
        assert slashable - slashed >= locked - bond


@given(batches(inputs.slashes()))
def test_take__own_before_unbonding_before_sponsored(harness: Harness, cases: Cases) -> None:
    """Invariant 24."""
    for (slashed, own, unbonding), parts in zip(cases, harness.results("take", cases), strict=True):
        from_own, from_unbonding, from_sponsored = parts
        assert sum(parts) == slashed
        assert from_unbonding == 0 or from_own == own
        assert from_sponsored == 0 or from_unbonding == unbonding


@given(batches(st.tuples(amounts, amounts, amounts, st.booleans(), st.booleans())))
def test_waterfall__sums_exactly__compensates_up_to_the_price__leaves_thirty_percent(
    harness: Harness, cases: Cases
) -> None:
    """Invariants 4 and 25."""
    for (slashed, loss, price, rescued, kept), parts in zip(
        cases, harness.results("waterfall", cases), strict=True
    ):
        tier1, requester, rescuer, keeper, insurance = parts
        assert sum(parts) == slashed
        assert tier1 == min(slashed, loss)
        assert requester <= price
        assert insurance * 10 >= (slashed - tier1) * 3
        assert rescued or rescuer == 0
        assert kept or keeper == 0


@given(batches(inputs.splits()))
def test_split__sums_exactly__and_the_pool_takes_no_more_than_its_part(
    harness: Harness, cases: Cases
) -> None:
    """Invariant 4."""
    for (price, pool, accelerator, sponsor, _), parts in zip(
        cases, harness.results("split", cases), strict=True
    ):
        assert sum(parts) == price
        assert parts[0] * BPS * BPS >= price * (BPS - pool) * (BPS - accelerator - sponsor)


@given(batches(inputs.windows()))
def test_rating__stays_within_one__a_fault_never_raises_it(harness: Harness, cases: Cases) -> None:
    """Invariant 28."""
    alone = [(rating,) for rating, _, _ in cases]
    on_time = harness.results("ratingOnTime", cases)
    missed, invalid = harness.results("ratingMissed", alone), harness.results("ratingInvalid", alone)
    for (rating, _, _), good, late, wrong in zip(cases, on_time, missed, invalid, strict=True):
        assert 0 <= wrong <= late <= rating <= PPM
        assert late <= good <= PPM


@given(batches(st.tuples(inputs.ratings)))
def test_rating__late_declined_or_out_of_jail__moves_within_what_it_may(
    harness: Harness, cases: Cases
) -> None:
    """Invariant 28: a decline costs at most a sixty-fourth; being late never pays above its mark."""
    late, declined = harness.results("ratingLate", cases), harness.results("ratingDeclined", cases)
    freed, missed = harness.results("ratingAfterJail", cases), harness.results("ratingMissed", cases)
    for (rating,), behind, back, free, none in zip(cases, late, declined, freed, missed, strict=True):
        assert none <= behind <= max(rating, 200_000)
        assert rating - rating // 64 == back
        assert none <= back + 1  # better than a missed window
        assert free == min(rating, 300_000)


@given(batches(st.tuples(numbers(1, 255, 8), numbers(0, 100))))
def test_ban__doubles_from_an_hour_to_seven_days(harness: Harness, cases: Cases) -> None:
    """More faults in a row never ban for less; each of the first doubles the ban."""
    bans = harness.results("banSeconds", [(failures,) for failures, _ in cases])
    longer = harness.results("banSeconds", [(failures + more,) for failures, more in cases])
    next_ones = harness.results("banSeconds", [(failures + 1,) for failures, _ in cases])
    for ban, more, one_more in zip(bans, longer, next_ones, strict=True):
        assert HOUR <= ban <= more <= 7 * DAY
        assert one_more == min(2 * ban, 7 * DAY)


@given(batches(st.tuples(amounts, amounts)))
def test_slash__late__is_half_the_bond_and_never_more_than_a_wrong_proof(
    harness: Harness, cases: Cases
) -> None:
    late = harness.results("slashForLate", [(bond,) for bond, _ in cases])
    invalid = harness.results("slashForInvalid", cases)
    for (bond, _), half, whole in zip(cases, late, invalid, strict=True):
        assert 0 <= bond - 2 * half <= 1
        assert half <= whole


@given(batches(st.tuples(base_fees, amounts)))
def test_bond__covers_two_base_fees_and_the_penalty(harness: Harness, cases: Cases) -> None:
    for (floor_wei, penalty), bond in zip(cases, harness.results("bond", cases), strict=True):
        assert bond >= 2 * floor_wei + penalty
        assert bond >= auction.MIN_BOND_WEI + penalty


@given(batches(st.tuples(amounts, numbers(0, 2**48 - 1), amounts, numbers(0, 2**48 - 1))))
def test_pack__higher_bid_wins__of_equal_bids_the_earlier(harness: Harness, cases: Cases) -> None:
    """Invariant 10: no ties."""
    left = harness.results("pack", [(fee, sequence, 2**40 - 1, 255) for fee, sequence, _, _ in cases])
    right = harness.results("pack", [(fee, sequence, 0, 0) for _, _, fee, sequence in cases])
    for (fee, sequence, other_fee, other_sequence), a, b in zip(cases, left, right, strict=True):
        if (fee, sequence) != (other_fee, other_sequence):
            assert (a > b) == ((fee, -sequence) > (other_fee, -other_sequence))
        assert a <= UINT256_MAX
