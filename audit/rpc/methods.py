"""What the node answers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from audit._evm import Refusal, Result
from audit.rpc.form import (
    block_form,
    hexed,
    log_forms,
    receipt_form,
    trace_forms,
    transaction_form,
    wanted_log,
)
from audit.rpc.node import Node, RpcFailure, fields_of
from audit.rpc.transactions import GAS_LIMIT, octets, parts_of, quantity, signed, unsigned

VERSION: Final = "anvil/v1.7.1 (zkpool, in process)"
_CALL_FIELDS: Final = frozenset(
    (
        *("from", "to", "data", "input", "gas", "gasLimit", "gasPrice", "value", "nonce", "type", "chainId"),
        *("maxFeePerGas", "maxPriorityFeePerGas", "accessList", "requiredConfirmations", "signature"),
    )
)
_BLOCK_OVERRIDES: Final = frozenset(("time", "gasLimit", "baseFeePerGas"))


class Methods:
    """JSON-RPC over a node."""

    def __init__(self, node: Node, accounts: Sequence[bytes]) -> None:
        self.node = node
        self.accounts = tuple(accounts)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
        try:
            method = METHODS.get(request["method"])
            if method is None:
                raise RpcFailure(-32601, f"{request['method']} is not supported in process")
            reply["result"] = method(self, *request.get("params") or ())
        except RpcFailure as failure:
            reply["error"] = {"code": failure.code, "message": failure.message}
            if failure.data is not None:
                reply["error"]["data"] = failure.data
        except (Refusal, ValueError, TypeError, KeyError) as refusal:
            reply["error"] = {"code": -32602, "message": f"{request.get('method')}: {refusal}"}
        return reply

    # Transactions

    def send(self, request: Mapping[str, Any]) -> str:
        """eth_sendTransaction: any account is unlocked."""
        fields_of(request, _CALL_FIELDS, "transaction")
        sender = octets(request["from"])
        transaction = unsigned(request, self.node.pending_nonce(sender), self.node.sent)
        self.node.submit(transaction)
        return hexed(transaction.hash)

    def send_raw(self, raw: str) -> str:
        """eth_sendRawTransaction."""
        transaction = signed(octets(raw))
        self.node.submit(transaction)
        return hexed(transaction.hash)

    def receipt(self, hash_: str) -> dict[str, Any] | None:
        """eth_getTransactionReceipt."""
        mined = self.node.mined(octets(hash_))
        return receipt_form(self.node.blocks[mined.block], mined) if mined else None

    def transaction(self, hash_: str) -> dict[str, Any] | None:
        """eth_getTransactionByHash."""
        mined = self.node.mined(octets(hash_))
        if mined is None:
            return None
        form = transaction_form(self.node.blocks[mined.block], mined)
        return {**form, "chainId": hex(self.node.evm.chain_id)}

    def trace(self, hash_: str) -> list[dict[str, Any]]:
        """trace_transaction, the outermost call alone."""
        mined = self.node.mined(octets(hash_))
        return trace_forms(self.node.blocks[mined.block], mined) if mined else []

    # Questions

    def call(self, request: Mapping[str, Any], block: Any = None, overrides: Any = None) -> str:
        """eth_call on the last block."""
        self._only_latest(block)
        if overrides:
            raise RpcFailure(-32602, "eth_call: overrides are not supported")
        return hexed(checked(self._run(request, quantity(request.get("gas") or GAS_LIMIT))).data)

    def estimate(self, request: Mapping[str, Any], block: Any = None) -> str:
        """eth_estimateGas: the least gas limit with which a call goes through."""
        limit = quantity(request.get("gas") or GAS_LIMIT)
        least = checked(self._run(request, limit)).gas_used - 1
        while limit - least > 1:
            middle = least + 1 if limit - least > 1 << 20 else (limit + least) // 2
            if self._run(request, middle).ok:
                limit = middle
            else:
                least = middle
                if limit - least > 1 << 20:
                    limit = self._enough(request, least, limit)
        return hex(limit)

    def simulate(self, given: Mapping[str, Any], block: Any = None) -> list[dict[str, Any]]:
        """eth_simulateV1: calls in blocks of their own, on top of the last one."""
        self._only_latest(block)
        fields_of(given, frozenset(("blockStateCalls", "validation", "traceTransfers")), "eth_simulateV1")
        calls: list[tuple[bytes, bytes | None, bytes, int | None, int]] = []
        gas = 0
        now = self.node.head.at
        for part in given["blockStateCalls"]:
            fields_of(part, frozenset(("blockOverrides", "calls")), "eth_simulateV1")
            overrides = part.get("blockOverrides") or {}
            fields_of(overrides, _BLOCK_OVERRIDES, "eth_simulateV1")
            now = quantity(overrides.get("time", now + 1))
            at: int | None = now
            for request in part["calls"]:
                sender, to, data, value = parts_of(request)
                calls.append((sender, to, data, at, value))
                gas = max(gas, quantity(request.get("gas", GAS_LIMIT)))
                at = None
        results = iter(self.node.evm.simulate(cast(Any, calls), gas or GAS_LIMIT))
        return [
            {"calls": [outcome_form(next(results)) for _ in part["calls"]]}
            for part in given["blockStateCalls"]
        ]

    def get_block(self, tag: str, full: bool = False) -> dict[str, Any] | None:
        """eth_getBlockByNumber."""
        block = self.node.block(tag)
        return block_form(block, full) if block else None

    def get_block_by_hash(self, hash_: str, full: bool = False) -> dict[str, Any] | None:
        """eth_getBlockByHash."""
        wanted = octets(hash_)
        return next((block_form(b, full) for b in reversed(self.node.blocks) if b.hash == wanted), None)

    def logs(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """eth_getLogs."""
        fields_of(query, frozenset(("fromBlock", "toBlock", "address", "topics")), "eth_getLogs")
        first, last = (self.node.number_of(query.get(end)) for end in ("fromBlock", "toBlock"))
        given = query.get("address") or []
        addresses = [a.lower() for a in ([given] if isinstance(given, str) else given)]
        topics = query.get("topics") or []
        found = (log for block, mined in self.node.logs(first, last) for log in log_forms(block, mined))
        return [log for log in found if wanted_log(log, addresses, topics)]

    def balance(self, address: str, block: Any = None) -> str:
        """eth_getBalance."""
        self._only_latest(block)
        return hex(self.node.evm.balance(octets(address)))

    def nonce(self, address: str, block: Any = None) -> str:
        """eth_getTransactionCount."""
        if block == "pending":
            return hex(self.node.pending_nonce(octets(address)))
        self._only_latest(block)
        return hex(self.node.evm.nonce(octets(address)))

    def code(self, address: str, block: Any = None) -> str:
        """eth_getCode."""
        self._only_latest(block)
        return hexed(self.node.evm.code(octets(address)))

    def storage(self, address: str, key: Any, block: Any = None) -> str:
        """eth_getStorageAt."""
        self._only_latest(block)
        return f"0x{self.node.evm.storage(octets(address), quantity(key)):064x}"

    def fee_history(self, count: Any, block: Any, rewards: Any = None) -> dict[str, Any]:
        """eth_feeHistory: gas costs nothing."""
        return {
            "oldestBlock": hex(self.node.head.number),
            "baseFeePerGas": ["0x0", "0x0"],
            "gasUsedRatio": [0.0],
            "reward": [["0x0"] * len(rewards or ())],
        }

    # The chain itself

    def mine_block(self, given: Any = None) -> str:
        """evm_mine."""
        at = given.get("timestamp") if isinstance(given, Mapping) else given
        self.node.mine(None if at is None else quantity(at))
        return "0x0"

    def mine_blocks(self, count: Any = 1, interval: Any = None) -> None:
        """anvil_mine."""
        for _ in range(quantity(count)):
            self.node.mine(None if interval is None else self.node.head.at + quantity(interval))

    def next_at(self, at: Any) -> None:
        """evm_setNextBlockTimestamp."""
        if quantity(at) < self.node.head.at:
            raise RpcFailure(-32602, f"timestamp {at} is before the last block's, {self.node.head.at}")
        self.node.clock.next_at = quantity(at)

    def increase_time(self, seconds: Any) -> int:
        """evm_increaseTime."""
        self.node.clock.offset += quantity(seconds)
        return self.node.clock.offset

    def set_interval(self, seconds: Any = None) -> bool:
        """anvil_setBlockTimestampInterval and its end."""
        self.node.clock.interval = None if seconds is None else quantity(seconds)
        return True

    def set_automine(self, on: bool) -> None:
        """evm_setAutomine."""
        self.node.automine = on

    def set_balance(self, address: str, wei: Any) -> None:
        """anvil_setBalance."""
        self.node.evm.set_balance(octets(address), quantity(wei))

    def set_nonce(self, address: str, nonce: Any) -> None:
        """anvil_setNonce."""
        self.node.evm.set_nonce(octets(address), quantity(nonce))

    def set_code(self, address: str, code: str) -> None:
        """anvil_setCode."""
        self.node.evm.set_code(octets(address), octets(code))

    def set_storage(self, address: str, key: Any, value: str) -> bool:
        """anvil_setStorageAt."""
        self.node.evm.set_storage(octets(address), quantity(key), quantity(value))
        return True

    def set_chain_id(self, chain_id: Any) -> None:
        """anvil_setChainId."""
        self.node.evm.chain_id = quantity(chain_id)

    def revert(self, snapshot: Any) -> bool:
        """evm_revert."""
        return self.node.revert(quantity(snapshot))

    def _run(self, request: Mapping[str, Any], gas: int) -> Result:
        fields_of(request, _CALL_FIELDS, "call")
        sender, to, data, value = parts_of(request)
        return self.node.evm.call(sender, to, data, value, gas)

    def _enough(self, request: Mapping[str, Any], least: int, limit: int) -> int:
        """A gas limit that suffices, found from below: most calls need little more than they use."""
        step = 1 << 14
        while least + step < limit:
            if self._run(request, least + step).ok:
                return least + step
            step *= 2
        return limit

    def _only_latest(self, tag: Any) -> None:
        if isinstance(tag, Mapping) or self.node.number_of(tag) != self.node.head.number:
            raise RpcFailure(-32000, f"the state of block {tag} is not kept")


def checked(result: Result) -> Result:
    """A result that went through.

    Raises:
        RpcFailure: it did not.
    """
    if result.ok:
        return result
    if result.halt:
        raise RpcFailure(-32003, f"EVM error {_halted(result.halt)}")
    data = hexed(result.data)
    raise RpcFailure(3, f"execution reverted{_said(data)}", data)


def _halted(why: str) -> str:
    """Anvil's name for why a call was stopped."""
    if "gas" in why.lower():
        return "OutOfGas"
    return "InvalidFEOpcode" if "0xFE" in why else why


