"""Tier 2 in memory: provers, their seats in the queues, and their rating."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics import auction, base_fee, rating
from zkpool_sdk.economics.projects import ProjectRegistry
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import (
    AlreadyRegistered,
    AlreadySeated,
    CapacityTooHigh,
    NotActive,
    NotRegistered,
    NotSeated,
    QueueFull,
    TasksInFlight,
    UnknownProver,
)
from zkpool_sdk.models import Address, Candidate, Prover, ProverId, QueueId, Seat, SeatAward
from zkpool_sdk.units import Ppm

SEAT_LIMIT: Final = 32
CAPACITY_LIMIT: Final = 32
FAILURES_MAX: Final = 2**16 - 1
SUCCESSES_MAX: Final = 2**32 - 1


class ProverRegistry:
    """Who proves where, and how well."""

    def __init__(self, projects: ProjectRegistry, vault: StakeVault) -> None:
        self.projects = projects
        self.vault = vault
        self.provers: dict[ProverId, Prover] = {}
        self.ids: dict[Address, ProverId] = {}
        self.seats: dict[QueueId, list[Seat]] = {}
        self.left_passes: dict[tuple[QueueId, ProverId], int] = {}
        self.drawn_passes: dict[QueueId, int] = {}

    def register(self, account: Address) -> ProverId:
        """Registers an account as a prover.

        Raises:
            AlreadyRegistered: it is one.
        """
        if account in self.ids:
            raise AlreadyRegistered(account)
        prover = ProverId(len(self.provers) + 1)
        self.ids[account] = prover
        self.provers[prover] = Prover(account, Ppm(rating.START_PPM))
        return prover

    def join(self, account: Address, queue: QueueId, capacity: int, now: int) -> int:
        """Takes a free seat, or the idle seat of a prover that cannot be drawn; returns the seat.

        That is one not active, without capacity, or whose stake covers no bond at the least base fee.

        The newcomer starts at the least pass of the seats taken, but not below where the last draw began; who
        comes back starts no lower than it left.

        Raises:
            NotRegistered, CapacityTooHigh, UnknownQueue, NotActive, AlreadySeated, QueueFull.
        """
        prover = self._id_of(account)
        _check_capacity(capacity)
        self.projects.queue_of(queue)
        if not self.vault.is_active(account, now):
            raise NotActive(account)
        seats = self.seats.get(queue, [])
        taken = [seat for seat in seats if seat.prover]
        if any(seat.prover == prover for seat in taken):
            raise AlreadySeated(queue, prover)
        pass_ = max(
            min((seat.pass_ for seat in taken), default=0),
            self.drawn_passes.get(queue, 0),
            self.left_passes.get((queue, prover), 0),
        )
        index = self._seat_for_newcomer(queue, seats, now)
        if index < len(seats) and seats[index].prover:
            self.left_passes[queue, seats[index].prover] = seats[index].pass_
        if index == len(seats):
            seats.append(Seat())
        seats[index] = Seat(prover, capacity, 0, pass_)
        self.seats[queue] = seats
        return index

    def set_capacity(self, account: Address, queue: QueueId, capacity: int) -> None:
        """Sets how many jobs at once a prover offers; 0 drains.

        Raises:
            CapacityTooHigh, NotRegistered, NotSeated.
        """
        _check_capacity(capacity)
        index = self._seat_of(account, queue)
        self.seats[queue][index] = replace(self.seats[queue][index], capacity=capacity)

    def leave(self, account: Address, queue: QueueId) -> None:
        """Gives the seat up.

        Raises:
            NotRegistered, NotSeated, TasksInFlight.
        """
        index = self._seat_of(account, queue)
        seat = self.seats[queue][index]
        if seat.in_flight:
            raise TasksInFlight(queue, seat.prover, seat.in_flight)
        self.left_passes[queue, seat.prover] = seat.pass_
        self.seats[queue][index] = Seat()

    def candidates(self, queue: QueueId) -> list[Candidate]:
        """Seated provers with free capacity, by seat. Stake is not looked at.

        A seat that could not be drawn saves up no turns: no pass is below where the last draw began.
        """
        found = []
        drawn_pass = self.drawn_passes.get(queue, 0)
        for index, seat in enumerate(self.seats.get(queue, [])):
            if not seat.prover:
                continue
            prover = self.provers[seat.prover]
            capacity = min(seat.capacity, rating.newcomer_capacity(prover.success_count))
            if capacity > seat.in_flight:
                free, pass_ = capacity - seat.in_flight, max(seat.pass_, drawn_pass)
                found.append(Candidate(seat.prover, prover.account, index, free, pass_, prover.rating_ppm))
        return found

    def award(self, queue: QueueId, awards: Iterable[SeatAward]) -> None:
        """Writes what a clearing gave to each seat; the market's power."""
        passes = []
        for given in awards:
            seat = self.seats[queue][given.seat]
            passes.append(seat.pass_)
            self.seats[queue][given.seat] = replace(
                seat, in_flight=seat.in_flight + given.task_count, pass_=given.pass_
            )
        self.drawn_passes[queue] = max(self.drawn_passes.get(queue, 0), min(passes, default=0))

    def record_proven(
        self, queue: QueueId, seat: int, prover: ProverId, delay_seconds: int, window_seconds: int
    ) -> None:
        """Ends a task with a proof in time; the market's power."""
        p = self.provers[prover]
        self.provers[prover] = replace(
            p,
            rating_ppm=rating.on_time(p.rating_ppm, delay_seconds, window_seconds),
            failure_count=0,
            success_count=min(p.success_count + 1, SUCCESSES_MAX),
        )
        self._land(queue, seat)

    def record_missed(self, queue: QueueId, seat: int, prover: ProverId) -> None:
        """Ends a task with a missed window; the market's power."""
        self._record_fault(queue, seat, prover, rating.missed(self.provers[prover].rating_ppm))

    def record_invalid(self, queue: QueueId, seat: int, prover: ProverId) -> None:
        """Ends a task with an invalid proof; the market's power."""
        self._record_fault(queue, seat, prover, rating.invalid(self.provers[prover].rating_ppm))

    def prover_of(self, prover: ProverId) -> Prover:
        """A prover.

        Raises:
            UnknownProver: there is none of this id.
        """
        if prover not in self.provers:
            raise UnknownProver(prover)
        return self.provers[prover]

    def seats_of(self, queue: QueueId) -> list[Seat]:
        """All seats of a queue, free ones included."""
        return list(self.seats.get(queue, []))

    def _id_of(self, account: Address) -> ProverId:
        if account not in self.ids:
            raise NotRegistered(account)
        return self.ids[account]

    def _seat_of(self, account: Address, queue: QueueId) -> int:
        prover = self._id_of(account)
        for index, seat in enumerate(self.seats.get(queue, [])):
            if seat.prover == prover:
                return index
        raise NotSeated(queue, prover)

    def _seat_for_newcomer(self, queue: QueueId, seats: list[Seat], now: int) -> int:
        for index, seat in enumerate(seats):
            if not seat.prover:
                return index
        if len(seats) < SEAT_LIMIT:
            return len(seats)
        _, terms = self.projects.current(queue)
        least_bond_wei = auction.bond(base_fee.MIN_BASE_FEE_WEI, terms.tier1_penalty_wei)
        for index, seat in enumerate(seats):
            if seat.in_flight:
                continue
            stake = self.vault.stake_of(self.provers[seat.prover].account, now)
            covers = stake.own_wei + stake.sponsored_wei >= least_bond_wei
            if not seat.capacity or not stake.active or not covers:
                return index
        raise QueueFull(queue, SEAT_LIMIT)

    def _land(self, queue: QueueId, index: int) -> None:
        seat = self.seats[queue][index]
        self.seats[queue][index] = replace(seat, in_flight=seat.in_flight - 1)

    def _record_fault(self, queue: QueueId, seat: int, prover: ProverId, rating_ppm: Ppm) -> None:
        p = self.provers[prover]
        failures = min(p.failure_count + 1, FAILURES_MAX)
        self.provers[prover] = replace(p, rating_ppm=rating_ppm, failure_count=failures)
        self._land(queue, seat)


def _check_capacity(capacity: int) -> None:
    if capacity > CAPACITY_LIMIT:
        raise CapacityTooHigh(capacity, CAPACITY_LIMIT)
