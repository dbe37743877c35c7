"""Really runs tests with mutants active: ``pytest -p audit.mutation.confirm --mutants FILE``.

The file is JSON: a list of (place, id of a test). Every test is run once without a mutant, once for each of
its mutants, and once more without; what came of it is written beside the file, with the ending ``.out``: a
list of (place, id, whether it passed). A test that fails without a mutant says nothing of any; if it does so
afterwards only, a mutant has spoilt what tests share, and those after it could not pass.
"""

from __future__ import annotations

import json
import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from _pytest.nodes import Node
from _pytest.runner import runtestprotocol

from audit.recording.board import ACTIVE_VARIABLE, Shared

SECONDS: Final = 60
"""A test that takes longer with a mutant has noticed it."""
Verdict = tuple[int, str, bool]


class TooLong(BaseException):
    """A test does not end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--mutants``."""
    parser.addoption("--mutants", metavar="FILE", help="pairs of mutants and tests to run")


def pytest_configure(config: pytest.Config) -> None:
    """Takes over the running of tests if mutants are given."""
    named = config.getoption("--mutants")
    if named:
        active = Path(named).with_suffix(".active").resolve()
        active.write_bytes(bytes(8))
        os.environ[ACTIVE_VARIABLE] = str(active)
        config.pluginmanager.register(Judge(Path(named), Shared(active)), "zkpool-mutants")


class Judge:
    """Runs each test once for itself and once for each of its mutants."""

    def __init__(self, wanted: Path, active: Shared) -> None:
        self._wanted = wanted
        self._active = active
        self.verdicts: list[Verdict] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All pairs, test by test."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, test in json.loads(self._wanted.read_text()):
            places[test].append(place)
        items = [item for item in session.items if item.nodeid in places]
        for number, item in enumerate(items):
            following = items[number + 1] if number + 1 < len(items) else None
            worked = self._passes(item, 0, item.parent)
            found = [
                (place, item.nodeid, self._passes(item, place, item.parent)) for place in places[item.nodeid]
            ]
            if self._passes(item, 0, following) and worked:
                self.verdicts += found
            self._wanted.with_suffix(".out").write_text(json.dumps(self.verdicts))
        return True

    def _passes(self, item: pytest.Item, place: int, following: Node | None) -> bool:
        """Whether a test passes with a mutant active; 0 for none.

        Args:
            following: what stays set up. Before the same test again that is its parent: pytest would take the
                test itself for set up already and run it without its fixtures, so that it fails in any case.
        """
        self._active.number = place
        try:
            with _limited(SECONDS):
                reports = runtestprotocol(item, log=False, nextitem=following)  # type: ignore[arg-type]
        except TooLong:
            return False
        finally:
            self._active.number = 0
        return all(report.outcome != "failed" for report in reports)


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Ends what takes too long.

    Raises:
        TooLong: it took too long.
    """

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
