"""What the registry says of several proofs at once: for each what it would say of it alone."""

from __future__ import annotations

import pytest
from ape.exceptions import ContractLogicError
from eth_abi import decode, encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.groth16_toy import R, ToyKey
from tests.support.reverts import reverts
from tests.support.scene import FIXED, PROVER, STATEMENT, WINDOW, good_proof, terms

MALFORMED, REFUSED, ACCEPTED = range(3)
VERIFIER_GAS = 50_000  # the mock's floor
VERIFY_MANY = keccak(text="verifyMany(bytes32,uint256[][],bytes[])")[:4]
TRUE = "600160005260206000f3"
ANSWERS = {
    "no": "60206000f3",
    "two": "600260005260206000f3",
    "yes, and more": "600160005260406000f3",
    "nothing": "60006000f3",
    "revert": "60006000fd",
    "all gas spent": "fe",
}
"""What code may answer to `verifyMany` that is no clear yes."""


def hash_of(statement) -> bytes:
    return keccak(encode(["uint256[]"], [list(statement)]))


@pytest.fixture
def account(prover) -> int:
    return int(prover.address, 16)


def judged(node, projects, queue, prover, items, versions=None, gas=None):
    """Statement hashes, windows and verdicts, of items (signals, proof)."""
    signals, proofs = [list(item[0]) for item in items], [item[1] for item in items]
    given_ = (queue, versions or [1] * len(items), prover, signals, proofs)
    returned = node.call(projects.judgeMany, *given_, gas=gas)
    return decode(["bytes32[]", "uint256[]", "uint8[]"], returned)


def good(account: int, output: int = 5, statement=STATEMENT) -> tuple[list[int], bytes]:
    signals = [*statement, account, output]
    return signals, good_proof(signals)


def bad(account: int) -> tuple[list[int], bytes]:
    return [*STATEMENT, account, 5], b"junk"


def answering(mock: str, answer: str) -> str:
    """Code that answers `verifyMany` as given and asks a mock everything else."""
    rest = (
        "365f5f375f5f365f73" + mock[2:] + "5af43d5f5f3e"
    )  # DELEGATECALL with the calldata, copy what it returned
    head = "5f3560e01c63" + VERIFY_MANY.hex() + "1460"  # … JUMPI to the answer
    length = len(head) // 2 + 2 + len(rest) // 2
    yes = length + 3 + 3
    ends = f"60{yes:02x}57" + "3d5ffd" + "5b3d5ff3"
    start = length + len(ends) // 2
    return "0x" + head + f"{start:02x}57" + rest + ends + "5b" + answer


@pytest.fixture
def verifier_answering(project, zkpool, node, deployer):
    """Puts code over the queue's verifier that answers `verifyMany` so, and else is the mock."""
    mock = deployer.deploy(project.MockVerifier)

    def put(answer: str) -> None:
        node.set_code(zkpool.verifier.address, answering(mock.address, answer))

    return put


def test_judge_many__good_proofs__accepts_each_for_its_statement(node, projects, queue, prover, account):
    items = [good(account, output, (output, 22)) for output in range(8)]
    hashes, windows, verdicts = judged(node, projects, queue, prover, items)
    assert list(hashes) == [hash_of((output, 22)) for output in range(8)]
    assert list(windows) == [WINDOW] * 8
    assert list(verdicts) == [ACCEPTED] * 8


@pytest.mark.parametrize("count", [0, 1, 2, 32])
def test_judge_many__any_number__answers_so_many(node, projects, queue, prover, account, count):
    answer = judged(node, projects, queue, prover, [good(account, i) for i in range(count)])
    assert [len(part) for part in answer] == [count] * 3
    assert list(answer[2]) == [ACCEPTED] * count


@pytest.mark.parametrize("place", range(4))
def test_judge_many__one_wrong_proof__is_refused_alone(node, projects, queue, prover, account, place):
    items = [good(account, i) for i in range(4)]
    items[place] = bad(account)
    verdicts = judged(node, projects, queue, prover, items)[2]
    assert list(verdicts) == [REFUSED if i == place else ACCEPTED for i in range(4)]


