"""Arguments as calldata, much faster than by eth_abi, for the types that the protocol's functions take.

Whatever is not encoded here (another type, a value that does not fit its type) is left to eth_abi, which
encodes it or says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from eth_abi.abi import encode

Part = Callable[[Any], bytes]
"""Encodes a value of one type; raises ``ValueError``, ``TypeError`` or ``OverflowError`` where it cannot."""


def encoded(types: tuple[str, ...], values: Sequence[Any]) -> bytes:
    """Values as the ABI lays them out. Structs are given as tuples."""
    parts = _parts(types)
    if parts is not None:
        try:
            return _laid_out(parts, values)
        except (AttributeError, OverflowError, TypeError, ValueError):
            pass
    return encode(types, values)


def _laid_out(parts: Sequence[tuple[Part, int]], values: Sequence[Any]) -> bytes:
    """Heads, then tails. Of each part: how it is encoded, and its size; 0 for one of changing size."""
    heads: list[bytes] = []
    tails: list[bytes] = []
    at = sum(size or 32 for _, size in parts)
    for (part, size), value in zip(parts, values, strict=True):
        done = part(value)
        if size:
            heads.append(done)
        else:
            heads.append(at.to_bytes(32, "big"))
            tails.append(done)
            at += len(done)
    return b"".join(heads + tails)


@cache
def _parts(types: tuple[str, ...]) -> tuple[tuple[Part, int], ...] | None:
    parts = tuple(_part(kind) for kind in types)
    return None if None in parts else parts  # type: ignore[return-value]


def _part(kind: str) -> tuple[Part, int] | None:
    if kind in ("bytes", "string"):
        return (_text if kind == "string" else _bytes), 0
    if kind.endswith("[]"):
        inner = _static(kind[:-2])
        return (_list(inner), 0) if inner else None
    static = _static(kind)
    return (static, 32) if static else None


def _static(kind: str) -> Part | None:
    """How a type of one word is encoded."""
    if kind.startswith("uint") and kind[4:].isdigit():
        return _number(int(kind[4:]))
    return {"address": _address, "bool": _flag, "bytes32": _word}.get(kind)


def _number(bits: int) -> Part:
    limit = 1 << bits

    def part(value: Any) -> bytes:
        if isinstance(value, bool) or not isinstance(value, int) or value >= limit:
            raise TypeError(value)
        return value.to_bytes(32, "big")

    return part


@lru_cache(maxsize=1 << 14)
def _address(value: Any) -> bytes:
    if not isinstance(value, str) or len(value) != 42 or not value.startswith("0x"):
        raise TypeError(value)
    return bytes(12) + bytes.fromhex(value[2:])


def _flag(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value.to_bytes(32, "big")


def _word(value: Any) -> bytes:
    if not isinstance(value, bytes) or len(value) != 32:
        raise TypeError(value)
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(value)
    return len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(value)
    return _bytes(value.encode())


def _list(inner: Part) -> Part:
    def part(values: Any) -> bytes:
        if not isinstance(values, (list, tuple)):
            raise TypeError(values)
        return b"".join((len(values).to_bytes(32, "big"), *map(inner, values)))

    return part
