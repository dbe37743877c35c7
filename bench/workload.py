"""The circuits and witnesses that every prover gets, and ZKPool's and snarkjs's keys for them.

Small circuits are compiled once by circom and copied (:mod:`bench.tile`) until they fill a domain of the
wanted size. ``poseidon`` is the dense case, ``sha256`` the sparse one (its witness is bits), ``rollup`` and
``semaphore`` are the two projects' own. All of it is kept under ``build/bench`` and made again when a recipe
changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.tile import tile_constraints, tile_witnesses
from zkpool_sdk import _native
from zkpool_sdk.proving import WitnessCalculator, load_circuit, rollup
from zkpool_sdk.proving.circuit import DEFAULT_FOLDER
from zkpool_sdk.proving.eddsa import SigningKey

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "bench"
RECIPE: Final = 1
"""Raise it when this module changes what it makes."""
SEED: Final = b"ZKPool benchmark keys: INSECURE, anybody can forge proofs"
COMPILE_SECONDS: Final = 300
SYSTEMS: Final = ("groth16", "plonk", "fflonk")


class WorkloadFailed(Exception):
    """A circuit that could not be made; says why."""


def poseidon_inputs(copy: int) -> Mapping[str, Any]:
    """Where a chain of hashes starts."""
    return {"start": [copy + 1, 2026]}


def sha256_inputs(copy: int) -> Mapping[str, Any]:
    """Two numbers of 128 bits to hash."""
    digest = hashlib.sha256(copy.to_bytes(4)).digest()
    return {"in": [int.from_bytes(digest[:16]), int.from_bytes(digest[16:])]}


def rollup_inputs(copy: int) -> Mapping[str, Any]:
    """A batch of two transfers in a rollup of its own."""
    keys = [SigningKey.generate(bytes([number])) for number in range(3)]
    places = (0, 21, 63)
    accounts = {place: rollup.Account(key.public, 1_000) for place, key in zip(places, keys, strict=True)}
    number = copy + 1
    transfers = [
        rollup.sign_transfer(keys[0], number, places[0], places[1], amount=400, nonce=0),
        rollup.sign_transfer(keys[1], number, places[1], places[2], amount=1_300 + copy, nonce=0),
    ]
    return {**rollup.build_batch(number, rollup.State(accounts), transfers).inputs, "prover": 0xA11}


@dataclass(frozen=True, slots=True)
class Family:
    """A small circuit that larger ones are copies of.

    Attributes:
        source: circom file, relative to the project's root.
        main: what is proved of it; empty where the file says so itself.
        flags: circom's optimization: ``--O1`` keeps sums short, as PLONK's gates like them.
        inputs: the inputs of each copy.
    """

    source: str
    main: str
    flags: str
    inputs: Callable[[int], Mapping[str, Any]]


FAMILIES: Final = {
    "poseidon": Family("bench/circom/poseidon.circom", "PoseidonChain(34)", "--O2", poseidon_inputs),
    "poseidon-gates": Family("bench/circom/poseidon.circom", "PoseidonChain(13)", "--O1", poseidon_inputs),
    "sha256": Family("bench/circom/sha256.circom", "Sha256Block()", "--O2", sha256_inputs),
    "rollup": Family("circuits/rollup.circom", "", "--O2", rollup_inputs),
    "rollup-gates": Family("circuits/rollup.circom", "", "--O1", rollup_inputs),
}


@dataclass(frozen=True, slots=True)
class Workload:
    """One circuit in one proving system, with its witness.

    Attributes:
        system: name of the proving system.
        name: as the tables call it.
        family: what it is made of; ``semaphore`` comes with its own key and has no published constraints.
        copies: how many of them.
    """

    system: str
    name: str
    family: str
    copies: int

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return BUILD / "circuits" / f"{self.family}-{self.copies}"

    @property
    def constraints(self) -> Path:
        """The ``.r1cs``."""
        return self.folder / "circuit.r1cs"

    @property
    def witness(self) -> Path:
        """The ``.wtns``."""
        return self.folder / "witness.wtns"

    @property
    def key(self) -> Path:
        """The ``.zkey`` that ZKPool and snarkjs prove with."""
        if self.family == "semaphore":
            return load_circuit("semaphore", ROOT / DEFAULT_FOLDER).proving_key
        return self.folder / f"{self.system}.zkey"

    @property
    def verification_key(self) -> Path:
        """The ``verification_key.json`` of that key."""
        if self.family == "semaphore":
            return load_circuit("semaphore", ROOT / DEFAULT_FOLDER).verification_key
        return self.folder / f"{self.system}.json"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a circuit is.

    Attributes:
        constraints: rows of the circuit; in PLONK and FFLONK, gates.
        key_bytes, witness_bytes: sizes of the files.
    """

    constraints: int
    key_bytes: int
    witness_bytes: int


