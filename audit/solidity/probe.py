"""How rewritten code asks the engine: by the balance of an address that stands for a place in a source.

The engine answers one if the place is the active one, else zero, and remembers that it was asked. On any
other chain the same code works with a balance of one wei given to that address.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = 0xA0D17 << 128
"""Addresses from here on stand for places; the engine knows them."""
_HELPER: Final = "zkpoolPlace"

FUNCTIONS: Final = f"""
function {_HELPER}(uint256 place) view returns (bool active) {{
    assembly ("memory-safe") {{ active := balance(place) }}
}}
function {_HELPER}Blind(uint256 place) pure returns (bool active) {{
    function(uint256) view returns (bool) asking = {_HELPER};
    function(uint256) pure returns (bool) blind;
    assembly ("memory-safe") {{ blind := asking }}
    return blind(place);
}}
"""
"""To be put at the end of each source that asks."""


def address(place: int) -> str:
    """The address of a place, as a number in Solidity or Yul."""
    return f"{MAGIC + place:#x}"


def active(place: int, *, is_pure: bool = False) -> str:
    """A Solidity expression: whether a place is the active one.

    Args:
        is_pure: the function it stands in must stay pure.
    """
    return f"{_HELPER}{'Blind' if is_pure else ''}({address(place)})"


def active_at(expression: str) -> str:
    """A Solidity expression: whether the place whose address an expression gives is the active one."""
    return f"{_HELPER}({expression})"


def stop(place: int, *, is_pure: bool = False) -> str:
    """A Solidity statement that notes that a place was reached, and fails if it is the active one."""
    if is_pure:
        return f"if ({active(place, is_pure=True)}) revert(); "
    return f'assembly ("memory-safe") {{ if balance({address(place)}) {{ invalid() }} }} '


def stop_yul(place: int) -> str:
    """The same as a Yul statement."""
    return f"if balance({address(place)}) {{ invalid() }} "
