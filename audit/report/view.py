"""What the report shows: this run beside the kept run, part by part."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup

from audit import parts
from audit.report import documents, plots
from audit.report.limits import limits_of
from audit.report.source import listing
from audit.result import BUILD, KEPT, PLANTED, ROOT, PartResult, Status, read, source_hash

FOUND: Final = ROOT / "audit" / "found.toml"
TEMPLATES: Final = Path(__file__).with_name("templates")
PAGES: Final = (
    ("summary", "Summary", ()),
    ("claims", "What is claimed", ("stateful", "properties")),
    ("found", "What it has found", ()),
    ("lockstep", "Lock-step", ("stateful",)),
    ("planted", "Planted bugs", ()),
    ("coverage", "Coverage", ("coverage",)),
    ("mutants", "Mutants", ("mutation",)),
    ("attacks", "Attacks", ("attacks",)),
    ("properties", "Properties", ("properties",)),
    ("static", "Static analysis", ("static",)),
    ("symbolic", "Symbolic checks", ("symbolic",)),
    ("fuzz", "Fuzzing", ("fuzz",)),
    ("replay", "Replay", ("replay",)),
    ("gas", "Gas", ("gas",)),
    ("simulation", "Simulation", ("simulation",)),
    ("limits", "What is not claimed", ()),
    ("again", "How to repeat it", ()),
)
"""Id and title of each page, and the parts whose verdict it carries."""
WEI_PER_ZK: Final = 10**18


class View:
    """Results and how to show them."""

    def __init__(self, this: Path = BUILD, kept: Path = KEPT) -> None:
        self.folder, self.kept_folder = this, kept
        self.runs = {name: read(name, this) for name in parts.NAMES}
        self.kept_runs = {name: read(name, kept) for name in parts.NAMES}
        self.source = source_hash()

    def html(self) -> str:
        """The whole file."""
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=ChainableUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            n=_number,
            zk=zk,
            share=plots.percent,
            seconds=seconds,
            day=day,
            md=documents.inline,
            good_tests=_good_tests,
        )
        environment.tests["in_contracts"] = lambda where: where.startswith("contracts/")
        environment.globals.update(
            view=self, pages=PAGES, parts=parts.PARTS, documents=documents, plots=plots, listing=listing
        )
        environment.globals.update(Status=Status, style=_raw("style.css"), script=_raw("script.js"))
        return environment.get_template("report.html").render(
            now=datetime.now(UTC), commit=_commit(), source=self.source
        )

    @property
    def found(self) -> list[dict[str, str]]:
        """The defects that the suite has shown so far, from ``audit/found.toml``."""
        found: list[dict[str, str]] = tomllib.loads(FOUND.read_text(encoding="utf-8"))["found"]
        return found

    def planted(self) -> tuple[str, list[dict[str, Any]]] | None:
        """The run in which most planted bugs were hunted, and how each was found."""
        hunts = []
        for name, folder in (("This run", self.folder), ("Kept run", self.kept_folder)):
            text = (folder / PLANTED).read_text(encoding="utf-8") if (folder / PLANTED).exists() else ""
            if text.strip():
                hunts.append((name, json.loads(text)))
        return max(hunts, key=lambda hunt: len(hunt[1]), default=None)

    def outdated(self, bugs: list[dict[str, Any]]) -> int:
        """How many planted bugs were hunted in other contracts than these."""
        return sum(bug.get("source", self.source) != self.source for bug in bugs)

    def page_of(self, part: str) -> str:
        """The page of a part."""
        return next(page for page, _, names in PAGES if names == (part,))

    # --- runs

    def this(self, part: str) -> PartResult | None:
        """The result of this run."""
        return self.runs[part]

    def kept(self, part: str) -> PartResult | None:
        """The result of the kept run."""
        return self.kept_runs[part]

    def both(self, part: str) -> list[tuple[str, PartResult]]:
        """The runs there are, each with what it is called."""
        named = (("This run", self.this(part)), ("Kept run", self.kept(part)))
        return [(name, result) for name, result in named if result is not None]

    def fuller(self, part: str) -> tuple[str, PartResult] | None:
        """The run to show: the kept one if the contracts are the same and this one has not failed."""
        kept, this = self.kept(part), self.this(part)
        empty = this is None or not this.figures
        if kept is not None and (empty or (this is not None and this.passed and self.current(kept))):
            return "Kept run", kept
        return None if this is None else ("This run", this)

    def current(self, result: PartResult) -> bool:
        """Whether the contracts are still those of a run."""
        return result.source == self.source

    def verdict(self, part: str) -> str:
        """How a part of this run ended, in a word: passed, failed, not run."""
        result = self.this(part)
        if result is None or parts.verdict(result) == "not run":
            return "not run"
        return "passed" if result.passed else "failed"

    def page_verdict(self, names: tuple[str, ...]) -> str:
        """The worst verdict of some parts; empty without parts."""
        verdicts = {self.verdict(name) for name in names}
        return next((one for one in ("failed", "not run", "passed") if one in verdicts), "")

    @property
    def any_run(self) -> PartResult | None:
        """Some part of this run, for what all have in common; the latest."""
        runs = [result for result in self.runs.values() if result is not None]
        return max(runs, key=lambda result: result.at, default=None)

    @property
    def totals(self) -> Mapping[str, int]:
        """How many parts ended how."""
        verdicts = [self.verdict(name) for name in parts.NAMES]
        return {verdict: verdicts.count(verdict) for verdict in ("passed", "failed", "not run")}

    def findings(self, status: Status) -> int:
        """Findings of this run with a status."""
        runs = [result for result in self.runs.values() if result is not None]
        return sum(finding.status is status for result in runs for finding in result.findings)

    # --- figures

    def counts(self, part: str, key: str, *, logarithmic: bool = True, tone: str = "") -> Markup:
        """Bars of a counter of this run, with those of the kept run beneath."""
        this = self.this(part)
        mine = dict(this.figures.get(key) or {}) if this else {}
        kept_result = self.kept(part)
        kept = dict(kept_result.figures.get(key) or {}) if kept_result else None
        names = sorted({*mine, *(kept or {})}, key=lambda name: (-mine.get(name, 0), name))
        found = [
            plots.Bar(name, mine.get(name, 0), kept.get(name, 0) if kept is not None else None, tone=tone)
            for name in names
        ]
        return plots.bars(found, logarithmic=logarithmic)

    def mutants(self, result: PartResult, key: str) -> Markup:
        """Mutants by file or operator, divided in killed, reviewed and survived."""
        rows = []
        for name, one in dict(result.figures.get(key) or {}).items():
            known = one["equivalent"] + one["explained"]
            left = one["survived"] + one["unreached"] - known
            sizes = (
                ("killed", one["killed"]),
                ("explained", known),
                ("survived", left),
                ("plain", one["halted"]),
            )
            rows.append((name.removeprefix("contracts/"), sizes))
        return plots.divided(rows) if rows else Markup("")

    def replayed(self, result: PartResult) -> Markup:
        """Events that a replay recomputed, by kind."""
        total: Counter[str] = Counter()
        for story in result.figures.get("stories", ()):
            total.update(story["events"])
        return plots.bars([plots.Bar(kind, count, tone="good") for kind, count in total.most_common()])

    def gas(self, result: PartResult) -> Markup:
        """Steady gas of each operation; amber above its goal."""
        return plots.bars(
            plots.Bar(
                one["name"],
                round(one["steady"] / 1_000, 1),
                note=f"goal {one['goal']:,} gas" if one["goal"] else "",
                tone="warn" if one["goal"] and one["steady"] > one["goal"] else "bar",
            )
            for one in result.figures.get("operations", ())
        )

    def gains(self, result: PartResult) -> list[dict[str, Any]]:
        """What each simulated attack gains, by market and share of the capacity: per cent, and its error."""
        questions = result.figures.get("questions") or {}
        found = []
        for question in ("attacks", "cartel"):
            figures = (questions.get(question) or {}).get("figures") or {}
            attacks = figures if question == "attacks" else {"cartel that withholds": figures}
            for attack, scenes in attacks.items():
                for scene, shares in scenes.items() if isinstance(scenes, dict) else ():
                    cells = {
                        share if "/" in share else f"1/{share}": (one["gain_percent"], one["error_percent"])
                        for share, one in (shares.items() if isinstance(shares, dict) else ())
                        if isinstance(one, dict) and "gain_percent" in one
                    }
                    if cells:
                        found.append({"attack": attack, "scene": scene, "shares": cells})
        return found

    def drawing(self, svg: str) -> Markup:
        """A plot that a part of this project has drawn; anything else than plain SVG is refused."""
        if not svg.startswith("<svg") or re.search(r"<script|\bon\w+=|https?://(?!www\.w3\.org/)", svg):
            raise ValueError("a plot that is more than a drawing")
        return Markup(svg)

    def limits(self) -> list[str]:
        """What keeps this run from saying more, as Markdown."""
        return list(limits_of(self.runs, self.kept_runs, self.source))

    def outcomes(self) -> dict[str, str]:
        """What became of each test function that this run knows of."""
        found: dict[str, str] = {}
        attacks, properties = self.this("attacks"), self.this("properties")
        for row in attacks.figures.get("rows", ()) if attacks else ():
            for test in row["tests"]:
                if test["outcome"]:
                    found[test["name"]] = test["outcome"]
        for test in properties.figures.get("tests", ()) if properties else ():
            name = test["name"].partition("[")[0]
            if found.get(name, "passed") == "passed":
                found[name] = test["outcome"]
        return found


def zk(wei: int) -> str:
    """Wei as ZK, as many digits as matter."""
    amount = wei / WEI_PER_ZK
    return f"{amount:,.4f}".rstrip("0").rstrip(".") + " ZK"


def seconds(value: float) -> str:
    """A time in words."""
    if value >= 5_400:
        return f"{value / 3_600:.1f} h"
    return f"{value / 60:.1f} min" if value >= 120 else f"{value:.0f} s"


def day(at: str) -> str:
    """An ISO date as read."""
    return datetime.fromisoformat(at).strftime("%-d %B %Y, %H:%M UTC") if at else ""


def _number(value: Any) -> str:
    return plots.number(value) if isinstance(value, int | float) else str(value)


def _good_tests(outcomes: Mapping[str, str]) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome == "passed"}


def _raw(name: str) -> Markup:
    return Markup(TEMPLATES.joinpath(name).read_text(encoding="utf-8"))


def _commit() -> str:
    """The commit that was audited, with a mark if files have changed since; empty outside of a repository."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
