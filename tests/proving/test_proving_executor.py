"""Worker processes: deadlines, warm keys, limits, and everything that can happen to a process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.proving.faulty_system import SECRET, Babbler, FaultySystem
from tests.proving.processes import PATIENCE, runs, until
from zkpool_sdk.proving import (
    Circuit,
    Circuits,
    DeadlinePassed,
    Executor,
    ExecutorClosed,
    Job,
    JobCancelled,
    JobHandle,
    JobMemoryExceeded,
    JobState,
    JobTimeExceeded,
    KeyMemoryExceeded,
    Limits,
    LocalExecutor,
    ManifestMalformed,
    ProofNotAccepted,
    StatementNotProved,
    Ump,
    WitnessRefused,
    WitnessTimeExceeded,
    WorkerDied,
    WorkerFault,
)
from zkpool_sdk.proving.memory import held_bytes
from zkpool_sdk.proving.pool import MAX_STAGES, WATCH_SECONDS

PROVER = 0xDEADBEEF
Sample = Callable[[Circuit], dict[str, Any]]
Submit = Callable[..., JobHandle]


def local(ump: Ump) -> LocalExecutor:
    assert isinstance(ump.executor, LocalExecutor)
    return ump.executor


def pids(ump: Ump) -> set[int]:
    return {worker.pid for worker in local(ump).workers}


@pytest.fixture(scope="module")
def machine(semaphore_circuit: Circuit, rollup_circuit: Circuit) -> Iterator[Ump]:
    """One core, one worker at a time, two circuits. Every test must leave it fit for the next."""
    with Ump(LocalExecutor(cores=1), systems=[FaultySystem()]) as ump:
        ump.serve("semaphore", semaphore_circuit)
        ump.serve("rollup", rollup_circuit)
        yield ump


@pytest.fixture
def submit(machine: Ump, sample: Sample) -> Submit:
    """Submits a sample, with a verb for the faulty system."""

    def ask(verb: str = "", queue: str = "semaphore", **options: Any) -> JobHandle:
        return machine.submit(
            queue, sample(machine.circuit(queue)), PROVER, seed=verb.encode() or None, **options
        )

    return ask


@pytest.fixture(autouse=True)
def still_fit(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the machine, the next job of both circuits is proved."""
    submit = request.getfixturevalue("submit") if "submit" in request.fixturenames else None
    yield
    if submit is not None:
        assert submit().result(PATIENCE).proof_bytes


def begun(handle: JobHandle) -> None:
    """Waits until the worker is inside the proof."""
    until(lambda: handle.progress[0] in ("begun", "working"))


def test_executor__keeps_the_protocol() -> None:
    executor = LocalExecutor(cores=3, key_memory_bytes=5)
    assert isinstance(executor, Executor)
    assert (executor.cores, executor.threads_per_job, executor.key_memory_bytes) == (3, 3, 5)
    assert executor.description == "local, 3 cores, 3 threads a job"
    assert executor.workers == ()
    executor.close()
    executor.close()
    for wrong in ({"cores": -1}, {"threads_per_job": -1}, {"key_memory_bytes": -1}, {"retries": -1}):
        with pytest.raises(ValueError, match="at least 0"):
            LocalExecutor(**wrong)


def test_job__its_text__shows_no_input(semaphore_circuit: Circuit) -> None:
    job = Job(semaphore_circuit, "m:c", {"secret": [4711]}, statement=(4712,), seed=b"4713")
    assert "471" not in repr(job).replace(semaphore_circuit.key_sha256, "")


def test_jobs__of_two_circuits__go_by_deadline(submit: Submit) -> None:
    blocker = submit("work")
    begun(blocker)
    now = time.time()
    asked = [("rollup", 400), ("semaphore", 300), ("semaphore", None), ("rollup", 100), ("semaphore", 200)]
    handles = {
        (queue, seconds): submit(queue=queue, deadline=None if seconds is None else now + seconds)
        for queue, seconds in asked
    }
    blocker.cancel()
    results = [handle.result(PATIENCE) for handle in handles.values()]
    assert [result.circuit for result in results] == [queue for queue, _ in asked]
    ended = sorted(handles, key=lambda key: handles[key].ended_at or 0.0)
    assert [seconds for _, seconds in ended] == [100, 200, 300, 400, None]


