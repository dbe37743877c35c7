"""The set-up behind `make build`: tools and build products, each made again only when its inputs change.

Run by the system's Python (3.11 or 3.12) with its standard library alone. Everything lands under the project:
`.venv`, `node_modules`, `.build` (ape's output) and `build`. Each step keeps a stamp in `build/stamps`: a
hash of what it reads. A step whose stamp still matches is skipped: a second run takes a fraction of a second.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import solc_install

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
STAMPS = BUILD / "stamps"
LOGS = BUILD / "logs"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
ENGINE = ROOT / "audit" / "_evm.abi3.so"

# Seconds between two lines that say a long step is still at work.
HEARTBEAT_SECONDS = 15

# What a Python started from `.venv` finds: the project's anvil first on PATH, the project's solc, and ape's
# data under build/ unless APE_DATA_FOLDER says otherwise.
SITE_HOOK = (
    "import os, sys; r = os.path.dirname(sys.prefix); j = os.path.join; "
    "b = j(r, 'toolchain', 'bin'); p = os.environ.get('PATH', os.defpath); "
    "os.environ.update({} if p.split(os.pathsep)[0] == b else {'PATH': b + os.pathsep + p}); "
    "os.environ['SOLCX_BINARY_PATH'] = j(r, 'build', 'solc'); "
    "os.environ.setdefault('APE_DATA_FOLDER', j(r, 'build', 'ape'))\n"
)


class StepFailed(Exception):
    """A step of the set-up that ended in an error; its log says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the set-up: what it reads (its stamp), what it leaves behind and how it is made."""

    name: str
    inputs: Callable[[], str]
    outputs: tuple[Path, ...]
    make: Callable[[], None]

    @property
    def stamp(self) -> Path:
        """Where the hash of the inputs of the last finished run is kept."""
        return STAMPS / self.name.replace(" ", "-")

    def is_current(self, digest: str) -> bool:
        """Whether the outputs exist and were made from inputs with this hash."""
        made = self.stamp.exists() and self.stamp.read_text() == digest
        return made and all(path.exists() for path in self.outputs)


def digest_of(paths: Iterable[Path], *facts: str) -> str:
    """SHA-256 over the names and contents of files (folders are walked) and over further facts."""
    hasher = hashlib.sha256()
    for fact in facts:
        hasher.update(f"fact {fact}\0".encode())
    for path in paths:
        for file in sorted(files_under(path)):
            hasher.update(f"file {file.relative_to(ROOT)}\0".encode())
            hasher.update(hashlib.sha256(file.read_bytes()).digest())
    return hasher.hexdigest()


def files_under(path: Path) -> Iterator[Path]:
    """The files below a folder without its build outputs, or the file itself; nothing where it is missing."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for child in path.iterdir():
            if child.name not in {"target", "__pycache__"}:
                yield from files_under(child)


def run(command: list[str | Path], log: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a command with its output in `build/logs/<log>.log`, saying now and then that it is still at work.

    Raises:
        StepFailed: the command ended with another status than 0; carries the end of the log.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    file = LOGS / f"{log}.log"
    started = time.monotonic()
    with file.open("ab") as sink:
        sink.write(f"$ {' '.join(map(str, command))}\n".encode())
        sink.flush()
        with heartbeat(log, started):
            status = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                check=False,
            ).returncode
    if status != 0:
        tail = "\n".join(file.read_text(errors="replace").splitlines()[-30:])
        raise StepFailed(f"{command[0]} ended with status {status}; from {file.relative_to(ROOT)}:\n{tail}")


@contextlib.contextmanager
def heartbeat(what: str, started: float) -> Iterator[None]:
    """A thread that prints a line every `HEARTBEAT_SECONDS` until the block ends."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            print(f"      {what}: still working, {time.monotonic() - started:.0f} s", flush=True)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def python_packages() -> None:
    """Make `.venv` from the hashed lock, with the hook that points its tools at the project's folders."""
    if not usable_venv():
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", VENV], "python-packages")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
    lock: list[str | Path] = ["--no-deps", "--require-hashes", "-r", ROOT / "requirements.txt"]
    run([*pip, *lock], "python-packages", env={"PIP_CACHE_DIR": str(BUILD / "cache" / "pip")})
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "zkpool_toolchain.pth").write_text(SITE_HOOK)


