"""Measures ZKPool's prover beside others and writes what ``docs/BENCHMARKS.md`` and the plots show.

.venv/bin/python -m bench [--quick] [--systems groth16,plonk] [--provers zkpool,gnark] [--prepare] [--resume]

Writes ``bench/prover.json``, the tables of ``docs/BENCHMARKS.md`` and two plots in ``docs/``; a quick run or
one with fewer systems or provers prints its tables and writes nothing there. Peers, circuits and keys are
made once and kept under ``build/bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.measure import Driver, Figures, ProverFailed, Row, Sample, row, sample, wanted_runs
from bench.peers import ALL, Peer, PeerUnavailable, build_all, environment, python_environment
from bench.workload import BUILD, ROOT, SYSTEMS, Size, Workload, WorkloadFailed, prepare, workloads

RUN: Final = BUILD / "run.json"
"""What a run has measured so far."""
IDLE: Final = """
import sys
from zkpool_sdk import _native
print('{"cpu_s": 0}', flush=True)
sys.stdin.read()
"""
PLOTS: Final = ("docs/prover-time.svg", "docs/prover-memory.svg")


def main() -> int:
    """Builds, prepares, measures, writes."""
    arguments = parsed()
    systems, provers = arguments.systems.split(","), arguments.provers.split(",")
    started = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    built = build_all(provers)
    turns = [workload for system in systems for workload in workloads(system, arguments.quick)]
    sizes, failures = prepare_all(turns, built.peers)
    failures.update(built.missing)
    say(f"prepared in {minutes(started)} minutes")
    if arguments.prepare:
        return 0
    run = resumed(arguments.resume, built.versions, arguments.quick)
    began = time.monotonic() - 60 * run["minutes"]
    for workload in turns:
        place = f"{workload.system}/{workload.name}"
        if place in run["done"] or place not in sizes:
            continue
        rows, failed = bench(workload, sizes[place], [peer for peer in built.peers if ready(peer, workload)])
        run["rows"] += [asdict(each) for each in rows]
        run["done"].append(place)
        run["sizes"][place] = asdict(sizes[place])
        failures.update(failed)
        run["failures"].update(failures)
        run["minutes"] = minutes(began)
        RUN.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    whole = systems == list(SYSTEMS) and provers == [peer.name for peer in ALL] and not arguments.quick
    finish(run, whole)
    return 0


def parsed() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Provers on the same circuits.")
    parser.add_argument("--quick", action="store_true", help="small circuits alone: a few minutes")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="default: %(default)s")
    names = ",".join(peer.name for peer in ALL)
    parser.add_argument("--provers", default=names, help="default: %(default)s")
    parser.add_argument("--prepare", action="store_true", help="build, compile and set up, measure nothing")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    return parser.parse_args()


def prepare_all(turns: list[Workload], peers: list[Peer]) -> tuple[dict[str, Size], dict[str, str]]:
    """Circuits, witnesses and keys; what could not be made, by circuit or by prover and circuit."""
    sizes: dict[str, Size] = {}
    failures: dict[str, str] = {}
    for workload in turns:
        place = f"{workload.system}/{workload.name}"
        began = time.monotonic()
        try:
            sizes[place] = prepare(workload)
        except (WorkloadFailed, ValueError, OSError, subprocess.SubprocessError) as error:
            failures[place] = str(error)
            say(f"{place} is left out: {error}")
            continue
        for peer in peers:
            if not peer.handles(workload):
                continue
            try:
                peer.set_up(workload)
            except (PeerUnavailable, OSError) as error:
                failures[f"{peer.name} on {place}"] = str(error)
                say(f"{peer.name} is left out on {place}: {error}")
        if time.monotonic() - began > 1:
            say(f"{place} prepared in {time.monotonic() - began:.0f} s")
    return sizes, failures


def ready(peer: Peer, workload: Workload) -> bool:
    """Whether a prover takes part on a circuit."""
    return peer.handles(workload) and peer.is_set_up(workload)


def bench(workload: Workload, size: Size, peers: list[Peer]) -> tuple[list[Row], dict[str, str]]:
    """All provers on one circuit, taking turns; the rows, and why a prover has none."""
    env = environment()
    taken: dict[str, list[Sample]] = {peer.name: [] for peer in peers}
    failed: dict[str, str] = {}
    turn, waiting = 0, peers
    while waiting:
        for peer in waiting:
            try:
                taken[peer.name].append(sample(peer.command(workload), ROOT, env, verify=turn == 0))
            except (ProverFailed, PeerUnavailable, OSError) as error:
                failed[f"{peer.name} on {workload.system}/{workload.name}"] = str(error)
                say(f"{peer.name} failed on {workload.system}/{workload.name}: {error}")
        turn += 1
        waiting = [
            peer
            for peer in waiting
            if turn <= len(taken[peer.name]) < wanted_runs(taken[peer.name][0].whole.wall_s)
        ]
    rows = []
    for name, samples in taken.items():
        if not samples:
            continue
        figures: dict[str, list[Figures]] = {
            name: [each.whole for each in samples],
            name + report.WARM: [each.loaded for each in samples],
        }
        for label, values in figures.items():
            rows.append(row(workload.system, label, workload.name, size.constraints, values))
    told = ", ".join(
        f"{each.prover.removesuffix(report.WARM)} {report.seconds(each.median_s)} s"
        for each in rows
        if each.prover.endswith(report.WARM)
    )
    say(f"{workload.system} {report.label(workload.name)}, {size.constraints:,}: {told}")
    return rows, failed


def resumed(resume: bool, versions: dict[str, str], quick: bool) -> dict[str, Any]:
    """The run that was interrupted, or a new one."""
    if resume and RUN.is_file():
        run: dict[str, Any] = json.loads(RUN.read_text(encoding="utf-8"))
        if run["versions"] == versions and run["quick"] == quick:
            say(f"going on after {len(run['done'])} circuits")
            return run
        say("that run had other provers: beginning anew")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "minutes": 0,
        "quick": quick,
        "machine": machine(),
        "versions": versions,
        "sizes": {},
        "failures": {},
        "done": [],
        "rows": [],
    }


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    processor, flags = "unknown processor", ""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [line.partition(":") for line in info.read_text(encoding="utf-8").splitlines()]
        said = {key.strip(): value.strip() for key, _, value in reversed(lines)}
        processor, flags = said.get("model name", processor), said.get("flags", "")
        if "model" in said:
            processor += f" (family {said.get('cpu family')}, model {said['model']})"
    features = [name for name in ("adx", "avx2", "avx512f", "avx512ifma") if name in flags.split()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"WARNING: the load average is {load:.1f}: something else runs here, figures will be too high")
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "features": ", ".join(features) or "no vector extensions",
        "memory_gb": round(memory / 1e9),
        "load": round(load, 2),
        "kernel": os.uname().release,
        "python": sys.version.split()[0],
        "python_mb": round(idle_mb(), 1),
    }


def idle_mb() -> float:
    """Peak memory of Python with the prover's module and no key."""
    driver = Driver([sys.executable, "-c", IDLE], ROOT, environment())
    try:
        driver.answer()
        return driver.peak_mb()
    finally:
        driver.close()


def finish(run: dict[str, Any], whole: bool) -> None:
    """Prints the tables; a whole run writes the report, the page and the plots."""
    print("\n" + report.section(run))
    if not whole:
        say(f"not a whole run: nothing is written but {RUN.relative_to(ROOT)}")
        return
    kept = {key: value for key, value in run.items() if key not in ("done", "quick")}
    (ROOT / report.REPORT).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    report.write_page(kept, ROOT / report.PAGE)
    say(f"written to {report.REPORT} and {report.PAGE}")
    try:
        command = [str(python_environment()), str(ROOT / "bench" / "plot.py"), str(ROOT / report.REPORT)]
        subprocess.run([*command, *(str(ROOT / plot) for plot in PLOTS)], check=True, timeout=120)
        say(f"plotted in {' and '.join(PLOTS)}")
    except (PeerUnavailable, OSError, subprocess.SubprocessError) as error:
        say(f"no plots: {error}")


def minutes(started: float) -> float:
    """Minutes since then."""
    return round((time.monotonic() - started) / 60, 1)


def say(text: str) -> None:
    """A line of progress."""
    print(f"bench: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
