"""The contracts with all mutants in them, compiled."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from audit.mutation.schemata import Schemata
from audit.solidity.ast import Tree, trees
from audit.solidity.compile import CACHE, Build, build, keep
from audit.solidity.server import Compiler
from audit.solidity.sources import closure, fingerprint, is_ours, project_sources


def deployables(forest: Mapping[str, Tree]) -> list[tuple[str, str]]:
    """All contracts that can be deployed, mocks too: source and name."""
    return [
        (name, node.name)
        for name, tree in forest.items()
        if is_ours(name)
        for node in tree.find("ContractDefinition")
        if node.data["contractKind"] == "contract" and not node.data["abstract"]
    ]


def mutated(
    compiler: Compiler,
    made: Schemata,
    progress: Callable[[str], None] = print,
    touched: Set[str] = frozenset(),
) -> Path:
    """Compiles deployable contracts from rewritten sources; the file with their builds.

    Args:
        touched: only those contracts that have one of these sources in them; all by default.
    """
    kept = CACHE / f"mutated-{fingerprint(made.sources)[:32]}.json"
    if kept.exists():
        return kept
    found: Build = {}
    for source, name in deployables(trees(compiler, project_sources())):
        if touched and not touched & closure(made.sources, [source]).keys():
            continue
        started = time.monotonic()
        found |= build(compiler, made.sources, [(source, name)])
        size = len(found[name]["runtime"]) // 2
        progress(f"{name}: {size} bytes in {time.monotonic() - started:.1f} s")
    keep(kept, json.dumps(found).encode())
    return kept
