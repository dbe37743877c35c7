"""The board on which a test run writes whose turn it is, for every process that records a chain."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "ZKPOOL_RECORDING"
"""Names the folder of the recording that is being made; nothing is recorded without it."""
BUILD_VARIABLE: Final = "ZKPOOL_ARTIFACTS"
"""Names the build of rewritten contracts that is run in place of the project's."""
ACTIVE_VARIABLE: Final = "ZKPOOL_ACTIVE"
"""Names a file of eight bytes with the place of the active mutant, for every process that has a chain."""
NOBODY: Final = 0
"""Label of steps between tests."""


class Shared:
    """A number shared through a file of eight bytes."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        self._file = os.open(path, os.O_RDWR)
        self._map = mmap.mmap(self._file, 8)

    @property
    def number(self) -> int:
        """As it is now."""
        return int.from_bytes(self._map[:8], "little")

    @number.setter
    def number(self, number: int) -> None:
        self._map[:8] = number.to_bytes(8, "little")


class Board:
    """The label of the steps that are done now, shared through a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._shared = Shared(folder / "label")

    @property
    def label(self) -> int:
        """Whose steps these are."""
        return self._shared.number

    @label.setter
    def label(self, label: int) -> None:
        self._shared.number = label


def active_here() -> Shared | None:
    """Where this process finds the place of the active mutant; ``None`` if there are no mutants."""
    named = os.environ.get(ACTIVE_VARIABLE)
    return Shared(Path(named)) if named else None


def write_labels(folder: Path, labels: Sequence[Mapping[str, object]]) -> None:
    """Writes down what the labels stand for."""
    (folder / "labels.json").write_text(json.dumps(labels, indent=0) + "\n")


def folder_here() -> Path | None:
    """The folder that this process records into; ``None`` if nothing is recorded."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None