def workloads(system: str, quick: bool) -> list[Workload]:
    """The circuits that a system is measured on, small ones first."""
    if system == "groth16":
        poseidon = range(13, 17) if quick else (13, 14, 15, 16, 17, 18, 20)
        sha256 = {16: 2} if quick else {15: 1, 16: 2, 18: 8, 20: 32}
        rollups = {15: 1} if quick else {15: 1, 16: 3, 18: 13}
        return [
            Workload(system, "semaphore", "semaphore", 1),
            *(Workload(system, f"poseidon-{log}", "poseidon", 1 << (log - 13)) for log in poseidon),
            *(Workload(system, f"sha256-{log}", "sha256", copies) for log, copies in sha256.items()),
            *(Workload(system, f"rollup-{log}", "rollup", copies) for log, copies in rollups.items()),
        ]
    poseidon = range(13, 15) if quick else range(13, 17)
    return [
        *(Workload(system, f"poseidon-{log}", "poseidon-gates", 1 << (log - 13)) for log in poseidon),
        *([] if quick or system != "plonk" else [Workload(system, "rollup-17", "rollup-gates", 1)]),
    ]


def prepare(workload: Workload) -> Size:
    """Makes what is missing of a circuit, its witness and its key; returns its size.

    Raises:
        WorkloadFailed, OSError, ValueError, subprocess.SubprocessError: it could not be made.
    """
    workload.folder.mkdir(parents=True, exist_ok=True)
    if workload.family == "semaphore":
        _prepare_semaphore(workload)
    else:
        _prepare_copies(workload)
    note = workload.folder / f"{workload.system}.constraints"
    if not is_fresh(note, str(workload.key.stat().st_mtime_ns)):
        note.write_text(str(_native.load_key(workload.key).constraint_count), encoding="utf-8")
        stamp(note, str(workload.key.stat().st_mtime_ns))
    constraints = int(note.read_text(encoding="utf-8"))
    return Size(constraints, workload.key.stat().st_size, workload.witness.stat().st_size)


def _prepare_copies(workload: Workload) -> None:
    family = FAMILIES[workload.family]
    recipe = [
        family.main,
        family.flags,
        str(workload.copies),
        (ROOT / family.source).read_text(encoding="utf-8"),
    ]
    recipe += [_package_version("circom2"), _package_version("circomlib")]
    made = fingerprint(*recipe)
    if not is_fresh(workload.constraints, made):
        program, constraints = _compiled(workload.family, family)
        calculator = WitnessCalculator(program)
        copies = range(workload.copies)
        tile_witnesses([calculator.calculate(family.inputs(copy)) for copy in copies], workload.witness)
        tile_constraints(constraints, workload.copies, workload.constraints)
        broken = _native.check_witness(workload.constraints, workload.witness)
        if broken is not None:
            raise WorkloadFailed(f"the witness of {workload.name} breaks constraint {broken}")
        stamp(workload.constraints, made)
    made = fingerprint(made, _native.__version__)
    if not is_fresh(workload.key, made):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", _native.InsecureSetupWarning)
            _set_up(workload)
        stamp(workload.key, made)


def _set_up(workload: Workload) -> None:
    """Development keys with a published seed: the same on every machine."""
    _native.insecure_dev_setup(
        workload.constraints, workload.key, workload.verification_key, seed=SEED, system=workload.system
    )


def _prepare_semaphore(workload: Workload) -> None:
    circuit = load_circuit("semaphore", ROOT / DEFAULT_FOLDER)
    assert circuit.sample_input is not None
    sample = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
    calculator = WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes)
    workload.witness.write_bytes(calculator.calculate(sample))


def _compiled(name: str, family: Family) -> tuple[Path, Path]:
    """Witness program and constraints of a small circuit, compiled if they are not there yet."""
    folder = BUILD / "circuits" / name
    program, constraints = folder / "main.wasm", folder / "main.r1cs"
    source = (ROOT / family.source).read_text(encoding="utf-8")
    made = fingerprint(
        source, family.main, family.flags, _package_version("circom2"), _package_version("circomlib")
    )
    if is_fresh(constraints, made):
        return program, constraints
    folder.mkdir(parents=True, exist_ok=True)
    main = folder / "main.circom"
    main.write_text(
        source + (f"\ncomponent main = {family.main};\n" if family.main else ""), encoding="utf-8"
    )
    # The compiler wants relative paths.
    here = os.path.relpath(folder, ROOT)
    compiler = [
        "node",
        "node_modules/circom2/cli.js",
        f"{here}/main.circom",
        "--r1cs",
        "--wasm",
        family.flags,
    ]
    command = [*compiler, "-l", "node_modules", "-o", here]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False
    )
    if done.returncode or not (folder / "main_js" / "main.wasm").is_file():
        raise WorkloadFailed(f"circom failed on {family.source}: {done.stdout}{done.stderr}")
    (folder / "main_js" / "main.wasm").replace(program)
    shutil.rmtree(folder / "main_js")
    stamp(constraints, made)
    return program, constraints


def fingerprint(*parts: str) -> str:
    """One hash of everything that goes into a file."""
    return hashlib.sha256("\0".join([str(RECIPE), *parts]).encode()).hexdigest()


def is_fresh(path: Path, made: str) -> bool:
    """Whether a file (or folder) was made of this, completely."""
    note = path.with_name(f"{path.name}.made")
    return path.exists() and note.is_file() and note.read_text(encoding="utf-8") == made


def stamp(path: Path, made: str) -> None:
    """Notes what a file (or folder) was made of, once it is complete."""
    path.with_name(f"{path.name}.made").write_text(made, encoding="utf-8")


def _package_version(name: str) -> str:
    content = json.loads((ROOT / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
    return f"{name} {content['version']}"
