"""The bugs that are planted on purpose: mutants chosen all over the protocol, in one build of all mutants."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.mutation.artifacts import mutated
from audit.mutation.mutant import Mutant
from audit.mutation.schemata import schemata
from audit.solidity.probe import address
from audit.solidity.server import Compiler

LIST: Final = Path(__file__).resolve().parents[1] / "mutation" / "planted.toml"


class NoSuchMutant(Exception):
    """The list names a mutant that is not there: the sources have changed."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A planted bug.

    Attributes:
        what: what goes wrong with it. where: file, line and function. change: its text before and after.
        place: its number in the build.
    """

    what: str
    where: str
    change: str
    place: int

    @property
    def switch(self) -> str:
        """The address whose ether switches it on."""
        return "0x" + address(self.place).removeprefix("0x").rjust(40, "0")


def planted() -> tuple[list[Bug], Path]:
    """The bugs of the list, and the file with the build that they are in.

    Raises:
        NoSuchMutant: the list is stale.
    """
    with Compiler() as compiler:
        made = schemata(compiler)
        path = mutated(compiler, made)
    listed: list[dict[str, Any]] = tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]
    known = {mutant.key: mutant for mutant in made.mutants}
    return [_bug(entry, known) for entry in listed], path


def _bug(entry: dict[str, Any], known: dict[tuple[str, str, str, str, str, int], Mutant]) -> Bug:
    names = ("source", "function", "operator", "original", "mutated")
    source, function, operator, original, changed = (str(entry[name]) for name in names)
    mutant = known.get((source, function, operator, original, changed, int(entry.get("nth", 0))))
    if mutant is None:
        raise NoSuchMutant(f"{source} {function} [{operator}] `{original}` -> `{changed}`")
    where = f"{mutant.source}:{mutant.line} {mutant.function}"
    return Bug(str(entry["what"]), where, f"`{mutant.original}` -> `{mutant.mutated}`", mutant.place)
