"""All mutants at once: sources in which the active mutant is chosen while they run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audit.mutation.expressions import CONSTANTS, expressions
from audit.mutation.mutant import FIRST_PLACE, Mutant, Workshop
from audit.mutation.statements import leave_modifiers, modifiers, open_modifiers, statements
from audit.mutation.yul import assembly
from audit.solidity.ast import Node, Tree, trees
from audit.solidity.compile import check
from audit.solidity.probe import FUNCTIONS
from audit.solidity.rewrite import opened, operators
from audit.solidity.server import Compiler
from audit.solidity.sources import Sources, is_deployed, is_ours, project_sources

MOST_IN_SOURCE: Final = 2_048
"""Places kept for one source."""
ROUNDS: Final = 12
"""Most times that mutants are dropped for what the compiler has against them."""


class NoSchemata(Exception):
    """The compiler refuses the sources for something that is no mutant's."""


@dataclass(frozen=True, slots=True)
class Schemata:
    """Rewritten sources and the mutants in them."""

    sources: dict[str, bytes]
    mutants: tuple[Mutant, ...]
    dropped: int


def schemata(
    compiler: Compiler, chosen: Callable[[str], bool] = is_deployed, sources: Sources | None = None
) -> Schemata:
    """Makes every mutant of the protocol's sources that the compiler accepts.

    Args:
        chosen: which sources are mutated.
    Raises:
        NoSchemata: the compiler refuses more than mutants.
    """
    plain = sources or project_sources()
    forest = trees(compiler, plain)
    dropped: set[int] = set()
    for _ in range(ROUNDS):
        made, mutants, spans = _make(plain, forest, chosen, dropped)
        problems = check(compiler, made)
        if not problems:
            return Schemata(made, mutants, len(dropped))
        bad = {
            place
            for problem in problems
            for place in (_culprit(spans.get(problem.source, ()), problem.start, problem.end),)
            if place is not None
        }
        if not bad:
            raise NoSchemata("\n".join(problem.message for problem in problems[:3]))
        dropped |= bad
    raise NoSchemata(f"still refused after {ROUNDS} rounds")


Span = tuple[int, int, object]


def _make(
    plain: Sources, forest: Mapping[str, Tree], chosen: Callable[[str], bool], dropped: set[int]
) -> tuple[dict[str, bytes], tuple[Mutant, ...], dict[str, Sequence[Span]]]:
    begun, made = opened(plain, forest)
    pure = operators(forest)
    declared = [(tree, node) for tree in forest.values() for node in tree.find("VariableDeclaration")]
    CONSTANTS.update({node.data["id"]: True for _, node in declared if node.data.get("constant")})
    named = {
        node.data["id"]: (tree, node, begun[name])
        for name, tree in forest.items()
        for node in tree.find("ModifierDefinition")
    }
    mutants: list[Mutant] = []
    spans: dict[str, Sequence[Span]] = {}

    def is_pure(node: Node) -> bool:
        function = node.inside("FunctionDefinition")
        return function is not None and function.data["id"] in pure

    for number, name in enumerate(sorted(forest)):
        tree, rewrite = forest[name], begun[name]
        # A change of one source leaves the places in others, and so what they are compiled to, as they were.
        places = itertools.count(FIRST_PLACE + number * MOST_IN_SOURCE)
        if is_ours(name):
            open_modifiers(tree, rewrite)
        if chosen(name):
            shop = Workshop(tree, rewrite, places, dropped)
            statements(shop, is_pure)
            expressions(shop, is_pure)
            assembly(shop)
            modifiers(shop, named)
            mutants += shop.mutants
        elif is_ours(name):
            leave_modifiers(tree, rewrite, named)
    for name, rewrite in begun.items():
        if chosen(name) or any(other is rewrite for _, _, other in named.values()):
            rewrite.insert(len(rewrite.text), FUNCTIONS)
        made[name] = rewrite.result()
        spans[name] = rewrite.spans
    return made, tuple(mutants), spans


def _culprit(spans: Sequence[Span], start: int, end: int) -> int | None:
    """The mutant behind an error: whose text it is in, or else the smallest whose text is in it."""
    around = [span for span in spans if span[0] <= start and end <= span[1]]
    inside = [span for span in spans if start <= span[0] and span[1] <= end]
    for found in (around, inside):
        if found:
            place = min(found, key=lambda span: span[1] - span[0])[2]
            assert isinstance(place, int)
            return place
    return None
