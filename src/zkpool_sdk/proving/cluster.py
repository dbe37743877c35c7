"""An operator's own cluster: the same jobs on the machines of a Dask cluster, over mutual TLS.

Needs the ``cluster`` extra. Each Dask worker hands its jobs to worker processes of its own machine
(:class:`LocalExecutor`), so limits, cancelling and warm keys work there as they do here. Circuits are not
sent: every machine has its own folder of them, and a job whose key is another than the caller's is refused.
"""

from __future__ import annotations

import heapq
import ipaddress
import math
import os
import queue
import ssl
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from distributed import Client, Future, KilledWorker, Security, get_worker

from zkpool_sdk.proving import wire
from zkpool_sdk.proving.circuit import Circuits
from zkpool_sdk.proving.errors import (
    ClusterNotSecured,
    ClusterUnreachable,
    DeadlinePassed,
    ExecutorClosed,
    JobCancelled,
    ManifestMalformed,
    ProvingError,
    WorkerDied,
)
from zkpool_sdk.proving.executor import LocalExecutor
from zkpool_sdk.proving.jobs import ENDED, Job, JobHandle

CORES_VARIABLE: Final = "ZKPOOL_CORES"
"""Environment variable of a Dask worker: cores for its jobs; default: all."""
KEY_MEMORY_VARIABLE: Final = "ZKPOOL_KEY_MEMORY_BYTES"
"""Environment variable of a Dask worker: budget of its warm keys; default: half of its memory."""

CONNECT_SECONDS: Final = 10.0
TURN_SECONDS: Final = 0.1
"""How often deadlines are looked at here, and progress and cancelling there."""
SLOTS_SECONDS: Final = 1.0
"""How often the scheduler is asked how many jobs its workers take."""
_CONNECTED: Final = ("running", "connecting")
"""States of a client that has its scheduler, or looks for it again."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What proves this machine to the cluster, and the cluster to it: PEM files.

    Attributes:
        ca: certificate of the cluster's own authority. Whoever has a certificate of it may run code on every
            machine of the cluster, so it signs for nothing else.
        certificate: this machine's, signed by it.
        key: its private key.
    """

    ca: Path
    certificate: Path
    key: Path

    def security(self) -> Security:
        """The same for Dask: both sides show a certificate, TLS 1.3, never in the clear."""
        return Security(
            require_encryption=True,
            tls_ca_file=str(self.ca),
            tls_client_cert=str(self.certificate),
            tls_client_key=str(self.key),
            tls_min_version=ssl.TLSVersion.TLSv1_3,
        )


class SealedJob:
    """A job on its way. Dask writes arguments of failed tasks into its logs: this one shows nothing."""

    def __init__(self, message: wire.Message, topic: str) -> None:
        self.message: Final = message
        self.topic: Final = topic

    def __repr__(self) -> str:
        return "<SealedJob>"


@dataclass(slots=True)
class _Sent:
    """A job that the cluster has."""

    handle: JobHandle
    future: Future[wire.Message] | None = None


class DaskExecutor:
    """Runs jobs on a Dask cluster, the earliest deadline first, as many at once as its workers have threads.

    A job whose machine goes away is made by another one.

    Args:
        address: the scheduler's, such as ``tls://10.0.0.1:8786``; ``tcp://`` only on this machine.
        tls: this machine's certificate; needed unless the address is ``tcp://`` on this machine.
        timeout_seconds: how long to try to connect.

    Raises:
        ClusterNotSecured: the address is beyond this machine and not secured.
        ClusterUnreachable: nobody answers, or the certificates are not accepted.
    """

    def __init__(
        self, address: str, tls: TlsFiles | None = None, *, timeout_seconds: float = CONNECT_SECONDS
    ) -> None:
        check_secured(address, has_certificate=tls is not None)
        self.address: Final = address
        try:
            client: Client = Client(
                address,
                security=tls.security() if tls is not None else None,
                timeout=timeout_seconds,
                set_as_default=False,
            )
        except (OSError, ValueError) as error:  # ssl.SSLError and TimeoutError are OSErrors
            raise ClusterUnreachable(address, str(error)) from None
        self._desk = _Desk(client, address)
        weakref.finalize(self, self._desk.close)

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def description(self) -> str:
        """What it is, in a few words."""
        return f"cluster at {self.address}"

    def submit(self, job: Job) -> JobHandle:
        """Takes a job and returns at once.

        Raises:
            ExecutorClosed: it was closed.
        """
        handle = JobHandle(job, self._cancel)
        self._desk.submit(handle)
        return handle

    def close(self) -> None:
        """Gives all jobs up and leaves the cluster, which goes on."""
        self._desk.close()

    def _cancel(self, handle: JobHandle) -> None:
        self._desk.cancel(handle)


