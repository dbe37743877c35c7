"""The worker processes of one machine and the thread that looks after them.

One thread owns all of the pool's state; other threads hand it commands. Workers are fresh interpreters, never
forks of this process, and inherit nothing of its environment but what :data:`_INHERITED` names.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from zkpool_sdk.proving import wire
from zkpool_sdk.proving.errors import (
    DeadlinePassed,
    ExecutorClosed,
    JobCancelled,
    JobMemoryExceeded,
    JobTimeExceeded,
    KeyMemoryExceeded,
    ProvingError,
    WorkerDied,
)
from zkpool_sdk.proving.jobs import ENDED, LOAD, Job, JobHandle, ProofResult
from zkpool_sdk.proving.memory import held_bytes
from zkpool_sdk.proving.schedule import KeySize, LoadedKey, Schedule, Start

WATCH_SECONDS: Final = 0.02
"""How often time, memory and deadlines of running jobs are looked at; a look takes 0.02 ms."""
CANCEL_SECONDS: Final = 0.2
"""How long a worker may take to give a job up by itself, and so keep its keys; then it is killed."""
LINGER_SECONDS: Final = 1.0
"""How long a worker that closed its socket may take to end."""
MAX_STAGES: Final = 1 << 12  # that a worker may tell of a job: they are kept as long as its handle

_RECEIVE_BYTES: Final = 1 << 20
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "ZKPOOL_BACKEND")
"""A private key in the environment of this process is none of a worker's business."""


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker as it is now.

    Attributes:
        pid: its process.
        circuit: circuit of the job it has; ``None`` when it is idle.
        keys: hashes of the proving keys that it keeps warm, the least recently used first.
    """

    pid: int
    circuit: str | None
    keys: tuple[str, ...]


@dataclass(slots=True)
class _Ticket:
    """A job in the pool."""

    number: int
    handle: JobHandle
    worker: int = 0
    threads: int = 0
    started_at: float = 0.0
    peak_bytes: int = 0
    stages: int = 0
    kill_at: float | None = None
    """When its worker is killed that was asked to give the job up."""
    verdict: ProvingError | None = None
    """Why its worker was killed."""


@dataclass(slots=True)
class _Process:
    """A worker process and the socket to it."""

    number: int
    process: subprocess.Popen[bytes]
    channel: socket.socket
    frames: wire.Frames = field(default_factory=lambda: wire.Frames(wire.MAX_REPLY_BYTES, wire.MAX_BRACKETS))
    unsent: bytearray = field(default_factory=bytearray)
    ticket: _Ticket | None = None


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


class Pool:
    """Runs jobs in worker processes by a :class:`Schedule`.

    Args:
        schedule: the rules; the pool's from now on.
        retries: how often a job is made again whose worker died.
    """

    def __init__(self, schedule: Schedule, retries: int) -> None:
        self._schedule = schedule
        self._retries = retries
        self._owner = os.getpid()
        self._commands: deque[Callable[[], None]] = deque()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None
        self._entering = threading.Lock()
        self._closed = False
        self._numbers = 0
        self._tickets: dict[int, _Ticket] = {}
        self._of_handle: dict[JobHandle, _Ticket] = {}
        self._workers: dict[int, _Process] = {}
        self._sizes: dict[str, KeySize] = {}
        self._unloads: dict[str, bytes] = {}
        self.loads: Counter[str] = Counter()
        self.statuses: tuple[WorkerStatus, ...] = ()
        _pools.add(self)

    # Called from any thread

    def submit(self, handle: JobHandle) -> None:
        """Takes a job.

        Raises:
            ExecutorClosed: the pool is closed, or this process is a fork of its owner.
        """
        if os.getpid() != self._owner:
            raise ExecutorClosed(f"this executor belongs to process {self._owner}; make one after the fork")
        with self._entering:
            if self._closed:
                raise ExecutorClosed("the executor is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="zkpool-executor", daemon=True)
                self._thread.start()
            self._command(lambda: self._add(handle))

    def cancel(self, handle: JobHandle) -> None:
        """Gives a job up that its handle has ended."""
        self._command(lambda: self._give_up(handle))

    def close(self) -> None:
        """Ends all jobs and workers, and returns when they are gone. In a fork of the owner nothing."""
        if os.getpid() != self._owner:
            return
        with self._entering:
            self._closed = True
        self._command(lambda: None)
        if self._thread is None:
            self._stop()
        elif self._thread is not threading.current_thread():
            self._thread.join()

    def abandon(self) -> None:
        """In a fork of the owner: lets go of the owner's sockets, so that workers see when it ends."""
        self._closed = True
        for worker in self._workers.values():
            worker.channel.close()
        self._wake.close()
        self._woken.close()
        self._selector.close()

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        with suppress(BlockingIOError, OSError):  # full: it will wake anyway; closed: nobody is there
            self._wake.send(b"\0")

    # The pool's own thread

    def _run(self) -> None:
        try:
            while not self._closed:
                self._turn()
        finally:
            self._stop()

    def _turn(self) -> None:
        for key, events in self._selector.select(self._pause()):
            worker: _Process | None = key.data
            if worker is None:
                with suppress(BlockingIOError):
                    self._woken.recv(_RECEIVE_BYTES)
                continue
            if events & selectors.EVENT_WRITE:
                self._flush(worker)
            if events & selectors.EVENT_READ:
                self._receive(worker)
        while self._commands:
            self._commands.popleft()()
        self._watch()
        while (start := self._schedule.next()) is not None:
            self._start(start)
        self._note_statuses()

    def _pause(self) -> float | None:
        """How long nothing needs to be looked at; ``None`` until something comes."""
        if any(worker.ticket is not None for worker in self._workers.values()):
            return WATCH_SECONDS
        ends = [t.handle.job.deadline for t in self._tickets.values() if t.handle.job.deadline is not None]
        return max(0.0, min(ends) - time.time()) if ends else None

    def _add(self, handle: JobHandle) -> None:
        job = handle.job
        if handle.state in ENDED:
            return
        if self._closed:
            handle.fail(ExecutorClosed("the executor was closed before the job was done"))
            return
        key = _key_of(job)
        try:
            size = self._sizes.get(key) or KeySize(job.circuit.proving_key.stat().st_size)
            unload = {"unload": wire.circuit_message(job.circuit), "system": job.system}
            self._unloads[key] = wire.frame(unload)
        except Exception as error:  # no file, or a circuit that is none: this job fails alone
            handle.fail(error)
            return
        self._sizes[key] = size
        if not self._schedule.fits(size):
            handle.fail(self._too_large(handle, size))
            return
        self._numbers += 1
        ticket = _Ticket(self._numbers, handle)
        self._tickets[ticket.number] = ticket
        self._of_handle[handle] = ticket
        self._queue(ticket, size)

    def _queue(self, ticket: _Ticket, size: KeySize) -> None:
        job = ticket.handle.job
        self._schedule.add(ticket.number, job.deadline, _key_of(job), size, job.threads)

    def _start(self, start: Start) -> None:
        ticket = self._tickets[start.job]
        self._evict(start.evicted)
        try:
            message = wire.job_message(replace(ticket.handle.job, threads=start.threads))
            text = wire.frame({"number": ticket.number, "job": message})
            worker = self._workers.get(start.worker) or self._new_worker(start.worker)
        except Exception as error:  # values of wrong types, or no process to be had: this job fails alone
            self._evict(self._schedule.finish(ticket.number, keep=False))
            self._end(ticket, error)
            return
        ticket.worker, ticket.threads, ticket.started_at = start.worker, start.threads, time.monotonic()
        worker.ticket = ticket
        ticket.handle.started()
        self._send(worker, text)

    def _new_worker(self, number: int) -> _Process:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        environment["RAYON_NUM_THREADS"] = str(self._schedule.cores)  # what compiles programs uses it
        command = [
            sys.executable,
            "-P",
            "-m",
            "zkpool_sdk.proving.worker",
            str(theirs.fileno()),
            str(os.getpid()),
        ]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C in a terminal is for this process alone
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        worker = _Process(number, process, ours)
        self._workers[number] = worker
        self._selector.register(ours, selectors.EVENT_READ, worker)
        return worker

    def _send(self, worker: _Process, text: bytes) -> None:
        worker.unsent += text
        self._flush(worker)

    def _flush(self, worker: _Process) -> None:
        try:
            while worker.unsent:
                del worker.unsent[: worker.channel.send(worker.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            worker.unsent.clear()  # it is gone; reading from it will say so
        if worker.channel.fileno() >= 0:
            writing = selectors.EVENT_WRITE if worker.unsent else 0
            self._selector.modify(worker.channel, selectors.EVENT_READ | writing, worker)

    def _receive(self, worker: _Process) -> None:
        try:
            data = worker.channel.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._bury(worker)
            return
        try:
            for message in worker.frames.feed(data):
                self._hear(worker, message)
        except Exception:  # whatever it told: nothing of it may end this thread
            if worker.ticket is not None:
                handle = worker.ticket.handle
                worker.ticket.verdict = WorkerDied(
                    handle.job.circuit.name, "it told nonsense", handle.attempts
                )
            worker.process.kill()  # its end comes through the socket

    def _hear(self, worker: _Process, message: wire.Message) -> None:
        ticket = worker.ticket
        if ticket is None or message["number"] != ticket.number:
            raise ValueError("a reply to nothing")
        handle, circuit = ticket.handle, ticket.handle.job.circuit
        if "stage" in message:
            ticket.stages += 1
            if ticket.stages > MAX_STAGES:
                raise ValueError("progress without end")
            self.loads[circuit.key_sha256] += message["stage"] == LOAD
            handle.report(str(message["stage"])[:100], float(message["part"]))
            return
        outcome: ProofResult | Exception
        if "made" in message:
            outcome = replace(wire.result_of(message["made"]), peak_bytes=ticket.peak_bytes)
        elif "refused" in message:
            outcome = wire.error_of(message["refused"])
        else:
            outcome = JobCancelled(circuit.name)
        size = self._settle_key(ticket, int(message["key_bytes"]))
        if handle.job.inputs is None and not self._schedule.fits(size):
            outcome = self._too_large(handle, size)
        worker.ticket = None
        self._end(ticket, outcome)

    def _settle_key(self, ticket: _Ticket, key_bytes: int) -> KeySize:
        """Frees what the job had, and keeps its key warm if there is room for what it really takes."""
        key = _key_of(ticket.handle.job)
        size = self._sizes[key]
        if key_bytes <= 0:  # it was not loaded, so there is nothing to unload
            self._evict(self._schedule.finish(ticket.number, keep=False)[1:])
            return size
        file_bytes = min(size.shared_bytes, key_bytes)
        size = self._sizes[key] = KeySize(file_bytes, key_bytes - file_bytes)
        self._evict(self._schedule.resize(LoadedKey(ticket.worker, key), size))
        self._evict(self._schedule.finish(ticket.number, keep=self._schedule.fits(size)))
        return size

    def _evict(self, leaving: Iterable[LoadedKey]) -> None:
        for loaded in leaving:
            if loaded.worker in self._workers:
                self._send(self._workers[loaded.worker], self._unloads[loaded.key])

    def _watch(self) -> None:
        """Holds running jobs to their limits, and all jobs to their deadlines."""
        for worker in list(self._workers.values()):
            if worker.ticket is not None:
                self._watch_job(worker, worker.ticket)
            if worker.process.poll() is not None:  # a fork of ours may hold the socket open: look there too
                self._receive(worker)
                if worker.number in self._workers:
                    self._bury(worker)
        now = time.time()
        for ticket in list(self._tickets.values()):
            deadline = ticket.handle.job.deadline
            if deadline is not None and deadline <= now and ticket.handle.state not in ENDED:
                ticket.handle.fail(DeadlinePassed(ticket.handle.job.circuit.name))
                self._give_up(ticket.handle)

    def _watch_job(self, worker: _Process, ticket: _Ticket) -> None:
        job, now = ticket.handle.job, time.monotonic()
        held = held_bytes(worker.process.pid)
        ticket.peak_bytes = max(ticket.peak_bytes, held)
        limits, name = job.limits, job.circuit.name
        if ticket.verdict is None and limits.memory_bytes is not None and held > limits.memory_bytes:
            ticket.verdict = JobMemoryExceeded(name, held, limits.memory_bytes)
        if ticket.verdict is None and limits.seconds is not None and now - ticket.started_at > limits.seconds:
            ticket.verdict = JobTimeExceeded(name, limits.seconds)
        if ticket.verdict is not None or (ticket.kill_at is not None and now >= ticket.kill_at):
            worker.process.kill()

    def _give_up(self, handle: JobHandle) -> None:
        ticket = self._of_handle.get(handle)
        if ticket is None:
            return
        worker = self._workers.get(ticket.worker)
        if worker is None or worker.ticket is not ticket:
            self._schedule.withdraw(ticket.number)
            self._drop(ticket)
        elif ticket.kill_at is None:
            ticket.kill_at = time.monotonic() + CANCEL_SECONDS
            self._send(worker, wire.frame({"cancel": ticket.number}))

    def _bury(self, worker: _Process) -> None:
        """Forgets a worker that closed its socket; its job is made again, or fails."""
        self._selector.unregister(worker.channel)
        worker.channel.close()
        status = _end_process(worker.process)
        del self._workers[worker.number]
        self._schedule.lose(worker.number)
        ticket = worker.ticket
        if ticket is None:
            return
        handle = ticket.handle
        if ticket.verdict is None and handle.state not in ENDED and handle.attempts <= self._retries:
            handle.lost()
            ticket.worker, ticket.kill_at = 0, None
            self._queue(ticket, self._sizes[_key_of(handle.job)])
            return
        reason = f"killed by signal {-status}" if status < 0 else f"ended with status {status}"
        self._end(ticket, ticket.verdict or WorkerDied(handle.job.circuit.name, reason, handle.attempts))

    def _end(self, ticket: _Ticket, outcome: ProofResult | Exception) -> None:
        self._drop(ticket)
        if isinstance(outcome, ProofResult):
            ticket.handle.finish(outcome)
        else:
            ticket.handle.fail(outcome)

    def _drop(self, ticket: _Ticket) -> None:
        del self._tickets[ticket.number]
        del self._of_handle[ticket.handle]

    def _too_large(self, handle: JobHandle, size: KeySize) -> KeyMemoryExceeded:
        name, limit_bytes = handle.job.circuit.name, self._schedule.key_memory_bytes
        return KeyMemoryExceeded(name, size.total_bytes, limit_bytes)

    def _note_statuses(self) -> None:
        keys: dict[int, list[str]] = {}
        for loaded in self._schedule.loaded:
            keys.setdefault(loaded.worker, []).append(loaded.key.partition(" ")[0])
        self.statuses = tuple(
            WorkerStatus(
                worker.process.pid,
                worker.ticket.handle.job.circuit.name if worker.ticket is not None else None,
                tuple(keys.get(worker.number, ())),
            )
            for worker in self._workers.values()
        )

    def _stop(self) -> None:
        """Ends everything; the thread's last act."""
        with self._entering:
            self._closed = True
        while self._commands:
            self._commands.popleft()()
        for worker in self._workers.values():
            worker.process.kill()
        for worker in self._workers.values():
            worker.process.wait()
            worker.channel.close()
        for ticket in self._tickets.values():
            ticket.handle.fail(ExecutorClosed("the executor was closed before the job was done"))
        self._workers.clear()
        self._tickets.clear()
        self._of_handle.clear()
        self.statuses = ()
        self._selector.close()
        self._wake.close()
        self._woken.close()


def _key_of(job: Job) -> str:
    """A key as the schedule knows it: its hash, and the system that loads it."""
    return f"{job.circuit.key_sha256} {job.system}"


def _end_process(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process that is ending; it is killed if it lingers."""
    try:
        return process.wait(LINGER_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _abandon_all() -> None:
    for pool in list(_pools):
        pool.abandon()


os.register_at_fork(after_in_child=_abandon_all)
