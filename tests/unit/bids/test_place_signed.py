"""`placeSigned` and `revokeDigest`: whose will a signature is, and how often it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.anvil import rich_signer
from tests.support.rawchain import CHAIN_ID
from tests.unit.bids.bench import FIELD, QUEUED, ROUND, ZK, Bench, event, events_of, reverts, task_of
from zkpool_sdk import errors
from zkpool_sdk.chain import bids
from zkpool_sdk.chain.bids import Offer, SignedBid
from zkpool_sdk.models import ZERO_ADDRESS, Address, QueueId
from zkpool_sdk.units import DAY, Timestamp, Wei

# secp256k1
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

ADDRESSES = st.integers(0, 2**160 - 1).map(lambda n: Address(f"0x{n:040x}"))
BIDS = st.builds(
    SignedBid,
    requester=ADDRESSES,
    queue=st.integers(0, 2**24 - 1).map(QueueId),
    statement=st.lists(st.integers(0, 2**256 - 1), max_size=32).map(tuple),
    max_fee_wei=st.integers(0, 2**96 - 1).map(Wei),
    expires_at=st.integers(0, 2**40 - 1).map(Timestamp),
    data=st.binary(max_size=200),
    raiser=ADDRESSES,
    cap_wei=st.integers(0, 2**96 - 1).map(Wei),
    salt=st.integers(0, 2**256 - 1),
    deadline=st.integers(0, 2**40 - 1).map(Timestamp),
)
OTHER = {
    "requester": Address("0x" + "77" * 20),
    "queue": QueueId(2),
    "statement": (12,),
    "max_fee_wei": Wei(3 * ZK),
    "expires_at": Timestamp(1_800_999_999),
    "data": b"other",
    "raiser": Address("0x" + "78" * 20),
    "cap_wei": Wei(9 * ZK),
    "salt": 2,
    "deadline": Timestamp(1_900_000_000),
}


def recovered(bench: Bench, bid: SignedBid, offer: Offer) -> str:
    """Whose signature of `bid` the signature of another message would be."""
    from eth_account import Account
    from eth_account.messages import encode_typed_data

    message = encode_typed_data(full_message=bids.typed_data(bid, CHAIN_ID, bench.desk.address))
    return str(Account.recover_message(message, signature=offer.signature))


# --- what is placed


def test_place_signed__by_anybody__is_the_requesters_bid(bench: Bench) -> None:
    offer = bench.offer_with()
    before = bench.balance(bench.requester)
    done = bench.place_signed(offer)
    placed, signed = event(done, "BidPlaced"), event(done, "SignedBidPlaced")
    assert (placed.requester, placed.queue, placed.max_fee_wei) == (bench.requester, bench.queue, 2 * ZK)
    assert (placed.statement, placed.data, placed.expires_at) == ((11,), b"inputs", offer.bid.expires_at)
    assert (signed.task, signed.requester, signed.brought_by) == (
        placed.task,
        bench.requester,
        bench.relayer,
    )
    assert signed.digest == bench.digest(offer.bid)
    assert bench.status(placed.task) == QUEUED
    assert bench.desk.read("taskOf", signed.digest) == placed.task
    assert bench.balance(bench.requester) == before - 2 * ZK
    assert bench.balance(bench.market.address) == 2 * ZK
    assert bench.balance(bench.desk.address) == bench.balance(bench.relayer) == 0


def test_place_signed__nobody_may_raise__leaves_no_right(bench: Bench) -> None:
    done = bench.place_signed(bench.offer_with(raiser=Address(bench.rival)))
    assert bench.desk.read("raiseRightOf", task_of(done)) == (ZERO_ADDRESS, 0)
    assert not [e for e in events_of(done) if type(e).__name__ == "RaiseAllowed"]


def test_place_signed__with_a_cap__lets_the_raiser_raise(bench: Bench) -> None:
    done = bench.place_signed(bench.offer_with(raiser=Address(bench.rival), cap_wei=Wei(5 * ZK)))
    allowed = event(done, "RaiseAllowed")
    assert (allowed.task, allowed.raiser, allowed.cap_wei) == (task_of(done), bench.rival, 5 * ZK)
    assert bench.desk.read("raiseRightOf", task_of(done)) == (bench.rival, 5 * ZK)


def test_place_signed__requester_without_ether__needs_none(bench: Bench) -> None:
    bench.chain.set_balance(bench.requester, 0)
    assert bench.status(task_of(bench.place_signed(bench.offer_with()))) == QUEUED


def test_place_signed__around_the_deadline__counts_to_its_second(bench: Bench) -> None:
    deadline = bench.chain.now + 50
    offer = bench.offer_with(deadline=Timestamp(deadline))
    call = (bench.desk, bench.relayer, "placeSigned", offer.bid, offer.signature)
    with reverts(errors.DeadlineOver, now_at=deadline + 1, deadline=deadline):
        bench.attempt(*call, at=deadline + 1)
    assert task_of(bench.attempt(*call, at=deadline)) != bytes(32)


# --- whose signature


def test_place_signed__by_another_key__is_refused(bench: Bench) -> None:
    offer = bench.sign(bench.bid(), rich_signer(3))
    with reverts(errors.WrongSigner, got=bench.rival, expected=bench.requester):
        bench.place_signed(offer)


@pytest.mark.parametrize("field", OTHER)
def test_place_signed__a_field_changed__is_another_message(bench: Bench, field: str) -> None:
    """Lesson 5: whatever moves money is under the signature."""
    offer = bench.offer_with()
    changed = replace(offer.bid, **{field: OTHER[field]})
    assert bench.digest(changed) != bench.digest(offer.bid)
    if field == "queue":
        kind: type[errors.ContractError] = errors.QueueIsSealed
        with reverts(kind, queue=bench.sealed):
            bench.place_signed(Offer(changed, offer.signature))
        return
    with reverts(errors.WrongSigner, got=recovered(bench, changed, offer), expected=changed.requester):
        bench.place_signed(Offer(changed, offer.signature))


def test_place_signed__queue_changed_to_another_open_one__is_refused(bench: Bench) -> None:
    other = bench.raw.create_mock_queue((1, 2, 3), key=bytes(31) + b"\x09")  # type: ignore[arg-type]
    offer = bench.offer_with()
    changed = replace(offer.bid, queue=QueueId(other))
    with reverts(errors.WrongSigner, expected=bench.requester):
        bench.place_signed(Offer(changed, offer.signature))


def test_place_signed__a_permit_of_the_token__is_no_bid(bench: Bench) -> None:
    """Lesson 21: no signature of one kind is good for another."""
    permit = {
        "types": {
            "EIP712Domain": bids.typed_data(bench.bid(), 1, ZERO_ADDRESS)["types"]["EIP712Domain"],
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ],
        },
        "primaryType": "Permit",
        "domain": {
            "name": "ZKPool",
            "version": "1",
            "chainId": CHAIN_ID,
            "verifyingContract": bench.desk.address,
        },
        "message": {
            "owner": bench.requester,
            "spender": bench.market.address,
            "value": 2 * ZK,
            "nonce": 0,
            "deadline": 2**40 - 1,
        },
    }
    v, r, s = bench.signer.sign_typed_data(permit)
    with reverts(errors.WrongSigner, expected=bench.requester):
        bench.place_signed(Offer(bench.bid(), r + s + bytes([v])))


# --- malleability: one signature has one form


def parts(offer: Offer) -> tuple[bytes, int, int]:
    return offer.signature[:32], int.from_bytes(offer.signature[32:64], "big"), offer.signature[64]


def test_place_signed__high_s__is_refused(bench: Bench) -> None:
    """Lesson 25."""
    offer = bench.offer_with()
    r, s, v = parts(offer)
    high = (CURVE_ORDER - s).to_bytes(32, "big")
    with reverts(errors.ECDSAInvalidSignatureS, s=high):
        bench.place_signed(Offer(offer.bid, r + high + bytes([55 - v])))


@pytest.mark.parametrize("shape", ["compact", "short", "long", "empty"])
def test_place_signed__not_65_bytes__is_refused(bench: Bench, shape: str) -> None:
    offer = bench.offer_with()
    r, s, v = parts(offer)
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    forms = {"compact": compact, "short": offer.signature[:-1], "long": offer.signature + b"\0", "empty": b""}
    signature = forms[shape]
    with reverts(errors.ECDSAInvalidSignatureLength, length=len(signature)):
        bench.place_signed(Offer(offer.bid, signature))


@pytest.mark.parametrize("shift", [27, -2, 2])
def test_place_signed__v_not_27_or_28__is_refused(bench: Bench, shift: int) -> None:
    """With 27 taken off: v of 0 or 1."""
    offer = bench.offer_with()
    r, s, v = parts(offer)
    odd = v - shift if shift == 27 else v + shift
    assert odd not in (27, 28)
    with reverts(errors.ECDSAInvalidSignature):
        bench.place_signed(Offer(offer.bid, r + s.to_bytes(32, "big") + bytes([odd])))


def test_place_signed__of_nobody__is_not_the_zero_addresss_bid(bench: Bench) -> None:
    bid = bench.bid(requester=ZERO_ADDRESS)
    with reverts(errors.ECDSAInvalidSignature):
        bench.place_signed(Offer(bid, bytes(64) + bytes([27])))


# --- replay


def test_place_signed__twice__is_one_task(bench: Bench) -> None:
    offer = bench.offer_with()
    task = task_of(bench.place_signed(offer))
    with reverts(errors.DigestUsed, digest=bench.digest(offer.bid), task=task):
        bench.place_signed(offer, bench.requester)
    assert bench.balance(bench.market.address) == 2 * ZK


def test_place_signed__again_after_its_task_ended__is_refused(bench: Bench) -> None:
    offer = bench.offer_with(expires_at=Timestamp(bench.chain.now + 3 * ROUND))
    task = task_of(bench.place_signed(offer))
    bench.market.send(bench.outsider, "expireBid", task, at=bench.chain.now + 4 * ROUND)
    with reverts(errors.DigestUsed, task=task):
        bench.place_signed(offer)


def test_place_signed__another_salt__is_another_bid(bench: Bench) -> None:
    first = task_of(bench.place_signed(bench.offer_with(salt=1)))
    second = task_of(bench.place_signed(bench.offer_with(salt=2)))
    assert first != second
    assert bench.balance(bench.market.address) == 4 * ZK


def test_place_signed__signed_for_another_desk__is_refused(bench: Bench) -> None:
    offer = bench.sign(bench.bid(), desk=bench.market.address)
    with reverts(errors.WrongSigner, expected=bench.requester):
        bench.place_signed(offer)


def test_place_signed__signed_for_another_chain__is_refused(bench: Bench) -> None:
    offer = bench.sign(bench.bid(), chain_id=CHAIN_ID + 1)
    with reverts(errors.WrongSigner, expected=bench.requester):
        bench.place_signed(offer)


def test_place_signed__after_the_chain_split__counts_on_one_side_only(bench: Bench) -> None:
    """Lesson 24: the domain follows the chain's id, also under a contract that was there before."""
    offer = bench.offer_with()
    call = (bench.desk, bench.relayer, "placeSigned", offer.bid, offer.signature)
    bench.chain.set_chain_id(CHAIN_ID + 1)
    try:
        there = bids.digest_of(offer.bid, CHAIN_ID + 1, bench.desk.address)
        assert bench.desk.read("digestOf", offer.bid) == there != bench.digest(offer.bid)
        with reverts(errors.WrongSigner, expected=bench.requester):
            bench.attempt(*call, at=bench.chain.now + 1)
    finally:
        bench.chain.set_chain_id(CHAIN_ID)
    assert bench.attempt(*call, at=bench.chain.now + 1).ok


