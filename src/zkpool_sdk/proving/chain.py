"""Project ``chain``: a value hashed again and again, the smallest work worth buying.

One circuit under two proving systems, PLONK and FFLONK, which need no set-up of the circuit's own. Its public
signals, in order:

* ``end``, FIXED: what the chain comes to;
* ``start``, FIXED: where it begins;
* ``prover``, PROVER: the address of the prover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zkpool_sdk import _native
from zkpool_sdk.proving.errors import ValueNotCanonical
from zkpool_sdk.proving.field import MODULUS

CIRCUIT_NAMES: Final = ("chain_plonk", "chain_fflonk")
LENGTH: Final = 8
"""Hashes in a chain."""


@dataclass(frozen=True, slots=True)
class ChainRequest:
    """What a requester hands over; nothing in it is secret.

    Attributes:
        inputs: inputs of the witness program but ``prover``.
        statement: the fixed signals by name: ``end`` and ``start``.
    """

    inputs: dict[str, int]
    statement: dict[str, int]


def chain(start: int) -> ChainRequest:
    """The request to prove where the chain that begins at ``start`` ends.

    Raises:
        ValueNotCanonical: ``start`` is not from 0 to below the field's modulus.
    """
    if not 0 <= start < MODULUS:
        raise ValueNotCanonical("start", "the field's modulus")
    end = start
    for _ in range(LENGTH):
        end = _native.poseidon([end])
    return ChainRequest(inputs={"start": start}, statement={"end": end, "start": start})
