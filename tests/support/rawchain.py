"""A thin, fast chain for machines: one transaction a block, whole scenarios in one request.

``Chain`` keeps real transactions (``send``: receipts, gas), asks questions (``call``), and runs whole
scenarios (``simulate``, ``replay``: up to thousands of blocks, nothing kept). It has two engines: an anvil of
its own or of somebody else (``rpc_chain.AnvilChain``), and one in this process (``evm_chain.EvmChain``).
``Chain(...)`` is the engine that the environment names: ``ZKPOOL_ENGINE=evm`` or ``anvil``, the default. A
``Contract`` encodes and decodes by the compiled ABI.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from eth_abi.abi import encode

from tests.support.fast_abi import encoded
from zkpool_sdk.chain.abi import ContractAbi, parse_abi
from zkpool_sdk.chain.reverts import decode_revert

GENESIS_AT = 1_800_000_000
"""Timestamp of block 0; fixed, so that gas and addresses are the same in every run."""
GAS_LIMIT = 30_000_000
CHAIN_ID = 31_337
ENGINE: Final = "ZKPOOL_ENGINE"
"""Environment variable that names the engine of ``Chain(...)``."""


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
    """The node answered with an error, or a call failed that must not; its bytes, if any."""

    def __init__(self, what: str, data: bytes = b"") -> None:
        super().__init__(what)
        self.data = data


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a transaction ended: gas, contract made, logs as JSON-RPC writes them."""

    ok: bool
    gas_used: int
    contract: str | None
    logs: tuple[Mapping[str, Any], ...]


class Call(NamedTuple):
    """One call of a scenario; ``at`` opens a block with that timestamp."""

    sender: str
    to: str
    data: bytes
    at: int | None = None


class Outcome(NamedTuple):
    """What a simulated call did; logs as JSON-RPC writes them."""

    ok: bool
    data: bytes
    gas_used: int
    logs: tuple[Mapping[str, Any], ...]

    def error(self) -> Exception:
        """The error of a call that failed."""
        return decode_revert(self.data)


class Expectation(NamedTuple):
    """What a call of a scenario must do; ``None`` where it may do anything.

    Attributes:
        ok: whether it succeeds.
        data: what it returns, or its error as bytes.
        logs: what it emits, as ``log_bytes`` writes it.
        mute: whether it may fail without saying why, whatever its error should be.
    """

    ok: bool | None
    data: bytes | None
    logs: bytes | None = None
    mute: bool = False


class Mismatch(NamedTuple):
    """The first call of a scenario that did something else: its place, what differs, what it did.

    ``kind`` is "status", "data" or "logs".
    """

    place: int
    kind: str
    outcome: Outcome


def log_bytes(logs: Iterable[tuple[bytes, Sequence[bytes], bytes]]) -> bytes:
    """Logs (address, topics, data) as bytes, whatever their order.

    One after the other in the order of their bytes, each as address, number of topics (a byte), topics,
    length of the data (four bytes), data.
    """
    return b"".join(
        sorted(
            b"".join((address, bytes((len(topics),)), *topics, len(data).to_bytes(4, "big"), data))
            for address, topics, data in logs
        )
    )


def raw_log(log: Mapping[str, Any]) -> tuple[bytes, tuple[bytes, ...], bytes]:
    """Address, topics and data of a log that JSON-RPC wrote."""
    topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
    return bytes.fromhex(log["address"][2:]), topics, bytes.fromhex(log["data"][2:])


