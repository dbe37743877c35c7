"""What the SDK reads that others have written: the errors it promises, and what holds of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_abi.exceptions import DecodingError

from zkpool_sdk import _native
from zkpool_sdk.chain.abi import all_errors, all_events, decode
from zkpool_sdk.chain.bids import Offer, SealedBid, SignedBid
from zkpool_sdk.chain.connection import Log
from zkpool_sdk.chain.errors import UnknownRevert
from zkpool_sdk.chain.events import Event, decode_log
from zkpool_sdk.chain.records import parse_record
from zkpool_sdk.chain.reverts import decode_revert, revert_data
from zkpool_sdk.clients.errors import InputsDiffer, InputsMalformed, InputsNeeded
from zkpool_sdk.clients.inputs import inputs_from, publish_inputs
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import ZERO_ADDRESS, Address, QueueId
from zkpool_sdk.proving import wire
from zkpool_sdk.units import Timestamp, Wei

SYSTEMS: Final = ("groth16", "plonk", "fflonk")
REPLY_ERRORS: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What ``zkpool_sdk.proving.wire`` promises for a reply that is none."""


@dataclass(frozen=True, slots=True)
class Parser:
    """One thing that is read.

    Args:
        run: reads bytes; an exception that comes out of it is a finding.
        seeds: good ones, from which inputs are made.
    """

    name: str
    note: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def bids(data: bytes) -> None:
    """Records of bids: refused by ``ValueError`` alone, or the same when written and read again."""
    text = data.decode("utf-8", "surrogateescape")
    for kind in (SignedBid, SealedBid, Offer):
        try:
            record = kind.from_json(text)
        except ValueError:
            continue
        assert kind.from_json(record.to_json()) == record


def bid_seeds() -> list[bytes]:
    """A signed bid with its signature, and a sealed one."""
    common = (ZERO_ADDRESS, QueueId(1), (1, 2**256 - 1), Wei(10**18), Timestamp(1_800_000_000), b"\x01\x02")
    signed = SignedBid(*common, ZERO_ADDRESS, Wei(7), 2**255, Timestamp(2**40 - 1))
    texts = (signed.to_json(), SealedBid(*common, 9).to_json(), Offer(signed, bytes(65)).to_json())
    return [text.encode() for text in texts]


def inputs(data: bytes) -> None:
    """Inputs that a bid has published: numbers and arrays of them, or one of three errors."""
    try:
        found = inputs_from(bytes(32), data, {"handed": [1]})
    except (InputsDiffer, InputsMalformed, InputsNeeded):
        return
    assert inputs_from(bytes(32), publish_inputs(found)) == found


def input_seeds() -> list[bytes]:
    """Inputs in the open, and by their hash."""
    return [
        publish_inputs({"a": 1, "b": [[2, 3], [2**255, 0]]}),
        b'{"sha256": "00", "uri": "x"}',
        b'{"inputs": {}}',
    ]


def reverts(data: bytes) -> None:
    """Revert data: always some error of ours, which can be shown."""
    error = decode_revert(data, "execution reverted")
    assert isinstance(error, (ZKPoolError, UnknownRevert))
    str(error)
    repr(error)
    revert_data("reverted", {"data": {"x": "Reverted 0x" + data.hex()}})


def revert_seeds() -> list[bytes]:
    """An error of each kind of argument, a panic and a text."""
    texts = [
        bytes.fromhex("08c379a0") + encode(["string"], ["no"]),
        bytes.fromhex("4e487b71") + bytes(31) + b"\x11",
    ]
    return texts + [item.selector + bytes(32 * len(item.types)) for item in list(all_errors().values())[::6]]


def events(data: bytes) -> None:
    """A log: an event of ours, or none of them."""
    count, rest = (data[0] % 5 if data else 0), data[1:]
    topics = tuple(rest[32 * i : 32 * i + 32].ljust(32, b"\0") for i in range(count))
    log = Log(ZERO_ADDRESS, topics, rest[32 * count :], 1, 0, "0x")
    event = decode_log(log)
    assert event is None or isinstance(event, Event)


def event_seeds() -> list[bytes]:
    """An event of each kind, with arguments of zero."""
    found = []
    for item in all_events().values():
        count = 1 + sum(item.indexed)
        plain = [kind for kind, flag in zip(item.types, item.indexed, strict=True) if not flag]
        body = encode(["string"], ["uri"]) if plain == ["string"] else bytes(32 * len(plain))
        found.append(bytes([count]) + item.selector + bytes(32 * (count - 1)) + body)
    return found


