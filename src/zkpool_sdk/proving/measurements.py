"""What proofs cost on this machine, measured; kept in a file, if one is named, so that a restart knows it."""

from __future__ import annotations

import json
import os
import platform
import threading
import warnings
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from zkpool_sdk import _native
from zkpool_sdk.proving.circuit import Circuit
from zkpool_sdk.proving.jobs import ProofResult
from zkpool_sdk.proving.system import MEASUREMENTS_KEPT, Estimate
from zkpool_sdk.proving.wire import parse

MAX_BRACKETS: Final = 10_000
"""Of a file: room for six hundred circuits."""
_CPU_FILE: Final = Path("/proc/cpuinfo")
_Measured = tuple[float, float, int]
"""Seconds of the witness, seconds of the proof, bytes at most."""


@dataclass(slots=True)
class _Record:
    name: str
    key_bytes: int = 0
    proofs: deque[_Measured] = field(default_factory=lambda: deque(maxlen=MEASUREMENTS_KEPT))


class Measurements:
    """The last proofs of each circuit. Threads may share it; of processes with one file the last one wins.

    Args:
        path: a JSON file; ``None`` keeps the measurements in memory only. What it holds of another machine,
            core or executor is left aside, and replaced at the first proof.
        executor: description of what makes the proofs.
    """

    def __init__(self, path: str | os.PathLike[str] | None, executor: str) -> None:
        self.path: Final = None if path is None else Path(path)
        self.machine: Final = f"{_cpu()}, core {_native.__version__} ({_native.backend()}), {executor}"
        self._lock = threading.Lock()
        self._records = self._read()

    def add(self, circuit: Circuit, result: ProofResult) -> None:
        """Keeps what a proof cost.

        Warns:
            RuntimeWarning: the file cannot be written; the measurement is kept in memory.
        """
        with self._lock:
            record = self._records.setdefault(circuit.key_sha256, _Record(circuit.name))
            record.key_bytes = result.key_bytes
            record.proofs.append((result.witness_seconds, result.prove_seconds, result.peak_bytes))
            self._write()

    def forget(self, circuit: Circuit) -> None:
        """Drops what is known of a circuit."""
        with self._lock:
            self._records.pop(circuit.key_sha256, None)

    def estimate(self, circuit: Circuit) -> Estimate | None:
        """Medians of the circuit's last proofs; ``None`` if there are none."""
        with self._lock:
            record = self._records.get(circuit.key_sha256)
            if record is None or not record.proofs:
                return None
            witness, prove, peak = zip(*record.proofs, strict=True)
            return Estimate(
                witness_seconds=median(witness),
                prove_seconds=median(prove),
                memory_bytes=record.key_bytes,
                measurement_count=len(record.proofs),
                job_memory_bytes=max(peak),
            )

    def _read(self) -> dict[str, _Record]:
        """What the file says of this machine; nothing if it is not one of ours, for it can be made again."""
        found: dict[str, _Record] = {}
        if self.path is None:
            return found
        nonsense = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
        with suppress(OSError, *nonsense):
            content = parse(self.path.read_bytes(), MAX_BRACKETS)
            if content["machine"] == self.machine:
                for key, entry in content["circuits"].items():
                    record = _Record(str(entry["name"]), int(entry["key_bytes"]))
                    record.proofs.extend((float(w), float(p), int(m)) for w, p, m in entry["proofs"])
                    found[key] = record
        return found

    def _write(self) -> None:
        if self.path is None:
            return
        circuits: dict[str, Any] = {
            key: {"name": record.name, "key_bytes": record.key_bytes, "proofs": list(record.proofs)}
            for key, record in self._records.items()
        }
        half_written = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            content = {"machine": self.machine, "circuits": circuits}
            half_written.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            half_written.replace(self.path)
        except OSError as error:
            warnings.warn(f"measurements are not kept: {error}", RuntimeWarning, stacklevel=4)


def _cpu() -> str:
    """Model of the processor, as far as the system tells."""
    with suppress(OSError):
        for line in _CPU_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