def test_progress__across_the_border__comes_by_stage_on_the_thread_that_waits(submit: Submit) -> None:
    handle = submit(queue="rollup")
    seen: list[tuple[str, float]] = []
    made = handle.result(PATIENCE, on_progress=lambda *step: seen.append(step))
    stages = [stage for stage, _ in seen]
    own = ["parse", "transforms", "msm_a", "msm_b1", "msm_b2", "msm_c", "msm_h", "check"]
    assert set(stages) - {"load"} == {"witness", "begun", *own, "done"}
    assert [part for _, part in seen] == sorted(part for _, part in seen)
    assert handle.progress == ("done", 1.0)
    again: list[tuple[str, float]] = []
    assert handle.result(on_progress=lambda *step: again.append(step)) == made
    assert again == seen


def test_error__of_the_prover__crosses_the_border_whole(machine: Ump, sample: Sample) -> None:
    inputs = {**sample(machine.circuit("rollup")), "commitment": 1}
    with pytest.raises(WitnessRefused) as caught:
        machine.prove("rollup", inputs, PROVER)
    assert "Rollup" in caught.value.trace.splitlines()[0] in str(caught.value)


def test_worker__that_lies__is_not_believed(machine: Ump, submit: Submit) -> None:
    circuit = machine.circuit("rollup")
    free = circuit.signal_names.index("commitment")
    with pytest.raises(ProofNotAccepted):
        submit(f"lie:{free}", queue="rollup").result(PATIENCE)
    with pytest.raises(StatementNotProved):
        submit(f"lie:{circuit.signal_names.index('prover')}", queue="rollup").result(PATIENCE)


def test_job__witness_over_its_time__is_told(submit: Submit) -> None:
    with pytest.raises(WitnessTimeExceeded) as caught:
        submit(queue="rollup", limits=Limits(witness_seconds=0.001)).result(PATIENCE)
    assert caught.value.limit_seconds == 0.001


def test_jobs__of_three_systems__share_one_machine(circuits: Circuits, sample: Sample) -> None:
    names = ("chain_fflonk", "semaphore", "chain_plonk")
    with Ump(LocalExecutor(cores=1)) as ump:
        for name in names:
            ump.serve(name, circuits[name])
        handles = [(name, ump.submit(name, sample(circuits[name]), PROVER)) for name in names * 2]
        for name, handle in handles:
            made = handle.result(PATIENCE)
            assert (made.circuit, made.system) == (name, circuits[name].system)
            assert ump.verify(name, made.signals, made.proof_bytes)
            assert {"witness", "check"} <= {stage for stage, _ in handle.steps}
        assert local(ump).loads == {circuits[name].key_sha256: 1 for name in names}
        assert len(local(ump).workers) == 1
        assert {handle.result().system for _, handle in handles} == {"groth16", "plonk", "fflonk"}


def test_keys__within_the_budget__are_loaded_once(
    rollup_circuit: Circuit, semaphore_circuit: Circuit, sample: Sample
) -> None:
    circuits = (rollup_circuit, semaphore_circuit)
    with LocalExecutor(cores=1) as executor:
        ump = Ump(executor)
        for circuit in circuits:
            ump.serve(circuit.name, circuit)
        sizes = {}
        for circuit in (*circuits, *circuits):
            result = ump.prove(circuit.name, sample(circuit), PROVER)
            sizes[circuit.name] = result.key_bytes
        assert executor.loads == {circuit.key_sha256: 1 for circuit in circuits}
        assert [worker.keys for worker in executor.workers] == [tuple(c.key_sha256 for c in circuits)]
    assert sizes["rollup"] > sizes["semaphore"] > 1 << 20

    with LocalExecutor(cores=1, key_memory_bytes=sizes["rollup"] + 1) as executor:
        ump = Ump(executor)
        for circuit in circuits:
            ump.serve(circuit.name, circuit)
            assert [worker.keys for worker in executor.workers] == [(circuit.key_sha256,)]
        stages: list[str] = []
        ump.prove("semaphore", sample(semaphore_circuit), PROVER, on_progress=lambda s, _: stages.append(s))
        assert "load" not in stages
        ump.prove("rollup", sample(rollup_circuit), PROVER, on_progress=lambda s, _: stages.append(s))
        assert stages.count("load") == 1
        (pid,) = (worker.pid for worker in executor.workers)
        assert semaphore_circuit.proving_key.name not in Path(f"/proc/{pid}/maps").read_text()
        assert rollup_circuit.proving_key.name in Path(f"/proc/{pid}/maps").read_text()
        assert executor.loads == {rollup_circuit.key_sha256: 2, semaphore_circuit.key_sha256: 1}


