"""Tables and goals of a run, for ``docs/BENCHMARKS.md``, from ``bench/prover.json`` alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REPORT: Final = Path("bench", "prover.json")
PAGE: Final = Path("docs", "BENCHMARKS.md")
BEGIN: Final = "<!-- bench-prover: begin (written by `make bench-prover`) -->"
END: Final = "<!-- bench-prover: end -->"
WARM: Final = " warm"
"""Ends the name of a prover whose key is in memory already."""
PROVERS: Final = ("zkpool", "gnark", "arkworks", "snarkjs", "zksnake")
"""In the order of the tables' columns, and of the turns."""
MODES: Final = {WARM: "key loaded", "": "whole process"}
TITLES: Final = {"groth16": "Groth16", "plonk": "PLONK", "fflonk": "FFLONK"}

GNARK_PART: Final = 0.7
"""Groth16: at most this part of gnark's time."""
SNARKJS_TIMES: Final = 10
"""All systems: at least this many times as fast as snarkjs."""
KEY_TIMES: Final = 1.5
"""Groth16: peak memory at most this many times the key, plus the witness."""
CPU_GOALS: Final = {
    ("groth16", "poseidon-16"): 1.6,
    ("groth16", "sha256-16"): 0.45,
    ("groth16", "poseidon-18"): 5.5,
    ("groth16", "poseidon-20"): 20.0,
    ("plonk", "poseidon-15"): 3.0,
    ("fflonk", "poseidon-15"): 7.0,
}
"""CPU seconds of a proof at most; those of Groth16 are half of rapidsnark's or less."""

Rows = Sequence[Mapping[str, Any]]
MEBIBYTE: Final = 1 << 20


def write_page(report: Mapping[str, Any], page: Path) -> None:
    """Replaces what is between the markers of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page} has no markers")
    page.write_text(f"{before}{BEGIN}\n\n{section(report)}\n{END}{after}", encoding="utf-8")


def section(report: Mapping[str, Any]) -> str:
    """Everything between the markers."""
    rows: Rows = report["rows"]
    systems = [system for system in TITLES if any(row["system"] == system for row in rows)]
    parts = [_machine(report)]
    for system in systems:
        own = [row for row in rows if row["system"] == system]
        parts += [f"### {TITLES[system]}: key loaded\n", _times(own, WARM)]
        parts += [f"### {TITLES[system]}: whole process\n", _times(own, ""), _spread(own)]
        parts += [f"### {TITLES[system]}: goals\n", _goals(report, system)]
    parts.append(_failures(report))
    return "\n".join(part for part in parts if part)


def _machine(report: Mapping[str, Any]) -> str:
    machine, versions = report["machine"], report["versions"]
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"One run of `make bench-prover` on {report['date']}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['features']}; "
        f"load average {machine['load']} when it began; {report['minutes']} minutes. Provers: {named}. "
        f"Python with the prover's module and no key takes {machine['python_mb']:.0f} MB.\n"
    )


def _times(rows: Rows, ending: str) -> str:
    """Wall time, CPU time and peak memory of each prover on each circuit."""
    found = {(row["circuit"], row["prover"]): row for row in rows}
    provers = [
        name for name in _provers(rows) if any((circuit, name + ending) in found for circuit, _ in found)
    ]
    lines = [
        f"| circuit | {'gates' if rows[0]['system'] != 'groth16' else 'constraints'} | "
        + " | ".join(f"{name} s / CPU s / MB" for name in provers)
        + " |",
        "|---|---|" + "---|" * len(provers),
    ]
    for circuit, constraints in _circuits(rows):
        cells = [_cell(found.get((circuit, name + ending))) for name in provers]
        lines.append(f"| {label(circuit)} | {constraints:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    return f"{seconds(row['median_s'])} / {seconds(row['cpu_s'])} / {row['peak_mb']:,.0f}"


def _spread(rows: Rows) -> str:
    """Between which wall times the runs of each prover were, relative to the median."""
    lines = []
    for prover in _provers(rows):
        several = [row for row in rows if row["prover"] == prover and row["runs"] > 1]
        if several:
            worst = max((row["max_s"] - row["min_s"]) / row["median_s"] for row in several)
            runs = sorted({row["runs"] for row in several})
            lines.append(f"{prover} {worst:.0%} of {'/'.join(map(str, runs))} runs")
    return f"Largest spread of wall time, (most − least) / median: {'; '.join(lines)}.\n" if lines else ""


def _goals(report: Mapping[str, Any], system: str) -> str:
    """The goals of a system, circuit by circuit; a figure that misses its goal is bold."""
    judged = goals(report, system)
    fullest = sorted(judged.values(), key=len, reverse=True)
    kinds = list(dict.fromkeys(goal.kind for goals_of in fullest for goal in goals_of))
    lines = ["| circuit | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    for circuit, goals_of in judged.items():
        by_kind = {goal.kind: goal for goal in goals_of}
        cells = [by_kind[kind].text if kind in by_kind else "–" for kind in kinds]
        lines.append(f"| {label(circuit)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n" if judged else ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and whether it is good enough."""

    kind: str
    figure: str
    met: bool

    @property
    def text(self) -> str:
        """The figure, bold if it misses the goal."""
        return self.figure if self.met else f"**{self.figure}**"


