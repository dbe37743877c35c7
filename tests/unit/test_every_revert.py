"""No revert path and no function is forgotten: both are looked up in the tests' own text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
CONTRACTS = TESTS.parent / "contracts"
ERROR = re.compile(r"^\s*error (\w+)\(", re.MULTILINE)
RAISED = re.compile(r"\brevert (?:\w+\.)?(\w+)\(")
# `reverts(contract.Error, …)`, or the error's name where a test decodes or encodes revert data itself.
EXPECTED = re.compile(r"\breverts\(\s*[\w.\[\]()]*\.(\w+)\s*[,)]|== \"(\w+)\"|errors\[\"(\w+)\"\]")

# Deployed contracts; the mocks and the token (OpenZeppelin's, unchanged) are tested by being used.
DEPLOYED = (
    "ProjectRegistry",
    "AcceleratorRegistry",
    "ProverRegistry",
    "StakeVault",
    "ProverMarket",
    "BidDesk",
    "MarketLens",
    "RewardSplitter",
    "InsuranceFund",
    "AcceleratorRegistry",
    "BidDesk",
    "MarketLens",
    "DelegationVault",
    "Settlement",
    "TaikoAdapter",
    "PushAdapter",
    "Groth16Verifier",
    "PlonkVerifier",
    "FflonkVerifier",
)


def texts(*folders: str) -> str:
    files = [path for folder in folders for path in sorted((TESTS / folder).rglob("test_*.py"))]
    return "\n".join(path.read_text() for path in files)


def sources() -> dict[str, str]:
    return {
        str(path.relative_to(CONTRACTS)): path.read_text()
        for path in sorted(CONTRACTS.rglob("*.sol"))
        if "mocks" not in path.parts
    }


def declared() -> list[str]:
    return sorted({name for text in sources().values() for name in ERROR.findall(text)})


def raised() -> list[str]:
    return sorted({name for text in sources().values() for name in RAISED.findall(text)})


@pytest.mark.parametrize("error", declared())
def test_error__declared__is_raised_somewhere(error: str) -> None:
    """An error nothing raises promises a check that is not made."""
    assert error in raised()


@pytest.mark.parametrize("error", declared())
def test_error__declared__is_expected_by_a_test(error: str) -> None:
    expected = {name for names in EXPECTED.findall(texts("unit", "attacks")) for name in names}
    assert error in expected


def test_error__raised__is_declared() -> None:
    assert set(raised()) <= set(declared())


@pytest.mark.parametrize("name", DEPLOYED)
def test_function__of_a_deployed_contract__is_called_by_a_test(project: Any, name: str) -> None:
    text = texts("unit", "attacks") + "\n".join(p.read_text() for p in (TESTS / "support").glob("*.py"))
    methods = {method.name for method in project.get_contract(name).contract_type.methods}
    missing = {m for m in methods if not re.search(rf"\.{m}\b|\"{m}\"", text)}
    assert not missing
