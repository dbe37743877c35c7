"""The project registry: projects, queues, terms, and what a queue may not be."""

from __future__ import annotations

import ape
import pytest
from ape.exceptions import VirtualMachineError
from eth_utils import keccak

from tests.support.reverts import reverts
from tests.support.scene import FIXED, FREE, KEY, PROVER, RULES, STATEMENT, WINDOW, ZK, good_proof, terms

NONE = 0
ADMIN_OF = ("guardian", "owner", "requester", "prover", "outsider")
SIGNALS = [11, 22, 33, 44]
SAMPLE = (SIGNALS, good_proof(SIGNALS))
DAYS = 86_400


def key_of(scene, count: int) -> bytes:
    """A key of a circuit with this many signals, known to the verifier."""
    key = keccak(text=f"circuit of {count}")
    scene.chain.send(scene.pool.verifier.setSignalCount, key, count, sender=scene.pool.deployer)
    return key


def test_register__project__belongs_to_the_caller(projects, requester):
    receipt = projects.registerProject("ipfs://mine", sender=requester)
    [registered] = receipt.decode_logs(projects.ProjectRegistered)
    assert (registered.project, registered.admin, registered.uri) == (2, requester.address, "ipfs://mine")
    assert (projects.adminOf(2), projects.uriOf(2), projects.projectCount()) == (requester, "ipfs://mine", 2)


def test_register__beyond_the_last_id__reverts(scene, projects, requester):
    """Project ids have 24 bits; the count is the first variable after the two of ownership."""
    scene.chain.set_storage(projects.address, 2, 2**24 - 1)
    assert projects.projectCount() == 2**24 - 1
    with reverts(projects.SafeCastOverflowedUintDowncast, bits=24, value=2**24):
        projects.registerProject("", sender=requester)


@pytest.mark.parametrize("unknown", [0, 2])
def test_views__unknown_project__revert(node, projects, unknown):
    with reverts(projects.UnknownProject, project=unknown):
        node.call(projects.adminOf, unknown)
    with reverts(projects.UnknownProject, project=unknown):
        node.call(projects.uriOf, unknown)


@pytest.mark.parametrize("unknown", [0, 2])
def test_views__unknown_queue__revert(node, projects, unknown):
    for view in (projects.queueOf, projects.current, projects.rulesOf):
        with reverts(projects.UnknownQueue, queue=unknown):
            node.call(view, unknown)
    for view in (projects.termsOf, projects.snapshot):
        with reverts(projects.UnknownQueue, queue=unknown):
            node.call(view, unknown, 1)


@pytest.mark.parametrize("version", [0, 2])
def test_views__unknown_version__revert(node, projects, queue, version):
    for view in (projects.termsOf, projects.snapshot):
        with reverts(projects.UnknownQueue, queue=queue):
            node.call(view, queue, version)


# --- queues


def test_create__queue__remembers_circuit_rules_and_terms(zkpool, projects, deployer):
    given = terms(window=100, liability=200, penalty=3 * ZK, max_units=9, packed=2**64 - 1)
    receipt = projects.createQueue(1, zkpool.verifier, KEY, RULES, given, SAMPLE, sender=deployer)
    [created] = receipt.decode_logs(projects.QueueCreated)
    assert (created.queue, created.project, created.verifier) == (2, 1, zkpool.verifier.address)
    assert (bytes(created.key), list(created.rules)) == (KEY, list(RULES))
    assert (created.isSealed, created.minRatingPpm) == (False, 0)
    [set_] = receipt.decode_logs(projects.TermsSet)
    packed = FIXED | FIXED << 2 | PROVER << 4 | FREE << 6
    assert (set_.queue, set_.version, list(set_.terms)) == (2, 1, [100, 200, 3 * ZK, 9, packed])
    stored = projects.queueOf(2)
    assert (stored.verifier, stored.project, stored.termsVersion) == (zkpool.verifier, 1, 1)
    assert (stored.closed, bytes(stored.key)) == (False, KEY)
    assert list(projects.rulesOf(2)) == list(RULES)
    assert projects.queueCount() == 2
    held = projects.termsOf(2, 1)
    assert (held.proofWindowSeconds, held.liabilityWindowSeconds) == (100, 200)
    assert (held.tier1PenaltyWei, held.maxUnits, held.packedRules) == (3 * ZK, 9, packed)
    for both in (projects.current(2), projects.snapshot(2, 1)):
        assert list(both[0]) == [zkpool.verifier, 1, 1, False, False, False, 0, KEY]
        assert list(both[1]) == [100, 200, 3 * ZK, 9, packed]


