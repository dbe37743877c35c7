"""`submitProof`: paid for a good proof, slashed for a bad one, neither when nobody can tell."""

from __future__ import annotations

import ape
import pytest
from eth_utils import keccak

from tests.support.reverts import reverts
from tests.support.scene import (
    ASSIGNED,
    GRACE,
    LIABILITY,
    MIN_BASE_FEE,
    MIN_BOND,
    OPEN,
    PROVEN,
    QUEUED,
    WINDOW,
    ZK,
    good_proof,
    terms,
)

GAS_SHORT = 95_000
FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617


@pytest.fixture
def task(scene, requester, rival, prover):
    """A task assigned to `prover` at a price of 3 ZK, the rival's bid behind it."""
    scene.seat(prover)
    scene.place(rival, 3 * ZK)
    return scene.assigned(requester, 5 * ZK)


def stored_until(market, task) -> int:
    return market.taskOf(task).proveBy + LIABILITY


def assigned_at(market, task) -> int:
    return market.taskOf(task).proveBy - WINDOW


# --- a good proof


def test_submit__good_proof__is_paid(scene, market, vault, splitter, provers, task, prover):
    signals, proof = scene.proof(task, prover)
    scene.chain.next_at(assigned_at(market, task) + 60)
    receipt = market.submitProof(task, signals, proof, sender=prover)

    [accepted] = receipt.decode_logs(market.ProofAccepted)
    assert (bytes(accepted.task), accepted.prover, accepted.priceWei) == (task, prover.address, 3 * ZK)
    assert list(accepted.signals) == signals
    stored = market.taskOf(task)
    assert (stored.status, stored.amountWei, stored.bondWei) == (PROVEN, 3 * ZK, 0)
    assert scene.balance(splitter) == 3 * ZK
    assert splitter.earningOf(prover).pendingWei == 24 * ZK // 10
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.lockedWei) == (40 * ZK, 0)
    record = provers.proverOf(1)
    # x = 1e6 - 200_000 * 60 / 600 = 980_000; R' = (15 * 300_000 + 980_000) / 16
    assert (record.ratingPpm, record.successCount, record.failureCount) == (342_500, 1, 0)
    assert scene.seats()[0].in_flight == 0


@pytest.mark.parametrize(
    ("delay", "rating"),
    [(1, 343_729), (300, 337_500), (599, 331_270), (600, 331_250)],
)
def test_submit__later_proof__rates_less(scene, market, provers, task, prover, delay, rating):
    scene.chain.next_at(assigned_at(market, task) + delay)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert provers.proverOf(1).ratingPpm == rating


@pytest.mark.parametrize("early", [1, 0])
def test_submit__until_the_last_second__is_in_time(scene, market, task, prover, early):
    scene.chain.next_at(market.taskOf(task).proveBy - early)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert scene.status(task) == PROVEN


def test_submit__a_second_after_the_grace__reverts(scene, market, task, prover):
    end = market.taskOf(task).proveBy + GRACE
    scene.chain.next_at(end + 1)
    with reverts(market.ProofWindowOver, task=task, nowAt=end + 1, proveBy=end):
        market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert scene.status(task) == ASSIGNED


def test_submit__any_free_signal__is_accepted(scene, market, task, prover):
    market.submitProof(task, *scene.proof(task, prover, output=FIELD - 1), sender=prover)
    assert scene.status(task) == PROVEN


def test_submit__after_faults__ends_the_row_of_failures(scene, provers, requester, prover):
    scene.seat(prover)
    for _ in range(2):
        scene.miss(scene.assigned(requester, ZK))
        scene.amnesty(prover)
    assert provers.proverOf(1).failureCount == 2
    scene.prove(scene.assigned(requester, ZK), prover)
    assert provers.proverOf(1).failureCount == 0


def test_submit__while_paused__is_paid(scene, market, task, prover, guardian):
    scene.chain.send(market.pause, sender=guardian)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert scene.status(task) == PROVEN


