"""Signed bids of contract accounts (EIP-1271): the wallet answers, within bounds, for itself alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.anvil import rich_signer
from tests.support.rawchain import Contract, compiled
from tests.unit.bids.bench import QUEUED, ZK, Bench, reverts, task_of
from zkpool_sdk import errors
from zkpool_sdk.chain.bids import Offer
from zkpool_sdk.models import Address
from zkpool_sdk.units import Wei

WALLET_GAS = 100_000


def open_wallet(bench: Bench, owner: str) -> Contract:
    """A funded wallet that lets the market and the desk take its tokens."""
    wallet = bench.chain.deploy(compiled()["MockWallet"], owner)
    bench.raw.fund(wallet.address, 100 * ZK)
    for spender in (bench.market, bench.desk):
        approval = bench.raw.token.data("approve", spender.address, 2**256 - 1)
        wallet.send(owner, "execute", bench.raw.token.address, approval)
    return wallet


@pytest.fixture
def wallet(bench: Bench) -> Contract:
    """A wallet of the requester's key."""
    return open_wallet(bench, bench.requester)


def offer_of(bench: Bench, wallet: Contract, **changes: Any) -> Offer:
    return bench.offer_with(requester=Address(wallet.address), **changes)


def test_wallet__says_yes__bids_and_pays(bench: Bench, wallet: Contract) -> None:
    offer = offer_of(bench, wallet)
    task = task_of(bench.place_signed(offer))
    assert bench.status(task) == QUEUED
    assert bench.market.read("taskOf", task)[0] == wallet.address
    assert bench.balance(wallet.address) == 98 * ZK
    with reverts(errors.DigestUsed, task=task):
        bench.place_signed(offer)


def test_wallet__of_another_key__refuses(bench: Bench, wallet: Contract) -> None:
    offer = bench.sign(bench.bid(requester=Address(wallet.address)), rich_signer(3))
    with reverts(errors.WalletRefused, wallet=wallet.address, gas_limit=WALLET_GAS):
        bench.place_signed(offer)


def test_wallet__two_of_one_owner__a_signature_is_for_one(bench: Bench, wallet: Contract) -> None:
    """Lesson 22: both wallets would take the signature; it names the one it is for."""
    second = open_wallet(bench, bench.requester)
    offer = offer_of(bench, wallet)
    magic = bytes.fromhex("1626ba7e")
    for each in (wallet, second):
        assert each.read("isValidSignature", bench.digest(offer.bid), offer.signature) == magic
    bench.place_signed(offer)
    replayed = Offer(offer_of(bench, second).bid, offer.signature)
    with reverts(errors.WalletRefused, wallet=second.address):
        bench.place_signed(replayed)
    assert bench.balance(second.address) == 100 * ZK


def test_wallet__its_owners_own_bid__is_not_its(bench: Bench, wallet: Contract) -> None:
    offer = bench.offer_with()
    with reverts(errors.WalletRefused, wallet=wallet.address):
        bench.place_signed(Offer(offer_of(bench, wallet).bid, offer.signature))


@pytest.mark.parametrize("answer", ["revert", "burn", "short", "dirty", "huge", "no"])
def test_wallet__no_clear_yes__is_refused(bench: Bench, wallet: Contract, answer: str) -> None:
    offer = Offer(offer_of(bench, wallet).bid, answer.encode())
    with reverts(errors.WalletRefused, wallet=wallet.address, gas_limit=WALLET_GAS):
        bench.place_signed(offer)


def test_wallet__one_byte_short_of_yes__is_refused(bench: Bench, wallet: Contract) -> None:
    """Whatever lies in memory behind a short answer is not part of it; here it is a digest's last byte, 0."""
    salt = 0
    while bench.digest(bench.bid(requester=Address(wallet.address), salt=salt))[-1] != 0:
        salt += 1
    offer = Offer(offer_of(bench, wallet, salt=salt).bid, b"clipped")
    with reverts(errors.WalletRefused, wallet=wallet.address):
        bench.place_signed(offer)


@pytest.mark.parametrize("answer", ["burn", "huge"])
def test_wallet__that_wastes__costs_at_most_its_limit(bench: Bench, wallet: Contract, answer: str) -> None:
    bid = offer_of(bench, wallet).bid
    plain, wasting = (
        bench.run([bench.desk.call(bench.relayer, "placeSigned", bid, what.encode())])[0]
        for what in ("no", answer)
    )
    assert not plain.ok
    assert not wasting.ok
    assert wasting.gas_used - plain.gas_used < WALLET_GAS + 2_000


def test_wallet__yes_and_160000_bytes_more__only_the_yes_is_copied(bench: Bench, wallet: Contract) -> None:
    bid = offer_of(bench, wallet).bid
    brief = bench.sign(bid).signature
    lengthy = bytes("long", "ascii")
    used = [
        bench.run([bench.desk.call(bench.relayer, "placeSigned", bid, what)])[0] for what in (brief, lengthy)
    ]
    assert all(done.ok for done in used)
    assert used[1].gas_used - used[0].gas_used < WALLET_GAS


def test_wallet__signature_revoked_by_the_wallet__is_refused(bench: Bench, wallet: Contract) -> None:
    offer = offer_of(bench, wallet)
    revocation = bench.desk.data("revokeDigest", bench.digest(offer.bid))
    wallet.send(bench.requester, "execute", bench.desk.address, revocation)
    with reverts(errors.DigestIsRevoked):
        bench.place_signed(offer)


def test_wallet__raise_by_delegate__is_paid_by_the_wallet(bench: Bench, wallet: Contract) -> None:
    offer = offer_of(bench, wallet, raiser=Address(bench.rival), cap_wei=Wei(5 * ZK))
    task = task_of(bench.place_signed(offer))
    bench.desk.send(bench.rival, "raiseFor", task, 5 * ZK)
    assert bench.balance(wallet.address) == 95 * ZK


def test_wallet__seals_a_bid__opens_it_and_gets_its_deposit(bench: Bench, wallet: Contract) -> None:
    """Lesson 41: whoever can pay in can take out, contracts too."""
    bid = bench.sealed_bid(wallet.address)
    at = bench.commit_at()
    owner, desk = bench.requester, bench.desk
    wallet.send(owner, "execute", desk.address, desk.data("commit", bid.queue, bench.hash_of(bid)), at=at)
    arguments = (bid.queue, bid.statement, bid.max_fee_wei, bid.expires_at, bid.data, bid.salt)
    opened = desk.data("reveal", *arguments)
    task = task_of(wallet.send(owner, "execute", desk.address, opened, at=bench.reveal_at()))
    assert bench.market.read("taskOf", task)[0] == wallet.address
    wallet.send(owner, "execute", desk.address, desk.data("claimDeposit"))
    assert bench.balance(wallet.address) == 98 * ZK


def test_wallet__key_account_that_has_become_a_wallet__answers_as_one(bench: Bench) -> None:
    """An account with delegated code (EIP-7702) signs by what its code says, no longer by its key."""
    bench.chain.set_code(bench.requester, bench.chain.code(bench.desk.address))
    with reverts(errors.WalletRefused, wallet=bench.requester):
        bench.place_signed(bench.offer_with())
