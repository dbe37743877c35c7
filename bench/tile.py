"""Large circuits made of copies of a small one: a batch, each copy with inputs of its own.

The public signals are those of the first copy; in the others they are private. Reads and writes circom's
``.r1cs`` and ``.wtns`` as they are, so that every prover gets the same files.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

VALUE_BYTES: Final = 32
_PREAMBLE: Final = struct.Struct("<4sII")
_SECTION: Final = struct.Struct("<IQ")
_COUNTS: Final = struct.Struct("<IIIIQI")
"""Wires, outputs, public inputs, private inputs, labels, constraints."""


class Piece(NamedTuple):
    """The constraints of a circuit, cut at the number of each wire.

    Attributes:
        head: size and modulus of the field, as the header begins.
        counts: wires, outputs, public inputs, private inputs, labels, constraints.
        between: bytes before each wire's number, and after the last.
        wires: those numbers.
        labels: number of each wire's name in circom's source.
    """

    head: bytes
    counts: tuple[int, int, int, int, int, int]
    between: list[bytes]
    wires: array[int]
    labels: array[int]


def tile_constraints(source: Path, copies: int, target: Path) -> None:
    """Writes an ``.r1cs`` of ``copies`` copies of the one in ``source``."""
    piece = _cut(source.read_bytes())
    wires, outputs, public, private, labels, constraints = piece.counts
    own = wires - 1  # wires of a copy without the constant one, which all share
    counts = (1 + copies * own, outputs, public, private, copies * labels, copies * constraints)
    header = piece.head + _COUNTS.pack(*counts)
    body_bytes = sum(map(len, piece.between)) + 4 * len(piece.wires)
    with target.open("wb") as out:
        out.write(_PREAMBLE.pack(b"r1cs", 1, 3))
        out.write(_SECTION.pack(1, len(header)) + header)
        out.write(_SECTION.pack(2, copies * body_bytes))
        parts = [b""] * (len(piece.between) + len(piece.wires))
        parts[0::2] = piece.between
        for copy in range(copies):
            moved = array("I", [wire and wire + copy * own for wire in piece.wires]).tobytes()
            parts[1::2] = [moved[at : at + 4] for at in range(0, len(moved), 4)]
            out.write(b"".join(parts))
        out.write(_SECTION.pack(3, 8 * counts[0]))
        out.write(piece.labels[:1].tobytes())
        for copy in range(copies):
            out.write(array("Q", [label + copy * labels for label in piece.labels[1:]]).tobytes())


def tile_witnesses(witnesses: Sequence[bytes], target: Path) -> None:
    """Writes the ``.wtns`` of copies that have these witnesses (each the content of a ``.wtns``)."""
    sections = [dict(_sections(content, b"wtns")) for content in witnesses]
    values = [each[2] for each in sections]
    size = sum(len(each) - VALUE_BYTES for each in values) + VALUE_BYTES
    header = sections[0][1][:-4] + struct.pack("<I", size // VALUE_BYTES)
    with target.open("wb") as out:
        out.write(_PREAMBLE.pack(b"wtns", 2, 2))
        out.write(_SECTION.pack(1, len(header)) + header)
        out.write(_SECTION.pack(2, size) + values[0][:VALUE_BYTES])
        for each in values:
            out.write(each[VALUE_BYTES:])


def _sections(content: bytes, magic: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each section of a circom file."""
    found, _, count = _PREAMBLE.unpack_from(content)
    if found != magic:
        raise ValueError(f"a file that begins with {found!r}, not {magic!r}")
    at = _PREAMBLE.size
    for _ in range(count):
        kind, size = _SECTION.unpack_from(content, at)
        at += _SECTION.size
        yield kind, content[at : at + size]
        at += size


def _cut(content: bytes) -> Piece:
    """Cuts an ``.r1cs`` at the number of each wire."""
    sections = dict(_sections(content, b"r1cs"))
    header, body = sections[1], sections[2]
    wires, outputs, public, private, labels, constraints = _COUNTS.unpack(header[-_COUNTS.size :])
    between: list[bytes] = []
    numbers = array("I")
    number = struct.Struct("<I")
    at = done = 0
    for _ in range(3 * constraints):
        (terms,) = number.unpack_from(body, at)
        at += 4
        for _ in range(terms):
            between.append(body[done:at])
            numbers.append(number.unpack_from(body, at)[0])
            done = at + 4
            at = done + VALUE_BYTES
    between.append(body[done:])
    names = array("Q")
    names.frombytes(sections[3])
    counts = (wires, outputs, public, private, labels, constraints)
    return Piece(header[: -_COUNTS.size], counts, between, numbers, names)
