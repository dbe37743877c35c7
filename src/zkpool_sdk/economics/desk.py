"""The bid desk in memory: bids that somebody else brings, signed; and sealed bids, committed and revealed.

Written from PROTOCOL.md, "Bids". What a signature recovers to, and what a wallet says, is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.market import MAX_BID_SECONDS, Market
from zkpool_sdk.economics.task_id import keccak_words, statement_hash
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    BookFull,
    CommitWindowOver,
    ContractError,
    CycleNotOver,
    DeadlineOver,
    DigestIsRevoked,
    DigestUsed,
    EnforcedPause,
    ExpiryOutOfBounds,
    NoDeposit,
    NotRaiser,
    NotRequester,
    QueueIsClosed,
    QueueIsFrozen,
    QueueIsSealed,
    QueueNotSealed,
    RaiseAboveCap,
    RevealWindowNotOpen,
    WalletRefused,
    WrongCommitStatus,
    WrongSigner,
)
from zkpool_sdk.models import (
    ZERO_ADDRESS,
    Address,
    Commitment,
    CommitStatus,
    QueueId,
    RaiseRight,
    TaskId,
)
from zkpool_sdk.units import WEI_PER_ZK, Wei

COMMIT_SECONDS: Final = ROUND_SECONDS
CYCLE_SECONDS: Final = 2 * COMMIT_SECONDS
SEALED_DEPOSIT_WEI: Final = Wei(WEI_PER_ZK)
WALLET_GAS: Final = 100_000
NO_COMMITMENT: Final = Commitment(ZERO_ADDRESS, 0, CommitStatus.NONE)
NO_RIGHT: Final = RaiseRight(ZERO_ADDRESS, Wei(0))
NO_TASK_ID: Final = TaskId(bytes(32))
BLAMELESS: Final = (BidBelowBaseFee, BookFull, EnforcedPause, QueueIsClosed, QueueIsFrozen)
"""What the market may refuse a revealed bid for that its requester could not know."""


class Offered(Protocol):
    """A bid as its requester signs it; ``chain.bids.SignedBid`` is one."""

    @property
    def requester(self) -> Address:
        """Who pays."""

    @property
    def queue(self) -> QueueId:
        """Where to."""

    @property
    def statement(self) -> tuple[int, ...]:
        """What the queue fixes."""

    @property
    def max_fee_wei(self) -> Wei:
        """The bid."""

    @property
    def expires_at(self) -> int:
        """Last second of its life."""

    @property
    def data(self) -> bytes:
        """For provers."""

    @property
    def raiser(self) -> Address:
        """Who may raise it."""

    @property
    def cap_wei(self) -> Wei:
        """Up to where."""

    @property
    def deadline(self) -> int:
        """Last second to bring it."""


class BidDesk:
    """The desk of a market. It holds nothing but the deposits of sealed bids."""

    def __init__(self, market: Market, address: Address) -> None:
        self.market = market
        self.address = address
        self.tasks: dict[bytes, TaskId] = {}
        self.revoked: set[tuple[Address, bytes]] = set()
        self.rights: dict[TaskId, RaiseRight] = {}
        self.commitments: dict[bytes, Commitment] = {}
        self.deposits: dict[Address, int] = {}

    # --- signed bids

    def place_signed(
        self,
        bid: Offered,
        digest: bytes,
        signer: Address | ContractError | None,
        now: int,
        *,
        is_wallet: bool = False,
    ) -> TaskId:
        """Brings a signed bid to the market; anybody may.

        Args:
            digest: what was signed.
            signer: whom the signature is of, or what is wrong with it; of a wallet's, the wallet if it says
                that the signature is its own.
            is_wallet: whether the requester is a contract.
        Raises:
            DeadlineOver, UnknownQueue, QueueIsSealed, DigestUsed, DigestIsRevoked, WrongSigner,
            WalletRefused, ``signer`` if it is an error, and what ``place_bid_for`` raises.
        """
        if now > bid.deadline:
            raise DeadlineOver(now, bid.deadline)
        if self.market.projects.queue_of(bid.queue).is_sealed:
            raise QueueIsSealed(bid.queue)
        if digest in self.tasks:
            raise DigestUsed(digest, self.tasks[digest])
        if (bid.requester, digest) in self.revoked:
            raise DigestIsRevoked(digest)
        if signer != bid.requester:
            if is_wallet:
                raise WalletRefused(bid.requester, WALLET_GAS)
            if isinstance(signer, ContractError):
                raise signer
            raise WrongSigner(signer or ZERO_ADDRESS, bid.requester)
        fields = bid.requester, bid.queue, bid.statement, bid.max_fee_wei, bid.expires_at
        task = self.market.place_bid_for(self.address, *fields, now, bid.data)
        self.tasks[digest] = task
        if bid.cap_wei:
            self.rights[task] = RaiseRight(bid.raiser, bid.cap_wei)
        return task

    def revoke_digest(self, caller: Address, digest: bytes) -> None:
        """Takes the caller's signature of a digest back."""
        self.revoked.add((caller, digest))

    def allow_raise(self, caller: Address, task: TaskId, raiser: Address, cap_wei: int) -> None:
        """Lets an account, the zero address for any, raise the caller's bid up to a cap.

        Raises:
            NotRequester.
        """
        if caller != self.market.task_of(task).requester:
            raise NotRequester(task, caller)
        self.rights[task] = RaiseRight(raiser, Wei(cap_wei))

    def raise_for(self, caller: Address, task: TaskId, max_fee_wei: int) -> None:
        """Raises a bid whose requester has allowed it, and pays.

        Raises:
            RaiseAboveCap, NotRaiser, and what ``raise_bid_for`` raises.
        """
        right = self.right_of(task)
        if max_fee_wei > right.cap_wei:
            raise RaiseAboveCap(task, max_fee_wei, right.cap_wei)
        if right.raiser not in (ZERO_ADDRESS, caller):
            raise NotRaiser(task, caller)
        self.market.raise_bid_for(self.address, task, max_fee_wei)

    # --- sealed bids

    def commit(self, caller: Address, queue: QueueId, bid_hash: bytes, now: int) -> bytes:
        """Commits to a bid against a deposit, in the first half of a cycle; returns the commitment.

        Raises:
            UnknownQueue, QueueNotSealed, QueueIsFrozen, QueueIsClosed, CommitWindowOver, WrongCommitStatus,
            ERC20InsufficientBalance.
        """
        q = self.market.projects.queue_of(queue)
        if not q.is_sealed:
            raise QueueNotSealed(queue)
        if q.frozen:
            raise QueueIsFrozen(queue)
        if q.closed:
            raise QueueIsClosed(queue)
        cycle = now // CYCLE_SECONDS
        if now % CYCLE_SECONDS >= COMMIT_SECONDS:
            raise CommitWindowOver(now, (cycle + 1) * CYCLE_SECONDS)
        commitment = commitment_id(caller, queue, cycle, bid_hash)
        self._expect(commitment, CommitStatus.NONE)
        self.market.token.transfer(caller, self.address, SEALED_DEPOSIT_WEI)
        self.commitments[commitment] = Commitment(caller, cycle, CommitStatus.COMMITTED)
        return commitment

    def reveal(
        self,
        caller: Address,
        queue: QueueId,
        statement: Sequence[int],
        max_fee_wei: int,
        expires_at: int,
        data: bytes,
        salt: int,
        now: int,
    ) -> TaskId:
        """Opens the caller's commitment in the second half of its cycle, and places the bid.

        Returns:
            the task; zero if the market refused it for what nobody could know, which frees the deposit too.
        Raises:
            RevealWindowNotOpen, ExpiryOutOfBounds, WrongCommitStatus, and what ``place_bid_for`` raises.
        """
        cycle = now // CYCLE_SECONDS
        opens_at = cycle * CYCLE_SECONDS + COMMIT_SECONDS
        if now < opens_at:
            raise RevealWindowNotOpen(now, opens_at)
        least = (cycle + 2) * CYCLE_SECONDS
        if expires_at < least:
            raise ExpiryOutOfBounds(expires_at, least, now + MAX_BID_SECONDS)
        bid_hash = self.hash_of(caller, queue, statement, max_fee_wei, expires_at, data, salt)
        commitment = commitment_id(caller, queue, cycle, bid_hash)
        self._expect(commitment, CommitStatus.COMMITTED)
        bid = caller, queue, statement, max_fee_wei, expires_at
        try:
            task = self.market.place_bid_for(self.address, *bid, now, data)
        except ContractError as refusal:
            if not isinstance(refusal, BLAMELESS):
                raise
            task = self._refused(commitment, refusal)
        self._end(commitment, CommitStatus.REVEALED)
        self.deposits[caller] = self.deposit_of(caller) + SEALED_DEPOSIT_WEI
        return task

    def forfeit(self, commitment: bytes, now: int) -> None:
        """Sends the deposit of a commitment that was not revealed to insurance; anybody may.

        Raises:
            WrongCommitStatus, CycleNotOver.
        """
        self._expect(commitment, CommitStatus.COMMITTED)
        ends_at = (self.commitments[commitment].cycle + 1) * CYCLE_SECONDS
        if now < ends_at:
            raise CycleNotOver(commitment, now, ends_at)
        self._end(commitment, CommitStatus.FORFEITED)
        self.market.token.transfer(self.address, self.market.addresses.insurance, SEALED_DEPOSIT_WEI)

    def claim_deposit(self, caller: Address) -> Wei:
        """Pays the caller the deposits of its revealed bids; returns how much.

        Raises:
            NoDeposit.
        """
        paid_wei = self.deposit_of(caller)
        if paid_wei == 0:
            raise NoDeposit(caller)
        del self.deposits[caller]
        self.market.token.transfer(self.address, caller, paid_wei)
        return paid_wei

    # --- views

    def hash_of(
        self,
        requester: Address,
        queue: QueueId,
        statement: Sequence[int],
        max_fee_wei: int,
        expires_at: int,
        data: bytes,
        salt: int,
    ) -> bytes:
        """What a bid is committed by; each field a word, statement and data by their hashes."""
        return keccak_words(
            self.market.chain_id,
            self.address,
            requester,
            queue,
            statement_hash(statement),
            max_fee_wei,
            expires_at,
            keccak_words(data),
            salt,
        )

    def task_of(self, digest: bytes) -> TaskId:
        """The task a digest became; zero if none."""
        return self.tasks.get(digest, NO_TASK_ID)

    def right_of(self, task: TaskId) -> RaiseRight:
        """Who may raise a task's bid for its requester."""
        return self.rights.get(task, NO_RIGHT)

    def commitment_of(self, commitment: bytes) -> Commitment:
        """A commitment; its status is NONE if there is none."""
        return self.commitments.get(commitment, NO_COMMITMENT)

    def deposit_of(self, account: Address) -> Wei:
        """What an account can claim of the deposits."""
        return Wei(self.deposits.get(account, 0))

    @property
    def owed_wei(self) -> Wei:
        """A deposit for each open commitment, and what can be claimed."""
        open_count = sum(c.status == CommitStatus.COMMITTED for c in self.commitments.values())
        return Wei(open_count * SEALED_DEPOSIT_WEI + sum(self.deposits.values()))

    def _refused(self, commitment: bytes, refusal: ContractError) -> TaskId:
        """What a bid becomes that the market refuses without its requester's fault: none."""
        return NO_TASK_ID

    def _expect(self, commitment: bytes, expected: CommitStatus) -> None:
        got = self.commitment_of(commitment).status
        if got != expected:
            raise WrongCommitStatus(commitment, got, expected)

    def _end(self, commitment: bytes, status: CommitStatus) -> None:
        self.commitments[commitment] = replace(self.commitments[commitment], status=status)


def commitment_id(requester: Address, queue: QueueId, cycle: int, bid_hash: bytes) -> bytes:
    """Id of a commitment: it names who made it and when, so that nobody else can open it."""
    return keccak_words(requester, queue, cycle, bid_hash)
