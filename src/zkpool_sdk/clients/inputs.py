"""How witness inputs travel: published with the bid, or handed over in private against a published hash.

A bid's ``data`` is public and at most 16,384 bytes. It is empty, or JSON of one of two forms:
``{"inputs": {...}}`` holds the inputs of the witness program, numbers as decimal text;
``{"sha256": "...", "uri": "..."}`` holds the hash of that first form, for inputs that nobody but the assigned
prover may see.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from zkpool_sdk.chain.records import parse_record
from zkpool_sdk.clients.errors import InputsDiffer, InputsMalformed, InputsNeeded

MAX_DATA_BYTES: Final = 16_384
"""What the market takes as data."""
MAX_DEPTH: Final = 8
"""Arrays of a circuit's inputs are never nested deeper."""


def publish_inputs(inputs: Mapping[str, Any]) -> bytes:
    """The data of a bid whose inputs everybody may see."""
    return json.dumps({"inputs": _as_text(inputs)}, separators=(",", ":"), sort_keys=True).encode()


def publish_hash(inputs: Mapping[str, Any], uri: str = "") -> bytes:
    """The data of a bid whose inputs the assigned prover gets from the requester.

    Args:
        inputs: the inputs; only their hash goes into the data.
        uri: where the assigned prover asks for them.
    """
    record = {"sha256": hash_of(inputs), **({"uri": uri} if uri else {})}
    return json.dumps(record, separators=(",", ":"), sort_keys=True).encode()


def hash_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of the published form of inputs, 64 hex digits."""
    return hashlib.sha256(publish_inputs(inputs)).hexdigest()


def inputs_from(task: bytes, data: bytes, handed_over: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The inputs to prove a task with.

    Args:
        task: the task, for messages.
        data: what its bid published.
        handed_over: inputs that came from the requester in private.
    Raises:
        InputsNeeded: none are published and none were handed over.
        InputsDiffer: those handed over are not the ones whose hash is published.
        InputsMalformed: the data is of neither form.
    """
    if not data:
        if handed_over is None:
            raise InputsNeeded(task)
        return dict(handed_over)
    return _read(task, data, handed_over)


def _read(task: bytes, data: bytes, handed_over: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        record = parse_record(data)
    except ValueError as error:
        raise InputsMalformed(f"it is not JSON that can be read ({error})") from None
    if not isinstance(record, dict):
        raise InputsMalformed("it is not an object")
    if "sha256" in record:
        if handed_over is None:
            raise InputsNeeded(task, str(record.get("uri", "")))
        if hash_of(handed_over) != record["sha256"]:
            raise InputsDiffer(hash_of(handed_over), str(record["sha256"]))
        return dict(handed_over)
    if not isinstance(record.get("inputs"), dict):
        raise InputsMalformed("it has neither `inputs` nor `sha256`")
    return {str(name): _as_numbers(value) for name, value in record["inputs"].items()}


def _as_text(value: Any) -> Any:
    """Inputs with every number as decimal text: JSON's numbers lose digits elsewhere."""
    if isinstance(value, Mapping):
        return {str(name): _as_text(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_text(inner) for inner in value]
    return str(int(value))


def _as_numbers(value: Any, depth: int = 0) -> Any:
    if isinstance(value, list) and depth < MAX_DEPTH:
        return [_as_numbers(inner, depth + 1) for inner in value]
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 80:
        return int(value)
    raise InputsMalformed("a value is no decimal number as text, nor an array of such")
