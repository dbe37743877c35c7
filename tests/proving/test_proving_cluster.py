"""A real cluster over mutual TLS: a scheduler and two workers, of which one is killed in mid-job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from distributed import Client

from tests.proving.faulty_system import SECRET, FaultySystem
from tests.proving.processes import PATIENCE, until
from zkpool_sdk.proving import (
    Circuit,
    ClusterNotSecured,
    ClusterUnreachable,
    DeadlinePassed,
    Executor,
    ExecutorClosed,
    Job,
    JobCancelled,
    JobHandle,
    JobTimeExceeded,
    Limits,
    ManifestMalformed,
    Ump,
    WorkerFault,
)
from zkpool_sdk.proving.cluster import DaskExecutor, SealedJob, TlsFiles, check_secured
from zkpool_sdk.proving.jobs import JobState

ROOT = Path(__file__).resolve().parents[2]
PROVER = 0xC0FFEE
Sample = Callable[[Circuit], dict[str, Any]]


def certificates(folder: Path, authority: trustme.CA) -> TlsFiles:
    """A certificate that an authority signed, as files."""
    folder.mkdir()
    files = TlsFiles(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(files.ca))
    issued.cert_chain_pems[0].write_to_path(str(files.certificate))
    issued.private_key_pem.write_to_path(str(files.key))
    return files


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own with its output in a file."""

    folder: Path
    tls: TlsFiles
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def start(self) -> None:
        place = self.folder / "scheduler.json"
        self.run("scheduler", "--port", "0", "--scheduler-file", str(place))
        until(lambda: place.exists() and place.read_text().endswith("}"))
        self.address = json.loads(place.read_text())["address"]
        for _ in range(2):
            self.start_worker()

    def start_worker(self) -> None:
        scratch = str(self.folder / "scratch")
        options = ("--no-nanny", "--nthreads", "1", "--local-directory", scratch, "--death-timeout", "60")
        self.run("worker", self.address, *options)

    def run(self, role: str, *options: str) -> None:
        tls = ("--tls-ca-file", self.tls.ca, "--tls-cert", self.tls.certificate, "--tls-key", self.tls.key)
        command = [sys.executable, "-m", "dask", role, "--protocol", "tls", "--host", "127.0.0.1"]
        with (self.folder / f"{role}-{len(self.processes)}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [*command, "--no-dashboard", *map(str, tls), *options],
                    cwd=ROOT,
                    env={
                        **os.environ,
                        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
                        "ZKPOOL_CORES": "1",
                    },
                    stdout=log,
                    stderr=log,
                )
            )

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    running = Cluster(folder, certificates(folder / "tls", trustme.CA()))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def observer(cluster: Cluster) -> Iterator[Client]:
    """A look at the cluster from beside the executor."""
    with Client(cluster.address, security=cluster.tls.security(), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        yield client


@pytest.fixture(scope="module")
def machine(cluster: Cluster, observer: Client, semaphore_circuit: Circuit) -> Iterator[Ump]:
    with Ump(DaskExecutor(cluster.address, cluster.tls), systems=[FaultySystem()]) as ump:
        ump.serve("semaphore", semaphore_circuit)
        yield ump


@pytest.fixture
def submit(machine: Ump, sample: Sample) -> Callable[..., JobHandle]:
    inputs = sample(machine.circuit("semaphore"))

    def ask(verb: str = "", **options: Any) -> JobHandle:
        return machine.submit("semaphore", inputs, PROVER, seed=verb.encode() or None, **options)

    return ask


def begun(handle: JobHandle) -> None:
    until(lambda: handle.progress[0] in ("begun", "working"))


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(path.parent.name))
    return found


def test_cluster__makes_proofs_that_hold_here(machine: Ump, submit: Callable[..., JobHandle]) -> None:
    assert isinstance(machine.executor, Executor)
    handles = [submit() for _ in range(3)]
    for handle in handles:
        made = handle.result(PATIENCE)
        assert machine.verify("semaphore", made.signals, made.proof_bytes)
        assert handle.attempts == 1
    stages = [stage for stage, _ in handles[-1].steps]
    assert {"witness", "msm_a", "msm_h", "check"} < set(stages)
    assert stages[-1] == "done"
    assert machine.estimate("semaphore").measurement_count == 3


def test_cluster__errors_and_limits__come_back_by_name(
    machine: Ump, submit: Callable[..., JobHandle]
) -> None:
    with pytest.raises(WorkerFault) as caught:
        submit("raise").result(PATIENCE)
    assert SECRET not in str(caught.value)
    with pytest.raises(JobTimeExceeded):
        submit("hang", limits=Limits(seconds=1.0)).result(PATIENCE)
    late = submit("hang", deadline=time.time() + 1.5)
    with pytest.raises(DeadlinePassed):
        late.result(PATIENCE)
    job = Job(replace(machine.circuit("semaphore"), key_sha256="00" * 32), "x:y")
    with pytest.raises(ManifestMalformed, match="another key"):
        machine.executor.submit(job).result(PATIENCE)


def test_cluster__cancel__frees_the_machines(submit: Callable[..., JobHandle]) -> None:
    handles = [submit("work") for _ in range(2)]
    for handle in handles:
        begun(handle)
        handle.cancel()
        with pytest.raises(JobCancelled):
            handle.result()
    started = time.monotonic()
    assert submit().result(PATIENCE).proof_bytes
    assert time.monotonic() - started < 25  # the cancelled ones would have worked for 30 s


