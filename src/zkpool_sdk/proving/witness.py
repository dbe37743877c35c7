"""Witnesses by circom's own ``.wasm``, run inside Python under a memory bound and a time bound.

Python integers are not constant-time: inputs may leak through timing to whoever shares the processor.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from zkpool_sdk.proving.errors import InputMissing, InputNotCanonical, InputShape, InputUnknown
from zkpool_sdk.proving.field import MODULUS
from zkpool_sdk.proving.sandbox import VALUE_BYTES, Sandbox, compile_program, sandbox

InputValue = int | str | Sequence["InputValue"]
"""One input: an integer, its decimal or ``0x`` text, or a (nested) sequence of them, flattened row by row."""
Inputs = Mapping[str, InputValue]
"""The inputs of a circuit by name, as in circom's ``input.json``."""

DEFAULT_MEMORY_BYTES: Final = 1 << 30
"""The rollup's program takes 5.5 MB for 20,131 constraints: room for circuits of some millions."""
DEFAULT_SECONDS: Final = 60.0
"""The rollup takes 0.1 s: room for circuits some hundred times as large."""
_VALUES_OFFSET: Final = 76
"""Where the values of a ``.wtns`` begin: preamble 12, header 12 + 40, head of the values' section 12."""


def flatten(name: str, value: InputValue) -> list[int]:
    """The field elements of one input, row by row.

    Raises:
        InputNotCanonical: something is no integer, or not from 0 to below the modulus.
    """
    flat: list[int] = []
    pending: list[InputValue] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            try:
                item = int(item, 0) if item[:2].lower() == "0x" else int(item)
            except ValueError:
                raise InputNotCanonical(name, "is text that is no integer") from None
        if isinstance(item, int):
            if isinstance(item, bool) or not 0 <= item < MODULUS:
                raise InputNotCanonical(
                    name, f"value {len(flat)} is not from 0 to below the field's modulus; reduce it"
                )
            flat.append(item)
        elif isinstance(item, Sequence) and not isinstance(item, bytes | bytearray):
            pending.extend(reversed(item))
        else:
            raise InputNotCanonical(name, f"is a {type(item).__name__}; give integers or sequences of them")
    return flat


class WitnessCalculator:
    """One circuit's witness program: compiled once, run in a fresh sandbox each time. Threads may share it.

    Args:
        program: content of the ``.wasm``, or its path.
        input_sizes: number of values of each input, when known: lets a missing input be named.
        memory_bytes: bound on the program's memory, and on the copy of the witness beside it.
        seconds: bound on the wall time of one calculation.

    Raises:
        WitnessProgramRejected: not a circom 2 program for BN254, or it imports what it is not given.
        WitnessMemoryExceeded, WitnessTimeExceeded: it cannot even start within its bounds.
        OSError: the file cannot be read.
    """

    def __init__(
        self,
        program: bytes | str | os.PathLike[str],
        *,
        input_sizes: Mapping[str, int] | None = None,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        seconds: float = DEFAULT_SECONDS,
    ) -> None:
        content = program if isinstance(program, bytes) else Path(program).read_bytes()
        self.memory_bytes: Final = memory_bytes
        self.seconds: Final = seconds
        self._input_sizes = dict(input_sizes) if input_sizes is not None else None
        self._module = compile_program(content)
        with sandbox(self._module, self.memory_bytes, self.seconds) as run:
            self.input_count: Final = run.call("getInputSize")
            self.witness_count: Final = run.call("getWitnessSize")

    def calculate(self, inputs: Inputs) -> bytes:
        """The witness of ``inputs`` as the content of a ``.wtns`` file, byte for byte as snarkjs writes it.

        Raises:
            InputMissing, InputUnknown, InputShape, InputNotCanonical: the inputs do not fit; says which one.
            WitnessRefused: the inputs break a rule of the circuit.
            WitnessTimeExceeded, WitnessMemoryExceeded: the program went over a bound.
            WitnessProgramRejected: the program misbehaved.
        """
        flat = {name: flatten(name, value) for name, value in inputs.items()}
        with sandbox(self._module, self.memory_bytes, self.seconds) as run:
            self._check_inputs(run, flat)
            run.call("init", 0)
            run.load(flat)
            values = run.dump(self.witness_count)
        return _wtns(values)

    def _check_inputs(self, run: Sandbox, flat: Mapping[str, Sequence[int]]) -> None:
        for name, values in flat.items():
            size = run.input_size(name)
            if size is None:
                raise InputUnknown(name, "the circuit has no such input; leave it out")
            if size != len(values):
                raise InputShape(name, f"has {len(values)} values, the circuit takes {size}")
        for name in self._input_sizes or ():
            if name not in flat:
                raise InputMissing(name, "is missing; the circuit needs it")
        given = sum(map(len, flat.values()))
        if given != self.input_count:
            raise InputMissing("", f"the circuit takes {self.input_count} input values, {given} were given")


def public_signals(witness: bytes, count: int) -> tuple[int, ...]:
    """The first ``count`` signals after the leading one of a witness made by :class:`WitnessCalculator`."""
    start = _VALUES_OFFSET + VALUE_BYTES
    places = range(start, start + count * VALUE_BYTES, VALUE_BYTES)
    return tuple(int.from_bytes(witness[at : at + VALUE_BYTES], "little") for at in places)


def _wtns(values: bytes) -> bytes:
    """Values in memory (32-byte little-endian words) as a ``.wtns`` file."""
    prime = MODULUS.to_bytes(VALUE_BYTES, "little")
    header = struct.pack("<I", VALUE_BYTES) + prime + struct.pack("<I", len(values) // VALUE_BYTES)
    head = b"wtns" + struct.pack("<II", 2, 2) + struct.pack("<IQ", 1, len(header)) + header
    return head + struct.pack("<IQ", 2, len(values)) + values