class Chain(ABC):
    """A chain of one transaction a block. Accounts are unlocked; gas costs nothing.

    Attributes:
        accounts: those of the mnemonic, each with 10,000 ether.
        now: time of the last block.
    """

    accounts: tuple[str, ...]
    now: int

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return super().__new__(_engine() if cls is Chain else cls)  # type: ignore[return-value]

    @abstractmethod
    def __init__(self, *, account_count: int = 10) -> None:
        """Starts the engine that the environment names."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Stops whatever was started."""

    @abstractmethod
    def send(
        self, sender: str, to: str | None, data: bytes, at: int | None = None, gas: int = GAS_LIMIT
    ) -> Receipt:
        """Mines one transaction in a block of its own.

        Args:
            at: the block's timestamp; a second after the last block if not given.
        """

    @abstractmethod
    def call(self, to: str | None, data: bytes, sender: str | None = None, value: int = 0) -> bytes:
        """What a call, or a creation, would return on top of the last block.

        Raises:
            RpcError: it reverts.
        """

    @abstractmethod
    def simulate(self, calls: Sequence[Call], gas: int = GAS_LIMIT) -> list[Outcome]:
        """Runs calls one after the other on top of the last block, in one request; nothing is kept.

        A call with ``at`` opens a new block at that time, which must be after the block before it.

        Args:
            gas: limit of each call.
        """

    def replay(
        self,
        calls: Sequence[Call],
        expected: Sequence[Expectation | None],
        watched: Collection[bytes] | None = None,
        gas: int = GAS_LIMIT,
    ) -> Mismatch | None:
        """Runs calls as ``simulate`` does; the first that does something else than expected, if any.

        Args:
            expected: what each must do; ``None`` where it may do anything.
            watched: addresses of contracts whose logs are compared; all by default.
        """
        for place, (outcome, wanted) in enumerate(zip(self.simulate(calls, gas), expected, strict=True)):
            kind = differs(outcome, wanted, watched) if wanted else ""
            if kind:
                return Mismatch(place, kind, outcome)
        return None

    def try_call(self, sender: str, to: str, data: bytes, at: int | None = None) -> Outcome:
        """What one call would do; nothing is kept."""
        return self.simulate([Call(sender, to, data, at)])[0]

    @abstractmethod
    def mine(self, at: int | None = None) -> None:
        """Adds an empty block, a second after the last one if no time is given."""

    @abstractmethod
    def snapshot(self) -> object:
        """The state to come back to."""

    @abstractmethod
    def revert(self, snapshot: Any) -> None:
        """Goes back to a snapshot, which is used up."""

    @property
    @abstractmethod
    def number(self) -> int:
        """Number of the last block."""

    @abstractmethod
    def block_time(self, number: int) -> int:
        """Timestamp of a block."""

    @abstractmethod
    def logs(self, addresses: Sequence[str], first: int = 0) -> list[Mapping[str, Any]]:
        """Logs of these contracts since a block, as JSON-RPC writes them, with their block's number."""

    @abstractmethod
    def balance(self, account: str) -> int:
        """Ether of an account, in wei."""

    @abstractmethod
    def set_balance(self, account: str, wei: int) -> None:
        """Gives an account this much ether."""

    @abstractmethod
    def code(self, account: str) -> bytes:
        """Code of a contract; nothing if it is none."""

    @abstractmethod
    def set_code(self, account: str, code: bytes) -> None:
        """Puts code at an address."""

    @abstractmethod
    def storage(self, account: str, key: int) -> int:
        """A word of an account's storage."""

    @abstractmethod
    def set_storage(self, account: str, key: int, word: int) -> None:
        """Puts a word of an account's storage."""

    @abstractmethod
    def set_chain_id(self, chain_id: int) -> None:
        """Makes this another chain."""

    def deploy(self, compiled_contract: Artifact, *arguments: Any, sender: str | None = None) -> Contract:
        """Deploys a contract from ``sender``, the first account by default."""
        data = bytes.fromhex(compiled_contract.bytecode) + encode(
            compiled_contract.abi.constructor, arguments
        )
        receipt = self.send(sender or self.accounts[0], None, data)
        if not receipt.ok or receipt.contract is None:
            raise RpcError(f"deployment of {compiled_contract.abi.name} failed")
        return Contract(self, compiled_contract.abi, receipt.contract)


def differs(outcome: Outcome, wanted: Expectation, watched: Collection[bytes] | None = None) -> str:
    """In what an outcome differs from what is expected first: "status", "data", "logs", or "" for nothing."""
    if wanted.ok is not None and wanted.ok != outcome.ok:
        return "status"
    is_mute = wanted.mute and not outcome.ok and not outcome.data
    if not is_mute and wanted.data is not None and wanted.data != outcome.data:
        return "data"
    if wanted.logs is not None:
        logs = (raw_log(log) for log in outcome.logs)
        if wanted.logs != log_bytes(log for log in logs if watched is None or log[0] in watched):
            return "logs"
    return ""


def _plain(value: Any) -> Any:
    """An argument in the form the codec takes: dataclasses become tuples, at every depth."""
    if isinstance(value, (str, bytes, int)):
        return value
    if is_dataclass(value):
        return tuple(_plain(getattr(value, part.name)) for part in fields(value))
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value


def _engine() -> type[Chain]:
    """The engine that the environment names."""
    name = os.environ.get(ENGINE, "anvil")
    if name == "evm":
        from tests.support.evm_chain import EvmChain

        return EvmChain
    if name != "anvil":
        raise RpcError(f"{ENGINE} is {name!r}; it can be evm or anvil")
    from tests.support.rpc_chain import AnvilChain

    return AnvilChain


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract: encodes calls to it and decodes what it returns."""

    chain: Chain
    abi: ContractAbi
    address: str

    def data(self, function: str, *arguments: Any) -> bytes:
        """Calldata of a function."""
        item = self.abi.functions[function]
        return item.selector + encoded(item.types, [_plain(argument) for argument in arguments])

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
