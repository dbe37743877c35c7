"""The Universal Modular Prover: one machine, several queues, each with its circuit and proving system."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zkpool_sdk.proving.circuit import Circuit, load_circuit
from zkpool_sdk.proving.errors import NotMeasured, ProofNotAccepted, QueueNotServed, UnknownProvingSystem
from zkpool_sdk.proving.executor import Executor, LocalExecutor
from zkpool_sdk.proving.field import address_signal
from zkpool_sdk.proving.jobs import Job, JobHandle, Limits, ProofResult
from zkpool_sdk.proving.measurements import Measurements
from zkpool_sdk.proving.system import SYSTEMS, Estimate, Progress, ProvingSystem
from zkpool_sdk.proving.witness import Inputs, flatten

BENCHMARK_PROOFS: Final = 3
"""Proofs of each circuit in a benchmark; the estimate is their median."""


class InsecureKeyWarning(UserWarning):
    """A queue is served with keys from a development set-up: whoever ran it can forge proofs."""


@dataclass(frozen=True, slots=True)
class _Served:
    """A queue's circuit, and the system that proves and checks it."""

    circuit: Circuit
    system: ProvingSystem


class Ump:
    """A Universal Modular Prover. Safe to share between threads.

    Proofs are made by an executor, the earliest deadline first; each is checked here before it is returned.

    Args:
        executor: where jobs run, this machine's worker processes by default. It is closed with the UMP.
        systems: the proving systems of this machine; default: all of the compiled core.
        limits: what a job may take that does not bring limits of its own.
        measurements: file that keeps what proofs cost here; by default only this process knows.

    Example:
        >>> ump = Ump()                                                   # doctest: +SKIP
        >>> ump.serve(queue, "rollup")                                    # doctest: +SKIP
        >>> result = ump.prove(queue, batch.inputs, prover_address)       # doctest: +SKIP
    """

    def __init__(
        self,
        executor: Executor | None = None,
        *,
        systems: Iterable[ProvingSystem] | None = None,
        limits: Limits | None = None,
        measurements: str | os.PathLike[str] | None = None,
    ) -> None:
        chosen = systems if systems is not None else [system() for system in SYSTEMS.values()]
        self.executor: Final[Executor] = executor if executor is not None else LocalExecutor()
        self.limits: Final = limits if limits is not None else Limits()
        self._systems = {system.name: system for system in chosen}
        self._served: dict[Hashable, _Served] = {}
        self._measurements = Measurements(measurements, self.executor.description)

    def __enter__(self) -> Ump:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives all jobs up, and ends the processes that were started for them."""
        self.executor.close()

    @property
    def systems(self) -> Mapping[str, ProvingSystem]:
        """The proving systems of this machine by name."""
        return MappingProxyType(self._systems)

    @property
    def queues(self) -> Mapping[Hashable, Circuit]:
        """The queues this machine serves, and the circuit of each."""
        return MappingProxyType({queue: served.circuit for queue, served in list(self._served.items())})

    def serve(self, queue: Hashable, circuit: Circuit | str) -> Circuit:
        """Gets ready for a queue: has a worker load the circuit's keys and compile its witness program.

        Args:
            queue: the queue's id, in whatever form the caller will ask with.
            circuit: a circuit, or the name of one that :func:`load_circuit` finds.
        Returns:
            The circuit.
        Warns:
            InsecureKeyWarning: the circuit's keys come from a development set-up.
        Raises:
            CircuitNotFound, ManifestMalformed: the circuit is not there or not whole.
            UnknownProvingSystem: this machine lacks the circuit's proving system.
            WitnessProgramRejected: its witness program is not one.
            KeyMemoryExceeded: its key is larger than all keys together may be.
        """
        if isinstance(circuit, str):
            circuit = load_circuit(circuit)
        system = self._systems.get(circuit.system)
        if system is None:
            raise UnknownProvingSystem(circuit.system, sorted(self._systems))
        if circuit.insecure_setup:
            warnings.warn(
                f"INSECURE: the keys of circuit {circuit.name!r} come from a development set-up; "
                "anybody can forge its proofs. Never serve it for real money.",
                InsecureKeyWarning,
                stacklevel=2,
            )
        _await(self.executor.submit(Job(circuit, _name_of(system), limits=self.limits)))
        self._served[queue] = _Served(circuit, system)
        return circuit

    def drop(self, queue: Hashable) -> None:
        """Stops serving a queue; its key leaves when others need the room.

        Raises:
            QueueNotServed: it is not served.
        """
        self._of(queue)
        del self._served[queue]

    def circuit(self, queue: Hashable) -> Circuit:
        """The circuit of a queue.

        Raises:
            QueueNotServed: this machine does not serve it.
        """
        return self._of(queue).circuit

    def submit(
        self,
        queue: Hashable,
        inputs: Inputs,
        prover: str | bytes | int,
        *,
        statement: Sequence[int] | None = None,
        seed: bytes | None = None,
        deadline: float | None = None,
        threads: int = 0,
        limits: Limits | None = None,
    ) -> JobHandle:
        """Asks for a proof and returns at once; the handle follows it, cancels it and awaits its result.

        Args:
            queue: a queue this machine serves.
            inputs: the witness inputs as the requester published them, without the prover's address.
            prover: address the proof must name: text, 20 bytes or number.
            statement: the task's fixed signals; when given, a proof of anything else is refused.
            seed: makes the proof deterministic. For tests only.
            deadline: Unix time after which the proof is of no use. Jobs go by it, and are given up at it.
            threads: at most so many; 0 leaves it to the executor.
            limits: what the job may take; default: the UMP's.
        Raises:
            QueueNotServed: this machine does not serve the queue.
            InputNotCanonical: an input has a value that is no field element.
            ValueNotCanonical: ``prover`` is no address.
            ExecutorClosed: the UMP was closed.
        """
        served = self._of(queue)
        circuit, system = served.circuit, served.system
        complete = circuit.with_prover(inputs, prover)
        job = Job(
            circuit=circuit,
            system=_name_of(system),
            inputs={name: flatten(name, value) for name, value in complete.items()},
            prover=address_signal(prover),
            statement=None if statement is None else tuple(statement),
            seed=seed,
            deadline=deadline,
            threads=threads,
            limits=limits if limits is not None else self.limits,
        )

        def check(result: ProofResult) -> None:
            circuit.check_signals(result.signals, job.prover, job.statement)
            if not system.verify(circuit, result.signals, result.proof_bytes):
                raise ProofNotAccepted("the proof that a worker returned does not hold")
            self._measurements.add(circuit, result)

        return self.executor.submit(job).checked_by(check)

    def prove(
        self,
        queue: Hashable,
        inputs: Inputs,
        prover: str | bytes | int,
        *,
        statement: Sequence[int] | None = None,
        seed: bytes | None = None,
        deadline: float | None = None,
        threads: int = 0,
        limits: Limits | None = None,
        on_progress: Progress | None = None,
    ) -> ProofResult:
        """A proof for a task of ``queue``, checked, and bound to the prover that is to be paid.

        Args:
            queue, inputs, prover, statement, seed, deadline, threads, limits: as in :meth:`submit`.
            on_progress: called on this thread with ``load`` if the key is not warm, ``witness``, the proving
                system's stages, and ``done``. What it raises, Ctrl-C included, cancels the job.
        Raises:
            QueueNotServed: this machine does not serve the queue.
            WitnessError: the inputs do not fit the circuit, or break one of its rules.
            StatementNotProved: the inputs prove another statement, or do not name the prover.
            ValueNotCanonical: ``prover`` is no address.
            ProofNotAccepted: the proof failed its own verification.
            JobError: the job went over a limit or its deadline, or its worker died.
        """
        handle = self.submit(
            queue,
            inputs,
            prover,
            statement=statement,
            seed=seed,
            deadline=deadline,
            threads=threads,
            limits=limits,
        )
        return _await(handle, on_progress)

    def verify(self, queue: Hashable, signals: Sequence[int], proof_bytes: bytes) -> bool:
        """Whether the queue's verifier would accept a proof.

        Raises:
            QueueNotServed: this machine does not serve the queue.
            zkpool_sdk._native.NativeError: wrong number of signals, or a proof of another length.
        """
        served = self._of(queue)
        return served.system.verify(served.circuit, signals, proof_bytes)

    def benchmark(self, *, proofs: int = BENCHMARK_PROOFS) -> Mapping[Hashable, Estimate]:
        """Measures each served circuit anew with its sample input, one job at a time.

        Args:
            proofs: of each circuit.
        Returns:
            The estimate of each queue whose circuit has a sample input; :meth:`estimate` gives the same.
        """
        measured: dict[str, Estimate] = {}
        all_served = list(self._served.items())
        for queue, served in all_served:
            circuit = served.circuit
            if circuit.key_sha256 not in measured and circuit.sample_input is not None:
                self._measurements.forget(circuit)
                for _ in range(proofs):
                    self._prove_sample(queue, circuit)
                measured[circuit.key_sha256] = self.estimate(queue)
        return {
            queue: measured[served.circuit.key_sha256]
            for queue, served in all_served
            if served.circuit.key_sha256 in measured
        }

    def estimate(self, queue: Hashable) -> Estimate:
        """What a proof for ``queue`` costs here: medians of the last proofs, earlier runs' included.

        Before the first proof, the circuit's sample input is proved once, and the measurement kept.

        Raises:
            QueueNotServed: this machine does not serve the queue.
            NotMeasured: no proof was made yet and the circuit has no sample input.
        """
        circuit = self._of(queue).circuit
        known = self._measurements.estimate(circuit)
        if known is None:
            self._prove_sample(queue, circuit)
            known = self._measurements.estimate(circuit)
            assert known is not None
        return known

    def _prove_sample(self, queue: Hashable, circuit: Circuit) -> None:
        if circuit.sample_input is None:
            raise NotMeasured(circuit.name)
        sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
        prover = sample[circuit.prover_names[0]] if circuit.prover_names else 0
        self.prove(queue, sample, int(prover))

    def _of(self, queue: Hashable) -> _Served:
        if queue not in self._served:
            raise QueueNotServed(queue)
        return self._served[queue]


def _await(handle: JobHandle, on_progress: Progress | None = None) -> ProofResult:
    """The result of a job that nobody else waits for: it ends with the wait."""
    try:
        return handle.result(on_progress=on_progress)
    except BaseException:
        handle.cancel()
        raise


def _name_of(system: ProvingSystem) -> str:
    """A system's class as workers find it."""
    kind = type(system)
    return f"{kind.__module__}:{kind.__qualname__}"
