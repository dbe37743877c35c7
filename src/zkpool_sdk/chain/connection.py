"""A connection to one node of one chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from web3 import HTTPProvider, IPCProvider
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from zkpool_sdk.chain.errors import ClockBehind, RpcRefused, RpcUnreachable, WrongChain
from zkpool_sdk.chain.reverts import decode_revert, revert_data
from zkpool_sdk.models import Address

BlockTag = int | str
"""A block: its number, ``"latest"``, ``"pending"`` or ``"finalized"``."""

LONGEST_NAP_SECONDS: Final = 12.0
"""Between two looks at a live chain's clock."""
MAX_LOG_RANGE: Final = 10_000
"""Blocks asked for at once before a node says that it is too many."""
RANGE_WORDS: Final = (
    "range",
    "too many",
    "limit",
    "exceed",
    "more than",
    "too large",
    "timeout",
    "timed out",
)
"""What nodes say when a query of logs covers too much; there is no common error code."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the chain stores it."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    log_index: int
    transaction: str


class Connection:
    """A node of a chain. Safe to share between threads.

    Args:
        rpc_url: ``http(s)://`` address, or path of an IPC socket.
        chain_id: chain the node must serve; ``None`` takes whatever it serves.
        timeout_seconds: how long one answer may take.
    Raises:
        RpcUnreachable: no answer.
        WrongChain: the node serves another chain.
    """

    def __init__(self, rpc_url: str, chain_id: int | None = None, timeout_seconds: float = 30.0) -> None:
        self.rpc_url: Final = rpc_url
        provider: JSONBaseProvider
        if rpc_url.startswith(("http://", "https://")):
            provider = HTTPProvider(rpc_url, request_kwargs={"timeout": timeout_seconds})
        else:
            provider = IPCProvider(rpc_url, timeout=int(timeout_seconds) or 1)
        self._provider = provider
        self._log_range = MAX_LOG_RANGE
        self._lock = threading.Lock()
        self.chain_id: Final = int(self.request("eth_chainId"), 16)
        if chain_id is not None and self.chain_id != chain_id:
            raise WrongChain(self.chain_id, chain_id)
        self._client: str | None = None

    def __repr__(self) -> str:
        return f"Connection({self.endpoint!r}, chain_id={self.chain_id})"

    @property
    def endpoint(self) -> str:
        """Where the node is, without path and query, which often hold an access key."""
        parts = urlsplit(self.rpc_url)
        return (
            f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
            if parts.scheme
            else self.rpc_url
        )

    def request(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC request.

        Raises:
            RpcUnreachable: no answer, or no JSON.
            RpcRefused: the node refused.
            ContractError, UnknownRevert: the request executed a call, which reverted.
        """
        try:
            response = self._provider.make_request(RPCEndpoint(method), params)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            raise RpcUnreachable(self.endpoint, _without_url(error, self.rpc_url)) from None
        except Exception as error:  # web3's own: malformed answers, closed sockets
            raise RpcUnreachable(self.endpoint, _without_url(error, self.rpc_url)) from None
        problem = response.get("error")
        if problem is None:
            return response.get("result")
        if isinstance(problem, str):
            raise RpcRefused(method, 0, problem)
        message, data = str(problem.get("message", "")), problem.get("data")
        reverted = revert_data(message, data)
        if reverted is not None and method in ("eth_call", "eth_estimateGas", "eth_sendTransaction"):
            raise decode_revert(reverted, message)
        raise RpcRefused(method, int(problem.get("code", 0)), message, data)

    @property
    def is_development(self) -> bool:
        """Whether the node is a development chain whose clock can be moved (anvil, hardhat)."""
        if self._client is None:
            self._client = str(self.request("web3_clientVersion")).lower()
        return self._client.startswith(("anvil", "hardhat"))

    def block_number(self) -> int:
        """Number of the latest block."""
        return int(self.request("eth_blockNumber"), 16)

    def block(self, block: BlockTag = "latest") -> dict[str, Any]:
        """A block's header as the node gives it: hex strings.

        Raises:
            RpcRefused: there is no such block.
        """
        found = self.request("eth_getBlockByNumber", _tag(block), False)
        if found is None:
            raise RpcRefused("eth_getBlockByNumber", 0, f"there is no block {block}")
        return dict(found)

    def timestamp(self, block: BlockTag = "latest") -> int:
        """When a block was made, in seconds since the Unix epoch."""
        return int(self.block(block)["timestamp"], 16)

    def balance(self, address: str, block: BlockTag = "latest") -> int:
        """An account's ether, in wei."""
        return int(self.request("eth_getBalance", address, _tag(block)), 16)

    def code(self, address: str, block: BlockTag = "latest") -> bytes:
        """A contract's code; empty if there is none."""
        return bytes.fromhex(self.request("eth_getCode", address, _tag(block))[2:])

    def call(self, to: str, data: bytes, sender: str | None = None, block: BlockTag = "latest") -> bytes:
        """What a call would return; nothing is sent.

        Raises:
            ContractError, UnknownRevert: the call reverts.
        """
        request: dict[str, str] = {"to": to, "data": "0x" + data.hex()}
        if sender is not None:
            request["from"] = sender
        return bytes.fromhex(self.request("eth_call", request, _tag(block))[2:])

    def logs(
        self,
        addresses: Sequence[str],
        from_block: int,
        to_block: int,
        topics: Sequence[Sequence[bytes] | None] = (),
    ) -> list[Log]:
        """Logs of contracts between two blocks, both included, in the chain's order.

        The range is cut into parts that the node accepts: where it says that a part is too large, the part is
        halved.

        Raises:
            RpcRefused: the node refuses even a single block.
        """
        return collect_logs(self._logs_once, addresses, from_block, to_block, topics, self._range)

    def wait_until(self, at: int, timeout_seconds: float | None = None) -> int:
        """Waits for a block at or after a moment; on a development chain moves the clock there.

        Args:
            at: chain time.
            timeout_seconds: by default the time that is left, and an hour more.

        Returns:
            The latest block's timestamp.
        Raises:
            ClockBehind: a live chain did not get there in time.
        """
        now = self.timestamp()
        if now >= at:
            return now
        if self.is_development:
            self.request("evm_setNextBlockTimestamp", at)
            self.request("evm_mine")
            return self.timestamp()
        patience = at - now + 3_600.0 if timeout_seconds is None else timeout_seconds
        give_up = time.monotonic() + patience
        while now < at:
            if time.monotonic() > give_up:
                raise ClockBehind(at, now)
            time.sleep(min(LONGEST_NAP_SECONDS, max(0.5, at - now)))
            now = self.timestamp()
        return now

    def _range(self, worked: int | None = None) -> int:
        """Blocks to ask for at once; ``worked`` records what a node accepted after it refused more."""
        with self._lock:
            if worked is not None:
                self._log_range = worked
            return self._log_range

    def _logs_once(
        self,
        addresses: Sequence[str],
        from_block: int,
        to_block: int,
        topics: Sequence[Sequence[bytes] | None],
    ) -> list[Log]:
        query: dict[str, Any] = {
            "address": list(addresses),
            "fromBlock": hex(from_block),
            "toBlock": hex(to_block),
        }
        if topics:
            query["topics"] = [None if part is None else ["0x" + t.hex() for t in part] for part in topics]
        return [_log(entry) for entry in self.request("eth_getLogs", query)]


