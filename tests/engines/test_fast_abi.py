"""The fast encoder says what eth_abi says, of every function of the protocol."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError

from tests.support.fast_abi import encoded
from tests.support.rawchain import compiled

RNG = random.Random("fast abi")


def drawn(kind: str) -> Any:
    """A value of a type, often at an edge."""
    if kind.endswith("[]"):
        return [drawn(kind[:-2]) for _ in range(RNG.choice((0, 1, 2, 5)))]
    if kind.endswith("]"):
        inner, _, size = kind[:-1].rpartition("[")
        return [drawn(inner) for _ in range(int(size))]
    if kind.startswith("("):
        return tuple(drawn(part) for part in split(kind))
    if kind.startswith("uint"):
        return RNG.choice((0, 1, 2 ** int(kind[4:]) - 1, RNG.randrange(2 ** int(kind[4:]))))
    if kind.startswith("int"):
        return RNG.randrange(-(2 ** (int(kind[3:]) - 1)), 2 ** (int(kind[3:]) - 1))
    if kind == "address":
        return "0x" + RNG.randbytes(20).hex()
    if kind == "bool":
        return RNG.random() < 0.5
    if kind == "string":
        return "ß" * RNG.choice((0, 1, 16, 40))
    return RNG.randbytes(int(kind[5:]) if kind != "bytes" else RNG.choice((0, 1, 31, 32, 33, 100)))


def split(kind: str) -> list[str]:
    parts, depth = [""], 0
    for letter in kind[1:-1]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def test_calldata__of_every_function_and_error__is_eth_abis() -> None:
    items = {
        item.types
        for artifact in compiled().values()
        for item in (*artifact.abi.functions.values(), *artifact.abi.errors.values())
    }
    assert len(items) > 100
    for types in items:
        for _ in range(5):
            values = [drawn(kind) for kind in types]
            assert encoded(types, values) == encode(types, values), types


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint256", -1),
        ("uint256", True),
        ("uint256", "1"),
        ("bool", 1),
        ("bytes32", bytes(33)),
        ("address", "0x12"),
        ("bytes", "text"),
        ("string", 5),
        ("uint256[]", [1, -1]),
        ("uint256[]", 7),
    ],
)
def test_value__that_does_not_fit__is_refused_as_by_eth_abi(kind: str, value: Any) -> None:
    with pytest.raises((EncodingError, TypeError)):
        encode((kind,), [value])
    with pytest.raises((EncodingError, TypeError)):
        encoded((kind,), [value])
