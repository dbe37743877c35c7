"""The thin chain on an anvil, by raw JSON-RPC."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_utils.address import to_checksum_address

from tests.support.anvil import MNEMONIC, anvil
from tests.support.rawchain import CHAIN_ID, GAS_LIMIT, GENESIS_AT, Call, Chain, Outcome, Receipt, RpcError


class AnvilChain(Chain):
    """An anvil of its own on a free port, stopped by ``close``; or one that somebody else manages."""

    def __init__(
        self, *, account_count: int = 10, flags: Iterable[str] = (), address: str | None = None
    ) -> None:
        """Starts an anvil, or takes one that runs.

        Args:
            flags: further flags of anvil's command line.
            address: the address of a running anvil; until ``close`` it mines only when told.
        """
        self._node = None
        if address is None:
            options = ["--no-mining", "--order", "fifo", "--hardfork", "prague", "--chain-id", str(CHAIN_ID)]
            options += ["--accounts", str(account_count), "--mnemonic", MNEMONIC, "--base-fee", "0"]
            options += ["--gas-price", "0", "--timestamp", str(GENESIS_AT), "--auto-impersonate"]
            self._node = anvil(*options, "--no-request-size-limit", *flags)
            address = self._node.__enter__()
        self.port = int(address.rpartition(":")[2])
        self._http: http.client.HTTPConnection | None = None
        self._id = 0
        if self._node is None:
            self.rpc("evm_setAutomine", False)
            self.rpc("anvil_autoImpersonateAccount", True)
            self.rpc("anvil_setNextBlockBaseFeePerGas", "0x0")
        self.now = int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.accounts = tuple(to_checksum_address(account) for account in self.rpc("eth_accounts"))

    def close(self) -> None:
        """Stops the node, or lets it mine by itself again if it is somebody else's."""
        if self._node is None:
            self.rpc("anvil_autoImpersonateAccount", False)
            self.rpc("evm_setAutomine", True)
        if self._http:
            self._http.close()
        if self._node is not None:
            self._node.__exit__(None, None, None)

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of a request.

        Raises:
            RpcError: the node refused.
        """
        self._id += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            self._http.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = json.loads(self._http.getresponse().read())
        except (OSError, http.client.HTTPException):
            self._http.close()
            self._http = None
            raise
        if "error" in answer:
            data = answer["error"].get("data")
            raise RpcError(f"{method}: {answer['error']}", bytes.fromhex(data[2:]) if data else b"")
        return answer["result"]

    def send(
        self, sender: str, to: str | None, data: bytes, at: int | None = None, gas: int = GAS_LIMIT
    ) -> Receipt:
        """Mines one transaction in a block of its own."""
        request = {"from": sender, "input": "0x" + data.hex(), "gas": hex(gas), "gasPrice": "0x0"}
        if to:
            request["to"] = to
        transaction = self.rpc("eth_sendTransaction", request)
        self.mine(at)
        receipt = self.rpc("eth_getTransactionReceipt", transaction)
        ok = int(receipt["status"], 16) == 1
        made = ok and receipt.get("contractAddress")
        return Receipt(
            ok=ok,
            gas_used=int(receipt["gasUsed"], 16),
            contract=to_checksum_address(made) if made else None,
            logs=tuple(receipt["logs"]),
        )

    def call(self, to: str | None, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        """What a call, or a creation, would return on top of the last block."""
        request = {"input": "0x" + data.hex(), "value": hex(value)}
        if to:
            request["to"] = to
        if sender:
            request["from"] = sender
        return bytes.fromhex(self.rpc("eth_call", request, "latest")[2:])

    def simulate(self, calls: Sequence[Call], gas: int = GAS_LIMIT) -> list[Outcome]:
        """Runs calls one after the other on top of the last block, in one request; nothing is kept."""
        blocks: list[dict[str, Any]] = []
        for call in calls:
            if call.at is not None or not blocks:
                at = self.now + 1 if call.at is None else call.at
                overrides = {"time": hex(at), "gasLimit": hex(1 << 40), "baseFeePerGas": "0x0"}
                blocks.append({"blockOverrides": overrides, "calls": []})
            data = "0x" + call.data.hex()
            blocks[-1]["calls"].append({"from": call.sender, "to": call.to, "input": data, "gas": hex(gas)})
        answer = self.rpc("eth_simulateV1", {"blockStateCalls": blocks, "validation": False}, "latest")
        return [_outcome(result) for block in answer for result in block["calls"]]

    def mine(self, at: int | None = None) -> None:
        """Adds a block with what was sent, a second after the last one if no time is given."""
        self.now = self.now + 1 if at is None else at
        self.rpc("evm_mine", {"timestamp": self.now})

    def snapshot(self) -> tuple[str, int]:
        """The state to come back to."""
        return self.rpc("evm_snapshot"), self.now

    def revert(self, snapshot: tuple[str, int]) -> None:
        """Goes back to a snapshot, which is used up."""
        self.rpc("evm_revert", snapshot[0])
        self.now = snapshot[1]

    @property
    def number(self) -> int:
        """Number of the last block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def block_time(self, number: int) -> int:
        """Timestamp of a block."""
        return int(self.rpc("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)

    def logs(self, addresses: Sequence[str], first: int = 0) -> list[Mapping[str, Any]]:
        """Logs of these contracts since a block, as JSON-RPC writes them."""
        wanted = {"address": list(addresses), "fromBlock": hex(first), "toBlock": "latest"}
        return list(self.rpc("eth_getLogs", wanted))

    def balance(self, account: str) -> int:
        """Ether of an account, in wei."""
        return int(self.rpc("eth_getBalance", account, "latest"), 16)

    def set_balance(self, account: str, wei: int) -> None:
        """Gives an account this much ether."""
        self.rpc("anvil_setBalance", account, hex(wei))

    def code(self, account: str) -> bytes:
        """Code of a contract; nothing if it is none."""
        return bytes.fromhex(self.rpc("eth_getCode", account, "latest")[2:])

    def set_code(self, account: str, code: bytes) -> None:
        """Puts code at an address."""
        self.rpc("anvil_setCode", account, "0x" + code.hex())

    def storage(self, account: str, key: int) -> int:
        """A word of an account's storage."""
        return int(self.rpc("eth_getStorageAt", account, hex(key), "latest"), 16)

    def set_storage(self, account: str, key: int, word: int) -> None:
        """Puts a word of an account's storage."""
        self.rpc("anvil_setStorageAt", account, hex(key), f"0x{word:064x}")

    def set_chain_id(self, chain_id: int) -> None:
        """Makes this another chain."""
        self.rpc("anvil_setChainId", chain_id)


def _outcome(result: Mapping[str, Any]) -> Outcome:
    return Outcome(
        ok=result["status"] == "0x1",
        data=bytes.fromhex(result["returnData"][2:]),
        gas_used=int(result["gasUsed"], 16),
        logs=tuple(result["logs"]),
    )