def test_keys__one_larger_than_the_budget__is_refused(semaphore_circuit: Circuit, submit: Submit) -> None:
    key_bytes = submit().result(PATIENCE).key_bytes
    file_bytes = semaphore_circuit.proving_key.stat().st_size
    assert key_bytes > file_bytes  # so the first is known at once, the other when it is loaded
    for budget in (file_bytes - 1, key_bytes - 1):
        with LocalExecutor(cores=1, key_memory_bytes=budget) as executor:
            ump = Ump(executor)
            for _ in range(2):
                with pytest.raises(KeyMemoryExceeded) as caught:
                    ump.serve("semaphore", semaphore_circuit)
                assert caught.value.limit_bytes == budget < caught.value.key_bytes
            assert not ump.queues
            assert not any(worker.keys for worker in executor.workers)


def test_cores__two_jobs_of_one_thread__run_side_by_side(semaphore_circuit: Circuit, sample: Sample) -> None:
    with Ump(LocalExecutor(cores=2, threads_per_job=1), systems=[FaultySystem()]) as ump:
        ump.serve(1, semaphore_circuit)
        inputs = sample(semaphore_circuit)
        handles = [ump.submit(1, inputs, PROVER, seed=b"work") for _ in range(3)]
        for handle in handles[:2]:
            begun(handle)
        assert [handle.state for handle in handles] == [JobState.RUNNING] * 2 + [JobState.WAITING]
        until(lambda: [worker.circuit for worker in local(ump).workers] == ["semaphore"] * 2)
        handles[0].cancel()
        begun(handles[2])
        for handle in handles:
            handle.cancel()
        until(lambda: [worker.circuit for worker in local(ump).workers] == [None, None])
        wide = ump.submit(1, inputs, PROVER, seed=b"threads", threads=7)
        with pytest.raises(OSError, match="threads 2"):
            wide.result(PATIENCE)
        assert len(local(ump).workers) == 2


def test_worker__killed_in_mid_proof__the_job_is_made_by_a_new_one(machine: Ump, submit: Submit) -> None:
    handle = submit("nap:0.3")
    begun(handle)
    (victim,) = pids(machine)
    os.kill(victim, signal.SIGKILL)
    assert handle.result(PATIENCE).proof_bytes
    assert handle.attempts == 2
    assert victim not in pids(machine)


def test_worker__killed_while_idle__nobody_notices(machine: Ump, submit: Submit) -> None:
    submit().result(PATIENCE)
    (victim,) = pids(machine)
    os.kill(victim, signal.SIGKILL)
    until(lambda: not pids(machine))
    handle = submit()
    assert handle.result(PATIENCE).proof_bytes
    assert handle.attempts == 1


def test_job__that_kills_every_worker__fails_alone(submit: Submit, tmp_path: Path) -> None:
    poison, other = submit("die"), submit()
    with pytest.raises(WorkerDied, match="signal 9") as caught:
        poison.result(PATIENCE)
    assert caught.value.attempts == poison.attempts == 2
    assert other.result(PATIENCE).proof_bytes
    assert other.attempts == 1
    with pytest.raises(WorkerDied, match="status 3"):
        submit("exit:3").result(PATIENCE)
    once = submit(f"die-once:{tmp_path / 'died'}")
    assert once.result(PATIENCE).proof_bytes
    assert once.attempts == 2


def test_job__over_its_memory__is_killed_and_not_tried_again(machine: Ump, submit: Submit) -> None:
    submit().result(PATIENCE)
    (worker,) = pids(machine)
    limit = held_bytes(worker) + (64 << 20)
    handle = submit("hold:268435456", limits=Limits(memory_bytes=limit))
    with pytest.raises(JobMemoryExceeded) as caught:
        handle.result(PATIENCE)
    assert caught.value.limit_bytes == limit < caught.value.used_bytes
    assert handle.attempts == 1
    assert not runs(worker)


