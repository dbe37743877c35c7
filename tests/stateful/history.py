"""A world with a history: provers with a record, a loan, hot keys, an accelerator, a carrier."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Final

from tests.stateful.lockstep import live
from tests.stateful.machine import MarketMachine
from tests.stateful.world import World
from tests.support.rawchain import Artifacts, Chain
from zkpool_sdk.models import ALL_SCOPES, AcceleratorId, Scope, TaskStatus
from zkpool_sdk.units import DAY, zk

SEASONED: Final = 12
"""Proofs that every prover has behind it: a seat of it may have four tasks at once."""
OWN_STAKES: Final = (300, 60, 40, 0)
"""Of the provers with a record, in ZK; who has none lives on lent stake."""


def worlds_of(new_chain: Callable[[], Chain], artifacts: Artifacts) -> Iterator[World]:
    """The worlds that lives begin in: by wall or market time, new or with a history, two of them whole.

    The token of one is hostile.

    Args:
        new_chain: the chain of the next one.
    """
    for is_old, uses_market_time, whole in (
        (False, False, False),
        (False, True, True),
        (True, False, True),
        (True, True, False),
    ):
        hostile = is_old and whole
        world = World(new_chain(), artifacts, uses_market_time=uses_market_time, whole=whole, hostile=hostile)
        yield lived_in(world) if is_old else world
    # What lives begin in stays; the collector would look through it again and again, a sixth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 3)


def lived_in(world: World) -> World:
    """The same world after some hours of work, on model and chain."""
    past = MarketMachine()
    past.begin(world, apart=1)
    provers, roles = past.roles.provers[: len(OWN_STAKES)], past.roles
    for prover, stake in zip(provers, OWN_STAKES, strict=True):
        past.register(prover)
        if stake:
            past.stake(prover, zk(stake))
        else:
            past.lend(prover, zk(32))
        for queue in (*past.queues, world.sealed):
            past.join(prover, queue, 32)
    past.back(past.queues[0], True)
    past.back(world.sealed, True)
    numbers = [past.market.provers.ids[prover] for prover in provers]
    while min(past.market.provers.provers[number].success_count for number in numbers) < SEASONED:
        queue = past.queues[0]
        past.round(queue, past.market.slot_count_of(queue, past.now), 10**16)
        for prover in provers:
            past.submit_all(prover, queue)
    for key, owner, scopes in ((0, 0, ALL_SCOPES), (1, 1, Scope.SUBMIT), (0, 2, ALL_SCOPES)):
        past.propose_key(provers[owner], roles.hot_keys[key], scopes, past.now + 30 * DAY)
        if owner != 2:
            past.accept_key(roles.hot_keys[key], numbers[owner])
    past.set_accelerator(provers[1], past.queues[0], AcceleratorId(1))
    past.set_carrier(past.queues[1], roles.requesters[1])
    assert not live(past.market.tasks, TaskStatus.ASSIGNED)
    past.step.settle()
    world.keep(past.market, past.statements)
    return world
