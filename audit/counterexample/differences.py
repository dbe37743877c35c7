"""What a chain holds where a model holds something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from audit.counterexample.naming import Names, zk
from tests.stateful.lockstep import Lockstep, getter
from tests.stateful.wording import split
from zkpool_sdk.models import Address


@dataclass(frozen=True, slots=True)
class Compared:
    """A getter, what the model says it must return, and what it does return; both as the model has them."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    model: Any
    chain: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One number or word that differs."""

    what: str
    model: Any
    chain: Any

    def __str__(self) -> str:
        if self.what.endswith("wei"):
            gap = zk(self.chain - self.model)
            return f"{self.what}: model {zk(self.model)} | chain {zk(self.chain)} | difference {gap}"
        if _is_number(self.model) and _is_number(self.chain):
            gap = f" | difference {int(self.chain) - int(self.model)}"
            return f"{self.what}: model {_said(self.model)} | chain {_said(self.chain)}{gap}"
        return f"{self.what}: model {_said(self.model)} | chain {_said(self.chain)}"


def compare(step: Lockstep) -> list[Compared]:
    """Every getter at the end of a life, on model and chain."""
    views = list(step.views(whole=True))
    calls = [*step.calls, *(getter(view[0], view[1], view[2]) for view in views)]
    outcomes = step.world.chain.simulate(calls)[len(step.calls) :]
    found = []
    for (contract, function, arguments, value), outcome in zip(views, outcomes, strict=True):
        chain = like(value, split(outcome.data)) if outcome.ok else f"refuses: {outcome.error()}"
        found.append(Compared(contract.abi.name, function, arguments, value, chain))
    return found


def differences(compared: list[Compared], names: Names) -> list[Difference]:
    """All that differs, field by field."""
    return [
        difference
        for seen in compared
        if seen.model != seen.chain
        for difference in _apart(_called(seen, names), seen.model, seen.chain)
    ]


def like(value: Any, words: list[int]) -> Any:
    """Returned words in the form of a value: the same dataclasses, enums and lists, with other numbers."""
    if isinstance(value, list):
        return _list_like(value, words)
    rest = iter(words)
    try:
        return _like(value, rest)
    except (StopIteration, ValueError, OverflowError):
        return f"no such thing: {words}"


def _like(value: Any, words: Iterator[int]) -> Any:
    if isinstance(value, int):
        return type(value)(next(words))
    if isinstance(value, bytes):
        return next(words).to_bytes(32, "big")
    if isinstance(value, str):
        return Address(to_checksum_address(f"0x{next(words):040x}"))
    if isinstance(value, tuple):
        return tuple(_like(item, words) for item in value)
    kinds = {part.name: getattr(value, part.name) for part in fields(value)}
    return type(value)(**{name: _like(item, words) for name, item in kinds.items()})


def _list_like(value: list[Any], words: list[int]) -> Any:
    if len(words) < 2:
        return words
    count, rest = words[1], words[2:]
    if not value or isinstance(value[0], int) or count == 0:
        return rest
    size, left = len(rest) // count, len(rest) % count
    if left or size == 0:
        return rest
    return [like(value[0], rest[i * size : (i + 1) * size]) for i in range(count)]


def _called(seen: Compared, names: Names) -> str:
    given = " ".join(names.value(argument) for argument in seen.arguments)
    if seen.function in ("balanceOf", "creditOf"):
        return f"{seen.function.removesuffix('Of')} of {given}, in wei"
    return f"{seen.contract}.{seen.function}({given})"


def _apart(what: str, model: Any, chain: Any) -> list[Difference]:
    if is_dataclass(model) and type(model) is type(chain) and not isinstance(model, type):
        return [
            Difference(f"{what}.{part.name}", getattr(model, part.name), getattr(chain, part.name))
            for part in fields(model)
            if getattr(model, part.name) != getattr(chain, part.name)
        ]
    if isinstance(model, (list, tuple)) and isinstance(chain, (list, tuple)) and len(model) == len(chain):
        return [
            difference
            for number, (mine, theirs) in enumerate(zip(model, chain, strict=True))
            if mine != theirs
            for difference in _apart(f"{what}[{number}]", mine, theirs)
        ]
    return [Difference(what, model, chain)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _said(value: Any) -> str:
    return value.name if hasattr(value, "name") else str(value)
