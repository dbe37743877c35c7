"""The parts of the audit, and how one of them is run, kept and reported."""

from __future__ import annotations

import importlib
import importlib.util
import resource
import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from audit.result import BUILD, KEPT, PLANTED, Options, PartResult, Profile, ToolMissing, read, write

NOT_RUN: Final = 3
"""Exit status of a part whose tool is missing."""
Run = Callable[[Options], PartResult]


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Args:
        name: also of its module, ``audit.<name>``.
        title: of its section in the report.
        claim: what it means that the part has passed.
        weight: CPU seconds under ``quick``, roughly; the dearest start first.
    """

    name: str
    title: str
    claim: str
    weight: int


PARTS: Final = (
    Part(
        "stateful",
        "Lock-step with the model",
        "model and contracts agree bit for bit in every step, and every invariant holds",
        150,
    ),
    Part(
        "coverage",
        "Coverage of the contracts",
        "the tests take every line and branch, or a reason says why they cannot",
        60,
    ),
    Part(
        "mutation",
        "Mutation testing",
        "a bug planted in the contracts is noticed, or is shown to be none",
        60,
    ),
    Part("static", "Static analysis", "every finding of slither is fixed or explained", 45),
    Part("fuzz", "Fuzzing", "parsers refuse and never fall over; verifiers accept no forged proof", 40),
    Part("properties", "Properties", "each library equals its Python twin and obeys its laws", 30),
    Part(
        "attacks",
        "Attacks",
        "attacks carried out on the real contracts gain what we say: nothing, or little",
        30,
    ),
    Part(
        "symbolic",
        "Symbolic checks",
        "laws of the pure libraries hold for all inputs within the stated bounds",
        30,
    ),
    Part("gas", "Gas", "no operation costs over 2 % more than the committed snapshot", 20),
    Part(
        "simulation",
        "Simulation",
        "prices and attackers' gains in populations, from the model's formulas",
        20,
    ),
    Part(
        "replay", "Replay from events", "every price, split, rating and base fee follows from the events", 15
    ),
)
NAMES: Final = tuple(part.name for part in PARTS)


def by_name(name: str) -> Part:
    """The part of that name."""
    return next(part for part in PARTS if part.name == name)


def load(name: str) -> Run:
    """The function that runs a part.

    Raises:
        ToolMissing: the module of the part is not there.
    """
    if importlib.util.find_spec(f"audit.{name}") is None:
        raise ToolMissing(f"audit/{name}", "this checkout has no such part")
    return cast(Run, importlib.import_module(f"audit.{name}").run)


def run_here(name: str, options: Options) -> int:
    """Runs a part in this process and writes its result. Returns the exit status: 0 only if it passed."""
    (BUILD / f"{name}.json").unlink(missing_ok=True)
    print(f"{name}: profile {options.profile}, seed {options.seed}", flush=True)
    started, cpu = time.monotonic(), cpu_seconds()
    status = 1
    try:
        result = load(name)(options)
    except ToolMissing as missing:
        print(f"not run: {missing}", flush=True)
        result, status = failed(name, options, f"not run: {missing}"), NOT_RUN
    except Exception as error:
        traceback.print_exc()
        result = failed(name, options, f"{type(error).__name__}: {error}".partition("\n")[0])
    result = result.finished(time.monotonic() - started, cpu_seconds() - cpu)
    path = write(result)
    for finding in result.open_findings:
        print(f"open: {finding.where}: {finding.what}", flush=True)
    print(f"{name}: {verdict(result)}, {result.seconds:.0f} s; {result.summary}", flush=True)
    print(f"{name}: figures in {path.relative_to(BUILD.parent.parent)}", flush=True)
    return 0 if result.passed else status


def failed(name: str, options: Options, why: str) -> PartResult:
    """The result of a part that came to no result."""
    return PartResult(name, options.profile, options.seed, passed=False, summary=why)


def verdict(result: PartResult) -> str:
    """How a part ended, in a word or two."""
    if result.passed:
        return "passed"
    return "not run" if result.summary.startswith("not run") else "FAILED"


def cpu_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def keep() -> int:
    """Copies the results of long runs (``ci``, ``deep``) to ``audit/kept``. Returns the exit status."""
    kept = [result for name in NAMES if (result := read(name)) and result.profile is not Profile.QUICK]
    for result in kept:
        write(result, KEPT)
        print(f"kept {result.part}: {verdict(result)}, {result.summary}")
    KEPT.mkdir(parents=True, exist_ok=True)
    hunted = BUILD / PLANTED
    if hunted.exists() and hunted.read_text(encoding="utf-8").strip():
        shutil.copyfile(hunted, KEPT / PLANTED)
        print("kept how the planted bugs were found")
    if not kept:
        print("nothing to keep: the last run was quick")
    return 0 if kept else 1


def report() -> int:
    """Writes the report from the results that are there. Returns the exit status."""
    write_report = importlib.import_module("audit.report").write_report
    print(f"report: {write_report().relative_to(BUILD.parent.parent)}")
    return 0
