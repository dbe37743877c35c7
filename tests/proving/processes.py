"""Looking at processes, and waiting for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

PATIENCE: Final = 90.0


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Waits for something that must come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def runs(pid: int) -> bool:
    """Whether a process is there and not a corpse."""
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False
