"""An account that sends transactions: tried first, numbered one after the other, replaced when stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from eth_utils.crypto import keccak

from zkpool_sdk.chain.connection import Connection, Log
from zkpool_sdk.chain.connection import _log as parse_log
from zkpool_sdk.chain.errors import (
    EventMissing,
    InsufficientFunds,
    NonceTaken,
    RpcRefused,
    TransactionsPending,
    TransactionTimeout,
    UnknownRevert,
)
from zkpool_sdk.chain.events import Event, decode_logs
from zkpool_sdk.chain.fees import FeePolicy, Fees
from zkpool_sdk.chain.signer import Signer
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Address

E = TypeVar("E", bound=Event)

FIRST_POLL_SECONDS: Final = 0.02
LAST_POLL_SECONDS: Final = 2.0
SEND_ATTEMPTS: Final = 4
"""How often a nonce is asked for anew when the node says that it is used."""

ALREADY_KNOWN: Final = ("already known", "already imported", "known transaction")
NONCE_USED: Final = ("nonce too low", "nonce is too low", "oldnonce", "invalid nonce")
UNDERPRICED: Final = ("underpriced", "fee too low", "transaction with same nonce")
NO_FUNDS: Final = ("insufficient funds", "insufficient balance", "doesn't have enough funds")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction that succeeded.

    Attributes:
        transaction: its hash.
        block_number: where it was mined.
        gas_used: gas, in all.
        fee_wei: what it cost, in wei of ether.
        contract: address of the contract it created, if any.
        events: events of ZKPool's contracts, in order.
    """

    transaction: str
    block_number: int
    gas_used: int
    fee_wei: int
    contract: Address | None
    events: tuple[Event, ...] = field(repr=False)

    def event(self, kind: type[E]) -> E:
        """The first event of a kind.

        Raises:
            EventMissing: there is none.
        """
        for event in self.events:
            if isinstance(event, kind):
                return event
        raise EventMissing(kind.__name__, self.transaction)

    def events_of(self, kind: type[E]) -> tuple[E, ...]:
        """All events of a kind, in order."""
        return tuple(event for event in self.events if isinstance(event, kind))


