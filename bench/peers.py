"""The provers that are measured: how each is built, set up and run.

Peers come from the package registries by their ordinary clients, at pinned versions, into ``build/bench``.
A peer that cannot be built here (no Go, no network) is told and left out; the others are measured all the
same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.workload import BUILD, ROOT, Workload, fingerprint, is_fresh, stamp
from zkpool_sdk import _native

DRIVERS: Final = ROOT / "bench" / "drivers"
BUILD_SECONDS: Final = 1200
SET_UP_SECONDS: Final = 3600
VENV: Final = BUILD / "venv"
"""For zksnake and for the plots; the project's own environment knows neither."""


class PeerUnavailable(Exception):
    """A peer that cannot be built or set up here; says why."""


def environment() -> dict[str, str]:
    """The environment of builds and drivers: caches under the project, unless a place is configured."""
    kept = dict(os.environ)
    kept.setdefault("GOMODCACHE", str(BUILD / "go" / "mod"))
    kept.setdefault("GOCACHE", str(BUILD / "go" / "cache"))
    kept["GOFLAGS"] = f"{kept.get('GOFLAGS', '')} -modcacherw".strip()
    kept["CARGO_TARGET_DIR"] = str(BUILD / "cargo")
    kept["PYTHONPATH"] = str(ROOT / "src")
    return kept


class Peer:
    """A prover: ZKPool's own or one it is compared with."""

    name: str
    systems: tuple[str, ...] = ("groth16",)

    def build(self) -> str:
        """Builds it if need be; returns its version.

        Raises:
            PeerUnavailable: it cannot be built here.
        """
        raise PeerUnavailable("nothing builds it")

    def handles(self, workload: Workload) -> bool:
        """Whether it proves this circuit."""
        return workload.system in self.systems

    def keys(self, workload: Workload) -> Path:
        """Where its own keys for a circuit are."""
        return workload.folder / f"{self.name}-{workload.system}"

    def made_of(self, workload: Workload) -> str | None:
        """What its own keys for a circuit are made of; ``None`` if it takes ours."""
        return None

    def make_keys(self, workload: Workload) -> None:
        """Makes its own keys for a circuit."""

    def is_set_up(self, workload: Workload) -> bool:
        """Whether it has its keys for a circuit."""
        made = self.made_of(workload)
        return made is None or is_fresh(self.keys(workload), made)

    def set_up(self, workload: Workload) -> None:
        """Makes its own keys for a circuit if need be.

        Raises:
            PeerUnavailable: it failed.
        """
        made = self.made_of(workload)
        if made is not None and not self.is_set_up(workload):
            self.make_keys(workload)
            stamp(self.keys(workload), made)

    def command(self, workload: Workload) -> list[str]:
        """Its driver on a circuit."""
        raise PeerUnavailable("nothing runs it")


class ZkPool(Peer):
    """The prover of this repository, through its Python face."""

    name = "zkpool"
    systems = ("groth16", "plonk", "fflonk")

    def build(self) -> str:
        """The version and the arithmetic this machine runs."""
        return f"{_native.__version__} ({_native.backend()})"

    def command(self, workload: Workload) -> list[str]:
        """Python, the key, the witness."""
        driver = [sys.executable, str(DRIVERS / "prove_zkpool.py"), "prove"]
        return [*driver, str(workload.key), str(workload.witness)]


class SnarkJs(Peer):
    """snarkjs from npm, as ``make build`` installs it: same key, same witness."""

    name = "snarkjs"
    systems = ("groth16", "plonk", "fflonk")

    def build(self) -> str:
        """The version that package.json pins, and Node's."""
        package = (ROOT / "node_modules" / "snarkjs" / "package.json").read_text(encoding="utf-8")
        node = output_of(["node", "--version"]).strip().lstrip("v")
        return f"{json.loads(package)['version']} (Node {node})"

    def command(self, workload: Workload) -> list[str]:
        """Node, the key, the witness."""
        driver = ["node", str(DRIVERS / "prove_snarkjs.mjs"), workload.system]
        return [*driver, *map(str, (workload.key, workload.witness, workload.verification_key))]


