"""Mutants of Solidity's expressions: ``e`` becomes ``(active ? mutated : e)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from audit.mutation.mutant import Workshop
from audit.solidity.ast import Node
from audit.solidity.probe import active

RELATIONAL: Final = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
ARITHMETIC: Final = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*"}
LOGICAL: Final = {"&&": "||", "||": "&&"}
BITWISE: Final = {"&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<"}
COMPOUND: Final = {
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=", "&=": "|=", "^=": "&=", "<<=": ">>=",
    ">>=": "<<=", "%=": "*=",
}  # fmt: skip
BINARY: Final = (
    ("arithmetic", ARITHMETIC),
    ("logical", LOGICAL),
    ("bitwise", BITWISE),
)
COMMUTATIVE: Final = frozenset({"addmod", "max", "min", "mulDiv", "mulDivDown", "mulDivUp", "mulmod"})
"""Functions whose first two arguments may change places by their definition."""
_INTEGER: Final = re.compile(r"u?int\d+$")
_ZEROS: Final = ((re.compile(r"address( payable)?$"), "address(0)"), (re.compile(r"bytes\d+$"), "{0}(0)"))

Alternative = tuple[str, str]
"""Operator and text of a mutated expression."""


def expressions(shop: Workshop, is_pure: Callable[[Node], bool]) -> None:
    """Makes all mutants of the expressions of a source."""
    for node in shop.tree.root.walk():
        if _is_fixed(node):
            continue
        if node.kind == "FunctionCall":
            _swaps(shop, node, is_pure(node))
            continue
        for operator, mutated in _alternatives(shop, node):
            place = shop.add(node, operator, shop.of(node), mutated)
            if place is not None:
                cast = _cast(node)
                before = f"({active(place, is_pure=is_pure(node))} ? {cast}({mutated}) : {cast}("
                shop.rewrite.wrap(node.start, node.end, before, "))", place)


def _alternatives(shop: Workshop, node: Node) -> Iterator[Alternative]:
    of = shop.of
    if is_number(node):
        yield from _numbers(shop, node)
    elif node.kind == "BinaryOperation":
        left, right = (node.child(side) for side in ("leftExpression", "rightExpression"))
        assert left
        assert right
        sign = node.data["operator"]
        for other in RELATIONAL.get(sign, ()):
            yield "relational", f"{of(left)} {other} {of(right)}"
        for name, table in BINARY:
            if sign in table:
                yield name, f"{of(left)} {table[sign]} {of(right)}"
    elif node.kind == "UnaryOperation" and node.data["operator"] in ("!", "~"):
        inner = node.child("subExpression")
        assert inner
        yield "negation removed", of(inner)
    elif node.kind == "UnaryOperation" and node.data["operator"] in ("++", "--"):
        other = {"++": "--", "--": "++"}[node.data["operator"]]
        yield "step", of(node).replace(node.data["operator"], other)
    elif node.kind == "Assignment" and node.data["operator"] in COMPOUND:
        left, right = (node.child(side) for side in ("leftHandSide", "rightHandSide"))
        assert left
        assert right
        yield "compound assignment", f"{of(left)} {COMPOUND[node.data['operator']]} {of(right)}"
    elif node.kind == "Literal" and node.data.get("kind") == "bool":
        yield "literal", "false" if of(node) == "true" else "true"
    yield from _conditions(node)
    yield from _results(shop, node)


def _numbers(shop: Workshop, node: Node) -> Iterator[Alternative]:
    text = shop.of(node)
    operator = "literal" if node.type.startswith("int_const") else "constant"
    if node.kind == "Literal" and text.isdigit():
        yield operator, str(int(text) + 1)
        if int(text):
            yield operator, str(int(text) - 1)
        return
    yield operator, f"{text} + 1"
    if node.type != "int_const 0":
        yield operator, f"{text} - 1"


def _conditions(node: Node) -> Iterator[Alternative]:
    """A condition, or a part of one, that is always met or never."""
    parent = node.parent
    if parent is None or node.type != "bool" or node.kind == "Literal":
        return
    is_part = parent.kind == "BinaryOperation" and parent.data["operator"] in LOGICAL
    if is_part or (node.role == "condition" and parent.kind in ("IfStatement", "Conditional")):
        yield "condition", "true"
        yield "condition", "false"
    elif node.role == "condition":
        yield "condition", "false"


def _results(shop: Workshop, node: Node) -> Iterator[Alternative]:
    """What a function returns, but zero or the contrary."""
    parent = node.parent
    if parent is None or parent.kind != "Return" or node.role != "expression" or node.kind == "Literal":
        return
    if node.type == "bool":
        yield "return value", f"!({shop.of(node)})"
    elif _INTEGER.match(node.type):
        yield "return value", "0"
    else:
        for pattern, zero in _ZEROS:
            if pattern.match(node.type):
                yield "return value", zero.format(node.type)


def _swaps(shop: Workshop, call: Node, is_pure: bool) -> None:
    """Two neighbouring arguments of one type in each other's place."""
    if call.data.get("kind") == "typeConversion" or call.data.get("names"):
        return
    arguments = call.all("arguments")
    called = call.child("expression")
    if called and (called.data.get("memberName") or called.name) in COMMUTATIVE:
        arguments = arguments[1:]  # the first two may change places
    for first, second in pairwise(arguments):
        one, two = shop.of(first), shop.of(second)
        if first.type != second.type or one == two or "const" in first.type:
            continue
        place = shop.add(call, "argument swap", f"{one}, {two}", f"{two}, {one}")
        if place is not None:
            asked = active(place, is_pure=is_pure)
            shop.rewrite.wrap(first.start, first.end, f"({asked} ? {two} : ", ")", place)
            shop.rewrite.wrap(second.start, second.end, f"({asked} ? {one} : ", ")", place)


def is_number(node: Node) -> bool:
    """Whether an expression is a number known to the compiler: a literal, or the use of a constant."""
    if node.kind in ("Literal", "BinaryOperation", "TupleExpression", "UnaryOperation"):
        return node.type.startswith("int_const")
    declared = node.data.get("referencedDeclaration")
    return (
        node.kind in ("Identifier", "MemberAccess")
        and declared is not None
        and bool(_INTEGER.match(node.type))
        and bool(node.data.get("isConstant") or CONSTANTS.get(declared))
    )


CONSTANTS: dict[int, bool] = {}
"""Ids of constant state variables; filled in by whoever has all the trees."""


def _cast(node: Node) -> str:
    """The type that a literal takes on where it stands: between others it has theirs, alone the least."""
    parent = node.parent
    if parent is None or parent.kind != "BinaryOperation" or not node.type.startswith("int_const"):
        return ""
    if parent.data["operator"] in ("<<", ">>", "**"):
        return parent.type if node.role == "leftExpression" else ""
    other = parent.child("rightExpression" if node.role == "leftExpression" else "leftExpression")
    return other.type if other and _INTEGER.match(other.type) else ""


def _is_fixed(node: Node) -> bool:
    """Whether a node must stay: fixed at compile time, or part of a number that is one mutant itself."""
    parent = node.parent
    if parent is None:
        return True
    if is_number(parent) and node.type.startswith("int_const"):
        return True
    for around in (node, *node.above()):
        if around.kind == "VariableDeclaration" and around.data.get("constant"):
            return True
        if around.kind in ("ArrayTypeName", "InlineAssembly", "UsingForDirective", "PragmaDirective"):
            return True
    return False
