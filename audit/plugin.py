"""The pytest plugin that tells recorders whose turn it is: ``pytest -p audit.plugin --recording FOLDER``.

Fixtures that several tests share have labels of their own, so that what they do counts for each of them.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from audit.recording.board import FOLDER_VARIABLE, NOBODY, Board, write_labels


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--recording``."""
    parser.addoption("--recording", metavar="FOLDER", help="record what the tests do to their chains")


def pytest_configure(config: pytest.Config) -> None:
    """Begins a recording if one is asked for."""
    named = config.getoption("--recording")
    if named:
        folder = Path(named).resolve()
        os.environ[FOLDER_VARIABLE] = str(folder)
        config.pluginmanager.register(Scribe(folder), "zkpool-recording")


class Scribe:
    """Gives every test and shared fixture a label, and writes down what it stands for."""

    def __init__(self, folder: Path) -> None:
        self._board = Board(folder)
        self._board.label = NOBODY
        self._folder = folder
        self._labels: list[dict[str, Any]] = []
        self._fixtures: dict[tuple[str, str], int] = {}
        self._tests: dict[str, int] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test begins and ends."""
        label = self._new(item.nodeid, "test", outcome="", fixtures=[])
        self._tests[item.nodeid] = label
        self._board.label = label
        try:
            return (yield)
        finally:
            self._labels[label - 1]["fixtures"] = self._shared(item)
            self._board.label = NOBODY

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """A fixture is made; one that outlives its test counts for all that use it."""
        if fixturedef.scope == "function":
            return (yield)
        before = self._board.label
        name = f"{fixturedef.baseid}::{fixturedef.argname}"
        if parameter := getattr(request, "param_index", 0):
            name += f"[{parameter}]"
        label = self._new(name, "fixture")
        self._fixtures[fixturedef.baseid, fixturedef.argname] = label
        self._board.label = label
        try:
            return (yield)
        finally:
            self._board.label = before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How a test ended."""
        label = self._tests.get(report.nodeid)
        if label and (report.when == "call" or report.outcome != "passed"):
            self._labels[label - 1]["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Writes down the labels."""
        self._board.label = NOBODY
        write_labels(self._folder, self._labels)

    def _new(self, name: str, kind: str, **more: object) -> int:
        label = len(self._labels) + 1
        self._labels.append({"label": label, "name": name, "kind": kind, **more})
        return label

    def _shared(self, item: pytest.Item) -> list[int]:
        """Labels of the shared fixtures that a test has used, those behind other fixtures too."""
        info = getattr(item, "_fixtureinfo", None)
        definitions = info.name2fixturedefs.values() if info else ()
        found = {self._fixtures.get((one.baseid, one.argname)) for several in definitions for one in several}
        return sorted(label for label in found if label)
