"""What the vault does to the wei: stakes at a limit, stakes that are not active, and who gets what decays.

The market and the sponsor act themselves here, since they alone can bring a stake into these states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.support.rawchain import Receipt
from tests.support.stage import DAY, HOUR, ZK, Stage, StakeView

TASK: Final = bytes(32)
MISSED: Final = 1
FLOOR: Final = 24 * ZK
ENTRY: Final = 32 * ZK


@dataclass
class Safe:
    """The vault of a stage, and one prover in it."""

    stage: Stage
    prover: str = field(init=False)

    def __post_init__(self) -> None:
        self.prover = self.stage.prover

    def _act(self, sender: str, function: str, *arguments: Any) -> Receipt:
        return self.stage.act(sender, self.stage.pool.vault, function, *arguments)

    @property
    def has(self) -> StakeView:
        """The prover's stake."""
        return self.stage.stake_of(self.prover)

    def stake(self, amount_wei: int) -> None:
        self._act(self.prover, "stake", amount_wei)

    def unstake(self, amount_wei: int) -> None:
        self._act(self.prover, "requestUnstake", amount_wei)

    def lend(self, amount_wei: int) -> None:
        assert self.stage.pool.delegation
        sponsor = self.stage.fund(self.stage.pool.delegation.address, amount_wei)
        self._act(sponsor, "lend", self.prover, amount_wei)

    def recall(self) -> None:
        assert self.stage.pool.delegation
        self._act(self.stage.pool.delegation.address, "recall", self.prover)

    def lock(self, amount_wei: int) -> None:
        self._act(self.stage.pool.market.address, "lockBonds", [self.prover], [amount_wei])

    def release(self, amount_wei: int) -> None:
        self._act(self.stage.pool.market.address, "releaseBond", self.prover, amount_wei, False)

    def slash(self, bond_wei: int, price_wei: int = 0) -> Receipt:
        """Slash a bond for a miss that nobody rescues or reports."""
        order = (TASK, self.prover, bond_wei, MISSED, price_wei, 0, False, False)
        return self._act(self.stage.pool.market.address, "slash", order)

    def settle(self) -> Receipt:
        return self._act(self.stage.outsider, "settle", self.prover)

    def check_sum(self) -> None:
        """The vault holds just the prover's stake."""
        has = self.has
        sum_wei = has.own_wei + has.unbonding_wei + has.sponsored_wei
        assert self.stage.balance(self.stage.pool.vault) == sum_wei


@pytest.fixture
def safe(stage: Stage) -> Safe:
    """Nobody has staked yet."""
    return Safe(stage)


def test_lend__to_a_stake_that_decays__sends_what_decayed_to_insurance(safe):
    safe.stake(ENTRY)
    safe.unstake(ENTRY)
    safe.stake(ENTRY - 1)  # does not make it active, and decays from when it was
    safe.stage.skip(3 * DAY)
    safe.lend(ENTRY)
    assert safe.has.active
    assert safe.stage.balance(safe.stage.pool.insurance) == ENTRY - 1 - safe.has.own_wei > 0
    safe.check_sum()


def test_recall__of_a_borrower_that_decays__sends_what_decayed_to_insurance(safe):
    safe.lend(ENTRY)
    safe.stake(2 * ENTRY)
    safe.stage.skip(3 * DAY)
    safe.recall()
    assert safe.stage.balance(safe.stage.pool.insurance) == 2 * ENTRY - safe.has.own_wei > 0
    safe.check_sum()


def test_release_bond__of_a_stake_that_decays__sends_what_decayed_to_insurance(safe):
    safe.stake(2 * ENTRY)
    safe.lock(ZK)
    safe.stage.skip(3 * DAY)
    safe.release(ZK)
    assert safe.stage.balance(safe.stage.pool.insurance) == 2 * ENTRY - safe.has.own_wei > 0
    safe.check_sum()


@pytest.mark.parametrize(("lent_wei", "active"), [(FLOOR, True), (FLOOR - 1, False), (FLOOR + 1, True)])
def test_unstake__of_all_own__leaves_active_whom_the_loan_alone_lets_stay(safe, lent_wei, active):
    safe.stake(ENTRY - 1)
    safe.lend(lent_wei)
    safe.unstake(ENTRY - 1)
    assert safe.has.active is active


def test_unstake__of_all_own__makes_nobody_active(safe):
    """A loan that had to stay for bonds keeps no prover active that its recall has stopped."""
    safe.lend(60 * ZK)
    safe.lock(ENTRY - 2 * ZK)
    safe.recall()
    assert (safe.has.sponsored_wei, safe.has.active) == (ENTRY - 2 * ZK, False)
    safe.stake(ZK)
    safe.unstake(ZK)
    assert not safe.has.active


@pytest.mark.parametrize(("own_wei", "active"), [(ENTRY, True), (ENTRY - 1, False)])
def test_recall__leaves_active_whom_its_own_stake_would_make_so(safe, own_wei, active):
    safe.stake(own_wei)
    if not active:
        safe.lend(ZK)
    else:
        safe.stage.chain.mine()
        safe.unstake(own_wei)
        safe.lend(ENTRY)
        safe.stake(own_wei)
    assert safe.has.active
    safe.recall()
    assert safe.has.active is active


def test_slash__of_a_stake_that_is_not_active__leaves_it_so(safe):
    safe.stake(40 * ZK)
    safe.lock(ZK)
    safe.unstake(40 * ZK)
    safe.stake(ENTRY - ZK)
    assert not safe.has.active
    safe.slash(ZK)
    assert safe.has.own_wei == ENTRY - 2 * ZK > FLOOR
    assert not safe.has.active


def test_slash__of_one_wei_more_than_own_stake__takes_it_from_what_unbonds(safe):
    bond_wei = ENTRY + ZK
    safe.stake(40 * ZK)
    safe.lock(bond_wei)
    safe.unstake(40 * ZK - (bond_wei - 1))
    safe.slash(bond_wei)
    assert (safe.has.own_wei, safe.has.unbonding_wei) == (0, 40 * ZK - bond_wei)
    safe.check_sum()


def test_slash__that_leaves_one_wei_to_the_market__pays_it(safe):
    safe.stake(ENTRY)
    safe.lock(2)
    before = safe.stage.balance(safe.stage.pool.market)
    safe.slash(2, price_wei=ZK)
    assert safe.stage.balance(safe.stage.pool.market) == before + 1
    safe.check_sum()


def test_settle__of_a_stake_one_wei_above_the_floor__says_that_it_decayed(safe):
    safe.stake(ENTRY)
    safe.lock(ENTRY - FLOOR - 1)
    safe.slash(ENTRY - FLOOR - 1)
    safe.stage.skip(DAY + HOUR)
    [event] = safe.stage.events(safe.settle(), safe.stage.pool.vault, "Decayed")
    assert event[1] == 1
    assert safe.has.own_wei == FLOOR
