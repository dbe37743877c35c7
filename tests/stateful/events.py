"""What the contracts must say of each act: the events that follow from what the model does.

Written from the interfaces, where each event says when it is emitted. A ``Listener`` stands around the
actions of a model's parts; whatever they do is noted as the log that the contract of that part must write.
The order of an act's logs is no part of the protocol; their number and content are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from tests.stateful.wording import word, words
from zkpool_sdk.chain.abi import AbiItem, all_events

Log = tuple[bytes, tuple[bytes, ...], bytes]
"""Address, topics, data."""
DYNAMIC: Final = ("bytes", "string")
"""Besides lists."""


class Said(NamedTuple):
    """One event: the part whose contract writes it, its name, its arguments in Solidity's order."""

    part: str
    event: str
    arguments: tuple[Any, ...]


class Heard:
    """A model's action with somebody listening; known by the action's part and name all the same."""

    def __init__(self, listener: Any, around: Callable[..., Any], action: Callable[..., Any]) -> None:
        self._listener, self._around, self._action = listener, around, action
        self.__self__ = action.__self__  # type: ignore[attr-defined]
        self.__name__ = action.__name__

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        def go() -> Any:
            return self._action(*arguments, **named)

        return self._around(self._listener, go, *arguments, **named)


def encoded(address: str, item: AbiItem, arguments: Sequence[Any]) -> Log:
    """An event as a log."""
    topics, tails = [item.selector], list[bytes]()
    heads: list[bytes | None] = []
    for kind, is_topic, value in zip(item.types, item.indexed, arguments, strict=True):
        if is_topic:
            topics.append(words(value))
        elif kind in DYNAMIC or kind.endswith("[]"):
            heads.append(None)
            tails.append(_tail(kind, value))
        else:
            heads.append(words(value))
            tails.append(b"")
    at = sum(32 if head is None else len(head) for head in heads)
    data, tail = b"", b""
    for head, rest in zip(heads, tails, strict=True):
        data += word(at + len(tail)) if head is None else head
        tail += rest
    return _bytes20(address), tuple(topics), data + tail


def written(log: Any) -> Log:
    """A log as a chain gives it: by name in hexadecimal, or as bytes."""
    if isinstance(log, Mapping):
        topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
        return _bytes20(log["address"]), topics, bytes.fromhex(log["data"][2:])
    address, topics, data = log
    return address, tuple(topics), data


def told(log: Log) -> str:
    """A log for people: its event and its arguments."""
    address, topics, data = log
    item = all_events().get(topics[0]) if topics else None
    if item is None:
        return f"a log of 0x{address.hex()}"
    values = ", ".join(f"{n}={v}" for n, v in zip(item.names, item.decode_log(topics, data), strict=True))
    return f"{item.name}({values})"


@cache
def _bytes20(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _tail(kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        return word(len(value)) + b"".join(map(words, value))
    text = value.encode() if isinstance(value, str) else value
    return word(len(text)) + text + bytes(-len(text) % 32)
