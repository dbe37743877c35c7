"""A queue with its provers: who is drawn, proves or fails, is paid, rated, slashed and banned.

The formulas are those of ``economics``; a test plays the same lives through ``economics.market.Market``. Left
out are decay, rescues, declines, invalid and late proofs: a task here is proven in time or missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from typing import Final

from zkpool_sdk.economics import auction, base_fee, rating, slash, stride
from zkpool_sdk.economics.proofs import GRACE_DIVISOR
from zkpool_sdk.economics.vault import STAYING_STAKE_WEI
from zkpool_sdk.models import JAILED_UNTIL
from zkpool_sdk.simulation.book import Book, Sale
from zkpool_sdk.units import BPS, PPM, WEI_PER_ZK

WINDOW_SECONDS: Final = 600
"""Proof window of the simulated queue."""
POOL_BPS: Final = 2_000
"""The pool's part of a price."""
RECORD: Final = 124
"""Successes after which a record no longer bounds the capacity: 1 + 124 / 4 = 32."""


@dataclass(slots=True)
class SimulatedProver:
    """A seat and who sits there.

    Attributes:
        capacity: jobs at once that it offers. machines: jobs at once that it can really do; all it offers if
            ``None``. What is assigned beyond that is missed.
        reliability_ppm: chance that a task it could do is proven.
        delay_seconds: how long a proof takes, within the proof window.
        earned_wei: its part of the prices paid. position_sum: sum of the positions it served.
    """

    capacity: int = 1
    own_wei: int = 1_000 * WEI_PER_ZK
    reliability_ppm: int = PPM
    delay_seconds: int = 120
    machines: int | None = None
    rating_ppm: int = rating.START_PPM
    success_count: int = RECORD
    pass_: int = 0
    in_flight: int = 0
    locked_wei: int = 0
    failure_count: int = 0
    banned_until: int = 0
    active: bool = True
    task_count: int = 0
    proven_count: int = 0
    position_sum: int = 0
    earned_wei: int = 0
    slashed_wei: int = 0

    def slots(self, bond_wei: int, now: int) -> int:
        """Slots it offers a clearing at ``now``."""
        if not self.active or now <= self.banned_until:
            return 0
        earned = rating.newcomer_capacity(self.success_count)
        free = max(min(self.capacity, earned) - self.in_flight, 0)
        return auction.slots(free, self.own_wei - self.locked_wei, bond_wei)


@dataclass(frozen=True, slots=True)
class Ended:
    """How and when an assignment ended.

    Attributes:
        word: the bid's. compensation_wei: the requester's part of a slash.
    """

    at: int
    word: int
    seat: int
    price_wei: int
    proven: bool
    compensation_wei: int


