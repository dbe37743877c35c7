"""Tier 2 in memory: provers, their seats in the queues, and their rating."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics import auction, base_fee, rating
from zkpool_sdk.economics.accelerators import AcceleratorRegistry
from zkpool_sdk.economics.projects import ProjectRegistry
from zkpool_sdk.economics.records import Records
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import (
    AcceleratorRetired,
    AcceleratorUnfit,
    AlreadySeated,
    CapacityTooHigh,
    KeyNotAllowed,
    NoFreeCapacity,
    NotActive,
    NotSeated,
    ProverIsBanned,
    QueueFull,
    RatingTooLow,
    TasksInFlight,
    WrongSeat,
)
from zkpool_sdk.models import (
    NO_ACCELERATOR,
    NO_BPS,
    AcceleratorId,
    Address,
    Candidate,
    ProverId,
    QueueId,
    Scope,
    Seat,
    SeatAward,
)

SEAT_LIMIT: Final = 32
CAPACITY_LIMIT: Final = 32


class ProverRegistry(Records):
    """Who proves where, and how well."""

    def __init__(
        self, projects: ProjectRegistry, vault: StakeVault, accelerators: AcceleratorRegistry
    ) -> None:
        super().__init__(vault)
        self.projects = projects
        self.accelerators = accelerators
        self.left_passes: dict[tuple[QueueId, ProverId], int] = {}
        self.drawn_passes: dict[QueueId, int] = {}

    def join(self, account: Address, queue: QueueId, capacity: int, now: int) -> int:
        """Takes a free seat, or the idle seat of a prover that cannot be drawn; returns the seat.

        That is one not active, in jail, without capacity, rated too low for the queue, or whose stake covers
        no bond at the least base fee.

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

    def set_accelerator(self, account: Address, queue: QueueId, accelerator: AcceleratorId) -> None:
        """Chooses whose software proves in a queue, 0 for none.

        Raises:
            NotRegistered, NotSeated, TasksInFlight, UnknownAccelerator, AcceleratorRetired, AcceleratorUnfit.
        """
        index = self._seat_of(account, queue)
        seat = self.seats[queue][index]
        if seat.in_flight:
            raise TasksInFlight(queue, seat.prover, seat.in_flight)
        share_bps = NO_BPS
        if accelerator != NO_ACCELERATOR:
            key = self.projects.queue_of(queue).key
            share_bps, retired, fits = self.accelerators.offer_of(accelerator, key)
            if retired:
                raise AcceleratorRetired(accelerator)
            if not fits:
                raise AcceleratorUnfit(accelerator, key)
        self.seats[queue][index] = replace(seat, accelerator=accelerator, accelerator_bps=share_bps)

    def heartbeat(
        self, caller: Address, prover: ProverId, queue: QueueId, index: int, capacity: int, now: int
    ) -> None:
        """A prover or its hot key says how many jobs at once the machine takes now.

        Raises:
            UnknownProver, KeyNotAllowed, CapacityTooHigh, WrongSeat.
        """
        if not self.acts_for(caller, prover, Scope.HEARTBEAT, now):
            raise KeyNotAllowed(prover, caller, Scope.HEARTBEAT)
        _check_capacity(capacity)
        seat = self._own_seat(queue, index, prover)
        self.seats[queue][index] = replace(seat, capacity=capacity)

    def candidates(self, queue: QueueId, now: int) -> list[Candidate]:
        """Seated provers that may be drawn, by seat: free capacity, not banned, rated high enough.

        Stake is not looked at. A seat that could not be drawn saves up no turns: no pass is below where the
        last draw began.
        """
        drawn_pass = self.drawn_passes.get(queue, 0)
        seats = self.seats.get(queue, [])
        min_rating_ppm = self.projects.queue_of(queue).min_rating_ppm if seats else 0
        found = []
        for index, seat in enumerate(seats):
            if not seat.prover:
                continue
            p, free = self.provers[seat.prover], self._free_capacity(seat)
            if free and now > p.banned_until and p.rating_ppm >= min_rating_ppm:
                pass_ = max(seat.pass_, drawn_pass)
                found.append(Candidate(seat.prover, p.account, index, free, pass_, p.rating_ppm))
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

    def check_free(self, queue: QueueId, index: int, account: Address, now: int) -> None:
        """Refuses an account that may take no task onto this seat now.

        Raises:
            NotRegistered, WrongSeat, ProverIsBanned, RatingTooLow, NoFreeCapacity.
        """
        prover = self._id_of(account)
        seat, p = self._own_seat(queue, index, prover), self.provers[prover]
        min_rating_ppm = self.projects.queue_of(queue).min_rating_ppm
        if now <= p.banned_until:
            raise ProverIsBanned(prover, p.banned_until)
        if p.rating_ppm < min_rating_ppm:
            raise RatingTooLow(prover, p.rating_ppm, min_rating_ppm)
        if self._free_capacity(seat) == 0:
            raise NoFreeCapacity(queue, prover)

    def take_open(self, queue: QueueId, index: int, account: Address, now: int) -> None:
        """Takes an open task onto a seat of an account; the market's power.

        Raises:
            What ``check_free`` raises.
        """
        self.check_free(queue, index, account, now)
        seat = self.seats[queue][index]
        self.seats[queue][index] = replace(seat, in_flight=seat.in_flight + 1)

    def seats_of(self, queue: QueueId) -> list[Seat]:
        """All seats of a queue, free ones included."""
        return list(self.seats.get(queue, []))

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
        q, terms = self.projects.current(queue)
        least_bond_wei = auction.bond(base_fee.MIN_BASE_FEE_WEI, terms.tier1_penalty_wei)
        for index, seat in enumerate(seats):
            if seat.in_flight:
                continue
            p = self.provers[seat.prover]
            stake = self.vault.stake_of(p.account, now)
            covers = stake.own_wei + stake.sponsored_wei >= least_bond_wei
            barred = p.jailed or p.rating_ppm < q.min_rating_ppm
            if barred or not seat.capacity or not stake.active or not covers:
                return index
        raise QueueFull(queue, SEAT_LIMIT)

    def _own_seat(self, queue: QueueId, index: int, prover: ProverId) -> Seat:
        seats = self.seats.get(queue, [])
        if index >= len(seats) or seats[index].prover != prover:
            raise WrongSeat(queue, index, prover)
        return seats[index]

    def _free_capacity(self, seat: Seat) -> int:
        """Jobs a seat can still take; a newcomer's record allows few."""
        successes = self.provers[seat.prover].success_count
        return max(min(seat.capacity, rating.newcomer_capacity(successes)) - seat.in_flight, 0)


def _check_capacity(capacity: int) -> None:
    if capacity > CAPACITY_LIMIT:
        raise CapacityTooHigh(capacity, CAPACITY_LIMIT)
