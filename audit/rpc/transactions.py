"""Transactions as they come in, signed or not, and as they were mined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_utils.crypto import keccak

from audit._evm import Result

GAS_LIMIT: Final = 30_000_000
_FIELDS: Final = {
    # position of: nonce, gas, to, value, data
    0: (0, 2, 3, 4, 5),
    1: (1, 3, 4, 5, 6),
    2: (1, 4, 5, 6, 7),
}
"""Where the fields of a signed transaction of each type are."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction before it runs."""

    hash: bytes
    type: int
    sender: bytes
    to: bytes | None
    data: bytes
    value: int
    gas: int
    nonce: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in its block.

    Attributes:
        first_log: place of its first event among all of its block's.
    """

    transaction: Transaction
    result: Result
    block: int
    index: int
    first_log: int


def signed(raw: bytes) -> Transaction:
    """A signed transaction of type 0, 1 or 2 from its bytes.

    Raises:
        ValueError: it is none, or its signature is not one.
    """
    kind = raw[0] if raw[0] < 0x80 else 0
    if kind not in _FIELDS:
        raise ValueError(f"transactions of type {kind} are not supported")
    parts: Sequence[Any] = rlp.decode(raw[1:] if kind else raw)
    nonce, gas, to, value, data = (parts[place] for place in _FIELDS[kind])
    sender = bytes.fromhex(Account.recover_transaction(raw)[2:])
    return Transaction(
        keccak(raw),
        kind,
        sender,
        bytes(to) or None,
        bytes(data),
        _number(value),
        _number(gas),
        _number(nonce),
    )


def unsigned(request: Mapping[str, Any], nonce: int, salt: int) -> Transaction:
    """A transaction of an unlocked account, as ``eth_sendTransaction`` takes it.

    Args:
        salt: makes its hash differ from that of any other.
    """
    sender, to, data, value = parts_of(request)
    gas = quantity(request.get("gas") or request.get("gasLimit") or GAS_LIMIT)
    if request.get("nonce") is not None:
        nonce = quantity(request["nonce"])
    body = b"|".join((sender, to or b"", data, *(str(part).encode() for part in (value, gas, nonce, salt))))
    return Transaction(keccak(body), 2, sender, to, data, value, gas, nonce)


def parts_of(request: Mapping[str, Any]) -> tuple[bytes, bytes | None, bytes, int]:
    """Sender, target, data and value of a call."""
    data = request.get("input") or request.get("data") or "0x"
    return (
        octets(request.get("from") or "0x" + "00" * 20),
        octets(request["to"]) if request.get("to") else None,
        octets(data),
        quantity(request.get("value") or 0),
    )


def quantity(given: Any) -> int:
    """A number, as JSON-RPC writes it or as a plain one."""
    return given if isinstance(given, int) else int(given, 0)


def octets(given: str) -> bytes:
    """Bytes from hexadecimal text."""
    text = given.removeprefix("0x")
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def _number(field: bytes) -> int:
    return int.from_bytes(field, "big")
