"""Forge, for the Foundry-style tests of counterexamples: installed by npm when it is first needed.

``python -m audit.counterexample.forge FOLDER ...`` runs the test of each counterexample.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from audit.result import BUILD, ROOT, ToolMissing

NAMED: Final = ROOT / "audit" / "forge"
"""The package and its lock; apart from the project's own, for which forge's 80 MB are nothing."""
HOME: Final = BUILD / "forge"
INSTALL_SECONDS: Final = 600
SYSTEMS: Final = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
MACHINES: Final = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def forge() -> Path:
    """The program, installed first if it is not there.

    Raises:
        ToolMissing: npm cannot install it here.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    lock_file = NAMED / "package-lock.json"
    stamp, wanted = HOME / "installed", hashlib.sha256(lock_file.read_bytes()).hexdigest()
    program = _program()
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists() or not stamp.exists() or stamp.read_text() != wanted:
            _install()
            stamp.write_text(wanted)
    if not program.exists():
        raise ToolMissing("forge", f"npm has no binary of it for {platform.system()} {platform.machine()}")
    return program


def run_test(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a counterexample's Foundry-style test.

    Raises:
        ToolMissing: there is no forge.
    """
    command = [str(forge()), "test", "--root", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def shows(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a test failed with what it is about, and not before."""
    said = done.stdout + done.stderr
    return done.returncode != 0 and "] test_counterexample()" in said and "setUp()" not in said


def _install() -> None:
    for source in (NAMED / "package.json", NAMED / "package-lock.json", ROOT / ".npmrc"):
        shutil.copy(source, HOME / source.name)
    try:
        done = subprocess.run(
            ["npm", "ci"], cwd=HOME, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissing("forge", f"npm ci in audit/forge does not end: {error}") from error
    if done.returncode:
        raise ToolMissing("forge", f"npm ci in audit/forge fails: {done.stderr[-400:]}")


def _program() -> Path:
    system = SYSTEMS.get(platform.system(), platform.system())
    machine = MACHINES.get(platform.machine(), platform.machine())
    suffix = ".exe" if system == "win32" else ""
    return HOME / "node_modules" / "@foundry-rs" / f"forge-{system}-{machine}" / "bin" / f"forge{suffix}"


def main() -> int:
    """Runs the tests in the named folders. Returns how many show nothing."""
    silent = 0
    for folder in sys.argv[1:]:
        done = run_test(Path(folder).resolve())
        silent += not shows(done)
        print(f"{folder}: {'shown' if shows(done) else done.stdout + done.stderr}", flush=True)
    return silent


if __name__ == "__main__":
    sys.exit(main())
