"""The books balance whatever happened, and say what is wrong when an event or a wei is missing."""

import pytest

from tests.sdk.toy_market import ToyMarket, make_toy_market
from zkpool_sdk.chain import Account, Contracts, NodeSigner
from zkpool_sdk.chain.books import Books, _Audit, check_books
from zkpool_sdk.chain.events import (
    BidPlaced,
    CreditClaimed,
    Credited,
    Decayed,
    ProofAccepted,
    Slashed,
    Staked,
    TaskAssigned,
    TaskFailed,
    UnstakeRequested,
    WindowMissed,
)
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.chain.ledger import Ledger
from zkpool_sdk.clients import ProofRefused
from zkpool_sdk.units import DAY, zk


@pytest.fixture
def toy(contracts: Contracts) -> ToyMarket:
    return make_toy_market(contracts)


@pytest.fixture
def lived(toy: ToyMarket) -> ToyMarket:
    """A market in which everything has happened once, with a bid in the book and a task in flight."""
    connection, queue = toy.contracts.connection, toy.queue
    for fee in (6, 5, 4):
        toy.requester.place(queue, [fee], zk(fee), life_seconds=30 * DAY)
    survivor = toy.rival.place(queue, [1], zk(1), life_seconds=30 * DAY)
    toy.end_round()
    (task,) = toy.prover.assignments()
    toy.prover.submit(task.task, *toy.proof(task))
    toy.end_round()
    (task,) = toy.prover.assignments()
    with pytest.raises(ProofRefused):
        toy.prover.submit(task.task, *toy.proof(task, wrong=True))
    toy.rival.cancel(survivor.task)
    toy.end_round()
    toy.requester.claim_credit()
    connection.wait_until(connection.timestamp() + 3 * DAY)
    toy.keeper.do_due()
    toy.prover.claim()
    toy.contracts.splitter.claim_treasury()
    toy.prover.unstake()
    toy.keeper.claim_credit()
    toy.requester.place(queue, [9], zk(9))
    return toy


def books_of(toy: ToyMarket) -> Books:
    return check_books(toy.contracts.connection, toy.contracts.deployment)


def test_check_books__everything_happened__balances_at_every_block(lived: ToyMarket) -> None:
    connection, deployment = lived.contracts.connection, lived.contracts.deployment
    books = books_of(lived)
    assert books.balanced, books.differences
    assert len(books.entries) > 25
    assert books.donations == ()
    for block in range(deployment.block + 12, books.block, 7):
        earlier = check_books(connection, deployment, block)
        assert earlier.balanced, (block, earlier.differences)


def test_check_books__decay_not_yet_settled__balances_too(lived: ToyMarket) -> None:
    connection = lived.contracts.connection
    lived.prover.stake(zk(40))
    connection.wait_until(connection.timestamp() + 5 * DAY)
    assert lived.contracts.vault.due_decay_of(lived.prover.address) > 0
    books = books_of(lived)
    assert books.balanced, books.differences


def test_check_books__somebody_donates__is_told_apart(lived: ToyMarket) -> None:
    market = lived.contracts.market.address
    lived.rival.contracts.token.transfer(market, 12345)
    books = books_of(lived)
    assert books.balanced, books.differences
    assert books.donations == ((market, 12345),)


@pytest.mark.parametrize(
    "kind",
    [
        BidPlaced,
        TaskAssigned,
        ProofAccepted,
        Slashed,
        WindowMissed,
        TaskFailed,
        CreditClaimed,
        Credited,
        Staked,
        UnstakeRequested,
        Decayed,
    ],
)
def test_check_books__an_event_is_missing__it_shows(lived: ToyMarket, kind) -> None:
    events = read_history(lived.contracts.connection, lived.contracts.deployment)
    position = max(index for index, event in enumerate(events) if type(event) is kind)
    del events[position]
    try:
        ledger = Ledger.of(lived.contracts.deployment, events)
    except KeyError:
        return  # a later event speaks of a task that was never placed
    at = lived.contracts.connection.block_number()
    books = _Audit(lived.contracts, ledger, at).books()
    # Money that came in without a word of the protocol is a donation.
    assert not books.balanced or books.donations


def test_check_books__a_wei_is_moved_in_secret__it_shows(lived: ToyMarket) -> None:
    connection = lived.contracts.connection
    vault = lived.contracts.vault.address
    connection.request("anvil_impersonateAccount", vault)
    connection.request("anvil_setBalance", vault, hex(10**19))
    thief = lived.contracts.by(Account(connection, NodeSigner(vault)))
    thief.token.transfer(lived.rival.address, 1)
    books = books_of(lived)
    wrong = {entry.what for entry in books.differences}
    assert "the stake vault holds what it owes" in wrong
    assert {entry.account for entry in books.differences} >= {vault, lived.rival.address}
