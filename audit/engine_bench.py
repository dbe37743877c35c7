"""How fast the engines are: ``python -m audit.engine_bench``, the same recorded lives on each.

Lives of the market's machine are lived in lock-step and recorded: their calls, and what each must do. Then
every engine runs just these calls. CPU seconds are those of this process and of all it started, so that other
work on the machine counts little. The table is the one in docs/BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.history import worlds_of
from tests.stateful.lockstep import STEPS
from tests.stateful.machine import MarketMachine
from tests.support.ape_chain import ApeChain
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import GAS_LIMIT, Call, Chain, Expectation, Mismatch, compiled
from tests.support.rpc_chain import AnvilChain

ACCOUNTS: Final = 60
STEPS_OF_A_LIFE: Final = 40
ENGINES: Final = ("revm in process", "anvil", "anvil through ape")


@dataclass(frozen=True, slots=True)
class Life:
    """What one life asks of a chain, and what must come of it."""

    calls: Sequence[Call]
    expected: Sequence[Expectation | None]
    watched: Collection[bytes] | None


class Recorder(EvmChain):
    """A chain in this process that remembers the lives it checked."""

    def __init__(self, *, account_count: int) -> None:
        super().__init__(account_count=account_count)
        self.lives: list[Life] = []

    def replay(
        self,
        calls: Sequence[Call],
        expected: Sequence[Expectation | None],
        watched: Collection[bytes] | None = None,
        gas: int = GAS_LIMIT,
    ) -> Mismatch | None:
        """Checks as any chain does."""
        self.lives.append(Life(calls, expected, watched))
        return super().replay(calls, expected, watched, gas)


@dataclass(frozen=True, slots=True)
class Row:
    """What was run where, and what it took."""

    what: str
    acts: int
    calls: int
    cpu_seconds: float
    wall_seconds: float

    def __str__(self) -> str:
        rates = (f"{count / self.cpu_seconds:,.0f}" for count in (self.acts, self.calls))
        return f"| {self.what} | {' | '.join(rates)} | {self.wall_seconds:.1f} |"


def measured(what: str, acts: int, calls: int, run: Callable[[], object]) -> Row:
    """The row of one run."""
    cpu, wall = cpu_seconds(), time.monotonic()
    run()
    return Row(what, acts, calls, cpu_seconds() - cpu, time.monotonic() - wall)


def cpu_seconds() -> float:
    """CPU time of this process and of everything below it that still runs."""
    ticks, below = 0, {os.getpid()}
    fields_of: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields_of[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
    while grown := {pid for pid, stat in fields_of.items() if int(stat[1]) in below} - below:
        below |= grown
    for pid in below & fields_of.keys():
        ticks += int(fields_of[pid][11]) + int(fields_of[pid][12])
    return ticks / os.sysconf("SC_CLK_TCK")


def live(count: int) -> None:
    """Lives so many lives in the worlds that the machine has."""
    chosen = settings(
        max_examples=count,
        stateful_step_count=STEPS_OF_A_LIFE,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(MarketMachine, settings=chosen)


def lived(engine: str, chain: Chain, count: int) -> Row:
    """Lock-step as the tests have it: made on the model, held against the laws, checked on the chain."""
    MarketMachine.worlds = tuple(worlds_of(lambda: chain, compiled()))
    STEPS.clear()
    row = measured(f"lock-step on {engine}", 0, 0, lambda: live(count))
    return replace(row, acts=STEPS["acts"], calls=STEPS["comparisons"])


def asked(engine: str, chain: Chain, lives: Sequence[Life], acts: int) -> Iterator[Row]:
    """The recorded calls alone: checked by the engine, and with every result fetched."""
    calls = sum(len(life.calls) for life in lives)

    def check() -> None:
        for life in lives:
            if found := chain.replay(life.calls, life.expected, life.watched):
                raise RuntimeError(f"{engine} does something else: {found}")

    def fetch() -> None:
        for life in lives:
            chain.simulate(life.calls)

    yield measured(f"the same calls alone on {engine}, checked", acts, calls, check)
    yield measured(f"the same calls alone on {engine}, results fetched", acts, calls, fetch)


def rows(count: int) -> Iterator[Row]:
    """Every engine's rows."""
    with Recorder(account_count=ACCOUNTS) as recorder:
        yield (first := lived(ENGINES[0], recorder, count))
        lives = tuple(recorder.lives)
        yield from asked(ENGINES[0], recorder, lives, first.acts)
    for engine, make in zip(ENGINES[1:], (AnvilChain, ApeChain), strict=True):
        with make(account_count=ACCOUNTS) as chain:
            yield lived(engine, chain, count)
            yield from asked(engine, chain, lives, first.acts)


def main() -> None:
    """Parses the command line, measures, prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lives", type=int, default=60, help="how many are lived on each engine")
    count = parser.parse_args().lives
    print("| what | acts a CPU second | calls a CPU second | seconds |\n|---|---|---|---|")
    for row in rows(count):
        print(row, flush=True)
    print(f"{count} lives: {row.acts:,} acts, {row.calls:,} calls")


if __name__ == "__main__":
    main()
