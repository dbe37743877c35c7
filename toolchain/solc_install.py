"""The pinned Solidity compiler, placed where py-solc-x (hence ape) looks for it.

`ape-config.yaml` names the version. With internet the native binary is fetched by py-solc-x; without it a
launcher around npm's `solc` of the same version takes its place. `ZKPOOL_SOLC=native` or `ZKPOOL_SOLC=npm` forces
one of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

# How long the native download may take before the launcher is used instead.
NATIVE_TIMEOUT_SECONDS = 40

VERSION_LINE = re.compile(
    r"^solidity:\n(?:[ \t]+.*\n|[ \t]*#.*\n)*?[ \t]+version:[ \t]*[\"']?(\d+\.\d+\.\d+)", re.MULTILINE
)

FETCH_NATIVE = "import sys, solcx; solcx.install_solc(sys.argv[1], show_progress=False)"

LAUNCHER = """#!/bin/sh
# npm's solc {version} behind solc's own command line. The version is baked in: asking the compiler takes a second.
if [ "$1" = --version ]; then
    printf '%s\\n' 'solc, the solidity compiler commandline interface' 'Version: {full_version}'
    exit 0
fi
exec node "${{0%/*}}/../../toolchain/solc.js" "$@"
"""


class SolcUnavailable(Exception):
    """The compiler of the pinned version can be had in none of the ways allowed."""


class SolcInstall:
    """The compiler of one project folder: which version, where it belongs, how it gets there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = Path(os.environ.get("SOLCX_BINARY_PATH", root / "build" / "solc"))
        self.version = pinned_version(root / "ape-config.yaml")
        self.mode = os.environ.get("ZKPOOL_SOLC", "auto")

    @property
    def binary(self) -> Path:
        """The file that py-solc-x runs for the pinned version."""
        return self.folder / f"solc-v{self.version}"

    def facts(self) -> tuple[str, ...]:
        """What the installed file depends on."""
        return (self.version, self.mode, str(self.folder), LAUNCHER)

    def install(self) -> None:
        """Put the compiler in place and check that it answers with the pinned version.

        Raises:
            SolcUnavailable: the mode is unknown, or the compiler it asks for cannot be had.
        """
        if self.mode not in {"auto", "native", "npm"}:
            raise SolcUnavailable(f"ZKPOOL_SOLC is {self.mode!r}; it may be auto, native or npm")
        self.folder.mkdir(parents=True, exist_ok=True)
        remove(self.binary)
        if self.mode == "npm":
            self.install_launcher()
        elif not self.install_native():
            if self.mode == "native":
                raise SolcUnavailable(f"solc {self.version} could not be fetched, as ZKPOOL_SOLC=native asks")
            print("      no native solc within reach; using npm's build of the same version", flush=True)
            self.install_launcher()

    def install_native(self) -> bool:
        """Fetch the native binary with py-solc-x. Returns whether it is there and runs."""
        python = self.root / ".venv" / "bin" / "python"
        env = {**os.environ, "SOLCX_BINARY_PATH": str(self.folder)}
        command = [str(python), "-c", FETCH_NATIVE, self.version]
        try:
            subprocess.run(command, env=env, capture_output=True, check=True, timeout=NATIVE_TIMEOUT_SECONDS)
            ask = [str(self.binary), "--version"]
            answer = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            remove(self.binary)
            return False
        return f"Version: {self.version}+" in answer.stdout

    def install_launcher(self) -> None:
        """Write the launcher around npm's compiler.

        Raises:
            SolcUnavailable: npm's compiler is of another version than `ape-config.yaml` pins.
        """
        package = json.loads((self.root / "node_modules" / "solc" / "package.json").read_text())
        if package["version"] != self.version:
            raise SolcUnavailable(
                f"ape-config.yaml pins solc {self.version}, package.json has {package['version']}: make them agree"
            )
        command = ["node", str(self.root / "toolchain" / "solc.js"), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
        full_version = answer.split("Version: ")[1].strip()
        self.binary.write_text(LAUNCHER.format(version=self.version, full_version=full_version))
        self.binary.chmod(0o755)


def pinned_version(config: Path) -> str:
    """The compiler version that `ape-config.yaml` gives under `solidity:` (read without a YAML library)."""
    match = VERSION_LINE.search(config.read_text())
    if match is None:
        raise SolcUnavailable(f"{config.name} pins no solidity version")
    return match[1]


def remove(path: Path) -> None:
    """Take a file or folder away, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
