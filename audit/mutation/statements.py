"""Mutants without a statement or without a modifier."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from audit.mutation.mutant import Workshop
from audit.solidity.ast import Node, Tree
from audit.solidity.probe import active, active_at, address
from audit.solidity.rewrite import Rewrite
from audit.solidity.sources import is_ours

_AT: Final = "zkpoolAt"
_REFERENCE: Final = re.compile(r" (storage pointer|calldata)\b")
_REMOVABLE: Final = frozenset({"ExpressionStatement", "EmitStatement", "Break", "Continue"})


def statements(shop: Workshop, is_pure: Callable[[Node], bool]) -> None:
    """Makes a mutant without each statement that can be done without."""
    for node in shop.tree.find(*_REMOVABLE, "Return"):
        parent = node.parent
        if parent is None or (parent.kind == "ForStatement" and node.role != "body"):
            continue
        if (node.kind == "Return" and node.children) or _points(node):
            continue
        place = shop.add(node, "statement removed", shop.of(node), ";")
        if place is not None:
            end = _end(shop.tree, node)
            asked = active(place, is_pure=is_pure(node))
            shop.rewrite.wrap(node.start, end, f"{{ if (!{asked}) {{ ", " } }", place)


def _points(node: Node) -> bool:
    """Whether a statement says where a reference to storage or calldata points, which must be said."""
    assignment = node.child("expression")
    target = assignment.child("leftHandSide") if assignment and assignment.kind == "Assignment" else None
    parts = target.children if target and target.kind == "TupleExpression" else [target] if target else []
    return any(part.kind == "Identifier" and _REFERENCE.search(part.type) for part in parts)


def _end(tree: Tree, node: Node) -> int:
    """The byte after a statement's semicolon, which the compiler does not count as its own."""
    if tree.text[node.end - 1 : node.end] == b";":
        return node.end
    return tree.text.index(b";", node.end) + 1


Definitions = Mapping[int, tuple[Tree, Node, Rewrite]]
"""The modifiers of all sources by id, with their sources."""


def modifiers(shop: Workshop, definitions: Definitions) -> None:
    """Makes a mutant without each modifier of each function.

    A modifier of the project is told by each use which place that stands for (``open_modifiers``); for one
    of a dependency the use gets another modifier, declared where the first is.
    """
    for node, named, found in _uses(shop.tree, definitions):
        place = shop.add(node, "modifier removed", shop.of(node), "")
        tree, definition, rewrite = found
        if is_ours(tree.name):
            _tell(shop.rewrite, node, named, place or 0)
        elif place is not None:
            name = f"zkpoolWithout{place}"
            parameters, body = definition.child("parameters"), definition.child("body")
            assert body
            declared = tree.of(parameters) if parameters and parameters.end > parameters.start else ""
            text = f"modifier {name}{declared} {{ if ({active(place)}) {{ _; }} else {tree.of(body)} }}\n    "
            rewrite.insert(_documented(definition), text)
            shop.rewrite.replace(named.start, named.end, name, place)


def leave_modifiers(tree: Tree, rewrite: Rewrite, definitions: Definitions) -> None:
    """Lets the uses in a source without mutants stand for no place."""
    for node, named, (declaring, _, _) in _uses(tree, definitions):
        if is_ours(declaring.name):
            _tell(rewrite, node, named, 0)


def open_modifiers(tree: Tree, rewrite: Rewrite) -> None:
    """Gives every modifier of a source a further argument: the place of its absence at this use."""
    for definition in tree.find("ModifierDefinition"):
        parameters, body = definition.child("parameters"), definition.child("body")
        assert body
        if parameters and parameters.end > parameters.start and parameters.children:
            rewrite.insert(parameters.end - 1, f", uint256 {_AT}")
        elif parameters and parameters.end > parameters.start:
            rewrite.insert(parameters.end - 1, f"uint256 {_AT}")
        else:
            rewrite.insert(body.start, f"(uint256 {_AT}) ")
        rewrite.insert(body.start + 1, f" if ({active_at(_AT)}) {{ _; }} else {{")
        rewrite.insert(body.end - 1, "} ")


def _uses(tree: Tree, definitions: Definitions) -> Iterator[tuple[Node, Node, tuple[Tree, Node, Rewrite]]]:
    """Where modifiers are used: the use, the name in it, the definition."""
    for node in tree.find("ModifierInvocation"):
        named = node.child("modifierName")
        if named is not None and node.data.get("kind") == "modifierInvocation":
            found = definitions.get(int(named.data["referencedDeclaration"]))
            if found is not None:
                yield node, named, found


def _tell(rewrite: Rewrite, node: Node, named: Node, place: int) -> None:
    """Tells a modifier at one use which place it stands for."""
    arguments = node.all("arguments")
    if arguments:
        rewrite.insert(arguments[-1].end, f", {address(place)}", place)
    else:
        rewrite.replace(named.end, node.end, f"({address(place)})", place)


def _documented(definition: Node) -> int:
    """Where a definition begins, its comment included."""
    documentation = definition.data.get("documentation")
    return int(documentation["src"].split(":")[0]) if documentation else definition.start
