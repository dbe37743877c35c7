"""Sealed queues, frozen queues, and who carries tier 1's penalty in a queue."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import FIXED, KEY, PROVER, RULES, STATEMENT, good_proof, terms

SIGNALS = [11, 22, 33, 44]
SAMPLE = (SIGNALS, good_proof(SIGNALS))
NOBODY = "0x" + "00" * 20


@pytest.fixture
def sealed(zkpool, projects, deployer):
    """A sealed queue whose provers need a rating of 400,000."""
    projects.createSealedQueue(1, zkpool.verifier, KEY, RULES, terms(), SAMPLE, 400_000, sender=deployer)
    return 2


# --- sealed


@pytest.mark.parametrize("rating", [0, 1, 10**6])
def test_create_sealed__queue__remembers_its_mode_and_tier(zkpool, projects, deployer, rating):
    receipt = projects.createSealedQueue(
        1, zkpool.verifier, KEY, RULES, terms(), SAMPLE, rating, sender=deployer
    )
    [created] = receipt.decode_logs(projects.QueueCreated)
    assert (created.queue, created.isSealed, created.minRatingPpm) == (2, True, rating)
    assert (bytes(created.key), list(created.rules)) == (KEY, list(RULES))
    stored = projects.queueOf(2)
    assert (stored.isSealed, stored.minRatingPpm, stored.frozen, stored.closed) == (
        True,
        rating,
        False,
        False,
    )
    assert (stored.verifier, stored.project, stored.termsVersion) == (zkpool.verifier, 1, 1)


def test_create_sealed__tier_above_the_best_rating__reverts(zkpool, projects, deployer):
    given = (1, zkpool.verifier, KEY, RULES, terms(), SAMPLE)
    with reverts(projects.MinRatingTooHigh, gotPpm=10**6 + 1, limitPpm=10**6):
        projects.createSealedQueue(*given, 10**6 + 1, sender=deployer)


def test_create_sealed__what_an_open_queue_may_not_be__reverts(node, zkpool, projects, deployer, outsider):
    given = (1, zkpool.verifier, KEY, RULES, terms())
    with reverts(projects.NotProjectAdmin, project=1, caller=outsider):
        node.call(projects.createSealedQueue, *given, SAMPLE, 0, sender=outsider)
    with reverts(projects.GoodSampleRefused):
        projects.createSealedQueue(*given, (SIGNALS, b"junk"), 0, sender=deployer)
    with reverts(projects.WrongRuleCount, got=2, expected=4):
        projects.createSealedQueue(
            1, zkpool.verifier, KEY, (FIXED, PROVER), terms(), SAMPLE, 0, sender=deployer
        )
    with reverts(projects.ProofWindowOutOfBounds, gotSeconds=59):
        projects.createSealedQueue(*given[:4], terms(window=59), SAMPLE, 0, sender=deployer)


def test_create_sealed__new_terms_and_closing__leave_the_mode(projects, sealed, deployer):
    projects.setTerms(sealed, terms(window=777), sender=deployer)
    projects.closeQueue(sealed, sender=deployer)
    stored = projects.queueOf(sealed)
    assert (stored.isSealed, stored.minRatingPpm, stored.closed, stored.termsVersion) == (
        True,
        400_000,
        True,
        2,
    )


def test_check_statement__of_a_sealed_queue__says_so(projects, queue, sealed):
    assert projects.checkStatement(queue, STATEMENT).isSealed is False
    assert projects.checkStatement(sealed, STATEMENT).isSealed is True


# --- frozen


@pytest.mark.parametrize("role", ["deployer", "owner"])
def test_freeze__by_the_admin_or_the_owner__ends_all_judging_for_good(request, node, projects, queue, role):
    actor = request.getfixturevalue(role)
    receipt = projects.freezeQueue(queue, sender=actor)
    [event] = receipt.decode_logs(projects.QueueFrozen)
    assert (event.queue, event.by) == (queue, actor.address)
    stored = projects.queueOf(queue)
    assert (stored.frozen, stored.closed) == (True, False)
    proof = good_proof([*STATEMENT, int(actor.address, 16), 5])
    with reverts(projects.QueueIsFrozen, queue=queue):
        node.call(projects.judge, queue, 1, actor, [*STATEMENT, int(actor.address, 16), 5], proof)
    with reverts(projects.QueueIsFrozen, queue=queue):
        node.call(projects.judgeMany, queue, [], actor, [], [])
    with reverts(projects.QueueIsFrozen, queue=queue):
        node.call(projects.checkStatement, queue, STATEMENT)
    with reverts(projects.QueueIsFrozen, queue=queue):
        projects.freezeQueue(queue, sender=actor)


def test_freeze__one_queue__leaves_the_others(scene, projects, queue, deployer):
    other = scene.open_queue()
    projects.freezeQueue(queue, sender=deployer)
    assert not projects.queueOf(other).frozen
    assert projects.checkStatement(other, STATEMENT).isSealed is False


@pytest.mark.parametrize("role", ["guardian", "requester", "prover", "outsider"])
def test_freeze__by_anybody_else__reverts(request, node, projects, queue, role):
    actor = request.getfixturevalue(role)
    with reverts(projects.NotProjectAdmin, project=1, caller=actor):
        node.call(projects.freezeQueue, queue, sender=actor)


def test_freeze__by_the_admin_of_another_project__reverts(node, projects, queue, outsider):
    projects.registerProject("ipfs://other", sender=outsider)
    with reverts(projects.NotProjectAdmin, project=1, caller=outsider):
        node.call(projects.freezeQueue, queue, sender=outsider)


def test_freeze__unknown_queue__reverts(node, projects, owner):
    with reverts(projects.UnknownQueue, queue=9):
        node.call(projects.freezeQueue, 9, sender=owner)


# --- carrier


def test_set_carrier__by_the_owner__is_kept_and_replaced(projects, queue, owner, requester):
    assert projects.carrierOf(queue) == NOBODY
    for carrier in (requester.address, owner.address, NOBODY):
        receipt = projects.setCarrier(queue, carrier, sender=owner)
        [event] = receipt.decode_logs(projects.CarrierSet)
        assert (event.queue, event.carrier) == (queue, carrier)
        assert projects.carrierOf(queue) == carrier


@pytest.mark.parametrize("role", ["deployer", "guardian", "requester", "prover", "outsider"])
def test_set_carrier__by_anybody_else__reverts(request, node, projects, queue, role):
    actor = request.getfixturevalue(role)
    with reverts(projects.OwnableUnauthorizedAccount, account=actor):
        node.call(projects.setCarrier, queue, actor, sender=actor)


def test_set_carrier__unknown_queue__reverts(node, projects, owner):
    with reverts(projects.UnknownQueue, queue=9):
        node.call(projects.setCarrier, 9, owner, sender=owner)
