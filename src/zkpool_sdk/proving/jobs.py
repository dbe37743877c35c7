"""Jobs: what an executor is asked for, and the handle by which its caller follows, cancels and awaits one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from zkpool_sdk.proving.circuit import Circuit
from zkpool_sdk.proving.errors import JobCancelled
from zkpool_sdk.proving.system import Progress
from zkpool_sdk.proving.witness import DEFAULT_MEMORY_BYTES, DEFAULT_SECONDS

LOAD: Final = "load"
"""Stage in which a key is loaded and a program compiled that were not warm."""
DONE: Final = "done"
"""Last stage of a job's progress."""


JOB_SECONDS: Final = 600.0
"""Wall time of a job without a limit of its own: no circuit, tried or not, may hold a worker for ever."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may take; the process of one that takes more is killed.

    Attributes:
        seconds: wall time from the moment it gets its cores, loading the key and compiling the program
            included (nothing else bounds these); ``None`` for no bound.
        memory_bytes: memory of its process beside mapped files, which are the keys and have a budget of their
            own; ``None`` for no bound. Needs Linux.
        witness_seconds: wall time of the witness program.
        witness_memory_bytes: memory of the witness program.
    """

    seconds: float | None = JOB_SECONDS
    memory_bytes: int | None = None
    witness_seconds: float = DEFAULT_SECONDS
    witness_memory_bytes: int = DEFAULT_MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class Job:
    """One proof to be made, or, without inputs, one circuit to get ready for. Inputs never show in its text.

    Attributes:
        circuit: the circuit.
        system: class of the proving system as ``module:name``; workers make an instance of their own.
        inputs: the values of each input, flat, the prover's address included; ``None`` loads the key and
            compiles the program, and proves nothing.
        prover: address the proof must name.
        statement: the fixed signals the proof must have; ``None`` for any.
        seed: makes the proof deterministic. For tests only.
        deadline: Unix time after which the proof is of no use: jobs go by it, earliest first, and one that is
            not done by then is given up. ``None`` comes last and never ends.
        threads: at most so many; 0 leaves it to the executor.
        limits: what it may take.

    Raises:
        ValueError: the deadline or the threads are no such number.
    """

    circuit: Circuit
    system: str
    inputs: Mapping[str, Sequence[int]] | None = field(default=None, repr=False)
    prover: int = 0
    statement: tuple[int, ...] | None = field(default=None, repr=False)
    seed: bytes | None = field(default=None, repr=False)
    deadline: float | None = None
    threads: int = 0
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        # An order by deadlines, and a sum of threads, with other values in them would be wrong for all jobs.
        if self.deadline is not None and not (
            isinstance(self.deadline, int | float) and self.deadline == self.deadline
        ):
            raise ValueError("a deadline is a number of seconds")
        if not isinstance(self.threads, int) or self.threads < 0:
            raise ValueError("threads are at least 0")