def test_cluster__worker_killed_in_mid_job__the_other_one_makes_the_proof(
    cluster: Cluster, observer: Client, machine: Ump, submit: Callable[..., JobHandle]
) -> None:
    workers = observer.run(os.getpid)
    assert len(workers) == 2
    handle = submit("nap:3")
    begun(handle)
    (address,) = [address for address, keys in observer.processing().items() if keys]
    victim = workers[address]
    (orphan,) = children(victim)
    assert orphan
    os.kill(victim, signal.SIGKILL)
    made = handle.result(PATIENCE)
    assert machine.verify("semaphore", made.signals, made.proof_bytes)
    assert handle.attempts == 2
    assert set(observer.run(os.getpid)) == set(workers) - {address}
    until(lambda: not Path(f"/proc/{orphan}").exists(), 5)


def test_cluster__one_machine_left__jobs_go_by_deadline(submit: Callable[..., JobHandle]) -> None:
    blocker = submit("work")
    begun(blocker)
    now = time.time()
    handles = {seconds: submit(deadline=now + seconds) for seconds in (300, 100, 200)}
    assert all(handle.state is JobState.WAITING for handle in handles.values())
    blocker.cancel()
    for handle in handles.values():
        handle.result(PATIENCE)
    assert sorted(handles, key=lambda seconds: handles[seconds].ended_at or 0.0) == [100, 200, 300]


def test_cluster__close__ends_its_jobs(
    cluster: Cluster, observer: Client, machine: Ump, sample: Sample
) -> None:
    ump = Ump(DaskExecutor(cluster.address, cluster.tls), systems=[FaultySystem()])
    circuit = machine.circuit("semaphore")
    ump.serve(1, circuit)
    handles = [ump.submit(1, sample(circuit), PROVER, seed=b"work") for _ in range(2)]
    begun(handles[0])
    ump.close()
    for handle in handles:
        with pytest.raises(ExecutorClosed):
            handle.result(0)
    with pytest.raises(ExecutorClosed):
        ump.submit(1, sample(circuit), PROVER)
    assert machine.prove("semaphore", sample(circuit), PROVER).proof_bytes


CALLER = """
import json, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from tests.proving.faulty_system import FaultySystem
from zkpool_sdk.proving import Circuits, Ump
from zkpool_sdk.proving.cluster import DaskExecutor, TlsFiles
circuit = Circuits("build/circuits")["semaphore"]
ump = Ump(DaskExecutor(sys.argv[1], TlsFiles(*map(Path, sys.argv[2:]))), systems=[FaultySystem()])
ump.serve(1, circuit)
handle = ump.submit(1, json.loads(circuit.sample_input.read_text()), 1, seed=b"work")
while handle.progress[0] != "working":
    time.sleep(0.01)
print("working", flush=True)
time.sleep(60)
"""


def test_cluster__caller_killed__its_job_ends(
    cluster: Cluster, observer: Client, submit: Callable[..., JobHandle]
) -> None:
    files = (cluster.tls.ca, cluster.tls.certificate, cluster.tls.key)
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, cluster.address, *map(str, files)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        stdout=subprocess.PIPE,
    )
    try:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"working\n"
        assert any(observer.processing().values())
    finally:
        caller.kill()
        caller.communicate()
    until(lambda: not any(observer.processing().values()))
    started = time.monotonic()
    assert submit().result(PATIENCE).proof_bytes
    assert time.monotonic() - started < 25  # its job would have worked for 30 s, on the one machine left


def test_cluster__its_logs__hold_no_input(cluster: Cluster, submit: Callable[..., JobHandle]) -> None:
    inputs = submit().job.inputs
    assert inputs is not None
    secrets = {str(value) for values in inputs.values() for value in values if value > 1 << 64}
    assert secrets
    logs = cluster.logs()
    assert "zkpool-job" in logs or "tls://" in logs
    assert not any(secret in logs for secret in {*secrets, SECRET})
    assert repr(SealedJob({"inputs": "secret"}, "topic")) == "<SealedJob>"


def test_cluster__stranger__is_not_let_in(cluster: Cluster, tmp_path: Path) -> None:
    stranger = certificates(tmp_path / "own", trustme.CA())
    mixed = replace(stranger, ca=cluster.tls.ca)  # knows the cluster, has no certificate of it
    for files in (stranger, mixed):
        with pytest.raises(ClusterUnreachable):
            DaskExecutor(cluster.address, files, timeout_seconds=3)
    with pytest.raises(ClusterUnreachable):
        DaskExecutor(cluster.address.replace("tls://", "tcp://"), timeout_seconds=3)


def test_proving__without_a_cluster__loads_nothing_of_dask() -> None:
    code = (
        "import sys, zkpool_sdk.proving;"
        "print({m.split('.')[0] for m in sys.modules} & {'dask', 'distributed'})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("address", "has_certificate"),
    [
        ("tcp://10.0.0.7:8786", False),
        ("tcp://cluster.example:8786", False),
        ("tcp://127.0.0.1.example:8786", False),
        ("tls://10.0.0.7:8786", False),
        ("tls://127.0.0.1:8786", False),
        ("tcp://10.0.0.7:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("ws://127.0.0.1:8786", False),
        ("10.0.0.7:8786", False),
        ("", False),
    ],
)
def test_cluster__not_secured__is_refused_before_anything_is_sent(
    address: str, has_certificate: bool
) -> None:
    with pytest.raises(ClusterNotSecured):
        check_secured(address, has_certificate=has_certificate)
    if not has_certificate:
        with pytest.raises(ClusterNotSecured):
            DaskExecutor(address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786"])
def test_cluster__of_this_machine__needs_no_certificate(address: str) -> None:
    check_secured(address, has_certificate=False)
    check_secured("tls://10.0.0.7:8786", has_certificate=True)
