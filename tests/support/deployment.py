"""A whole market, deployed for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
    verifier: Any  # the mock whose proofs anyone can compute
    deployer: Any  # holds the token's supply, administers the project
    owner: Any
    guardian: Any
    treasury: Any
    queue: int = 0

    @property
    def wiring(self) -> tuple[Any, ...]:
        """What the market's constructor takes."""
        return (self.token, self.projects, self.provers, self.vault, self.splitter, self.insurance)

    def with_queue(self, queue: int) -> ZKPool:
        """The same deployment with the queue tests use."""
        return replace(self, queue=queue)


def deploy(
    project: Any,
    *,
    deployer: Any,
    owner: Any,
    guardian: Any,
    treasury: Any,
    token: Any = None,
    uses_market_time: bool = False,
) -> ZKPool:
    """Deploy and bind every contract, with the mock verifier allowed."""
    token = token or deployer.deploy(project.ZKToken, deployer)
    verifier = deployer.deploy(project.MockVerifier)
    projects = deployer.deploy(project.ProjectRegistry, owner)
    insurance = deployer.deploy(project.InsuranceFund, token, owner, INSURANCE_CAP_WEI)
    vault = deployer.deploy(project.StakeVault, token, insurance, uses_market_time)
    provers = deployer.deploy(project.ProverRegistry, projects, vault)
    splitter = deployer.deploy(project.RewardSplitter, token, owner, treasury)
    wiring = (token, projects, provers, vault, splitter, insurance)
    market = deployer.deploy(project.ProverMarket, wiring, owner, guardian)
    for bound in (provers, vault, splitter):
        bound.bindMarket(market, sender=deployer)
    projects.allowVerifier(verifier, True, sender=owner)
    return ZKPool(
        token=token,
        projects=projects,
        provers=provers,
        vault=vault,
        market=market,
        splitter=splitter,
        insurance=insurance,
        verifier=verifier,
        deployer=deployer,
        owner=owner,
        guardian=guardian,
        treasury=treasury,
    )
