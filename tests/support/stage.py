"""A market on a raw chain, its people, and short ways to let them act, steal and be refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple

from tests.support.fflonk_toy import FflonkKey
from tests.support.groth16_toy import ToyKey
from tests.support.plonk_toy import PlonkKey
from tests.support.rawchain import Chain, Contract, Outcome, Receipt, compiled
from tests.support.rawmarket import KEY, RawMarket, deploy, mock_proof
from zkpool_sdk.chain.abi import AbiItem
from zkpool_sdk.models import SignalRule, Terms
from zkpool_sdk.units import Seconds, Wei

ZK: Final = 10**18
ROUND: Final = 300
HOUR: Final = 3_600
DAY: Final = 86_400
WINDOW: Final = 600
LIABILITY: Final = 900
GRACE: Final = WINDOW // 4
MIN_BASE_FEE: Final = ZK // 100
MIN_BOND: Final = ZK // 2
STAKE: Final = 40 * ZK
FIELD: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
RULES: Final = (SignalRule.FIXED, SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE)
STATEMENT: Final = (11, 22)
ZERO: Final = "0x" + "00" * 20

NONE, QUEUED, ASSIGNED, OPEN, PROVEN, FAILED, CANCELLED, EXPIRED, EVICTED = range(9)


class TaskView(NamedTuple):
    """A task as stored."""

    requester: str
    amount_wei: int
    status: int
    queue: int
    place: int
    nonce: int
    rescued: bool
    prove_by: int
    terms_version: int
    prover: int
    bond_wei: int


class RescueView(NamedTuple):
    """What a task that was open remembers."""

    bounty_wei: int
    open_until: int
    decline_count: int
    first_decliner: int
    second_decliner: int


class StakeView(NamedTuple):
    """A prover's stake as it is now."""

    own_wei: int
    locked_wei: int
    decays_from: int
    active: bool
    sponsored: bool
    unbonding_wei: int
    sponsored_wei: int
    unbond_at: int


class ProverView(NamedTuple):
    """A prover's record."""

    account: str
    rating_ppm: int
    success_count: int
    failure_count: int
    decline_count: int
    banned_until: int


class SeatView(NamedTuple):
    """A seat of a queue."""

    prover: int
    capacity: int
    in_flight: int
    pass_: int
    accelerator: int
    accelerator_bps: int


def terms(window: int = WINDOW, liability: int = LIABILITY, penalty: int = 0) -> Terms:
    """A queue's terms."""
    return Terms(Seconds(window), Seconds(liability), Wei(penalty), 1)


@cache
def errors() -> Mapping[bytes, AbiItem]:
    """Every error of every compiled contract by its selector."""
    return {item.selector: item for found in compiled().values() for item in found.abi.errors.values()}


def refusal_of(outcome: Outcome) -> tuple[str, Mapping[str, Any]]:
    """Name and fields of the error a call failed with; no name if it failed without one."""
    assert not outcome.ok, "the call was not refused"
    item = errors().get(outcome.data[:4])
    if item is None:
        return "", {}
    return item.name, dict(zip(item.names, item.decode_inputs(outcome.data[4:]), strict=True))


ROLES: Final = (
    "deployer",
    "treasury",
    "keeper",
    "outsider",
    "requester",
    "rival",
    "patron",  # whose bids give provers work
    "prover",
    "second",
    "third",
    "attacker",
    "accomplice",
    "hot_key",
    "owner",
    "guardian",
    "admin",  # of the project
    "operator",  # of the delegation vault
    "delegator",
)
FUNDED: Final = ("requester", "rival", "patron", "prover", "second", "third", "attacker", "accomplice")
FORTUNE: Final = 1_000_000 * ZK
ACCOUNT_COUNT: Final = len(ROLES) + 40


def build(chain: Chain, *, token: str = "ZKToken") -> Stage:
    """A market with one queue, owner, guardian and admin in different hands, and its people."""
    people = dict(zip(ROLES, chain.accounts, strict=False))
    pool = deploy(chain, compiled(), people["treasury"], token=token)
    stage = Stage(pool, 0, people, chain.accounts[len(ROLES) :])
    for account in FUNDED:
        stage.fund(people[account], FORTUNE)
    projects, deployer = pool.projects, pool.deployer
    pool.verifier.send(deployer, "setSignalCount", KEY, len(RULES))
    projects.send(deployer, "allowVerifier", pool.verifier.address, True)
    projects.send(people["admin"], "registerProject", "https://project.example")
    pool.market.send(deployer, "setGuardian", people["guardian"])
    owned = (projects, pool.market, pool.splitter, pool.insurance, pool.delegation)
    for contract in filter(None, owned):
        contract.send(deployer, "transferOwnership", people["owner"])
        contract.send(people["owner"], "acceptOwnership")
    return replace(stage, queue=stage.open_queue())


