"""The adapter's money: stake in tier 1, tier 1's token for ZK, and who may move what."""

from __future__ import annotations

import pytest

from tests.support.rawchain import compiled
from tests.support.rawmarket import MAX_UINT256
from tests.support.stage import refusal_of
from tests.unit.tier1.world import MAX_BID, STAKED, TTKO, ZK, World, worth

# --- stake


def test_stake__request_exit__withdraw__comes_back_whole(world: World) -> None:
    value = world.value
    assert world.adapter.read("stakeState") == (STAKED, 0, 0, 0)
    world.act("operator", world.adapter, "requestExit")
    staked, exiting, exit_at, _ = world.adapter.read("stakeState")
    assert (staked, exiting) == (0, STAKED)
    assert world.value == value
    name, fields = world.refused("operator", world.adapter, "withdraw", at=exit_at - 1)
    assert name == "Tier1CallFailed"
    assert fields["reason"] == world.taiko.abi.errors["StillExiting"].selector
    world.act("operator", world.adapter, "withdraw", at=exit_at)
    assert (world.units(world.adapter), world.adapter.read("bookedUnits")) == (STAKED, 0)
    assert world.value == value


def test_tier1__less_gas_than_a_call_may_take__is_not_asked(world: World) -> None:
    """Else whoever calls with little gas could make tier 1 fail where it would not have."""
    call = world.adapter.call(world.operator, "requestExit")
    [short] = world.chain.simulate([call], gas=500_000)
    name, fields = refusal_of(short)
    assert (name, fields["gasNeeded"]) == ("GasShort", 400_000 + 400_000 // 63 + 100_000)
    [enough] = world.chain.simulate([call], gas=700_000)
    assert enough.ok


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("stake", (1,)),
        ("requestExit", ()),
        ("withdraw", ()),
        ("setOffer", (1, 1, 1)),
        ("setOrders", (1, 1)),
        ("repay", (1,)),
    ],
)
def test_operator__anybody_else__is_refused(world: World, function: str, arguments: tuple[int, ...]) -> None:
    for who in ("outsider", "deployer"):
        expected = ("NotOperator", {"caller": world.people[who]})
        assert world.refused(who, world.adapter, function, *arguments) == expected


@pytest.mark.parametrize(("function", "argument"), [("setUnitPrice", ZK), ("setOperator", "0x" + "01" * 20)])
def test_owner__anybody_else__is_refused(world: World, function: str, argument: object) -> None:
    for who in ("outsider", "operator"):
        assert world.refused(who, world.adapter, function, argument)[0] == "OwnableUnauthorizedAccount"
    world.act("deployer", world.adapter, function, argument)


def test_new_offer__reaches_tier1_with_the_next_stake(world: World) -> None:
    world.act("operator", world.adapter, "setOffer", 12, 3, MAX_BID)
    assert world.staker(world.adapter.address)["price"] == 10
    world.act("operator", world.adapter, "stake", 0)
    staker = world.staker(world.adapter.address)
    assert (staker["price"], staker["capacity"], staker["staked"]) == (12, 3, STAKED)


# --- tier 1's token for ZK


def test_exchange__odd_price__rounds_against_who_trades_with_the_pool(world: World) -> None:
    """0.333...3 wei of rest: the pool pays less, and is paid more, by less than a wei."""
    price = 10**18 + 1
    world.act("deployer", world.adapter, "setUnitPrice", price)
    world.act("operator", world.adapter, "setOrders", 1_000, 1_000)
    units, pool = 333, world.zk(world.adapter)
    down, up = units * price // TTKO, -(-units * price // TTKO)
    assert up == down + 1
    assert world.refused("trader", world.adapter, "sellUnits", units, up) == (
        "PriceMoved",
        {"gotWei": down, "limitWei": up},
    )
    world.act("trader", world.adapter, "sellUnits", units, down)
    assert (world.zk(world.adapter), world.units(world.adapter)) == (pool - down, units)
    world.pool.fund(world.trader, ZK, world.adapter)
    assert world.refused("trader", world.adapter, "buyUnits", units, down)[0] == "PriceMoved"
    world.act("trader", world.adapter, "buyUnits", units, up)
    assert (world.zk(world.adapter), world.units(world.adapter)) == (pool + 1, 0)
    left = world.adapter.read("orders")
    assert left == (1_000 - units, 1_000 - units)
    assert world.refused("trader", world.adapter, "sellUnits", 668, 0) == (
        "OrderTooSmall",
        {"gotUnits": 668, "leftUnits": 667},
    )
    assert world.refused("trader", world.adapter, "buyUnits", 668, MAX_UINT256)[0] == "OrderTooSmall"
    for function in ("sellUnits", "buyUnits"):
        assert world.refused("trader", world.adapter, function, 0, 0)[0] == "AmountZero"
    world.act("trader", world.adapter, "sellUnits", 667, 0)
    world.act("trader", world.adapter, "buyUnits", 667, MAX_UINT256)
    assert world.adapter.read("orders") == (0, 0)


def test_exchange__more_than_the_pool_has__is_refused(world: World) -> None:
    world.act("operator", world.adapter, "setOrders", 10_000 * TTKO, 1)
    free = world.zk(world.adapter)
    assert world.refused("trader", world.adapter, "sellUnits", 51 * TTKO, 0) == (
        "FreeFundsTooLow",
        {"gotWei": worth(51 * TTKO), "freeWei": free},
    )


@pytest.mark.parametrize("price", [0, 10**15 - 1, 10**21 + 1])
def test_price__out_of_bounds__is_refused(world: World, price: int) -> None:
    name, fields = world.refused("deployer", world.adapter, "setUnitPrice", price)
    assert name == "UnitPriceOutOfBounds"
    assert fields["gotWei"] == price
    for bound in (fields["minWei"], fields["maxWei"]):
        world.act("deployer", world.adapter, "setUnitPrice", bound)


def test_repay__gives_the_delegators_their_money_back(world: World) -> None:
    free, delegation = world.zk(world.adapter), world.pool.delegation
    assert delegation is not None
    idle = delegation.read("idleWei")
    assert world.refused("operator", world.adapter, "repay", free + 1)[0] == "FreeFundsTooLow"
    world.act("operator", world.adapter, "repay", free)
    assert delegation.read("idleWei") == idle + free
    assert world.zk(world.adapter) == 0


def test_exchange__unit_token_that_takes_a_fee__is_refused(world: World) -> None:
    fee = world.chain.deploy(compiled()["FeeToken"], world.trader, 100)
    pool, delegation = world.pool, world.pool.delegation
    assert delegation is not None
    wiring = (pool.market.address, delegation.address, world.taiko.address, fee.address, world.queue)
    adapter = world.chain.deploy(compiled()["TaikoAdapter"], wiring, ZK, pool.deployer, world.operator)
    assert adapter.read("tokenUnits") == ZK, "its decimals are its own"
    pool.fund(adapter.address, ZK)
    world.act("operator", adapter, "setOrders", ZK, 0)
    world.act("trader", fee, "approve", adapter.address, ZK)
    assert world.refused("trader", adapter, "sellUnits", 1_000, 0) == (
        "TokenTookFee",
        {"expectedWei": 1_000, "gotWei": 990},
    )
