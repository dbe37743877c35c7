"""Price competition: what the pool offers a tier-1 project, and what a requester bids and when.

Both answers come from a small search over what is admissible, in integers, and say what they expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final

from zkpool_sdk.economics import auction, base_fee, bidding, rating
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Bid, ClearingResult
from zkpool_sdk.units import BPS, HOUR, PPM, RAY, Ppm, Seconds, Wei, format_zk

# --- tier 1: figures of Taiko Alpha-4

SEAT_LIMIT: Final = 32
"""Provers of a tier-1 project, by stake."""
CAPACITY_LIMIT: Final = 32
"""Most jobs at once that are tried."""
LEAST_REWARD_BPS: Final = 7_500
MOST_REWARD_BPS: Final = 12_500
"""What an offered reward per gas is clamped to, of the fee per gas."""
FIXED_GAS: Final = 20_000
"""Gas paid for a job beside what it used."""
DELAY_BPS: Final = 250
"""What a reward loses by a proof at the very end of the window."""
LEAST_WINDOW_SECONDS: Final = 600
MOST_WINDOW_SECONDS: Final = 5_400
STAKE_SLASH_BPS: Final = 25
"""Of the stake, shared by the capacity: what a missed job costs at least,"""
REWARD_SLASH_MULTIPLE: Final = 4
"""and at least this many rewards."""
REWARD_STEPS: Final = 50
"""Parts into which the span of rewards is cut."""


class NothingWorthOffering(ZKPoolError):
    """No offer to tier 1 earns anything; ``reason`` says what stands in the way."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"nothing to offer: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tier1Rival:
    """Another prover of the project, in units of its token; ``free_capacity`` 0 gets no jobs."""

    stake_units: int
    reward_per_gas: int
    free_capacity: int = 1


