"""An Ethereum chain in this process (revm, hard fork Prague); made from ``audit/engine``.

Addresses are 20 bytes or their hexadecimal text. Gas costs nothing, nonces are not checked, and any account
may send, contracts too. A number is that of a block; block 0 has no transactions.
"""

from collections.abc import Sequence

_Address = bytes | str

class Refusal(Exception):
    """A transaction that cannot be run: too little gas for its calldata, more value than its sender has."""

class Result:
    """What a transaction did.

    Attributes:
        ok: whether it succeeded.
        data: what it returned, or its error; nothing if it was halted. Of a creation: the code.
        gas_used: as a receipt says it.
        contract: address of the contract that was made.
        logs: address, topics and data of each; none if it failed.
        log_bytes: the logs in the order of their bytes: address, number of topics (a byte), topics, length of
            the data (four bytes), data.
        halt: why it was stopped, unless it ended or reverted by itself.
    """

    @property
    def ok(self) -> bool: ...
    @property
    def data(self) -> bytes: ...
    @property
    def gas_used(self) -> int: ...
    @property
    def contract(self) -> bytes | None: ...
    @property
    def logs(self) -> list[tuple[bytes, list[bytes], bytes]]: ...
    @property
    def log_bytes(self) -> bytes: ...
    @property
    def halt(self) -> str | None: ...

class Scenario:
    """Calls with what each must do, read once and run many times."""

    def __init__(
        self,
        calls: Sequence[tuple[_Address, _Address | None, bytes, int | None]],
        expected: Sequence[bytes | tuple[bool | None, bytes | None, bytes | None, bool] | None],
        watched: Sequence[_Address] | None = None,
    ) -> None:
        """Reads calls (sender, to, data, time) and what each must do.

        ``None``: anything. Bytes: succeed and return them. Otherwise (whether it succeeds, data, logs as
        ``Result.log_bytes`` writes them, whether it may fail without saying why), each of the first three
        ``None`` where it may be anything.

        Args:
            watched: contracts whose logs are compared; all by default.
        """

    def __len__(self) -> int: ...

class Evm:
    """A chain: one transaction a block."""

    MAGIC: int
    """The balance of address ``(MAGIC << 128) + id`` is 1 if ``id`` is the active mutant, else 0; the
    question costs 3 gas and is counted."""
    chain_id: int
    unlimited_code: bool
    """Whether contracts may be larger than 24,576 bytes."""
    active: int
    """Id of the active mutant; 0 for none."""

    def __init__(self, chain_id: int = 31_337, genesis_at: int = 1_800_000_000) -> None: ...
    @property
    def number(self) -> int:
        """Number of the last block."""

    @property
    def now(self) -> int:
        """Time of the last block."""

    def transact(
        self,
        sender: _Address,
        to: _Address | None,
        data: bytes,
        value: int = 0,
        gas: int = 30_000_000,
        at: int | None = None,
    ) -> Result:
        """Runs a transaction in a block of its own, a second after the last one unless a time is given.

        Raises:
            Refusal: it cannot be run; nothing has changed.
        """

    def call(
        self,
        sender: _Address,
        to: _Address | None,
        data: bytes,
        value: int = 0,
        gas: int = 30_000_000,
        at: int | None = None,
    ) -> Result:
        """What a call would do in the last block, or in a block of its own at a given time.

        Raises:
            Refusal: it cannot be run.
        """

    def mine(self, at: int | None = None) -> None:
        """Adds a block without transactions.

        Raises:
            Refusal: it would not be after the last one.
        """

    def simulate(
        self, calls: Sequence[tuple[_Address, _Address | None, bytes, int | None]], gas: int = 30_000_000
    ) -> list[Result]:
        """Runs calls (sender, to, data, time) one after the other; nothing is kept.

        Each is a transaction of its own. A time opens a block; the first call opens one in any case.

        Raises:
            Refusal: one of them cannot be run.
        """

    def replay(self, scenario: Scenario, gas: int = 30_000_000) -> tuple[int, str, Result] | None:
        """Runs a scenario until a call does something else than expected; nothing is kept.

        Returns:
            its place, what differs first ("status", "data" or "logs") and what it did; ``None`` if none does.
        Raises:
            Refusal: one of them cannot be run.
        """

    def snapshot(self) -> int:
        """The state to come back to; costs nothing."""

    def revert(self, snapshot: int) -> None:
        """Goes back to a snapshot, which is used up with all that were taken later.

        Raises:
            KeyError: there is none of this number.
        """

    def copy(self) -> Evm:
        """Another chain with the same state, blocks and snapshots."""

    def dump(self) -> bytes:
        """Blocks' times and hashes, and accounts; equal states make equal bytes. No logs, no snapshots."""

    @staticmethod
    def load(data: bytes) -> Evm:
        """The chain of a dump.

        Raises:
            ValueError: these bytes are none.
        """

    def balance(self, address: _Address) -> int: ...
    def set_balance(self, address: _Address, wei: int) -> None: ...
    def nonce(self, address: _Address) -> int: ...
    def set_nonce(self, address: _Address, nonce: int) -> None: ...
    def code(self, address: _Address) -> bytes: ...
    def set_code(self, address: _Address, code: bytes) -> None: ...
    def storage(self, address: _Address, key: int) -> int: ...
    def set_storage(self, address: _Address, key: int, value: int) -> None: ...
    def block_hash(self, number: int) -> bytes:
        """Hash of a block.

        Raises:
            KeyError: there is none of this number.
        """

    def block_time(self, number: int) -> int:
        """Timestamp of a block.

        Raises:
            KeyError: there is none of this number.
        """

    def logs(
        self, first: int = 0, last: int | None = None, addresses: Sequence[_Address] | None = None
    ) -> list[tuple[int, bytes, list[bytes], bytes]]:
        """Block, address, topics and data of each log of the blocks that are kept, in order."""

    def hits(self) -> list[int]:
        """Ids of the probes reached since ``clear_hits``, ascending."""

    def counts(self) -> list[tuple[int, int]]:
        """The probes reached since ``clear_hits``, each with how often."""

    def clear_hits(self) -> None: ...
