"""The prover: circuits, witnesses, proving systems, and the UMP that runs them for several queues.

::

    from zkpool_sdk.proving import Ump
    ump = Ump()
    ump.serve(queue, "rollup")
    result = ump.prove(queue, batch.inputs, prover_address, statement=statement)
"""

from __future__ import annotations

from zkpool_sdk.proving.circuit import Circuit, Circuits, SignalRule, load_circuit
from zkpool_sdk.proving.errors import (
    CircuitNotFound,
    ClusterNotSecured,
    ClusterUnreachable,
    DeadlinePassed,
    ExecutorClosed,
    InputMissing,
    InputNotCanonical,
    InputRejected,
    InputShape,
    InputUnknown,
    JobCancelled,
    JobError,
    JobMemoryExceeded,
    JobTimeExceeded,
    KeyMemoryExceeded,
    ManifestMalformed,
    NotMeasured,
    ProofNotAccepted,
    ProvingError,
    QueueNotServed,
    StatementNotProved,
    UnknownProvingSystem,
    ValueNotCanonical,
    WitnessError,
    WitnessMemoryExceeded,
    WitnessProgramRejected,
    WitnessRefused,
    WitnessTimeExceeded,
    WorkerDied,
    WorkerFault,
)
from zkpool_sdk.proving.executor import Executor, LocalExecutor
from zkpool_sdk.proving.field import MODULUS, address_signal
from zkpool_sdk.proving.jobs import Job, JobHandle, JobState, Limits, ProofResult
from zkpool_sdk.proving.system import (
    SYSTEMS,
    Estimate,
    Fflonk,
    FflonkVerifyingKey,
    Groth16,
    Groth16VerifyingKey,
    NativeSystem,
    Plonk,
    PlonkVerifyingKey,
    Progress,
    Proof,
    ProvingSystem,
    SetupFiles,
)
from zkpool_sdk.proving.ump import InsecureKeyWarning, Ump
from zkpool_sdk.proving.witness import Inputs, WitnessCalculator

__all__ = [
    "MODULUS",
    "SYSTEMS",
    "Circuit",
    "CircuitNotFound",
    "Circuits",
    "ClusterNotSecured",
    "ClusterUnreachable",
    "DeadlinePassed",
    "Estimate",
    "Executor",
    "ExecutorClosed",
    "Fflonk",
    "FflonkVerifyingKey",
    "Groth16",
    "Groth16VerifyingKey",
    "InputMissing",
    "InputNotCanonical",
    "InputRejected",
    "InputShape",
    "InputUnknown",
    "Inputs",
    "InsecureKeyWarning",
    "Job",
    "JobCancelled",
    "JobError",
    "JobHandle",
    "JobMemoryExceeded",
    "JobState",
    "JobTimeExceeded",
    "KeyMemoryExceeded",
    "Limits",
    "LocalExecutor",
    "ManifestMalformed",
    "NativeSystem",
    "NotMeasured",
    "Plonk",
    "PlonkVerifyingKey",
    "Progress",
    "Proof",
    "ProofNotAccepted",
    "ProofResult",
    "ProvingError",
    "ProvingSystem",
    "QueueNotServed",
    "SetupFiles",
    "SignalRule",
    "StatementNotProved",
    "Ump",
    "UnknownProvingSystem",
    "ValueNotCanonical",
    "WitnessCalculator",
    "WitnessError",
    "WitnessMemoryExceeded",
    "WitnessProgramRejected",
    "WitnessRefused",
    "WitnessTimeExceeded",
    "WorkerDied",
    "WorkerFault",
    "address_signal",
    "load_circuit",
]
