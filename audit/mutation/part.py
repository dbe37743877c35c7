"""Mutation testing as a part of the audit.

Figures: ``all`` (a score: mutants, killed, halted, survived, unreached, equivalent, explained, raw, score),
``by_file`` and ``by_operator`` (a score each), ``noticed_by`` (how many by lock-step lives, how many by
tests' traces), ``mute`` (noticed by a call that fails without a word: it may have run out of gas),
``confirmed`` (of how many drawn traces the test really failed), ``refused`` (mutants that the
compiler does not take), ``lives`` and ``calls`` of the corpus, ``drawn`` (the file of a quick run),
``survivors`` (mutants that nobody noticed: text and reason).
"""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any, Final

from audit.coverage.record import RECORDED, record
from audit.mutation import corpus
from audit.mutation.artifacts import mutated
from audit.mutation.corpus import MUTE, Corpus
from audit.mutation.judging import confirm, judge
from audit.mutation.schemata import Schemata, schemata
from audit.mutation.traces import Traces
from audit.mutation.verdicts import Fate, Key, Reason, Verdict, figures, reviewed, score, table, write
from audit.result import BUILD, Finding, Options, PartResult, Profile, Status
from audit.solidity.server import Compiler
from audit.solidity.sources import is_deployed
from tests.support.rawchain import compiled, kept_artifacts

FOLDER: Final = BUILD / "mutation"
GOAL: Final = 95.0
"""Least score, in per cent."""
QUICK_FLOOR: Final = 80.0
"""Least share of a drawn file's mutants that lock-step lives alone notice, in per cent."""
QUICK_SOURCES: Final = (
    "contracts/InsuranceFund.sol",
    "contracts/RewardSplitter.sol",
    "contracts/StakeVault.sol",
)
"""Files of which a quick run draws one: few contracts have them in them, so that little must be compiled."""


def run(options: Options) -> PartResult:
    """Judges mutants; passes if the score is high enough and every survivor has a reason."""
    if options.profile is Profile.QUICK:
        return _drawn(options)
    return _whole(options)


def _whole(options: Options) -> PartResult:
    """All mutants, by lock-step lives and by what the tests do."""
    made, build = _built()
    lives = corpus.record(kept_artifacts(build), options.choose(0, 60, 150), options.seed)
    print(f"{len(lives.lives)} lives of {lives.call_count} calls kept", flush=True)
    recorded = RECORDED / "plain"
    if not (recorded / "labels.json").exists():
        record(recorded)
    traces = Traces(recorded, build)
    verdicts = judge(made.mutants, lives, [traces], lambda line: print(line, flush=True))
    write(verdicts, FOLDER / "verdicts.json")
    count = options.choose(0, 100, 400)
    confirmed = confirm(verdicts, frozenset(traces.recording.tests()), count, options.seed, build, FOLDER)
    found, findings = _judged(verdicts, made, lives)
    if not confirmed:
        nothing = "no test could really be run with a mutant"
        findings.append(Finding(nothing, "audit/mutation/confirm.py", Status.OPEN))
    failed = sum(failed for _, _, failed in confirmed)
    found["confirmed"] = {"drawn": len(confirmed), "failed": failed}
    found["noticed_by"] = _noticed_by(verdicts)
    found["mute"] = sum(bool(verdict.noticed and verdict.noticed.halted == MUTE) for verdict in verdicts)
    total = found["all"]
    summary = (
        f"{total['score']:.1f} % of {total['mutants']} mutants noticed ({total['raw']:.1f} % raw); "
        f"{failed} of {len(confirmed)} drawn traces confirmed by really running the test"
    )
    passed = total["score"] >= GOAL
    return PartResult("mutation", options.profile, options.seed, passed, summary, found, tuple(findings))


def _drawn(options: Options) -> PartResult:
    """The mutants of one file, by lock-step lives alone."""
    source = random.Random(options.seed).choice(QUICK_SOURCES)
    made, build = _built(frozenset({source}))
    lives = corpus.record({**compiled(), **kept_artifacts(build)}, 1, options.seed)
    reached = [mutant for mutant in made.mutants if mutant.place in lives.reaching]
    verdicts = judge(reached, lives, [])
    found, _ = _judged(verdicts, made, lives)
    total = figures(score(verdicts, reviewed()))
    found["drawn"] = source
    stale = [
        Finding("on the list of reasons, but noticed", str(verdict.mutant), Status.OPEN)
        for verdict in verdicts
        if verdict.is_settled and verdict.mutant.key in reviewed()
    ]
    summary = (
        f"{source}: lock-step lives alone notice {total['score']:.1f} % of the {len(reached)} mutants "
        "that they come by"
    )
    passed = total["score"] >= QUICK_FLOOR
    return PartResult("mutation", options.profile, options.seed, passed, summary, found, tuple(stale))


def _built(sources: Set[str] = frozenset()) -> tuple[Schemata, Path]:
    """The contracts with all mutants of some sources, or of all."""
    with Compiler() as compiler:
        made = schemata(compiler, (lambda name: name in sources) if sources else is_deployed)
        return made, mutated(compiler, made, lambda line: print(line, flush=True), sources)


def _judged(
    verdicts: Sequence[Verdict], made: Schemata, lives: Corpus
) -> tuple[dict[str, Any], list[Finding]]:
    """Figures, and what of the survivors and of the list of reasons is not in order."""
    reasons = reviewed()
    survivors = [verdict for verdict in verdicts if not verdict.is_settled]
    found: dict[str, Any] = {
        "all": figures(score(verdicts, reasons)),
        "by_file": table(verdicts, reasons, "source"),
        "by_operator": table(verdicts, reasons, "operator"),
        "refused": made.dropped,
        "lives": len(lives.lives),
        "calls": lives.call_count,
        "survivors": [_told(verdict, reasons) for verdict in survivors],
    }
    return found, [*_unexplained(survivors, reasons), *_stale(verdicts, reasons)]


def _told(verdict: Verdict, reasons: dict[Key, Reason]) -> dict[str, str]:
    reason = reasons.get(verdict.mutant.key)
    return {"mutant": str(verdict.mutant), "fate": verdict.fate, "reason": reason.reason if reason else ""}


def _unexplained(survivors: Sequence[Verdict], reasons: dict[Key, Reason]) -> list[Finding]:
    return [
        Finding(f"mutant {verdict.fate}, and no reason says why", str(verdict.mutant), Status.OPEN)
        for verdict in survivors
        if verdict.mutant.key not in reasons
    ]


def _stale(verdicts: Sequence[Verdict], reasons: dict[Key, Reason]) -> list[Finding]:
    """Reasons of mutants that are noticed, or that there are none of any more."""
    survivors = {verdict.mutant.key for verdict in verdicts if not verdict.is_settled}
    return [
        Finding("on the list of reasons, but no survivor", " | ".join(map(str, key)), Status.OPEN)
        for key in reasons
        if key not in survivors
    ]


def _noticed_by(verdicts: Sequence[Verdict]) -> dict[str, int]:
    by = [verdict.noticed.by for verdict in verdicts if verdict.fate is Fate.KILLED and verdict.noticed]
    tests = sum("::" in name for name in by)
    return {"lock-step lives": len(by) - tests, "tests": tests}
