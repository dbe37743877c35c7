"""Runs the audit: ``python -m audit [PART ...] --profile quick|ci|deep [--seed N] [--hours H]``.

One part runs in this process. Several (all, if none is named) run as processes of their own in two lanes, and
the report is written at the end. ``python -m audit prepare`` compiles what parts need, ``report`` writes the
report again, ``keep`` copies the figures of the last long run to ``audit/kept``, which is committed.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from typing import NoReturn

from audit import lanes, parts, preparing
from audit.result import Options, Profile, ToolMissing

REPEATED_SEED = 1
"""``quick`` does the same each time, unless told; the longer profiles draw a seed and print it."""


def main() -> int:
    """Parses the command line and runs what it names. Returns the exit status."""
    arguments = _parser().parse_args()
    unknown = set(arguments.part) - set(parts.NAMES) - {"report", "keep", "prepare"}
    if unknown:
        print(
            f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts.NAMES)}", file=sys.stderr
        )
        return 2
    if arguments.part == ["keep"]:
        return parts.keep()
    if arguments.part == ["report"]:
        return parts.report()
    profile = Profile(arguments.profile)
    seed = arguments.seed
    if seed is None:
        seed = REPEATED_SEED if profile is Profile.QUICK else secrets.randbelow(1 << 32)
    options = Options(profile, seed, arguments.hours, arguments.workers)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        if "prepare" in arguments.part:
            preparing.prepare([name for name in arguments.part if name != "prepare"] or parts.NAMES, options)
            return 0
        if len(arguments.part) == 1:
            return parts.run_here(arguments.part[0], options)
        return lanes.run(arguments.part or list(parts.NAMES), options, arguments.lanes)
    except ToolMissing as missing:
        print(f"not run: {missing}", file=sys.stderr)
        return parts.NOT_RUN
    except KeyboardInterrupt:
        return 130


def _interrupt(*_: object) -> NoReturn:
    """Ends as Ctrl-C does, so that nothing stays behind; also where a shell has switched Ctrl-C off."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"{', '.join(parts.NAMES)}; or prepare, report, keep")
    parser.add_argument("--profile", choices=[str(profile) for profile in Profile], default="quick")
    parser.add_argument("--seed", type=int, help="of every choice; quick takes 1, the others draw one")
    parser.add_argument("--hours", type=float, default=1.0, help="of the search under deep (default 1)")
    parser.add_argument("--lanes", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--workers", type=int, default=1, help="processes inside a part (default 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
