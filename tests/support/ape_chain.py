"""The thin chain on an anvil that is asked through ape, as people's scripts and clients do."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from ape.exceptions import ProviderError

from tests.support.anvil import MNEMONIC, anvil
from tests.support.rawchain import CHAIN_ID, GENESIS_AT, RpcError
from tests.support.rpc_chain import AnvilChain


class ApeChain(AnvilChain):
    """An anvil of its own under ape; the networks that others are connected to stay as they are."""

    def __init__(self, *, account_count: int = 10) -> None:
        """Starts an anvil and connects ape to it."""
        import ape

        self._opened = ExitStack()
        options = ["--no-mining", "--order", "fifo", "--hardfork", "prague", "--chain-id", str(CHAIN_ID)]
        options += ["--accounts", str(account_count), "--mnemonic", MNEMONIC, "--base-fee", "0"]
        options += ["--gas-price", "0", "--timestamp", str(GENESIS_AT), "--no-request-size-limit"]
        address = self._opened.enter_context(anvil(*options))
        network = ape.networks.ethereum.local
        self._provider = network.get_provider("foundry", provider_settings={"host": address})
        self._provider.connect()
        super().__init__(address=address)

    def close(self) -> None:
        """Stops the anvil."""
        self._provider.disconnect()
        self._opened.close()

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of a request.

        Raises:
            RpcError: the node refused.
        """
        try:
            return self._provider.make_request(method, list(params))
        except ProviderError as error:
            raise RpcError(f"{method}: {error}") from error
