"""The contracts with a probe at every point, compiled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.coverage.points import Point, Prober
from audit.recording.builds import Build
from audit.solidity import compile as compiling
from audit.solidity.ast import Tree, trees
from audit.solidity.rewrite import opened
from audit.solidity.server import Compiler
from audit.solidity.sources import is_deployed, is_ours, project_sources

PLAIN: Final = {
    "optimizer": {
        "enabled": True,
        "runs": 200,
        "details": {"yul": True, "yulDetails": {"stackAllocation": True, "optimizerSteps": ":"}},
    }
}
"""Code is left nearly as it is written: with probes in it, more would be inlined than the stack holds."""


@dataclass(frozen=True, slots=True)
class Probed:
    """Contracts with probes.

    Attributes:
        points: what the probes stand for, by id from one.
        made: every contract, as ``audit.solidity.compile`` says it.
    """

    points: tuple[Point, ...]
    made: compiling.Build

    @property
    def build(self) -> Build:
        """Creation code of every contract."""
        codes = {name: bytes.fromhex(entry["bytecode"]) for name, entry in self.made.items()}
        return Build({name: code for name, code in codes.items() if code})

    @property
    def digest(self) -> str:
        """Stands for the code of all contracts; the same for sources that differ in comments alone."""
        found = hashlib.sha256()
        for name, code in sorted(self.build.codes.items()):
            found.update(f"{name}:{len(code)}:".encode() + code)
        return found.hexdigest()


def probed(compiler: Compiler) -> Probed:
    """The project's contracts with probes; kept under ``build/audit`` for the next time.

    Raises:
        CompileFailed: the compiler refuses the rewritten sources.
    """
    sources = project_sources()
    syntax = trees(compiler, sources)
    begun, others = opened(sources, syntax)
    prober = Prober(syntax)
    for name in sorted(syntax):
        if is_deployed(name):
            prober.probe(syntax[name], begun[name])
    rewritten = {**others, **{name: rewrite.result() for name, rewrite in begun.items()}}
    made = compiling.build(compiler, rewritten, contracts(syntax), PLAIN)
    return Probed(tuple(prober.points), made)


def write_build(probes: Probed, path: Path) -> Path:
    """Writes the contracts down where tests can take them from; the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(probes.made))
    return path


def contracts(syntax: dict[str, Tree]) -> list[tuple[str, str]]:
    """Source and name of every contract that can be deployed."""
    return [
        (name, node.name)
        for name, tree in syntax.items()
        for node in tree.find("ContractDefinition")
        if node.data["contractKind"] != "interface" and not node.data.get("abstract") and is_ours(name)
    ]
