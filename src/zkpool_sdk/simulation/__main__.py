"""Answers a question about the mechanism with a plot: ``python -m zkpool_sdk.simulation QUESTION``.

Writes ``simulation-QUESTION.svg``, and with ``--json`` the numbers behind it. The same seed gives the same
files, byte for byte.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from zkpool_sdk.simulation.questions import QUESTIONS
from zkpool_sdk.simulation.study import Scale


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and answers."""
    parser = argparse.ArgumentParser(
        prog="python -m zkpool_sdk.simulation", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("question", choices=[*QUESTIONS, "all"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the files (default docs)")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="part of the rounds to play (default 1, as in docs/MECHANISM.md)",
    )
    parser.add_argument("--json", action="store_true", help="write the numbers as well")
    chosen = parser.parse_args(arguments)
    for name in QUESTIONS if chosen.question == "all" else [chosen.question]:
        started = time.process_time()
        answer = QUESTIONS[name](chosen.seed, Scale(chosen.scale))
        seconds = time.process_time() - started
        written = ", ".join(str(path) for path in answer.write(chosen.out, chosen.json))
        print(f"{name}: {answer.bid_count:,} bids in {seconds:.1f} CPU seconds; wrote {written}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