class Gnark(Peer):
    """gnark: a Go program that builds gnark's constraint system of the same rows (or gates) and wires."""

    name = "gnark"
    systems = ("groth16", "plonk")
    source: Path = ROOT / "bench" / "gnark"
    program: Path = BUILD / "bin" / "gnark"

    def build(self) -> str:
        """Builds the program with Go."""
        if shutil.which("go") is None:
            raise PeerUnavailable("Go is not installed (1.25.7 or later)")
        self.program.parent.mkdir(parents=True, exist_ok=True)
        run(["go", "build", "-trimpath", "-o", str(self.program), "."], self.source, BUILD_SECONDS)
        go = found(r"go(\d[\d.]*)", output_of(["go", "version"]))
        return f"{self.version()} (Go {go})"

    def version(self) -> str:
        """What go.mod pins."""
        return found(r"consensys/gnark v(\S+)", (self.source / "go.mod").read_text(encoding="utf-8"))

    def handles(self, workload: Workload) -> bool:
        """Where constraints are published: it takes no key of others."""
        return workload.system in self.systems and workload.family != "semaphore"

    def made_of(self, workload: Workload) -> str:
        """The circuit and the version."""
        return fingerprint(circuit_of(workload), self.version())

    def make_keys(self, workload: Workload) -> None:
        """gnark's own set-up, of the constraints or of the gates in the plonk key."""
        keys = self.keys(workload)
        keys.mkdir(parents=True, exist_ok=True)
        command = [str(self.program), "setup", workload.system, str(self._circuit(workload)), str(keys)]
        run(command, ROOT, SET_UP_SECONDS)

    def command(self, workload: Workload) -> list[str]:
        """The program, its keys, the witness."""
        paths = (self._circuit(workload), self.keys(workload), workload.witness)
        return [str(self.program), "prove", workload.system, *map(str, paths)]

    def _circuit(self, workload: Workload) -> Path:
        return workload.constraints if workload.system == "groth16" else workload.key


class Arkworks(Peer):
    """arkworks: a Rust program on ark-groth16 with assembly, all cores and this machine's instructions."""

    name = "arkworks"
    source: Path = ROOT / "bench" / "arkworks"
    program: Path = BUILD / "cargo" / "release" / "bench-arkworks"

    def build(self) -> str:
        """Builds the program with Cargo."""
        if shutil.which("cargo") is None:
            raise PeerUnavailable("Rust is not installed")
        flags = {"RUSTFLAGS": "-C target-cpu=native"}
        run(["cargo", "build", "--release", "--locked", "--quiet"], self.source, BUILD_SECONDS, flags)
        return self.version()

    def version(self) -> str:
        """What Cargo.lock pins."""
        lock = (self.source / "Cargo.lock").read_text(encoding="utf-8")
        return found(r'name = "ark-groth16"\nversion = "([^"]+)"', lock)

    def handles(self, workload: Workload) -> bool:
        """Where constraints are published: it takes no key of others."""
        return workload.system == "groth16" and workload.family != "semaphore"

    def made_of(self, workload: Workload) -> str:
        """The circuit and the version."""
        return fingerprint(circuit_of(workload), self.version())

    def make_keys(self, workload: Workload) -> None:
        """arkworks's own set-up."""
        command = [str(self.program), "setup", str(workload.constraints), str(self.keys(workload))]
        run(command, ROOT, SET_UP_SECONDS)

    def command(self, workload: Workload) -> list[str]:
        """The program, the constraints, its key, the witness."""
        paths = (workload.constraints, self.keys(workload), workload.witness)
        return [str(self.program), "prove", *map(str, paths)]


