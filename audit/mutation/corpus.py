"""Lives of the market in lock-step with its model, kept so that they can be lived again with a mutant active.

A life is a list of calls with what the model says of each: whether it succeeds, what it returns, its error,
its events. A mutant with which any of them differs is noticed by the lock-step test.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from audit._evm import Evm, Refusal, Scenario
from tests.stateful.history import worlds_of
from tests.stateful.lockstep import Lockstep
from tests.stateful.machine import MarketMachine
from tests.stateful.tour import tour
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import Artifacts, Receipt

STEP_COUNT: Final = 40
GAS: Final = 30_000_000
MUTE: Final = "without a word"

Send = tuple[str, str | None, bytes, int]
"""A transaction of the setting up: sender, contract, data, time."""


class Unfaithful(Exception):
    """What is done again comes out otherwise though nothing was changed: of mutants that says nothing."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """How a mutant was noticed.

    Attributes:
        by: which life or test.
        what: "status", "data" or "logs" of a call, "refused" if the engine would not run it.
        halted: why the call was stopped if it did not end by itself: out of gas, most often. ``MUTE`` if it
            failed without a word where only answers are known: by a bare revert, or stopped.
    """

    by: str
    what: str
    halted: str = ""


@dataclass(slots=True)
class Corpus:
    """Kept lives on one chain.

    Attributes:
        chain: as it was set up, where all lives begin.
        lives: of each what it needs to be lived again.
        reaching: the lives that come by each place.
        setup: the transactions that set the chain up, and the places that these come by.
    """

    chain: EvmChain
    lives: list[Scenario] = field(default_factory=list)
    call_count: int = 0
    reaching: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    setup: list[Send] = field(default_factory=list)
    rich: list[tuple[str, int]] = field(default_factory=list)
    setup_places: frozenset[int] = frozenset()

    def notice(self, place: int, most: int = sys.maxsize) -> Noticed | None:
        """The first life in which a mutant shows; ``None`` if it shows in none.

        Args:
            most: how many of the lives that come by its place are tried.
        """
        lives = self.reaching.get(place, [])
        planned = lives[: most // 3]
        rest = lives[most // 3 :]
        spread = rest[:: max(1, len(rest) // max(1, most - len(planned)))]
        return self._live(self.chain.evm, place, [*planned, *spread])

    def notice_from_setup(self, place: int) -> Noticed | None:
        """The same with the mutant active from the first deployment on."""
        fresh = EvmChain(account_count=len(self.chain.accounts), flags=("--code-size-limit",))
        fresh.evm.active = place
        for account, wei in self.rich:
            fresh.set_balance(account, wei)
        for sender, to, data, at in self.setup:
            try:
                result = fresh.evm.transact(sender, to, data, gas=GAS, at=at)
            except Refusal:
                return Noticed("setting up", "refused")
            if not result.ok:
                return Noticed("setting up", "status", result.halt or "")
        return self._live(fresh.evm, place, range(len(self.lives)))

    def _live(self, evm: Evm, place: int, lives: Sequence[int]) -> Noticed | None:
        evm.active = place
        try:
            for number in lives:
                try:
                    found = evm.replay(self.lives[number], GAS)
                except Refusal:
                    return Noticed(f"life {number}", "refused")
                if found:
                    return Noticed(f"life {number}, call {found[0]}", found[1], found[2].halt or "")
        finally:
            evm.active = 0
        return None


def record(artifacts: Artifacts, life_count: int, with_seed: int) -> Corpus:
    """Lives markets on contracts with mutants in them, none of which is active, and keeps what was done.

    Raises:
        Divergence: contracts and model disagree, so that nothing could be said of mutants.
        Unfaithful: the lives come out otherwise when the chain is set up once more.
    """
    corpus = Corpus(EvmChain(account_count=60, flags=("--code-size-limit",)))
    chain = corpus.chain
    with _noted(corpus):
        worlds = tuple(worlds_of(lambda: chain, artifacts))
    corpus.setup_places = frozenset(chain.evm.hits())
    MarketMachine.worlds = worlds
    with _kept(corpus):
        for world in worlds[2:]:
            tour(world)
        if life_count:
            _live_at_random(life_count, with_seed)
    if found := corpus.notice_from_setup(0):
        raise Unfaithful(f"without a mutant {found.by} comes out otherwise: {found.what} {found.halted}")
    return corpus


def _live_at_random(life_count: int, with_seed: int) -> None:
    chosen = settings(
        max_examples=life_count,
        stateful_step_count=STEP_COUNT,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(with_seed)(MarketMachine), settings=chosen)


@contextlib.contextmanager
def _noted(corpus: Corpus) -> Iterator[None]:
    """Notes what sets the chain up."""
    chain = corpus.chain
    send, set_balance = chain.send, chain.set_balance

    def sending(sender: str, to: str | None, data: bytes, at: int | None = None, **more: Any) -> Receipt:
        receipt = send(sender, to, data, at, **more)
        corpus.setup.append((sender, to, data, chain.now))
        return receipt

    def giving(account: str, wei: int) -> None:
        set_balance(account, wei)
        corpus.rich.append((account, wei))

    with _instead(chain, {"send": sending, "set_balance": giving}):
        yield


@contextlib.contextmanager
def _kept(corpus: Corpus) -> Iterator[None]:
    """Keeps every life that is replayed, with the places that it comes by."""
    chain, replay = corpus.chain, Lockstep.replay

    def replaying(step: Lockstep) -> None:
        chain.evm.clear_hits()
        replay(step)
        for place in chain.evm.hits():
            corpus.reaching[place].append(len(corpus.lives))
        calls = list(step.calls)
        if calls and calls[0].at is None:
            calls[0] = calls[0]._replace(at=chain.now + 1)
        corpus.lives.append(Scenario(calls, [wanted.raw() for wanted in step.expected], list(step.watched)))
        corpus.call_count += len(calls)

    with _instead(Lockstep, {"replay": replaying}):
        yield


@contextlib.contextmanager
def _instead(thing: object, functions: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Other functions in the place of a thing's own."""
    own = {name: vars(thing).get(name) for name in functions}
    for name, other in functions.items():
        setattr(thing, name, other)
    try:
        yield
    finally:
        for name, before in own.items():
            if before is None:
                delattr(thing, name)
            else:
                setattr(thing, name, before)