def replies(data: bytes) -> None:
    """A worker's stream: messages in pieces, each a result, an error, or refused as promised."""
    messages: list[wire.Message] = []
    for stream in (data, len(data).to_bytes(4, "little") + data):
        frames = wire.Frames(1 << 16, wire.MAX_BRACKETS)
        with suppress(ValueError):
            for at in range(0, len(stream), 97):
                messages += frames.feed(stream[at : at + 97])
    for message in messages:
        with suppress(*REPLY_ERRORS):
            str(wire.result_of(message))
        with suppress(*REPLY_ERRORS):
            assert isinstance(wire.error_of(message), Exception)


def reply_seeds() -> list[bytes]:
    """A result and two errors, framed and not."""
    made = {
        "circuit": "c",
        "system": "groth16",
        "signals": [1, 2],
        "proof_bytes": "00ff",
        "witness_seconds": 0.5,
    }
    made |= {"prove_seconds": 1.0, "load_seconds": 0.0, "key_bytes": 3, "peak_bytes": 4}
    fault = {"error": "WorkerFault", "text": "t", "fields": {"circuit": "c", "error": "e", "place": "p"}}
    framed = [wire.frame(one) for one in (made, fault, {"error": "MemoryError", "text": "t", "fields": {}})]
    return framed + [one[4:] for one in framed]


def abi_values(data: bytes) -> None:
    """Encoded values of all kinds the contracts have: decoded, or refused by the decoder's own error."""
    kinds = ("uint256", "address", "bytes32", "string", "bytes", "uint256[]", "(uint96,bool,bytes)[]", "int8")
    with suppress(DecodingError):
        decode((kinds[data[0] % len(kinds)] if data else "bytes",), data[1:])


def abi_seeds() -> list[bytes]:
    """A value of each kind."""
    values: list[tuple[str, Any]] = [
        ("uint256", 1),
        ("address", Address(ZERO_ADDRESS)),
        ("bytes32", bytes(32)),
    ]
    values += [
        ("string", "text"),
        ("bytes", b"12"),
        ("uint256[]", [1, 2]),
        ("(uint96,bool,bytes)[]", [(1, True, b"x")]),
    ]
    return [bytes([place]) + encode([kind], [value]) for place, (kind, value) in enumerate(values)]


def records(data: bytes) -> None:
    """JSON of strangers: what ``json`` says, or ``ValueError``."""
    try:
        found = parse_record(data)
    except ValueError:
        return
    assert repr(json.loads(data)) == repr(found)


def record_seeds() -> list[bytes]:
    """JSON with everything in it."""
    return [b'{"a": [1, -2.5e3, true, null, "\\u00e9\\"[{"], "b": {"c": {}}}', '["é"]'.encode("utf-16")]


def proofs(data: bytes) -> None:
    """Proofs as snarkjs' JSON and as calldata: the core's own errors, or the same when written again."""
    system, body = SYSTEMS[data[0] % 3] if data else "groth16", data[1:]
    try:
        proof = _native.Proof.from_json(body, b'["1","2"]')
        assert _native.Proof.from_json(proof.proof_json(), proof.public_json()).calldata == proof.calldata
    except _native.NativeError:
        pass
    try:
        proof = _native.Proof.from_calldata(body, [1, 2], system)
        assert proof.calldata == body
    except _native.NativeError:
        pass


def proof_seeds() -> list[bytes]:
    """A toy proof of each system."""
    from audit.fuzz.systems import SYSTEMS as MAKERS

    found = []
    for place, make in enumerate(MAKERS.values()):
        calldata = make(1).items[0][1]
        text = _native.Proof.from_calldata(calldata, [1, 2], SYSTEMS[place]).proof_json()
        found += [bytes([place]) + calldata, bytes([place]) + text.encode()]
    return found


PARSERS: Final = (
    Parser("bids", "signed and sealed bids as JSON", bids, bid_seeds),
    Parser("inputs", "inputs published with a bid", inputs, input_seeds),
    Parser("records", "JSON before it is a record", records, record_seeds),
    Parser("reverts", "revert data of contracts", reverts, revert_seeds),
    Parser("events", "logs of contracts", events, event_seeds),
    Parser("abi", "encoded values", abi_values, abi_seeds),
    Parser("replies", "a worker's stream of replies", replies, reply_seeds),
    Parser("proofs", "proofs as JSON and calldata", proofs, proof_seeds),
)


def by_name(name: str) -> Parser:
    """The parser of that name."""
    return next(parser for parser in PARSERS if parser.name == name)
