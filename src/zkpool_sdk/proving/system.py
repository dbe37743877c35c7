"""Proving systems: one protocol, and those of the compiled core that keep it."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from zkpool_sdk import _native
from zkpool_sdk.proving.circuit import Circuit
from zkpool_sdk.proving.errors import ManifestMalformed, NotMeasured, ProofNotAccepted, UnknownProvingSystem

Progress = Callable[[str, float], None]
"""Called as ``progress(stage, fraction)`` when a stage begins or ends; ``fraction`` grows from 0.0 to 1.0."""

MEASUREMENTS_KEPT: Final = 15


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof and what it says.

    Attributes:
        system: name of the proving system.
        signals: public signals in the verifier's order, each below the field's modulus.
        data: the proof in the system's own compact form.
    """

    system: str
    signals: tuple[int, ...]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a proof costs on this machine, measured with real proofs and not computed from a size.

    Attributes:
        witness_seconds: wall time from inputs to witness; 0 where only the proof was measured.
        prove_seconds: wall time from witness to checked proof.
        memory_bytes: bytes the loaded key holds or maps.
        measurement_count: proofs behind the figures, which are medians.
        job_memory_bytes: most memory a job was seen to hold beside mapped files; 0 if nobody looked.
    """

    witness_seconds: float
    prove_seconds: float
    memory_bytes: int
    measurement_count: int
    job_memory_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Wall time from inputs to checked proof."""
        return self.witness_seconds + self.prove_seconds


@dataclass(frozen=True, slots=True)
class SetupFiles:
    """What a set-up writes.

    Attributes:
        proving_key, verification_key: paths.
        key_sha256: hash of the proving key, 64 hex digits.
    """

    proving_key: Path
    verification_key: Path
    key_sha256: str


@runtime_checkable
class ProvingSystem(Protocol):
    """What the UMP asks of a proving system. Implementations are safe to share between threads.

    Jobs run in worker processes, and each makes an instance of its own: the class can be imported by name
    and is constructed without arguments. Keys belong to an instance: it keeps them until :meth:`unload`.
    """

    @property
    def name(self) -> str:
        """The name circuits and verifiers call it by, such as ``"groth16"``."""

    def setup(
        self, r1cs: Path, folder: Path, *, seed: bytes | None = None, on_progress: Progress | None = None
    ) -> SetupFiles:
        """Keys for a circuit, for development. INSECURE: whoever runs this can forge proofs."""

    def load(self, circuit: Circuit, *, threads: int = 0) -> None:
        """Loads and checks a circuit's keys, so that the first proof does not wait for it. Done once."""

    def unload(self, circuit: Circuit) -> None:
        """Forgets a circuit's keys; a proof being made keeps them until it ends. Nothing if not loaded."""

    def key_bytes(self, circuit: Circuit) -> int:
        """Bytes that the circuit's loaded proving key holds or maps; 0 if it is not loaded."""

    def prove(
        self,
        circuit: Circuit,
        witness: bytes,
        *,
        threads: int = 0,
        seed: bytes | None = None,
        on_progress: Progress | None = None,
    ) -> Proof:
        """A checked proof of ``witness``, the content of a ``.wtns``; with a seed, a deterministic one."""

    def verify(self, circuit: Circuit, signals: Sequence[int], proof: bytes) -> bool:
        """Whether the contract's verifier would accept ``proof``, encoded by :meth:`encode`."""

    def estimate(self, circuit: Circuit, witness: bytes | None = None) -> Estimate:
        """What a proof costs here: from proofs already made, else by proving ``witness`` once."""

    def encode(self, proof: Proof) -> bytes:
        """The proof as the verifier contract takes it."""


class Groth16VerifyingKey(NamedTuple):
    """A Groth16 verifying key as ``Groth16Verifier.registerKey`` takes it, field by field.

    G1 points are ``(x, y)``, G2 points ``(x_imag, x_real, y_imag, y_real)``.
    """

    alpha: _native.Point1
    beta: _native.Point2
    gamma: _native.Point2
    delta: _native.Point2
    ic: tuple[_native.Point1, ...]


class PlonkVerifyingKey(NamedTuple):
    """A PLONK verifying key as ``PlonkVerifier.registerKey`` takes it, field by field; points as above."""

    power: int
    signal_count: int
    k1: int
    k2: int
    x2: _native.Point2
    qm: _native.Point1
    ql: _native.Point1
    qr: _native.Point1
    qo: _native.Point1
    qc: _native.Point1
    s1: _native.Point1
    s2: _native.Point1
    s3: _native.Point1


class FflonkVerifyingKey(NamedTuple):
    """An FFLONK verifying key as ``FflonkVerifier.registerKey`` takes it, field by field."""

    power: int
    signal_count: int
    k1: int
    k2: int
    x2: _native.Point2
    c0: _native.Point1


