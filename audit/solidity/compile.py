"""Compiles sources, rewritten ones too, into what a test can deploy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.solidity.server import ROOT, Compiler
from audit.solidity.sources import Sources, closure, fingerprint, settings

CACHE: Final = ROOT / "build" / "audit" / "solidity"
OUTPUT: Final = ("abi", "evm.bytecode.object", "evm.deployedBytecode.object")

Build = dict[str, dict[str, Any]]
"""Compiled contracts by name: ``abi``, ``bytecode`` and ``runtime`` in hexadecimal, ``source``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the compiler; ``start`` and ``end`` are bytes of the source, -1 if it names none."""

    source: str
    start: int
    end: int
    message: str


class CompileFailed(Exception):
    """The compiler refuses the sources."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems[:5]))


def request(
    sources: Sources, output: Mapping[str, Any], changed: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Standard JSON input with the project's settings.

    Args:
        output: what is asked for, by source and contract.
        changed: settings other than the project's.
    """
    contents = {name: {"content": text.decode()} for name, text in sources.items()}
    chosen = {**settings(), **(changed or {}), "outputSelection": output}
    return {"language": "Solidity", "sources": contents, "settings": chosen}


def problems_of(answer: Mapping[str, Any]) -> list[Problem]:
    """The errors in a compiler's answer."""
    return [
        Problem(
            at.get("file", ""),
            int(at.get("start", -1)),
            int(at.get("end", -1)),
            error.get("formattedMessage") or error["message"],
        )
        for error in answer.get("errors", ())
        if error["severity"] == "error"
        for at in (error.get("sourceLocation") or {},)
    ]


def check(compiler: Compiler, sources: Sources) -> list[Problem]:
    """What the compiler has against sources, before it makes code of them."""
    return problems_of(compiler.answer(request(sources, {"*": {"": ["ast"]}})))


def build(
    compiler: Compiler,
    sources: Sources,
    contracts: Iterable[tuple[str, str]],
    changed: Mapping[str, Any] | None = None,
) -> Build:
    """Compiles contracts, each named by its source and its own name; kept under ``build/audit``.

    Raises:
        CompileFailed: the compiler refuses.
    """
    wanted = sorted(set(contracts))
    needed = closure(sources, {source for source, _ in wanted})
    needed["settings"] = repr((wanted, changed)).encode()
    kept = CACHE / f"build-{fingerprint(needed)[:32]}.json"
    del needed["settings"]
    if kept.exists():
        found: Build = json.loads(kept.read_bytes())
        return found
    selection: dict[str, dict[str, list[str]]] = {}
    for source, name in wanted:
        selection.setdefault(source, {})[name] = list(OUTPUT)
    answer = compiler.answer(request(needed, selection, changed))
    if problems := problems_of(answer):
        raise CompileFailed(problems)
    made: Build = {
        name: {
            "source": source,
            "abi": answer["contracts"][source][name]["abi"],
            "bytecode": answer["contracts"][source][name]["evm"]["bytecode"]["object"],
            "runtime": answer["contracts"][source][name]["evm"]["deployedBytecode"]["object"],
        }
        for source, name in wanted
    }
    keep(kept, json.dumps(made).encode())
    return made


def keep(path: Path, content: bytes) -> None:
    """Writes a file at once: whoever reads it meanwhile finds all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
