"""Proves with ZKPool's own prover, as another process would.

prove_zkpool.py prove KEY WITNESS  load the key, then answer each line of standard input

After loading and after each line, ``prove`` or ``verify``, one line of JSON is printed.
"""

from __future__ import annotations

import json
import sys
import time

from zkpool_sdk import _native


def main() -> None:
    """Loads the key, then answers."""
    _, path, witness = sys.argv[1:]
    key = _native.load_key(path)
    report()
    proof = None
    for line in sys.stdin:
        if line.strip() == "prove":
            proof = _native.prove(key, witness)
        elif proof is None or not _native.verify(key, proof.public_signals, proof):
            raise SystemExit("the proof does not hold")
        report()


def report() -> None:
    """Prints the CPU seconds of this process so far."""
    print(json.dumps({"cpu_s": time.process_time()}), flush=True)


if __name__ == "__main__":
    main()