# --- taken back


def test_revoke__before_it_is_placed__ends_the_signature(bench: Bench) -> None:
    offer = bench.offer_with()
    digest = bench.digest(offer.bid)
    revoked = event(bench.desk.send(bench.requester, "revokeDigest", digest), "DigestRevoked")
    assert (revoked.requester, revoked.digest) == (bench.requester, digest)
    assert bench.desk.read("isRevoked", bench.requester, digest)
    with reverts(errors.DigestIsRevoked, digest=digest):
        bench.place_signed(offer)


def test_revoke__by_another__changes_nothing(bench: Bench) -> None:
    offer = bench.offer_with()
    bench.desk.send(bench.rival, "revokeDigest", bench.digest(offer.bid))
    assert bench.status(task_of(bench.place_signed(offer))) == QUEUED


def test_revoke__after_it_was_placed__keeps_the_bid(bench: Bench) -> None:
    offer = bench.offer_with()
    task = task_of(bench.place_signed(offer))
    bench.desk.send(bench.requester, "revokeDigest", bench.digest(offer.bid))
    assert bench.status(task) == QUEUED


# --- what the market and the queue say


def test_place_signed__sealed_queue__has_no_back_door(bench: Bench) -> None:
    with reverts(errors.QueueIsSealed, queue=bench.sealed):
        bench.place_signed(bench.offer_with(queue=QueueId(bench.sealed)))


