"""Plays a counterexample through ape: on an anvil of its own, whose stage is set up first."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import ape
from ape.exceptions import VirtualMachineError

from tests.support.anvil import MNEMONIC, anvil
from tests.support.rawchain import CHAIN_ID, GAS_LIMIT, GENESIS_AT

ACCOUNTS: Final = 60
RICH_WEI: Final = 10**24


class Broken(AssertionError):
    """The contracts do otherwise than the model says."""


class Play:
    """One counterexample at play. What is done is checked against the model; ``Broken`` says what differs."""

    def __init__(self, stage: Path) -> None:
        self._stage = stage
        self._opened = ExitStack()
        self._receipt: Any = None

    def __enter__(self) -> Self:
        options = ["--hardfork", "prague", "--chain-id", str(CHAIN_ID), "--accounts", str(ACCOUNTS)]
        options += ["--mnemonic", MNEMONIC, "--base-fee", "0", "--gas-price", "0", "--order", "fifo"]
        options += ["--timestamp", str(GENESIS_AT), "--auto-impersonate", "--gas-limit", str(1 << 40)]
        host = self._opened.enter_context(anvil(*options, "--code-size-limit", str(1 << 24)))
        network = ape.networks.parse_network_choice(
            "ethereum:local:foundry", provider_settings={"host": host}
        )
        self._provider = self._opened.enter_context(network)
        print(f"setting up the stage of {self._stage.parent.name}")
        for line in self._stage.read_text(encoding="ascii").splitlines():
            self._set_up(line.split(" "))
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def contract(self, name: str, address: str) -> Any:
        """A contract of the project where the stage has it."""
        return ape.Contract(address, contract_type=ape.project.get_contract(name).contract_type)

    def done(
        self, at: int, function: Any, arguments: Sequence[Any], *, sender: str, returns: str | None = None
    ) -> None:
        """A call that must succeed, and return this if given."""
        print(f"at {at}: {function}")
        if returns is not None:
            self._equal(self._call(function, arguments, sender, at), returns, "it returns")
        self._next_at(at)
        try:
            self._receipt = function(*arguments, sender=self._account(sender), gas_limit=GAS_LIMIT)
        except VirtualMachineError as error:
            raise Broken(f"the contract refuses: {error}") from error

    def refused(self, at: int, function: Any, arguments: Sequence[Any], *, sender: str, error: str) -> None:
        """A call that must fail with this error."""
        print(f"at {at}: {function}, which must be refused")
        self._next_at(at)
        try:
            function(*arguments, sender=self._account(sender), gas_limit=GAS_LIMIT)
        except VirtualMachineError:
            said = self._call(function, arguments, sender, at)
            if error != "0x":
                self._equal(said, error, "it says")
            return
        raise Broken("the contract does what the model refuses")

    def holds(self, function: Any, arguments: Sequence[Any], *, returns: str) -> None:
        """A getter that must return this."""
        said = self._request(
            "eth_call",
            {"to": function.contract.address, "data": _hex(function.encode_input(*arguments))},
            "latest",
        )
        self._equal(said, returns, f"{function}{tuple(arguments)} returns")

    def said(self, emitter: str, topics: Sequence[str], data: str, count: int) -> None:
        """How often the last act must have written a log."""
        receipt = self._request("eth_getTransactionReceipt", self._receipt.txn_hash)
        found = sum(
            (log["address"].lower(), log["topics"], log["data"]) == (emitter, list(topics), data)
            for log in receipt["logs"]
        )
        if found != count:
            raise Broken(f"an event of {emitter} was written {found} times; the model says {count}: {topics}")

    def _call(self, function: Any, arguments: Sequence[Any], sender: str, at: int) -> str:
        """What a call would return now, or its error."""
        call = {"to": function.contract.address, "from": sender, "gas": hex(GAS_LIMIT)}
        call["data"] = _hex(function.encode_input(*arguments))
        answer = self._provider.web3.provider.make_request(
            "eth_call", [call, "latest", {}, {"time": hex(at)}]
        )
        return str(answer["result"] if "result" in answer else answer["error"].get("data", "0x"))

    def _set_up(self, words: list[str]) -> None:
        if words[0] == "balance":
            self._request("anvil_setBalance", words[1], hex(int(words[2])))
            return
        self._next_at(int(words[1]))
        transaction = {"from": words[2], "data": words[4], "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        if not words[3].startswith("new:"):
            transaction["to"] = words[3]
        self._request("eth_sendTransaction", transaction)

    def _next_at(self, at: int) -> None:
        self._request("evm_setNextBlockTimestamp", at)

    def _account(self, address: str) -> Any:
        """Whoever sends, with ether for the gas that ape pays."""
        self._request("anvil_setBalance", address, hex(RICH_WEI))
        return ape.accounts.test_accounts.impersonate_account(address)

    def _request(self, method: str, *parameters: Any) -> Any:
        return self._provider.make_request(method, list(parameters))

    def _equal(self, said: str, wanted: str, what: str) -> None:
        if said != wanted:
            raise Broken(f"{what} {said}; the model says {wanted}")


def _hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()
