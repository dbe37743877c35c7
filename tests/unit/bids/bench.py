"""A market with its desk and lens, people who bid, and short ways to sign, seal and clear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from tests.support.anvil import rich_signer
from tests.support.rawchain import CHAIN_ID, Call, Chain, Contract, Outcome, Receipt
from tests.support.rawmarket import KEY, STANDARD_TERMS, RawMarket
from zkpool_sdk.chain import LocalSigner, bids
from zkpool_sdk.chain.bids import Offer, SealedBid, SignedBid
from zkpool_sdk.chain.connection import Log
from zkpool_sdk.chain.events import Event, decode_log
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import ZERO_ADDRESS, Address, QueueId, SignalRule
from zkpool_sdk.units import DAY, Timestamp, Wei

ZK: Final = 10**18
DEPOSIT: Final = ZK
MIN_BASE_FEE: Final = ZK // 100
ROUND: Final = 300
CYCLE: Final = 600
BOOK: Final = 64
FIELD: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
RULES: Final = (SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE)
SEALED_KEY: Final = bytes(31) + b"\x07"
TIER_KEY: Final = bytes(31) + b"\x08"
TIER_PPM: Final = 400_000
NEWCOMER_PPM: Final = 300_000
PROVERS: Final = range(6, 10)
BIDDERS: Final = range(10, 18)

NONE, QUEUED, ASSIGNED = range(3)
COMMITTED, REVEALED, FORFEITED = range(1, 4)


@contextmanager
def reverts(kind: type[ContractError], **named: Any) -> Iterator[None]:
    """Expects a refusal of this kind, with these values in these of its fields."""
    with pytest.raises(ContractError) as caught:
        yield
    error = caught.value
    assert type(error) is kind, error
    assert {name: getattr(error, name) for name in named} == named


@dataclass(frozen=True, repr=False)
class Bench:
    """One deployment and its people; signers are those of anvil's accounts."""

    raw: RawMarket
    desk: Contract
    lens: Contract
    queue: int
    sealed: int

    @property
    def chain(self) -> Chain:
        return self.raw.chain

    @property
    def market(self) -> Contract:
        return self.raw.market

    @property
    def deployer(self) -> str:
        return self.raw.deployer

    @property
    def signer(self) -> LocalSigner:
        """The requester's key."""
        return rich_signer(2)

    @property
    def requester(self) -> str:
        return self.chain.accounts[2]

    @property
    def rival(self) -> str:
        return self.chain.accounts[3]

    @property
    def relayer(self) -> str:
        """Brings bids on chain; has no tokens."""
        return self.chain.accounts[4]

    @property
    def outsider(self) -> str:
        return self.chain.accounts[5]

    @property
    def provers(self) -> list[str]:
        return [self.chain.accounts[i] for i in PROVERS]

    @property
    def bidders(self) -> list[str]:
        return [self.chain.accounts[i] for i in BIDDERS]

    # --- signed bids

    def bid(self, **changes: Any) -> SignedBid:
        """A bid of the requester that lives a day and can be brought on chain for an hour."""
        plain = SignedBid(
            requester=Address(self.requester),
            queue=QueueId(self.queue),
            statement=(11,),
            max_fee_wei=Wei(2 * ZK),
            expires_at=Timestamp(self.chain.now + DAY),
            data=b"inputs",
            raiser=ZERO_ADDRESS,
            cap_wei=Wei(0),
            salt=1,
            deadline=Timestamp(self.chain.now + 3600),
        )
        return replace(plain, **changes)

    def sign(
        self, bid: SignedBid, signer: LocalSigner | None = None, *, chain_id: int = CHAIN_ID, desk: str = ""
    ) -> Offer:
        return bids.sign(bid, signer or self.signer, chain_id, desk or self.desk.address)

    def digest(self, bid: SignedBid) -> bytes:
        return bids.digest_of(bid, CHAIN_ID, self.desk.address)

    def place_signed(self, offer: Offer, sender: str = "", at: int | None = None) -> Receipt:
        return self.desk.send(sender or self.relayer, "placeSigned", offer.bid, offer.signature, at=at)

    def offer_with(self, **changes: Any) -> Offer:
        return self.sign(self.bid(**changes))

    # --- plain bids

    def place(self, requester: str, max_fee_wei: int, *, queue: int = 0, expires_at: int = 0) -> bytes:
        """A bid placed by its requester; its task."""
        expiry = expires_at or self.chain.now + DAY
        receipt = self.market.send(requester, "placeBid", queue or self.queue, [11], max_fee_wei, expiry, b"")
        return task_of(receipt)

    # --- sealed bids

    def sealed_bid(self, requester: str = "", **changes: Any) -> SealedBid:
        plain = SealedBid(
            requester=Address(requester or self.requester),
            queue=QueueId(self.sealed),
            statement=(11,),
            max_fee_wei=Wei(2 * ZK),
            expires_at=Timestamp(self.chain.now + DAY),
            data=b"",
            salt=bids.new_salt(),
        )
        return replace(plain, **changes)

    def commit_at(self) -> int:
        """The next second at which bids can be committed, with a minute of the window left."""
        at = self.chain.now + 1
        return at if at % CYCLE < ROUND - 60 else (at // CYCLE + 1) * CYCLE

    def reveal_at(self) -> int:
        """The next second of a reveal window; of this cycle where it has one left."""
        at = self.chain.now + 1
        return max(at, at // CYCLE * CYCLE + ROUND)

    def hash_of(self, bid: SealedBid) -> bytes:
        return bids.hash_of(bid, CHAIN_ID, self.desk.address)

    def commit(self, bid: SealedBid, at: int | None = None) -> bytes:
        """Commits to a bid in a commit window; the commitment."""
        at = self.commit_at() if at is None else at
        bid_hash = self.hash_of(bid)
        self.desk.send(bid.requester, "commit", bid.queue, bid_hash, at=at)
        return bids.commitment_id_of(bid.requester, bid.queue, at // CYCLE, bid_hash)

    def reveal(self, bid: SealedBid, sender: str = "", at: int | None = None) -> Receipt:
        at = self.reveal_at() if at is None else at
        return self.desk.send(sender or bid.requester, "reveal", *opening(bid), at=at)

    # --- rounds

    def clear(self, queue: int = 0) -> list[Event]:
        """Ends a round as soon as it can be; in a commit window if the queue is sealed."""
        queue = queue or self.queue
        at = max(self.chain.now + 1, self.market.read("roundOf", queue)[2] + ROUND)
        if queue == self.sealed and at % CYCLE >= ROUND:
            at = (at // CYCLE + 1) * CYCLE
        return events_of(self.market.send(self.outsider, "clear", queue, at=at))

    # --- looking

    def balance(self, account: str) -> int:
        return int(self.raw.token.read("balanceOf", account))

    def status(self, task: bytes) -> int:
        return int(self.market.read("taskOf", task)[2])

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """What calls would do one after the other; nothing is kept."""
        return self.chain.simulate(calls)

    def attempt(self, contract: Contract, sender: str, function: str, *arguments: Any, at: int) -> Outcome:
        """What a call at this second would do; nothing is kept.

        Raises:
            ContractError: it would be refused.
        """
        [done] = self.run([contract.call(sender, function, *arguments, at=at)])
        if not done.ok:
            raise done.error()
        return done


def opening(bid: SealedBid) -> tuple[Any, ...]:
    """What ``reveal`` takes."""
    return (bid.queue, bid.statement, bid.max_fee_wei, bid.expires_at, bid.data, bid.salt)


def events_of(done: Receipt | Outcome) -> list[Event]:
    """The events of a transaction or of a simulated call."""
    found = []
    for number, log in enumerate(done.logs):
        topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
        event = decode_log(
            Log(Address(log["address"]), topics, bytes.fromhex(log["data"][2:]), 0, number, "")
        )
        if event is not None:
            found.append(event)
    return found


def event(done: Receipt | Outcome, name: str) -> Any:
    """The one event of this name."""
    [found] = [e for e in events_of(done) if type(e).__name__ == name]
    return found


def task_of(done: Receipt | Outcome) -> bytes:
    """The task of the bid that was placed."""
    return bytes(event(done, "BidPlaced").task)


def furnish(raw: RawMarket) -> Bench:
    """Queues, provers with a slot each, and funded requesters."""
    assert raw.desk is not None
    assert raw.lens is not None
    queue = raw.create_mock_queue(RULES, STANDARD_TERMS, KEY)
    sealed = raw.create_mock_queue(RULES, STANDARD_TERMS, SEALED_KEY, min_rating_ppm=0)
    bench = Bench(raw, raw.desk, raw.lens, queue, sealed)
    for account in (bench.requester, bench.rival, *bench.bidders):
        raw.fund(account, 1_000_000 * ZK, raw.market, raw.desk)
    for prover in bench.provers:
        raw.fund(prover, 1_000 * ZK, raw.vault)
        raw.vault.send(prover, "stake", 40 * ZK)
        raw.provers.send(prover, "register", "")
        for number in (queue, sealed):
            raw.provers.send(prover, "join", number, 8)
    return bench
