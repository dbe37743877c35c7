"""Timelock: what is scheduled happens after the delay, and only by the roles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reverts import reverts

DELAY_SECONDS = 2 * 86_400
ZERO = "0x0000000000000000000000000000000000000000"
NOTHING = b"\0" * 32


@pytest.fixture
def proposer(accounts: Any) -> Any:
    return accounts[1]


@pytest.fixture
def outsider(accounts: Any) -> Any:
    return accounts[2]


@pytest.fixture
def timelock(project: Any, accounts: Any, proposer: Any) -> Any:
    """A timelock whose scheduled operations anyone executes, and that has no admin but itself."""
    return accounts[0].deploy(project.Timelock, DELAY_SECONDS, [proposer], [ZERO], ZERO)


@pytest.fixture
def token(project: Any, accounts: Any, timelock: Any) -> Any:
    return accounts[0].deploy(project.ZKToken, timelock)


def test_execute__after_the_delay__by_anyone(
    timelock: Any, token: Any, proposer: Any, outsider: Any, chain: Any
) -> None:
    call = (token, 0, token.transfer.encode_input(outsider, 5), NOTHING, NOTHING)
    timelock.schedule(*call, DELAY_SECONDS, sender=proposer)
    with reverts(timelock.TimelockUnexpectedOperationState):
        timelock.execute(*call, sender=outsider)
    assert token.balanceOf(outsider) == 0
    chain.pending_timestamp += DELAY_SECONDS
    timelock.execute(*call, sender=outsider)
    assert token.balanceOf(outsider) == 5


def test_schedule__shorter_than_the_delay__reverts(timelock: Any, token: Any, proposer: Any) -> None:
    call = (token, 0, b"", NOTHING, NOTHING)
    with reverts(timelock.TimelockInsufficientDelay, delay=DELAY_SECONDS - 1, minDelay=DELAY_SECONDS):
        timelock.schedule(*call, DELAY_SECONDS - 1, sender=proposer)


def test_schedule__by_an_outsider__reverts(timelock: Any, token: Any, outsider: Any, accounts: Any) -> None:
    call = (token, 0, b"", NOTHING, NOTHING)
    for caller in (outsider, accounts[0]):
        with reverts(timelock.AccessControlUnauthorizedAccount, account=caller.address):
            timelock.schedule(*call, DELAY_SECONDS, sender=caller)


def test_cancel__scheduled__never_executes(
    timelock: Any, token: Any, proposer: Any, outsider: Any, chain: Any
) -> None:
    call = (token, 0, token.transfer.encode_input(outsider, 5), NOTHING, NOTHING)
    timelock.schedule(*call, DELAY_SECONDS, sender=proposer)
    operation = timelock.hashOperation(*call)
    with reverts(timelock.AccessControlUnauthorizedAccount, account=outsider.address):
        timelock.cancel(operation, sender=outsider)
    timelock.cancel(operation, sender=proposer)
    chain.pending_timestamp += DELAY_SECONDS
    with reverts(timelock.TimelockUnexpectedOperationState, operationId=operation):
        timelock.execute(*call, sender=outsider)


def test_deploy__no_admin__roles_change_through_the_delay_alone(
    timelock: Any, accounts: Any, proposer: Any, outsider: Any
) -> None:
    role = timelock.PROPOSER_ROLE()
    for caller in (accounts[0], proposer, outsider):
        with reverts(timelock.AccessControlUnauthorizedAccount, account=caller.address):
            timelock.grantRole(role, outsider, sender=caller)
    with reverts(timelock.TimelockUnauthorizedCaller, caller=proposer.address):
        timelock.updateDelay(0, sender=proposer)
    assert timelock.getMinDelay() == DELAY_SECONDS


def test_schedule__after_another__waits_for_it(
    timelock: Any, token: Any, proposer: Any, outsider: Any, chain: Any
) -> None:
    first = (token, 0, token.transfer.encode_input(outsider, 5), NOTHING, NOTHING)
    predecessor = timelock.hashOperation(*first)
    second = (token, 0, token.transfer.encode_input(outsider, 6), predecessor, NOTHING)
    for call in (first, second):
        timelock.schedule(*call, DELAY_SECONDS, sender=proposer)
    chain.pending_timestamp += DELAY_SECONDS
    with reverts(timelock.TimelockUnexecutedPredecessor, predecessorId=predecessor):
        timelock.execute(*second, sender=outsider)
    for call in (first, second):
        timelock.execute(*call, sender=outsider)
    assert token.balanceOf(outsider) == 11


def test_schedule_batch__lists_of_different_lengths__reverts(
    timelock: Any, token: Any, proposer: Any
) -> None:
    with reverts(timelock.TimelockInvalidOperationLength, targets=1, payloads=1, values=2):
        timelock.scheduleBatch([token], [0, 0], [b""], NOTHING, NOTHING, DELAY_SECONDS, sender=proposer)


def test_renounce__for_another__reverts(timelock: Any, proposer: Any, outsider: Any) -> None:
    with reverts(timelock.AccessControlBadConfirmation):
        timelock.renounceRole(timelock.PROPOSER_ROLE(), proposer, sender=outsider)
