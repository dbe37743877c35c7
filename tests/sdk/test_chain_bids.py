"""Signed and sealed bids off chain, and a requester's ways to use them."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdk.toy_market import KEY, TERMS, ToyMarket, make_toy_market
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from zkpool_sdk.chain import Contracts, LocalSigner, NodeSigner, bids
from zkpool_sdk.chain.bids import Offer, SealedBid, SignedBid
from zkpool_sdk.chain.errors import CannotSign
from zkpool_sdk.clients import Requester
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    CommitWindowOver,
    CycleNotOver,
    DigestIsRevoked,
    DigestUsed,
    ExpiryOutOfBounds,
    NoDeposit,
    NotRaiser,
    QueueNotSealed,
    RaiseAboveCap,
    RevealWindowNotOpen,
    WrongCommitStatus,
    WrongSigner,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address, CommitStatus, QueueId, SignalRule, TaskStatus
from zkpool_sdk.units import DAY, Timestamp, Wei, zk

DESK = Address("0x" + "5a" * 20)
CHAIN = 31_337
KEY_BYTES = st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key, "big") < 2**255)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: Address("0x" + raw.hex()))
WEI = st.integers(0, 2**96 - 1).map(Wei)
TIMES = st.integers(0, 2**40 - 1).map(Timestamp)
WORDS = st.integers(0, 2**256 - 1)
QUEUES = st.integers(0, 2**24 - 1).map(QueueId)
STATEMENTS = st.lists(WORDS, max_size=8).map(tuple)
SEALED = st.builds(SealedBid, ADDRESSES, QUEUES, STATEMENTS, WEI, TIMES, st.binary(max_size=64), WORDS)
SIGNED = st.builds(
    SignedBid,
    *(ADDRESSES, QUEUES, STATEMENTS, WEI, TIMES, st.binary(max_size=64), ADDRESSES, WEI, WORDS, TIMES),
)


# --- off chain


@given(bid=SIGNED, key=KEY_BYTES)
def test_sign__any_bid__is_recovered_to_its_signer(bid: SignedBid, key: bytes) -> None:
    from eth_account import Account

    signer = LocalSigner.from_key(key)
    offer = bids.sign(bid, signer, CHAIN, DESK)
    assert len(offer.signature) == 65
    assert offer.signature[64] in (27, 28)
    digest = bids.digest_of(bid, CHAIN, DESK)
    assert Account._recover_hash(digest, signature=offer.signature) == signer.address


@given(bid=SIGNED)
def test_digest__another_chain_or_desk__is_another(bid: SignedBid) -> None:
    digests = {
        bids.digest_of(bid, chain, desk) for chain in (CHAIN, CHAIN + 1) for desk in (DESK, ZERO_ADDRESS)
    }
    assert len(digests) == 4


@given(bid=SEALED, other=SEALED, field=st.sampled_from([part.name for part in fields(SealedBid)]))
def test_sealed_hash__another_field_chain_or_desk__is_another(
    bid: SealedBid, other: SealedBid, field: str
) -> None:
    changed = replace(bid, **{field: getattr(other, field)})
    found = bids.hash_of(bid, CHAIN, DESK)
    assert (bids.hash_of(changed, CHAIN, DESK) == found) == (changed == bid)
    assert bids.hash_of(bid, CHAIN + 1, DESK) != found != bids.hash_of(bid, CHAIN, ZERO_ADDRESS)


@given(bid=SIGNED, signature=st.binary(max_size=80))
def test_json__of_a_signed_bid__is_read_back_as_it_was(bid: SignedBid, signature: bytes) -> None:
    assert SignedBid.from_json(bid.to_json()) == bid
    offer = Offer(bid, signature)
    assert Offer.from_json(offer.to_json()) == offer


@given(bid=SEALED)
def test_json__of_a_sealed_bid__is_read_back_as_it_was(bid: SealedBid) -> None:
    assert SealedBid.from_json(bid.to_json()) == bid


GOOD = SealedBid(DESK, QueueId(1), (1,), Wei(2), Timestamp(3), b"", 4)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        json.dumps({**json.loads(GOOD.to_json()), "more": "1"}),
        json.dumps({**json.loads(GOOD.to_json()), "salt": "x"}),
        json.dumps({**json.loads(GOOD.to_json()), "data": "00"}),
        json.dumps({**json.loads(GOOD.to_json()), "data": 7}),
        json.dumps({**json.loads(GOOD.to_json()), "requester": "0x12"}),
        json.dumps({**json.loads(GOOD.to_json()), "requester": None}),
    ],
)
def test_json__of_anything_else__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SealedBid.from_json(text)
    with pytest.raises(ValueError, match=r".+"):
        Offer.from_json(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement", None),
        ("statement", 5),
        ("statement", "12"),
        ("statement", [None]),
        ("statement", [["1"]]),
        ("salt", None),
        ("salt", []),
        ("salt", True),
        ("queue", 1.9),
        ("queue", float("inf")),
        ("queue", "-1"),
        ("queue", " 1_0 "),
        ("max_fee_wei", "9" * 79),
        ("data", "0x 00"),
        ("requester", "0x" + " 5a" * 20),
    ],
)
def test_json__field_of_another_kind__is_refused_and_no_crash(name: str, value: object) -> None:
    """Found by fuzzing: other errors than the promised one came out, and 1.9 became 1."""
    record = {**json.loads(GOOD.to_json()), name: value}
    with pytest.raises(ValueError, match=r".+"):
        SealedBid.from_json(json.dumps(record))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"bid": ' * 100_000])
def test_json__nested_deeper_than_the_stack__is_refused(text: str) -> None:
    for kind in (SealedBid, SignedBid, Offer):
        with pytest.raises(ValueError, match=r".+"):
            kind.from_json(text)


def test_new_salt__many__are_long_and_differ() -> None:
    salts = {bids.new_salt() for _ in range(1000)}
    assert len(salts) == 1000
    assert bids.SALT_BITS >= 128
    # Of a thousand numbers of 256 bits, none is below 2^200 but with a chance of 2^-46.
    assert min(salts) > 2**200


def test_windows__of_a_cycle__meet_and_fill_it() -> None:
    for at in (0, 299, 300, 599, 600, 1_800_000_123):
        cycle = bids.cycle_of(at)
        (commit_from, commit_to), (reveal_from, reveal_to) = (
            bids.commit_window(cycle),
            bids.reveal_window(cycle),
        )
        assert commit_from <= at <= reveal_to
        assert (commit_to - commit_from, reveal_from - commit_to, reveal_to - reveal_from) == (299, 1, 299)
        assert bids.cycle_of(commit_from) == bids.cycle_of(reveal_to) == cycle


# --- on chain


@pytest.fixture
def toy(contracts: Contracts) -> ToyMarket:
    return make_toy_market(contracts)


@pytest.fixture
def sealed(toy: ToyMarket) -> QueueId:
    """A sealed queue for the toy circuit; the chain stands at the beginning of a cycle."""
    contracts, sample = toy.contracts, [5, 6]
    contracts.projects.create_sealed_queue(
        contracts.projects.project_count(),
        contracts.verifier.address,
        contracts.verifier.key_of(KEY.public.abi),
        [SignalRule.FIXED, SignalRule.PROVER],
        TERMS,
        sample,
        KEY.prove(sample).calldata,
        0,
    )
    to_cycle(toy, bids.cycle_of(contracts.connection.timestamp()) + 1)
    return QueueId(contracts.projects.queue_count())


def to_cycle(toy: ToyMarket, cycle: int) -> None:
    toy.contracts.connection.wait_until(bids.commit_window(cycle)[0])


def to_reveal(toy: ToyMarket) -> None:
    connection = toy.contracts.connection
    connection.wait_until(bids.reveal_window(bids.cycle_of(connection.timestamp()))[0])


def test_sign_and_place__by_another__is_the_signers_bid(toy: ToyMarket) -> None:
    offer = toy.requester.sign_bid(toy.queue, [11], zk(5), inputs={"x": 3})
    placed = toy.rival.place_signed(Offer.from_json(offer.to_json()))
    assert (placed.requester, placed.max_fee_wei) == (toy.requester.address, zk(5))
    assert (placed.statement, placed.data) == ((11,), b'{"inputs":{"x":"3"}}')
    assert toy.requester.balance_wei == zk(195)
    assert toy.rival.balance_wei == zk(200)
    desk = toy.contracts.desk
    digest = desk.digest_of(offer.bid)
    assert digest == bids.digest_of(offer.bid, toy.contracts.connection.chain_id, desk.address)
    assert desk.task_of(digest) == placed.task
    with pytest.raises(DigestUsed) as caught:
        toy.keeper.contracts.desk.place_signed(offer)
    assert caught.value == DigestUsed(digest=digest, task=placed.task)


def test_sign__no_fee_given__signs_the_suggestion(toy: ToyMarket) -> None:
    toy.rival.place(toy.queue, [1], zk(3))
    offer = toy.requester.sign_bid(toy.queue, [2])
    assert offer.bid.max_fee_wei == zk(3) + 1
    with pytest.raises(TypeError):
        toy.requester.sign_bid(toy.queue, [2], zk(1), inputs={}, data=b"x")


def test_sign__key_elsewhere__says_so(toy: ToyMarket) -> None:
    from zkpool_sdk.chain import Account

    account = Account(toy.contracts.connection, NodeSigner(toy.contracts.deployment.deployer))
    with pytest.raises(CannotSign):
        Requester(toy.contracts.by(account)).sign_bid(toy.queue, [1], zk(1))


def test_sign__in_the_name_of_another__is_refused(toy: ToyMarket) -> None:
    offer = toy.requester.sign_bid(toy.queue, [11], zk(5), wallet=toy.rival.address)
    with pytest.raises(WrongSigner) as caught:
        toy.rival.place_signed(offer)
    assert caught.value == WrongSigner(got=toy.requester.address, expected=toy.rival.address)


def test_revoke__a_signature__ends_it(toy: ToyMarket) -> None:
    offer = toy.requester.sign_bid(toy.queue, [11], zk(5))
    toy.requester.revoke(offer)
    desk = toy.contracts.desk
    assert desk.is_revoked(toy.requester.address, desk.digest_of(offer.bid))
    assert desk.task_of(desk.digest_of(offer.bid)) is None
    with pytest.raises(DigestIsRevoked):
        toy.rival.place_signed(offer)


def test_raise__by_whom_the_requester_named__up_to_its_cap(toy: ToyMarket) -> None:
    offer = toy.requester.sign_bid(toy.queue, [11], zk(5), raiser=toy.rival.address, cap_wei=zk(8))
    task = toy.rival.place_signed(offer).task
    right = toy.contracts.desk.raise_right_of(task)
    assert (right.raiser, right.cap_wei) == (toy.rival.address, zk(8))
    toy.rival.raise_for(task, zk(7))
    assert toy.requester.task(task).amount_wei == zk(7)
    with pytest.raises(RaiseAboveCap):
        toy.rival.raise_for(task, zk(9))
    toy.requester.allow_raise(task, toy.prover.address, zk(10))
    with pytest.raises(NotRaiser):
        toy.rival.raise_for(task, zk(9))
    toy.requester.allow_raise(task, ZERO_ADDRESS, 0)
    assert toy.requester.balance_wei == zk(193)


def test_seal__commit_and_reveal__is_a_bid_and_the_deposit_back(toy: ToyMarket, sealed: QueueId) -> None:
    bid = toy.requester.commit(sealed, [11], zk(5), inputs={"x": 1})
    desk, connection = toy.contracts.desk, toy.contracts.connection
    assert toy.requester.balance_wei == zk(199)
    cycle = bids.cycle_of(connection.timestamp())
    found = bids.commitment_id_of(
        bid.requester, sealed, cycle, bids.hash_of(bid, connection.chain_id, desk.address)
    )
    committed = desk.commitment_of(found)
    assert (committed.requester, committed.cycle) == (toy.requester.address, cycle)
    assert committed.status is CommitStatus.COMMITTED
    with pytest.raises(RevealWindowNotOpen):
        toy.requester.reveal(bid)
    with pytest.raises(CycleNotOver):
        desk.forfeit(found)
    to_reveal(toy)
    placed = toy.requester.reveal(SealedBid.from_json(bid.to_json()))
    assert placed is not None
    assert (placed.max_fee_wei, placed.data) == (zk(5), b'{"inputs":{"x":"1"}}')
    assert toy.requester.task(placed.task).status is TaskStatus.QUEUED
    assert desk.commitment_of(found).status is CommitStatus.REVEALED
    assert desk.deposit_of(toy.requester.address) == desk.sealed_deposit_wei() == zk(1)
    assert toy.requester.claim_deposit() == zk(1)
    assert toy.requester.balance_wei == zk(195)
    with pytest.raises(NoDeposit):
        toy.requester.claim_deposit()
    with pytest.raises(WrongCommitStatus):
        toy.requester.reveal(bid)


def test_seal__below_the_base_fee__is_no_bid_and_the_deposit_back(toy: ToyMarket, sealed: QueueId) -> None:
    bid = toy.requester.commit(sealed, [11], 1)
    to_reveal(toy)
    assert toy.requester.reveal(bid) is None
    assert toy.requester.claim_deposit() == zk(1)
    assert toy.requester.balance_wei == zk(200)


def test_seal__silence__is_paid_to_insurance_by_anybody(toy: ToyMarket, sealed: QueueId) -> None:
    bid = toy.requester.commit(sealed, [11], zk(5))
    desk, connection = toy.keeper.contracts.desk, toy.contracts.connection
    cycle = bids.cycle_of(connection.timestamp())
    bid_hash = bids.hash_of(bid, connection.chain_id, desk.address)
    to_cycle(toy, cycle + 1)
    desk.forfeit(bids.commitment_id_of(bid.requester, sealed, cycle, bid_hash))
    assert toy.contracts.token.balance_of(toy.contracts.insurance.address) == zk(1)
    with pytest.raises(RevealWindowNotOpen):
        toy.requester.reveal(bid)


def test_commit__wrong_queue_or_window__is_refused(toy: ToyMarket, sealed: QueueId) -> None:
    with pytest.raises(QueueNotSealed):
        toy.requester.commit(toy.queue, [11], zk(5))
    to_reveal(toy)
    with pytest.raises(CommitWindowOver):
        toy.requester.commit(sealed, [11], zk(5))


def test_place__life_of_less_than_two_rounds__is_refused(toy: ToyMarket) -> None:
    toy.rival.place(toy.queue, [1], zk(1))
    started_at = toy.contracts.market.round_of(toy.queue).started_at
    with pytest.raises(ExpiryOutOfBounds) as caught:
        toy.requester.place(toy.queue, [2], zk(1), life_seconds=ROUND_SECONDS)
    assert caught.value.min_at == started_at + 2 * ROUND_SECONDS
    toy.requester.place(toy.queue, [2], zk(1), life_seconds=2 * ROUND_SECONDS)


def test_sign__life_too_short_to_be_placed__is_refused(toy: ToyMarket) -> None:
    now = toy.contracts.connection.timestamp()
    for life in (2 * ROUND_SECONDS - 1, 30 * DAY + 1):
        with pytest.raises(ExpiryOutOfBounds) as caught:
            toy.requester.sign_bid(toy.queue, [11], zk(5), life_seconds=life)
        assert caught.value == ExpiryOutOfBounds(now + life, now + 2 * ROUND_SECONDS, now + 30 * DAY)
    offer = toy.requester.sign_bid(toy.queue, [11], zk(5), life_seconds=2 * ROUND_SECONDS + 30)
    assert toy.rival.place_signed(offer).expires_at == offer.bid.expires_at


def test_commit__life_too_short_to_be_revealed__costs_no_deposit(toy: ToyMarket, sealed: QueueId) -> None:
    desk, connection = toy.contracts.by(toy.requester.account).desk, toy.contracts.connection
    start = bids.commit_window(bids.cycle_of(connection.timestamp()))[0]
    least = start + 4 * ROUND_SECONDS
    short = least - 1 - connection.timestamp()
    with pytest.raises(ExpiryOutOfBounds) as caught:
        toy.requester.commit(sealed, [11], zk(5), life_seconds=short)
    assert (caught.value.got_at, caught.value.min_at) == (least - 1, least)
    assert toy.requester.balance_wei == zk(200)
    bid = toy.requester.commit(sealed, [11], zk(5), life_seconds=short + 1)
    # The desk says the same of one that was committed all the same.
    ending = replace(bid, expires_at=Timestamp(least - 1))
    desk.commit(sealed, bids.hash_of(ending, connection.chain_id, desk.address))
    to_reveal(toy)
    assert toy.requester.reveal(bid) is not None
    with pytest.raises(ExpiryOutOfBounds) as caught:
        toy.requester.reveal(ending)
    assert (caught.value.got_at, caught.value.min_at) == (least - 1, least)


def test_quote_for__open_book__tells_rank_and_price(toy: ToyMarket) -> None:
    for fee in (3, 5):
        toy.rival.place(toy.queue, [fee], zk(fee))
    first, second = toy.requester.quote_for(toy.queue, zk(6)), toy.requester.quote_for(toy.queue, zk(4))
    base_fee = toy.contracts.market.base_fee_of(toy.queue)
    assert (first.rank, first.price_wei, first.base_fee_wei) == (1, zk(5), base_fee)
    assert (second.rank, second.price_wei) == (2, 0)
    round_ = toy.contracts.lens.quote(toy.queue)
    assert (round_.base_fee_wei, round_.slot_count) == (base_fee, 1)
    assert (round_.max_fees_wei, round_.prices_wei) == ((zk(5), zk(3)), (zk(3),))
    assert toy.contracts.lens.market() == toy.contracts.desk.market() == toy.contracts.market.address
    with pytest.raises(BidBelowBaseFee):
        toy.requester.place(toy.queue, [1], base_fee - 1)
    assert toy.requester.quote_for(toy.queue, base_fee - 1).rank == 0
