"""A project that pays on top of the price, less when late: its users bid themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.rawchain import Contract, compiled
from tests.unit.tier1.world import (
    BOUND,
    DAY,
    FORFEITED,
    LIABILITY,
    POSTED,
    REWARDED,
    ROUND,
    ZK,
    World,
)
from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.models import PushWork

STATEMENT = [77]
REWARD, LESS = 6 * ZK, 2 * ZK
EXT = 1


@dataclass(frozen=True)
class Push:
    """A push adapter, and ways to use it."""

    world: World
    adapter: Contract

    def post(self, *, prove_in: int = DAY, reward: int = REWARD, less: int = LESS) -> int:
        """Promise a reward; its number."""
        prove_by = self.world.chain.now + 1 + prove_in
        self.world.act("sponsor", self.adapter, "post", self.world.queue, STATEMENT, reward, less, prove_by)
        return int(self.adapter.read("workCount"))

    def bid(self, statement: list[int] | None = None) -> bytes:
        """A user's bid, cleared."""
        world = self.world
        bid = (world.queue, statement or STATEMENT, 3 * ZK, world.chain.now + DAY, b"")
        receipt = world.act("requester", world.pool.market, "placeBid", *bid)
        [placed] = world.events(receipt, world.pool.market, "BidPlaced")
        return bytes(placed["task"])

    def assigned(self, statement: list[int] | None = None) -> bytes:
        """A user's bid that the prover got."""
        task = self.bid(statement)
        self.world.clear()
        return task

    def prove(self, task: bytes) -> tuple[list[int], bytes]:
        """The prover's proof, handed to the market."""
        signals, _ = self.world.proof(0, self.world.prover)
        proof = self.signed(STATEMENT[0])
        self.world.act("prover", self.world.pool.market, "submitProof", task, *proof)
        return signals, proof[1]

    def signed(self, value: int) -> tuple[list[int], bytes]:
        """Signals and proof of a statement by the prover."""
        return self.world.proof(value - 1_000, self.world.prover)

    def work(self, ext: int = EXT) -> PushWork:
        """A work as stored."""
        found: PushWork = to_model(PushWork, self.adapter.read("workOf", ext))
        return found

    def credit(self, who: str) -> int:
        """What a role can claim."""
        return int(self.adapter.read("creditOf", self.world.people[who]))

    def settle(self, ext: int = EXT) -> tuple[int, int, int]:
        """Settle a work; what the adapter says of it."""
        outcome = self.adapter.try_send(self.world.keeper, "settle", ext)
        self.world.act("keeper", self.adapter, "settle", ext)
        answer: tuple[int, int, int] = self.adapter.decode("settle", outcome.data)
        return answer


@pytest.fixture(scope="session")
def push_built(built: World) -> Iterator[Push]:
    with built.aside():
        market, provers = built.pool.market.address, built.pool.provers.address
        adapter = built.chain.deploy(compiled()["PushAdapter"], market, provers)
        built.pool.fund(built.sponsor, 100 * ZK, adapter)
        built.pool.fund(built.requester, 100 * ZK, built.pool.market)
        yield Push(built, adapter)


@pytest.fixture
def push(push_built: Push) -> Iterator[Push]:
    with push_built.world.aside():
        yield push_built


def test_post__promise__is_paid_in(push: Push) -> None:
    ext = push.post()
    work = push.work(ext)
    assert (work.sponsor, work.reward_wei, work.penalty_wei) == (push.world.sponsor, REWARD, LESS)
    assert work.status == POSTED
    assert push.adapter.read("statementOf", ext) == tuple(STATEMENT)
    assert push.adapter.read("specOf", ext) == (
        (push.world.queue, work.prove_by, tuple(STATEMENT)),
        REWARD,
        LESS,
    )
    assert push.world.zk(push.adapter) == REWARD
    assert push.settle(ext) == (POSTED, 0, 0)


