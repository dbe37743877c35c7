"""How long the search goes on, on which engines, and where it keeps what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.result import BUILD, Options

FOLDER: Final = BUILD / "stateful"
"""Counts of each worker, its output, and the artefacts all of them run."""
EXAMPLES: Final = BUILD / "examples"
"""Lives that went wrong, by hypothesis; they are lived first in every later search."""
SHIFT_SECONDS: Final = 900
"""A worker ends after so long, and another takes its place: what it remembers goes with it."""
MEMORY_MIB: Final = 2_500
"""A worker that holds more ends its shift early."""
ANVIL_SHARE: Final = 0.15
"""Of the time; the rest is lived in this process."""
SECONDS: Final = (105.0, 480.0)
"""Under quick and ci; deep takes the hours it is given."""
STEP_COUNTS: Final = (40, 60, 80)
"""Rules in a life, by profile."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What one worker does.

    Attributes:
        number: of the shift, from 0; names its files. seed: of its choices.
        thorough: whether it also lives the lives that are planned, and those that once went wrong.
    """

    number: int
    engine: str
    seed: int
    seconds: float
    step_count: int
    thorough: bool

    @property
    def counts(self) -> Path:
        """Where it writes what it has done."""
        return FOLDER / f"shift_{self.number:04d}.json"

    @property
    def log(self) -> Path:
        """What it says."""
        return FOLDER / f"shift_{self.number:04d}.log"


def seconds_of(options: Options) -> float:
    """How long the search takes."""
    return options.choose(*SECONDS, options.hours * 3_600)


def step_count_of(options: Options) -> int:
    """Rules in a life."""
    return options.choose(*STEP_COUNTS)


def shift_of(number: int, options: Options, left: float) -> Shift:
    """The next shift of a worker: the first on anvil for its share of the time, the others in process."""
    total = seconds_of(options)
    on_anvil = number == 0
    seconds = min(total * ANVIL_SHARE, SHIFT_SECONDS) if on_anvil else min(left, SHIFT_SECONDS)
    return Shift(
        number,
        "anvil" if on_anvil else "evm",
        (options.seed * 1_000_003 + number) % 2**32,
        min(seconds, left),
        step_count_of(options),
        thorough=number <= 1,
    )