def test_job__within_its_memory__its_mapped_key_does_not_count(submit: Submit) -> None:
    made = submit(limits=Limits(memory_bytes=1 << 30)).result(PATIENCE)
    assert 0 < made.peak_bytes < 1 << 30
    assert made.key_bytes >= 3 << 20


def test_job__over_its_time__is_killed_and_not_tried_again(machine: Ump, submit: Submit) -> None:
    submit().result(PATIENCE)
    (worker,) = pids(machine)
    handle = submit("hang", limits=Limits(seconds=0.5))
    with pytest.raises(JobTimeExceeded, match=r"0\.5 s") as caught:
        handle.result(PATIENCE)
    assert caught.value.limit_seconds == 0.5
    assert handle.attempts == 1
    assert not runs(worker)


def test_job__past_its_deadline__is_given_up_waiting_or_running(machine: Ump, submit: Submit) -> None:
    submit().result(PATIENCE)  # the worker is warm
    deadline = time.time() + 2
    running, waiting = submit("work", deadline=deadline), submit("work", deadline=deadline)
    behind = submit()
    begun(running)
    for late in (running, waiting):
        with pytest.raises(DeadlinePassed):
            late.result(PATIENCE)
        assert late.state is JobState.FAILED
    assert waiting.attempts == 0
    assert behind.result(PATIENCE).proof_bytes
    with pytest.raises(DeadlinePassed):
        submit(deadline=time.time() - 1).result(PATIENCE)


def test_cancel__in_mid_proof__ends_it_and_keeps_the_worker(machine: Ump, submit: Submit) -> None:
    submit().result(PATIENCE)
    before = pids(machine), local(machine).loads
    handle = submit("work")
    begun(handle)
    assert handle.cancel()
    assert not handle.cancel()
    assert handle.state is JobState.CANCELLED
    with pytest.raises(JobCancelled):
        handle.result()
    assert submit().result(PATIENCE).proof_bytes
    assert (pids(machine), local(machine).loads) == before


def test_cancel__of_a_job_that_does_not_listen__kills_its_worker(machine: Ump, submit: Submit) -> None:
    handle, behind = submit("hang"), submit()
    begun(handle)
    (worker,) = pids(machine)
    handle.cancel()
    until(lambda: not runs(worker))
    assert behind.result(PATIENCE).proof_bytes


def test_cancel__of_a_waiting_job__it_never_starts(submit: Submit) -> None:
    blocker, waiting = submit("work"), submit()
    begun(blocker)
    waiting.cancel()
    blocker.cancel()
    assert submit().result(PATIENCE).proof_bytes
    assert waiting.attempts == 0


def test_prove__progress_that_raises__cancels_the_job(machine: Ump, sample: Sample, submit: Submit) -> None:
    def refuse(stage: str, _: float) -> None:
        if stage == "working":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        machine.prove(
            "semaphore", sample(machine.circuit("semaphore")), PROVER, seed=b"work", on_progress=refuse
        )
    assert submit().result(PATIENCE).proof_bytes


def test_result__waited_for_too_short__the_job_goes_on(submit: Submit) -> None:
    handle = submit("nap:0.4")
    with pytest.raises(TimeoutError):
        handle.result(0.01)
    assert not handle.wait(0.01)
    assert handle.result(PATIENCE).proof_bytes
    assert handle.state is JobState.DONE


def test_error__the_prover_does_not_know__tells_where_and_not_what(submit: Submit) -> None:
    with pytest.raises(WorkerFault) as caught:
        submit("raise").result(PATIENCE)
    assert (caught.value.kind, caught.value.circuit) == ("RuntimeError", "semaphore")
    assert caught.value.place.startswith("faulty_system.py:")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "told",
    [
        "ffffffff",  # a message of four gigabytes
        "0300000030783d",  # no JSON
        "020000007b7d",  # an empty object
    ],
)
def test_worker__that_babbles__is_killed(machine: Ump, submit: Submit, told: str) -> None:
    with pytest.raises(WorkerDied, match="told nonsense"):
        submit(f"babble:{told}").result(PATIENCE)


