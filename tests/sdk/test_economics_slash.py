"""Laws of slashing (invariants 4, 24, 25 of PROTOCOL.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk.economics import slash
from zkpool_sdk.errors import Panic
from zkpool_sdk.units import UINT96_MAX

wei = st.integers(0, UINT96_MAX)


def parts_of(w: slash.Waterfall) -> list[int]:
    return [w.tier1_wei, w.requester_wei, w.rescuer_wei, w.keeper_wei, w.insurance_wei]


@given(wei, wei, wei, st.booleans(), st.booleans())
def test_waterfall__any_slash__parts_sum_and_none_is_negative(
    slashed: int, loss: int, price: int, rescuer: bool, keeper: bool
) -> None:
    parts = parts_of(slash.waterfall(slashed, loss, price, rescuer, keeper))
    assert sum(parts) == slashed
    assert min(parts) >= 0


@given(wei, wei, wei, st.booleans(), st.booleans())
def test_waterfall__any_slash__thirty_percent_reaches_nobody(
    slashed: int, loss: int, price: int, rescuer: bool, keeper: bool
) -> None:
    w = slash.waterfall(slashed, loss, price, rescuer, keeper)
    rest = slashed - w.tier1_wei
    assert w.insurance_wei * 10 >= rest * 3
    assert w.requester_wei <= min(price, rest // 2)
    assert w.keeper_wei <= rest // 50
    assert w.rescuer_wei == 0 or rescuer
    assert w.keeper_wei == 0 or keeper


@given(wei, wei, wei, st.booleans())
def test_waterfall__offender_is_requester_and_keeper__still_loses(
    slashed: int, loss: int, price: int, rescuer: bool
) -> None:
    """Slashing oneself loses: even with every private part in one hand at least 30 % is gone."""
    w = slash.waterfall(slashed, loss, price, rescuer, True)
    back = w.requester_wei + w.rescuer_wei + w.keeper_wei
    assert 10 * back <= 7 * (slashed - w.tier1_wei)


@given(wei, wei, wei, wei, wei, st.data())
def test_capped_and_take__any_stake__other_bonds_stay_covered(
    own: int, unbonding: int, sponsored: int, demanded: int, bond: int, data: st.DataObject
) -> None:
    slashable = own + unbonding + sponsored
    bond = min(bond, slashable)
    locked = data.draw(st.integers(bond, slashable))
    slashed = slash.capped(demanded, slashable, locked, bond)
    assert slashed <= min(demanded, slashable)
    assert slashable - slashed >= locked - bond
    assert slashed >= min(demanded, bond)  # the task's own bond is always there to be slashed
    a, b, c = slash.take(slashed, own, unbonding)
    assert a + b + c == slashed
    assert 0 <= a <= own
    assert 0 <= b <= unbonding
    assert 0 <= c <= sponsored
    assert b == 0 or a == own  # own before unbonding
    assert c == 0 or (a == own and b == unbonding)  # before sponsored


@given(wei, wei)
def test_invalid__any_stake__costs_the_bond_or_five_percent(bond: int, own: int) -> None:
    assert slash.invalid(bond, own) == max(bond, own * 5 // 100)


def test_capped__bonds_not_covered__panics() -> None:
    with pytest.raises(Panic):
        slash.capped(1, 10, 12, 1)
    with pytest.raises(Panic):
        slash.capped(1, 10, 1, 2)
