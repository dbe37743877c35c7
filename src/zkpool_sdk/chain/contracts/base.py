"""What every typed contract is built on: reading, trying and sending by the ABI."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, Self

from eth_abi.exceptions import DecodingError

from zkpool_sdk.chain.abi import ContractAbi, load_abi
from zkpool_sdk.chain.account import Account, Receipt
from zkpool_sdk.chain.connection import BlockTag, Connection
from zkpool_sdk.chain.errors import CannotSign, ResultMalformed
from zkpool_sdk.models import Address


class Contract:
    """A contract at an address. Methods are named as in Solidity, in snake_case.

    Args:
        connection: the node to read from.
        address: where the contract is.
        account: who sends; ``None`` reads only.
    """

    abi_name: ClassVar[str]

    def __init__(self, connection: Connection, address: Address, account: Account | None = None) -> None:
        self.connection = connection
        self.address = address
        self.account = account
        self.block: BlockTag = "latest"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    @property
    def abi(self) -> ContractAbi:
        """The exported ABI."""
        return load_abi(self.abi_name)

    def at(self, block: BlockTag) -> Self:
        """The same contract, read as it was after ``block``."""
        other = copy(self)
        other.block = block
        return other

    def calldata(self, function: str, *arguments: Any) -> bytes:
        """What a call of a function sends; for timelocked calls."""
        return self.abi.functions[function].encode(arguments)

    def try_call(self, function: str, *arguments: Any, sender: str | None = None) -> Any:
        """What a function would return, without sending anything; one result, or a tuple of several.

        Raises:
            ContractError, UnknownRevert: it would revert.
            ResultMalformed: there is no such contract at the address.
        """
        item = self.abi.functions[function]
        if sender is None and self.account is not None:
            sender = self.account.address
        answer = self.connection.call(self.address, item.encode(arguments), sender, self.block)
        try:
            results = item.decode_outputs(answer)
        except DecodingError:
            raise ResultMalformed(self.abi_name, function, self.address) from None
        return results[0] if len(results) == 1 else results

    def _send(self, function: str, *arguments: Any) -> Receipt:
        """Sends a call and waits until it is mined."""
        if self.account is None:
            raise CannotSign("nobody", f"{self.abi_name}.{function}; give an account to send from")
        return self.account.send(self.address, self.calldata(function, *arguments))


class Owned(Contract):
    """A contract with an owner that is replaced in two steps."""

    def owner(self) -> Address:
        """Who may move its parameters."""
        return Address(self.try_call("owner"))

    def pending_owner(self) -> Address:
        """Who was named as the next owner and has not accepted; the zero address if nobody."""
        return Address(self.try_call("pendingOwner"))

    def transfer_ownership(self, new_owner: str) -> Receipt:
        """Names the next owner."""
        return self._send("transferOwnership", new_owner)

    def accept_ownership(self) -> Receipt:
        """Becomes the owner after being named."""
        return self._send("acceptOwnership")


class Bound(Contract):
    """A contract that knows the market as the one address allowed to act on it."""

    def market(self) -> Address:
        """The market; the zero address until it is bound."""
        return Address(self.try_call("market"))

    def bind_market(self, market: str) -> Receipt:
        """Names the market, once; deployer only."""
        return self._send("bindMarket", market)
