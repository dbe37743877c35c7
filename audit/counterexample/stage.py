"""How a counterexample's chain came to be: every transaction before the first act, noted and written down.

One step a line, for people, ``on_ape`` and the Foundry-style test alike:
``send <time> <from> <to, or new:nonce> <data>`` or ``balance <account> <wei>``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.rawchain import Chain, Receipt


@dataclass(slots=True)
class Stage:
    """The steps of a chain since it began."""

    steps: list[str] = field(default_factory=list)
    _nonces: Counter[str] = field(default_factory=Counter)

    def note_send(self, at: int, sender: str, to: str | None, data: bytes) -> None:
        """Notes a transaction."""
        target = to or f"new:{self._nonces[sender]}"
        self._nonces[sender] += 1
        self.steps.append(f"send {at} {sender} {target} 0x{data.hex()}")

    def note_balance(self, account: str, wei: int) -> None:
        """Notes that an account was given ether."""
        self.steps.append(f"balance {account} {wei}")

    def write(self, path: Path) -> None:
        """Writes the steps, one a line."""
        path.write_text("\n".join(self.steps) + "\n", encoding="ascii")


def watched(chain: Chain) -> Stage:
    """Notes from now on whatever is kept on a chain."""
    stage, send, set_balance = Stage(), chain.send, chain.set_balance

    def noted_send(
        sender: str, to: str | None, data: bytes, at: int | None = None, *more: Any, **named: Any
    ) -> Receipt:
        receipt = send(sender, to, data, at, *more, **named)
        stage.note_send(chain.now, sender, to, data)
        return receipt

    def noted_balance(account: str, wei: int) -> None:
        set_balance(account, wei)
        stage.note_balance(account, wei)

    chain.send, chain.set_balance = noted_send, noted_balance  # type: ignore[method-assign]
    return stage
