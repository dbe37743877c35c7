"""A token that calls back in the middle of a transfer, as a part of the model: one act inside another."""

from __future__ import annotations

from typing import Any, NamedTuple

from zkpool_sdk.economics.market import Market
from zkpool_sdk.errors import ContractError


class Step(NamedTuple):
    """An act of the model: the part that does it, its name there, what it is given."""

    part: str
    action: str
    arguments: tuple[Any, ...]

    def on(self, market: Market) -> Any:
        """Does it."""
        owner = market if self.part == "market" else getattr(market, self.part)
        return getattr(owner, self.action)(*self.arguments)


class HostileToken:
    """What a transfer may do besides: state is written before money moves, so it is as if it came after."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def arm(self) -> None:
        """What the token has in mind changes nothing."""

    def call_back(self, outer: Step, inner: Step) -> None:
        """An act, and another inside its transfer; both are known to succeed."""
        outer.on(self.market)
        inner.on(self.market)

    def refuse(self, refusal: ContractError) -> None:
        """An act that fails for what its transfer tried.

        Raises:
            ContractError: the one that is given.
        """
        raise refusal