def goals(report: Mapping[str, Any], system: str) -> dict[str, list[Goal]]:
    """Each goal that the rows of a run can judge, by circuit."""
    rows = [row for row in report["rows"] if row["system"] == system]
    found = {(row["circuit"], row["prover"]): row for row in rows}
    judged: dict[str, list[Goal]] = {}
    for circuit in dict.fromkeys(row["circuit"] for row in rows):
        own = {ending: found.get((circuit, f"zkpool{ending}")) for ending in MODES}
        if not all(own.values()):
            continue
        given = [*_ratios(found, circuit, system), *_limits(report, found, circuit, system)]
        if given:
            judged[circuit] = given
    return judged


def _ratios(found: Mapping[Any, Mapping[str, Any]], circuit: str, system: str) -> Iterator[Goal]:
    """Wall time against gnark and snarkjs."""
    for ending, mode in MODES.items():
        own = found[circuit, f"zkpool{ending}"]["median_s"]
        gnark = found.get((circuit, f"gnark{ending}"))
        if gnark:
            part = own / gnark["median_s"]
            # Only Groth16 has a goal here.
            limit = f" (≤ {GNARK_PART})" if system == "groth16" else ""
            yield Goal(f"time / gnark's, {mode}{limit}", f"{part:.2f}", not limit or part <= GNARK_PART)
    for ending, mode in MODES.items():
        own = found[circuit, f"zkpool{ending}"]["median_s"]
        snarkjs = found.get((circuit, f"snarkjs{ending}"))
        if snarkjs:
            times = snarkjs["median_s"] / own
            kind = f"snarkjs's time / ours, {mode} (≥ {SNARKJS_TIMES})"
            yield Goal(kind, f"{times:.1f}", times >= SNARKJS_TIMES)


def _limits(
    report: Mapping[str, Any], found: Mapping[Any, Mapping[str, Any]], circuit: str, system: str
) -> Iterator[Goal]:
    """CPU seconds of a proof, and peak memory against the size of the key."""
    limit = CPU_GOALS.get((system, circuit))
    if limit is not None:
        spent = found[circuit, f"zkpool{WARM}"]["cpu_s"]
        yield Goal("CPU s (at most)", f"{seconds(spent)} ({limit:g})", spent <= limit)
    size = report["sizes"].get(f"{system}/{circuit}")
    if size and system == "groth16":
        limit = (KEY_TIMES * size["key_bytes"] + size["witness_bytes"]) / MEBIBYTE
        peak = found[circuit, "zkpool"]["peak_mb"] - report["machine"]["python_mb"]
        kind = f"MB over Python's own (≤ {KEY_TIMES} × key + witness)"
        yield Goal(kind, f"{peak:,.0f} ({limit:,.0f})", peak <= limit)


def _failures(report: Mapping[str, Any]) -> str:
    said = [f"{name}: {reason}" for name, reason in report["failures"].items()]
    return "Not measured: " + "; ".join(said) + ".\n" if said else ""


def label(circuit: str) -> str:
    """``poseidon-16`` as the tables write it: what is proved, and the size of its domain."""
    name, dash, log = circuit.partition("-")
    return f"{name} 2^{log}" if dash else name


def seconds(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _provers(rows: Rows) -> list[str]:
    present = {row["prover"].removesuffix(WARM) for row in rows}
    return [name for name in PROVERS if name in present]


def _circuits(rows: Rows) -> list[tuple[str, int]]:
    return list(dict.fromkeys((row["circuit"], row["constraints"]) for row in rows))


def load(root: Path) -> dict[str, Any]:
    """The last run."""
    content: dict[str, Any] = json.loads((root / REPORT).read_text(encoding="utf-8"))
    return content
