"""The stake vault in memory: stake, bonds, decay, slashing, unbonding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics import decay, slash
from zkpool_sdk.economics.token import Token
from zkpool_sdk.errors import (
    AmountZero,
    BondExceedsFreeStake,
    CoversBonds,
    NothingUnbonding,
    PartialExitTooDeep,
    StillUnbonding,
    UnstakeExceedsStake,
)
from zkpool_sdk.models import Address, Fault, SlashParts, Stake
from zkpool_sdk.units import DAY, HOUR, UINT256_MAX, WEI_PER_ZK, Timestamp, Wei

ENTRY_STAKE_WEI: Final = Wei(32 * WEI_PER_ZK)
STAYING_STAKE_WEI: Final = decay.FLOOR_WEI
UNBONDING_SECONDS: Final = 7 * DAY


class StakeVault:
    """Every prover's stake and the bonds locked from it. Each write settles decay first."""

    def __init__(
        self, token: Token, address: Address, insurance: Address, uses_market_time: bool = False
    ) -> None:
        self.token = token
        self.address = address
        self.insurance = insurance
        self.uses_market_time = uses_market_time
        self.stakes: dict[Address, Stake] = {}
        self.market_clock = 0
        self.market_clock_at = 0
        self.decayed_wei = 0

    def clock(self, now: int) -> int:
        """Time that decay is counted by: wall time, or market time where the deployment chose so."""
        return self.market_clock if self.uses_market_time else now

    def stake_of(self, prover: Address, now: int) -> Stake:
        """A prover's stake as it would be if settled now."""
        return self._settled(prover, now)[0]

    def is_active(self, prover: Address, now: int) -> bool:
        """Whether a prover may get new tasks."""
        return self.stake_of(prover, now).active

    def free_cover_of(self, prover: Address, now: int) -> Wei:
        """What can cover new bonds: own + sponsored - locked, decayed to now; 0 unless active."""
        settled = self.stake_of(prover, now)
        return settled.free_wei if settled.active else Wei(0)

    def stake(self, prover: Address, amount_wei: int, now: int) -> None:
        """Adds to a prover's stake; at 32 ZK the prover becomes active.

        Raises:
            AmountZero, ERC20InsufficientBalance.
        """
        if amount_wei == 0:
            raise AmountZero()
        self.token.check(prover, amount_wei)
        s = self._settle(prover, now)
        s = replace(s, own_wei=Wei(s.own_wei + amount_wei))
        if not s.active and s.own_wei + s.sponsored_wei >= ENTRY_STAKE_WEI:
            s = replace(s, active=True, decays_from=self._grace_ends(now))
        self.stakes[prover] = s
        self.token.transfer(prover, self.address, amount_wei)

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

    def release_bond(self, prover: Address, bond_wei: int, now: int) -> None:
        """Releases the bond of a proven task and restarts the prover's idle clock; the market's power."""
        s = self._settle(prover, now)
        self.stakes[prover] = replace(
            s, locked_wei=Wei(s.locked_wei - bond_wei), decays_from=self._grace_ends(now)
        )

    def slash(
        self,
        prover: Address,
        bond_wei: int,
        fault: Fault,
        price_wei: int,
        has_keeper: bool,
        market: Address,
        now: int,
    ) -> SlashParts:
        """Slashes a bond; requester's and keeper's parts go to the market, the rest to insurance.

        Args:
            price_wei: upper bound of the requester's compensation.
        Source:
            PROTOCOL.md, "Slashing".
        """
        s = self._settle(prover, now)
        demanded_wei = slash.invalid(bond_wei, s.own_wei) if fault == Fault.INVALID else bond_wei
        slashed_wei = slash.capped(demanded_wei, s.slashable_wei, s.locked_wei, bond_wei)
        parts = slash.waterfall(slashed_wei, 0, price_wei, False, has_keeper)
        own, unbonding, sponsored = slash.take(slashed_wei, s.own_wei, s.unbonding_wei)
        s = replace(
            s,
            own_wei=Wei(s.own_wei - own),
            unbonding_wei=Wei(s.unbonding_wei - unbonding),
            sponsored_wei=Wei(s.sponsored_wei - sponsored),
            locked_wei=Wei(s.locked_wei - bond_wei),
        )
        stays = s.own_wei + s.sponsored_wei >= STAYING_STAKE_WEI
        self.stakes[prover] = replace(s, active=s.active and stays)
        self.token.transfer(self.address, self.insurance, parts.insurance_wei)
        self.token.transfer(self.address, market, parts.requester_wei + parts.keeper_wei)
        return SlashParts(
            slashed_wei,
            parts.tier1_wei,
            parts.requester_wei,
            parts.rescuer_wei,
            parts.keeper_wei,
            parts.insurance_wei,
        )

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

    def _grace_ends(self, now: int) -> Timestamp:
        return Timestamp(self.clock(now) + decay.GRACE_SECONDS)

    def _settled(self, prover: Address, now: int) -> tuple[Stake, int]:
        s = self.stakes.get(prover, Stake())
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
