"""The pool's operator: says who may borrow stake, recalls it, and funds the ways into tier 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.contracts.tier1 import TaikoAdapter
from zkpool_sdk.chain.events import (
    AdapterAllowed,
    AdapterMarked,
    ProfitCollected,
    RequestSettled,
    StakeLent,
    StakeReturned,
)
from zkpool_sdk.chain.history import Watch
from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.delegator import SHARE
from zkpool_sdk.economics.base_fee import ROUND_SECONDS
from zkpool_sdk.economics.strategy import choose_tier1_offer
from zkpool_sdk.economics.tier1 import OfferForecast, PoolState, Tier1Market, pool_on_time
from zkpool_sdk.economics.vault import ENTRY_STAKE_WEI
from zkpool_sdk.errors import LoanCoversBonds, NothingToRecall, NotRecallable
from zkpool_sdk.models import NO_WEI, Address
from zkpool_sdk.units import BPS, Ppm, Timestamp, Wei

LOAN_WEI: Final = ENTRY_STAKE_WEI
"""What one prover is lent."""
MAX_LENT_BPS: Final = 5_000
MAX_ADAPTERS_BPS: Final = 3_000
"""Most of the pool's assets that may be lent, and that may be in tier 1."""
WALK_LIMIT: Final = 32
"""Most requests that one call pays."""


@dataclass(frozen=True, slots=True)
class LoanState:
    """Stake lent to a prover.

    Attributes:
        prover: the borrower.
        out_wei: lent and not come back. left_wei: of it, what has not been lost.
        locked_wei: bonds of its open assignments, which its own stake covers first.
        fee_wei: what it gets back when the whole loan comes back.
        rating_ppm: its record.
        idle: without an accepted proof for a day, so that anybody may recall.
        banned_until: 0, or the end of its ban.
    """

    prover: Address
    out_wei: Wei
    left_wei: Wei
    locked_wei: Wei
    fee_wei: Wei
    rating_ppm: Ppm
    idle: bool
    banned_until: Timestamp

    @property
    def lost_wei(self) -> Wei:
        """What slashes took of it."""
        return Wei(self.out_wei - self.left_wei)


@dataclass(frozen=True, slots=True)
class AdapterState:
    """A way into tier 1: the most it may be worth, and its worth when last marked."""

    adapter: Address
    cap_wei: Wei
    value_wei: Wei


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """The pool as it stands.

    Attributes:
        assets_wei: what all shares are worth: idle, lent and in tier 1, less profit that is still locked.
        share_price_wei: of one share as shown.
        idle_wei: neither lent nor in tier 1.
        lent_wei: to provers. tier1_wei: in adapters, when last marked.
        locked_profit_wei: unlocks within a day.
        waiting_wei: what those who asked to redeem are owed at the price of now.
        uncollected_wei: delegators' part of the rewards that ``collect`` can take in now.
        loans: open ones, in the order they were made. adapters: all that were ever allowed.
    """

    assets_wei: Wei
    share_price_wei: Wei
    idle_wei: Wei
    lent_wei: Wei
    tier1_wei: Wei
    locked_profit_wei: Wei
    waiting_wei: Wei
    uncollected_wei: Wei
    loans: tuple[LoanState, ...]
    adapters: tuple[AdapterState, ...]

    @property
    def free_wei(self) -> Wei:
        """Idle money that nobody waits for."""
        return Wei(max(self.idle_wei - self.waiting_wei, 0))

    @property
    def lendable_count(self) -> int:
        """How many more provers can borrow now."""
        room_wei = self.assets_wei * MAX_LENT_BPS // BPS - self.lent_wei
        return max(min(room_wei, self.free_wei), 0) // LOAN_WEI

    @property
    def fundable_wei(self) -> Wei:
        """What all adapters together can be given now; each has its own cap besides."""
        room_wei = self.assets_wei * MAX_ADAPTERS_BPS // BPS - self.tier1_wei
        return Wei(max(min(room_wei, self.free_wei), 0))


