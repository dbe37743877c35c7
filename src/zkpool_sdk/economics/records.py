"""How a prover's record moves in memory: rating, faults in a row, bans, jail and the way out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zkpool_sdk.economics import rating
from zkpool_sdk.economics.hot_keys import HotKeys
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.errors import NotJailed
from zkpool_sdk.models import JAILED_UNTIL, AcceleratorId, Address, Prover, ProverId, QueueId, Seat
from zkpool_sdk.units import WEI_PER_ZK, Bps, Ppm, Timestamp, Wei

FAILURES_MAX: Final = 2**8 - 1
SUCCESSES_MAX: Final = 2**24 - 1
JAIL_FEE_WEI: Final = Wei(WEI_PER_ZK)


class Records(HotKeys):
    """Seats with their tasks in flight, and what the end of each task means for its prover."""

    def __init__(self, vault: StakeVault) -> None:
        super().__init__()
        self.vault = vault
        self.seats: dict[QueueId, list[Seat]] = {}

    def record_proven(
        self,
        queue: QueueId,
        seat: int,
        prover: ProverId,
        delays_seconds: Sequence[int],
        windows_seconds: Sequence[int],
    ) -> tuple[AcceleratorId, Bps]:
        """Ends tasks with proofs in time; the market's power. Ends rows of faults and of declines.

        Returns:
            the accelerator of the seat and its share.
        """
        p = self.provers[prover]
        rating_ppm = p.rating_ppm
        for delay, window in zip(delays_seconds, windows_seconds, strict=True):
            rating_ppm = rating.on_time(rating_ppm, delay, window)
        self.provers[prover] = replace(
            p,
            rating_ppm=rating_ppm,
            failure_count=0,
            decline_count=0,
            success_count=min(p.success_count + len(delays_seconds), SUCCESSES_MAX),
        )
        return self._land(queue, seat, len(delays_seconds))

    def record_late(self, queue: QueueId, seat: int, prover: ProverId) -> tuple[AcceleratorId, Bps]:
        """Ends a task with a proof in its grace; the market's power. Neither a success nor a fault.

        Returns:
            the accelerator of the seat and its share.
        """
        p = self.provers[prover]
        self.provers[prover] = replace(p, rating_ppm=rating.late(p.rating_ppm))
        return self._land(queue, seat)

    def record_declined(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """Ends an assignment that the prover declined; the market's power. Three in a row are a fault."""
        p = self.provers[prover]
        p = replace(p, rating_ppm=rating.declined(p.rating_ppm), decline_count=p.decline_count + 1)
        if p.decline_count == rating.DECLINE_LIMIT:
            p = _faulted(replace(p, decline_count=0), p.rating_ppm, now)
        self.provers[prover] = p
        self._land(queue, seat)

    def record_void(self, queue: QueueId, seat: int) -> None:
        """Ends an assignment for which nobody is to blame; the market's power."""
        self._land(queue, seat)

    def record_missed(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """Ends a task with a missed window; the market's power."""
        p = self.provers[prover]
        self.provers[prover] = _faulted(p, rating.missed(p.rating_ppm), now)
        self._land(queue, seat)

    def record_invalid(self, queue: QueueId, seat: int, prover: ProverId, now: int) -> None:
        """Ends a task with an invalid proof; the market's power."""
        p = self.provers[prover]
        self.provers[prover] = _faulted(p, rating.invalid(p.rating_ppm), now)
        self._land(queue, seat)

    def leave_jail(self, account: Address, now: int) -> None:
        """Starts the way out of jail: 1 ZK to insurance, seven days, a rating of at most 300,000.

        Raises:
            NotRegistered, NotJailed, ERC20InsufficientBalance.
        """
        prover = self._id_of(account)
        p = self.provers[prover]
        if not p.jailed:
            raise NotJailed(prover)
        self.vault.token.transfer(account, self.vault.insurance, JAIL_FEE_WEI)
        self.provers[prover] = replace(
            p,
            rating_ppm=rating.after_jail(p.rating_ppm),
            failure_count=0,
            banned_until=Timestamp(now + rating.MAX_BAN_SECONDS),
        )

    def _land(self, queue: QueueId, index: int, count: int = 1) -> tuple[AcceleratorId, Bps]:
        seat = self.seats[queue][index]
        self.seats[queue][index] = replace(seat, in_flight=seat.in_flight - count)
        return seat.accelerator, seat.accelerator_bps


def _faulted(p: Prover, rating_ppm: Ppm, now: int) -> Prover:
    """The prover after one more fault: banned, or jailed; a ban never ends sooner for a new fault."""
    failures = min(p.failure_count + 1, FAILURES_MAX)
    until = JAILED_UNTIL if rating.jails(failures) else Timestamp(now + rating.ban_seconds(failures))
    return replace(p, rating_ppm=rating_ppm, failure_count=failures, banned_until=max(until, p.banned_until))