def test_post__bad_promises__are_refused(push: Push) -> None:
    now = push.world.chain.now + 1

    def refused(*arguments: object) -> str:
        return push.world.refused("sponsor", push.adapter, "post", *arguments, at=now)[0]

    queue = push.world.queue
    assert refused(queue, STATEMENT, 0, 0, now) == "AmountZero"
    assert refused(queue, STATEMENT, 1, 2, now) == "PenaltyTooHigh"
    assert refused(queue, STATEMENT, 2, 1, now - 1) == "ProveByOutOfBounds"
    assert refused(queue, STATEMENT, 2, 1, now + 30 * DAY + 1) == "ProveByOutOfBounds"
    assert refused(queue, [1, 2], 2, 1, now) == "WrongStatementLength"
    assert refused(99, STATEMENT, 2, 1, now) == "UnknownQueue"


def test_post__the_whole_reward_at_stake_for_thirty_days__is_taken(push: Push) -> None:
    ext = push.post(prove_in=30 * DAY, less=REWARD)
    assert push.work(ext).penalty_wei == REWARD


def test_life__settled_in_the_last_second__is_paid_in_full(push: Push) -> None:
    push.post(prove_in=2 * ROUND)
    task = push.assigned()
    push.world.act("outsider", push.adapter, "onAssigned", EXT, task)
    push.prove(task)
    push.world.act("keeper", push.adapter, "settle", EXT, at=push.work().prove_by)
    assert (push.credit("prover"), push.credit("sponsor")) == (REWARD, 0)


def test_life__proven_in_time__prover_gets_price_and_reward(push: Push) -> None:
    push.post()
    task = push.assigned()
    receipt = push.world.act("outsider", push.adapter, "onAssigned", EXT, task)
    [bound] = push.world.events(receipt, push.adapter, "WorkBound")
    assert (bound["task"], push.work().status) == (task, BOUND)
    assert push.adapter.read("verify", EXT, *push.signed(77))
    assert not push.adapter.read("verify", EXT, *push.signed(78))
    assert not push.adapter.read("verify", EXT, push.signed(77)[0], b"junk")
    assert not push.adapter.read("verify", EXT, [], b"")
    push.prove(task)
    assert push.settle() == (REWARDED, REWARD, 0)
    assert push.settle() == (REWARDED, REWARD, 0)
    assert (push.credit("prover"), push.credit("sponsor")) == (REWARD, 0)
    before = push.world.zk(push.world.prover)
    push.world.act("prover", push.adapter, "claimCredit")
    assert push.world.zk(push.world.prover) == before + REWARD
    assert push.world.zk(push.adapter) == 0
    assert push.world.refused("prover", push.adapter, "claimCredit")[0] == "NothingToClaim"


def test_life__settled_late__the_penalty_goes_back_to_the_sponsor(push: Push) -> None:
    push.post(prove_in=2 * ROUND)
    task = push.assigned()
    push.world.act("outsider", push.adapter, "onAssigned", EXT, task)
    push.world.skip_to(push.work().prove_by + 1)
    push.prove(task)
    assert push.settle() == (REWARDED, REWARD, LESS)
    assert (push.credit("prover"), push.credit("sponsor")) == (REWARD - LESS, LESS)


def test_life__nobody_proves__the_sponsor_gets_all_back(push: Push) -> None:
    push.post(prove_in=0)
    close = push.work().prove_by + 5 * DAY
    push.world.skip_to(close - 1)
    assert push.settle() == (POSTED, 0, 0)
    assert push.world.chain.now == close
    assert push.settle() == (FORFEITED, 0, REWARD)
    assert push.settle() == (FORFEITED, 0, REWARD)
    assert push.credit("sponsor") == REWARD
    task = push.assigned()
    assert push.world.refused("outsider", push.adapter, "onAssigned", EXT, task)[0] == "WrongWorkStatus"


def test_bind__another_statement_unassigned_or_already_proven__is_refused(push: Push) -> None:
    """What was proven before the reward was promised earns none of it."""
    bind = (push.adapter, "onAssigned", EXT)
    proven = push.assigned()
    push.prove(proven)
    push.post()
    other = push.assigned([78])
    queued = push.bid()
    for task in (proven, other, queued, b"\1" * 32):
        assert push.world.refused("prover", *bind, task) == ("TaskUnfit", {"ext": EXT, "task": task})
    assert push.world.refused("prover", push.adapter, "onAssigned", 2, queued)[0] == "UnknownWork"