@pytest.mark.parametrize("role", ADMIN_OF)
def test_create__by_anybody_but_the_admin__reverts(request, node, zkpool, projects, role):
    actor = request.getfixturevalue(role)
    with reverts(projects.NotProjectAdmin, project=1, caller=actor):
        node.call(projects.createQueue, 1, zkpool.verifier, KEY, RULES, terms(), SAMPLE, sender=actor)


def test_create__unknown_project__reverts(zkpool, projects, deployer):
    with reverts(projects.UnknownProject, project=7):
        projects.createQueue(7, zkpool.verifier, KEY, RULES, terms(), SAMPLE, sender=deployer)


def test_create__verifier_not_allowed__reverts(project, projects, deployer):
    stranger = deployer.deploy(project.MockVerifier)
    with reverts(projects.VerifierNotAllowed, verifier=stranger):
        projects.createQueue(1, stranger, KEY, RULES, terms(), SAMPLE, sender=deployer)


def test_create__verifier_disallowed_again__reverts(zkpool, projects, deployer, owner):
    receipt = projects.allowVerifier(zkpool.verifier, False, sender=owner)
    [event] = receipt.decode_logs(projects.VerifierAllowed)
    assert (event.verifier, event.allowed) == (zkpool.verifier.address, False)
    assert not projects.isVerifierAllowed(zkpool.verifier)
    with reverts(projects.VerifierNotAllowed, verifier=zkpool.verifier):
        projects.createQueue(1, zkpool.verifier, KEY, RULES, terms(), SAMPLE, sender=deployer)


def test_create__unknown_key__reverts(zkpool, projects, deployer):
    with reverts(zkpool.verifier.UnknownKey, key=b"\x01" * 32):
        projects.createQueue(1, zkpool.verifier, b"\x01" * 32, RULES, terms(), SAMPLE, sender=deployer)


@pytest.mark.parametrize("rules", [(), (FIXED,) * 3, (FIXED,) * 5])
def test_create__another_number_of_rules__reverts(zkpool, projects, deployer, rules):
    with reverts(projects.WrongRuleCount, got=len(rules), expected=4):
        projects.createQueue(1, zkpool.verifier, KEY, rules, terms(), SAMPLE, sender=deployer)


@pytest.mark.parametrize("count", [0, 33])
def test_create__circuit_with_too_few_or_many_signals__reverts(scene, zkpool, projects, deployer, count):
    key = key_of(scene, count)
    signals = list(range(count))
    sample = (signals, good_proof(signals, key))
    with reverts(projects.SignalCountOutOfBounds, got=count, limit=32):
        projects.createQueue(1, zkpool.verifier, key, (FIXED,) * count, terms(), sample, sender=deployer)


@pytest.mark.parametrize("count", [1, 32])
def test_create__circuit_of_one_or_thirty_two_signals__is_accepted(scene, zkpool, projects, deployer, count):
    key = key_of(scene, count)
    signals = list(range(count))
    sample = (signals, good_proof(signals, key))
    rules = [(FIXED, PROVER, FREE)[i % 3] for i in range(count)]
    projects.createQueue(1, zkpool.verifier, key, rules, terms(), sample, sender=deployer)
    assert list(projects.rulesOf(2)) == rules


