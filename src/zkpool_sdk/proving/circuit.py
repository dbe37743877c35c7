"""Circuits a machine can prove: their files, their public signals and what a queue says of each signal."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from zkpool_sdk.proving.errors import (
    CircuitNotFound,
    ManifestMalformed,
    StatementNotProved,
    ValueNotCanonical,
)
from zkpool_sdk.proving.field import MODULUS, address_signal

MANIFEST_NAME: Final = "manifest.json"
CIRCUITS_VARIABLE: Final = "ZKPOOL_CIRCUITS"
"""Environment variable that names the folder of circuits."""
DEFAULT_FOLDER: Final = Path("build", "circuits")
"""Where `make build` puts circuits, below the project's root."""

_HASH_BLOCK: Final = 1 << 20


class SignalRule(IntEnum):
    """What a queue says of one public signal. The numbers are those of ``SignalRule`` in the contracts."""

    NONE = 0
    """Not set; no queue has it."""
    FIXED = 1
    """The statement of the task says its value."""
    PROVER = 2
    """It is the address of the prover that is paid."""
    FREE = 3
    """An output: known when the proof is, and delivered with it."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit: where its files are and what its public signals mean.

    Attributes:
        name: unique on a machine, such as ``"rollup"``.
        system: name of the proving system, such as ``"groth16"``.
        folder: where the files are.
        program: circom's witness ``.wasm``.
        proving_key: the ``.zkey``.
        verification_key: snarkjs's ``verification_key.json``.
        r1cs: the constraints; ``None`` if the project does not publish them.
        sample_input: inputs that prove, prover's address included, for measuring; ``None`` if none are known.
        signal_names: one name for each public signal, in the verifier's order. A ``PROVER`` signal is also an
            input, of the same name.
        signal_rules: one rule for each public signal.
        input_sizes: number of values of each input of the witness program, the ``PROVER`` ones included.
        key_sha256: hash of the proving key, 64 hex digits.
        insecure_setup: the key comes from a development set-up: whoever ran it can forge proofs.
    """

    name: str
    system: str
    folder: Path
    program: Path
    proving_key: Path
    verification_key: Path
    r1cs: Path | None
    sample_input: Path | None
    signal_names: tuple[str, ...]
    signal_rules: tuple[SignalRule, ...]
    input_sizes: Mapping[str, int]
    key_sha256: str
    insecure_setup: bool

    @property
    def fixed_names(self) -> tuple[str, ...]:
        """Names of the signals a statement consists of, in order."""
        return self._names(SignalRule.FIXED)

    @property
    def prover_names(self) -> tuple[str, ...]:
        """Names of the signals, and inputs, that are the prover's address."""
        return self._names(SignalRule.PROVER)

    def _names(self, rule: SignalRule) -> tuple[str, ...]:
        pairs = zip(self.signal_names, self.signal_rules, strict=True)
        return tuple(name for name, its_rule in pairs if its_rule is rule)

    def statement(self, values: Mapping[str, int]) -> list[int]:
        """The fixed signals in the order of the contract's ``statement`` argument.

        Args:
            values: value of each fixed signal by name; other names are ignored.
        Raises:
            StatementNotProved: a fixed signal is missing.
            ValueNotCanonical: a value is not from 0 to below the field's modulus.
        """
        statement = []
        for name in self.fixed_names:
            if name not in values:
                raise StatementNotProved(name, "the statement must say its value")
            if not 0 <= values[name] < MODULUS:
                raise ValueNotCanonical(f"public signal {name!r}", "the field's modulus")
            statement.append(values[name])
        return statement

    def statement_of(self, signals: Sequence[int]) -> list[int]:
        """The statement that a list of public signals proves: its fixed ones.

        Raises:
            StatementNotProved: another number of signals than the circuit has.
        """
        self._check_count(signals)
        pairs = zip(signals, self.signal_rules, strict=True)
        return [value for value, rule in pairs if rule is SignalRule.FIXED]

    def check_signals(
        self, signals: Sequence[int], prover: str | bytes | int, statement: Sequence[int] | None = None
    ) -> None:
        """Checks what ``ProverMarket.submitProof`` will: canonical, names the prover, matches the statement.

        Args:
            signals: public signals in the verifier's order.
            prover: address the proof must name.
            statement: the task's fixed signals; ``None`` skips this check.
        Raises:
            ValueNotCanonical, StatementNotProved: the first signal at fault.
        """
        self._check_count(signals)
        fixed = self.fixed_names
        if statement is not None and len(statement) != len(fixed):
            raise StatementNotProved(
                "*", f"{len(statement)} values in the statement, {len(fixed)} fixed signals"
            )
        expected = dict(zip(fixed, statement, strict=True)) if statement is not None else {}
        expected |= dict.fromkeys(self.prover_names, address_signal(prover))
        for name, value in zip(self.signal_names, signals, strict=True):
            if not 0 <= value < MODULUS:
                raise ValueNotCanonical(f"public signal {name!r}", "the field's modulus")
            if name in expected and value != expected[name]:
                whose = "the prover's address" if name in self.prover_names else "what the statement says"
                raise StatementNotProved(name, f"is not {whose}")

    def _check_count(self, signals: Sequence[int]) -> None:
        if len(signals) != len(self.signal_names):
            raise StatementNotProved("*", f"{len(signals)} signals, the circuit has {len(self.signal_names)}")

    def with_prover(self, inputs: Mapping[str, Any], prover: str | bytes | int) -> dict[str, Any]:
        """The inputs with the prover's address put where the circuit names its prover."""
        return {**inputs, **dict.fromkeys(self.prover_names, address_signal(prover))}


