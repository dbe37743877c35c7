"""How slither's findings are known again and settled; slither itself runs in the audit."""

import tomllib
from collections import Counter
from typing import Any

from audit.static import EXPLAINED, Issue, difference, explanations, issue_of, issues_of

CONTRACT = {"type": "contract", "name": "Market", "type_specific_fields": {"parent": {"type": "file"}}}
FUNCTION = {
    "type": "function",
    "name": "clear",
    "source_mapping": {"filename_relative": "contracts/Market.sol", "lines": [44, 45]},
    "type_specific_fields": {"parent": CONTRACT, "signature": "clear(QueueId)"},
}
VARIABLE = {
    "type": "variable",
    "name": "sale",
    "source_mapping": {"filename_relative": "contracts/Market.sol", "lines": [49]},
    "type_specific_fields": {"parent": FUNCTION},
}
LIBRARY = {
    "type": "function",
    "name": "mulDiv",
    "source_mapping": {"filename_relative": "node_modules/Math.sol", "lines": [7]},
    "type_specific_fields": {"signature": "mulDiv(uint256)", "parent": CONTRACT},
}


def finding(element: dict[str, Any], check: str = "timestamp") -> dict[str, Any]:
    return {"check": check, "impact": "Low", "description": "says\n\tthis ", "elements": [element]}


def test_issue__is_known_by_detector_and_names__not_by_lines() -> None:
    issue = issue_of(finding(VARIABLE))
    assert issue.key == ("timestamp", "Market.clear(QueueId).sale")
    assert (issue.where, issue.text) == ("contracts/Market.sol:49", "says this")


def test_issues__of_a_library_alone__are_only_counted() -> None:
    report = {"findings": [finding(FUNCTION), finding(LIBRARY)], "unread": []}
    issues, in_libraries = issues_of(report)
    assert [issue.place for issue in issues] == ["Market.clear(QueueId)"]
    assert in_libraries == 1


def test_issues__of_a_function_slither_cannot_read__are_findings() -> None:
    issues, _ = issues_of({"findings": [], "unread": ["Market._release"]})
    assert [issue.key for issue in issues] == [("unread", "Market._release")]


def test_difference__tells_surplus_and_stale_entries() -> None:
    issues = [Issue("timestamp", "A"), Issue("timestamp", "A"), Issue("assembly", "B")]
    expected = Counter({("timestamp", "A"): 1, ("assembly", "B"): 1, ("assembly", "C"): 2})
    surplus, stale = difference(issues, expected)
    assert surplus == [("timestamp", "A")]
    assert stale == [("assembly", "C"), ("assembly", "C")]


def test_explanations__give_a_sentence_for_each_place__and_one_only() -> None:
    table = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))
    places = [(entry["detector"], place) for entry in table["explained"] for place in set(entry["places"])]
    assert len(places) == len(set(places)) > 100
    reasons, expected = explanations(table)
    seldom = {
        (entry["detector"], place)
        for entry in table["explained"]
        if entry.get("seldom")
        for place in entry["places"]
    }
    assert set(reasons) - seldom == set(expected)
    assert all(len(reason) > 30 and reason.endswith(".") for reason in reasons.values())
