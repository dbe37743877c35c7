"""`ape.reverts`, strict: the named error itself, with the named fields."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

from ape.exceptions import ContractLogicError, CustomError
from ape.pytest.contextmanagers import RevertsContextManager
from ape_ethereum.trace import Trace
from eth_abi import decode
from eth_utils import keccak

CALL_ERROR = re.compile(r"(?:custom error )?0x([0-9a-f]*)(?:: ([0-9a-f]*))?")


class StrictReverts(RevertsContextManager):
    """Expects one custom error.

    ape lets three things pass that a test must not: a field that the error does not have, a revert that it
    could not decode (an error of a contract further down), and a revert without data. Here each fails.
    """

    def __init__(self, error: Any, **fields: Any) -> None:
        known = {field.name for field in error.abi.inputs}
        unknown = set(fields) - known
        assert not unknown, f"{error.abi.name} has no {unknown}"
        self._error_abi = error.abi
        super().__init__(error, **{name: _plain(value) for name, value in fields.items()})
        self._quiet = patch.object(Trace, "show")

    def __enter__(self, *args: Any, **kwargs: Any) -> Any:
        self._quiet.start()  # ape prints each trace, the expected ones too; that takes most of the time
        return super().__enter__(*args, **kwargs)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> bool:
        self._quiet.stop()
        passed = super().__exit__(exc_type, exc_value, traceback)
        if isinstance(exc_value, CustomError):
            return passed
        data = _revert_data(exc_value)
        selector = keccak(text=self._error_abi.selector)[:4]
        assert data[:4] == selector, f"expected {self._error_abi.selector}, got 0x{data.hex()}: {exc_value}"
        values = decode([field.canonical_type for field in self._error_abi.inputs], data[4:])
        for field, value in zip(self._error_abi.inputs, values, strict=True):
            expected = self.error_inputs.get(field.name, value)
            got = value.lower() if isinstance(value, str) else value
            assert got == (expected.lower() if isinstance(expected, str) else expected), field.name
        return passed


def reverts(error: Any, **fields: Any) -> StrictReverts:
    """Expect `contract.CustomError`, with these values in these of its fields."""
    return StrictReverts(error, **fields)


def _plain(value: Any) -> Any:
    return getattr(value, "address", value)


def _revert_data(error: ContractLogicError) -> bytes:
    """Revert data of what ape left undecoded: all of it, or as anvil words it for a call."""
    found = CALL_ERROR.fullmatch(str(error.revert_message))
    return bytes.fromhex("".join(part or "" for part in found.groups())) if found else b""
