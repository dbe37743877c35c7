"""The pinned Solidity compiler, placed where py-solc-x (hence ape) looks for it.

`ape-config.yaml` names the version. With internet the native binary is fetched by py-solc-x; without it npm's
`solc` of the same version takes its place. `ZKPOOL_SOLC=native` or `ZKPOOL_SOLC=npm` forces one of them. Both
stand behind a launcher that adds the project to the include paths: ape compiles a copy of `contracts/` in a
temporary folder, from where `node_modules` would be out of reach.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

# How long the native download may take before npm's build is used instead.
NATIVE_TIMEOUT_SECONDS = 40

VERSION_LINE = re.compile(
    r"^solidity:\n(?:[ \t]+.*\n|[ \t]*#.*\n)*?[ \t]+version:[ \t]*[\"']?(\d+\.\d+\.\d+)", re.MULTILINE
)

# Run by the Python of `.venv`, which names the project's own folder to solcx: the target overrides that.
FETCH_NATIVE = (
    "import os, sys; os.environ['SOLCX_BINARY_PATH'] = sys.argv[2]; "
    "import solcx; solcx.install_solc(sys.argv[1], show_progress=False)"
)

LAUNCHER = """#!/bin/sh
# solc {version}. The answer to --version is baked in: npm's build takes a second to give it.
if [ "$1" = --version ]; then
    printf '%s\\n' 'solc, the solidity compiler commandline interface' 'Version: {full_version}'
    exit 0
fi
root={root}
case " $* " in
    *" --base-path $root "*) ;;
    *" --base-path "*) set -- "$@" --include-path "$root" ;;
esac
exec {command} "$@"
"""


class SolcUnavailable(Exception):
    """The compiler of the pinned version can be had in none of the ways allowed."""


class SolcInstall:
    """The compiler of one project folder: which version, where it belongs, how it gets there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "build" / "solc"
        self.version = pinned_version(root / "ape-config.yaml")
        self.mode = os.environ.get("ZKPOOL_SOLC", "auto")

    @property
    def launcher(self) -> Path:
        """The file that py-solc-x runs for the pinned version."""
        return self.folder / f"solc-v{self.version}"

    def facts(self) -> tuple[str, ...]:
        """What the installed files depend on."""
        return (self.version, self.mode, str(self.root), LAUNCHER)

    def install(self) -> None:
        """Put the compiler in place.

        Raises:
            SolcUnavailable: the mode is unknown, or the compiler it asks for cannot be had.
        """
        if self.mode not in {"auto", "native", "npm"}:
            raise SolcUnavailable(f"ZKPOOL_SOLC is {self.mode!r}; it may be auto, native or npm")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        command = self.native() if self.mode != "npm" else None
        if command is None:
            if self.mode == "native":
                raise SolcUnavailable(f"solc {self.version} could not be fetched, as ZKPOOL_SOLC=native asks")
            command = self.from_npm()
        print(f"      solc {self.version} {'from npm' if command[0] == 'node' else 'native'}", flush=True)
        text = LAUNCHER.format(
            version=self.version,
            full_version=full_version(command),
            root=shlex.quote(str(self.root)),
            command=shlex.join(command),
        )
        self.launcher.write_text(text)
        self.launcher.chmod(0o755)

    def native(self) -> list[str] | None:
        """Fetch the native binary with py-solc-x; None where it is out of reach or does not run here."""
        folder = self.folder / "native"
        folder.mkdir()
        python = self.root / ".venv" / "bin" / "python"
        fetch = [str(python), "-c", FETCH_NATIVE, self.version, str(folder)]
        command = [str(folder / f"solc-v{self.version}")]
        try:
            subprocess.run(fetch, capture_output=True, check=True, timeout=NATIVE_TIMEOUT_SECONDS)
            found = full_version(command)
        except (OSError, subprocess.SubprocessError, SolcUnavailable):
            return None
        return command if found.startswith(f"{self.version}+") else None

    def from_npm(self) -> list[str]:
        """The command that runs npm's compiler.

        Raises:
            SolcUnavailable: npm's compiler is of another version than `ape-config.yaml` pins.
        """
        package = json.loads((self.root / "node_modules" / "solc" / "package.json").read_text())
        if package["version"] != self.version:
            raise SolcUnavailable(
                f"ape-config.yaml pins solc {self.version} but package.json has {package['version']}"
            )
        return ["node", str(self.root / "toolchain" / "solc.js")]


def full_version(command: list[str]) -> str:
    """What a compiler says of itself, such as "0.8.37+commit.f401782d.Linux.g++"."""
    ask = [*command, "--version"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=120).stdout
    if "Version: " not in answer:
        raise SolcUnavailable(f"{command[0]} does not tell its version")
    return answer.split("Version: ")[1].split()[0]


def pinned_version(config: Path) -> str:
    """The compiler version that `ape-config.yaml` gives under `solidity:` (read without a YAML library)."""
    match = VERSION_LINE.search(config.read_text())
    if match is None:
        raise SolcUnavailable(f"{config.name} pins no solidity version")
    return match[1]
