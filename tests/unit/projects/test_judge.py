"""What the registry says of one statement and of one proof."""

from __future__ import annotations

import pytest
from ape.exceptions import ContractLogicError
from eth_abi import decode, encode
from eth_utils import keccak

from tests.support.groth16_toy import R
from tests.support.reverts import reverts
from tests.support.scene import FIXED, FREE, PROVER, STATEMENT, WINDOW, good_proof, terms

VERIFIER_GAS = 50_000  # the mock's floor


def hash_of(statement) -> bytes:
    return keccak(encode(["uint256[]"], [list(statement)]))


def signals_for(account, output: int = 5) -> list[int]:
    return [*STATEMENT, int(account.address, 16), output]


def judged(node, projects, queue, prover, signals, proof, version=1):
    """Statement hash, window, and whether the proof is accepted."""
    returned = node.call(projects.judge, queue, version, prover, signals, proof)
    return decode(["bytes32", "uint256", "bool"], returned)


def queue_with(scene, projects, deployer, rules) -> tuple[int, bytes]:
    """A queue with these rules, and its key."""
    key = keccak(text=f"circuit with {rules}")
    scene.chain.send(scene.pool.verifier.setSignalCount, key, len(rules), sender=deployer)
    signals = list(range(len(rules)))
    sample = (signals, good_proof(signals, key))
    projects.createQueue(1, scene.pool.verifier, key, rules, terms(), sample, sender=deployer)
    return projects.queueCount(), key


# --- statements


def test_check_statement__canonical__is_hashed(projects, queue):
    for statement in (STATEMENT, (0, R - 1)):
        checked = projects.checkStatement(queue, statement)
        assert (bytes(checked.statementHash), checked.isSealed) == (hash_of(statement), False)


@pytest.mark.parametrize("statement", [(), (11,), (11, 22, 33), (R, R, R)])
def test_check_statement__wrong_length__reverts(node, projects, queue, statement):
    with reverts(projects.WrongStatementLength, got=len(statement), expected=2):
        node.call(projects.checkStatement, queue, statement)


@pytest.mark.parametrize(("statement", "index"), [((R, R), 0), ((0, R), 1), ((2**256 - 1, 0), 0)])
def test_check_statement__signal_out_of_the_field__reverts(node, projects, queue, statement, index):
    with reverts(projects.SignalNotCanonical, index=index, value=statement[index]):
        node.call(projects.checkStatement, queue, statement)


@pytest.mark.parametrize("unknown", [0, 2])
def test_check_statement__unknown_queue__reverts(node, projects, unknown):
    with reverts(projects.UnknownQueue, queue=unknown):
        node.call(projects.checkStatement, unknown, STATEMENT)


def test_check_statement__frozen_and_closed__says_frozen(node, projects, queue, deployer):
    projects.closeQueue(queue, sender=deployer)
    with reverts(projects.QueueIsClosed, queue=queue):
        node.call(projects.checkStatement, queue, [R])
    projects.freezeQueue(queue, sender=deployer)
    with reverts(projects.QueueIsFrozen, queue=queue):
        node.call(projects.checkStatement, queue, [R])


# --- proofs


@pytest.mark.parametrize("output", [0, 5, R - 1])
def test_judge__good_proof__is_accepted_for_its_statement(node, projects, queue, prover, output):
    signals = signals_for(prover, output)
    answer = judged(node, projects, queue, prover, signals, good_proof(signals))
    assert answer == (hash_of(STATEMENT), WINDOW, True)


@pytest.mark.parametrize("proof", [b"", b"junk", good_proof([11, 22, 33, 44])])
def test_judge__bad_proof__is_refused(node, projects, queue, prover, proof):
    answer = judged(node, projects, queue, prover, signals_for(prover), proof)
    assert answer == (hash_of(STATEMENT), WINDOW, False)


