"""Static analysis: every detector of slither over the contracts, every finding settled in ``explained.toml``.

A finding is known by its detector and its place: the function, variable or contract it is about, without
line numbers. ``explained.toml`` gives a reason for each; a finding that is not in it fails the part, and so
does an entry that nothing matches any more. What is wholly in OpenZeppelin's code is counted, not listed.

Figures: ``detectors`` run, ``by_impact`` and ``by_detector`` (findings in the project's own files),
``explained``, ``open``, ``stale`` entries, ``in_libraries``, ``unread`` (functions slither could not read).
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from audit import environment
from audit.result import BUILD, ROOT, Finding, Options, PartResult, Status
from audit.solidity.compile import CompileFailed, problems_of, request
from audit.solidity.server import Compiler
from audit.solidity.sources import closure, project_sources

HERE: Final = Path(__file__).resolve().parent
EXPLAINED: Final = HERE / "explained.toml"
WORK: Final = BUILD / "static"
ANALYSIS_SECONDS: Final = 600
UNREAD: Final = "unread"
"""The detector, in our table, of a function that slither could not read."""
OUTPUTS: Final = {"*": ["abi", "devdoc", "userdoc"], "": ["ast"]}


class AnalysisFailed(Exception):
    """Slither came to no result; carries the end of what it said."""


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One finding of slither.

    Args:
        place: such as ``Settlement.decline(TaskId)``.
        where: file and line.
        text: slither's description.
    """

    detector: str
    place: str
    where: str = ""
    impact: str = ""
    text: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.detector, self.place


def run(options: Options) -> PartResult:
    """Analyses the contracts; all profiles do the same."""
    report = analyse()
    own, in_libraries = issues_of(report)
    reasons, expected = explanations(tomllib.loads(EXPLAINED.read_text(encoding="utf-8")))
    findings = [
        Finding(
            what=f"{issue.detector}: {issue.text}",
            where=f"{issue.where} {issue.place}".strip(),
            status=Status.EXPLAINED if issue.key in reasons else Status.OPEN,
            reason=reasons.get(issue.key, ""),
        )
        for issue in own
    ]
    surplus, stale = difference(own, expected)
    findings += [Finding(f"{d}: more of this than explained", p, Status.OPEN) for d, p in surplus]
    findings += [Finding(f"{d}: explained, but no longer found", p, Status.OPEN) for d, p in stale]
    open_count = sum(finding.status is Status.OPEN for finding in findings)
    explained = len(findings) - open_count
    figures = {
        "detectors": len(report["detectors"]),
        "by_impact": dict(Counter(issue.impact for issue in own)),
        "by_detector": dict(sorted(Counter(issue.detector for issue in own).items())),
        "explained": explained,
        "open": open_count,
        "stale": len(stale),
        "in_libraries": in_libraries,
        "unread": len(report["unread"]),
    }
    summary = (
        f"{len(report['detectors'])} detectors, {len(own)} findings: {explained} explained, "
        f"{open_count} open; {in_libraries} in OpenZeppelin alone"
    )
    return PartResult(
        "static", options.profile, options.seed, open_count == 0, summary, figures, tuple(findings)
    )


def analyse() -> dict[str, Any]:
    """Slither's report over all contracts but the mocks, which only tests deploy.

    Raises:
        AnalysisFailed: slither ended with an error.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    compilation, report = WORK / "compilation.json", WORK / "slither.json"
    compilation.write_text(json.dumps(compiled()), encoding="utf-8")
    print("static: running slither", flush=True)
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [
            str(environment.python()),
            str(HERE / "analysis.py"),
            str(compilation),
            str(report),
            solc_version(),
        ],
        cwd=ROOT,
        env=environment.variables(),
        capture_output=True,
        text=True,
        timeout=ANALYSIS_SECONDS,
        check=False,
    )
    if done.returncode or not report.exists():
        raise AnalysisFailed(done.stderr[-3000:])
    answer: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return answer


def compiled() -> dict[str, Any]:
    """The compiler's answer for all contracts but the mocks: syntax trees, no code.

    Raises:
        CompileFailed: the compiler refuses them.
    """
    every = project_sources()
    own = [name for name in every if name.startswith("contracts/") and "/mocks/" not in name]
    print(f"static: compiling {len(own)} files", flush=True)
    with Compiler() as compiler:
        answer = compiler.answer(request(closure(every, own), {"*": OUTPUTS}))
    if problems := problems_of(answer):
        raise CompileFailed(problems)
    return answer


def solc_version() -> str:
    """The version that the project pins."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text(encoding="utf-8"))
    return str(config["solidity"]["version"])


def issues_of(report: Mapping[str, Any]) -> tuple[list[Issue], int]:
    """The findings that touch a file of the project, and how many touch none."""
    found = [issue_of(finding) for finding in report["findings"] if touches_project(finding)]
    text = "slither cannot read this function, so no detector has seen it"
    unread = [Issue(UNREAD, place, impact="None", text=text) for place in report["unread"]]
    return sorted(found + unread), len(report["findings"]) - len(found)


def touches_project(finding: Mapping[str, Any]) -> bool:
    """Whether any element of a finding is in a file of the project."""
    names = [element["source_mapping"]["filename_relative"] for element in finding["elements"]]
    return any(name.startswith("contracts/") for name in names)


def issue_of(finding: Mapping[str, Any]) -> Issue:
    """A finding in our own form."""
    first = finding["elements"][0]
    mapping = first["source_mapping"]
    line = mapping["lines"][0] if mapping["lines"] else 0
    text = " ".join(finding["description"].split())
    where = f"{mapping['filename_relative']}:{line}"
    return Issue(finding["check"], place_of(first), where, finding["impact"], text)


def place_of(element: Mapping[str, Any]) -> str:
    """The name of an element behind the names of what it is in, such as ``Clearing.clear(QueueId).sale``."""
    fields = element.get("type_specific_fields") or {}
    name = str(fields.get("signature") or element["name"])
    parent = fields.get("parent")
    if parent is None or element["type"] in {"contract", "pragma"}:
        return str(element["name"])
    return f"{place_of(parent)}.{name}" if parent["type"] != "file" else name


def explanations(
    table: Mapping[str, Any],
) -> tuple[dict[tuple[str, str], str], Counter[tuple[str, str]]]:
    """The reason for each detector and place, and how many findings it is given for."""
    reasons: dict[tuple[str, str], str] = {}
    expected: Counter[tuple[str, str]] = Counter()
    for entry in table["explained"]:
        for place in entry["places"]:
            reasons[entry["detector"], place] = entry["reason"].strip()
            if not entry.get("seldom"):
                expected[entry["detector"], place] += 1
    return reasons, expected


def difference(
    issues: Sequence[Issue], expected: Mapping[tuple[str, str], int]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Explained places with more findings than are explained there, and those with fewer; once for each."""
    got = Counter(issue.key for issue in issues)
    surplus = Counter({key: got[key] - count for key, count in expected.items()})
    return list(elements(surplus)), list(elements(-surplus))


def elements(counts: Counter[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Every key as often as it counts, if at all."""
    return sorted(counts.elements())
