"""Executors: where jobs run. One interface; here the default, worker processes on this machine."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from zkpool_sdk.proving.jobs import Job, JobHandle
from zkpool_sdk.proving.memory import CAN_WATCH, machine_bytes
from zkpool_sdk.proving.pool import Pool, WorkerStatus
from zkpool_sdk.proving.schedule import Schedule

MAX_THREADS_PER_JOB: Final = 8
"""Beyond so many, two proofs side by side are done earlier than one after the other."""
RETRIES: Final = 1
"""A worker may die for reasons outside its job; a job that kills two is likely the reason itself."""


@runtime_checkable
class Executor(Protocol):
    """Runs jobs, the earliest deadline first. Safe to share between threads."""

    @property
    def description(self) -> str:
        """What it is, in a few words; measurements are kept by it."""

    def submit(self, job: Job) -> JobHandle:
        """Takes a job and returns at once."""

    def close(self) -> None:
        """Gives all jobs up and frees what they had; it takes no more. A second call does nothing."""


class LocalExecutor:
    """Worker processes of this machine: a crash, a kill or a limit costs one job and not the machine.

    Workers start when they are needed, keep their keys warm within the budget, and end with this process.

    Args:
        cores: threads at once, over all jobs; 0 means all cores of this process.
        threads_per_job: threads of a job that does not ask for a number; 0 means all, at most
            :data:`MAX_THREADS_PER_JOB`.
        key_memory_bytes: bound on all warm keys together; default: half of the machine's memory.
        retries: how often a job is made again whose worker died. Limits are never tried twice.

    Raises:
        ValueError: a number is negative.
    """

    def __init__(
        self,
        *,
        cores: int = 0,
        threads_per_job: int = 0,
        key_memory_bytes: int | None = None,
        retries: int = RETRIES,
    ) -> None:
        budget = machine_bytes() // 2 if key_memory_bytes is None else key_memory_bytes
        if min(cores, threads_per_job, budget, retries) < 0:
            raise ValueError("cores, threads, memory and retries are at least 0")
        cores = cores or usable_cores()
        self._schedule = Schedule(cores, threads_per_job or min(cores, MAX_THREADS_PER_JOB), budget)
        self._pool = Pool(self._schedule, retries)
        weakref.finalize(self, self._pool.close)

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def cores(self) -> int:
        """Threads at once, over all jobs."""
        return self._schedule.cores

    @property
    def threads_per_job(self) -> int:
        """Threads of a job that does not ask for a number."""
        return self._schedule.threads_per_job

    @property
    def key_memory_bytes(self) -> int:
        """Bound on all warm keys together."""
        return self._schedule.key_memory_bytes

    @property
    def description(self) -> str:
        """What it is, in a few words."""
        return f"local, {self.cores} cores, {self.threads_per_job} threads a job"

    @property
    def workers(self) -> tuple[WorkerStatus, ...]:
        """The worker processes there are."""
        return self._pool.statuses

    @property
    def loads(self) -> Mapping[str, int]:
        """How often each key, by its hash, was loaded so far."""
        return dict(self._pool.loads)

    def submit(self, job: Job) -> JobHandle:
        """Takes a job and returns at once.

        Raises:
            ExecutorClosed: it was closed, or belongs to the process this one was forked from.
            OSError: a memory limit is asked for where memory cannot be watched.
        """
        if job.limits.memory_bytes is not None and not CAN_WATCH:
            raise OSError("memory limits need Linux's /proc")
        handle = JobHandle(job, self._cancel)
        self._pool.submit(handle)
        return handle

    def close(self) -> None:
        """Kills all workers and returns when they are gone; jobs end with ``ExecutorClosed``."""
        self._pool.close()

    def _cancel(self, handle: JobHandle) -> None:
        self._pool.cancel(handle)


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
