"""Builds the circuits of the projects into ``build/circuits/<name>/``.

``rollup`` (Groth16) and ``chain_plonk``, ``chain_fflonk`` are our own circuits: compiled by circom, set up
for development with a PUBLISHED seed. Their keys are the same on every machine and INSECURE on purpose:
anybody can forge proofs for them.
``semaphore`` is Semaphore v4's production circuit with its ceremony keys, taken from npm as it is.

Idempotent: a circuit whose sources, tools and recipe have not changed is left alone. Each folder appears
whole, by rename, after a proof of its sample input was made with it and verified.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zkpool_sdk import _native
from zkpool_sdk.proving import (
    SYSTEMS,
    Circuit,
    Fflonk,
    Groth16,
    ManifestMalformed,
    NativeSystem,
    Plonk,
    SignalRule,
    WitnessCalculator,
    chain,
    load_circuit,
    rollup,
    semaphore,
)
from zkpool_sdk.proving.circuit import DEFAULT_FOLDER, MANIFEST_NAME, file_sha256
from zkpool_sdk.proving.eddsa import SigningKey
from zkpool_sdk.proving.witness import flatten

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = Path("node_modules")
"""Relative to ROOT, where the compiler runs: it wants relative paths."""
RECIPE_VERSION: Final = 1
"""Raise it when this script changes what it builds."""
INSECURE_SEED: Final = b"ZKPool development keys: INSECURE, anybody can forge proofs"
GROTH16_OPTIMIZATION: Final = "--O2"
"""Half the constraints of ``--O1`` (20,131 for 44,005) for three more seconds of compiling."""
PLONK_OPTIMIZATION: Final = "--O1"
"""A gate adds two terms: the long sums that ``--O2`` makes of linear constraints would cost a gate a term."""
COMPILE_SECONDS: Final = 300
SEMAPHORE_PACKAGE: Final = MODULES / "@zk-kit" / "semaphore-artifacts"
SAMPLE_PROVER: Final = 0x70997970C51812DC3A010C7D01B50E0D17DC79C8
"""Any address will do; this is the second account of every local test chain."""

INSECURE_WARNING: Final = (
    "INSECURE development key: its trapdoor follows from a published seed, so anybody can forge proofs. "
    "Hold a ceremony before this circuit guards anything of value."
)
CEREMONY_NOTE: Final = "Production key of Semaphore v4, from the trusted set-up ceremony of its authors."


@dataclass(frozen=True)
class Recipe:
    """How one circuit comes to be.

    Attributes:
        name: the circuit.
        system: its proving system.
        signals: its public signals in order, with the rule of each.
        sample: inputs that prove, prover's address included.
        fingerprint: what everything that goes in hashes to.
    """

    name: str
    system: NativeSystem
    signals: tuple[tuple[str, SignalRule], ...]
    sample: Mapping[str, Any]
    fingerprint: str


@dataclass(frozen=True)
class Source:
    """A circuit of ours, to be compiled and set up for development.

    Attributes:
        file: name of its source in ``circuits/``, without the suffix.
        system: its proving system.
        optimization: circom's flag.
        signals, sample: as of a recipe.
    """

    file: str
    system: NativeSystem
    optimization: str
    signals: tuple[tuple[str, SignalRule], ...]
    sample: Callable[[], Mapping[str, Any]]


def main() -> int:
    """Builds all circuits, or those named."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="circuit", help="default: all")
    parser.add_argument("--out", type=Path, default=ROOT / DEFAULT_FOLDER, help="default: build/circuits")
    parser.add_argument("--force", action="store_true", help="build even what has not changed")
    arguments = parser.parse_args()
    names = [semaphore.CIRCUIT_NAME, *SOURCES]
    unknown = sorted(set(arguments.names) - set(names))
    if unknown:
        parser.error(f"no circuit {unknown[0]!r}; there are: {', '.join(names)}")
    out: Path = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in arguments.names or names:
            if name in SOURCES:
                build_source(name, SOURCES[name], out, arguments.force)
            else:
                build_semaphore(out, arguments.force)
    return 0


def build_semaphore(out: Path, force: bool) -> None:
    """Copies the production circuit of the depth we use, and checks it with a proof."""
    stem = ROOT / SEMAPHORE_PACKAGE / f"semaphore-{semaphore.TREE_DEPTH}"
    sources = {suffix: stem.with_suffix(f".{suffix}") for suffix in ("wasm", "zkey", "json")}
    require(*sources.values())
    recipe = Recipe(
        name=semaphore.CIRCUIT_NAME,
        system=Groth16(),
        signals=(
            ("merkleRoot", SignalRule.FIXED),
            ("nullifier", SignalRule.FREE),
            ("message", SignalRule.PROVER),
            ("scope", SignalRule.FIXED),
        ),
        sample=semaphore_sample(),
        fingerprint=fingerprint(*(file_sha256(path) for path in sources.values())),
    )
    if not force and up_to_date(recipe, out):
        return
    say(recipe.name, "taking Semaphore v4's production circuit and ceremony key from node_modules")
    with workspace(out, recipe.name) as folder:
        shutil.copyfile(sources["wasm"], folder / "semaphore.wasm")
        shutil.copyfile(sources["zkey"], folder / "semaphore.zkey")
        shutil.copyfile(sources["json"], folder / "verification_key.json")
        package = json.loads((ROOT / SEMAPHORE_PACKAGE / "package.json").read_text(encoding="utf-8"))
        origin = {"package": package["name"], "version": package["version"], "depth": semaphore.TREE_DEPTH}
        finish(recipe, folder, out, {"insecure_setup": False, "note": CEREMONY_NOTE, "origin": origin})


