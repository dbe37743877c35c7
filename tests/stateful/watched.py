"""The contracts whose every log is compared, by the names of the model's parts."""

from __future__ import annotations

from typing import Final

from tests.support.rawchain import Contract
from tests.support.rawmarket import RawMarket

PARTS: Final = (
    "token", "vault", "splitter", "insurance", "projects", "provers", "accelerators", "market",
)  # fmt: skip
"""Contracts whose every log is compared."""
WHOLE: Final = {"bids": "desk", "pool": "delegation", "push": "push", "taiko": "taiko"}
"""And those of a whole world: the model's name of a part, and its contract's."""


def contracts_of(at: RawMarket) -> dict[str, Contract]:
    """The contracts of a deployment whose logs are compared, by the model's names of its parts."""
    found = {part: getattr(at, part) for part in PARTS}
    return found | {part: contract for part, name in WHOLE.items() if (contract := getattr(at, name))}
