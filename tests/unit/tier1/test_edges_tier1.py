"""Bounds of the adapters that few lives meet: gas, last seconds, odd blocks, and a token that calls back."""

from __future__ import annotations

import pytest

from tests.support.rawchain import Call, Contract, compiled
from tests.support.rawmarket import MAX_UINT256
from tests.support.stage import refusal_of
from tests.unit.tier1.test_taiko_adapter import data_of, placed_at
from tests.unit.tier1.world import (
    BOUND,
    MAX_BID,
    REWARD,
    ROUND,
    STAKED,
    TTKO,
    WINDOW,
    ZK,
    World,
    worth,
)

READ, CALL, PROOF = (gas + gas // 63 + 100_000 for gas in (50_000, 400_000, 1_500_000))
"""What must be left for a view of tier 1, an action there, and a proof."""


def needs(world: World, data: bytes, gases: range, sender: str = "keeper") -> set[int]:
    """How much gas a call says it needs, when it gets so much."""
    call = Call(world.people[sender], world.adapter.address, data)
    found = set()
    for gas in gases:
        [outcome] = world.chain.simulate([call], gas=gas)
        assert not outcome.ok
        name, fields = refusal_of(outcome)
        assert name == "GasShort", gas
        found.add(fields["gasNeeded"])
    return found


def test_gas__each_view__names_what_it_needs(world: World) -> None:
    """Whichever of its questions to tier 1 comes too late, down to the last."""
    number = world.propose()
    for function, arguments in (("specOf", (number,)), ("stakeState", ()), ("valueWei", ())):
        data = world.adapter.data(function, *arguments)
        call = Call(world.keeper, world.adapter.address, data)
        found = set()
        for gas in range(100_000, 600_000, 5_000):
            [outcome] = world.chain.simulate([call], gas=gas)
            if outcome.ok:
                break
            name, fields = refusal_of(outcome)
            assert name == "GasShort", (function, gas)
            found.add(fields["gasNeeded"])
        assert outcome.ok, function
        assert found == {READ}, function


def test_gas__each_action__names_what_it_needs(world: World) -> None:
    number = world.assigned()
    proof = world.proof(number, world.prover)
    around = range(450_000, 500_000, 20_000)
    for function, arguments in (("stake", (0,)), ("requestExit", ()), ("withdraw", ())):
        assert needs(world, world.adapter.data(function, *arguments), around, "operator") == {CALL}
    for function in ("submit", "verify"):
        data = world.adapter.data(function, number, *proof)
        assert needs(world, data, range(1_500_000, 1_600_000, 50_000)) == {PROOF}
    settle = world.adapter.data("settle", number)
    with world.aside():
        world.miss(number)
        assert needs(world, settle, around) == {CALL}, "to mark it late"
    world.act("keeper", world.adapter, "submit", number, *proof)
    world.prove(number)
    assert needs(world, settle, around) == {CALL}, "to take the rewards"


# --- last seconds


def test_settle__in_the_last_second_of_tier1s_window__changes_nothing(world: World) -> None:
    number = world.assigned()
    task = world.work(number).task
    world.skip_to(world.task(task)["prove_by"] + WINDOW + 1)
    world.act("keeper", world.pool.market, "finalize", task)
    prove_by = world.block(number)["prove_by"]
    world.act("keeper", world.adapter, "settle", number, at=prove_by)
    assert world.work(number).status == BOUND
    world.act("keeper", world.adapter, "settle", number, at=prove_by + 1)
    assert world.work(number).status > BOUND


def test_value__proof_that_waits_in_the_last_second__is_worth_its_price(world: World) -> None:
    number = world.assigned()
    world.prove(number)
    value = world.value
    prove_by = world.block(number)["prove_by"]
    world.skip_to(prove_by)
    assert world.value == value
    world.skip_to(prove_by + 1)
    assert world.value == value - ZK // 100 - worth(4 * REWARD)


def test_enter__rounds_that_passed_without_bids__are_counted_from_the_last_that_had_one(
    world: World,
) -> None:
    """A hundred seconds into an empty round: the bid is sold at the end of the next."""
    world.pool.fund(world.requester, ZK, world.pool.market)
    placed_at(world, world.chain.now + 1)
    world.clear()
    started = world.pool.market.read("roundOf", world.queue)[2]
    with world.aside():
        block = world.block(world.propose())
    lead = block["prove_by"] - block["proposed_at"] - WINDOW - 500
    at = world.chain.now + 1
    while (at + lead - started) % ROUND != 100:
        at += 1
    number = world.propose(at=at)
    task = world.enter(number, at=at + lead)
    world.clear()
    assert world.task(task)["prove_by"] <= world.block(number)["prove_by"]


# --- units and tasks


def test_stake__more_units__are_booked(world: World) -> None:
    world.act("trader", world.ttko, "transfer", world.adapter.address, 7 * TTKO)
    receipt = world.act("operator", world.adapter, "stake", 5 * TTKO)
    assert world.events(receipt, world.adapter, "UnitsStaked") == [{"units": 5 * TTKO}]
    assert world.adapter.read("bookedUnits") == STAKED + 5 * TTKO


def test_withdraw__with_units_here_already__tells_those_that_came(world: World) -> None:
    world.act("trader", world.ttko, "transfer", world.adapter.address, 3 * TTKO)
    world.act("operator", world.adapter, "requestExit")
    exit_at = world.adapter.read("stakeState")[2]
    receipt = world.act("operator", world.adapter, "withdraw", at=exit_at)
    assert world.events(receipt, world.adapter, "UnitsWithdrawn") == [{"units": STAKED}]
    assert world.adapter.read("bookedUnits") == 0


def test_withdraw__a_part_of_the_stake_is_new__the_rest_stays_booked(world: World) -> None:
    """What is here already is no stake that came back."""
    world.act("operator", world.adapter, "requestExit")
    exit_at = world.adapter.read("stakeState")[2]
    world.act("trader", world.ttko, "transfer", world.adapter.address, 9 * TTKO)
    world.act("operator", world.adapter, "withdraw", at=exit_at)
    world.act("operator", world.adapter, "stake", 4 * TTKO)
    assert world.adapter.read("bookedUnits") == 4 * TTKO
    assert world.units(world.adapter) == STAKED + 5 * TTKO


def test_on_assigned__task_of_another_bid__is_refused(world: World) -> None:
    first = world.assigned()
    task = world.work(first).task
    second = world.propose()
    world.enter(second)
    assert world.refused("keeper", world.adapter, "onAssigned", second, task) == (
        "TaskUnfit",
        {"ext": second, "task": task},
    )


def test_surplus__still_owed__is_not_the_operators_to_repay(world: World) -> None:
    """Money that comes in while insurance has not been paid is insurance's first."""
    number = world.propose()
    world.enter(number)
    world.clear()
    world.miss(number)
    world.act("keeper", world.adapter, "collect")
    units = (world.zk(world.adapter) - ZK // 4) * TTKO // (2 * ZK)
    world.act("operator", world.adapter, "setOrders", units, 0)
    world.act("trader", world.adapter, "sellUnits", units, 0)
    world.act("keeper", world.adapter, "settle", number)
    owed = world.adapter.read("surplusWei")
    assert owed > ZK // 2
    world.act("deployer", world.pool.token, "transfer", world.adapter.address, ZK // 2)
    assert world.refused("operator", world.adapter, "repay", 1) == (
        "FreeFundsTooLow",
        {"gotWei": 1, "freeWei": 0},
    )


# --- a token that calls back


def arm(world: World, target: Contract, function: str, *arguments: object) -> None:
    """Makes ZK call a contract at its next movement."""
    hook = compiled()["HookToken"]
    model = world.chain.deploy(hook, world.pool.deployer)
    world.chain.set_code(world.pool.token.address, world.chain.code(model.address))
    token = Contract(world.chain, hook.abi, world.pool.token.address)
    world.act("deployer", token, "arm", target.address, target.data(function, *arguments))


@pytest.mark.parametrize("outer", ["enter", "repay", "sellUnits", "buyUnits"])
def test_reenter__adapter_while_money_moves__is_refused(world: World, outer: str) -> None:
    number = world.propose()
    world.act("operator", world.adapter, "setOrders", TTKO, TTKO)
    world.act("operator", world.adapter, "setOffer", 10, 12, MAX_BID)
    world.act("trader", world.ttko, "transfer", world.adapter.address, TTKO)
    world.pool.fund(world.trader, 10 * ZK, world.adapter)
    who, arguments = {
        "enter": ("keeper", (number, data_of(number))),
        "repay": ("operator", (ZK,)),
        "sellUnits": ("trader", (TTKO, 0)),
        "buyUnits": ("trader", (TTKO, MAX_UINT256)),
    }[outer]
    with world.aside():
        world.act(who, world.adapter, outer, *arguments)
    arm(world, world.adapter, "collect")
    assert world.refused(who, world.adapter, outer, *arguments)[0] == "ReentrancyGuardReentrantCall"


def test_reenter__push_adapter_while_a_reward_is_paid_in__is_refused(world: World) -> None:
    pool = world.pool
    push = world.chain.deploy(compiled()["PushAdapter"], pool.market.address, pool.provers.address)
    pool.fund(world.sponsor, ZK, push)
    arm(world, push, "claimCredit")
    post = (world.queue, [77], ZK, 0, world.chain.now + ROUND)
    assert world.refused("sponsor", push, "post", *post)[0] == "ReentrancyGuardReentrantCall"
