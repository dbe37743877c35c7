"""Values as contracts return and emit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from zkpool_sdk.chain.abi import AbiItem, all_errors
from zkpool_sdk.errors import ContractError


def words(value: Any) -> bytes:
    """A value as a contract returns it: static structs and numbers as words, lists with offset and length."""
    if isinstance(value, int):
        return int(value).to_bytes(32, "big")
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return _address(value)
    if isinstance(value, list):
        return word(32) + word(len(value)) + b"".join([words(item) for item in value])
    if isinstance(value, tuple):
        return b"".join([words(item) for item in value])
    if is_dataclass(value) and not isinstance(value, type):
        return b"".join([words(getattr(value, name)) for name in _names(type(value))])
    return word(int(value))


def word(value: int) -> bytes:
    """A number as 32 bytes."""
    return value.to_bytes(32, "big")


def split(data: bytes) -> list[int]:
    """The words of returned data, to be read by people."""
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]


def error_bytes(error: ContractError) -> bytes:
    """An error as a contract reverts with it."""
    return _errors()[type(error).__name__].encode(error.args)


@cache
def _errors() -> Mapping[str, AbiItem]:
    return {item.name: item for item in all_errors().values()}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))


@cache
def _address(value: str) -> bytes:
    return word(int(value, 16))