class _Desk:
    """The thread that deals with the cluster. It owns all state; others hand it commands."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._owner = os.getpid()
        self._topic = f"zkpool-{uuid4().hex}"
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: list[tuple[float, int, JobHandle]] = []
        self._sent: dict[str, _Sent] = {}
        self._order = 0
        self._slots = 0
        self._slots_until = 0.0
        self._closed = False
        self._entering = threading.Lock()
        client.subscribe_topic(self._topic, self._hear)
        self._thread = threading.Thread(target=self._run, name="zkpool-cluster", daemon=True)
        self._thread.start()

    # Called from any thread

    def submit(self, handle: JobHandle) -> None:
        if os.getpid() != self._owner:
            raise ExecutorClosed(f"this executor belongs to process {self._owner}; make one after the fork")
        with self._entering:
            if self._closed:
                raise ExecutorClosed("the executor is closed")
            self._commands.put(lambda: self._add(handle))

    def cancel(self, handle: JobHandle) -> None:
        self._commands.put(lambda: self._give_up(handle))

    def close(self) -> None:
        if os.getpid() != self._owner:
            return
        with self._entering:
            self._closed = True
        self._commands.put(lambda: None)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Progress, on the client's own thread."""
        _, told = event
        sent = self._sent.get(str(told["key"]))
        if sent is None:
            return
        if "stage" in told:
            sent.handle.report(str(told["stage"]), float(told["part"]))
        else:
            sent.handle.started()

    # The desk's own thread

    def _run(self) -> None:
        try:
            while not self._closed:
                with suppress(queue.Empty):
                    self._commands.get(timeout=TURN_SECONDS)()
                    while True:
                        self._commands.get_nowait()()
                self._turn()
        finally:
            self._stop()

    def _turn(self) -> None:
        if self._client.status not in _CONNECTED:
            self._end_all(ClusterUnreachable(self._address, "its scheduler is gone"))
            return
        now = time.time()
        for handle in [handle for _, _, handle in self._waiting] + [s.handle for s in self._sent.values()]:
            deadline = handle.job.deadline
            if deadline is not None and deadline <= now and handle.state not in ENDED:
                handle.fail(DeadlinePassed(handle.job.circuit.name))
                self._give_up(handle)
        if self._waiting and time.monotonic() >= self._slots_until:
            self._slots = self._count_slots()
            self._slots_until = time.monotonic() + SLOTS_SECONDS
        while self._waiting and len(self._sent) < self._slots:
            _, _, handle = heapq.heappop(self._waiting)
            self._send(handle)

    def _count_slots(self) -> int:
        """Jobs the cluster takes at once; 0 while its scheduler cannot be asked."""
        with suppress(OSError, ValueError):
            return sum(self._client.nthreads().values())
        return 0

    def _add(self, handle: JobHandle) -> None:
        if handle.state in ENDED:
            return
        deadline = handle.job.deadline
        self._order += 1
        heapq.heappush(self._waiting, (math.inf if deadline is None else deadline, self._order, handle))

    def _send(self, handle: JobHandle) -> None:
        try:
            sealed = SealedJob(wire.job_message(handle.job), self._topic)
        except Exception as error:  # values of wrong types: this job's fault alone
            handle.fail(error)
            return
        key = f"zkpool-job-{uuid4().hex}"
        sent = self._sent[key] = _Sent(handle)
        try:
            sent.future = self._client.submit(run_job, sealed, key=key, pure=False)
        except (OSError, ValueError, RuntimeError) as error:
            del self._sent[key]
            handle.fail(ClusterUnreachable(self._address, str(error)))
            return
        sent.future.add_done_callback(lambda _: self._commands.put(lambda: self._take(key)))

    def _take(self, key: str) -> None:
        """Settles a job that the cluster is done with."""
        sent = self._sent.pop(key, None)
        if sent is None or sent.future is None:
            return
        handle, circuit = sent.handle, sent.handle.job.circuit.name
        try:
            reply = sent.future.result(timeout=CONNECT_SECONDS)
            if "made" in reply:
                handle.finish(wire.result_of(reply["made"]))
            else:
                handle.fail(wire.error_of(reply["refused"]))
        except KilledWorker:
            handle.fail(WorkerDied(circuit, "every machine that had it went away", handle.attempts))
        except Exception as error:  # the scheduler lost the job, or what came back is no reply
            handle.fail(ClusterUnreachable(self._address, f"lost the job ({type(error).__name__})"))
        sent.future.release()

    def _give_up(self, handle: JobHandle) -> None:
        self._waiting = [entry for entry in self._waiting if entry[2] is not handle]
        heapq.heapify(self._waiting)
        for key in [key for key, sent in self._sent.items() if sent.handle is handle]:
            future = self._sent.pop(key).future
            if future is not None:
                with suppress(OSError, ValueError, RuntimeError):
                    future.cancel(reason="given up", force=True)

    def _end_all(self, error: ProvingError) -> None:
        for handle in [handle for _, _, handle in self._waiting] + [s.handle for s in self._sent.values()]:
            handle.fail(error)
            self._give_up(handle)

    def _stop(self) -> None:
        with self._entering:
            self._closed = True
        with suppress(queue.Empty):
            while True:
                self._commands.get_nowait()()
        self._end_all(ExecutorClosed("the executor was closed before the job was done"))
        with suppress(OSError, ValueError, RuntimeError, TimeoutError):
            self._client.close(timeout=CONNECT_SECONDS)


