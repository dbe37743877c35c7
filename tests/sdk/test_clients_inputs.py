"""Witness inputs as they travel with a bid: in public, or by hash."""

import json

import pytest

from zkpool_sdk.clients import (
    InputsDiffer,
    InputsMalformed,
    InputsNeeded,
    hash_of,
    publish_hash,
    publish_inputs,
)
from zkpool_sdk.clients.inputs import inputs_from

TASK = b"\x07" * 32
INPUTS = {"root": 2**254 - 1, "path": [[0, 1], [2, 3]], "flag": 1}


def test_publish_inputs__read_again__are_the_same_numbers() -> None:
    assert inputs_from(TASK, publish_inputs(INPUTS)) == INPUTS


def test_publish_inputs__order_of_names__does_not_matter() -> None:
    assert publish_inputs(INPUTS) == publish_inputs(dict(reversed(INPUTS.items())))


def test_publish_inputs__big_numbers__are_text() -> None:
    assert json.loads(publish_inputs(INPUTS))["inputs"]["root"] == str(2**254 - 1)


def test_inputs_from__hash_published__takes_only_what_it_stands_for() -> None:
    data = publish_hash(INPUTS, "https://example.org/inputs")
    assert str(2**254 - 1) not in data.decode()
    assert inputs_from(TASK, data, INPUTS) == INPUTS
    with pytest.raises(InputsNeeded, match=r"example\.org"):
        inputs_from(TASK, data)
    with pytest.raises(InputsDiffer) as caught:
        inputs_from(TASK, data, {**INPUTS, "flag": 0})
    assert caught.value.expected == hash_of(INPUTS)


def test_inputs_from__nothing_published__needs_them_handed_over() -> None:
    assert inputs_from(TASK, b"", INPUTS) == INPUTS
    with pytest.raises(InputsNeeded) as caught:
        inputs_from(TASK, b"")
    assert caught.value.task == TASK


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"inputs": 3}',
        b'{"inputs": {"a": 3}}',
        b'{"inputs": {"a": "-1"}}',
        b'{"inputs": {"a": "0x10"}}',
        b'{"inputs": {"a": {"b": "1"}}}',
        b'{"inputs": {"a": "' + b"9" * 81 + b'"}}',
        '{"inputs": {"a": "٣"}}'.encode(),
        b'{"inputs": {"a": null}}',
        b'{"inputs": {"a": ' + b"9" * 16_000 + b"}}",
        b"[" * 16_384,
        b'{"inputs": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"inputs": {"a": ' + b"[" * 8_000 + b"]" * 8_000 + b"}}",
    ],
    ids=range(15),
)
def test_inputs_from__data_of_another_form__is_refused(data: bytes) -> None:
    with pytest.raises(InputsMalformed):
        inputs_from(TASK, data)
