"""What would be: acts done on a copy of the model alone, and forgotten."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tests.stateful.invariants import Laws
from zkpool_sdk.economics.market import Market
from zkpool_sdk.errors import ContractError

BOOKS: Final = (
    "accepted",
    "bonds_of",
    "donated",
    "ended",
    "offers",
    "sealed_bids",
    "slashed",
    "statements",
    "terms_of",
)
"""What the laws remember of a life."""


class Thought:
    """A lock-step without a chain: whatever is done is done on its own model."""

    def __init__(self, market: Market, now: int) -> None:
        self.market = market
        self.now = now

    def act(
        self,
        verb: str,
        sender: str,
        contract: Any,
        function: str,
        arguments: Sequence[Any],
        action: Callable[[], Any],
        **_: Any,
    ) -> Any:
        """Does something on the model; its result, ``None`` if it was refused."""
        try:
            return action()
        except ContractError:
            return None


class Thinker(Laws):
    """A machine that can think of what it does not do."""

    @contextmanager
    def in_thought(self) -> Iterator[None]:
        """What is done here never happened: neither on the model nor on the chain."""
        real, said, last = self.step, self.says, self.last_statement
        books = {name: getattr(self, name) for name in BOOKS}
        for name, book in books.items():
            setattr(self, name, copy.copy(book))
        self.step = Thought(real.copy_of_market(), real.now)  # type: ignore[assignment]
        try:
            yield
        finally:
            self.step, self.says, self.last_statement = real, said, last
            for name, book in books.items():
                setattr(self, name, book)
