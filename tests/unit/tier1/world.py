"""A pool that proves for the Taiko miniature: everything deployed, funded and staked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.support.rawchain import Chain, Contract, Receipt, compiled
from tests.support.rawmarket import MAX_UINT256, RawMarket, deploy, mock_proof
from tests.support.stage import refusal_of
from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.models import SignalRule, TaikoWork, Terms
from zkpool_sdk.units import Seconds, Wei

ZK: Final = 10**18
TTKO: Final = 10**8
"""A whole token of the miniature."""
ROUND: Final = 300
DAY: Final = 86_400
WINDOW: Final = 600
LIABILITY: Final = 600
PENALTY: Final = 2 * ZK
"""What each bond of the pool's queue holds for tier 1."""
RULES: Final = (SignalRule.FIXED, SignalRule.PROVER)
KEY: Final = b"rollup".ljust(32, b"\0")
FEE_PER_GAS: Final = 10
GAS_LIMIT: Final = 1_000_000
REWARD: Final = (20_000 + GAS_LIMIT) * FEE_PER_GAS
"""Units for a block without delay: 0.102 TTKO."""
AVERAGE_DELAY: Final = 1_200
UNIT_PRICE: Final = 2 * ZK
POOLED: Final = 1_000 * ZK
FUNDED: Final = 200 * ZK
STAKED: Final = 50 * TTKO
MAX_BID: Final = 5 * ZK
DATA: Final = b"inputs of block "

ROLES: Final = (
    "deployer",
    "treasury",
    "operator",
    "delegator",
    "proposer",
    "prover",
    "second",
    "keeper",
    "trader",
    "sponsor",
    "requester",
    "outsider",
)
NONE, POSTED, BOUND, DELIVERED, REWARDED, FORFEITED = range(6)


def worth(units: int) -> int:
    """Wei of units at the price of these tests, which leaves no rest."""
    return units * UNIT_PRICE // TTKO


