"""The points of the contracts that tests must reach: every function, statement and outcome of a condition.

A probe stands at each. A statement has one before it; a condition is handed through a function that asks the
probe of its outcome. Of ``a && b`` both operands are conditions, so that each is seen both true and false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from audit.solidity.ast import Node, Tree
from audit.solidity.probe import FUNCTIONS, active, address, stop, stop_yul
from audit.solidity.rewrite import Rewrite, operators

_BLOCKS: Final = ("Block", "UncheckedBlock")
_STATEMENTS: Final = frozenset(
    {
        *(
            "ExpressionStatement",
            "VariableDeclarationStatement",
            "Return",
            "RevertStatement",
            "EmitStatement",
        ),
        *("IfStatement", "ForStatement", "WhileStatement", "DoWhileStatement", "TryStatement"),
        *("Break", "Continue", "PlaceholderStatement"),
    }
)
_COMPOUND: Final = frozenset(
    {
        *("IfStatement", "ForStatement", "WhileStatement", "DoWhileStatement", "TryStatement"),
        *("YulIf", "YulSwitch", "YulForLoop", "YulCase", "TryCatchClause"),
    }
)
"""Made of other statements: only their first line is their own."""
_LOOP_HEAD: Final = ("initializationExpression", "loopExpression")
"""Statements there have their loop's body to tell of them."""
_YUL_STATEMENTS: Final = frozenset(
    {
        *("YulExpressionStatement", "YulAssignment", "YulVariableDeclaration", "YulIf", "YulSwitch"),
        *("YulForLoop", "YulLeave", "YulBreak", "YulContinue"),
    }
)
_TOOK: Final = "zkpoolTook"

TOOK: Final = f"""
function {_TOOK}(bool outcome, uint256 yes, uint256 no) view returns (bool) {{
    assembly ("memory-safe") {{
        switch outcome
        case 0 {{ if balance(no) {{ invalid() }} }}
        default {{ if balance(yes) {{ invalid() }} }}
    }}
    return outcome;
}}
"""
"""To be put at the end of each source with conditions."""
TOOK_YUL: Final = (
    f" function {_TOOK}Yul(zkpOutcome, zkpYes, zkpNo) -> zkpSame {{ switch zkpOutcome "
    "case 0 { if balance(zkpNo) { invalid() } } default { if balance(zkpYes) { invalid() } } "
    "zkpSame := zkpOutcome } "
)
"""To be put at the beginning of each assembly block with conditions."""


