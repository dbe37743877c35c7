"""What the proving module refuses, one class per reason. No message ever carries a witness value."""

from __future__ import annotations

from collections.abc import Sequence

from zkpool_sdk.errors import ZKPoolError


class ProvingError(ZKPoolError):
    """Root of everything ``zkpool_sdk.proving`` raises itself."""


class CircuitNotFound(ProvingError):
    """There is no circuit of this name where circuits were looked for.

    Attributes:
        name: the circuit asked for.
        known: names that are there.
        folder: where they were looked for.
    """

    def __init__(self, name: str, known: Sequence[str], folder: str) -> None:
        found = ", ".join(known) if known else "none"
        super().__init__(
            f"no circuit {name!r} in {folder} (there: {found}); run `make build`, or point ZKPOOL_CIRCUITS "
            "at the folder that holds them"
        )
        self.name = name
        self.known = tuple(known)
        self.folder = folder


class ManifestMalformed(ProvingError):
    """A circuit's ``manifest.json`` does not say what it must, or a file is not the one it records.

    Attributes:
        path: the manifest.
        problem: what is wrong.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class UnknownProvingSystem(ProvingError):
    """A circuit asks for a proving system that this machine does not have.

    Attributes:
        system: the name asked for.
        known: names that are there.
    """

    def __init__(self, system: str, known: Sequence[str]) -> None:
        super().__init__(f"no proving system {system!r}; this machine has: {', '.join(known)}")
        self.system = system
        self.known = tuple(known)


class QueueNotServed(ProvingError):
    """A proof was asked for a queue that this machine does not serve.

    Attributes:
        queue: the queue's id as it was given.
    """

    def __init__(self, queue: object) -> None:
        super().__init__(f"queue {queue!r} is not served here; call Ump.serve(queue, circuit) first")
        self.queue = queue


class NotMeasured(ProvingError):
    """There is no measurement of a circuit, and no sample input to make one with.

    Attributes:
        circuit: name of the circuit.
    """

    def __init__(self, circuit: str) -> None:
        super().__init__(f"circuit {circuit!r} has no sample input; prove once, then ask again")
        self.circuit = circuit


class ValueNotCanonical(ProvingError):
    """A signal, or a prover's address, is negative or too large.

    Attributes:
        name: which one.
    """

    def __init__(self, name: str, limit: str) -> None:
        super().__init__(f"{name} must be an integer from 0 to below {limit}")
        self.name = name


class StatementNotProved(ProvingError):
    """The inputs prove another statement than the one that was asked for.

    Attributes:
        signal: name of the first public signal that differs.
    """

    def __init__(self, signal: str, problem: str) -> None:
        super().__init__(f"public signal {signal!r}: {problem}")
        self.signal = signal


class ProofNotAccepted(ProvingError):
    """A freshly made proof did not pass its own verification; it was thrown away."""


class WitnessError(ProvingError):
    """Root of what goes wrong between inputs and witness."""


class WitnessProgramRejected(WitnessError):
    """A ``.wasm`` that is not a circom 2 witness program for BN254, or wants more than it may have.

    Attributes:
        problem: what is wrong.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"witness program refused: {problem}")
        self.problem = problem


class WitnessTimeExceeded(WitnessError):
    """The witness program ran longer than allowed.

    Attributes:
        limit_seconds: the bound.
    """

    def __init__(self, limit_seconds: float) -> None:
        super().__init__(
            f"witness program stopped after {limit_seconds:g} s; if the circuit is honest, raise `seconds`"
        )
        self.limit_seconds = limit_seconds


class WitnessMemoryExceeded(WitnessError):
    """The witness program wants more memory than allowed.

    Attributes:
        limit_bytes: the bound.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"witness program wants more than {limit_bytes:,} bytes; "
            "if the circuit is honest, raise `memory_bytes`"
        )
        self.limit_bytes = limit_bytes


class InputRejected(WitnessError):
    """Inputs that do not fit the circuit.

    Attributes:
        name: the input at fault; empty when the circuit does not name its inputs.
        problem: what is wrong and what to do.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"input {name!r}: {problem}" if name else problem)
        self.name = name
        self.problem = problem


