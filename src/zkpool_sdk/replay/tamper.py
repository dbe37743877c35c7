"""Histories changed on purpose: what a replay must notice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain, islice, zip_longest
from typing import Final

from zkpool_sdk.chain import events
from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import Event
from zkpool_sdk.models import SlashParts
from zkpool_sdk.replay.replay import SOURCES

OUTCOMES: Final = (
    events.AcceleratorCredited,
    events.BidCancelled,
    events.BidEvicted,
    events.BidExpired,
    events.BountyPaid,
    events.Credited,
    events.CreditClaimed,
    events.Decayed,
    events.DeclinePaid,
    events.JailLeft,
    events.ProofAccepted,
    events.ProofLate,
    events.ProverBanned,
    events.Recalled,
    events.RoundCleared,
    events.SeatTaken,
    events.Slashed,
    events.TaskAssigned,
    events.TaskClaimed,
    events.TaskFailed,
    events.UnstakeFinished,
)
"""Events that tell what an act led to, none of which an actor chooses."""
CHOSEN: Final = frozenset({"task", "queue", "prover", "capacity", "accelerator"})
"""Their fields that say what it was about: changed, they tell of another act."""


def alterations(
    history: Sequence[Event], deployment: Deployment, seed: int, count: int
) -> Iterator[tuple[int, Event]]:
    """Outcomes with one figure changed by one, up or down, drawn without repetition.

    Args:
        deployment: events of its recomputed contracts are altered.
    Returns:
        pairs of the place in the history and the event that takes it.
    """
    draw = random.Random(seed)
    sources = {deployment.address_of(kind) for kind in SOURCES}
    places: dict[type[Event], list[tuple[int, str]]] = {}
    for index, event in enumerate(history):
        if isinstance(event, OUTCOMES) and event.at.contract in sources:
            places.setdefault(type(event), []).extend((index, name) for name in _figures(event))
    for of_kind in places.values():
        draw.shuffle(of_kind)
    turns = chain.from_iterable(zip_longest(*places.values()))  # every kind has its turn
    for index, name in islice(filter(None, turns), count):
        yield index, _changed(history[index], name, draw.choice((1, -1)))


def _figures(event: Event) -> list[str]:
    """The names of an event's figures; those of a slash's parts too."""
    names = [part.name for part in fields(event)[1:] if part.name not in CHOSEN]
    found = [name for name in names if type(getattr(event, name)) is int]
    if isinstance(event, events.Slashed):
        found += [part.name for part in fields(event.parts)]
    return found


def _changed(event: Event, name: str, by: int) -> Event:
    if isinstance(event, events.Slashed):
        parts: SlashParts = replace(event.parts, **{name: getattr(event.parts, name) + by})
        return replace(event, parts=parts)
    return replace(event, **{name: getattr(event, name) + by})
