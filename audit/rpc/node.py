"""A chain as a node sees it: the engine, the blocks it has made, and the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit._evm import Evm
from audit.rpc.transactions import Mined, Transaction


class RpcFailure(Exception):
    """What a request is answered with if it fails."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        self.code, self.message, self.data = code, message, data
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the chain."""

    number: int
    hash: bytes
    parent: bytes
    at: int
    mined: tuple[Mined, ...] = ()

    @property
    def gas_used(self) -> int:
        """Gas of all its transactions."""
        return sum(mined.result.gas_used for mined in self.mined)


@dataclass(slots=True)
class Clock:
    """When the next block is.

    Attributes:
        next_at: set for the next block alone.
        interval: seconds between blocks; the machine's clock runs on if not set.
        offset: seconds that the chain is ahead of the machine's clock.
    """

    next_at: int | None = None
    interval: int | None = None
    offset: int = 0

    def take(self, last: int) -> int:
        """The timestamp of the block that is made now, after one at ``last``."""
        if self.next_at is not None:
            at, self.next_at = self.next_at, None
            self.offset = at - int(time.time())
        elif self.interval is not None:
            at = last + self.interval
        else:
            at = int(time.time()) + self.offset
        return max(at, last + 1)


@dataclass(slots=True)
class Node:
    """One chain.

    Attributes:
        automine: whether each transaction gets a block at once.
        pool: transactions that wait for a block.
    """

    evm: Evm
    clock: Clock = field(default_factory=Clock)
    automine: bool = True
    pool: list[Transaction] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    _mined: dict[bytes, Mined] = field(default_factory=dict)
    _snapshots: dict[int, tuple[int, Clock]] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self.blocks.append(Block(0, self.evm.block_hash(0), bytes(32), self.evm.now))

    @property
    def head(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    def submit(self, transaction: Transaction) -> None:
        """Takes a transaction, and mines it if that is done at once.

        Raises:
            RpcFailure: its nonce was used, or it cannot be run.
        """
        self.sent += 1
        if transaction.nonce < self.evm.nonce(transaction.sender):
            raise RpcFailure(-32003, "nonce too low")
        self.pool.append(transaction)
        if self.automine:
            self.mine()

    def mine(self, at: int | None = None) -> None:
        """Makes a block of what waits; every further transaction gets a block of its own, a second later.

        Raises:
            RpcFailure: the block would be no later than the last one, or a transaction cannot be run.
        """
        if at is not None:
            self.clock.next_at = at
        waiting, self.pool = self.pool, []
        if not waiting:
            self.evm.mine(self._time())
            self._append(())
        for transaction in waiting:
            # A number of the sender's own choice would be another contract's address.
            t = transaction
            result = self.evm.transact(t.sender, t.to, t.data, t.value, t.gas, self._time())
            mined = Mined(transaction, result, self.evm.number, 0, 0)
            self._mined[transaction.hash] = mined
            self._append((mined,))

    def mined(self, hash_: bytes) -> Mined | None:
        """A transaction that is in a block."""
        return self._mined.get(hash_)

    def pending_nonce(self, sender: bytes) -> int:
        """The nonce of an account's next transaction."""
        return self.evm.nonce(sender) + sum(t.sender == sender for t in self.pool)

    def block(self, tag: str) -> Block | None:
        """A block by its tag or number."""
        number = self.number_of(tag)
        return self.blocks[number] if 0 <= number < len(self.blocks) else None

    def number_of(self, tag: str | None) -> int:
        """The number that a tag means now."""
        if tag in (None, "latest", "pending", "safe", "finalized"):
            return self.head.number
        return 0 if tag == "earliest" else int(str(tag), 16)

    def snapshot(self) -> int:
        """The state to come back to."""
        made = self.evm.snapshot()
        clock = Clock(self.clock.next_at, self.clock.interval, self.clock.offset)
        self._snapshots[made] = len(self.blocks), clock
        return made

    def revert(self, snapshot: int) -> bool:
        """Goes back to a snapshot; returns whether there is one."""
        if snapshot not in self._snapshots:
            return False
        self.evm.revert(snapshot)
        count, clock = self._snapshots[snapshot]
        for later in [known for known in self._snapshots if known >= snapshot]:
            del self._snapshots[later]
        for block in self.blocks[count:]:
            for mined in block.mined:
                self._mined.pop(mined.transaction.hash, None)
        del self.blocks[count:]
        self.pool.clear()
        self.clock.offset = clock.offset
        self.clock.next_at = None
        return True

    def logs(self, first: int, last: int) -> Iterator[tuple[Block, Mined]]:
        """Transactions with events between two blocks, both included."""
        for block in self.blocks[max(0, first) : last + 1]:
            for mined in block.mined:
                if mined.result.logs:
                    yield block, mined

    def _time(self) -> int:
        wanted = self.clock.next_at
        if wanted is not None and wanted <= self.head.at and self.head.number > 0:
            self.clock.next_at = None
            raise RpcFailure(-32602, f"timestamp {wanted} is not after the last block's, {self.head.at}")
        return self.clock.take(self.head.at)

    def _append(self, mined: tuple[Mined, ...]) -> None:
        number = self.evm.number
        self.blocks.append(Block(number, self.evm.block_hash(number), self.head.hash, self.evm.now, mined))


def fields_of(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    """Refuses a request with fields that would be passed over.

    Raises:
        RpcFailure: there are such.
    """
    unknown = set(given) - known
    if unknown:
        raise RpcFailure(-32602, f"{what}: {', '.join(sorted(unknown))} is not supported")