@dataclass(frozen=True, slots=True)
class ProofResult:
    """A proof ready to be submitted, checked by the verifier.

    Attributes:
        circuit: name of the circuit.
        system: name of the proving system.
        signals: public signals, in the order ``ProverMarket.submitProof`` takes them.
        proof_bytes: the proof as the verifier contract takes it; empty for a job without inputs.
        witness_seconds: wall time from inputs to witness.
        prove_seconds: wall time from witness to checked proof.
        load_seconds: wall time of loading the key and compiling the program; 0 when they were warm.
        key_bytes: what the loaded key maps or holds.
        peak_bytes: most memory its process was seen to hold beside mapped files; 0 if nobody looked.
    """

    circuit: str
    system: str
    signals: tuple[int, ...]
    proof_bytes: bytes = field(repr=False)
    witness_seconds: float
    prove_seconds: float
    load_seconds: float = 0.0
    key_bytes: int = 0
    peak_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Wall time from inputs to checked proof."""
        return self.witness_seconds + self.prove_seconds


class JobState(Enum):
    """Where a job stands: ``WAITING`` → ``RUNNING`` → one of the others; a retried job waits again."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class JobHandle:
    """Follows one job. Threads may share it.

    Args:
        job: the job.
        on_cancel: called once when the job is cancelled before it ended.
    """

    def __init__(self, job: Job, on_cancel: Callable[[JobHandle], None]) -> None:
        self.job: Final = job
        self._on_cancel = on_cancel
        self._changed = threading.Condition()
        self._state = JobState.WAITING
        self._steps: list[tuple[str, float]] = []
        self._result: ProofResult | None = None
        self._error: BaseException | None = None
        self._check: Callable[[ProofResult], None] | None = None
        self._checking = threading.Lock()
        self._attempts = 0
        self._ended_at: float | None = None

    def __repr__(self) -> str:
        return f"<JobHandle {self.job.circuit.name} {self.state.value}>"

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self._state

    @property
    def attempts(self) -> int:
        """How often it was started."""
        return self._attempts

    @property
    def ended_at(self) -> float | None:
        """When it ended, by ``time.monotonic``; ``None`` before."""
        return self._ended_at

    @property
    def progress(self) -> tuple[str, float]:
        """The last stage reported, and the part that is done, from 0.0 to 1.0."""
        with self._changed:
            return self._steps[-1] if self._steps else (JobState.WAITING.value, 0.0)

    @property
    def steps(self) -> tuple[tuple[str, float], ...]:
        """Every stage reported so far, the first one first."""
        with self._changed:
            return tuple(self._steps)

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the job ended within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state in ENDED, timeout)

    def result(self, timeout: float | None = None, *, on_progress: Progress | None = None) -> ProofResult:
        """The job's result, waited for.

        Args:
            timeout: seconds to wait; the job goes on when they are over.
            on_progress: called on this thread with each stage. What it raises ends the wait, not the job.
        Raises:
            TimeoutError: it did not end within ``timeout``.
            JobError: it was cancelled, went over a limit or its deadline, or its process died.
            WitnessError, StatementNotProved, ProofNotAccepted, ManifestMalformed: as ``Ump.prove``.
        """
        until = None if timeout is None else time.monotonic() + timeout
        seen = 0
        while True:
            with self._changed:
                left = None if until is None else until - time.monotonic()
                self._changed.wait_for(
                    lambda at=seen: self._state in ENDED or len(self._steps) > at,  # type: ignore[misc]
                    left,
                )
                steps, ended = self._steps[seen:], self._state in ENDED
            seen += len(steps)
            for step in steps if on_progress is not None else ():
                on_progress(*step)  # type: ignore[misc]
            if ended:
                return self._outcome()
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"the job did not end within {timeout:g} s")

    def cancel(self) -> bool:
        """Gives the job up, waiting or running; whether it had not ended yet."""
        if not self._end(JobState.CANCELLED, error=JobCancelled(self.job.circuit.name)):
            return False
        self._on_cancel(self)
        return True

    def checked_by(self, check: Callable[[ProofResult], None]) -> JobHandle:
        """The same handle, whose result must also pass ``check``, run once on the thread that asks first."""
        self._check = check
        return self

    def started(self) -> None:
        """For executors: a worker has the job."""
        with self._changed:
            if self._state is JobState.WAITING:
                self._state = JobState.RUNNING
            self._attempts += 1

    def lost(self) -> None:
        """For executors: its worker is gone, and the job waits again."""
        with self._changed:
            if self._state is JobState.RUNNING:
                self._state = JobState.WAITING

    def report(self, stage: str, part: float) -> None:
        """For executors: a stage began or ended. A job made again does not go back."""
        with self._changed:
            if self._state not in ENDED and (not self._steps or part >= self._steps[-1][1]):
                self._steps.append((stage, part))
                self._changed.notify_all()

    def finish(self, result: ProofResult) -> None:
        """For executors: the job is done."""
        self._end(JobState.DONE, result=result)

    def fail(self, error: BaseException) -> None:
        """For executors: the job ended without a result."""
        self._end(JobState.FAILED, error=error)

    def _end(
        self, state: JobState, *, result: ProofResult | None = None, error: BaseException | None = None
    ) -> bool:
        with self._changed:
            if self._state in ENDED:
                return False
            self._state, self._result, self._error = state, result, error
            self._ended_at = time.monotonic()
            if state is JobState.DONE:
                self._steps.append((DONE, 1.0))
            self._changed.notify_all()
            return True

    def _outcome(self) -> ProofResult:
        with self._checking:
            if self._check is not None and self._result is not None and self._error is None:
                check, self._check = self._check, None
                try:
                    check(self._result)
                except BaseException as error:
                    self._state, self._error = JobState.FAILED, error
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result
