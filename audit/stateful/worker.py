"""One worker of the search: lives as many lives as its shift has time for, and counts.

``python -m audit.stateful.worker SHIFT``, the shift as JSON; started by ``audit.stateful``. It ends with 0
when its time is over, with 1 when a life went wrong: then the counterexample is written, its story printed.
"""

from __future__ import annotations

import io
import json
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict
from functools import wraps
from typing import Any, Final, NoReturn, Self

import hypothesis
import hypothesis.core
from hypothesis import Phase, Verbosity, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from audit.counterexample.laws import named
from audit.counterexample.naming import Names
from audit.counterexample.stage import Stage, watched
from audit.counterexample.story import explain, publish
from audit.stateful import artifacts
from audit.stateful.counts import Counts
from audit.stateful.plan import EXAMPLES, MEMORY_MIB, Shift
from tests.stateful import lockstep
from tests.stateful.gains import GAINS
from tests.stateful.history import worlds_of
from tests.stateful.lockstep import Divergence, Lockstep
from tests.stateful.machine import MarketMachine
from tests.stateful.tour import tour
from tests.stateful.world import World
from tests.support import profiles  # noqa: F401  (sets hypothesis up)
from tests.support.rawchain import Artifacts, Chain

LIVES: Final = 8
"""In one run of the machine: then the clock is looked at."""
ACCOUNTS: Final = 60
WRITE_SECONDS: Final = 5
LEAST_SECONDS: Final = 5
STOPPED: Final[list[bool]] = []
"""Not empty once the worker was told to end."""


class Worker:
    """Lives and counts."""

    def __init__(self, shift: Shift, built: Artifacts | None = None) -> None:
        self.shift = shift
        self.counts = Counts(engine=shift.engine, seed=shift.seed)
        self._artifacts = built
        self._began = self._started = time.monotonic()
        self._cpu = _cpu_seconds()
        self._written = 0.0
        self._opened = ExitStack()
        self.worlds: list[World] = []
        self.stages: list[Stage] = []

    def work(self) -> int:
        """Lives until the shift is over. Returns the exit status."""
        with self._opened:
            self.build()
            signal.signal(signal.SIGTERM, _interrupted)  # ape has put its own there, which exits at once
            _count(self.counts, self._next_life)
            self._started, self._cpu = time.monotonic(), _cpu_seconds()
            for counter in (lockstep.FIRED, lockstep.REFUSED, lockstep.STEPS, lockstep.SAID):
                counter.clear()
            GAINS.clear()
            try:
                if self.shift.thorough:
                    for world in self.worlds[2:]:
                        tour(world)
                self._search()
            except Divergence as found:
                self._fail(self._story_of(found))
            except KeyboardInterrupt:
                pass
            except Exception as error:
                if not STOPPED:  # hypothesis takes an interruption for a life that went otherwise
                    self._fail(self._story_without_divergence(error))
            self.counts.finished = True
            self.save(force=True)
        return 1 if self.counts.failure else 0

    @contextmanager
    def ready(self) -> Iterator[Self]:
        """The worker with its worlds built, counting lives, for somebody else to work with."""
        with self._opened:
            self.build()
            _count(self.counts, self._begin_life)
            yield self

    def seed(self, run: int) -> None:
        """Sets the seed of the next run."""
        vars(hypothesis.core)["global_force_seed"] = self.shift.seed + run

    def _begin_life(self) -> None:
        self.counts.lives += 1

    def build(self) -> None:
        """Builds the worlds, each on a chain of its own, so that a counterexample needs no other."""
        built = self._artifacts or artifacts.kept()

        def new_chain() -> Chain:
            chain = self._opened.enter_context(engine(self.shift.engine))
            self.stages.append(watched(chain))
            return chain

        self.worlds.extend(worlds_of(new_chain, built))
        MarketMachine.worlds = tuple(self.worlds)

    def save(self, *, force: bool = False) -> None:
        """Writes the counts, now and then."""
        now = time.monotonic()
        if not force and now < self._written + WRITE_SECONDS:
            return
        counts = self.counts
        counts.acts, counts.comparisons = lockstep.STEPS["acts"], lockstep.STEPS["comparisons"]
        counts.verbs, counts.refusals, counts.events = lockstep.FIRED, lockstep.REFUSED, lockstep.SAID
        counts.gains = _gains()
        counts.seconds, counts.cpu_seconds = now - self._started, _cpu_seconds() - self._cpu
        counts.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        counts.write(self.shift.counts)
        self._written = now

    def _search(self) -> None:
        """Runs of the machine, each with a seed of its own."""
        run = 0
        phases = [Phase.reuse, Phase.generate] if self.shift.thorough else [Phase.generate]
        while self._has_time():
            self.seed(run)
            run_state_machine_as_test(MarketMachine, settings=self.settings(tuple(phases), LIVES))
            phases, run = [Phase.generate], run + 1

    def settings(self, phases: tuple[Phase, ...], lives: int) -> settings:
        """Of one run of the machine."""
        return settings(
            max_examples=lives,
            stateful_step_count=self.shift.step_count,
            database=DirectoryBasedExampleDatabase(EXAMPLES),
            phases=phases,
            derandomize=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            deadline=None,
        )

    def _has_time(self) -> bool:
        """Whether another run fits: building the worlds counts, but some lives are lived all the same."""
        small = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY_MIB * 1024
        ends_at = max(self._began + self.shift.seconds, self._started + LEAST_SECONDS)
        return small and time.monotonic() < ends_at

    def _next_life(self) -> None:
        """A life begins."""
        self._begin_life()
        self.save()

    # --- what went wrong

    def _story_of(self, found: Divergence) -> str:
        assert found.step is not None
        world = found.step.world
        try:
            example = explain(world, found.step.acts, str(self.shift.seed))
        except Exception as error:  # what was found is told even where it cannot be told well
            calls = (f"{act.sender} {act.function}{act.arguments} at {act.at}" for act in found.step.acts)
            return "\n".join([str(found), *calls, "", *traceback.format_exception(error)])
        folder = publish(example, self.stages[self.worlds.index(world)])
        return f"{example.text()}\n\nwritten to {folder}"

    def _story_without_divergence(self, error: Exception) -> str:
        """A law that the model itself breaks, or an act it falls over at: hypothesis shrinks it."""
        said = io.StringIO()
        try:
            with redirect_stdout(said):
                shrinking = (Phase.reuse, Phase.generate, Phase.shrink)
                run_state_machine_as_test(MarketMachine, settings=self.settings(shrinking, LIVES))
        except FlakyStrategyDefinition:
            pass  # what is told is the error that was there first
        except Exception as again:
            error = again
        step = Lockstep.latest
        names = Names(step.world)
        lines = [f"{type(error).__name__}: {error}".partition("\n")[0]]
        for name in _functions_of(error):
            if name.startswith(("i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8", "i9")):
                lines.append(f"breaks {named(name)}")
        lines += [f"in {' > '.join(_functions_of(error)[-3:])}", f"seed {self.shift.seed}", ""]
        since = step.world.chain.now
        for number, act in enumerate(step.acts, 1):
            lines.append(f"{number}. {names.act(act, since)}")
            since = act.at
        lines += ["", *traceback.format_exception(error)]
        return "\n".join([*lines, "", said.getvalue()])

    def _fail(self, story: str) -> None:
        self.counts.failure = story
        print(story, flush=True)


