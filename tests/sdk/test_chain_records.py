"""JSON of strangers: read as ever, unless it is nested deeper than any record."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from zkpool_sdk.chain.records import MAX_LEVELS, parse_record

LEAVES = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_parse_record__any_shallow_value__is_what_json_says(value: object, encoding: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert parse_record(text) == value
    if "\ud800" <= max(text) <= "\udfff":
        return
    assert parse_record(text.encode(encoding, "surrogatepass")) == value


def test_parse_record__brackets_in_a_text__are_no_levels() -> None:
    value = {"a": "[" * 1000 + '"' + "]" * 2000, "b\\": "{" * 1000}
    assert parse_record(json.dumps(value)) == value


@pytest.mark.parametrize("levels", [MAX_LEVELS + 1, 10**6])
@pytest.mark.parametrize("opening", ["[", '{"a":', '["]]]]",', '"'])
def test_parse_record__deeper__is_refused_before_it_is_parsed(levels: int, opening: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_record(opening * levels)


def test_parse_record__as_deep_as_allowed__is_read() -> None:
    text = "[" * MAX_LEVELS + "]" * MAX_LEVELS
    assert parse_record(text) == json.loads(text)
    assert parse_record(b"[" + b"[],[]," * 1000 + b"1]")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00", b"", b'"\xff"'])
def test_parse_record__bytes_that_are_no_text__are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_record(data)