def build_source(name: str, ours: Source, out: Path, force: bool) -> None:
    """Compiles a circuit of ours, sets it up for development, and checks it with a proof."""
    source = Path("circuits", f"{ours.file}.circom")
    compiler = MODULES / "circom2"
    require(ROOT / source, ROOT / compiler / "cli.js", ROOT / MODULES / "circomlib" / "package.json")
    tools = {
        "circom2": package_version(compiler),
        "native": _native.__version__,
        "flags": ours.optimization,
        "system": ours.system.name,
    }
    included = {path: file_sha256(file) for path, file in sorted(sources_of(ROOT / source).items())}
    recipe = Recipe(
        name=name,
        system=ours.system,
        signals=ours.signals,
        sample=ours.sample(),
        fingerprint=fingerprint(json.dumps([included, tools]), INSECURE_SEED.hex()),
    )
    if not force and up_to_date(recipe, out):
        return
    with workspace(out, name) as folder:
        compile_circuit(name, source, compiler, ours.optimization, folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", _native.InsecureSetupWarning)  # said below, for people to read
            started = time.monotonic()
            ours.system.setup(folder / f"{name}.r1cs", folder, seed=INSECURE_SEED)
        say(name, f"development set-up took {time.monotonic() - started:.1f} s")
        say(name, f"WARNING: {INSECURE_WARNING}")
        details = {"insecure_setup": True, "note": INSECURE_WARNING, "seed": INSECURE_SEED.hex()}
        details["origin"] = {"tools": tools, "sources": included}
        finish(recipe, folder, out, details)


def compile_circuit(name: str, source: Path, compiler: Path, optimization: str, folder: Path) -> None:
    """Runs circom; leaves ``<name>.r1cs`` and ``<name>.wasm`` in ``folder``."""
    say(name, f"compiling {source} with circom {optimization} (some seconds)")
    started = time.monotonic()
    relative = os.path.relpath(folder, ROOT)
    command = ["node", str(compiler / "cli.js"), str(source), "--r1cs", "--wasm", optimization]
    done = subprocess.run(
        [*command, "-l", str(MODULES), "-o", relative],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMPILE_SECONDS,
        check=False,
    )
    program = folder / f"{source.stem}_js" / f"{source.stem}.wasm"
    if done.returncode or not program.is_file():
        raise SystemExit(f"circom failed on {source}:\n{done.stdout}{done.stderr}")
    program.rename(folder / f"{name}.wasm")
    (folder / f"{source.stem}.r1cs").rename(folder / f"{name}.r1cs")
    shutil.rmtree(folder / f"{source.stem}_js")
    counts = _native.r1cs_info(folder / f"{name}.r1cs")
    say(name, f"{counts['constraints']:,} constraints, compiled in {time.monotonic() - started:.1f} s")


def finish(recipe: Recipe, folder: Path, out: Path, details: dict[str, Any]) -> None:
    """Writes sample and manifest, proves the sample, and moves the folder to its place."""
    name = recipe.name
    sample = folder / "sample_input.json"
    sample.write_text(json.dumps(as_text(recipe.sample), indent=1) + "\n", encoding="utf-8")
    files = {
        "wasm": folder / f"{name}.wasm",
        "zkey": folder / f"{name}.zkey",
        "verification_key": folder / "verification_key.json",
        "sample_input": sample,
        "r1cs": folder / f"{name}.r1cs",
    }
    recorded = {
        key: {"path": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size}
        for key, path in files.items()
        if path.is_file()
    }
    key = _native.load_key(files["zkey"])
    manifest = {
        "name": name,
        "system": recipe.system.name,
        "curve": "bn254",
        **details,
        "fingerprint": recipe.fingerprint,
        "constraints": key.constraint_count,
        "domain_size": key.domain_size,
        "witness_values": key.signal_count,
        "signals": [{"name": signal, "rule": rule.name} for signal, rule in recipe.signals],
        "inputs": {
            input_name: len(flatten(input_name, value)) for input_name, value in recipe.sample.items()
        },
        "files": recorded,
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    prove_sample(load_circuit(folder.name, folder.parent), recipe.sample)
    place = out / name
    if place.exists():
        shutil.rmtree(place)
    folder.rename(place)
    say(name, f"ready in {os.path.relpath(place, ROOT)}: key sha256 {manifest_digest(place)[:16]}")


def prove_sample(circuit: Circuit, sample: Mapping[str, Any]) -> None:
    """Makes a proof with the new files and has it verified, so that a bad build is noticed here."""
    started = time.monotonic()
    witness = WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes).calculate(sample)
    witnessed = time.monotonic()
    if circuit.r1cs is not None and (broken := _native.check_witness(circuit.r1cs, witness)) is not None:
        raise SystemExit(f"the sample of {circuit.name} breaks constraint {broken}")
    system = SYSTEMS[circuit.system]()
    system.load(circuit)
    loaded = time.monotonic()
    proof = system.prove(circuit, witness)
    circuit.check_signals(proof.signals, SAMPLE_PROVER)
    proved = time.monotonic()
    say(
        circuit.name,
        f"sample proved: witness {witnessed - started:.2f} s, proof {proved - loaded:.2f} s, verified",
    )


@contextmanager
def workspace(out: Path, name: str) -> Iterator[Path]:
    """A folder ``name`` beside the final one; what is left of it in the end is removed."""
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=out) as parent:
        folder = Path(parent, name)
        folder.mkdir()
        yield folder


