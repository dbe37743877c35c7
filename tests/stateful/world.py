"""A deployment with its people, and a model of it that starts out equal."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Final

from tests.stateful.hostile import HostileToken
from tests.stateful.puppet import Puppet
from tests.support.rawchain import Artifacts, Chain, Contract
from tests.support.rawmarket import INSURANCE_CAP_WEI, KEY, MAX_UINT256, STANDARD_TERMS, RawMarket, deploy
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.economics.market import Addresses, Market
from zkpool_sdk.economics.protocol import Protocol, Sites
from zkpool_sdk.economics.provers import SEAT_LIMIT
from zkpool_sdk.economics.taiko import TaikoAdapter
from zkpool_sdk.economics.token import Token
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
"""Contracts whose place is taken by an address that the machine acts for, unless the world is whole."""
SAVED_WEI: Final = zk(400)
"""What each delegator has put in before a life begins."""
ADAPTER_CAP_WEI: Final = zk(200)
TIER1_TERMS: Final = Terms(Seconds(600), Seconds(600), zk(2), 1)
"""Of the queue of tier 1's blocks: each bond holds 2 ZK for its penalty."""
UNIT_PRICE_WEI: Final = zk(2)
UNITS_PER_TOKEN: Final = 10**8
OWNER_OF_WALLET: Final = 6
"""Number of the account whose signature the wallet takes for its own: the first requester."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who acts. The deployer owns everything, guards it, administers the projects.

    Attributes:
        desk, sponsor: stand-ins that the machine acts for, or the bid desk and the pool.
        savers: who delegate stake. operator: of the pool. attackers: who play against the others.
        wallet: a requester that is a contract; none in a world of stand-ins.
    """

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
    savers: tuple[Address, ...]
    operator: Address
    attackers: tuple[Address, ...]
    wallet: tuple[Address, ...] = ()

    @classmethod
    def of(cls, accounts: tuple[str, ...], desk: str, sponsor: str) -> Roles:
        people = [Address(account) for account in accounts]
        crowd_end = 17 + SEAT_LIMIT
        groups = (people[6:10], people[10:15], people[15:17], people[17:crowd_end])
        others = people[crowd_end:]
        return cls(
            *people[:6],
            *map(tuple, groups),
            Address(desk),
            Address(sponsor),
            tuple(others[:3]),
            others[3],
            tuple(others[4:8]),
        )

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
            *self.savers,
            self.operator,
            *self.attackers,
            *self.wallet,
        )


