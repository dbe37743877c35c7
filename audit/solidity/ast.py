"""Syntax trees of sources, as the compiler sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from audit.solidity.compile import CACHE, CompileFailed, keep, problems_of, request
from audit.solidity.server import Compiler
from audit.solidity.sources import Sources, fingerprint, is_ours

_SKIPPED: Final = frozenset({"documentation", "overrides", "baseContracts", "symbolAliases"})


@dataclass(eq=False, slots=True)
class Node:
    """A node of a syntax tree.

    Attributes:
        kind: what the compiler calls it, such as ``BinaryOperation`` or ``YulFunctionCall``.
        start: first byte in its source.
        end: byte after its last.
        data: all that the compiler says of it; children of it are in ``children`` too.
        role: the field of its parent that it stands in.
    """

    kind: str
    start: int
    end: int
    data: Mapping[str, Any]
    parent: Node | None
    role: str
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, outer before inner, in the order of the source."""
        yield self
        for child in self.children:
            yield from child.walk()

    def above(self) -> Iterator[Node]:
        """The nodes around this one, innermost first."""
        node = self.parent
        while node:
            yield node
            node = node.parent

    def inside(self, *kinds: str) -> Node | None:
        """The innermost node of such a kind around this one."""
        return next((node for node in self.above() if node.kind in kinds), None)

    def child(self, role: str) -> Node | None:
        """The child in a field, the first if there are several."""
        return next((child for child in self.children if child.role == role), None)

    def all(self, role: str) -> list[Node]:
        """The children in a field."""
        return [child for child in self.children if child.role == role]

    @property
    def type(self) -> str:
        """The type of an expression, as the compiler prints it; empty for other nodes."""
        return str((self.data.get("typeDescriptions") or {}).get("typeString") or "")

    @property
    def name(self) -> str:
        """The name of what is declared or meant."""
        return str(self.data.get("name") or "")


@dataclass(frozen=True, slots=True)
class Tree:
    """A source and its syntax tree."""

    name: str
    text: bytes
    root: Node

    def of(self, node: Node) -> str:
        """The text of a node."""
        return self.text[node.start : node.end].decode()

    def line(self, at: int) -> int:
        """The number of the line that a byte is on, from one."""
        return self.text.count(b"\n", 0, at) + 1

    def find(self, *kinds: str) -> Iterator[Node]:
        """All nodes of these kinds, in the order of the source."""
        return (node for node in self.root.walk() if node.kind in kinds)

    def place(self, node: Node) -> str:
        """The contract and function that a node is in, such as ``StakeVault.stake``."""
        names = [node, *node.above()]
        words = []
        for around in names:
            if around.kind in ("FunctionDefinition", "ModifierDefinition"):
                words.append(around.name or str(around.data.get("kind")))
            elif around.kind in ("ContractDefinition", "YulFunctionDefinition"):
                words.append(around.name)
        return ".".join(reversed(words))


def trees(compiler: Compiler, sources: Sources) -> dict[str, Tree]:
    """The syntax trees of the project's own sources, and of others that declare modifiers.

    They are kept under ``build/audit`` for the next time.

    Raises:
        CompileFailed: the sources are in error.
    """
    wanted = [name for name, text in sources.items() if is_ours(name) or b"    modifier " in text]
    kept = CACHE / f"trees-{fingerprint(sources)[:32]}.json"
    if kept.exists():
        found = json.loads(kept.read_bytes())
    else:
        answer = compiler.answer(request(sources, {name: {"": ["ast"]} for name in wanted}))
        if problems := problems_of(answer):
            raise CompileFailed(problems)
        found = {name: source["ast"] for name, source in answer["sources"].items() if "ast" in source}
        keep(kept, json.dumps(found).encode())
    return {name: Tree(name, sources[name], _node(data, None, "")) for name, data in found.items()}


def _node(data: Mapping[str, Any], parent: Node | None, role: str) -> Node:
    start, length = (int(part) for part in data["src"].split(":")[:2])
    node = Node(data["nodeType"], start, start + length, data, parent, role)
    for key, value in data.items():
        if key in _SKIPPED:
            continue
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, dict) and "nodeType" in part and "src" in part:
                node.children.append(_node(part, node, key))
    node.children.sort(key=lambda child: child.start)
    return node
