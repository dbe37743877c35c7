"""Random lives of the pool in tier 1: whatever happens, every wei and unit follows from what happened."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from tests.support.rawchain import Contract
from tests.unit.tier1.world import (
    BOUND,
    DATA,
    DELIVERED,
    FORFEITED,
    FUNDED,
    LIABILITY,
    NONE,
    REWARDED,
    ROUND,
    STAKED,
    WINDOW,
    ZK,
    World,
    worth,
)

STEPS = 120
SEEDS = range(7)
QUEUED, ASSIGNED, OPEN, PROVEN = 1, 2, 3, 4
PROVERS = ("prover", "second", "sponsor")
VALUE_GAS = 300_000


class Walk:
    """One random life; what was tried and went through is counted."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = Random(seed)
        self.numbers: list[int] = []
        self.done: Counter[str] = Counter()
        self.since = world.chain.number + 1

    # --- acts

    def attempt(self, who: str, contract: Contract, function: str, *arguments: Any) -> bool:
        """A call that may be refused, and then is not sent."""
        world = self.world
        outcome = contract.try_send(world.people[who], function, *arguments)
        if outcome.ok:
            world.act(who, contract, function, *arguments)
            self.done[function] += 1
        return outcome.ok

    def propose(self) -> None:
        self.numbers.append(self.world.propose(gas_limit=self.random.choice([300_000, 1_000_000])))

    def pick(self, work: int, *tasks: int) -> int:
        """A block whose work and task have these statuses, if there is one; any otherwise."""
        fit = [
            number
            for number in self.numbers
            if (found := self.world.work(number)).status == work
            and (not tasks or self.world.task(found.task)["status"] in tasks)
        ]
        return self.random.choice(fit or self.numbers)

    def enter(self) -> None:
        number = self.pick(NONE)
        self.attempt("keeper", self.world.adapter, "enter", number, DATA + str(number).encode())

    def rival(self) -> None:
        bid = (
            self.world.queue,
            [7],
            self.random.randrange(ZK // 50, ZK),
            self.world.chain.now + 2 * ROUND + 5,
            b"",
        )
        self.attempt("requester", self.world.pool.market, "placeBid", *bid)

    def clear(self) -> None:
        started_at = self.world.pool.market.read("roundOf", self.world.queue)[2]
        if self.world.chain.now < started_at + ROUND - 1:
            self.world.skip_to(started_at + ROUND - 1)
        self.attempt("keeper", self.world.pool.market, "clear", self.world.queue)
        for _ in range(self.random.randrange(3)):
            self.prove()

    def prove(self) -> None:
        """A good proof, a bad one, or a declination, by whoever has the task."""
        number = self.pick(BOUND, ASSIGNED)
        who = self.prover_of(number)
        if who is None:
            return
        task, market = self.world.work(number).task, self.world.pool.market
        signals, proof = self.world.proof(number, self.world.people[who])
        way = self.random.random()
        if way < 0.3:
            self.attempt(who, market, "decline", task)
        else:
            self.attempt(who, market, "submitProof", task, signals, b"junk" if way < 0.45 else proof)
        if way < 0.45 and self.random.random() < 0.5:
            self.rescue()

    def rescue(self) -> None:
        number, who = self.pick(BOUND, OPEN), self.random.choice(PROVERS)
        task = self.world.work(number).task
        if self.world.task(task)["status"] == OPEN:
            seat = self.world.pool.seat_of(self.world.queue, self.world.people[who])
            self.attempt(who, self.world.pool.market, "claimOpen", task, seat)

    def deliver(self) -> None:
        number = self.pick(BOUND, PROVEN)
        who = self.random.choice(PROVERS)
        if self.world.task(self.world.work(number).task)["status"] == PROVEN:
            proof = self.world.proof(number, self.world.people[who])
            self.attempt("keeper", self.world.adapter, "submit", number, *proof)

    def finalize(self) -> None:
        task = self.world.work(self.random.choice(self.numbers)).task
        if not self.attempt("keeper", self.world.pool.market, "finalize", task):
            self.attempt("keeper", self.world.pool.market, "expireBid", task)

    def late(self) -> None:
        """Somebody else has the pool slashed in tier 1, where it is late."""
        for number in self.numbers:
            if self.attempt("outsider", self.world.taiko, "markLate", number):
                return

    def settle(self) -> None:
        self.attempt("keeper", self.world.adapter, "settle", self.random.choice(self.numbers))

    def collect(self) -> None:
        self.attempt("outsider", self.world.adapter, "collect")

    def wait(self) -> None:
        self.world.skip(self.random.choice([30, 200, WINDOW, WINDOW + 200]))

    def prover_of(self, number: int) -> str | None:
        """Which role has a block's task now."""
        task = self.world.work(number).task
        stored = self.world.pool.market.read("taskOf", task)
        if stored[2] != ASSIGNED:
            return None
        account = self.world.pool.provers.read("accountOf", stored[9])
        return next(who for who in PROVERS if self.world.people[who] == account)

    def step(self) -> None:
        """One random act."""
        if len(self.numbers) < 2:
            self.propose()
            return
        often = (self.propose, self.enter, self.enter, self.clear, self.prove, self.prove, self.deliver)
        more = (self.deliver, self.rival, self.rescue, self.rescue, self.finalize, self.settle)
        seldom = (self.late, self.collect, self.wait)
        self.random.choice(2 * (often + more) + seldom)()

    def end(self) -> None:
        """All windows pass, and everything that is due is done."""
        market = self.world.pool.market
        self.world.skip(2 * WINDOW + LIABILITY + 5_400)
        for _ in range(3):
            for number in self.numbers:
                task = self.world.work(number).task
                if self.world.task(task)["status"] in (ASSIGNED, OPEN):
                    self.attempt("keeper", market, "finalize", task)
                if self.world.task(task)["status"] == QUEUED:
                    self.attempt("keeper", market, "expireBid", task)
        for number in self.numbers:
            if self.world.block(number)["assigned"] == self.world.adapter.address:
                self.world.act("keeper", self.world.adapter, "settle", number)
        self.world.act("keeper", self.world.adapter, "collect")

    # --- what happened

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """All events of a kind since the walk began."""
        item = contract.abi.events[name]
        found = []
        for log in self.world.chain.logs([contract.address], self.since):
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            if topics[0] != item.selector:
                continue
            values = item.decode_log(topics, bytes.fromhex(log["data"][2:]))
            found.append(dict(zip(item.names, values, strict=True)))
        return found


def laws_of_tier1(world: World) -> None:
    """The miniature owes what it holds, and the adapter's stake is what its books say or less."""
    owed = world.taiko.read("reserveUnits")
    staker = world.staker(world.adapter.address)
    owed += staker["staked"] + staker["exiting"] + world.taiko.read("rewardsOf", world.adapter.address)
    assert world.units(world.taiko) == owed
    assert staker["staked"] + staker["exiting"] <= world.adapter.read("bookedUnits")


def live(world: World, seed: int) -> Counter[str]:
    """A random life and its laws; what was done in it."""
    for who in PROVERS[1:]:
        world.pool.fund(world.people[who], 200 * ZK, world.pool.vault)
        if world.pool.provers.read("idOf", world.people[who]) == 0:
            world.act(who, world.pool.provers, "register", "")
            world.act(who, world.pool.vault, "stake", 100 * ZK)
        world.act(who, world.pool.provers, "join", world.queue, 8)
    world.pool.fund(world.requester, 500 * ZK, world.pool.market)
    start = world.value
    assert start == FUNDED
    walk = Walk(world, seed)
    for _ in range(STEPS):
        walk.step()
        laws_of_tier1(world)
        reading = world.adapter.try_send(world.keeper, "valueWei")
        assert reading.ok
        assert reading.gas_used < VALUE_GAS
    walk.end()
    laws_of_tier1(world)

    adapter, market, vault = world.adapter, world.pool.market, world.pool.vault
    statuses = Counter(world.work(number).status for number in walk.numbers)
    assert set(statuses) <= {NONE, REWARDED, FORFEITED}
    assert statuses[BOUND] == statuses[DELIVERED] == 0
    assert adapter.read("liveWorks") == ()

    # Of all tasks, those that the adapter asked for.
    placed = [e for e in walk.events(market, "BidPlaced") if e["requester"] == adapter.address]
    ours = {e["task"] for e in placed}
    spent = sum(e["priceWei"] for e in walk.events(market, "ProofAccepted") if e["task"] in ours)
    spent += sum(e["paidWei"] for e in walk.events(market, "ProofLate") if e["task"] in ours)
    spent += sum(e["amountWei"] for e in walk.events(market, "DeclinePaid") if e["task"] in ours)
    slashes = [e["parts"] for e in walk.events(vault, "Slashed") if e["task"] in ours]
    recovered = sum(parts[1] for parts in slashes)
    compensation = sum(parts[2] for parts in slashes)
    surplus = sum(e["amountWei"] for e in walk.events(adapter, "SurplusPaid"))
    rewards = sum(e["rewardUnits"] for e in walk.events(world.taiko, "BlockProven"))
    slashed = sum(e["units"] for e in walk.events(world.taiko, "ProverSlashed"))

    assert market.read("creditOf", adapter.address) == adapter.read("surplusWei") == 0
    gained = recovered + compensation - spent - surplus
    assert world.zk(adapter) == FUNDED - worth(STAKED) + gained
    assert world.units(adapter) == rewards
    assert adapter.read("bookedUnits") == world.staker(adapter.address)["staked"] == STAKED - slashed
    assert world.value == start + gained + worth(rewards) - worth(slashed)
    settled = walk.events(adapter, "WorkSettled")
    assert len(settled) == len({e["ext"] for e in settled})
    assert sum(e["rewardWei"] for e in settled) == worth(rewards)
    assert sum(e["penaltyWei"] for e in settled) == worth(slashed)
    assert surplus == sum(e["amountWei"] for e in walk.events(adapter, "SurplusOwed"))
    assert recovered - surplus <= worth(slashed), "the pool keeps no more than it lost"
    walk.done.update(f"work {status.name}" for status in statuses.elements())
    walk.done.update(late=len(walk.events(market, "ProofLate")), slash=len(slashes))
    return walk.done


def test_walk__whatever_happens__every_wei_and_unit_is_explained(world: World) -> None:
    """Lives in which nothing is proven, rescued or lost would prove nothing, so each act has to occur."""
    acts: Counter[str] = Counter()
    for seed in SEEDS:
        with world.aside():
            acts += live(world, seed)
    print(dict(acts))
    wanted = {"enter", "clear", "submitProof", "submit", "claimOpen", "decline", "finalize", "settle"}
    wanted |= {"collect", "expireBid", "markLate", "placeBid", "slash", "work REWARDED", "work FORFEITED"}
    assert {act for act in wanted if not acts[act]} == set()
