"""The requester: bids for proofs, and gets them or its money back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zkpool_sdk.chain import bids
from zkpool_sdk.chain.abi import load_abi
from zkpool_sdk.chain.bids import CYCLE_SECONDS, Offer, SealedBid, SignedBid, cycle_of
from zkpool_sdk.chain.contracts.bids import BidQuote
from zkpool_sdk.chain.events import BidPlaced, DepositClaimed, ProofAccepted, ProofLate, decode_logs
from zkpool_sdk.chain.history import topic_of
from zkpool_sdk.clients.base import Client, wait_for
from zkpool_sdk.clients.errors import NoSuchTask, NotProven
from zkpool_sdk.clients.inputs import publish_inputs
from zkpool_sdk.clients.rounds import ended_rounds
from zkpool_sdk.economics import bidding
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.market import MAX_BID_SECONDS
from zkpool_sdk.economics.strategy import BidChoice, choose_bid, past_rounds
from zkpool_sdk.errors import ExpiryOutOfBounds
from zkpool_sdk.models import ZERO_ADDRESS, Address, Bid, QueueId, Task, TaskId, TaskStatus
from zkpool_sdk.units import HOUR, UINT256_MAX, Timestamp, Wei

DEFAULT_LIFE_SECONDS: Final = HOUR
SEALED_LIFE_SECONDS: Final = 2 * CYCLE_SECONDS
"""A sealed bid lives so long from the start of its cycle, at least."""


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

    def quote_for(self, queue: int, max_fee_wei: int) -> BidQuote:
        """Where a bid would stand, and what it would pay, if it were placed now and the round ended with it.

        Raises:
            UnknownQueue, QueueIsFrozen.
        """
        return self.contracts.lens.quote_for(queue, max_fee_wei)

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

    def choose(
        self,
        queue: int,
        value_wei: int,
        *,
        rounds_left: int = 0,
        position: int | None = None,
        wait_cost_wei: int = 0,
    ) -> BidChoice:
        """What to bid now for a proof worth ``value_wei``, or whether to wait, by the book and past rounds.

        Args:
            queue: whose circuit.
            value_wei: what the proof is worth; no bid is above it.
            rounds_left: rounds after this one in which it would still be of use.
            position: wanted, 1 is the best rated prover; ``None`` takes any.
            wait_cost_wei: what the proof loses in worth with each round.
        Returns:
            The choice with its reasons; see ``explain``. Nothing is sent.
        Raises:
            NoSuchPosition: the round sells fewer positions.
            UnknownQueue.
        """
        quote = self.quote(queue)
        return choose_bid(
            quote.book,
            quote.slot_count,
            quote.base_fee_wei,
            value_wei,
            rounds_left=rounds_left,
            position=position,
            history=past_rounds(ended_rounds(self.contracts, queue), position),
            wait_cost_wei=wait_cost_wei,
            clears_at=max(quote.ends_at, self.connection.timestamp()),
        )

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
            life_seconds: how long the bid stays live: to the end of the round, and a round more at least.
        Returns:
            The event: id of the task, sequence number, expiry.
        Raises:
            BidBelowBaseFee, BookFull, ExpiryOutOfBounds, DataTooLong, QueueIsClosed, WrongStatementLength,
            SignalNotCanonical, ERC20InsufficientBalance.
        """
        fee = self.suggest(queue) if max_fee_wei is None else max_fee_wei
        published = _published(inputs, data)
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

    def sign_bid(
        self,
        queue: int,
        statement: Sequence[int],
        max_fee_wei: int | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        data: bytes = b"",
        life_seconds: int = DEFAULT_LIFE_SECONDS,
        deadline_seconds: int = DEFAULT_LIFE_SECONDS,
        raiser: str = ZERO_ADDRESS,
        cap_wei: int = 0,
        wallet: str | None = None,
    ) -> Offer:
        """Signs a bid for somebody else to bring on chain. Nothing is sent but the allowance, once.

        Args:
            queue, statement, max_fee_wei, inputs, data, life_seconds: as for ``place``.
            deadline_seconds: how long it may be brought on chain.
            raiser: who may raise the bid for the requester; the zero address for anybody.
            cap_wei: up to here; 0 for nobody.
            wallet: the contract account that bids and pays, if it takes this account's signatures
                (EIP-1271); its allowance to the market is its own affair.
        Returns:
            The signed bid; whoever has it can place it, once. ``Offer.to_json`` writes it down.
        Raises:
            CannotSign: the account's key is not on this machine.
            ExpiryOutOfBounds: it would not live for two rounds; nobody might be able to bring it on chain.
        """
        fee = self.suggest(queue) if max_fee_wei is None else max_fee_wei
        now = self.connection.timestamp()
        _check_life(now, life_seconds, now + 2 * ROUND_SECONDS)
        bid = SignedBid(
            requester=Address(wallet) if wallet else self.address,
            queue=QueueId(queue),
            statement=tuple(statement),
            max_fee_wei=Wei(fee),
            expires_at=Timestamp(now + life_seconds),
            data=_published(inputs, data),
            raiser=Address(raiser),
            cap_wei=Wei(cap_wei),
            salt=bids.new_salt(),
            deadline=Timestamp(now + deadline_seconds),
        )
        offer = bids.sign(bid, self.account.signer, self.connection.chain_id, self.contracts.desk.address)
        if wallet is None:
            self._allow(self.contracts.market.address, max(fee, cap_wei))
        return offer

    def place_signed(self, offer: Offer) -> BidPlaced:
        """Brings anybody's signed bid on chain; its requester pays.

        Raises:
            DeadlineOver, DigestUsed, DigestIsRevoked, WrongSigner, WalletRefused, QueueIsSealed, and what
            ``place`` raises.
        """
        return self.contracts.desk.place_signed(offer).event(BidPlaced)

    def revoke(self, offer: Offer) -> None:
        """Takes the account's own signature back, before anybody brings it on chain."""
        digest = bids.digest_of(offer.bid, self.connection.chain_id, self.contracts.desk.address)
        self.contracts.desk.revoke_digest(digest)

    def allow_raise(self, task: bytes, raiser: str, cap_wei: int) -> None:
        """Lets another raise the account's bid up to ``cap_wei`` (0: nobody may any more).

        Args:
            task: the bid.
            raiser: who may; the zero address for anybody.
            cap_wei: the most it may be raised to.
        Raises:
            NotRequester.
        """
        if cap_wei:
            self._allow(self.contracts.market.address, cap_wei)
        self.contracts.desk.allow_raise(task, raiser, cap_wei)

    def raise_for(self, task: bytes, max_fee_wei: int) -> None:
        """Raises another's bid, which its requester allows and pays.

        Raises:
            NotRaiser, RaiseAboveCap, RaiseTooLow, WrongStatus.
        """
        self.contracts.desk.raise_for(task, max_fee_wei)

    def commit(
        self,
        queue: int,
        statement: Sequence[int],
        max_fee_wei: int,
        *,
        inputs: Mapping[str, Any] | None = None,
        data: bytes = b"",
        life_seconds: int = DEFAULT_LIFE_SECONDS,
    ) -> SealedBid:
        """Commits to a bid in a sealed queue, in the first half of a cycle; the deposit is escrowed.

        Args:
            queue, statement, inputs, data, life_seconds: as for ``place``.
            max_fee_wei: the most to pay; secret until it is revealed. The account must hold it then.
        Returns:
            The bid. Keep it (``SealedBid.to_json``) and reveal it in the second half of the same cycle: who
            does not loses the deposit.
        Raises:
            QueueNotSealed, QueueIsClosed, QueueIsFrozen, CommitWindowOver, ERC20InsufficientBalance.
            ExpiryOutOfBounds: it could not be revealed, and the deposit would be lost.
        """
        now = self.connection.timestamp()
        _check_life(now, life_seconds, cycle_of(now) * CYCLE_SECONDS + SEALED_LIFE_SECONDS)
        bid = SealedBid(
            requester=self.address,
            queue=QueueId(queue),
            statement=tuple(statement),
            max_fee_wei=Wei(max_fee_wei),
            expires_at=Timestamp(now + life_seconds),
            data=_published(inputs, data),
            salt=bids.new_salt(),
        )
        desk = self.contracts.desk
        self._allow(desk.address, desk.sealed_deposit_wei())
        # Without limit and whatever the bid is, so that the allowance does not tell it.
        self._allow(self.contracts.market.address, UINT256_MAX)
        desk.commit(queue, bids.hash_of(bid, self.connection.chain_id, desk.address))
        return bid

    def reveal(self, bid: SealedBid) -> BidPlaced | None:
        """Opens a sealed bid in the second half of its cycle; the deposit can then be claimed.

        Returns:
            The placed bid; ``None`` if the market refused it without the account's fault: the base fee has
            risen above it, better bids fill the book, the market is paused, the queue closed or frozen.
        Raises:
            RevealWindowNotOpen, WrongCommitStatus, ExpiryOutOfBounds, WrongStatementLength,
            SignalNotCanonical, DataTooLong, ERC20InsufficientBalance.
        """
        placed = self.contracts.desk.reveal(bid).events_of(BidPlaced)
        return placed[0] if placed else None

    def claim_deposit(self) -> Wei:
        """Claims the deposits of revealed bids; returns what was paid.

        Raises:
            NoDeposit.
        """
        return self.contracts.desk.claim_deposit().event(DepositClaimed).amount_wei

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
            [market.address],
            self.deployment.block,
            head,
            [[topic_of(ProofAccepted), topic_of(ProofLate)], [task]],
        )
        for event in decode_logs(logs):
            if isinstance(event, (ProofAccepted, ProofLate)):
                return ProvenTask(
                    event.task,
                    event.prover,
                    event.price_wei if isinstance(event, ProofAccepted) else event.paid_wei,
                    event.signals,
                    self._proof_in(event),
                    event.at.transaction,
                )
        raise NotProven(task, status.name)

    def _proof_in(self, event: ProofAccepted | ProofLate) -> bytes:
        """The proof in the calldata that was accepted; empty if it came through another contract."""
        sent = self.connection.request("eth_getTransactionByHash", event.at.transaction)
        data, functions = bytes.fromhex(sent["input"][2:]), load_abi("ProverMarket").functions
        one, many = functions["submitProof"], functions["submitProofs"]
        items: list[tuple[bytes, Sequence[int], bytes]] = []
        if data[:4] == one.selector:
            task, signals, proof = one.decode_inputs(data[4:])
            items = [(task, signals, proof)]
        elif data[:4] == many.selector:
            _, _, *lists = many.decode_inputs(data[4:])
            items = list(zip(*lists, strict=True))
        for task, signals, proof in items:
            if task == event.task and tuple(signals) == event.signals:
                return bytes(proof)
        return b""

    def _next_status(self, task: bytes, since: TaskStatus, timeout_seconds: float) -> Task:
        def changed() -> Task | None:
            found = self.contracts.market.task_of(task)
            return found if found.status is not since else None

        return wait_for(f"the next step of task 0x{task.hex()}", changed, timeout_seconds)


def _check_life(now: int, life_seconds: int, least: int) -> None:
    """Refuses a life that the market would refuse when it is too late to say another.

    Raises:
        ExpiryOutOfBounds.
    """
    expires_at, most = now + life_seconds, now + MAX_BID_SECONDS
    if not least <= expires_at <= most:
        raise ExpiryOutOfBounds(expires_at, least, most)


def _published(inputs: Mapping[str, Any] | None, data: bytes) -> bytes:
    """The data of a bid."""
    if inputs is not None and data:
        raise TypeError("give inputs or data, not both")
    return publish_inputs(inputs) if inputs is not None else data
