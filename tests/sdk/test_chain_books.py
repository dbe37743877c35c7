"""The books balance whatever happened, and say what is wrong when an event or a wei is missing."""

from collections.abc import Iterator

import pytest

from tests.sdk.lived_market import Life, live
from tests.support.anvil import rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, NodeSigner
from zkpool_sdk.chain.books import Books, _Audit, check_books
from zkpool_sdk.chain.events import (
    AcceleratorCredited,
    BidCommitted,
    BidPlaced,
    BidRevealed,
    BountyPaid,
    Claimed,
    CommitForfeited,
    CreditClaimed,
    Credited,
    Decayed,
    Deposit,
    DepositClaimed,
    JailLeft,
    LoanClosed,
    ProfitCollected,
    ProofAccepted,
    ProofLate,
    Recalled,
    RequestSettled,
    Restaked,
    Slashed,
    Sponsored,
    Staked,
    StakeLent,
    StakeReturned,
    TaskAssigned,
    TaskClaimed,
    TaskDeclined,
    TaskFailed,
    UnstakeFinished,
    UnstakeRequested,
    WindowMissed,
    Withdraw,
)
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.chain.ledger import Ledger
from zkpool_sdk.units import DAY, zk


@pytest.fixture(scope="module")
def chain(session_connection: Connection, deployment: Deployment) -> Iterator[Life]:
    """The whole life, made once for all tests here."""
    snapshot = session_connection.request("evm_snapshot")
    yield live(Contracts(session_connection, deployment, Account(session_connection, rich_signer(0))))
    session_connection.request("evm_revert", snapshot)


@pytest.fixture
def life(chain: Life, connection: Connection) -> Life:
    """The life, put back after each test; ``connection`` sees to that."""
    return chain


def books_of(life: Life) -> Books:
    return check_books(life.contracts.connection, life.contracts.deployment)


def test_check_books__everything_happened__balances_at_every_block(life: Life) -> None:
    connection, deployment = life.contracts.connection, life.contracts.deployment
    books = books_of(life)
    assert books.balanced, books.differences
    assert len(books.entries) > 80
    assert books.donations == ()
    for block in range(deployment.block + 16, books.block, 11):
        earlier = check_books(connection, deployment, block)
        assert earlier.balanced, (block, earlier.differences)


def test_check_books__decay_not_yet_settled__balances_too(life: Life) -> None:
    connection = life.contracts.connection
    life.toy.prover.stake(zk(40))
    connection.wait_until(connection.timestamp() + 5 * DAY)
    assert life.contracts.vault.due_decay_of(life.toy.prover.address) > 0
    books = books_of(life)
    assert books.balanced, books.differences


def test_check_books__somebody_donates__is_told_apart(life: Life) -> None:
    market = life.contracts.market.address
    life.toy.rival.contracts.token.transfer(market, 12345)
    books = books_of(life)
    assert books.balanced, books.differences
    assert books.donations == ((market, 12345),)


MONEY = [
    BidPlaced,
    TaskAssigned,
    TaskClaimed,
    TaskDeclined,
    ProofAccepted,
    ProofLate,
    BountyPaid,
    Slashed,
    WindowMissed,
    TaskFailed,
    CreditClaimed,
    Credited,
    AcceleratorCredited,
    Claimed,
    Restaked,
    Staked,
    UnstakeRequested,
    UnstakeFinished,
    Decayed,
    Sponsored,
    Recalled,
    StakeLent,
    StakeReturned,
    LoanClosed,
    Deposit,
    Withdraw,
    RequestSettled,
    ProfitCollected,
    BidCommitted,
    BidRevealed,
    CommitForfeited,
    DepositClaimed,
    JailLeft,
]
"""Events without which the books cannot be written."""


@pytest.mark.parametrize("kind", MONEY)
def test_check_books__an_event_is_missing__it_shows(life: Life, kind) -> None:
    connection, deployment = life.contracts.connection, life.contracts.deployment
    missing = [event for event in read_history(connection, deployment) if type(event) is kind][-1]
    at = missing.at.block_number
    events = read_history(connection, deployment, at)
    events.remove(missing)
    try:
        ledger = Ledger.of(deployment, events)
    except KeyError:
        return  # a later event speaks of a task that was never placed
    books = _Audit(life.contracts, ledger, at).books()
    # Money that came in without a word of the protocol is a donation.
    assert not books.balanced or books.donations


def test_check_books__a_wei_is_moved_in_secret__it_shows(life: Life) -> None:
    connection = life.contracts.connection
    vault = life.contracts.vault.address
    connection.request("anvil_impersonateAccount", vault)
    connection.request("anvil_setBalance", vault, hex(10**19))
    thief = life.contracts.by(Account(connection, NodeSigner(vault)))
    thief.token.transfer(life.toy.rival.address, 1)
    books = books_of(life)
    wrong = {entry.what for entry in books.differences}
    assert "the stake vault holds what it owes" in wrong
    assert {entry.account for entry in books.differences} >= {vault, life.toy.rival.address}