def engine(name: str) -> Chain:
    """A chain of this engine; in process with room for contracts that have planted bugs in them."""
    if name == "evm":
        from tests.support.evm_chain import EvmChain

        return EvmChain(account_count=ACCOUNTS, flags=("--code-size-limit",))
    from tests.support.ape_chain import ApeChain

    return ApeChain(account_count=ACCOUNTS)


def _count(counts: Counts, next_life: Callable[[], None]) -> None:
    """Counts every rule that is done, every law that is asked and every life that begins, from now on."""
    machine = MarketMachine()
    for rule in machine.rules:
        rule.function = _counting(rule.function, lambda name: counts.rules.update((name,)))
    asked = len(machine.invariants)
    check, begin = MarketMachine.check_invariants, MarketMachine.__init__

    def checking(self: Any, *given: Any, **named_: Any) -> Any:
        counts.checks += asked
        return check(self, *given, **named_)

    def beginning(self: Any) -> None:
        next_life()
        begin(self)

    MarketMachine.check_invariants = checking  # type: ignore[method-assign]
    MarketMachine.__init__ = beginning  # type: ignore[method-assign]


def _counting(function: Callable[..., Any], count: Callable[[str], None]) -> Callable[..., Any]:
    @wraps(function)
    def counted(*given: Any, **named_: Any) -> Any:
        count(function.__name__)
        return function(*given, **named_)

    return counted


def _gains() -> dict[str, dict[str, int]]:
    """What each adversary has gained."""
    return {who: asdict(tally) for who, tally in GAINS.items()}


def _functions_of(error: BaseException) -> list[str]:
    names, frame = [], error.__traceback__
    while frame is not None:
        names.append(frame.tb_frame.f_code.co_name)
        frame = frame.tb_next
    return names


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> int:
    """Reads the shift and works it."""
    signal.signal(signal.SIGTERM, _interrupted)
    return Worker(Shift(**json.loads(sys.argv[1]))).work()


def _interrupted(*_: object) -> NoReturn:
    STOPPED.append(True)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