def test_judge__another_statement__is_accepted_and_hashed_as_it_is(node, projects, queue, prover):
    """The registry knows no task: whoever asks compares the hash."""
    signals = [22, 11, int(prover.address, 16), 5]
    answer = judged(node, projects, queue, prover, signals, good_proof(signals))
    assert answer == (hash_of([22, 11]), WINDOW, True)


def test_judge__closed_queue__goes_on(node, projects, queue, prover, deployer):
    projects.closeQueue(queue, sender=deployer)
    signals = signals_for(prover)
    assert judged(node, projects, queue, prover, signals, good_proof(signals))[2] is True


def test_judge__older_version__has_its_own_window(node, projects, queue, prover, deployer):
    projects.setTerms(queue, terms(window=777), sender=deployer)
    signals = signals_for(prover)
    windows = [judged(node, projects, queue, prover, signals, good_proof(signals), v)[1] for v in (1, 2)]
    assert windows == [WINDOW, 777]


@pytest.mark.parametrize(
    "rules",
    [
        (FIXED,),
        (FREE,),
        (PROVER,),
        (FREE, FIXED),
        (FIXED, FREE, FREE),
        (PROVER, PROVER, FIXED),
        (FIXED,) * 32,
        (FREE,) * 32,
        (PROVER,) * 32,
        (FIXED, PROVER, FREE, FIXED) * 8,
        (FREE,) * 31 + (FIXED,),
        (FIXED,) * 31 + (PROVER,),
    ],
    ids=lambda rules: "".join("-fpo"[rule] for rule in rules),
)
def test_judge__any_rules__hash_the_fixed_signals_in_order(scene, node, projects, deployer, prover, rules):
    queue, key = queue_with(scene, projects, deployer, rules)
    account = int(prover.address, 16)
    signals = [account if rule == PROVER else 1_000 + i for i, rule in enumerate(rules)]
    statement = [s for s, rule in zip(signals, rules, strict=True) if rule == FIXED]
    answer = judged(node, projects, queue, prover, signals, good_proof(signals, key))
    assert answer == (hash_of(statement), WINDOW, True)
    assert bytes(projects.checkStatement(queue, statement).statementHash) == hash_of(statement)
    with reverts(projects.WrongStatementLength, got=len(statement) + 1, expected=len(statement)):
        node.call(projects.checkStatement, queue, [*statement, 0])
    with reverts(projects.WrongSignalCount, got=len(rules) + 1, expected=len(rules)):
        node.call(projects.judge, queue, 1, prover, [*signals, 0], b"")
    for i, rule in enumerate(rules):
        if rule == PROVER:
            changed = [*signals[:i], account + 1, *signals[i + 1 :]]
            with reverts(projects.ProverMismatch, index=i, got=account + 1, expected=prover):
                node.call(projects.judge, queue, 1, prover, changed, good_proof(changed, key))


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("value", [R, 2**256 - 1])
def test_judge__signal_out_of_the_field__reverts(node, projects, queue, prover, index, value):
    signals = signals_for(prover)
    signals[index] = value
    with reverts(projects.SignalNotCanonical, index=index, value=value):
        node.call(projects.judge, queue, 1, prover, signals, good_proof(signals))


def test_judge__prover_aliased_by_the_modulus__reverts(node, projects, queue, prover):
    """x + r is the same field element as the prover's address."""
    signals = signals_for(prover)
    signals[2] += R
    with reverts(projects.SignalNotCanonical, index=2, value=signals[2]):
        node.call(projects.judge, queue, 1, prover, signals, good_proof(signals))


def test_judge__proof_of_another_prover__reverts(node, projects, queue, prover, outsider):
    signals = signals_for(prover)
    with reverts(projects.ProverMismatch, index=2, got=signals[2], expected=outsider):
        node.call(projects.judge, queue, 1, outsider, signals, good_proof(signals))