NONSENSE = {
    "too deep": [b"[" * 100_000],
    "infinite size": [b'{"number":1,"cancelled":true,"key_bytes":Infinity}'],
    "part beyond floats": [b'{"number":1,"stage":"a","part":1' + b"0" * 400 + b"}"],
    "progress without end": [b'{"number":1,"stage":"a","part":0}'] * (MAX_STAGES + 1),
}


@pytest.mark.parametrize("bodies", NONSENSE.values(), ids=NONSENSE)
def test_worker__whatever_it_tells__costs_no_other_job(
    semaphore_circuit: Circuit, bodies: list[bytes]
) -> None:
    told = b"".join(len(body).to_bytes(4, "little") + body for body in bodies)
    babbler = f"{Babbler.__module__}:{Babbler.__qualname__}"
    with LocalExecutor(cores=1, retries=0) as executor:
        first = executor.submit(Job(replace(semaphore_circuit, name=told.hex()), babbler))
        with pytest.raises(WorkerDied, match="told nonsense"):
            first.result(PATIENCE)
        after = executor.submit(Job(semaphore_circuit, "no.such:thing"))
        with pytest.raises(WorkerFault):
            after.result(PATIENCE)


def test_job__that_cannot_be_told_a_worker__fails_alone(semaphore_circuit: Circuit) -> None:
    system: Any = "no.such:thing"
    with LocalExecutor(cores=1, retries=0) as executor:
        wrong: Any = {"inputs": {"a": [object()]}}
        with pytest.raises(TypeError):
            executor.submit(Job(semaphore_circuit, system, **wrong)).result(PATIENCE)
        odd = replace(semaphore_circuit, key_sha256="0" * 64, proving_key=Path("nowhere\0"))
        with pytest.raises(ValueError, match="null byte"):
            executor.submit(Job(odd, system)).result(PATIENCE)
        with pytest.raises(WorkerFault):
            executor.submit(Job(semaphore_circuit, system)).result(PATIENCE)


