"""A seeded population of all roles leaves books that balance, whatever it does."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from drive.market import Plan, drive
from drive.population import Keys
from scripts.deploy import connect, deploy_zkpool, sdk_account
from zkpool_sdk.chain import Connection, Contracts
from zkpool_sdk.chain.errors import KeyUnusable


def test_drive__some_rounds__everything_happens_and_the_books_balance(accounts: Any) -> None:
    deployment = deploy_zkpool(accounts[0])
    told: list[str] = []
    contracts = Contracts(connect(), deployment, sdk_account(accounts[0]))
    outcome = drive(contracts, Plan(rounds=5, seed=6, requesters=4), told.append)
    assert outcome.books.balanced, outcome.books.differences
    assert outcome.books.donations == ()
    for happened in (
        "placed",
        "raised",
        "cancelled",
        "assigned",
        "proven",
        "late",
        "wrong",
        "declined",
        "rescued",
        "missed",
        "expired",
        "failed",
    ):
        assert outcome.total(happened) > 0, f"nothing was {happened}"
    ended = outcome.total("proven") + outcome.total("late") + outcome.total("failed")
    assert outcome.total("assigned") == ended
    left = outcome.total("wrong") + outcome.total("missed") + outcome.total("declined")
    assert outcome.total("failed") == left - outcome.total("rescued")
    assert outcome.claimed_wei > 0
    assert outcome.rows[-1].book == 0
    assert "balance to the wei" in told[-1]


def test_drive__live_chain_without_a_key_file__is_refused(accounts: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(Connection, "is_development", False)
    contracts = Contracts(connect(), deploy_zkpool(accounts[0]), sdk_account(accounts[0]))
    with pytest.raises(ValueError, match="key file"):
        drive(contracts, Plan(), print)


def test_keys__from_a_file__are_kept_closed_and_the_same(tmp_path: Path) -> None:
    file = tmp_path / "sepolia.keys"
    first = [Keys(1, file).signer(role).address for role in ("keeper", "prover 1")]
    assert [Keys(9, file).signer(role).address for role in ("keeper", "prover 1")] == first
    assert len(set(first)) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        Keys(1, file).signer("keeper")


def test_keys__from_the_seed__differ_by_seed_and_role() -> None:
    addresses = {Keys(seed, None).signer(role).address for seed in (1, 2) for role in ("keeper", "prover 1")}
    assert len(addresses) == 4
