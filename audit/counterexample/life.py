"""A life done again with fewer acts, down to the shortest that still goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import combinations
from typing import Any, Final

from tests.stateful import lockstep
from tests.stateful.lockstep import Act, Divergence, Lockstep
from tests.stateful.world import World
from tests.support.rawmarket import KEY, mock_proof

SHRINK_SECONDS: Final = 60
PATIENCE: Final = 6
FEW: Final = 24
"""Of so many acts or less, every two are tried to be left out together."""
GUARDIANS_ACTS: Final = ("pause", "unpause")
OWNERS_ACTS: Final = (
    "setCap", "allowVerifier", "setCarrier", "setRates", "setTreasury", "setDelegators", "setGuardian",
    "setOperator", "allowAdapter", "writeOff",
)  # fmt: skip
CHECKS: Final = ("check_owner", "check_guardian", "check_market", "bind")


class Senseless(Exception):
    """Acts that nobody could do in this order."""


def redo(world: World, acts: Sequence[Act]) -> Lockstep:
    """The same acts at the same times, on a model that begins anew.

    A task has another id when bids before it are left out; where the acts name it, they name the new one.

    Raises:
        Senseless: what is left out was the reason for what comes later.
    """
    step, renamed = Lockstep(world), dict[bytes, bytes]()
    for act in acts:
        check_powers(step, act)
        step.now = max(step.now, act.at)
        sender, arguments, action = handed_over(
            step, act, put(act.arguments, renamed), rebound(act.action, step.market, renamed)
        )
        result = step.act(
            act.verb,
            sender,
            act.contract,
            act.function,
            arguments,
            action,
            returned=act.returned,
            malformed=act.malformed,
        )
        if _is_check(act) and (act.refusal is None) != (step.acts[-1].refusal is None):
            raise Senseless(f"{act.verb}: what was only a check is something else now")
        if isinstance(act.result, bytes) and isinstance(result, bytes) and result != act.result:
            renamed[act.result] = result
    return step


def handed_over(
    step: Lockstep, act: Act, arguments: tuple[Any, ...], action: partial[Any]
) -> tuple[str, tuple[Any, ...], partial[Any]]:
    """An act on a prover's own task, by whoever has the task now that others have fewer."""
    prover = step.prover_of(arguments[0]) if act.own else None
    if prover is None or prover == act.sender:
        return act.sender, arguments, action
    given = (prover, *action.args[1:])
    if act.function == "submitProof":
        task, signals, proof = arguments
        good = proof == mock_proof(signals, KEY)
        own = [int(prover, 16) if signal == int(act.sender, 16) else signal for signal in signals]
        arguments = (task, own, mock_proof(own, KEY) if good else proof)
        given = (prover, task, own, *action.args[3:])
    return prover, arguments, partial(action.func, *given, **action.keywords)


def check_powers(step: Lockstep, act: Act) -> None:
    """Refuses an owner's or guardian's act by who is none: the model takes it that only they do such things.

    Raises:
        Senseless: it is such an act.
    """
    control = getattr(step.market, "control", None)
    if control is None or _is_check(act) or act.refusal is not None:
        return
    name = next((name for name in control.owners if _is_at(step.world, name, act)), "")
    if act.function in GUARDIANS_ACTS and act.sender not in (control.guardian, control.owners["market"]):
        raise Senseless(f"{act.sender} is no guardian")
    if act.function in OWNERS_ACTS and name and control.owners[name] != act.sender:
        raise Senseless(f"{act.sender} does not own {name}")


def _is_at(world: World, name: str, act: Act) -> bool:
    found = getattr(world.at, name, None)
    return found is not None and found.address == act.contract.address


def _is_check(act: Act) -> bool:
    """Whether the model only checks a power, while the chain would do the act."""
    return isinstance(act.action, partial) and act.action.func.__name__ in CHECKS


