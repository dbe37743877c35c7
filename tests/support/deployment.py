"""A whole market, deployed for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scripts.deploy import deploy_zkpool
from tests.support.chain import Chain
from zkpool_sdk.chain import Parameters

INSURANCE_CAP_WEI = 10**24


@dataclass(frozen=True, slots=True)
class ZKPool:
    """The contracts of one deployment (as ape contract instances) and the accounts with a role in it."""

    token: Any
    projects: Any
    provers: Any
    vault: Any
    market: Any
    splitter: Any
    insurance: Any
    accelerators: Any
    settlement: Any
    desk: Any
    lens: Any
    delegation: Any
    verifier: Any  # the mock whose proofs anyone can compute
    deployer: Any  # holds the token's supply, administers the project
    owner: Any
    guardian: Any
    treasury: Any
    queue: int = 0

    @property
    def wiring(self) -> tuple[Any, ...]:
        """What the market and its settlement are constructed with."""
        return (self.token, self.projects, self.provers, self.vault, self.splitter, self.insurance)

    def with_queue(self, queue: int) -> ZKPool:
        """The same deployment with the queue tests use."""
        return replace(self, queue=queue)


def deploy(
    project: Any,
    accounts: Any,
    node: Chain,
    *,
    guardian: Any,
    treasury: Any,
    token: Any = None,
    uses_market_time: bool = False,
) -> ZKPool:
    """Deploy by the project's script, from the first account; then allow the mock verifier.

    The owner is the timelock, for which the node signs: what it schedules is tested elsewhere.
    """
    deployer = accounts[0]
    parameters = Parameters(
        token=token.address if token else None,
        guardian=guardian.address,
        treasury=treasury.address,
        uses_market_time=uses_market_time,
    )
    deployment = deploy_zkpool(deployer, parameters)

    def at(name: str) -> Any:
        return project.get_contract(name).at(deployment.address_of(name))

    owner = deployment.address_of("Timelock")
    node.request("anvil_setBalance", owner, hex(10**24))
    verifier = deployer.deploy(project.MockVerifier)
    pool = ZKPool(
        token=token or at("ZKToken"),
        projects=at("ProjectRegistry"),
        provers=at("ProverRegistry"),
        vault=at("StakeVault"),
        market=at("ProverMarket"),
        splitter=at("RewardSplitter"),
        insurance=at("InsuranceFund"),
        accelerators=at("AcceleratorRegistry"),
        settlement=at("Settlement"),
        desk=at("BidDesk"),
        lens=at("MarketLens"),
        delegation=at("DelegationVault"),
        verifier=verifier,
        deployer=deployer,
        owner=accounts[owner],
        guardian=guardian,
        treasury=treasury,
    )
    node.send(pool.projects.allowVerifier, verifier, True, sender=owner)
    return pool