class NativeSystem(ABC):
    """A proving system of the compiled core, over BN254, with the ecosystem's own key files.

    Keys are memory-mapped and stay until unloaded. Use one of the subclasses.
    """

    name: str

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._proving_keys: dict[str, _native.ProvingKey] = {}
        self._verifying_keys: dict[Path, _native.VerifyingKey] = {}
        self._seconds: dict[str, deque[float]] = {}

    def setup(
        self, r1cs: Path, folder: Path, *, seed: bytes | None = None, on_progress: Progress | None = None
    ) -> SetupFiles:
        """Development keys ``<name>.zkey`` and ``verification_key.json`` in ``folder``. INSECURE.

        Args:
            r1cs: circom's constraint file.
            folder: where to write.
            seed: makes the keys reproducible, and the trapdoor public.
            on_progress: see :data:`Progress`.
        Warns:
            zkpool_sdk._native.InsecureSetupWarning: always.
        Raises:
            zkpool_sdk._native.NativeFormatError: the file is no circuit over BN254.
            OSError: a file cannot be read or written.
        """
        proving_key = folder / f"{r1cs.stem}.zkey"
        verification_key = folder / "verification_key.json"
        digest = _native.insecure_dev_setup(
            r1cs,
            proving_key,
            verification_key=verification_key,
            seed=seed,
            progress=on_progress,
            system=self.name,
        )
        return SetupFiles(proving_key, verification_key, digest)

    def load(self, circuit: Circuit, *, threads: int = 0) -> None:
        """Loads and checks a circuit's keys. Later calls for the same key cost nothing.

        Args:
            circuit: the circuit.
            threads: 0 means all cores.
        Raises:
            ManifestMalformed: the keys are not the recorded ones, or do not belong together.
            zkpool_sdk._native.NativeFormatError: a key file is malformed.
        """
        self._proving_key(circuit, threads)

    def unload(self, circuit: Circuit) -> None:
        """Forgets a circuit's keys; a proof being made keeps them until it ends."""
        with self._lock:
            self._proving_keys.pop(circuit.key_sha256, None)
            self._verifying_keys.pop(circuit.verification_key, None)

    def key_bytes(self, circuit: Circuit) -> int:
        """Bytes that the circuit's loaded proving key maps or holds; 0 if it is not loaded."""
        with self._lock:
            key = self._proving_keys.get(circuit.key_sha256)
        return key.memory_bytes if key is not None else 0

    def prove(
        self,
        circuit: Circuit,
        witness: bytes,
        *,
        threads: int = 0,
        seed: bytes | None = None,
        on_progress: Progress | None = None,
    ) -> Proof:
        """A checked proof of ``witness``.

        Args:
            circuit: the circuit.
            witness: content of a ``.wtns``.
            threads: 0 means all cores.
            seed: makes the proof deterministic. For tests only.
            on_progress: see :data:`Progress`.
        Raises:
            ProofNotAccepted: the witness does not satisfy the circuit.
            zkpool_sdk._native.NativeError: the witness is malformed, or of another circuit.
        """
        key = self._proving_key(circuit, threads)
        started = time.perf_counter()
        try:
            made = _native.prove(key, witness, seed=seed, threads=threads, progress=on_progress)
        except _native.WitnessNotSatisfied as error:
            raise ProofNotAccepted(str(error)) from None
        proof = Proof(self.name, tuple(made.public_signals), made.calldata)
        if not self.verify(circuit, proof.signals, self.encode(proof)):
            raise ProofNotAccepted("the proof does not hold for verification_key.json")
        with self._lock:
            kept = self._seconds.setdefault(circuit.key_sha256, deque(maxlen=MEASUREMENTS_KEPT))
            kept.append(time.perf_counter() - started)
        return proof

    def verify(self, circuit: Circuit, signals: Sequence[int], proof: bytes) -> bool:
        """Whether the contract's verifier would accept ``proof`` for ``signals``.

        A signal that is not below the modulus makes the answer ``False``, and so does a point off the curve.

        Raises:
            zkpool_sdk._native.SignalCountError: wrong number of signals.
            zkpool_sdk._native.NativeFormatError: the proof has another length, or the key is bad.
        """
        return _native.verify(self._verifying_key(circuit), list(signals), proof)

    def estimate(self, circuit: Circuit, witness: bytes | None = None) -> Estimate:
        """What a proof costs here: the median of the last proofs, else one proof of ``witness``.

        Raises:
            NotMeasured: no proof was made yet and no witness is given.
        """
        if not self._seconds.get(circuit.key_sha256):
            if witness is None:
                raise NotMeasured(circuit.name)
            self.prove(circuit, witness)
        with self._lock:
            seconds = list(self._seconds[circuit.key_sha256])
        memory = self._proving_key(circuit).memory_bytes
        return Estimate(0.0, median(seconds), memory, len(seconds))

    def encode(self, proof: Proof) -> bytes:
        """The bytes that the verifier contract takes.

        Raises:
            UnknownProvingSystem: a proof of another system.
        """
        if proof.system != self.name:
            raise UnknownProvingSystem(proof.system, [self.name])
        return proof.data

    def snarkjs_json(self, proof: Proof) -> tuple[str, str]:
        """The contents of ``proof.json`` and ``public.json`` as snarkjs reads them."""
        native = _native.Proof.from_calldata(self.encode(proof), list(proof.signals), self.name)
        return native.proof_json(), native.public_json()

    @abstractmethod
    def registration_key(self, circuit: Circuit) -> tuple[Any, ...]:
        """The circuit's verifying key as ``registerKey`` of the system's verifier contract takes it."""

    def _verifying_key(self, circuit: Circuit) -> _native.VerifyingKey:
        path = circuit.verification_key
        with self._lock:
            if path not in self._verifying_keys:
                self._verifying_keys[path] = _native.VerifyingKey.from_json(path.read_bytes())
            return self._verifying_keys[path]

    def _proving_key(self, circuit: Circuit, threads: int = 0) -> _native.ProvingKey:
        verifying_key = self._verifying_key(circuit)
        with self._lock:
            key = self._proving_keys.get(circuit.key_sha256)
            if key is None:
                key = _native.load_key(circuit.proving_key, threads=threads)
                if key.system != self.name:
                    raise ManifestMalformed(
                        str(circuit.proving_key), f"is a key of {key.system}, not {self.name}"
                    )
                if key.sha256 != circuit.key_sha256:
                    raise ManifestMalformed(str(circuit.proving_key), "is not the key the manifest records")
                if key.verifying_key != verifying_key:
                    raise ManifestMalformed(
                        str(circuit.verification_key), "does not belong to the proving key"
                    )
                named = len(circuit.signal_names)
                if key.public_count != named:
                    raise ManifestMalformed(
                        str(circuit.proving_key),
                        f"has {key.public_count} public signals, the manifest names {named}",
                    )
                self._proving_keys[circuit.key_sha256] = key
            return key