class Queue(Book):
    """A book and the provers behind it.

    Attributes:
        ended: assignments that ended in the round that was worked last, in order of time.
    """

    def __init__(
        self,
        provers: Sequence[SimulatedProver],
        random: Random,
        *,
        excess: int = 0,
        denominator: int = base_fee.DENOMINATOR,
    ) -> None:
        super().__init__(excess=excess, denominator=denominator)
        self.provers = list(provers)
        self.random = random
        self.drawn_pass = 0
        self.ended: list[Ended] = []
        self._worked_in = self.now
        self._due: list[tuple[int, int, int, int, int, int, bool]] = []
        self._order = 0

    @property
    def bond_wei(self) -> int:
        """Bond of a task assigned at this round's base fee."""
        return auction.bond(self.base_fee_wei, 0)

    def slots(self) -> list[int]:
        """Slots of each seat at this round's end, as long as nothing else is in flight until then."""
        bond_wei, ends_at = self.bond_wei, self.ends_at
        return [prover.slots(bond_wei, ends_at) for prover in self.provers]

    def work(self) -> None:
        """Lets time pass until the round ends: proofs come in, windows are missed. Again it does nothing."""
        if self._worked_in != self.now:
            self._worked_in, self.ended = self.now, []
        due, ends_at = self._due, self.ends_at
        while due and due[0][0] <= ends_at:
            at, _, seat, word, price_wei, bond_wei, proven = heappop(due)
            self._end(at, seat, word, price_wei, bond_wei, proven)

    def clear(self) -> tuple[Sale, list[int]]:
        """Works, then ends the round. Returns the sale and the seat that serves each position."""
        self.work()
        slots = self.slots()
        bond_wei = self.bond_wei
        sale = self.sell(min(sum(slots), auction.SLOT_LIMIT))
        sold = len(sale.prices_wei)
        return sale, self._assign(sale, slots, bond_wei) if sold else []

    def positions(self, slots: Sequence[int], count: int) -> list[int]:
        """Seats that a sale of ``count`` slots would go to, by position; anybody can work this out before."""
        return self.draw(slots, count)[0]

    def _assign(self, sale: Sale, slots: Sequence[int], bond_wei: int) -> list[int]:
        seats, passes = self.draw(slots, len(sale.prices_wei))
        provers, now = self.provers, self.now
        # Stored passes of who was drawn, before the draw.
        self.drawn_pass = max(self.drawn_pass, min(provers[seat].pass_ for seat in passes))
        for seat, pass_ in passes.items():
            provers[seat].pass_ = pass_
        for position, (seat, word, price_wei) in enumerate(
            zip(seats, sale.winners, sale.prices_wei, strict=True), 1
        ):
            prover = provers[seat]
            prover.task_count += 1
            prover.position_sum += position
            prover.in_flight += 1
            prover.locked_wei += bond_wei
            able = prover.machines is None or prover.in_flight <= prover.machines
            sure = prover.reliability_ppm == PPM
            proven = able and (sure or self.random.random() * PPM < prover.reliability_ppm)
            missed_at = now + WINDOW_SECONDS + WINDOW_SECONDS // GRACE_DIVISOR + 1
            at = now + prover.delay_seconds if proven else missed_at
            self._order += 1
            heappush(self._due, (at, self._order, seat, word, price_wei, bond_wei, proven))
        return seats

    def draw(self, slots: Sequence[int], count: int) -> tuple[list[int], dict[int, int]]:
        """``stride.draw`` and ``stride.by_rating`` with a heap: seats by position, passes of those drawn."""
        provers, least = self.provers, self.drawn_pass
        heap = [
            (max(provers[seat].pass_, least), seat, free, stride.step(provers[seat].rating_ppm))
            for seat, free in enumerate(slots)
            if free
        ]
        heapify(heap)
        picks: list[int] = []
        passes: dict[int, int] = {}
        for _ in range(count):
            pass_, seat, free, step = heap[0]
            picks.append(seat)
            passes[seat] = pass_ = pass_ + step
            if free > 1:
                heapreplace(heap, (pass_, seat, free - 1, step))
            else:
                heappop(heap)
        picks.sort(key=lambda seat: (-provers[seat].rating_ppm, seat))
        return picks, passes

    def _end(self, at: int, seat: int, word: int, price_wei: int, bond_wei: int, proven: bool) -> None:
        prover = self.provers[seat]
        compensation_wei = 0
        prover.in_flight -= 1
        if proven:
            prover.rating_ppm = rating.on_time(prover.rating_ppm, prover.delay_seconds, WINDOW_SECONDS)
            prover.failure_count = 0
            prover.success_count += 1
            prover.proven_count += 1
            prover.earned_wei += prover_part(price_wei)
            prover.locked_wei -= bond_wei
        else:
            prover.rating_ppm = rating.missed(prover.rating_ppm)
            prover.failure_count += 1
            count = prover.failure_count
            until = JAILED_UNTIL if rating.jails(count) else at + rating.ban_seconds(count)
            prover.banned_until = max(until, prover.banned_until)
            taken_wei = slash.capped(bond_wei, prover.own_wei, prover.locked_wei, bond_wei)
            prover.own_wei -= taken_wei
            prover.locked_wei -= bond_wei
            prover.slashed_wei += taken_wei
            prover.active = prover.active and prover.own_wei >= STAYING_STAKE_WEI
            compensation_wei = slash.waterfall(taken_wei, 0, price_wei, True, True).requester_wei
        self.ended.append(Ended(at, word, seat, price_wei, proven, compensation_wei))


def prover_part(price_wei: int) -> int:
    """What a prover without accelerator or lent stake keeps of a price: ``split(...).prover_wei``."""
    return price_wei - price_wei * POOL_BPS // BPS
