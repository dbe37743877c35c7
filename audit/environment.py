"""The environment of the tools the audit has beyond ``.venv``: slither, halmos, matplotlib, atheris.

Made from the hashed ``audit/requirements.txt`` on first use, in ``build/audit/venv``, and again when that
lock or the Python changes. Its tools run as processes of their own: the project imports nothing of it.

.venv/bin/python -m audit.environment prints where its Python is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "audit" / "requirements.txt"
VENV: Final = ROOT / "build" / "audit" / "venv"
INSTALL_SECONDS: Final = 900


class EnvironmentUnavailable(Exception):
    """The audit's own environment cannot be made; carries the end of what pip said."""


def python() -> Path:
    """The Python of the environment, which is made first if it is missing or stale.

    Raises:
        EnvironmentUnavailable: it cannot be made.
    """
    VENV.parent.mkdir(parents=True, exist_ok=True)
    with (VENV.parent / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current():
            make()
    return VENV / "bin" / "python"


def tool(name: str) -> Path:
    """A program of the environment, such as ``slither``.

    Raises:
        EnvironmentUnavailable: the environment cannot be made, or has no such program.
    """
    program = python().with_name(name)
    if not program.exists():
        raise EnvironmentUnavailable(f"the audit's environment has no program {name!r}")
    return program


def site_packages() -> Path:
    """Where the environment keeps its packages.

    Raises:
        EnvironmentUnavailable: it cannot be made.
    """
    return (
        python().parent.parent
        / "lib"
        / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        / "site-packages"
    )


def variables(**more: str) -> dict[str, str]:
    """The variables its tools run with: its programs on PATH, behind all others.

    Slither's packages bring a stub called ``solc``, which must hide no compiler.
    """
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(python().parent)))
    return {**os.environ, "PATH": path, **more}


def fingerprint() -> str:
    """What the environment is made of: the lock and the version of the Python that runs this."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"


def is_current() -> bool:
    """Whether the environment was made from this lock with this Python, and still starts."""
    stamp = VENV / "made-from"
    if not (stamp.exists() and stamp.read_text() == fingerprint()):
        return False
    started = subprocess.run([str(VENV / "bin" / "python"), "-c", ""], check=False, timeout=60)
    return started.returncode == 0


def make() -> None:
    """Make the environment from nothing.

    Raises:
        EnvironmentUnavailable: it cannot be made.
    """
    print("making the audit's own environment (half a minute, once)", file=sys.stderr, flush=True)
    if VENV.is_symlink():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    install = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    for command in (
        [sys.executable, "-m", "venv", str(VENV)],
        [*install, "--no-input", "--quiet", "--no-deps", "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if done.returncode:
            raise EnvironmentUnavailable(f"{command[0]} said:\n{(done.stdout + done.stderr)[-3000:]}")
    (VENV / "made-from").write_text(fingerprint())


if __name__ == "__main__":
    print(python())
