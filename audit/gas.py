"""Part "gas": the gas of each operation, measured now beside the committed snapshot and the goals.

Figures: ``operations``, each with ``name``, ``goal`` (or null), ``first`` and ``steady`` (measured now),
``first_kept`` and ``steady_kept`` (of the snapshot); ``engine``.
"""

from __future__ import annotations

import json
import os

from audit.result import Finding, Options, PartResult, Status
from audit.suite import ENGINE


def run(options: Options) -> PartResult:
    """Measures every operation; one that grew by over 2 % is a finding."""
    engine = "evm" if ENGINE.exists() else "anvil"
    os.environ["ZKPOOL_ENGINE"] = engine
    # Not at the top: the engine is chosen when the chain's module is loaded.
    from scripts.gas import GOALS, SNAPSHOT, grown, measure
    from tests.support.rawchain import compiled

    kept = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    figures = measure(compiled())
    operations = [
        {
            "name": name,
            "goal": goal,
            "first": figures[name]["first"],
            "steady": figures[name]["steady"],
            "first_kept": kept.get(name, {}).get("first"),
            "steady_kept": kept.get(name, {}).get("steady"),
        }
        for name, goal in GOALS.items()
    ]
    findings = tuple(Finding(line, "snapshots/gas.json", Status.OPEN) for line in grown(figures, kept))
    same = sum(
        one["first"] == one["first_kept"] and one["steady"] == one["steady_kept"] for one in operations
    )
    met = [one for one in operations if one["goal"] is not None]
    within = sum(one["steady"] <= one["goal"] for one in met)
    summary = (
        f"{same} of {len(operations)} operations to the gas as in the snapshot, {len(findings)} grown; "
        f"{within} of {len(met)} goals met"
    )
    figures_told = {"operations": operations, "engine": engine}
    return PartResult("gas", options.profile, options.seed, not findings, summary, figures_told, findings)
