"""Rounds that are over, read from the chain, as the choice of a bid needs them."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.connection import MAX_LOG_RANGE
from zkpool_sdk.chain.events import RoundCleared, TaskAssigned, decode_logs
from zkpool_sdk.chain.history import topic_of
from zkpool_sdk.economics.strategy import EndedRound
from zkpool_sdk.units import Wei

ROUNDS_READ: Final = 24


def ended_rounds(contracts: Contracts, queue: int, count: int = ROUNDS_READ) -> list[EndedRound]:
    """The last rounds of a queue that sold something or could have, the latest first.

    Args:
        contracts: the deployment.
        queue: whose rounds.
        count: at most so many.
    """
    market, connection = contracts.market, contracts.connection
    topics = [[topic_of(RoundCleared), topic_of(TaskAssigned)]]
    found: list[EndedRound] = []
    end = connection.block_number()
    while len(found) < count and end >= contracts.deployment.block:
        start = max(contracts.deployment.block, end - MAX_LOG_RANGE + 1)
        bids: dict[str, dict[int, Wei]] = {}
        cleared: list[RoundCleared] = []
        for event in decode_logs(connection.logs([market.address], start, end, topics)):
            if isinstance(event, TaskAssigned):
                sold = bids.setdefault(event.at.transaction, {})
                sold[event.position] = Wei(event.price_wei + event.refund_wei)
            elif isinstance(event, RoundCleared) and event.queue == queue:
                cleared.append(event)
        for event in reversed(cleared):
            sold = bids.get(event.at.transaction, {})
            won = tuple(sold[position] for position in sorted(sold))
            if event.slot_count:
                found.append(EndedRound(event.base_fee_wei, event.slot_count, won, event.excess))
        end = start - 1
    return found[:count]
