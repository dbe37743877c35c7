"""Fuzzing: parsers of the prover core and of the SDK, and the verifiers under proofs that are none.

The core's parsers run under libFuzzer (``tools/fuzz.py``), the SDK's under atheris (``parsers``,
``drive``), the verifiers of core and contract side by side on the in-process chain (``verifiers``). An
input for which a parser breaks a promise, and a proof with a verdict it must not have, fail the part.

Figures: ``targets`` [{``name``, ``note``, ``inputs``, ``seconds``, ``crashes``}], ``verifiers`` [{``system``,
``proofs``, ``accepted`` (re-randomisations and good ones, put in as a control), ``kinds`` {kind: count},
``seconds``}].
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from audit import environment
from audit.fuzz import verifiers
from audit.fuzz.mutations import MUTATIONS
from audit.parsing.drive import ATHERIS
from audit.parsing.parsers import PARSERS, Parser
from audit.result import BUILD, ROOT, Finding, Options, PartResult, Status, ToolMissing
from tools import fuzz as native

WORK: Final = BUILD / "fuzz"
GRACE_SECONDS: Final = 300
UNGUIDED: Final = "no interesting inputs were found"
"""What libFuzzer says when nothing is instrumented."""
NATIVE_LINE: Final = re.compile(r"^(\w+) +([\d,]+) inputs,", re.MULTILINE)


def run(options: Options) -> PartResult:
    """Fuzzes for the profile's time."""
    seconds = options.choose(1, 10, 120)
    targets, findings = core_parsers(seconds)
    for parser in PARSERS:
        target, found = sdk_parser(parser, seconds, options.seed)
        targets.append(target)
        findings += found
    tallies = [
        verifiers.attack(
            pair, options.choose(250, 5_000, 110_000), options.seed, options.choose(15, 300, 7200)
        )
        for pair in verifiers.pairs(options.seed)
    ]
    shown = []
    for tally in tallies:
        print(f"{tally.system:<9} {tally.attempts:>9,} proofs, {tally.accepted:,} accepted", flush=True)
        findings += [
            Finding(wrong, f"verifiers of {tally.system}", Status.OPEN) for wrong in tally.wrong[:20]
        ]
        shown.append(
            {
                "system": tally.system,
                "proofs": tally.attempts,
                "accepted": tally.accepted,
                "kinds": summed(tally.kinds),
                "seconds": round(tally.seconds, 1),
            }
        )
    inputs = sum(target["inputs"] for target in targets)
    proofs = sum(tally.attempts for tally in tallies)
    crashes = sum(target["crashes"] for target in targets)
    wrong = sum(len(tally.wrong) for tally in tallies)
    summary = (
        f"{inputs:,} inputs for {len(targets)} parsers, {crashes} findings; "
        f"{proofs:,} spoilt and forged proofs for {len(tallies)} systems, {wrong} wrong verdicts"
    )
    figures = {"targets": targets, "verifiers": shown}
    enough = all(tally.attempts >= options.choose(50, 1_000, 100_000) for tally in tallies)
    passed = not findings and enough and all(target["inputs"] for target in targets)
    return PartResult("fuzz", options.profile, options.seed, passed, summary, figures, tuple(findings))


def core_parsers(seconds: int) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The prover core's, each for a time.

    Raises:
        ToolMissing: there is no C++ compiler, which libFuzzer needs.
    """
    if shutil.which("c++") is None:
        raise ToolMissing("c++", "libFuzzer needs it: apt-get install g++")
    command = [sys.executable, str(ROOT / "tools" / "fuzz.py"), "--seconds", str(seconds)]
    limit = native.BUILD_SECONDS + len(native.TARGETS) * (seconds + GRACE_SECONDS)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False)
    print(done.stdout, end="", flush=True)
    findings = [
        Finding("the prover core breaks a promise", line.removeprefix("found: "), Status.OPEN)
        for line in done.stderr.splitlines()
        if line.startswith("found: ")
    ]
    if done.returncode and not findings:
        findings = [Finding(done.stderr[-2000:], "tools/fuzz.py", Status.OPEN)]
    return core_targets(done.stdout, seconds, findings), findings


def core_targets(said: str, seconds: int, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """What came of each target; of one that nothing is said of: no inputs."""
    inputs = {name: int(count.replace(",", "")) for name, count in NATIVE_LINE.findall(said)}
    return [
        {
            "name": f"core: {name}",
            "note": "libFuzzer",
            "inputs": inputs.get(name, 0),
            "seconds": seconds,
            "crashes": sum(f"/{name}/" in finding.where for finding in findings),
        }
        for name in native.TARGETS
    ]


def sdk_parser(parser: Parser, seconds: int, seed: int) -> tuple[dict[str, Any], list[Finding]]:
    """One of the SDK's, in a process of its own."""
    variables = environment.variables()
    packages = environment.site_packages()
    guided = (packages / "atheris").is_dir()
    if guided:
        variables[ATHERIS] = str(packages)
    started = time.monotonic()
    command = [sys.executable, "-m", "audit.parsing.drive", parser.name, str(seconds), str(seed), str(WORK)]
    limit = seconds + GRACE_SECONDS
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=limit, check=False
    )
    told = re.search(r"^inputs (\d+)$", done.stdout, re.MULTILINE)
    inputs = int(told.group(1)) if told else 0
    findings = []
    if done.returncode:
        place = re.search(r"^found (.+)$", done.stdout, re.MULTILINE)
        where = f"sdk: {parser.name}" + (f", {place.group(1)}" if place else "")
        findings.append(Finding(done.stderr[-1500:], where, Status.OPEN))
    if UNGUIDED in done.stderr:
        findings.append(Finding("atheris sees no coverage", f"sdk: {parser.name}", Status.OPEN))
    target = {
        "name": f"sdk: {parser.name}",
        "note": parser.note + (", atheris" if guided else ""),
        "inputs": inputs,
        "seconds": seconds,
        "crashes": len(findings),
    }
    taken = time.monotonic() - started
    print(f"{parser.name:<17} {inputs:>9,} inputs, {len(findings)} findings, {taken:.0f} s", flush=True)
    return target, findings


def summed(kinds: dict[str, int]) -> dict[str, int]:
    """Counts by what was done, pairs of mutations and batches each under one name."""
    found: dict[str, int] = {}
    for kind, count in kinds.items():
        name = (
            kind if kind in MUTATIONS or kind in ("forged", "re-randomised", "untouched") else "two at once"
        )
        name = "batch" if kind.startswith("batch") else name
        found[name] = found.get(name, 0) + count
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))
