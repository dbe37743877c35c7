"""The access matrix: every function of every deployed contract, called by every role.

The contracts and functions are read off what is compiled: one without a row fails. A function that writes has
a row in `tests/support/access.py` that says who may call it; one that only reads must answer everybody alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.access import ALL, MATRIX, ROLES, Row
from tests.support.rawchain import Artifact, compiled
from tests.support.stage import City, Stage, refusal_of, settle_city

NAMES = [(contract, function) for contract, rows in MATRIX.items() for function in rows]
REFUSALS = {name for rows in MATRIX.values() for row in rows.values() for name in row.refusals}

ROLE_ERRORS = REFUSALS - {"WrongStatus", "ERC20InsufficientAllowance", "WrongSigner", "ECDSAInvalidSignature"}
"""Errors that speak of the caller's role, not of its money or of what it names."""


@pytest.fixture(scope="module")
def city(built: Stage) -> Iterator[City]:
    snapshot = built.chain.snapshot()
    yield settle_city(built)
    built.chain.revert(snapshot)


def deployed() -> Mapping[str, Artifact]:
    """What can be deployed and called, mocks aside."""
    return {
        name: found
        for name, found in compiled().items()
        if found.bytecode and found.abi.functions and "/mocks/" not in found.source
    }


def test_matrix__contracts__are_all_that_can_be_deployed() -> None:
    assert set(MATRIX) == set(deployed())


def test_matrix__functions_that_write__each_have_a_row() -> None:
    for name, found in deployed().items():
        writing = {function for function, item in found.abi.functions.items() if not item.reads_only}
        assert set(MATRIX[name]) == writing, name


def test_matrix__every_role_but_the_outsider__may_do_something() -> None:
    rows = [row for rows in MATRIX.values() for row in rows.values() if row.allowed != ALL]
    used = {role for row in rows for role in row.allowed}
    assert ALL - used <= {"treasury", "outsider"}


@pytest.mark.parametrize(("contract", "function"), NAMES, ids=[".".join(name) for name in NAMES])
def test_access__function_that_writes__is_open_to_its_roles_alone(
    city: City, contract: str, function: str
) -> None:
    row: Row = MATRIX[contract][function]
    target = city.contracts[contract]
    arguments = row.arguments(city)
    for role in ROLES:
        outcome = target.try_send(city.address(role), function, *arguments)
        name = "" if outcome.ok else refusal_of(outcome)[0]
        if role in row.allowed:
            assert name not in ROLE_ERRORS.union(row.refusals), (role, name)
        else:
            assert name in row.refusals, (role, name or "was let in")


READS = [
    (name, function)
    for name in MATRIX
    for function, item in (deployed()[name].abi.functions.items() if name in deployed() else ())
    if item.reads_only
]


def plain(kind: str) -> Any:
    """A small value of an ABI type."""
    if kind.endswith("[]"):
        return []
    if kind.endswith("]"):
        inner, _, count = kind[:-1].rpartition("[")
        return [plain(inner)] * int(count)
    if kind.startswith("("):
        parts, depth, part = [], 0, ""
        for letter in kind[1:-1] + ",":
            depth += (letter in "([") - (letter in ")]")
            if letter == "," and depth == 0:
                parts.append(plain(part))
                part = ""
            else:
                part += letter
        return tuple(parts)
    if kind == "address":
        return "0x" + "05" * 20
    if kind == "bool":
        return False
    if kind == "string":
        return ""
    if kind.startswith("bytes"):
        return b"" if kind == "bytes" else bytes(int(kind[5:]))
    return 1


@pytest.mark.parametrize(("contract", "function"), READS, ids=[".".join(name) for name in READS])
def test_access__function_that_reads__answers_everybody_alike(
    city: City, contract: str, function: str
) -> None:
    target = city.contracts[contract]
    arguments = [plain(kind) for kind in target.abi.functions[function].types]
    outcomes = [target.try_send(city.address(role), function, *arguments) for role in ROLES]
    assert len({(outcome.ok, outcome.data) for outcome in outcomes}) == 1
    assert not any(outcome.logs for outcome in outcomes)
