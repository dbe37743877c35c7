"""Price competition on a real chain: a requester's choices, and the pool's offer to a tier 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.sdk.conftest import COMPILED
from tests.sdk.toy_market import TERMS, ToyMarket, make_toy_market
from zkpool_sdk.chain import Account, Connection, Contracts, LocalSigner, Operation
from zkpool_sdk.chain.abi import ContractAbi, parse_abi
from zkpool_sdk.chain.contracts.tier1 import TaikoAdapter
from zkpool_sdk.clients import Delegator, PoolOperator
from zkpool_sdk.clients.rounds import ended_rounds
from zkpool_sdk.economics.auction import bond
from zkpool_sdk.economics.strategy import BidAction, EndedRound
from zkpool_sdk.economics.tier1 import NothingWorthOffering, Tier1Market, Tier1Rival, on_time
from zkpool_sdk.models import Address
from zkpool_sdk.units import UINT256_MAX, zk

TTKO = 10**8
FEE_PER_GAS = 10
JOB_GAS = 1_000_000
PENALTY = zk(1)
"""What each bond holds for tier 1."""
SHORT_LIFE = 700
"""Seconds: hardly more than the two rounds that a bid has to live."""
UNIT_PRICE = zk(2)
"""Worth of a whole token of tier 1."""


@pytest.fixture
def toy(contracts: Contracts) -> ToyMarket:
    return make_toy_market(contracts, replace(TERMS, tier1_penalty_wei=PENALTY))


# --- the requester


def test_choose__rounds_that_were_crowded__bids_with_their_margin(toy: ToyMarket) -> None:
    for _ in range(3):
        for fee in (5, 4):
            toy.rival.place(toy.queue, [fee], zk(fee), life_seconds=SHORT_LIFE)
        toy.end_round()
        (task,) = toy.prover.assignments()
        toy.prover.submit(task.task, *toy.proof(task))
    rounds = ended_rounds(toy.contracts, toy.queue)
    assert [one.bids_wei for one in rounds] == [(zk(5),)] * 3
    assert rounds[0].excess == toy.contracts.market.round_of(toy.queue).excess
    assert ended_rounds(toy.contracts, toy.queue, 2) == rounds[:2]

    base_fee = toy.contracts.market.base_fee_of(toy.queue)
    toy.contracts.connection.wait_until(
        toy.contracts.connection.timestamp() + SHORT_LIFE
    )  # the losers are gone
    usual = max(-(-(zk(5) + 1) * 10**6 // one.base_fee_wei) for one in rounds)
    wanted = -(-base_fee * usual // 10**6)
    urgent = toy.requester.choose(toy.queue, zk(100))
    assert (urgent.action, urgent.bid_wei) == (BidAction.BID, wanted)
    assert urgent.bid_wei > zk(5)
    assert toy.requester.choose(toy.queue, zk(3)).bid_wei == zk(3)  # never above the value
    assert toy.requester.choose(toy.queue, base_fee - 1).action is BidAction.ABSTAIN
    mine = toy.requester.place(toy.queue, [1], urgent.bid_wei)
    toy.rival.place(toy.queue, [6], zk(5))  # somebody as before, and too late to look
    toy.end_round()
    (task,) = toy.prover.assignments()
    assert (task.task, task.price_wei) == (mine.task, zk(5))


def test_choose__dear_now_and_time_left__waits_for_the_base_fee_to_fall(toy: ToyMarket) -> None:
    toy.prover.set_capacity(toy.queue, 0)
    for number in range(4):  # bids without a slot lift the base fee
        toy.rival.place(toy.queue, [number], zk(1), life_seconds=SHORT_LIFE)
        toy.end_round()
    toy.prover.set_capacity(toy.queue, 1)
    toy.contracts.connection.wait_until(toy.contracts.connection.timestamp() + SHORT_LIFE)
    toy.end_round()
    base_fee = toy.contracts.market.base_fee_of(toy.queue)
    now = toy.requester.choose(toy.queue, zk(2))
    assert (now.action, now.bid_wei, now.price_wei) == (BidAction.BID, base_fee, base_fee)
    later = toy.requester.choose(toy.queue, zk(2), rounds_left=3)
    assert later.action is BidAction.WAIT
    assert later.limit_wei == later.forecasts_wei[-1] < base_fee
    for forecast in later.forecasts_wei:
        toy.end_round()
        assert toy.contracts.market.base_fee_of(toy.queue) == forecast
    assert toy.requester.choose(toy.queue, zk(2), rounds_left=2, wait_cost_wei=zk(1)).action is BidAction.BID


def test_ended_rounds__new_queue__has_none(toy: ToyMarket) -> None:
    assert ended_rounds(toy.contracts, toy.queue) == []
    toy.rival.place(toy.queue, [1], zk(3))
    toy.end_round()
    (ended,) = ended_rounds(toy.contracts, toy.queue)
    assert ended == EndedRound(ended.base_fee_wei, 1, (zk(3),), ended.excess)


# --- the pool's offer


class Deployed:
    """A contract of the tests' own, at its address."""

    def __init__(self, account: Account, name: str, *arguments: Any) -> None:
        artefact = json.loads(COMPILED.read_text())["contractTypes"][name]
        self.abi: ContractAbi = parse_abi(name, artefact["abi"])
        self.account = account
        code = bytes.fromhex(artefact["deploymentBytecode"]["bytecode"].removeprefix("0x"))
        created = account.send(None, code + encode(self.abi.constructor, arguments)).contract
        assert created is not None
        self.address: Address = created

    def send(self, function: str, *arguments: Any, by: Account | None = None) -> None:
        (by or self.account).send(self.address, self.abi.functions[function].encode(arguments))

    def read(self, connection: Connection, function: str, *arguments: Any) -> Any:
        item = self.abi.functions[function]
        return item.decode_outputs(connection.call(self.address, item.encode(arguments)))


