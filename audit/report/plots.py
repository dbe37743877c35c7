"""Plots as inline SVG: colours come from the page's style, so that they follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 860
HALF: Final = 560
"""Of the width, for each of two columns; it is shown smaller, so that the letters are the same."""
MANY: Final = 18
"""More bars than these stand in two columns."""
ROW: Final = 22
LABEL: Final = 250
VALUE: Final = 86
CHARACTER: Final = 6.4
"""Width of a character of the labels, roughly."""
SERIES: Final = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")
"""Classes of the style, one for each line of a plot."""
STEPS: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with what stood there in the kept run, if it did."""

    label: str
    value: float
    kept: float | None = None
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: points by rising x."""

    label: str
    points: Sequence[tuple[float, float]]


def bars(rows: Iterable[Bar], *, logarithmic: bool = False, unit: str = "") -> Markup:
    """Bars from the left, one a row; a fine line beneath shows the kept run.

    Args:
        logarithmic: by the logarithm of the value, for counts that differ by powers of ten.
    """
    found = list(rows)
    if not found:
        return Markup("")
    most = max((max(bar.value, bar.kept or 0) for bar in found), default=0) or 1
    if len(found) <= MANY:
        return _column(found, most, WIDTH, logarithmic, unit)
    middle = (len(found) + 1) // 2
    halves = [_column(half, most, HALF, logarithmic, unit) for half in (found[:middle], found[middle:])]
    return Markup('<div class="two">{}{}</div>').format(*halves)


def _column(found: Sequence[Bar], most: float, width: int, logarithmic: bool, unit: str) -> Markup:
    """Bars below each other, the longest possible as long as ``most``."""

    def length(value: float) -> float:
        part = math.log10(1 + value) / math.log10(1 + most) if logarithmic else value / most
        return max(part, 0) * (width - LABEL - VALUE)

    parts = [_open(width, ROW * len(found) + 4, "bars")]
    for index, bar in enumerate(found):
        top = index * ROW + 2
        title = f"{bar.label}: {number(bar.value)}{unit}"
        if bar.kept is not None:
            title += f"; kept run: {number(bar.kept)}{unit}"
        if bar.note:
            title += f". {bar.note}"
        parts.append(Markup("<g><title>{}</title>").format(title))
        parts.append(_text(LABEL - 10, top + 14, _fitted(bar.label), "label", "end"))
        drawn = length(bar.value)
        if drawn > 0:
            tone = bar.tone or "bar"
            parts.append(_rect(LABEL, top + 4, max(drawn, 1), 12 if bar.kept is None else 9, tone))
        if bar.kept is not None and bar.kept > 0:
            parts.append(_rect(LABEL, top + 15, max(length(bar.kept), 1), 2.5, "kept"))
        parts.append(_text(LABEL + drawn + 7, top + 14, number(bar.value) + unit, "value", "start"))
        parts.append(Markup("</g>"))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def divided(rows: Iterable[tuple[str, Sequence[tuple[str, float]]]]) -> Markup:
    """Bars of equal length divided in parts, such as covered, explained and missing lines.

    Args:
        rows: a label, and for each part its tone and size.
    """
    found = list(rows)
    parts = [_open(WIDTH, ROW * len(found) + 4, "bars")]
    for index, (label, sizes) in enumerate(found):
        top, left = index * ROW + 2, float(LABEL)
        total = sum(size for _, size in sizes) or 1
        told = ", ".join(f"{number(size)} {tone}" for tone, size in sizes if size)
        parts.append(Markup("<g><title>{}</title>").format(f"{label}: {told}"))
        parts.append(_text(LABEL - 10, top + 14, _fitted(label), "label", "end"))
        for tone, size in sizes:
            if size:
                wide = size / total * (WIDTH - LABEL - VALUE)
                parts.append(_rect(left, top + 4, wide, 12, tone))
                left += wide
        share = (sizes[0][1] / total) if sizes else 0
        parts.append(_text(WIDTH - VALUE + 8, top + 14, percent(share), "value", "start"))
        parts.append(Markup("</g>"))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def lines(
    series: Iterable[Line],
    *,
    across: str = "",
    up: str = "",
    logarithmic: bool = False,
    width: int = WIDTH,
    height: int = 300,
) -> Markup:
    """Lines over x, with a grid, their names at the right end."""
    found = [line for line in series if line.points]
    if not found:
        return Markup("")
    left, right, top, bottom = 64, 150 if len(found) > 1 else 24, 26, 40
    xs = [x for line in found for x, _ in line.points]
    ys = [y for line in found for _, y in line.points]
    low_x, high_x = min(xs), max(xs) or 1
    if logarithmic:
        positive = [y for y in ys if y > 0] or [1]
        low_y, high_y = 10 ** math.floor(math.log10(min(positive))), max(positive)
        high_y = max(high_y, low_y * 1.01)
    else:
        ticks = _ticks(min(0, *ys), max(ys))
        low_y, high_y = ticks[0], ticks[-1]

    def at_x(x: float) -> float:
        return left + (x - low_x) / ((high_x - low_x) or 1) * (width - left - right)

    def at_y(y: float) -> float:
        if logarithmic:
            y = max(y, low_y)
            share = math.log(y / low_y) / math.log(high_y / low_y)
        else:
            share = (y - low_y) / ((high_y - low_y) or 1)
        return height - bottom - share * (height - top - bottom)

    marks = _powers(low_y, high_y) if logarithmic else _ticks(low_y, high_y)
    parts = [_open(width, height, "lines")]
    for mark in marks:
        parts.append(_rule(left, at_y(mark), width - right, at_y(mark)))
        parts.append(_text(left - 8, at_y(mark) + 4, number(mark), "tick", "end"))
    for mark in _ticks(low_x, high_x):
        if low_x <= mark <= high_x:
            parts.append(_text(at_x(mark), height - bottom + 18, number(mark), "tick", "middle"))
    parts.append(_text(left, 14, up, "axis", "start"))
    parts.append(_text((left + width - right) / 2, height - 6, across, "axis", "middle"))
    ends = _apart([at_y(line.points[-1][1]) for line in found], top, height - bottom)
    for place, (line, end) in enumerate(zip(found, ends, strict=True)):
        tone = SERIES[place % len(SERIES)]
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in _thinned(line.points))
        drawn = Markup('<polyline class="{}" points="{}"><title>{}</title></polyline>')
        parts.append(drawn.format(tone, path, line.label))
        if len(found) > 1:
            parts.append(
                _text(width - right + 8, end + 4, _fitted(line.label, right - 10), f"t{tone}", "start")
            )
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def ring(share: float, label: str, tone: str = "good") -> Markup:
    """A share as a ring with its figure inside."""
    radius = 34.0
    around = 2 * math.pi * radius
    return Markup(
        '<svg class="ring" viewBox="0 0 88 88" role="img" aria-label="{label}"><title>{label}</title>'
        '<circle class="track" cx="44" cy="44" r="{radius}"/>'
        '<circle class="{tone}" cx="44" cy="44" r="{radius}" stroke-dasharray="{drawn:.2f} {around:.2f}" '
        'transform="rotate(-90 44 44)"/><text x="44" y="49" text-anchor="middle">{figure}</text></svg>'
    ).format(
        label=label,
        radius=radius,
        tone=tone,
        drawn=around * min(max(share, 0), 1),
        around=around,
        figure=percent(share),
    )


def number(value: float) -> str:
    """A figure as read: thousands apart, few digits after the point."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share in per cent; only what is whole is called 100 %."""
    if share >= 1:
        return "100 %"
    return f"{min(share * 100, 99.99):.1f} %" if share < 0.9995 else "99.9 %"


