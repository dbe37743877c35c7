"""Lent stake: lending, recalling, and what a slash takes of it."""

from __future__ import annotations

import pytest

from tests.support.rawchain import Receipt
from tests.support.stage import DAY, MIN_BOND, ZK, Stage

LOAN = 32 * ZK
TASK = b"\x07" * 32
MISSED, INVALID, LATE = 1, 2, 3


class Sponsor:
    """The vault as its sponsor and its market see it, both of which the node signs for."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.vault = stage, stage.pool.vault
        self.account = str(stage.pool.vault.read("sponsor"))
        self.market = stage.pool.market.address
        for contract in (self.account, self.market):
            stage.chain.set_balance(contract, 10**20)
        stage.pool.token.send(stage.pool.deployer, "transfer", self.account, 1_000 * ZK)
        stage.act(self.account, stage.pool.token, "approve", self.vault.address, 2**255)

    def lend(self, prover: str, amount: int = LOAN) -> None:
        self.stage.act(self.account, self.vault, "lend", prover, amount)

    def back(self, queue: int, backed: bool = True) -> Receipt:
        return self.stage.act(self.account, self.vault, "setBacked", queue, backed)

    def lock(self, prover: str, amount: int) -> None:
        self.stage.act(self.market, self.vault, "lockBonds", [prover], [amount])

    def slash(self, prover: str, bond: int, fault: int = MISSED, tier1: int = 0) -> tuple[int, ...]:
        order = (TASK, prover, bond, fault, 100 * ZK, tier1, True, True)
        receipt = self.stage.act(self.market, self.vault, "slash", order)
        [event] = self.stage.events(receipt, self.vault, "Slashed")
        return tuple(event[3])


def free_cover(stage: Stage, queue: int) -> int:
    """What the prover can still bond in a queue."""
    [free] = stage.pool.vault.read("freeCoverOf", queue, [stage.prover])
    return int(free)


@pytest.fixture
def sponsor(stage: Stage) -> Sponsor:
    return Sponsor(stage)


def test_lend__to_a_prover_without_stake__activates(stage: Stage, sponsor: Sponsor) -> None:
    receipt = stage.act(sponsor.account, sponsor.vault, "lend", stage.prover, LOAN)
    assert stage.events(receipt, sponsor.vault, "Sponsored") == [(stage.prover, LOAN)]
    stake = stage.stake_of(stage.prover)
    assert (stake.own_wei, stake.sponsored_wei, stake.sponsored, stake.active) == (0, LOAN, True, True)
    assert stake.decays_from == stage.chain.now + DAY
    assert sponsor.vault.read("lentWei") == LOAN
    assert free_cover(stage, stage.queue) == 0, "until the queue is backed"
    sponsor.back(stage.queue)
    assert (free_cover(stage, stage.queue), free_cover(stage, stage.queue + 1)) == (LOAN, 0)
    assert stage.balance(sponsor.vault) == LOAN


def test_back__prover_without_a_loan__covers_with_its_own(stage: Stage, sponsor: Sponsor) -> None:
    stage.seat(stage.prover)
    own = free_cover(stage, stage.queue)
    sponsor.back(stage.queue)
    assert free_cover(stage, stage.queue) == own > 0


def test_lend__beside_a_stake_that_is_too_small__fills_it_up(stage: Stage, sponsor: Sponsor) -> None:
    stage.act(stage.prover, sponsor.vault, "stake", 5 * ZK)
    sponsor.lend(stage.prover, 27 * ZK - 1)
    assert not stage.stake_of(stage.prover).active
    stage.act(stage.prover, sponsor.vault, "stake", 1)
    assert stage.stake_of(stage.prover).active


def test_lend__to_the_active_the_sponsored_or_the_bonded__reverts(stage: Stage, sponsor: Sponsor) -> None:
    lend = (sponsor.account, sponsor.vault, "lend")
    assert stage.refusal(*lend, stage.prover, 0) == "AmountZero"
    stage.act(stage.prover, sponsor.vault, "stake", LOAN)
    assert stage.refusal(*lend, stage.prover, LOAN) == "NotSponsorable"
    sponsor.lend(stage.second, ZK)
    assert stage.refusal(*lend, stage.second, LOAN) == "NotSponsorable"
    sponsor.lock(stage.prover, ZK)
    stage.act(stage.prover, sponsor.vault, "requestUnstake", LOAN)
    name, fields = stage.refused(*lend, stage.prover, LOAN)
    assert name == "NotSponsorable"
    assert fields["prover"] == stage.prover


@pytest.mark.parametrize("role", ["prover", "owner", "operator", "outsider"])
def test_lend_and_recall__by_anybody_else__revert(stage: Stage, sponsor: Sponsor, role: str) -> None:
    sponsor.lend(stage.prover)
    who = stage.people[role]
    assert stage.refusal(who, sponsor.vault, "lend", stage.second, LOAN) == "NotSponsor"
    assert stage.refusal(who, sponsor.vault, "recall", stage.prover) == "NotSponsor"
    assert stage.refusal(who, sponsor.vault, "setBacked", stage.queue, True) == "NotSponsor"


@pytest.mark.parametrize(
    ("own", "locked", "paid", "active"),
    [(0, 0, 32, False), (0, 8, 24, False), (0, 31, 1, False), (1, 31, 2, False), (1, 32, 1, True)],
)
def test_recall__takes_what_covers_no_bond(
    stage: Stage, sponsor: Sponsor, own: int, locked: int, paid: int, active: bool
) -> None:
    """Active stays who has the entry stake without what went back."""
    if own:
        stage.act(stage.prover, sponsor.vault, "stake", own * ZK)
    sponsor.lend(stage.prover)
    if locked:
        sponsor.lock(stage.prover, locked * ZK)
    before = stage.balance(sponsor.account)
    receipt = stage.act(sponsor.account, sponsor.vault, "recall", stage.prover)
    assert stage.events(receipt, sponsor.vault, "Recalled") == [(stage.prover, paid * ZK)]
    assert stage.balance(sponsor.account) == before + paid * ZK
    stake = stage.stake_of(stage.prover)
    left = LOAN - paid * ZK
    assert (stake.sponsored_wei, stake.sponsored, stake.active) == (left, left != 0, active)
    assert sponsor.vault.read("lentWei") == left
    name = stage.refusal(sponsor.account, sponsor.vault, "recall", stage.prover)
    assert name == "NothingToRecall"


def test_recall__own_stake_covers_the_bonds__gives_the_whole_loan(stage: Stage, sponsor: Sponsor) -> None:
    sponsor.lend(stage.prover)
    stage.act(stage.prover, sponsor.vault, "stake", 24 * ZK)
    sponsor.lock(stage.prover, 24 * ZK)
    stage.act(sponsor.account, sponsor.vault, "recall", stage.prover)
    stake = stage.stake_of(stage.prover)
    assert (stake.sponsored_wei, stake.own_wei, stake.active) == (0, 24 * ZK, False)


def test_recall__while_a_bond_is_locked__leaves_the_share_of_what_it_covers(
    stage: Stage, sponsor: Sponsor
) -> None:
    """What was won with the loan is shared, whatever became of the loan; what is won later is not."""
    release = (sponsor.vault, "releaseBond", stage.prover, MIN_BOND, True)
    sponsor.lend(stage.prover)
    stage.act(stage.prover, sponsor.vault, "stake", 2 * MIN_BOND)
    for _ in range(2):
        sponsor.lock(stage.prover, MIN_BOND)
    stage.act(sponsor.account, sponsor.vault, "recall", stage.prover)
    shared = []
    for _ in range(2):
        assert stage.stake_of(stage.prover).sponsored
        outcome = sponsor.vault.try_send(sponsor.market, *release[1:])
        shared.append(sponsor.vault.decode("releaseBond", outcome.data))
        stage.act(sponsor.market, *release)
    assert shared == [True, True]
    assert not stage.stake_of(stage.prover).sponsored


def test_set_backed__both_ways__is_said_and_moves_the_cover(stage: Stage, sponsor: Sponsor) -> None:
    """Own stake covers bonds anywhere; lent stake in backed queues alone."""
    stage.act(stage.prover, sponsor.vault, "stake", 5 * ZK)
    sponsor.lend(stage.prover)
    sponsor.lock(stage.prover, ZK)
    for backed, free in ((True, 36 * ZK), (False, 4 * ZK)):
        receipt = sponsor.back(stage.queue, backed)
        assert stage.events(receipt, sponsor.vault, "QueueBacked") == [(stage.queue, backed)]
        assert sponsor.vault.read("isBacked", stage.queue) == backed
        assert free_cover(stage, stage.queue) == free
    sponsor.lock(stage.prover, 10 * ZK)
    assert free_cover(stage, stage.queue) == 0, "bonds elsewhere hold the own stake"


@pytest.mark.parametrize(
    ("own", "tier1", "parts"),
    [
        # in hundredths: all, tier 1, requester, rescuer, keeper, insurance; the bond is 10 ZK
        (10, 0, (1000, 0, 500, 180, 20, 300)),
        (0, 0, (1000, 0, 0, 0, 0, 1000)),
        (4, 0, (1000, 0, 200, 72, 8, 720)),
        (0, 3, (1000, 300, 0, 0, 0, 700)),
        (4, 3, (1000, 300, 50, 18, 2, 630)),
        (4, 7, (1000, 700, 0, 0, 0, 300)),
        (4, 20, (1000, 1000, 0, 0, 0, 0)),
    ],
)
def test_slash__own_first__then_the_loan_which_pays_tier_1_and_insurance_alone(
    stage: Stage, sponsor: Sponsor, own: int, tier1: int, parts: tuple[int, ...]
) -> None:
    """Only what came out of own money is shared with requester, rescuer and keeper."""
    sponsor.lend(stage.prover)
    if own:
        stage.act(stage.prover, sponsor.vault, "stake", own * ZK)
    sponsor.lock(stage.prover, 10 * ZK)
    before = stage.balance(sponsor.market), stage.balance(stage.pool.insurance)
    got = sponsor.slash(stage.prover, 10 * ZK, tier1=tier1 * ZK)
    assert got == tuple(part * ZK // 100 for part in parts)
    assert got[0] == sum(got[1:])
    stake = stage.stake_of(stage.prover)
    lost = (10 - own) * ZK
    assert (stake.own_wei, stake.sponsored_wei, stake.locked_wei) == (0, LOAN - lost, 0)
    assert sponsor.vault.read("lentWei") == LOAN - lost
    assert stage.balance(sponsor.market) == before[0] + sum(got[1:5])
    assert stage.balance(stage.pool.insurance) == before[1] + got[5]


def test_slash__of_unbonding_stake__comes_before_the_loan(stage: Stage, sponsor: Sponsor) -> None:
    stage.act(stage.prover, sponsor.vault, "stake", 4 * ZK)
    sponsor.lend(stage.prover)
    stage.act(stage.prover, sponsor.vault, "requestUnstake", 2**256 - 1)
    sponsor.lock(stage.prover, 10 * ZK)
    got = sponsor.slash(stage.prover, 10 * ZK)
    stake = stage.stake_of(stage.prover)
    assert (stake.unbonding_wei, stake.sponsored_wei) == (0, LOAN - 6 * ZK)
    assert got[2] == 2 * ZK


def test_slash__of_the_whole_loan__ends_it(stage: Stage, sponsor: Sponsor) -> None:
    sponsor.lend(stage.prover)
    sponsor.lock(stage.prover, LOAN)
    sponsor.slash(stage.prover, LOAN)
    stake = stage.stake_of(stage.prover)
    assert (stake.sponsored_wei, stake.sponsored, stake.active) == (0, False, False)
    assert sponsor.vault.read("lentWei") == 0
    sponsor.lend(stage.prover)
    assert stage.stake_of(stage.prover).active


def test_invalid__counts_five_percent_of_own_money_alone(stage: Stage, sponsor: Sponsor) -> None:
    sponsor.lend(stage.prover)
    stage.act(stage.prover, sponsor.vault, "stake", 100 * ZK)
    sponsor.lock(stage.prover, ZK)
    assert sponsor.slash(stage.prover, ZK, INVALID)[0] == 5 * ZK


def test_decay__of_a_sponsored_prover__spares_the_loan(stage: Stage, sponsor: Sponsor) -> None:
    sponsor.lend(stage.prover)
    stage.skip(60 * DAY)
    stage.act(stage.keeper, sponsor.vault, "settle", stage.prover)
    assert stage.stake_of(stage.prover).sponsored_wei == LOAN


def test_idle__a_day_after_the_last_work__is_said(stage: Stage, sponsor: Sponsor) -> None:
    assert not sponsor.vault.read("isIdle", stage.prover)
    sponsor.lend(stage.prover)
    since = stage.stake_of(stage.prover).decays_from
    stage.skip_to(since - 1)
    assert not sponsor.vault.read("isIdle", stage.prover)
    stage.skip_to(since)
    assert sponsor.vault.read("isIdle", stage.prover)
    sponsor.lock(stage.prover, MIN_BOND)
    stage.act(sponsor.market, sponsor.vault, "releaseBond", stage.prover, MIN_BOND, True)
    assert not sponsor.vault.read("isIdle", stage.prover)


def test_stake_for__somebody_else__is_paid_by_the_caller(stage: Stage) -> None:
    vault = stage.pool.vault
    before = stage.balance(stage.rival), stage.balance(stage.prover)
    receipt = stage.act(stage.rival, vault, "stakeFor", stage.prover, LOAN)
    assert stage.events(receipt, vault, "Staked") == [(stage.prover, LOAN)]
    assert stage.stake_of(stage.prover).active
    assert (stage.balance(stage.rival), stage.balance(stage.prover)) == (before[0] - LOAN, before[1])
    assert stage.refusal(stage.rival, vault, "stakeFor", stage.prover, 0) == "AmountZero"
