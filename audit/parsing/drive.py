"""Fuzzes one parser of the SDK in a process of its own.

python -m audit.parsing.drive PARSER SECONDS SEED FOLDER prints ``inputs N`` at the end; an input for which
the parser breaks a promise is written to FOLDER/findings and ends the process with status 1. With atheris (of
the audit's environment, found by the variable ZKPOOL_ATHERIS) coverage guides the search, else the seeds are
just varied.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

ATHERIS: Final = "ZKPOOL_ATHERIS"
MAX_BYTES: Final = 4096
MEMORY_MB: Final = 2048
INPUT_SECONDS: Final = 10
WORDS: Final = (
    "NaN",
    "Infinity",
    "null",
    "true",
    "1e999",
    "-1",
    "{}",
    "[]",
    "[[",
    "0x",
    "\\\\ud800",
    "\\xff\\xfe",
)
"""What parsers of JSON and of text stumble over."""


def main() -> int:
    """Fuzzes until the time is up or something is found."""
    name, seconds, seed, folder = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    corpus, findings = folder / "corpus" / name, folder / "findings" / name
    for place in (corpus, findings):
        place.mkdir(parents=True, exist_ok=True)
    packages = os.environ.get(ATHERIS)
    if packages:
        sys.path.append(packages)
        import atheris

        with atheris.instrument_imports(include=["zkpool_sdk", "audit.parsing.parsers"]):
            from audit.parsing.parsers import by_name
    else:
        from audit.parsing.parsers import by_name
    parser = by_name(name)
    for number, content in enumerate(parser.seeds()):
        (corpus / f"seed-{number}").write_bytes(content)
    words = folder / "words.dict"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    if not packages:
        return vary(parser.run, parser.seeds(), seconds, seed, findings)
    started, count = time.monotonic(), 0

    def one_input(data: bytes) -> None:
        nonlocal count
        count += 1
        if time.monotonic() - started > seconds:
            print(f"inputs {count}", flush=True)
            os._exit(0)
        check(parser.run, data, findings, count)

    options = [
        f"-seed={seed % 2**31 or 1}",
        f"-max_len={MAX_BYTES}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={INPUT_SECONDS}",
        f"-artifact_prefix={findings}/",
        "-verbosity=0",
        f"-dict={words}",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one_input)
    atheris.Fuzz()
    return 0


def check(run: Callable[[bytes], None], data: bytes, findings: Path, count: int) -> None:
    """Runs one input; what breaks a promise is kept, and ends the process."""
    try:
        run(data)
    except BaseException:
        path = findings / f"{hash(data) & (2**63 - 1):016x}"
        path.write_bytes(data)
        traceback.print_exc()
        print(f"found {path}\ninputs {count}", flush=True)
        os._exit(1)


def vary(run: Callable[[bytes], None], seeds: list[bytes], seconds: float, seed: int, findings: Path) -> int:
    """The seeds with bytes changed, cut, repeated and joined, for a time."""
    rng = random.Random(seed)
    started, count = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data) + 1)
            size = rng.choice((1, 1, 2, 8, 32))
            kind = rng.randrange(4)
            if kind == 0:
                data[at : at + size] = rng.randbytes(size)
            elif kind == 1:
                del data[at : at + size]
            elif kind == 2:
                data[at:at] = data[at : at + size] * rng.randrange(1, 9)
            else:
                other = rng.choice(seeds)
                data[at:] = other[rng.randrange(len(other) + 1) :]
        count += 1
        check(run, bytes(data[:MAX_BYTES]), findings, count)
    print(f"inputs {count}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
