"""A mutant: one small change of the contracts, which some test should notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.solidity.ast import Node, Tree
from audit.solidity.rewrite import Rewrite

FIRST_PLACE: Final = 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        place: number of its place in the code, see `audit.solidity.probe`.
        source: path of the file.
        function: contract and function.
        line: in the file.
        operator: what kind of change it is.
        original: text before; mutated: text after. Blanks are single.
        nth: how many mutants before it in its function have the same operator and texts.
    """

    place: int
    source: str
    function: str
    line: int
    operator: str
    original: str
    mutated: str
    nth: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, str, int]:
        """What names it over versions of the sources in which other things change."""
        return self.source, self.function, self.operator, self.original, self.mutated, self.nth

    def __str__(self) -> str:
        texts = f"`{self.original}` -> `{self.mutated}`"
        return f"{self.source}:{self.line} {self.function} [{self.operator}] {texts}"


class Workshop:
    """Where the mutants of one source are made: it numbers them and builds them into the source."""

    def __init__(self, tree: Tree, rewrite: Rewrite, places: Iterator[int], dropped: set[int]) -> None:
        """Begins with a source.

        Args:
            places: gives each mutant its number.
            dropped: numbers that are given out but not built, since the compiler refuses them.
        """
        self.tree = tree
        self.rewrite = rewrite
        self.mutants: list[Mutant] = []
        self._places = places
        self._dropped = dropped
        self._seen: dict[tuple[str, ...], int] = {}

    def add(self, node: Node, operator: str, original: str, mutated: str) -> int | None:
        """Notes a mutant of a node; its place, or ``None`` if it is not to be built."""
        function = self.tree.place(node)
        texts = _plain(original), _plain(mutated)
        alike = (function, operator, *texts)
        nth = self._seen[alike] = self._seen.get(alike, -1) + 1
        place = next(self._places)
        if place in self._dropped:
            return None
        line = self.tree.line(node.start)
        self.mutants.append(Mutant(place, self.tree.name, function, line, operator, *texts, nth))
        return place

    def of(self, node: Node) -> str:
        """The text of a node."""
        return self.tree.of(node)


def _plain(text: str) -> str:
    return " ".join(text.split())
