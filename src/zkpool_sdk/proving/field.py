"""The scalar field of BN254, in which every signal lives, and Baby Jubjub, the curve inside it."""

from __future__ import annotations

import re
from typing import Final

from zkpool_sdk.proving.errors import ValueNotCanonical

MODULUS: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""r: order of BN254's groups; public signals and witness values are integers from 0 to below it."""

SUBGROUP_ORDER: Final = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""Order of the subgroup of Baby Jubjub that ``Base8`` generates; secret scalars are below it."""

ADDRESS_LIMIT: Final = 1 << 160
"""An Ethereum address as a number is below this, hence below the modulus: a canonical signal as it is."""


_ADDRESS: Final = re.compile("0[xX][0-9a-fA-F]{40}")


def address_signal(address: str | bytes | int) -> int:
    """An Ethereum address as a public signal: the number whose 20 big-endian bytes it is.

    Args:
        address: ``0x`` and 40 hex digits in any case, 20 bytes, or the number itself.
    Raises:
        ValueNotCanonical: something else.
    """
    number = -1
    if isinstance(address, bytes):
        number = int.from_bytes(address, "big") if len(address) == 20 else -1
    elif isinstance(address, str):
        number = int(address, 16) if _ADDRESS.fullmatch(address) else -1
    elif not isinstance(address, bool):
        number = address
    if not 0 <= number < ADDRESS_LIMIT:
        raise ValueNotCanonical("the prover's address", "2^160")
    return number
