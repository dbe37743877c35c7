"""Six good proofs of one toy key, and bad ones: what tests of batches are made of."""

from __future__ import annotations

from typing import Final

from tests.support.groth16_calls import Item
from tests.support.groth16_toy import R
from tests.support.plonk_calls import malformed
from tests.support.plonk_toy import PlonkKey

TOY: Final = PlonkKey.make(2, seed=7)
SIGNALS: Final = [(5 + i, R - 1 - i) for i in range(6)]
PROOFS: Final = [TOY.prove(signals) for signals in SIGNALS]
GOOD: Final[list[Item]] = [(s, p.calldata) for s, p in zip(SIGNALS, PROOFS, strict=True)]
MALFORMED: Final = malformed(PROOFS[0])
