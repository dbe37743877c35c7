"""Changes to deployed code that stand for another chain: a precompile too dear or missing."""

from __future__ import annotations

import re

EMPTY_ACCOUNT = 0xEE
"""A call to this address succeeds and returns nothing."""


def lower_limit(code: bytes, limit: int, offered: int) -> bytes:
    """The code with ``offered`` wherever it pushes the constant ``limit``."""
    size = (limit.bit_length() + 7) // 8
    push = bytes([0x5F + size])
    found, put = push + limit.to_bytes(size, "big"), push + offered.to_bytes(size, "big")
    if found not in code:
        raise ValueError(f"the code pushes no {limit}: the constant changed")
    return code.replace(found, put)


def miss_precompile(code: bytes, precompile: int) -> bytes:
    """The code calling an account without code wherever it calls the precompile: as on a chain without it."""
    # PUSH1 address, then how the gas comes to lie on it (PUSH, DUP, SWAP, MUL), STATICCALL.
    address = re.escape(bytes([0x60, precompile]))
    call = re.compile(address + rb"((?:\x60.|\x61..|\x62...|[\x80-\x9f\x02]){1,5}\xfa)", re.DOTALL)
    moved, count = call.subn(lambda found: bytes([0x60, EMPTY_ACCOUNT]) + found[1], code)
    if count == 0:
        raise ValueError(f"the code calls no precompile {precompile}")
    return moved
