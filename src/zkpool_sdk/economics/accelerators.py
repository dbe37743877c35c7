"""Published prover software in memory, and what its makers ask of who uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zkpool_sdk.errors import (
    EmptyRelease,
    NotAcceleratorOwner,
    ShareTooHigh,
    TooManyKeys,
    UnknownAccelerator,
    ZeroAddress,
)
from zkpool_sdk.models import ZERO_ADDRESS, Accelerator, AcceleratorId, Address
from zkpool_sdk.units import Bps

MAX_SHARE_BPS: Final = Bps(2_000)
MAX_KEYS: Final = 32


class AcceleratorRegistry:
    """Releases of prover software. Nothing of one changes but where it is paid and whether it is offered."""

    def __init__(self) -> None:
        self.accelerators: dict[AcceleratorId, Accelerator] = {}

    def register(
        self,
        owner: Address,
        content_hash: bytes,
        system: str,
        keys: Sequence[bytes],
        share_bps: int,
        uri: str = "",
    ) -> AcceleratorId:
        """Publishes a release; the owner is paid.

        Args:
            content_hash: of what users download, 32 bytes.
            keys: verifying keys of the circuits it proves, none for all of the system.
        Raises:
            EmptyRelease, ShareTooHigh, TooManyKeys.
        """
        if content_hash == bytes(32):
            raise EmptyRelease()
        if share_bps > MAX_SHARE_BPS:
            raise ShareTooHigh(share_bps, MAX_SHARE_BPS)
        if len(keys) > MAX_KEYS:
            raise TooManyKeys(len(keys), MAX_KEYS)
        accelerator = AcceleratorId(len(self.accelerators) + 1)
        self.accelerators[accelerator] = Accelerator(
            owner, owner, Bps(share_bps), False, content_hash, system, uri, tuple(keys)
        )
        return accelerator

    def set_payout(self, caller: Address, accelerator: AcceleratorId, payout: Address) -> None:
        """Moves who is credited from now on.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner, ZeroAddress.
        """
        released = self._of_owner(caller, accelerator)
        if payout == ZERO_ADDRESS:
            raise ZeroAddress()
        self.accelerators[accelerator] = replace(released, payout=payout)

    def retire(self, caller: Address, accelerator: AcceleratorId) -> None:
        """Takes no new users; who uses it goes on.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner.
        """
        self.accelerators[accelerator] = replace(self._of_owner(caller, accelerator), retired=True)

    def accelerator_of(self, accelerator: AcceleratorId) -> Accelerator:
        """A release.

        Raises:
            UnknownAccelerator: there is none of this id.
        """
        if accelerator not in self.accelerators:
            raise UnknownAccelerator(accelerator)
        return self.accelerators[accelerator]

    def payout_of(self, accelerator: AcceleratorId) -> Address:
        """Who is credited.

        Raises:
            UnknownAccelerator: there is none of this id.
        """
        return self.accelerator_of(accelerator).payout

    def offer_of(self, accelerator: AcceleratorId, key: bytes) -> tuple[Bps, bool, bool]:
        """Its share, whether it is retired, and whether it proves circuits of a verifying key.

        Raises:
            UnknownAccelerator: there is none of this id.
        """
        released = self.accelerator_of(accelerator)
        return released.share_bps, released.retired, not released.keys or key in released.keys

    def _of_owner(self, caller: Address, accelerator: AcceleratorId) -> Accelerator:
        released = self.accelerator_of(accelerator)
        if released.owner != caller:
            raise NotAcceleratorOwner(accelerator, caller)
        return released