@pytest.mark.parametrize("index", range(4))
def test_create__signal_without_a_rule__reverts(zkpool, projects, deployer, index):
    rules = [*RULES]
    rules[index] = NONE
    with reverts(projects.RuleMissing, index=index):
        projects.createQueue(1, zkpool.verifier, KEY, rules, terms(), SAMPLE, sender=deployer)


def test_create__rule_that_does_not_exist__reverts(zkpool, projects, deployer):
    with ape.reverts():
        projects.createQueue(1, zkpool.verifier, KEY, (1, 1, 1, 4), terms(), SAMPLE, sender=deployer)
    assert projects.queueCount() == 1


@pytest.mark.parametrize("sample", [(SIGNALS, b"junk"), ([1, 2, 3, 4], SAMPLE[1]), ([], b"")])
def test_create__sample_that_does_not_verify__reverts(zkpool, projects, deployer, sample):
    with reverts(projects.GoodSampleRefused):
        projects.createQueue(1, zkpool.verifier, KEY, RULES, terms(), sample, sender=deployer)


@pytest.mark.parametrize("first", [0, 11])
def test_create__verifier_that_accepts_everything__reverts(scene, projects, deployer, owner, first):
    """It answers 1 to every question: also to how many signals there are."""
    yes = "0x" + "7e" * 20
    scene.chain.set_code(yes, "0x600160005260206000f3")
    scene.chain.send(projects.allowVerifier, yes, True, sender=owner)
    with reverts(projects.BadSampleAccepted):
        projects.createQueue(1, yes, KEY, (FIXED,), terms(), ([first], b""), sender=deployer)


def test_create__verifier_that_accepts_no_signals_at_all__reverts(scene, projects, deployer, owner):
    """Without a signal there is none to change."""
    yes = "0x" + "7e" * 20
    scene.chain.set_code(yes, "0x600160005260206000f3")
    scene.chain.send(projects.allowVerifier, yes, True, sender=owner)
    with pytest.raises(VirtualMachineError, match="Panic error 0x32"):
        projects.createQueue(1, yes, KEY, (FIXED,), terms(), ([], b""), sender=deployer)


def test_create__verifier_that_reverts__reverts(zkpool, projects, deployer):
    with reverts(zkpool.verifier.AskedToRevert):
        projects.createQueue(1, zkpool.verifier, KEY, RULES, terms(), (SIGNALS, b"revert"), sender=deployer)


# --- terms


@pytest.mark.parametrize("window", [60, 2 * DAYS])
def test_terms__windows_at_their_bounds__are_accepted(scene, projects, deployer, window):
    queue = scene.open_queue(window=window, liability=window)
    assert projects.termsOf(queue, 1).proofWindowSeconds == window
    projects.setTerms(queue, terms(window=2 * DAYS, liability=window), sender=deployer)
    assert projects.termsOf(queue, 2).proofWindowSeconds == 2 * DAYS


@pytest.mark.parametrize("window", [0, WINDOW - 1, 2 * DAYS + 1, 2**32 - 1])
def test_terms__proof_window_out_of_bounds__reverts(projects, queue, deployer, window):
    with reverts(projects.ProofWindowOutOfBounds, gotSeconds=window, minSeconds=WINDOW, maxSeconds=2 * DAYS):
        projects.setTerms(queue, terms(window=window), sender=deployer)


@pytest.mark.parametrize("window", [0, 59, 2 * DAYS + 1, 2**32 - 1])
def test_terms__liability_window_out_of_bounds__reverts(projects, queue, deployer, window):
    with reverts(projects.LiabilityWindowOutOfBounds, gotSeconds=window, minSeconds=60, maxSeconds=2 * DAYS):
        projects.setTerms(queue, terms(liability=window), sender=deployer)


def test_terms__penalty_at_its_bound__is_accepted(scene, projects, market, deployer):
    queue = scene.open_queue(penalty=100_000 * ZK)
    assert market.bondOf(queue) == 100_000 * ZK + ZK // 2
    projects.setTerms(queue, terms(penalty=99_999 * ZK), sender=deployer)
    assert market.bondOf(queue) == 99_999 * ZK + ZK // 2


