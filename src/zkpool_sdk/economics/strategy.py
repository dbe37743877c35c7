"""Price competition: what the pool offers a tier-1 project, and what a requester bids and when.

Both answers come from a small search over what is admissible, in integers, and say what they expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final, Self

from zkpool_sdk.economics import base_fee, bidding
from zkpool_sdk.economics.tier1 import (
    CAPACITY_LIMIT,
    REWARD_STEPS,
    NothingWorthOffering,
    OfferForecast,
    PoolState,
    Tier1Market,
    is_covered,
    value_of,
)
from zkpool_sdk.models import NO_WEI, Bid, ClearingResult
from zkpool_sdk.units import PPM, Ppm, Wei, format_zk

# --- the pool's offer to tier 1


def tier1_offers(market: Tier1Market, pool: PoolState) -> Iterator[OfferForecast]:
    """Every admissible offer on the grid: rewards between the clamps, capacities that bonds cover.

    Raises:
        NothingWorthOffering: the pool gets no seat, or has no slot left.
    """
    least, most = market.reward_bounds
    for reward in sorted({least + (most - least) * step // REWARD_STEPS for step in range(REWARD_STEPS + 1)}):
        for capacity in range(1, CAPACITY_LIMIT + 1):
            offer = value_of(market, pool, reward, capacity)
            if is_covered(market, pool, offer):
                yield offer


def choose_tier1_offer(market: Tier1Market, pool: PoolState) -> OfferForecast:
    """The offer to tier 1 with the greatest expected profit per second; of equals the smallest.

    Raises:
        NothingWorthOffering: no seat, no slot, no cover for one job, or no offer brings more than it costs.
    """
    best = max(
        tier1_offers(market, pool),
        key=lambda offer: (offer.profit_per_second_wei, -offer.capacity, -offer.reward_per_gas),
        default=None,
    )
    if best is None:
        raise NothingWorthOffering("bonds do not cover a single job")
    if best.profit_wei < 0 or best.profit_per_second_wei <= 0:
        raise NothingWorthOffering(f"at best a job brings {format_zk(best.profit_wei, 9)} ZK")
    return best


# --- the requester's bid

DEFAULT_CONFIDENCE_PPM: Final = Ppm(900_000)
BALANCED_PPM: Final = Ppm(base_fee.TARGET_PPM)


@unique
class BidAction(Enum):
    """What to do this round."""

    BID = "bid"
    WAIT = "wait"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True)
class EndedRound:
    """What a clearing sold: base fee, slots, the winning bids by position, and E after it."""

    base_fee_wei: Wei
    slot_count: int
    bids_wei: tuple[Wei, ...]
    excess: int

    @classmethod
    def of(cls, result: ClearingResult) -> Self:
        """The round a clearing has ended."""
        bids = tuple(Wei(one.price_wei + one.refund_wei) for one in result.assignments)
        return cls(result.base_fee_wei, result.slot_count, bids, result.excess)


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round that is over: base fee, least bid that would have won the position, and pressure q."""

    base_fee_wei: Wei
    entry_wei: Wei
    pressure_ppm: Ppm = BALANCED_PPM


@dataclass(frozen=True, slots=True)
class BidChoice:
    """What to bid, or to wait.

    Attributes:
        action: bid now, wait for the next round and choose again, or leave it: nothing is to be had below its
            value in the time there is.
        bid_wei: what to bid now; 0 unless ``BID``.
        limit_wei: the most worth paying now: the value, less what coming rounds are expected to leave of it.
        least_wei: the least bid that wins now as the book stands; ``None`` without slots.
        position: what ``bid_wei`` wins as the book stands; 0 unless ``BID``.
        price_wei: what it pays if the round ends so; 0 unless ``BID``.
        surplus_wei: what is left of the value: for ``BID`` if the round ends so, for ``WAIT`` as expected.
        forecasts_wei: what the position is expected to take in each coming round, the next one first.
    """

    action: BidAction
    bid_wei: Wei
    limit_wei: Wei
    least_wei: Wei | None
    position: int
    price_wei: Wei
    surplus_wei: Wei
    forecasts_wei: tuple[Wei, ...] = field(default=(), repr=False)

    def explain(self) -> str:
        """The choice in one sentence."""
        if self.action is BidAction.BID:
            return (
                f"bid {format_zk(self.bid_wei)} ZK: position {self.position} for "
                f"{format_zk(self.price_wei)}, {format_zk(self.surplus_wei)} below its value"
            )
        now = "no slot is free" if self.least_wei is None else f"it takes {format_zk(self.least_wei)} ZK now"
        if self.action is BidAction.WAIT:
            return f"wait: {now}, and waiting is expected to leave {format_zk(self.surplus_wei)} of the value"
        return f"leave it: {now}, and no round in time is expected to cost less than the proof is worth"


