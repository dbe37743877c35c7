"""A tier 1 that reverts, burns gas, answers at length, calls back or lies harms its own works at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.rawchain import RpcError, compiled
from tests.support.rawmarket import MAX_UINT256
from tests.unit.tier1.world import (
    BOUND,
    DATA,
    DELIVERED,
    FORFEITED,
    KEY,
    MAX_BID,
    RULES,
    TTKO,
    UNIT_PRICE,
    WINDOW,
    ZK,
    World,
    worth,
)
from zkpool_sdk.chain.reverts import decode_revert
from zkpool_sdk.models import Terms
from zkpool_sdk.units import Seconds, Wei

POLITE, REVERTS, BURNS_GAS, LONG, CALLS_BACK, STINGY = range(6)
SILENT = (REVERTS, BURNS_GAS)
RUDE = (*SILENT, LONG)
EXT = 7
REWARD = 1 * TTKO
MOST_GAS = 10_000_000
"""More than any call here needs, whatever tier 1 does."""


@pytest.fixture(scope="session")
def hostile_built(built: World) -> Iterator[World]:
    """The pool around a tier 1 without manners: a queue, an adapter and a stake of 10 TTKO of its own."""
    with built.aside():
        new = lambda name, *arguments: built.chain.deploy(compiled()[name], *arguments)  # noqa: E731
        hostile = new("TaikoHostile", built.ttko.address)
        pool, delegation = built.pool, built.pool.delegation
        assert delegation is not None
        queue = pool.create_mock_queue(RULES, Terms(Seconds(WINDOW), Seconds(WINDOW), Wei(ZK), 1), KEY)
        wiring = (pool.market.address, delegation.address, hostile.address, built.ttko.address, queue)
        adapter = new("TaikoAdapter", wiring, UNIT_PRICE, pool.deployer, built.operator)
        world = replace(built, taiko=hostile, adapter=adapter, queue=queue)
        world.act("deployer", pool.projects, "setCarrier", queue, adapter.address)
        world.act("deployer", delegation, "allowAdapter", adapter.address, 100 * ZK)
        world.act("operator", delegation, "fund", adapter.address, 50 * ZK)
        world.act("trader", world.ttko, "transfer", adapter.address, 10 * TTKO)
        world.act("operator", adapter, "stake", 10 * TTKO)
        world.act("operator", adapter, "setOffer", 10, 12, MAX_BID)
        world.act("prover", pool.provers, "join", queue, 8)
        yield world


@pytest.fixture
def hostile(hostile_built: World) -> Iterator[World]:
    with hostile_built.aside():
        say(hostile_built, staked=10 * TTKO)
        yield hostile_built


def say(world: World, *, staked: int, penalty: int = 4 * REWARD) -> None:
    """What tier 1 says of the pool's stake."""
    world.act("outsider", world.taiko, "setStaker", (staked, 0, 0, 10, 12, 0, 1), penalty)


def say_block(
    world: World,
    *,
    slashed: int = 0,
    released: bool = False,
    proven: bool = False,
    windows: int = 3,
    assigned: str = "",
) -> None:
    """What tier 1 says of the one block."""
    now = world.chain.now
    head = (assigned or world.adapter.address, now, now + windows * WINDOW, released)
    body = ("0x" + "00" * 20, now if proven else 0, 1_000_000, 1_000 + EXT, keccak(DATA))
    world.act("outsider", world.taiko, "setBlock", EXT, (*head, *body, REWARD, 0, slashed))


def entered(world: World) -> bytes:
    """The one block, bid for."""
    say_block(world)
    world.act("keeper", world.adapter, "enter", EXT, DATA)
    return world.work(EXT).task


@pytest.mark.parametrize("manner", RUDE)
def test_rude__entering__is_refused_within_bounds(hostile: World, manner: int) -> None:
    say_block(hostile)
    hostile.act("outsider", hostile.taiko, "behave", manner)
    outcome = hostile.adapter.try_send(hostile.keeper, "enter", EXT, DATA)
    assert not outcome.ok
    assert outcome.gas_used < 1_000_000
    assert hostile.work(EXT).status == 0


