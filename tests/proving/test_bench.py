"""The benchmark's own parts, and that what it wrote last agrees with the page that shows it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.__main__ import PLOTS
from bench.measure import Figures, ProverFailed, row, sample, wanted_runs
from bench.peers import ALL
from bench.tile import tile_constraints, tile_witnesses
from bench.workload import SYSTEMS, fingerprint, is_fresh, stamp, workloads
from tests.proving.native_material import chain_circuit
from zkpool_sdk import _native

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {"median_s": float, "min_s": float, "max_s": float, "cpu_s": float, "peak_mb": float}
DRIVER = """
import sys, time
print('{"cpu_s": 0.5}', flush=True)
for count, line in enumerate(sys.stdin, 1):
    time.sleep(0.01)
    print('{"cpu_s": %d}' % count, flush=True)
    if line == "verify\\n":
        open(sys.argv[1], "w").close()
"""


@pytest.fixture(scope="module")
def last_run() -> dict[str, Any]:
    return report.load(ROOT)


def test_report__has_one_row_for_each_prover_and_circuit(last_run: dict[str, Any]) -> None:
    rows = last_run["rows"]
    names = [(each["system"], each["circuit"], each["prover"]) for each in rows]
    assert len(set(names)) == len(names) > 0
    for each in rows:
        assert each["system"] in SYSTEMS
        assert each["prover"].removesuffix(report.WARM) in last_run["versions"]
        assert isinstance(each["constraints"], int)
        assert each["constraints"] > 0
        for name, kind in FIGURES.items():
            assert isinstance(each[name], kind)
            assert each[name] > 0
        assert each["min_s"] <= each["median_s"] <= each["max_s"]
        assert each["runs"] >= 1


def test_report__compares_with_peers_on_the_same_circuit(last_run: dict[str, Any]) -> None:
    rows = [each for each in last_run["rows"] if not each["prover"].endswith(report.WARM)]
    compared = {(each["system"], each["circuit"]) for each in rows if each["prover"] != "zkpool"}
    own = {(each["system"], each["circuit"]) for each in rows if each["prover"] == "zkpool"}
    assert compared == own
    peers = {each["prover"] for each in rows if each["system"] == "groth16"}
    assert {"zkpool", "snarkjs", "gnark", "arkworks"} <= peers


def test_page__shows_the_last_run(last_run: dict[str, Any]) -> None:
    page = (ROOT / report.PAGE).read_text(encoding="utf-8")
    shown = page.partition(report.BEGIN)[2].partition(report.END)[0]
    assert shown == f"\n\n{report.section(last_run)}\n"
    for plot in PLOTS:
        assert f"]({Path(plot).name})" in page
        assert (ROOT / plot).read_text(encoding="utf-8").startswith("<?xml")


def test_page__is_written_between_its_markers(last_run: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    report.write_page(last_run, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text


def test_goals__are_judged_by_the_rows() -> None:
    walls = {"zkpool": 1.0, "gnark": 1.25, "snarkjs": 30.0}
    rows = []
    for prover, wall in walls.items():
        for ending in report.MODES:
            own = Figures(wall / (2 if ending and prover == "zkpool" else 1), wall, 40.0)
            rows.append(vars_of(row("groth16", prover + ending, "poseidon-16", 65_000, [own])))
    sizes = {"groth16/poseidon-16": {"key_bytes": 20 << 20, "witness_bytes": 2 << 20}}
    run = {"rows": rows, "sizes": sizes, "machine": {"python_mb": 7.0}}
    judged = [(goal.figure, goal.met) for goal in report.goals(run, "groth16")["poseidon-16"]]
    assert judged == [
        ("0.40", True),
        ("0.80", False),
        ("60.0", True),
        ("30.0", True),
        ("1.00 (1.6)", True),
        ("33 (32)", False),
    ]
    assert report.goals(run, "plonk") == {}


def vars_of(made: object) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__slots__}  # type: ignore[attr-defined]


def test_row__is_the_median_of_its_runs() -> None:
    made = row("plonk", "zkpool", "x-13", 7, [Figures(w, 2 * w, 10 * w) for w in (3.0, 1.0, 2.0)])
    assert (made.median_s, made.min_s, made.max_s, made.cpu_s, made.peak_mb, made.runs) == (2, 1, 3, 4, 30, 3)
    assert [wanted_runs(wall) for wall in (0.1, 10, 20, 300)] == [5, 3, 2, 1]


def test_sample__tells_the_whole_process_from_a_proof_with_its_key_loaded(tmp_path: Path) -> None:
    verified = tmp_path / "verified"
    made = sample([sys.executable, "-c", DRIVER, str(verified)], ROOT, os.environ, verify=True)
    assert made.whole.cpu_s == 1
    assert made.loaded.cpu_s == 1
    assert made.whole.wall_s > made.loaded.wall_s >= 0.01
    assert verified.exists()


def test_sample__says_why_a_prover_failed() -> None:
    broken = [sys.executable, "-c", "raise SystemExit('no such key')"]
    with pytest.raises(ProverFailed, match="no such key"):
        sample(broken, ROOT, os.environ, verify=False)


def test_sample__ends_a_prover_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measure.LIMIT_SECONDS", 0.3)
    with pytest.raises(ProverFailed, match="took longer"):
        sample([sys.executable, "-c", "import time; time.sleep(60)"], ROOT, os.environ, verify=False)


def test_tile__is_a_circuit_of_copies_that_their_witnesses_satisfy(tmp_path: Path) -> None:
    copies = [chain_circuit(5, start) for start in (7, 8, 9)]
    source, constraints, witness = (tmp_path / name for name in ("a.r1cs", "b.r1cs", "b.wtns"))
    source.write_bytes(copies[0].r1cs)
    tile_constraints(source, 3, constraints)
    tile_witnesses([copy.witness for copy in copies], witness)
    info = _native.r1cs_info(constraints)
    assert info["constraints"] == 15
    assert info["signals"] == 1 + 3 * (len(copies[0].values) - 1)
    assert (info["outputs"], info["public_inputs"]) == (1, 1)
    assert _native.check_witness(constraints, witness) is None
    tile_witnesses([copies[0].witness, copies[1].witness, wrong(copies[2].witness)], witness)
    broken = _native.check_witness(constraints, witness)
    assert broken is not None
    assert broken >= 10


def wrong(witness: bytes) -> bytes:
    return witness[:-32] + (4).to_bytes(32, "little")


def test_tile__of_one_copy_is_the_same_circuit(tmp_path: Path) -> None:
    circuit = chain_circuit(4)
    source, constraints, witness = (tmp_path / name for name in ("a.r1cs", "b.r1cs", "b.wtns"))
    source.write_bytes(circuit.r1cs)
    tile_constraints(source, 1, constraints)
    tile_witnesses([circuit.witness], witness)
    assert witness.read_bytes() == circuit.witness
    assert _native.r1cs_info(constraints) == _native.r1cs_info(source)


def test_peers__are_those_the_tables_show() -> None:
    assert tuple(peer.name for peer in ALL) == report.PROVERS


def test_workloads__cover_small_to_large_in_each_system() -> None:
    names = {system: [each.name for each in workloads(system, quick=False)] for system in SYSTEMS}
    assert {f"poseidon-{log}" for log in (13, 14, 15, 16, 17, 18, 20)} <= set(names["groth16"])
    assert {"semaphore", "rollup-15", "sha256-16", "sha256-18", "sha256-20"} <= set(names["groth16"])
    for system in ("plonk", "fflonk"):
        assert {f"poseidon-{log}" for log in (13, 14, 15, 16)} <= set(names[system])
    for system in SYSTEMS:
        assert {each.name for each in workloads(system, quick=True)} < set(names[system])


def test_made__is_fresh_until_what_it_was_made_of_changes(tmp_path: Path) -> None:
    made = tmp_path / "key"
    assert not is_fresh(made, fingerprint("a"))
    made.touch()
    stamp(made, fingerprint("a"))
    assert is_fresh(made, fingerprint("a"))
    assert not is_fresh(made, fingerprint("a", "b"))


def test_peers__are_pinned() -> None:
    lock = (ROOT / "bench" / "requirements.txt").read_text(encoding="utf-8")
    for requirement in re.split(r"\n(?=[a-z])", lock.strip()):
        assert re.match(r"[\w.-]+==\S+", requirement, re.ASCII)
        assert "--hash=sha256:" in requirement
    assert "://" not in lock
    assert re.search(
        r"consensys/gnark v\d+\.\d+\.\d+\n", (ROOT / "bench" / "gnark" / "go.mod").read_text(encoding="utf-8")
    )
    assert (ROOT / "bench" / "gnark" / "go.sum").is_file()
    assert 'name = "ark-groth16"' in (ROOT / "bench" / "arkworks" / "Cargo.lock").read_text(encoding="utf-8")
