"""Every Solidity error has a Python class of its name and fields, and the other way round."""

import re
from pathlib import Path

import pytest

import zkpool_sdk.errors as errors
from zkpool_sdk.errors import BidBelowBaseFee, ContractError, RaiseTooLow, WrongStatus, ZKPoolError
from zkpool_sdk.errors import common as common_errors

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def declared_errors() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(CONTRACTS.rglob("*.sol")):
        if "mocks" in path.parts:
            continue
        for name, arguments in re.findall(r"^    error (\w+)\(([^)]*)\);", path.read_text(), re.MULTILINE):
            fields = tuple(snake(a.split()[-1]) for a in arguments.split(",") if a.strip())
            assert found.setdefault(name, fields) == fields, f"{name} is declared twice, differently"
    return found


def own_classes() -> dict[str, type[ContractError]]:
    return {n: c for n, c in ContractError.by_name.items() if c.__module__ != common_errors.__name__}


def test_errors__each_solidity_error__has_a_class_with_its_fields() -> None:
    declared = declared_errors()
    assert len(declared) > 60
    assert {name: cls.fields for name, cls in own_classes().items()} == declared


def test_errors__all_classes__are_exported_and_have_one_root() -> None:
    for name, cls in ContractError.by_name.items():
        assert getattr(errors, name) is cls
        assert issubclass(cls, ZKPoolError)
        assert cls.__doc__


def test_contract_error__by_position_or_name__is_the_same_value() -> None:
    error = BidBelowBaseFee(3, base_fee_wei=4)
    assert error == BidBelowBaseFee(got_wei=3, base_fee_wei=4)
    assert (error.got_wei, error.base_fee_wei, error.args) == (3, 4, (3, 4))
    assert error != BidBelowBaseFee(3, 5)
    assert error != RaiseTooLow(3, 4)
    assert hash(error) == hash(BidBelowBaseFee(3, 4))
    assert str(error) == f"BidBelowBaseFee(got_wei=3, base_fee_wei=4): {BidBelowBaseFee.__doc__}"
    assert str(WrongStatus(b"\x01", 2, 3)).startswith("WrongStatus(task=0x01, got=2, expected=3): ")


def test_contract_error__wrong_fields__are_refused() -> None:
    for wrong in ({"got_wei": 1}, {"got_wei": 1, "base_fee_wei": 2, "more": 3}):
        with pytest.raises(TypeError):
            BidBelowBaseFee(**wrong)
    with pytest.raises(TypeError):
        BidBelowBaseFee(1, 2, 3)  # type: ignore[call-arg]
