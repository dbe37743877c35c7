"""The rules of the tier 1 that the adapter is tested against."""

from __future__ import annotations

import pytest

from tests.support.rawchain import compiled
from tests.unit.tier1.world import (
    AVERAGE_DELAY,
    DAY,
    FEE_PER_GAS,
    GAS_LIMIT,
    KEY,
    REWARD,
    ROLES,
    STAKED,
    TTKO,
    World,
)

WEEK = 7 * DAY


def crowd(world: World) -> tuple[str, ...]:
    """Accounts without a role."""
    return world.chain.accounts[len(ROLES) :]


def leave(world: World) -> None:
    """The pool gives its seat up, so that a test has tier 1 for itself."""
    world.act("operator", world.adapter, "requestExit")


# --- seats


def test_seats__thirty_two__then_a_bigger_stake_evicts_the_smallest(world: World) -> None:
    people = crowd(world)
    leave(world)
    for i, account in enumerate(people[:32]):
        world.stake_in_tier1(account, (i + 2) * TTKO)
    assert world.taiko.read("seats") == people[:32]
    smallest, newcomer = people[0], people[32]
    world.act("deployer", world.ttko, "transfer", newcomer, 3 * TTKO)
    world.act(newcomer, world.ttko, "approve", world.taiko.address, 10 * TTKO)
    name, fields = world.refused(newcomer, world.taiko, "stake", 2 * TTKO, FEE_PER_GAS, 1)
    assert (name, fields) == ("StakeTooSmall", {"got": 2 * TTKO, "smallest": 2 * TTKO})
    now = world.chain.now + 10
    world.act(newcomer, world.taiko, "stake", 2 * TTKO + 1, FEE_PER_GAS, 1, at=now)
    evicted, seated = world.staker(smallest), world.staker(newcomer)
    assert (evicted["staked"], evicted["exiting"], evicted["place"]) == (0, 2 * TTKO, 0)
    assert evicted["exit_at"] == now + WEEK
    assert (seated["staked"], seated["place"]) == (2 * TTKO + 1, 1)
    assert newcomer in world.taiko.read("seats")
    assert smallest not in world.taiko.read("seats")


def test_exit__takes_one_week__and_stays_slashable(world: World) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, 10 * TTKO, capacity=1)
    number = world.propose()
    world.act(prover, world.taiko, "requestExit")
    exit_at = world.staker(prover)["exit_at"]
    assert exit_at == world.chain.now + WEEK
    assert prover not in world.taiko.read("seats")
    world.act("outsider", world.taiko, "markLate", number, at=world.block(number)["prove_by"] + 1)
    slashed = world.block(number)["slashed_units"]
    assert slashed == 4 * REWARD
    name, _ = world.refused(prover, world.taiko, "withdrawStake", at=exit_at - 1)
    assert name == "StillExiting"
    world.act(prover, world.taiko, "withdrawStake", at=exit_at)
    assert world.units(prover) == 10 * TTKO - slashed
    assert world.refused(prover, world.taiko, "withdrawStake")[0] == "NothingToWithdraw"
    assert world.refused(prover, world.taiko, "requestExit")[0] == "NothingStaked"


# --- drawing


@pytest.mark.parametrize(
    ("asked", "price"), [(1, 8), (7, 8), (8, 8), (10, 10), (12, 12), (13, 12), (4_000_000_000, 12)]
)
def test_weight__asked_price__is_clamped_to_75_and_125_percent(world: World, asked: int, price: int) -> None:
    """A fee of 10 a gas: from 8 (7.5 rounded up) to 12; the weight is stake / price^2."""
    prover = crowd(world)[0]
    world.stake_in_tier1(prover, 30 * TTKO, price=asked)
    assert world.taiko.read("weightOf", prover) == (30 * TTKO // price**2, price)


def test_weight__no_free_capacity_or_no_stake__is_zero(world: World) -> None:
    prover, nobody = crowd(world)[:2]
    leave(world)
    world.stake_in_tier1(prover, 30 * TTKO, capacity=1)
    world.propose()
    assert world.staker(prover)["in_flight"] == 1
    assert world.taiko.read("weightOf", prover)[0] == world.taiko.read("weightOf", nobody)[0] == 0
    open_block = world.block(world.propose())
    assert int(open_block["assigned"], 16) == 0
    assert open_block["reward_units"] == REWARD


def test_draw__three_times_the_weight__about_three_times_the_blocks(world: World) -> None:
    big, small = crowd(world)[:2]
    leave(world)
    world.stake_in_tier1(big, 30 * TTKO, capacity=200)
    world.stake_in_tier1(small, 10 * TTKO, capacity=200)
    for _ in range(120):
        world.propose(gas_limit=0)
    drawn = world.staker(big)["in_flight"]
    assert world.staker(small)["in_flight"] == 120 - drawn
    assert 70 <= drawn <= 108  # 90 expected, standard deviation 4.7


@pytest.mark.parametrize(
    ("average", "window"), [(0, 600), (299, 600), (300, 600), (301, 602), (2_699, 5_398), (2_700, 5_400)]
)
def test_window__twice_the_average_delay__between_10_and_90_minutes(
    world: World, average: int, window: int
) -> None:
    wiring = (world.ttko.address, world.pool.verifier.address, KEY, FEE_PER_GAS)
    taiko = world.chain.deploy(compiled()["TaikoMiniature"], *wiring, average)
    assert taiko.read("windowSeconds") == window
    longer = world.chain.deploy(compiled()["TaikoMiniature"], *wiring, average + 3_000)
    assert longer.read("windowSeconds") == 5_400


def test_window__follows_the_delay_of_proofs(world: World) -> None:
    number = world.propose()
    proposed = world.block(number)
    assert proposed["prove_by"] - proposed["proposed_at"] == 2 * AVERAGE_DELAY
    signals, proof = world.proof(number, world.prover)
    world.enter(number)
    world.act("keeper", world.adapter, "submit", number, signals, proof, at=proposed["proposed_at"] + 400)
    assert world.taiko.read("averageDelaySeconds") == (15 * AVERAGE_DELAY + 400) // 16


# --- rewards and slashes


@pytest.mark.parametrize("delay", [1, 600, 1_200, 2_400])
def test_reward__in_time__less_up_to_two_and_a_half_percent(world: World, delay: int) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, 10 * TTKO)
    number = world.propose()
    at = world.block(number)["proposed_at"] + delay
    world.act(prover, world.taiko, "proveBlock", number, *world.proof(number, world.second), at=at)
    paid = world.taiko.read("rewardsOf", prover)
    assert paid == REWARD - REWARD * 250 * delay // (10_000 * 2_400)
    if delay == 2_400:
        assert paid == REWARD * 975 // 1_000
    before = world.units(prover)
    world.act(prover, world.taiko, "withdrawRewards")
    assert world.units(prover) == before + paid


