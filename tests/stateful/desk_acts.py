"""The acts at the bid desk: signed bids that somebody else brings, sealed bids committed and revealed."""

from __future__ import annotations

from functools import cache, partial
from typing import Final

from eth_account import Account
from eth_keys.datatypes import PrivateKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from tests.stateful.pool_acts import PoolActs
from tests.stateful.world import OWNER_OF_WALLET
from tests.support.anvil import MNEMONIC
from tests.support.rawchain import CHAIN_ID
from zkpool_sdk.chain import bids
from zkpool_sdk.chain.bids import Offer, SealedBid, SignedBid
from zkpool_sdk.economics.desk import COMMIT_SECONDS, CYCLE_SECONDS, BidDesk
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.errors import (
    ContractError,
    ECDSAInvalidSignature,
    ECDSAInvalidSignatureLength,
    ECDSAInvalidSignatureS,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address, QueueId, TaskId
from zkpool_sdk.units import DAY, Timestamp, Wei

SIGNATURE_BYTES: Final = 65
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""
FIRST_SIGNER: Final = 6
"""Number of the first requester's account; the others follow."""


@cache
def key_of(number: int) -> PrivateKey:
    """The key of one of anvil's accounts."""
    Account.enable_unaudited_hdwallet_features()
    found = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{number}")
    return PrivateKey(bytes(found.key))


def recovered(digest: bytes, signature: bytes) -> Address | ContractError:
    """Whom a signature is of, or what OpenZeppelin's ECDSA says is wrong with it."""
    if len(signature) != SIGNATURE_BYTES:
        return ECDSAInvalidSignatureLength(len(signature))
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if s > CURVE_ORDER // 2:
        return ECDSAInvalidSignatureS(signature[32:64])
    if v not in (27, 28):
        return ECDSAInvalidSignature()
    try:
        key = Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return ECDSAInvalidSignature()
    return Address(key.to_checksum_address())


class DeskActs(PoolActs):
    """What comes through the desk. In a world of stand-ins the machine acts for the desk itself."""

    offers: list[Offer]
    """Signed bids that anybody may have seen."""
    sealed_bids: dict[bytes, SealedBid]
    """What is behind each commitment."""

    @property
    def protocol(self) -> Protocol:
        """The model of a whole world."""
        assert isinstance(self.market, Protocol)
        return self.market

    @property
    def bids(self) -> BidDesk:
        return self.protocol.bids

    # --- signed

    def sign(self, bid: SignedBid, number: int = -1) -> Offer:
        """A bid with a signature by the key of an account, its requester's by default."""
        people = self.roles.requesters
        if number < 0:
            wallet = bid.requester in self.roles.wallet
            number = OWNER_OF_WALLET if wallet else FIRST_SIGNER + people.index(bid.requester)
        digest = bids.digest_of(bid, CHAIN_ID, self.roles.desk)
        found = key_of(number).sign_msg_hash(digest)
        words = found.r.to_bytes(32, "big") + found.s.to_bytes(32, "big")
        return Offer(bid, words + bytes([27 + found.v]))

    def offer(
        self,
        requester: Address,
        queue: QueueId,
        fee_wei: int,
        *,
        life: int = 20 * DAY,
        raiser: Address = ZERO_ADDRESS,
        cap_wei: int = 0,
        deadline: int = DAY,
        signer: int = -1,
    ) -> Offer:
        """A bid that its requester has signed, for anybody to bring; or that another has signed."""
        self.last_statement += 1
        bid = SignedBid(
            requester,
            queue,
            (self.last_statement,),
            Wei(fee_wei),
            Timestamp(self.now + life),
            b"hash",
            raiser,
            Wei(cap_wei),
            self.last_statement,
            Timestamp(self.now + deadline),
        )
        offered = self.sign(bid, signer)
        self.offers.append(offered)
        return offered

    def bring(self, caller: Address, offered: Offer, *, compare: bool = True) -> TaskId | None:
        """Brings a signed bid on chain; its task, if it is taken."""
        bid, signature = offered.bid, offered.signature
        digest = bids.digest_of(bid, CHAIN_ID, self.roles.desk)
        signer: Address | ContractError | None = recovered(digest, signature)
        is_wallet = bid.requester in self.roles.wallet
        if is_wallet:
            signer = bid.requester if signer == self.roles.requesters[0] else None
        task = self.act(
            "place signed",
            caller,
            "desk",
            "placeSigned",
            (bid, signature),
            partial(self.bids.place_signed, is_wallet=is_wallet),
            bid,
            digest,
            signer,
            self.now,
            returned=bytes,
            compare=compare,
        )
        if task is not None:
            self.statements[task] = bid.statement[0]
        return task  # type: ignore[no-any-return]

    def revoke(self, caller: Address, bid: SignedBid) -> None:
        digest = bids.digest_of(bid, CHAIN_ID, self.roles.desk)
        action = self.bids.revoke_digest
        self.act("revoke digest", caller, "desk", "revokeDigest", (digest,), action, caller, digest)

    def allow_raise(self, caller: Address, task: TaskId, raiser: Address, cap_wei: int) -> None:
        arguments = (task, raiser, cap_wei)
        action = self.bids.allow_raise
        self.act("allow raise", caller, "desk", "allowRaise", arguments, action, caller, *arguments)

    def raise_at_desk(self, caller: Address, task: TaskId, fee_wei: int) -> None:
        arguments = (task, fee_wei)
        action, before = self.bids.raise_for, self.market.task_of(task)
        self.act("raise at desk", caller, "desk", "raiseFor", arguments, action, caller, *arguments)
        after, right = self.market.task_of(task), self.bids.right_of(task)
        if after != before:
            assert before.amount_wei < after.amount_wei <= right.cap_wei  # 46
            assert right.raiser in (ZERO_ADDRESS, caller)  # 46

    # --- sealed

    def commit(self, caller: Address, queue: QueueId, bid_hash: bytes) -> bytes | None:
        """Commits to a hash; the commitment, if it is taken."""
        arguments = (queue, bid_hash)
        return self.act(  # type: ignore[no-any-return]
            "commit",
            caller,
            "desk",
            "commit",
            arguments,
            self.bids.commit,
            caller,
            *arguments,
            self.now,
            returned=bytes,
        )

    def seal(self, requester: Address, queue: QueueId, fee_wei: int, life: int = 29 * DAY) -> bytes | None:
        """Commits to a new bid; the commitment, if it is taken."""
        self.last_statement += 1
        number = self.last_statement
        expires_at = Timestamp(self.now + life)
        bid = SealedBid(requester, queue, (number,), Wei(fee_wei), expires_at, b"hash", number)
        commitment = self.commit(requester, queue, bids.hash_of(bid, CHAIN_ID, self.roles.desk))
        if commitment is not None:
            self.sealed_bids[commitment] = bid
        return commitment

    def open_bid(self, caller: Address, bid: SealedBid) -> TaskId | None:
        """Reveals a sealed bid, the caller's own or another's."""
        fields = bid.queue, list(bid.statement), bid.max_fee_wei, bid.expires_at, bid.data, bid.salt
        task = self.act(
            "reveal",
            caller,
            "desk",
            "reveal",
            fields,
            self.bids.reveal,
            caller,
            *fields,
            self.now,
            returned=bytes,
        )
        if task is not None and any(task):
            self.statements[task] = bid.statement[0]
        return task  # type: ignore[no-any-return]

    def forfeit(self, commitment: bytes) -> None:
        action = self.bids.forfeit
        self.act("forfeit", self.roles.keeper, "desk", "forfeit", (commitment,), action, commitment, self.now)

    def claim_deposit(self, caller: Address) -> None:
        action = self.bids.claim_deposit
        self.act("claim deposit", caller, "desk", "claimDeposit", (), action, caller, returned=int)

    def to_commits(self) -> None:
        """Waits for the first half of a cycle, if it is not now."""
        if self.now % CYCLE_SECONDS >= COMMIT_SECONDS:
            self.to((self.now // CYCLE_SECONDS + 1) * CYCLE_SECONDS)

    def to_reveals(self) -> None:
        """Waits for the second half of the cycle."""
        self.to(self.now // CYCLE_SECONDS * CYCLE_SECONDS + COMMIT_SECONDS)

    # --- the same acts as the stand-in's

    def place_for(
        self, caller: Address, requester: Address, queue: QueueId, fee_wei: int, *, compare: bool = True
    ) -> None:
        """Brings a bid in: signed, if there is a desk to sign for."""
        if not self.world.whole or caller != self.roles.desk:
            super().place_for(caller, requester, queue, fee_wei, compare=compare)
        else:
            self.bring(self.roles.outsider, self.offer(requester, queue, fee_wei), compare=compare)

    def raise_for(self, caller: Address, task: TaskId, fee_wei: int) -> None:
        """Raises another's bid, which at a real desk it has allowed."""
        if not self.world.whole or caller != self.roles.desk:
            super().raise_for(caller, task, fee_wei)
            return
        requester = self.market.tasks[task].requester
        self.allow_raise(requester, task, ZERO_ADDRESS, fee_wei)
        self.raise_at_desk(self.roles.keeper, task, fee_wei)

    def reveal(self, queue: QueueId, count: int, over: int) -> None:
        """Brings bids into a sealed queue: committed in the first half of a cycle, revealed in the second."""
        if not self.world.whole:
            super().reveal(queue, count, over)
            return
        self.to_commits()
        made = []
        for number in range(count):
            fee_wei = self.market.base_fee_of(queue, self.now) + over + 10**15 * number
            made.append(self.seal(self.roles.requesters[number % 3], queue, fee_wei))
        self.to_reveals()
        for commitment in made:
            if commitment is not None:
                bid = self.sealed_bids[commitment]
                self.open_bid(bid.requester, bid)
