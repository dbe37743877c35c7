"""The UMP: several queues on one machine, proofs that others accept, and that name who is to be paid."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from zkpool_sdk import _native
from zkpool_sdk.proving import (
    MODULUS,
    Circuit,
    Groth16,
    LocalExecutor,
    NotMeasured,
    Proof,
    ProofNotAccepted,
    ProvingSystem,
    QueueNotServed,
    SignalRule,
    StatementNotProved,
    Ump,
    UnknownProvingSystem,
    ValueNotCanonical,
    WitnessCalculator,
    WitnessRefused,
)
from zkpool_sdk.proving.measurements import Measurements

PROVER = "0x00000000000000000000000000000000DeaDBeef"
OTHER = 0xC0FFEE
Sample = Callable[[Circuit], dict[str, Any]]


def queue_of(circuit: Circuit) -> str:
    return f"{circuit.name}-queue"


def test_prove__each_project__snarkjs_accepts_the_proof(
    ump: Ump,
    circuit: Circuit,
    sample: Sample,
    snarkjs: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    result = ump.prove(queue_of(circuit), sample(circuit), PROVER)
    proof = Proof("groth16", result.signals, result.proof_bytes)
    proof_json, public_json = Groth16().snarkjs_json(proof)
    (tmp_path / "proof.json").write_text(proof_json)
    (tmp_path / "public.json").write_text(public_json)
    files = (circuit.verification_key, tmp_path / "public.json", tmp_path / "proof.json")
    assert "OK!" in snarkjs("groth16", "verify", *files).stdout

    first, _, rest = public_json.partition(str(result.signals[0]))
    (tmp_path / "public.json").write_text(f"{first}{result.signals[0] ^ 1}{rest}")
    refused = snarkjs("groth16", "verify", *files, check=False)
    assert refused.returncode != 0
    assert "Invalid proof" in refused.stdout


def test_prove__snarkjs_proves_with_our_development_key(
    rollup_circuit: Circuit,
    sample: Sample,
    snarkjs: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    witness = tmp_path / "rollup.wtns"
    witness.write_bytes(WitnessCalculator(rollup_circuit.program).calculate(sample(rollup_circuit)))
    proof, public = tmp_path / "proof.json", tmp_path / "public.json"
    snarkjs("groth16", "prove", rollup_circuit.proving_key, witness, proof, public)
    theirs = _native.Proof.from_json(proof.read_text(), public.read_text())
    assert Groth16().verify(rollup_circuit, theirs.public_signals, theirs.calldata)


def test_prove__signals__land_where_the_rules_say(ump: Ump, circuit: Circuit, sample: Sample) -> None:
    inputs = sample(circuit)
    result = ump.prove(queue_of(circuit), inputs, PROVER)
    assert len(result.proof_bytes) == 256
    assert result.seconds == result.witness_seconds + result.prove_seconds > 0
    for name, rule, value in zip(circuit.signal_names, circuit.signal_rules, result.signals, strict=True):
        if rule is SignalRule.PROVER:
            assert value == int(PROVER, 16)
        elif rule is SignalRule.FIXED and name in inputs:
            assert value == int(inputs[name])
    again = ump.prove(queue_of(circuit), inputs, OTHER)
    differing = {
        name
        for name, mine, theirs in zip(circuit.signal_names, result.signals, again.signals, strict=True)
        if mine != theirs
    }
    assert differing == set(circuit.prover_names)


def test_prove__stolen_proof__does_not_hold_for_the_thief(ump: Ump, circuit: Circuit, sample: Sample) -> None:
    result = ump.prove(queue_of(circuit), sample(circuit), PROVER)
    assert ump.verify(queue_of(circuit), result.signals, result.proof_bytes)
    place = circuit.signal_rules.index(SignalRule.PROVER)
    for thief in (OTHER, MODULUS - int(PROVER, 16), int(PROVER, 16) + MODULUS):
        stolen = [*result.signals]
        stolen[place] = thief
        assert not ump.verify(queue_of(circuit), stolen, result.proof_bytes)


def test_prove__statement__must_be_the_one_asked_for(ump: Ump, circuit: Circuit, sample: Sample) -> None:
    inputs = sample(circuit)
    queue = queue_of(circuit)
    statement = circuit.statement_of(ump.prove(queue, inputs, PROVER).signals)
    assert circuit.statement_of(ump.prove(queue, inputs, PROVER, statement=statement).signals) == statement
    for place, name in enumerate(circuit.fixed_names):
        other = [*statement]
        other[place] ^= 1
        with pytest.raises(StatementNotProved) as caught:
            ump.prove(queue, inputs, PROVER, statement=other)
        assert caught.value.signal == name
    with pytest.raises(StatementNotProved):
        ump.prove(queue, inputs, PROVER, statement=[*statement, 0])


def test_prove__wrong_inputs__are_refused_before_any_proof(
    ump: Ump, rollup_circuit: Circuit, sample: Sample
) -> None:
    seen: list[str] = []
    with pytest.raises(WitnessRefused):
        ump.prove(
            queue_of(rollup_circuit),
            {**sample(rollup_circuit), "commitment": 1},
            PROVER,
            on_progress=lambda stage, _: seen.append(stage),
        )
    assert seen == ["witness"]


@pytest.mark.parametrize(
    "address", ["", "0x12", "DeaDBeef" * 5, b"\1" * 19, -1, 1 << 160, True, f"0x{'g' * 40}"]
)
def test_prove__no_address__is_refused(
    ump: Ump, semaphore_circuit: Circuit, sample: Sample, address: Any
) -> None:
    with pytest.raises(ValueNotCanonical):
        ump.prove(queue_of(semaphore_circuit), sample(semaphore_circuit), address)


def test_prove__address_in_any_form__is_the_same_signal(
    ump: Ump, semaphore_circuit: Circuit, sample: Sample
) -> None:
    queue, inputs = queue_of(semaphore_circuit), sample(semaphore_circuit)
    number = int(PROVER, 16)
    forms: list[str | bytes | int] = [PROVER, PROVER.lower(), number.to_bytes(20, "big"), number]
    assert len({ump.prove(queue, inputs, form, seed=b"s" * 32).signals for form in forms}) == 1


def test_prove__progress__grows_to_one_by_stages(ump: Ump, circuit: Circuit, sample: Sample) -> None:
    seen: list[tuple[str, float]] = []
    ump.prove(queue_of(circuit), sample(circuit), PROVER, on_progress=lambda *step: seen.append(step))
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], seen[0][0]) == (0.0, "witness")
    assert seen[-1] == ("done", 1.0)
    assert {"witness", "msm_a", "msm_h", "done"} <= {stage for stage, _ in seen}


def test_prove__seed__makes_it_deterministic_and_none_does_not(
    ump: Ump, semaphore_circuit: Circuit, sample: Sample
) -> None:
    queue, inputs = queue_of(semaphore_circuit), sample(semaphore_circuit)
    seeded = [ump.prove(queue, inputs, PROVER, seed=b"s" * 32).proof_bytes for _ in range(2)]
    fresh = [ump.prove(queue, inputs, PROVER).proof_bytes for _ in range(2)]
    assert seeded[0] == seeded[1]
    assert len({seeded[0], *fresh}) == 3


def test_ump__two_queues_from_two_threads__each_gets_its_circuit(
    ump: Ump, rollup_circuit: Circuit, semaphore_circuit: Circuit, sample: Sample
) -> None:
    work = [semaphore_circuit, rollup_circuit] * 2
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda c: ump.prove(queue_of(c), sample(c), PROVER), work))
    assert [result.circuit for result in results] == [circuit.name for circuit in work]
    assert [len(result.signals) for result in results] == [4, 2, 4, 2]
    assert set(ump.queues) == {"rollup-queue", "semaphore-queue"}


def test_ump__proof_of_one_queue__does_not_hold_in_another(
    ump: Ump, rollup_circuit: Circuit, semaphore_circuit: Circuit, sample: Sample
) -> None:
    result = ump.prove(queue_of(rollup_circuit), sample(rollup_circuit), PROVER)
    assert not ump.verify(queue_of(semaphore_circuit), [*result.signals, 0, 0], result.proof_bytes)


def test_ump__queue_not_served__is_told(ump: Ump) -> None:
    for ask in (ump.estimate, ump.circuit, ump.drop):
        with pytest.raises(QueueNotServed):
            ask("nowhere")
    with pytest.raises(QueueNotServed):
        ump.prove("nowhere", {}, PROVER)


def test_ump__dropped_queue__is_served_no_more(semaphore_circuit: Circuit) -> None:
    machine = Ump()
    machine.serve(7, semaphore_circuit)
    machine.drop(7)
    assert not machine.queues


def test_ump__system_it_lacks__is_told(semaphore_circuit: Circuit) -> None:
    with pytest.raises(UnknownProvingSystem, match="stark"):
        Ump().serve(1, replace(semaphore_circuit, system="stark"))
    with pytest.raises(UnknownProvingSystem, match="this machine has"):
        Ump(systems=[]).serve(1, semaphore_circuit)


def test_estimate__before_any_proof__measures_the_sample(semaphore_circuit: Circuit) -> None:
    machine = Ump()
    machine.serve(1, semaphore_circuit)
    estimate = machine.estimate(1)
    assert estimate.measurement_count == 1
    assert 0 < estimate.prove_seconds < 60
    assert 0 < estimate.witness_seconds < 60
    assert estimate.memory_bytes >= semaphore_circuit.proving_key.stat().st_size
    assert machine.estimate(1) == estimate


def test_estimate__without_a_sample__asks_for_a_proof(semaphore_circuit: Circuit, sample: Sample) -> None:
    machine = Ump()
    machine.serve(1, replace(semaphore_circuit, sample_input=None))
    with pytest.raises(NotMeasured):
        machine.estimate(1)
    machine.prove(1, sample(semaphore_circuit), PROVER)
    assert machine.estimate(1).measurement_count == 1


def test_benchmark__what_it_measured__is_known_after_a_restart(
    semaphore_circuit: Circuit, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "measurements.json"
    with Ump(LocalExecutor(cores=1), measurements=file) as machine:
        machine.serve("one", semaphore_circuit)
        machine.serve("two", semaphore_circuit)
        assert machine.estimate("one").measurement_count == 1
        measured = machine.benchmark(proofs=2)
        assert measured == {"one": machine.estimate("one"), "two": machine.estimate("two")}
        assert measured["one"].measurement_count == 2
        assert measured["one"].job_memory_bytes > 1 << 20
        assert measured["one"].memory_bytes >= semaphore_circuit.proving_key.stat().st_size

    with Ump(LocalExecutor(cores=1), measurements=file) as machine:
        machine.serve("blind", replace(semaphore_circuit, sample_input=None))
        assert machine.benchmark() == {}
        assert machine.estimate("blind") == measured["one"]

    with Ump(LocalExecutor(cores=2), measurements=file) as other:  # other cores: another machine
        other.serve("one", semaphore_circuit)
        assert other.estimate("one").measurement_count == 1
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"machine": 1}', "\0", "[" * 100_000], ids=lambda content: content[:9]
)
def test_measurements__file_of_something_else__is_replaced(
    ump: Ump, semaphore_circuit: Circuit, sample: Sample, tmp_path: Path, content: str
) -> None:
    result = ump.prove(queue_of(semaphore_circuit), sample(semaphore_circuit), PROVER)
    file = tmp_path / "measurements.json"
    file.write_text(content)
    kept = Measurements(file, "here")
    assert kept.estimate(semaphore_circuit) is None
    kept.add(semaphore_circuit, result)
    again = Measurements(file, "here").estimate(semaphore_circuit)
    assert again == kept.estimate(semaphore_circuit)
    assert again is not None
    assert again.prove_seconds == result.prove_seconds
    assert Measurements(file, "elsewhere").estimate(semaphore_circuit) is None


def test_measurements__that_cannot_be_written__cost_no_proof(
    ump: Ump, semaphore_circuit: Circuit, sample: Sample, tmp_path: Path
) -> None:
    result = ump.prove(queue_of(semaphore_circuit), sample(semaphore_circuit), PROVER)
    (tmp_path / "file").touch()
    kept = Measurements(tmp_path / "file" / "measurements.json", "here")
    with pytest.warns(RuntimeWarning, match="not kept"):
        kept.add(semaphore_circuit, result)
    assert kept.estimate(semaphore_circuit) is not None


def test_groth16__keeps_the_protocol() -> None:
    assert isinstance(Groth16(), ProvingSystem)


def test_groth16__estimate_of_a_witness__proves_it_once(semaphore_circuit: Circuit, sample: Sample) -> None:
    system = Groth16()
    with pytest.raises(NotMeasured):
        system.estimate(semaphore_circuit)
    witness = WitnessCalculator(semaphore_circuit.program).calculate(sample(semaphore_circuit))
    assert system.estimate(semaphore_circuit, witness).measurement_count == 1
    assert system.estimate(semaphore_circuit, witness).measurement_count == 1


def test_groth16__unsatisfied_witness__gives_no_proof(rollup_circuit: Circuit, sample: Sample) -> None:
    witness = bytearray(WitnessCalculator(rollup_circuit.program).calculate(sample(rollup_circuit)))
    witness[76 + 32] ^= 1  # the commitment
    with pytest.raises(ProofNotAccepted):
        Groth16().prove(rollup_circuit, bytes(witness))


def test_groth16__proof_of_another_system__is_not_encoded() -> None:
    with pytest.raises(UnknownProvingSystem):
        Groth16().encode(Proof("plonk", (), b""))


def test_registration_key__each_project__has_the_contract_s_shape(circuit: Circuit) -> None:
    key = Groth16().registration_key(circuit)
    assert key._fields == ("alpha", "beta", "gamma", "delta", "ic")
    assert [len(point) for point in key[:4]] == [2, 4, 4, 4]
    assert [len(point) for point in key.ic] == [2] * (len(circuit.signal_names) + 1)
    assert key.gamma != key.delta


def test_groth16__key__is_loaded_until_it_is_unloaded(semaphore_circuit: Circuit, sample: Sample) -> None:
    system = Groth16()
    assert system.key_bytes(semaphore_circuit) == 0
    system.load(semaphore_circuit, threads=1)
    assert system.key_bytes(semaphore_circuit) >= semaphore_circuit.proving_key.stat().st_size
    system.unload(semaphore_circuit)
    system.unload(semaphore_circuit)
    assert system.key_bytes(semaphore_circuit) == 0
    witness = WitnessCalculator(semaphore_circuit.program).calculate(sample(semaphore_circuit))
    proof = system.prove(semaphore_circuit, witness)
    assert system.key_bytes(semaphore_circuit) > 0
    assert system.verify(semaphore_circuit, proof.signals, system.encode(proof))
