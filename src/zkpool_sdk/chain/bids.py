"""Bids that travel another way than by their requester's own transaction: signed, or sealed.

A signed bid is an EIP-712 message that anybody brings on chain. A sealed bid is committed to by its hash and
opened later; who loses it before then loses the deposit, so both can be written down as JSON.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from zkpool_sdk.chain.records import parse_record
from zkpool_sdk.chain.signer import Signer
from zkpool_sdk.models import (
    ZERO_ADDRESS,
    Address,
    QueueId,
)
from zkpool_sdk.units import Seconds, Timestamp, Wei

DOMAIN_NAME: Final = "ZKPool"
DOMAIN_VERSION: Final = "1"
SALT_BITS: Final = 256
"""Of randomness in a salt: with fewer than 128 a sealed bid could be found by trying."""
CYCLE_SECONDS: Final = Seconds(600)
COMMIT_SECONDS: Final = Seconds(300)
"""First part of a cycle, in which sealed bids are committed; in the rest they are revealed."""

_DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
_BID_FIELDS: Final = (
    ("requester", "address"),
    ("queue", "uint24"),
    ("statement", "uint256[]"),
    ("maxFeeWei", "uint96"),
    ("expiresAt", "uint40"),
    ("data", "bytes"),
    ("raiser", "address"),
    ("capWei", "uint96"),
    ("salt", "uint256"),
    ("deadline", "uint40"),
)
_HASH_TYPES: Final = (
    "uint256",
    "address",
    "address",
    "uint24",
    "bytes32",
    "uint96",
    "uint40",
    "bytes32",
    "uint256",
)


class _Record:
    """A bid that can be written down; JSON, with bytes in hexadecimal and numbers as decimal text."""

    __slots__ = ()

    def to_json(self) -> str:
        """The bid as text."""
        return json.dumps({part.name: _text(getattr(self, part.name)) for part in fields(self)})  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The bid that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such record.
        """
        return cls._from_record(parse_record(text))

    @classmethod
    def _from_record(cls, found: Any) -> Self:
        names = [part.name for part in fields(cls)]  # type: ignore[arg-type]
        if not isinstance(found, dict) or set(found) != set(names):
            raise ValueError(f"a {cls.__name__} has the fields {', '.join(names)}")
        return cls(**{name: _value(name, found[name]) for name in names})


@dataclass(frozen=True, slots=True)
class SignedBid(_Record):
    """A bid as its requester signs it.

    Attributes:
        requester: who pays; the signer, or the wallet that answers for the signature.
        queue, statement, max_fee_wei, expires_at, data: the bid.
        raiser: who may raise it for the requester; the zero address for anybody.
        cap_wei: up to here; 0 for nobody.
        salt: tells apart bids that are otherwise equal.
        deadline: last second at which it may be brought on chain.
    """

    requester: Address
    queue: QueueId
    statement: tuple[int, ...]
    max_fee_wei: Wei
    expires_at: Timestamp
    data: bytes
    raiser: Address
    cap_wei: Wei
    salt: int
    deadline: Timestamp


@dataclass(frozen=True, slots=True)
class SealedBid(_Record):
    """A bid that is committed to by its hash; secret until it is revealed."""

    requester: Address
    queue: QueueId
    statement: tuple[int, ...]
    max_fee_wei: Wei
    expires_at: Timestamp
    data: bytes
    salt: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A signed bid with its signature, for whoever brings it on chain."""

    bid: SignedBid
    signature: bytes

    def to_json(self) -> str:
        """The offer as text."""
        return json.dumps({"bid": json.loads(self.bid.to_json()), "signature": "0x" + self.signature.hex()})

    @classmethod
    def from_json(cls, text: str) -> Offer:
        """The offer that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such record.
        """
        found = parse_record(text)
        if not isinstance(found, dict) or set(found) != {"bid", "signature"}:
            raise ValueError("an Offer has the fields bid, signature")
        return cls(SignedBid._from_record(found["bid"]), _bytes(found["signature"]))


def new_salt() -> int:
    """A salt nobody can guess, from the system's randomness."""
    return secrets.randbits(SALT_BITS)