def test_judge__prover_with_higher_bits_set__reverts(node, projects, queue, prover):
    """Only the address itself will do, not a number whose low 160 bits are the address."""
    signals = signals_for(prover)
    signals[2] += 1 << 160
    with reverts(projects.ProverMismatch, index=2, got=signals[2], expected=prover):
        node.call(projects.judge, queue, 1, prover, signals, good_proof(signals))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 33])
def test_judge__wrong_number_of_signals__reverts(node, projects, queue, prover, count):
    signals = (signals_for(prover) + [0] * 29)[:count]
    with reverts(projects.WrongSignalCount, got=count, expected=4):
        node.call(projects.judge, queue, 1, prover, signals, good_proof(signals))


def test_judge__several_flaws__says_the_first(node, projects, queue, prover, deployer):
    """Version, frozen, then the signals in order, then their number, then gas, then the verifier."""
    account = int(prover.address, 16)
    with reverts(projects.ProverMismatch, index=2, got=1):
        node.call(projects.judge, queue, 1, prover, [1, 1, 1, R, 1], b"revert")
    with reverts(projects.SignalNotCanonical, index=4):
        node.call(projects.judge, queue, 1, prover, [1, 1, account, 1, R], b"revert")
    with reverts(projects.WrongSignalCount, got=5):
        node.call(projects.judge, queue, 1, prover, [1, 1, account, 1, 1], b"revert", gas=75_000)
    with reverts(projects.VerifierGasShort):
        node.call(projects.judge, queue, 1, prover, signals_for(prover), b"revert", gas=75_000)
    projects.freezeQueue(queue, sender=deployer)
    with reverts(projects.QueueIsFrozen, queue=queue):
        node.call(projects.judge, queue, 1, prover, [R], b"revert")
    with reverts(projects.UnknownQueue, queue=queue):
        node.call(projects.judge, queue, 2, prover, [R], b"revert")


@pytest.mark.parametrize(("queue_id", "version"), [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (7, 1)])
def test_judge__unknown_queue_or_version__reverts(node, projects, queue, prover, queue_id, version):
    with reverts(projects.UnknownQueue, queue=queue_id):
        node.call(projects.judge, queue_id, version, prover, [], b"")


@pytest.mark.parametrize("proof", [b"revert", b"burn"])
def test_judge__verifier_that_fails__reverts_and_blames_nobody(node, projects, queue, prover, proof):
    with reverts(projects.VerifierFailed, queue=queue):
        node.call(projects.judge, queue, 1, prover, signals_for(prover), proof, gas=5_000_000)


@pytest.mark.parametrize("proof", [b"malformed", b"empty"])
def test_judge__answer_that_is_neither_yes_nor_no__reverts(node, projects, queue, prover, proof):
    with pytest.raises(ContractLogicError) as refusal:
        node.call(projects.judge, queue, 1, prover, signals_for(prover), proof)
    assert refusal.value.revert_message == "0x"


def test_judge__any_amount_of_gas__reverts_or_accepts(node, projects, queue, prover):
    """A relay that gives little gas must not turn a good proof into a refused one."""
    signals = signals_for(prover)
    accepted = short = 0
    for gas in range(24_000, 160_000, 1_009):
        try:
            answer = node.call(projects.judge, queue, 1, prover, signals, good_proof(signals), gas=gas)
        except ContractLogicError as refusal:
            short += str(refusal.revert_message).startswith(
                "0x" + keccak(text="VerifierGasShort(uint256,uint256)")[:4].hex()
            )
            assert not accepted
        else:
            assert decode(["bytes32", "uint256", "bool"], answer)[2] is True
            accepted += 1
    assert accepted > 20
    assert short > 20


def test_judge__gas_below_the_floor__says_how_much_is_missing(node, projects, queue, prover):
    with reverts(projects.VerifierGasShort, gasFloor=VERIFIER_GAS):
        node.call(projects.judge, queue, 1, prover, signals_for(prover), b"", gas=75_000)