def check_secured(address: str, *, has_certificate: bool) -> None:
    """Refuses a cluster that others could listen to or join.

    Raises:
        ClusterNotSecured: plain TCP beyond this machine, TLS without a certificate, or another scheme.
    """
    parts = urlsplit(address)
    if parts.scheme == "tls":
        if not has_certificate:
            raise ClusterNotSecured(address, "needs `tls`: authority, certificate and key of this machine")
    elif parts.scheme != "tcp" or has_certificate:
        raise ClusterNotSecured(address, "give its address as tls://host:port")
    elif not _is_loopback(parts.hostname or ""):
        raise ClusterNotSecured(address, "plain TCP is for this machine alone; give it as tls://host:port")


def run_job(sealed: SealedJob) -> wire.Message:
    """One job on a Dask worker, in a worker process of its machine; the reply tells of errors too.

    It ends when nobody wants it any more: it was cancelled, or its caller is gone.
    """
    worker = get_worker()
    key = worker.get_current_task()
    job = wire.job_of(sealed.message)
    told = 0
    try:
        for address in (worker.address, worker.scheduler.address):
            check_secured(address, has_certificate=address.startswith("tls://"))
        circuit = _circuits()[job.circuit.name]
        if circuit.key_sha256 != job.circuit.key_sha256:
            raise ManifestMalformed(str(circuit.proving_key), "is another key than the caller's")
        worker.log_event(sealed.topic, {"key": key})
        handle = _machine().submit(replace(job, circuit=circuit))
        while True:
            ended = handle.wait(TURN_SECONDS)
            steps = handle.steps
            for stage, part in steps[told:]:
                worker.log_event(sealed.topic, {"key": key, "stage": stage, "part": part})
            told = len(steps)
            if ended:
                return {"made": wire.result_message(handle.result())}
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                handle.cancel()
                raise JobCancelled(circuit.name)
    except Exception as error:
        return {"refused": wire.error_message(job.circuit.name, error)}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _circuits() -> Circuits:
    """The circuits of a Dask worker's machine."""
    return Circuits()


_opening = threading.Lock()


def _machine() -> LocalExecutor:
    """The worker processes of a Dask worker's machine, which all its jobs share."""
    with _opening:
        return _open_machine()


@cache
def _open_machine() -> LocalExecutor:
    budget = os.environ.get(KEY_MEMORY_VARIABLE)
    return LocalExecutor(
        cores=int(os.environ.get(CORES_VARIABLE, "0")),
        key_memory_bytes=int(budget) if budget is not None else None,
    )