def usable_venv() -> bool:
    """Whether `.venv` was made here, starts, and has the version of the Python that runs this script."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    probe = [str(PYTHON), "-c", "import sys, pip; print('%d.%d' % sys.version_info[:2], sys.prefix)"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if str(VENV) not in (VENV / "bin" / "pip").read_text():
            return False  # the folder was moved or copied: its scripts start another Python
        answer = subprocess.run(probe, capture_output=True, text=True, check=True, timeout=60).stdout
        return answer.split() == [version, str(VENV)]
    return False


def npm_packages() -> None:
    """Install what `package-lock.json` names: anvil, solc, circom, circomlib, OpenZeppelin, the checkers."""
    run(["npm", "ci", "--no-audit", "--no-fund"], "npm-packages")


def native_module() -> None:
    """Compile the prover core and install the SDK in place (Cargo's own places come from the Makefile)."""
    run([VENV / "bin" / "maturin", "develop", "--release", "--locked"], "native-module")


def installed_sdk() -> tuple[Path, ...]:
    """What the native step leaves: the compiled module beside the sources, its record in `.venv`."""
    package = ROOT / "src" / "zkpool_sdk"
    modules = sorted(package.glob("_native*.so")) or [package / "_native.so"]
    site = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    records = sorted(site.glob("zkpool_sdk-*.dist-info")) or [site / "zkpool_sdk.dist-info"]
    return (*modules, *records)


def circuits() -> None:
    """Compile the project's circuits and make their development keys (cached by content)."""
    run([PYTHON, ROOT / "tools" / "build_circuits.py"], "circuits")


def contracts() -> None:
    """Compile the contracts with ape, all of them: left alone it skips the importers of a changed library."""
    run([VENV / "bin" / "ape", "compile", "--force"], "contracts")


def audit_engine() -> None:
    """Compile the chain that the audit and the deeper tests have in their process."""
    manifest = ROOT / "audit" / "engine" / "Cargo.toml"
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", manifest]
    target = Path(os.environ.get("CARGO_TARGET_DIR") or BUILD / "cargo")
    run(command, "audit-engine", env={"CARGO_TARGET_DIR": str(target), "PYO3_PYTHON": str(PYTHON)})
    made = target / "release" / ("lib_evm.dylib" if sys.platform == "darwin" else "lib_evm.so")
    fresh = ENGINE.with_suffix(".new")
    shutil.copy2(made, fresh)
    fresh.replace(ENGINE)  # a process that has the old one loaded keeps it


def extras() -> list[Step]:
    """What only some commands need; made when named."""
    inputs = [ROOT / "audit" / "engine"]
    return [Step("audit engine", lambda: digest_of(inputs), (ENGINE,), audit_engine)]


def steps() -> list[Step]:
    """The set-up in order."""
    python = f"python {sys.version_info[0]}.{sys.version_info[1]}"
    pip_lock = [ROOT / "requirements.txt"]
    npm_record = ROOT / "node_modules" / ".package-lock.json"
    npm_lock = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
    native = [ROOT / "native", ROOT / "pyproject.toml"]
    solc = solc_install.SolcInstall(ROOT)
    sources = [ROOT / "contracts", ROOT / "ape-config.yaml", ROOT / "package-lock.json"]
    circuit_sources = [ROOT / "circuits", ROOT / "tools", ROOT / "native", ROOT / "package-lock.json"]
    return [
        Step("python packages", lambda: digest_of(pip_lock, python, SITE_HOOK), (PYTHON,), python_packages),
        Step("npm packages", lambda: digest_of(npm_lock), (npm_record,), npm_packages),
        Step("solidity compiler", lambda: digest_of([], *solc.facts()), (solc.launcher,), solc.install),
        Step("native module", lambda: digest_of(native, python), installed_sdk(), native_module),
        Step("circuits", lambda: digest_of(circuit_sources), (BUILD / "circuits",), circuits),
        Step("contracts", lambda: digest_of(sources), (ROOT / ".build",), contracts),
    ]


def build(only: list[str]) -> int:
    """Bring every step of the set-up (or those named) up to date, in order. Returns the exit status."""
    chosen = [step for step in (*steps(), *extras()) if step.name in only] if only else steps()
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build of this folder is at work; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        made = [update(step, f"[{number}/{len(chosen)}]") for number, step in enumerate(chosen, 1)]
        if any(made):
            print(f"build is ready, {time.monotonic() - started:.0f} s", flush=True)
    return 0


def update(step: Step, label: str) -> bool:
    """Make a step if its inputs changed. Returns whether it was made."""
    digest = step.inputs()
    if step.is_current(digest):
        return False
    print(f"{label} {step.name} ...", flush=True)
    (LOGS / f"{step.name.replace(' ', '-')}.log").unlink(missing_ok=True)
    step.stamp.unlink(missing_ok=True)
    started = time.monotonic()
    step.make()
    step.stamp.write_text(digest)
    print(f"{label} {step.name} ... {time.monotonic() - started:.0f} s", flush=True)
    return True


def main() -> int:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("step", nargs="*", help="names of steps; the whole set-up by default")
    try:
        return build(parser.parse_args().step)
    except (StepFailed, solc_install.SolcUnavailable) as failure:
        print(f"\nbuild stopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbuild interrupted; the next run continues here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