class InputMissing(InputRejected):
    """An input of the circuit that was not given."""


class InputUnknown(InputRejected):
    """An input that the circuit does not have."""


class InputShape(InputRejected):
    """An input with another number of values than the circuit takes."""


class InputNotCanonical(InputRejected):
    """A value that is not an integer from 0 to below the field's modulus."""


class WitnessRefused(WitnessError):
    """Inputs that break a rule of the circuit: there is nothing true to prove.

    Attributes:
        trace: templates and source lines, innermost first, as circom reports them.
    """

    def __init__(self, trace: str) -> None:
        where = "; ".join(line.strip() for line in trace.splitlines() if line.strip())
        super().__init__(f"the inputs break a rule of the circuit ({where or 'no place reported'})")
        self.trace = trace


class KeyMemoryExceeded(ProvingError):
    """A circuit's key is larger than all keys together may be.

    Attributes:
        circuit: name of the circuit.
        key_bytes: what the key takes.
        limit_bytes: the budget.
    """

    def __init__(self, circuit: str, key_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"the key of circuit {circuit!r} takes {key_bytes:,} bytes, all keys together may take "
            f"{limit_bytes:,}; raise `key_memory_bytes`"
        )
        self.circuit = circuit
        self.key_bytes = key_bytes
        self.limit_bytes = limit_bytes


class ExecutorClosed(ProvingError):
    """An executor that was closed, or that belongs to another process."""


class JobError(ProvingError):
    """Root of what ends a job from outside: nothing is wrong with its inputs.

    Attributes:
        circuit: name of the job's circuit.
    """

    def __init__(self, circuit: str, problem: str) -> None:
        super().__init__(f"job of circuit {circuit!r} {problem}")
        self.circuit = circuit


class JobCancelled(JobError):
    """The job was cancelled."""

    def __init__(self, circuit: str) -> None:
        super().__init__(circuit, "was cancelled")


class DeadlinePassed(JobError):
    """The job was not done when its deadline came, and was given up."""

    def __init__(self, circuit: str) -> None:
        super().__init__(circuit, "was not done by its deadline")


class JobTimeExceeded(JobError):
    """The job ran longer than it may; its process was killed.

    Attributes:
        limit_seconds: the bound.
    """

    def __init__(self, circuit: str, limit_seconds: float) -> None:
        super().__init__(circuit, f"was killed after {limit_seconds:g} s, its time limit")
        self.limit_seconds = limit_seconds


class JobMemoryExceeded(JobError):
    """The job's process took more memory than it may, and was killed.

    Attributes:
        used_bytes: what it held, mapped files excluded.
        limit_bytes: the bound.
    """

    def __init__(self, circuit: str, used_bytes: int, limit_bytes: int) -> None:
        super().__init__(circuit, f"was killed: it held {used_bytes:,} bytes, its limit is {limit_bytes:,}")
        self.used_bytes = used_bytes
        self.limit_bytes = limit_bytes


class WorkerDied(JobError):
    """The worker's process, or its whole machine, went away while it had the job.

    Attributes:
        reason: how it ended, as far as known.
        attempts: how often the job was started.
    """

    def __init__(self, circuit: str, reason: str, attempts: int) -> None:
        super().__init__(circuit, f"lost its worker ({reason}), attempt {attempts}")
        self.reason = reason
        self.attempts = attempts


class WorkerFault(JobError):
    """The worker met an error that no part of the prover foresees; says which and where, never with what.

    Attributes:
        kind: class of the error.
        place: file and line that raised it.
    """

    def __init__(self, circuit: str, kind: str, place: str) -> None:
        super().__init__(circuit, f"met an unforeseen {kind} at {place}")
        self.kind = kind
        self.place = place


class ClusterNotSecured(ProvingError):
    """A cluster beyond this machine without mutual TLS: inputs are secrets, and whoever connects runs code.

    Attributes:
        address: the scheduler's address.
    """

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(f"cluster at {address}: {problem}")
        self.address = address


class ClusterUnreachable(ProvingError):
    """A cluster whose scheduler does not answer, or does not accept this machine's certificate.

    Attributes:
        address: the scheduler's address.
    """

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(f"cluster at {address}: {problem}")
        self.address = address
