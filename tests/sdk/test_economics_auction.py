"""Laws of the generalised second price (invariants 3, 6, 7, 8, 11, 12, 13 of PROTOCOL.md)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zkpool_sdk.economics import auction
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import WEI_PER_ZK

B = 100
books = st.lists(st.integers(B, 3 * B), min_size=1, max_size=64).map(lambda fees: sorted(fees, reverse=True))
slot_counts = st.integers(1, 32)


def sold(fees: list[int], slot_count: int) -> list[int]:
    return list(auction.prices(fees, min(len(fees), slot_count), B))


@given(books, slot_counts)
def test_prices__any_book__fall_with_rank_between_base_fee_and_bid(fees: list[int], k: int) -> None:
    prices = sold(fees, k)
    assert len(prices) == min(len(fees), k)
    assert prices == sorted(prices, reverse=True)
    assert all(B <= price <= fee for price, fee in zip(prices, fees, strict=False))


@given(books, slot_counts)
def test_prices__each_winner__pays_the_next_bid_down(fees: list[int], k: int) -> None:
    for i, price in enumerate(sold(fees, k)):
        assert price == (fees[i + 1] if i + 1 < len(fees) else B)


@given(books, slot_counts, st.data())
def test_price__own_bid_moves_without_changing_rank__stays(
    fees: list[int], k: int, data: st.DataObject
) -> None:
    i = data.draw(st.integers(0, min(len(fees), k) - 1))
    low = fees[i + 1] if i + 1 < len(fees) else B
    high = fees[i - 1] if i else 10 * B
    moved = [*fees[:i], data.draw(st.integers(low, high)), *fees[i + 1 :]]
    assert sold(moved, k)[i] == sold(fees, k)[i]


@given(books, slot_counts, st.integers(B, 3 * B))
def test_losing_bid__joins__moves_the_last_price_only(fees: list[int], k: int, shill: int) -> None:
    assume(len(fees) >= k and shill <= fees[k - 1])
    before = sold(fees, k)
    after = sold(sorted([*fees, shill], reverse=True), k)
    assert after[:-1] == before[:-1]
    assert before[-1] <= after[-1] <= fees[k - 1]


@given(books, slot_counts)
def test_vcg_payment__equal_slots__is_at_most_every_price(fees: list[int], k: int) -> None:
    payment = auction.vcg_payment(fees, k, B)
    assert all(B <= payment <= price for price in sold(fees, k))
    assert sold(fees, k)[-1] == payment


@given(books, slot_counts)
def test_vcg_payment__equals_the_harm_done_to_the_others(fees: list[int], k: int) -> None:
    """The Clarke pivot from welfare: what the others would get without the winner, less what they get."""
    for i in range(min(len(fees), k)):
        others = [fee - B for j, fee in enumerate(fees) if j != i]
        without = sum(others[:k])
        with_it = sum(fee - B for j, fee in enumerate(fees[:k]) if j != i)
        assert B + without - with_it == auction.vcg_payment(fees, k, B)


def test_prices__as_many_bids_as_slots__a_losing_shill_gains_one_price_not_all() -> None:
    """The rule that must not be built lifted every price at once; here the shill lifts the last one."""
    fees = [1_000] * 8
    before = sold(fees, 8)
    after = sold([*fees, 999], 8)
    assert before == [1_000] * 7 + [B]
    assert after == [1_000] * 7 + [999]


@given(st.integers(0, 10**22), st.integers(0, 10**23))
def test_bond__any_base_fee__covers_two_base_fees_and_the_penalty(base_fee_wei: int, penalty: int) -> None:
    bond = auction.bond(base_fee_wei, penalty)
    assert bond >= 2 * base_fee_wei + penalty
    assert bond >= WEI_PER_ZK // 2 + penalty
    assert bond - penalty in (2 * base_fee_wei, WEI_PER_ZK // 2)


@given(st.integers(0, 32), st.integers(0, 10**24), st.integers(1, 10**22))
def test_slots__any_cover__bonds_fit_and_one_more_does_not(capacity: int, free: int, bond: int) -> None:
    slots = auction.slots(capacity, free, bond)
    assert 0 <= slots <= capacity
    assert slots * bond <= free
    assert slots == capacity or (slots + 1) * bond > free


def test_slots__bond_of_zero__panics() -> None:
    with pytest.raises(Panic):
        auction.slots(1, 1, 0)


def test_prices__next_bid_below_the_base_fee__is_the_base_fee() -> None:
    assert auction.prices([2 * B, B // 2], 1, B) == [B]