@dataclass
class Stage:
    """One deployment with one queue, and its people by role.

    Nobody has acted yet; requesters and provers have a million tokens, approved to market, vault and desk.
    """

    pool: RawMarket
    queue: int
    people: Mapping[str, str]
    crowd: Sequence[str]
    statements: dict[bytes, tuple[int, ...]] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        """The chain all is on."""
        return self.pool.chain

    def __getattr__(self, name: str) -> str:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def open_queue(self, *, window: int = WINDOW, liability: int = LIABILITY, penalty: int = 0) -> int:
        """Another queue of the same project for the same circuit, with other terms."""
        signals = list(range(1, len(RULES) + 1))
        sample = (signals, mock_proof(signals))
        circuit = (self.pool.verifier.address, KEY, list(RULES))
        self.act(
            self.admin,
            self.pool.projects,
            "createQueue",
            1,
            *circuit,
            terms(window, liability, penalty),
            sample,
        )
        return int(self.pool.projects.read("queueCount"))

    # --- acting

    def act(self, sender: str, contract: Contract, function: str, *arguments: Any, **at: int) -> Receipt:
        """A call that must succeed."""
        data = contract.data(function, *arguments)
        receipt = self.chain.send(sender, contract.address, data, at.get("at"))
        if not receipt.ok:
            name, values = refusal_of(contract.try_send(sender, function, *arguments))
            raise AssertionError(f"{function} was refused: {name}({values})")
        return receipt

    def refusal(self, sender: str, contract: Contract, function: str, *arguments: Any, **at: int) -> str:
        """Name of the error with which a call fails; nothing is kept."""
        return self.refused(sender, contract, function, *arguments, **at)[0]

    def refused(
        self, sender: str, contract: Contract, function: str, *arguments: Any, **at: int
    ) -> tuple[str, Mapping[str, Any]]:
        """Name and fields of the error with which a call fails; nothing is kept."""
        return refusal_of(contract.try_send(sender, function, *arguments, at=at.get("at")))

    def fund(self, account: str, amount_wei: int) -> str:
        """Give tokens, approved to whoever takes them."""
        takers = [self.pool.market, self.pool.vault, self.pool.desk, self.pool.delegation, self.pool.provers]
        self.pool.fund(account, amount_wei, *(taker for taker in takers if taker))
        return account

    def seat(
        self, account: str, *, stake_wei: int = STAKE, capacity: int = 8, queue: int | None = None
    ) -> str:
        """Register, stake and join a queue."""
        if self.pool.provers.read("idOf", account) == 0:
            self.act(account, self.pool.provers, "register", "")
        if stake_wei:
            self.act(account, self.pool.vault, "stake", stake_wei)
        self.act(account, self.pool.provers, "join", queue or self.queue, capacity)
        return account

    def seat_crowd(self, count: int, *, capacity: int = 1, stake_wei: int = STAKE) -> Sequence[str]:
        """Seated provers of the crowd."""
        for account in self.crowd[:count]:
            self.seat(self.fund(account, stake_wei), stake_wei=stake_wei, capacity=capacity)
        return self.crowd[:count]

    def place(
        self,
        requester: str,
        fee_wei: int,
        *,
        statement: Sequence[int] = STATEMENT,
        expires_at: int | None = None,
        queue: int | None = None,
        at: int | None = None,
    ) -> bytes:
        """Place a bid that lives for a day unless told otherwise; its task."""
        until = self.chain.now + DAY if expires_at is None else expires_at
        bid = (queue or self.queue, list(statement), fee_wei, until, b"")
        receipt = self.pool.market.send(requester, "placeBid", *bid, at=at)
        placed = self.pool.market.abi.events["BidPlaced"].selector.hex()
        [log] = [log for log in receipt.logs if log["topics"][0] == "0x" + placed]
        task = bytes.fromhex(log["topics"][1][2:])
        self.statements[task] = tuple(statement)
        return task

    def clear(self, queue: int | None = None) -> Receipt:
        """Clear a queue as soon as its round is over."""
        started_at = self.pool.market.read("roundOf", queue or self.queue)[2]
        at = max(started_at + ROUND, self.chain.now + 1)
        return self.act(self.keeper, self.pool.market, "clear", queue or self.queue, at=at)

    def assigned(self, requester: str, fee_wei: int = 5 * ZK, **place: Any) -> bytes:
        """A task given to a prover by a clearing."""
        task = self.place(requester, fee_wei, **place)
        self.clear(place.get("queue"))
        assert self.task(task).status == ASSIGNED
        return task

    def signals(self, task: bytes, prover: str, output: int = 5) -> list[int]:
        """Public signals of a task's proof by this prover."""
        return [*self.statements[task], int(prover, 16), output]

    def proof(self, task: bytes, prover: str, output: int = 5) -> tuple[list[int], bytes]:
        """Signals and a proof that the verifier accepts."""
        signals = self.signals(task, prover, output)
        return signals, mock_proof(signals, KEY)

    def prove(self, task: bytes, prover: str, **at: int) -> Receipt:
        """Hand in a good proof."""
        return self.act(prover, self.pool.market, "submitProof", task, *self.proof(task, prover), **at)

    def fumble(self, task: bytes, prover: str, **at: int) -> Receipt:
        """Hand in a bad proof."""
        signals = self.signals(task, prover)
        return self.act(prover, self.pool.market, "submitProof", task, signals, b"junk", **at)

    def grace_until(self, task: bytes) -> int:
        """Last second at which the assigned prover may hand in a proof."""
        stored = self.task(task)
        window = self.pool.projects.read("termsOf", stored.queue, stored.terms_version)[0]
        return stored.prove_by + (window // 2 if stored.rescued else window) // 4

    def miss(self, task: bytes, keeper: str | None = None) -> Receipt:
        """Let window and grace pass and have the miss marked."""
        at = max(self.grace_until(task), self.chain.now) + 1
        return self.act(keeper or self.keeper, self.pool.market, "finalize", task, at=at)

    def experience(self, prover: str, successes: int) -> None:
        """Let the only seated prover prove this many tasks, one a round."""
        for _ in range(successes):
            self.prove(self.assigned(self.patron, ZK), prover)

    def skip_to(self, at: int) -> None:
        """An empty block at this time."""
        self.chain.send(self.outsider, self.outsider, b"", at)

    def skip(self, seconds: int) -> None:
        """An empty block so much later."""
        self.skip_to(self.chain.now + seconds)

    # --- looking

    def task(self, task: bytes) -> TaskView:
        """A task as stored."""
        return TaskView(*self.pool.market.read("taskOf", task))

    def rescue(self, task: bytes) -> RescueView:
        """What a task remembers of having been open."""
        return RescueView(*self.pool.market.read("rescueOf", task))

    def stake_of(self, account: str) -> StakeView:
        """A prover's stake."""
        return StakeView(*self.pool.vault.read("stakeOf", account))

    def record(self, account: str) -> ProverView:
        """A prover's record."""
        return ProverView(*self.pool.provers.read("proverOf", self.id_of(account)))

    def id_of(self, account: str) -> int:
        """A prover's id."""
        return int(self.pool.provers.read("idOf", account))

    def seats(self, queue: int | None = None) -> list[SeatView]:
        """Seats of a queue."""
        return [SeatView(*seat) for seat in self.pool.provers.read("seatsOf", queue or self.queue)]

    def balance(self, account: str | Contract) -> int:
        """Tokens of an account, in wei."""
        address = account.address if isinstance(account, Contract) else account
        return int(self.pool.token.read("balanceOf", address))

    def credit(self, account: str) -> int:
        """What the market owes an account, in wei."""
        return int(self.pool.market.read("creditOf", account))

    def earned(self, account: str) -> int:
        """What the splitter owes an account, pending included, in wei."""
        claimable, pending, _ = self.pool.splitter.read("earningOf", account)
        return int(claimable + pending)

    def wealth(self, *accounts: str) -> int:
        """All that accounts own together: tokens, credit, stake of their own, rewards; in wei."""
        total = 0
        for account in accounts:
            stake = self.stake_of(account)
            total += self.balance(account) + self.credit(account) + self.earned(account)
            total += stake.own_wei + stake.unbonding_wei
        return total

    def base_fee(self, queue: int | None = None) -> int:
        """The base fee of the current round, in wei."""
        return int(self.pool.market.read("baseFeeOf", queue or self.queue))

    def events(self, receipt: Receipt, contract: Contract, name: str) -> list[tuple[Any, ...]]:
        """Arguments of the events of a name that a contract emitted."""
        item = contract.abi.events[name]
        return [
            item.decode_log([bytes.fromhex(t[2:]) for t in log["topics"]], bytes.fromhex(log["data"][2:]))
            for log in receipt.logs
            if log["topics"][0] == "0x" + item.selector.hex()
            and log["address"].lower() == contract.address.lower()
        ]

    def check_solvency(self) -> None:
        """The market holds just what it owes: escrow and bounties of the tasks placed here, all credits."""
        escrow = 0
        for task in self.statements:
            stored = self.task(task)
            if stored.status in (QUEUED, ASSIGNED, OPEN):
                escrow += stored.amount_wei + self.rescue(task).bounty_wei
        owed = sum(self.credit(account) for account in {*self.people.values(), *self.crowd})
        assert self.balance(self.pool.market) == escrow + owed


def fresh(stage: Stage) -> Iterator[Stage]:
    """The stage as it was built, whatever a test does to it."""
    snapshot = stage.chain.snapshot()
    yield replace(stage, statements={})
    stage.chain.revert(snapshot)


@dataclass
class City:
    """A stage on which everybody holds a role, and every contract that is deployed.

    Attributes:
        contracts: by name.
        assigned: task that the prover holds; its decline window is open.
        queued: the requester's bid that has survived a clearing; the third may raise it to 6 ZK.
        opened: task that the prover declined.
        window: proof window of the queue, in seconds.
    """

    stage: Stage
    contracts: Mapping[str, Contract]
    assigned: bytes
    queued: bytes
    opened: bytes
    window: int
    verifying_key: Any
    plonk_key: Any
    fflonk_key: Any

    @property
    def first_seat(self) -> int:
        """The prover's seat."""
        return self.stage.pool.seat_of(self.stage.queue, self.stage.prover)

    @property
    def second_seat(self) -> int:
        """The second prover's seat."""
        return self.stage.pool.seat_of(self.stage.queue, self.stage.second)

    def address(self, role: str) -> str:
        """Who acts in a role: a person or a contract."""
        pool = self.stage.pool
        contracts = {
            "market": pool.market,
            "desk": self.contracts["BidDesk"],
            "sponsor": self.contracts["DelegationVault"],
            "adapter": self.contracts["TaikoAdapter"],
        }
        if role in contracts:
            return contracts[role].address
        return self.stage.keeper if role == "publisher" else self.stage.people[role]


def settle_city(built: Stage) -> City:
    """Everybody takes up a role in a queue of long windows."""
    window = 10 * WINDOW
    stage = replace(built, queue=built.open_queue(window=window), statements={})
    pool, made = stage.pool, compiled()

    def new(name: str, *arguments: Any) -> Contract:
        return stage.chain.deploy(made[name], *arguments)

    desk, delegation = pool.desk, pool.delegation
    assert desk
    assert pool.lens
    assert delegation
    judges = tuple(map(new, ("Groth16Verifier", "PlonkVerifier", "FflonkVerifier")))
    units = new("TaikoToken", pool.deployer)
    tier1 = new("TaikoMiniature", units.address, pool.verifier.address, KEY, 1, 60)
    parts = (pool.market.address, delegation.address, tier1.address, units.address, stage.queue)
    adapter = new("TaikoAdapter", parts, ZK, stage.owner, stage.operator)
    timelock = new("Timelock", 60, [stage.owner], [ZERO], ZERO)
    push = new("PushAdapter", pool.market.address, pool.provers.address)
    named = (pool.token, pool.insurance, pool.accelerators, pool.projects, pool.provers, pool.vault)
    rest = (pool.splitter, pool.market, desk, pool.lens, delegation, *judges, adapter, timelock, push)
    contracts = {contract.abi.name: contract for contract in (*named, *rest)}
    settlement = made["Settlement"].abi
    contracts["Settlement"] = Contract(stage.chain, settlement, pool.market.read("settlement"))

    stage.act(stage.keeper, pool.accelerators, "register", KEY, "mock", [], 100, "")
    stage.act(stage.owner, delegation, "setOperator", stage.operator)
    stage.act(stage.owner, delegation, "allowAdapter", adapter.address, ZK)
    stage.fund(stage.delegator, 100 * ZK)
    stage.act(stage.delegator, delegation, "deposit", 100 * ZK, stage.delegator)
    stage.fund(stage.treasury, ZK)
    for account in (stage.prover, stage.second):
        stage.seat(account)
    provers, until = pool.provers, stage.chain.now + DAY
    stage.act(stage.prover, provers, "proposeKey", stage.hot_key, 7, until)
    stage.act(stage.hot_key, provers, "acceptKey", stage.id_of(stage.prover))
    stage.act(stage.prover, provers, "proposeKey", stage.third, 7, until)
    opened = stage.assigned(stage.requester)
    pool.decline(opened, stage.prover)
    filler = stage.place(stage.rival, 9 * ZK)
    stage.act(stage.second, provers, "setCapacity", stage.queue, 0)
    assigned = stage.place(stage.requester, 5 * ZK)
    queued = stage.place(stage.requester, 4 * ZK)
    stage.clear()
    stage.act(stage.prover, pool.market, "submitProof", filler, *stage.proof(filler, stage.prover))
    stage.clear()
    assert [stage.task(task).status for task in (opened, assigned, queued)] == [OPEN, ASSIGNED, QUEUED]
    stage.act(stage.second, provers, "setCapacity", stage.queue, 8)
    stage.act(stage.requester, desk, "allowRaise", queued, stage.third, 6 * ZK)
    keys = ToyKey.make(1).public.abi, PlonkKey.make(1).abi, FflonkKey.make(1).public.abi
    return City(stage, contracts, assigned, queued, opened, window, *keys)
