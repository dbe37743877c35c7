"""A life done again with fewer acts, down to the shortest that still goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.stateful import lockstep
from tests.stateful.lockstep import Act, Divergence, Lockstep
from tests.stateful.world import World

SHRINK_SECONDS = 60


def redo(world: World, acts: Sequence[Act]) -> Lockstep:
    """The same acts at the same times, on a model that begins anew.

    A task has another id when bids before it are left out; where the acts name it, they name the new one.
    """
    step, renamed = Lockstep(world), dict[bytes, bytes]()
    for act in acts:
        step.now = max(step.now, act.at)
        result = step.act(
            act.verb,
            act.sender,
            act.contract,
            act.function,
            put(act.arguments, renamed),
            rebound(act.action, step.market, renamed),
            returned=act.returned,
            malformed=act.malformed,
        )
        if isinstance(act.result, bytes) and isinstance(result, bytes) and result != act.result:
            renamed[act.result] = result
    return step


def put(value: Any, renamed: Mapping[bytes, bytes]) -> Any:
    """A value with new ids for old ones, at every depth."""
    if not renamed:
        return value
    if isinstance(value, bytes):
        return renamed.get(value, value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(put(item, renamed) for item in value)
    return value


def rebound(action: Any, market: Any, renamed: Mapping[bytes, bytes]) -> Any:
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
            step = redo(world, acts)
        except Exception:  # acts that make no sense without those left out
            return None
        try:
            step.replay()
        except Divergence as found:
            return found
    return None


def shrunk(world: World, acts: Sequence[Act], seconds: float = SHRINK_SECONDS) -> Divergence:
    """The divergence of the shortest life found that still has one.

    Acts after the divergence go first, then ever smaller groups of the others, as long as there is time.

    Raises:
        ValueError: the acts show no divergence.
    """
    ends_at = time.monotonic() + seconds
    best = divergence_of(world, acts)
    if best is None:
        raise ValueError("the acts show no divergence when they are done again")
    kept = _until(best)
    size = max(len(kept) // 2, 1)
    while time.monotonic() < ends_at:
        shorter = _without_some(world, kept, size, ends_at)
        if shorter is not None:
            best, kept = shorter, _until(shorter)
            size = max(min(size, len(kept) // 2), 1)
        elif size == 1:
            break
        else:
            size = max(size // 2, 1)
    final = divergence_of(world, kept)
    return final or best


def _without_some(world: World, acts: Sequence[Act], size: int, ends_at: float) -> Divergence | None:
    """A divergence without some group of this size; the late groups are tried first."""
    for start in range(len(acts) - size, -size, -size):
        if time.monotonic() > ends_at:
            return None
        fewer = [*acts[: max(start, 0)], *acts[start + size :]]
        found = divergence_of(world, fewer) if fewer else None
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
