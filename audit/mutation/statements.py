"""Mutants without a statement or without a modifier."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from audit.mutation.mutant import Workshop
from audit.solidity.ast import Node, Tree
from audit.solidity.probe import active
from audit.solidity.rewrite import Rewrite

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


def modifiers(shop: Workshop, definitions: Mapping[int, tuple[Tree, Node, Rewrite]]) -> None:
    """Makes a mutant without each modifier of each function: it gets another, declared where the first is.

    Args:
        definitions: the modifiers of all sources by id, with their sources.
    """
    for node in shop.tree.find("ModifierInvocation"):
        function, named = node.parent, node.child("modifierName")
        if function is None or named is None or node.data.get("kind") != "modifierInvocation":
            continue
        found = definitions.get(int(named.data["referencedDeclaration"]))
        if found is None:
            continue
        place = shop.add(node, "modifier removed", shop.of(node), "")
        if place is None:
            continue
        tree, definition, rewrite = found
        parameters, body = definition.child("parameters"), definition.child("body")
        assert body
        name = f"zkpoolWithout{place}"
        declared = tree.of(parameters) if parameters and parameters.end > parameters.start else ""
        text = f"modifier {name}{declared} {{ if ({active(place)}) {{ _; }} else {tree.of(body)} }}\n    "
        rewrite.insert(_documented(definition), text)
        shop.rewrite.replace(named.start, named.end, name, place)


def _documented(definition: Node) -> int:
    """Where a definition begins, its comment included."""
    documentation = definition.data.get("documentation")
    return int(documentation["src"].split(":")[0]) if documentation else definition.start