FLAWS = {
    "signal out of the field": lambda account: [R, 22, account, 5],
    "output out of the field": lambda account: [11, 22, account, R],
    "another prover": lambda account: [11, 22, account + 1, 5],
    "no signal": lambda account: [],
    "signal missing": lambda account: [11, 22, account],
    "signal too many": lambda account: [11, 22, account, 5, 5],
}


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("proof", [b"junk", b"revert", b"burn", None], ids=str)
def test_judge_many__signals_that_cannot_be_judged__spoil_no_other(
    node, projects, queue, prover, account, flaw, place, proof
):
    """The verifier is not asked about them, so what their proof does to it is no matter."""
    signals = FLAWS[flaw](account)
    items = [good(account, i) for i in range(3)]
    items[place] = (signals, good_proof(signals) if proof is None else proof)
    hashes, windows, verdicts = judged(node, projects, queue, prover, items)
    assert list(verdicts) == [MALFORMED if i == place else ACCEPTED for i in range(3)]
    assert list(hashes) == [bytes(32) if i == place else hash_of(STATEMENT) for i in range(3)]
    assert list(windows) == [WINDOW] * 3


def test_judge_many__nothing_but_flaws__asks_no_verifier(node, projects, queue, prover, account):
    items = [(FLAWS["another prover"](account), b"revert")] * 3
    assert list(judged(node, projects, queue, prover, items)[2]) == [MALFORMED] * 3


@given(kinds=st.lists(st.sampled_from((MALFORMED, REFUSED, ACCEPTED)), max_size=8))
def test_judge_many__any_mix__is_what_judge_says_of_each(node, projects, queue, prover, account, kinds):
    makers = (lambda i: ([R, i, account, 5], b""), lambda i: bad(account), lambda i: good(account, i))
    items = [makers[kind](i) for i, kind in enumerate(kinds)]
    hashes, windows, verdicts = judged(node, projects, queue, prover, items)
    assert list(verdicts) == kinds
    for item, hash_, window, verdict in zip(items, hashes, windows, verdicts, strict=True):
        if verdict == MALFORMED:
            with reverts(projects.SignalNotCanonical, index=0):
                node.call(projects.judge, queue, 1, prover, *item)
        else:
            alone = decode(["bytes32", "uint256", "bool"], node.call(projects.judge, queue, 1, prover, *item))
            assert alone == (hash_, window, verdict == ACCEPTED)


def test_judge_many__several_versions__each_has_its_window(node, projects, queue, prover, account, deployer):
    projects.setTerms(queue, terms(window=777), sender=deployer)
    items = [good(account, i) for i in range(3)]
    assert list(judged(node, projects, queue, prover, items, [2, 1, 2])[1]) == [777, WINDOW, 777]


@pytest.mark.parametrize("version", [0, 2, 2**16 - 1])
def test_judge_many__unknown_version__spoils_no_other(node, projects, queue, prover, account, version):
    """Such as the version of a task of another queue, or of none."""
    items = [good(account, i) for i in range(3)]
    hashes, windows, verdicts = judged(node, projects, queue, prover, items, [1, version, 1])
    assert list(verdicts) == [ACCEPTED, MALFORMED, ACCEPTED]
    assert list(windows) == [WINDOW, 0, WINDOW]
    assert list(hashes) == [hash_of(STATEMENT), bytes(32), hash_of(STATEMENT)]


def test_judge_many__unknown_queue__knows_no_version(node, projects, prover, account):
    assert list(judged(node, projects, 7, prover, [good(account)] * 2)[2]) == [MALFORMED] * 2


# --- the verifier's word on all at once


@pytest.mark.parametrize("answer", ANSWERS)
def test_judge_many__verifier_without_a_clear_yes__is_asked_for_each(
    node, projects, queue, prover, account, verifier_answering, answer
):
    verifier_answering(ANSWERS[answer])
    items = [good(account, 1), bad(account), good(account, 2)]
    assert list(judged(node, projects, queue, prover, items)[2]) == [ACCEPTED, REFUSED, ACCEPTED]


def test_judge_many__verifier_that_spends_all_gas__leaves_enough_for_each(
    node, projects, queue, prover, account, verifier_answering
):
    """It is given its own floor and no more, so one question for all never starves those for each."""
    verifier_answering(ANSWERS["all gas spent"])
    items = [good(account, i) for i in range(8)]
    gas = 8 * VERIFIER_GAS + VERIFIER_GAS + 250_000
    assert list(judged(node, projects, queue, prover, items, gas=gas)[2]) == [ACCEPTED] * 8


