"""The Universal Modular Prover: one machine, several queues, each with its circuit and proving system."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from types import MappingProxyType
from typing import Final

from zkpool_sdk.proving.circuit import Circuit, load_circuit
from zkpool_sdk.proving.errors import NotMeasured, QueueNotServed, UnknownProvingSystem
from zkpool_sdk.proving.system import MEASUREMENTS_KEPT, Estimate, Groth16, Progress, ProvingSystem
from zkpool_sdk.proving.witness import (
    DEFAULT_MEMORY_BYTES,
    DEFAULT_SECONDS,
    Inputs,
    WitnessCalculator,
    public_signals,
)

WITNESS_SHARE: Final = 0.15
"""Part of the progress that the witness gets."""
PROOF_SHARE: Final = 0.84
"""Part of the progress that the proof gets; the last hundredth comes when it is checked."""


class InsecureKeyWarning(UserWarning):
    """A queue is served with keys from a development set-up: whoever ran it can forge proofs."""


@dataclass(frozen=True, slots=True)
class ProofResult:
    """A proof ready to be submitted, checked by the verifier.

    Attributes:
        circuit: name of the circuit.
        system: name of the proving system.
        signals: public signals, in the order ``ProverMarket.submitProof`` takes them.
        proof_bytes: the proof as the verifier contract takes it; 256 bytes for Groth16.
        witness_seconds: wall time from inputs to witness.
        prove_seconds: wall time from witness to checked proof.
    """

    circuit: str
    system: str
    signals: tuple[int, ...]
    proof_bytes: bytes = field(repr=False)
    witness_seconds: float
    prove_seconds: float

    @property
    def seconds(self) -> float:
        """Wall time from inputs to checked proof."""
        return self.witness_seconds + self.prove_seconds


@dataclass(frozen=True, slots=True)
class _Served:
    """A queue's circuit with everything that is kept warm for it."""

    circuit: Circuit
    system: ProvingSystem
    calculator: WitnessCalculator


class Ump:
    """A Universal Modular Prover. Safe to share between threads; makes one proof at a time, on all its cores.

    Args:
        threads: threads for one proof; 0 means all cores.
        systems: the proving systems of this machine; default: Groth16.
        memory_bytes: bound on a witness program's memory.
        witness_seconds: bound on a witness program's wall time.

    Example:
        >>> ump = Ump()                                                   # doctest: +SKIP
        >>> ump.serve(queue, "rollup")                                    # doctest: +SKIP
        >>> result = ump.prove(queue, batch.inputs, prover_address)       # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        threads: int = 0,
        systems: Iterable[ProvingSystem] | None = None,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        witness_seconds: float = DEFAULT_SECONDS,
    ) -> None:
        chosen: Iterable[ProvingSystem] = systems if systems is not None else (Groth16(),)
        self.threads: Final = threads
        self._systems = {system.name: system for system in chosen}
        self._memory_bytes = memory_bytes
        self._limit_seconds = witness_seconds
        self._served: dict[Hashable, _Served] = {}
        self._witness_seconds: dict[str, deque[float]] = {}
        self._machine = threading.Lock()

    @property
    def systems(self) -> Mapping[str, ProvingSystem]:
        """The proving systems of this machine by name."""
        return MappingProxyType(self._systems)

    @property
    def queues(self) -> Mapping[Hashable, Circuit]:
        """The queues this machine serves, and the circuit of each."""
        return MappingProxyType({queue: served.circuit for queue, served in self._served.items()})

    def serve(self, queue: Hashable, circuit: Circuit | str) -> Circuit:
        """Gets ready for a queue: loads the circuit's keys and compiles its witness program.

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
        system.load(circuit)
        calculator = WitnessCalculator(
            circuit.program,
            input_sizes=circuit.input_sizes,
            memory_bytes=self._memory_bytes,
            seconds=self._limit_seconds,
        )
        self._served[queue] = _Served(circuit, system, calculator)
        return circuit

    def drop(self, queue: Hashable) -> None:
        """Stops serving a queue.

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

    def prove(
        self,
        queue: Hashable,
        inputs: Inputs,
        prover: str | bytes | int,
        *,
        statement: Sequence[int] | None = None,
        seed: bytes | None = None,
        on_progress: Progress | None = None,
    ) -> ProofResult:
        """A proof for a task of ``queue``, checked, and bound to the prover that is to be paid.

        Args:
            queue: a queue this machine serves.
            inputs: the witness inputs as the requester published them, without the prover's address.
            prover: address the proof must name: text, 20 bytes or number.
            statement: the task's fixed signals; when given, a proof of anything else is refused.
            seed: makes the proof deterministic. For tests only.
            on_progress: called with ``witness``, the proving system's stages, and ``done``.
        Raises:
            QueueNotServed: this machine does not serve the queue.
            WitnessError: the inputs do not fit the circuit, or break one of its rules.
            StatementNotProved: the inputs prove another statement, or do not name the prover.
            ValueNotCanonical: ``prover`` is no address.
            ProofNotAccepted: the proof failed its own verification.
        """
        served = self._of(queue)
        circuit = served.circuit
        report = on_progress or _silent
        complete = circuit.with_prover(inputs, prover)

        def report_proof(stage: str, part: float) -> None:
            report(stage, WITNESS_SHARE + part * PROOF_SHARE)

        with self._machine:
            report("witness", 0.0)
            started = time.perf_counter()
            witness = served.calculator.calculate(complete)
            witnessed = time.perf_counter()
            circuit.check_signals(public_signals(witness, len(circuit.signal_names)), prover, statement)
            report("witness", WITNESS_SHARE)
            proof = served.system.prove(
                circuit,
                witness,
                threads=self.threads,
                seed=seed,
                on_progress=report_proof,
            )
            proved = time.perf_counter()
            kept = self._witness_seconds.setdefault(circuit.name, deque(maxlen=MEASUREMENTS_KEPT))
            kept.append(witnessed - started)
        report("done", 1.0)
        return ProofResult(
            circuit=circuit.name,
            system=proof.system,
            signals=proof.signals,
            proof_bytes=served.system.encode(proof),
            witness_seconds=witnessed - started,
            prove_seconds=proved - witnessed,
        )

    def verify(self, queue: Hashable, signals: Sequence[int], proof_bytes: bytes) -> bool:
        """Whether the queue's verifier would accept a proof.

        Raises:
            QueueNotServed: this machine does not serve the queue.
            zkpool_sdk._native.NativeError: wrong number of signals, or a proof of another length.
        """
        served = self._of(queue)
        return served.system.verify(served.circuit, signals, proof_bytes)

    def estimate(self, queue: Hashable) -> Estimate:
        """What a proof for ``queue`` costs on this machine: medians of the proofs made so far.

        Before the first proof, the circuit's sample input is proved once, and the measurement kept.

        Raises:
            QueueNotServed: this machine does not serve the queue.
            NotMeasured: no proof was made yet and the circuit has no sample input.
        """
        served = self._of(queue)
        circuit = served.circuit
        if not self._witness_seconds.get(circuit.name):
            if circuit.sample_input is None:
                raise NotMeasured(circuit.name)
            sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
            prover = sample[circuit.prover_names[0]] if circuit.prover_names else 0
            self.prove(queue, sample, int(prover))
        measured = served.system.estimate(circuit)
        return replace(measured, witness_seconds=median(self._witness_seconds[circuit.name]))

    def _of(self, queue: Hashable) -> _Served:
        if queue not in self._served:
            raise QueueNotServed(queue)
        return self._served[queue]


def _silent(_stage: str, _fraction: float) -> None:
    """Progress nobody asked for."""
