"""Which job runs next, in which worker and with how many threads. Pure: no processes, no clock, no locks.

Laws, each held by a test: the earliest deadline goes first and nobody overtakes it; threads of running jobs
never add up to more than the cores; loaded keys never add up to more than the budget; the key of a running
job stays; of the other keys the least recently used leaves first.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KeySize:
    """What a loaded key takes.

    Attributes:
        shared_bytes: of its file, mapped: counted once, however many workers map it.
        private_bytes: of its tables: counted for each worker.
    """

    shared_bytes: int
    private_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """What the key takes in one worker."""
        return self.shared_bytes + self.private_bytes


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key in a worker."""

    worker: int
    key: str


@dataclass(frozen=True, slots=True)
class Start:
    """A job that starts now.

    Attributes:
        job: its number.
        worker: where; a number not seen before means a new worker.
        threads: how many it may use.
        evicted: keys that leave before it starts.
    """

    job: int
    worker: int
    threads: int
    evicted: tuple[LoadedKey, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    key: str
    size: KeySize
    threads: int


@dataclass(frozen=True, slots=True)
class _Running:
    loaded: LoadedKey
    threads: int


class Schedule:
    """The jobs and keys of one machine.

    Args:
        cores: threads at once, over all jobs.
        threads_per_job: threads of a job that does not say how many it wants.
        key_memory_bytes: bound on all loaded keys together.
    """

    def __init__(self, cores: int, threads_per_job: int, key_memory_bytes: int) -> None:
        self.cores: Final = cores
        self.threads_per_job: Final = threads_per_job
        self.key_memory_bytes: Final = key_memory_bytes
        self._order: list[tuple[float, int, int]] = []
        self._waiting: dict[int, _Waiting] = {}
        self._running: dict[int, _Running] = {}
        self._workers: set[int] = set()
        self._sizes: dict[LoadedKey, KeySize] = {}
        self._used: dict[LoadedKey, int] = {}
        self._ticks = 0
        self._last_worker = 0

    @property
    def waiting(self) -> tuple[int, ...]:
        """Jobs that wait, the next one first."""
        return tuple(job for _, _, job in sorted(self._order) if job in self._waiting)

    @property
    def running(self) -> dict[int, LoadedKey]:
        """Jobs that run: where, and with which key."""
        return {job: running.loaded for job, running in self._running.items()}

    @property
    def workers(self) -> frozenset[int]:
        """Workers there are, busy and idle."""
        return frozenset(self._workers)

    @property
    def loaded(self) -> tuple[LoadedKey, ...]:
        """Keys in workers, the least recently used first."""
        return tuple(sorted(self._sizes, key=self._used.__getitem__))

    @property
    def free_cores(self) -> int:
        """Cores that no job has."""
        return self.cores - sum(running.threads for running in self._running.values())

    @property
    def used_bytes(self) -> int:
        """What all loaded keys take."""
        return _bytes(self._sizes)

    def fits(self, size: KeySize) -> bool:
        """Whether a key of this size can ever be loaded."""
        return size.total_bytes <= self.key_memory_bytes

    def add(self, job: int, deadline: float | None, key: str, size: KeySize, threads: int = 0) -> None:
        """Puts a job among the waiting ones.

        Args:
            job: a number that no other waiting or running job has.
            deadline: any scale; ``None`` comes after all others. Equal ones go in the order they came.
            key: name of the key it needs.
            size: what the key takes, as far as known. It must fit.
            threads: at most so many; 0 leaves it to the schedule.
        """
        self._ticks += 1
        heapq.heappush(self._order, (math.inf if deadline is None else deadline, self._ticks, job))
        self._waiting[job] = _Waiting(key, size, threads)

    def withdraw(self, job: int) -> None:
        """Takes a waiting job back."""
        del self._waiting[job]
        if not self._waiting:
            self._order.clear()

    def next(self) -> Start | None:
        """Starts the first waiting job, if there are a core and memory for it.

        A job starts with fewer threads than it wants rather than wait for more.
        """
        free = self.free_cores
        while self._order and self._order[0][2] not in self._waiting:
            heapq.heappop(self._order)
        if not self._order or free == 0:
            return None
        job = self._order[0][2]
        waiting = self._waiting[job]
        loaded = LoadedKey(self._worker_for(waiting.key), waiting.key)
        evicted = self._room(loaded, self._sizes.get(loaded, waiting.size))
        if evicted is None:
            return None
        heapq.heappop(self._order)
        del self._waiting[job]
        for leaving in evicted:
            self._forget(leaving)
        self._workers.add(loaded.worker)
        self._last_worker = max(self._last_worker, loaded.worker)
        self._sizes.setdefault(loaded, waiting.size)
        self._touch(loaded)
        threads = min(waiting.threads or self.threads_per_job, free)
        self._running[job] = _Running(loaded, threads)
        return Start(job, loaded.worker, threads, evicted)

    def resize(self, loaded: LoadedKey, size: KeySize) -> tuple[LoadedKey, ...]:
        """Says what a key really takes; returns the keys that leave because of it."""
        self._sizes[loaded] = size
        return self._trim()

    def finish(self, job: int, *, keep: bool = True) -> tuple[LoadedKey, ...]:
        """Frees what a running job had; returns the keys that leave.

        Args:
            job: the job.
            keep: its key is loaded and may stay warm.
        """
        loaded = self._running.pop(job).loaded
        if not keep:
            self._forget(loaded)
            return (loaded, *self._trim())
        self._touch(loaded)
        return self._trim()

    def lose(self, worker: int) -> tuple[int, ...]:
        """Forgets a worker that is gone, with its keys; returns the jobs it was running."""
        self._workers.discard(worker)
        lost = tuple(job for job, running in self._running.items() if running.loaded.worker == worker)
        for job in lost:
            del self._running[job]
        for loaded in [loaded for loaded in self._sizes if loaded.worker == worker]:
            self._forget(loaded)
        return lost

    def _worker_for(self, key: str) -> int:
        """An idle worker that has the key, else any idle one, else a new one."""
        busy = {running.loaded.worker for running in self._running.values()}
        idle = self._workers - busy
        warm = [loaded for loaded in self._sizes if loaded.key == key and loaded.worker in idle]
        if warm:
            return max(warm, key=self._used.__getitem__).worker
        return min(idle) if idle else self._last_worker + 1

    def _room(self, wanted: LoadedKey, size: KeySize) -> tuple[LoadedKey, ...] | None:
        """Keys that must leave so that ``wanted`` fits; ``None`` if those in use leave no room for it."""
        staying = {**self._sizes, wanted: size}
        in_use = {wanted, *(running.loaded for running in self._running.values())}
        evicted = []
        for loaded in self.loaded:
            if _bytes(staying) <= self.key_memory_bytes:
                break
            if loaded not in in_use:
                del staying[loaded]
                evicted.append(loaded)
        return tuple(evicted) if _bytes(staying) <= self.key_memory_bytes else None

    def _trim(self) -> tuple[LoadedKey, ...]:
        """Lets keys go until the rest fits, as far as none in use is touched."""
        in_use = {running.loaded for running in self._running.values()}
        evicted = []
        for loaded in self.loaded:
            if self.used_bytes <= self.key_memory_bytes:
                break
            if loaded not in in_use:
                self._forget(loaded)
                evicted.append(loaded)
        return tuple(evicted)

    def _touch(self, loaded: LoadedKey) -> None:
        self._ticks += 1
        self._used[loaded] = self._ticks

    def _forget(self, loaded: LoadedKey) -> None:
        del self._sizes[loaded]
        del self._used[loaded]


def _bytes(sizes: dict[LoadedKey, KeySize]) -> int:
    shared: dict[str, int] = {}
    for loaded, size in sizes.items():
        shared[loaded.key] = max(shared.get(loaded.key, 0), size.shared_bytes)
    return sum(shared.values()) + sum(size.private_bytes for size in sizes.values())
