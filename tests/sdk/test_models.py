"""Models have the fields of the Solidity structs, in their order, and the enums their values."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkpool_sdk import models
from zkpool_sdk.models import (
    JAILED_UNTIL,
    Address,
    Prover,
    Scope,
    SignalRule,
    TaskStatus,
    Terms,
    Verdict,
    pack_rules,
    unpack_rules,
)

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
SOURCES = [*CONTRACTS.glob("types/*.sol"), *CONTRACTS.glob("interfaces/*.sol")]
STRUCTS = [
    "Queue", "Terms", "Round", "Task", "Rescue", "Prover", "Seat", "HotKey", "Candidate", "SeatAward",
    "Stake", "SlashParts", "Earning", "PoolEarning", "Rates", "Accelerator", "Request", "Loan",
    "Adapter",
]  # fmt: skip


def body_of(kind: str, name: str) -> str:
    for path in SOURCES:
        found = re.search(rf"{kind} {name} \{{(.*?)\}}", path.read_text(), re.DOTALL)
        if found:
            return re.sub(r"//[^\n]*", "", found[1])
    raise AssertionError(f"no {kind} {name}")


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("name", STRUCTS)
def test_model__each_struct__has_its_fields_in_order(name: str) -> None:
    solidity = [snake(line.split()[-1]) for line in body_of("struct", name).split(";") if line.strip()]
    python = [field.name.rstrip("_") for field in fields(getattr(models, name))]
    assert python == solidity


@pytest.mark.parametrize("name", ["TaskStatus", "SignalRule", "Fault", "ProofResult", "Verdict"])
def test_model__each_enum__has_its_values_in_order(name: str) -> None:
    solidity = [value.strip() for value in body_of("enum", name).split(",")]
    members = [member for member in sorted(getattr(models, name)) if member is not Verdict.BROKEN]
    assert [member.name for member in members] == solidity
    assert [int(member) for member in members] == list(range(len(solidity)))


@given(st.lists(st.sampled_from([SignalRule.FIXED, SignalRule.PROVER, SignalRule.FREE]), max_size=32))
def test_pack_rules__any_rules__unpack_to_themselves(rules: list[SignalRule]) -> None:
    packed = pack_rules(rules)
    assert packed < 2**64
    assert list(unpack_rules(packed)) == rules
    assert list(Terms(60, 60, 0, 1, packed).rules) == rules  # type: ignore[arg-type]


def test_task_status__ended__are_the_final_states() -> None:
    ended = {status for status in TaskStatus if status.ended}
    assert {s.name for s in ended} == {"PROVEN", "FAILED", "CANCELLED", "EXPIRED", "EVICTED"}


def test_prover__banned_until_the_greatest_number__is_in_jail() -> None:
    account = Address("0x" + "1" * 40)
    assert Prover(account, 1, banned_until=JAILED_UNTIL).jailed  # type: ignore[arg-type]
    assert not Prover(account, 1, banned_until=JAILED_UNTIL - 1).jailed  # type: ignore[arg-type]


def test_hot_key__scopes__are_named() -> None:
    assert models.HotKey(5).allows == Scope.SUBMIT | Scope.HEARTBEAT
    assert models.ALL_SCOPES == 7
