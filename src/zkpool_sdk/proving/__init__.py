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
    InputMissing,
    InputNotCanonical,
    InputRejected,
    InputShape,
    InputUnknown,
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
)
from zkpool_sdk.proving.field import MODULUS, address_signal
from zkpool_sdk.proving.system import (
    Estimate,
    Groth16,
    Groth16VerifyingKey,
    Progress,
    Proof,
    ProvingSystem,
    SetupFiles,
)
from zkpool_sdk.proving.ump import InsecureKeyWarning, ProofResult, Ump
from zkpool_sdk.proving.witness import Inputs, WitnessCalculator

__all__ = [
    "MODULUS",
    "Circuit",
    "CircuitNotFound",
    "Circuits",
    "Estimate",
    "Groth16",
    "Groth16VerifyingKey",
    "InputMissing",
    "InputNotCanonical",
    "InputRejected",
    "InputShape",
    "InputUnknown",
    "Inputs",
    "InsecureKeyWarning",
    "ManifestMalformed",
    "NotMeasured",
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
    "address_signal",
    "load_circuit",
]
