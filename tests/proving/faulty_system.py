"""Groth16 that misbehaves on demand: the seed of a job says how. Workers import it by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from zkpool_sdk.proving import Circuit, Groth16, Progress, Proof

SECRET: Final = "the witness, word by word"
HELD: Final[list[bytearray]] = []


class FaultySystem(Groth16):
    """Does what ``seed`` says, ``verb`` or ``verb:argument``, before it proves; else it is Groth16."""

    def prove(
        self,
        circuit: Circuit,
        witness: bytes,
        *,
        threads: int = 0,
        seed: bytes | None = None,
        on_progress: Progress | None = None,
    ) -> Proof:
        verb, _, argument = (seed or b"").decode().partition(":")
        if on_progress is not None:
            on_progress("begun", 0.0)
        if verb == "work":
            for _ in range(600):
                time.sleep(0.05)
                if on_progress is not None:
                    on_progress("working", 0.5)
        elif verb == "hang":
            time.sleep(60)
        elif verb == "nap":
            time.sleep(float(argument))
        elif verb == "hold":
            HELD.append(bytearray(int(argument)))
            time.sleep(60)
        elif verb == "die" or (verb == "die-once" and not Path(argument).exists()):
            if argument:
                Path(argument).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        elif verb == "exit":
            os._exit(int(argument))
        elif verb == "raise":
            raise RuntimeError(SECRET)
        elif verb == "babble":
            os.write(int(sys.argv[1]), bytes.fromhex(argument))
            time.sleep(60)
        elif verb == "lie":
            made = super().prove(circuit, witness, threads=threads)
            signals = [*made.signals]
            signals[int(argument)] ^= 1
            return replace(made, signals=tuple(signals))
        elif verb == "threads":
            raise OSError(f"threads {threads}")
        return super().prove(circuit, witness, threads=threads, on_progress=on_progress)


class Babbler(FaultySystem):
    """Says what the name of its first circuit says, in hex, and does nothing more."""

    def load(self, circuit: Circuit, *, threads: int = 0) -> None:
        os.write(int(sys.argv[1]), bytes.fromhex(circuit.name))
        time.sleep(60)