def up_to_date(recipe: Recipe, out: Path) -> bool:
    """Whether the circuit was built by this recipe and none of its files changed since."""
    try:
        manifest = json.loads((out / recipe.name / MANIFEST_NAME).read_text(encoding="utf-8"))
        if manifest["fingerprint"] != recipe.fingerprint:
            return False
        load_circuit(recipe.name, out)
    except (OSError, ValueError, KeyError, ManifestMalformed):
        return False
    say(recipe.name, "up to date")
    return True


def fingerprint(*parts: str) -> str:
    """One hash of everything that goes into a circuit."""
    return hashlib.sha256("\n".join([str(RECIPE_VERSION), *parts]).encode()).hexdigest()


def sources_of(source: Path) -> dict[str, Path]:
    """A circom file and all it includes, by path relative to where includes are looked up."""
    found: dict[str, Path] = {}
    pending = [(source.name, source)]
    while pending:
        name, path = pending.pop()
        if name in found:
            continue
        found[name] = path
        for include in re.findall(r'^\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            beside, library = path.parent / include, ROOT / MODULES / include
            target = (beside if beside.is_file() else library).resolve()
            require(target)
            pending.append((os.path.relpath(target, (ROOT / MODULES).resolve()), target))
    return found


def package_version(package: Path) -> str:
    """Version of an npm package."""
    return str(json.loads((ROOT / package / "package.json").read_text(encoding="utf-8"))["version"])


def require(*paths: Path) -> None:
    """Stops with the command that helps if a file is missing."""
    for path in paths:
        if not path.is_file():
            raise SystemExit(f"missing {os.path.relpath(path, ROOT)}: run `make build`, which installs it")


def manifest_digest(folder: Path) -> str:
    """Hash of the proving key as the manifest records it."""
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    return str(manifest["files"]["zkey"]["sha256"])


def as_text(value: Any) -> Any:
    """Integers as decimal text, as circom's ``input.json`` wants them."""
    if isinstance(value, Mapping):
        return {key: as_text(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) else [as_text(item) for item in value]


def semaphore_sample() -> dict[str, Any]:
    """The third of five members proves membership."""
    members = [semaphore.Identity.generate(bytes([number])) for number in range(5)]
    group = semaphore.Group([member.commitment for member in members])
    return {**semaphore.membership(members[2], group, scope=2026).inputs, "message": SAMPLE_PROVER}


def rollup_sample() -> dict[str, Any]:
    """One account pays a second, the second pays a third from what it got."""
    keys = [SigningKey.generate(bytes([number])) for number in range(3)]
    places = (0, 21, 63)
    accounts = {place: rollup.Account(key.public, 1_000) for place, key in zip(places, keys, strict=True)}
    transfers = [
        rollup.sign_transfer(keys[0], 1, places[0], places[1], amount=400, nonce=0),
        rollup.sign_transfer(keys[1], 1, places[1], places[2], amount=1_400, nonce=0),
    ]
    return {**rollup.build_batch(1, rollup.State(accounts), transfers).inputs, "prover": SAMPLE_PROVER}


def chain_sample() -> dict[str, Any]:
    """Where a chain ends that begins with the year."""
    return {**chain.chain(2026).inputs, "prover": SAMPLE_PROVER}


CHAIN_SIGNALS: Final = (
    ("end", SignalRule.FIXED),
    ("start", SignalRule.FIXED),
    ("prover", SignalRule.PROVER),
)
SOURCES: Final = {
    rollup.CIRCUIT_NAME: Source(
        "rollup",
        Groth16(),
        GROTH16_OPTIMIZATION,
        (("commitment", SignalRule.FIXED), ("prover", SignalRule.PROVER)),
        rollup_sample,
    ),
    **{
        name: Source("chain", system, PLONK_OPTIMIZATION, CHAIN_SIGNALS, chain_sample)
        for name, system in zip(chain.CIRCUIT_NAMES, (Plonk(), Fflonk()), strict=True)
    },
}


def say(name: str, text: str) -> None:
    """A line of progress."""
    print(f"circuits: {name}: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
