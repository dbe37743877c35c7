"""The thin chain in this process: ``audit._evm``, revm behind Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from eth_account import Account as EthAccount
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_utils.address import to_checksum_address

from audit._evm import Refusal, Result, Scenario
from audit.recording.recorder import engine
from tests.support.anvil import MNEMONIC
from tests.support.rawchain import (
    CHAIN_ID,
    GAS_LIMIT,
    GENESIS_AT,
    Call,
    Chain,
    Expectation,
    Mismatch,
    Outcome,
    Receipt,
    RpcError,
)

RICH_WEI = 10_000 * 10**18
NOBODY = "0x" + "00" * 20
CREATE2_DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The keyless deployer that every anvil has from its first block."""
CREATE2_DEPLOYER_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f5"
    "8015156039578182fd5b8082525050506014600cf3"
)


class EvmChain(Chain):
    """A chain in this process.

    Attributes:
        evm: the engine itself.
    """

    def __init__(self, *, account_count: int = 10, flags: Iterable[str] = ()) -> None:
        """Makes a chain with the state of a fresh anvil.

        Args:
            flags: those of anvil's command line; of them ``--code-size-limit`` alone means something here.
        """
        self.evm = engine(CHAIN_ID, GENESIS_AT)
        self.evm.unlimited_code = "--code-size-limit" in flags
        self.accounts = tuple(account(number) for number in range(account_count))
        for rich in self.accounts:
            self.evm.set_balance(rich, RICH_WEI)
        self.evm.set_code(CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE)
        self.evm.set_nonce(CREATE2_DEPLOYER, 1)
        self.now = GENESIS_AT

    def close(self) -> None:
        """Nothing runs."""

    def send(
        self, sender: str, to: str | None, data: bytes, at: int | None = None, gas: int = GAS_LIMIT
    ) -> Receipt:
        """Mines one transaction in a block of its own."""
        self.now = self.now + 1 if at is None else at
        try:
            result = self.evm.transact(sender, to, data, gas=gas, at=self.now)
        except Refusal as why:
            raise RpcError(str(why)) from why
        made = to_checksum_address(result.contract) if result.contract else None
        return Receipt(result.ok, result.gas_used, made, _logs(result))

    def call(self, to: str | None, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        """What a call, or a creation, would return on top of the last block."""
        try:
            result = self.evm.call(sender or NOBODY, to, data, value)
        except Refusal as why:
            raise RpcError(str(why)) from why
        if not result.ok:
            raise RpcError(f"execution reverted: {result.halt or '0x' + result.data.hex()}", result.data)
        return result.data

    def simulate(self, calls: Sequence[Call], gas: int = GAS_LIMIT) -> list[Outcome]:
        """Runs calls one after the other on top of the last block; nothing is kept."""
        try:
            return [_outcome(result) for result in self.evm.simulate(self._dated(calls), gas)]
        except Refusal as why:
            raise RpcError(str(why)) from why

    def replay(
        self,
        calls: Sequence[Call],
        expected: Sequence[Expectation | None],
        watched: Collection[bytes] | None = None,
        gas: int = GAS_LIMIT,
    ) -> Mismatch | None:
        """Runs calls as ``simulate`` does; the first that does something else than expected, if any."""
        heard = None if watched is None else list(watched)
        try:
            found = self.evm.replay(Scenario(self._dated(calls), expected, heard), gas)
        except Refusal as why:
            raise RpcError(str(why)) from why
        return Mismatch(found[0], found[1], _outcome(found[2])) if found else None

    def mine(self, at: int | None = None) -> None:
        """Adds an empty block, a second after the last one if no time is given."""
        self.now = self.now + 1 if at is None else at
        self.evm.mine(self.now)

    def snapshot(self) -> tuple[int, int]:
        """The state to come back to."""
        return self.evm.snapshot(), self.now

    def revert(self, snapshot: tuple[int, int]) -> None:
        """Goes back to a snapshot, which is used up."""
        self.evm.revert(snapshot[0])
        self.now = snapshot[1]

    @property
    def number(self) -> int:
        """Number of the last block."""
        return self.evm.number

    def block_time(self, number: int) -> int:
        """Timestamp of a block."""
        return self.evm.block_time(number)

    def logs(self, addresses: Sequence[str], first: int = 0) -> list[Mapping[str, Any]]:
        """Logs of these contracts since a block, as JSON-RPC writes them."""
        return [
            _log(address, topics, data) | {"blockNumber": hex(number)}
            for number, address, topics, data in self.evm.logs(first, None, list(addresses))
        ]

    def balance(self, account: str) -> int:
        """Ether of an account, in wei."""
        return self.evm.balance(account)

    def set_balance(self, account: str, wei: int) -> None:
        """Gives an account this much ether."""
        self.evm.set_balance(account, wei)

    def code(self, account: str) -> bytes:
        """Code of a contract; nothing if it is none."""
        return self.evm.code(account)

    def set_code(self, account: str, code: bytes) -> None:
        """Puts code at an address."""
        self.evm.set_code(account, code)

    def storage(self, account: str, key: int) -> int:
        """A word of an account's storage."""
        return self.evm.storage(account, key)

    def set_storage(self, account: str, key: int, word: int) -> None:
        """Puts a word of an account's storage."""
        self.evm.set_storage(account, key, word)

    def set_chain_id(self, chain_id: int) -> None:
        """Makes this another chain."""
        self.evm.chain_id = chain_id

    def _dated(self, calls: Sequence[Call]) -> list[Call]:
        """The calls, the first of them at a time of its own: a second after now, which may be ahead."""
        dated = list(calls)
        if dated and dated[0].at is None:
            dated[0] = dated[0]._replace(at=self.now + 1)
        return dated


@cache
def account(number: int) -> str:
    """Address of an account of the mnemonic."""
    address: str = EthAccount.from_key(key_from_seed(_seed(), f"m/44'/60'/0'/0/{number}")).address
    return address


@cache
def _seed() -> bytes:
    return seed_from_mnemonic(MNEMONIC, "")


def _outcome(result: Result) -> Outcome:
    return Outcome(result.ok, result.data, result.gas_used, _logs(result))


def _logs(result: Result) -> tuple[Mapping[str, Any], ...]:
    return tuple(_log(*entry) for entry in result.logs)


def _log(address: bytes, topics: list[bytes], data: bytes) -> dict[str, Any]:
    return {
        "address": "0x" + address.hex(),
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + data.hex(),
    }