class Tier1:
    """The Taiko miniature, a rival in it, and the pool's adapter with 100 tokens staked."""

    def __init__(self, toy: ToyMarket) -> None:
        contracts = toy.contracts
        account, connection, delegation = contracts.account, contracts.connection, contracts.delegation
        assert account is not None
        self.token = Deployed(account, "TaikoToken", account.address)
        key = contracts.projects.queue_of(toy.queue).key
        self.taiko = Deployed(
            account,
            "TaikoMiniature",
            self.token.address,
            contracts.verifier.address,
            key,
            FEE_PER_GAS,
            1_200,
        )
        wiring = (
            contracts.market.address,
            delegation.address,
            self.taiko.address,
            self.token.address,
            toy.queue,
        )
        adapter = Deployed(account, "TaikoAdapter", wiring, UNIT_PRICE, account.address, account.address)
        self.adapter = TaikoAdapter(connection, adapter.address, account)
        projects = contracts.projects
        operation = Operation(
            (delegation.address, projects.address),
            (
                delegation.calldata("allowAdapter", adapter.address, zk(400)),
                projects.calldata("setCarrier", toy.queue, adapter.address),
            ),
            b"\x08" * 32,
        )
        contracts.timelock.schedule(operation, contracts.timelock.min_delay())
        connection.wait_until(connection.timestamp() + contracts.timelock.min_delay())
        contracts.timelock.execute(operation)

        Delegator(contracts).deposit(zk(1_000))
        PoolOperator(contracts).fund(adapter.address, zk(220))
        self.adapter.set_orders(100 * TTKO, 0)
        self.token.send("approve", adapter.address, UINT256_MAX)
        self.adapter.sell_units(100 * TTKO, 0)
        self.adapter.set_offer(FEE_PER_GAS, 1, zk(1))
        self.adapter.stake(100 * TTKO)
        self.rival = Account(connection, LocalSigner.generate())
        connection.request("anvil_setBalance", self.rival.address, hex(10**19))
        self.token.send("transfer", self.rival.address, 200 * TTKO)
        self.token.send("approve", self.taiko.address, UINT256_MAX, by=self.rival)
        self.taiko.send("stake", 200 * TTKO, FEE_PER_GAS, 8, by=self.rival)

    def market(self, jobs_per_hour: int) -> Tier1Market:
        """The miniature as the pool finds it."""
        return Tier1Market(
            (Tier1Rival(200 * TTKO, FEE_PER_GAS),),
            FEE_PER_GAS,
            JOB_GAS,
            jobs_per_hour,
            1_200,
            UNIT_PRICE // TTKO,
        )


def test_choose_offer__state_of_the_chain__is_what_is_weighed(toy: ToyMarket) -> None:
    there, operator = Tier1(toy), PoolOperator(toy.contracts)
    market = there.market(20)
    state = operator.tier1_state(there.adapter.address, market, 60)
    base_fee = toy.contracts.market.base_fee_of(toy.queue)
    assert (state.stake_units, state.cost_wei, state.base_fee_wei) == (100 * TTKO, base_fee, base_fee)
    assert (state.slot_count, state.busy_count, state.cover_wei) == (
        1,
        0,
        toy.prover.stake_state().free_wei,
    )
    assert state.on_time_ppm == on_time(300_000, 360, 2_400)
    toy.requester.place(toy.queue, [1], zk(3))
    toy.end_round()
    busy = operator.tier1_state(there.adapter.address, market, 60, zk(1))
    assert (busy.slot_count, busy.busy_count, busy.free_count, busy.cost_wei) == (1, 1, 0, zk(1))
    with pytest.raises(NothingWorthOffering):
        operator.choose_offer(there.adapter.address, market, 60)


def test_set_offer__chosen__is_what_tier_1_draws_by(toy: ToyMarket) -> None:
    there, operator = Tier1(toy), PoolOperator(toy.contracts)
    adapter, market, connection = there.adapter, there.market(20), toy.contracts.connection
    with pytest.raises(NothingWorthOffering, match="at best"):
        operator.choose_offer(adapter.address, market, 60, zk(1))  # dearer than its reward
    offer = operator.choose_offer(adapter.address, market, 60)
    assert (offer.loss_wei, offer.bond_wei) == (0, bond(offer.cost_wei, PENALTY))
    assert offer.capacity * offer.bond_wei <= toy.prover.stake_state().free_wei
    operator.set_offer(adapter.address, offer)
    set_ = adapter.offer()
    assert (set_.reward_per_gas, set_.capacity) == (offer.reward_per_gas, offer.capacity)
    assert set_.max_bid_wei == offer.reward_wei + offer.penalty_wei
    weights = [
        there.taiko.read(connection, "weightOf", account)
        for account in (adapter.address, there.rival.address)
    ]
    assert weights[0][1] == offer.reward_per_gas
    (own, _), (others, _) = weights
    assert offer.share_ppm == own * 10**6 // (own + others)
