"""The bid desk, where signed and sealed bids come in; and the lens, which says what a bid costs."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.bids import Offer, SealedBid, SignedBid
from zkpool_sdk.chain.contracts.base import Contract
from zkpool_sdk.models import Address, Commitment, RaiseRight, TaskId
from zkpool_sdk.units import Wei


@dataclass(frozen=True, slots=True)
class RoundQuote:
    """A queue as a clearing now would see it: B, K, the live bids at or above B, best first, and prices."""

    base_fee_wei: Wei
    slot_count: int
    max_fees_wei: tuple[Wei, ...]
    prices_wei: tuple[Wei, ...]


@dataclass(frozen=True, slots=True)
class BidQuote:
    """Where one more bid would stand.

    Attributes:
        rank: 1 for the best; 0 if the market would not take the bid.
        price_wei: what it would pay; 0 if it would not win.
        base_fee_wei: B.
    """

    rank: int
    price_wei: Wei
    base_fee_wei: Wei


class Desk(Contract):
    """``BidDesk``, typed."""

    abi_name = "BidDesk"

    def place_signed(self, offer: Offer) -> Receipt:
        """Brings a signed bid on chain; emits ``SignedBidPlaced`` and ``BidPlaced``. Its requester pays.

        Raises:
            DeadlineOver, DigestUsed, DigestIsRevoked, WrongSigner, WalletRefused, ECDSAInvalidSignature,
            ECDSAInvalidSignatureLength, ECDSAInvalidSignatureS, QueueIsSealed, and what ``Market.place_bid``
            raises.
        """
        return self._send("placeSigned", offer.bid, offer.signature)

    def revoke_digest(self, digest: bytes) -> Receipt:
        """Takes the account's signature of a digest back; emits ``DigestRevoked``."""
        return self._send("revokeDigest", digest)

    def allow_raise(self, task: bytes, raiser: str, cap_wei: int) -> Receipt:
        """Lets another raise the account's bid; emits ``RaiseAllowed``.

        Raises:
            NotRequester.
        """
        return self._send("allowRaise", task, raiser, cap_wei)

    def raise_for(self, task: bytes, max_fee_wei: int) -> Receipt:
        """Raises a bid for its requester, who pays; emits ``RaisedFor`` and ``BidRaised``.

        Raises:
            NotRaiser, RaiseAboveCap, RaiseTooLow, WrongStatus, EnforcedPause, ERC20InsufficientAllowance,
            ERC20InsufficientBalance.
        """
        return self._send("raiseFor", task, max_fee_wei)

    def commit(self, queue: int, bid_hash: bytes) -> Receipt:
        """Commits to a sealed bid and pays the deposit; emits ``BidCommitted``. Needs the allowance.

        Raises:
            QueueNotSealed, QueueIsClosed, QueueIsFrozen, CommitWindowOver, WrongCommitStatus.
        """
        return self._send("commit", queue, bid_hash)

    def reveal(self, bid: SealedBid) -> Receipt:
        """Opens the account's sealed bid; emits ``BidRevealed`` and ``BidPlaced``, or ``RevealRefused``.

        Raises:
            RevealWindowNotOpen, WrongCommitStatus, ExpiryOutOfBounds, DataTooLong, WrongStatementLength,
            SignalNotCanonical, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        return self._send(
            "reveal",
            bid.queue,
            bid.statement,
            bid.max_fee_wei,
            bid.expires_at,
            bid.data,
            bid.salt,
        )

    def forfeit(self, commitment: bytes) -> Receipt:
        """Sends the deposit of a bid that stayed sealed to insurance; emits ``CommitForfeited``.

        Raises:
            CycleNotOver, WrongCommitStatus.
        """
        return self._send("forfeit", commitment)

    def claim_deposit(self) -> Receipt:
        """Pays the account the deposits of its revealed bids; emits ``DepositClaimed``.

        Raises:
            NoDeposit.
        """
        return self._send("claimDeposit")

    def digest_of(self, bid: SignedBid) -> bytes:
        """What the requester of a bid signs."""
        return bytes(self.try_call("digestOf", bid))

    def task_of(self, digest: bytes) -> TaskId | None:
        """The task that a digest became, if it did."""
        found = TaskId(self.try_call("taskOf", digest))
        return found if any(found) else None

    def is_revoked(self, requester: str, digest: bytes) -> bool:
        """Whether a requester took its signature back."""
        return bool(self.try_call("isRevoked", requester, digest))

    def raise_right_of(self, task: bytes) -> RaiseRight:
        """Who may raise a task's bid for its requester."""
        found: RaiseRight = to_model(RaiseRight, self.try_call("raiseRightOf", task))
        return found

    def commitment_of(self, commitment: bytes) -> Commitment:
        """A commitment; its status is NONE if there is no such one."""
        found: Commitment = to_model(Commitment, self.try_call("commitmentOf", commitment))
        return found

    def deposit_of(self, account: str) -> Wei:
        """What an account can claim of the deposits."""
        return Wei(self.try_call("depositOf", account))

    def sealed_deposit_wei(self) -> Wei:
        """What a commitment takes until it is revealed."""
        return Wei(self.try_call("SEALED_DEPOSIT_WEI"))

    def market(self) -> Address:
        """The market whose desk it is."""
        return Address(self.try_call("market"))


class Lens(Contract):
    """``MarketLens``, typed; it only reads."""

    abi_name = "MarketLens"

    def quote(self, queue: int) -> RoundQuote:
        """What each position costs if the round ended now.

        Raises:
            UnknownQueue, QueueIsFrozen.
        """
        found: RoundQuote = to_model(RoundQuote, self.try_call("quote", queue))
        return found

    def quote_for(self, queue: int, max_fee_wei: int) -> BidQuote:
        """Where one more bid would stand if the round ended with it.

        Raises:
            UnknownQueue, QueueIsFrozen.
        """
        found: BidQuote = to_model(BidQuote, self.try_call("quoteFor", queue, max_fee_wei))
        return found

    def market(self) -> Address:
        """The market it looks at."""
        return Address(self.try_call("market"))