class ZkSnake(Peer):
    """zksnake from PyPI, in an environment of its own; small circuits alone, its set-up is slow."""

    name = "zksnake"
    most_bytes: int = 8 << 20
    """Largest ``.r1cs`` it gets: 2^14 dense constraints."""

    def build(self) -> str:
        """Installs what bench/requirements.txt pins."""
        python_environment()
        return self.version()

    def version(self) -> str:
        """What bench/requirements.txt pins."""
        return found(r"zksnake==(\S+)", (ROOT / "bench" / "requirements.txt").read_text(encoding="utf-8"))

    def handles(self, workload: Workload) -> bool:
        """Small circuits whose constraints are published."""
        if workload.system != "groth16" or workload.family == "semaphore":
            return False
        return workload.constraints.is_file() and workload.constraints.stat().st_size <= self.most_bytes

    def made_of(self, workload: Workload) -> str:
        """The circuit and the version."""
        return fingerprint(circuit_of(workload), self.version())

    def make_keys(self, workload: Workload) -> None:
        """zksnake's own set-up."""
        driver = [str(VENV / "bin" / "python"), str(DRIVERS / "prove_zksnake.py"), "setup"]
        run([*driver, str(workload.constraints), str(self.keys(workload))], ROOT, SET_UP_SECONDS)

    def command(self, workload: Workload) -> list[str]:
        """Its own Python, its key, the witness."""
        driver = [str(VENV / "bin" / "python"), str(DRIVERS / "prove_zksnake.py"), "prove"]
        return [*driver, *map(str, (workload.constraints, self.keys(workload), workload.witness))]


@dataclass(frozen=True, slots=True)
class Built:
    """The provers that are there.

    Attributes:
        peers: those that could be built, in the order they take their turns.
        versions: of each.
        missing: why each of the others is not there.
    """

    peers: list[Peer] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def build_all(names: Iterable[str]) -> Built:
    """Builds the provers of these names."""
    built = Built()
    for peer in ALL:
        if peer.name not in names:
            continue
        print(f"bench: building {peer.name}", flush=True)
        try:
            built.versions[peer.name] = peer.build()
            built.peers.append(peer)
        except (PeerUnavailable, OSError) as error:
            built.missing[peer.name] = str(error)
            print(f"bench: {peer.name} is left out: {error}", flush=True)
    return built


def python_environment() -> Path:
    """The bench's own virtual environment; returns its Python.

    Raises:
        PeerUnavailable: it cannot be made.
    """
    lock = ROOT / "bench" / "requirements.txt"
    made = fingerprint(lock.read_text(encoding="utf-8"), sys.version)
    python = VENV / "bin" / "python"
    if not is_fresh(VENV, made):
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)], ROOT, BUILD_SECONDS)
        install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
        run(install, ROOT, BUILD_SECONDS)
        stamp(VENV, made)
    return python


def circuit_of(workload: Workload) -> str:
    """What a circuit was made of."""
    return workload.constraints.with_name("circuit.r1cs.made").read_text(encoding="utf-8")


def run(command: Sequence[str], cwd: Path, seconds: float, more: dict[str, str] | None = None) -> None:
    """Runs a build or a set-up.

    Raises:
        PeerUnavailable: it failed or took too long; says its last lines.
    """
    env = {**environment(), **(more or {})}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise PeerUnavailable(f"{Path(command[0]).name} took longer than {seconds:.0f} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PeerUnavailable(" / ".join(said[-3:])[:300] or f"{command[0]} ended with {done.returncode}")


def output_of(command: Sequence[str]) -> str:
    """What a command prints.

    Raises:
        PeerUnavailable: it failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise PeerUnavailable(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def found(pattern: str, text: str) -> str:
    """The first group of a pattern in a text."""
    match = re.search(pattern, text)
    if match is None:
        raise PeerUnavailable(f"no version: nothing matches {pattern}")
    return match[1]


ALL: Final[tuple[Peer, ...]] = (ZkPool(), Gnark(), Arkworks(), SnarkJs(), ZkSnake())
