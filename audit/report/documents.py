"""What the report takes from the project's documents: the invariants, the limits, what is not claimed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

from audit.result import ROOT

DOCS: Final = ROOT / "docs"
NAME: Final = re.compile(r"`([\w:]+)`")
LINK: Final = re.compile(r"\[[^\]]+\]\(([\w-]+\.md)[^)]*\)")
CHECK: Final = re.compile(
    r"/// @notice ((?:.*\n\s*///)*.*)\n"
    r"\s*(contract \w+[^{]*\{|function )"
    r"(?:(check_\w+)\(((?:.|\n)*?)\n    \})?"
)
"""The words above a contract or a check, and the check's name, arguments and body."""
LOCK_STEP: Final = "lock-step"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One numbered law of docs/INVARIANTS.md.

    Args:
        cells: of its row but for number and names, as HTML.
        laws: names of lock-step laws; tests: names of tests that attack it.
    """

    section: str
    number: str
    cells: tuple[Markup, ...]
    laws: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """What a symbolic check says of itself: its words, its arguments, what it assumes."""

    notice: str
    arguments: str
    assumed: tuple[str, ...]


def laws(contract: str) -> dict[str, Law]:
    """The checks of a contract of laws, by name; the contract's own words under the empty name."""
    path = ROOT / "audit" / "symbolic" / f"{contract}.sol"
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    found = {}
    for notice, _, name, rest in CHECK.findall(text):
        head, _, body = rest.partition(")")
        assumed = re.findall(r"_assume\((.*?)\);", body.partition("assert(")[0], re.DOTALL)
        words = " ".join(line.strip().removeprefix("///").strip() for line in notice.splitlines())
        arguments = ", ".join(" ".join(one.split()) for one in head.split(",") if one.strip())
        found[name] = Law(words.strip(), arguments, tuple(" ".join(one.split()) for one in assumed))
    return found


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def rendered(text: str) -> Markup:
    """Markdown as HTML; raw HTML in it is shown, not obeyed, and links to other documents are names alone."""
    return Markup(_markdown().render(LINK.sub(r"`docs/\1`", text)))


def inline(text: str) -> Markup:
    """A line of Markdown as HTML."""
    return Markup(_markdown().renderInline(text))


def section(document: str, heading: str) -> Markup:
    """What stands under a heading of a document, up to the next of its rank; empty if none."""
    text = _read(document)
    found = re.search(rf"^(#+) {re.escape(heading)}.*$", text, re.MULTILINE)
    if found is None:
        return Markup("")
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rendered(rest[: end.start()] if end else rest)


def invariants() -> tuple[Invariant, ...]:
    """Every law of docs/INVARIANTS.md, in its order."""
    return tuple(_invariants(_read("INVARIANTS.md").splitlines()))


def invariants_not_claimed() -> Markup:
    """The closing words of docs/INVARIANTS.md."""
    found = re.search(r"^Not claimed: .*\Z", _read("INVARIANTS.md"), re.MULTILINE | re.DOTALL)
    return rendered(found[0]) if found else Markup("")


def _invariants(lines: Sequence[str]) -> Iterator[Invariant]:
    heading = ""
    for line in lines:
        if line.startswith("## "):
            heading = line.lstrip("# ")
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("| ") or not cells[0][:1].isdigit() or len(cells) < 3:
            continue
        named = [(name, LOCK_STEP in said) for said in cells[-1].split(";") for name in NAME.findall(said)]
        tests = tuple(name for name, _ in named if name.startswith("test_"))
        laws = tuple(name for name, asked in named if asked and name not in tests)
        yield Invariant(heading, cells[0], tuple(map(inline, cells[1:-1])), laws, tests)


def _read(document: str) -> str:
    path = DOCS / document if not Path(document).is_absolute() else Path(document)
    return path.read_text(encoding="utf-8") if path.exists() else ""