class Groth16(NativeSystem):
    """Groth16: the smallest proof (256 bytes: A, B with imaginary parts first, C), a set-up a circuit."""

    name: Final = "groth16"

    def registration_key(self, circuit: Circuit) -> Groth16VerifyingKey:
        """The circuit's verifying key as ``Groth16Verifier.registerKey`` takes it."""
        key = self._verifying_key(circuit)
        return Groth16VerifyingKey(key.alpha_g1, key.beta_g2, key.gamma_g2, key.delta_g2, tuple(key.ic))


class Plonk(NativeSystem):
    """PLONK as snarkjs has it: 768 bytes, and one ceremony for all circuits up to its size."""

    name: Final = "plonk"

    def registration_key(self, circuit: Circuit) -> PlonkVerifyingKey:
        """The circuit's verifying key as ``PlonkVerifier.registerKey`` takes it."""
        key = json.loads(self._verifying_key(circuit).to_json())
        commitments = (_point(key[name]) for name in ("Qm", "Ql", "Qr", "Qo", "Qc", "S1", "S2", "S3"))
        return PlonkVerifyingKey(*_domain(key), *commitments)


class Fflonk(NativeSystem):
    """FFLONK: as PLONK, a slower proof whose check on chain is the cheapest of the three."""

    name: Final = "fflonk"

    def registration_key(self, circuit: Circuit) -> FflonkVerifyingKey:
        """The circuit's verifying key as ``FflonkVerifier.registerKey`` takes it."""
        key = json.loads(self._verifying_key(circuit).to_json())
        return FflonkVerifyingKey(*_domain(key), _point(key["C0"]))


def _domain(key: Mapping[str, Any]) -> tuple[int, int, int, int, _native.Point2]:
    """What the registrations of PLONK's and FFLONK's keys begin with, from snarkjs's JSON."""
    (x_real, x_imag), (y_real, y_imag) = (map(int, pair) for pair in key["X_2"][:2])
    x2 = (x_imag, x_real, y_imag, y_real)
    return int(key["power"]), int(key["nPublic"]), int(key["k1"]), int(key["k2"]), x2


def _point(coordinates: Sequence[str]) -> _native.Point1:
    """A G1 point from snarkjs's ``[x, y, z]``, z one; infinity, whose z is zero, is (0, 0)."""
    x, y, z = map(int, coordinates)
    return (x, y) if z else (0, 0)


SYSTEMS: Final[Mapping[str, type[NativeSystem]]] = MappingProxyType(
    {system.name: system for system in (Groth16, Plonk, Fflonk)}
)
"""The proving systems of the compiled core by name."""
