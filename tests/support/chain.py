"""An anvil under raw JSON-RPC: clock, storage, and transactions too many for ape's pace."""

from __future__ import annotations

from typing import Any

from ape.exceptions import ContractLogicError
from eth_utils import to_bytes, to_hex

GAS_LIMIT = 10_000_000


class Chain:
    """One anvil node.

    Transactions sent here arrange a test; the act a test is about goes through ape. Any sender will do: the
    node signs for everybody. Blocks are a second apart unless a test says otherwise.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.request("anvil_autoImpersonateAccount", True)
        self.request("anvil_setBlockTimestampInterval", 1)

    def close(self) -> None:
        """Give the node its own clock back."""
        self.request("anvil_removeBlockTimestampInterval")

    def request(self, method: str, *params: Any) -> Any:
        """Result of one JSON-RPC request."""
        return self._provider.make_request(method, list(params))

    @property
    def now(self) -> int:
        """Timestamp of the head block, in seconds."""
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def next_at(self, timestamp: int) -> None:
        """The next block, and so the next transaction, has this timestamp."""
        self.request("evm_setNextBlockTimestamp", timestamp)

    def warp_to(self, timestamp: int) -> None:
        """Mine an empty block at this timestamp."""
        self.next_at(timestamp)
        self.request("evm_mine")

    def warp(self, seconds: int) -> None:
        """Mine an empty block this many seconds later."""
        self.warp_to(self.now + seconds)

    def call(self, method: Any, *args: Any, sender: Any = None, gas: int | None = None) -> bytes:
        """What a call of an ape contract method returns, undecoded; nothing is kept.

        Raises:
            ContractLogicError: it reverted; with the revert data, which ape's own calls lose.
        """
        call = {"to": method.contract.address, "data": to_hex(method.encode_input(*args))}
        if sender is not None:
            call["from"] = address_of(sender)
        if gas is not None:
            call["gas"] = hex(gas)
        answer = self._provider.web3.provider.make_request("eth_call", [call, "latest"])
        if "error" in answer:
            raise ContractLogicError(revert_message=answer["error"].get("data", "0x"))
        return to_bytes(hexstr=answer["result"])

    def send(self, method: Any, *args: Any, sender: Any, gas: int = GAS_LIMIT) -> dict[str, Any]:
        """Send a call of an ape contract method; the receipt as the node gives it.

        Raises:
            AssertionError: the transaction reverted.
        """
        data = to_hex(method.encode_input(*args))
        return self.send_data(method.contract.address, data, sender=sender, gas=gas)

    def send_data(self, to: str, data: str, *, sender: Any, gas: int = GAS_LIMIT) -> dict[str, Any]:
        """Send calldata; the receipt as the node gives it.

        Raises:
            AssertionError: the transaction reverted.
        """
        call = {"from": address_of(sender), "to": to, "data": data, "gas": hex(gas), "gasPrice": "0x0"}
        hash_ = self.request("eth_sendTransaction", call)
        receipt: dict[str, Any] | None = None
        while receipt is None:
            receipt = self.request("eth_getTransactionReceipt", hash_)
        assert int(receipt["status"], 16) == 1, f"arrangement reverted: {self._why(call)}"
        return receipt

    def set_code(self, address: str, code: str) -> None:
        """Put runtime code at an address."""
        self.request("anvil_setCode", address, code)

    def storage(self, address: str, slot: int) -> int:
        """A word of a contract's storage."""
        return int(self.request("eth_getStorageAt", address, hex(slot), "latest"), 16)

    def set_storage(self, address: str, slot: int, value: int) -> None:
        """Write a word of a contract's storage."""
        self.request("anvil_setStorageAt", address, hex(slot), f"0x{value:064x}")

    def _why(self, call: dict[str, str]) -> str:
        try:
            return str(self.request("eth_call", call, "latest"))
        except Exception as error:
            return str(error)


def address_of(account: Any) -> str:
    """Address of an ape account or contract, or the address itself."""
    return str(getattr(account, "address", account))
