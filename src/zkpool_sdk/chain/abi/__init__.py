"""The contracts' ABIs, as exported by ``scripts/export_abi.py``, and the encoding they prescribe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args, get_origin, get_type_hints

from eth_abi.abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import StringDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

CONTRACTS: Final = (
    "ZKToken",
    "InsuranceFund",
    "StakeVault",
    "ProjectRegistry",
    "AcceleratorRegistry",
    "ProverRegistry",
    "RewardSplitter",
    "Settlement",
    "ProverMarket",
    "BidDesk",
    "MarketLens",
    "DelegationVault",
    "Groth16Verifier",
    "PlonkVerifier",
    "FflonkVerifier",
    "Timelock",
)
"""What a deployment consists of."""
ADAPTERS: Final = ("PushAdapter", "TaikoAdapter")
"""Ways into tier 1, each deployed by whoever opens it."""
EXPORTED: Final = CONTRACTS + ADAPTERS
"""Contracts with a file of their name in this folder."""


def _decoder() -> ABIDecoder:
    """A decoder that takes any bytes for text: strangers write it, and readers must not stop at it."""
    kinds = registry.copy()  # type: ignore[no-untyped-call]
    kinds.unregister_decoder("string")
    text = StringDecoder(handle_string_errors="backslashreplace")  # type: ignore[no-untyped-call]
    is_text = BaseEquals("string", with_sub=False)  # type: ignore[no-untyped-call]
    kinds.register_decoder(is_text, text, label="string")
    return ABIDecoder(kinds)


_DECODER: Final = _decoder()


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    r"""Values behind encoded data, by their types. In a text bytes that are no UTF-8 are written as ``\xff``.

    Raises:
        DecodingError: the data is of other types; a length in it may be beyond any memory.
    """
    try:
        return _DECODER.decode(types, data)
    except OverflowError as error:
        raise DecodingError(f"a length that no data has: {error}") from error


@dataclass(frozen=True, slots=True)
class AbiItem:
    """A function, event or error: its types in canonical form, and what it is called by on chain.

    Attributes:
        name: as in Solidity.
        names: names of the inputs.
        types: types of the inputs; tuples are written out.
        selector: first 4 bytes of the hash of the signature; for an event all 32.
        outputs: types of a function's results.
        indexed: for each input of an event, whether it is a topic.
        reads_only: whether a function is view or pure.
    """

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    selector: bytes
    outputs: tuple[str, ...] = ()
    indexed: tuple[bool, ...] = ()
    reads_only: bool = False

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """Calldata: the selector and the arguments. Structs may be given as dataclasses."""
        return self.selector + encode(self.types, [_plain(argument) for argument in arguments])

    def decode_inputs(self, data: bytes) -> tuple[Any, ...]:
        """The inputs behind a selector."""
        return _normal(self.types, decode(self.types, data))

    def decode_outputs(self, data: bytes) -> tuple[Any, ...]:
        """A function's results; addresses are checksummed."""
        return _normal(self.outputs, decode(self.outputs, data))

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> tuple[Any, ...]:
        """An event's arguments in Solidity's order, from a log's topics and data."""
        plain = tuple(kind for kind, flag in zip(self.types, self.indexed, strict=True) if not flag)
        values = iter(_normal(plain, decode(plain, data)))
        rest = iter(topics[1:])
        return tuple(
            _normal((kind,), decode((kind,), next(rest)))[0] if flag else next(values)
            for kind, flag in zip(self.types, self.indexed, strict=True)
        )


@dataclass(frozen=True, slots=True)
class ContractAbi:
    """What a contract can be asked, what it emits, and how it refuses; each by Solidity name."""

    name: str
    functions: Mapping[str, AbiItem]
    events: Mapping[str, AbiItem]
    errors: Mapping[str, AbiItem]
    constructor: tuple[str, ...]


def parse_abi(name: str, entries: Sequence[Mapping[str, Any]]) -> ContractAbi:
    """The ABI in a compiler's JSON form, ready to encode and decode with."""
    parsed: dict[str, dict[str, AbiItem]] = {"function": {}, "event": {}, "error": {}}
    constructor: tuple[str, ...] = ()
    for entry in entries:
        kind = entry["type"]
        inputs = entry.get("inputs", [])
        types = tuple(_canonical(part) for part in inputs)
        if kind == "constructor":
            constructor = types
        if kind not in parsed:
            continue
        digest = keccak(text=f"{entry['name']}({','.join(types)})")
        parsed[kind][entry["name"]] = AbiItem(
            name=entry["name"],
            names=tuple(part["name"] for part in inputs),
            types=types,
            selector=digest if kind == "event" else digest[:4],
            outputs=tuple(_canonical(part) for part in entry.get("outputs", [])),
            indexed=tuple(bool(part.get("indexed")) for part in inputs),
            reads_only=entry.get("stateMutability") in ("view", "pure"),
        )
    return ContractAbi(name, parsed["function"], parsed["event"], parsed["error"], constructor)


@cache
def load_abi(name: str) -> ContractAbi:
    """The exported ABI of a contract in ``EXPORTED``."""
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return parse_abi(name, json.loads(text))


@cache
def all_events() -> Mapping[bytes, AbiItem]:
    """Every event of every contract by its first topic."""
    return {item.selector: item for name in EXPORTED for item in load_abi(name).events.values()}


@cache
def all_errors() -> Mapping[bytes, AbiItem]:
    """Every error of every contract by its selector."""
    return {item.selector: item for name in EXPORTED for item in load_abi(name).errors.values()}


def to_model(model: Any, value: Any) -> Any:
    """A decoded ABI value as a model: dataclasses take a tuple field by field, enums and lists convert.

    Args:
        model: a dataclass, an enum, ``tuple[X, ...]``, or a plain type, which leaves the value as it is.
        value: as decoded.
    """
    if is_dataclass(model) and isinstance(model, type):
        hints = _hints(model)
        return model(*(to_model(hints[part.name], v) for part, v in zip(fields(model), value, strict=True)))
    if get_origin(model) is tuple:
        return tuple(to_model(get_args(model)[0], item) for item in value)
    if isinstance(model, type) and issubclass(model, int) and model is not int:
        return model(value)
    return value


@cache
def _hints(model: type) -> dict[str, Any]:
    return get_type_hints(model)


def _canonical(part: Mapping[str, Any]) -> str:
    kind = str(part["type"])
    if kind.startswith("tuple"):
        return "(" + ",".join(_canonical(inner) for inner in part["components"]) + ")" + kind[len("tuple") :]
    return kind


def _plain(value: Any) -> Any:
    """An argument in the form the codec takes: dataclasses become tuples, at every depth."""
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(_plain(getattr(value, part.name)) for part in fields(value))
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value


def _normal(types: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_normal_one(kind, value) for kind, value in zip(types, values, strict=True))


def _normal_one(kind: str, value: Any) -> Any:
    """A decoded value with checksummed addresses."""
    if kind == "address":
        return _checksum(value)
    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        return tuple(_normal_one(inner, item) for item in value) if "address" in inner else tuple(value)
    if kind.startswith("("):
        return tuple(_normal_one(inner, item) for inner, item in zip(_split(kind), value, strict=True))
    return value


@cache
def _split(kind: str) -> tuple[str, ...]:
    """The types in a tuple's type."""
    parts, depth, current = [], 0, ""
    for letter in kind[1:-1]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return (*parts, current)


@cache
def _checksum(address: str) -> str:
    return str(to_checksum_address(address))