def typed_data(bid: SignedBid, chain_id: int, desk: str) -> dict[str, Any]:
    """The EIP-712 message of a bid, as wallets take it."""
    names = [name for name, _ in _BID_FIELDS]
    values = [getattr(bid, part.name) for part in fields(bid)]
    message = dict(zip(names, values, strict=True))
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN_FIELDS],
            "SignedBid": [{"name": name, "type": kind} for name, kind in _BID_FIELDS],
        },
        "primaryType": "SignedBid",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": chain_id,
            "verifyingContract": desk,
        },
        "message": {**message, "statement": list(bid.statement)},
    }


def digest_of(bid: SignedBid, chain_id: int, desk: str) -> bytes:
    """What the requester of a bid signs; twin of ``BidDesk.digestOf``."""
    signable = encode_typed_data(full_message=typed_data(bid, chain_id, desk))
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def sign(bid: SignedBid, signer: Signer, chain_id: int, desk: str) -> Offer:
    """Signs a bid with a key: 65 bytes, r, s and v.

    Raises:
        CannotSign: the signer signs transactions only.
    """
    v, r, s = signer.sign_typed_data(typed_data(bid, chain_id, desk))
    return Offer(bid, r + s + bytes([v]))


def hash_of(bid: SealedBid, chain_id: int, desk: str) -> bytes:
    """What a sealed bid is committed by; twin of ``BidDesk.hashOf``."""
    values = (
        chain_id,
        desk,
        bid.requester,
        bid.queue,
        keccak(encode(("uint256[]",), (bid.statement,))),
        bid.max_fee_wei,
        bid.expires_at,
        keccak(bid.data),
        bid.salt,
    )
    return keccak(encode(_HASH_TYPES, values))


def commitment_id_of(requester: str, queue: int, cycle: int, bid_hash: bytes) -> bytes:
    """Id of a commitment; twin of ``BidDesk.commitmentIdOf``."""
    return keccak(encode(("address", "uint24", "uint40", "bytes32"), (requester, queue, cycle, bid_hash)))


def cycle_of(at: int) -> int:
    """The cycle that a second belongs to."""
    return at // CYCLE_SECONDS


def commit_window(cycle: int) -> tuple[Timestamp, Timestamp]:
    """First and last second at which bids of a cycle can be committed."""
    start = cycle * CYCLE_SECONDS
    return Timestamp(start), Timestamp(start + COMMIT_SECONDS - 1)


def reveal_window(cycle: int) -> tuple[Timestamp, Timestamp]:
    """First and last second at which bids of a cycle can be revealed."""
    start = cycle * CYCLE_SECONDS
    return Timestamp(start + COMMIT_SECONDS), Timestamp(start + CYCLE_SECONDS - 1)


_BYTES_FIELDS: Final = {"data"}
_DIGITS: Final = re.compile(r"[0-9]{1,78}")
"""A number of 256 bits has 78 digits."""
_HEXADECIMAL: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_ADDRESS_FIELDS: Final = {"requester", "raiser"}


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value)


def _value(name: str, text: Any) -> Any:
    if name in _BYTES_FIELDS:
        return _bytes(text)
    if name in _ADDRESS_FIELDS:
        if not isinstance(text, str) or len(_bytes(text)) != len(_bytes(ZERO_ADDRESS)):
            raise ValueError(f"{name} is no address")
        return Address(text)
    if name == "statement":
        if not isinstance(text, list):
            raise ValueError(f"{name} is no list")
        return tuple(_number(name, item) for item in text)
    return _number(name, text)


def _number(name: str, text: Any) -> int:
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        raise ValueError(f"{name} has a number that is not written as decimal digits")
    return int(text)


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or not _HEXADECIMAL.fullmatch(text):
        raise ValueError("bytes are written as 0x and hexadecimal digits")
    return bytes.fromhex(text[2:])
