"""The auction half of the market in memory: books, rounds, and the end of a round.

Written from the formulas of PROTOCOL.md, "Clearing", "Who proves" and "BaseFee".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from zkpool_sdk.economics import auction, base_fee, book_heap, stride
from zkpool_sdk.economics.accelerators import AcceleratorRegistry
from zkpool_sdk.economics.control import Control
from zkpool_sdk.economics.projects import ProjectRegistry
from zkpool_sdk.economics.provers import ProverRegistry
from zkpool_sdk.economics.splitter import RewardSplitter
from zkpool_sdk.economics.token import MIN_CAP_WEI, InsuranceFund, Token
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import EnforcedPause, QueueIsFrozen, RevealWindow, RoundNotOver
from zkpool_sdk.models import (
    NO_TASK,
    ZERO_ADDRESS,
    Address,
    Assignment,
    Bid,
    Candidate,
    ClearingResult,
    QueueId,
    Rescue,
    Round,
    SeatAward,
    Task,
    TaskId,
    TaskStatus,
)
from zkpool_sdk.units import Timestamp, Wei

NO_ROUND: Final = Round()
NO_RESCUE: Final = Rescue()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the contracts of a deployment are, who its treasury and its owner are, and who got the supply."""

    market: Address
    vault: Address
    splitter: Address
    insurance: Address
    treasury: Address
    token_holder: Address
    owner: Address = ZERO_ADDRESS

    @classmethod
    def made_up(cls) -> Addresses:
        """Addresses of a market that has no chain under it."""
        return cls(*(Address(f"0x{0xA1 + i:040x}") for i in range(6)))


