"""Messages between processes: whole on the other side however they are cut, and nothing but data."""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk import _native
from zkpool_sdk.proving import Circuit, Job, Limits, ProofResult, WitnessRefused, WorkerFault, errors, wire
from zkpool_sdk.proving.errors import ProvingError

VALUES = st.integers(0, _native.R - 1)
MESSAGES = st.dictionaries(st.text(), st.lists(VALUES) | st.text() | st.floats(0, 1) | st.none())
ARGUMENTS: dict[str, Any] = {
    "str": "text",
    "int": 7,
    "float": 0.5,
    "Sequence[str]": ("a", "b"),
    "object": "queue",
}
MADE = ProofResult("c", "groth16", (1, _native.R - 1), b"\0\1", 0.25, 0.5, 0.75, 3, 4)


def own_errors() -> list[ProvingError]:
    """One of each error of the prover."""
    made = []
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ProvingError):
            asked = list(inspect.signature(kind.__init__).parameters.values())[1:]
            named = [ARGUMENTS[p.annotation] for p in asked if p.kind is p.POSITIONAL_OR_KEYWORD]
            made.append(kind(*(named or ["text"])))
    return made


@given(messages=st.lists(MESSAGES, max_size=4), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_frames__cut_anywhere__arrive_whole(messages: list[dict[str, Any]], cuts: list[int]) -> None:
    stream = b"".join(wire.frame(message) for message in messages)
    frames = wire.Frames(1 << 20)
    found: list[wire.Message] = []
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(places):
        found += frames.feed(stream[start:end])
    assert found == messages


@given(data=st.binary(max_size=64))
def test_frames__of_anything__are_objects_or_an_error(data: bytes) -> None:
    try:
        found = wire.Frames(32).feed(data)
    except ValueError:
        return
    assert all(isinstance(message, dict) for message in found)


@pytest.mark.parametrize("bracket", [b"[", b'{"":'])
def test_frames__nested_deeper_than_the_stack__are_refused(bracket: bytes) -> None:
    """With the limit that py_ecc sets, such a message ended the process that parsed it."""
    body = bracket * 100_000
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        with pytest.raises(ValueError, match="100,000 brackets"):
            wire.Frames(wire.MAX_REPLY_BYTES, wire.MAX_BRACKETS).feed(len(body).to_bytes(4, "little") + body)
    finally:
        sys.setrecursionlimit(usual)


def test_frames__longer_than_allowed__are_refused_at_their_head() -> None:
    head = wire.frame({"a": "b" * 100})[:4]
    with pytest.raises(ValueError, match="bytes"):
        wire.Frames(50).feed(head)


@given(
    inputs=st.none() | st.dictionaries(st.text(), st.lists(VALUES)),
    prover=st.integers(0, 2**160 - 1),
    statement=st.none() | st.lists(VALUES).map(tuple),
    seed=st.none() | st.binary(),
    deadline=st.none() | st.floats(0, 1e12),
    limits=st.builds(Limits, st.none() | st.floats(0, 1e6), st.none() | st.integers(0, 2**63)),
)
def test_job__there_and_back__is_the_same(semaphore_circuit: Circuit, **given_fields: Any) -> None:
    job = Job(semaphore_circuit, "module:Class", threads=3, **given_fields)
    (message,) = wire.Frames(1 << 30).feed(wire.frame(wire.job_message(job)))
    assert wire.job_of(message) == job
    bare = replace(semaphore_circuit, r1cs=None, sample_input=None)
    assert wire.circuit_of(wire.circuit_message(bare)) == bare


def test_result__there_and_back__is_the_same() -> None:
    assert wire.result_of(wire.result_message(MADE)) == MADE
    assert set(wire.result_message(MADE)) == {field.name for field in fields(ProofResult)}
    for name in set(wire.result_message(MADE)) - {"circuit", "system"}:
        with pytest.raises((ValueError, KeyError, TypeError)):
            wire.result_of({**wire.result_message(MADE), name: {"no": "value"}})


@pytest.mark.parametrize("error", own_errors(), ids=lambda error: type(error).__name__)
def test_error__of_the_prover__is_the_same_there(error: ProvingError) -> None:
    (message,) = wire.Frames(1 << 20).feed(wire.frame(wire.error_message("c", error)))
    there = wire.error_of(message)
    assert type(there) is type(error)
    assert (str(there), vars(there)) == (str(error), vars(error))


def test_error__of_the_core_and_the_system__is_the_same_there() -> None:
    with pytest.raises(_native.NativeFormatError) as caught:
        _native.VerifyingKey.from_json("{")
    there = wire.error_of(wire.error_message("c", caught.value))
    assert isinstance(there, _native.NativeFormatError)
    assert (there.section, there.offset) == (caught.value.section, caught.value.offset)
    assert type(wire.error_of(wire.error_message("c", MemoryError("no")))) is MemoryError
    assert isinstance(wire.error_of(wire.error_message("c", FileNotFoundError(2, "gone"))), FileNotFoundError)


def test_error__unforeseen__says_nothing_of_what_it_says() -> None:
    class WitnessTold(RuntimeError):
        pass

    for error in (
        WitnessTold("secret"),
        KeyError("secret"),
        type("WitnessRefused", (Exception,), {})("secret"),
    ):
        message = wire.error_message("c", error)
        assert "secret" not in str(message)
        assert isinstance(wire.error_of(message), WorkerFault)


@pytest.mark.parametrize(
    "message",
    [
        {"error": "SystemExit", "text": "", "fields": {}},
        {"error": "ZKPoolError", "text": "", "fields": {}},
        {"error": "WitnessRefused", "text": "", "fields": {"__class__": 1}},
        {"error": "WitnessRefused", "text": "", "fields": {"_x": 1}},
        {"error": "WitnessRefused", "text": "", "fields": {"a b": 1}},
        {"error": ["WitnessRefused"], "text": "", "fields": {}},
        {"error": "WitnessRefused", "text": ""},
        {"error": "WitnessRefused", "text": "", "fields": {"args": 1}},
    ],
)
def test_error__that_is_none__is_refused(message: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        wire.error_of(message)
    assert isinstance(wire.error_of({"error": "WitnessRefused", "text": "", "fields": {}}), WitnessRefused)
