"""The pool as a prover of tier 1: bids, proofs, settlement, and what the adapter says it is worth."""

from __future__ import annotations

import pytest

from tests.unit.tier1.world import (
    BOUND,
    DATA,
    DAY,
    DELIVERED,
    FORFEITED,
    FUNDED,
    LIABILITY,
    MAX_BID,
    NONE,
    PENALTY,
    REWARD,
    REWARDED,
    ROUND,
    STAKED,
    TTKO,
    UNIT_PRICE,
    WINDOW,
    ZK,
    World,
    worth,
)

ASSIGNED, OPEN, FAILED, EXPIRED, EVICTED = 2, 3, 5, 7, 8
BID = worth(5 * REWARD)
"""m: the reward and a penalty of four rewards."""
VALUE_GAS = 300_000
"""What the delegation vault gives an adapter to say its value."""


def data_of(number: int) -> bytes:
    return DATA + str(number).encode()


# --- entering


def test_spec__of_an_assigned_block__in_wei_of_zk(world: World) -> None:
    number = world.propose()
    prove_by = world.block(number)["prove_by"]
    spec, reward, penalty = world.adapter.read("specOf", number)
    assert spec == (world.queue, prove_by, (1_000 + number,))
    assert (reward, penalty) == (worth(REWARD), worth(4 * REWARD))
    assert world.refused("keeper", world.adapter, "specOf", 99) == ("UnknownWork", {"ext": 99})


def test_enter__assigned_block__bids_reward_and_penalty_until_a_proof_would_be_late(world: World) -> None:
    number = world.propose()
    before, value = world.zk(world.adapter), world.value
    task = world.enter(number)
    assert (world.task(task)["requester"], world.task(task)["amount"]) == (world.adapter.address, BID)
    assert world.pool.market.read("bookOf", world.queue) == (
        (task,),
        (BID,),
        (world.block(number)["prove_by"] - WINDOW,),
    )
    work = world.work(number)
    assert (work.status, work.reward_units, work.penalty_units) == (BOUND, REWARD, 4 * REWARD)
    assert world.zk(world.adapter) == before - BID
    assert world.value == value, "money in the market is the pool's"
    assert world.adapter.read("liveWorks") == (number,)


def test_enter__what_is_not_the_pools_or_not_as_proposed__is_refused(world: World) -> None:
    rival = world.chain.accounts[-1]
    world.stake_in_tier1(rival, 1_000_000 * TTKO, capacity=1)
    numbers = [world.propose() for _ in range(12)]
    theirs = next(n for n in numbers if world.block(n)["assigned"] == rival)
    ours = next(n for n in numbers if world.block(n)["assigned"] == world.adapter.address)
    enter = (world.adapter, "enter")
    name, fields = world.refused("keeper", *enter, theirs, data_of(theirs))
    assert (name, fields) == ("NotAssignedToPool", {"ext": theirs, "assigned": rival})
    assert world.refused("keeper", *enter, 99, b"")[0] == "NotAssignedToPool"
    assert world.refused("keeper", *enter, ours, b"other inputs")[0] == "DataDiffers"
    task = world.enter(ours)
    assert world.refused("keeper", *enter, ours, data_of(ours)) == (
        "WorkIsBound",
        {"ext": ours, "task": task},
    )


