"""Contracts bound to the market: who may bind, and that nobody else acts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reverts import reverts

ROLES = ("deployer", "owner", "guardian", "treasury", "requester", "prover", "keeper", "outsider")
TASK = b"\x01" * 32

# Every function only the market may call, with harmless arguments.
MARKET_ONLY = [
    ("provers", "award", (1, [(0, 1, 5)])),
    ("provers", "takeOpen", (1, 0, "0x" + "01" * 20)),
    ("provers", "recordProven", (1, 0, 1, [5], [600])),
    ("provers", "recordLate", (1, 0, 1)),
    ("provers", "recordDeclined", (1, 0, 1)),
    ("provers", "recordVoid", (1, 0)),
    ("provers", "recordMissed", (1, 0, 1)),
    ("provers", "recordInvalid", (1, 0, 1)),
    ("vault", "lockBonds", ([], [])),
    ("vault", "releaseBond", ("0x" + "01" * 20, 0, True)),
    ("vault", "slash", ((TASK, "0x" + "01" * 20, 0, 1, 0, 0, False, True),)),
    ("vault", "advanceClock", (0,)),
    ("splitter", "credit", ("0x" + "01" * 20, [0], [0], False, 0, 0)),
]


@pytest.mark.parametrize(("contract", "method", "args"), MARKET_ONLY, ids=[row[1] for row in MARKET_ONLY])
def test_market_only__anybody_else__reverts(
    request: Any, node: Any, zkpool: Any, contract: str, method: str, args: Any
):
    bound = getattr(zkpool, contract)
    for role in ROLES:
        actor = request.getfixturevalue(role)
        with reverts(bound.NotMarket, caller=actor):
            node.call(getattr(bound, method), *args, sender=actor)
    with reverts(bound.NotMarket, caller=zkpool.deployer):
        getattr(bound, method)(*args, sender=zkpool.deployer)


def test_market_only__list_above__is_complete(project: Any):
    """Functions that the sources guard with onlyMarket are exactly those tried above."""
    guarded = set()
    for name in ("ProverRegistry", "StakeVault", "RewardSplitter"):
        source = (project.contracts_folder / f"{name}.sol").read_text()
        for chunk in source.split("function ")[1:]:
            if "onlyMarket" in chunk.split("{")[0]:
                guarded.add(chunk.split("(")[0])
    assert guarded == {method for _, method, _ in MARKET_ONLY}


@pytest.fixture
def unbound(project: Any, zkpool: Any, deployer: Any) -> list[Any]:
    """Fresh contracts that know no market yet."""
    return [
        deployer.deploy(project.ProverRegistry, zkpool.projects, zkpool.vault, zkpool.accelerators),
        deployer.deploy(project.StakeVault, zkpool.token, zkpool.insurance, False),
        deployer.deploy(
            project.RewardSplitter,
            zkpool.token,
            zkpool.owner,
            zkpool.treasury,
            zkpool.vault,
            zkpool.accelerators,
        ),
    ]


def test_bind__by_the_deployer__sets_the_market(unbound, market, deployer):
    for contract in unbound:
        assert int(contract.market(), 16) == 0
        receipt = contract.bindMarket(market, sender=deployer)
        [bound] = receipt.decode_logs(contract.MarketBoundTo)
        assert bound.market == contract.market() == market.address


def test_bind__by_anybody_else__reverts(unbound, market, owner, outsider):
    for contract in unbound:
        for actor in (owner, outsider):
            with reverts(contract.NotDeployer, caller=actor):
                contract.bindMarket(market, sender=actor)


def test_bind__twice__reverts(zkpool, market, deployer):
    for contract in (zkpool.provers, zkpool.vault, zkpool.splitter):
        with reverts(contract.MarketAlreadyBound, market=market):
            contract.bindMarket(market, sender=deployer)


def test_bind__address_without_code__reverts(unbound, deployer, outsider):
    for contract in unbound:
        with reverts(contract.HasNoCode, account=outsider):
            contract.bindMarket(outsider, sender=deployer)


def test_market_only__before_binding__is_nobody(node, unbound, deployer):
    provers, vault, splitter = unbound
    with reverts(provers.NotMarket, caller=deployer):
        node.call(provers.award, 1, [], sender=deployer)
    with reverts(vault.NotMarket, caller=deployer):
        node.call(vault.lockBonds, [], [], sender=deployer)
    with reverts(splitter.NotMarket, caller=deployer):
        node.call(splitter.credit, deployer, [0], [0], False, 0, 0, sender=deployer)


# --- desk and sponsor, bound in the same way


def test_bind_desk__once_by_the_deployer__names_it(project, zkpool, deployer, owner, guardian, outsider):
    parts = (zkpool.wiring, zkpool.settlement, owner, guardian)
    market = deployer.deploy(project.ProverMarket, *parts)
    assert int(market.desk(), 16) == 0
    with reverts(market.NotDeployer, caller=outsider):
        market.bindDesk(zkpool.desk, sender=outsider)
    with reverts(market.HasNoCode, account=outsider):
        market.bindDesk(outsider, sender=deployer)
    receipt = market.bindDesk(zkpool.desk, sender=deployer)
    [bound] = receipt.decode_logs(market.DeskBoundTo)
    assert bound.desk == market.desk() == zkpool.desk.address
    with reverts(market.DeskAlreadyBound, desk=zkpool.desk):
        market.bindDesk(zkpool.lens, sender=deployer)


def test_bind_sponsor__once_by_the_deployer__names_it(project, zkpool, deployer, owner, outsider):
    vault = deployer.deploy(project.StakeVault, zkpool.token, zkpool.insurance, False)
    assert int(vault.sponsor(), 16) == 0
    with reverts(vault.NotDeployer, caller=outsider):
        vault.bindSponsor(zkpool.delegation, sender=outsider)
    with reverts(vault.HasNoCode, account=outsider):
        vault.bindSponsor(outsider, sender=deployer)
    receipt = vault.bindSponsor(zkpool.delegation, sender=deployer)
    [bound] = receipt.decode_logs(vault.SponsorBoundTo)
    assert bound.sponsor == vault.sponsor() == zkpool.delegation.address
    with reverts(vault.SponsorAlreadyBound, sponsor=zkpool.delegation):
        vault.bindSponsor(zkpool.lens, sender=deployer)
