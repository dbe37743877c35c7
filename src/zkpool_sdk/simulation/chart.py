"""Line charts as SVG text: small, readable on light and dark, with nothing to install.

Colours are classes of a style sheet inside the file that follows ``prefers-color-scheme``, so a page may also
take the SVG in as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any, Final

Points = Sequence[tuple[float, float]]

WIDTH: Final = 400
HEIGHT: Final = 270
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 34, 46
LEGEND_LINE: Final = 17
STYLE: Final = (
    "svg.zk{background:#fff}"
    ".zk text{font:12px system-ui,sans-serif;fill:#24292f}.zk .h{font-weight:600;font-size:13px}"
    ".zk .g{stroke:#d8dee4;stroke-width:.7}.zk .a{stroke:#57606a;stroke-width:1;fill:none}"
    ".zk .l{fill:none;stroke-width:1.8;stroke-linejoin:round}.zk .d{stroke-dasharray:5 4}"
    ".zk .bg{fill:#fff}"
    ".zk .c0{stroke:#0969da}.zk .c1{stroke:#bc4c00}.zk .c2{stroke:#1a7f37}.zk .c3{stroke:#8250df}"
    ".zk .c4{stroke:#bf3989}.zk .c5{stroke:#57606a}.zk .c6{stroke:#9a6700}.zk .c7{stroke:#1b7c83}"
    "@media(prefers-color-scheme:dark){svg.zk{background:#0d1117}.zk .bg{fill:#0d1117}"
    ".zk text{fill:#e6edf3}.zk .g{stroke:#30363d}.zk .a{stroke:#8b949e}"
    ".zk .c0{stroke:#58a6ff}.zk .c1{stroke:#f0883e}.zk .c2{stroke:#56d364}.zk .c3{stroke:#bc8cff}"
    ".zk .c4{stroke:#f778ba}.zk .c5{stroke:#8b949e}.zk .c6{stroke:#e3b341}.zk .c7{stroke:#39c5cf}}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """A line. Dashed ones are references: targets, formulas."""

    name: str
    points: Points
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes. Labels name the unit; what lies outside ``y_from`` and ``y_to`` is cut.

    Attributes:
        x_ticks: places with their labels, instead of round numbers.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    x_log: bool = False
    y_log: bool = False
    y_from: float | None = None
    y_to: float | None = None
    x_ticks: Sequence[tuple[float, str]] = ()

    def to_json(self) -> dict[str, Any]:
        """What a report needs to draw it its own way."""
        return {
            "title": self.title,
            "x": self.x_label,
            "y": self.y_label,
            "x_log": self.x_log,
            "y_log": self.y_log,
            "series": [
                {"name": s.name, "dashed": s.dashed, "points": [[_short(x), _short(y)] for x, y in s.points]}
                for s in self.series
            ],
        }


def draw(panels: Sequence[Panel], title: str, columns: int = 2) -> str:
    """The panels in rows, each with its legend below, as one SVG."""
    columns = min(columns, len(panels))
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    heights = [HEIGHT + LEGEND_LINE * max(_legend_lines(panel) for panel in row) for row in rows]
    parts, top = [], 0
    for row, height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            parts.append(f'<g transform="translate({column * WIDTH},{top})">{_panel(panel)}</g>')
        top += height
    width = WIDTH * columns
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="zk" viewBox="0 0 {width} {top}" '
        f'width="{width}" height="{top}" role="img" aria-label="{escape(title, quote=True)}">'
        f'<style>{STYLE}</style><rect class="bg" width="{width}" height="{top}"/>{"".join(parts)}</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """A stretch of numbers laid on a stretch of pixels."""

    least: float
    most: float
    first: float
    last: float
    log: bool

    def at(self, value: float) -> float:
        least, most = self.least, self.most
        if self.log:
            value, least, most = log10(max(value, least)), log10(least), log10(most)
        part = (value - least) / (most - least)
        return self.first + (self.last - self.first) * min(max(part, 0.0), 1.0)

    def ticks(self) -> list[float]:
        return _log_ticks(self.least, self.most) if self.log else _ticks(self.least, self.most)


def _panel(panel: Panel) -> str:
    points = [point for series in panel.series for point in series.points]
    x = _scale([p[0] for p in points], LEFT, WIDTH - RIGHT, panel.x_log, None, None, tight=True)
    y = _scale([p[1] for p in points], HEIGHT - BOTTOM, TOP, panel.y_log, panel.y_from, panel.y_to)
    out = [f'<text class="h" x="{LEFT}" y="20">{escape(panel.title)}</text>']
    for tick in y.ticks():
        at = f"{y.at(tick):.1f}"
        out.append(f'<path class="g" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y.at(tick) + 4:.1f}" text-anchor="end">{_label(tick)}</text>')
    for tick, label in panel.x_ticks or [(tick, _label(tick)) for tick in x.ticks()]:
        at = f"{x.at(tick):.1f}"
        out.append(f'<path class="g" d="M{at} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{at}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(label)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<path class="a" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    centre = (LEFT + WIDTH - RIGHT) / 2
    out.append(
        f'<text x="{centre}" y="{HEIGHT - 12}" text-anchor="middle">{escape(panel.x_label)}</text>'
        f'<text transform="translate(14,{middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(panel.y_label)}</text>"
    )
    legend = [0.0, float(HEIGHT + 4)]
    for number, series in enumerate(panel.series):
        colour = number % 8 if series.colour is None else series.colour
        kind = f"l c{colour}" + (" d" if series.dashed else "")
        out.append(f'<path class="{kind}" d="{_path(series.points, x, y)}"/>')
        out.append(_legend(series.name, kind, legend))
    return "".join(out)


def _legend(name: str, kind: str, at: list[float]) -> str:
    width = 30 + 6.4 * len(name)
    if at[0] and at[0] + width > WIDTH - LEFT:
        at[0], at[1] = 0.0, at[1] + LEGEND_LINE
    x, y = LEFT - 40 + at[0], at[1]
    at[0] += width + 8
    line = f'<path class="{kind}" d="M{x:.0f} {y - 4}h18"/>'
    return f'{line}<text x="{x + 23:.0f}" y="{y}">{escape(name)}</text>'


def _legend_lines(panel: Panel) -> int:
    at = [0.0, 0.0]
    for series in panel.series:
        _legend(series.name, "", at)
    return 1 + round(at[1] / LEGEND_LINE)


def _path(points: Points, x: _Scale, y: _Scale) -> str:
    return "M" + "L".join(f"{x.at(px):.1f} {y.at(py):.1f}" for px, py in points)


def _scale(
    values: Iterable[float],
    first: float,
    last: float,
    log: bool,
    least: float | None,
    most: float | None,
    tight: bool = False,
) -> _Scale:
    seen = [value for value in values if value > 0 or not log]
    low = min(seen) if least is None else least
    high = max(seen) if most is None else most
    if high <= low:
        high = low * 2 if low > 0 else low + 1
    if log:
        return _Scale(low if tight else low / 1.15, high if tight else high * 1.15, first, last, True)
    if tight:
        return _Scale(low, high, first, last, False)
    if least is None and 0 <= low <= 0.5 * high:
        low = 0.0
    margin = (high - low) * 0.05
    if low < 0 or (least is None and low):
        low -= margin
    return _Scale(low, high + margin, first, last, False)


def _ticks(least: float, most: float) -> list[float]:
    rough = (most - least) / 5
    power = 10.0 ** floor(log10(rough))
    size = next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= rough)
    count = floor((most + size * 1e-9) / size)
    return [i * size for i in range(ceil((least - size * 1e-9) / size), count + 1)]


def _log_ticks(least: float, most: float) -> list[float]:
    powers = range(floor(log10(least)), ceil(log10(most)) + 1)
    steps = (1,) if log10(most / least) > 3 else (1, 3) if log10(most / least) > 1.4 else (1, 2, 5)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return [tick for tick in ticks if least * 0.999 <= tick <= most * 1.001]


def _label(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 10_000:
        return f"{value / 1_000:g}k"
    if abs(value) < 0.001:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:.4g}"


def _short(value: float) -> float:
    return float(f"{value:.5g}")
