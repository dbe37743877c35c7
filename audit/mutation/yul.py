"""Mutants of assembly. Operations become functions that choose; literals move by the balance itself."""

from __future__ import annotations

import re
from typing import Final

from audit.mutation.mutant import Workshop
from audit.solidity.ast import Node
from audit.solidity.probe import address

OPERATIONS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "add": (("arithmetic", "sub(zkA, zkB)"),),
    "sub": (("arithmetic", "add(zkA, zkB)"),),
    "mul": (("arithmetic", "add(zkA, zkB)"),),
    "div": (("arithmetic", "mul(zkA, zkB)"),),
    "mod": (("arithmetic", "zkA"),),
    "addmod": (("arithmetic", "mulmod(zkA, zkB, zkC)"),),
    "mulmod": (("arithmetic", "addmod(zkA, zkB, zkC)"),),
    "lt": (("relational", "iszero(gt(zkA, zkB))"), ("relational", "iszero(lt(zkA, zkB))")),
    "gt": (("relational", "iszero(lt(zkA, zkB))"), ("relational", "iszero(gt(zkA, zkB))")),
    "eq": (("relational", "iszero(eq(zkA, zkB))"),),
    "iszero": (("negation removed", "zkA"),),
    "and": (("bitwise", "or(zkA, zkB)"),),
    "or": (("bitwise", "and(zkA, zkB)"),),
    "xor": (("bitwise", "and(zkA, zkB)"),),
    "shl": (("bitwise", "shr(zkA, zkB)"),),
    "shr": (("bitwise", "shl(zkA, zkB)"),),
    "byte": (("bitwise", "shr(zkA, zkB)"),),
    "not": (("negation removed", "zkA"),),
}
_PARAMETERS: Final = ("zkA", "zkB", "zkC")
_NAMES: Final = re.compile("zk[ABC]")


def assembly(shop: Workshop) -> None:
    """Makes all mutants of the assembly of a source."""
    for block in shop.tree.find("InlineAssembly"):
        helpers = ""
        body = next(child for child in block.children if child.kind == "YulBlock")
        for node in body.walk():
            if node.kind == "YulFunctionCall":
                helpers += _operation(shop, node)
            elif node.kind == "YulLiteral":
                _literal(shop, node)
            elif node.kind in ("YulExpressionStatement", "YulAssignment"):
                _removed(shop, node)
            if node.role == "condition":
                _condition(shop, node)
        if helpers:
            shop.rewrite.insert(body.start + 1, helpers)


def _operation(shop: Workshop, call: Node) -> str:
    """Mutants of one operation; the function that chooses between them."""
    named = call.child("functionName")
    assert named
    arguments = call.all("arguments")
    texts = [shop.of(argument) for argument in arguments]
    choices = ""
    first = None
    for operator, other in OPERATIONS.get(named.name, ()):
        shown = _NAMES.sub(lambda found: texts[_PARAMETERS.index(found.group())], other)
        place = shop.add(call, operator, shop.of(call), shown)
        if place is not None:
            first = first or place
            choices += f"if balance({address(place)}) {{ zkR := {other} }} "
    if first is None:
        return ""
    names = ", ".join(_PARAMETERS[: len(arguments)])
    shop.rewrite.replace(named.start, named.end, f"zkpoolChoice{first}", first)
    plain = f"{named.name}({names})"
    return f" function zkpoolChoice{first}({names}) -> zkR {{ zkR := {plain} {choices}}}"


def _literal(shop: Workshop, node: Node) -> None:
    if node.data.get("kind") != "number" or (node.role == "value" and node.parent.kind == "YulCase"):  # type: ignore[union-attr]
        return
    text = shop.of(node)
    for operation, sign in (("add", "+"), ("sub", "-")):
        if operation == "sub" and int(text, 0) == 0:
            continue
        place = shop.add(node, "literal", text, f"{text} {sign} 1")
        if place is not None:
            shop.rewrite.wrap(node.start, node.end, f"{operation}(", f", balance({address(place)}))", place)


def _removed(shop: Workshop, node: Node) -> None:
    parent = node.parent
    if parent is None or (parent.role in ("post", "pre") and parent.kind == "YulBlock") or _points(node):
        return
    place = shop.add(node, "statement removed", shop.of(node), "")
    if place is not None:
        before = f"if iszero(balance({address(place)})) {{ "
        shop.rewrite.wrap(node.start, node.end, before, " }", place)


def _points(node: Node) -> bool:
    """Whether an assignment says where a result in calldata or storage is, which must be said."""
    function = node.inside("FunctionDefinition")
    results = function.child("returnParameters") if function else None
    pointers = {
        result.name
        for result in (results.children if results else ())
        if result.data.get("storageLocation") in ("calldata", "storage")
    }
    return any(target.name.partition(".")[0] in pointers for target in node.all("variableNames"))


def _condition(shop: Workshop, node: Node) -> None:
    assert node.parent
    if node.parent.kind == "YulIf":
        place = shop.add(node, "condition", shop.of(node), "1")
        if place is not None:
            shop.rewrite.wrap(node.start, node.end, "or(", f", balance({address(place)}))", place)
    place = shop.add(node, "condition", shop.of(node), "0")
    if place is not None:
        after = f", iszero(balance({address(place)})))"
        shop.rewrite.wrap(node.start, node.end, "mul(", after, place)
