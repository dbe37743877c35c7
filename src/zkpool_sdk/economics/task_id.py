"""How a task gets its id, byte for byte as the market computes it."""

from __future__ import annotations

from collections.abc import Sequence

from zkpool_sdk.models import Address, QueueId, TaskId


def statement_hash(statement: Sequence[int]) -> bytes:
    """keccak256 of the ABI encoding of the signals that the queue fixes; 32 bytes."""
    return _keccak(_word(32), _word(len(statement)), *(_word(signal) for signal in statement))


def task_id(
    chain_id: int, market: Address, queue: QueueId, requester: Address, statement: Sequence[int], nonce: int
) -> TaskId:
    """Id of a requester's bid: two requesters may ask for the same statement, and nobody can squat one.

    Args:
        statement: the fixed signals in order, each below 2^256. nonce: first sequence number of the bid.
    Source:
        PROTOCOL.md, "Bids and the book"; ``IProverMarket.taskIdOf``.
    """
    return TaskId(
        _keccak(
            _word(chain_id),
            _word(int(market, 16)),
            _word(queue),
            _word(int(requester, 16)),
            statement_hash(statement),
            _word(nonce),
        )
    )


def keccak_words(*values: int | str | bytes) -> bytes:
    """keccak256 of values one after the other: numbers and addresses as words, bytes as they are."""
    return _keccak(
        *(v if isinstance(v, bytes) else _word(int(v, 16) if isinstance(v, str) else v) for v in values)
    )


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _keccak(*words: bytes) -> bytes:
    from eth_hash.auto import keccak  # loads a C library; only who needs an id pays for it

    return bytes(keccak(b"".join(words)))
