"""The board on which a test run writes whose turn it is, for every process that records a chain."""

from __future__ import annotations

import json
import mmap
import os
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "ZKPOOL_RECORDING"
"""Names the folder of the recording that is being made; nothing is recorded without it."""
BUILD_VARIABLE: Final = "ZKPOOL_ARTIFACTS"
"""Names the build of rewritten contracts that is run in place of the project's."""
NOBODY: Final = 0
"""Label of steps between tests."""


class Board:
    """A number shared through a file: the label of the steps that are done now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "label"
        if not path.exists():
            path.write_bytes(bytes(8))
        self._file = os.open(path, os.O_RDWR)
        self._map = mmap.mmap(self._file, 8)

    @property
    def label(self) -> int:
        """Whose steps these are."""
        return int.from_bytes(self._map[:8], "little")

    @label.setter
    def label(self, label: int) -> None:
        self._map[:8] = label.to_bytes(8, "little")


def write_labels(folder: Path, labels: list[dict[str, object]]) -> None:
    """Writes down what the labels stand for."""
    (folder / "labels.json").write_text(json.dumps(labels, indent=0) + "\n")


def folder_here() -> Path | None:
    """The folder that this process records into; ``None`` if nothing is recorded."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None