@dataclass(frozen=True, slots=True)
class Point:
    """Somewhere the tests must come by.

    Attributes:
        id: of its probe.
        source: file.
        function: contract and function.
        line, last_line: of the code.
        code: the code, on one line, cut short.
        kind: ``function``, ``statement`` or ``branch``.
        arm: which outcome of a branch, such as ``true`` or ``case 1``; empty for other kinds.
    """

    id: int
    source: str
    function: str
    line: int
    last_line: int
    code: str
    kind: str
    arm: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What names the point for as long as its code stays the same."""
        return self.source, self.function, self.kind, self.code, self.arm


class Prober:
    """Puts probes into sources and remembers where."""

    def __init__(self, trees: Mapping[str, Tree]) -> None:
        self.points: list[Point] = []
        self._pure = operators(trees)

    def probe(self, tree: Tree, rewrite: Rewrite) -> None:
        """Puts all probes into one source."""
        before = len(self.points)
        for function in tree.find("FunctionDefinition", "ModifierDefinition"):
            body = function.child("body")
            if body is not None:
                self._function(tree, rewrite, function, body)
        for block in tree.find("InlineAssembly"):
            self._assembly(tree, rewrite, block)
        if any(point.kind == "branch" for point in self.points[before:]):
            rewrite.insert(len(tree.text), TOOK)
        if any(node.data["id"] in self._pure for node in tree.find("FunctionDefinition")):
            rewrite.insert(len(tree.text), FUNCTIONS)

    def _function(self, tree: Tree, rewrite: Rewrite, function: Node, body: Node) -> None:
        entry = self._new(tree, function, "function")
        if function.data.get("id") in self._pure:
            rewrite.insert(body.start + 1, f" if ({active(entry, is_pure=True)}) revert(); ")
            return
        rewrite.insert(body.start + 1, " " + stop(entry))
        for node in body.walk():
            if node.kind in _STATEMENTS and node.role not in _LOOP_HEAD:
                self._statement(tree, rewrite, node)
            if node.kind in (
                "IfStatement",
                "ForStatement",
                "WhileStatement",
                "DoWhileStatement",
                "Conditional",
            ):
                condition = node.child("condition")
                if condition is not None:
                    self._conditions(tree, rewrite, condition)
            elif node.kind == "BinaryOperation" and node.data["operator"] in ("&&", "||"):
                if not _is_inside_condition(node):
                    self._conditions(tree, rewrite, node)
            elif node.kind == "TryCatchClause":
                self._clause(tree, rewrite, node)

    def _statement(self, tree: Tree, rewrite: Rewrite, node: Node) -> None:
        text = stop(self._new(tree, node, "statement"))
        if node.parent is not None and node.parent.kind in _BLOCKS:
            rewrite.insert(node.start, text)
        else:  # the body of an ``if`` or a loop, without braces
            rewrite.wrap(node.start, _end(tree, node), "{ " + text, " }")

    def _conditions(self, tree: Tree, rewrite: Rewrite, condition: Node) -> None:
        for part in _operands(condition):
            yes, no = (self._new(tree, part, "branch", arm) for arm in ("true", "false"))
            rewrite.wrap(part.start, part.end, f"{_TOOK}(", f", {address(yes)}, {address(no)})")

    def _clause(self, tree: Tree, rewrite: Rewrite, clause: Node) -> None:
        block = clause.child("block")
        assert block is not None
        clauses = clause.parent.all("clauses") if clause.parent else []
        arm = f"catch {clauses.index(clause)}" if clauses and clauses[0] is not clause else "success"
        rewrite.insert(block.start + 1, " " + stop(self._new(tree, clause, "branch", arm)))

    def _assembly(self, tree: Tree, rewrite: Rewrite, assembly: Node) -> None:
        root = assembly.child("AST")
        assert root is not None
        before = len(self.points)
        for node in root.walk():
            if node.kind in _YUL_STATEMENTS and node.parent is not None and not _in_loop_head(node):
                rewrite.insert(node.start, stop_yul(self._new(tree, node, "statement")))
            if node.kind in ("YulIf", "YulForLoop"):
                condition = node.child("condition")
                assert condition is not None
                yes, no = (self._new(tree, condition, "branch", arm) for arm in ("true", "false"))
                after = f", {address(yes)}, {address(no)})"
                rewrite.wrap(condition.start, condition.end, f"{_TOOK}Yul(", after)
            elif node.kind == "YulCase":
                body = node.child("body")
                assert body is not None
                value = node.child("value")
                arm = f"case {tree.of(value)}" if value else "default"
                rewrite.insert(body.start + 1, " " + stop_yul(self._new(tree, node, "branch", arm)))
            elif node.kind == "YulFunctionDefinition":
                body = node.child("body")
                assert body is not None
                rewrite.insert(body.start + 1, " " + stop_yul(self._new(tree, node, "function")))
        if any(point.kind == "branch" for point in self.points[before:]):
            rewrite.insert(root.start + 1, TOOK_YUL)

    def _new(self, tree: Tree, node: Node, kind: str, arm: str = "") -> int:
        id_ = len(self.points) + 1
        text = " ".join(tree.of(node).split())
        if kind == "function" or arm.startswith(("case", "default", "catch", "success")):
            text = text.partition("{")[0].strip()
        last = tree.line(node.start if kind == "function" or node.kind in _COMPOUND else node.end - 1)
        self.points.append(
            Point(id_, tree.name, tree.place(node), tree.line(node.start), last, text[:110], kind, arm)
        )
        return id_


def _operands(condition: Node) -> Iterator[Node]:
    """The conditions that a condition is made of."""
    inner = condition
    while inner.kind == "TupleExpression" and len(inner.children) == 1:
        inner = inner.children[0]
    if inner.kind == "BinaryOperation" and inner.data["operator"] in ("&&", "||"):
        for child in inner.children:
            yield from _operands(child)
    elif inner.kind == "UnaryOperation" and inner.data["operator"] == "!":
        yield from _operands(inner.children[0])
    elif inner.kind != "Literal":  # ``while (true)`` is left from inside
        yield condition


def _is_inside_condition(node: Node) -> bool:
    """Whether a logical operation is part of a condition that is taken apart elsewhere."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.kind in ("BinaryOperation",) and parent.data["operator"] in ("&&", "||"):
            return True
        if child.role == "condition":
            return True
        if parent.kind == "TupleExpression" or (
            parent.kind == "UnaryOperation" and parent.data["operator"] == "!"
        ):
            child, parent = parent, parent.parent
            continue
        return False
    return False


def _in_loop_head(node: Node) -> bool:
    """Whether a Yul statement stands where a loop begins or goes on; its body and condition tell of these."""
    block = node.parent
    return block is not None and block.kind == "YulBlock" and block.role in ("pre", "post")


def _end(tree: Tree, node: Node) -> int:
    """The byte after a statement, its semicolon included, which the compiler leaves out."""
    end = node.end
    if tree.text[end - 1 : end] in (b";", b"}"):
        return end
    while tree.text[end : end + 1] != b";":
        end += 1
    return end + 1
