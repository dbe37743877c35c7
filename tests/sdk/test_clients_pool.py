"""Clients of pooled stake and of published software on a real chain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from tests.sdk.conftest import COMPILED
from tests.sdk.toy_market import ToyMarket, make_toy_market
from zkpool_sdk.chain import Account, Contracts, LocalSigner, Operation
from zkpool_sdk.clients import (
    Accelerator,
    Delegator,
    NothingPayable,
    PoolOperator,
    Prover,
    ReleaseDiffers,
    check_release,
    content_hash,
)
from zkpool_sdk.errors import (
    AcceleratorRetired,
    AdapterCapExceeded,
    NotAcceleratorOwner,
    NothingToClaim,
    NotOperator,
    NotRecallable,
    ShareTooHigh,
    UnknownAccelerator,
)
from zkpool_sdk.models import Address
from zkpool_sdk.units import DAY, zk

WEEK = 7 * DAY


@dataclass
class Pool:
    """A toy market with a pool: its operator, two delegators, and whoever else is asked for."""

    toy: ToyMarket
    operator: PoolOperator
    delegator: Delegator
    other: Delegator

    @property
    def contracts(self) -> Contracts:
        return self.toy.contracts

    def someone(self, tokens_wei: int = zk(500)) -> Contracts:
        account = Account(self.contracts.connection, LocalSigner.generate())
        self.contracts.connection.request("anvil_setBalance", account.address, hex(10**19))
        if tokens_wei:
            self.contracts.token.transfer(account.address, tokens_wei)
        return self.contracts.by(account)

    def wait(self, seconds: int) -> None:
        connection = self.contracts.connection
        connection.wait_until(connection.timestamp() + seconds)

    def borrower(self, tokens_wei: int = zk(5)) -> Prover:
        """A registered prover that has borrowed its stake."""
        prover = Prover(self.someone(tokens_wei))
        prover.register()
        prover.contracts.token.approve(self.contracts.delegation.address, zk(1))
        prover.contracts.delegation.borrow_stake()
        return prover

    def earn(self, fee_wei: int = zk(4)) -> int:
        """One proof by the toy market's prover; what was paid for it."""
        self.toy.requester.place(self.toy.queue, [7], fee_wei)
        self.toy.end_round()
        (task,) = self.toy.prover.assignments()
        return self.toy.prover.submit(task.task, *self.toy.proof(task)).price_wei


@pytest.fixture
def pool(contracts: Contracts) -> Pool:
    toy = make_toy_market(contracts)
    return Pool(toy, PoolOperator(contracts), Delegator(toy.rival.contracts), Delegator(toy.keeper.contracts))


# --- the delegator


def test_deposit__first__gives_a_share_a_token(pool: Pool) -> None:
    assert pool.delegator.deposit(zk(100)) == zk(100) * 10**6
    position = pool.delegator.position()
    assert (position.shares, position.worth_wei, position.share_price_wei) == (
        zk(100) * 10**6,
        zk(100),
        zk(1),
    )
    assert (position.waiting, position.payable_wei, position.credit_wei) == ((), 0, 0)
    assert pool.delegator.balance_wei == zk(100)


