"""What must hold of a finished deployment: who knows whom, what was configured, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zkpool_sdk.chain.contracts import Contract, Contracts, Owned
from zkpool_sdk.chain.contracts.governance import (
    ADMIN_ROLE,
    CANCELLER_ROLE,
    EXECUTOR_ROLE,
    PROPOSER_ROLE,
)
from zkpool_sdk.chain.deployments import Parameters
from zkpool_sdk.chain.errors import ParameterDiffers
from zkpool_sdk.models import ZERO_ADDRESS

FIRST_POOL_BPS: Final = 2000
FIRST_DELEGATORS_BPS: Final = 5000
FIRST_SPONSOR_BPS: Final = 2000
"""Rates a new splitter starts with."""
WIRING: Final[Mapping[str, Mapping[str, str]]] = {
    "market": {
        "token": "ZKToken",
        "projects": "ProjectRegistry",
        "provers": "ProverRegistry",
        "vault": "StakeVault",
        "splitter": "RewardSplitter",
        "insurance": "InsuranceFund",
        "settlement": "Settlement",
        "desk": "BidDesk",
    },
    "vault": {
        "market": "ProverMarket",
        "token": "ZKToken",
        "insurance": "InsuranceFund",
        "sponsor": "DelegationVault",
    },
    "projects": {},
    "provers": {
        "market": "ProverMarket",
        "projects": "ProjectRegistry",
        "vault": "StakeVault",
        "accelerators": "AcceleratorRegistry",
    },
    "splitter": {
        "market": "ProverMarket",
        "token": "ZKToken",
        "vault": "StakeVault",
        "accelerators": "AcceleratorRegistry",
        "delegators": "DelegationVault",
    },
    "insurance": {"token": "ZKToken"},
    "desk": {"market": "ProverMarket"},
    "lens": {"market": "ProverMarket"},
    "delegation": {
        "asset": "ZKToken",
        "vault": "StakeVault",
        "splitter": "RewardSplitter",
        "provers": "ProverRegistry",
    },
}
"""Each contract that knows others (attributes of ``Contracts``): its getter, and the contract it names."""


@dataclass(frozen=True, slots=True)
class Check:
    """One parameter as it is on chain and as it was configured."""

    parameter: str
    got: object
    expected: object

    @property
    def holds(self) -> bool:
        """Whether they are equal."""
        return self.got == self.expected


def check_parameters(contracts: Contracts) -> list[Check]:
    """Every parameter of a deployment beside what it was configured with.

    Raises:
        ParameterDiffers: the first that differs.
    """
    checks = [*_wiring(contracts), *_settings(contracts), *_roles(contracts)]
    for check in checks:
        if not check.holds:
            raise ParameterDiffers(check.parameter, check.got, check.expected)
    return checks


def deployer_roles(parameters: Parameters, own: str) -> list[tuple[bytes, str, bool]]:
    """The deployer's roles in the timelock, and whether it keeps them; the admin's comes last."""
    proposes = own in parameters.proposers
    return [
        (PROPOSER_ROLE, "proposer", proposes),
        (CANCELLER_ROLE, "canceller", proposes or own == parameters.guardian),
        (EXECUTOR_ROLE, "executor", own in parameters.executors),
        (ADMIN_ROLE, "admin", False),
    ]


def _wiring(contracts: Contracts) -> list[Check]:
    """Who knows whom, and that the timelock owns whatever has an owner."""
    at = contracts.deployment.address_of
    checks = []
    for part, known in WIRING.items():
        contract: Contract = getattr(contracts, part)
        checks += [
            Check(f"{contract.abi_name}.{getter}", contract.try_call(getter), at(name))
            for getter, name in known.items()
        ]
        if isinstance(contract, Owned):
            checks += [
                Check(f"{contract.abi_name}.owner", contract.owner(), at("Timelock")),
                Check(f"{contract.abi_name}.pendingOwner", contract.pending_owner(), ZERO_ADDRESS),
            ]
    return checks


def _settings(contracts: Contracts) -> list[Check]:
    """Numbers and accounts that were configured, as they must be right after deployment."""
    parameters, rates = contracts.deployment.parameters, contracts.splitter.rates()
    return [
        Check("StakeVault.usesMarketTime", contracts.vault.uses_market_time(), parameters.uses_market_time),
        Check("ProverMarket.guardian", contracts.market.guardian(), parameters.guardian),
        Check("ProverMarket.paused", contracts.market.paused(), False),
        Check("RewardSplitter.treasury", contracts.splitter.treasury(), parameters.treasury),
        Check("RewardSplitter.poolBps", rates.pool_bps, FIRST_POOL_BPS),
        Check("RewardSplitter.delegatorsBps", rates.delegators_bps, FIRST_DELEGATORS_BPS),
        Check("RewardSplitter.sponsorBps", rates.sponsor_bps, FIRST_SPONSOR_BPS),
        Check("DelegationVault.operator", contracts.delegation.operator(), parameters.operator),
        Check("InsuranceFund.capWei", contracts.insurance.cap_wei(), parameters.insurance_cap_wei),
        *(
            check
            for one in contracts.verifiers.values()
            for check in (
                Check(f"{one.abi_name}.system", one.system(), one.system_name),
                Check(
                    f"ProjectRegistry.isVerifierAllowed {one.abi_name}",
                    contracts.projects.is_verifier_allowed(one.address),
                    True,
                ),
            )
        ),
        Check("Timelock.getMinDelay", contracts.timelock.min_delay(), parameters.timelock_delay_seconds),
    ]


def _roles(contracts: Contracts) -> list[Check]:
    """Who may do what through the timelock; the deployer nothing, unless configured."""
    parameters, timelock = contracts.deployment.parameters, contracts.timelock
    guardian, own = str(parameters.guardian), contracts.deployment.deployer
    checks = [
        Check(f"Timelock proposer {one}", timelock.has_role(PROPOSER_ROLE, one), True)
        for one in parameters.proposers
    ]
    checks += [
        Check(f"Timelock executor {one}", timelock.has_role(EXECUTOR_ROLE, one), True)
        for one in parameters.executors
    ]
    checks += [Check(f"Timelock canceller {guardian}", timelock.has_role(CANCELLER_ROLE, guardian), True)]
    checks += [
        Check(f"Timelock {what}: the deployer", timelock.has_role(role, own), kept)
        for role, what, kept in deployer_roles(parameters, own)
    ]
    return [
        *checks,
        Check("Timelock admin: itself", timelock.has_role(ADMIN_ROLE, timelock.address), True),
    ]
