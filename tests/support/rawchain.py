"""A thin, fast chain for machines: raw JSON-RPC to an anvil of its own, one transaction a block.

``Chain`` sends real transactions (``send``: receipts, gas), asks questions (``call``), and runs whole
scenarios in one request (``simulate``: eth_simulateV1, up to thousands of blocks, nothing kept). A
``Contract`` encodes and decodes by the compiled ABI.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from tests.support.anvil import MNEMONIC, anvil
from zkpool_sdk.chain.abi import ContractAbi, parse_abi
from zkpool_sdk.chain.reverts import decode_revert

GENESIS_AT = 1_800_000_000
"""Timestamp of block 0; fixed, so that gas and addresses are the same in every run."""
GAS_LIMIT = 30_000_000
CHAIN_ID = 31_337


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract.

    Attributes:
        abi: what it can be asked.
        bytecode: its creation code, hexadecimal.
        source: path of its file; empty if unknown.
    """

    abi: ContractAbi
    bytecode: str
    source: str = ""


Artifacts = Mapping[str, Artifact]


def artifact(name: str, abi: Sequence[Mapping[str, Any]], bytecode: str, source: str = "") -> Artifact:
    """A compiled contract from a compiler's output."""
    return Artifact(parse_abi(name, abi), bytecode.removeprefix("0x"), source)


@cache
def compiled() -> Artifacts:
    """Every contract of the project, compiled by ape now if its source changed.

    ZKPOOL_ARTIFACTS may name a file with other builds of some of them, such as `audit.solidity` makes.
    """
    import ape

    types = ape.project.load_contracts()
    found = {
        name: artifact(
            name,
            [entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in made.abi],
            made.deployment_bytecode.bytecode,
            made.source_id or "",
        )
        for name, made in types.items()
        if made.deployment_bytecode and made.deployment_bytecode.bytecode
    }
    if others := os.environ.get("ZKPOOL_ARTIFACTS"):
        found |= kept_artifacts(Path(others))
    return found


def kept_artifacts(path: Path) -> dict[str, Artifact]:
    """Builds of contracts from a file: by name what `audit.solidity.compile` says of each."""
    return {
        name: artifact(name, made["abi"], made["bytecode"], made["source"])
        for name, made in json.loads(path.read_text()).items()
    }


class RpcError(Exception):
    """The node answered with an error."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a transaction ended: gas, contract made, logs, error if it reverted."""

    ok: bool
    gas_used: int
    contract: str | None
    logs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a scenario; ``at`` opens a block with that timestamp."""

    sender: str
    to: str
    data: bytes
    at: int | None = None

    def rpc(self) -> dict[str, str]:
        """The call as JSON-RPC takes it."""
        return {"from": self.sender, "to": self.to, "input": "0x" + self.data.hex(), "gas": hex(GAS_LIMIT)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulated call did."""

    ok: bool
    data: bytes
    gas_used: int
    logs: tuple[Mapping[str, Any], ...]

    def error(self) -> Exception:
        """The error of a call that failed."""
        return decode_revert(self.data)