@pytest.mark.parametrize("manner", SILENT)
def test_rude__submitting_and_settling__change_nothing_and_cost_what_is_bounded(
    hostile: World, manner: int
) -> None:
    task = entered(hostile)
    hostile.clear()
    hostile.act("outsider", hostile.taiko, "behave", manner)
    for function in ("submit", "settle"):
        proof = hostile.proof(EXT, hostile.prover) if function == "submit" else ()
        if function == "settle":
            hostile.prove(EXT)
            hostile.skip(4 * WINDOW)
        outcome = hostile.adapter.try_send(hostile.keeper, function, EXT, *proof)
        assert not outcome.ok
        assert outcome.gas_used < MOST_GAS // 2
    assert hostile.work(EXT).status == BOUND
    assert hostile.task(task)["status"] == 4, "the prover was paid all the same"
    # The pool's money in the market comes back whatever tier 1 does.
    credit = hostile.pool.market.read("creditOf", hostile.adapter.address)
    before = hostile.zk(hostile.adapter)
    hostile.act("keeper", hostile.adapter, "collect")
    assert hostile.zk(hostile.adapter) == before + credit
    hostile.act("operator", hostile.adapter, "repay", before)


@pytest.mark.parametrize("manner", SILENT)
def test_rude__value__cannot_be_read_and_the_vault_goes_on(hostile: World, manner: int) -> None:
    delegation = hostile.pool.delegation
    assert delegation is not None
    hostile.act("outsider", hostile.taiko, "behave", manner)
    before = delegation.read("adapterOf", hostile.adapter.address)
    receipt = hostile.act("keeper", delegation, "mark", hostile.adapter.address)
    assert hostile.events(receipt, delegation, "AdapterUnreadable")
    assert delegation.read("adapterOf", hostile.adapter.address) == before
    hostile.pool.fund(hostile.delegator, ZK, delegation)
    hostile.act("delegator", delegation, "deposit", ZK, hostile.delegator)


def test_rude__long_answers__cost_what_is_bounded_and_say_zero(hostile: World) -> None:
    """A hundred thousand bytes of zeros: the stake is gone, the proof was taken for nothing."""
    entered(hostile)
    hostile.act("outsider", hostile.taiko, "behave", LONG)
    proof = hostile.proof(EXT, hostile.prover)
    for function, arguments in (("submit", (EXT, *proof)), ("valueWei", ()), ("stakeState", ())):
        outcome = hostile.adapter.try_send(hostile.keeper, function, *arguments)
        assert outcome.ok
        assert outcome.gas_used < 700_000
    delegation = hostile.pool.delegation
    assert delegation is not None
    hostile.act("keeper", delegation, "mark", hostile.adapter.address)
    _, marked, _ = delegation.read("adapterOf", hostile.adapter.address)
    assert marked == hostile.value


@pytest.mark.parametrize("manner", RUDE)
def test_rude__other_queues__clear_and_prove_as_ever(hostile: World, built: World, manner: int) -> None:
    entered(hostile)
    hostile.act("outsider", hostile.taiko, "behave", manner)
    hostile.clear()
    number = built.assigned()
    built.prove(number)
    built.act("keeper", built.adapter, "submit", number, *built.proof(number, built.prover))
    assert built.settle(number)[0] == 4


@pytest.mark.parametrize("manner", RUDE)
def test_rude__exchange_and_offer__work_without_tier1(hostile: World, manner: int) -> None:
    hostile.act("outsider", hostile.taiko, "behave", manner)
    hostile.act("operator", hostile.adapter, "setOrders", TTKO, TTKO)
    hostile.act("trader", hostile.ttko, "approve", hostile.adapter.address, MAX_UINT256)
    hostile.act("trader", hostile.adapter, "sellUnits", TTKO, worth(TTKO))
    hostile.act("operator", hostile.adapter, "setOffer", 1, 1, 1)


INNER = {
    "enter": (EXT + 1, DATA),
    "submit": (EXT, [], b""),
    "settle": (EXT,),
    "collect": (),
    "sellUnits": (1, 0),
    "buyUnits": (1, MAX_UINT256),
    "valueWei": (),
}


@pytest.mark.parametrize("inner", INNER)
def test_reenter__from_a_proof__is_refused(hostile: World, inner: str) -> None:
    """The call back fails, nobody is hurt by it, and the proof counts."""
    entered(hostile)
    data = hostile.adapter.data(inner, *INNER[inner])
    hostile.act("outsider", hostile.taiko, "arm", hostile.adapter.address, data)
    hostile.act("keeper", hostile.adapter, "submit", EXT, *hostile.proof(EXT, hostile.prover))
    assert not hostile.taiko.read("calledBack")
    assert hostile.work(EXT).status == DELIVERED


