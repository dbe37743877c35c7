"""Creation code by the contract's name, so that steps outlive the build they were noted on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILED = ROOT / ".build" / "__local__.json"
"""What ape compiled last."""


@dataclass(frozen=True, slots=True)
class Build:
    """Creation code of every contract of one build."""

    codes: Mapping[str, bytes]

    @classmethod
    def project(cls) -> Build:
        """The contracts as ape compiled them.

        Raises:
            FileNotFoundError: nothing was compiled yet.
        """
        types = json.loads(COMPILED.read_bytes())["contractTypes"]
        codes = {
            name: (found.get("deploymentBytecode") or {}).get("bytecode") for name, found in types.items()
        }
        return cls({name: bytes.fromhex(code.removeprefix("0x")) for name, code in codes.items() if code})

    @classmethod
    def read(cls, path: Path) -> Build:
        """A build of rewritten contracts, as ``audit.solidity`` writes it."""
        found = json.loads(path.read_bytes())
        return cls({name: bytes.fromhex(entry["bytecode"]) for name, entry in found.items()})

    def named(self, data: bytes) -> tuple[str, bytes] | None:
        """The contract that creation data makes, and its constructor's arguments, if it is one of these."""
        fitting = [name for name, code in self.codes.items() if data.startswith(code)]
        if not fitting:
            return None
        name = max(fitting, key=lambda fit: len(self.codes[fit]))
        return name, data[len(self.codes[name]) :]


@dataclass(frozen=True, slots=True)
class Builds:
    """The builds whose creation code is known, and the one that is run in place of each of them."""

    known: tuple[Build, ...]
    run: Build | None = None

    def named(self, data: bytes) -> tuple[str, bytes] | None:
        """The contract that creation data of any build makes, and its constructor's arguments."""
        for build in self.known:
            found = build.named(data)
            if found:
                return found
        return None

    def creation(self, name: str, arguments: bytes) -> bytes | None:
        """Creation data of a contract in the build that is run; ``None`` if that has no such contract."""
        for build in (self.run,) if self.run else self.known:
            if name in build.codes:
                return build.codes[name] + arguments
        return None
