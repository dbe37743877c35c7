"""The timelock: what a proposer schedules happens a delay later at the earliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Contract
from zkpool_sdk.units import Seconds

ADMIN_ROLE: Final = bytes(32)
PROPOSER_ROLE: Final = keccak(text="PROPOSER_ROLE")
EXECUTOR_ROLE: Final = keccak(text="EXECUTOR_ROLE")
CANCELLER_ROLE: Final = keccak(text="CANCELLER_ROLE")


@dataclass(frozen=True, slots=True)
class Operation:
    """Calls the timelock makes together, in order; ``salt`` tells equal operations apart."""

    targets: tuple[str, ...]
    calls: tuple[bytes, ...]
    salt: bytes

    @property
    def arguments(self) -> tuple[Sequence[str], Sequence[int], Sequence[bytes], bytes, bytes]:
        """Targets, values, calls, predecessor and salt, as the timelock takes them."""
        return self.targets, [0] * len(self.targets), self.calls, bytes(32), self.salt


class TimelockController(Contract):
    """``Timelock``, typed."""

    abi_name = "Timelock"

    def schedule(self, operation: Operation, delay_seconds: int) -> Receipt:
        """Schedules an operation; proposer only."""
        return self._send("scheduleBatch", *operation.arguments, delay_seconds)

    def execute(self, operation: Operation) -> Receipt:
        """Executes an operation whose delay is over; executor only.

        Raises:
            TimelockUnexpectedOperationState: it is not scheduled, not due, or done.
        """
        return self._send("executeBatch", *operation.arguments)

    def operation_id(self, operation: Operation) -> bytes:
        """The operation's id."""
        return bytes(self.try_call("hashOperationBatch", *operation.arguments))

    def is_scheduled(self, operation_id: bytes) -> bool:
        """Whether an operation was scheduled, be it done or not."""
        return bool(self.try_call("isOperation", operation_id))

    def is_done(self, operation_id: bytes) -> bool:
        """Whether an operation was executed."""
        return bool(self.try_call("isOperationDone", operation_id))

    def cancel(self, operation_id: bytes) -> Receipt:
        """Drops a scheduled operation; canceller only."""
        return self._send("cancel", operation_id)

    def min_delay(self) -> Seconds:
        """Least time between scheduling and executing."""
        return Seconds(self.try_call("getMinDelay"))

    def has_role(self, role: bytes, account: str) -> bool:
        """Whether an account has a role."""
        return bool(self.try_call("hasRole", role, account))

    def grant_role(self, role: bytes, account: str) -> Receipt:
        """Gives an account a role; admin only."""
        return self._send("grantRole", role, account)

    def revoke_role(self, role: bytes, account: str) -> Receipt:
        """Takes a role from an account; admin only."""
        return self._send("revokeRole", role, account)

    def renounce_role(self, role: bytes, account: str) -> Receipt:
        """Gives up the account's own role."""
        return self._send("renounceRole", role, account)
