"""Every reason for which a contract can refuse: met by the machine, or by a test that elsewhere.toml names.

A section of elsewhere.toml is an error that the machine does not meet: why not (``reason``), and the test
that meets it (``test``, as path::name); or ``unreachable = true`` where nothing can.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final

from audit.result import ROOT
from tests.stateful.known import REFUSALS
from zkpool_sdk.chain.abi import all_errors

LIST: Final = Path(__file__).with_name("elsewhere.toml")


def elsewhere() -> dict[str, dict[str, Any]]:
    """The errors that the machine does not meet, by name."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


def of(fired: Counter[str], *, must_fire: bool) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What is known of every error, and what is wrong with that.

    Args:
        must_fire: whether this search was long enough to meet all that the machine is known to meet.
    Returns:
        by error ``{"fired": count}``, with ``elsewhere`` (a test) or ``unreachable`` (why) where it is not
        met; and sentences about errors that nobody accounts for.
    """
    listed, told, wrong = elsewhere(), {}, []
    for name in sorted(item.name for item in all_errors().values()):
        told[name] = known = {"fired": fired[name]}
        entry = listed.get(name)
        if entry is not None:
            known["unreachable" if entry.get("unreachable") else "elsewhere"] = (
                entry["reason"] if entry.get("unreachable") else entry["test"]
            )
        elif name not in REFUSALS and not fired[name]:
            wrong.append(f"{name} is met neither here nor by a test that is named")
        elif must_fire and not fired[name]:
            wrong.append(f"{name} was not met, though the machine can")
    return told, wrong


def stale() -> list[str]:
    """What is wrong with the list: unknown errors, errors the machine meets, tests that are not there."""
    errors = {item.name for item in all_errors().values()}
    wrong = []
    for name, entry in elsewhere().items():
        if name not in errors:
            wrong.append(f"{name}: no contract has this error")
        if name in REFUSALS:
            wrong.append(f"{name}: the machine meets it")
        if not entry.get("reason"):
            wrong.append(f"{name}: no reason")
        if not entry.get("unreachable") and not _meets(entry.get("test", ""), name):
            wrong.append(f"{name}: {entry.get('test')} does not meet it")
    return wrong


def _meets(test: str, error: str) -> bool:
    """Whether there is such a test, and its text expects the error."""
    path, _, function = test.partition("::")
    file = ROOT / path
    if not function or not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if not re.search(rf"^def {re.escape(function)}\(", text, re.MULTILINE):
        return False
    return re.search(rf"\b{re.escape(error)}\b", text) is not None
