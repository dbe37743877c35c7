"""A deployment with its people, and a model of it that starts out equal."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Final

from tests.support.rawchain import Artifacts, Chain, Contract
from tests.support.rawmarket import INSURANCE_CAP_WEI, KEY, STANDARD_TERMS, RawMarket, deploy
from zkpool_sdk.economics.market import Addresses, Market
from zkpool_sdk.economics.provers import SEAT_LIMIT
from zkpool_sdk.models import Address, QueueId, SignalRule, Terms
from zkpool_sdk.units import Seconds, Wei, zk

RULES: Final = (SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE)
FREE_SIGNAL: Final = 99
URI: Final = "https://prover.example"
QUEUE_TERMS: Final = (
    STANDARD_TERMS,
    Terms(Seconds(60), Seconds(172_800), Wei(10**18), 4),
    Terms(Seconds(600), Seconds(600), Wei(0), 1),
)
"""Of the two queues where the work is, and of the crowded one."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who acts. The deployer owns everything, guards it, administers the projects."""

    deployer: Address
    treasury: Address
    delegators: Address
    keeper: Address
    outsider: Address
    requesters: tuple[Address, ...]
    provers: tuple[Address, ...]
    crowd: tuple[Address, ...]

    @classmethod
    def of(cls, accounts: tuple[str, ...]) -> Roles:
        people = [Address(account) for account in accounts]
        return cls(*people[:5], tuple(people[5:9]), tuple(people[9:14]), tuple(people[14 : 14 + SEAT_LIMIT]))

    @property
    def bidders(self) -> tuple[Address, ...]:
        """Requesters, the last of them poor."""
        return self.requesters

    @property
    def everybody(self) -> tuple[Address, ...]:
        """All who may hold tokens or credit; the crowd aside, whose members only sit."""
        return (
            self.deployer,
            self.treasury,
            self.delegators,
            self.keeper,
            self.outsider,
            *self.requesters,
            *self.provers,
        )


class World:
    """A market on a chain, and a model equal to it."""

    def __init__(self, chain: Chain, artifacts: Artifacts, *, uses_market_time: bool) -> None:
        self.chain = chain
        self.roles = Roles.of(chain.accounts)
        self.at: RawMarket = deploy(chain, artifacts, self.roles.treasury, uses_market_time=uses_market_time)
        at = self.at
        addresses = Addresses(
            *(
                Address(part)
                for part in (
                    at.market.address,
                    at.vault.address,
                    at.splitter.address,
                    at.insurance.address,
                    self.roles.treasury,
                    self.roles.deployer,
                )
            )
        )
        self._market = Market(
            addresses, uses_market_time=uses_market_time, insurance_cap_wei=Wei(INSURANCE_CAP_WEI)
        )
        self.queues = [self._open_queue(terms) for terms in QUEUE_TERMS]
        self._fund()
        self._crowd(self.queues[-1])
        self._bytes = pickle.dumps(self._market)

    def model(self) -> Market:
        """A model of the market as it was set up."""
        return pickle.loads(self._bytes)  # type: ignore[no-any-return]

    def _open_queue(self, terms: Terms) -> QueueId:
        queue = self.at.create_mock_queue(RULES, terms)
        projects, deployer = self._market.projects, self.roles.deployer
        verifier = Address(self.at.verifier.address)
        project = projects.register_project(deployer)
        projects.allow_verifier(verifier, True)
        assert queue == projects.create_queue(deployer, project, verifier, KEY, RULES, terms)
        return QueueId(queue)

    def _fund(self) -> None:
        rich, poor = zk(1_000_000), zk(3)
        for account in (*self.roles.requesters, *self.roles.provers, self.roles.outsider):
            amount_wei = poor if account == self.roles.requesters[-1] else rich
            self.at.fund(account, amount_wei, self.at.market, self.at.vault)
            self._market.token.transfer(self.roles.deployer, account, amount_wei)
        self.at.fund(self.roles.deployer, 0, self.at.market, self.at.vault)

    def _crowd(self, queue: QueueId) -> None:
        """All seats of a queue taken by provers with one slot each."""
        for prover in self.roles.crowd:
            self.at.fund(prover, zk(32), self.at.vault)
            self._market.token.transfer(self.roles.deployer, prover, zk(32))
            self.at.vault.send(prover, "stake", zk(32))
            self._market.vault.stake(prover, zk(32), self.chain.now)
            self.at.provers.send(prover, "register", URI)
            self._market.provers.register(prover)
            self.at.provers.send(prover, "join", queue, 1)
            self._market.provers.join(prover, queue, 1, self.chain.now)


def changed(terms: Terms, **fields: int) -> Terms:
    """Terms with some fields changed."""
    return replace(terms, **fields)  # type: ignore[arg-type]


__all__ = ["FREE_SIGNAL", "RULES", "URI", "Contract", "Roles", "World", "changed"]
