"""Attacks by those in control, and on them: pauses, terms, setters, wiring, the end of every task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.support.access import MATRIX
from tests.support.rawchain import Call
from tests.support.stage import (
    CANCELLED,
    DAY,
    EVICTED,
    EXPIRED,
    FAILED,
    GRACE,
    LIABILITY,
    MIN_BASE_FEE,
    OPEN,
    PROVEN,
    ROUND,
    WINDOW,
    ZK,
    City,
    Stage,
    settle_city,
    terms,
)

EVERYTHING = 2**256 - 1
POWERS = ("owner", "guardian", "admin", "operator", "deployer")
# Freezing a verifier that is not sound any more is meant to end its tasks, with a full refund.
MEANT = {"ProjectRegistry.freezeQueue"}


@pytest.fixture
def city(built: Stage) -> Iterator[City]:
    snapshot = built.chain.snapshot()
    yield settle_city(built)
    built.chain.revert(snapshot)


def power_calls(city: City) -> list[tuple[str, Call]]:
    """Every call that somebody in control may make and others may not."""
    calls = []
    for name, rows in MATRIX.items():
        for function, row in rows.items():
            for role in POWERS:
                if role in row.allowed and len(row.allowed) < 5 and f"{name}.{function}" not in MEANT:
                    call = city.contracts[name].call(city.address(role), function, *row.arguments(city))
                    calls.append((f"{name}.{function} by {role}", call))
    assert len(calls) > 40
    return calls


def claims_of(city: City) -> list[Call]:
    """Reads of what users own: credit, stake, rewards, tasks, tokens, shares."""
    stage, pool, someone = city.stage, city.stage.pool, city.stage.outsider
    reads = [pool.market.call(someone, "taskOf", task) for task in (city.assigned, city.queued, city.opened)]
    for account in (stage.requester, stage.rival, stage.prover, stage.second, stage.delegator):
        reads += [
            pool.market.call(someone, "creditOf", account),
            pool.vault.call(someone, "stakeOf", account),
            pool.splitter.call(someone, "earningOf", account),
            pool.token.call(someone, "balanceOf", account),
            city.contracts["DelegationVault"].call(someone, "convertToAssets", 10**24),
            city.contracts["DelegationVault"].call(someone, "balanceOf", account),
        ]
    return reads


def test_owner__every_setter__moves_no_claim_of_anybody(city: City) -> None:
    """Whatever those in control call, nobody's credit, stake, reward, task, tokens or shares change."""
    reads = claims_of(city)
    before = [outcome.data for outcome in city.stage.chain.simulate(reads)]
    for what, call in power_calls(city):
        outcomes = city.stage.chain.simulate([call, *reads])
        assert [outcome.data for outcome in outcomes[1:]] == before, what


def test_terms__every_setter__leaves_an_assigned_task_its_end(city: City) -> None:
    """Rates, terms, treasury, guardian, verifiers: none reaches a task in flight."""
    stage, market, splitter = city.stage, city.stage.pool.market, city.stage.pool.splitter
    who = stage.prover
    finish = [
        market.call(who, "submitProof", city.assigned, *stage.proof(city.assigned, who)),
        splitter.call(who, "earningOf", who),
        stage.pool.vault.call(who, "stakeOf", who),
        market.call(who, "creditOf", stage.requester),
        market.call(who, "taskOf", city.assigned),
    ]
    expected = stage.chain.simulate(finish)
    assert all(outcome.ok for outcome in expected)
    for what, call in power_calls(city):
        outcomes = stage.chain.simulate([call, *finish])
        assert [o.data for o in outcomes[1:]] == [o.data for o in expected], what


def test_terms__changed_under_a_task__in_each_of_its_lives(stage: Stage) -> None:
    """Windows of a task are those of its assignment: no project cuts grace, rescue or refund short."""
    stage.seat(stage.prover)
    stage.seat(stage.second)
    task = stage.assigned(stage.requester)
    prove_by = stage.task(task).prove_by
    stage.act(stage.admin, stage.pool.projects, "setTerms", stage.queue, terms(10 * WINDOW, 60))
    market = stage.pool.market
    assert stage.refusal(stage.keeper, market, "finalize", task, at=prove_by + GRACE) == "NothingDue"
    stage.miss(task)
    assert stage.rescue(task).open_until == prove_by + LIABILITY
    heir = stage.second if stage.task(task).prover == stage.id_of(stage.prover) else stage.prover
    stage.pool.claim_open(task, heir)
    assert stage.task(task).prove_by == stage.chain.now + WINDOW // 2
    stage.prove(task, heir)