class PoolOperator(Client):
    """An account that operates the delegation vault; ``status``, ``settle`` and ``collect`` are open to all.

    Args:
        contracts: a deployment as the account sees it.
    """

    def __init__(self, contracts: Contracts) -> None:
        super().__init__(contracts)
        pool, start = contracts.delegation.address, self.deployment.block
        self._lent = Watch(self.connection, pool, [StakeLent], start)
        self._allowed = Watch(self.connection, pool, [AdapterAllowed], start)
        self._borrowers: dict[Address, None] = {}
        self._adapters: dict[Address, None] = {}

    def status(self) -> PoolStatus:
        """The whole pool now: money by place, open loans, adapters."""
        pool = self.contracts.delegation
        return PoolStatus(
            pool.total_assets(),
            pool.convert_to_assets(SHARE),
            pool.idle_wei(),
            self.contracts.vault.lent_wei(),
            pool.adapters_wei(),
            pool.locked_profit_wei(),
            pool.convert_to_assets(pool.waiting_shares()),
            self.contracts.splitter.pool_earning().delegators_claimable_wei,
            self.loans(),
            self.adapters(),
        )

    def loans(self) -> tuple[LoanState, ...]:
        """Open loans, in the order they were made."""
        pool, vault, provers = self.contracts.delegation, self.contracts.vault, self.contracts.provers
        for event in self._lent.new():
            if isinstance(event, StakeLent):
                self._borrowers.pop(event.prover, None)
                self._borrowers[event.prover] = None
        found = []
        for prover in list(self._borrowers):
            loan = pool.loan_of(prover)
            if not loan.out_wei:
                del self._borrowers[prover]
                continue
            stake, record = vault.stake_of(prover), provers.prover_of(provers.id_of(prover))
            found.append(
                LoanState(
                    prover,
                    loan.out_wei,
                    stake.sponsored_wei,
                    stake.locked_wei,
                    loan.fee_wei,
                    record.rating_ppm,
                    vault.is_idle(prover),
                    record.banned_until,
                )
            )
        return tuple(found)

    def adapters(self) -> tuple[AdapterState, ...]:
        """Every adapter that was ever allowed; the cap of one that may only give back is 0."""
        for event in self._allowed.new():
            if isinstance(event, AdapterAllowed):
                self._adapters[event.adapter] = None
        read = [(adapter, self.contracts.delegation.adapter_of(adapter)) for adapter in self._adapters]
        return tuple(AdapterState(adapter, state.cap_wei, state.value_wei) for adapter, state in read)

    # --- provers without stake

    def back(self, queue: int, backed: bool = True) -> None:
        """Lets lent stake cover bonds of a queue, or no longer.

        Borrowers can have it slashed there by failing: back queues whose circuit, key and penalty you trust.

        Raises:
            NotOperator.
        """
        self.contracts.delegation.back_queue(queue, backed)

    def allow(self, prover: str) -> None:
        """Lets a prover borrow without a fee, whatever its rating.

        Raises:
            NotOperator.
        """
        self.contracts.delegation.allow_prover(prover, True)

    def disallow(self, prover: str) -> None:
        """Takes the permission back; an open loan goes on.

        Raises:
            NotOperator.
        """
        self.contracts.delegation.allow_prover(prover, False)

    def recall(self, prover: str) -> Wei:
        """Takes back what of a loan covers no bond; returns how much came back.

        Raises:
            NoLoan, NothingToRecall.
            NotRecallable: the account is not the operator, and the loan is at work and has lost nothing.
        """
        returned = self.contracts.delegation.recall(prover).events_of(StakeReturned)
        return Wei(sum(event.amount_wei for event in returned))

    def recall_idle(self) -> dict[Address, Wei]:
        """Recalls from every prover that is idle or banned or has lost some; says what came from whom.

        Loans that still cover bonds are left for later.
        """
        back = {}
        for loan in self.loans():
            if loan.idle or loan.lost_wei or loan.banned_until >= self.connection.timestamp():
                try:
                    back[loan.prover] = self.recall(loan.prover)
                except (LoanCoversBonds, NothingToRecall, NotRecallable):
                    continue
        return back

    # --- tier 1

    def fund(self, adapter: str, amount_wei: int) -> AdapterState:
        """Moves idle money to an adapter; returns the adapter after it.

        Raises:
            NotOperator, NotAdapter, AmountZero, AdapterCapExceeded, AdaptersCapExceeded, FreeIdleTooLow.
        """
        self.contracts.delegation.fund(adapter, amount_wei)
        return self._adapter(adapter)

    def mark(self, adapter: str) -> AdapterState:
        """Looks what an adapter is worth: a loss counts at once, a gain unlocks over a day.

        Returns:
            The adapter after it; an adapter that does not answer keeps its value.
        Raises:
            NotAdapter, GasShort.
        """
        for event in self.contracts.delegation.mark(adapter).events_of(AdapterMarked):
            return AdapterState(event.adapter, self._adapter(adapter).cap_wei, event.new_wei)
        return self._adapter(adapter)

    def tier1_state(
        self, adapter: str, market: Tier1Market, proof_seconds: int, cost_wei: int | None = None
    ) -> PoolState:
        """What the pool has to offer a tier-1 project now: stake there, provers' slots, cover and record.

        Args:
            adapter: a ``TaikoAdapter``.
            market: the project; its window is what provers have to be in time for.
            proof_seconds: how long a proof takes.
            cost_wei: what one costs the pool; by default the base fee, its price if nobody else bids.
        """
        into = TaikoAdapter(self.connection, Address(adapter))
        queue = into.queue()
        base_fee_wei = self.contracts.market.base_fee_of(queue)
        registered, terms = self.contracts.projects.current(queue)
        carries = self.contracts.projects.carrier_of(queue).lower() == adapter.lower()
        candidates = self.contracts.provers.candidates(queue, registered.min_rating_ppm)
        cover = self.contracts.vault.free_cover_of(queue, [one.account for one in candidates])
        ready = [one for one, free_wei in zip(candidates, cover, strict=True) if free_wei]
        free = sum(one.free_capacity for one in ready)
        busy = sum(seat.in_flight for seat in self.contracts.provers.seats_of(queue))
        delay = ROUND_SECONDS + proof_seconds
        return PoolState(
            stake_units=into.stake_state().staked_units,
            cost_wei=base_fee_wei if cost_wei is None else Wei(cost_wei),
            proof_seconds=proof_seconds,
            on_time_ppm=pool_on_time([one.rating_ppm for one in ready], delay, market.window_seconds),
            slot_count=free + busy,
            cover_wei=Wei(sum(cover)),
            base_fee_wei=base_fee_wei,
            bond_penalty_wei=terms.tier1_penalty_wei if carries else NO_WEI,
            busy_count=busy,
        )

    def choose_offer(
        self, adapter: str, market: Tier1Market, proof_seconds: int, cost_wei: int | None = None
    ) -> OfferForecast:
        """The offer to a tier-1 project that is expected to earn the pool most; arguments as ``tier1_state``.

        Raises:
            NothingWorthOffering: no offer earns anything; better ask for the stake back.
        """
        return choose_tier1_offer(market, self.tier1_state(adapter, market, proof_seconds, cost_wei))

    def set_offer(self, adapter: str, offer: OfferForecast) -> None:
        """Makes an offer: tells it the adapter, which bids up to what a job is worth, and tier 1.

        Raises:
            NotOperator, CapacityTooHigh, Tier1CallFailed.
        """
        into = TaikoAdapter(self.connection, Address(adapter), self.account)
        into.set_offer(offer.reward_per_gas, offer.capacity, offer.bid_wei)
        into.stake(0)

    def _adapter(self, adapter: str) -> AdapterState:
        state = self.contracts.delegation.adapter_of(adapter)
        return AdapterState(Address(adapter), state.cap_wei, state.value_wei)

    # --- delegators

    def settle(self, limit: int = WALK_LIMIT) -> Wei:
        """Pays mature requests as credits, first in, first out; returns what was paid, 0 if none is due."""
        settled = self.contracts.delegation.settle_requests(limit).events_of(RequestSettled)
        return Wei(sum(event.amount_wei for event in settled))

    def collect(self) -> Wei:
        """Takes the delegators' part of the rewards in; returns how much it was.

        Raises:
            NothingToClaim, TooFewShares.
        """
        return self.contracts.delegation.collect().event(ProfitCollected).amount_wei
