"""Revert data as errors: each Solidity error becomes the class of its name."""

from __future__ import annotations

from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from zkpool_sdk.chain.abi import all_errors, decode
from zkpool_sdk.chain.errors import UnknownRevert
from zkpool_sdk.errors import ContractError, Panic, ZKPoolError

STRING_SELECTOR: Final = keccak(text="Error(string)")[:4]
REVERT_WORDS: Final = ("revert", "invalid opcode", "out of gas", "outofgas")
"""How nodes say that a call failed, where they give no data."""
PANIC_SELECTOR: Final = keccak(text="Panic(uint256)")[:4]


def decode_revert(data: bytes, message: str = "") -> ZKPoolError:
    """The error that revert data stands for.

    Args:
        data: what the call reverted with; may be empty.
        message: what the node says, kept where the data says nothing.
    Returns:
        A ``ContractError`` of the Solidity error's name, or ``UnknownRevert``.
    """
    selector, arguments = data[:4], data[4:]
    try:
        if selector == PANIC_SELECTOR:
            return Panic(*decode(("uint256",), arguments))
        if selector == STRING_SELECTOR:
            return UnknownRevert(data, str(decode(("string",), arguments)[0]))
        item = all_errors().get(selector)
        error = ContractError.by_name.get(item.name) if item else None
        if item and error:
            return error(*item.decode_inputs(arguments))
        if item:
            values = ", ".join(map(str, item.decode_inputs(arguments)))
            return UnknownRevert(data, f"{item.name}({values})")
    except DecodingError:
        pass
    return UnknownRevert(data, message)


def revert_data(message: str, data: Any) -> bytes | None:
    """Revert data in a node's error, wherever it hides; ``None`` if the error is no revert.

    Nodes differ: ``data`` is a hex string, an object that holds one (under ``data``, ``result`` or a hash),
    or text such as "Reverted 0x...".
    """
    found = _hex_in(data)
    if found is not None:
        return found
    if any(word in message.lower() for word in REVERT_WORDS):
        return b""
    return None


def _hex_in(data: Any) -> bytes | None:
    if isinstance(data, dict):
        for key in ("data", "result", "return", *data):
            found = _hex_in(data.get(key))
            if found is not None:
                return found
        return None
    if not isinstance(data, str):
        return None
    text = data.removeprefix("Reverted ").strip()
    if not text.startswith("0x"):
        return None
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        return None