def test_late__assigned_prover__earns_nothing_and_is_slashed_once(world: World) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, 10 * TTKO)
    number = world.propose()
    late_at = world.block(number)["prove_by"] + 1
    name, _ = world.refused("outsider", world.taiko, "markLate", number, at=late_at - 1)
    assert name == "NotLate"
    reserve = world.taiko.read("reserveUnits")
    world.act("outsider", world.taiko, "markLate", number, at=late_at)
    assert world.refused("outsider", world.taiko, "markLate", number)[0] == "NotAssigned"
    world.act(prover, world.taiko, "proveBlock", number, *world.proof(number, prover))
    assert world.taiko.read("rewardsOf", prover) == world.block(number)["paid_units"] == 0
    assert world.block(number)["slashed_units"] == 4 * REWARD
    assert world.staker(prover)["staked"] == 10 * TTKO - 4 * REWARD
    assert world.taiko.read("reserveUnits") == reserve + 4 * REWARD
    assert world.staker(prover)["in_flight"] == 0


def test_late__another_prover__earns_half_more_and_the_assigned_is_slashed(world: World) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, 10 * TTKO)
    number = world.propose()
    at = world.block(number)["prove_by"]
    another = world.proof(number, world.second)
    assert world.refused("second", world.taiko, "proveBlock", number, *another, at=at)[0] == "NotAssigned"
    # The copier of a late proof earns nothing: whom the proof names is paid.
    world.act("outsider", world.taiko, "proveBlock", number, *another, at=at + 1)
    assert world.taiko.read("rewardsOf", world.second) == REWARD * 3 // 2
    assert world.taiko.read("rewardsOf", world.outsider) == 0
    assert world.staker(prover)["staked"] == 10 * TTKO - 4 * REWARD
    assert world.refused("second", world.taiko, "proveBlock", number, *another)[0] == "AlreadyProven"


@pytest.mark.parametrize(
    ("staked", "capacity", "expected"),
    [
        (10 * TTKO, 8, 4 * REWARD),  # 0.25 % of the stake for each of 8 blocks is less
        (1_000_000 * TTKO, 8, 1_000_000 * TTKO * 25 // 10_000 // 8),
        (4 * REWARD - 1, 8, 4 * REWARD - 1),  # all there is
    ],
)
def test_slash__the_greater_of_stake_and_reward__at_most_what_is_there(
    world: World, staked: int, capacity: int, expected: int
) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, staked, capacity=capacity)
    number = world.propose()
    assert world.taiko.read("penaltyOf", number) == expected
    world.act("outsider", world.taiko, "markLate", number, at=world.block(number)["prove_by"] + 1)
    left = world.staker(prover)
    assert left["staked"] == staked - expected
    assert (left["place"] == 0) == (left["staked"] == 0)


def test_proof__wrong_commitment_prover_count_or_proof__is_refused(world: World) -> None:
    prover = crowd(world)[0]
    leave(world)
    world.stake_in_tier1(prover, 10 * TTKO)
    number = world.propose()
    signals, proof = world.proof(number, prover)
    other = world.proof(number + 1, prover)
    for bad in ((signals, b"junk"), other, (signals[:1], proof), ([signals[0], 0], proof)):
        assert world.refused(prover, world.taiko, "proveBlock", number, *bad)[0] == "BadProof"
        assert not world.taiko.read("accepts", number, prover, *bad)
    assert world.taiko.read("accepts", number, prover, signals, proof)
    assert not world.taiko.read("accepts", number, world.outsider, signals, proof)
    assert world.refused(prover, world.taiko, "proveBlock", 99, signals, proof)[0] == "UnknownBlock"


def test_miniature__a_life_of_it__owes_what_it_holds(world: World) -> None:
    """Stake, exits, rewards and the reserve are all of its balance."""
    prover = crowd(world)[0]
    world.stake_in_tier1(prover, 10 * TTKO)
    for late in (False, True):
        number = world.propose(gas_limit=GAS_LIMIT // 2)
        owner = world.block(number)["assigned"]
        if late:
            world.act("outsider", world.taiko, "markLate", number, at=world.block(number)["prove_by"] + 1)
        else:
            world.chain.set_balance(owner, 10**18)
            world.act(owner, world.taiko, "proveBlock", number, *world.proof(number, prover))
    owed = world.taiko.read("reserveUnits")
    for account in (prover, world.adapter.address):
        staker = world.staker(account)
        owed += staker["staked"] + staker["exiting"] + world.taiko.read("rewardsOf", account)
    assert world.units(world.taiko) == owed
    assert world.staker(world.adapter.address)["staked"] <= STAKED
