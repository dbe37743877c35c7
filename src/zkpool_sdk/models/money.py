"""Stake, slashes, rewards and pooled stake; every amount is wei."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.models.ids import NEVER, NO_WEI, Address
from zkpool_sdk.units import Bps, Timestamp, Wei


@dataclass(frozen=True, slots=True)
class Stake:
    """A prover's stake. ``own_wei`` includes the bonds; ``unbonding_wei`` is leaving but still slashable.

    ``decays_from`` is on the decay clock: last accepted proof or activation, plus the day of grace and the
    hours charged. ``active``: reached the entry stake and has not fallen below the staying stake.
    ``sponsored_wei`` is lent by the pool; ``sponsored``: it is not zero.
    """

    own_wei: Wei = NO_WEI
    locked_wei: Wei = NO_WEI
    decays_from: Timestamp = NEVER
    active: bool = False
    sponsored: bool = False
    unbonding_wei: Wei = NO_WEI
    sponsored_wei: Wei = NO_WEI
    unbond_at: Timestamp = NEVER

    @property
    def slashable_wei(self) -> Wei:
        """All that a slash can reach."""
        return Wei(self.own_wei + self.unbonding_wei + self.sponsored_wei)

    @property
    def free_wei(self) -> Wei:
        """What can still cover new bonds."""
        return Wei(max(self.own_wei + self.sponsored_wei - self.locked_wei, 0))


@dataclass(frozen=True, slots=True)
class SlashParts:
    """Where a slash went; the parts sum to ``slashed_wei``."""

    slashed_wei: Wei
    tier1_wei: Wei
    requester_wei: Wei
    rescuer_wei: Wei
    keeper_wei: Wei
    insurance_wei: Wei


@dataclass(frozen=True, slots=True)
class Earning:
    """What an account has earned: of epochs that are over, and of ``pending_epoch``."""

    claimable_wei: Wei = NO_WEI
    pending_wei: Wei = NO_WEI
    pending_epoch: int = 0


@dataclass(frozen=True, slots=True)
class PoolEarning:
    """What treasury and delegators have earned: of ``pending_epoch``, and of epochs that are over."""

    treasury_pending_wei: Wei = NO_WEI
    delegators_pending_wei: Wei = NO_WEI
    pending_epoch: int = 0
    treasury_claimable_wei: Wei = NO_WEI
    delegators_claimable_wei: Wei = NO_WEI


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the split; a task assigned at or before ``changed_at`` keeps the previous ones.

    ``pool_bps`` is of the price, ``delegators_bps`` of the pool's part, ``sponsor_bps`` of the prover's side
    where the prover works with lent stake.
    """

    pool_bps: Bps
    delegators_bps: Bps
    sponsor_bps: Bps
    previous_pool_bps: Bps
    previous_delegators_bps: Bps
    previous_sponsor_bps: Bps
    changed_at: Timestamp


@dataclass(frozen=True, slots=True)
class Request:
    """Pooled shares that wait to be redeemed; no owner: paid, or never made."""

    owner: Address
    matures_at: Timestamp
    shares: int


@dataclass(frozen=True, slots=True)
class Loan:
    """Pooled stake lent to a prover, 0 for no loan, and the fee to return if everything comes back."""

    out_wei: Wei
    fee_wei: Wei


@dataclass(frozen=True, slots=True)
class Adapter:
    """A way into tier 1: up to which worth it is funded, and its worth when last looked at."""

    cap_wei: Wei
    value_wei: Wei
    known: bool
