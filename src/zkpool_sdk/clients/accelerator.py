"""The accelerator: publishes prover software and earns a declared part of its users' rewards."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.events import AcceleratorRegistered
from zkpool_sdk.chain.history import Watch, topic_of_address
from zkpool_sdk.clients.base import Earner
from zkpool_sdk.clients.errors import ReleaseDiffers
from zkpool_sdk.clients.keys import key_of
from zkpool_sdk.models import Accelerator as Release
from zkpool_sdk.models import AcceleratorId

if TYPE_CHECKING:
    from zkpool_sdk.proving import Circuit

GROTH16: Final = "groth16"


class Accelerator(Earner):
    """An account that publishes prover software.

    Args:
        contracts: a deployment as the account sees it.
    """

    def __init__(self, contracts: Contracts) -> None:
        super().__init__(contracts)
        self._registered = Watch(
            self.connection,
            contracts.accelerators.address,
            [AcceleratorRegistered],
            self.deployment.block,
            [None, [topic_of_address(self.address)]],
        )
        self._own: dict[AcceleratorId, None] = {}

    def register(
        self,
        file: str | os.PathLike[str],
        share_bps: int,
        uri: str,
        *,
        circuits: Sequence[Circuit | str | bytes] = (),
        system: str = GROTH16,
    ) -> AcceleratorId:
        """Publishes a release; returns its id. The account owns it and is paid.

        Args:
            file: what users download; its SHA-256 goes on chain.
            share_bps: of what its users are paid, at most 2,000.
            uri: where to download it.
            circuits: which it proves: circuits, their names, or 32-byte hashes of verifying keys; none for
                every circuit of the system.
            system: the proving system.
        Raises:
            ShareTooHigh, TooManyKeys, CircuitNotFound.
        """
        keys = [self._key(circuit) for circuit in circuits]
        receipt = self.contracts.accelerators.register(content_hash(file), system, keys, share_bps, uri)
        return receipt.event(AcceleratorRegistered).accelerator

    def retire(self, release: int) -> None:
        """Takes no new users; who uses the release goes on, and pays.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner.
        """
        self.contracts.accelerators.retire(release)

    def set_payout(self, release: int, payout: str) -> None:
        """Moves who is credited from now on; what was credited before stays where it is.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner, ZeroAddress.
        """
        self.contracts.accelerators.set_payout(release, payout)

    def release(self, release: int) -> Release:
        """A release, anybody's.

        Raises:
            UnknownAccelerator.
        """
        return self.contracts.accelerators.accelerator_of(release)

    def releases(self) -> dict[AcceleratorId, Release]:
        """The releases this account has published, retired ones too."""
        for event in self._registered.new():
            if isinstance(event, AcceleratorRegistered):
                self._own[event.accelerator] = None
        return {number: self.release(number) for number in self._own}

    def _key(self, circuit: Circuit | str | bytes) -> bytes:
        if isinstance(circuit, bytes):
            return circuit
        from zkpool_sdk.proving import load_circuit

        return key_of(self.contracts, load_circuit(circuit) if isinstance(circuit, str) else circuit)


def content_hash(file: str | os.PathLike[str]) -> bytes:
    """SHA-256 of a release, 32 bytes, as ``sha256sum`` prints it."""
    with Path(file).open("rb") as release:
        return hashlib.file_digest(release, "sha256").digest()


def check_release(contracts: Contracts, release: int, file: str | os.PathLike[str]) -> Release:
    """What was published under a number, after checking that a downloaded file is that; for who runs it.

    Raises:
        ReleaseDiffers: it is another file. Do not run it.
        UnknownAccelerator.
    """
    found = contracts.accelerators.accelerator_of(release)
    got = content_hash(file)
    if got != found.content_hash:
        raise ReleaseDiffers(release, got.hex(), found.content_hash.hex())
    return found
