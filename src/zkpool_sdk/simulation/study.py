"""A question put to the mechanism, and its answer: figures, panels of a plot, and what makes it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from zkpool_sdk.simulation.chart import Panel, draw

Figures = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is simulated: 1.0 makes the plots of docs/MECHANISM.md, less is quicker and rougher."""

    part: float = 1.0

    def rounds(self, full: int, least: int = 50) -> int:
        """So many rounds."""
        return max(least, round(full * self.part))

    def some(self, full: Sequence[T], few: Sequence[T]) -> Sequence[T]:
        """All that is looked at, or a few of them where it should be quick."""
        return full if self.part >= 0.2 else few


@dataclass(frozen=True, slots=True)
class Study:
    """An answer.

    Attributes:
        question: its name on the command line.
        title: what the plot shows.
        figures: numbers that a text may quote, by name.
        bid_count: bids simulated.
    """

    question: str
    title: str
    seed: int
    figures: Figures
    panels: Sequence[Panel]
    bid_count: int

    def svg(self) -> str:
        """The plot."""
        return draw(self.panels, self.title)

    def to_json(self) -> dict[str, Any]:
        """Figures and series, plain."""
        return {
            "question": self.question,
            "title": self.title,
            "seed": self.seed,
            "bids": self.bid_count,
            "figures": dict(self.figures),
            "panels": [panel.to_json() for panel in self.panels],
        }

    def write(self, folder: Path, with_numbers: bool = False) -> list[Path]:
        """Writes ``simulation-<question>.svg``, and ``.json`` beside it if wanted; returns the paths."""
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"simulation-{self.question}.svg"
        picture.write_text(self.svg(), encoding="utf-8")
        if not with_numbers:
            return [picture]
        numbers = picture.with_suffix(".json")
        numbers.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        return [picture, numbers]
