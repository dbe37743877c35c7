"""Ids, addresses, and what stands for none."""

from __future__ import annotations

from typing import Final, NewType

from zkpool_sdk.units import Bps, Timestamp, Wei

Address = NewType("Address", str)
"""An account: "0x" and 40 hexadecimal digits."""
ProjectId = NewType("ProjectId", int)
QueueId = NewType("QueueId", int)
ProverId = NewType("ProverId", int)
AcceleratorId = NewType("AcceleratorId", int)
TaskId = NewType("TaskId", bytes)
"""keccak256 of chain, market, queue, requester, statement hash and nonce; 32 bytes."""
NO_WEI: Final = Wei(0)
NEVER: Final = Timestamp(0)
NOBODY: Final = ProverId(0)
NO_ACCELERATOR: Final = AcceleratorId(0)
NO_BPS: Final = Bps(0)
ZERO_ADDRESS: Final = Address("0x" + "0" * 40)
JAILED_UNTIL: Final = Timestamp(2**32 - 1)
"""What ``Prover.banned_until`` says of a prover in jail."""
