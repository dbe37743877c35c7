"""How much memory there is, and how much of it a process holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

CAN_WATCH: Final = sys.platform == "linux"
"""Whether :func:`held_bytes` can tell private memory from mapped files here."""
_HELD: Final = (b"RssAnon:", b"RssShmem:")
_KIB: Final = 1024


def machine_bytes() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def held_bytes(pid: int) -> int:
    """Memory a process holds beside mapped files; 0 if it is gone, or where nobody tells.

    Pages of a mapped key belong to the machine's cache: every worker that maps it shows them, and they go
    when memory is short. So they are counted in the budget of keys, once, and not here.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(_HELD)) * _KIB
