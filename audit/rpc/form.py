"""Blocks, transactions, receipts and events in the words of JSON-RPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eth_utils.address import to_checksum_address

from audit.rpc.node import Block
from audit.rpc.transactions import GAS_LIMIT, Mined

_NO_BLOOM: Final = "0x" + "00" * 256
_ZERO_WORD: Final = "0x" + "00" * 32
_ZERO_ADDRESS: Final = "0x" + "00" * 20


def hexed(data: bytes) -> str:
    """Bytes as hexadecimal text."""
    return "0x" + data.hex()


def block_form(block: Block, full: bool) -> dict[str, Any]:
    """A block, with its transactions or their hashes alone."""
    mined = block.mined
    return {
        "hash": hexed(block.hash),
        "parentHash": hexed(block.parent),
        "number": hex(block.number),
        "timestamp": hex(block.at),
        "gasLimit": hex(GAS_LIMIT),
        "gasUsed": hex(block.gas_used),
        "baseFeePerGas": "0x0",
        "transactions": [transaction_form(block, m) if full else hexed(m.transaction.hash) for m in mined],
        "extraData": "0x",
        "miner": _ZERO_ADDRESS,
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "nonce": "0x0000000000000000",
        "mixHash": _ZERO_WORD,
        "sha3Uncles": _ZERO_WORD,
        "stateRoot": _ZERO_WORD,
        "transactionsRoot": _ZERO_WORD,
        "receiptsRoot": _ZERO_WORD,
        "logsBloom": _NO_BLOOM,
        "size": "0x0",
        "uncles": [],
    }


def transaction_form(block: Block, mined: Mined) -> dict[str, Any]:
    """A mined transaction."""
    transaction = mined.transaction
    return {
        "hash": hexed(transaction.hash),
        "type": hex(transaction.type),
        "nonce": hex(transaction.nonce),
        "blockHash": hexed(block.hash),
        "blockNumber": hex(block.number),
        "transactionIndex": hex(mined.index),
        "from": to_checksum_address(transaction.sender),
        "to": None if transaction.to is None else to_checksum_address(transaction.to),
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "gasPrice": "0x0",
        "maxFeePerGas": "0x0",
        "maxPriorityFeePerGas": "0x0",
        "input": hexed(transaction.data),
        "chainId": None,
        "accessList": [],
        "v": "0x0",
        "r": _ZERO_WORD,
        "s": _ZERO_WORD,
    }


def receipt_form(block: Block, mined: Mined) -> dict[str, Any]:
    """A receipt."""
    transaction, result = mined.transaction, mined.result
    return {
        "type": hex(transaction.type),
        "status": "0x1" if result.ok else "0x0",
        "cumulativeGasUsed": hex(result.gas_used),
        "gasUsed": hex(result.gas_used),
        "effectiveGasPrice": "0x0",
        "logs": log_forms(block, mined),
        "logsBloom": _NO_BLOOM,
        "transactionHash": hexed(transaction.hash),
        "transactionIndex": hex(mined.index),
        "blockHash": hexed(block.hash),
        "blockNumber": hex(block.number),
        "from": hexed(transaction.sender),
        "to": None if transaction.to is None else hexed(transaction.to),
        "contractAddress": hexed(result.contract) if result.contract and result.ok else None,
    }


def log_forms(block: Block, mined: Mined) -> list[dict[str, Any]]:
    """The events of a transaction."""
    return [
        {
            "address": hexed(address),
            "topics": [hexed(topic) for topic in topics],
            "data": hexed(data),
            "blockHash": hexed(block.hash),
            "blockNumber": hex(block.number),
            "blockTimestamp": hex(block.at),
            "transactionHash": hexed(mined.transaction.hash),
            "transactionIndex": hex(mined.index),
            "logIndex": hex(mined.first_log + place),
            "removed": False,
        }
        for place, (address, topics, data) in enumerate(mined.result.logs)
    ]


def trace_forms(block: Block, mined: Mined) -> list[dict[str, Any]]:
    """The outermost call of a transaction; those inside it are not kept."""
    transaction, result = mined.transaction, mined.result
    action = {
        "from": hexed(transaction.sender),
        "to": hexed(transaction.to or b""),
        "callType": "call",
        "gas": hex(transaction.gas),
        "input": hexed(transaction.data),
        "value": hex(transaction.value),
    }
    form: dict[str, Any] = {
        "action": action,
        "blockHash": hexed(block.hash),
        "blockNumber": block.number,
        "result": {"gasUsed": hex(result.gas_used), "output": hexed(result.data)},
        "subtraces": 0,
        "traceAddress": [],
        "transactionHash": hexed(transaction.hash),
        "transactionPosition": mined.index,
        "type": "call",
    }
    return [form if result.ok else {**form, "error": "Reverted"}]


def wanted_log(log: Mapping[str, Any], addresses: Sequence[str], topics: Sequence[Any]) -> bool:
    """Whether a filter lets an event through."""
    if addresses and log["address"] not in addresses:
        return False
    if len(topics) > len(log["topics"]):
        return False
    return all(
        part is None or topic in [p.lower() for p in ([part] if isinstance(part, str) else part)]
        for part, topic in zip(topics, log["topics"], strict=False)
    )