class Chain:
    """An anvil of its own on a free port, stopped by ``close``. Accounts are unlocked; gas costs nothing."""

    def __init__(self, *, account_count: int = 10, flags: Iterable[str] = ()) -> None:
        options = ["--no-mining", "--order", "fifo", "--hardfork", "prague", "--chain-id", str(CHAIN_ID)]
        options += ["--accounts", str(account_count), "--mnemonic", MNEMONIC, "--base-fee", "0"]
        options += ["--gas-price", "0", "--timestamp", str(GENESIS_AT), "--auto-impersonate"]
        self._node = anvil(*options, "--no-request-size-limit", *flags)
        self.port = int(self._node.__enter__().rpartition(":")[2])
        self._http: http.client.HTTPConnection | None = None
        self._id = 0
        self.now = GENESIS_AT
        self.accounts: tuple[str, ...] = tuple(
            to_checksum_address(account) for account in self.rpc("eth_accounts")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops the node."""
        if self._http:
            self._http.close()
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
            raise RpcError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender: str, to: str | None, data: bytes, at: int | None = None) -> Receipt:
        """Mines one transaction in a block of its own.

        Args:
            at: the block's timestamp; a second after the last block if not given.
        """
        self.now = self.now + 1 if at is None else at
        request = {"from": sender, "input": "0x" + data.hex(), "gas": hex(GAS_LIMIT)}
        if to:
            request["to"] = to
        transaction = self.rpc("eth_sendTransaction", request)
        self.rpc("evm_mine", {"timestamp": self.now})
        receipt = self.rpc("eth_getTransactionReceipt", transaction)
        made = receipt.get("contractAddress")
        return Receipt(
            ok=int(receipt["status"], 16) == 1,
            gas_used=int(receipt["gasUsed"], 16),
            contract=to_checksum_address(made) if made else None,
            logs=tuple(receipt["logs"]),
        )

    def call(self, to: str, data: bytes, sender: str | None = None) -> bytes:
        """What a call would return on top of the last block.

        Raises:
            RpcError: it reverts.
        """
        request = {"to": to, "input": "0x" + data.hex()}
        if sender:
            request["from"] = sender
        return bytes.fromhex(self.rpc("eth_call", request, "latest")[2:])

    def simulate(self, calls: Sequence[Call]) -> list[Outcome]:
        """Runs calls one after the other on top of the last block, in one request; nothing is kept.

        A call with ``at`` opens a new block at that time, which must be after the block before it.
        """
        blocks: list[dict[str, Any]] = []
        for call in calls:
            if call.at is not None or not blocks:
                at = self.now + 1 if call.at is None else call.at
                overrides = {"time": hex(at), "gasLimit": hex(1 << 40), "baseFeePerGas": "0x0"}
                blocks.append({"blockOverrides": overrides, "calls": []})
            blocks[-1]["calls"].append(call.rpc())
        answer = self.rpc("eth_simulateV1", {"blockStateCalls": blocks, "validation": False}, "latest")
        return [_outcome(result) for block in answer for result in block["calls"]]

    def try_call(self, sender: str, to: str, data: bytes, at: int | None = None) -> Outcome:
        """What one call would do; nothing is kept."""
        return self.simulate([Call(sender, to, data, at)])[0]

    def snapshot(self) -> tuple[str, int]:
        """The state to come back to."""
        return self.rpc("evm_snapshot"), self.now

    def revert(self, snapshot: tuple[str, int]) -> None:
        """Goes back to a snapshot, which is used up."""
        self.rpc("evm_revert", snapshot[0])
        self.now = snapshot[1]

    def deploy(self, compiled_contract: Artifact, *arguments: Any, sender: str | None = None) -> Contract:
        """Deploys a contract from ``sender``, the first account by default."""
        data = bytes.fromhex(compiled_contract.bytecode) + encode(
            compiled_contract.abi.constructor, arguments
        )
        receipt = self.send(sender or self.accounts[0], None, data)
        if not receipt.ok or receipt.contract is None:
            raise RpcError(f"deployment of {compiled_contract.abi.name} failed")
        return Contract(self, compiled_contract.abi, receipt.contract)


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract: encodes calls to it and decodes what it returns."""

    chain: Chain
    abi: ContractAbi
    address: str

    def data(self, function: str, *arguments: Any) -> bytes:
        """Calldata of a function."""
        return self.abi.functions[function].encode(arguments)

    def send(self, sender: str, function: str, *arguments: Any, at: int | None = None) -> Receipt:
        """Mines a call that must succeed.

        Raises:
            ZKPoolError: the contract refused; the error of its name.
        """
        data = self.data(function, *arguments)
        receipt = self.chain.send(sender, self.address, data, at)
        if not receipt.ok:
            again = self.chain.simulate([Call(sender, self.address, data, self.chain.now + 1)])[0]
            raise again.error() if not again.ok else RpcError(f"{function} failed, but not when repeated")
        return receipt

    def try_send(self, sender: str, function: str, *arguments: Any, at: int | None = None) -> Outcome:
        """What a call would do, or how it would fail; nothing is kept."""
        return self.chain.try_call(sender, self.address, self.data(function, *arguments), at)

    def read(self, function: str, *arguments: Any) -> Any:
        """The results of a view; a single one by itself."""
        item = self.abi.functions[function]
        values = item.decode_outputs(self.chain.call(self.address, item.encode(arguments)))
        return values[0] if len(values) == 1 else values

    def decode(self, function: str, data: bytes) -> Any:
        """The results behind returned data; a single one by itself."""
        values = self.abi.functions[function].decode_outputs(data)
        return values[0] if len(values) == 1 else values

    def call(self, sender: str, function: str, *arguments: Any, at: int | None = None) -> Call:
        """A call of a scenario."""
        return Call(sender, self.address, self.data(function, *arguments), at)


def _outcome(result: Mapping[str, Any]) -> Outcome:
    return Outcome(
        ok=result["status"] == "0x1",
        data=bytes.fromhex(result["returnData"][2:]),
        gas_used=int(result["gasUsed"], 16),
        logs=tuple(result["logs"]),
    )