def test_collect__after_a_proof__raises_the_share_price_over_a_day(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    price = pool.earn()
    with pytest.raises(NothingToClaim):
        pool.delegator.collect()  # of this epoch
    pool.wait(DAY)
    part = price * 20 // 100 // 2
    assert pool.operator.status().uncollected_wei == part
    assert pool.delegator.collect() == part
    assert pool.operator.status().uncollected_wei == 0
    assert zk(100) <= pool.delegator.position().worth_wei < zk(100) + part // 100
    pool.wait(DAY // 2)
    assert zk(100) + part * 49 // 100 < pool.delegator.position().worth_wei < zk(100) + part * 51 // 100
    pool.wait(DAY)
    assert zk(100) + part - 1 <= pool.delegator.position().worth_wei <= zk(100) + part
    assert pool.delegator.share_price() == pytest.approx(zk(1) + part // 100, abs=1)


def test_redeem__a_week_after_asking__pays_everything(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    with pytest.raises(NothingPayable, match="asked for nothing"):
        pool.delegator.redeem()
    redemption = pool.delegator.request_redeem(zk(40) * 10**6)
    assert (redemption.worth_wei, redemption.ahead_wei, redemption.shortfall_wei) == (zk(40), 0, 0)
    assert redemption.matures_at == pool.contracts.connection.timestamp() + WEEK
    position = pool.delegator.position()
    assert (position.worth_wei, position.waiting, position.payable_wei) == (zk(60), (redemption,), 0)
    assert position.total_wei == zk(100)
    with pytest.raises(NothingPayable, match=f"matures at {redemption.matures_at}") as caught:
        pool.delegator.redeem()
    assert caught.value.matures_at == redemption.matures_at
    before = pool.delegator.balance_wei
    assert pool.delegator.redeem(wait=True) == zk(40)
    assert pool.delegator.balance_wei == before + zk(40)
    assert pool.contracts.connection.timestamp() >= redemption.matures_at
    assert pool.delegator.position().waiting == ()
    assert pool.delegator.request_redeem().shares == zk(60) * 10**6


def test_redeem__requests_before_mine__are_paid_first(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    pool.other.deposit(zk(50))
    first = pool.delegator.request_redeem(zk(30) * 10**6)
    second = pool.other.request_redeem()
    third = pool.delegator.request_redeem(zk(10) * 10**6)
    assert [one.ahead_wei for one in (first, second, third)] == [0, zk(30), zk(80)]
    assert pool.delegator.waiting() == (first, third)
    # The other's call pays what is before it as a credit.
    assert pool.other.redeem(wait=True) == zk(50)
    pool.wait(60)  # the third was asked for some seconds after the second
    position = pool.delegator.position()
    assert (position.credit_wei, position.payable_wei) == (zk(30), zk(10))
    assert [one.request for one in position.waiting] == [third.request]
    assert pool.delegator.redeem() == zk(40)
    assert pool.delegator.position().total_wei == zk(60)


def test_redeem__pool_is_lent_out__pays_when_loans_come_back(pool: Pool) -> None:
    pool.delegator.deposit(zk(64))
    prover = pool.borrower()
    asked = pool.delegator.request_redeem()
    assert asked.shortfall_wei == asked.worth_wei - zk(32)
    assert pool.delegator.redeem(wait=True) == zk(32)  # all that is idle
    with pytest.raises(NothingPayable, match="short of") as caught:
        pool.delegator.redeem()
    assert caught.value.shortfall_wei == zk(32)
    assert Delegator(pool.someone()).position().payable_wei == 0
    # Somebody is owed a matured request, so anybody may recall; what comes back is paid on the spot.
    stranger = PoolOperator(pool.someone())
    assert stranger.recall(prover.address) == zk(32)
    assert pool.delegator.position().credit_wei == zk(32)
    assert pool.delegator.redeem() == zk(32)
    assert pool.delegator.position().total_wei == 0


# --- the operator


def test_status__money_by_place__adds_up(pool: Pool) -> None:
    pool.delegator.deposit(zk(150))
    status = pool.operator.status()
    assert (status.assets_wei, status.idle_wei, status.lent_wei, status.loans) == (zk(150), zk(150), 0, ())
    assert status.lendable_count == 2  # half of 150
    prover = pool.borrower()
    pool.delegator.request_redeem(zk(10) * 10**6)
    status = pool.operator.status()
    assert (status.assets_wei, status.idle_wei, status.lent_wei) == (zk(150), zk(118), zk(32))
    assert (status.waiting_wei, status.free_wei, status.lendable_count) == (zk(10), zk(108), 1)
    assert status.fundable_wei == zk(45)
    (loan,) = status.loans
    assert (loan.prover, loan.out_wei, loan.left_wei, loan.fee_wei) == (
        prover.address,
        zk(32),
        zk(32),
        zk(1),
    )
    assert (loan.rating_ppm, loan.idle, loan.lost_wei, loan.locked_wei) == (300_000, False, 0, 0)


def test_allow__prover__borrows_without_a_fee(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    prover = Prover(pool.someone(0))
    prover.register()
    delegation = prover.contracts.delegation
    assert delegation.fee_of(prover.address) == zk(1)
    pool.operator.allow(prover.address)
    assert delegation.fee_of(prover.address) == 0
    delegation.borrow_stake()
    assert prover.stake_state().active
    pool.operator.disallow(prover.address)
    assert not delegation.is_allowed(prover.address)
    assert [loan.prover for loan in pool.operator.loans()] == [prover.address]
    with pytest.raises(NotOperator):
        PoolOperator(pool.delegator.contracts).allow(prover.address)


def test_recall__working_prover__is_the_operators_alone(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    prover = pool.borrower(zk(1))
    assert prover.balance_wei == 0
    with pytest.raises(NotRecallable):
        PoolOperator(pool.delegator.contracts).recall(prover.address)
    assert pool.operator.recall(prover.address) == zk(32)
    assert pool.operator.loans() == ()
    assert not prover.stake_state().active
    # It has lost nothing, so that its fee is its own again.
    assert prover.contracts.delegation.credit_of(prover.address) == zk(1)


def test_recall_idle__a_day_without_a_proof__anybody_brings_it_back(pool: Pool) -> None:
    pool.delegator.deposit(zk(200))
    idle = [pool.borrower(), pool.borrower()]
    stranger = PoolOperator(pool.someone())
    assert stranger.recall_idle() == {}
    pool.wait(DAY + 1)
    busy = pool.borrower()
    assert [loan.idle for loan in stranger.loans()] == [True, True, False]
    assert stranger.recall_idle() == {prover.address: zk(32) for prover in idle}
    assert [loan.prover for loan in stranger.loans()] == [busy.address]


def test_settle__matured_requests__become_credits(pool: Pool) -> None:
    pool.delegator.deposit(zk(100))
    assert pool.operator.settle() == 0
    pool.delegator.request_redeem(zk(30) * 10**6)
    pool.delegator.request_redeem(zk(20) * 10**6)
    pool.wait(WEEK)
    assert pool.operator.settle(1) == zk(30)
    assert pool.operator.settle() == zk(20)
    assert pool.delegator.position().credit_wei == zk(50)
    with pytest.raises(NothingToClaim):
        pool.operator.collect()


def allowed_adapter(pool: Pool, cap_wei: int) -> tuple[Address, bytes]:
    """A mock adapter that the timelock has allowed, and the selector of what tells it its value."""
    contracts = pool.contracts
    code = json.loads(COMPILED.read_text())["contractTypes"]["MockAdapter"]["deploymentBytecode"]["bytecode"]
    assert contracts.account is not None
    adapter = contracts.account.send(None, bytes.fromhex(code.removeprefix("0x"))).contract
    assert adapter is not None
    delegation, timelock = contracts.delegation, contracts.timelock
    calls = (delegation.calldata("allowAdapter", adapter, cap_wei),)
    operation = Operation((delegation.address,), calls, b"\x07" * 32)
    delay = timelock.min_delay()
    timelock.schedule(operation, delay)
    pool.wait(delay)
    timelock.execute(operation)
    return adapter, keccak(text="say(uint8,uint256)")[:4]


def test_fund__adapter_in_tier_1__is_marked_at_what_it_says(pool: Pool) -> None:
    pool.delegator.deposit(zk(200))
    adapter, say = allowed_adapter(pool, zk(30))
    assert pool.operator.adapters() == (pool.operator.mark(adapter),)
    funded = pool.operator.fund(adapter, zk(20))
    assert (funded.cap_wei, funded.value_wei) == (zk(30), zk(20))
    with pytest.raises(AdapterCapExceeded):
        pool.operator.fund(adapter, zk(11))
    assert pool.operator.status().tier1_wei == zk(20)

    def says(manner: int, value_wei: int) -> None:
        assert pool.contracts.account is not None
        pool.contracts.account.send(adapter, say + manner.to_bytes(32) + value_wei.to_bytes(32))

    says(0, zk(15))
    assert pool.operator.mark(adapter).value_wei == zk(15)
    assert pool.operator.status().assets_wei == zk(195)
    says(1, 0)  # it reverts
    assert pool.operator.mark(adapter).value_wei == zk(15)
    says(0, zk(25))
    assert pool.operator.mark(adapter).value_wei == zk(25)
    status = pool.operator.status()
    assert status.locked_profit_wei > zk(9)
    assert [one.value_wei for one in status.adapters] == [zk(25)]
    assert status.fundable_wei == status.assets_wei * 3 // 10 - zk(25)


# --- the accelerator


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "prover-1.0.tar.gz"
    file.write_bytes(b"prover" * 50_000)
    return file


def test_register__a_file__publishes_its_hash(pool: Pool, release: Path, tmp_path: Path) -> None:
    maker = Accelerator(pool.someone())
    key = pool.contracts.projects.queue_of(pool.toy.queue).key
    number = maker.register(release, 1_500, "https://prover.example/1.0", circuits=[key])
    found = maker.release(number)
    assert (found.owner, found.payout, found.share_bps, found.retired) == (
        maker.address,
        maker.address,
        1_500,
        False,
    )
    assert (found.system, found.uri, found.keys) == ("groth16", "https://prover.example/1.0", (key,))
    assert found.content_hash == sha256(release.read_bytes()).digest() == content_hash(release)
    assert maker.releases() == {number: found}
    assert check_release(pool.contracts, number, release) == found
    tampered = tmp_path / "tampered"
    tampered.write_bytes(release.read_bytes() + b"!")
    with pytest.raises(ReleaseDiffers, match="do not run it") as caught:
        check_release(pool.contracts, number, tampered)
    assert caught.value.expected == found.content_hash.hex()


def test_register__too_high_a_share__is_refused(pool: Pool, release: Path) -> None:
    maker = Accelerator(pool.someone())
    with pytest.raises(ShareTooHigh):
        maker.register(release, 2_001, "https://prover.example")
    with pytest.raises(UnknownAccelerator):
        maker.release(1)
    assert maker.releases() == {}


def test_claim__a_user_proves__the_maker_gets_its_share(pool: Pool, release: Path) -> None:
    maker, treasurer = Accelerator(pool.someone(0)), Accelerator(pool.someone(0))
    number = maker.register(release, 1_000, "https://prover.example")
    pool.toy.prover.contracts.provers.set_accelerator(pool.toy.queue, number)
    price = pool.earn()
    assert price > 0
    share = price * 8 // 10 // 10
    assert maker.earnings().pending_wei == share
    assert pool.toy.prover.earnings().pending_wei == price * 8 // 10 - share
    maker.set_payout(number, treasurer.address)
    assert maker.release(number).payout == treasurer.address
    assert maker.claim(wait=True) == share == maker.balance_wei
    price = pool.earn()
    assert treasurer.claim(wait=True) == price * 8 // 10 // 10


def test_retire__users_stay__and_nobody_new_comes(pool: Pool, release: Path) -> None:
    maker = Accelerator(pool.someone())
    number = maker.register(release, 1_000, "https://prover.example")
    with pytest.raises(NotAcceleratorOwner):
        Accelerator(pool.someone()).retire(number)
    pool.toy.prover.contracts.provers.set_accelerator(pool.toy.queue, number)
    maker.retire(number)
    assert maker.releases()[number].retired
    assert pool.earn() > 0
    assert maker.earnings().pending_wei > 0
    pool.toy.prover.contracts.provers.set_accelerator(pool.toy.queue, 0)
    with pytest.raises(AcceleratorRetired):
        pool.toy.prover.contracts.provers.set_accelerator(pool.toy.queue, number)
