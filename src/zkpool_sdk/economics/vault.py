"""The stake vault in memory: stake, bonds, decay, slashing, unbonding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from zkpool_sdk.economics import decay, slash
from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    AmountZero,
    BondExceedsFreeStake,
    CoversBonds,
    NothingToRecall,
    NothingUnbonding,
    NotSponsor,
    NotSponsorable,
    PartialExitTooDeep,
    StillUnbonding,
    UnstakeExceedsStake,
)
from zkpool_sdk.models import NO_WEI, ZERO_ADDRESS, Address, Fault, QueueId, SlashParts, Stake
from zkpool_sdk.units import DAY, HOUR, UINT256_MAX, WEI_PER_ZK, Timestamp, Wei

ENTRY_STAKE_WEI: Final = Wei(32 * WEI_PER_ZK)
STAYING_STAKE_WEI: Final = decay.FLOOR_WEI
UNBONDING_SECONDS: Final = 7 * DAY
NO_STAKE: Final = Stake()


@dataclass(frozen=True, slots=True)
class SlashOrder:
    """What the market wants slashed.

    ``bond_wei`` is no longer locked afterwards, whatever part of it is slashed; ``price_wei`` is the upper
    bound of the requester's compensation, ``tier1_loss_wei`` what tier 1 takes from who carries its penalty.
    """

    prover: Address
    bond_wei: Wei
    fault: Fault
    price_wei: Wei
    tier1_loss_wei: Wei = NO_WEI
    has_rescuer: bool = False
    has_keeper: bool = False


class StakeVault:
    """Every prover's stake and the bonds locked from it. Each write settles decay first."""

    def __init__(
        self, token: Token, address: Address, insurance: Address, uses_market_time: bool = False
    ) -> None:
        self.token = token
        self.address = address
        self.insurance = insurance
        self.uses_market_time = uses_market_time
        self.sponsor = ZERO_ADDRESS
        self.stakes: dict[Address, Stake] = {}
        self.market_clock = 0
        self.market_clock_at = 0
        self.decayed_wei = 0
        self.backed: set[QueueId] = set()

    def clock(self, now: int) -> int:
        """Time that decay is counted by: wall time, or market time where the deployment chose so."""
        return self.market_clock if self.uses_market_time else now

    def stake_of(self, prover: Address, now: int) -> Stake:
        """A prover's stake as it would be if settled now."""
        return self._settled(prover, now)[0]

    def is_active(self, prover: Address, now: int) -> bool:
        """Whether a prover may get new tasks."""
        return self.stake_of(prover, now).active

    def free_cover_of(self, queue: QueueId, prover: Address, now: int) -> Wei:
        """What can cover new bonds in a queue: own + sponsored - locked, decayed to now; 0 unless active.

        Lent stake counts only if the queue is backed.
        """
        settled = self.stake_of(prover, now)
        if not settled.active:
            return Wei(0)
        if queue not in self.backed:
            settled = replace(settled, sponsored_wei=Wei(0))
        return settled.free_wei

    def set_backed(self, caller: Address, queue: QueueId, backed: bool) -> None:
        """Says whether lent stake may cover bonds of a queue.

        Raises:
            NotSponsor.
        """
        self._only_sponsor(caller)
        (self.backed.add if backed else self.backed.discard)(queue)

    def is_idle(self, prover: Address, now: int) -> bool:
        """Whether a prover that was active once had no accepted proof for a day."""
        decays_from = self.stakes.get(prover, NO_STAKE).decays_from
        return decays_from != 0 and self.clock(now) >= decays_from

    def stake(self, prover: Address, amount_wei: int, now: int) -> None:
        """Adds to a prover's stake; at 32 ZK the prover becomes active.

        Raises:
            AmountZero, ERC20InsufficientBalance.
        """
        self.stake_for(prover, prover, amount_wei, now)

    def stake_for(self, payer: Address, prover: Address, amount_wei: int, now: int) -> None:
        """Adds the payer's tokens to a prover's stake.

        Raises:
            AmountZero, ERC20InsufficientBalance.
        """
        if amount_wei == 0:
            raise AmountZero()
        self.token.check(payer, amount_wei)
        s = self._settle(prover, now)
        self.stakes[prover] = self._activated(replace(s, own_wei=Wei(s.own_wei + amount_wei)), now)
        self.token.transfer(payer, self.address, amount_wei)

    def lend(self, caller: Address, prover: Address, amount_wei: int, now: int) -> None:
        """Lends the sponsor's tokens to a prover as stake.

        Raises:
            NotSponsor, AmountZero, NotSponsorable, ERC20InsufficientBalance.
        """
        self._only_sponsor(caller)
        if amount_wei == 0:
            raise AmountZero()
        s = self.stake_of(prover, now)
        if s.locked_wei or s.active or s.sponsored_wei:
            raise NotSponsorable(prover)
        self.token.check(caller, amount_wei)
        s = self._settle(prover, now)
        self.stakes[prover] = self._activated(_lent(s, amount_wei), now)
        self.token.transfer(caller, self.address, amount_wei)

    def recall(self, caller: Address, prover: Address, now: int) -> Wei:
        """Takes back what is lent and covers no bond; returns how much.

        Raises:
            NotSponsor, NothingToRecall.
        """
        self._only_sponsor(caller)
        s = self.stake_of(prover, now)
        paid_wei = Wei(min(s.sponsored_wei, s.slashable_wei - s.locked_wei))
        if paid_wei == 0:
            raise NothingToRecall(prover)
        self._settle(prover, now)
        s = _lent(s, s.sponsored_wei - paid_wei)
        entered = s.own_wei + s.sponsored_wei >= ENTRY_STAKE_WEI
        self.stakes[prover] = replace(s, active=s.active and entered)
        self.token.transfer(self.address, caller, paid_wei)
        return paid_wei

    def request_unstake(self, prover: Address, amount_wei: int, now: int) -> None:
        """Starts to leave with ``amount_wei``, ``UINT256_MAX`` for everything.

        The clock starts anew for all that is leaving.

        Raises:
            AmountZero, UnstakeExceedsStake, PartialExitTooDeep.
        """
        s = self.stake_of(prover, now)
        if amount_wei == UINT256_MAX:
            amount_wei = s.own_wei
        if amount_wei == 0:
            raise AmountZero()
        if amount_wei > s.own_wei:
            raise UnstakeExceedsStake(prover, amount_wei, s.own_wei)
        left_wei = s.own_wei - amount_wei + s.sponsored_wei
        if amount_wei != s.own_wei and left_wei < ENTRY_STAKE_WEI:
            raise PartialExitTooDeep(prover, left_wei, ENTRY_STAKE_WEI)
        self._settle(prover, now)
        self.stakes[prover] = replace(
            s,
            own_wei=Wei(s.own_wei - amount_wei),
            unbonding_wei=Wei(s.unbonding_wei + amount_wei),
            unbond_at=Timestamp(now + UNBONDING_SECONDS),
            active=s.active and left_wei >= STAYING_STAKE_WEI,
        )

    def finish_unstake(self, prover: Address, now: int) -> Wei:
        """Pays what has finished unbonding and covers no bond; returns how much.

        Raises:
            NothingUnbonding, StillUnbonding, CoversBonds.
        """
        s = self.stake_of(prover, now)
        if s.unbonding_wei == 0:
            raise NothingUnbonding(prover)
        if now < s.unbond_at:
            raise StillUnbonding(prover, now, s.unbond_at)
        paid_wei = Wei(min(s.unbonding_wei, s.slashable_wei - s.locked_wei))
        if paid_wei == 0:
            raise CoversBonds(prover, s.locked_wei)
        self._settle(prover, now)
        self.stakes[prover] = replace(s, unbonding_wei=Wei(s.unbonding_wei - paid_wei))
        self.token.transfer(self.address, prover, paid_wei)
        return paid_wei

    def settle(self, prover: Address, now: int) -> Wei:
        """Settles a prover's decay; anybody may, nobody gains. Returns what decayed."""
        before = self.decayed_wei
        self._settle(prover, now)
        return Wei(self.decayed_wei - before)

    def lock_bonds(self, bonds: Iterable[tuple[Address, int]], now: int) -> None:
        """Locks bonds, one entry a prover; the market's power.

        Raises:
            BondExceedsFreeStake: and nothing is locked.
        """
        wanted = list(bonds)
        for prover, bond_wei in wanted:
            free_wei = self.stake_of(prover, now).free_wei
            if bond_wei > free_wei:
                raise BondExceedsFreeStake(prover, bond_wei, free_wei)
        for prover, bond_wei in wanted:
            s = self._settle(prover, now)
            self.stakes[prover] = replace(s, locked_wei=Wei(s.locked_wei + bond_wei))

    def release_bond(self, prover: Address, bond_wei: int, now: int, *, worked: bool) -> bool:
        """Releases bonds; the market's power. Returns whether the prover works with lent stake.

        Args:
            worked: whether proofs were accepted, which restarts the prover's idle clock.
        """
        s = self._settle(prover, now)
        sponsored = s.sponsored
        s = _unlocked(s, bond_wei)
        self.stakes[prover] = replace(s, decays_from=self._grace_ends(now)) if worked else s
        return sponsored

    def slash(self, order: SlashOrder, market: Address, now: int) -> tuple[SlashParts, bool]:
        """Slashes a bond; all parts but insurance's go to the market.

        What comes out of lent stake pays tier 1's loss and then insurance, never anybody who could have
        arranged it.

        Returns:
            the parts, and whether the prover works with lent stake.
        Source:
            PROTOCOL.md, "Slashing".
        """
        s = self._settle(order.prover, now)
        bond_wei = order.bond_wei
        demanded_wei = {
            Fault.MISSED: bond_wei,
            Fault.INVALID: slash.invalid(bond_wei, s.own_wei),
            Fault.LATE: slash.late(bond_wei),
        }[order.fault]
        slashed_wei = slash.capped(demanded_wei, s.slashable_wei, s.locked_wei, bond_wei)
        own, unbonding, sponsored = slash.take(slashed_wei, s.own_wei, s.unbonding_wei)
        paid = slash.waterfall(
            slashed_wei - sponsored,
            order.tier1_loss_wei,
            order.price_wei,
            order.has_rescuer,
            order.has_keeper,
        )
        lent_to_tier1 = min(sponsored, order.tier1_loss_wei - paid.tier1_wei)
        parts = SlashParts(
            slashed_wei,
            Wei(paid.tier1_wei + lent_to_tier1),
            paid.requester_wei,
            paid.rescuer_wei,
            paid.keeper_wei,
            Wei(paid.insurance_wei + sponsored - lent_to_tier1),
        )
        was_sponsored = s.sponsored
        s = replace(
            _lent(s, s.sponsored_wei - sponsored),
            own_wei=Wei(s.own_wei - own),
            unbonding_wei=Wei(s.unbonding_wei - unbonding),
        )
        s = _unlocked(s, bond_wei)
        if order.fault == Fault.LATE:  # a proof was accepted all the same
            s = replace(s, decays_from=self._grace_ends(now))
        self.stakes[order.prover] = _staying(s)
        self.token.transfer(self.address, self.insurance, parts.insurance_wei)
        self.token.transfer(self.address, market, slashed_wei - parts.insurance_wei)
        return parts, was_sponsored

    def advance_clock(self, from_at: int, now: int) -> None:
        """Adds the time since ``from_at`` to a market-time clock, never counting a second twice."""
        since = max(from_at, self.market_clock_at)
        if now > since:
            self.market_clock += now - since
            self.market_clock_at = now

    @property
    def owed_wei(self) -> Wei:
        """All that the vault must be able to pay."""
        return Wei(sum(s.slashable_wei for s in self.stakes.values()))

    @property
    def lent_wei(self) -> Wei:
        """All stake that is lent now."""
        return Wei(sum(s.sponsored_wei for s in self.stakes.values()))

    def _only_sponsor(self, caller: Address) -> None:
        if caller != self.sponsor:
            raise NotSponsor(caller)

    def _activated(self, s: Stake, now: int) -> Stake:
        """The stake, active if it reaches the entry stake; an idle day starts anew then."""
        if s.active or s.own_wei + s.sponsored_wei < ENTRY_STAKE_WEI:
            return s
        return replace(s, active=True, decays_from=self._grace_ends(now))

    def _grace_ends(self, now: int) -> Timestamp:
        return Timestamp(self.clock(now) + decay.GRACE_SECONDS)

    def _settled(self, prover: Address, now: int) -> tuple[Stake, int]:
        s = self.stakes.get(prover, NO_STAKE)
        hours = decay.hours_due(self.clock(now), s.decays_from) if s.decays_from else 0
        if hours == 0:
            return s, 0
        floor = decay.floor_wei(s.locked_wei, s.unbonding_wei, s.sponsored_wei)
        own_wei = decay.decayed(s.own_wei, floor, hours)
        after = replace(s, own_wei=own_wei, decays_from=Timestamp(s.decays_from + hours * HOUR))
        return after, s.own_wei - own_wei

    def _settle(self, prover: Address, now: int) -> Stake:
        s, decayed_wei = self._settled(prover, now)
        self.stakes[prover] = s
        self.token.transfer(self.address, self.insurance, decayed_wei)
        self.decayed_wei += decayed_wei
        return s


def _lent(s: Stake, sponsored_wei: int) -> Stake:
    """The stake with another loan; one that is gone is remembered while tasks won with it are in flight."""
    remembered = sponsored_wei != 0 or (s.sponsored and s.locked_wei != 0)
    return replace(s, sponsored_wei=Wei(sponsored_wei), sponsored=remembered)


def _unlocked(s: Stake, bond_wei: int) -> Stake:
    """The stake with a bond less; with the last of them a loan that is gone is forgotten."""
    s = replace(s, locked_wei=Wei(s.locked_wei - bond_wei))
    return replace(s, sponsored=s.sponsored_wei != 0 or (s.sponsored and s.locked_wei != 0))


def _staying(s: Stake) -> Stake:
    """The stake, no longer active if it has fallen below the staying stake."""
    return replace(s, active=s.active and s.own_wei + s.sponsored_wei >= STAYING_STAKE_WEI)