class _Lane:
    """The nonces of one account on one chain, shared by every ``Account`` of this process for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.in_flight: set[int] = set()


_lanes: dict[tuple[int, str, str], _Lane] = {}
_lanes_lock = threading.Lock()


class Account:
    """A sender. Safe to share between threads: transactions get their nonces one after the other.

    Args:
        connection: the node.
        signer: who signs.
        policy: fees, replacement and waiting.
    """

    def __init__(self, connection: Connection, signer: Signer, policy: FeePolicy | None = None) -> None:
        self.connection: Final = connection
        self.signer: Final = signer
        self.policy: Final = policy or FeePolicy()
        with _lanes_lock:
            key = (connection.chain_id, connection.rpc_url, signer.address)
            self._lane = _lanes.setdefault(key, _Lane())

    def __repr__(self) -> str:
        return f"Account({self.address}, chain_id={self.connection.chain_id})"

    @property
    def address(self) -> Address:
        """The account's address, checksummed."""
        return self.signer.address

    @property
    def balance_wei(self) -> int:
        """Its ether, in wei."""
        return self.connection.balance(self.address)

    def simulate(self, to: str | None, data: bytes, value_wei: int = 0) -> int:
        """Tries a transaction without sending it.

        Returns:
            The gas it needs, without margin.
        Raises:
            ContractError, UnknownRevert: it would revert.
            InsufficientFunds: the account cannot pay.
        """
        try:
            return int(self.connection.request("eth_estimateGas", self._request(to, data, value_wei)), 16)
        except RpcRefused as error:
            raise self._explained(error, None) from None

    def send(
        self,
        to: str | None,
        data: bytes,
        value_wei: int = 0,
        *,
        gas: int | None = None,
        on_broadcast: Callable[[str, int], None] | None = None,
    ) -> Receipt:
        """Sends a transaction and waits until it is mined.

        Args:
            to: the receiver; ``None`` creates a contract from ``data``.
            data: calldata.
            value_wei: ether to send along.
            gas: limit of gas; ``None`` simulates first, so that a revert costs nothing, and adds the margin.
            on_broadcast: told hash and nonce of each transaction, before it goes out.
        Raises:
            ContractError, UnknownRevert: it reverts, in the simulation or (with a note) in its block.
            TransactionError: it did not get through; see the subclasses.
        """
        tell = on_broadcast or _silent
        limit = gas if gas is not None else self.policy.with_margin(self.simulate(to, data, value_wei))
        request = {**self._request(to, data, value_wei), "gas": hex(limit)}
        fees = self.policy.first(self.connection)
        with self._lane.lock:
            nonce, first_hash = self._broadcast_first(request, fees, tell)
            self._lane.in_flight.add(nonce)
        try:
            found = self._wait(request, nonce, fees, first_hash, tell)
        finally:
            with self._lane.lock:
                self._lane.in_flight.discard(nonce)
        if int(found["status"], 16) != 1:
            raise self._why_reverted(request, found)
        return _receipt(found)

    def transfer_ether(self, to: str, amount_wei: int) -> Receipt:
        """Sends ether."""
        return self.send(to, b"", amount_wei)

    def wait_until_idle(self) -> None:
        """Waits until nothing that the account has sent, here or elsewhere, is left to be mined.

        Raises:
            TransactionsPending: it took longer than the policy's timeout.
        """
        started, poll = time.monotonic(), FIRST_POLL_SECONDS
        while count := self._count("pending") - self._count("latest"):
            if time.monotonic() - started > self.policy.timeout_seconds:
                raise TransactionsPending(self.address, count)
            time.sleep(poll)
            poll = min(poll * 1.5, LAST_POLL_SECONDS)

    def _count(self, block: str) -> int:
        """Transactions sent so far, those not mined included where ``block`` is ``"pending"``."""
        return int(self.connection.request("eth_getTransactionCount", self.address, block), 16)

    def _request(self, to: str | None, data: bytes, value_wei: int) -> dict[str, str]:
        request = {"from": str(self.address), "data": "0x" + data.hex(), "value": hex(value_wei)}
        return request if to is None else {**request, "to": to}

    def _next_nonce(self) -> int:
        return max(self._count("pending"), max(self._lane.in_flight, default=-1) + 1)

    def _broadcast_first(
        self, request: dict[str, str], fees: Fees, tell: Callable[[str, int], None]
    ) -> tuple[int, str]:
        """Sends under the next nonce; asks again where the node says that the nonce is used."""
        nonce = -1
        for attempt in range(SEND_ATTEMPTS):
            nonce = self._next_nonce()
            try:
                return nonce, self._broadcast(request, nonce, fees, tell)
            except NonceTaken:
                time.sleep(attempt * 0.25)  # a node behind a balancer may be a block late
        raise NonceTaken(self.address, nonce)

    def _broadcast(
        self, request: dict[str, str], nonce: int, fees: Fees, tell: Callable[[str, int], None]
    ) -> str:
        transaction = {
            **request,
            "nonce": hex(nonce),
            "chainId": hex(self.connection.chain_id),
            "type": "0x2",
            "maxFeePerGas": hex(fees.max_fee_wei),
            "maxPriorityFeePerGas": hex(fees.priority_fee_wei),
        }
        raw = self.signer.sign_transaction({k: v for k, v in transaction.items() if k != "from"})
        try:
            if raw is None:
                found = str(self.connection.request("eth_sendTransaction", transaction))
                tell(found, nonce)
                return found
            expected = "0x" + keccak(raw).hex()
            tell(expected, nonce)
            self.connection.request("eth_sendRawTransaction", "0x" + raw.hex())
            return expected
        except RpcRefused as error:
            if raw is not None and any(word in error.message.lower() for word in ALREADY_KNOWN):
                return "0x" + keccak(raw).hex()
            raise self._explained(error, nonce) from None

    def _wait(
        self,
        request: dict[str, str],
        nonce: int,
        fees: Fees,
        first_hash: str,
        tell: Callable[[str, int], None],
    ) -> dict[str, Any]:
        """The receipt of whichever of the transactions with this nonce is mined."""
        hashes = [first_hash]
        started = bumped_at = time.monotonic()
        poll = FIRST_POLL_SECONDS
        while True:
            found = self._mined(hashes)
            if found is not None:
                return found
            now = time.monotonic()
            if now - started > self.policy.timeout_seconds:
                raise TransactionTimeout(tuple(hashes), nonce, now - started)
            if now - bumped_at > self.policy.bump_after_seconds:
                bumped_at = now
                higher = self.policy.next(fees, self.connection)
                if higher is not None:
                    fees = self._replace(request, nonce, fees, higher, hashes, tell)
            time.sleep(poll)
            poll = min(poll * 1.5, LAST_POLL_SECONDS)

    def _replace(
        self,
        request: dict[str, str],
        nonce: int,
        fees: Fees,
        higher: Fees,
        hashes: list[str],
        tell: Callable[[str, int], None],
    ) -> Fees:
        """Sends a transaction again with higher fees. Returns the fees that now stand."""
        try:
            hashes.append(self._broadcast(request, nonce, higher, tell))
            return higher
        except NonceTaken:
            # Mined just now, or somebody else's transaction took the nonce.
            if self._mined(hashes, confirmed=False) is None and self._used(nonce):
                raise
            return fees

    def _used(self, nonce: int) -> bool:
        return self._count("latest") > nonce

    def _mined(self, hashes: list[str], confirmed: bool = True) -> dict[str, Any] | None:
        for known in hashes:
            found = self.connection.request("eth_getTransactionReceipt", known)
            if found is None:
                continue
            deep = self.policy.confirmations
            if confirmed and deep and self.connection.block_number() < int(found["blockNumber"], 16) + deep:
                return None
            return dict(found)
        return None

    def _why_reverted(self, request: dict[str, str], found: dict[str, Any]) -> ZKPoolError:
        """The error of a mined transaction that failed although its simulation did not."""
        block = int(found["blockNumber"], 16)
        where = f"transaction {found['transactionHash']} was mined in block {block} and reverted"
        error: ZKPoolError = UnknownRevert(b"", "what made it revert is gone already")
        if int(found["gasUsed"], 16) >= int(request["gas"], 16):
            error = UnknownRevert(b"", f"out of gas; the limit was {int(request['gas'], 16):,}")
        else:
            try:
                self.connection.request("eth_call", request, found["blockNumber"])
            except ZKPoolError as reason:
                error = reason
        error.add_note(where)
        return error

    def _explained(self, error: RpcRefused, nonce: int | None) -> ZKPoolError:
        """A node's refusal of a transaction as an error of its own kind."""
        text = error.message.lower()
        if any(word in text for word in NO_FUNDS):
            return InsufficientFunds(self.address, error.message)
        if nonce is not None and any(word in text for word in (*NONCE_USED, *UNDERPRICED)):
            return NonceTaken(self.address, nonce)
        return error


def _receipt(found: dict[str, Any]) -> Receipt:
    logs: list[Log] = [parse_log(entry) for entry in found["logs"]]
    gas_used = int(found["gasUsed"], 16)
    created = found.get("contractAddress")
    return Receipt(
        transaction=str(found["transactionHash"]),
        block_number=int(found["blockNumber"], 16),
        gas_used=gas_used,
        fee_wei=gas_used * int(found.get("effectiveGasPrice", "0x0"), 16),
        contract=Address(_checksum(created)) if created else None,
        events=tuple(decode_logs(logs)),
    )


def _checksum(address: str) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(address))


def _silent(_transaction: str, _nonce: int) -> None:
    """Nobody wants to know of broadcasts."""