class Clearing:
    """Storage of books and tasks, the parts the market works with, and the auction that ends a round."""

    def __init__(
        self,
        addresses: Addresses | None = None,
        *,
        chain_id: int = 31_337,
        uses_market_time: bool = False,
        insurance_cap_wei: Wei = MIN_CAP_WEI,
    ) -> None:
        self.addresses = at = addresses or Addresses.made_up()
        self.chain_id = chain_id
        self.token = Token(at.token_holder)
        self.projects = ProjectRegistry(at.owner)
        self.accelerators = AcceleratorRegistry()
        self.vault = StakeVault(self.token, at.vault, at.insurance, uses_market_time)
        self.provers = ProverRegistry(self.projects, self.vault, self.accelerators)
        self.splitter = RewardSplitter(self.token, at.splitter, at.treasury, self.vault, self.accelerators)
        self.insurance = InsuranceFund(self.token, at.insurance, insurance_cap_wei)
        self.control = Control(at.owner, at.market)
        self.desk = ZERO_ADDRESS
        self.paused = False
        self.tasks: dict[TaskId, Task] = {}
        self.rescues: dict[TaskId, Rescue] = {}
        self.recovered: dict[TaskId, Wei] = {}
        self.credits: dict[Address, int] = {}
        self.rounds: dict[QueueId, Round] = {}
        self.books: dict[QueueId, list[int]] = {}
        self._places: dict[tuple[QueueId, int], TaskId] = {}

    def clear(self, queue: QueueId, now: int) -> ClearingResult:
        """Ends a queue's round: prices, assignments, base fee. Anybody may.

        Raises:
            EnforcedPause, RoundNotOver, UnknownQueue, QueueIsFrozen, RevealWindow.
        Source:
            PROTOCOL.md, "Clearing", "Who proves", "BaseFee".
        """
        self._when_open()
        state = self.round_of(queue)
        ends_at = (state.started_at or now) + base_fee.ROUND_SECONDS
        if now < ends_at:
            raise RoundNotOver(queue, now, ends_at)
        if state.bid_count == 0:
            state = self._current_round(queue, now)
            result = ClearingResult(queue, base_fee.base_fee(state.excess), 0, 0, (), (), state.excess)
        else:
            result, places = self._sell(queue, state, now)
            state = replace(
                state,
                started_at=Timestamp(now),
                excess=result.excess,
                bid_count=len(self.books[queue]),
                places=places,
            )
        self.rounds[queue] = replace(state, cleared_sequence=state.next_sequence)
        return result

    def _sell(self, queue: QueueId, state: Round, now: int) -> tuple[ClearingResult, int]:
        q, terms = self.projects.current(queue)
        if q.frozen:
            raise QueueIsFrozen(queue)
        if q.is_sealed:
            _check_window(queue, now)
        floor_wei = base_fee.base_fee(state.excess)
        live: list[int] = []
        expired: list[int] = []
        for word in book_heap.best_first(self.books[queue]):
            (live if now <= book_heap.expiry_of(word) else expired).append(word)
        expired.reverse()  # the worst goes first
        fees = [fee for word in live if (fee := book_heap.max_fee_of(word)) >= floor_wei]
        if self.vault.uses_market_time and fees:  # market time runs in rounds that had work
            self.vault.advance_clock(state.started_at, now)
        candidates, slots = self._slots(queue, auction.bond(floor_wei, terms.tier1_penalty_wei), now)
        slot_count = min(sum(slots), auction.SLOT_LIMIT)
        first_loser_wei = fees[slot_count] if slot_count < len(fees) else 0
        pressure_ppm = base_fee.pressure(len(fees), slot_count, first_loser_wei, floor_wei)
        assigned_count = min(len(fees), slot_count)

        gone = [self._places[queue, book_heap.place_of(word)] for word in expired]
        for task in gone:
            self._refund(task, TaskStatus.EXPIRED)
        winners = live[:assigned_count]
        self.books[queue] = sorted(live[assigned_count:])
        assignments = self._assign(queue, winners, fees, floor_wei, candidates, slots, q.terms_version, now)
        places = sum(1 << book_heap.place_of(word) for word in self.books[queue])
        excess = base_fee.next_excess(state.excess, pressure_ppm)
        result = ClearingResult(
            queue, floor_wei, len(fees), slot_count, tuple(assignments), tuple(gone), excess
        )
        return result, places

    def _slots(self, queue: QueueId, bond_wei: Wei, now: int) -> tuple[list[Candidate], list[int]]:
        candidates = self.provers.candidates(queue, now)
        return candidates, [
            auction.slots(c.free_capacity, self.vault.free_cover_of(queue, c.account, now), bond_wei)
            for c in candidates
        ]

    def _assign(
        self,
        queue: QueueId,
        winners: Sequence[int],
        fees_wei: Sequence[int],
        floor_wei: Wei,
        candidates: Sequence[Candidate],
        slots: Sequence[int],
        version: int,
        now: int,
    ) -> list[Assignment]:
        terms = self.projects.terms_of(queue, version)
        bond_wei = auction.bond(floor_wei, terms.tier1_penalty_wei)
        ratings = [c.rating_ppm for c in candidates]
        picks, passes = stride.draw([c.pass_ for c in candidates], ratings, slots, len(winners))
        prices = auction.prices(fees_wei, len(winners), floor_wei)
        prove_by = Timestamp(now + terms.proof_window_seconds)
        assignments = []
        positions = stride.by_rating(picks, ratings)
        for rank, (word, pick, price_wei) in enumerate(zip(winners, positions, prices, strict=True)):
            task = self._places[queue, book_heap.place_of(word)]
            t, chosen = self.tasks[task], candidates[pick]
            refund_wei = Wei(t.amount_wei - price_wei)
            self._credit(t.requester, refund_wei)
            self.tasks[task] = replace(
                t,
                amount_wei=price_wei,
                status=TaskStatus.ASSIGNED,
                place=chosen.seat,
                prove_by=prove_by,
                terms_version=version,
                prover=chosen.prover,
                bond_wei=bond_wei,
            )
            assignments.append(
                Assignment(
                    task,
                    chosen.prover,
                    chosen.account,
                    rank + 1,
                    price_wei,
                    refund_wei,
                    bond_wei,
                    prove_by,
                    version,
                )
            )
        given = sorted(set(picks))
        self.provers.award(queue, [SeatAward(candidates[i].seat, picks.count(i), passes[i]) for i in given])
        self.vault.lock_bonds([(candidates[i].account, picks.count(i) * bond_wei) for i in given], now)
        return assignments

    # --- views

    def base_fee_of(self, queue: QueueId, now: int) -> Wei:
        """The base fee of the current round."""
        return base_fee.base_fee(self._current_round(queue, now).excess)

    def bond_of(self, queue: QueueId, now: int) -> Wei:
        """Bond a task assigned now would lock."""
        _, terms = self.projects.current(queue)
        return auction.bond(self.base_fee_of(queue, now), terms.tier1_penalty_wei)

    def slot_count_of(self, queue: QueueId, now: int) -> int:
        """K: slots on offer if the round ended now."""
        return min(sum(self._slots(queue, self.bond_of(queue, now), now)[1]), auction.SLOT_LIMIT)

    def round_of(self, queue: QueueId) -> Round:
        """A queue's round as stored."""
        return self.rounds.get(queue, NO_ROUND)

    def book_of(self, queue: QueueId) -> list[Bid]:
        """The book, best bid first."""
        return [
            Bid(
                self._places[queue, book_heap.place_of(word)],
                book_heap.max_fee_of(word),
                book_heap.expiry_of(word),
                book_heap.sequence_of(word),
            )
            for word in book_heap.best_first(self.books.get(queue, []))
        ]

    def book_words(self, queue: QueueId) -> list[int]:
        """The book's raw words in heap order."""
        return list(self.books.get(queue, []))

    def task_of(self, task: TaskId) -> Task:
        """A task; one without a requester if there is none."""
        return self.tasks.get(task, NO_TASK)

    def rescue_of(self, task: TaskId) -> Rescue:
        """What a task that was open has to remember."""
        return self.rescues.get(task, NO_RESCUE)

    def recovered_of(self, task: TaskId) -> Wei:
        """What slashes for a task have credited to who carries tier 1's penalty, for that penalty."""
        return self.recovered.get(task, Wei(0))

    def credit_of(self, account: Address) -> Wei:
        """What an account can claim from the market."""
        return Wei(self.credits.get(account, 0))

    def _current_round(self, queue: QueueId, now: int) -> Round:
        """The round with empty rounds passed: while the book is empty each whole round lowers E."""
        state = self.round_of(queue)
        if state.started_at == 0:
            return replace(state, started_at=Timestamp(now))
        if state.bid_count:
            return state
        passed = (now - state.started_at) // base_fee.ROUND_SECONDS
        return replace(
            state,
            excess=base_fee.after_empty(state.excess, passed),
            started_at=Timestamp(state.started_at + passed * base_fee.ROUND_SECONDS),
        )

    def _when_open(self) -> None:
        if self.paused:
            raise EnforcedPause()

    def _credit(self, account: Address, amount_wei: int) -> None:
        if amount_wei:
            self.credits[account] = self.credit_of(account) + amount_wei

    def _refund(self, task: TaskId, status: TaskStatus) -> None:
        t = self.tasks[task]
        self.tasks[task] = replace(t, status=status)
        self._credit(t.requester, t.amount_wei)


def _check_window(queue: QueueId, now: int) -> None:
    """Bids of a sealed queue come in one window and are revealed in the next, in which it is not cleared."""
    window = now // base_fee.ROUND_SECONDS
    if window % 2:
        raise RevealWindow(queue, now, (window + 1) * base_fee.ROUND_SECONDS)