def test_place_signed__unknown_queue__is_refused(bench: Bench) -> None:
    with reverts(errors.UnknownQueue, queue=99):
        bench.place_signed(bench.offer_with(queue=QueueId(99)))


def test_place_signed__paused__is_refused_and_can_come_again(bench: Bench) -> None:
    offer = bench.offer_with()
    bench.market.send(bench.deployer, "pause")
    with reverts(errors.EnforcedPause):
        bench.place_signed(offer)
    assert bench.desk.read("taskOf", bench.digest(offer.bid)) == bytes(32)
    bench.market.send(bench.deployer, "unpause")
    assert bench.status(task_of(bench.place_signed(offer))) == QUEUED


def test_place_signed__more_than_is_allowed__is_refused(bench: Bench) -> None:
    """Lesson 23: nobody's signature moves more than its signer let the market have."""
    bench.raw.token.send(bench.requester, "approve", bench.market.address, ZK)
    with reverts(errors.ERC20InsufficientAllowance, spender=bench.market.address, needed=2 * ZK):
        bench.place_signed(bench.offer_with())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"max_fee_wei": Wei(1)}, errors.BidBelowBaseFee),
        ({"statement": ()}, errors.WrongStatementLength),
        ({"statement": (FIELD,)}, errors.SignalNotCanonical),
        ({"expires_at": Timestamp(1)}, errors.ExpiryOutOfBounds),
        ({"expires_at": Timestamp(1_800_000_000 + 400 * DAY)}, errors.ExpiryOutOfBounds),
        ({"data": bytes(16_385)}, errors.DataTooLong),
    ],
)
def test_place_signed__what_the_market_refuses__is_refused(
    bench: Bench, changes: dict[str, object], kind: type[errors.ContractError]
) -> None:
    with reverts(kind):
        bench.place_signed(bench.offer_with(**changes))


