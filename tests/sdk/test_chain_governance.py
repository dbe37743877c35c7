"""After deployment: changes go through the timelock, its delay is kept, and the guardian can stop them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.anvil import rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Operation, Parameters
from zkpool_sdk.chain.deploy import deploy
from zkpool_sdk.errors import (
    AccessControlUnauthorizedAccount,
    OwnableUnauthorizedAccount,
    TimelockInsufficientDelay,
    TimelockUnexpectedOperationState,
)
from zkpool_sdk.units import DAY, zk

PROPOSER, GUARDIAN = 7, 6


@pytest.fixture
def governed(connection: Connection, creation_code: dict[str, bytes]) -> Contracts:
    parameters = Parameters(
        guardian=rich_signer(GUARDIAN).address,
        proposers=(rich_signer(PROPOSER).address,),
        timelock_delay_seconds=2 * DAY,
    )
    deployment = deploy(Account(connection, rich_signer(0)), creation_code, parameters)
    return Contracts(connection, deployment)


def by(contracts: Contracts, number: int) -> Contracts:
    return contracts.by(Account(contracts.connection, rich_signer(number)))


def new_cap(contracts: Contracts) -> Operation:
    fund = contracts.insurance
    return Operation((fund.address,), (fund.calldata("setCap", zk(5_000_000)),), bytes(32))


def test_timelock__scheduled_change__happens_after_the_delay_by_anyone(governed: Contracts) -> None:
    operation, proposer, anyone = new_cap(governed), by(governed, PROPOSER), by(governed, 9)
    with pytest.raises(TimelockInsufficientDelay):
        proposer.timelock.schedule(operation, DAY)
    proposer.timelock.schedule(operation, 2 * DAY)
    with pytest.raises(TimelockUnexpectedOperationState):
        anyone.timelock.execute(operation)
    governed.connection.wait_until(governed.connection.timestamp() + 2 * DAY)
    anyone.timelock.execute(operation)
    assert governed.insurance.cap_wei() == zk(5_000_000)
    assert governed.timelock.is_done(governed.timelock.operation_id(operation))


def test_timelock__guardian_objects__the_change_never_happens(governed: Contracts) -> None:
    operation = new_cap(governed)
    by(governed, PROPOSER).timelock.schedule(operation, 2 * DAY)
    by(governed, GUARDIAN).timelock.cancel(governed.timelock.operation_id(operation))
    governed.connection.wait_until(governed.connection.timestamp() + 3 * DAY)
    with pytest.raises(TimelockUnexpectedOperationState):
        by(governed, 9).timelock.execute(operation)


def test_timelock__deployer__can_neither_schedule_nor_take_over(governed: Contracts) -> None:
    deployer = by(governed, 0)
    with pytest.raises(AccessControlUnauthorizedAccount) as caught:
        deployer.timelock.schedule(new_cap(governed), 2 * DAY)
    assert caught.value.account == deployer.deployment.deployer
    with pytest.raises(AccessControlUnauthorizedAccount):
        deployer.timelock.grant_role(bytes(32), rich_signer(0).address)
    with pytest.raises(OwnableUnauthorizedAccount):
        deployer.market.transfer_ownership(rich_signer(0).address)


def test_parameters__file_for_sepolia__is_read_as_written(tmp_path: Path) -> None:
    values = {"timelock_delay_seconds": 60, "insurance_cap_wei": str(zk(1_000_000)), "executors": []}
    read = Parameters.from_mapping(values)
    assert (read.timelock_delay_seconds, read.insurance_cap_wei, read.executors) == (60, zk(1_000_000), ())