def test_pause__for_ever__traps_no_money(city: City) -> None:
    """A guardian that never lifts its pause: bids, prices, bonds, rewards and shares find their way out."""
    stage, pool = city.stage, city.stage.pool
    delegation = city.contracts["DelegationVault"]
    fresh_bid = stage.place(stage.rival, 2 * ZK)
    stage.act(stage.guardian, pool.market, "pause")
    stage.act(stage.rival, pool.market, "cancelBid", fresh_bid)
    stage.act(stage.requester, pool.market, "cancelBid", city.queued)
    stage.prove(city.assigned, stage.prover)
    stage.act(stage.second, pool.market, "claimOpen", city.opened, city.second_seat)
    stage.prove(city.opened, stage.second)
    for who in (stage.requester, stage.rival):
        stage.act(who, pool.market, "claimCredit")
    assert stage.balance(pool.market) == 0
    shares = delegation.read("balanceOf", stage.delegator)
    stage.act(stage.delegator, delegation, "requestRedeem", shares, stage.delegator)
    for who in (stage.prover, stage.second):
        stage.act(who, pool.vault, "requestUnstake", EVERYTHING)
    stage.skip(8 * DAY)
    for who in (stage.prover, stage.second):
        stage.act(who, pool.vault, "finishUnstake")
        stage.act(who, pool.splitter, "claim")
    stage.act(stage.keeper, pool.splitter, "claimTreasury")
    assert stage.balance(pool.vault) == 0
    stage.act(stage.delegator, delegation, "redeem", shares, stage.delegator, stage.delegator)
    assert stage.balance(stage.delegator) >= 100 * ZK - 1


def test_pause__longer_than_every_window__punishes_nobody_who_works(stage: Stage) -> None:
    """Proofs never stop, so no deadline has to: a prover under a pause proves in time as ever."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    stage.act(stage.guardian, stage.pool.market, "pause")
    stage.prove(task, stage.prover, at=stage.task(task).prove_by)
    assert stage.stake_of(stage.prover).own_wei == 40 * ZK
    assert stage.record(stage.prover).failure_count == 0


def test_award__once_given__no_act_of_the_requester_lowers_the_escrow(stage: Stage) -> None:
    """Clients once emptied their balance before settlement, and the prover worked for nothing."""
    stage.seat(stage.prover)
    stage.place(stage.rival, 3 * ZK)
    task = stage.assigned(stage.attacker, 5 * ZK)
    market, token = stage.pool.market, stage.pool.token
    for function, arguments in (("cancelBid", (task,)), ("raiseBid", (task, 9 * ZK)), ("expireBid", (task,))):
        assert stage.refusal(stage.attacker, market, function, *arguments) == "WrongStatus"
    stage.act(stage.attacker, market, "claimCredit")
    stage.act(stage.attacker, token, "approve", market.address, 0)
    stage.act(stage.attacker, token, "transfer", stage.accomplice, stage.balance(stage.attacker))
    stage.prove(task, stage.prover)
    assert stage.earned(stage.prover) == 3 * ZK * 8 // 10
    stage.check_solvency()


ENDINGS = ("proven", "failed", "cancelled", "expired", "evicted")


@pytest.mark.parametrize("ending", ENDINGS)
def test_ended_task__however_it_ended__starts_nothing_again(stage: Stage, ending: str) -> None:
    stage.seat(stage.prover)
    stage.seat(stage.second)
    if ending in ("proven", "failed"):
        task = stage.assigned(stage.requester)
        holder = stage.pool.provers.read("accountOf", stage.task(task).prover)
        if ending == "proven":
            stage.prove(task, holder)
        else:
            at = stage.task(task).prove_by + LIABILITY + 1
            stage.act(stage.keeper, stage.pool.market, "finalize", task, at=at)
    elif ending == "cancelled":
        stage.act(stage.prover, stage.pool.provers, "setCapacity", stage.queue, 0)
        stage.act(stage.second, stage.pool.provers, "setCapacity", stage.queue, 0)
        task = stage.place(stage.requester, ZK)
        stage.clear()
        stage.act(stage.requester, stage.pool.market, "cancelBid", task)
    elif ending == "expired":
        task = stage.place(stage.requester, ZK, expires_at=stage.chain.now + 3 * ROUND)
        stage.skip(4 * ROUND)
        stage.act(stage.keeper, stage.pool.market, "expireBid", task)
    else:
        task = stage.place(stage.requester, MIN_BASE_FEE)
        for _ in range(64):
            stage.place(stage.rival, ZK)
    status = {
        "proven": PROVEN,
        "failed": FAILED,
        "cancelled": CANCELLED,
        "expired": EXPIRED,
        "evicted": EVICTED,
    }
    assert stage.task(task).status == status[ending]
    stage.skip(10 * LIABILITY)
    market = stage.pool.market
    acts = [
        ("submitProof", (task, *stage.proof(task, stage.prover))),
        ("decline", (task,)),
        ("claimOpen", (task, 0)),
        ("finalize", (task,)),
        ("raiseBid", (task, 9 * ZK)),
        ("cancelBid", (task,)),
        ("expireBid", (task,)),
    ]
    for who in (stage.requester, stage.prover, stage.second, stage.keeper):
        for function, arguments in acts:
            assert stage.refusal(who, market, function, *arguments) == "WrongStatus", function


@pytest.mark.parametrize("same", list(product((False, True), repeat=3)))
def test_roles_in_one_hand__any_overlap__keeps_every_wei(stage: Stage, same: tuple[bool, ...]) -> None:
    """Requester, keeper and accelerator may be the prover too: money got stuck where two roles met."""
    requester, keeper, publisher = (
        stage.prover if together else other
        for together, other in zip(same, (stage.requester, stage.keeper, stage.third), strict=True)
    )
    people = {stage.prover, requester, keeper, publisher}
    stage.act(publisher, stage.pool.accelerators, "register", b"\x01" * 32, "mock", [], 2000, "")
    stage.seat(stage.prover)
    stage.act(stage.prover, stage.pool.provers, "setAccelerator", stage.queue, 1)
    before = stage.wealth(*people)
    good = stage.assigned(requester, ZK)
    stage.prove(good, stage.prover)
    bad = stage.assigned(requester, ZK)
    stage.miss(bad, keeper=keeper)
    stage.act(keeper, stage.pool.market, "finalize", bad, at=stage.rescue(bad).open_until + 1)
    stage.check_solvency()
    pool = stage.pool.splitter.read("poolEarning")
    lost = before - stage.wealth(*people)
    assert lost == pool[0] + pool[1] + stage.balance(stage.pool.insurance)
    stage.skip(DAY)
    for who in people:
        if stage.credit(who):
            stage.act(who, stage.pool.market, "claimCredit")
        if stage.earned(who):
            stage.act(who, stage.pool.splitter, "claim")
    assert stage.balance(stage.pool.market) == 0
    assert stage.balance(stage.pool.splitter) == pool[0] + pool[1]


def test_contract_account__without_a_key__bids_and_gets_its_money_back(stage: Stage) -> None:
    """Whoever can pay in can take out: nothing but the calls of an account is ever asked of it."""
    contract = stage.pool.verifier.address
    stage.chain.set_balance(contract, 10**20)
    stage.fund(contract, 10 * ZK)
    task = stage.place(contract, 5 * ZK, expires_at=stage.chain.now + 3 * ROUND)
    stage.skip(4 * ROUND)
    stage.act(stage.keeper, stage.pool.market, "expireBid", task)
    stage.act(contract, stage.pool.market, "claimCredit")
    assert stage.balance(contract) == 10 * ZK


def test_claim__by_a_stranger__pays_nobody_at_a_time_not_its_own(stage: Stage) -> None:
    """Claims pay their caller; what a stranger may trigger is the treasury's pay, and harmless."""
    stage.seat(stage.prover)
    stage.prove(stage.assigned(stage.requester), stage.prover)
    stage.skip(DAY)
    for contract, function in ((stage.pool.splitter, "claim"), (stage.pool.market, "claimCredit")):
        assert stage.refusal(stage.attacker, contract, function) == "NothingToClaim"
    before = stage.balance(stage.treasury)
    stage.act(stage.attacker, stage.pool.splitter, "claimTreasury")
    assert stage.balance(stage.treasury) > before
    assert stage.earned(stage.prover) == MIN_BASE_FEE * 8 // 10


