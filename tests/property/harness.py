"""Solidity's libraries from Python, many calls in one request; and Python's twins in the same form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, is_dataclass
from typing import Any

from tests.support.rawchain import Contract
from zkpool_sdk.errors import ContractError, Panic

SENDER = "0x00000000000000000000000000000000000000AA"
REQUEST_LIMIT = 2_000
"""Calls in one request; the node takes bodies up to a size."""
Arguments = Sequence[Any]


class Harness:
    """``MathHarness`` on a chain."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def results(self, function: str, cases: Iterable[Arguments]) -> list[Any]:
        """What Solidity returns for each case, or the error it reverts with; few requests for all."""
        calls = [(function, case) for case in cases]
        parts = (calls[start : start + REQUEST_LIMIT] for start in range(0, len(calls), REQUEST_LIMIT))
        return [result for part in parts for result in self.run(part)]

    def run(self, calls: Iterable[tuple[str, Arguments]]) -> list[Any]:
        """What a sequence of calls returns, each on the state that the ones before it left."""
        calls = list(calls)
        outcomes = self.contract.chain.simulate(
            [self.contract.call(SENDER, function, *arguments) for function, arguments in calls]
        )
        return [
            plain(self.contract.decode(function, outcome.data)) if outcome.ok else outcome.error()
            for (function, _), outcome in zip(calls, outcomes, strict=True)
        ]


def expected(twin: Callable[..., Any], case: Arguments) -> Any:
    """What the twin returns, or the error it raises."""
    try:
        return plain(twin(*case))
    except (Panic, ContractError) as error:
        return error


def plain(value: Any) -> Any:
    """A value in the one form that both sides are compared in: tuples, numbers."""
    if is_dataclass(value) and not isinstance(value, type):
        value = astuple(value)
    if isinstance(value, (list, tuple)):
        items = tuple(plain(item) for item in value)
        # A library that returns one struct or list: eth_abi and the twin differ in how deep it lies.
        return items[0] if len(items) == 1 and isinstance(items[0], tuple) else items
    return value
