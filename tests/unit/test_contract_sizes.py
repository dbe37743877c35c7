"""EIP-170: a contract's code is at most 24,576 bytes."""

from __future__ import annotations

from typing import Any

LIMIT_BYTES = 24_576


def test_contract__compiled__fits_the_limit(project: Any) -> None:
    sizes = {
        name: (len(str(kind.runtime_bytecode.bytecode)) - 2) // 2
        for name, kind in project.load_contracts().items()
        if kind.runtime_bytecode and kind.runtime_bytecode.bytecode
    }
    assert "ProverMarket" in sizes
    assert {name: size for name, size in sizes.items() if size > LIMIT_BYTES} == {}