def test_submit__queue_closed_and_verifier_disallowed__is_paid(
    scene, market, projects, queue, task, prover, deployer, owner
):
    """What a project or the owner does later is for future tasks."""
    scene.chain.send(projects.closeQueue, queue, sender=deployer)
    scene.chain.send(projects.allowVerifier, scene.pool.verifier, False, sender=owner)
    changed = terms(window=2 * WINDOW, liability=60)
    scene.chain.send(projects.setTerms, queue, changed, sender=deployer)
    scene.chain.next_at(market.taskOf(task).proveBy)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert scene.status(task) == PROVEN


def test_submit__prover_that_left_with_its_stake_unbonding__is_paid(scene, market, vault, task, prover):
    """Obligations stay when a prover becomes inactive, and so does its pay."""
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert scene.status(task) == PROVEN
    assert vault.stakeOf(prover).lockedWei == 0


def test_submit__requester_that_is_its_own_prover__pays_the_pool(scene, market, splitter, prover):
    scene.seat(prover)
    task = scene.assigned(prover, 5 * ZK)
    market.submitProof(task, *scene.proof(task, prover), sender=prover)
    assert splitter.poolEarning().treasuryPendingWei == MIN_BASE_FEE // 10
    assert splitter.earningOf(prover).pendingWei == MIN_BASE_FEE * 8 // 10


# --- a bad proof


def test_submit__bad_proof__slashes_and_opens_the_task(
    scene, market, vault, provers, insurance, token, task, requester, prover
):
    """own 40 ZK: S = max(0.5, 2) = 2; requester half (price 3 ZK), rescuer 18 %, insurance the rest."""
    before = scene.credit(requester)
    receipt = market.submitProof(task, scene.signals(task, prover), b"junk", sender=prover)

    [invalid] = receipt.decode_logs(market.ProofInvalid)
    assert (bytes(invalid.task), invalid.prover) == (task, prover.address)
    [slashed] = receipt.decode_logs(vault.Slashed)
    assert (bytes(slashed.task), slashed.prover, slashed.fault) == (task, prover.address, 2)
    # all, tier 1, requester, rescuer, keeper, insurance
    assert list(slashed.parts) == [2 * ZK, 0, ZK, 36 * ZK // 100, 0, 64 * ZK // 100]
    assert market.rescueOf(task).bountyWei == 36 * ZK // 100
    assert market.rescueOf(task).openUntil == stored_until(market, task)
    stored = market.taskOf(task)
    assert (stored.status, stored.amountWei, stored.bondWei) == (OPEN, 3 * ZK, 0)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.lockedWei) == (38 * ZK, 0)
    assert scene.credit(requester) == before + ZK
    assert scene.balance(insurance) == 64 * ZK // 100
    record = provers.proverOf(1)
    assert (record.ratingPpm, record.failureCount, record.successCount) == (140_625, 1, 0)
    assert scene.seats()[0].in_flight == 0


def test_submit__bad_proof_of_a_cheap_task__compensates_at_most_the_price(scene, market, requester, prover):
    scene.seat(prover)
    task = scene.assigned(requester, MIN_BASE_FEE)
    market.submitProof(task, scene.signals(task, prover), b"", sender=prover)
    assert scene.credit(requester) == MIN_BASE_FEE
    assert scene.balance(scene.pool.insurance) == 164 * ZK // 100 - MIN_BASE_FEE


def test_submit__bad_proof_under_a_large_bond__costs_the_bond(scene, market, vault, requester, prover):
    other = scene.open_queue(penalty=9 * ZK)
    scene.seat(prover, queue=other)
    task = scene.assigned(requester, ZK, queue=other)
    market.submitProof(task, scene.signals(task, prover), b"junk", sender=prover)
    assert vault.stakeOf(prover).ownWei == 40 * ZK - 9 * ZK - MIN_BOND


def test_submit__proof_of_other_outputs__is_a_bad_proof(scene, market, task, prover):
    _, proof = scene.proof(task, prover, output=5)
    market.submitProof(task, scene.signals(task, prover, output=6), proof, sender=prover)
    assert scene.status(task) == OPEN