def test_bind__second_task__only_when_the_first_has_failed(push: Push) -> None:
    push.post()
    first = push.assigned()
    push.world.act("outsider", push.adapter, "onAssigned", EXT, first)
    second = push.assigned()
    assert push.world.refused("outsider", push.adapter, "onAssigned", EXT, second) == (
        "WorkIsBound",
        {"ext": EXT, "task": first},
    )
    push.world.skip_to(push.world.task(first)["prove_by"] + 151)
    push.world.act("keeper", push.world.pool.market, "finalize", first)
    assert push.world.refused("outsider", push.adapter, "onAssigned", EXT, second)[0] == "WorkIsBound"
    push.world.act(
        "keeper",
        push.world.pool.market,
        "finalize",
        first,
        at=push.world.task(first)["prove_by"] + LIABILITY + 1,
    )
    assert not push.adapter.read("verify", EXT, *push.signed(77)), "nobody has it now"


def test_bind__first_task_proven_and_not_settled__keeps_it(push: Push) -> None:
    push.post()
    first = push.assigned()
    push.world.act("outsider", push.adapter, "onAssigned", EXT, first)
    second = push.assigned()
    push.prove(first)
    refused = push.world.refused("outsider", push.adapter, "onAssigned", EXT, second)
    assert refused == ("WorkIsBound", {"ext": EXT, "task": first})


def test_bind__first_task_failed__goes_to_the_second(push: Push) -> None:
    push.post(prove_in=10 * DAY)
    world = push.world
    first = push.assigned()
    world.act("outsider", push.adapter, "onAssigned", EXT, first)
    over_at = world.task(first)["prove_by"] + LIABILITY + 1
    world.act("keeper", world.pool.market, "finalize", first, at=over_at)
    world.skip_to(over_at + 2 * 3_600)  # the ban for the miss is over
    second = push.assigned()
    world.act("outsider", push.adapter, "onAssigned", EXT, second)
    assert push.work().task == second
    push.prove(second)
    push.settle()
    assert push.credit("prover") == REWARD


def test_post__token_that_keeps_a_part__is_refused(push: Push) -> None:
    world = push.world
    fee = world.chain.deploy(compiled()["FeeToken"], world.sponsor, 100)
    world.chain.set_code(world.pool.token.address, world.chain.code(fee.address))
    post = (world.queue, STATEMENT, REWARD, LESS, world.chain.now + DAY)
    refused = world.refused("sponsor", push.adapter, "post", *post)
    assert refused == ("TokenTookFee", {"expectedWei": REWARD, "gotWei": REWARD * 99 // 100})


def test_adapter__without_a_role_in_tier1__says_so(push: Push) -> None:
    for function, arguments in (("stake", (1,)), ("requestExit", ()), ("withdraw", ())):
        assert push.world.refused("operator", push.adapter, function, *arguments)[0] == "StakesNothing"
    assert push.world.refused("prover", push.adapter, "submit", 1, [], b"")[0] == "RelaysNothing"
    assert push.adapter.read("stakeState") == (0, 0, 0, 0)
    assert push.adapter.read("valueWei") == 0


def test_money__many_works__owes_what_it_holds(push: Push) -> None:
    """A paid, a late, a lost and an open one."""
    world = push.world
    for prove_in in (DAY, 0, 0, 20 * DAY):
        push.post(prove_in=prove_in)
    for ext in (1, 2):
        task = push.assigned()
        world.act("keeper", push.adapter, "onAssigned", ext, task)
        push.prove(task)
        push.settle(ext)
    world.skip(6 * DAY)
    push.settle(3)
    open_wei = sum(push.work(ext).reward_wei for ext in range(1, 5) if push.work(ext).status < REWARDED)
    credit = push.credit("prover") + push.credit("sponsor")
    assert (open_wei, credit) == (REWARD, 3 * REWARD)
    assert world.zk(push.adapter) == open_wei + credit
