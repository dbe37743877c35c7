"""Changes to a source by the byte, and what makes room for them in any function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from audit.solidity.ast import Node, Tree
from audit.solidity.sources import Sources, is_ours

_ASSEMBLY: Final = re.compile(rb"\bassembly \{")
_PURE: Final = re.compile(rb"\bpure\b")
_COMMENT: Final = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)


class EditsCross(Exception):
    """Two changes overlap without one being inside the other."""


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    before: str
    after: str
    instead: str | None
    key: object


@dataclass(slots=True)
class Rewrite:
    """Changes to one source. They may lie inside each other: all but what a ``replace`` covers is kept.

    Attributes:
        spans: after ``result``, where each change that was given a key has put its text: first byte, byte
            after the last, key. For errors of the compiler.
    """

    text: bytes
    spans: list[tuple[int, int, object]] = field(default_factory=list)
    _edits: list[_Edit] = field(default_factory=list)

    def wrap(self, start: int, end: int, before: str, after: str = "", key: object = None) -> None:
        """Puts text around a part; of two changes of the same part the later is the inner one."""
        self._edits.append(_Edit(start, end, before, after, None, key))

    def insert(self, at: int, text: str, key: object = None) -> None:
        """Puts text before a byte; inside the changes that begin there."""
        self._edits.append(_Edit(at, at, text, "", None, key))

    def replace(self, start: int, end: int, text: str, key: object = None) -> None:
        """Puts text in a part's place; nothing inside the part may be changed besides."""
        self._edits.append(_Edit(start, end, "", "", text, key))

    def result(self) -> bytes:
        """The source with all changes.

        Raises:
            EditsCross: two changes overlap.
        """
        order = sorted(range(len(self._edits)), key=self._place)
        out: list[bytes] = []
        size = 0
        self.spans.clear()
        open_edits: list[_Edit] = []
        at = 0

        def put(text: bytes, key: object = None) -> None:
            nonlocal size
            out.append(text)
            if key is not None and text:
                self.spans.append((size, size + len(text), key))
            size += len(text)

        def close(until: int) -> None:
            nonlocal at
            while open_edits and open_edits[-1].end <= until:
                edit = open_edits.pop()
                if edit.instead is None:
                    put(self.text[at : edit.end])
                at = max(at, edit.end)
                put(edit.after.encode(), edit.key)

        for index in order:
            edit = self._edits[index]
            close(edit.start)
            if open_edits and (open_edits[-1].end < edit.end or open_edits[-1].instead is not None):
                raise EditsCross(f"{edit} and {open_edits[-1]}")
            put(self.text[at : edit.start])
            at = edit.start
            put((edit.before if edit.instead is None else edit.instead).encode(), edit.key)
            open_edits.append(edit)
        close(len(self.text))
        put(self.text[at:])
        return b"".join(out)

    def _place(self, index: int) -> tuple[int, int, int]:
        """Outer before inner; what is inserted where a change begins stands inside it."""
        edit = self._edits[index]
        is_insertion = edit.start == edit.end
        return edit.start, 0 if is_insertion else -edit.end, index


def opened(sources: Sources, trees: Mapping[str, Tree]) -> tuple[dict[str, Rewrite], dict[str, bytes]]:
    """Sources in which probes can stand anywhere, with the same behaviour otherwise.

    Returns:
        the sources with trees, begun to be rewritten; and the finished text of the others.
    """
    pure = operators(trees)
    begun = {}
    for name, tree in trees.items():
        begun[name] = Rewrite(tree.text)
        if is_ours(name):
            allow_reading(tree, begun[name], pure)
        allow_memory(tree, begun[name])
    others = {
        name: _ASSEMBLY.sub(b'assembly ("memory-safe") {', text)
        for name, text in sources.items()
        if name not in trees
    }
    return begun, others


def operators(trees: Mapping[str, Tree]) -> frozenset[int]:
    """Ids of the functions that are operators of a type: they must stay pure."""
    return frozenset(
        part["definition"]["referencedDeclaration"]
        for tree in trees.values()
        for using in tree.find("UsingForDirective")
        for part in using.data.get("functionList") or ()
        if "operator" in part
    )


def allow_reading(tree: Tree, rewrite: Rewrite, kept: frozenset[int] = frozenset()) -> None:
    """Makes every pure function of a source a view, so that it may ask for a balance.

    Args:
        kept: ids of functions that stay as they are.
    """
    for function in tree.find("FunctionDefinition"):
        if function.data.get("stateMutability") == "pure" and function.data["id"] not in kept:
            start, end = header(tree, function)
            found = _PURE.search(_blank_comments(tree.text[start:end]))
            if found:
                rewrite.replace(start + found.start(), start + found.end(), "view")


def allow_memory(tree: Tree, rewrite: Rewrite) -> None:
    """Marks all assembly as memory-safe, so that the compiler may move variables off a stack that is full.

    What is not marked in the project ends its call at once, and so uses nothing that it has overwritten; what
    is not marked in a dependency writes to its own arrays alone.
    """
    for block in tree.find("InlineAssembly"):
        if not block.data.get("flags"):
            rewrite.insert(block.start + len("assembly"), ' ("memory-safe")')


def header(tree: Tree, function: Node) -> tuple[int, int]:
    """The part of a function between its parameters and its results, body or closing semicolon."""
    parameters, results, body = (function.child(role) for role in ("parameters", "returnParameters", "body"))
    assert parameters
    end = body.start if body else function.end
    if results and results.end > results.start:
        end = results.start
    return parameters.end, end


def _blank_comments(text: bytes) -> bytes:
    return _COMMENT.sub(lambda found: b" " * len(found.group()), text)
