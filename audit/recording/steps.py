"""One step of a chain's life and its form as a line of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["transact", "call", "simulate", "mine", "balance", "nonce", "code", "storage", "chain"]
"""What a step does: send a transaction, ask, ask many in a row, make an empty block, or overwrite a balance,
a nonce, code, a word of storage, the chain's id."""

LASTING: Final = frozenset({"transact", "mine", "balance", "nonce", "code", "storage", "chain"})
"""Kinds that change the chain; the others leave it as it was."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call did.

    Attributes:
        ok: whether it went through.
        data: what it returned, or the error it reverted with; of a creation nothing.
        logs: its events as the engine writes them down; empty if there are none.
    """

    ok: bool
    data: bytes
    logs: bytes = b""


@dataclass(frozen=True, slots=True)
class Request:
    """A call or transaction.

    Attributes:
        to: the contract; ``None`` makes one.
        data: calldata; of a creation whose contract is known its constructor's arguments.
        creates: name of the contract that is made; empty if it is unknown or nothing is made.
        at: timestamp of its block; ``None`` leaves it to the chain.
    """

    sender: bytes
    to: bytes | None
    data: bytes
    value: int = 0
    gas: int = 30_000_000
    at: int | None = None
    creates: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to a chain.

    Attributes:
        kind: what was done.
        requests: one for ``transact`` and ``call``, any number for ``simulate``, none for the others.
        answers: what the requests did, one each.
        address, key, value: what was overwritten, where, by what (``mine``: value is the timestamp).
    """

    kind: Kind
    requests: tuple[Request, ...] = ()
    answers: tuple[Answer, ...] = ()
    address: bytes = b""
    key: int = 0
    value: bytes = b""

    @property
    def lasting(self) -> bool:
        """Whether the chain is another one afterwards."""
        return self.kind in LASTING

    def line(self) -> str:
        """The step as a line of JSON."""
        if self.requests or self.kind == "simulate":
            body: list[Any] = [[_packed(r) for r in self.requests], [_answered(a) for a in self.answers]]
        else:
            body = [self.address.hex(), self.key, self.value.hex()]
        return json.dumps([self.kind, *body], separators=(",", ":"))

    @classmethod
    def of(cls, line: Sequence[Any]) -> Step:
        """The step behind a line that was read."""
        kind = line[0]
        if kind in ("transact", "call", "simulate"):
            return cls(kind, tuple(map(_unpacked, line[1])), tuple(map(_reply, line[2])))
        return cls(kind, address=bytes.fromhex(line[1]), key=line[2], value=bytes.fromhex(line[3]))


def _packed(request: Request) -> list[Any]:
    to = "" if request.to is None else request.to.hex()
    if request.creates:
        to = "@" + request.creates
    return [request.sender.hex(), to, request.data.hex(), request.value, request.gas, request.at]


def _unpacked(fields: Sequence[Any]) -> Request:
    sender, to, data, value, gas, at = fields
    creates = to[1:] if to.startswith("@") else ""
    target = bytes.fromhex(to) if to and not creates else None
    return Request(bytes.fromhex(sender), target, bytes.fromhex(data), value, gas, at, creates)


def _answered(answer: Answer) -> list[Any]:
    return [int(answer.ok), answer.data.hex(), answer.logs.hex()]


def _reply(fields: Sequence[Any]) -> Answer:
    return Answer(bool(fields[0]), bytes.fromhex(fields[1]), bytes.fromhex(fields[2]))
