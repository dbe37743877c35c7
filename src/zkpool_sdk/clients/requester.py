"""The requester: bids for proofs, and gets them or its money back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zkpool_sdk.chain.abi import load_abi
from zkpool_sdk.chain.events import BidPlaced, ProofAccepted, decode_logs
from zkpool_sdk.chain.history import topic_of
from zkpool_sdk.clients.base import Client, wait_for
from zkpool_sdk.clients.errors import NoSuchTask, NotProven
from zkpool_sdk.clients.inputs import publish_inputs
from zkpool_sdk.economics import bidding
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.models import Address, Bid, QueueId, Task, TaskId, TaskStatus
from zkpool_sdk.units import HOUR, Timestamp, Wei

DEFAULT_LIFE_SECONDS: Final = HOUR


@dataclass(frozen=True, slots=True)
class QueueQuote:
    """A queue as a bidder sees it now.

    Attributes:
        queue: the queue.
        base_fee_wei: B, the least bid.
        slot_count: K, slots on offer if the round ended now.
        book: the open bids, best first.
        positions: what one more bid would have to be, and pay, for each position.
        ends_at: when the round can be cleared.
    """

    queue: QueueId
    base_fee_wei: Wei
    slot_count: int
    book: tuple[Bid, ...]
    positions: tuple[bidding.Quote, ...]
    ends_at: Timestamp


@dataclass(frozen=True, slots=True)
class ProvenTask:
    """A delivered proof: what was paid for, ready to be checked again by anybody."""

    task: TaskId
    prover: Address
    price_wei: Wei
    signals: tuple[int, ...]
    proof: bytes
    transaction: str


class Requester(Client):
    """An account that bids for proofs."""

    def quote(self, queue: int) -> QueueQuote:
        """The queue's base fee, slots and open book, and what each position costs one more bidder.

        Raises:
            UnknownQueue.
        """
        market = self.contracts.market
        slots, base_fee = market.slot_count_of(queue), market.base_fee_of(queue)
        book, round_ = market.book_of(queue), market.round_of(queue)
        ends_at = Timestamp((round_.started_at or self.connection.timestamp()) + ROUND_SECONDS)
        clears_at = max(ends_at, self.connection.timestamp())
        positions = bidding.quote(book, slots, base_fee, clears_at) if slots else []
        return QueueQuote(QueueId(queue), base_fee, slots, book, tuple(positions), ends_at)

    def suggest(self, queue: int, position: int | None = None) -> Wei:
        """The least bid that now wins a position; the last one, unless another is named.

        A queue without free slots sells nothing this round: the suggestion is then the base fee, with which a
        bid waits in the book.

        Raises:
            NoSuchPosition: there are fewer slots.
        """
        quote = self.quote(queue)
        if not quote.slot_count:
            return quote.base_fee_wei
        clears_at = max(quote.ends_at, self.connection.timestamp())
        wanted = quote.slot_count if position is None else position
        return bidding.suggest_bid(quote.book, quote.slot_count, quote.base_fee_wei, wanted, clears_at)

    def place(
        self,
        queue: int,
        statement: Sequence[int],
        max_fee_wei: int | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        data: bytes = b"",
        life_seconds: int = DEFAULT_LIFE_SECONDS,
    ) -> BidPlaced:
        """Bids for one proof; the whole bid is escrowed and what the price leaves comes back as credit.

        Args:
            queue: whose circuit.
            statement: the signals the queue fixes, in order.
            max_fee_wei: the most to pay, base fee included; ``None`` bids as ``suggest`` says.
            inputs: witness inputs to publish. Everybody can read them; for private ones give ``data`` from
                ``publish_hash`` and hand the inputs to the assigned prover.
            data: published as it is, instead of ``inputs``.
            life_seconds: how long the bid stays live.
        Returns:
            The event: id of the task, sequence number, expiry.
        Raises:
            BidBelowBaseFee, BookFull, ExpiryOutOfBounds, DataTooLong, QueueIsClosed, WrongStatementLength,
            SignalNotCanonical, ERC20InsufficientBalance.
        """
        if inputs is not None and data:
            raise TypeError("give inputs or data, not both")
        fee = self.suggest(queue) if max_fee_wei is None else max_fee_wei
        published = publish_inputs(inputs) if inputs is not None else data
        market = self.contracts.market
        self._allow(market.address, fee)
        expires_at = self.connection.timestamp() + life_seconds
        return market.place_bid(queue, statement, fee, expires_at, published).event(BidPlaced)

    def raise_bid(self, task: bytes, max_fee_wei: int) -> None:
        """Raises a bid; only the difference is escrowed. The bid counts as placed now.

        Raises:
            RaiseTooLow, NotRequester, WrongStatus.
        """
        self._allow(self.contracts.market.address, max_fee_wei)
        self.contracts.market.raise_bid(task, max_fee_wei)

    def cancel(self, task: bytes) -> None:
        """Withdraws a bid that has survived a clearing; 1 % of it goes to insurance.

        Raises:
            NotYetCleared, NotRequester, WrongStatus.
        """
        self.contracts.market.cancel_bid(task)

    def task(self, task: bytes) -> Task:
        """A task as it stands.

        Raises:
            NoSuchTask.
        """
        found = self.contracts.market.task_of(task)
        if found.status is TaskStatus.NONE:
            raise NoSuchTask(task)
        return found

    def watch(self, task: bytes, timeout_seconds: float = float(HOUR)) -> Iterator[Task]:
        """The task now, and again each time its status changes, until it has ended.

        Raises:
            WaitedTooLong: a status lasted longer than ``timeout_seconds``.
        """
        now = self.task(task)
        yield now
        while not now.status.ended:
            now = self._next_status(task, now.status, timeout_seconds)
            yield now

    def proof_of(self, task: bytes) -> ProvenTask:
        """The proof that was delivered for a task, read from the chain.

        Raises:
            NotProven: it has none.
            NoSuchTask.
        """
        status = self.task(task).status
        market = self.contracts.market
        head = self.connection.block_number()
        logs = self.connection.logs(
            [market.address], self.deployment.block, head, [[topic_of(ProofAccepted)], [task]]
        )
        for event in decode_logs(logs):
            if isinstance(event, ProofAccepted):
                return ProvenTask(
                    event.task,
                    event.prover,
                    event.price_wei,
                    event.signals,
                    self._proof_in(event.at.transaction, task),
                    event.at.transaction,
                )
        raise NotProven(task, status.name)

    def _proof_in(self, transaction: str, task: bytes) -> bytes:
        """The proof in a transaction's calldata; empty if it was handed in through another contract."""
        sent = self.connection.request("eth_getTransactionByHash", transaction)
        data = bytes.fromhex(sent["input"][2:])
        submit = load_abi("ProverMarket").functions["submitProof"]
        if data[:4] != submit.selector:
            return b""
        of, _, proof = submit.decode_inputs(data[4:])
        return bytes(proof) if of == task else b""

    def _next_status(self, task: bytes, since: TaskStatus, timeout_seconds: float) -> Task:
        def changed() -> Task | None:
            found = self.contracts.market.task_of(task)
            return found if found.status is not since else None

        return wait_for(f"the next step of task 0x{task.hex()}", changed, timeout_seconds)