LogSource = Callable[[Sequence[str], int, int, Sequence[Sequence[bytes] | None]], list[Log]]


def collect_logs(
    source: LogSource,
    addresses: Sequence[str],
    from_block: int,
    to_block: int,
    topics: Sequence[Sequence[bytes] | None],
    limit: Callable[..., int],
) -> list[Log]:
    """Logs of a range, from a source that refuses ranges it finds too large.

    Args:
        source: gives the logs of one part.
        addresses, topics: as in ``eth_getLogs``.
        from_block, to_block: first and last block.
        limit: blocks a part may have; told what worked after a refusal.
    Raises:
        RpcRefused: what the source says to a single block, or says for another reason.
    """
    found: list[Log] = []
    start = from_block
    size = limit()
    while start <= to_block:
        end = min(start + size - 1, to_block)
        try:
            found += source(addresses, start, end, topics)
        except RpcRefused as error:
            if end == start or not any(word in error.message.lower() for word in RANGE_WORDS):
                raise
            size = (end - start + 1) // 2
            limit(size)
            continue
        start = end + 1
    return found


def _log(entry: dict[str, Any]) -> Log:
    return Log(
        address=Address(_checksum(entry["address"])),
        topics=tuple(bytes.fromhex(topic[2:]) for topic in entry["topics"]),
        data=bytes.fromhex(entry["data"][2:]),
        block_number=int(entry["blockNumber"], 16),
        log_index=int(entry["logIndex"], 16),
        transaction=str(entry["transactionHash"]),
    )


def _checksum(address: str) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(address))


def _tag(block: BlockTag) -> str:
    return hex(block) if isinstance(block, int) else block


def _without_url(error: Exception, url: str) -> str:
    """An error's text without the node's address, which may hold an access key."""
    text = f"{type(error).__name__}: {error}"
    for secret in (url, urlsplit(url).path.strip("/"), urlsplit(url).query):
        if secret:
            text = text.replace(secret, "...")
    return text[:300]
