"""Reading what has happened: all events of a deployment, or new ones of a kind as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zkpool_sdk.chain.abi import all_events
from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import Event, decode_logs

OVERLAP_BLOCKS: Final = 32
"""Blocks read again each time, in case the chain has reorganised them."""


def read_history(connection: Connection, deployment: Deployment, to_block: int | None = None) -> list[Event]:
    """Every event of a deployment's contracts, in order.

    Args:
        connection: the node.
        deployment: whose events.
        to_block: last block; ``None`` for the latest.
    """
    last = connection.block_number() if to_block is None else to_block
    return decode_logs(connection.logs(deployment.addresses, deployment.block, last))


def topic_of(kind: type[Event]) -> bytes:
    """The first topic of an event's logs."""
    return next(topic for topic, item in all_events().items() if item.name == kind.__name__)


def topic_of_address(address: str) -> bytes:
    """An indexed address as a topic."""
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


class Watch:
    """Events of some kinds as they come; each is given once.

    Args:
        connection: the node.
        address: the contract.
        kinds: which events.
        from_block: where to begin.
        indexed: values of the indexed arguments, each a list of topics to choose from or ``None`` for any.
    """

    def __init__(
        self,
        connection: Connection,
        address: str,
        kinds: Sequence[type[Event]],
        from_block: int,
        indexed: Sequence[Sequence[bytes] | None] = (),
    ) -> None:
        self._connection = connection
        self._address = address
        self._topics = [[topic_of(kind) for kind in kinds], *indexed]
        self._first = from_block
        self._next = from_block
        self._seen: set[tuple[str, int]] = set()

    def new(self) -> list[Event]:
        """The events since the last call, in order. After a reorganisation moved events may come again."""
        head = self._connection.block_number()
        if head < self._next - 1:  # the chain was set back
            self._next = max(self._first, head - OVERLAP_BLOCKS)
        start = max(self._first, self._next - OVERLAP_BLOCKS)
        found = decode_logs(self._connection.logs([self._address], start, head, self._topics))
        self._next = head + 1
        fresh = [event for event in found if (event.at.transaction, event.at.log_index) not in self._seen]
        self._seen = {(event.at.transaction, event.at.log_index) for event in found}
        return fresh
