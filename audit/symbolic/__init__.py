"""Symbolic checks: laws of the pure libraries, proved by halmos for all arguments of their types.

Each ``*Laws.sol`` here is compiled with the project's own settings; halmos executes each ``check_...``
function on symbols and asks yices (``solver.py``) whether an assertion can fail. What is proved is what
the types of the arguments and the assumptions say; a call that reverts, by an overflow say, proves
nothing for its arguments. A counterexample, an unknown, a timeout or a loop cut short fails the part, and
so does a check that did not run.

Figures: ``checks``, ``passed``, ``paths``, and ``by_contract``: per law its name, outcome, paths and seconds.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from audit import environment
from audit.result import BUILD, ROOT, Finding, Options, PartResult, Status
from audit.solidity.compile import CompileFailed, problems_of, request
from audit.solidity.server import Compiler
from audit.solidity.sources import fingerprint, project_sources

HERE: Final = Path(__file__).resolve().parent
WORK: Final = BUILD / "symbolic"
OUT: Final = WORK / "out"
LOOPS: Final = 5
"""Turns of a loop that are followed: as many as the exponents and books of the checks need."""
QUERY_SECONDS: Final = 900
CHECKING_SECONDS: Final = 3600
LEAST_CHECKS: Final = 30
ASSERTION: Final = "0x01"
OUTPUTS: Final = (
    "abi",
    "evm.bytecode",
    "evm.deployedBytecode",
    "evm.methodIdentifiers",
    "metadata",
    "storageLayout",
)
OUTCOMES: Final = {
    0: "proved",
    1: "counterexample",
    2: "timeout",
    3: "stuck",
    4: "reverts always",
    5: "error",
}
# Halmos starts a build of its own by this name; its output is there already.
BUILDER: Final = "#!/bin/sh\nexit 0\n"


class HalmosFailed(Exception):
    """Halmos came to no result; carries the end of what it said."""


def run(options: Options) -> PartResult:
    """Proves the laws; all profiles do the same."""
    written = laws()
    prepare()
    print(f"symbolic: {sum(map(len, written.values()))} laws of {len(written)} libraries", flush=True)
    results = prove()
    by_contract: dict[str, list[dict[str, Any]]] = {}
    findings = []
    for contract, names in sorted(written.items()):
        found = {str(result["name"]).partition("(")[0]: result for result in results.get(contract, [])}
        for name in names:
            law = outcome(found.get(name))
            by_contract.setdefault(contract, []).append({"law": name, **law})
            if law["outcome"] != "proved":
                findings.append(Finding(str(law["outcome"]), f"{contract}.{name}", Status.OPEN))
    every = [law for laws_ in by_contract.values() for law in laws_]
    proved = sum(law["outcome"] == "proved" for law in every)
    paths = sum(law["paths"] for law in every)
    summary = f"{proved} of {len(every)} laws of {len(written)} libraries proved on {paths} paths"
    figures = {"checks": len(every), "passed": proved, "paths": paths, "by_contract": by_contract}
    passed = proved == len(every) >= LEAST_CHECKS
    return PartResult("symbolic", options.profile, options.seed, passed, summary, figures, tuple(findings))


def laws() -> dict[str, list[str]]:
    """The checks in the sources, by contract: whatever halmos makes of them, these must be proved."""
    found = {}
    for path in sorted(HERE.glob("*Laws.sol")):
        names = re.findall(r"function (check_\w+)\(", path.read_text(encoding="utf-8"))
        if names:
            found[path.stem] = names
    return found


def outcome(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """What became of a law; one with a loop cut short is not proved."""
    if result is None:
        return {"outcome": "did not run", "paths": 0, "seconds": 0.0}
    text = OUTCOMES.get(int(result["exitcode"]), "error")
    if text == "proved" and result.get("num_bounded_loops"):
        text = "loop cut short"
    return {
        "outcome": text,
        "paths": int((result.get("num_paths") or [0])[0]),
        "seconds": round(float((result.get("time") or [0.0])[0]), 2),
    }


def prepare() -> None:
    """Compiles the laws and lays the output down as halmos reads it.

    Raises:
        CompileFailed: the compiler refuses them.
    """
    sources = project_sources(str(HERE.relative_to(ROOT)))
    stamp, digest = WORK / "made-from", fingerprint(sources)
    builder = WORK / "bin" / "forge"
    builder.parent.mkdir(parents=True, exist_ok=True)
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    if stamp.exists() and stamp.read_text() == digest:
        return
    with Compiler() as compiler:
        answer = compiler.answer(request(sources, {"*": {"*": list(OUTPUTS), "": ["ast"]}}))
    if problems := problems_of(answer):
        raise CompileFailed(problems)
    shutil.rmtree(OUT, ignore_errors=True)
    for source, contracts in answer["contracts"].items():
        if source.startswith(str(HERE.relative_to(ROOT))):
            for name, contract in contracts.items():
                folder = OUT / Path(source).name
                folder.mkdir(parents=True, exist_ok=True)
                unit = answer["sources"][source]
                (folder / f"{name}.json").write_text(json.dumps(artifact(contract, unit)), encoding="utf-8")
    stamp.write_text(digest)


def artifact(contract: Mapping[str, Any], unit: Mapping[str, Any]) -> dict[str, Any]:
    """A compiled contract in the form that halmos knows from Foundry."""
    code = {
        kind: {**contract["evm"][kind], "object": "0x" + contract["evm"][kind]["object"]}
        for kind in ("bytecode", "deployedBytecode")
    }
    return {
        **code,
        "abi": contract["abi"],
        "methodIdentifiers": contract["evm"]["methodIdentifiers"],
        "metadata": json.loads(contract["metadata"]),
        "storageLayout": contract["storageLayout"],
        "ast": unit["ast"],
        "id": unit["id"],
    }


def prove() -> dict[str, list[dict[str, Any]]]:
    """Halmos' results by contract.

    Raises:
        HalmosFailed: it ended without a report.
    """
    report = WORK / "halmos.json"
    report.unlink(missing_ok=True)
    variables = environment.variables()
    variables["PATH"] = f"{WORK / 'bin'}:{variables['PATH']}"
    command = [
        str(environment.tool("halmos")),
        *("--root", str(WORK), "--match-contract", "Laws$", "--no-status"),
        *("--loop", str(LOOPS), "--panic-error-codes", ASSERTION),
        *("--solver-timeout-assertion", f"{QUERY_SECONDS}s", "--solver-threads", "2"),
        *("--solver-command", f"{environment.python()} {HERE / 'solver.py'}"),
        *("--json-output", str(report)),
    ]
    done = subprocess.run(
        command,
        cwd=WORK,
        env=variables,
        capture_output=True,
        text=True,
        timeout=CHECKING_SECONDS,
        check=False,
    )
    (WORK / "halmos.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if not report.exists():
        raise HalmosFailed((done.stdout + done.stderr)[-3000:])
    results = json.loads(report.read_text(encoding="utf-8"))["test_results"]
    return {path.rpartition(":")[2]: found for path, found in results.items()}