def _open(width: float, height: float, kind: str) -> Markup:
    return Markup('<svg class="plot {}" viewBox="0 0 {} {}" role="img">').format(
        kind, f"{width:g}", f"{height:g}"
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        kind, f"{x:.1f}", f"{y:.1f}", anchor, escape(text)
    )


def _rect(x: float, y: float, width: float, height: float, tone: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>').format(
        tone, f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{height:g}"
    )


def _rule(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        *(f"{value:.1f}" for value in (x1, y1, x2, y2))
    )


def _fitted(label: str, room: float = LABEL - 14) -> str:
    """A label cut to the room it has."""
    most = int(room / CHARACTER)
    return label if len(label) <= most else label[: most - 1] + "…"


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers that span a range, about five."""
    span = (high - low) or abs(high) or 1
    rough = span / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 10) for index in range(first, last + 1)]


def _powers(low: float, high: float) -> list[float]:
    """The powers of ten in a range, with halves if there are few."""
    found = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    if len(found) <= 3:
        found = sorted({*found, *(3 * one for one in found)})
    return [one for one in found if low <= one <= high]


def _apart(places: Sequence[float], top: float, bottom: float) -> list[float]:
    """Places of labels, moved so that none covers another."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    last = top - 15.0
    for index in order:
        moved[index] = last = max(places[index], last + 15)
    over = last - bottom
    if over > 0:
        moved = [place - over for place in moved]
    return moved


def _thinned(points: Sequence[tuple[float, float]], most: int = 900) -> Sequence[tuple[float, float]]:
    """No more points than can be seen."""
    step = max(1, math.ceil(len(points) / most))
    thin = list(points[::step])
    return thin if thin[-1] == points[-1] else [*thin, points[-1]]