def test_submit__again_after_a_bad_proof__reverts(scene, market, task, prover):
    scene.fumble(task, prover)
    with reverts(market.WrongStatus, task=task, got=OPEN, expected=ASSIGNED):
        market.submitProof(task, *scene.proof(task, prover), sender=prover)


# --- refused


def test_submit__settled_task__reverts(scene, market, task, prover):
    """A replayed or re-randomised proof of a settled task pays nothing."""
    scene.prove(task, prover)
    with reverts(market.WrongStatus, task=task, got=PROVEN, expected=ASSIGNED):
        market.submitProof(task, *scene.proof(task, prover), sender=prover)


def test_submit__queued_task__reverts(scene, market, requester, prover):
    scene.seat(prover)
    task = scene.place(requester, ZK)
    with reverts(market.WrongStatus, task=task, got=QUEUED, expected=ASSIGNED):
        market.submitProof(task, *scene.proof(task, prover), sender=prover)


def test_submit__task_that_does_not_exist__reverts(market, prover):
    with reverts(market.WrongStatus, task=b"\x05" * 32, got=0, expected=ASSIGNED):
        market.submitProof(b"\x05" * 32, [1], b"", sender=prover)


def test_submit__by_anybody_but_the_assigned_prover__reverts(
    scene, market, task, requester, rival, prover, second_prover, keeper, outsider, owner
):
    scene.seat(second_prover)
    proof = scene.proof(task, prover)
    for thief in (requester, rival, second_prover, keeper, outsider, owner):
        with reverts(market.NotAssignedProver, task=task, caller=thief):
            market.submitProof(task, *proof, sender=thief)


def test_submit__proof_that_names_another_prover__reverts(scene, market, task, prover, second_prover):
    """A proof copied from somebody else names that somebody."""
    signals, proof = scene.proof(task, second_prover)
    got = int(second_prover.address, 16)
    with reverts(scene.pool.projects.ProverMismatch, index=2, got=got, expected=prover):
        market.submitProof(task, signals, proof, sender=prover)


def test_submit__address_with_high_bits__reverts(scene, market, task, prover):
    signals = scene.signals(task, prover)
    signals[2] += 2**160
    with reverts(scene.pool.projects.ProverMismatch, index=2, got=signals[2], expected=prover):
        market.submitProof(task, signals, good_proof(signals), sender=prover)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("value", [FIELD, 2**256 - 1])
def test_submit__signal_at_or_above_the_field_modulus__reverts(scene, market, task, prover, index, value):
    signals = scene.signals(task, prover)
    signals[index] = value
    with reverts(scene.pool.projects.SignalNotCanonical, index=index, value=value):
        market.submitProof(task, signals, good_proof(signals), sender=prover)


@pytest.mark.parametrize("index", range(4))
def test_submit__signal_plus_the_modulus__reverts(scene, market, task, prover, index):
    """Aliases verify in circuits that reduce; here they do not get that far."""
    signals = scene.signals(task, prover)
    signals[index] += FIELD
    with reverts(scene.pool.projects.SignalNotCanonical, index=index, value=signals[index]):
        market.submitProof(task, signals, good_proof(signals), sender=prover)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 6])
def test_submit__another_number_of_signals__reverts(scene, market, task, prover, count):
    signals = [*scene.signals(task, prover), 7, 7][:count]
    with reverts(scene.pool.projects.WrongSignalCount, got=count, expected=4):
        market.submitProof(task, signals, good_proof(signals), sender=prover)


@pytest.mark.parametrize("index", [0, 1])
def test_submit__other_statement__reverts(scene, market, task, prover, index):
    signals = scene.signals(task, prover)
    signals[index] += 1
    with reverts(market.StatementMismatch, task=task):
        market.submitProof(task, signals, good_proof(signals), sender=prover)


