"""The market's constructor: what it refuses to be wired to."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts

ZERO = "0x" + "00" * 20
# Runtime code that answers every call with 1: an unbonding of one second, and market time.
ALWAYS_ONE = "0x600160005260206000f3"


def test_deploy__good_wiring__remembers_it(zkpool, market, guardian, owner):
    parts = (market.token(), market.projects(), market.provers(), market.vault(), market.splitter())
    assert market.settlement() == zkpool.settlement
    assert (*parts, market.insurance()) == tuple(part.address for part in zkpool.wiring)
    assert (market.guardian(), market.owner(), market.paused()) == (guardian, owner, False)


def test_deploy__unbonding_shorter_than_a_task_can_last__reverts(
    project, zkpool, node, deployer, owner, guardian
):
    """W + G + tier 1's cooldown + one round: 2 + 2 + 2 days + 300 s."""
    stub = "0x" + "51" * 20
    node.set_code(stub, ALWAYS_ONE)
    wiring = [*zkpool.wiring]
    wiring[3] = stub
    settlement = deployer.deploy(project.Settlement, tuple(wiring))
    with reverts(zkpool.market.UnbondingTooShort, unbondingSeconds=1, neededSeconds=6 * 86_400 + 300):
        deployer.deploy(project.ProverMarket, tuple(wiring), settlement, owner, guardian)


@pytest.mark.parametrize("part", range(6))
def test_deploy__settlement_of_another_wiring__reverts(project, zkpool, deployer, owner, guardian, part):
    """Both halves of the market must mean the same contracts."""
    wiring = [*zkpool.wiring]
    wiring[part] = (
        zkpool.vault
        if part != 3
        else deployer.deploy(project.StakeVault, zkpool.token, zkpool.insurance, True)
    )
    other = deployer.deploy(project.Settlement, tuple(wiring))
    with reverts(zkpool.market.WrongSettlement, settlement=other):
        deployer.deploy(project.ProverMarket, zkpool.wiring, other, owner, guardian)


def test_deploy__without_a_guardian__reverts(project, zkpool, deployer, owner):
    with reverts(zkpool.market.ZeroAddress):
        deployer.deploy(project.ProverMarket, zkpool.wiring, zkpool.settlement, owner, ZERO)


def test_deploy__without_an_owner__reverts(project, zkpool, deployer, guardian):
    with reverts(zkpool.market.OwnableInvalidOwner, owner=ZERO):
        deployer.deploy(project.ProverMarket, zkpool.wiring, zkpool.settlement, ZERO, guardian)