def test_terms__penalty_above_its_bound__reverts(zkpool, projects, queue, deployer):
    above = terms(penalty=100_000 * ZK + 1)
    with reverts(projects.Tier1PenaltyTooHigh, gotWei=100_000 * ZK + 1, limitWei=100_000 * ZK):
        projects.createQueue(1, zkpool.verifier, KEY, RULES, above, SAMPLE, sender=deployer)
    with reverts(projects.Tier1PenaltyTooHigh, gotWei=1, limitWei=0):
        projects.setTerms(queue, terms(penalty=1), sender=deployer)


def test_create__terms_out_of_bounds__reverts(zkpool, projects, deployer):
    with reverts(projects.ProofWindowOutOfBounds, gotSeconds=59):
        projects.createQueue(1, zkpool.verifier, KEY, RULES, terms(window=59), SAMPLE, sender=deployer)


def test_terms__new_version__keeps_the_old_one_and_the_rules(projects, queue, deployer):
    before = projects.termsOf(queue, 1)
    receipt = projects.setTerms(queue, terms(window=777, max_units=4, packed=1), sender=deployer)
    assert receipt.return_value == 2
    [event] = receipt.decode_logs(projects.TermsSet)
    assert (event.queue, event.version) == (queue, 2)
    assert projects.queueOf(queue).termsVersion == 2
    after = projects.termsOf(queue, 2)
    assert (after.proofWindowSeconds, after.maxUnits) == (777, 4)
    assert after.packedRules == before.packedRules, "a circuit's rules never change"
    assert projects.termsOf(queue, 1) == before
    assert before.proofWindowSeconds == WINDOW


@pytest.mark.parametrize("role", ADMIN_OF)
def test_terms_and_closing__by_anybody_but_the_admin__revert(request, node, projects, queue, role):
    actor = request.getfixturevalue(role)
    with reverts(projects.NotProjectAdmin, project=1, caller=actor):
        node.call(projects.setTerms, queue, terms(), sender=actor)
    with reverts(projects.NotProjectAdmin, project=1, caller=actor):
        node.call(projects.closeQueue, queue, sender=actor)


def test_terms_and_closing__unknown_queue__revert(projects, deployer):
    with reverts(projects.UnknownQueue, queue=9):
        projects.setTerms(9, terms(), sender=deployer)
    with reverts(projects.UnknownQueue, queue=9):
        projects.closeQueue(9, sender=deployer)


def test_terms__versions_used_up__reverts(scene, projects, queue, deployer):
    """65,535 versions a queue: the counter stands in bits 184 to 199 of the queue's first word."""
    slot = int.from_bytes(keccak(queue.to_bytes(32) + (5).to_bytes(32)))
    word = scene.chain.storage(projects.address, slot)
    scene.chain.set_storage(projects.address, slot, word | 0xFFFF << 184)
    assert projects.queueOf(queue).termsVersion == 2**16 - 1
    with reverts(projects.TooManyVersions, queue=queue):
        projects.setTerms(queue, terms(), sender=deployer)


def test_close__queue__stays_closed_with_its_terms(node, projects, queue, deployer):
    receipt = projects.closeQueue(queue, sender=deployer)
    [event] = receipt.decode_logs(projects.QueueClosed)
    assert event.queue == queue
    assert projects.queueOf(queue).closed
    with reverts(projects.QueueIsClosed, queue=queue):
        node.call(projects.checkStatement, queue, STATEMENT)
    projects.setTerms(queue, terms(window=999), sender=deployer)
    assert projects.queueOf(queue).closed


def test_constants__are_those_of_the_protocol(projects):
    assert (projects.MAX_SIGNALS(), projects.MIN_WINDOW_SECONDS()) == (32, 60)
    assert (projects.MAX_WINDOW_SECONDS(), projects.MAX_TIER1_PENALTY_WEI()) == (2 * DAYS, 100_000 * ZK)
    assert projects.MAX_RATING_PPM() == 10**6