@pytest.mark.parametrize("outer", ["stake", "requestExit", "withdraw"])
def test_reenter__from_stake_and_exit__is_refused(hostile: World, outer: str) -> None:
    hostile.act("outsider", hostile.taiko, "arm", hostile.adapter.address, hostile.adapter.data("collect"))
    hostile.act("operator", hostile.adapter, outer, *((0,) if outer == "stake" else ()))
    assert not hostile.taiko.read("calledBack")


def test_stingy__reward_that_comes_later__does_not_stop_the_proof(hostile: World) -> None:
    """Tier 1 pays some time after it took the proof; the work that is settled next brings it in."""
    entered(hostile)
    hostile.clear()
    hostile.prove(EXT)
    hostile.act("trader", hostile.ttko, "transfer", hostile.taiko.address, REWARD)
    hostile.act("outsider", hostile.taiko, "owe", REWARD)
    hostile.act("outsider", hostile.taiko, "behave", STINGY)
    hostile.act("keeper", hostile.adapter, "submit", EXT, *hostile.proof(EXT, hostile.prover))
    assert (hostile.work(EXT).status, hostile.work(EXT).reward_units) == (DELIVERED, 0)
    hostile.act("outsider", hostile.taiko, "behave", POLITE)
    assert hostile.settle(EXT) == (4, worth(REWARD), 0)
    assert hostile.units(hostile.adapter) == REWARD


def test_lies__rewards_that_never_came__count_nothing(hostile: World) -> None:
    """Tier 1 says that the greatest number is owed; no unit arrives."""
    value = hostile.value
    task = entered(hostile)
    hostile.clear()
    price = hostile.task(task)["amount"]
    hostile.prove(EXT)
    hostile.act("keeper", hostile.adapter, "submit", EXT, *hostile.proof(EXT, hostile.prover))
    assert hostile.work(EXT).reward_units == 0
    assert hostile.value == value - price
    assert hostile.settle(EXT) == (4, 0, 0)


def test_lies__more_stake_than_was_sent__is_worth_what_was_sent(hostile: World) -> None:
    value = hostile.value
    say(hostile, staked=2**63)
    assert hostile.value == value
    say(hostile, staked=9 * TTKO)
    assert hostile.value == value - worth(TTKO)


def test_lies__penalty_without_a_loss__is_none(hostile: World) -> None:
    """Tier 1 says it took 5 TTKO; the stake is whole, or short of one: the books follow the stake."""
    entered(hostile)
    hostile.clear()
    say_block(hostile, slashed=5 * TTKO, released=True)
    task = hostile.work(EXT).task
    hostile.skip_to(hostile.task(task)["prove_by"] + 2 * WINDOW)
    hostile.act("keeper", hostile.pool.market, "finalize", task)
    hostile.skip(3 * WINDOW)
    with hostile.aside():
        assert hostile.settle(EXT) == (FORFEITED, 0, 0)
    say(hostile, staked=9 * TTKO)
    assert hostile.settle(EXT) == (FORFEITED, 0, worth(TTKO))
    assert hostile.adapter.read("bookedUnits") == 9 * TTKO


def test_lies__penalty_greater_than_the_stake__bids_no_more_than_the_stake(hostile: World) -> None:
    say(hostile, staked=10 * TTKO, penalty=2**200)
    hostile.act("operator", hostile.adapter, "setOffer", 10, 12, 40 * ZK)
    task = entered(hostile)
    assert hostile.task(task)["amount"] == worth(REWARD + 10 * TTKO)


@pytest.mark.parametrize("said", ["proven", "released"])
def test_enter__block_that_tier1_has_done_with__is_refused_in_time(hostile: World, said: str) -> None:
    say_block(hostile, proven=said == "proven", released=said == "released")
    name, fields = hostile.refused("keeper", hostile.adapter, "enter", EXT, DATA)
    assert name == "WorkTooLate"
    assert fields["nowAt"] <= fields["lastAt"]


def failed(world: World) -> bytes:
    """The prover of the one block misses its window; the task."""
    task = world.work(EXT).task
    over_at = world.task(task)["prove_by"] + WINDOW + 1
    world.act("keeper", world.pool.market, "finalize", task, at=over_at)
    assert world.pool.market.read("recoveredOf", task) == ZK
    return task