def test_place_bid_for__not_the_desk__is_refused(bench: Bench) -> None:
    bid = bench.bid()
    arguments = (bid.queue, bid.statement, bid.max_fee_wei, bid.expires_at, bid.data)
    with reverts(errors.NotDesk, caller=bench.outsider):
        bench.market.send(bench.outsider, "placeBidFor", bench.requester, *arguments)


# --- what is signed


@given(bid=BIDS)
def test_digest__any_bid__is_the_chains(furnished: Bench, bid: SignedBid) -> None:
    assert furnished.desk.read("digestOf", bid) == furnished.digest(bid)


@given(bid=BIDS, field=st.sampled_from(sorted(OTHER)), other=BIDS)
def test_digest__another_field__is_another(
    furnished: Bench, bid: SignedBid, field: str, other: SignedBid
) -> None:
    changed = replace(bid, **{field: getattr(other, field)})
    same = getattr(bid, field) == getattr(changed, field)
    assert (furnished.desk.read("digestOf", changed) == furnished.digest(bid)) == same


def test_domain__as_the_desk_tells_it__is_the_one_that_is_signed(bench: Bench) -> None:
    _, name, version, chain_id, desk, salt, extensions = bench.desk.read("eip712Domain")
    domain = bids.typed_data(bench.bid(), CHAIN_ID, bench.desk.address)["domain"]
    assert domain == {"name": name, "version": version, "chainId": chain_id, "verifyingContract": desk}
    assert (salt, extensions) == (bytes(32), ())
