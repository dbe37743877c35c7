"""The audit's results, its lanes, and the report that is written from them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from audit import lanes, parts
from audit.attacks import rows_of, told
from audit.report import plots
from audit.report.documents import invariants, section
from audit.report.source import listing
from audit.report.view import PAGES, View
from audit.result import PLANTED, Finding, Options, PartResult, Profile, Status, ToolMissing, read, write
from audit.suite import TestCase

OPTIONS = Options(Profile.QUICK, 7)
RESULT = PartResult(
    "static",
    Profile.DEEP,
    7,
    passed=True,
    summary="two findings <script>alert(1)</script>",
    figures={"detectors": 3, "by_detector": {"assembly": 2}},
    findings=(Finding("calls <b>out</b>", "Market.sol:7", Status.EXPLAINED, "it has to & does"),),
)


def test_result__written_and_read__is_the_same(tmp_path: Path) -> None:
    finished = RESULT.finished(12.34, 5.6)
    assert write(finished, tmp_path).name == "static.json"
    assert read("static", tmp_path) == finished
    assert finished.seconds == 12.3
    assert len(finished.source) == 64


def test_result__with_an_open_finding__has_not_passed() -> None:
    found = replace(RESULT, findings=(*RESULT.findings, Finding("x", "y", Status.OPEN)))
    assert not found.finished(1, 1).passed
    assert RESULT.finished(1, 1).passed


def test_options__value_of_the_profile__is_chosen() -> None:
    assert [Options(profile).choose(1, 2, 3) for profile in Profile] == [1, 2, 3]


def _give(part: str, result: PartResult | Exception, monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    def run(options: Options) -> PartResult:
        if isinstance(result, Exception):
            raise result
        return replace(result, part=part, profile=options.profile, seed=options.seed)

    monkeypatch.setattr(parts, "load", lambda name: run)
    monkeypatch.setattr(parts, "BUILD", folder / "build" / "audit")
    monkeypatch.setattr(parts, "write", lambda result: write(result, folder / "build" / "audit"))
    return parts.run_here(part, OPTIONS)


def test_part__that_passes__ends_with_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _give("gas", RESULT, monkeypatch, tmp_path) == 0


def test_part__that_fails__ends_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _give("gas", replace(RESULT, passed=False), monkeypatch, tmp_path) == 1


def test_part__that_falls_over__fails_and_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _give("gas", ValueError("no such thing"), monkeypatch, tmp_path) == 1
    result = read("gas", tmp_path / "build" / "audit")
    assert result is not None
    assert result.summary == "ValueError: no such thing"


def test_part__without_its_tool__says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ToolMissing("slither", "run `make audit`")
    assert _give("static", missing, monkeypatch, tmp_path) == parts.NOT_RUN
    assert "slither is missing: run `make audit`" in capsys.readouterr().out


def test_part__unknown__is_told_as_missing() -> None:
    with pytest.raises(ToolMissing):
        parts.load("nothing_of_this_name")


def test_table__of_results__says_how_each_ended() -> None:
    told = lanes.table([RESULT, replace(RESULT, part="gas", passed=False, summary="grew")], 61)
    assert re.search(r"static +passed", told)
    assert re.search(r"gas +FAILED.*grew", told)
    assert "1 of 2 parts passed in 61 s" in told


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("results")
    write(RESULT.finished(1, 1), folder)
    return View(folder, folder / "none").html()


def test_report__loads_nothing_from_elsewhere(report: str) -> None:
    assert not re.search(r"<(?:link|img|iframe)\b|<script src|@import|url\(", report)
    assert "<!doctype html>" in report


def test_report__every_page__is_there_once(report: str) -> None:
    for page, title, _ in PAGES:
        assert report.count(f'<section class="page" id="{page}">') == 1
        assert title in report


def test_report__words_of_a_tool__are_shown_not_obeyed(report: str) -> None:
    assert "<script>alert(1)" not in report
    assert "&lt;script&gt;alert(1)" in report
    assert "it has to &amp; does" in report


def test_report__parts_that_did_not_run__are_said_to_be_missing(report: str) -> None:
    assert f"1 of {len(parts.PARTS)} parts passed, {len(parts.PARTS) - 1} not run" in report
    assert "Not run here, so nothing is said of it" in report


def test_report__what_is_not_claimed__holds_all_three_documents(report: str) -> None:
    for document, heading in (
        ("AUDIT.md", "What is not claimed"),
        ("THREATS.md", "What remains"),
        ("PROTOCOL.md", "16. Known limits"),
    ):
        text = section(document, heading)
        assert len(text) > 500
        assert text in report


def test_invariants__of_the_document__each_have_what_attacks_them() -> None:
    found = invariants()
    assert len(found) >= 41
    assert len({law.number for law in found}) == len(found)
    assert all(law.laws or law.tests for law in found)


def test_threats__of_the_document__each_have_a_test_or_a_reason() -> None:
    rows = list(rows_of((Path(__file__).parents[2] / "docs" / "THREATS.md").read_text(encoding="utf-8")))
    assert len(rows) > 130
    assert all(row["attack"] and (row["tests"] or row["what"]) for row in rows)


def test_found__defects__name_a_part_and_a_test_that_exists() -> None:
    tests = Path(__file__).parents[1]
    named = {
        name
        for path in tests.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    view = View()
    assert view.found
    for one in view.found:
        assert one["by"] in parts.NAMES
        assert one["test"] in named, one
        assert one["what"]
        assert one["where"]


def test_planted__hunted_in_other_contracts__is_told(tmp_path: Path) -> None:
    bug = {"what": "w", "where": "x", "change": "`a` -> `b`", "laws": [], "acts": 1, "shrunk_to": 1}
    view = View(tmp_path, tmp_path)
    for source, is_told in ((view.source, False), ("0" * 64, True)):
        (tmp_path / PLANTED).write_text(json.dumps([{**bug, "source": source}]))
        assert ("have changed since 1 of them" in view.html()) == is_told


def test_listing__lines_with_and_without_reasons__have_their_tones() -> None:
    missed = [
        {"line": 1, "what": "never false", "reason": ""},
        {"line": 3, "what": "never reached", "reason": "cannot be"},
    ]
    file = {
        "file": "contracts/libraries/SplitMath.sol",
        "map": {"1": 3, "2": 0, "3": 0, "4": 2},
        "missed": missed,
    }
    lines = listing(file)
    assert [line.tone for line in lines[:5]] == ["part", "missed", "excused", "hit", ""]
    assert lines[2].note == "never reached: cannot be"


def test_percent__not_quite_all__is_not_called_all() -> None:
    assert plots.percent(1) == "100 %"
    assert plots.percent(0.99999) == "99.9 %"
    assert plots.percent(0.5) == "50.0 %"


@pytest.mark.parametrize(
    ("ran", "verdict"),
    [
        (("passed", "passed"), "passed"),
        (("passed", ""), "in part"),
        (("passed", "failed"), "failed"),
        (("", ""), "not run"),
    ],
)
def test_threat__some_of_its_tests_ran__stands_in_part(ran: tuple[str, ...], verdict: str) -> None:
    cases = {
        f"test_{number}": [TestCase("file", f"test_{number}", outcome, 0.1, 0, "")]
        for number, outcome in enumerate(ran)
        if outcome
    }
    row = {"tests": [f"test_{number}" for number in range(len(ran))]}
    assert told(row, cases, {})["verdict"] == verdict