@dataclass(frozen=True)
class World:
    """Contracts and people; see ``build``."""

    pool: RawMarket
    people: Mapping[str, str]
    ttko: Contract
    taiko: Contract
    adapter: Contract
    queue: int

    @property
    def chain(self) -> Chain:
        """The chain all is on."""
        return self.pool.chain

    def __getattr__(self, name: str) -> str:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    # --- acting

    def act(self, who: str, contract: Contract, function: str, *arguments: Any, **at: int) -> Receipt:
        """A call of a role that must succeed."""
        sender, moment = self.people.get(who, who), at.get("at")
        receipt = self.chain.send(sender, contract.address, contract.data(function, *arguments), moment)
        if not receipt.ok:
            name, values = refusal_of(contract.try_send(sender, function, *arguments))
            raise AssertionError(f"{function} was refused: {name}({dict(values)})")
        return receipt

    def refused(
        self, who: str, contract: Contract, function: str, *arguments: Any, **at: int
    ) -> tuple[str, dict[str, Any]]:
        """Name and fields of the error with which a role's call fails."""
        name, values = refusal_of(
            contract.try_send(self.people.get(who, who), function, *arguments, at=at.get("at"))
        )
        return name, dict(values)

    def skip_to(self, at: int) -> None:
        """An empty block at this time."""
        self.chain.send(self.outsider, self.outsider, b"", at)

    def skip(self, seconds: int) -> None:
        """An empty block so much later."""
        self.skip_to(self.chain.now + seconds)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What happens inside is undone."""
        snapshot = self.chain.snapshot()
        yield
        self.chain.revert(snapshot)

    # --- tier 1

    def stake_in_tier1(self, account: str, units: int, price: int = FEE_PER_GAS, capacity: int = 8) -> None:
        """Stake in the miniature, with units from the deployer."""
        self.act("deployer", self.ttko, "transfer", account, units)
        self.act(account, self.ttko, "approve", self.taiko.address, MAX_UINT256)
        self.act(account, self.taiko, "stake", units, price, capacity)

    def propose(self, *, gas_limit: int = GAS_LIMIT, at: int | None = None) -> int:
        """Propose a block; its number, which is also its commitment less 1000."""
        number = self.taiko.read("blockCount") + 1
        block = (1_000 + number, gas_limit, DATA + str(number).encode())
        self.act("proposer", self.taiko, "proposeBlock", *block, **({"at": at} if at else {}))
        return int(number)

    def block(self, number: int) -> dict[str, Any]:
        """A block of the miniature."""
        names = ("assigned", "proposed_at", "prove_by", "released", "proven_by", "proven_at", "gas_limit")
        names += ("commitment", "data_hash", "reward_units", "paid_units", "slashed_units")
        return dict(zip(names, self.taiko.read("blockOf", number), strict=True))

    def staker(self, account: str) -> dict[str, Any]:
        """A prover of the miniature."""
        names = ("staked", "exiting", "exit_at", "price", "capacity", "in_flight", "place")
        return dict(zip(names, self.taiko.read("stakerOf", account), strict=True))

    def proof(self, number: int, prover: str) -> tuple[list[int], bytes]:
        """Signals and a proof of a block that names a prover."""
        signals = [1_000 + number, int(prover, 16)]
        return signals, mock_proof(signals, KEY)

    # --- the pool

    def enter(self, number: int, **at: int) -> bytes:
        """Have the adapter bid for a block; the task."""
        self.act("keeper", self.adapter, "enter", number, DATA + str(number).encode(), **at)
        return self.work(number).task

    def work(self, number: int) -> TaikoWork:
        """A block as the adapter knows it."""
        found: TaikoWork = to_model(TaikoWork, self.adapter.read("workOf", number))
        return found

    def clear(self) -> None:
        """Clear the pool's queue as soon as its round is over."""
        started_at = self.pool.market.read("roundOf", self.queue)[2]
        self.act(
            "keeper", self.pool.market, "clear", self.queue, at=max(started_at + ROUND, self.chain.now + 1)
        )

    def task(self, task: bytes) -> dict[str, Any]:
        """A task of the market."""
        names = ("requester", "amount", "status", "queue", "place", "nonce", "rescued", "prove_by")
        return dict(zip(names, self.pool.market.read("taskOf", task), strict=False))

    def prove(self, number: int, prover: str = "prover", **at: int) -> None:
        """Hand a block's proof to the market, by its assigned prover."""
        account = self.people[prover]
        proof = self.proof(number, account)
        self.act(prover, self.pool.market, "submitProof", self.work(number).task, *proof, **at)

    def assigned(self) -> int:
        """A block that tier 1 gave to the pool and the pool to its prover."""
        number = self.propose()
        self.enter(number)
        self.clear()
        return number

    def miss(self, number: int) -> None:
        """Let all windows of an assigned block pass, here and in tier 1."""
        task = self.work(number).task
        self.skip_to(self.task(task)["prove_by"] + LIABILITY + 1)
        self.act("keeper", self.pool.market, "finalize", task)
        self.skip_to(max(self.block(number)["prove_by"], self.chain.now) + 1)

    def settle(self, number: int) -> tuple[int, int, int]:
        """Settle a block; what the adapter says of it."""
        outcome = self.adapter.try_send(self.keeper, "settle", number)
        self.act("keeper", self.adapter, "settle", number)
        answer: tuple[int, int, int] = self.adapter.decode("settle", outcome.data)
        return answer

    # --- looking

    def zk(self, account: str | Contract) -> int:
        """ZK of an account, in wei."""
        return int(self.pool.token.read("balanceOf", getattr(account, "address", account)))

    def units(self, account: str | Contract) -> int:
        """Units of tier 1's token of an account."""
        return int(self.ttko.read("balanceOf", getattr(account, "address", account)))

    @property
    def value(self) -> int:
        """What the adapter says it is worth."""
        return int(self.adapter.read("valueWei"))

    def events(self, receipt: Receipt, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of one kind in a receipt."""
        item = contract.abi.events[name]
        found = []
        for log in receipt.logs:
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            if log["address"].lower() == contract.address.lower() and topics[0] == item.selector:
                values = item.decode_log(topics, bytes.fromhex(log["data"][2:]))
                found.append(dict(zip(item.names, values, strict=True)))
        return found


def build(chain: Chain) -> World:
    """The pool with 200 ZK in the adapter, half of it staked in tier 1, and one seated prover."""
    people = dict(zip(ROLES, chain.accounts, strict=False))
    pool = deploy(chain, compiled(), people["treasury"])
    new = lambda name, *arguments: chain.deploy(compiled()[name], *arguments)  # noqa: E731
    pool.verifier.send(pool.deployer, "setSignalCount", KEY, len(RULES))
    terms = Terms(Seconds(WINDOW), Seconds(LIABILITY), Wei(PENALTY), 1)
    queue = pool.create_mock_queue(RULES, terms, KEY)
    ttko = new("TaikoToken", pool.deployer)
    taiko = new("TaikoMiniature", ttko.address, pool.verifier.address, KEY, FEE_PER_GAS, AVERAGE_DELAY)
    delegation = pool.delegation
    assert delegation is not None
    wiring = (pool.market.address, delegation.address, taiko.address, ttko.address, queue)
    adapter = new("TaikoAdapter", wiring, UNIT_PRICE, pool.deployer, people["operator"])
    world = World(pool, people, ttko, taiko, adapter, queue)
    act = world.act
    act("deployer", pool.projects, "setCarrier", queue, adapter.address)
    for account in ("proposer", "trader"):
        act("deployer", ttko, "transfer", people[account], 10_000 * TTKO)
        for taker in (taiko, adapter):
            act(account, ttko, "approve", taker.address, MAX_UINT256)
    act("proposer", taiko, "fill", 1_000 * TTKO)
    # The pool's money: from a delegator to the adapter, half of it into units, and those into tier 1.
    pool.fund(people["delegator"], POOLED, delegation)
    act("delegator", delegation, "deposit", POOLED, people["delegator"])
    act("deployer", delegation, "setOperator", people["operator"])
    act("deployer", delegation, "allowAdapter", adapter.address, FUNDED)
    act("operator", delegation, "fund", adapter.address, FUNDED)
    act("operator", adapter, "setOrders", STAKED, 0)
    act("trader", adapter, "sellUnits", STAKED, worth(STAKED))
    act("operator", adapter, "setOffer", FEE_PER_GAS, adapter.read("MAX_WORKS"), MAX_BID)
    act("operator", adapter, "stake", STAKED)
    for account in ("prover", "second"):
        pool.fund(people[account], 1_000 * ZK, pool.vault)
        act(account, pool.provers, "register", "")
        act(account, pool.vault, "stake", 100 * ZK)
    act("prover", pool.provers, "join", queue, 8)
    return world