@dataclass(frozen=True, slots=True)
class Tier1Market:
    """A tier-1 project as the pool finds it.

    Attributes:
        rivals: its other provers.
        fee_per_gas: its fee per gas, in units of its token; positive.
        job_gas: gas of an average job.
        jobs_per_hour: jobs it hands out, to all provers together.
        average_delay_seconds: of proofs lately; sets the window.
        wei_per_unit: worth of a unit of its token, for a token of other decimals.
    """

    rivals: tuple[Tier1Rival, ...]
    fee_per_gas: int
    job_gas: int
    jobs_per_hour: int
    average_delay_seconds: int
    wei_per_unit: int = 1

    @property
    def window_seconds(self) -> Seconds:
        """Time for a proof: twice the average delay, between ten minutes and ninety."""
        return Seconds(min(max(2 * self.average_delay_seconds, LEAST_WINDOW_SECONDS), MOST_WINDOW_SECONDS))

    @property
    def reward_bounds(self) -> tuple[int, int]:
        """Least and greatest reward per gas that count."""
        fee = self.fee_per_gas
        return -(-fee * LEAST_REWARD_BPS // BPS), max(1, fee * MOST_REWARD_BPS // BPS)

    def clamped(self, reward_per_gas: int) -> int:
        """A reward per gas as the project counts it."""
        least, most = self.reward_bounds
        return min(max(reward_per_gas, least), most)

    def weight(self, stake_units: int, reward_per_gas: int) -> int:
        """Lots a prover has in each draw: its stake by the square of what it asks."""
        return max(1, stake_units // self.clamped(reward_per_gas) ** 2) if stake_units else 0

    def seats(self, stake_units: int) -> tuple[Tier1Rival, ...] | None:
        """Who is seated beside a prover of this stake; ``None`` if it gets no seat itself."""
        ranked = sorted(self.rivals, key=lambda rival: rival.stake_units, reverse=True)[:SEAT_LIMIT]
        if len(ranked) < SEAT_LIMIT:
            return tuple(ranked)
        return tuple(ranked[:-1]) if stake_units > ranked[-1].stake_units else None


@dataclass(frozen=True, slots=True)
class PoolState:
    """What the pool has to offer with.

    Attributes:
        stake_units: its stake in the project.
        cost_wei: what one proof costs the pool, late or not: the price in its own auction, and gas.
        proof_seconds: how long a proof takes.
        on_time_ppm: how likely a job that is started in time is proven, see ``pool_on_time``.
        slot_count: jobs its provers can do at once. busy_count: of these, taken by others now.
        cover_wei: stake of its provers that is free for bonds.
        base_fee_wei: B of the queue the jobs go into.
        wait_seconds: from the project's assignment to the round's end.
    """

    stake_units: int
    cost_wei: Wei
    proof_seconds: int
    on_time_ppm: Ppm
    slot_count: int
    cover_wei: Wei
    base_fee_wei: Wei
    busy_count: int = 0
    wait_seconds: int = base_fee.ROUND_SECONDS

    @property
    def free_count(self) -> int:
        """Slots that are left."""
        return max(self.slot_count - self.busy_count, 0)


@dataclass(frozen=True, slots=True)
class Tier1Offer:
    """An offer to tier 1 and what it is expected to do.

    Attributes:
        reward_per_gas, capacity: the offer; in units of the project's token, and jobs at once.
        share_ppm: of the project's jobs while the pool has capacity free.
        taken_ppm: of that share, what finds capacity free.
        on_time_ppm: how likely a job that is taken is proven in time.
        reward_wei: of a job in time. penalty_wei: of a late one. bond_wei: what its prover locks.
        cost_wei: as in ``PoolState``.
        profit_wei: of a job that is taken, penalties by their likelihood. profit_per_second_wei: of all jobs.
    """

    reward_per_gas: int
    capacity: int
    share_ppm: Ppm
    taken_ppm: Ppm
    on_time_ppm: Ppm
    reward_wei: Wei
    penalty_wei: Wei
    bond_wei: Wei
    cost_wei: Wei
    profit_wei: Wei
    profit_per_second_wei: Wei

    def explain(self) -> str:
        """The offer in one sentence."""
        return (
            f"{self.reward_per_gas} units per gas and {self.capacity} at once: {_percent(self.share_ppm)} of "
            f"the jobs, {_percent(self.taken_ppm)} of these taken, {_percent(self.on_time_ppm)} in time; "
            f"{format_zk(self.reward_wei)} ZK each for {format_zk(self.cost_wei)}, "
            f"{format_zk(self.penalty_wei)} if late: {format_zk(self.profit_per_second_wei, 9)} ZK a second"
        )


def on_time(rating_ppm: int, delay_seconds: int, window_seconds: int) -> Ppm:
    """How likely a prover of this rating is in time, at least.

    The rating is an average of marks: its usual mark for a proof in time, and 0 for one missed.

    Source:
        PROTOCOL.md, "Rating".
    """
    mark_ppm = PPM - rating.DELAY_PPM * min(delay_seconds, window_seconds) // window_seconds
    return Ppm(min(PPM, PPM * rating_ppm // mark_ppm))


def pool_on_time(ratings_ppm: Sequence[int], delay_seconds: int, window_seconds: int) -> Ppm:
    """How likely a job of the pool is in time: work goes to provers in proportion to their ratings.

    Args:
        ratings_ppm: of the provers that serve the queue; none at all is never in time.
    """
    total = sum(ratings_ppm)
    weighted = sum(each * on_time(each, delay_seconds, window_seconds) for each in ratings_ppm)
    return Ppm(weighted // total if total else 0)


def value_of(market: Tier1Market, pool: PoolState, reward_per_gas: int, capacity: int) -> Tier1Offer:
    """What an offer is expected to do.

    Jobs arrive at random by the pool's share, wait for a round's end and then for a free slot; one that finds
    the whole capacity taken goes to another prover (an M/M/f/c queue).

    Args:
        reward_per_gas: counted as the project clamps it. capacity: at least 1.
    Raises:
        NothingWorthOffering: the pool gets no seat, or has no slot left.
    Source:
        PROTOCOL.md, "Tier-1 adapters".
    """
    seated, free = market.seats(pool.stake_units), pool.free_count
    if seated is None:
        raise NothingWorthOffering("the stake wins no seat")
    if not free:
        raise NothingWorthOffering("every slot is taken")
    own = market.weight(pool.stake_units, reward_per_gas)
    others = sum(market.weight(r.stake_units, r.reward_per_gas) for r in seated if r.free_capacity)
    share_ppm = PPM * own // (own + others) if own else 0

    window = market.window_seconds
    held_seconds = pool.wait_seconds + pool.proof_seconds
    load_ppm = market.jobs_per_hour * share_ppm * held_seconds // HOUR
    weights = _queue_weights(load_ppm, free, capacity)
    delays = [pool.wait_seconds + (ahead // free + 1) * pool.proof_seconds for ahead in range(capacity)]
    taken = sum(weights[:-1])
    in_time = sum(weight for weight, delay in zip(weights, delays, strict=False) if delay <= window)
    waited = sum(weight * delay for weight, delay in zip(weights, delays, strict=False) if delay <= window)
    on_time_ppm = pool.on_time_ppm * in_time // taken

    gross = (FIXED_GAS + market.job_gas) * market.clamped(reward_per_gas)
    lost = -(-gross * DELAY_BPS * waited // (BPS * window * in_time)) if in_time else gross
    penalty = min(
        pool.stake_units,
        max(pool.stake_units * STAKE_SLASH_BPS // (BPS * capacity), REWARD_SLASH_MULTIPLE * gross),
    )
    reward_wei, penalty_wei = (gross - lost) * market.wei_per_unit, penalty * market.wei_per_unit
    profit_wei = (on_time_ppm * reward_wei - (PPM - on_time_ppm) * penalty_wei) // PPM - pool.cost_wei
    per_second_wei = profit_wei * market.jobs_per_hour * share_ppm * taken // (HOUR * PPM * sum(weights))
    return Tier1Offer(
        market.clamped(reward_per_gas),
        capacity,
        Ppm(share_ppm),
        Ppm(PPM * taken // sum(weights)),
        Ppm(on_time_ppm),
        Wei(reward_wei),
        Wei(penalty_wei),
        auction.bond(pool.base_fee_wei, penalty_wei),
        pool.cost_wei,
        Wei(profit_wei),
        Wei(per_second_wei),
    )


def is_covered(market: Tier1Market, pool: PoolState, offer: Tier1Offer) -> bool:
    """Whether every job of an offer can be late at once: provers' bonds and the pool's stake both suffice."""
    return (
        offer.capacity * offer.bond_wei <= pool.cover_wei
        and offer.capacity * offer.penalty_wei <= pool.stake_units * market.wei_per_unit
    )


def tier1_offers(market: Tier1Market, pool: PoolState) -> Iterator[Tier1Offer]:
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


def choose_tier1_offer(market: Tier1Market, pool: PoolState) -> Tier1Offer:
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


def _queue_weights(load_ppm: int, server_count: int, capacity: int) -> list[int]:
    """How often 0, 1 ... ``capacity`` jobs are in hand, in no particular unit."""
    weights = [RAY]
    for count in range(1, capacity + 1):
        weights.append(weights[-1] * load_ppm // (PPM * min(count, server_count)))
    return weights


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
class PastRound:
    """A round that is over: base fee, least bid that would have won the position, and pressure q."""

    base_fee_wei: Wei
    entry_wei: Wei
    pressure_ppm: Ppm = BALANCED_PPM


@dataclass(frozen=True, slots=True)
class BidChoice:
    """What to bid, or to wait for.

    Attributes:
        action: bid now, wait, or leave it: nothing is to be had below its value in the time there is.
        bid_wei: what to bid now; 0 unless ``BID``.
        least_wei: the least bid that wins now as the book stands; ``None`` without slots.
        position: what ``bid_wei`` wins as the book stands; 0 unless ``BID``.
        price_wei: what it pays if the round ends so; for ``WAIT`` what is expected of the round waited for.
        wait_rounds: rounds to wait; 0 unless ``WAIT``.
        surplus_wei: value less price, and less what waiting costs.
        forecasts_wei: what the position is expected to take in each coming round, the next one first.
    """

    action: BidAction
    bid_wei: Wei
    least_wei: Wei | None
    position: int
    price_wei: Wei
    wait_rounds: int
    surplus_wei: Wei
    forecasts_wei: tuple[Wei, ...] = field(default=(), repr=False)

    def explain(self) -> str:
        """The choice in one sentence."""
        if self.action is BidAction.BID:
            return (
                f"bid {format_zk(self.bid_wei)} ZK: position {self.position} for "
                f"{format_zk(self.price_wei)}, {format_zk(self.surplus_wei)} below its value"
            )
        if self.action is BidAction.WAIT:
            return f"wait {self.wait_rounds} rounds: about {format_zk(self.price_wei)} ZK is expected then"
        return "leave it: no round in time is expected to cost less than the proof is worth"


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

    The bid is the least that wins the position in the book as it stands, raised (never above the value) so
    that with ``confidence_ppm`` it would have won one of as many past rounds as there are left. It waits when
    a coming round is expected to be cheaper, by the base fee's rule and by what the position took before.

    Args:
        book, slot_count, base_fee_wei, clears_at: as for ``bidding.suggest_bid``.
        value_wei: what the proof is worth.
        rounds_left: rounds after this one in which the proof would still be of use.
        position: wanted, 1 is the best; ``None`` takes any.
        history: rounds that are over, in any order, see ``past_rounds``.
        wait_cost_wei: what the proof loses in worth with each round.
    Raises:
        NoSuchPosition: the round sells fewer positions.
    """
    bids = list(book)
    least: bidding.Quote | None = None
    if slot_count:
        wanted = slot_count if position is None else position
        least = bidding.quote_for(bids, slot_count, base_fee_wei, wanted, clears_at)
    ahead = _forecasts(bids, slot_count, base_fee_wei, least, rounds_left, history, clears_at)
    later = [(wei + rounds * wait_cost_wei, rounds) for rounds, wei in enumerate(ahead, 1)]
    cheapest, rounds = min(later, default=(value_wei + 1, 0))
    forecasts = tuple(map(Wei, ahead))
    if least and least.bid_wei <= value_wei and least.price_wei <= cheapest:
        margin = _covering(history, rounds_left + 1, confidence_ppm)
        bid_wei = min(value_wei, max(least.bid_wei, -(-base_fee_wei * margin // PPM)))
        won = bidding.outcome(bids, slot_count, base_fee_wei, bid_wei, clears_at)
        if won is not None:
            return BidChoice(
                BidAction.BID,
                won.bid_wei,
                least.bid_wei,
                won.position,
                won.price_wei,
                0,
                Wei(value_wei - won.price_wei),
                forecasts,
            )
    known = least.bid_wei if least else None
    if cheapest <= value_wei:
        price, surplus = Wei(ahead[rounds - 1]), Wei(value_wei - cheapest)
        return BidChoice(BidAction.WAIT, Wei(0), known, 0, price, rounds, surplus, forecasts)
    return BidChoice(BidAction.ABSTAIN, Wei(0), known, 0, Wei(0), 0, Wei(0), forecasts)


def past_rounds(results: Iterable[ClearingResult], position: int | None = None) -> list[PastRound]:
    """Rounds that are over as ``choose_bid`` reads them; those that sold no such position are left out.

    Args:
        results: what each clearing did. position: as for ``choose_bid``.
    """
    found = []
    for result in results:
        wanted = result.slot_count if position is None else position
        if not 1 <= wanted <= result.slot_count:
            continue
        entry_wei = result.base_fee_wei
        if wanted <= result.assigned_count:
            beaten = result.assignments[wanted - 1]
            entry_wei = Wei(beaten.price_wei + beaten.refund_wei + 1)
        moved = result.excess - _excess_of(result.base_fee_wei) + base_fee.TARGET_PPM
        pressure_ppm = Ppm(min(max(moved, 0), 2 * PPM))
        found.append(PastRound(result.base_fee_wei, entry_wei, pressure_ppm))
    return found


def _forecasts(
    bids: Sequence[int | Bid],
    slot_count: int,
    base_fee_wei: int,
    least: bidding.Quote | None,
    rounds: int,
    history: Sequence[PastRound],
    clears_at: int | None,
) -> list[int]:
    """What the position is expected to take in each of the coming rounds.

    The first step of the base fee is certain for the book as it stands; then demand is as in the past, or in
    balance.
    """
    entries = sorted(_ratio(past) for past in history)
    usual = -(-least.price_wei * PPM // base_fee_wei) if least else PPM
    if entries:
        usual = entries[len(entries) // 2]
    pressures = [past.pressure_ppm for past in history]
    steady = sum(pressures) // len(pressures) if pressures else base_fee.TARGET_PPM
    excess = start = _excess_of(base_fee_wei)
    next_ppm: int = bidding.pressure(bids, slot_count, base_fee_wei, clears_at)
    found = []
    for _ in range(rounds):
        excess, next_ppm = base_fee.next_excess(excess, next_ppm), steady
        floor_wei = -(-base_fee_wei * base_fee.base_fee(excess) // base_fee.base_fee(start))
        found.append(-(-floor_wei * usual // PPM))
    return found


def _covering(history: Sequence[PastRound], rounds: int, confidence_ppm: int) -> int:
    """Least multiple of the base fee, in ppm, that wins one of ``rounds`` with the confidence; or 0."""
    entries, count = [0, *sorted(_ratio(past) for past in history)], len(history)
    for covered, entry in enumerate(entries):
        if (count - covered) ** rounds * PPM <= (PPM - confidence_ppm) * count**rounds:
            return entry
    return entries[-1]


def _ratio(past: PastRound) -> int:
    return -(-past.entry_wei * PPM // past.base_fee_wei)


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


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.1f} %"