def test_deployment__economic_parameters__are_set_and_bounded(stage: Stage) -> None:
    """A deployment once forgot to set its slash, and nothing was ever slashed: here they are constants."""
    for contract, names in (
        (stage.pool.vault, ("ENTRY_STAKE_WEI", "STAYING_STAKE_WEI", "UNBONDING_SECONDS")),
        (stage.pool.market, ("MAX_BID_SECONDS", "MAX_DATA_BYTES", "TIER1_COOLDOWN_SECONDS")),
        (stage.pool.splitter, ("EPOCH_SECONDS", "RATES_INTERVAL_SECONDS")),
        (stage.pool.provers, ("SEAT_LIMIT", "CAPACITY_LIMIT", "JAIL_SECONDS", "JAIL_FEE_WEI")),
    ):
        for name in names:
            assert contract.read(name) > 0
            assert contract.abi.functions[name].reads_only
    rates = stage.pool.splitter.read("rates")
    assert all(0 < rate <= 10_000 for rate in rates[:6])
    assert stage.pool.market.read("bondOf", stage.queue) > 0
    assert stage.pool.insurance.read("capWei") > 0


def test_wiring__bound_once__is_bound_for_good(stage: Stage) -> None:
    """No initialiser can run twice, no settlement be swapped, and the settlement alone does nothing."""
    pool = stage.pool
    for contract in (pool.provers, pool.vault, pool.splitter):
        name = stage.refusal(stage.deployer, contract, "bindMarket", pool.token.address)
        assert name == "MarketAlreadyBound"
    assert stage.refusal(stage.deployer, pool.market, "bindDesk", pool.token.address) == "DeskAlreadyBound"
    assert (
        stage.refusal(stage.deployer, pool.vault, "bindSponsor", pool.token.address) == "SponsorAlreadyBound"
    )
    assert (
        stage.refusal(stage.owner, pool.splitter, "setDelegators", stage.attacker) == "DelegatorsAlreadySet"
    )
    settlement = bytes.fromhex(pool.market.read("settlement")[2:])
    assert settlement in stage.chain.code(pool.market.address), "its address is in the code itself"