def test_submit__proof_of_another_task__reverts(scene, market, requester, prover, second_prover):
    """Proofs are bound to the statement of their own task."""
    scene.seat(prover)
    scene.seat(second_prover)
    first = scene.place(requester, 5 * ZK, statement=(1, 2))
    second = scene.place(requester, 4 * ZK, statement=(2, 1))
    scene.clear()
    with reverts(market.StatementMismatch, task=first):
        market.submitProof(first, *scene.proof(second, prover), sender=prover)


# --- nobody is to blame


@pytest.mark.parametrize("behaviour", [b"revert", b"burn"])
def test_submit__verifier_fails__reverts_and_slashes_nobody(
    scene, market, vault, provers, task, prover, behaviour
):
    with reverts(scene.pool.projects.VerifierFailed, queue=scene.queue):
        market.submitProof(task, scene.signals(task, prover), behaviour, sender=prover)
    assert scene.status(task) == ASSIGNED
    assert vault.stakeOf(prover).ownWei == 40 * ZK
    assert provers.proverOf(1).failureCount == 0
    scene.prove(task, prover)


@pytest.mark.parametrize("behaviour", [b"malformed", b"empty"])
def test_submit__verifier_returns_no_bool__reverts_and_slashes_nobody(
    scene, market, vault, task, prover, behaviour
):
    with ape.reverts() as info:
        market.submitProof(task, scene.signals(task, prover), behaviour, sender=prover)
    assert "0x" not in str(info.value.revert_message), "no error data: the answer could not be decoded"
    assert scene.status(task) == ASSIGNED
    assert vault.stakeOf(prover).ownWei == 40 * ZK


def test_submit__verifier_without_code__reverts_and_slashes_nobody(scene, market, vault, task, prover):
    proof = scene.proof(task, prover)
    scene.chain.set_code(scene.pool.verifier.address, "0x")
    with ape.reverts():
        market.submitProof(task, *proof, sender=prover)
    assert (scene.status(task), vault.stakeOf(prover).ownWei) == (ASSIGNED, 40 * ZK)


def test_submit__too_little_gas_for_the_verifier__reverts_and_slashes_nobody(
    scene, market, vault, task, prover
):
    """A relay that starves the verifier of gas gets a revert, never a slash."""
    signals, proof = scene.proof(task, prover)
    with reverts(scene.pool.projects.VerifierGasShort, gasFloor=50_000):
        market.submitProof(task, signals, proof, sender=prover, gas_limit=GAS_SHORT)
    assert (scene.status(task), vault.stakeOf(prover).ownWei) == (ASSIGNED, 40 * ZK)


@pytest.mark.parametrize("gas_limit", range(60_000, 240_000, 15_000))
def test_submit__any_gas_limit__never_slashes_a_good_proof(scene, market, vault, task, prover, gas_limit):
    signals, proof = scene.proof(task, prover)
    try:
        scene.chain.send(market.submitProof, task, signals, proof, sender=prover, gas=gas_limit)
    except AssertionError:
        assert scene.status(task) == ASSIGNED
    else:
        assert scene.status(task) == PROVEN
    assert vault.stakeOf(prover).ownWei == 40 * ZK


def test_submit__key_the_verifier_forgot__reverts(scene, market, task, prover):
    """The gas floor is asked first and an unknown key makes it revert."""
    queue = market.taskOf(task).queue
    key = scene.pool.projects.queueOf(queue).key
    slot = int.from_bytes(keccak(bytes(key) + bytes(32)))
    assert scene.chain.storage(scene.pool.verifier.address, slot) == 5
    scene.chain.set_storage(scene.pool.verifier.address, slot, 0)
    with reverts(scene.pool.verifier.UnknownKey, key=bytes(key)):
        market.submitProof(task, *scene.proof(task, prover), sender=prover)


def test_submit__two_tasks_of_one_statement__each_needs_its_own(scene, market, requester, prover):
    scene.seat(prover)
    scene.experience(prover, 4, requester=requester)
    first, second = scene.place(requester, 2 * ZK), scene.place(requester, ZK)
    scene.clear()
    scene.prove(first, prover)
    assert (scene.status(first), scene.status(second)) == (PROVEN, ASSIGNED)
    scene.prove(second, prover)
    assert scene.status(second) == PROVEN
