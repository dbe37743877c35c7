"""The base of all events, and how a log becomes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Final, get_type_hints

from eth_abi.exceptions import DecodingError

from zkpool_sdk.chain.abi import all_events, to_model
from zkpool_sdk.chain.connection import Log
from zkpool_sdk.models import Address

FIELD_NAMES: Final = {"from": "from_", "pass": "pass_"}
"""Fields whose Solidity name is a word of Python."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where an event stands in the chain."""

    block_number: int
    log_index: int
    transaction: str
    contract: Address

    @property
    def order(self) -> tuple[int, int]:
        """Smaller is earlier."""
        return self.block_number, self.log_index


@dataclass(frozen=True, slots=True)
class Event:
    """Something a contract reported; ``at`` says where. ``Event.by_name`` maps Solidity names to classes."""

    at: LogPlace

    by_name: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        # Slots make each class twice; the second, final one stays.
        Event.by_name[cls.__name__] = cls


def decode_log(log: Log) -> Event | None:
    """The event a log stands for; ``None`` if it is none of ZKPool's contracts'."""
    item = all_events().get(log.topics[0]) if log.topics else None
    if item is None or len(log.topics) != 1 + sum(item.indexed):
        return None
    try:
        values = item.decode_log(log.topics, log.data)
    except DecodingError:
        return None
    kind = Event.by_name[item.name]
    place = LogPlace(log.block_number, log.log_index, log.transaction, log.address)
    return kind(
        place, *(to_model(hint, value) for hint, value in zip(_types(kind.__name__), values, strict=True))
    )


def decode_logs(logs: Iterable[Log]) -> list[Event]:
    """The events among logs, in order."""
    return [event for event in map(decode_log, logs) if event is not None]


@cache
def _types(name: str) -> tuple[Any, ...]:
    """Types of an event's own fields."""
    kind = Event.by_name[name]
    hints = get_type_hints(kind)
    return tuple(hints[part.name] for part in fields(kind)[1:])
