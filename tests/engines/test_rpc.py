"""The engine behind JSON-RPC: whoever speaks to an anvil finds one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from zkpool_sdk.chain import Connection
from zkpool_sdk.chain.errors import RpcRefused

ROOT = Path(__file__).resolve().parents[2]
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
REFUSES = "0x63deadbeef5f526004601cfd"
LOGS = "0x60075f5260205fa000"
NOWHERE = "0x" + "77" * 20


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "audit.rpc", "--port", "0", "--timestamp", "1800000000"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Listening on 127.0.0.1:")
        yield "http://" + line.removeprefix("Listening on ").strip()
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.fixture
def node(url: str) -> Iterator[Connection]:
    """The node; what a test does to it is undone."""
    node = Connection(url)
    snapshot = node.request("evm_snapshot")
    yield node
    assert node.request("evm_revert", snapshot)


def test_node__is_an_anvil_with_rich_accounts(node: Connection) -> None:
    assert node.is_development
    assert node.chain_id == 31_337
    assert node.request("eth_accounts")[0] == OWNER.lower()
    assert node.balance(OWNER) == 10_000 * 10**18


def test_send__signed_transaction__is_mined_at_once(node: Connection) -> None:
    fields = {"nonce": 0, "gas": 21_000, "to": NOWHERE, "value": 5, "chainId": 31_337}
    fees = {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    signed = Account.sign_transaction({**fields, **fees}, KEY)
    sent = node.request("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
    assert sent == "0x" + signed.hash.hex()
    receipt = node.request("eth_getTransactionReceipt", sent)
    assert (receipt["status"], receipt["from"], receipt["blockNumber"]) == ("0x1", OWNER.lower(), "0x1")
    assert node.balance(NOWHERE) == 5
    with pytest.raises(RpcRefused, match="nonce too low"):
        node.request("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())


def test_call__that_reverts__carries_its_data(url: str, node: Connection) -> None:
    node.request("anvil_setCode", NOWHERE, REFUSES)
    call = {"from": OWNER, "to": NOWHERE, "data": "0x"}
    for method in ("eth_call", "eth_estimateGas"):
        answer = HTTPProvider(url).make_request(RPCEndpoint(method), [call, "latest"])
        assert answer["error"]["data"] == "0xdeadbeef"
    receipt = node.request("eth_getTransactionReceipt", node.request("eth_sendTransaction", call))
    assert (receipt["status"], receipt["contractAddress"]) == ("0x0", None)


def test_estimate__call__is_the_least_gas_that_suffices(node: Connection) -> None:
    node.request("anvil_setCode", NOWHERE, LOGS)
    call = {"from": OWNER, "to": NOWHERE}
    least = int(node.request("eth_estimateGas", call), 16)
    for gas, status in ((least - 1, "0x0"), (least, "0x1")):
        sent = node.request("eth_sendTransaction", {**call, "gas": hex(gas)})
        assert node.request("eth_getTransactionReceipt", sent)["status"] == status


def test_clock__goes_where_it_is_told(node: Connection) -> None:
    now = node.timestamp()
    node.request("evm_setNextBlockTimestamp", now + 100)
    node.request("evm_mine")
    assert node.timestamp() == now + 100
    node.request("anvil_setBlockTimestampInterval", 7)
    node.request("evm_mine")
    assert node.timestamp() == now + 107
    node.request("anvil_removeBlockTimestampInterval")
    with pytest.raises(RpcRefused, match="before the last block"):
        node.request("evm_setNextBlockTimestamp", now)


def test_snapshot__brings_back_blocks_and_logs(node: Connection) -> None:
    node.request("anvil_setCode", NOWHERE, LOGS)
    snapshot, height = node.request("evm_snapshot"), node.block_number()
    sent = node.request("eth_sendTransaction", {"from": OWNER, "to": NOWHERE})
    [log] = node.logs([NOWHERE], 0, node.block_number())
    assert (log.transaction, int.from_bytes(log.data, "big")) == (sent, 7)
    assert node.logs([OWNER], 0, node.block_number()) == []
    assert node.request("evm_revert", snapshot)
    assert (node.block_number(), node.logs([NOWHERE], 0, height)) == (height, [])
    assert node.request("eth_getTransactionReceipt", sent) is None


def test_unknown__method_state_or_field__is_refused_by_name(node: Connection) -> None:
    node.request("evm_mine")
    with pytest.raises(RpcRefused, match="debug_traceCall is not supported in process"):
        node.request("debug_traceCall", {}, "latest")
    with pytest.raises(RpcRefused, match="the state of block 0x0 is not kept"):
        node.request("eth_getBalance", OWNER, "0x0")
    with pytest.raises(RpcRefused, match="blobs is not supported"):
        node.request("eth_sendTransaction", {"from": OWNER, "blobs": []})


def test_launcher__told_to__starts_the_engine_in_anvils_place() -> None:
    launcher = ROOT / "toolchain" / "bin" / "anvil"
    environment = {"PATH": "/usr/bin:/bin", "ZKPOOL_ENGINE": "evm"}
    said = subprocess.run([launcher, "--version"], env=environment, cwd="/", capture_output=True, check=True)
    assert b"in process" in said.stdout
    unknown = subprocess.run([launcher, "--fork-url", "x"], env=environment, capture_output=True, check=False)
    assert unknown.returncode == 2
    assert b"--fork-url" in unknown.stderr