class World:
    """A market on a chain, and a model equal to it."""

    def __init__(
        self,
        chain: Chain,
        artifacts: Artifacts,
        *,
        uses_market_time: bool,
        whole: bool = False,
        hostile: bool = False,
    ) -> None:
        """Deploys a market.

        Args:
            whole: with the real bid desk and pool, and a push adapter; else the machine acts for desk and
                sponsor, and can do what the real ones never would.
            hostile: around a token that calls back in the middle of a transfer when it is told to.
        """
        self.chain = chain
        self.whole = whole
        parts = artifacts if whole else {n: found for n, found in artifacts.items() if n not in STAND_INS}
        treasury = chain.accounts[1]
        token = "HookToken" if hostile else "ZKToken"
        self.at: RawMarket = deploy(chain, parts, treasury, uses_market_time=uses_market_time, token=token)
        at = self.at
        if at.desk and at.delegation:
            desk, sponsor = at.desk.address, at.delegation.address
        else:
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
        cap_wei = Wei(INSURANCE_CAP_WEI)
        if whole:
            self._add_parts(artifacts)
            at, roles = self.at, self.roles
            assert at.push
            sites = Sites(roles.desk, roles.sponsor, Address(at.push.address), roles.operator)
            self._market: Market = Protocol(
                addresses, sites, uses_market_time=uses_market_time, insurance_cap_wei=cap_wei
            )
        else:
            self._market = Market(addresses, uses_market_time=uses_market_time, insurance_cap_wei=cap_wei)
            at.market.send(roles.deployer, "bindDesk", desk)
            at.vault.send(roles.deployer, "bindSponsor", sponsor)
            self._market.desk, self._market.vault.sponsor = roles.desk, roles.sponsor
        self.queues = [self._open_queue(terms) for terms in QUEUE_TERMS[:3]]
        self.queues.append(self._open_queue(QUEUE_TERMS[3], MIN_RATING_PPM))
        if whole:
            self.queues.append(self._open_queue(TIER1_TERMS))
            self._open_tier1(artifacts)
        self._publish()
        self._fund()
        if isinstance(self._market, Protocol):
            self._open_pool(self._market.pool)
        self._crowd(self.crowded)
        if hostile:
            self._market.hostile = HostileToken(self._market)  # type: ignore[attr-defined]
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

    @property
    def tier1(self) -> QueueId:
        """The queue of tier 1's blocks; only where the world is whole."""
        return self.queues[4]

    def keep(self, market: Market, statements: dict[TaskId, int]) -> None:
        """Makes a state, which the chain is in too, the one that lives begin with."""
        self._bytes = pickle.dumps(market)
        self.statements = dict(statements)

    def model(self) -> Market:
        """A model of the market as it was set up."""
        return pickle.loads(self._bytes)  # type: ignore[no-any-return]

    def _add_parts(self, artifacts: Artifacts) -> None:
        """What a whole world has besides: a push adapter, a rude adapter of the pool, a wallet."""
        chain, at = self.chain, self.at
        push = chain.deploy(artifacts["PushAdapter"], at.market.address, at.provers.address)
        adapter = chain.deploy(artifacts["MockAdapter"])
        wallet = chain.deploy(artifacts["MockWallet"], chain.accounts[OWNER_OF_WALLET])
        self.at = replace(at, push=push, adapter=adapter, wallet=wallet)
        self.roles = replace(self.roles, wallet=(Address(wallet.address),))

    def _open_pool(self, pool: DelegationVault) -> None:
        """The pool with its delegators' first money, an operator, and an adapter that it may fund."""
        at, roles = self.at, self.roles
        assert at.delegation
        assert at.adapter
        at.delegation.send(roles.deployer, "setOperator", roles.operator)
        for adapter in (at.adapter, at.taiko):
            if adapter:
                at.delegation.send(roles.deployer, "allowAdapter", adapter.address, ADAPTER_CAP_WEI)
                pool.allow_adapter(Address(adapter.address), ADAPTER_CAP_WEI)
        for saver in roles.savers[:2]:
            at.delegation.send(saver, "deposit", SAVED_WEI, saver)
            pool.deposit(saver, SAVED_WEI, self.chain.now)

    def _open_tier1(self, artifacts: Artifacts) -> None:
        """A tier 1 that says what it is told to, and the pool's adapter to it, the carrier of penalties."""
        chain, roles, market = self.chain, self.roles, self._market
        assert isinstance(market, Protocol)
        queue = self.tier1
        units = chain.deploy(artifacts["TaikoToken"], roles.deployer)
        tier1 = chain.deploy(artifacts["TaikoHostile"], units.address)
        wiring = (self.at.market.address, roles.sponsor, tier1.address, units.address, queue)
        taiko = chain.deploy(
            artifacts["TaikoAdapter"], wiring, UNIT_PRICE_WEI, roles.deployer, roles.operator
        )
        self.at = at = replace(self.at, taiko=taiko, tier1=tier1, units=units)
        unit_token = Token(roles.deployer, Wei(10**9 * UNITS_PER_TOKEN))
        market.tier1 = puppet = Puppet(unit_token, Address(tier1.address))  # type: ignore[attr-defined]
        there, each = Address(taiko.address), (UNIT_PRICE_WEI, UNITS_PER_TOKEN)
        market.taiko = TaikoAdapter(  # type: ignore[attr-defined]
            market, market.pool, puppet, unit_token, there, queue, *each, roles.operator
        )
        for account in (roles.outsider, Address(tier1.address)):
            units.send(roles.deployer, "transfer", account, 10**4 * UNITS_PER_TOKEN)
            unit_token.transfer(roles.deployer, account, 10**4 * UNITS_PER_TOKEN)
        units.send(roles.outsider, "approve", taiko.address, MAX_UINT256)
        at.projects.send(roles.deployer, "setCarrier", queue, taiko.address)
        market.projects.set_carrier(queue, there)

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
        known = (at.market, at.vault, at.provers, at.desk, at.delegation, at.push)
        takers = [taker for taker in (*known, at.taiko) if taker]
        people = (*roles.requesters, *roles.provers, roles.outsider, *roles.savers, *roles.attackers)
        for account in (*people, *(() if self.whole else (roles.sponsor,))):
            amount_wei = poor if account == roles.requesters[-1] else rich
            at.fund(account, amount_wei, *takers)
            self._market.token.transfer(roles.deployer, account, amount_wei)
        at.fund(roles.deployer, 0, at.market, at.vault)
        for wallet in (at.wallet,) if at.wallet else ():
            at.token.send(roles.deployer, "transfer", wallet.address, rich)
            self._market.token.transfer(roles.deployer, roles.wallet[0], rich)
            approve = at.token.data("approve", at.market.address, MAX_UINT256)
            wallet.send(self.chain.accounts[OWNER_OF_WALLET], "execute", at.token.address, approve)

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