def test_enter__again_after_a_miss__remembers_what_was_recovered(hostile: World) -> None:
    """Tier 1's window is long: provers pay twice for what tier 1 does not take, and insurance gets both."""
    say_block(hostile, windows=60)
    hostile.act("keeper", hostile.adapter, "enter", EXT, DATA)
    hostile.clear()
    first = failed(hostile)
    value = hostile.value
    hostile.act("keeper", hostile.adapter, "enter", EXT, DATA)
    work = hostile.work(EXT)
    assert (work.recovered_wei, work.task != first) == (ZK, True)
    assert hostile.value == value, "it is kept for tier 1, while the bid is in the book too"
    hostile.skip(3 * 3_600)  # the ban for the miss is over
    hostile.clear()
    failed(hostile)
    hostile.act("keeper", hostile.adapter, "collect")
    free = hostile.zk(hostile.adapter)
    assert hostile.refused("operator", hostile.adapter, "repay", free - 2 * ZK + 1)[0] == "FreeFundsTooLow"
    insured = hostile.zk(hostile.pool.insurance)
    hostile.skip(60 * WINDOW)
    assert hostile.settle(EXT) == (FORFEITED, 0, 0)
    assert hostile.zk(hostile.pool.insurance) == insured + 2 * ZK


def counted(world: World) -> int:
    """Settles the one block; how often tier 1 was called to do something."""
    world.act("trader", world.ttko, "transfer", world.taiko.address, 10)
    call = world.ttko.data("transfer", world.outsider, 1)
    world.act("outsider", world.taiko, "arm", world.ttko.address, call)
    world.act("keeper", world.adapter, "settle", EXT)
    return world.units(world.outsider)


def test_settle__delivered_work__is_not_marked_late(hostile: World) -> None:
    """Though tier 1 does not say that it has the proof."""
    entered(hostile)
    hostile.clear()
    hostile.prove(EXT)
    hostile.act("keeper", hostile.adapter, "submit", EXT, *hostile.proof(EXT, hostile.prover))
    assert counted(hostile) == 1, "its rewards are fetched, no more"


@pytest.mark.parametrize(("said", "calls"), [("proven", 0), ("released", 0), ("", 1)])
def test_settle__late_work__is_marked_unless_tier1_has_done_with_it(
    hostile: World, said: str, calls: int
) -> None:
    entered(hostile)
    hostile.clear()
    failed(hostile)
    hostile.skip(3 * WINDOW)
    say_block(hostile, proven=said == "proven", released=said == "released")
    assert counted(hostile) == calls
    assert hostile.work(EXT).status == FORFEITED


def test_settle__stake_on_its_way_out__is_not_lost(hostile: World) -> None:
    entered(hostile)
    hostile.clear()
    failed(hostile)
    hostile.skip(3 * WINDOW)
    say_block(hostile, slashed=REWARD, released=True)
    staker = (3 * TTKO, 6 * TTKO, hostile.chain.now, 10, 12, 0, 1)
    hostile.act("outsider", hostile.taiko, "setStaker", staker, 4 * REWARD)
    assert hostile.settle(EXT) == (FORFEITED, 0, worth(REWARD))
    assert hostile.adapter.read("bookedUnits") == 9 * TTKO


def test_lies__block_given_to_another_after_it_was_entered__can_still_be_settled(hostile: World) -> None:
    entered(hostile)
    say_block(hostile, assigned=hostile.outsider)
    assert hostile.settle(EXT) == (BOUND, 0, 0)


def test_gas__too_little_for_tier1__is_refused_before_it_is_asked(hostile: World) -> None:
    """A relayer cannot make tier 1 fail by sparing gas."""
    entered(hostile)
    call = hostile.adapter.call(hostile.keeper, "submit", EXT, *hostile.proof(EXT, hostile.prover))
    [outcome] = hostile.chain.simulate([call], gas=1_500_000)
    assert not outcome.ok
    assert outcome.data[:4] == hostile.adapter.abi.errors["GasShort"].selector


def test_constructor__tier1_without_code__is_refused(hostile: World) -> None:
    pool, delegation = hostile.pool, hostile.pool.delegation
    assert delegation is not None
    wiring = (pool.market.address, delegation.address, hostile.outsider, hostile.ttko.address, 1)
    artifact = compiled()["TaikoAdapter"]
    arguments = (wiring, UNIT_PRICE, pool.deployer, hostile.operator)
    data = bytes.fromhex(artifact.bytecode) + encode(artifact.abi.constructor, arguments)
    with pytest.raises(RpcError) as caught:
        hostile.chain.call(None, data, pool.deployer)
    refused = decode_revert(caught.value.data)
    assert type(refused).__name__ == "Tier1HasNoCode"