def test_settlement__which_runs_on_the_markets_storage__declares_none_of_its_own() -> None:
    """A variable of its own would lie over one of the market's: both get all of theirs from one base."""
    contracts = Path(__file__).resolve().parents[2] / "contracts"
    source = (contracts / "Settlement.sol").read_text(encoding="utf-8")
    body = source[source.index("contract Settlement") :]
    assert body.startswith("contract Settlement is MarketState, ReentrancyGuardTransient {")
    declared = [line.strip() for line in body.splitlines() if re.match(r"    \S.*;$", line)]
    assert declared
    assert all(
        re.match(r"(using|uint256 (public|private) constant|uint8 private constant) ", line)
        for line in declared
    )
    market = (contracts / "ProverMarket.sol").read_text(encoding="utf-8")
    assert "contract ProverMarket is Bidding, Ownable2Step {" in market
    for name, base in (("Bidding", "Clearing"), ("Clearing", "IProverMarket, MarketState")):
        text = (contracts / f"{name}.sol").read_text(encoding="utf-8")
        assert f"contract {name} is {base}," in text, "the shared storage comes first"


@pytest.mark.parametrize("early", [1, 0])
def test_windows__of_each_queue__are_its_own(stage: Stage, early: int) -> None:
    """A window one second off, or another queue's, once punished provers that were in time."""
    for window in (60, 777, 172_800):
        snapshot = stage.chain.snapshot()
        queue = stage.open_queue(window=window, liability=window)
        stage.seat(stage.prover, queue=queue)
        task = stage.assigned(stage.requester, queue=queue)
        assigned_at = stage.chain.now
        assert stage.task(task).prove_by == assigned_at + window
        end = assigned_at + window + window // 4
        act = (stage.keeper, stage.pool.market, "finalize", task)
        assert stage.refusal(*act, at=end - early) == "NothingDue"
        stage.act(stage.keeper, stage.pool.market, "finalize", task, at=end + 1)
        assert stage.task(task).status == OPEN
        assert stage.rescue(task).open_until == assigned_at + 2 * window
        stage.chain.revert(snapshot)


def test_every_task__without_any_trusted_party__ends(stage: Stage) -> None:
    """Project, owner, guardian, prover and requester are gone: a stranger ends everything."""
    stage.seat(stage.prover)
    assigned = stage.assigned(stage.requester)
    queued = stage.place(stage.requester, ZK)
    stage.act(stage.guardian, stage.pool.market, "pause")
    stage.act(stage.admin, stage.pool.projects, "closeQueue", stage.queue)
    stage.skip(40 * DAY)
    stage.act(stage.outsider, stage.pool.market, "finalize", assigned)
    stage.act(stage.outsider, stage.pool.market, "expireBid", queued)
    assert (stage.task(assigned).status, stage.task(queued).status) == (FAILED, EXPIRED)
    assert stage.stake_of(stage.prover).locked_wei == 0
    stage.check_solvency()


def test_verifier__of_one_project__reaches_no_other_queue(stage: Stage) -> None:
    """A project's own circuit and freeze touch its own tasks and the provers that chose its queue."""
    other = stage.open_queue()
    stage.seat(stage.prover)
    stage.seat(stage.second, queue=other)
    kept = stage.assigned(stage.requester)
    frozen = stage.assigned(stage.rival, queue=other)
    stage.act(stage.admin, stage.pool.projects, "freezeQueue", other)
    stage.act(stage.keeper, stage.pool.market, "finalize", frozen)
    stage.prove(kept, stage.prover)
    assert (stage.task(kept).status, stage.task(frozen).status) == (PROVEN, FAILED)
    assert stage.stake_of(stage.second).own_wei == 40 * ZK


def test_round__long_gone__is_cleared_by_anybody_once(stage: Stage) -> None:
    stage.place(stage.requester, ZK)
    stage.skip(100 * ROUND)
    fee = stage.base_fee()
    stage.act(stage.outsider, stage.pool.market, "clear", stage.queue)
    assert stage.base_fee() <= fee * 1126 // 1000
    assert stage.refusal(stage.outsider, stage.pool.market, "clear", stage.queue) == "RoundNotOver"
