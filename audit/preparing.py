"""What parts compile before they can begin, kept for the next time: ``python -m audit prepare``."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Final

from audit import environment, parts
from audit.result import Options, Profile


def prepare(names: Sequence[str], options: Options) -> None:
    """Prepares parts, one after the other, and says how long each has taken.

    Raises:
        ToolMissing: the audit's own environment cannot be made.
    """
    environment.python()
    for name in names:
        prepared = PREPARED.get(name)
        if prepared is None:
            continue
        started = time.monotonic()
        prepared(options)
        seconds = time.monotonic() - started
        if seconds > 2:
            print(f"{parts.by_name(name).title.lower()} prepared, {seconds:.0f} s", flush=True)


def _coverage(_: Options) -> None:
    """The contracts with probes."""
    from audit.coverage.build import probed
    from audit.solidity.server import Compiler

    with Compiler() as compiler:
        probed(compiler)


def _mutation(options: Options) -> None:
    """The contracts with mutants: of the file that a quick run draws, or of all."""
    from audit.mutation.artifacts import mutated
    from audit.mutation.part import QUICK_SOURCES
    from audit.mutation.schemata import schemata
    from audit.solidity.server import Compiler
    from audit.solidity.sources import is_deployed

    drawn = random.Random(options.seed).choice(QUICK_SOURCES)
    wanted = drawn.__eq__ if options.profile is Profile.QUICK else is_deployed
    with Compiler() as compiler:
        mutated(compiler, schemata(compiler, wanted), lambda line: print(f"  {line}", flush=True))


def _fuzz(_: Options) -> None:
    """The prover core's parsers with libFuzzer; without a C++ compiler the part says what it lacks."""
    from tools import fuzz

    if shutil.which("c++"):
        fuzz.build()


def _symbolic(_: Options) -> None:
    """The laws of the libraries."""
    from audit import symbolic

    symbolic.prepare()


PREPARED: Final[dict[str, Callable[[Options], None]]] = {
    "coverage": _coverage,
    "mutation": _mutation,
    "fuzz": _fuzz,
    "symbolic": _symbolic,
}
"""By part. Each imports what it needs itself: they are heavy, and one alone may be wanted."""