@pytest.mark.parametrize("flawed", [0, 1, 2])
def test_judge_many__verifier_that_says_yes__is_believed_for_all_it_was_asked(
    node, projects, queue, prover, account, verifier_answering, flawed
):
    """Soundness of a batch is the verifier's business; a flawed item is not part of it."""
    verifier_answering(TRUE)
    items = [bad(account), good(account), *[(FLAWS["no signal"](account), b"")] * flawed]
    assert list(judged(node, projects, queue, prover, items)[2]) == [ACCEPTED] * 2 + [MALFORMED] * flawed


@pytest.mark.parametrize("flawed", [0, 2])
def test_judge_many__one_item_to_ask_for__is_asked_for_alone(
    node, projects, queue, prover, account, verifier_answering, flawed
):
    verifier_answering(TRUE)
    items = [*[(FLAWS["no signal"](account), b"")] * flawed, bad(account)]
    assert list(judged(node, projects, queue, prover, items)[2]) == [MALFORMED] * flawed + [REFUSED]


@pytest.mark.parametrize("proof", [b"revert", b"burn"])
def test_judge_many__verifier_that_fails_for_one__reverts_and_blames_nobody(
    node, projects, queue, prover, account, proof
):
    items = [good(account), ([*STATEMENT, account, 7], proof), bad(account)]
    with reverts(projects.VerifierFailed, queue=queue):
        judged(node, projects, queue, prover, items, gas=8_000_000)


@pytest.mark.parametrize("proof", [b"malformed", b"empty"])
def test_judge_many__answer_for_one_that_is_neither_yes_nor_no__reverts(
    node, projects, queue, prover, account, proof
):
    with pytest.raises(ContractLogicError) as refusal:
        judged(node, projects, queue, prover, [good(account), ([*STATEMENT, account, 7], proof)])
    assert refusal.value.revert_message == "0x"


@pytest.mark.parametrize("count", [2, 8])
def test_judge_many__gas_below_the_floor_of_all__says_how_much_is_missing(
    node, projects, queue, prover, account, count
):
    items = [good(account, i) for i in range(count)]
    with reverts(projects.VerifierGasShort, gasFloor=count * VERIFIER_GAS):
        judged(node, projects, queue, prover, items, gas=count * VERIFIER_GAS)


def test_judge_many__any_amount_of_gas__reverts_or_tells_the_truth(node, projects, queue, prover, account):
    items = [good(account, 0), bad(account), good(account, 1)]
    told = refused = 0
    for gas in range(30_000, 500_000, 7_013):
        try:
            verdicts = judged(node, projects, queue, prover, items, gas=gas)[2]
        except ContractLogicError:
            refused += 1
            assert not told
        else:
            assert list(verdicts) == [ACCEPTED, REFUSED, ACCEPTED]
            told += 1
    assert told > 10
    assert refused > 10


@pytest.mark.parametrize("short", ["signals", "proofs"])
def test_judge_many__fewer_signals_or_proofs_than_versions__reverts(
    node, projects, queue, prover, account, short
):
    signals, proof = good(account)
    lists = {"signals": [signals] * 2, "proofs": [proof] * 2}
    lists[short] = lists[short][:1]
    with pytest.raises(ContractLogicError):
        node.call(projects.judgeMany, queue, [1, 1], prover, lists["signals"], lists["proofs"])


# --- with Groth16


def test_judge_many__groth16_proofs__together_and_with_a_wrong_one(
    scene, project, node, projects, prover, account, deployer, owner
):
    toy = ToyKey.make(2, seed=11)
    verifier = deployer.deploy(project.Groth16Verifier)
    scene.chain.send(verifier.registerKey, toy.public.abi, sender=deployer)
    scene.chain.send(projects.allowVerifier, verifier, True, sender=owner)
    key = verifier.keyOf(toy.public.abi)
    sample = ([1, 2], toy.prove([1, 2]).calldata)
    projects.createQueue(1, verifier, key, (FIXED, PROVER), terms(), sample, sender=deployer)
    queue = projects.queueCount()
    items = [([i, account], toy.prove([i, account]).calldata) for i in range(4)]
    hashes, _, verdicts = judged(node, projects, queue, prover, items)
    assert list(verdicts) == [ACCEPTED] * 4
    assert list(hashes) == [hash_of([i]) for i in range(4)]
    items[2] = (items[2][0], items[3][1])
    items[0] = ([0, account + 1], items[0][1])
    assert list(judged(node, projects, queue, prover, items)[2]) == [MALFORMED, ACCEPTED, REFUSED, ACCEPTED]