def placed_at(world: World, at: int) -> None:
    """A stranger's bid, which starts or keeps a round."""
    bid = (world.queue, [7], ZK // 50, at + DAY, b"")
    world.act("requester", world.pool.market, "placeBid", *bid, at=at)


@pytest.mark.parametrize(
    ("started", "lead"), [(None, 2), (2 * ROUND - 1, 2), (ROUND + 1, 2), (2 * ROUND, 1), (5 * ROUND, 1)]
)
def test_enter__until_the_market_would_sell_too_late__is_told_from_when(
    world: World, started: int | None, lead: int
) -> None:
    """A bid stays for a round after its own. Sold later than W before tier 1 is due, it pays for nothing."""
    number = world.propose()
    sold_by = world.block(number)["prove_by"] - WINDOW
    last = sold_by - lead * ROUND
    enter = ("keeper", world.adapter, "enter", number, data_of(number))
    world.pool.fund(world.requester, ZK, world.pool.market)
    if started is not None:
        placed_at(world, sold_by - started)
    at = max(last, world.chain.now) + 1
    name, fields = world.refused(*enter, at=at)
    assert (name, fields) == ("WorkTooLate", {"ext": number, "nowAt": at, "lastAt": last})
    if at != last + 1:
        return  # the round that is too late for the block began after its last second
    task = world.enter(number, at=last)
    assert sold_by in world.pool.market.read("bookOf", world.queue)[2]
    world.clear()
    assert world.task(task)["status"] == ASSIGNED
    assert world.task(task)["prove_by"] <= world.block(number)["prove_by"]


def test_enter__bid_capped_by_the_operator__or_refused_without_money(world: World) -> None:
    number = world.propose()
    with world.aside():
        world.act("operator", world.adapter, "setOffer", 10, 12, ZK // 10)
        assert world.task(world.enter(number))["amount"] == ZK // 10
    free = world.zk(world.adapter)
    world.act("operator", world.adapter, "repay", free - ZK)
    assert world.refused("keeper", world.adapter, "enter", number, data_of(number)) == (
        "FreeFundsTooLow",
        {"gotWei": BID, "freeWei": ZK},
    )


def test_enter__again_when_too_late__is_refused_and_the_work_waits_for_tier1(world: World) -> None:
    """No prover had a slot until the bid expired, so late that no proof could come in time."""
    world.act("prover", world.pool.provers, "setCapacity", world.queue, 0)
    number = world.propose()
    first = world.enter(number)
    expires_at = world.block(number)["prove_by"] - WINDOW
    world.act("keeper", world.pool.market, "expireBid", first, at=expires_at + 1)
    assert world.task(first)["status"] == EXPIRED
    assert world.refused("keeper", world.adapter, "enter", number, data_of(number))[0] == "WorkTooLate"
    assert world.settle(number) == (BOUND, 0, 0), "tier 1 may still get its proof"


def test_enter__after_a_full_book_evicted_the_bid__binds_the_new_task(world: World) -> None:
    world.act("prover", world.pool.provers, "setCapacity", world.queue, 0)
    number = world.propose()
    first = world.enter(number)
    world.pool.fund(world.requester, 1_000 * ZK, world.pool.market)
    expires_at = world.chain.now + 3 * ROUND
    for i in range(64):
        bid = (world.queue, [i + 1], 2 * ZK, expires_at, b"")
        world.act("requester", world.pool.market, "placeBid", *bid)
    assert world.task(first)["status"] == EVICTED
    assert world.refused("keeper", world.adapter, "enter", number, data_of(number))[0] == "BookFull"
    assert world.work(number).task == first
    best = world.pool.market.read("bookOf", world.queue)[0][0]
    world.act("requester", world.pool.market, "expireBid", best, at=expires_at + 1)
    second = world.enter(number)
    assert second != first
    assert world.work(number).task == second
    assert world.adapter.read("liveWorks") == (number,)
    assert world.task(second)["amount"] == BID


def test_on_assigned__another_or_an_unassigned_task__is_refused(world: World) -> None:
    number = world.propose()
    task = world.enter(number)
    bind = (world.adapter, "onAssigned")
    assert world.refused("keeper", *bind, number, task)[0] == "TaskUnfit"
    assert world.refused("keeper", *bind, number, b"\1" * 32)[0] == "TaskUnfit"
    assert world.refused("keeper", *bind, 99, task)[0] == "UnknownWork"
    world.clear()
    receipt = world.act("outsider", *bind, number, task)
    [event] = world.events(receipt, world.adapter, "WorkAssigned")
    assert (event["task"], event["priceWei"]) == (task, ZK // 100)
    assert event["prover"] == world.pool.provers.read("idOf", world.prover)
    assert not world.act("outsider", *bind, number, task).logs


# --- a block proven in time


def test_life__proven_in_time__prover_gets_the_price_pool_the_reward(world: World) -> None:
    value = world.value
    number = world.assigned()
    task = world.work(number).task
    base_fee = world.task(task)["amount"]
    assert (world.task(task)["status"], base_fee) == (ASSIGNED, ZK // 100)
    world.act("keeper", world.adapter, "onAssigned", number, task)
    world.act("keeper", world.adapter, "onAssigned", number, task)
    assert world.value == value
    world.prove(number)
    assert world.value == value, "the proof is worth its price until tier 1 has it"
    proof = world.proof(number, world.prover)
    assert world.adapter.read("verify", number, *proof)
    receipt = world.act("keeper", world.adapter, "submit", number, *proof)
    paid = world.block(number)["paid_units"]
    assert 0 < REWARD - paid < REWARD * 25 // 1_000
    [event] = world.events(receipt, world.adapter, "WorkDelivered")
    assert event == {"ext": number, "rewardUnits": paid}
    assert world.units(world.adapter) == paid
    assert world.value == value + worth(paid) - base_fee
    assert not world.adapter.read("verify", number, *proof), "tier 1 takes no second one"
    assert world.settle(number) == (REWARDED, worth(paid), 0)
    assert world.settle(number) == (REWARDED, worth(paid), 0)
    assert world.value == value + worth(paid) - base_fee
    assert world.zk(world.adapter) == FUNDED - worth(STAKED) - base_fee
    assert world.adapter.read("liveWorks") == ()
    assert world.zk(world.pool.insurance) == 0


def test_submit__twice_late_or_bad__is_refused(world: World) -> None:
    number = world.assigned()
    signals, proof = world.proof(number, world.prover)
    submit = (world.adapter, "submit", number)
    name, fields = world.refused("keeper", *submit, signals, b"junk")
    assert name == "Tier1CallFailed"
    assert fields["called"] == world.taiko.abi.functions["proveBlock"].selector
    assert fields["reason"] == world.taiko.abi.errors["BadProof"].selector
    prove_by = world.block(number)["prove_by"]
    assert world.refused("keeper", *submit, signals, proof, at=prove_by + 1)[0] == "WorkTooLate"
    world.act("keeper", *submit, signals, proof, at=prove_by)
    assert world.refused("keeper", *submit, signals, proof) == (
        "WrongWorkStatus",
        {"ext": number, "got": DELIVERED, "expected": BOUND},
    )
    assert world.refused("keeper", world.adapter, "submit", 99, signals, proof)[0] == "WrongWorkStatus"


def test_settle__while_either_side_goes_on__changes_nothing(world: World) -> None:
    number = world.assigned()
    assert world.settle(number) == (BOUND, 0, 0)
    world.act("keeper", world.adapter, "submit", number, *world.proof(number, world.prover))
    assert world.settle(number) == (DELIVERED, 0, 0), "its prover can still miss its window, and pay for it"
    world.prove(number)
    assert world.settle(number)[0] == REWARDED
    assert world.refused("keeper", world.adapter, "settle", 99) == ("UnknownWork", {"ext": 99})


# --- a block nobody proves


def test_life__missed__penalty_is_borne_and_the_surplus_is_insurances(world: World) -> None:
    """The prover's bond pays 2 ZK for tier 1, which takes 0.816 ZK; insurance gets the difference."""
    value, insured = world.value, world.zk(world.pool.insurance)
    number = world.assigned()
    task = world.work(number).task
    price = world.task(task)["amount"]
    market = world.pool.market
    world.skip_to(world.task(task)["prove_by"] + LIABILITY + 1)
    world.act("keeper", market, "finalize", task)
    assert world.task(task)["status"] == FAILED
    # bond 2.5: 2 for tier 1; of the rest at most the price to the requester, 2 % to the keeper
    assert market.read("recoveredOf", task) == PENALTY
    assert market.read("creditOf", world.adapter.address) == BID - price + price + PENALTY + price
    slashed_at_market = world.zk(world.pool.insurance) - insured
    assert world.value == value + price, "what was recovered is kept for tier 1"
    prove_by = world.block(number)["prove_by"]
    assert world.chain.now < prove_by
    assert world.settle(number) == (BOUND, 0, 0)
    world.skip_to(prove_by + 1)
    penalty = worth(4 * REWARD)
    with world.aside():
        assert world.settle(number) == (FORFEITED, 0, penalty)
    world.act("outsider", world.taiko, "markLate", number)
    assert world.value == value + price, "the slash is not counted twice"
    receipt = world.act("keeper", world.adapter, "settle", number)
    assert world.settle(number) == (FORFEITED, 0, penalty)
    assert world.events(receipt, world.adapter, "SurplusPaid") == [{"amountWei": PENALTY - penalty}]
    assert world.zk(world.pool.insurance) == insured + slashed_at_market + PENALTY - penalty
    assert world.value == value + price
    assert world.adapter.read("bookedUnits") == STAKED - 4 * REWARD == world.adapter.read("stakeState")[0]
    assert world.adapter.read("surplusWei") == 0


def test_life__without_a_carrier__the_pool_bears_the_whole_penalty(world: World) -> None:
    world.act("deployer", world.pool.projects, "setCarrier", world.queue, world.outsider)
    value = world.value
    number = world.assigned()
    price = world.task(world.work(number).task)["amount"]
    world.miss(number)
    assert world.value == value + price - worth(4 * REWARD)
    assert world.settle(number) == (FORFEITED, 0, worth(4 * REWARD))
    assert world.value == value + price - worth(4 * REWARD)


def test_value__late_and_not_slashed_yet__counts_the_loss_already(world: World) -> None:
    world.act("deployer", world.pool.projects, "setCarrier", world.queue, world.outsider)
    world.act("prover", world.pool.provers, "setCapacity", world.queue, 0)
    value = world.value
    number = world.propose()
    world.enter(number)
    prove_by = world.block(number)["prove_by"]
    world.skip_to(prove_by)
    assert world.value == value
    world.skip_to(prove_by + 1)
    assert world.value == value - worth(4 * REWARD)
    assert world.settle(number) == (BOUND, 0, 0), "its bid is still in the book"
    world.act("keeper", world.pool.market, "expireBid", world.work(number).task)
    assert world.settle(number) == (FORFEITED, 0, worth(4 * REWARD))
    assert world.value == value - worth(4 * REWARD)


def test_settle__proven_by_another_after_the_pool_was_late__books_the_penalty(world: World) -> None:
    """Tier 1 took the block away and has its proof from elsewhere: nothing is left to mark."""
    number = world.assigned()
    world.miss(number)
    world.act("outsider", world.taiko, "markLate", number)
    world.act("trader", world.taiko, "proveBlock", number, *world.proof(number, world.trader))
    assert world.block(number)["proven_at"] == world.chain.now
    assert world.refused("keeper", world.adapter, "enter", number, data_of(number))[0] == "WorkTooLate"
    assert world.settle(number) == (FORFEITED, 0, worth(4 * REWARD))
    assert world.adapter.read("bookedUnits") == STAKED - 4 * REWARD


def test_settle__task_still_open_to_rescuers__changes_nothing(world: World) -> None:
    """Tier 1's window can end before the market's: the task's fate decides what provers pay."""
    number = world.propose()
    world.enter(number)
    prove_by = world.block(number)["prove_by"]
    world.act("prover", world.pool.provers, "setCapacity", world.queue, 0)
    world.clear()
    world.act("prover", world.pool.provers, "setCapacity", world.queue, 8)
    world.clear()
    task = world.work(number).task
    junk = world.proof(number, world.prover)[0]
    world.act("prover", world.pool.market, "submitProof", task, junk, b"junk")
    assert world.task(task)["status"] == OPEN
    world.skip_to(prove_by + 1)
    assert world.task(task)["status"] == OPEN
    assert world.settle(number) == (BOUND, 0, 0)


def test_settle__block_that_nobody_entered__books_its_loss(world: World) -> None:
    number = world.propose()
    assert world.settle(number) == (NONE, 0, 0)
    world.skip_to(world.block(number)["prove_by"] + 1)
    value = world.value
    world.act("outsider", world.taiko, "markLate", number)
    assert world.value == value - worth(4 * REWARD)
    assert world.settle(number) == (FORFEITED, 0, worth(4 * REWARD))
    assert world.value == value - worth(4 * REWARD)
    assert world.adapter.read("bookedUnits") == STAKED - 4 * REWARD


def test_rescue__invalid_then_proven__tier1s_part_goes_to_insurance(world: World) -> None:
    """The first prover's slash pays for a penalty that tier 1 never takes."""
    world.act("second", world.pool.provers, "join", world.queue, 8)
    number = world.assigned()
    task = world.work(number).task
    # Whoever has the task hands in junk; the other rescues it.
    id_of = {world.pool.provers.read("idOf", world.people[who]): who for who in ("prover", "second")}
    first = id_of[world.pool.market.read("taskOf", task)[9]]
    rescuer = "second" if first == "prover" else "prover"
    junk = world.proof(number, world.people[first])[0]
    world.act(first, world.pool.market, "submitProof", task, junk, b"junk")
    assert world.task(task)["status"] == OPEN
    value = world.value
    seat = world.pool.seat_of(world.queue, world.people[rescuer])
    world.act(rescuer, world.pool.market, "claimOpen", task, seat)
    world.prove(number, rescuer)
    world.act("keeper", world.adapter, "submit", number, *world.proof(number, world.people[rescuer]))
    insured = world.zk(world.pool.insurance)
    assert world.settle(number)[0] == REWARDED
    assert world.zk(world.pool.insurance) == insured + PENALTY
    paid = world.block(number)["paid_units"]
    assert world.value == value + worth(paid) - world.task(task)["amount"]


def test_surplus__no_money_left_to_pay_it__is_paid_from_what_comes_back(world: World) -> None:
    first, second = world.propose(), world.propose()
    world.enter(first)
    world.clear()
    world.miss(first)
    world.act("keeper", world.adapter, "collect")
    surplus = PENALTY - worth(4 * REWARD)
    # Spend all but a little on units before the settlement.
    units = (world.zk(world.adapter) - ZK // 4) * TTKO // UNIT_PRICE
    world.act("operator", world.adapter, "setOrders", units, 0)
    world.act("trader", world.adapter, "sellUnits", units, 0)
    assert world.zk(world.adapter) == ZK // 4
    insured = world.zk(world.pool.insurance)
    receipt = world.act("keeper", world.adapter, "settle", first)
    assert world.events(receipt, world.adapter, "SurplusOwed") == [{"ext": first, "amountWei": surplus}]
    assert world.zk(world.pool.insurance) == insured + ZK // 4
    assert world.adapter.read("surplusWei") == surplus - ZK // 4
    assert world.refused("operator", world.adapter, "repay", 1)[0] == "FreeFundsTooLow"
    assert world.settle(second)[0] == FORFEITED
    world.act("deployer", world.pool.token, "transfer", world.adapter.address, ZK)
    world.act("outsider", world.adapter, "collect")
    assert world.zk(world.pool.insurance) == insured + surplus
    assert world.adapter.read("surplusWei") == 0


def test_repay__what_may_be_insurances__stays_until_it_is_settled(world: World) -> None:
    """The operator cannot carry the provers' cover off to the delegators before tier 1's penalty is known."""
    number = world.assigned()
    world.miss(number)
    world.act("keeper", world.adapter, "collect")
    free = world.zk(world.adapter)
    assert world.refused("operator", world.adapter, "repay", free - PENALTY + 1)[0] == "FreeFundsTooLow"
    with world.aside():
        world.act("operator", world.adapter, "repay", free - PENALTY)
    world.settle(number)
    world.act("operator", world.adapter, "repay", free - PENALTY + worth(4 * REWARD))


# --- value and bounds


def test_enter__more_works_than_can_be_valued__is_refused_until_some_are_settled(world: World) -> None:
    limit = world.adapter.read("MAX_WORKS")
    numbers = [world.propose() for _ in range(limit)]
    for number in numbers:
        world.enter(number)
    world.skip_to(world.block(numbers[-1])["prove_by"] + 1)
    world.act("outsider", world.taiko, "markLate", numbers[0])
    extra = world.propose()
    name, fields = world.refused("keeper", world.adapter, "enter", extra, data_of(extra))
    assert name == "TooManyWorks"
    assert fields == {"limit": limit}
    world.act("keeper", world.pool.market, "expireBid", world.work(numbers[0]).task)
    assert world.settle(numbers[0])[0] == FORFEITED
    world.enter(extra)
    assert len(world.adapter.read("liveWorks")) == limit


def test_value__with_all_works_it_can_have__fits_the_gas_it_gets(world: World) -> None:
    """The worst: every task was rescued or open, so that each has to be asked what it recovered."""
    world.act("trader", world.ttko, "transfer", world.adapter.address, 100 * TTKO)
    limit = world.adapter.read("MAX_WORKS")
    numbers = []
    for _ in range(limit):
        numbers.append(world.propose())
        world.enter(numbers[-1])
        if len(numbers) in (8, limit):
            world.clear()
    for number in numbers:
        task = world.work(number).task
        if world.task(task)["status"] == ASSIGNED:
            world.skip_to(max(world.chain.now, world.task(task)["prove_by"] + WINDOW // 4) + 1)
            world.act("keeper", world.pool.market, "finalize", task)
    outcome = world.adapter.try_send(world.keeper, "valueWei")
    used = outcome.gas_used - 21_064
    print(f"valueWei with {limit} works: {used} gas")
    assert used < VALUE_GAS * 9 // 10
    world.act("keeper", world.pool.delegation, "mark", world.adapter.address)
    _, marked, _ = world.pool.delegation.read("adapterOf", world.adapter.address)
    assert marked == min(world.value, FUNDED)
    extra = world.propose()
    assert int(world.block(extra)["assigned"], 16) == 0, "the pool's capacity in tier 1 is as many"
    assert world.refused("operator", world.adapter, "setOffer", 10, limit + 1, MAX_BID) == (
        "CapacityTooHigh",
        {"got": limit + 1, "limit": limit},
    )


def test_value__donations__are_the_pools(world: World) -> None:
    value = world.value
    world.act("deployer", world.pool.token, "transfer", world.adapter.address, ZK)
    world.act("trader", world.ttko, "transfer", world.adapter.address, TTKO)
    assert world.value == value + ZK + worth(TTKO)
