"""A small populated market for tests of the model: roles, a queue, and everything true at all times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zkpool_sdk import errors
from zkpool_sdk.economics import book_heap
from zkpool_sdk.economics.market import Market
from zkpool_sdk.models import Address, QueueId, SignalRule, TaskId, TaskStatus, Terms
from zkpool_sdk.units import DAY, TOTAL_SUPPLY, Seconds, Wei, zk

START = 1_700_000_000
WINDOW = Seconds(600)
GRACE = Seconds(WINDOW // 4)
LIABILITY = Seconds(900)


def role(number: int) -> Address:
    return Address(f"0x{number:040x}")


ADMIN, KEEPER, OUTSIDER, VERIFIER = role(1), role(2), role(3), role(4)
DELEGATORS, SPONSOR, DESK = role(5), role(6), role(7)
REQUESTERS = [role(0x10 + i) for i in range(3)]
PROVERS = [role(0x20 + i) for i in range(4)]
RULES = [SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE]


def terms(penalty_wei: int = 0, window: int = WINDOW, liability: int = LIABILITY) -> Terms:
    return Terms(Seconds(window), Seconds(liability), Wei(penalty_wei), 1)


def signals_for(statement: int, prover: Address) -> list[int]:
    return [statement, int(prover, 16), 99]


def new_market(uses_market_time: bool = False, queue_count: int = 1) -> tuple[Market, list[QueueId]]:
    """A market with funded roles and open queues, nobody staked yet."""
    market = Market(uses_market_time=uses_market_time)
    for account in (*REQUESTERS, *PROVERS, OUTSIDER):
        market.token.transfer(market.addresses.token_holder, account, zk(10_000_000))
    project = market.projects.register_project(ADMIN)
    market.projects.allow_verifier(VERIFIER, True)
    queues = [
        market.projects.create_queue(ADMIN, project, VERIFIER, bytes([i]) * 32, RULES, terms())
        for i in range(queue_count)
    ]
    return market, queues


def seat_prover(
    market: Market, prover: Address, queue: QueueId, stake_wei: int, now: int, capacity: int = 8
) -> None:
    market.vault.stake(prover, stake_wei, now)
    if prover not in market.provers.ids:
        market.provers.register(prover)
    market.provers.join(prover, queue, capacity, now)


HUNDRED = zk(100)
PROVER, SECOND = PROVERS[:2]
REQUESTER, RIVAL = REQUESTERS[:2]


def refused(error: errors.ContractError, action: Callable[[], Any]) -> None:
    with pytest.raises(errors.ContractError) as caught:
        action()
    assert caught.value == error


def running(stake: Wei = HUNDRED) -> tuple[Market, QueueId]:
    """A market with one prover of one slot."""
    market, (queue,) = new_market()
    seat_prover(market, PROVER, queue, stake, START)
    return market, queue


def assigned(stake: Wei = HUNDRED) -> tuple[Market, QueueId, TaskId, int]:
    """A market with one task assigned to PROVER, and when that was."""
    market, queue = running(stake)
    task = market.place_bid(REQUESTER, queue, [7], zk(3), START + DAY, START)
    market.place_bid(RIVAL, queue, [8], zk(2), START + DAY, START)
    now = START + 300
    market.clear(queue, now)
    return market, queue, task, now


def capture(market: Market) -> list[Any]:
    """Everything the model stores, cheap to take and to compare."""
    token, projects, vault, provers, splitter = (
        market.token,
        market.projects,
        market.vault,
        market.provers,
        market.splitter,
    )
    return [
        *(dict(part) for part in (market.tasks, market.rescues, market.credits)),
        *(dict(part) for part in (market.rounds, market._places, projects.carriers)),
        *(dict(part) for part in (token.balances, projects.queues, projects.terms, projects.admins)),
        *(
            dict(part)
            for part in (
                vault.stakes,
                provers.provers,
                provers.ids,
                provers.keys,
                provers.left_passes,
                splitter.earnings,
                market.accelerators.accelerators,
            )
        ),
        {queue: list(words) for queue, words in market.books.items()},
        {queue: list(seats) for queue, seats in provers.seats.items()},
        (market.paused, token.burned_wei, vault.market_clock, vault.market_clock_at, vault.decayed_wei),
        (splitter.pool, splitter.rates, splitter.treasury, splitter.delegators, market.insurance.cap_wei),
    ]


def check_market(market: Market, now: int) -> None:
    """What holds after every action, whatever was done (numbers of PROTOCOL.md, "Invariants")."""
    # 1, 2: money is where it is owed, and none appears or disappears
    for name, holding in market.holders().items():
        assert holding.balance_wei == holding.owed_wei, name
    assert market.supply_wei() == TOTAL_SUPPLY
    assert all(wei > 0 for wei in market.credits.values())
    check_books(market)
    check_bonds(market, now)
    # 28
    assert all(0 <= p.rating_ppm <= 10**6 for p in market.provers.provers.values())


def check_books(market: Market) -> None:
    """9 and 10: a book is a heap of distinct keys, one for each queued task, with the task's bid."""
    queued: dict[tuple[QueueId, int], TaskId] = {
        (t.queue, t.place): task for task, t in market.tasks.items() if t.status == TaskStatus.QUEUED
    }
    seen = 0
    for queue, words in market.books.items():
        state = market.round_of(queue)
        assert book_heap.is_heap(words)
        assert len({word >> 48 for word in words}) == len(words) == state.bid_count <= book_heap.LIMIT
        assert state.places == sum(1 << book_heap.place_of(word) for word in words)
        for word in words:
            t = market.tasks[queued[queue, book_heap.place_of(word)]]
            assert t.amount_wei == book_heap.max_fee_of(word)
            assert t.nonce <= book_heap.sequence_of(word) < state.next_sequence
            seen += 1
    assert seen == len(queued) == sum(t.status == TaskStatus.QUEUED for t in market.tasks.values())


def check_bonds(market: Market, now: int) -> None:
    """18 and 19: bonds are those of assigned tasks, and always covered; seats count what is in flight."""
    bonds: dict[Address, int] = {}
    flying: dict[tuple[QueueId, int], int] = {}
    for t in market.tasks.values():
        if t.status == TaskStatus.ASSIGNED:
            account = market.provers.prover_of(t.prover).account
            bonds[account] = bonds.get(account, 0) + t.bond_wei
            flying[t.queue, t.place] = flying.get((t.queue, t.place), 0) + 1
            assert market.provers.seats[t.queue][t.place].prover == t.prover
            assert t.bond_wei > 0
        else:
            assert t.bond_wei == 0
    for account in market.vault.stakes:
        s = market.vault.stake_of(account, now)
        assert s.locked_wei == bonds.get(account, 0)
        assert s.locked_wei <= s.slashable_wei
        assert not s.active or s.own_wei + s.sponsored_wei >= zk(24)
    for queue, seats in market.provers.seats.items():
        for index, seat in enumerate(seats):
            assert seat.in_flight == flying.get((queue, index), 0)
