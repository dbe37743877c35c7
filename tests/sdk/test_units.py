"""Amounts in and out of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zkpool_sdk
from zkpool_sdk.units import TOTAL_SUPPLY, UINT96_MAX, WEI_PER_ZK, AmountNotDecimal, format_zk, zk


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("0", 0),
        ("1", WEI_PER_ZK),
        ("0.5", WEI_PER_ZK // 2),
        (".5", WEI_PER_ZK // 2),
        ("0.000000000000000001", 1),
    ],
)
def test_zk__decimal_text__is_exact(text: str, wei: int) -> None:
    assert zk(text) == wei


@pytest.mark.parametrize("text", ["", "-1", "1e3", "1.0000000000000000001", "x", ".", "1.2.3", "+1", "٣"])
def test_zk__anything_else__is_refused(text: str) -> None:
    with pytest.raises(AmountNotDecimal):
        zk(text)


@given(st.integers(0, TOTAL_SUPPLY))
def test_format_zk__all_places__reads_back_exactly(wei: int) -> None:
    assert zk(format_zk(wei, 18).replace(",", "")) == wei


def test_format_zk__few_places__cuts_and_keeps_the_sign() -> None:
    assert format_zk(1_234_567_890_123_456_789_012) == "1,234.5678"
    assert format_zk(-WEI_PER_ZK // 2, 2) == "-0.50"
    assert format_zk(3 * WEI_PER_ZK, 0) == "3"


def test_supply__fits_the_bits_amounts_are_kept_in() -> None:
    assert TOTAL_SUPPLY < UINT96_MAX


def test_package__version__is_text_and_nothing_else_is_loaded() -> None:
    assert zkpool_sdk.__version__
    assert dir(zkpool_sdk) == ["__version__"]
    with pytest.raises(AttributeError):
        zkpool_sdk.nothing  # noqa: B018