def load_circuit(name: str, folder: str | os.PathLike[str] | None = None) -> Circuit:
    """The circuit ``name``, its files checked against the hashes that its manifest records.

    Args:
        name: the circuit.
        folder: holds one folder for each circuit; default: ``$ZKPOOL_CIRCUITS``, or the project's
            ``build/circuits``.
    Raises:
        CircuitNotFound: it is not there.
        ManifestMalformed: its manifest or a file is not what it must be.
    """
    return Circuits(folder)[name]


class Circuits(Mapping[str, Circuit]):
    """The circuits of one folder, by name; each is read and checked the first time it is asked for.

    Args:
        folder: as in :func:`load_circuit`.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder: Final = Path(folder) if folder is not None else _default_folder()
        self._loaded: dict[str, Circuit] = {}

    def __getitem__(self, name: str) -> Circuit:
        if name not in self._loaded:
            if name not in self._names():
                raise CircuitNotFound(name, self._names(), str(self.folder))
            self._loaded[name] = _read(name, self.folder / name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST_NAME}"))


def file_sha256(path: Path) -> str:
    """Hash of a file's content, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _default_folder() -> Path:
    named = os.environ.get(CIRCUITS_VARIABLE)
    if named:
        return Path(named)
    for root in (Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents):
        if (root / DEFAULT_FOLDER).is_dir():
            return root / DEFAULT_FOLDER
    return DEFAULT_FOLDER


def _read(name: str, folder: Path) -> Circuit:
    path = folder / MANIFEST_NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files = {key: _file(folder, entry) for key, entry in manifest["files"].items()}
        circuit = Circuit(
            name=str(manifest["name"]),
            system=str(manifest["system"]),
            folder=folder,
            program=files["wasm"],
            proving_key=files["zkey"],
            verification_key=files["verification_key"],
            r1cs=files.get("r1cs"),
            sample_input=files.get("sample_input"),
            signal_names=tuple(str(signal["name"]) for signal in manifest["signals"]),
            signal_rules=tuple(SignalRule[signal["rule"]] for signal in manifest["signals"]),
            input_sizes={str(key): int(size) for key, size in manifest["inputs"].items()},
            key_sha256=str(manifest["files"]["zkey"]["sha256"]),
            insecure_setup=bool(manifest["insecure_setup"]),
        )
    except ManifestMalformed:
        raise
    except OSError as error:
        raise ManifestMalformed(str(path), f"cannot be read ({error.strerror}); run `make build`") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestMalformed(
            str(path), f"is not a circuit's manifest ({error!r}); run `make build`"
        ) from error
    if circuit.name != name or SignalRule.NONE in circuit.signal_rules:
        raise ManifestMalformed(str(path), "names another circuit, or leaves a signal without a rule")
    return circuit


def _file(folder: Path, entry: Mapping[str, str]) -> Path:
    """The path of a recorded file, after its hash was compared."""
    relative = Path(entry["path"])
    if relative.is_absolute() or ".." in relative.parts:
        raise ManifestMalformed(str(folder / MANIFEST_NAME), f"{relative} leaves the circuit's folder")
    path = folder / relative
    if not path.is_file():
        raise ManifestMalformed(str(folder / MANIFEST_NAME), f"{relative} is missing; run `make build`")
    if file_sha256(path) != entry["sha256"]:
        raise ManifestMalformed(str(folder / MANIFEST_NAME), f"{relative} has changed; run `make build`")
    return path
