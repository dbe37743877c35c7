"""Time and memory of each prover against the size of the circuit, log-log, as two SVG files.

plot.py bench/prover.json TIME.svg MEMORY.svg; run in the bench's own environment, which has matplotlib.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

COLORS = {
    "zkpool": "#0b57d0",
    "gnark": "#d9730d",
    "arkworks": "#8250df",
    "snarkjs": "#1a7f37",
    "zksnake": "#6e7781",
}
TITLES = {"groth16": "Groth16", "plonk": "PLONK", "fflonk": "FFLONK"}
DASHES = {"poseidon": "-", "sha256": (0, (4, 2))}
"""Dense circuits in full lines, sparse ones dashed."""
STYLE = {
    "font.family": "sans-serif",
    "font.size": 10,
    "svg.fonttype": "path",
    "svg.hashsalt": "zkpool",
    "axes.edgecolor": "#8c959f",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#d8dee4",
    "grid.linewidth": 0.7,
}


def main() -> None:
    """Draws both plots."""
    source, time_plot, memory_plot = map(Path, sys.argv[1:])
    rows = json.loads(source.read_text(encoding="utf-8"))["rows"]
    warm = [dict(row, prover=row["prover"].removesuffix(" warm")) for row in rows if " warm" in row["prover"]]
    whole = [row for row in rows if " warm" not in row["prover"]]
    draw(warm, "median_s", "seconds a proof, key loaded (median)", time_plot)
    draw(whole, "peak_mb", "peak memory of the process, MB", memory_plot)


def draw(rows: list[dict[str, Any]], figure: str, title: str, path: Path) -> None:
    """One panel for each proving system, all on the same scale."""
    systems = [system for system in TITLES if any(row["system"] == system for row in rows)]
    widths = [2.0 if system == "groth16" else 1.0 for system in systems]
    with plt.rc_context(STYLE):
        plot, panels = plt.subplots(
            1, len(systems), sharey=True, squeeze=False, figsize=(10, 4.6), width_ratios=widths
        )
        for axes, system in zip(panels[0], systems, strict=True):
            panel(axes, [row for row in rows if row["system"] == system], figure)
            axes.set_title(TITLES[system], fontsize=11, fontweight="bold", loc="left")
            axes.set_xlabel("constraints" if system == "groth16" else "gates")
        panels[0][0].set_ylabel(title)
        shown = {row["prover"] for row in rows}
        handles = [
            plt.Line2D([], [], color=color, marker="o", markersize=4, linewidth=2, label=name)
            for name, color in COLORS.items()
            if name in shown
        ]
        kinds = {"dense (poseidon)": DASHES["poseidon"], "sparse (sha256)": DASHES["sha256"]}
        handles += [
            plt.Line2D([], [], color="#57606a", linestyle=dash, label=name) for name, dash in kinds.items()
        ]
        plot.legend(handles=handles, loc="upper center", ncols=len(handles), frameon=False, fontsize=9)
        plot.tight_layout(rect=(0, 0, 1, 0.94))
        plot.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
        plt.close(plot)


def panel(axes: Axes, rows: list[dict[str, Any]], figure: str) -> None:
    """The lines of one system: one for each prover and family of circuits."""
    lines: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        family = row["circuit"].partition("-")[0]
        if family in DASHES:
            lines[family, row["prover"]].append((row["constraints"], row[figure]))
    for (family, prover), points in lines.items():
        sizes, values = zip(*sorted(points), strict=True)
        own = prover == "zkpool"
        axes.plot(
            sizes,
            values,
            color=COLORS[prover],
            linestyle=DASHES[family],
            linewidth=2.4 if own else 1.4,
            marker="o",
            markersize=4 if own else 3,
            zorder=3 if own else 2,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.grid(True, which="major")
    axes.xaxis.set_major_locator(LogLocator(base=2, numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


if __name__ == "__main__":
    main()