@pytest.mark.parametrize(
    "wrong", [{"deadline": float("nan")}, {"deadline": "soon"}, {"threads": -1}, {"threads": 1.5}]
)
def test_job__with_what_is_no_number__is_refused(semaphore_circuit: Circuit, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a deadline is|threads are"):
        Job(semaphore_circuit, "no.such:thing", **wrong)


def test_serve__key_that_is_not_the_recorded_one__is_told(machine: Ump, semaphore_circuit: Circuit) -> None:
    with pytest.raises(ManifestMalformed, match="not the key"):
        machine.serve("other", replace(semaphore_circuit, key_sha256="00" * 32))
    with pytest.raises(FileNotFoundError):
        machine.serve("other", replace(semaphore_circuit, key_sha256="1", proving_key=Path("/nowhere")))
    assert "other" not in machine.queues


def test_worker__environment__holds_none_of_our_secrets(
    semaphore_circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVER_PRIVATE_KEY", "0xfeed")
    with Ump(LocalExecutor(cores=1)) as ump:
        ump.serve(1, semaphore_circuit)
        (pid,) = pids(ump)
        names = {entry.partition(b"=")[0] for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
        assert b"PATH" in names
        assert b"PROVER_PRIVATE_KEY" not in names
        limits = Path(f"/proc/{pid}/limits").read_text()
        (core,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]


@pytest.mark.parametrize(
    "name", ["no.such:thing", "zkpool_sdk.proving:Circuit", "zkpool_sdk.proving:Nothing"]
)
def test_job__of_a_system_that_is_none__costs_no_worker(
    machine: Ump, semaphore_circuit: Circuit, submit: Submit, name: str
) -> None:
    submit().result(PATIENCE)
    before = pids(machine)
    for _ in range(2):
        handle = machine.executor.submit(Job(semaphore_circuit, name))
        with pytest.raises(WorkerFault):
            handle.result(PATIENCE)
        assert handle.attempts == 1
    assert pids(machine) == before


def test_keys__of_one_file_in_two_systems__are_two(machine: Ump, semaphore_circuit: Circuit) -> None:
    before = local(machine).loads[semaphore_circuit.key_sha256]
    for _ in range(2):
        job = Job(semaphore_circuit, "zkpool_sdk.proving:Groth16")
        assert machine.executor.submit(job).result(PATIENCE).key_bytes > 0
    assert local(machine).loads[semaphore_circuit.key_sha256] == before + 1
    (worker,) = local(machine).workers
    assert worker.keys.count(semaphore_circuit.key_sha256) == 2


def test_close__with_jobs_of_all_kinds__leaves_no_process(semaphore_circuit: Circuit, sample: Sample) -> None:
    ump = Ump(LocalExecutor(cores=2, threads_per_job=1), systems=[FaultySystem()])
    ump.serve(1, semaphore_circuit)
    handles = [ump.submit(1, sample(semaphore_circuit), PROVER, seed=b"hang") for _ in range(3)]
    for handle in handles[:2]:
        begun(handle)
    workers = pids(ump)
    assert len(workers) == 2
    ump.close()
    assert not any(map(runs, workers))
    for handle in handles:
        with pytest.raises(ExecutorClosed):
            handle.result(0)
    with pytest.raises(ExecutorClosed):
        ump.submit(1, sample(semaphore_circuit), PROVER)
    ump.close()


def test_ump__forgotten__takes_its_workers_along(semaphore_circuit: Circuit) -> None:
    ump = Ump()
    ump.serve(1, semaphore_circuit)
    (worker,) = pids(ump)
    del ump
    until(lambda: not runs(worker))


def test_executor__many_threads__each_gets_its_proof(machine: Ump, sample: Sample) -> None:
    inputs = sample(machine.circuit("semaphore"))
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda n: machine.prove("semaphore", inputs, n), range(1, 9)))
    place = machine.circuit("semaphore").signal_names.index(machine.circuit("semaphore").prover_names[0])
    assert [result.signals[place] for result in made] == list(range(1, 9))


def test_executor__in_bad_times__every_job_ends_as_it_must(
    semaphore_circuit: Circuit, sample: Sample, tmp_path: Path
) -> None:
    """Two cores, workers killed at random, jobs that hang, die, are late or are cancelled, all at once."""
    dice = Random(7)
    inputs = sample(semaphore_circuit)
    ends: dict[str, type[Exception] | None] = {
        "": None,
        "die-once": None,
        "die": WorkerDied,
        "raise": WorkerFault,
        "hang": JobTimeExceeded,
        "work": JobCancelled,
    }
    # A killed worker takes one attempt, so more attempts than kills let only poison fail.
    kills = 2
    with Ump(LocalExecutor(cores=2, threads_per_job=1, retries=kills + 1), systems=[FaultySystem()]) as ump:
        ump.serve(1, semaphore_circuit)
        handles = []
        for number in range(14):
            verb = "die" if number == 3 else dice.choice([verb for verb in ends if verb != "die"])
            seed = f"{verb}:{tmp_path / str(number)}" if verb == "die-once" else verb
            limits = Limits(seconds=1.0 if verb == "hang" else None)
            deadline = time.time() + dice.choice([300, 400]) if dice.random() < 0.5 else None
            handle = ump.submit(
                1, inputs, PROVER, seed=seed.encode() or None, limits=limits, deadline=deadline
            )
            handles.append((verb, handle))
        for _ in range(kills):
            time.sleep(0.3)
            for worker in local(ump).workers[:1]:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
        for verb, handle in handles:
            if verb == "work":
                begun(handle)
                handle.cancel()
            expected = ends[verb]
            if expected is None:
                assert handle.result(PATIENCE).proof_bytes
            else:
                with pytest.raises(expected):
                    handle.result(PATIENCE)
        until(lambda: all(worker.circuit is None for worker in local(ump).workers))
        assert ump.prove(1, inputs, PROVER).proof_bytes
        workers = pids(ump)
        assert 1 <= len(workers) <= 2
    assert not any(map(runs, workers))


def test_watch__of_a_process__counts_what_is_its_own(tmp_path: Path) -> None:
    before = held_bytes(os.getpid())
    own = bytearray(os.urandom(32 << 20))
    assert (24 << 20) < held_bytes(os.getpid()) - before < (64 << 20)
    assert len(own) == 32 << 20
    assert held_bytes(2**22 + 1) == 0
    assert 0 < WATCH_SECONDS < 0.1
