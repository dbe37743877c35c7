"""Typed contracts: methods in snake_case that take and give models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from zkpool_sdk.chain.account import Account
from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.contracts.base import Bound, Contract, Owned
from zkpool_sdk.chain.contracts.bids import BidQuote, Desk, Lens, RoundQuote
from zkpool_sdk.chain.contracts.delegation import Delegation
from zkpool_sdk.chain.contracts.governance import Operation, TimelockController
from zkpool_sdk.chain.contracts.market import Market
from zkpool_sdk.chain.contracts.money import Insurance, Splitter, Token, Vault
from zkpool_sdk.chain.contracts.registries import (
    Accelerators,
    FflonkVerifier,
    PlonkVerifier,
    Projects,
    Provers,
    Verifier,
)
from zkpool_sdk.chain.contracts.tier1 import (
    PushAdapter,
    TaikoAdapter,
    Tier1Adapter,
)
from zkpool_sdk.chain.deployments import Deployment

C = TypeVar("C", bound=Contract)


class Contracts:
    """All contracts of a deployment, as one account sees them.

    Args:
        connection: a node of the deployment's chain.
        deployment: where the contracts are.
        account: who sends; ``None`` reads only.
    """

    def __init__(
        self, connection: Connection, deployment: Deployment, account: Account | None = None
    ) -> None:
        self.connection = connection
        self.deployment = deployment
        self.account = account

    def by(self, account: Account) -> Contracts:
        """The same contracts, used by another account."""
        return Contracts(self.connection, self.deployment, account)

    def _typed(self, kind: type[C]) -> C:
        return kind(self.connection, self.deployment.address_of(kind.abi_name), self.account)

    @cached_property
    def token(self) -> Token:
        """The one token: stake and fee."""
        return self._typed(Token)

    @cached_property
    def market(self) -> Market:
        """Bids, rounds, tasks, proofs."""
        return self._typed(Market)

    @cached_property
    def desk(self) -> Desk:
        """Signed and sealed bids."""
        return self._typed(Desk)

    @cached_property
    def lens(self) -> Lens:
        """What a bid costs."""
        return self._typed(Lens)

    @cached_property
    def vault(self) -> Vault:
        """Provers' stake."""
        return self._typed(Vault)

    @cached_property
    def projects(self) -> Projects:
        """Projects, queues, terms."""
        return self._typed(Projects)

    @cached_property
    def provers(self) -> Provers:
        """Provers, seats, ratings."""
        return self._typed(Provers)

    @cached_property
    def accelerators(self) -> Accelerators:
        """Published prover software."""
        return self._typed(Accelerators)

    @cached_property
    def splitter(self) -> Splitter:
        """Earned rewards."""
        return self._typed(Splitter)

    @cached_property
    def delegation(self) -> Delegation:
        """Pooled stake."""
        return self._typed(Delegation)

    @cached_property
    def insurance(self) -> Insurance:
        """What decay and slashing leave."""
        return self._typed(Insurance)

    @cached_property
    def verifier(self) -> Verifier:
        """The Groth16 verifier."""
        return self._typed(Verifier)

    @cached_property
    def verifiers(self) -> Mapping[str, Verifier]:
        """The verifier of each proving system, by the system's name."""
        typed = (self.verifier, self._typed(PlonkVerifier), self._typed(FflonkVerifier))
        return MappingProxyType({verifier.system_name: verifier for verifier in typed})

    @cached_property
    def timelock(self) -> TimelockController:
        """The owner of the others."""
        return self._typed(TimelockController)


__all__ = [
    "Accelerators",
    "BidQuote",
    "Bound",
    "Contract",
    "Contracts",
    "Delegation",
    "Desk",
    "FflonkVerifier",
    "Insurance",
    "Lens",
    "Market",
    "Operation",
    "Owned",
    "PlonkVerifier",
    "Projects",
    "Provers",
    "PushAdapter",
    "RoundQuote",
    "Splitter",
    "TaikoAdapter",
    "Tier1Adapter",
    "TimelockController",
    "Token",
    "Vault",
    "Verifier",
]