def choose_bid(
    book: Iterable[int | Bid],
    slot_count: int,
    base_fee_wei: int,
    value_wei: int,
    *,
    rounds_left: int = 0,
    position: int | None = None,
    history: Sequence[PastRound] = (),
    wait_cost_wei: int = 0,
    confidence_ppm: int = DEFAULT_CONFIDENCE_PPM,
    clears_at: int | None = None,
) -> BidChoice:
    """What to bid for a proof that is worth ``value_wei``, and whether to wait.

    The bid is the least that wins the position in the book as it stands, raised so that it would also have
    won ``confidence_ppm`` of the past rounds; but never above what is worth paying now, which is the value
    less what the coming rounds are expected to leave of it (an optimal stopping problem, solved from the last
    round back, over the base fee's own rule and what the position took in the past).

    Args:
        book, slot_count, base_fee_wei, clears_at: as for ``bidding.suggest_bid``.
        value_wei: what the proof is worth.
        rounds_left: rounds after this one in which the proof would still be of use.
        position: wanted, 1 is the best; ``None`` takes any.
        history: rounds that are over, in any order, see ``past_rounds``.
        wait_cost_wei: what the proof loses in worth with each round.
        confidence_ppm: how sure the bid should be where it may be raised.
    Raises:
        NoSuchPosition: the round sells fewer positions.
    """
    bids = list(book)
    least: bidding.Quote | None = None
    if slot_count:
        wanted = slot_count if position is None else position
        least = bidding.quote_for(bids, slot_count, base_fee_wei, wanted, clears_at)
    floors = _base_fees_ahead(
        base_fee_wei, bidding.pressure(bids, slot_count, base_fee_wei, clears_at), rounds_left, history
    )
    entries = sorted(_ratio(past.entry_wei, past.base_fee_wei) for past in history)
    seen = entries or [_ratio(least.price_wei, base_fee_wei) if least else PPM]
    worth_wei = _worth_of_waiting(value_wei, floors, seen, wait_cost_wei)
    limit_wei = value_wei - worth_wei
    forecasts = tuple(Wei(_times(floor_wei, seen[len(seen) // 2])) for floor_wei in floors)
    known = least.bid_wei if least else None
    if least and least.bid_wei <= limit_wei:
        sure_wei = _times(base_fee_wei, _covering(entries, confidence_ppm))
        bid_wei = min(limit_wei, max(least.bid_wei, sure_wei))
        won = bidding.outcome(bids, slot_count, base_fee_wei, bid_wei, clears_at) or least
        left_wei = Wei(value_wei - won.price_wei)
        return BidChoice(
            BidAction.BID,
            won.bid_wei,
            Wei(limit_wei),
            known,
            won.position,
            won.price_wei,
            left_wei,
            forecasts,
        )
    action = BidAction.WAIT if worth_wei else BidAction.ABSTAIN
    return BidChoice(action, NO_WEI, Wei(limit_wei), known, 0, NO_WEI, Wei(worth_wei), forecasts)


def past_rounds(rounds: Iterable[EndedRound], position: int | None = None) -> list[PastRound]:
    """Rounds that are over as ``choose_bid`` reads them; those that sold no such position are left out.

    Args:
        rounds: what each clearing sold. position: as for ``choose_bid``.
    """
    found = []
    for ended in rounds:
        wanted = ended.slot_count if position is None else position
        if not 1 <= wanted <= ended.slot_count:
            continue
        taken = wanted <= len(ended.bids_wei)
        entry_wei = Wei(ended.bids_wei[wanted - 1] + 1) if taken else ended.base_fee_wei
        moved = ended.excess - _excess_of(ended.base_fee_wei) + base_fee.TARGET_PPM
        found.append(PastRound(ended.base_fee_wei, entry_wei, Ppm(min(max(moved, 0), 2 * PPM))))
    return found


def _base_fees_ahead(
    base_fee_wei: int, pressure_ppm: int, rounds: int, history: Sequence[PastRound]
) -> list[int]:
    """The base fee in each of the coming rounds.

    The first step is certain for the book as it stands; then demand is as in the past, or in balance.
    """
    pressures = [past.pressure_ppm for past in history]
    steady = sum(pressures) // len(pressures) if pressures else base_fee.TARGET_PPM
    excess = start = _excess_of(base_fee_wei)
    found = []
    for _ in range(rounds):
        excess, pressure_ppm = base_fee.next_excess(excess, pressure_ppm), steady
        found.append(-(-base_fee_wei * base_fee.base_fee(excess) // base_fee.base_fee(start)))
    return found


def _worth_of_waiting(
    value_wei: int, floors_wei: Sequence[int], ratios_ppm: Sequence[int], wait_cost_wei: int
) -> int:
    """What the coming rounds are expected to leave of the value, if each is bid in only as far as it pays."""
    worth_wei = 0
    for rounds, floor_wei in reversed(list(enumerate(floors_wei, 1))):
        here_wei = value_wei - rounds * wait_cost_wei
        worth_wei = sum(max(here_wei - _times(floor_wei, ratio), worth_wei) for ratio in ratios_ppm)
        worth_wei //= len(ratios_ppm)
    return worth_wei


def _covering(entries_ppm: Sequence[int], confidence_ppm: int) -> int:
    """Least multiple of the base fee, in ppm, that wins this part of the past rounds; 0 without any."""
    needed = -(-len(entries_ppm) * confidence_ppm // PPM)
    return entries_ppm[needed - 1] if needed else 0


def _ratio(amount_wei: int, base_fee_wei: int) -> int:
    """An amount in ppm of the base fee, rounded up."""
    return -(-amount_wei * PPM // base_fee_wei)


def _times(base_fee_wei: int, ratio_ppm: int) -> int:
    """A multiple of the base fee, rounded up."""
    return -(-base_fee_wei * ratio_ppm // PPM)


def _excess_of(base_fee_wei: int) -> int:
    """Least E whose base fee is at least ``base_fee_wei``; the base fee grows with every step of E."""
    low, high = 0, base_fee.EXCESS_MAX
    while low < high:
        middle = (low + high) // 2
        if base_fee.base_fee(middle) >= base_fee_wei:
            high = middle
        else:
            low = middle + 1
    return low
