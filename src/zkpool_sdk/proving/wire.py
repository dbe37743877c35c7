"""What crosses the border between processes: frames of JSON. A reply can name a value, never run code.

A worker runs programs that strangers wrote, so its replies are read with as little trust: their size is
bounded, and an error becomes one of the classes named here.
"""

from __future__ import annotations

import json
import struct
import traceback
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from zkpool_sdk import _native
from zkpool_sdk.proving import errors
from zkpool_sdk.proving.circuit import Circuit, SignalRule
from zkpool_sdk.proving.errors import ProvingError, WorkerFault
from zkpool_sdk.proving.jobs import Job, Limits, ProofResult

Message = dict[str, Any]

MAX_REPLY_BYTES: Final = 1 << 20
"""A reply is some hundred bytes and 80 for each public signal; parsed, JSON can be 25 times as large."""
MAX_BRACKETS: Final = 1000
"""A reply has a handful; see :func:`parse`."""
_HEAD: Final = struct.Struct("<I")
_PATHS: Final = ("folder", "program", "proving_key", "verification_key", "r1cs", "sample_input")
_ERRORS: Final = {
    name: kind
    for module, root in ((errors, ProvingError), (_native, _native.NativeError))
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, root)
}
_SYSTEM_ERRORS: Final = {
    kind.__name__: kind for kind in (OSError, FileNotFoundError, PermissionError, MemoryError)
}


class Frames:
    """Messages out of a stream of bytes.

    Args:
        limit_bytes: the longest message.
        limit_brackets: the most opening brackets in one; ``None`` for a sender that is trusted.
    """

    def __init__(self, limit_bytes: int, limit_brackets: int | None = None) -> None:
        self._limit = limit_bytes
        self._limit_brackets = limit_brackets
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes.

        Raises:
            ValueError: a message is too long or too deep, or is no JSON object.
        """
        self._bytes += data
        found = []
        while len(self._bytes) >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._bytes)
            if size > self._limit:
                raise ValueError(f"a message of {size:,} bytes")
            if len(self._bytes) < _HEAD.size + size:
                break
            message = parse(self._bytes[_HEAD.size : _HEAD.size + size], self._limit_brackets)
            if not isinstance(message, dict):
                raise ValueError("a message that is no object")
            found.append(message)
            del self._bytes[: _HEAD.size + size]
        return found


def parse(text: bytes | bytearray, limit_brackets: int | None) -> Any:
    """The value of a JSON text that may come from anybody.

    Each opening bracket may be a level of nesting, and where a library has raised Python's own limit of
    levels far enough (py_ecc does), parsing runs out of stack, which no ``except`` catches.

    Raises:
        ValueError: no JSON, or more opening brackets than ``limit_brackets``.
    """
    brackets = text.count(b"[") + text.count(b"{")
    if limit_brackets is not None and brackets > limit_brackets:
        raise ValueError(f"a text with {brackets:,} brackets")
    return json.loads(text)


def frame(message: Message) -> bytes:
    """A message as bytes."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _HEAD.pack(len(body)) + body


def circuit_message(circuit: Circuit) -> Message:
    """A circuit as a message, its files by their paths."""
    message: Message = {
        "name": circuit.name,
        "system": circuit.system,
        "signal_names": list(circuit.signal_names),
        "signal_rules": [int(rule) for rule in circuit.signal_rules],
        "input_sizes": dict(circuit.input_sizes),
        "key_sha256": circuit.key_sha256,
        "insecure_setup": circuit.insecure_setup,
    }
    for name in _PATHS:
        path: Path | None = getattr(circuit, name)
        message[name] = None if path is None else str(path.absolute())
    return message


def circuit_of(message: Message) -> Circuit:
    """The circuit in a message."""
    fields = dict(message)
    for name in _PATHS:
        fields[name] = None if fields[name] is None else Path(fields[name])
    fields["signal_names"] = tuple(fields["signal_names"])
    fields["signal_rules"] = tuple(SignalRule(rule) for rule in fields["signal_rules"])
    fields["input_sizes"] = MappingProxyType(fields["input_sizes"])
    return Circuit(**fields)


def job_message(job: Job) -> Message:
    """A job as a message."""
    inputs = None if job.inputs is None else {name: list(values) for name, values in job.inputs.items()}
    return {
        "circuit": circuit_message(job.circuit),
        "system": job.system,
        "inputs": inputs,
        "prover": job.prover,
        "statement": None if job.statement is None else list(job.statement),
        "seed": None if job.seed is None else job.seed.hex(),
        "deadline": job.deadline,
        "threads": job.threads,
        "limits": asdict(job.limits),
    }


def job_of(message: Message) -> Job:
    """The job in a message."""
    return Job(
        circuit=circuit_of(message["circuit"]),
        system=message["system"],
        inputs=message["inputs"],
        prover=message["prover"],
        statement=None if message["statement"] is None else tuple(message["statement"]),
        seed=None if message["seed"] is None else bytes.fromhex(message["seed"]),
        deadline=message["deadline"],
        threads=message["threads"],
        limits=Limits(**message["limits"]),
    )


def result_message(result: ProofResult) -> Message:
    """A result as a message."""
    return {
        "circuit": result.circuit,
        "system": result.system,
        "signals": list(result.signals),
        "proof_bytes": result.proof_bytes.hex(),
        "witness_seconds": result.witness_seconds,
        "prove_seconds": result.prove_seconds,
        "load_seconds": result.load_seconds,
        "key_bytes": result.key_bytes,
        "peak_bytes": result.peak_bytes,
    }


def result_of(message: Message) -> ProofResult:
    """The result in a message.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: it is none.
    """
    return ProofResult(
        circuit=str(message["circuit"]),
        system=str(message["system"]),
        signals=tuple(int(value) for value in message["signals"]),
        proof_bytes=bytes.fromhex(message["proof_bytes"]),
        witness_seconds=float(message["witness_seconds"]),
        prove_seconds=float(message["prove_seconds"]),
        load_seconds=float(message["load_seconds"]),
        key_bytes=int(message["key_bytes"]),
        peak_bytes=int(message["peak_bytes"]),
    )


def error_message(circuit: str, error: BaseException) -> Message:
    """An error as a message. Of one that the prover does not know only class and place are told."""
    name = type(error).__name__
    if _ERRORS.get(name) is type(error):
        fields = {key: value for key, value in vars(error).items() if not key.startswith("_")}
        return {"error": name, "text": str(error), "fields": fields}
    if name in _SYSTEM_ERRORS:
        return {"error": name, "text": str(error), "fields": {}}
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f"{Path(last[0].filename).name}:{last[0].lineno}" if last else "an unknown place"
    fault = WorkerFault(circuit, name, place)
    return {"error": "WorkerFault", "text": str(fault), "fields": vars(fault)}


def error_of(message: Message) -> Exception:
    """The error in a message.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: it is none.
    """
    name, text = message["error"], str(message["text"])
    if name in _SYSTEM_ERRORS:
        return _SYSTEM_ERRORS[name](text)
    kind = _ERRORS.get(name)
    if kind is None:
        raise ValueError(f"an unknown error {name!r}")
    error: Exception = kind.__new__(kind, text)
    error.args = (text,)
    for key, value in message["fields"].items():
        if not key.isidentifier() or key.startswith("_"):
            raise ValueError("an error with a field that is none")
        setattr(error, key, tuple(value) if isinstance(value, list) else value)
    return error
