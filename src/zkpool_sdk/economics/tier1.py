"""A tier-1 project with the prover rules of Taiko Alpha-4, and what the pool can expect of an offer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zkpool_sdk.economics import auction, base_fee, rating
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import NO_WEI
from zkpool_sdk.units import BPS, HOUR, PPM, RAY, Ppm, Seconds, Wei, format_zk

SEAT_LIMIT: Final = 32
"""Provers of a tier-1 project, by stake."""
CAPACITY_LIMIT: Final = 12
"""Most jobs at once: what the pool's adapter keeps track of."""
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
        bond_penalty_wei: what each bond there holds for a penalty of tier 1; the pool pays what is above it.
        wait_seconds: from the project's assignment to a round's end, at most.
    """

    stake_units: int
    cost_wei: Wei
    proof_seconds: int
    on_time_ppm: Ppm
    slot_count: int
    cover_wei: Wei
    base_fee_wei: Wei
    bond_penalty_wei: Wei = NO_WEI
    busy_count: int = 0
    wait_seconds: int = base_fee.ROUND_SECONDS

    @property
    def free_count(self) -> int:
        """Slots that are left."""
        return max(self.slot_count - self.busy_count, 0)


@dataclass(frozen=True, slots=True)
class OfferForecast:
    """An offer to tier 1, and what is expected of it.

    Attributes:
        reward_per_gas, capacity: the offer; in units of the project's token, and jobs at once.
        share_ppm: of the project's jobs while the pool has capacity free.
        taken_ppm: of that share, what finds capacity free.
        on_time_ppm: how likely a job that is taken is proven in time.
        reward_wei: of a job in time. penalty_wei: of a late one. bond_wei: what its prover locks.
        loss_wei: what of the penalty no bond repays.
        cost_wei: as in ``PoolState``.
        profit_wei: of a job that is taken, losses by their likelihood. profit_per_second_wei: of all jobs.
    """

    reward_per_gas: int
    capacity: int
    share_ppm: Ppm
    taken_ppm: Ppm
    on_time_ppm: Ppm
    reward_wei: Wei
    penalty_wei: Wei
    loss_wei: Wei
    bond_wei: Wei
    cost_wei: Wei
    profit_wei: Wei
    profit_per_second_wei: Wei

    @property
    def bid_wei(self) -> Wei:
        """The most a proof is worth to the pool once it has the job: the reward, and the penalty it saves."""
        return Wei(self.reward_wei + self.penalty_wei)

    def explain(self) -> str:
        """The offer in one sentence."""
        return (
            f"{self.reward_per_gas} units per gas, {self.capacity} at once: {_percent(self.share_ppm)} of "
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


def value_of(market: Tier1Market, pool: PoolState, reward_per_gas: int, capacity: int) -> OfferForecast:
    """What an offer is expected to do.

    Jobs arrive at random by the pool's share, wait for a round's end, on average half a round, and then for a
    free slot; one that finds the whole capacity taken goes to another prover (a queue of f servers behind a
    delay, with loss). A job counts as in time only if it would be after a whole round's wait, and with all
    jobs before it still to be started.

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
    waiting_ppm = market.jobs_per_hour * share_ppm * pool.wait_seconds // (2 * HOUR)
    proving_ppm = market.jobs_per_hour * share_ppm * pool.proof_seconds // HOUR
    weights = _queue_weights(waiting_ppm, proving_ppm, free, capacity)
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
    loss_wei = max(penalty_wei - pool.bond_penalty_wei, 0)
    profit_wei = (on_time_ppm * reward_wei - (PPM - on_time_ppm) * loss_wei) // PPM - pool.cost_wei
    per_second_wei = profit_wei * market.jobs_per_hour * share_ppm * taken // (HOUR * PPM * sum(weights))
    return OfferForecast(
        market.clamped(reward_per_gas),
        capacity,
        Ppm(share_ppm),
        Ppm(PPM * taken // sum(weights)),
        Ppm(on_time_ppm),
        Wei(reward_wei),
        Wei(penalty_wei),
        Wei(loss_wei),
        auction.bond(pool.base_fee_wei, pool.bond_penalty_wei),
        pool.cost_wei,
        Wei(profit_wei),
        Wei(per_second_wei),
    )


def is_covered(market: Tier1Market, pool: PoolState, offer: OfferForecast) -> bool:
    """Whether every job of an offer can be late at once: provers' bonds and the pool's stake both suffice."""
    return (
        offer.capacity * offer.bond_wei <= pool.cover_wei
        and offer.capacity * offer.penalty_wei <= pool.stake_units * market.wei_per_unit
    )


def _queue_weights(waiting_ppm: int, proving_ppm: int, server_count: int, capacity: int) -> list[int]:
    """How often 0, 1 ... ``capacity`` jobs are in hand, in no particular unit: product form of both stages.

    Args:
        waiting_ppm, proving_ppm: jobs in each stage if there were no limit to either.
    """
    waiting, proving = [RAY], [RAY]
    for count in range(1, capacity + 1):
        waiting.append(waiting[-1] * waiting_ppm // (PPM * count))
        proving.append(proving[-1] * proving_ppm // (PPM * min(count, server_count)))
    return [
        sum(waiting[first] * proving[held - first] for first in range(held + 1)) // RAY
        for held in range(capacity + 1)
    ]


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.1f} %"
