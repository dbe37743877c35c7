"""Attacks on what a proof is bound to: task, statement, prover, one payment."""

from __future__ import annotations

import pytest

from tests.support.groth16_toy import ToyKey
from tests.support.rawchain import compiled
from tests.support.rawmarket import mock_proof
from tests.support.stage import (
    ASSIGNED,
    DAY,
    FIELD,
    MIN_BASE_FEE,
    OPEN,
    PROVEN,
    ROUND,
    RULES,
    ZK,
    Stage,
    terms,
)
from zkpool_sdk.models import SignalRule


def test_double_claim__same_task_five_times__pays_once(stage: Stage) -> None:
    """A thief of a proof pool once drained five bonds by submitting one task five times."""
    thief = stage.seat(stage.attacker)
    before = stage.wealth(thief)
    stage.place(stage.rival, 3 * ZK)
    task = stage.assigned(stage.requester, 5 * ZK)
    stage.prove(task, thief)
    for _ in range(4):
        name = stage.refusal(thief, stage.pool.market, "submitProof", task, *stage.proof(task, thief))
        assert name == "WrongStatus"
    assert stage.wealth(thief) - before == 3 * ZK * 8 // 10
    assert stage.stake_of(thief).locked_wei == 0


def test_junk_proof__any_bit_flipped__is_never_paid(stage: Stage) -> None:
    thief = stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    signals, proof = stage.proof(task, thief)
    market, splitter = stage.pool.market, stage.pool.splitter
    for bit in range(0, 256, 5):
        forged = bytearray(proof)
        forged[bit // 8] ^= 1 << bit % 8
        outcomes = stage.chain.simulate(
            [
                market.call(thief, "submitProof", task, signals, bytes(forged)),
                splitter.call(thief, "earningOf", thief),
                market.call(thief, "taskOf", task),
            ]
        )
        assert all(outcome.ok for outcome in outcomes)
        assert splitter.decode("earningOf", outcomes[1].data)[:2] == (0, 0)
        assert market.decode("taskOf", outcomes[2].data)[2] == OPEN


def test_foreign_proof__for_any_other_task__settles_nothing(stage: Stage) -> None:
    """A fulfilment that was not bound to its request once charged an arbitrary client."""
    for who in (stage.prover, stage.second, stage.third):
        stage.seat(who)
    tasks = [stage.place(stage.requester, (9 - i) * ZK, statement=(i, 7 - i)) for i in range(3)]
    stage.clear()
    holders = {task: stage.pool.provers.read("accountOf", stage.task(task).prover) for task in tasks}
    market = stage.pool.market
    for task in tasks:
        for other in tasks:
            if task == other:
                continue
            foreign = stage.proof(other, holders[task])
            assert stage.refusal(holders[task], market, "submitProof", task, *foreign) == "StatementMismatch"
            stolen = stage.proof(other, holders[other])
            assert stage.refusal(holders[task], market, "submitProof", task, *stolen) == "ProverMismatch"
    assert {stage.task(task).status for task in tasks} == {ASSIGNED}
    stage.check_solvency()


def test_copied_proof__from_the_mempool__earns_the_copier_nothing(stage: Stage) -> None:
    """Even a copier with the same statement to prove cannot use it: the proof names its prover."""
    stage.seat(stage.prover)
    stage.seat(stage.attacker)
    victims = stage.place(stage.requester, 5 * ZK)
    copiers = stage.place(stage.rival, 4 * ZK)
    stage.clear()
    assert stage.task(victims).prover == stage.id_of(stage.prover)
    market = stage.pool.market
    signals, proof = stage.proof(victims, stage.prover)
    copied = (signals, proof)
    assert stage.refusal(stage.attacker, market, "submitProof", victims, *copied) == "NotAssignedProver"
    assert stage.refusal(stage.attacker, market, "submitProof", copiers, *copied) == "ProverMismatch"
    before = stage.wealth(stage.attacker)
    renamed = [*signals[:2], int(stage.attacker, 16), signals[3]]
    stage.act(stage.attacker, market, "submitProof", copiers, renamed, proof)
    assert stage.task(copiers).status == OPEN, "with another name in it the proof is no proof"
    assert stage.wealth(stage.attacker) == before - 2 * ZK
    stage.prove(victims, stage.prover)
    assert stage.task(victims).status == PROVEN


def test_copied_payload__sent_by_everybody_first__leaves_the_honest_call_alone(stage: Stage) -> None:
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    payload = stage.proof(task, stage.prover)
    thieves = [who for name, who in stage.people.items() if name != "prover"]
    for thief in thieves:
        assert stage.refusal(thief, stage.pool.market, "submitProof", task, *payload) == "NotAssignedProver"
        batch = (stage.queue, stage.prover, [task], [payload[0]], [payload[1]])
        assert stage.refusal(thief, stage.pool.market, "submitProofs", *batch) == "NotAssignedProver"
    stage.prove(task, stage.prover)
    assert stage.earned(stage.prover) == MIN_BASE_FEE * 8 // 10


def test_rerandomised_proof__of_a_settled_task__pays_nothing(stage: Stage) -> None:
    """Groth16 proofs have endless forms; tasks end by their id, not by a proof's hash."""
    toy = ToyKey.make(2)
    verifier = stage.chain.deploy(compiled()["Groth16Verifier"])
    verifier.send(stage.admin, "registerKey", toy.public.abi)
    key = verifier.read("keyOf", toy.public.abi)
    stage.act(stage.owner, stage.pool.projects, "allowVerifier", verifier.address, True)
    rules = [SignalRule.FIXED, SignalRule.PROVER]
    sample = ([5, 6], toy.prove([5, 6]).calldata)
    args = (1, verifier.address, key, rules, terms(), sample)
    stage.act(stage.admin, stage.pool.projects, "createQueue", *args)
    queue = int(stage.pool.projects.read("queueCount"))
    stage.seat(stage.attacker, queue=queue)
    task = stage.assigned(stage.requester, ZK, statement=(11,), queue=queue)
    signals = [11, int(stage.attacker, 16)]
    first, second = (toy.prove(signals, seed).calldata for seed in (1, 2))
    assert first != second
    assert verifier.read("verify", key, signals, second)
    stage.act(stage.attacker, stage.pool.market, "submitProof", task, signals, first)
    before = stage.wealth(stage.attacker)
    for proof in (first, second):
        name = stage.refusal(stage.attacker, stage.pool.market, "submitProof", task, signals, proof)
        assert name == "WrongStatus"
    assert stage.wealth(stage.attacker) == before


@pytest.mark.parametrize("value", [FIELD, FIELD + 1, 2**255, 2**256 - 1])
@pytest.mark.parametrize("index", [0, 1])
def test_signal__at_or_above_the_modulus__makes_no_task(stage: Stage, index: int, value: int) -> None:
    """A task that no proof can satisfy would slash whoever won it."""
    statement = [11, 22]
    statement[index] = value
    bid = (stage.queue, statement, ZK, stage.chain.now + DAY, b"")
    assert stage.refusal(stage.requester, stage.pool.market, "placeBid", *bid) == "SignalNotCanonical"


@pytest.mark.parametrize("index", range(len(RULES)))
def test_signal__alias_of_a_good_one__is_not_judged(stage: Stage, index: int) -> None:
    """x and x + r are the same to a circuit; taken twice they would pay twice."""
    stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    signals = stage.signals(task, stage.attacker)
    signals[index] += FIELD
    proof = mock_proof(signals)
    name = stage.refusal(stage.attacker, stage.pool.market, "submitProof", task, signals, proof)
    assert name == "SignalNotCanonical"
    assert stage.task(task).status == ASSIGNED


@pytest.mark.parametrize("count", [0, 1, 3, 5, 32])
def test_signals__wrong_number__are_not_judged(stage: Stage, count: int) -> None:
    stage.seat(stage.attacker)
    task = stage.assigned(stage.requester)
    signals = [*stage.signals(task, stage.attacker), *range(40)][:count]
    args = (task, signals, mock_proof(signals))
    assert stage.refusal(stage.attacker, stage.pool.market, "submitProof", *args) == "WrongSignalCount"


def test_low_gas_relay__starving_the_verifier__slashes_nobody(stage: Stage) -> None:
    """Nobody can turn a good proof into a bad one by the gas it sends along."""
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    market = stage.pool.market
    data = market.data("submitProof", task, *stage.proof(task, stage.prover))
    snapshot = stage.chain.snapshot()
    seen = set()
    for gas in range(40_000, 420_000, 12_000):
        stage.chain.send(stage.prover, market.address, data, gas=gas)
        seen.add(stage.task(task).status)
        assert stage.stake_of(stage.prover).own_wei == 40 * ZK
        stage.chain.revert(snapshot)
        snapshot = stage.chain.snapshot()
    assert seen == {ASSIGNED, PROVEN}


def test_squatting__a_statement__keeps_nobody_from_it(stage: Stage) -> None:
    """Ids once were the hash of the instance alone: who came first owned the statement for ever."""
    first = stage.place(stage.attacker, ZK)
    others = [stage.place(who, ZK) for who in (stage.requester, stage.rival, stage.requester)]
    assert len({first, *others}) == 4
    market = stage.pool.market
    assert {stage.task(task).amount_wei for task in (first, *others)} == {ZK}
    stage.check_solvency()
    mine = market.read("taskIdOf", stage.queue, stage.requester, [11, 22], 1)
    assert mine == others[0]
    assert market.read("taskIdOf", stage.queue, stage.attacker, [11, 22], 1) != mine


def test_ids__any_field_changed__are_others(stage: Stage) -> None:
    """No truncation, no field left out: chain, market, queue, requester, statement, nonce."""
    market = stage.pool.market
    seen = set()
    statements = ([], [1], [1, 2], [2, 1], [1, 2, 0], [12], [FIELD - 1, 2])
    for queue in (1, 2, 2**24 - 1):
        for who in (stage.requester, stage.rival):
            for statement in statements:
                for nonce in (0, 1, 2**40 - 1):
                    seen.add(market.read("taskIdOf", queue, who, statement, nonce))
    assert len(seen) == 3 * 2 * len(statements) * 3
    wiring = market.read("wiring")
    twin = stage.chain.deploy(
        compiled()["ProverMarket"], wiring, market.read("settlement"), stage.owner, stage.guardian
    )
    ids = [m.read("taskIdOf", 1, stage.requester, [1, 2], 0) for m in (market, twin)]
    assert ids[0] != ids[1], "another contract, another id"


def test_replay__on_another_chain__is_another_task(stage: Stage) -> None:
    """The id holds the chain's number: after a fork the same bid is another task, and no proof fits both."""
    market = stage.pool.market
    arguments = (stage.queue, stage.requester, [11, 22], 0)
    before = market.read("taskIdOf", *arguments)
    data = market.data("taskIdOf", *arguments)
    assert stage.chain.call(market.address, data) == before
    stage.chain.set_chain_id(31_338)
    try:
        assert market.read("taskIdOf", *arguments) != before
    finally:
        stage.chain.set_chain_id(31_337)


def test_cancel__by_anybody_but_the_requester__is_refused(stage: Stage) -> None:
    task = stage.place(stage.requester, ZK)
    stage.clear()
    for name, who in stage.people.items():
        if name == "requester":
            continue
        for function, arguments in (("cancelBid", (task,)), ("raiseBid", (task, 2 * ZK))):
            assert stage.refusal(who, stage.pool.market, function, *arguments) == "NotRequester"
    stage.act(stage.requester, stage.pool.market, "cancelBid", task)


def test_frozen_verifier__tasks_in_every_state__end_in_a_full_refund(stage: Stage) -> None:
    """After a soundness bug a forged proof is worth nothing, and no honest prover is slashed for waiting."""
    stage.seat(stage.prover)
    stage.seat(stage.attacker)
    opened = stage.assigned(stage.patron, 9 * ZK)
    holder = stage.pool.provers.read("accountOf", stage.task(opened).prover)
    stage.fumble(opened, holder)
    assigned = stage.assigned(stage.requester, 5 * ZK)
    queued = stage.place(stage.rival, 2 * ZK)
    owed = {
        stage.patron: stage.credit(stage.patron) + stage.task(opened).amount_wei,
        stage.requester: stage.credit(stage.requester) + stage.task(assigned).amount_wei,
        stage.rival: stage.credit(stage.rival) + 2 * ZK,
    }
    bounty = stage.rescue(opened).bounty_wei
    stakes = [stage.stake_of(who).own_wei for who in (stage.prover, stage.attacker)]
    stage.act(stage.admin, stage.pool.projects, "freezeQueue", stage.queue)
    market = stage.pool.market
    who = stage.pool.provers.read("accountOf", stage.task(assigned).prover)
    for proof in (stage.proof(assigned, who), (stage.signals(assigned, who), b"junk")):
        assert stage.refusal(who, market, "submitProof", assigned, *proof) == "QueueIsFrozen"
    bid = (stage.queue, [11, 22], ZK, stage.chain.now + DAY, b"")
    assert stage.refusal(stage.requester, market, "placeBid", *bid) == "QueueIsFrozen"
    at = stage.chain.now + ROUND
    assert stage.refusal(stage.keeper, market, "clear", stage.queue, at=at) == "QueueIsFrozen"
    insured = stage.balance(stage.pool.insurance)
    for task in (opened, assigned, queued):
        stage.act(stage.outsider, market, "finalize", task)
    assert {account: stage.credit(account) for account in owed} == owed
    assert [stage.stake_of(w).own_wei for w in (stage.prover, stage.attacker)] == stakes
    assert stage.stake_of(who).locked_wei == 0
    assert stage.balance(stage.pool.insurance) == insured + bounty
    stage.check_solvency()
