"""Published prover software in memory: what is refused first."""

from __future__ import annotations

import pytest

from zkpool_sdk.economics.accelerators import MAX_KEYS, MAX_SHARE_BPS, AcceleratorRegistry
from zkpool_sdk.errors import EmptyRelease, ShareTooHigh
from zkpool_sdk.models import Address

MAKER = Address("0x" + "a1" * 20)


def test_register__empty_and_too_dear__is_refused_as_the_contract_refuses_it() -> None:
    """The twin once looked at the share first; the contract says first that there is nothing to download."""
    registry, keys = AcceleratorRegistry(), [bytes(32)] * (MAX_KEYS + 1)
    with pytest.raises(EmptyRelease):
        registry.register(MAKER, bytes(32), "groth16", keys, MAX_SHARE_BPS + 1)
    with pytest.raises(ShareTooHigh):
        registry.register(MAKER, bytes(31) + b"1", "groth16", keys, MAX_SHARE_BPS + 1)
