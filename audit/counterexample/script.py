"""A counterexample as an ape script, and the facts that it and the Foundry-style test check."""

from __future__ import annotations

import pprint
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from audit.counterexample.naming import Names
from tests.stateful.events import Log
from tests.stateful.lockstep import Act, Lockstep, getter
from tests.stateful.wording import words
from tests.stateful.world import World
from tests.support.rawchain import Contract
from zkpool_sdk.chain.abi import all_errors
from zkpool_sdk.errors import ContractError

CHECKED = 12
"""Getters that are checked at the end."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act with what the model says that it must end with: success, or this error as bytes."""

    act: Act
    sentence: str
    error: bytes
    returned: bytes | None


@dataclass(frozen=True, slots=True)
class Held:
    """A getter, and what the model says that it must return."""

    contract: Contract
    function: str
    arguments: tuple[Any, ...]
    data: bytes
    what: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is done, and all that must be so; ``logs``: how often the last act must write a log."""

    done: tuple[Done, ...]
    held: tuple[Held, ...]
    logs: tuple[tuple[Log, int, str], ...]


def facts_of(
    step: Lockstep,
    sentences: Sequence[str],
    names: Names,
    more: Counter[Log],
    fewer: Counter[Log],
) -> Facts:
    """What a life did and what must be so after it, by the model."""
    done = [
        Done(act, sentence, error_bytes(act.refusal) if act.refusal else b"", step.expected[act.call].data)
        for act, sentence in zip(step.acts, sentences, strict=True)
    ]
    wanted = step.expected[step.acts[-1].call].logs or Counter()
    logs = tuple((log, wanted[log], names.log(log)) for log in {**more, **fewer})
    return Facts(tuple(done), tuple(_held(step)), logs)


def _held(step: Lockstep) -> list[Held]:
    """Getters that return something else than the model says."""
    views = list(step.views(whole=True))
    calls = [*step.calls, *(getter(*view[:3]) for view in views)]
    outcomes = step.world.chain.simulate(calls)[len(step.calls) :]
    return [
        Held(contract, function, arguments, words(value), f"{contract.abi.name}.{function}")
        for (contract, function, arguments, value), outcome in zip(views, outcomes, strict=True)
        if outcome.data != words(value)
    ][:CHECKED]


def error_bytes(error: ContractError) -> bytes:
    """An error as a contract reverts with it."""
    items = {item.name: item for item in all_errors().values()}
    name = type(error).__name__
    if name not in items:
        return b""
    return items[name].encode(error.args)


def ape_script(described: Sequence[str], facts: Facts, world: World) -> str:
    """The script: the stage, then every call by name, then what the model says of the end."""
    contracts = _contracts(world, facts)
    lines = ['"""A counterexample.', "", *described, "", "Run it from the project's root:"]
    lines += ["    .venv/bin/python <this file>", '"""', "", "from pathlib import Path", ""]
    lines += ["from audit.counterexample.on_ape import Play", "", "", "def main() -> None:"]
    lines += ['    with Play(Path(__file__).with_name("stage.txt")) as play:']
    for name, contract in contracts.items():
        lines.append(f'        {name} = play.contract("{contract.abi.name}", "{contract.address}")')
    for number, done in enumerate(facts.done, 1):
        act = done.act
        lines += ["", f"        # {number}. {done.sentence}"]
        given = ", ".join(_python(argument) for argument in act.arguments)
        call = f'{_name_of(act.contract, contracts)}.{act.function}, [{given}], sender="{act.sender}"'
        if done.error or act.refusal is not None:
            lines.append(f'        play.refused({act.at}, {call}, error="0x{done.error.hex()}")')
        elif done.returned is not None:
            lines.append(f'        play.done({act.at}, {call}, returns="0x{done.returned.hex()}")')
        else:
            lines.append(f"        play.done({act.at}, {call})")
    for held in facts.held:
        given = ", ".join(_python(argument) for argument in held.arguments)
        call = f"{_name_of(held.contract, contracts)}.{held.function}, [{given}]"
        lines.append(f'        play.holds({call}, returns="0x{held.data.hex()}")')
    for (address, topics, data), count, what in facts.logs:
        names = pprint.pformat(["0x" + topic.hex() for topic in topics], width=1000)
        lines += [f"        # {what}"]
        lines.append(f'        play.said("0x{address.hex()}", {names}, "0x{data.hex()}", {count})')
    lines += ["", "", 'if __name__ == "__main__":', "    main()", ""]
    return "\n".join(lines)


def _contracts(world: World, facts: Facts) -> dict[str, Contract]:
    """The contracts that are called, by the names that the script gives them."""
    used = {done.act.contract.address for done in facts.done} | {held.contract.address for held in facts.held}
    found = {name: getattr(world.at, name) for name in world.at.__dataclass_fields__}
    return {name: part for name, part in found.items() if isinstance(part, Contract) and part.address in used}


def _name_of(contract: Contract, contracts: dict[str, Contract]) -> str:
    return next(name for name, found in contracts.items() if found.address == contract.address)


def _python(value: Any) -> str:
    """An argument as Python writes it."""
    if is_dataclass(value) and not isinstance(value, type):
        return "(" + ", ".join(_python(getattr(value, part.name)) for part in fields(value)) + ")"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_python(item) for item in value) + "]"
    if isinstance(value, bytes):
        return f'"0x{value.hex()}"'
    if isinstance(value, bool):
        return str(value)
    return str(int(value)) if isinstance(value, int) else repr(value)
