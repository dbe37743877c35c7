"""A deployment with its people, and a model of it that starts out equal."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Final

from tests.support.rawchain import Artifacts, Chain, Contract
from tests.support.rawmarket import INSURANCE_CAP_WEI, KEY, STANDARD_TERMS, RawMarket, deploy
from zkpool_sdk.economics.market import Addresses, Market
from zkpool_sdk.economics.provers import SEAT_LIMIT
from zkpool_sdk.models import AcceleratorId, Address, QueueId, SignalRule, TaskId, Terms
from zkpool_sdk.units import Seconds, Wei, zk

RULES: Final = (SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE)
FREE_SIGNAL: Final = 99
URI: Final = "https://prover.example"
QUEUE_TERMS: Final = (
    STANDARD_TERMS,
    Terms(Seconds(60), Seconds(172_800), zk(10), 4),
    Terms(Seconds(600), Seconds(600), Wei(0), 1),
    Terms(Seconds(7_200), Seconds(7_200), Wei(0), 1),
)
"""Of the two queues where the work is, of the crowded one, and of the sealed one, whose windows are long."""
MIN_RATING_PPM: Final = 250_000
"""Of the sealed queue: a newcomer may serve it, who handed in a wrong proof may not."""
OTHER_KEY: Final = bytes(31) + b"k"
RELEASES: Final[tuple[tuple[int, tuple[bytes, ...]], ...]] = (
    (2_000, ()),
    (333, (OTHER_KEY, KEY)),
    (500, (OTHER_KEY,)),
    (100, ()),
)
"""Share and circuits of each accelerator: the third proves none of the queues, the fourth is retired."""
STAND_INS: Final = ("BidDesk", "DelegationVault", "MarketLens")
"""Contracts whose place is taken by an address that the machine acts for."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who acts. The deployer owns everything, guards it, administers the projects."""

    deployer: Address
    treasury: Address
    delegators: Address
    keeper: Address
    outsider: Address
    maker: Address
    requesters: tuple[Address, ...]
    provers: tuple[Address, ...]
    hot_keys: tuple[Address, ...]
    crowd: tuple[Address, ...]
    desk: Address
    sponsor: Address

    @classmethod
    def of(cls, accounts: tuple[str, ...], desk: str, sponsor: str) -> Roles:
        people = [Address(account) for account in accounts]
        groups = (people[6:10], people[10:15], people[15:17], people[17 : 17 + SEAT_LIMIT])
        return cls(*people[:6], *map(tuple, groups), Address(desk), Address(sponsor))

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
            self.maker,
            self.sponsor,
            *self.requesters,
            *self.provers,
        )


class World:
    """A market on a chain, and a model equal to it."""

    def __init__(self, chain: Chain, artifacts: Artifacts, *, uses_market_time: bool) -> None:
        self.chain = chain
        parts = {name: found for name, found in artifacts.items() if name not in STAND_INS}
        treasury = chain.accounts[1]
        self.at: RawMarket = deploy(chain, parts, treasury, uses_market_time=uses_market_time)
        at = self.at
        desk, sponsor = (chain.deploy(artifacts["MockVerifier"]).address for _ in range(2))
        for account in (desk, sponsor):
            chain.set_balance(account, 10**18)
        self.roles = roles = Roles.of(chain.accounts, desk, sponsor)
        contracts = (at.market, at.vault, at.splitter, at.insurance)
        addresses = Addresses(
            *(Address(contract.address) for contract in contracts),
            roles.treasury,
            token_holder=roles.deployer,
            owner=roles.deployer,
        )
        self._market = Market(
            addresses, uses_market_time=uses_market_time, insurance_cap_wei=Wei(INSURANCE_CAP_WEI)
        )
        at.market.send(roles.deployer, "bindDesk", desk)
        at.vault.send(roles.deployer, "bindSponsor", sponsor)
        self._market.desk, self._market.vault.sponsor = roles.desk, roles.sponsor
        self.queues = [self._open_queue(terms) for terms in QUEUE_TERMS[:3]]
        self.queues.append(self._open_queue(QUEUE_TERMS[3], MIN_RATING_PPM))
        self._publish()
        self._fund()
        self._crowd(self.crowded)
        self.statements: dict[TaskId, int] = {}
        self.keep(self._market, {})

    @property
    def crowded(self) -> QueueId:
        """The queue whose seats are all taken."""
        return self.queues[2]

    @property
    def sealed(self) -> QueueId:
        """The queue whose bids the desk brings."""
        return self.queues[3]

    def keep(self, market: Market, statements: dict[TaskId, int]) -> None:
        """Makes a state, which the chain is in too, the one that lives begin with."""
        self._bytes = pickle.dumps(market)
        self.statements = dict(statements)

    def model(self) -> Market:
        """A model of the market as it was set up."""
        return pickle.loads(self._bytes)  # type: ignore[no-any-return]

    def _open_queue(self, terms: Terms, min_rating_ppm: int | None = None) -> QueueId:
        queue = self.at.create_mock_queue(RULES, terms, min_rating_ppm=min_rating_ppm)
        projects, deployer = self._market.projects, self.roles.deployer
        verifier = Address(self.at.verifier.address)
        project = projects.register_project(deployer)
        projects.allow_verifier(verifier, True)
        is_sealed = min_rating_ppm is not None
        assert queue == projects.create_queue(
            deployer,
            project,
            verifier,
            KEY,
            RULES,
            terms,
            is_sealed=is_sealed,
            min_rating_ppm=min_rating_ppm or 0,
        )
        return QueueId(queue)

    def _publish(self) -> None:
        maker, made = self.roles.maker, self._market.accelerators
        for share_bps, keys in RELEASES:
            release = (KEY, "groth16", list(keys), share_bps, URI)
            self.at.accelerators.send(maker, "register", *release)
            made.register(maker, KEY, "groth16", keys, share_bps, URI)
        self.at.accelerators.send(maker, "retire", len(RELEASES))
        made.retire(maker, AcceleratorId(len(RELEASES)))

    def _fund(self) -> None:
        rich, poor = zk(1_000_000), zk(3)
        roles, at = self.roles, self.at
        for account in (*roles.requesters, *roles.provers, roles.outsider, roles.sponsor):
            amount_wei = poor if account == roles.requesters[-1] else rich
            at.fund(account, amount_wei, at.market, at.vault, at.provers)
            self._market.token.transfer(roles.deployer, account, amount_wei)
        at.fund(roles.deployer, 0, at.market, at.vault)

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
