"""The sources of the project's contracts and of all that they import, and the compiler's settings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from posixpath import dirname, normpath
from typing import Any, Final

import yaml

from audit.solidity.server import ROOT

CONTRACTS: Final = "contracts"
_IMPORT: Final = re.compile(rb"^\s*import\b[^;\"']*[\"']([^\"']+)[\"']\s*;", re.MULTILINE)

Sources = Mapping[str, bytes]
"""Text of each source, in UTF-8, by the name that the compiler knows it by: its path below the root."""


@cache
def settings() -> Mapping[str, Any]:
    """What `ape-config.yaml` says of the compiler, as standard JSON has it."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    return {
        "remappings": [f"{entry}" for entry in config["import_remapping"]],
        "evmVersion": config["evm_version"],
        "viaIR": config["via_ir"],
        "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
        "metadata": {"appendCBOR": False},
    }


def project_sources(root: str = CONTRACTS) -> dict[str, bytes]:
    """All sources below a folder of the project, and what they import."""
    names = sorted(str(path.relative_to(ROOT)) for path in (ROOT / root).rglob("*.sol"))
    found: dict[str, bytes] = {}
    wanted = names[::-1]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = (ROOT / name).read_bytes()
            wanted += reversed(imports(name, found[name]))
    return found


def imports(name: str, text: bytes) -> list[str]:
    """What a source imports, by the compiler's names."""
    return [_resolved(name, found.decode()) for found in _IMPORT.findall(text)]


def closure(sources: Sources, names: Iterable[str]) -> dict[str, bytes]:
    """Some sources with all that they import."""
    found: dict[str, bytes] = {}
    wanted = sorted(names, reverse=True)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = sources[name]
            wanted += reversed(imports(name, sources[name]))
    return found


def is_ours(name: str) -> bool:
    """Whether a source is the project's own, not a dependency's."""
    return name.startswith(f"{CONTRACTS}/")


def is_deployed(name: str) -> bool:
    """Whether a source is part of the protocol: the project's own, mocks and interfaces apart."""
    return is_ours(name) and not re.search(r"/(mocks|interfaces)/|/I[A-Z]\w+\.sol$", name)


def fingerprint(sources: Sources) -> str:
    """A digest of sources and settings, in hexadecimal."""
    digest = hashlib.sha256(repr(sorted(settings().items())).encode())
    for part in _parts(sources):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _parts(sources: Sources) -> Iterator[bytes]:
    for name in sorted(sources):
        yield name.encode()
        yield sources[name]


def _resolved(importer: str, path: str) -> str:
    if path.startswith("."):
        return normpath(f"{dirname(importer)}/{path}")
    for entry in settings()["remappings"]:
        prefix, _, target = entry.partition("=")
        if path.startswith(prefix):
            return f"{target}{path[len(prefix) :]}"
    return path