def put(value: Any, renamed: Mapping[bytes, bytes]) -> Any:
    """A value with new ids for old ones, at every depth."""
    if not renamed:
        return value
    if isinstance(value, bytes):
        return renamed.get(value, value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(put(item, renamed) for item in value)
    return value


def rebound(action: Any, market: Any, renamed: Mapping[bytes, bytes]) -> partial[Any]:
    """An action of one model as the same action of another.

    Raises:
        TypeError: the action is not a model's, bound to its arguments.
    """
    if not isinstance(action, partial) or not hasattr(action.func, "__self__"):
        raise TypeError(f"{action} cannot be done again")
    owner: Any = action.func.__self__
    parts = [part for part in (market, *vars(market).values()) if type(part) is type(owner)]
    if not parts:
        raise TypeError(f"a model has no {type(owner).__name__}")
    return partial(getattr(parts[0], action.func.__name__), *put(action.args, renamed), **action.keywords)


def divergence_of(world: World, acts: Sequence[Act]) -> Divergence | None:
    """How a life with these acts goes wrong, if it does."""
    with uncounted():
        try:
            redo(world, acts).replay()
        except Divergence as found:
            return found
        except Exception:  # acts that make no sense without those left out
            return None
    return None


class Clock:
    """Counts down: so much time of this process, or six times as much on the wall."""

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds
        self._at_last = time.monotonic() + PATIENCE * seconds

    @property
    def has_time(self) -> bool:
        """Whether there is some left."""
        return time.process_time() < self._until and time.monotonic() < self._at_last


def shrunk(world: World, acts: Sequence[Act], seconds: float = SHRINK_SECONDS) -> Divergence:
    """The divergence of the shortest life found that still has one.

    Acts after the divergence go first, then ever smaller groups of the others, as long as there is time.

    Args:
        seconds: of this process' time; as much again, and more, may pass while others work.

    Raises:
        ValueError: the acts show no divergence.
    """
    clock = Clock(seconds)
    with uncounted():
        again = redo(world, acts)
    best = divergence_of(world, acts)
    if best is None:
        raise ValueError(f"{len(again.acts)} acts show no divergence when they are done again")
    kept = _until(best)
    size = max(len(kept) // 2, 1)
    while clock.has_time:
        shorter = _without_some(world, kept, size, clock)
        if shorter is not None:
            best, kept = shorter, _until(shorter)
            size = max(min(size, len(kept) // 2), 1)
        elif size == 1:
            shorter = _without_two(world, kept, clock)
            if shorter is None:
                break
            best, kept = shorter, _until(shorter)
        else:
            size = max(size // 2, 1)
    final = divergence_of(world, kept)
    return final or best


def _without_some(world: World, acts: Sequence[Act], size: int, clock: Clock) -> Divergence | None:
    """A divergence without some group of this size; the late groups are tried first."""
    for start in range(len(acts) - size, -size, -size):
        if not clock.has_time:
            return None
        fewer = [*acts[: max(start, 0)], *acts[start + size :]]
        found = divergence_of(world, fewer) if fewer else None
        if found is not None:
            return found
    return None


def _without_two(world: World, acts: Sequence[Act], clock: Clock) -> Divergence | None:
    """A divergence without two acts that need each other."""
    for first, second in combinations(range(len(acts) - 1), 2):
        if not clock.has_time or len(acts) > FEW:
            return None
        found = divergence_of(world, [act for i, act in enumerate(acts) if i not in (first, second)])
        if found is not None:
            return found
    return None


def last_act(found: Divergence) -> int:
    """The number of the act after which the divergence shows."""
    assert found.step is not None
    return max(i for i, act in enumerate(found.step.acts) if act.call <= found.call)


def _until(found: Divergence) -> list[Act]:
    assert found.step is not None
    return found.step.acts[: last_act(found) + 1]


@contextmanager
def uncounted() -> Iterator[None]:
    """What is done again does not count."""
    counters = (lockstep.FIRED, lockstep.REFUSED, lockstep.STEPS, lockstep.SAID)
    before = [dict(counter) for counter in counters]
    try:
        yield
    finally:
        for counter, kept in zip(counters, before, strict=True):
            counter.clear()
            counter.update(kept)
