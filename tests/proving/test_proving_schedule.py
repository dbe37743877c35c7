"""The schedule in random lives: who goes first, cores and memory that are never exceeded, keys that leave."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.profiles import scaled
from zkpool_sdk.proving.schedule import KeySize, LoadedKey, Schedule

SIZES = {
    "small": KeySize(2, 1),
    "medium": KeySize(4, 0),
    "large": KeySize(6, 2),
    "tables": KeySize(0, 3),
    "whole": KeySize(7, 3),
}
BUDGET = 10
FIRED: Counter[str] = Counter()


def total_bytes(keys: set[LoadedKey]) -> int:
    """What keys take together: a file once, tables in each worker."""
    files = {loaded.key: SIZES[loaded.key].shared_bytes for loaded in keys}
    return sum(files.values()) + sum(SIZES[loaded.key].private_bytes for loaded in keys)


class ScheduleMachine(RuleBasedStateMachine):
    """A machine of jobs, with a model that only follows what the schedule says it does."""

    @initialize(cores=st.integers(1, 5), threads=st.integers(1, 5))
    def begin(self, cores: int, threads: int) -> None:
        self.schedule = Schedule(cores, threads, BUDGET)
        self.jobs = 0
        self.waiting: dict[int, tuple[float, int, str, int]] = {}
        self.running: dict[int, tuple[LoadedKey, int]] = {}
        self.loaded: dict[LoadedKey, int] = {}
        self.workers: set[int] = set()
        self.clock = 0

    @rule(
        deadline=st.none() | st.integers(0, 5),
        keys=st.lists(st.sampled_from(sorted(SIZES)), min_size=1, max_size=4),
        threads=st.integers(0, 3),
    )
    def submit(self, deadline: int | None, keys: list[str], threads: int) -> None:
        for key in keys:
            self.jobs += 1
            self.schedule.add(self.jobs, deadline, key, SIZES[key], threads)
            self.waiting[self.jobs] = (math.inf if deadline is None else deadline, self.jobs, key, threads)

    @precondition(lambda self: len(self.waiting) > 1)
    @rule(pick=st.integers(0))
    def withdraw(self, pick: int) -> None:
        job = sorted(self.waiting)[pick % len(self.waiting)]
        self.schedule.withdraw(job)
        del self.waiting[job]
        FIRED["withdraw"] += 1

    def start_what_can(self) -> None:
        while (start := self.schedule.next()) is not None:
            deadline, order, key, threads = self.waiting.pop(start.job)
            assert all((deadline, order) < (other[0], other[1]) for other in self.waiting.values())
            busy = {loaded.worker for loaded, _ in self.running.values()}
            assert start.worker not in busy
            in_use = {loaded for loaded, _ in self.running.values()}
            idle = sorted((used, loaded) for loaded, used in self.loaded.items() if loaded not in in_use)
            own = LoadedKey(start.worker, key)
            leaving = [loaded for _, loaded in idle if loaded != own][: len(start.evicted)]
            assert list(start.evicted) == leaving, "keys leave that are in use, or before older ones"
            if own in self.loaded:
                FIRED["warm"] += 1
            else:
                warm = {loaded for loaded in self.loaded if loaded.key == key}
                assert all(loaded.worker in busy for loaded in warm), "an idle worker had the key"
            for loaded in start.evicted:
                with_it = {*self.loaded, own}
                assert total_bytes(with_it) > BUDGET, "a key left for nothing"
                del self.loaded[loaded]
                FIRED["evicted"] += 1
            free = self.schedule.cores - sum(threads for _, threads in self.running.values())
            assert start.threads == min(threads or self.schedule.threads_per_job, free) >= 1
            self.touch(own)
            self.running[start.job] = (own, start.threads)
            self.workers.add(start.worker)
            FIRED["started"] += 1
        free = self.schedule.cores - sum(threads for _, threads in self.running.values())
        if self.waiting and free:
            # Only memory that running jobs hold can keep the first one waiting.
            assert self.running
            key = min(self.waiting.values())[2]
            in_use = {loaded for loaded, _ in self.running.values()}
            busy = {loaded.worker for loaded in in_use}
            idle = [worker for worker in self.workers if worker not in busy] or [max(self.workers) + 1]
            assert all(total_bytes({*in_use, LoadedKey(worker, key)}) > BUDGET for worker in idle)
            FIRED["held by memory"] += 1

    @precondition(lambda self: self.waiting)
    @rule()
    def start(self) -> None:
        self.start_what_can()

    @precondition(lambda self: self.running)
    @rule(pick=st.integers(0))
    def finish_and_start(self, pick: int) -> None:
        self.finish(pick, True)
        self.start_what_can()

    @precondition(lambda self: self.running)
    @rule(pick=st.integers(0), keep=st.sampled_from([True, True, True, False]))
    def finish_one(self, pick: int, keep: bool) -> None:
        self.finish(pick, keep)

    def finish(self, pick: int, keep: bool) -> None:
        job = sorted(self.running)[pick % len(self.running)]
        loaded, _ = self.running.pop(job)
        left = self.schedule.finish(job, keep=keep)
        if keep:
            assert left == ()
            self.touch(loaded)
        else:
            assert left == (loaded,)
            del self.loaded[loaded]
            FIRED["not kept"] += 1

    @precondition(lambda self: self.workers)
    @rule(pick=st.integers(0))
    def lose(self, pick: int) -> None:
        worker = sorted(self.workers)[pick % len(self.workers)]
        lost = self.schedule.lose(worker)
        assert set(lost) == {job for job, (loaded, _) in self.running.items() if loaded.worker == worker}
        for job in lost:
            del self.running[job]
            FIRED["lost"] += 1
        self.workers.discard(worker)
        self.loaded = {loaded: used for loaded, used in self.loaded.items() if loaded.worker != worker}

    def touch(self, loaded: LoadedKey) -> None:
        self.clock += 1
        self.loaded[loaded] = self.clock

    @invariant()
    def laws_hold(self) -> None:
        if not hasattr(self, "schedule"):
            return
        schedule = self.schedule
        assert sum(threads for _, threads in self.running.values()) <= schedule.cores
        assert len(self.workers) <= schedule.cores
        assert schedule.used_bytes == total_bytes(set(self.loaded)) <= BUDGET
        assert {loaded for loaded, _ in self.running.values()} <= set(schedule.loaded)
        assert schedule.loaded == tuple(sorted(self.loaded, key=self.loaded.__getitem__))
        assert schedule.running == {job: loaded for job, (loaded, _) in self.running.items()}
        assert schedule.workers == self.workers
        assert schedule.waiting == tuple(sorted(self.waiting, key=lambda job: self.waiting[job][:2]))


def test_schedule__random_lives__keep_the_laws() -> None:
    FIRED.clear()
    run_state_machine_as_test(
        ScheduleMachine,
        settings=settings(
            max_examples=scaled(60, 300, 2_000),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(FIRED) >= {"withdraw", "warm", "evicted", "started", "held by memory", "not kept", "lost"}


def test_schedule__key_larger_than_thought__others_leave_and_its_own_stays() -> None:
    schedule = Schedule(2, 1, 10)
    for job, key in ((1, "old"), (2, "new")):
        schedule.add(job, None, key, KeySize(4))
        assert schedule.next() is not None
    assert schedule.resize(LoadedKey(2, "new"), KeySize(4, 4)) == ()  # both are in use
    assert schedule.used_bytes == 12
    assert schedule.finish(1) == (LoadedKey(1, "old"),)
    assert schedule.resize(LoadedKey(2, "new"), KeySize(4, 7)) == ()
    assert not schedule.fits(KeySize(4, 7))
    assert schedule.finish(2, keep=False) == (LoadedKey(2, "new"),)
    assert schedule.used_bytes == 0


@pytest.mark.parametrize(("wanted", "given"), [(0, [3, 3, 2]), (8, [8]), (1, [1] * 8), (5, [5, 3])])
def test_schedule__threads__are_shared_out_and_used_up(wanted: int, given: list[int]) -> None:
    schedule = Schedule(8, 3, 100)
    for job in range(9):
        schedule.add(job, None, "key", KeySize(1), wanted)
    started = []
    while (start := schedule.next()) is not None:
        started.append(start.threads)
    assert started == given
    assert schedule.free_cores == 0