def _said(data: str) -> str:
    """What anvil adds to the message of a call that reverted."""
    if data == "0x":
        return ""
    return f": custom error {data[:10]}" + (f": {data[10:]}" if data[10:] else "")


def outcome_form(result: Result) -> dict[str, Any]:
    """A call of a simulation."""
    logs = [
        {"address": hexed(address), "topics": [hexed(topic) for topic in topics], "data": hexed(data)}
        for address, topics, data in result.logs
    ]
    form: dict[str, Any] = {
        "status": "0x1" if result.ok else "0x0",
        "returnData": hexed(result.data),
        "gasUsed": hex(result.gas_used),
        "logs": logs,
    }
    return form if result.ok else {**form, "error": {"code": 3, "message": "execution reverted"}}


METHODS: Final[Mapping[str, Callable[..., Any]]] = {
    "web3_clientVersion": lambda self: VERSION,
    "net_version": lambda self: str(self.node.evm.chain_id),
    "eth_chainId": lambda self: hex(self.node.evm.chain_id),
    "eth_syncing": lambda self: False,
    "eth_accounts": lambda self: [hexed(account) for account in self.accounts],
    "eth_blockNumber": lambda self: hex(self.node.head.number),
    "eth_gasPrice": lambda self: "0x0",
    "eth_maxPriorityFeePerGas": lambda self: "0x0",
    "eth_feeHistory": Methods.fee_history,
    "eth_sendTransaction": Methods.send,
    "eth_sendRawTransaction": Methods.send_raw,
    "eth_getTransactionReceipt": Methods.receipt,
    "eth_getTransactionByHash": Methods.transaction,
    "trace_transaction": Methods.trace,
    "eth_call": Methods.call,
    "eth_estimateGas": Methods.estimate,
    "eth_simulateV1": Methods.simulate,
    "eth_getBlockByNumber": Methods.get_block,
    "eth_getBlockByHash": Methods.get_block_by_hash,
    "eth_getLogs": Methods.logs,
    "eth_getBalance": Methods.balance,
    "eth_getTransactionCount": Methods.nonce,
    "eth_getCode": Methods.code,
    "eth_getStorageAt": Methods.storage,
    "evm_snapshot": lambda self: hex(self.node.snapshot()),
    "evm_revert": Methods.revert,
    "evm_mine": Methods.mine_block,
    "anvil_mine": Methods.mine_blocks,
    "evm_setNextBlockTimestamp": Methods.next_at,
    "evm_increaseTime": Methods.increase_time,
    "evm_setAutomine": Methods.set_automine,
    "anvil_setAutomine": Methods.set_automine,
    "anvil_getAutomine": lambda self: self.node.automine,
    "anvil_setBlockTimestampInterval": Methods.set_interval,
    "anvil_removeBlockTimestampInterval": Methods.set_interval,
    "anvil_autoImpersonateAccount": lambda self, on: None,
    "anvil_impersonateAccount": lambda self, account: None,
    "anvil_stopImpersonatingAccount": lambda self, account: None,
    "anvil_setBalance": Methods.set_balance,
    "anvil_setNonce": Methods.set_nonce,
    "anvil_setCode": Methods.set_code,
    "anvil_setStorageAt": Methods.set_storage,
    "anvil_setChainId": Methods.set_chain_id,
}
"""Every method that is answered."""
